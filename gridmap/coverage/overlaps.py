"""Places that lie in two grids, and grids that stand twice."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.coverage.layer import NOISE_M, Layer, Plane, polygon_parts, thickness


@dataclass(frozen=True)
class Pairs:
    """Pairs of polygons whose interiors meet; every array has one entry per pair.

    Parameters
    ----------
    left, right
        Positions of the two polygons, left < right.
    area_m2
        Area they share.
    thickness_m
        Thickness of the thickest part shared.
    shared
        The place shared (MultiPolygon in the drawn CRS).
    """

    left: np.ndarray
    right: np.ndarray
    area_m2: np.ndarray
    thickness_m: np.ndarray
    shared: np.ndarray


def of_layer(layer: Layer) -> Pairs:
    """Find all pairs of grids that share more than rounding."""
    return pairs(layer.polygons, layer.plane) if layer.fitting is None else _none()


def pairs(polygons: np.ndarray, plane: Plane) -> Pairs:
    """Find all pairs of valid polygons whose interiors meet in more than rounding."""
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shapely.prepare(polygons)
    inside = shapely.relate_pattern(polygons[left], polygons[right], "T********")  # cheap beside the overlay
    left, right = left[inside], right[inside]
    parts, owner = polygon_parts(shapely.intersection(polygons[left], polygons[right]))
    metric = plane.measured(parts)
    thick = thickness(metric)
    real = thick > NOISE_M
    parts, owner, metric, thick = parts[real], owner[real], metric[real], thick[real]
    area_m2 = np.bincount(owner, weights=shapely.area(metric), minlength=len(left))
    thickest = np.zeros(len(left))
    np.maximum.at(thickest, owner, thick)
    kept = np.unique(owner)
    shared = shapely.multipolygons(parts, indices=np.searchsorted(kept, owner)) if len(parts) else np.empty(0, dtype=object)
    return Pairs(left[kept], right[kept], area_m2[kept], thickest[kept], shared)


def duplicate_groups(layer: Layer) -> tuple[np.ndarray, Pairs]:
    """Return a number per grid, shared by grids on one polygon, and the overlaps of grids on different polygons.

    Of several grids with the same rings only the first, by code, enters the overlaps.
    """
    if layer.fitting is not None:
        return np.arange(len(layer.codes)), _none()
    drawn = np.flatnonzero(~shapely.is_empty(layer.polygons))
    rings = np.asarray(shapely.to_wkb(layer.polygons[drawn]), dtype=object)
    _, first, same_rings = np.unique(rings, return_index=True, return_inverse=True)
    members = drawn[np.sort(first)]
    found = pairs(layer.polygons[members], layer.plane)
    metric = layer.plane.measured(layer.polygons[members])
    area, around = shapely.area(metric), shapely.length(metric)
    larger = np.maximum(area[found.left], area[found.right])
    same = larger - found.area_m2 <= NOISE_M * around[found.left]  # one place, other vertices on its border
    left, right = members[found.left], members[found.right]
    links = (np.concatenate([drawn, left[same]]), np.concatenate([drawn[first[same_rings]], right[same]]))
    graph = coo_array((np.ones(len(links[0])), links), shape=(len(layer.codes), len(layer.codes)))
    number = connected_components(graph, directed=False)[1]
    return number, Pairs(left[~same], right[~same], found.area_m2[~same], found.thickness_m[~same], found.shared[~same])


def _none() -> Pairs:
    nowhere, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    return Pairs(nowhere, nowhere, nothing, nothing, np.empty(0, dtype=object))
