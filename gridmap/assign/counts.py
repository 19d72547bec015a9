"""Counts of points for every grid, and cubes of grids by days, categories or anything else."""

from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime
from math import prod

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.assign.exact import NOWHERE
from gridmap.assign.index import Index
from gridmap.assign.keys import Axis, aligned, axis
from gridmap.assign.owner import Found, locate
from gridmap.assign.tiers import lines
from gridmap.errors import SchemaError
from gridmap.schema import require_columns

MOST_FIELDS = 1 << 28
CHUNK = 1 << 16  # points at a time


def count(
    points: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame | Index,
    *,
    at: pd.Series | datetime | None = None,
    by: str | pd.Series | Sequence[str | pd.Series] = (),
) -> pd.DataFrame:
    """Count points in every grid of every level.

    Parameters
    ----------
    points, grids, at
        As in `chain`.
    by
        What to split the counts by: names of columns of `points`, and Series on its index such as `events["reported_at"].dt.floor("D")`,
        whose names become the names of the levels.

    Returns
    -------
    DataFrame
        One row per row of `grids`, in its order (of an `Index`, in the order of the codes), zero where no point lies; int64. With `at`
        each row counts the points of its own period, so a code that stands in several rows has its total in their sum. A base grid
        counts its points on the base chain; a dedicated grid counts those it owns, which are contained in its base grids' counts ("of
        which"): never add the two.

        One column "events", or with `by` one column for every combination of the values of the keys: of a categorical all categories, in
        their order; of dates, of datetimes that all lie at midnight and of periods every one from the first to the last; of anything else
        the values that occur in `points`, sorted. Missing values come last and are counted. For weeks, months or hours give periods:
        a datetime does not say how long it lasts.

    Raises
    ------
    CRSError, SchemaError
        As `chain`; SchemaError also if `points` lacks a column of `by`, a Series is not on its index, or the counts would have more
        than 2**28 fields.

    Notes
    -----
    Cost: that of `chain`, one pass over each key and one over the points. Memory: 8 bytes per field twice, and some bytes per point;
    no joined table is made.
    """
    axes = [axis(key) for key in _keys(points, by)]
    found = locate(points, grids, at)
    shape = (len(found.tiers), prod(each.size for each in axes))
    if prod(shape) > MOST_FIELDS:
        given = " x ".join(f"{size:,}" for size in (shape[0], *(each.size for each in axes)))
        raise SchemaError("cube_too_large", given=given, most=MOST_FIELDS)
    counts = _counts(found, _group(axes, len(points)), shape)
    rows = grids.codes if isinstance(grids, Index) else grids.index
    return pd.DataFrame(counts, index=rows, columns=_columns(axes), copy=False)


def _keys(points: gpd.GeoDataFrame, by: str | pd.Series | Sequence[str | pd.Series]) -> Iterator[pd.Series]:
    """Yield each key as a Series on the index of `points`."""
    keys = [by] if isinstance(by, str | pd.Series) else list(by)
    if keys and not isinstance(points, pd.DataFrame):
        raise SchemaError("not_a_frame", what="points", given=type(points).__name__)
    for key in keys:
        if not isinstance(key, Hashable | pd.Series):
            raise SchemaError("not_a_series", what="by", given=type(key).__name__)
    require_columns(points, [key for key in keys if not isinstance(key, pd.Series)], "points")
    for key in keys:
        yield aligned(key, points.index, f"by {key.name}") if isinstance(key, pd.Series) else points[key]


def _group(axes: list[Axis], points: int) -> np.ndarray:
    """Return the column of each point, the last key running fastest."""
    group = np.zeros(points, dtype=np.int64)
    for each in axes:
        group *= each.size
        group += each.place
    return group


def _columns(axes: list[Axis]) -> pd.Index:
    if not axes:
        return pd.Index(["events"])
    values = [each.values().rename(each.name) for each in axes]
    return values[0] if len(values) == 1 else pd.MultiIndex.from_product(values)


def _counts(found: Found, group: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the counts of every row of the grids, as they were given, and group."""
    from scipy import sparse

    line, table = lines(found.tiers, found.stretches, found.base)
    counted = np.zeros((len(table) + 1, shape[1]), dtype=np.int64)  # a last row for the points in no grid
    _tally(line, group, counted)
    of_line, level = np.nonzero(table != NOWHERE)
    rows = found.tiers.order[table[of_line, level]]
    counts = sparse.csr_array((np.ones(len(rows), dtype=np.int64), (rows, of_line)), shape=(shape[0], len(counted))) @ counted
    owned = np.flatnonzero(found.owned != NOWHERE)
    _tally(found.tiers.order[found.owned[owned]], group[owned], counts)
    return counts


def _tally(row: np.ndarray, group: np.ndarray, counts: np.ndarray) -> None:
    """Add one to `counts` for each point's row and group; NOWHERE is the last row."""
    fields = counts.reshape(-1)
    for begin in range(0, len(row), CHUNK):
        here = slice(begin, begin + CHUNK)
        place = row[here] * np.int64(counts.shape[1])
        place += group[here]
        np.add.at(fields, place, 1)
