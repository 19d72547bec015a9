"""Gaps between two grids that open to the outside or to a wide gap, filled."""

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gridmap.coverage import fill, gaps
from gridmap.coverage.faces import resolved, with_neighbours
from gridmap.coverage.layer import Plane, Repaired, polygon_parts, repaired
from gridmap.coverage.moves import Move, at

SAME_M = 1e-5  # there and back between two systems of coordinates; from a border, gaps.CRACK_M: widened and narrowed again


def filled(layer: Repaired, width_m: float, inside: np.ndarray | None) -> tuple[np.ndarray, list[Move]]:
    """Return a coverage without the cracks that `gaps.cracks` finds, and what changed; `width_m` and `inside` as in `fill.filled`."""
    polygons = layer.polygons
    found = gaps.cracks(layer.covered, layer, width_m, of_gaps=True) if width_m > 0 else polygons[:0]
    if inside is not None and len(found):
        found = found[np.unique(shapely.STRtree(inside).query(shapely.point_on_surface(found), predicate="intersects")[0])]
    if not len(found):
        return polygons, []
    beside = layer.tree.query(found, predicate="dwithin", distance=layer.plane.length(gaps.CRACK_M))[1]
    rows = with_neighbours(polygons, np.unique(beside))
    polygons, of_corners, of_gaps = given(layer, _on_borders(found, polygons[rows], layer.plane), rows)
    return polygons, [*of_corners, *of_gaps]


def given(layer: Repaired, places: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, list[Move], list[Move]]:
    """Return a coverage with places joined to the polygons that border them, and what changed: corners added, and places gained.

    The places lie in no polygon. At `rows` are those along them, whose borders need not have their corners yet, and the neighbours
    of these.
    """
    closed, places, of_corners = _closed(layer.polygons[rows], places, layer.codes[rows], layer.plane)
    polygons = layer.polygons.copy()
    polygons[rows] = closed
    polygons, of_places = fill.given(polygons, places, layer.plane)
    return polygons, list(at(of_corners, rows)), of_places


def _on_borders(places: np.ndarray, polygons: np.ndarray, plane: Plane) -> np.ndarray:
    """Return places with their corners on the corners, or else on the borders, of the polygons that they came from."""
    corners, lines = shapely.get_coordinates(polygons), shapely.boundary(polygons)
    tree, of_lines = cKDTree(corners), shapely.STRtree(lines)

    def moved(xy: np.ndarray) -> np.ndarray:
        apart, nearest = tree.query(xy)
        result = np.where((apart <= plane.length(SAME_M))[:, None], corners[nearest], xy)
        free = np.flatnonzero(apart > plane.length(SAME_M))
        point, line = of_lines.query_nearest(shapely.points(xy[free]), max_distance=plane.length(gaps.CRACK_M), all_matches=False)
        way = shapely.shortest_line(shapely.points(xy[free[point]]), lines[line])
        result[free[point]] = shapely.get_coordinates(way).reshape(-1, 2, 2)[:, 1]
        return result

    return repaired(shapely.transform(places, moved))


def _closed(polygons: np.ndarray, places: np.ndarray, codes: np.ndarray, plane: Plane) -> tuple[np.ndarray, np.ndarray, list[Move]]:
    """Return the polygons with a corner at both ends of every opening, and the places between them with exactly their corners."""
    count = len(polygons)
    together = np.concatenate([polygons, places])
    named = np.concatenate([codes, np.full(len(places), "", dtype=object)])
    result, moves = resolved(together, plane, codes=named, first=np.arange(len(together)) < count, whole=True)
    return result[:count], polygon_parts(result[count:])[0], [move for move in moves if move.grid < count]
