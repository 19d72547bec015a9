"""A piece of ground parted by lines midway between buildings, where no straight line leaves all of them whole."""

import numpy as np
import shapely
from scipy.spatial import Voronoi

from gridmap.partition.arrangement import LATTICE_M
from gridmap.partition.homes import CLEARANCE_M, Homes

STEP_M = 2.0  # in which outlines are taken where the next building is near; at most as long as it is far, else the cut would touch one
SMOOTH_M = 0.2  # by which a line may leave the middle, so that it has few corners
BEYOND_M = 1.0  # lines end so far outside of the piece
DEEP = 3.0  # rows of buildings on either side of a cut that are looked at first


def parted(piece: shapely.Geometry, homes: Homes, part: np.ndarray, aside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return polygons that fill a piece of ground, each nearest to buildings of one part, and the one that each building is in.

    Parameters
    ----------
    piece
        Valid polygon.
    homes
        Buildings inside, n of them.
    part
        Shape (n,), the number of the part that each is of, from 0; the same for those built together.
    aside
        Shape (n,), about how far each is from the nearest cut, in metres.

    Notes
    -----
    Buildings near the cut are looked at, and of these the outlines of those beside one of another part alone, in steps, the wider the
    further away it is. Where a line runs through a building for that, or one comes to the wrong side, more are looked at, and in smaller
    steps. Cost: that of Voronoi diagrams of the buildings along the cut.
    """
    reach = DEEP * np.sqrt(piece.area / len(part))
    finer, looked_at = np.zeros((2, len(part)), dtype=bool)
    doors = shapely.points(homes.doors)
    while True:
        looked_at |= aside <= reach
        lines = _lines(homes.take(looked_at), part[looked_at], finer[looked_at], piece)
        found = _faces(lines, piece)
        door, face = shapely.STRtree(found).query(doors, predicate="within")
        inside = np.full(len(part), -1)
        inside[door] = face
        cut = np.unique(shapely.STRtree(homes.shapes).query(lines, predicate="intersects")[1])
        astray = np.append(cut, _astray(part, inside))
        if not len(astray) or (looked_at.all() and finer[cut].all()):
            return found, inside
        finer[cut] = looked_at[astray] = True
        reach *= 2


def _astray(part: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Return the buildings that lie in a face with others, more of them, of another part."""
    pairs, pair, size = np.unique(np.column_stack([face, part]), axis=0, return_inverse=True, return_counts=True)
    order = np.lexsort((size, pairs[:, 0]))
    main = np.zeros(len(pairs), dtype=bool)
    main[order[np.append(np.flatnonzero(np.diff(pairs[order, 0])), len(order) - 1)]] = True
    return np.flatnonzero(~main[pair] & (face >= 0))


def _faces(lines: np.ndarray, piece: shapely.Geometry) -> np.ndarray:
    noded = shapely.union_all(np.append(lines, shapely.boundary(piece)), grid_size=LATTICE_M)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(piece)
    return found[shapely.contains_properly(piece, shapely.point_on_surface(found))]


def _lines(homes: Homes, part: np.ndarray, finer: np.ndarray, piece: shapely.Geometry) -> np.ndarray:
    """Return the lines midway between buildings of different parts."""
    places, first = np.unique(homes.doors, axis=0, return_index=True)  # those with one door are built together
    one, other = first[_diagram(places, piece)[1]].T
    apart = part[one] != part[other]
    one, other = np.append(one[apart], other[apart]), np.append(other[apart], one[apart])
    step = np.full(len(part), np.inf)
    away = shapely.distance(homes.shapes[one], homes.shapes[other])
    np.minimum.at(step, one, np.maximum(away / 2, np.minimum(away, STEP_M)))
    facing = np.zeros((len(part), 2))
    np.add.at(facing, one, homes.doors[other] - homes.doors[one])
    step[finer] = CLEARANCE_M
    close = np.flatnonzero(np.isfinite(step))
    xy, owner = shapely.get_coordinates(shapely.segmentize(homes.shapes[close], step[close]), return_index=True)
    owner = close[owner]
    front = finer[owner] | (((xy - homes.doors[owner]) * facing[owner]).sum(axis=1) >= 0)
    return _between(np.concatenate([xy[front], homes.doors]), np.concatenate([part[owner[front]], part]), piece)


def _diagram(xy: np.ndarray, piece: shapely.Geometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the edges of the Voronoi diagram of distinct places, the pair of places that each lies between, and its corners."""
    low_x, low_y, high_x, high_y = shapely.bounds(piece)
    middle, reach = np.array([low_x + high_x, low_y + high_y]) / 2, 10 * max(high_x - low_x, high_y - low_y) + 1
    far = reach * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])  # no edge ends in the piece
    diagram = Voronoi(np.concatenate([xy - middle, far]))
    ends = np.array(diagram.ridge_vertices)
    kept = (diagram.ridge_points < len(xy)).all(axis=1) & (ends >= 0).all(axis=1)
    return ends[kept], diagram.ridge_points[kept], diagram.vertices + middle


def _between(xy: np.ndarray, part: np.ndarray, piece: shapely.Geometry) -> np.ndarray:
    """Return the lines on which two places of different parts are the nearest ones, smoothed."""
    places, first = np.unique(xy, axis=0, return_index=True)
    ends, pairs, corners = _diagram(places, piece)
    of = part[first][pairs]
    edges = shapely.linestrings(corners[ends[of[:, 0] != of[:, 1]]])
    lines = shapely.line_merge(shapely.multilinestrings(edges))
    return shapely.get_parts(shapely.clip_by_rect(shapely.simplify(lines, SMOOTH_M), *shapely.bounds(shapely.buffer(piece, BEYOND_M))))
