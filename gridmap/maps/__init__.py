"""Maps: layers with legends, and one self-contained offline page."""

from gridmap import palette
from gridmap.maps.basemap import basemap_layer
from gridmap.maps.categories import category_order
from gridmap.maps.changes import changes_layer, gone_borders_layer, moves_layer
from gridmap.maps.classify import MANUAL, SCHEMES, Classes, class_edges, classify
from gridmap.maps.conflicts import conflict_slivers_layer, conflicts_layer, department_layer
from gridmap.maps.events import events_layer
from gridmap.maps.geometry import Bounds, joined
from gridmap.maps.heat import heat
from gridmap.maps.layer import Layer
from gridmap.maps.layers import choropleth, classes_layer, dedicated_layer, findings_layer, grids_layer
from gridmap.maps.links import link_amounts, link_places, links_layer
from gridmap.maps.page import Embedded, about, embed, one_theme, page
from gridmap.maps.surroundings import context_layer
from gridmap.maps.zones import zones_layer

__all__ = [
    "MANUAL",
    "SCHEMES",
    "Bounds",
    "Classes",
    "Embedded",
    "Layer",
    "about",
    "basemap_layer",
    "category_order",
    "changes_layer",
    "choropleth",
    "class_edges",
    "classes_layer",
    "classify",
    "conflict_slivers_layer",
    "conflicts_layer",
    "context_layer",
    "dedicated_layer",
    "department_layer",
    "embed",
    "events_layer",
    "findings_layer",
    "gone_borders_layer",
    "grids_layer",
    "heat",
    "joined",
    "link_amounts",
    "link_places",
    "links_layer",
    "moves_layer",
    "one_theme",
    "page",
    "palette",
    "zones_layer",
]
