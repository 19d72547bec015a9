"""Reports of one and the same event in a table: near in place and time, and alike."""

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap import crs
from gridmap.assign.live.likeness import MINUTE_US, NO_TIME, Limits, moments_us, require_places
from gridmap.assign.live.tree import distances
from gridmap.errors import SchemaError
from gridmap.schema import POINT, code_order, require_columns, require_frame, require_index

MOST_PAIRS = 20_000_000
BLOCK = 1 << 21  # candidates looked at together: bounds the memory
ABSENT = -1
# A cell and half of its neighbours: east, and the row to the north. So every two neighbouring cells meet once.
HALF = ((0, 0), (1, 0), (-1, 1), (0, 1), (1, 1))


def duplicates(
    events: gpd.GeoDataFrame, *, distance_m: float = 50.0, hours: float = 2.0, same: str | Sequence[str] = ("category",)
) -> pd.DataFrame:
    """Find events that were probably reported twice, by hotline and by app for instance.

    Parameters
    ----------
    events
        Points indexed by `event_id`, with `reported_at` (times with a zone) and the columns of `same`. Any CRS.
    distance_m, hours
        How far apart two reports may be, both limits included; the time to the microsecond.
    same
        Column or columns whose values must be equal. A missing value equals none, so such an event is in no pair; nor is one without
        place or time.

    Returns
    -------
    DataFrame
        A row per pair: `first`, the event reported earlier (of two at the same moment the smaller event_id); `again`, the other one;
        `distance_m`; `minutes` from first to again; `likeness`, 1 for the same place and moment, 0 where both limits are reached; `case`,
        the earliest event that the pair hangs together with, through other pairs too: what a clerk may merge into. In the order of the
        reports: first, then again.

    Raises
    ------
    SchemaError
        If a column is missing, an event_id stands twice, times have no zone, a limit is negative or not finite, or there are more than
        20 million pairs.
    CRSError
        If there is no CRS, or a place has none in metres.

    Notes
    -----
    `OpenEvents.duplicates` gives the same pairs, one report at a time. Distances are measured in the CRS of `crs.to_metric`. Cost: some
    sorting, and work proportional to the pairs that are alike, within the time and roughly within the distance. They are looked at block
    by block, so memory holds the events and the pairs found. A thousand reports of one power cut make half a million pairs but one case.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> times = pd.to_datetime(["2026-05-04 09:00", "2026-05-04 09:30", "2026-05-04 18:00"]).tz_localize("Asia/Shanghai")
    >>> places = gpd.points_from_xy([0, 30, 30], [0, 40, 40], crs="EPSG:4548")
    >>> events = gpd.GeoDataFrame({"category": "litter", "reported_at": times}, geometry=places, index=["a", "b", "c"])
    >>> duplicates(events)[["first", "again", "distance_m", "minutes"]].values.tolist()
    [['a', 'b', 50.0, 30.0]]
    """
    limits = Limits.checked(distance_m, hours)
    require_frame(events, "events", geometry=POINT)
    columns = [same] if isinstance(same, str) else list(same)
    require_columns(events, ["reported_at", *columns], "events")
    require_index(events.index, "events")
    rows, xy, at, kind = _comparable(events, columns)
    first, again, apart = _pairs(xy, at, kind, limits)
    order = np.lexsort((again, first))
    first, again, apart = first[order], again[order], apart[order]
    later = at[again] - at[first]
    labels = events.index[rows]
    return pd.DataFrame(
        {
            "first": labels[first],
            "again": labels[again],
            "distance_m": apart,
            "minutes": later / MINUTE_US,
            "likeness": limits.likeness(apart, later),
            "case": labels[_earliest(first, again, len(rows))[first]],
        }
    )


def _comparable(events: gpd.GeoDataFrame, columns: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the events that can be in a pair, in the order of their reports: rows, places (n, 2), microseconds, number of their kind."""
    at = moments_us(events["reported_at"], "reported_at")
    kind = _kinds(events, columns)
    placed = ~(events.geometry.isna() | events.geometry.is_empty).to_numpy()
    ordered = code_order(events.index)
    rows = ordered[(placed & (at != NO_TIME) & (kind != ABSENT))[ordered]]
    rows = rows[np.argsort(at[rows], kind="stable")]
    places = events.geometry.iloc[rows]
    # the CRS is chosen by all events, as `OpenEvents.from_events` does
    xy = shapely.get_coordinates(crs.transform(places, crs.metric_crs(events)).to_numpy()) if len(rows) else np.empty((0, 2))
    require_places(xy, places.index, "events")
    return rows, xy, at[rows], kind[rows]


def _kinds(events: gpd.GeoDataFrame, columns: list[str]) -> np.ndarray:
    """Return for each event the number of its combination of values, ABSENT if one is missing."""
    if not columns:
        return np.zeros(len(events), dtype=np.int64)
    try:
        return events.groupby(columns, observed=True, dropna=True).ngroup().fillna(ABSENT).to_numpy(dtype=np.int64)
    except TypeError as error:  # lists, for instance
        raise SchemaError("key_values", what=", ".join(columns)) from error


def _pairs(xy: np.ndarray, at: np.ndarray, kind: np.ndarray, limits: Limits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs (earlier position, later position, distance) of events in the order of their reports."""
    found, count = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))], 0
    for left, right in _candidates(xy, at, kind, limits):
        apart = distances(xy[left, 0] - xy[right, 0], xy[left, 1] - xy[right, 1])
        near = apart <= limits.distance_m
        count += int(near.sum())
        if count > MOST_PAIRS:
            raise SchemaError("too_many_pairs", most=MOST_PAIRS)
        left, right = left[near], right[near]
        found.append((np.minimum(left, right), np.maximum(left, right), apart[near]))
    first, again, apart = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, again, apart


def _candidates(xy: np.ndarray, at: np.ndarray, kind: np.ndarray, limits: Limits) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of pairs of one kind, within the time, in the same square cell or in neighbouring ones; each pair once.

    Events lie in the order cell, then time, so those that a neighbouring cell holds within the time are one run.
    """
    count = len(xy)
    if count < 2:
        return
    side = max(limits.distance_m, 1.0) * 1.001  # a little more than the distance: two near events are never two cells apart
    column, row = (np.floor((xy - xy.min(axis=0)) / side).astype(np.int64) + 1).T  # from 1: a neighbour is never below 0
    width, height = int(column.max()) + 2, int(row.max()) + 2
    strips, strip = np.unique(kind * width + column, return_inverse=True)
    cells, cell = np.unique(strip * height + row, return_inverse=True)
    order = np.argsort(cell, kind="stable")
    keys = cell[order] * count + order
    since, until = np.searchsorted(at, at - limits.time_us), np.searchsorted(at, at + limits.time_us, side="right")
    for across, up in HALF:
        beside = _find(strips, kind * width + column + across)
        other = np.where(beside == ABSENT, ABSENT, _find(cells, beside * height + row + up))
        seeking = np.flatnonzero(other != ABSENT)
        target = other[seeking] * count
        begin = np.searchsorted(keys, target + (seeking + 1 if across == up == 0 else since[seeking]))
        end = np.searchsorted(keys, target + until[seeking])
        for left, place in _runs(begin, end):
            yield seeking[left], order[place]


def _find(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the position of each wanted value in the sorted `values`, ABSENT where it is not there."""
    position = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return np.where(values[position] == wanted, position, ABSENT)


def _runs(begin: np.ndarray, end: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield every (row, place) with begin[row] <= place < end[row], some BLOCK of them at a time."""
    lengths = np.maximum(end - begin, 0)
    rows = np.flatnonzero(lengths)
    begin, lengths = begin[rows], lengths[rows]
    upto = np.cumsum(lengths)
    done = 0
    while done < len(rows):
        before = upto[done] - lengths[done]
        stop = max(int(np.searchsorted(upto, before + BLOCK)), done + 1)
        part = slice(done, stop)
        row = np.repeat(np.arange(done, stop), lengths[part])
        yield rows[row], np.arange(before, upto[stop - 1]) - (upto - lengths - begin)[row]
        done = stop


def _earliest(first: np.ndarray, again: np.ndarray, count: int) -> np.ndarray:
    """Return for each of `count` events the smallest position among those that pairs link it with."""
    links = coo_array((np.ones(len(first), dtype=np.int8), (first, again)), shape=(count, count))
    number, part = connected_components(links, directed=False) if count else (0, np.empty(0, dtype=np.int64))
    smallest = np.full(number, count)
    np.minimum.at(smallest, part, np.arange(count))
    return smallest[part]
