"""The owner of each point, its chain of tiers, and its owners under several plans."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs
from gridmap.assign import dated
from gridmap.assign.dated import Stretch
from gridmap.assign.exact import NOWHERE, is_finite, keep_smallest, smallest_of_each
from gridmap.assign.index import Index, lowest, require_grids
from gridmap.assign.places import coordinates, places
from gridmap.assign.tiers import Tiers, lines, picked
from gridmap.errors import SchemaError
from gridmap.schema import code_order, require_same_crs

# Seconds on one core, measured: by shapely for a point, to build a table for a corner of the grids, to load the compiled loops once.
BY_SHAPELY, BY_CORNER, LOADING = 1.5e-6, 1e-6, 1.0
MOST_CHANGED = 0.25  # of the rows in force: from there on a table is laid anew rather than followed

Layers = dict[str, tuple[np.ndarray, np.ndarray]]


def to_grids(
    points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, *, at: pd.Series | datetime | None = None, max_distance_m: float = 0.0
) -> pd.Series:
    """Return the grid that owns each point: a dedicated grid before the lowest base grid.

    Parameters
    ----------
    points
        Points, shape (n,), in the CRS of `grids`.
    grids
        Grids indexed by `grid_code`, with `level` and `kind`. Upper tiers may be present and are not asked. Overlapping grids and invalid
        rings are legal: shapely's `intersects` decides. An `Index` of them saves the work of preparing them again.
    at
        Time of each event, on the index of `points` (or one time for all), with a time zone. Then `grids` has a row per period of a grid,
        with `valid_from` and `valid_to` (with a time zone, missing = open): a row is in force from `valid_from` on and at `valid_to` no
        longer, and each event is asked of the rows in force at its time. A code may stand in several rows whose periods do not overlap.
        Without `at` the periods are not looked at.
    max_distance_m
        A point outside every grid goes to the nearest lowest base grid within this many metres; 0 leaves it without one.

    Returns
    -------
    Series
        Grid codes, shape (n,), name "grid", on the index of `points`. NA where no grid covers the point, or where the point is missing,
        empty or not finite, or its time is missing. A point on a shared border, or in several grids, belongs to the smallest grid code
        among those.

    Raises
    ------
    CRSError
        If the two CRS differ or one is missing.
    SchemaError
        If a column is missing, a grid code stands twice, a geometry is of another type, or `max_distance_m` is negative. With `at`: if
        it is not on the index of `points`, a time has no time zone, a period ends before it begins, a code is in force twice at once, or
        `grids` is an `Index`.

    Notes
    -----
    Cost: few points are asked of shapely; for many, `Index` lays a table over the grids first. The answers are the same. With `at` that
    is done once for every stretch of time without a change in which events fall; coordinates are read once.
    """
    found = locate(points, grids, at, max_distance_m)
    return _owners(found, points.index, "grid")


def chain(
    points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, *, at: pd.Series | datetime | None = None, max_distance_m: float = 0.0
) -> pd.DataFrame:
    """Return every tier's grid for each point: the lowest by place, the upper ones by the parent table.

    Parameters
    ----------
    points, grids, at, max_distance_m
        As in `to_grids`; `grids` also needs `parent`. With `at` a parent is the row of that code in force at the time. A point that goes
        to the nearest grid has that grid's chain.

    Returns
    -------
    DataFrame
        Shape (n, levels + 2) on the index of `points`: one column `level_k` for each base level k present, top first; `dedicated`, the
        dedicated grid over the point; `grid`, the owner as `to_grids` gives it. Grid codes, NA where there is none.

    Raises
    ------
    CRSError, SchemaError
        As `to_grids`.

    Warns
    -----
    GridmapWarning
        Where a chain of parents breaks off; with `at`, of the rows in force together.

    Notes
    -----
    The base columns take no notice of dedicated grids, so each column adds up to its tier.
    """
    found = locate(points, grids, at, max_distance_m)
    codes = found.tiers.codes
    line, table = lines(found.tiers, found.stretches, found.base)
    columns = {
        f"level_{level}": _coded(codes, picked(upper, line), points.index) for level, upper in zip(found.tiers.levels, table.T, strict=True)
    }
    columns["dedicated"] = _coded(codes, found.owned, points.index)
    columns["grid"] = _owners(found, points.index)
    return pd.DataFrame(columns, index=points.index)


def under(points: gpd.GeoDataFrame, plans: Mapping[str, gpd.GeoDataFrame | Index]) -> pd.DataFrame:
    """Return the grid that owns each point under several plans: what if the boundaries were others.

    Parameters
    ----------
    points
        As in `to_grids`.
    plans
        Grids, or an `Index` of them, by the name of the plan; each as in `to_grids`, all in the CRS of `points`.

    Returns
    -------
    DataFrame
        One column of grid codes per plan, in their order, on the index of `points`; each as `to_grids` gives it.

    Raises
    ------
    CRSError, SchemaError
        As `to_grids`, naming the plan; SchemaError also if `plans` is no mapping.

    Notes
    -----
    Cost: points are checked and their coordinates read once, not once per plan.

    Examples
    --------
    How many events change hands, and between which grids, is a plain crosstab of two columns:

    >>> import geopandas as gpd, pandas as pd, shapely
    >>> def plan(*west_to_east):
    ...     boxes = [shapely.box(a, 0, b, 10) for a, b in zip(west_to_east, west_to_east[1:])]
    ...     codes = pd.Index(["w", "e"], name="grid_code")
    ...     return gpd.GeoDataFrame({"level": 1, "kind": "base"}, index=codes, geometry=boxes, crs="EPSG:4548")
    >>> events = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1, 4, 6, 9], [5, 5, 5, 5]), crs="EPSG:4548")
    >>> owners = under(events, {"now": plan(0, 5, 10), "draft": plan(0, 7, 10)})
    >>> pd.crosstab(owners["now"], owners["draft"]).to_dict("index")
    {'e': {'e': 1, 'w': 1}, 'w': {'e': 0, 'w': 2}}
    >>> int((owners["now"] != owners["draft"]).sum())
    1
    """
    if not isinstance(plans, Mapping):
        raise SchemaError("not_plans", given=type(plans).__name__)
    asked: Points | None = None
    columns = {}
    for name, grids in plans.items():
        _require_plan(points, grids, f"plan {name}")
        asked = asked or _checked(points, grids, 0.0)
        found = _find(asked, grids, here=slice(None))
        columns[name] = _owners(found, points.index)
    return pd.DataFrame(columns, index=points.index, columns=pd.Index(list(plans)))


@dataclass(frozen=True, eq=False)
class Points:
    """Points; their coordinates are kept where they will be asked for again."""

    geometry: np.ndarray

    @cached_property
    def xy(self) -> tuple[np.ndarray, np.ndarray]:
        """The coordinates x and y, shape (n,) each."""
        return coordinates(self.geometry)

    def ask(self, finder: Index | Layers, here: np.ndarray | slice | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the dedicated and of the lowest base grid of some of the points; None asks for all, this once."""
        if not isinstance(finder, Index):
            owned, base = smallest_of_each(self.geometry if here is None else self.geometry[here], finder.values())
            return owned, base
        if here is None:
            return finder.both(lambda chunk: coordinates(self.geometry[chunk]), len(self.geometry))
        x, y = self.xy
        return finder.locate(x[here], y[here])


@dataclass(frozen=True, eq=False)
class Found:
    """Where points lie.

    Parameters
    ----------
    tiers
        The grids in the order of their codes.
    owned, base
        Row of the dedicated and of the lowest base grid of each point, shape (n,), NOWHERE if none.
    stretches
        The stretches of time, each with its points.
    """

    tiers: Tiers
    owned: np.ndarray
    base: np.ndarray
    stretches: list[Stretch]


def locate(
    points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, at: pd.Series | datetime | None = None, max_distance_m: float = 0.0
) -> Found:
    """Check the inputs and find the grids of the points; parameters and errors as `to_grids`."""
    if at is None:
        return _find(_checked(points, grids, max_distance_m), grids, max_distance_m)
    if isinstance(grids, Index):
        raise SchemaError("index_without_periods", given=repr(grids))
    dated.require_dated(grids)
    asked = _checked(points, grids.iloc[:0], max_distance_m)
    tiers = Tiers(grids, dated.in_order(grids))
    stretches = list(dated.stretches(tiers.grids, at, points.index))
    owned, base = (np.full(len(points), NOWHERE, dtype=np.int32) for _ in range(2))
    for stretch, rows, finder in _finders(tiers, stretches):
        here = stretch.points
        positions = asked.ask(finder, here)
        if max_distance_m:
            _add_nearest(*positions, asked.geometry[here], tiers.grids.iloc[rows], max_distance_m)
        owned[here], base[here] = (picked(rows, position) for position in positions)
    return Found(tiers, owned, base, stretches)


def _find(asked: Points, grids: gpd.GeoDataFrame | Index, max_distance_m: float = 0.0, here: slice | None = None) -> Found:
    """Find the grids of points, whatever the time; `here` as in `Points.ask`."""
    finder: Index | Layers
    if isinstance(grids, Index):
        tiers, finder = Tiers(grids.grids, np.arange(len(grids.codes))), grids
    else:
        tiers = Tiers(grids, code_order(grids.index))
        finder = _finder(tiers, np.arange(len(tiers)), len(asked.geometry))
    owned, base = asked.ask(finder, here)
    if max_distance_m:
        _add_nearest(owned, base, asked.geometry, tiers.grids, max_distance_m)
    return Found(tiers, owned, base, [dated.always(len(base), len(tiers))])


def _finder(tiers: Tiers, rows: np.ndarray, points: int) -> Index | Layers:
    """Return what answers sooner for so many points."""
    parts = tiers.layers(rows)
    return Index(tiers.grids.iloc[rows]) if _table_pays(points, parts) else parts


def _finders(tiers: Tiers, stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, np.ndarray, Index | Layers]]:
    """Yield each stretch in the order of time, the rows in force, and what finds a point's position among these rows.

    Notes
    -----
    A table follows the changes from stretch to stretch, so one that pays for all points left is laid; where shapely must answer for a
    kind of grid there is nothing to follow, and every stretch is looked at by itself.
    """
    left = sum(stretch.count for stretch in stretches)
    finder: Index | Layers = {}
    before = np.empty(0, dtype=np.int64)
    follows = True
    for stretch in stretches:
        rows = stretch.rows
        if isinstance(finder, Index) and follows:
            finder = _followed(finder, tiers.grids, before, rows)
        else:
            finder = _finder(tiers, rows, left if follows else stretch.count)
        follows = follows and not (isinstance(finder, Index) and (finder.path["reason"] != "").any())
        left -= stretch.count
        before = rows
        yield stretch, rows, finder


def _followed(index: Index, grids: gpd.GeoDataFrame, before: np.ndarray, rows: np.ndarray) -> Index:
    """Return the index of some rows from that of the rows before."""
    changed, ended = np.setdiff1d(rows, before, assume_unique=True), np.setdiff1d(before, rows, assume_unique=True)
    if max(len(changed), len(ended)) >= MOST_CHANGED * len(rows):
        return Index(grids.iloc[rows])
    codes = grids.index[ended]
    return index.update(grids.iloc[changed], gone=codes[~codes.isin(grids.index[changed])].tolist())


def _require_plan(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, what: str) -> None:
    """Raise unless points can be looked up in the plan; says which plan it is."""
    if not isinstance(grids, Index):
        require_grids(grids, what)
    if isinstance(points, gpd.GeoDataFrame) and points.active_geometry_name is not None:
        require_same_crs(points, _frame(grids), f"points, {what}")


def _checked(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, max_distance_m: float) -> Points:
    """Check the inputs and return the points."""
    if not isinstance(grids, Index):
        require_grids(grids)
    geometry = places(points, _frame(grids))
    if not max_distance_m >= 0:
        raise SchemaError("negative_distance", what="max_distance_m", given=max_distance_m)
    return Points(geometry)


def _table_pays(points: int, parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> bool:
    """Tell whether building a table takes less time than asking shapely for every point."""
    loading = 0.0 if "gridmap.assign.cells.compiled.locate" in sys.modules else LOADING
    if points * BY_SHAPELY < loading:
        return False
    corners = sum(int(shapely.get_num_coordinates(polygons).sum()) for polygons, _ in parts.values())
    return points * BY_SHAPELY > loading + corners * BY_CORNER


def _add_nearest(owned: np.ndarray, base: np.ndarray, geometry: np.ndarray, ordered: gpd.GeoDataFrame, max_distance_m: float) -> None:
    """Write the nearest lowest base grid within reach into `base` for the points that have neither grid."""
    targets = lowest(ordered)
    rows = np.flatnonzero((owned == NOWHERE) & (base == NOWHERE))
    rows = rows[is_finite(geometry[rows])]
    if not len(rows) or not is_finite(targets.geometry.to_numpy()).any():
        return
    point, polygon = _nearest(geometry[rows], targets, max_distance_m)
    keep_smallest(base, rows[point], ordered.index.get_indexer(targets.index)[polygon])


def _nearest(geometry: np.ndarray, polygons: gpd.GeoDataFrame, max_distance_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs (point, polygon) of least distance, ties included, no farther than `max_distance_m`."""
    metric = crs.metric_crs(polygons)
    targets = crs.transform(polygons, metric).geometry.to_numpy()
    moved = shapely.transform(geometry, crs.transformer(polygons.crs, metric).transform, interleaved=False)
    usable = np.flatnonzero(is_finite(moved))
    point, polygon = shapely.STRtree(targets).query_nearest(moved[usable], max_distance=max_distance_m)
    return usable[point], polygon


def _frame(grids: gpd.GeoDataFrame | Index) -> gpd.GeoDataFrame:
    return grids.grids if isinstance(grids, Index) else grids


def _coded(codes: pd.Index, position: np.ndarray, index: pd.Index, name: str | None = None) -> pd.Series:
    """Return the codes at some positions, NA at NOWHERE."""
    if not isinstance(codes.dtype, pd.StringDtype) or codes.dtype.storage != "pyarrow":
        return pd.Series(codes.array.take(position, allow_fill=True), index=index, name=name)
    import pyarrow as pa
    from pyarrow import compute

    # pandas looks for missing values one by one: this is six times as fast.
    taken = compute.take(pa.array(codes.array), pa.array(position, mask=position == NOWHERE))
    return pd.Series(codes.dtype.__from_arrow__(taken), index=index, name=name, copy=False)


def _owners(found: Found, index: pd.Index, name: str | None = None) -> pd.Series:
    return _coded(found.tiers.codes, np.where(found.owned == NOWHERE, found.base, found.owned), index, name)
