"""The borders across which units may change, kept up to date as they do."""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.compiled.state import Borders, Units


class Front(NamedTuple):
    """Places of borders in no order, the place of each in that list or -1, and how many there are."""

    places: np.ndarray
    position: np.ndarray
    used: np.ndarray


@njit(nogil=True, cache=True)
def empty(borders: Borders) -> Front:
    """Return a front of no borders."""
    m = len(borders.neighbour)
    return Front(np.empty(m, np.int64), np.full(m, -1, np.int64), np.zeros(1, np.int64))


@njit(inline="always")
def join(front: Front, e: int) -> None:
    """Put a border into the front."""
    if front.position[e] < 0:
        front.position[e] = front.used[0]
        front.places[front.used[0]] = e
        front.used[0] += 1


@njit(inline="always")
def leave(front: Front, e: int) -> None:
    """Take a border out of the front."""
    here = front.position[e]
    if here >= 0:
        front.used[0] -= 1
        last = front.places[front.used[0]]
        front.places[here] = last
        front.position[last] = here
        front.position[e] = -1


@njit(nogil=True, cache=True)
def laid(front: Front, borders: Borders, units: Units, grid: np.ndarray, active: np.ndarray) -> None:
    """Make it the borders between two active grids."""
    for i in range(front.used[0]):
        front.position[front.places[i]] = -1
    front.used[0] = 0
    for u in range(len(grid)):
        if units.fixed[u] or not active[grid[u]]:
            continue
        for e in range(borders.indptr[u], borders.indptr[u + 1]):
            g = grid[borders.neighbour[e]]
            if g != grid[u] and active[g] and borders.open[e]:
                join(front, e)


@njit(inline="always")
def followed(front: Front, borders: Borders, units: Units, grid: np.ndarray, active: np.ndarray, u: int) -> None:
    """Bring it up to date after a unit has changed."""
    for e in range(borders.indptr[u], borders.indptr[u + 1]):
        v = borders.neighbour[e]
        g = grid[v]
        if g == grid[u]:
            leave(front, e)
            leave(front, borders.twin[e])
        elif active[g] and borders.open[e]:
            join(front, e)
            if not units.fixed[v]:
                join(front, borders.twin[e])
