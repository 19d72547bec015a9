"""Grids with periods: which rows are in force when, and which events fall between two changes of the boundaries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.assign.keys import aligned
from gridmap.errors import SchemaError
from gridmap.schema import POLYGON, code_order, require_columns, require_frame, require_orderable

FIRST, LAST = np.iinfo(np.int64).min + 1, np.iinfo(np.int64).max  # an open begin and an open end; below FIRST is a missing time
UNITS = ("s", "ms", "us", "ns")


@dataclass(frozen=True, eq=False)
class Stretch:
    """A time between two changes of the boundaries, and the points of its events.

    Parameters
    ----------
    points, count
        Their positions, or the slice of all; and how many they are.
    moment
        A tick of the stretch; `begin` and `end` are those of every row of the grids, shape (k,).
    """

    points: np.ndarray | slice
    count: int
    moment: int
    begin: np.ndarray
    end: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """The rows of the grids in force; not kept, since there may be many stretches."""
        return np.flatnonzero((self.begin <= self.moment) & (self.moment < self.end))


def always(points: int, rows: int) -> Stretch:
    """Return the stretch of all points for rows that are always in force."""
    return Stretch(slice(None), points, 0, np.full(rows, FIRST), np.full(rows, LAST))


def require_dated(grids: gpd.GeoDataFrame) -> None:
    """Raise unless points can be looked up in `grids` as of a time; a code may stand in several rows.

    Raises
    ------
    CRSError
        If there is no CRS.
    SchemaError
        If a column, a code or an order of the codes is missing, or a geometry is no polygon.
    """
    require_frame(grids, "grids", geometry=POLYGON)
    require_columns(grids, ("level", "kind", "valid_from", "valid_to"), "grids")
    require_orderable(grids.index, "grids")
    if grids.index.hasnans:
        raise SchemaError("missing_index", what="grids", rows=np.flatnonzero(grids.index.isna()))


def in_order(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return the positions of the rows by code, the rows of one code by the begin of their periods."""
    begun = utc(grids["valid_from"], "valid_from").reset_index(drop=True).sort_values(na_position="first", kind="stable").index.to_numpy()
    return begun[code_order(grids.index[begun])]


def stretches(grids: gpd.GeoDataFrame, at: pd.Series | datetime, index: pd.Index) -> Iterator[Stretch]:
    """Yield the stretches of time in which events fall, in the order of time.

    Parameters
    ----------
    grids
        As `require_dated` wants them, in the order of `in_order`.
    at
        Time of each event, or one time for all of them.
    index
        The index of the events.

    Raises
    ------
    SchemaError
        If a period ends before it begins, a code is in force twice at once, a time has no time zone, or `at` is of other events.

    Notes
    -----
    Cost: one sort of the events by stretch; for each stretch one look at every period. Times are compared exactly in the
    finest unit of all.
    """
    single = isinstance(at, datetime)
    times = utc(pd.Series([at]) if single else aligned(at, index, "at"), "at")
    periods = [utc(grids[name], name) for name in ("valid_from", "valid_to")]
    unit = UNITS[max(UNITS.index(each.dt.unit) for each in (times, *periods))]
    begin, end = (ticks(each, unit, missing) for each, missing in zip(periods, (FIRST, LAST), strict=True))
    _require_forward(*periods)
    _require_once(grids.index, begin, end)
    cuts = np.unique(np.concatenate([begin, end]))
    state = np.searchsorted(cuts, np.minimum(ticks(times, unit, FIRST - 1), LAST - 1), side="right")  # no time lies at an open end
    if single:
        if state[0]:
            yield Stretch(slice(None), len(index), int(cuts[state[0] - 1]), begin, end)
        return
    small = state.astype(np.uint16) if len(cuts) < 1 << 16 else state  # numpy sorts short numbers by radix
    order = np.argsort(small, kind="stable")
    bounds = np.append(0, np.cumsum(np.bincount(state, minlength=len(cuts) + 1)))
    for number in np.flatnonzero(np.diff(bounds[1:])) + 1:  # events of number 0 fall before every period, or have no time
        points = order[bounds[number] : bounds[number + 1]]
        yield Stretch(points, len(points), int(cuts[number - 1]), begin, end)


def utc(times: pd.Series, what: str) -> pd.Series:
    """Return times in UTC; a column without any time is all missing.

    Raises
    ------
    SchemaError
        If they are no times, or have no time zone.
    """
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        return times.dt.tz_convert("UTC")
    known = times.dropna()
    if known.empty:
        return pd.Series(pd.NaT, index=times.index, dtype="datetime64[s, UTC]")
    if isinstance(times.dtype, np.dtype) and times.dtype != object:
        raise SchemaError("no_time_zone", what=what, given=times.dtype)
    aware = np.array([isinstance(time, datetime) and time.tzinfo is not None for time in known])
    if not aware.all():
        raise SchemaError("no_time_zone", what=what, given=repr(known[~aware].iloc[0]), rows=known.index[~aware])
    return pd.to_datetime(times, utc=True)


def ticks(times: pd.Series, unit: str, missing: int) -> np.ndarray:
    """Return times as numbers of a unit no coarser than theirs; what lies beyond its range counts as its first or last."""
    values = times.dt.tz_localize(None).to_numpy()
    factor = 1000 ** (UNITS.index(unit) - UNITS.index(times.dt.unit))
    absent, values = np.isnat(values), values.view(np.int64)
    most = LAST // factor
    scaled = np.clip(values, -most, most) * factor
    scaled[values > most] = LAST
    scaled[values < -most] = FIRST
    scaled[absent] = missing
    return scaled


def _require_forward(valid_from: pd.Series, valid_to: pd.Series) -> None:
    """Raise unless every period ends after it begins."""
    backward = valid_to <= valid_from
    if backward.any():
        given = f"{valid_from[backward].iloc[0]} / {valid_to[backward].iloc[0]}"
        raise SchemaError("backward_period", what="grids", given=given, rows=valid_to.index[backward])


def _require_once(codes: pd.Index, begin: np.ndarray, end: np.ndarray) -> None:
    """Raise if a code is in force twice at once; rows in the order of `in_order`."""
    number = pd.factorize(codes)[0]
    twice = np.flatnonzero((number[1:] == number[:-1]) & (begin[1:] < end[:-1]))
    if len(twice):
        raise SchemaError("twice_in_force", what="grids", rows=codes[twice].unique())
