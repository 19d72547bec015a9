"""Borders cut at every place where they meet, without moving any corner that is there already."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

ROUNDS = 60  # two or three are enough; each cuts every edge at all it meets


@dataclass(frozen=True)
class Edges:
    """Edges between corners; a pair of them meets in a shared end or not at all.

    Parameters
    ----------
    corners
        Shape (n, 2), coordinates as given, except where two edges cross; ordered by x, then y, those of crossings last.
    ends
        Shape (m, 2), positions in `corners`, the smaller first; every edge once.
    settled
        Whether the last round found nothing to cut.
    """

    corners: np.ndarray
    ends: np.ndarray
    settled: bool

    def lines(self) -> np.ndarray:
        """Return a line per edge."""
        return shapely.linestrings(self.corners[self.ends])


def noded(polygons: np.ndarray, near: float) -> Edges:
    """Cut the borders of valid polygons where they meet.

    Parameters
    ----------
    polygons
        Polygons whose rings are taken.
    near
        Corners closer than this become one, an edge closer than this to a corner runs through it.

    Notes
    -----
    Corners stay exactly where they were drawn, so that a border nothing meets stays as it was, shared with polygons that are not here.
    New corners arise only where two edges cross. The answer does not depend on the order of the polygons: edges are sorted.
    """
    corners, ends = _drawn(polygons)
    origin = corners.min(axis=0) if len(corners) else np.zeros(2)
    places = corners - origin  # near the origin differences are exact
    ends = _merged(places, ends, near)
    fresh = np.arange(len(ends))
    for _ in range(ROUNDS):
        one, other = _candidates(places, ends, fresh, near)
        cut, corner = _touches(places, ends, one, other, near)
        crossing = _crossings(places, ends, one, other, cut)
        if not len(cut) and not len(crossing[0]):
            return Edges(corners, ends, settled=True)
        places, new_cut, new_corner = _with_crossings(places, *crossing, near)
        corners = np.concatenate([corners, places[len(corners) :] + origin])
        places = corners - origin  # as the rounded corner stands
        ends, fresh = _split(places, ends, np.concatenate([cut, new_cut]), np.concatenate([corner, new_corner]))
    return Edges(corners, ends, settled=False)


def edge_ends(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return start and end of every edge, shape (m, 2) each, and the position of its polygon."""
    rings, owner = _rings(polygons)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    return xy[:-1][inside], xy[1:][inside], owner[ring[1:][inside]]


def numbered(*places: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the different places (n, 2), ordered by x, then y, and for each array the positions of its own among them."""
    together = np.concatenate(places) + 0.0  # no negative zero
    packed, number = np.unique(together.view(np.complex128).ravel(), return_inverse=True)
    return packed.view(np.float64).reshape(-1, 2), np.split(number, np.cumsum([len(each) for each in places])[:-1])


def distinct(keys: np.ndarray) -> np.ndarray:
    """Return every number once, in order: what `np.unique` does by a slower table."""
    keys = np.sort(keys)
    return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys


def beside(place: np.ndarray, begin: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where along an edge (0 to 1) a place lies, and how far from its line."""
    way, offset = stop - begin, place - begin
    length2 = (way**2).sum(axis=1)
    along = (offset * way).sum(axis=1) / length2
    return along, np.abs(_cross(way, offset)) / np.sqrt(length2)


def _rings(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    return rings, owner[part]


def _drawn(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start, end, _ = edge_ends(polygons)
    corners, (first, second) = numbered(start, end)
    return corners, _unique(np.stack([first, second], axis=1), len(corners))


def _unique(ends: np.ndarray, corners: int) -> np.ndarray:
    """Return every edge once, the smaller end first, in order; those of no length are left out."""
    low, high = ends.min(axis=1, initial=corners), ends.max(axis=1, initial=0)
    keys = distinct((low * corners + high)[low != high])
    return np.stack(np.divmod(keys, max(corners, 1)), axis=1)


def _groups(pairs: np.ndarray, count: int) -> np.ndarray:
    """Return for every corner the first of those it is linked with."""
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    group = connected_components(graph, directed=False)[1]
    first = np.full(group.max(initial=-1) + 1, count)
    np.minimum.at(first, group, np.arange(count))
    return first[group]


def _merged(places: np.ndarray, ends: np.ndarray, near: float) -> np.ndarray:
    """Return the edges with corners closer than `near` as one, the first of them."""
    pairs = cKDTree(places).query_pairs(near, output_type="ndarray") if len(places) else np.empty((0, 2), dtype=int)
    return _unique(_groups(pairs, len(places))[ends], len(places)) if len(pairs) else ends


def _candidates(places: np.ndarray, ends: np.ndarray, fresh: np.ndarray, near: float) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of edges whose boxes meet, at least one of them fresh, the smaller position first."""
    low, high = np.sort(places[ends], axis=1)[:, 0], np.sort(places[ends], axis=1)[:, 1]
    boxes = shapely.linestrings(np.stack([low - near, high + near], axis=1))  # their diagonals: quicker made
    one, other = shapely.STRtree(boxes).query(boxes[fresh])
    one = fresh[one]
    is_fresh = np.zeros(len(ends), dtype=bool)
    is_fresh[fresh] = True
    kept = (one < other) | ((one > other) & ~is_fresh[other])
    one, other = one[kept], other[kept]
    return np.minimum(one, other), np.maximum(one, other)


def _touches(places: np.ndarray, ends: np.ndarray, one: np.ndarray, other: np.ndarray, near: float) -> tuple[np.ndarray, np.ndarray]:
    """Return edges to be cut and the corner of the other edge that each runs through."""
    edges, corners = [], []
    for edge, ending in ((one, other), (other, one)):
        for end in (0, 1):
            corner = ends[ending, end]
            begin, stop = ends[edge].T
            along, apart = beside(places[corner], places[begin], places[stop])
            hit = (along > 0) & (along < 1) & (apart <= near) & (corner != begin) & (corner != stop)
            edges.append(edge[hit])
            corners.append(corner[hit])
    return np.concatenate(edges), np.concatenate(corners)


def _crossings(
    places: np.ndarray, ends: np.ndarray, one: np.ndarray, other: np.ndarray, cut: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of edges that cross between their ends, and the place; edges cut in this round wait for the next."""
    waiting = np.zeros(len(ends), dtype=bool)
    waiting[cut] = True
    open_pair = ~waiting[one] & ~waiting[other] & (ends[one][:, :, None] != ends[other][:, None, :]).all(axis=(1, 2))
    one, other = one[open_pair], other[open_pair]
    (a, b), (c, d) = places[ends[one]].transpose(1, 0, 2), places[ends[other]].transpose(1, 0, 2)
    first, second = _cross(b - a, c - a), _cross(b - a, d - a)
    third, fourth = _cross(d - c, a - c), _cross(d - c, b - c)
    crossing = (np.sign(first) * np.sign(second) < 0) & (np.sign(third) * np.sign(fourth) < 0)
    share = third[crossing] / (third - fourth)[crossing]
    return one[crossing], other[crossing], a[crossing] + share[:, None] * (b - a)[crossing]


def _with_crossings(
    places: np.ndarray, one: np.ndarray, other: np.ndarray, crossing: np.ndarray, near: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the corners with those of crossings added, and which edges are to be cut at which of them."""
    if not len(crossing):
        return places, np.empty(0, dtype=int), np.empty(0, dtype=int)
    together = np.concatenate([places, crossing])
    near_by = cKDTree(together).query_pairs(near, output_type="ndarray")
    stands_for = _groups(near_by[near_by.max(axis=1, initial=0) >= len(places)], len(together))[len(places) :]
    kept, number = np.unique(stands_for, return_inverse=True)
    added = kept[kept >= len(places)]
    position = np.where(kept < len(places), kept, len(places) + np.searchsorted(added, kept))
    corner = position[number]
    return np.concatenate([places, together[added]]), np.concatenate([one, other]), np.concatenate([corner, corner])


def _split(places: np.ndarray, ends: np.ndarray, cut: np.ndarray, corner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges cut at the corners, and the positions of those that are new."""
    begin, stop = ends[cut].T
    along, _ = beside(places[corner], places[begin], places[stop])
    whole = np.ones(len(ends), dtype=bool)
    whole[cut] = False
    edge = np.concatenate([cut, cut, cut])
    at = np.concatenate([along, np.full(len(cut), -np.inf), np.full(len(cut), np.inf)])
    through = np.concatenate([corner, begin, stop])
    order = np.lexsort((through, at, edge))
    edge, through = edge[order], through[order]
    step = edge[1:] == edge[:-1]
    pieces = np.stack([through[:-1][step], through[1:][step]], axis=1)
    kept = ends[whole]
    every = _unique(np.concatenate([kept, pieces]), len(places))
    fresh = np.ones(len(every), dtype=bool)
    fresh[np.searchsorted(every @ [len(places), 1], kept @ [len(places), 1])] = False  # edges are in order
    return every, np.flatnonzero(fresh)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
