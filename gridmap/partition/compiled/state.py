"""What the loops work on: borders, limits, and a partition with its running sums."""

from typing import NamedTuple

import numpy as np
from numba import njit


class Borders(NamedTuple):
    """Borders between units, each at both of its units.

    Attributes
    ----------
    indptr, neighbour
        As in `Network`.
    owner, twin
        Of every entry its unit, and the place of the same border at the other one.
    cost, length
        Cost of the border where it lies between two grids, and its length, both in units of the mean length.
    open
        Whether it connects.
    """

    indptr: np.ndarray
    neighbour: np.ndarray
    owner: np.ndarray
    twin: np.ndarray
    cost: np.ndarray
    length: np.ndarray
    open: np.ndarray


class Units(NamedTuple):
    """What units weigh (n, q), their areas and perimeters in units of the mean length, whether they stay where they are, the grid they had
    (-1: none), and how many mean grids' weight it counts that they change it.
    """

    weight: np.ndarray
    area: np.ndarray
    perimeter: np.ndarray
    fixed: np.ndarray
    old: np.ndarray
    hold: np.ndarray


class Limits(NamedTuple):
    """Of every quantity its low and high limit for a grid, the aim, and how much evenness within the limits counts (all shape (q,))."""

    low: np.ndarray
    high: np.ndarray
    aim: np.ndarray
    even: np.ndarray


class Partition(NamedTuple):
    """The grid of every unit, and of every grid its sums of weights (k, q), area, perimeter and number of units."""

    grid: np.ndarray
    weight: np.ndarray
    area: np.ndarray
    perimeter: np.ndarray
    size: np.ndarray


@njit(nogil=True, cache=True)
def summed(borders: Borders, units: Units, grid: np.ndarray, k: int) -> Partition:
    """Return a partition with its sums, of a copy of `grid`."""
    n, q = units.weight.shape
    found = Partition(grid.copy(), np.zeros((k, q)), np.zeros(k), np.zeros(k), np.zeros(k, np.int64))
    for u in range(n):
        g = grid[u]
        found.area[g] += units.area[u]
        found.perimeter[g] += units.perimeter[u]
        found.size[g] += 1
        for j in range(q):
            found.weight[g, j] += units.weight[u, j]
        for e in range(borders.indptr[u], borders.indptr[u + 1]):
            if grid[borders.neighbour[e]] == g:
                found.perimeter[g] -= borders.length[e]
    return found


@njit(inline="always")
def excess(limits: Limits, j: int, weight: float) -> float:
    """Return how far a weight is outside of its limits, as a share of the aim."""
    if weight > limits.high[j]:
        return (weight - limits.high[j]) / limits.aim[j]
    if weight < limits.low[j]:
        return (limits.low[j] - weight) / limits.aim[j]
    return 0.0


@njit(nogil=True, cache=True)
def missed(limits: Limits, weight: np.ndarray) -> float:
    """Return the sum of all that is outside of the limits."""
    total = 0.0
    for g in range(weight.shape[0]):
        for j in range(weight.shape[1]):
            total += excess(limits, j, weight[g, j])
    return total


@njit(nogil=True, cache=True)
def cut(borders: Borders, grid: np.ndarray) -> float:
    """Return the cost of all borders between grids."""
    total = 0.0
    for u in range(len(grid)):
        for e in range(borders.indptr[u], borders.indptr[u + 1]):
            if grid[borders.neighbour[e]] != grid[u]:
                total += borders.cost[e]
    return total / 2


@njit(inline="always")
def shift(units: Units, partition: Partition, u: int, to: int, between: float, beyond: float) -> None:
    """Give a unit to another grid; `between` and `beyond` are the lengths of its borders with its own and with that one."""
    old = partition.grid[u]
    partition.grid[u] = to
    for j in range(units.weight.shape[1]):
        partition.weight[old, j] -= units.weight[u, j]
        partition.weight[to, j] += units.weight[u, j]
    partition.area[old] -= units.area[u]
    partition.area[to] += units.area[u]
    partition.perimeter[old] += 2 * between - units.perimeter[u]
    partition.perimeter[to] += units.perimeter[u] - 2 * beyond
    partition.size[old] -= 1
    partition.size[to] += 1


@njit(nogil=True, cache=True)
def around(borders: Borders, grid: np.ndarray, core: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Return the active grids that are marked or border on one that is."""
    found = core.copy()
    for u in range(len(grid)):
        if not core[grid[u]]:
            continue
        for e in range(borders.indptr[u], borders.indptr[u + 1]):
            if borders.open[e]:
                found[grid[borders.neighbour[e]]] = True
    return found & active
