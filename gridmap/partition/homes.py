"""Buildings of one compound or block, and what is asked of them again and again while it is cut."""

from dataclasses import dataclass, fields

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

CLEARANCE_M = 0.5  # a cut keeps so far from every building


@dataclass(frozen=True, eq=False)
class Homes:
    """Buildings, shape (n,); metric CRS.

    Parameters
    ----------
    shapes
        Footprints or points, none missing.
    households
        Whole numbers.
    doors
        A point inside of each, shape (n, 2): it lies in the part that the building is in.
    lie
        Complex: the excess of its long side over the short one, at twice the angle of the long one; 0 of a point or a square.
    block
        Number of what it is built together with, from 0: no cut runs between buildings of one number.
    """

    shapes: np.ndarray
    households: np.ndarray
    doors: np.ndarray
    lie: np.ndarray
    block: np.ndarray

    @classmethod
    def of(cls, shapes: np.ndarray, households: np.ndarray) -> "Homes":
        """Return buildings with what is measured of them."""
        near = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=2 * CLEARANCE_M)
        links = coo_array((np.ones(near.shape[1]), near), shape=(len(shapes), len(shapes)))
        doors = shapely.get_coordinates(shapely.point_on_surface(shapes))
        angle, excess = long_sides(shapely.minimum_rotated_rectangle(shapes))
        return cls(shapes, households, doors, excess * np.exp(2j * angle), connected_components(links, directed=False)[1])

    def take(self, which: np.ndarray) -> "Homes":
        """Return some of the buildings."""
        return Homes(*(getattr(self, each.name)[which] for each in fields(self)))


def long_sides(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return direction in radians and excess over the short side of the long side of rectangles; 0, 0 of a point or a square."""
    solid = shapely.get_num_coordinates(boxes) == 5
    corners = shapely.get_coordinates(boxes[solid]).reshape(-1, 5, 2)
    sides = corners[:, 1:3] - corners[:, :2]
    lengths = np.hypot(*np.moveaxis(sides, 2, 0))
    long = sides[np.arange(len(sides)), lengths.argmax(axis=1)]
    angle, excess = np.zeros((2, len(boxes)))
    angle[solid], excess[solid] = np.arctan2(long[:, 1], long[:, 0]), np.ptp(lengths, axis=1)
    return angle, excess
