"""The owner of each point, its chain of tiers, and counts for every grid."""

import sys
from collections.abc import Hashable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs, hierarchy
from gridmap.assign.exact import NOWHERE, is_finite, keep_smallest, smallest
from gridmap.assign.index import Index, layers, lowest, require_grids
from gridmap.errors import SchemaError
from gridmap.schema import POINT, code_order, require_columns, require_frame, require_same_crs

# Seconds on one core, measured: by shapely for a point, to build a table for a corner of the grids, to load the compiled loops once.
BY_SHAPELY, BY_CORNER, LOADING = 1.5e-6, 1e-6, 1.0


def to_grids(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, *, max_distance_m: float = 0.0) -> pd.Series:
    """Return the grid that owns each point: a dedicated grid before the lowest base grid.

    Parameters
    ----------
    points
        Points, shape (n,), in the CRS of `grids`.
    grids
        Grids indexed by `grid_code`, with `level` and `kind`. Upper tiers may be present and are not asked. Overlapping grids and invalid
        rings are legal: shapely's `intersects` decides. An `Index` of them saves the work of preparing them again.
    max_distance_m
        A point outside every grid goes to the nearest lowest base grid within this many metres; 0 leaves it without one.

    Returns
    -------
    Series
        Grid codes, shape (n,), name "grid", on the index of `points`. NA where no grid covers the point, or where the point is missing,
        empty or not finite. A point on a shared border, or in several grids, belongs to the smallest grid code among those.

    Raises
    ------
    CRSError
        If the two CRS differ or one is missing.
    SchemaError
        If a column is missing, a grid code stands twice, a geometry is of another type, or `max_distance_m` is negative.

    Notes
    -----
    Cost: few points are asked of shapely; for many, `Index` lays a table over the grids first. The answers are the same.
    """
    owned, base, codes = _locate(points, grids, max_distance_m)
    return _coded(codes, np.where(owned == NOWHERE, base, owned), points.index).rename("grid")


def chain(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index) -> pd.DataFrame:
    """Return every tier's grid for each point: the lowest by place, the upper ones by the parent table.

    Parameters
    ----------
    points, grids
        As in `to_grids`; `grids` also needs `parent`.

    Returns
    -------
    DataFrame
        Shape (n, levels + 2) on the index of `points`: one column `level_k` for each base level k present, top first; `dedicated`, the
        dedicated grid over the point; `grid`, the owner as `to_grids` gives it. Grid codes, NA where there is none.

    Raises
    ------
    CRSError, SchemaError
        As `to_grids`.

    Notes
    -----
    The base columns take no notice of dedicated grids, so each column adds up to its tier.
    """
    owned, base, codes = _locate(points, grids, 0.0)
    ancestors = _ancestors(_frame(grids), codes)
    columns = {f"level_{level}": _coded(codes, _lookup(upper, base), points.index) for level, upper in ancestors.items()}
    columns["dedicated"] = _coded(codes, owned, points.index)
    columns["grid"] = _coded(codes, np.where(owned == NOWHERE, base, owned), points.index)
    return pd.DataFrame(columns, index=points.index)


def count(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, *, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Count points in every grid of every level.

    Parameters
    ----------
    points, grids
        As in `chain`.
    by
        Column or columns of `points` to split the counts by.

    Returns
    -------
    DataFrame
        One row per row of `grids`, in its order (of an `Index`, in the order of the codes), zero where no point lies. One integer column
        "events", or with `by` one column per combination of values that occurs in `points`, sorted, NA last. A base grid counts its points
        on the base chain; a dedicated grid counts those it owns, which are contained in its base grids' counts ("of which"): never add
        the two.

    Raises
    ------
    CRSError, SchemaError
        As `chain`; SchemaError also if `points` lacks a column of `by`.
    """
    owned, base, codes = _locate(points, grids, 0.0)
    names = [by] if isinstance(by, str) else list(by)
    require_columns(points, names, "points")
    group, columns = _groups(points, names)
    counts = _tally(owned, group, (len(codes), len(columns)))
    lowest_counts = _tally(base, group, (len(codes), len(columns)))
    for upper in _ancestors(_frame(grids), codes).values():
        below = np.flatnonzero(upper != NOWHERE)
        np.add.at(counts, upper[below], lowest_counts[below])
    return pd.DataFrame(counts, index=pd.Index(codes), columns=columns).reindex(_frame(grids).index)


def _locate(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, max_distance_m: float) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Return the positions of the dedicated and of the lowest base grid in the sorted codes, and these codes."""
    geometry = _geometry(points, grids, max_distance_m)
    ordered = _frame(grids) if isinstance(grids, Index) else grids.iloc[code_order(grids.index)]
    parts = {} if isinstance(grids, Index) else layers(ordered)
    if isinstance(grids, Index) or _table_pays(len(geometry), parts):
        index = grids if isinstance(grids, Index) else Index(grids)
        owned, base = index.locate(*_coordinates(geometry))
    else:
        owned, base = (smallest(geometry, *layer) for layer in parts.values())
    if max_distance_m > 0:
        _add_nearest(base, geometry, np.flatnonzero((owned == NOWHERE) & (base == NOWHERE)), ordered, max_distance_m)
    return owned, base, ordered.index


def _geometry(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index, max_distance_m: float) -> np.ndarray:
    """Check the inputs and return the points."""
    if not isinstance(grids, Index):
        require_grids(grids)
    if isinstance(points, gpd.GeoDataFrame) and points.active_geometry_name is not None:
        geometry = points.geometry.to_numpy()
        other = shapely.get_type_id(geometry) > 0
        # A coordinate that is not finite is no fault here: such a point lies in no grid.
        require_frame(points[other & is_finite(geometry)] if other.any() else points.iloc[:0], "points", geometry=POINT)
    else:
        require_frame(points, "points", geometry=POINT)
    require_same_crs(points, _frame(grids), "points, grids")
    if not max_distance_m >= 0:
        raise SchemaError("negative_distance", what="max_distance_m", given=max_distance_m)
    return np.asarray(np.where(other, None, geometry)) if other.any() else geometry


def _coordinates(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of points, NaN where one is missing or empty."""
    pairs, rows = shapely.get_coordinates(geometry, return_index=True)
    if len(pairs) < len(geometry):
        drawn, pairs = pairs, np.full((len(geometry), 2), np.nan)
        pairs[rows] = drawn
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def _table_pays(points: int, parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> bool:
    """Tell whether building a table takes less time than asking shapely for every point."""
    loading = 0.0 if "gridmap.assign.compiled.locate" in sys.modules else LOADING
    if points * BY_SHAPELY < loading:
        return False
    corners = sum(int(shapely.get_num_coordinates(polygons).sum()) for polygons, _ in parts.values())
    return points * BY_SHAPELY > loading + corners * BY_CORNER


def _add_nearest(base: np.ndarray, geometry: np.ndarray, rows: np.ndarray, ordered: gpd.GeoDataFrame, max_distance_m: float) -> None:
    """Write the nearest lowest base grid within reach into `base` for the points of `rows`."""
    targets = lowest(ordered)
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


def _ancestors(grids: gpd.GeoDataFrame | Index, codes: pd.Index) -> dict[int, np.ndarray]:
    """Return for each base level the position of the grid above every lowest grid, by the latter's position in `codes`."""
    table = hierarchy.ancestors(grids)
    lowest = codes.get_indexer(table.index)
    above = {}
    for level, name in zip(hierarchy.levels(grids), table.columns, strict=True):
        above[level] = np.full(len(codes), NOWHERE)
        above[level][lowest] = codes.get_indexer(table[name])
    return above


def _frame(grids: gpd.GeoDataFrame | Index) -> gpd.GeoDataFrame:
    return grids.grids if isinstance(grids, Index) else grids


def _tally(position: np.ndarray, group: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return how many points lie in each position and group, shape (positions, groups); NOWHERE is not counted."""
    cells = (position.astype(np.int64) + 1) * shape[1] + group
    return np.bincount(cells, minlength=(shape[0] + 1) * shape[1]).reshape(shape[0] + 1, shape[1])[1:]


def _lookup(table: np.ndarray, position: np.ndarray) -> np.ndarray:
    return np.append(table, NOWHERE)[position]  # NOWHERE reads the last entry


def _coded(codes: pd.Index, position: np.ndarray, index: pd.Index) -> pd.Series:
    return pd.Series(codes.array.take(position, allow_fill=True), index=index)


def _groups(points: gpd.GeoDataFrame, names: list[str]) -> tuple[np.ndarray, pd.Index]:
    """Return each point's column number and the columns."""
    if not names:
        return np.zeros(len(points), dtype=int), pd.Index(["events"])
    keys: Hashable | list[str] = names[0] if len(names) == 1 else names
    groups = pd.DataFrame(points[names]).groupby(keys, sort=True, dropna=False, observed=True)
    return groups.ngroup().to_numpy(), groups.size().index
