"""Layers of a difference between two plans: ground that changes hands, borders that are gone, what became of the grids."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import messages
from gridmap.maps import geometry, palette
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, shapes, written
from gridmap.maps.layers import MANY_GRIDS

AMOUNTS = ("area_m2", "households", "residents", "buildings", "events", "staff")
_OLD: Style = {"color": "#111111", "weight": 2.0, "opacity": 1.0, "fill": False, "dashArray": "6 4"}


def moves_layer(moves: gpd.GeoDataFrame, *, lang: str) -> Layer:
    """Draw ground that changes hands, a colour for how; pointing at it shows from where to where and what goes with it.

    Parameters
    ----------
    moves
        Of one tier: columns `from_code`, `to_code`, `move`, `area_m2`, counts as far as there are any, and geometry. A row without geometry
        is not drawn and not counted.
    lang
        "zh" or "en".
    """
    drawn = moves[moves.geometry.notna().to_numpy()]
    style, entries = _classed(drawn["move"], "move", list(palette.MOVES), palette.MOVES, lang)
    nowhere = messages.text("plan.no_grid", lang)
    card: dict[str, list[Cell]] = {
        messages.text("maps.move_from", lang): written(drawn["from_code"], absent=nowhere),
        messages.text("maps.move_to", lang): written(drawn["to_code"], absent=nowhere),
        messages.text("maps.move_kind", lang): [messages.term("move", word, lang) for word in drawn["move"]],
    }
    card |= {messages.term("amount", name, lang): written(drawn[name].round()) for name in AMOUNTS if name in drawn.columns}
    packed = geometry.pack(drawn, "moves")
    legend = Legend(entries, "", messages.text("maps.moves_counted", lang), messages.text("maps.moves_note", lang))
    data = shapes(packed, _fills(palette.MOVES, 0.75), style, card=card)
    return Layer(messages.text("maps.moves", lang), "theme", data, packed.parts, packed.bounds, legend)


def changes_layer(changes: pd.Series, grids: gpd.GeoDataFrame, *, lang: str) -> Layer:
    """Colour the new grids of one tier by what became of them.

    Parameters
    ----------
    changes
        Words of `plan.difference`, on the index of `grids`.
    grids
        Grids of one tier.
    lang
        "zh" or "en".
    """
    words = changes.reindex(grids.index)
    style, entries = _classed(words, "change", list(palette.CHANGES), palette.CHANGES, lang)
    card: dict[str, list[Cell]] = {
        messages.text("maps.code", lang): [str(code) for code in grids.index],
        messages.text("maps.changes", lang): [messages.term("change", word, lang) for word in words],
    }
    packed = geometry.pack(grids, "grids", coverages=np.zeros(len(grids), dtype=int))
    legend = Legend(entries, "", messages.text("maps.grids_counted", lang))
    data = shapes(packed, _fills(palette.CHANGES, 0.7), style, card=card)
    return Layer(messages.text("maps.changes", lang), "theme", data, packed.parts, packed.bounds, legend)


def gone_borders_layer(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, lang: str) -> Layer:
    """Draw where old borders run that are none any more, dashed.

    Parameters
    ----------
    old
        Old grids that differ, of one tier.
    new
        All new grids of the tier, in the same CRS.
    lang
        "zh" or "en".
    """
    lines = gpd.GeoSeries(_gone(old.geometry.to_numpy(), new.geometry.to_numpy()), crs=old.crs)
    packed = geometry.pack(lines, "grids")
    name = messages.text("maps.old_borders", lang)
    style = _OLD if len(new) <= MANY_GRIDS else {**_OLD, "weight": 1.1, "dashArray": "4 3"}
    data = shapes(packed, [style], np.zeros(len(lines), dtype=int))
    return Layer(name, "grids", data, packed.parts, packed.bounds, Legend((Entry(name, style, None, "line"),)))


def _gone(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return the lines that are outlines of old grids and of no new one, each once: dashes over dashes are no dashes."""
    left, right = shapely.STRtree(new).query(old, predicate="intersects")
    order = np.argsort(left, kind="stable")
    left, right = left[order], right[order]
    begins = np.searchsorted(left, np.arange(len(old) + 1))
    outlines = shapely.boundary(new)
    gone = [
        shapely.difference(shapely.boundary(shape), shapely.union_all(outlines[right[begins[number] : begins[number + 1]]]))
        for number, shape in enumerate(old)
    ]
    return shapely.get_parts(shapely.line_merge(shapely.union_all(gone)))


def _classed(words: pd.Series, kind: str, order: Sequence[str], colours: dict[str, str], lang: str) -> tuple[np.ndarray, tuple[Entry, ...]]:
    """Return the style of every row, and a line of the legend for every word that stands."""
    style = words.map({word: rank for rank, word in enumerate(order)}).to_numpy(dtype=int)
    counts = np.bincount(style, minlength=len(order)).tolist()
    fills = _fills(colours, 0.75)
    lines = zip(order, fills, counts, strict=True)
    return style, tuple(Entry(messages.term(kind, word, lang), fill, count) for word, fill, count in lines if count)


def _fills(colours: dict[str, str], opacity: float) -> list[Style]:
    return [{"color": "#333333", "weight": 0.6, "opacity": 0.9, "fillColor": colour, "fillOpacity": opacity} for colour in colours.values()]
