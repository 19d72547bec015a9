"""Whether polygons fit together, told from their borders: without gap or overlap they have the same border as their union."""

from dataclasses import dataclass

import numpy as np
import shapely

_BLOCK = 1 << 15  # corners at a time: what is worked on stays near the processor
_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def fingerprints(polygons: np.ndarray) -> np.ndarray:
    """Return a number for the border of each valid polygon, such that the border between two cancels in their sum.

    Parameters
    ----------
    polygons
        Polygons and multipolygons; missing and empty ones are 0.

    Returns
    -------
    ndarray
        uint64, shape (n,).

    Notes
    -----
    Every edge has a pseudorandom number, with the other sign in the other direction, and rings run with their inside on one side. Where
    the sum, which wraps around, over some polygons is that of one valid polygon, their edges are the same but for those that lie twice
    and in opposite directions; so every place off the borders lies in exactly as many of them (winding numbers), which is once inside of
    it and never outside: they share no area and fill it. Two different borders have one number by a chance of 2^-64. Polygons that fit
    without having the same corners along a border have other sums. Cost: linear in corners.
    Source: Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators (the mixing).
    """
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(shapely.normalize(parts), return_index=True)
    sums = np.zeros(len(polygons), dtype=np.uint64)
    counts = shapely.get_num_coordinates(rings)
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(rings):
        end = max(int(np.searchsorted(ends, ends[begin] - counts[begin] + _BLOCK, side="right")), begin + 1)
        np.add.at(sums, part_of[ring_of[begin:end]], _of_rings(rings[begin:end], counts[begin:end]))
        begin = end
    return sums


def union(polygons: np.ndarray) -> shapely.Geometry | None:
    """Return the union of valid polygons that fit together corner by corner; None where they do not."""
    try:
        whole = shapely.coverage_union_all(polygons)
    except shapely.GEOSException:  # no rings can be made of the borders that stay
        return None
    fits = shapely.is_valid(whole) and fingerprints(np.array([whole]))[0] == fingerprints(polygons).sum(dtype=np.uint64)
    return whole if fits else None


def open_edges(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges that do not lie in exactly two polygons in opposite directions.

    Parameters
    ----------
    polygons
        Valid, normalised polygons and multipolygons; missing and empty ones have no edges.

    Returns
    -------
    tuple of ndarray
        Both ends of each edge, shape (m, 2, 2), and the position of its polygon, in the order of the polygons.

    Notes
    -----
    Edges are told by 64-bit numbers, as in `fingerprints`. Cost: one sort of them.
    """
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    corners = np.empty(len(xy), dtype=np.uint64)
    for begin in range(0, len(xy), _BLOCK):
        corners[begin : begin + _BLOCK] = _of_corners(xy[begin : begin + _BLOCK])
    edges = np.flatnonzero(ring[1:] == ring[:-1])
    here, there = corners[edges], corners[edges + 1]
    numbers = (_mixed(here + there) & ~np.uint64(1)) | (here < there)  # the last bit tells the direction
    edges = edges[_are_alone(numbers)]
    return np.stack([xy[edges], xy[edges + 1]], axis=1), part_of[ring_of[ring[edges]]]


def _are_alone(numbers: np.ndarray) -> np.ndarray:
    """Tell which numbers do not stand beside just their own other direction."""
    ordered = np.sort(numbers)
    same = np.concatenate([[False], (ordered[1:] ^ ordered[:-1]) < 2, [False]])  # as the one before, as the one after
    first = np.flatnonzero(~same[:-2] & same[1:-1] & ~same[2:])
    first = first[ordered[first] != ordered[first + 1]]
    alone = np.ones(len(numbers), dtype=bool)
    alone[first] = alone[first + 1] = False
    few = ordered[alone]
    bits = len(few).bit_length() + 6
    marks = np.zeros(1 << bits, dtype=bool)  # most numbers are none of the few: their first bits tell
    marks[few >> np.uint64(64 - bits)] = True
    maybe = np.flatnonzero(marks[numbers >> np.uint64(64 - bits)])
    result = np.zeros(len(numbers), dtype=bool)
    result[maybe[few[np.minimum(np.searchsorted(few, numbers[maybe]), len(few) - 1)] == numbers[maybe]]] = True
    return result


def _of_rings(rings: np.ndarray, counts: np.ndarray) -> np.ndarray:
    corners = _of_corners(shapely.get_coordinates(rings))
    following = np.roll(corners, -1)
    edges = (corners - following) * _mixed(corners + following)
    edges[np.cumsum(counts) - 1] = 0  # from one ring to the next
    return np.add.reduceat(edges, np.cumsum(counts) - counts)


def _of_corners(xy: np.ndarray) -> np.ndarray:
    x, y = (xy + 0.0).T  # no -0.0
    return _mixed(_mixed(np.ascontiguousarray(x).view(np.uint64)) + np.ascontiguousarray(y).view(np.uint64))


def _mixed(numbers: np.ndarray) -> np.ndarray:
    for shift, factor in _STEPS:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


@dataclass(frozen=True)
class Edges:
    """The edges of polygons, ring by ring.

    Parameters
    ----------
    ends
        Both ends of each edge, shape (m, 2, 2).
    owner
        Position of its polygon.
    one, other
        Positions of the edges that lie in just two polygons, in pairs.
    """

    ends: np.ndarray
    owner: np.ndarray
    one: np.ndarray
    other: np.ndarray


def paired(polygons: np.ndarray) -> Edges:
    """Return the edges of polygons and which of them are one and the same, corner by corner.

    Parameters
    ----------
    polygons
        Polygons and multipolygons, valid or not; missing and empty ones have no edges.

    Notes
    -----
    Edges are told by 64-bit numbers, as in `fingerprints`. One that lies in three polygons, or twice in one, is paired with none. Cost: one
    sort of them.
    """
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    begin = np.flatnonzero(ring[1:] == ring[:-1])
    corners = _of_corners(xy) if len(xy) else np.empty(0, dtype=np.uint64)
    number = _mixed(corners[begin] + corners[begin + 1])
    owner = part_of[ring_of[ring[begin]]]
    order = np.argsort(number, kind="stable")
    same = np.concatenate([[False], number[order[1:]] == number[order[:-1]], [False]])
    first = np.flatnonzero(~same[:-2] & same[1:-1] & ~same[2:]) if len(order) > 1 else np.empty(0, dtype=int)
    one, other = order[first], order[first + 1]
    apart = owner[one] != owner[other]
    return Edges(np.stack([xy[begin], xy[begin + 1]], axis=1), owner, one[apart], other[apart])


def together(polygons: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the union of the polygons of each group, numbered from 0; they fit corner by corner and hang together along borders."""
    order = np.argsort(group, kind="stable")
    begins = np.searchsorted(group[order], np.arange(group.max(initial=-1) + 1))
    joined = polygons[order[begins]]
    sizes = np.diff(np.append(begins, len(order)))
    for number in np.flatnonzero(sizes > 1):
        members = order[begins[number] : begins[number] + sizes[number]]
        (joined[number],) = shapely.get_parts(shapely.coverage_union_all(polygons[members]))
    return joined
