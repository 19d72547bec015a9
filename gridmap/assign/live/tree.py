"""The one place that speaks to rtree: boxes under whole numbers, put in and taken out one by one."""

from collections.abc import Iterable

import numpy as np
from rtree.index import Index as RTree
from rtree.index import Property

Box = tuple[float, float, float, float]  # west, south, east, north
# Entries per node. Measured on 100,000 places: one change costs a seventh of what it costs with rtree's own 100, a query no more.
CAPACITY = 16
# What rounding may take off a distance, as a share and in metres: far above it, far below any survey.
SLACK, ROUNDING_M = 1 + 1e-12, 1e-6


class Tree:
    """Boxes under whole numbers, in memory.

    Parameters
    ----------
    entries
        Pairs of number and box, none of them NaN; loaded at once, which is ten times as fast as `insert` one by one.

    Notes
    -----
    The owner keeps the boxes: rtree takes an entry out only if it is given the very box that was put in, and says nothing if it is not.
    An rtree loses its content when pickled, so this refuses. Not safe for threads that use it at the same time.
    """

    def __init__(self, entries: Iterable[tuple[int, Box]] = ()) -> None:
        rows = [(number, box, None) for number, box in entries]
        settings = Property(leaf_capacity=CAPACITY, index_capacity=CAPACITY, near_minimum_overlap_factor=CAPACITY - 1)
        # an empty stream is an error to rtree
        self._tree = RTree(rows, properties=settings) if rows else RTree(properties=settings)

    def __reduce__(self) -> str:
        raise TypeError("a Tree is not copied: its owner makes a new one")

    def insert(self, number: int, box: Box) -> None:
        """Put a box in."""
        self._tree.insert(number, box)

    def delete(self, number: int, box: Box) -> None:
        """Take the box out that was put in."""
        self._tree.delete(number, box)

    def meeting(self, box: Box) -> np.ndarray:
        """Return the numbers of the boxes that meet `box`, borders included, in no order."""
        return np.fromiter(self._tree.intersection(box), dtype=np.int64)

    def nearest(self, x: float, y: float, k: int) -> np.ndarray:
        """Return the numbers of at least the k boxes nearest to a place, or of all; ties may add more."""
        return np.fromiter(self._tree.nearest((x, y, x, y), k), dtype=np.int64)


def around(x: float, y: float, distance_m: float) -> Box:
    """Return a box that holds every place whose computed distance from (x, y) is at most `distance_m`."""
    reach = float(distance_m) * SLACK + ROUNDING_M
    return x - reach, y - reach, x + reach, y + reach


def distances(dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Return lengths in the way GEOS computes them; one formula everywhere, so that every answer draws the line at the same place."""
    return np.sqrt(dx * dx + dy * dy)
