"""Plans that this process read or saved last: only what an edit made other than it was is written."""

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import Row

from gridmap import plan
from gridmap.store.home.base import Home

MOST = 2  # plans: of a hundred thousand grids each takes some 300 MB

_Plans = OrderedDict[tuple[Home, int], tuple[object, plan.Plan]]
_kept: _Plans = OrderedDict()
_saved: _Plans = OrderedDict()  # apart: a plan as it was edited also says what the edit changed
_lock = threading.Lock()


def _stamp(row: Row[Any]) -> object:
    """Return what tells the state of a plan from every other one, of another file in this one's place too."""
    return row.revision, row.state, row.created_at, row.changed_at


def keep(home: Home, row: Row[Any], found: plan.Plan) -> plan.Plan:
    """Keep a plan as it was read, and return one of the same polygons: what is written into its frames does not show here."""
    _put(_kept, home, row, found)
    return found


def saved(home: Home, row: Row[Any], found: plan.Plan) -> None:
    """Keep a plan as it was saved: what the next edit is compared with."""
    _put(_saved, home, row, found)


def _put(plans: _Plans, home: Home, row: Row[Any], found: plan.Plan) -> None:
    with _lock:
        plans[home, row.plan_id] = (_stamp(row), _copied(found))
        plans.move_to_end((home, row.plan_id))
        while len(plans) > MOST:
            plans.popitem(last=False)


def baseline(home: Home, row: Row[Any]) -> plan.Plan | None:
    """Return a plan as it was read or saved last, None unless one is kept and still stands so."""
    return kept(home, row) or _found(_saved, home, row)


def kept(home: Home, row: Row[Any]) -> plan.Plan | None:
    """Return a plan as it was read, None unless it is kept and still stands so."""
    return _found(_kept, home, row)


def _found(plans: _Plans, home: Home, row: Row[Any]) -> plan.Plan | None:
    with _lock:
        stamp, found = plans.get((home, row.plan_id), (None, None))
    return _copied(found) if found is not None and stamp == _stamp(row) else None


def _copied(found: plan.Plan) -> plan.Plan:
    return replace(found, grids=found.grids.copy(deep=False), retired=found.retired.copy(deep=False))


def suspects(before: plan.Plan | None, after: gpd.GeoDataFrame) -> np.ndarray:
    """Mark the grids that are other than before; all where nothing is known."""
    if before is None or list(before.grids.columns) != list(after.columns):
        return np.ones(len(after), dtype=bool)
    place = before.grids.index.get_indexer(after.index)
    was = before.grids.iloc[place]
    same = place >= 0
    for name in after.columns.drop(after.active_geometry_name):
        one, other = was[name].reset_index(drop=True), after[name].reset_index(drop=True)
        same &= ((one == other).fillna(False) | (one.isna() & other.isna())).to_numpy(dtype=bool)
    return ~(same & shapely.equals_identical(was.geometry.to_numpy(), after.geometry.to_numpy()))
