"""Layer of events: one dot a place, its colour and its shape those of a category."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import messages
from gridmap.maps import geometry, palette
from gridmap.maps.categories import CATEGORY, ranked
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, shapes, written

COLOURED = 7  # more hues and shapes than this are not told apart; the other categories share a grey cross
LISTED = 8  # events listed in the card of one place
_SIZES = ((1, 4.0), (2, 5.5), (5, 7.5), (20, 10.0))  # events at one place, radius in pixels
_CROWDED = ((500, 1.0), (3000, 0.75), (20000, 0.6))  # up to so many places, scale of the dots; beyond them half


def events_layer(events: gpd.GeoDataFrame, *, lang: str, name: str | None = None, categories: Sequence[str | None] | None = None) -> Layer:
    """Draw events as dots; clicking one shows number, category, time, address and status, as far as the table has them.

    Parameters
    ----------
    events
        Points; column `category` gives them colour and shape, the first seven categories by name. Rows without a geometry are not drawn,
        and the legend says how many.
    lang
        "zh" or "en".
    name
        Heading in the layer panel.
    categories
        What `category_order` returns for all events, where `events` are a choice of them: so that a category looks the same in both.

    Notes
    -----
    Events at the same place (six decimals of a degree) are one dot: drawn over each other, all but one would be hidden.
    """
    placed = (events.geometry.notna() & ~events.geometry.is_empty).to_numpy()
    located = events[placed]
    ranks, labels = _ranks(events, categories, lang)
    shown, kinds = np.unique(ranks[placed], return_inverse=True)
    places, first = _places(located)
    owner = _most_frequent(places, kinds, len(first), len(shown))
    sizes = np.searchsorted([least for least, _ in _SIZES], np.bincount(places, minlength=len(first)), side="right") - 1
    packed = geometry.pack(located.geometry.iloc[first], "events")
    scale = next((factor for most, factor in _CROWDED if len(first) <= most), 0.5)
    marks = [palette.marks()[rank] for rank in shown]
    styles = [_dot(mark, radius * scale) for mark in marks for _, radius in _SIZES]
    counts = np.bincount(kinds, minlength=len(shown)).tolist()
    entries = tuple(Entry(labels[rank], styles[kind * len(_SIZES)], counts[kind], "point") for kind, rank in enumerate(shown.tolist()))
    legend = Legend(entries, "", messages.text("maps.events_counted", lang), _note(len(events) - len(located), lang))
    card = _cards(located, places, first, lang)
    data = shapes(packed, styles, owner * len(_SIZES) + sizes, card=card, further=_live(located, places, len(first)))
    return Layer(name or messages.text("maps.events", lang), "events", data, packed.parts, packed.bounds, legend)


def _ranks(events: gpd.GeoDataFrame, order: Sequence[str | None] | None, lang: str) -> tuple[np.ndarray, list[str]]:
    """Return the mark of each event's category, and the legend's name of each mark."""
    if CATEGORY not in events.columns:
        return np.zeros(len(events), dtype=int), [messages.text("maps.any_category", lang)]
    numbers, names = ranked(events[CATEGORY])
    every = list(dict.fromkeys([*(order or ()), *names]))
    place = {name: min(rank, COLOURED) for rank, name in enumerate(every)}
    labels = [messages.text("maps.no_data", lang) if name is None else name for name in every[:COLOURED]]
    return np.array([place[name] for name in names], dtype=int)[numbers], [*labels, messages.text("maps.other", lang)]


def _places(located: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the place number of each event, and the first event of each place."""
    spots = shapely.get_coordinates(shapely.centroid(located.geometry.to_crs(4326).to_numpy()))
    _, first, places = np.unique(np.rint(spots * geometry.PRECISION), axis=0, return_index=True, return_inverse=True)
    return places.ravel(), first


def _most_frequent(places: np.ndarray, categories: np.ndarray, count: int, kinds: int) -> np.ndarray:
    """Return the category most events of each place have."""
    table = np.zeros((count, kinds), dtype=np.int64)
    np.add.at(table, (places, categories), 1)
    return table.argmax(axis=1) if kinds else np.zeros(count, dtype=int)


def _cards(located: gpd.GeoDataFrame, places: np.ndarray, first: np.ndarray, lang: str) -> dict[str, list[Cell]]:
    """Return the card of each place: the event itself, or a list of the events there."""
    amount = np.bincount(places, minlength=len(first))
    alone = amount == 1
    columns = {"category": "maps.category", "reported_at": "maps.reported_at", "address": "maps.address", "status": "maps.status"}
    texts: dict[str, list[Cell]] = {messages.text("maps.event_id", lang): [str(label) for label in located.index[first]]}
    texts |= {
        messages.text(key, lang): written(located[column].iloc[first]) for column, key in columns.items() if column in located.columns
    }
    single: dict[str, list[Cell]] = {
        field: [cell if only else None for cell, only in zip(cells, alone, strict=True)] for field, cells in texts.items()
    }
    lines = _lines(located)
    by_place = np.argsort(places, kind="stable")
    starts = np.concatenate([[0], np.cumsum(amount)])
    together: list[Cell] = []
    listed: list[Cell] = []
    for place in range(len(first)):
        rows = by_place[starts[place] : starts[place + 1]]
        together.append(None if alone[place] else f"{len(rows):,}")
        listed.append(None if alone[place] else _shortened([lines[row] for row in rows], lang))
    return {messages.text("maps.here", lang): together, **single, "": listed}


def _live(located: gpd.GeoDataFrame, places: np.ndarray, count: int) -> dict:
    """Return the numbers and, where known, the times of the events of each dot."""
    ids: list[list[str]] = [[] for _ in range(count)]
    for place, label in zip(places.tolist(), located.index, strict=True):
        ids[place].append(str(label))
    if "reported_at" not in located.columns or not isinstance(located["reported_at"].dtype, pd.DatetimeTZDtype):
        return {"ids": ids}
    minutes: list[list[int]] = [[] for _ in range(count)]
    since = (located["reported_at"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(minutes=1)
    for place, minute in zip(places.tolist(), since.tolist(), strict=True):
        if not pd.isna(minute):
            minutes[place].append(int(minute))
    return {"ids": ids, "minutes": minutes}


def _lines(located: gpd.GeoDataFrame) -> list[str]:
    """Write every event on one line."""
    parts = [pd.Series([str(label) for label in located.index])]
    parts += [pd.Series(written(located[column])) for column in ("category", "reported_at") if column in located.columns]
    return [" · ".join(str(part) for part in row if part) for row in zip(*parts, strict=True)]


def _shortened(lines: list[str], lang: str) -> list[str]:
    """Keep the first lines and say how many more there are."""
    if len(lines) <= LISTED:
        return lines
    return [*lines[:LISTED], messages.text("maps.more", lang, count=len(lines) - LISTED)]


def _dot(mark: dict[str, str], radius: float) -> Style:
    return {"color": "#ffffff", "weight": min(0.8, radius / 6), "opacity": 0.9, **mark, "fillOpacity": 0.85, "radius": radius}


def _note(unlocated: int, lang: str) -> str:
    note = messages.text("maps.events_note", lang)
    return f"{note}{messages.text('maps.events_unlocated', lang, count=unlocated)}" if unlocated else note
