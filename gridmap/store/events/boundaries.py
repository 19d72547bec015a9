"""The boundaries in force, made ready for points; kept for as long as the table of grids stays as it is."""

from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from sqlalchemy import Connection, select

from gridmap import crs as coordinates
from gridmap import hierarchy
from gridmap.assign import Index
from gridmap.store.home.base import Home, Transaction
from gridmap.store.tables import rows
from gridmap.store.tables.described import describe

GRIDS = "grids"


@dataclass(frozen=True)
class Boundaries:
    """The grids as they stood at a change of their table; without an index where a project has none."""

    change: str
    index: Index | None
    crs: CRS | None

    def locate(self, x: np.ndarray, y: np.ndarray, crs: CRS | None) -> tuple[list[str | None], list[str | None]]:
        """Return the codes of the owner and of the lowest base grid at each place in `crs`, None for none; NaN is no place."""
        if self.index is None or not len(x):
            return [None] * len(x), [None] * len(x)
        assert crs is not None
        assert self.crs is not None
        if not crs.equals(self.crs, ignore_axis_order=True):
            x, y = coordinates.transformer(crs, self.crs).transform(x, y)
        dedicated, base = self.index.locate(x, y)
        return self._codes[np.where(dedicated < 0, base, dedicated)].tolist(), self._codes[base].tolist()

    @cached_property
    def _codes(self) -> np.ndarray:
        assert self.index is not None
        return np.array([*self.index.codes, None], dtype=object)  # the last for -1


_kept: "WeakKeyDictionary[Home, Boundaries]" = WeakKeyDictionary()


def in_force(transaction: Transaction, changed: str) -> Boundaries:
    """Return the boundaries that a transaction sees, of which `changed` is the mark."""
    found = kept(transaction, changed)
    if found is None:
        found = _kept[transaction.home] = read(transaction.connection, changed)
    return found


def kept(transaction: Transaction, changed: str) -> Boundaries | None:
    """Return the boundaries as they stood at the mark `changed`, None unless this process still has them."""
    found = _kept.get(transaction.home)
    return found if found is not None and found.change == changed else None


def moved(old: Boundaries, new: Boundaries) -> list[float] | None:
    """Return the bounds (west, south, east, north) of where a point may have another grid; None for everywhere, NaN for nowhere."""
    if old.index is None or new.index is None or old.crs != new.crs:
        return None
    left, right = old.index.grids, new.index.grids
    if hierarchy.levels(left) != hierarchy.levels(right):
        return None
    both = left.index.intersection(right.index)
    one, other = left.loc[both], right.loc[both]
    same = shapely.equals_identical(one.geometry.to_numpy(), other.geometry.to_numpy())
    same &= ((one["kind"] == other["kind"]) & (one["level"] == other["level"])).to_numpy()
    stay = both[same]
    changed = [None, *left.geometry[~left.index.isin(stay)], *right.geometry[~right.index.isin(stay)]]
    found: list[float] = shapely.total_bounds(np.array(changed, dtype=object)).tolist()
    return found


def read(connection: Connection, changed: str) -> Boundaries:
    """Return the boundaries that a connection sees, of which `changed` is the mark."""
    table = describe(connection, GRIDS)
    if table is None:
        return Boundaries(changed, None, None)
    found = rows.decode(connection.execute(select(table.sql)).fetchall(), table, numbered=False)
    assert isinstance(found, gpd.GeoDataFrame)
    return Boundaries(changed, Index(found) if len(found) else None, table.crs)


def lowest_codes(connection: Connection) -> list[str]:
    """Return the codes of the lowest base grids in force, in their order."""
    if not connection.dialect.has_table(connection, GRIDS):
        return []
    lowest = "SELECT max(level) FROM grids WHERE kind = 'base'"
    found = connection.exec_driver_sql(f"SELECT grid_code FROM grids WHERE kind = 'base' AND level = ({lowest})").fetchall()
    return sorted(code for (code,) in found)
