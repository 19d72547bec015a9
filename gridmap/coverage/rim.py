"""Narrow places between the outermost grids and the boundary that they should fill, filled."""

import numpy as np
import shapely

from gridmap.coverage import cracks, fill, gaps
from gridmap.coverage.faces import with_neighbours
from gridmap.coverage.layer import NOISE_M, Plane, Repaired, polygon_parts, thickness
from gridmap.coverage.moves import Move

BEYOND = 1e-3  # of its length a line across a place is drawn further, so that it surely ends on the other side


def filled(layer: Repaired, width_m: float, inside: np.ndarray | None) -> tuple[np.ndarray, list[Move]]:
    """Return a coverage that reaches the border of `inside` where it is at most `width_m` away, and what changed.

    A place is cut, straight to the border, where the grids along it change, and each piece goes to the grid with the longest border along
    it. Of a place that is wide somewhere only the narrow parts at least twice as long as the width are filled. What no grid borders stays.
    """
    if inside is None or width_m == 0:
        return layer.polygons, []
    holes = gaps.uncovered(layer.covered, inside, layer.plane)
    places = _narrow_parts(holes.parts[~holes.enclosed], layer.plane, width_m)
    place, beside = layer.tree.query(places, predicate="dwithin", distance=layer.plane.length(gaps.CRACK_M))
    if not len(place):
        return layer.polygons, []
    pieces = _cut(places[np.unique(place)], layer, shapely.boundary(shapely.union_all(inside)))
    rows = with_neighbours(layer.polygons, np.unique(beside))
    polygons, of_corners, of_places = cracks.given(layer, pieces, rows)
    return polygons, [*of_corners, *(move._replace(rule="rim") for move in of_places)]


def _narrow_parts(places: np.ndarray, plane: Plane, width_m: float) -> np.ndarray:
    whole = fill.narrow(plane.measured(places), width_m)
    wide = plane.measured(gaps.wide_parts(places[~whole], plane, width_m))
    wide = plane.drawn_again(shapely.buffer(wide, gaps.CRACK_M, join_style="mitre"))  # no hair stays along it
    arms = polygon_parts(shapely.difference(places[~whole], shapely.union_all(wide)))[0]
    metric = plane.measured(arms)
    long = (thickness(metric) > gaps.CRACK_M) & (shapely.length(metric) / 2 >= 2 * width_m)
    return np.concatenate([places[whole], arms[long]])


def _cut(places: np.ndarray, layer: Repaired, border: shapely.Geometry) -> np.ndarray:
    """Return places cut along the shortest lines to the border from the corners where two grids or more meet."""
    xy, owner = shapely.get_coordinates(places, return_index=True)
    corners = shapely.points(xy)
    met = layer.tree.query(corners, predicate="dwithin", distance=layer.plane.length(NOISE_M))[0]
    ways = shapely.get_coordinates(shapely.shortest_line(corners, border)).reshape(-1, 2, 2)
    across = (np.bincount(met, minlength=len(corners)) > 1) & (ways[:, 0] != ways[:, 1]).any(axis=1)
    ways[:, 1] += BEYOND * (ways[:, 1] - ways[:, 0])
    owner, lines = owner[across], shapely.linestrings(ways[across])
    pieces = [np.delete(places, owner)]
    bounds = np.searchsorted(owner, [np.unique(owner), np.unique(owner) + 1]).T
    for begin, end in bounds:
        place = places[owner[begin]]
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all([place.boundary, *lines[begin:end]]))))
        pieces.append(faces[shapely.intersects(place, shapely.point_on_surface(faces))])
    return np.concatenate(pieces)
