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


def filled(plan: Plan, ground: state.Opened) -> Plan:
    """Return the plan with the counts that an edit left unknown, as `plan.counted` counts them, of the grids concerned alone."""
    counted = people(ground)
    names = [name for name in COUNTS if name in plan.grids and counted is not None and name in counted]
    if counted is None or not names:
        return plan
    grids = plan.grids
    unknown = grids[names].isna().any(axis=1).to_numpy()
    base, lowest = (grids["kind"] == "base").to_numpy(), (grids["level"] == plan.levels[-1]).to_numpy()
    if not unknown.any():
        return plan
    table = grids.copy()
    wanted = table.index[unknown & (lowest | ~base)]
    held = _sums(grids, wanted, counted, names)
    for name in names:
        table[name] = table[name].astype("Int64")
        table.loc[held.index, name] = held[name]
        sums = hierarchy.roll_up(table.loc[base & lowest, name], table[base])
        above = table.index[base & unknown & ~lowest]
        table.loc[above, name] = sums[above].astype("Int64")
    return replace(plan, grids=table)


def _sums(grids: gpd.GeoDataFrame, wanted: pd.Index, counted: gpd.GeoDataFrame, names: list[str]) -> pd.DataFrame:
    """Return the counts of some lowest or dedicated grids; a point on a border is the smallest code's, so neighbours are asked too."""
    shapes = grids.geometry[wanted].to_numpy()
    points = counted.iloc[np.unique(counted.sindex.query(shapes, predicate="intersects")[1])]
    parts = []
    for kind in ("base", "dedicated"):
        own = wanted[(grids["kind"][wanted] == kind).to_numpy()]
        tier = grids[(grids["kind"] == kind).to_numpy()]
        tier = hierarchy.tier(tier) if kind == "base" else tier
        near = (
            tier.iloc[np.unique(tier.sindex.query(points.geometry.to_numpy(), predicate="intersects")[1])] if len(points) else tier.iloc[:0]
        )
        owner = assign.to_grids(points, near.assign(kind="base", level=1)) if len(near) else pd.Series(pd.NA, index=points.index)
        parts.append(points[names].groupby(owner).sum().reindex(own, fill_value=0))
    return pd.concat(parts).astype("Int64")
