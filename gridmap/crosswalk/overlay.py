"""Which grids of two layers share a place, and how much."""

from dataclasses import dataclass

import numpy as np

from gridmap.crosswalk.layer import Layer
from gridmap.crosswalk.measure import boxes_meet


@dataclass(frozen=True)
class Overlay:
    """Pairs of grids, sorted by both positions; -1 stands for no grid, and is in the last place.

    Parameters
    ----------
    left, right
        Positions in the two layers.
    area_m2
        What they share.
    share_left, share_right
        Of the area of either grid, exactly 1 where it lies in the other; NaN where there is no grid.
    """

    left: np.ndarray
    right: np.ndarray
    area_m2: np.ndarray
    share_left: np.ndarray
    share_right: np.ndarray


def overlay(one: Layer, other: Layer) -> Overlay:
    """Lay two layers over each other; what lies in one of them alone is paired with -1."""
    measure = one.measure
    left, right = boxes_meet(one.polygons, other.polygons)
    area = measure.shared(one.edges, other.edges, left, right)
    noise_one, noise_other = measure.noise_m2(one.areas), measure.noise_m2(other.areas)
    real = area > np.minimum(noise_one[left], noise_other[right])
    left, right, area = left[real], right[real], area[real]
    # Within rounding, a grid that lies in another does so exactly.
    in_right = np.abs(area - one.areas[left]) <= noise_one[left]
    in_left = np.abs(area - other.areas[right]) <= noise_other[right]
    area = np.where(in_right, one.areas[left], np.where(in_left, other.areas[right], area))
    alone_left, rest_left = _rest(one, left, area, noise_one)
    alone_right, rest_right = _rest(other, right, area, noise_other)
    left = np.concatenate([left, alone_left, np.full(len(alone_right), -1)])
    right = np.concatenate([right, np.full(len(alone_left), -1), alone_right])
    area = np.concatenate([area, rest_left, rest_right])
    order = np.lexsort((right, right < 0, left, left < 0))
    left, right, area = left[order], right[order], area[order]
    return Overlay(left, right, area, _share(one, left, area, noise_one), _share(other, right, area, noise_other))


def _rest(layer: Layer, position: np.ndarray, area: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the grids that lie in part, or altogether, in no grid of the other layer, and that part's area."""
    times = np.bincount(position, minlength=len(layer.areas))
    rest = layer.areas - np.bincount(position, weights=area, minlength=len(layer.areas))
    alone = np.flatnonzero((rest > noise * (1 + times)) | (times == 0))
    return alone, np.maximum(rest[alone], 0.0)


def _share(layer: Layer, position: np.ndarray, area: np.ndarray, noise: np.ndarray) -> np.ndarray:
    whole = np.append(layer.areas, np.nan)[position]
    share = np.divide(area, whole, out=np.full(len(area), np.nan), where=whole > 0)
    return np.where(np.abs(area - whole) <= np.append(noise, np.nan)[position], 1.0, share)
