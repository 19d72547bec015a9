"""Layers of a design on the map: units, new grids by band, households or load, old borders dashed over them, what is at fault."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from gridmap import maps, messages
from gridmap.maps import geometry, palette
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, numbers, shapes, written
from gridmap.maps.layers import MANY_GRIDS
from gridmap.ui import large
from gridmap.ui.designing.ground import Ground, Task

COLOURS = ("band", "households", "load")
MOST_MOVED = 0.25  # of all units: more would hide the grids, and is shown on request
MANY_FAULTS = 40  # more would be red all over
_EDGE: Style = {"color": "#33404a", "weight": 1.4, "opacity": 0.95}
_BANDS = tuple({**_EDGE, "fillColor": colour, "fillOpacity": 0.6} for colour in (palette.OKABE_ITO[5], "#dfe5e9", palette.OKABE_ITO[3]))
_MOVED: Style = {"color": palette.OKABE_ITO[1], "weight": 1.0, "opacity": 0.9, "fillColor": palette.OKABE_ITO[1], "fillOpacity": 0.55}
_OLD: Style = {"color": "#111111", "weight": 2.0, "opacity": 1.0, "fill": False, "dashArray": "6 4"}
_LOCKED: Style = {"color": "#111111", "weight": 3.0, "opacity": 1.0, "fillColor": "#555555", "fillOpacity": 0.5}
_FAULT: Style = {"color": "#b2182b", "weight": 3.0, "opacity": 1.0, "fillColor": "#b2182b", "fillOpacity": 0.35}


@st.cache_resource(max_entries=8, show_spinner=False)
def units(mark: tuple[Hashable, ...], _ground: Ground, lang: str) -> large.Layer:  # noqa: ARG001 - the key
    """Return the units by their households."""
    table = _ground.units
    held = pd.to_numeric(table["households"], errors="coerce")
    heading = messages.text("designing.units", lang)
    unit = messages.text("designing.households_unit", lang)
    found = large.choropleth(held, table[["households", table.active_geometry_name]], title=heading, unit=unit, lang=lang)
    counted = messages.text("designing.units_counted", lang)
    if isinstance(found, large.Tiled):
        return replace(found, shown=replace(found.shown, legend={**(found.shown.legend or {}), "counted": counted}))
    return replace(found, legend=replace(found.legend, counted=counted)) if isinstance(found, Layer) else found


@st.cache_resource(max_entries=16, show_spinner=False)
def grids_of(mark: tuple[Hashable, ...], _ground: Ground, _assignment: pd.Series) -> gpd.GeoDataFrame:  # noqa: ARG001 - the key
    """Return the grids that units make up: index `grid_code`, `name` (of the plan where the code stands in it), `households`."""
    codes = _assignment.dropna().astype("str")
    drawn = _ground.units.loc[codes.index]
    made, held = joined(drawn, codes)
    index = made.index.rename("grid_code")
    names = _ground.tier["name"].reindex(index)
    columns = {"name": names.where(names.notna(), index), "households": held}
    return gpd.GeoDataFrame(columns, index=index, geometry=made.to_numpy(), crs=drawn.crs)


def joined(units: gpd.GeoDataFrame, names: pd.Series) -> tuple[gpd.GeoSeries, pd.Series]:
    """Return the ground and the households of units of one name, by name in order."""
    number, found = pd.factorize(names, sort=True)
    order = np.argsort(number, kind="stable")
    ends = np.cumsum(np.bincount(number, minlength=len(found)))[:-1]
    shapes = [shapely.coverage_union_all(part) for part in np.split(units.geometry.to_numpy()[order], ends)] if len(found) else []
    weight = pd.to_numeric(units["households"], errors="coerce").fillna(0).to_numpy(dtype=float)
    index = pd.Index(found, dtype="str")
    return gpd.GeoSeries(shapes, index=index, crs=units.crs), pd.Series(
        np.bincount(number, weights=weight, minlength=len(found)), index=index
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def coloured(mark: tuple[Hashable, ...], _grids: gpd.GeoDataFrame, _scored: pd.DataFrame, colour: str, lang: str) -> large.Layer:  # noqa: ARG001
    """Return grids coloured by how they lie to the band, by households or by load."""
    if colour in ("households", "load"):
        unit = messages.text("designing.households_unit", lang) if colour == "households" else ""
        return large.choropleth(_scored[colour], _grids, title=messages.text(f"designing.colour.{colour}", lang), unit=unit, lang=lang)
    style = (np.sign(_scored["off_band"].reindex(_grids.index).fillna(0)) + 1).to_numpy().astype(int)
    return _classed(_grids, _scored, style, _BANDS, ("below", "within", "above"), colour, lang)


def _classed(
    grids: gpd.GeoDataFrame, scored: pd.DataFrame, style: np.ndarray, looks: Sequence[Style], words: Sequence[str], colour: str, lang: str
) -> Layer:
    title = messages.text(f"designing.colour.{colour}", lang)
    counts = np.bincount(style, minlength=len(looks)).tolist()
    said = [messages.text(f"designing.{colour}.{word}", lang) for word in words]
    entries = tuple(Entry(*line) for line in zip(said, looks, counts, strict=True))
    codes = [str(code) for code in grids.index]
    heading = messages.text("maps.households", lang)
    card: dict[str, list[Cell]] = {
        messages.text("maps.code", lang): list(codes),
        messages.text("maps.grid_name", lang): written(grids["name"]),
        heading: written(scored["households"].reindex(grids.index)),
        title: [said[number] for number in style],
    }
    further = {"ids": codes, "labels": grids["name"].tolist(), "totals": {heading: numbers(scored["households"].reindex(grids.index))}}
    looks = [{**look, "weight": 0.5} for look in looks] if len(grids) > MANY_GRIDS else list(looks)
    packed = geometry.pack(grids, "grids", coverages=np.zeros(len(grids), dtype=int))
    note = ""
    if colour == "band":
        low, high = (scored[name].median() for name in ("band_low", "band_high"))
        note = messages.text("designing.band_note", lang, low=f"{low:,.0f}", high=f"{high:,.0f}")
    legend = Legend(entries, "", messages.text("maps.grids_counted", lang), note)
    return Layer(title, "theme", shapes(packed, looks, style, card=card, further=further), packed.parts, packed.bounds, legend)


@st.cache_resource(max_entries=16, show_spinner=False)
def rest(key: str, _ground: Ground, _codes: Sequence[str], lang: str) -> Layer | None:  # noqa: ARG001 - the key
    """Return the outlines of the grids that stay as they are; None where all are drawn anew."""
    others = _ground.tier[~_ground.tier.index.isin(list(_codes))]
    return None if others.empty else maps.grids_layer(others, lang=lang, name=messages.text("designing.rest", lang))


@st.cache_resource(max_entries=16, show_spinner=False)
def moved(mark: tuple[Hashable, ...], _task: Task, _assignment: pd.Series, lang: str) -> Layer | None:  # noqa: ARG001 - the key
    """Return the ground that comes to another grid, a polygon from each old grid to each new one; None where none does."""
    old = _task.keep.dropna().astype("str")
    new = _assignment.reindex(old.index).astype("str")
    rows = old.index[(old != new).to_numpy()]
    if rows.empty:
        return None
    ways = old[rows] + " → " + new[rows]
    made, held = joined(_task.units.loc[rows], ways)
    packed = geometry.pack(made, "units")
    name, heading = messages.text("designing.ground_moved", lang), messages.text("maps.households", lang)
    card: dict[str, list[Cell]] = {name: made.index.tolist(), heading: written(held)}
    look: Style = _MOVED if len(made) <= MANY_GRIDS else {**_MOVED, "weight": 0.0}
    data = shapes(
        packed, [look], np.zeros(len(made), dtype=int), card=card, further={"ids": made.index.tolist(), "totals": {heading: numbers(held)}}
    )
    legend = Legend((Entry(name, look, int(held.sum())),), counted=messages.text("designing.households_unit", lang))
    return Layer(name, "grids", data, packed.parts, packed.bounds, legend, shown=len(rows) <= MOST_MOVED * len(old))


@st.cache_resource(max_entries=16, show_spinner=False)
def old_borders(mark: tuple[Hashable, ...], _task: Task, _assignment: pd.Series, lang: str) -> Layer | None:  # noqa: ARG001 - the key
    """Return where borders of old grids run that are none any more: those of units in two old grids and one new one; None for none."""
    left, right = _task.edges["left"], _task.edges["right"]
    old, new = (series.astype("str").where(series.notna(), "") for series in (_task.keep, _assignment))
    gone = (old[left].to_numpy() != old[right].to_numpy()) & (new[left].to_numpy() == new[right].to_numpy())
    one, other = (_task.units.geometry[side[gone]].to_numpy() for side in (left, right))
    shared = shapely.get_parts(shapely.intersection(one, other))
    lines = shared[shapely.get_dimensions(shared) == 1]
    if not len(lines):
        return None
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    packed = geometry.pack(gpd.GeoSeries(joined, crs=_task.units.crs), "grids")
    name = messages.text("maps.old_borders", lang)
    look: Style = _OLD if _task.keep.nunique() <= MANY_GRIDS else {**_OLD, "weight": 1.0, "dashArray": "3 3"}
    data = shapes(packed, [look], np.zeros(len(joined), dtype=int))
    return Layer(name, "grids", data, packed.parts, packed.bounds, Legend((Entry(name, look, None, "line"),)))


def locked(ground: Ground, codes: Sequence[str], lang: str) -> Layer | None:
    """Return the grids that stay as they are; None where there are none."""
    return faults(ground.tier, codes, "locks", lang, look=_LOCKED)


def faults(
    table: gpd.GeoDataFrame,
    labels: Sequence[object],
    name: str,
    lang: str,
    *,
    look: Style | None = None,
    ways: Mapping[str, str] | None = None,
) -> Layer | None:
    """Return units or grids to look at, in red where no look is given, and where each goes; None where the table has none of these."""
    rows = table[table.index.isin([str(label) for label in labels])]
    if rows.empty:
        return None
    packed = geometry.pack(rows, "units")
    heading = messages.text(f"designing.{name}", lang)
    ids = [str(label) for label in rows.index]
    card: dict[str, list[Cell]] = {heading: list(ids)}
    if "households" in rows:
        card[messages.text("maps.households", lang)] = written(rows["households"])
    if ways is not None:
        card[messages.text("designing.move_way", lang)] = [ways[unit] for unit in ids]
    few = len(rows) <= MANY_FAULTS
    look = {**(look or _FAULT), **({} if few else {"weight": 1.0})}
    data = shapes(packed, [look], np.zeros(len(rows), dtype=int), card=card, further={"ids": ids})
    return Layer(
        heading,
        "findings" if few and look["color"] == _FAULT["color"] else "grids",
        data,
        packed.parts,
        packed.bounds,
        Legend((Entry(heading, look, len(ids)),)),
    )
