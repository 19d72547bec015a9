"""Lines made into faces: near misses closed, crossings noded on a lattice, dead ends dropped."""

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

LATTICE_M = 0.01  # crossings lie on it, so that lines are noded for certain; a corner moves by 7 mm at most
NEAR_MISS_M = 5.0  # a street that ends so near another line was meant to reach it: it was drawn to the kerb, not to the middle


def faces(streets: np.ndarray, rings: np.ndarray, boundary: shapely.Geometry) -> np.ndarray:
    """Cut the boundary along lines.

    Parameters
    ----------
    streets
        Lines in a metric CRS, as all here; none missing. They may cross without a node, stand twice, end short of each other or leave the
        boundary.
    rings
        Closed lines that are borders as well: walls of compounds and cuts through them.
    boundary
        Valid polygon or multipolygon, with holes or without.

    Returns
    -------
    ndarray
        Polygons that fill the boundary and share their corners, in an order that depends on the places alone.

    Notes
    -----
    A street that ends nowhere borders nothing: it is no part of any face. Cost: one union of all lines on a lattice (snap rounding), which
    nodes them for certain where full precision may not.
    """
    outline = shapely.get_parts(shapely.boundary(boundary))
    rings = np.concatenate([outline, shapely.get_parts(rings)])
    chains = _chained(streets)
    lines = np.concatenate([chains, rings, closings(chains, rings)])
    return between(lines, boundary)


def between(lines: np.ndarray, boundary: shapely.Geometry) -> np.ndarray:
    """Return the polygons between lines, noded on the lattice, that lie in a boundary; in an order that depends on the places alone."""
    noded = shapely.union_all(lines, grid_size=LATTICE_M)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    found = found[shapely.contains_properly(boundary, shapely.point_on_surface(found))]
    bounds = shapely.bounds(found).reshape(-1, 4)
    return shapely.normalize(found[np.lexsort((shapely.area(found), *bounds.T))])


def closings(chains: np.ndarray, rings: np.ndarray) -> np.ndarray:
    """Return the short lines from ends of streets that miss another line narrowly to the nearest place on it.

    Parameters
    ----------
    chains
        Streets without a node between their ends.
    rings
        Other lines to reach.

    Returns
    -------
    ndarray
        Lines of at most `NEAR_MISS_M`: from each end to the line nearest to it, and between the ends that make one crossing. A street never
        closes onto itself or onto one it starts from: a short spur stays one.
    """
    ends = shapely.get_coordinates([shapely.get_point(chains, 0), shapely.get_point(chains, -1)]).reshape(2, -1, 2)
    node = pd.factorize(ends.reshape(-1, 2) @ [1, 1j])[0]
    loose = np.flatnonzero(np.bincount(node)[node] == 1)
    points = shapely.points(ends.reshape(-1, 2)[loose])
    targets = np.concatenate([chains, rings])
    end, target = shapely.STRtree(targets).query(points, predicate="dwithin", distance=NEAR_MISS_M)
    own = loose % max(len(chains), 1)
    far_end = node[(loose + len(chains)) % max(2 * len(chains), 1)]
    first, last = (np.append(part, np.full(len(rings), -1)) for part in node.reshape(2, -1))
    others = target != own[end]
    end, target = end[others], target[others]
    away = shapely.distance(points[end], targets[target])
    reached = np.zeros(len(points), dtype=bool)
    reached[end[away <= LATTICE_M]] = True
    usable = ~reached[end] & (far_end[end] != first[target]) & (far_end[end] != last[target])
    end, target, away = end[usable], target[usable], away[usable]
    order = np.lexsort((target, away, end))
    nearest = order[np.unique(end[order], return_index=True)[1]]
    one, other = _linked(points, own, far_end, first, last)
    return np.concatenate(
        [
            shapely.shortest_line(points[end[nearest]], targets[target[nearest]]),
            shapely.shortest_line(points[one], points[other]),
        ]
    )


def _linked(points: np.ndarray, own: np.ndarray, far_end: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of loose ends that make one crossing: several streets all of which end short of it, each nearest to another one."""
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=NEAR_MISS_M)
    kept = (one < other) & (own[one] != own[other]) & (far_end[one] != far_end[other])
    kept &= (far_end[one] != first[own[other]]) & (far_end[one] != last[own[other]])
    one, other = one[kept], other[kept]
    away = shapely.distance(points[one], points[other])
    tree = minimum_spanning_tree(coo_array((away, (one, other)), shape=(len(points), len(points))).tocsr()).tocoo()
    return tree.row, tree.col


def _chained(streets: np.ndarray) -> np.ndarray:
    """Return streets joined where just two of them meet, each once whichever way and however often it was drawn."""
    parts = shapely.normalize(shapely.force_2d(shapely.get_parts(streets)))
    parts = parts[(shapely.length(parts) > 0) & ~pd.Series(shapely.to_wkb(parts)).duplicated().to_numpy()]
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts))) if len(parts) else parts
    return joined[~shapely.is_empty(joined)]
