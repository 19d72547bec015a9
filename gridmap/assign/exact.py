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
BOX = 5  # corners of a ring that GEOS may take for a rectangle, first and last the same
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
    Few points are asked of a spatial index of the boxes of the polygons, and then of each polygon by itself; many are put into one, and
    each polygon is prepared and asked of it. A polygon with an invalid ring is not prepared, nor is anything for a point with a tiny
    coordinate: then GEOS would answer otherwise.
    """
    return smallest_of_each(points, [(polygons, positions)])[0]


def smallest_of_each(points: np.ndarray, layers: Collection[Layer]) -> list[np.ndarray]:
    """Return what `smallest` gives for each of several layers of polygons."""
    found = [np.full(len(points), NOWHERE, dtype=np.int64) for _ in layers]
    xy = _corners(points)
    finite, tiny = np.isfinite(xy[0]) & np.isfinite(xy[1]), _is_tiny(xy[0]) | _is_tiny(xy[1])
    rows, others = np.flatnonzero(finite & ~tiny), np.flatnonzero(finite & tiny)
    if len(rows) <= FEW * sum(len(polygons) for polygons, _ in layers):
        _ask_polygons(points, xy, rows, layers, found)
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


def _ask_polygons(points: np.ndarray, xy: np.ndarray, rows: np.ndarray, layers: Collection[Layer], found: list[np.ndarray]) -> None:
    """Fill `found` for some rows, with one spatial index of all polygons."""
    polygons, positions = (np.concatenate(parts) for parts in zip(*layers, strict=True))
    bounds = np.cumsum([0, *(len(each) for each, _ in layers)])
    single = _are_single(polygons)
    for chosen, meeting in ((single, _by_boxes), (~single, _by_points)):
        part = np.flatnonzero(chosen)
        if not len(part):
            continue
        for point, polygon in meeting(points, xy, rows, polygons[part]):
            polygon = part[polygon]
            for each, low, high in zip(found, bounds[:-1], bounds[1:], strict=True):
                here = (polygon >= low) & (polygon < high)
                keep_smallest(each, point[here], positions[polygon[here]])


def _are_single(polygons: np.ndarray) -> np.ndarray:
    """Mark polygons that give the same answer to a bare pair of coordinates as to a point that is prepared.

    Notes
    -----
    Those that someone has prepared do not, where a ring is invalid; nor do spikes there and back, which GEOS takes for rectangles.
    """
    return ~shapely.is_prepared(polygons) & (shapely.get_num_coordinates(polygons) > BOX)


def _by_boxes(points: np.ndarray, xy: np.ndarray, rows: np.ndarray, polygons: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the pairs (row, polygon) that intersect in parts: first the boxes, then one look at each ring, with nothing prepared."""
    tree = shapely.STRtree(polygons)
    x, y = xy

    def ask(begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        part = rows[begin:end]
        point, polygon = tree.query(points[part])
        point = part[point]
        met = shapely.intersects_xy(polygons[polygon], x[point], y[point])
        return point[met], polygon[met]

    return spread(ask, len(rows), least=max(ALONE, -(-len(rows) // WORKERS)), most=max(PAIRS // len(polygons), BATCH))


def _by_points(points: np.ndarray, _: np.ndarray, rows: np.ndarray, polygons: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the pairs (row, polygon) that intersect in parts; the points are prepared, not the polygons."""
    tree = shapely.STRtree(polygons)

    def ask(begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        part = rows[begin:end]
        point, polygon = tree.query(points[part], predicate="intersects")
        return part[point], polygon

    return spread(ask, len(rows), least=max(ALONE, -(-len(rows) // WORKERS)))


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


def _corners(points: np.ndarray) -> np.ndarray:
    """Return x and y of points, shape (2, n), NaN where one is missing or empty; the bounds take one pass and no exception."""
    return np.ascontiguousarray(shapely.bounds(points).reshape(-1, 4).T[:2])


def _is_tiny(values: np.ndarray) -> np.ndarray:
    """Mark coordinates that are nearly zero but not zero: there GEOS answers otherwise as soon as anything is prepared."""
    return (np.abs(values) < TINY) & (values != 0)


def keep_smallest(found: np.ndarray, row: np.ndarray, position: np.ndarray) -> None:
    """Lower `found` to the smallest position given for each row, if there is one."""
    last = np.iinfo(found.dtype).max
    best = np.where(found == NOWHERE, last, found)
    np.minimum.at(best, row, position)
    np.copyto(found, best, where=best != last)
