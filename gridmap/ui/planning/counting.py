"""Households of a plan while it is edited: what an edit leaves unknown is counted from buildings or units, and held to the band."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from gridmap import assign, hierarchy
from gridmap.plan import COUNTS, Plan
from gridmap.ui import state

BAND = (300, 500)  # where the grids do not say


@dataclass(frozen=True)
class Band:
    """How many lowest grids have households within their band, below, above, and unknown."""

    low: float
    high: float
    within: int
    below: int
    above: int
    unknown: int


def band(plan: Plan) -> Band | None:
    """Return how the households of the lowest tier lie to the band; None where they are not told at all."""
    tier = hierarchy.tier(plan.grids)
    if "households" not in tier:
        return None
    held = pd.to_numeric(tier["households"], errors="coerce").astype("Float64")
    low, high = (
        pd.to_numeric(tier[name], errors="coerce").fillna(usual) if name in tier else pd.Series(float(usual), index=tier.index)
        for name, usual in zip(("band_low", "band_high"), BAND, strict=True)
    )
    below, above = (held < low).fillna(value=False), (held > high).fillna(value=False)
    unknown = int(held.isna().sum())
    within = len(tier) - unknown - int(below.sum()) - int(above.sum())
    return Band(float(low.median()), float(high.median()), within, int(below.sum()), int(above.sum()), unknown)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=state.KEYS)
def people(ground: state.Opened) -> gpd.GeoDataFrame | None:
    """Return a point for each building, or unit where there are no buildings, with what it counts; None where nothing is counted."""
    for name in ("buildings", "units"):
        table = ground.tables.get(name)
        if table is None or "households" not in table:
            continue
        counts = {count: pd.to_numeric(table[count], errors="coerce").fillna(0) for count in COUNTS if count in table}
        if name == "buildings":
            counts["buildings"] = pd.Series(1, index=table.index)
        known = table.geometry.notna() & ~table.geometry.is_empty
        points = shapely.point_on_surface(table.geometry.to_numpy()[known.to_numpy()])
        found = gpd.GeoDataFrame(pd.DataFrame(counts, index=table.index)[known], geometry=points, crs=table.crs)
        found.sindex  # noqa: B018 - made once
        return found
    return None


def filled(after: Plan, before: Plan, ground: state.Opened) -> Plan:
    """Return the plan after an edit with the counts that it left unknown, as `plan.counted` counts them, of the grids concerned alone.

    Parameters
    ----------
    after, before
        The plan after the edit and before it: a point on a border is the smallest code's, so a new code may give one to a grid beside it.
    """
    counted = people(ground)
    names = [name for name in COUNTS if name in after.grids and counted is not None and name in counted]
    unknown = after.grids[names].isna().any(axis=1).to_numpy()
    if counted is None or not unknown.any():
        return after
    table = after.grids.copy()
    table[names] = table[names].astype("Int64")
    base, lowest = (table["kind"] == "base").to_numpy(), (table["level"] == after.levels[-1]).to_numpy()
    wanted = table.index[unknown & (lowest | ~base)]
    points = counted.iloc[np.unique(counted.sindex.query(table.geometry[wanted].to_numpy(), predicate="intersects")[1])]
    for kind in ("base", "dedicated"):
        now, was = (_sums(found, points, names, kind) for found in (after, before))
        own = wanted[(table["kind"][wanted] == kind).to_numpy()]
        table.loc[own, names] = now.reindex(own, fill_value=0).to_numpy()
        others = now.index.union(was.index).difference(own).intersection(table.index)
        table.loc[others, names] += (now.reindex(others, fill_value=0) - was.reindex(others, fill_value=0)).to_numpy()
    for name in names:
        sums = hierarchy.roll_up(table.loc[base & lowest, name], table[base])
        table.loc[base & ~lowest, name] = sums[table.index[base & ~lowest]].astype("Int64")
    return replace(after, grids=table)


def _sums(of: Plan, points: gpd.GeoDataFrame, names: list[str], kind: str) -> pd.DataFrame:
    """Return the counts of some points by the lowest, or by the dedicated grids that they belong to."""
    grids = of.grids[(of.grids["kind"] == kind).to_numpy()]
    tier = hierarchy.tier(grids) if kind == "base" else grids
    near = tier.iloc[np.unique(tier.sindex.query(points.geometry.to_numpy(), predicate="intersects")[1])]
    if near.empty:
        return pd.DataFrame({name: [] for name in names}, index=near.index, dtype="Int64")
    owner = assign.to_grids(points, near.assign(kind="base", level=1))
    return points[names].groupby(owner).sum().astype("Int64")
