"""What the loops work on: tables of units and borders, limits, and a partition with its running sums.

Loops take the arrays of these tuples out once and hand them on one by one: numba counts references whenever a tuple is opened.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

UNIT = np.dtype(
    [
        ("begin", np.int32),  # its borders are begin to below end
        ("end", np.int32),
        ("old", np.int32),  # the grid it had, -1 for none
        ("fixed", np.bool_),  # whether it stays where it is
        ("hold", np.float64),  # how many mean grids' weight it counts that it moves
        ("area", np.float64),  # in squared mean borders
        ("perimeter", np.float64),  # in mean borders
    ],
    align=True,
)
BORDER = np.dtype(
    [
        ("owner", np.int32),  # every border stands at both of its units
        ("neighbour", np.int32),
        ("twin", np.int32),  # its place at the other one
        ("cost", np.float32),  # where it lies between two grids
        ("length", np.float32),  # in mean borders
        ("open", np.bool_),  # whether it connects
    ],
    align=True,
)
SHAPE = np.dtype([("area", np.float64), ("perimeter", np.float64), ("size", np.int64)], align=True)


class Ground(NamedTuple):
    """Units (n,), borders (m,) and the weights of units (n, q) as shares of a mean grid."""

    units: np.ndarray
    borders: np.ndarray
    weight: np.ndarray


class Limits(NamedTuple):
    """Of every quantity the least and the most that a grid may have, and how much evenness within these limits counts; all shape (q,)."""

    low: np.ndarray
    high: np.ndarray
    even: np.ndarray


class Partition(NamedTuple):
    """The grid of every unit (n,), and of every grid its weights (k, q) and its shape (k,): area, perimeter and number of units."""

    grid: np.ndarray
    load: np.ndarray
    shape: np.ndarray


@njit(nogil=True, cache=True, error_model="numpy")
def summed(ground: Ground, grid: np.ndarray, load: np.ndarray, shape: np.ndarray) -> None:
    """Add up what grids have."""
    units, borders, weight = ground.units, ground.borders, ground.weight
    for u in range(len(units)):
        g = grid[u]
        shape[g].area += units[u].area
        shape[g].perimeter += units[u].perimeter
        shape[g].size += 1
        for j in range(weight.shape[1]):
            load[g, j] += weight[u, j]
        for e in range(units[u].begin, units[u].end):
            if grid[borders[e].neighbour] == g:
                shape[g].perimeter -= borders[e].length


def partition(ground: Ground, grid: np.ndarray, k: int) -> Partition:
    """Return a partition with its sums, of a copy of `grid`."""
    found = Partition(grid.astype(np.int32), np.zeros((k, ground.weight.shape[1])), np.zeros(k, SHAPE))
    summed(ground, found.grid, found.load, found.shape)
    return found


@njit(forceinline=True, error_model="numpy")
def excess(low: float, high: float, load: float) -> float:
    """Return how far a weight is outside of its limits."""
    if load > high:
        return load - high
    return max(low - load, 0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def missed(limits: Limits, load: np.ndarray) -> float:
    """Return the sum of all that is outside of the limits."""
    low, high = limits.low, limits.high
    total = 0.0
    for g in range(load.shape[0]):
        for j in range(load.shape[1]):
            total += excess(low[j], high[j], load[g, j])
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def cut(ground: Ground, grid: np.ndarray) -> float:
    """Return the cost of all borders between grids."""
    borders = ground.borders
    total = 0.0
    for e in range(len(borders)):
        if grid[borders[e].owner] != grid[borders[e].neighbour]:
            total += borders[e].cost
    return total / 2


@njit(nogil=True, cache=True, error_model="numpy")
def around(ground: Ground, grid: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Return the grids that are marked or border on one that is."""
    borders = ground.borders
    found = core.copy()
    for e in range(len(borders)):
        if borders[e].open and core[grid[borders[e].owner]]:
            found[grid[borders[e].neighbour]] = True
    return found
