"""Layers of a plan on the map: its outlines, what differs from the plan it was begun from, the place where an edit was refused."""

from collections.abc import Hashable
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from gridmap import hierarchy, maps, messages
from gridmap.errors import PlanError
from gridmap.maps import geometry, palette
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, numbers, shapes
from gridmap.maps.patchwork import Patchwork, in_buckets
from gridmap.plan import Plan
from gridmap.ui import large
from gridmap.ui.planning.desk import Desk, steady

M2_PER_HA = 1e4
SAME_M2 = 1.0  # less ground than this is rounding
_CHANGED: Style = {"color": "#e69f00", "weight": 0.0, "opacity": 0.0, "fillColor": "#e69f00", "fillOpacity": 0.35}
_LAST: Style = {"color": "#d55e00", "weight": 0.0, "opacity": 0.0, "fillColor": "#d55e00", "fillOpacity": 0.45}
_CONFLICT: Style = {"color": "#b2182b", "weight": 4.0, "opacity": 1.0, "fillColor": "#b2182b", "fillOpacity": 0.3}


def outlines(desk: Desk, level: int, lang: str) -> large.Layer:
    """Return the outlines of a plan down to a level; the grids of that level are those that can be chosen."""
    return _outlines(desk.mark(), desk.plan, level, lang)


@st.cache_resource(max_entries=12, show_spinner=False)
def _outlines(mark: tuple, _plan: Plan, level: int, lang: str) -> large.Layer:
    grids = _plan.grids
    shown = grids[((grids["level"] <= level) | ((grids["kind"] == "dedicated") & (level == _plan.levels[-1]))).to_numpy()]
    if large.is_large(shown):
        return large.grids_layer(shown, lang=lang)
    return maps.grids_layer(in_buckets(shown), lang=lang, pack=_patchwork(mark, _plan).packed)


@st.cache_resource(show_spinner=False)
def _drawn() -> dict[Hashable, Patchwork]:
    """Return what each project was drawn as last: the next state of it differs by a few grids."""
    return {}


@st.cache_resource(max_entries=12, show_spinner=False)
def _patchwork(mark: tuple, _plan: Plan) -> Patchwork:
    grids = _plan.grids
    tiers = np.where(grids["kind"] == "base", grids["level"], 0)
    found = steady(partial(Patchwork.of, grids, tiers, _drawn().get(mark[0])))
    _drawn()[mark[0]] = found
    return found


def changed(desk: Desk, lang: str) -> Layer | None:
    """Return the lowest grids that are not as in the plan begun from, those of the last edit in another colour; None where all are."""
    if desk.based_on is None:
        return None
    old = desk.newest(desk.based_on)
    return _changed(desk.mark(), desk.mark(desk.based_on), desk.plan, old, last_changes(desk).index, lang)


@st.cache_resource(max_entries=12, show_spinner=False)
def _changed(mark: tuple, of: tuple, _plan: Plan, _old: Plan, _last: pd.Index, lang: str) -> Layer | None:  # noqa: ARG001 - the keys
    tier = hierarchy.tier(_plan.grids)
    rows = tier[~same(_plan, tier, hierarchy.tier(_old.grids))]
    if rows.empty:
        return None
    style = rows.index.isin(_last).astype(int)
    packed = geometry.pack(rows, "grids") if large.is_large(_plan.grids) else _patchwork(mark, _plan).some(rows)
    entries = [
        Entry(messages.text(f"planning.{name}", lang), look, int((style == number).sum()))
        for number, (name, look) in enumerate((("changed_before", _CHANGED), ("changed_last", _LAST)))
    ]
    legend = Legend(tuple(entry for entry in entries if entry.n), counted=messages.text("maps.grids_counted", lang))
    data = shapes(packed, [_CHANGED, _LAST], style)
    return Layer(messages.text("planning.changed", lang), "heat", data, packed.parts, packed.bounds, legend)


def last_changes(desk: Desk) -> pd.DataFrame:
    """Return what the last edit changed: index `grid_code`; `change` (added, retired, ...), `name`, `level`, `households`, `area_ha`."""
    if desk.before is None or desk.edits.empty:
        return pd.DataFrame(columns=["change", "name", "level", "area_ha"])
    last = desk.edits.iloc[-1]
    return _last_changes(desk.mark(), desk.plan, desk.before, [*last["added"], *last["changed"], *last["removed"]])


@st.cache_resource(max_entries=24, show_spinner=False)
def _last_changes(mark: tuple, _plan: Plan, _before: Plan, _codes: list[str]) -> pd.DataFrame:  # noqa: ARG001 - the key
    now, was = (found.grids[found.grids.index.isin(_codes)] for found in (_plan, _before))
    stay = now.index.intersection(was.index)
    moved = stay[~same(_plan, now.loc[stay], was.loc[stay])]
    other = now["parent"][stay].fillna("").to_numpy() != was["parent"][stay].fillna("").to_numpy()
    words = dict.fromkeys(stay[other], "re_parented") | dict.fromkeys(moved, "reshaped")
    words |= dict.fromkeys(now.index.difference(was.index), "added") | dict.fromkeys(was.index.difference(now.index), "retired")
    rows = pd.concat([now[now.index.isin(words)], was[~was.index.isin(now.index)]])
    area_m2 = shapely.area(_plan.plane.measured(rows.geometry.to_numpy()))
    table = pd.DataFrame({"change": [words[code] for code in rows.index], "name": rows["name"], "level": rows["level"]}, index=rows.index)
    if "households" in rows:
        table["households"] = rows["households"]
    table["area_ha"] = (area_m2 / M2_PER_HA).round(2)
    return table.sort_values(["level", "change"], ascending=[False, False], kind="stable")


def same(of: Plan, tier: gpd.GeoDataFrame, old: gpd.GeoDataFrame) -> np.ndarray:
    """Tell which grids of a tier stand in another on the same ground; a corner more on a border is no change."""
    place = old.index.get_indexer(tier.index)
    found = place >= 0
    now, was = tier.geometry.to_numpy()[found], old.geometry.to_numpy()[place[found]]
    alike = shapely.equals_exact(now, was)
    alike[~alike] = shapely.area(of.plane.measured(shapely.symmetric_difference(now[~alike], was[~alike]))) < SAME_M2
    found[found] = alike
    return found


def conflict(error: PlanError, plan: Plan, lang: str) -> Layer | None:
    """Return the place of a conflict; None where it has none."""
    if error.geometry is None or shapely.is_empty(error.geometry):
        return None
    rows = gpd.GeoDataFrame(index=["conflict"], geometry=[error.geometry], crs=plan.grids.crs)
    packed = geometry.pack(rows, "conflict")
    name = messages.text("planning.conflict", lang)
    card: dict[str, list[Cell]] = {name: [error.text(lang)]}
    sample = "area" if shapely.get_dimensions(error.geometry) == 2 else "line"
    data = shapes(packed, [_CONFLICT], np.zeros(1, dtype=int), card=card, further={"ids": ["conflict"]})
    return Layer(name, "findings", data, packed.parts, packed.bounds, Legend((Entry(name, _CONFLICT, None, sample),)))


@st.cache_resource(max_entries=4, show_spinner=False)
def units(mark: tuple, _units: gpd.GeoDataFrame, lang: str) -> Layer:  # noqa: ARG001 - the key
    """Return the units to choose from when ground is transferred."""
    look: Style = {"color": "#7a8793", "weight": 0.8, "opacity": 0.9, "fillColor": "#c9d3db", "fillOpacity": 0.25}
    packed = geometry.pack(_units, "units", coverages=np.zeros(len(_units), dtype=int))
    ids = [str(label) for label in _units.index]
    heading = messages.text("maps.households", lang)
    held = pd.to_numeric(_units["households"], errors="coerce") if "households" in _units else pd.Series(np.nan, index=_units.index)
    values = numbers(held)
    card: dict[str, list[Cell]] = {
        messages.text("planning.unit", lang): list(ids),
        heading: ["" if value is None else f"{value:,.0f}" for value in values],
    }
    further = {"ids": ids, "labels": [None] * len(ids), "totals": {heading: values}}
    data = shapes(packed, [look], np.zeros(len(ids), dtype=int), card=card, further=further)
    name = messages.text("planning.units", lang)
    return Layer(name, "theme", data, packed.parts, packed.bounds, Legend((Entry(name, look, len(ids)),)))


def side(desk: Desk, plan_id: int, level: int, *, lang: str, moves: gpd.GeoDataFrame, old: bool) -> list[maps.Layer]:
    """Return one side of a comparison: the plan's outlines, and the ground that changes hands."""
    return _side(desk.mark(plan_id), desk.newest(plan_id), level, lang, moves, old)


def _side(mark: tuple, plan: Plan, level: int, lang: str, moves: gpd.GeoDataFrame, old: bool) -> list[maps.Layer]:
    grids = plan.grids
    rows = grids[((grids["level"] == level) & (grids["kind"] == "base")).to_numpy()]
    return [_named(mark, rows, "maps.old_grids" if old else "maps.new_grids", lang), maps.moves_layer(moves, lang=lang)]


@st.cache_resource(max_entries=12, show_spinner=False)
def _named(mark: tuple, _rows: gpd.GeoDataFrame, name: str, lang: str) -> maps.Layer:  # noqa: ARG001 - the key
    return maps.grids_layer(_rows, lang=lang, name=messages.text(name, lang))


COLOURS = {"draft": palette.OKABE_ITO[1], "published": palette.OKABE_ITO[0], "retired": palette.OKABE_ITO[7]}
