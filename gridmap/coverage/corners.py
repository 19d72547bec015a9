"""Corners that the cutting of borders left on straight lines, taken out again."""

import numpy as np
import shapely

from gridmap.coverage.noding import beside, distinct, edge_ends, numbered


def without_leftovers(polygons: np.ndarray, before: np.ndarray, near: float) -> np.ndarray:
    """Return a coverage without the corners that no polygon had before and that no border needs, normalised.

    Parameters
    ----------
    polygons
        Valid coverage.
    before
        The same polygons as they were; those that are the same again come back as they were.
    near
        A corner this close to the line between the two corners beside it is on it.
    """
    start, end, owner = edge_ends(polygons)
    old, _, old_owner = edge_ends(before)
    corners, (a, b, known) = numbered(start, end, old)
    count = len(corners)
    have, had = distinct(a * len(polygons) + owner), distinct(known * len(polygons) + old_owner)
    needed = np.zeros(count, dtype=bool)
    needed[np.intersect1d(have, had, assume_unique=True) // max(len(polygons), 1)] = True
    one, other = np.divmod(distinct(np.minimum(a, b) * count + np.maximum(a, b)), max(count, 1))
    degree = np.bincount(np.concatenate([one, other]), minlength=count)
    candidates = np.flatnonzero((degree == 2) & ~needed)
    gone = candidates[_straight(corners, candidates, np.concatenate([one, other]), np.concatenate([other, one]), near)]
    result = shapely.normalize(_without(polygons, a, owner, gone))
    return np.where(shapely.equals_exact(result, before, 0.0), before, result)


def _straight(corners: np.ndarray, candidates: np.ndarray, here: np.ndarray, there: np.ndarray, near: float) -> np.ndarray:
    """Tell which corners lie on the line between the two beside them."""
    order = np.argsort(here, kind="stable")
    first = np.searchsorted(here[order], candidates)
    left, right = there[order[first]], there[order[np.minimum(first + 1, len(order) - 1)]] if len(order) else first
    along, apart = beside(corners[candidates], corners[left], corners[right])
    return (along > 0) & (along < 1) & (apart <= near)


def _without(polygons: np.ndarray, corner: np.ndarray, owner: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Return polygons with some corners left out; `corner` and `owner` are those of their edges' starts, ring by ring."""
    is_gone = np.zeros(corner.max(initial=-1) + 1, dtype=bool)
    is_gone[gone] = True
    changed = distinct(owner[is_gone[corner]])
    if not len(changed):
        return polygons
    parts, polygon = shapely.get_parts(polygons[changed], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    closing = np.append(ring[1:] != ring[:-1], True)
    drawn_anew = np.zeros(len(polygons), dtype=bool)
    drawn_anew[changed] = True
    xy, ring, corner = xy[~closing], ring[~closing], corner[drawn_anew[owner]]
    kept = ~is_gone[corner]
    too_few = np.bincount(ring[kept], minlength=len(rings))[ring] < 3
    if too_few.any():  # all of a ring thinner than rounding: it stays as it is, on both sides
        kept |= np.isin(corner, corner[too_few])
    rings = shapely.linearrings(xy[kept], indices=ring[kept])
    whole = shapely.polygons(rings, indices=part)
    several = shapely.get_num_geometries(polygons[changed]) > 1
    result = polygons.copy()
    result[changed[several]] = shapely.multipolygons(whole, indices=polygon)[several]
    result[changed[~several]] = whole[~several[polygon]]
    return result
