"""Maps: layers with legends, and one self-contained offline page."""

from gridmap.maps.basemap import basemap_layer
from gridmap.maps.classify import Classes, classify
from gridmap.maps.events import events_layer
from gridmap.maps.heat import heat
from gridmap.maps.layer import Layer
from gridmap.maps.layers import choropleth, classes_layer, dedicated_layer, findings_layer, grids_layer
from gridmap.maps.page import Embedded, embed, page
from gridmap.maps.surroundings import context_layer

__all__ = [
    "Classes",
    "Embedded",
    "Layer",
    "basemap_layer",
    "choropleth",
    "classes_layer",
    "classify",
    "context_layer",
    "dedicated_layer",
    "embed",
    "events_layer",
    "findings_layer",
    "grids_layer",
    "heat",
    "page",
]
