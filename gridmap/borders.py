"""Whether polygons fit together, told from their borders: without gap or overlap they have the same border as their union."""

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


def _of_rings(rings: np.ndarray, counts: np.ndarray) -> np.ndarray:
    x, y = (shapely.get_coordinates(rings) + 0.0).T  # no -0.0
    corners = _mixed(_mixed(np.ascontiguousarray(x).view(np.uint64)) + np.ascontiguousarray(y).view(np.uint64))
    following = np.roll(corners, -1)
    edges = (corners - following) * _mixed(corners + following)
    edges[np.cumsum(counts) - 1] = 0  # from one ring to the next
    return np.add.reduceat(edges, np.cumsum(counts) - counts)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    for shift, factor in _STEPS:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))
