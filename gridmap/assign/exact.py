"""Points to polygons by shapely's `intersects`: for few points, and for layers that overlap or have invalid rings."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely

NOWHERE = -1
BATCH = 64  # polygons asked pair by pair at a time, at least: all pairs of bounding boxes at once could fill the memory
PAIRS = 1 << 24  # boxes times points at a time, about
FEW = 8  # points per polygon up to which checking and preparing the polygons does not pay
ALONE = 500  # pairs for which a thread of their own does not pay


def smallest(points: np.ndarray, polygons: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return for each point the smallest of the `positions` of the polygons that intersect it, NOWHERE if none does.

    Parameters
    ----------
    points
        Shape (n,). Those that are missing, empty or not finite are in no polygon.
    polygons, positions
        Shape (k,), the positions ascending.

    Notes
    -----
    Cost: one spatial index of the points; one query per polygon, prepared unless there are few points.
    """
    return smallest_of_each(points, [(polygons, positions)])[0]


def smallest_of_each(points: np.ndarray, layers: Iterable[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """Return what `smallest` gives for each of several layers of polygons and positions, with one spatial index of the points."""
    rows = np.flatnonzero(is_finite(points))
    tree = shapely.STRtree(points[rows])
    answers = []
    for polygons, positions in layers:
        found = np.full(len(points), NOWHERE, dtype=np.int64)
        for polygon, point in _covering(polygons, tree):
            keep_smallest(found, rows[point], positions[polygon])
        answers.append(found)
    return answers


def _covering(polygons: np.ndarray, tree: shapely.STRtree) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs (polygon, point of the tree) that intersect, borders included; the first polygon of each point is among them."""
    unprepared = np.arange(len(polygons))
    if len(tree.geometries) > FEW * len(polygons):
        valid = shapely.is_valid(polygons)
        prepared, unprepared = np.flatnonzero(valid), np.flatnonzero(~valid)
        polygon, point = tree.query(polygons[prepared], predicate="intersects")
        yield prepared[polygon], point
    size = max(PAIRS // max(len(tree.geometries), 1), BATCH)
    for begin in range(0, len(unprepared), size):
        batch = unprepared[begin : begin + size]
        polygon, point = tree.query(polygons[batch])
        first = _is_first(point, len(tree.geometries))
        met = np.zeros(len(polygon), dtype=bool)
        met[first] = _intersect(tree.geometries[point[first]], polygons[batch[polygon[first]]])
        inside = np.zeros(len(tree.geometries), dtype=bool)
        inside[point[met]] = True
        rest = ~(first | inside[point])  # where the first polygon meets a point, a later one is not asked
        met[rest] = _intersect(tree.geometries[point[rest]], polygons[batch[polygon[rest]]])
        yield batch[polygon[met]], point[met]


def _is_first(values: np.ndarray, size: int) -> np.ndarray:
    """Mark where each value, from 0 to `size`, stands for the first time."""
    place = np.arange(len(values))
    first = np.empty(size, dtype=np.int64)
    first[values[::-1]] = place[::-1]  # the last one written stays
    return first[values] == place


def _intersect(points: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Tell which pairs intersect. With the point first nothing is prepared: a prepared polygon with an invalid ring answers otherwise."""
    half = len(points) // 2
    if half < ALONE:
        return shapely.intersects(points, polygons)
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(shapely.intersects, points[half:], polygons[half:])
        return np.concatenate([shapely.intersects(points[:half], polygons[:half]), later.result()])


def is_finite(geometry: np.ndarray) -> np.ndarray:
    """Mark geometries that are present, not empty and finite (`shapely.get_x` fails on an empty point)."""
    return np.isfinite(shapely.bounds(geometry).reshape(-1, 4)).all(axis=1)


def keep_smallest(found: np.ndarray, row: np.ndarray, position: np.ndarray) -> None:
    """Lower `found` to the smallest position given for each row, if there is one."""
    order = np.argsort(position, kind="stable")[::-1]
    row, position = row[order], position[order]
    lower = (found[row] == NOWHERE) | (position < found[row])
    found[row[lower]] = position[lower]
