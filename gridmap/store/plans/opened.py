"""Plans that this process read last: an edit is compared with what it was made of, of which most polygons are the very same objects."""

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
from sqlalchemy import Row

from gridmap import plan
from gridmap.store.home.base import Home

MOST = 2  # plans: of a hundred thousand grids each takes some 300 MB

_kept: "OrderedDict[tuple[Home, int], tuple[object, plan.Plan]]" = OrderedDict()
_saved: "OrderedDict[tuple[Home, int], tuple[object, plan.Plan]]" = OrderedDict()
_lock = threading.Lock()


def _stamp(row: Row[Any]) -> object:
    """Return what tells the state of a plan from every other one, of another file in this one's place too."""
    return row.revision, row.state, row.created_at, row.changed_at


def keep(home: Home, row: Row[Any], found: plan.Plan) -> plan.Plan:
    """Keep a plan as it was read, and return one of the same polygons: what is written into its frames does not show here."""
    with _lock:
        _kept[home, row.plan_id] = (_stamp(row), _copied(found))
        _kept.move_to_end((home, row.plan_id))
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found


def saved(home: Home, row: Row[Any], found: plan.Plan) -> None:
    """Keep a plan as it was saved: what the next edit is compared with."""
    with _lock:
        _saved[home, row.plan_id] = (_stamp(row), _copied(found))
        _saved.move_to_end((home, row.plan_id))
        while len(_saved) > MOST:
            _saved.popitem(last=False)


def baseline(home: Home, row: Row[Any]) -> plan.Plan | None:
    """Return a plan as it was read or saved last, None unless one is kept and still stands so.

    As it was read comes first: an edit of that shares its shapes, which are then told to be the same at a glance.
    """
    read = kept(home, row)
    if read is not None:
        return read
    with _lock:
        stamp, found = _saved.get((home, row.plan_id), (None, None))
        return _copied(found) if found is not None and stamp == _stamp(row) else None


def kept(home: Home, row: Row[Any]) -> plan.Plan | None:
    """Return a plan as it was read, None unless it is kept and still stands so."""
    with _lock:
        stamp, found = _kept.get((home, row.plan_id), (None, None))
        return _copied(found) if found is not None and stamp == _stamp(row) else None


def _copied(found: plan.Plan) -> plan.Plan:
    return replace(found, grids=found.grids.copy(deep=False), retired=found.retired.copy(deep=False))


def suspects(before: plan.Plan | None, after: gpd.GeoDataFrame) -> np.ndarray:
    """Mark the grids that may be other than before: those with another polygon object, or another value; all where nothing is known."""
    if before is None or list(before.grids.columns) != list(after.columns):
        return np.ones(len(after), dtype=bool)
    place = before.grids.index.get_indexer(after.index)
    was = before.grids.iloc[place]
    same = place >= 0
    for name in after.columns.drop(after.active_geometry_name):
        one, other = was[name].reset_index(drop=True), after[name].reset_index(drop=True)
        same &= ((one == other).fillna(False) | (one.isna() & other.isna())).to_numpy(dtype=bool)
    shapes = zip(was.geometry.to_numpy(), after.geometry.to_numpy(), strict=True)
    return ~(same & np.fromiter((one is other for one, other in shapes), dtype=bool, count=len(after)))
