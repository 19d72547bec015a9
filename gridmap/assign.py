"""Which grid a point lies in: the owner, the whole chain of tiers, and counts for every grid."""

from collections.abc import Hashable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs, hierarchy
from gridmap.errors import SchemaError
from gridmap.schema import POINT, POLYGON, code_order, require_columns, require_frame, require_index, require_same_crs

NOWHERE = -1
BATCH = 64  # invalid polygons asked at a time: all pairs of bounding boxes at once could fill the memory


def to_grids(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, *, max_distance_m: float = 0.0) -> pd.Series:
    """Return the grid that owns each point: a dedicated grid before the lowest base grid.

    Parameters
    ----------
    points
        Points, shape (n,), in the CRS of `grids`.
    grids
        Grids indexed by `grid_code`, with `level` and `kind`. Upper tiers may be present and are not asked. Overlapping grids and invalid
        rings are legal: shapely's `intersects` decides.
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
    Cost: one spatial index of the points, one prepared query per grid.
    """
    owned, base, codes = _locate(points, grids, max_distance_m)
    return _coded(codes, np.where(owned == NOWHERE, base, owned), points.index).rename("grid")


def chain(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> pd.DataFrame:
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
    ancestors = _ancestors(grids, codes)
    columns = {f"level_{level}": _coded(codes, _lookup(upper, base), points.index) for level, upper in ancestors.items()}
    columns["dedicated"] = _coded(codes, owned, points.index)
    columns["grid"] = _coded(codes, np.where(owned == NOWHERE, base, owned), points.index)
    return pd.DataFrame(columns, index=points.index)


def count(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, *, by: str | Sequence[str] = ()) -> pd.DataFrame:
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
        One row per row of `grids`, in its order, zero where no point lies. One integer column "events", or with `by` one column per
        combination of values that occurs in `points`, sorted, NA last. A base grid counts its points on the base chain; a dedicated grid
        counts those it owns, which are contained in its base grids' counts ("of which"): never add the two.

    Raises
    ------
    CRSError, SchemaError
        As `chain`; SchemaError also if `points` lacks a column of `by`.
    """
    owned, base, codes = _locate(points, grids, 0.0)
    names = [by] if isinstance(by, str) else list(by)
    require_columns(points, names, "points")
    group, columns = _groups(points, names)
    counts = np.zeros((len(codes), len(columns)), dtype=np.int64)
    for position in [owned, *(_lookup(upper, base) for upper in _ancestors(grids, codes).values())]:
        inside = position != NOWHERE
        np.add.at(counts, (position[inside], group[inside]), 1)
    return pd.DataFrame(counts, index=pd.Index(codes), columns=columns).reindex(grids.index)


def _locate(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, max_distance_m: float) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Return the positions of the dedicated and of the lowest base grid in the sorted codes, and these codes."""
    _require_inputs(points, grids, max_distance_m)
    ordered = grids.iloc[code_order(grids.index)]
    geometry = points.geometry.to_numpy()
    rows = np.flatnonzero(_is_finite(geometry))
    tree = shapely.STRtree(geometry[rows])
    owned, base = np.full(len(geometry), NOWHERE), np.full(len(geometry), NOWHERE)
    lowest = _lowest(ordered)
    for found, part in ((owned, hierarchy.dedicated(ordered)), (base, lowest)):
        polygon, point = _covering(part.geometry.to_numpy(), tree)
        _keep_smallest(found, rows[point], ordered.index.get_indexer(part.index)[polygon])
    if max_distance_m > 0 and _is_finite(lowest.geometry.to_numpy()).any():
        astray = rows[(owned[rows] == NOWHERE) & (base[rows] == NOWHERE)]
        point, polygon = _nearest(geometry[astray], lowest, max_distance_m)
        _keep_smallest(base, astray[point], ordered.index.get_indexer(lowest.index)[polygon])
    return owned, base, ordered.index


def _require_inputs(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, max_distance_m: float) -> None:
    require_frame(grids, "grids", geometry=POLYGON)
    require_columns(grids, ("level", "kind"), "grids")
    require_index(grids.index, "grids")
    if isinstance(points, gpd.GeoDataFrame) and points.active_geometry_name is not None:
        # A coordinate that is not finite is no fault here: such a point lies in no grid.
        require_frame(points[_is_finite(points.geometry.to_numpy())], "points", geometry=POINT)
    else:
        require_frame(points, "points", geometry=POINT)
    require_same_crs(points, grids, "points, grids")
    if not max_distance_m >= 0:
        raise SchemaError("negative_distance", what="max_distance_m", given=max_distance_m)


def _lowest(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the lowest base tier; none where every grid is dedicated."""
    return hierarchy.tier(grids) if hierarchy.levels(grids) else grids.iloc[:0]


def _covering(polygons: np.ndarray, tree: shapely.STRtree) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs (polygon, point of the tree) that intersect, borders included."""
    valid = shapely.is_valid(polygons)
    prepared, broken = np.flatnonzero(valid), np.flatnonzero(~valid)
    polygon, point = tree.query(polygons[prepared], predicate="intersects")
    found, points = [prepared[polygon]], [point]
    for batch in np.array_split(broken, -(-len(broken) // BATCH) or 1):
        # On an invalid ring a prepared polygon answers otherwise than `intersects`; with the point first no preparation is used.
        candidate, near = tree.query(polygons[batch])
        met = shapely.intersects(tree.geometries[near], polygons[batch][candidate])
        found.append(batch[candidate[met]])
        points.append(near[met])
    return np.concatenate(found), np.concatenate(points)


def _nearest(geometry: np.ndarray, polygons: gpd.GeoDataFrame, max_distance_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs (point, polygon) of least distance, ties included, no farther than `max_distance_m`."""
    metric = crs.metric_crs(polygons)
    targets = crs.transform(polygons, metric).geometry.to_numpy()
    moved = shapely.transform(geometry, crs.transformer(polygons.crs, metric).transform, interleaved=False)
    usable = np.flatnonzero(_is_finite(moved))
    point, polygon = shapely.STRtree(targets).query_nearest(moved[usable], max_distance=max_distance_m)
    return usable[point], polygon


def _is_finite(geometry: np.ndarray) -> np.ndarray:
    """Mark geometries that are present, not empty and finite (`shapely.get_x` fails on an empty point)."""
    return np.isfinite(shapely.bounds(geometry).reshape(-1, 4)).all(axis=1)


def _keep_smallest(found: np.ndarray, row: np.ndarray, position: np.ndarray) -> None:
    """Write into `found` the smallest position given for each row."""
    last = np.iinfo(found.dtype).max
    best = np.full(len(found), last)
    np.minimum.at(best, row, position)
    met = best != last
    found[met] = best[met]


def _ancestors(grids: gpd.GeoDataFrame, codes: pd.Index) -> dict[int, np.ndarray]:
    """Return for each base level the position of the grid above every lowest grid, by the latter's position in `codes`."""
    table = hierarchy.ancestors(grids)
    lowest = codes.get_indexer(table.index)
    above = {}
    for level, name in zip(hierarchy.levels(grids), table.columns, strict=True):
        above[level] = np.full(len(codes), NOWHERE)
        above[level][lowest] = codes.get_indexer(table[name])
    return above


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
