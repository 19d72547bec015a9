"""Layers too large for one document: grids as vector tiles, events as exact counts of every view; a page gets what fits.

Each function takes what its namesake of `gridmap.maps` takes. Up to `MOST_SHAPES` rows of a tier and `MOST_DOTS` places it gives the same
layer; beyond, a `Tiled` or `Counted`, which draws everything all the same and knows the plain layer for a file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from hashlib import sha256

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from gridmap import maps, messages
from gridmap.maps import mercator
from gridmap.maps.bins import WORLD_PX, EventBins, Squares
from gridmap.maps.labels import inner_places
from gridmap.maps.layer import numbers
from gridmap.maps.tiles import BITS, Tiles
from gridmap.ui import component
from gridmap.ui.component import big
from gridmap.ui.component.rows import EventRows, GridRows

MOST_SHAPES = 3_000  # of a tier
MOST_DOTS = 10_000
SQUARES_ACROSS = 200  # of the counts in a file
MOST_DEPTH = 26
TOLD = ("category", "reported_at", "address", "status")  # what the card of an event shows
NEAR_PX = 4.0  # a grid this wide has a border of its own
MOST_NEAR = 18.0


@dataclass(frozen=True)
class Tiled:
    """A layer of polygons as vector tiles.

    Attributes
    ----------
    tiles
        The polygons with the number of the style of each.
    rows
        What they say of themselves when asked.
    shown
        What the map says of them.
    plain
        Returns the same layer for a file.
    """

    tiles: Tiles = field(repr=False)
    rows: GridRows = field(repr=False)
    shown: component.Tiles
    plain: Callable[[], maps.Layer] = field(repr=False)

    def published(self) -> component.Tiles:
        """Let the server answer with the tiles, and return what the map says of them."""
        big.publish_tiles(self.tiles)
        big.publish_rows(self.rows)
        return self._answering

    @cached_property
    def _answering(self) -> component.Tiles:
        return replace(self.shown, key=self.tiles.fingerprint, said=self.rows.fingerprint)

    def with_totals(self, heading: str, values: pd.Series) -> "Tiled":
        """Return the same layer with further numbers, on codes, that a selection sums."""
        column = numbers(values.set_axis(values.index.astype(str)).reindex(pd.Index(self.shown.codes)))
        return replace(self, rows=self.rows.with_totals({heading: column}))


@dataclass(frozen=True)
class Counted:
    """Events as exact counts of every view.

    Attributes
    ----------
    bins
        The events.
    shown
        What the map says of them.
    rows
        What they say of themselves when asked.
    plain
        Returns their counts by square for a file.
    """

    bins: EventBins = field(repr=False)
    rows: EventRows = field(repr=False)
    shown: component.Bins
    plain: Callable[[], maps.Layer] = field(repr=False)

    def published(self) -> component.Bins:
        """Let the server answer with the counts, and return what the map says of them."""
        return replace(self.shown, key=big.publish_bins(self.bins), said=big.publish_rows(self.rows))


Layer = maps.Layer | Tiled | Counted


def grids_layer(grids: gpd.GeoDataFrame, *, lang: str) -> Layer:
    """Draw outlines; see `maps.grids_layer`."""
    if not is_large(grids):
        return maps.grids_layer(grids, lang=lang)
    # The outlines of upper tiers are drawn over those of lower ones: the rows come in another order, and a code may stand twice.
    ranks = _bare(grids)[[name for name in ("level", "kind", "geometry") if name in grids]]
    order = np.array(maps.grids_layer(ranks.set_axis(pd.RangeIndex(len(grids))), lang=lang).data["ids"], dtype=int)
    return _tiled(grids.iloc[order], maps.grids_layer(_bare(grids), lang=lang), lambda: maps.grids_layer(grids, lang=lang))


def choropleth(
    values: pd.Series,
    grids: gpd.GeoDataFrame,
    *,
    title: str,
    unit: str,
    lang: str,
    scheme: str = "quantiles",
    edges: Sequence[float] | None = None,
) -> Layer:
    """Colour grids of one tier by a number; see `maps.choropleth`."""
    drawn = partial(maps.choropleth, values, title=title, unit=unit, lang=lang, scheme=scheme, edges=edges)
    return _tiled(grids, drawn(_bare(grids)), lambda: drawn(grids)) if is_large(grids) else drawn(grids)


def classes_layer(classes: pd.Series, grids: gpd.GeoDataFrame, *, title: str, lang: str) -> Layer:
    """Colour grids by a category; see `maps.classes_layer`."""
    if not is_large(grids):
        return maps.classes_layer(classes, grids, title=title, lang=lang)
    look = maps.classes_layer(classes, _bare(grids), title=title, lang=lang)
    return _tiled(grids, look, lambda: maps.classes_layer(classes, grids, title=title, lang=lang))


def events_layer(events: gpd.GeoDataFrame, *, lang: str) -> Layer:
    """Draw events, their categories in words; see `maps.events_layer`. Beyond `MOST_DOTS` of them, in squares with exact counts."""
    if len(events) <= MOST_DOTS:
        return _dots(events, lang)
    timed = isinstance(events["reported_at"].dtype, pd.DatetimeTZDtype)
    bins = EventBins.of(events, category="category", time="reported_at" if timed else None)
    names = tuple(messages.text("maps.no_data", lang) if name is None else messages.term("category", name, lang) for name in bins.names)
    note = messages.text("ui.large_events", lang, count=f"{len(bins):,}")
    if bins.placeless:
        note += messages.text("maps.events_unlocated", lang, count=bins.placeless)
    shown = component.Bins("", messages.text("maps.events", lang), names, codes=events.index, note=note, bounds=bins.bounds)
    told = events[[name for name in (*TOLD, events.geometry.name) if name in events]]
    return Counted(bins, EventRows(told, partial(_dots, lang=lang), lang), shown, lambda: counts_layer(bins, lang=lang))


def _dots(events: gpd.GeoDataFrame, lang: str) -> maps.Layer:
    """Draw events as dots, their categories in words."""
    words = {name: messages.term("category", name, lang) for name in events["category"].unique()}
    return maps.events_layer(events.assign(category=events["category"].map(words)), lang=lang)


def with_totals(layer: Layer, heading: str, values: pd.Series) -> Layer:
    """Let a selection on the map sum numbers, where areas can be selected: see `maps.Layer.with_totals`."""
    if isinstance(layer, Tiled):
        return layer.with_totals(heading, values)
    return layer.with_totals({heading: values}) if isinstance(layer, maps.Layer) else layer


def is_large(grids: gpd.GeoDataFrame) -> bool:
    """Tell whether any tier has too many rows for one document."""
    if len(grids) <= MOST_SHAPES:
        return False
    if "level" not in grids or "kind" not in grids:
        return True
    return bool(grids.groupby(["kind", "level"], dropna=False).size().max() > MOST_SHAPES)


def tiles(layers: Sequence[Layer]) -> component.Tiles | None:
    """Let the server answer with the tiles among these layers, one at most, and return what the map says of them."""
    return next((layer.published() for layer in layers if isinstance(layer, Tiled)), None)


def bins(layers: Sequence[Layer]) -> component.Bins | None:
    """Let the server answer with the counted events among these layers, one at most, and return what the map says of them."""
    return next((layer.published() for layer in layers if isinstance(layer, Counted)), None)


def small(layers: Sequence[Layer]) -> list[maps.Layer]:
    """Return the layers that fit into a document."""
    return [layer for layer in layers if isinstance(layer, maps.Layer)]


def plain(layers: Sequence[Layer]) -> list[maps.Layer]:
    """Return the layers as a file has them."""
    return [layer if isinstance(layer, maps.Layer) else layer.plain() for layer in layers]


def counts_layer(bins: EventBins, *, lang: str) -> maps.Layer:
    """Return the number of events by square, about `SQUARES_ACROSS` of them side by side."""
    west, south, east, north = bins.bounds or (0.0, 0.0, 0.0, 0.0)
    span = max(east - west, north - south, 360 / 2.0**MOST_DEPTH)
    depth = int(np.clip(np.floor(np.log2(360 / span * SQUARES_ACROSS)), 0, MOST_DEPTH))
    found = bins.view(0, (west, south, east, north), bin_px=512 / 2.0**depth, most_points=-1)
    assert isinstance(found, Squares)  # more than -1 events are squares
    column, row = mercator.lattice(found.lon, found.lat, found.depth)
    left, top = mercator.places(column.astype(float), row.astype(float), found.depth)
    right, bottom = mercator.places(column + 1.0, row + 1.0, found.depth)
    codes = pd.Index([str(number) for number in range(len(column))], name="grid_code")
    squares = gpd.GeoDataFrame(index=codes, geometry=shapely.box(left, bottom, right, top), crs="EPSG:4326")
    title = messages.text("maps.events", lang)
    return maps.choropleth(
        pd.Series(found.count, index=codes), squares, title=title, unit=messages.text("maps.events_counted", lang), lang=lang
    )


def _tiled(grids: gpd.GeoDataFrame, look: maps.Layer, plain: Callable[[], maps.Layer]) -> Tiled:
    """Return polygons as tiles with the styles, the texts and the legend of a layer made without their shapes."""
    polygons, data = grids.geometry, look.data
    content = b"".join(written or b"-" for written in shapely.to_wkb(polygons.to_numpy()))
    cut, places = _tiles(sha256(content).hexdigest(), str(grids.crs), polygons)
    shown = component.Tiles(
        key="",
        name=look.name,
        codes=[str(code) for code in grids.index],
        styles=tuple(data["styles"]),
        legend=look.legend.as_data(),
        role=look.role,
        silent=tuple(data["silent"]),
        over=tuple(data["over"]),
        bounds=cut.bounds,
        near=_near(cut),
    )
    style = np.array(data["style"], dtype=np.int64)
    rows = GridRows(tuple(data["fields"]), tuple(data["columns"]), style, *places, data["totals"])
    names = [None if number in shown.silent else name for name, number in zip(data["labels"], data["style"], strict=True)]
    return Tiled(cut.styled(style).labelled(names, places), rows, shown, plain)


def _near(tiles: Tiles) -> float:
    """Return the zoom from which on grids of the usual size are `NEAR_PX` wide."""
    widths = tiles.boxes[:, 2] - tiles.boxes[:, 0]
    widths = widths[widths > 0]
    usual = float(np.median(widths)) / 2.0**BITS if len(widths) else 1.0
    return float(np.clip(np.log2(NEAR_PX / (WORLD_PX * usual)), 0, MOST_NEAR).round(2))


@st.cache_resource(max_entries=6, show_spinner=False)
def _tiles(content: str, crs: str, _polygons: gpd.GeoSeries) -> tuple[Tiles, tuple[np.ndarray, np.ndarray]]:  # noqa: ARG001 - the key
    """Prepare polygons, and a place inside each, once for all that is drawn on them."""
    return Tiles.of(_polygons), inner_places(_polygons)


def _bare(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows without their shapes: packing these is what takes long."""
    return grids.set_geometry(gpd.GeoSeries([None] * len(grids), index=grids.index, crs=grids.crs))
