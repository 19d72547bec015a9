"""Maps: layers with legends, and one self-contained offline page."""

from gridmap.maps.classify import Classes, classify
from gridmap.maps.layer import Layer
from gridmap.maps.layers import choropleth, classes_layer, dedicated_layer, findings_layer, grids_layer
from gridmap.maps.page import Embedded, embed, page

__all__ = [
    "Classes",
    "Embedded",
    "Layer",
    "choropleth",
    "classes_layer",
    "classify",
    "dedicated_layer",
    "embed",
    "findings_layer",
    "grids_layer",
    "page",
]
