"""Points to polygons by shapely's `intersects`: for few points, and for layers that overlap or have invalid rings."""

import numpy as np
import shapely

NOWHERE = -1
BATCH = 64  # polygons asked pair by pair at a time, at least: all pairs of bounding boxes at once could fill the memory
PAIRS = 1 << 24  # boxes times points at a time, about
FEW = 8  # points per polygon up to which checking and preparing the polygons does not pay


def smallest(points: np.ndarray, polygons: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return for each point the smallest of the `positions` of the polygons that intersect it, NOWHERE if none does.

    Parameters
    ----------
    points
        Shape (n,). Those that are missing, empty or not finite are in no polygon.
    polygons, positions
        Shape (k,).

    Notes
    -----
    Cost: one spatial index of the points; one query per polygon, prepared unless there are few points.
    """
    found = np.full(len(points), NOWHERE, dtype=np.int64)
    rows = np.flatnonzero(is_finite(points))
    polygon, point = _covering(polygons, shapely.STRtree(points[rows]))
    keep_smallest(found, rows[point], positions[polygon])
    return found


def _covering(polygons: np.ndarray, tree: shapely.STRtree) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs (polygon, point of the tree) that intersect, borders included."""
    if len(tree.geometries) <= FEW * len(polygons):
        return _pairwise(np.arange(len(polygons)), polygons, tree)
    valid = shapely.is_valid(polygons)
    prepared = np.flatnonzero(valid)
    polygon, point = tree.query(polygons[prepared], predicate="intersects")
    others, near = _pairwise(np.flatnonzero(~valid), polygons, tree)
    return np.concatenate([prepared[polygon], others]), np.concatenate([point, near])


def _pairwise(rows: np.ndarray, polygons: np.ndarray, tree: shapely.STRtree) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs that intersect for some rows of `polygons`, without preparing them: on an invalid ring that answers otherwise."""
    found, points = [rows[:0]], [rows[:0]]
    size = max(PAIRS // max(len(tree.geometries), 1), BATCH)
    for begin in range(0, len(rows), size):
        batch = rows[begin : begin + size]
        candidate, near = tree.query(polygons[batch])
        met = shapely.intersects(tree.geometries[near], polygons[batch][candidate])  # with the point first nothing is prepared
        found.append(batch[candidate[met]])
        points.append(near[met])
    return np.concatenate(found), np.concatenate(points)


def is_finite(geometry: np.ndarray) -> np.ndarray:
    """Mark geometries that are present, not empty and finite (`shapely.get_x` fails on an empty point)."""
    return np.isfinite(shapely.bounds(geometry).reshape(-1, 4)).all(axis=1)


def keep_smallest(found: np.ndarray, row: np.ndarray, position: np.ndarray) -> None:
    """Write into `found` the smallest position given for each row."""
    last = np.iinfo(found.dtype).max
    best = np.full(len(found), last, dtype=found.dtype)
    np.minimum.at(best, row, position)
    met = best != last
    found[met] = best[met]
