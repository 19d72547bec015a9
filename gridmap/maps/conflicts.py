"""Layers of departments whose lines disagree: the places by kind, and every department's borders with a line of their own."""

import geopandas as gpd
import numpy as np
import shapely

from gridmap import messages
from gridmap.crosswalk import KINDS, Conflicts
from gridmap.maps import geometry, palette
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, shapes, written
from gridmap.maps.layers import MANY_GRIDS

AMOUNTS = ("households", "residents", "buildings")
# The first is broad and pale: where two lines are one, both are seen. None has a colour of `palette.CONFLICTS`.
LINES: tuple[Style, ...] = (
    {"color": "#56b4e9", "weight": 4.5, "opacity": 0.8, "fill": False},
    {"color": "#111111", "weight": 1.6, "opacity": 1.0, "fill": False, "dashArray": "7 4"},
    {"color": "#009e73", "weight": 2.4, "opacity": 1.0, "fill": False, "dashArray": "2 8"},
    {"color": "#7b3294", "weight": 1.6, "opacity": 1.0, "fill": False, "dashArray": "10 4 2 4"},
)


def conflicts_layer(found: Conflicts, *, lang: str) -> Layer:
    """Draw the places where departments disagree, a colour for each kind, slivers aside; pointing at one says what it is.

    Parameters
    ----------
    found
        What `crosswalk.conflicts` returned.
    lang
        "zh" or "en".
    """
    return _places(found, KINDS[:2], messages.text("maps.conflicts", lang), "theme", lang)


def conflict_slivers_layer(found: Conflicts, *, lang: str) -> Layer:
    """Draw the slivers alone, over everything else; parameters as in `conflicts_layer`."""
    return _places(found, KINDS[2:], messages.text("maps.conflict_slivers", lang), "dedicated", lang)


def department_layer(grids: gpd.GeoDataFrame, *, name: str, rank: int, lang: str) -> Layer:
    """Draw the borders of one department's grids, each once: dashes over dashes are no dashes.

    Parameters
    ----------
    grids
        Grids of one tier.
    name
        Of the department.
    rank
        Its place among the departments: which of `LINES` it has.
    lang
        "zh" or "en".
    """
    merged = shapely.line_merge(shapely.union_all(shapely.boundary(grids.geometry.to_numpy())))
    lines = gpd.GeoSeries(shapely.get_parts(merged), crs=grids.crs)
    style = LINES[rank % len(LINES)]
    if len(grids) > MANY_GRIDS:
        style = {**style, "weight": 0.5 * float(style["weight"])}
    packed = geometry.pack(lines, "grids")
    data = shapes(packed, [style], np.zeros(len(lines), dtype=int), silent=[0])
    legend = Legend((Entry(name, style, len(grids), "line"),), counted=messages.text("maps.grids_counted", lang))
    return Layer(messages.text("maps.department_grids", lang, name=name), "grids", data, packed.parts, packed.bounds, legend)


def _places(found: Conflicts, kinds: tuple[str, ...], name: str, role: str, lang: str) -> Layer:
    rows = found.places["kind"].isin(kinds).to_numpy()
    places, said = found.places[rows], found.for_map(lang)[rows]
    style = places["kind"].map(list(kinds).index).to_numpy(dtype=int)
    fills: list[Style] = [
        {"color": "#333333", "weight": 0.6, "opacity": 0.9, "fillColor": palette.CONFLICTS[kind], "fillOpacity": 0.7} for kind in kinds
    ]
    counts = np.bincount(style, minlength=len(kinds)).tolist()
    words = [messages.term("crosswalk", kind, lang) for kind in kinds]
    card: dict[str, list[Cell]] = {
        messages.text("maps.conflict_kind", lang): [words[number] for number in style],
        messages.text("maps.conflict_text", lang): said["text"].tolist(),
    }
    card |= {messages.term("amount", column, lang): written(places[column]) for column in AMOUNTS if column in places.columns}
    packed = geometry.pack(places, "places")
    entries = tuple(Entry(*line) for line in zip(words, fills, counts, strict=True) if line[2])
    legend = Legend(entries, "", messages.text("maps.conflict_counted", lang), messages.text("maps.conflict_note", lang))
    return Layer(name, role, shapes(packed, fills, style, card=card), packed.parts, packed.bounds, legend)
