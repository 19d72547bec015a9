"""Layer of what lies around: streets, water, buildings, the boundary. It orients the reader and never takes the pointer."""

import geopandas as gpd
import numpy as np

from gridmap import messages
from gridmap.maps import geometry
from gridmap.maps.layer import Entry, Layer, Legend, Style, shapes

MAIN_STREETS = ("arterial", "main", "motorway", "trunk", "primary", "secondary", "tertiary")

# Drawn in this order.
_STYLES: dict[str, Style] = {
    "buildings": {"color": "#cfc8bd", "weight": 0.6, "opacity": 1.0, "fillColor": "#e9e4dc", "fillOpacity": 1.0},
    "river": {"color": "#7db4d8", "weight": 5.0, "opacity": 0.9, "fill": False},
    "wall": {"color": "#a08a6f", "weight": 1.0, "opacity": 0.9, "fill": False, "dashArray": "2 2"},
    "rail": {"color": "#555555", "weight": 1.6, "opacity": 0.9, "fill": False, "dashArray": "7 4"},
    "street": {"color": "#c8ced3", "weight": 1.6, "opacity": 1.0, "fill": False},
    "main_street": {"color": "#9ba5ad", "weight": 3.0, "opacity": 1.0, "fill": False},
    "boundary": {"color": "#1f2933", "weight": 2.4, "opacity": 0.9, "fill": False, "dashArray": "10 4 2 4"},
}


def context_layer(
    streets: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    boundary: gpd.GeoDataFrame | None = None,
    *,
    lang: str,
    name: str | None = None,
) -> Layer:
    """Draw streets by class, buildings and the boundary beneath everything else.

    Parameters
    ----------
    streets
        Lines with `class`: river, rail, wall, or a class of road.
    buildings, boundary
        Polygons.
    lang
        "zh" or "en".
    name
        Heading in the layer panel.
    """
    kinds = list(_STYLES)
    parts: list[tuple[geometry.Packed, np.ndarray]] = []
    for frame, what, fixed in ((buildings, "buildings", "buildings"), (streets, "streets", None), (boundary, "boundary", "boundary")):
        if frame is not None:
            ranks = [kinds.index(fixed or _street_kind(value)) for value in (frame.index if fixed else frame["class"])]
            parts.append((geometry.pack(frame, what), np.array(ranks, dtype=int)))
    style = np.concatenate([ranks for _, ranks in parts]) if parts else np.empty(0, dtype=int)
    features = [feature for packed, _ in parts for key in packed.keys for feature in packed.parts[key]]
    order = np.argsort(style, kind="stable")
    packed = geometry.bundled([[features[place] for place in order]], [part.bounds for part, _ in parts])
    entries = tuple(_entry(kinds[rank], lang) for rank in sorted(set(style.tolist())))
    data = shapes(packed, list(_STYLES.values()), style[order])
    return Layer(name or messages.text("maps.context", lang), "context", data, packed.parts, packed.bounds, Legend(entries))


def _street_kind(value: object) -> str:
    """Return the style of a class of street."""
    if value in ("river", "rail", "wall"):
        return str(value)
    return "main_street" if value in MAIN_STREETS else "street"


def _entry(kind: str, lang: str) -> Entry:
    return Entry(messages.text(f"maps.{kind}", lang), _STYLES[kind], None, "area" if kind == "buildings" else "line")
