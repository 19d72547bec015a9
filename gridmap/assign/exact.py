"""Points to polygons by shapely's `intersects`: for few points, and for layers that overlap or have invalid rings."""

from collections.abc import Collection, Iterator

import numpy as np
import shapely

from gridmap.assign.threads import WORKERS, spread

NOWHERE = -1
BATCH = 64  # polygons asked pair by pair at a time, at least: all pairs of bounding boxes at once could fill the memory
PAIRS = 1 << 24  # boxes times points at a time, about
FEW = 8  # points per polygon up to which checking and preparing the polygons does not pay
ALONE = 1000  # points for which a thread of their own does not pay
TINY = 1e-100  # of a coordinate
Layer = tuple[np.ndarray, np.ndarray]  # polygons, positions


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
    Few points are asked of a spatial index of the polygons; many are put into one, and each polygon is prepared and asked of it. A polygon
    with an invalid ring is not prepared, nor is anything for a point with a tiny coordinate: then GEOS would answer otherwise.
    """
    return smallest_of_each(points, [(polygons, positions)])[0]


def smallest_of_each(points: np.ndarray, layers: Collection[Layer]) -> list[np.ndarray]:
    """Return what `smallest` gives for each of several layers of polygons."""
    found = [np.full(len(points), NOWHERE, dtype=np.int64) for _ in layers]
    finite, tiny = is_finite(points), _is_tiny(points)
    rows, others = np.flatnonzero(finite & ~tiny), np.flatnonzero(finite & tiny)
    if len(rows) <= FEW * sum(len(polygons) for polygons, _ in layers):
        _ask_polygons(points, rows, layers, found)
    else:
        tree = shapely.STRtree(points[rows])
        for (polygons, positions), each in zip(layers, found, strict=True):
            for polygon, point in _covering(polygons, tree):
                keep_smallest(each, rows[point], positions[polygon])
    if len(others):
        tree = shapely.STRtree(points[others])
        for (polygons, positions), each in zip(layers, found, strict=True):
            for polygon, point in _pair_by_pair(np.arange(len(polygons)), polygons, tree):
                keep_smallest(each, others[point], positions[polygon])
    return found


def _ask_polygons(points: np.ndarray, rows: np.ndarray, layers: Collection[Layer], found: list[np.ndarray]) -> None:
    """Fill `found` for some rows, with one spatial index of all polygons."""
    polygons, positions = (np.concatenate(parts) for parts in zip(*layers, strict=True))
    bounds = np.cumsum([0, *(len(each) for each, _ in layers)])
    tree = shapely.STRtree(polygons)  # prepares the points it is asked for, not its polygons

    def ask(begin: int, end: int) -> np.ndarray:
        return tree.query(points[rows[begin:end]], predicate="intersects") + np.array([[begin], [0]])

    pairs = spread(ask, len(rows), least=max(ALONE, -(-len(rows) // WORKERS)))
    point, polygon = np.concatenate([np.empty((2, 0), dtype=np.int64), *pairs], axis=1)
    for each, low, high in zip(found, bounds[:-1], bounds[1:], strict=True):
        here = (polygon >= low) & (polygon < high)
        keep_smallest(each, rows[point[here]], positions[polygon[here]])


def _covering(polygons: np.ndarray, tree: shapely.STRtree) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pairs (polygon, point of the tree) that intersect, borders included."""
    valid = shapely.is_valid(polygons)
    prepared, others = np.flatnonzero(valid), np.flatnonzero(~valid)
    polygon, point = tree.query(polygons[prepared], predicate="intersects")
    yield prepared[polygon], point
    yield from _pair_by_pair(others, polygons, tree)


def _pair_by_pair(rows: np.ndarray, polygons: np.ndarray, tree: shapely.STRtree) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pairs of some rows of `polygons` and points of the tree that intersect, with nothing prepared."""
    size = max(PAIRS // max(len(tree.geometries), 1), BATCH)
    for begin in range(0, len(rows), size):
        batch = rows[begin : begin + size]
        polygon, point = tree.query(polygons[batch])
        met = shapely.intersects(tree.geometries[point], polygons[batch[polygon]])  # with the point first nothing is prepared
        yield batch[polygon[met]], point[met]


def is_finite(geometry: np.ndarray) -> np.ndarray:
    """Mark geometries that are present, not empty and finite (`shapely.get_x` fails on an empty point)."""
    return np.isfinite(shapely.bounds(geometry).reshape(-1, 4)).all(axis=1)


def _is_tiny(points: np.ndarray) -> np.ndarray:
    """Mark points with a coordinate that is nearly zero but not zero: there GEOS answers otherwise as soon as anything is prepared."""
    corner = np.abs(shapely.bounds(points).reshape(-1, 4)[:, :2])
    return ((corner > 0) & (corner < TINY)).any(axis=1)


def keep_smallest(found: np.ndarray, row: np.ndarray, position: np.ndarray) -> None:
    """Lower `found` to the smallest position given for each row, if there is one."""
    last = np.iinfo(found.dtype).max
    best = np.where(found == NOWHERE, last, found)
    np.minimum.at(best, row, position)
    np.copyto(found, best, where=best != last)
