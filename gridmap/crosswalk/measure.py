"""Areas in square metres of polygons, and of what pairs of polygons share, that add up however a place is cut."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from gridmap import crs
from gridmap.assign.threads import spread
from gridmap.coverage.layer import Plane

DEGREE = 4  # of the area scale: over 300 km it is off by less than 1e-8
STEP, LEAST_STEP_M = 0.01, 200.0  # of half the extent, and at least, over which differences show the scale: rounding is 1e-11 of it
LEAST = 256  # pairs or polygons worth a turn of a thread
ROUNDINGS = 4  # times the side of a square: a strip of one rounding's width may run all around a grid


class Edges(NamedTuple):
    """The edges of a layer's polygons as `compiled.shared` takes them."""

    edges: np.ndarray
    start: np.ndarray
    boxes: np.ndarray
    widest: np.ndarray


@dataclass(frozen=True)
class Measure:
    """Square metres per unit of the CRS in which polygons were drawn.

    A border straight where it was drawn is not straight in metres: cut into pieces and measured corner by corner, the pieces do not add
    up to the whole. So places stay as they were drawn, and a scale, smooth over the whole extent, is integrated over them.

    Parameters
    ----------
    plane
        Drawn and metric CRS.
    middle, half
        Centre and half sides of the extent, which becomes the square from -1 to 1.
    scale
        Square metres per unit there, as a polynomial: entry (i, j) belongs to x**i * y**j.
    resolution
        Rounding of a coordinate in drawn units.
    """

    plane: Plane
    middle: np.ndarray
    half: np.ndarray
    scale: np.ndarray
    resolution: float

    @classmethod
    def of(cls, plane: Plane, polygons: np.ndarray) -> "Measure":
        """Return the measure for the extent of `polygons`, all layers together."""
        if not len(polygons):
            return cls(plane, np.zeros(2), np.ones(2), np.ones((1, 1)), 0.0)
        bounds = shapely.total_bounds(polygons).reshape(2, 2)
        middle, half = bounds.mean(axis=0), np.ptp(bounds, axis=0) / 2
        resolution = float(np.spacing(np.abs(bounds).max()))
        scale = np.ones((1, 1)) if plane.drawn == plane.metric else _fitted(plane, middle, half)
        return cls(plane, middle, half, scale * half.prod(), resolution)

    def edges(self, polygons: np.ndarray) -> Edges:
        """Return the edges of polygons whose outer rings run counter-clockwise."""
        parts, owner = shapely.get_parts(polygons, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        corners, ring = shapely.get_coordinates(rings, return_index=True)
        owner = owner[part][ring[1:]]
        corners = (corners - self.middle) / self.half
        ahead = np.flatnonzero((ring[1:] == ring[:-1]) & (corners[1:, 0] != corners[:-1, 0]))
        begin, end, owner = corners[ahead], corners[ahead + 1], owner[ahead]
        upper = end[:, 0] < begin[:, 0]
        order = np.lexsort((np.where(upper, end[:, 0], begin[:, 0]), owner))
        begin, end, upper = begin[order], end[order], upper[order]
        edges = np.empty((len(order), 5))
        edges[:, :2], edges[:, 2:4] = begin, end
        edges[upper, :2], edges[upper, 2:4] = end[upper], begin[upper]
        edges[:, 4] = np.where(upper, 1.0, -1.0)
        start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(polygons)))])
        widest = np.zeros(len(polygons))
        np.maximum.at(widest, owner[order], edges[:, 2] - edges[:, 0])
        boxes = (shapely.bounds(polygons).reshape(-1, 2, 2) - self.middle) / self.half
        return Edges(edges, start, boxes.reshape(-1, 4), widest * (1 + 1e-12))

    def areas(self, of: Edges) -> np.ndarray:
        """Return the areas of polygons in m2."""
        from gridmap.crosswalk.compiled.shared import whole

        return _together(spread(lambda begin, end: whole(of.edges, of.start, of.boxes, self.scale, begin, end), len(of.boxes), least=LEAST))

    def shared(self, one: Edges, other: Edges, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the area in m2 that each pair of polygons shares."""
        from gridmap.crosswalk.compiled.shared import shared

        def part(begin: int, end: int) -> np.ndarray:
            return shared(one[:], other[:], self.scale, left[begin:end], right[begin:end])

        return _together(spread(part, len(left), least=LEAST))

    def noise_m2(self, areas: np.ndarray) -> np.ndarray:
        """Return the area that rounded coordinates alone may take from or add to polygons of some areas."""
        return ROUNDINGS * self.resolution / self.plane.length(1.0) * np.sqrt(areas)


def boxes_meet(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of polygons whose boxes meet, in order."""
    one, other = shapely.STRtree(right).query(left)
    order = np.lexsort((other, one))
    return one[order], other[order]


def _fitted(plane: Plane, middle: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return the area scale between the two CRS over an extent, in m2 per drawn unit squared."""
    nodes = np.cos(np.pi * (np.arange(9) + 0.5) / 9)
    x, y = (side.ravel() for side in np.meshgrid(nodes, nodes))
    transform = crs.transformer(plane.drawn, plane.metric).transform

    step = np.maximum(STEP * half, plane.length(LEAST_STEP_M))

    def slope(towards: np.ndarray) -> np.ndarray:
        """Return the change of metric x and y per drawn unit along one axis, by the central difference of fourth order."""
        far, near, back, behind = (
            np.array(transform(middle[0] + x * half[0] + k * towards[0], middle[1] + y * half[1] + k * towards[1])) for k in (2, 1, -1, -2)
        )
        return (8 * (near - back) - (far - behind)) / (12 * towards.sum())

    (ax, ay), (bx, by) = slope(step * [1, 0]), slope(step * [0, 1])
    powers = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]
    terms = np.column_stack([x**i * y**j for i, j in powers])
    scale = np.zeros((DEGREE + 1, DEGREE + 1))
    scale[tuple(np.array(powers).T)] = np.linalg.lstsq(terms, np.abs(ax * by - ay * bx), rcond=None)[0]
    return scale


def _together(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0)
