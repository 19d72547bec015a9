"""Whether a grid stays in one piece without one of its units."""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.compiled.state import Borders


class Room(NamedTuple):
    """What the search writes on: marks of units, a queue, and groups of the units it began with."""

    mark: np.ndarray
    queue: np.ndarray
    group: np.ndarray
    pending: np.ndarray
    stamp: np.ndarray


@njit(nogil=True, cache=True)
def room(borders: Borders) -> Room:
    """Return room for the search."""
    n = len(borders.indptr) - 1
    most = 1
    for u in range(n):
        most = max(most, borders.indptr[u + 1] - borders.indptr[u])
    return Room(np.zeros(n, np.int64), np.empty(n, np.int64), np.empty(most, np.int64), np.empty(most, np.int64), np.zeros(1, np.int64))


@njit(inline="always")
def leader(group: np.ndarray, i: int) -> int:
    """Return the group that a group has become part of."""
    while group[i] != i:
        group[i] = group[group[i]]
        i = group[i]
    return i


@njit(inline="always")
def begun(borders: Borders, grid: np.ndarray, u: int, space: Room) -> int:
    """Begin at every neighbour of a unit in its grid; return how many there are."""
    base, found = space.stamp[0], 0
    for e in range(borders.indptr[u], borders.indptr[u + 1]):
        v = borders.neighbour[e]
        if grid[v] == grid[u] and borders.open[e]:
            space.mark[v] = base + 1 + found
            space.queue[found] = v
            space.group[found] = found
            space.pending[found] = 1
            found += 1
    space.stamp[0] = base + found
    return found


@njit(nogil=True, cache=True)
def whole_without(borders: Borders, grid: np.ndarray, u: int, space: Room) -> bool:
    """Tell whether the grid of `u` has other units and is in one piece without it.

    All of its neighbours are searched from at once: the answer is there once they have met, or one of them has nowhere left to go, so that
    the cost is that of the smallest piece.
    """
    base = space.stamp[0]
    apart = begun(borders, grid, u, space)
    if apart <= 1:
        return apart == 1
    head, tail = 0, apart
    while head < tail:
        x = space.queue[head]
        head += 1
        own = leader(space.group, space.mark[x] - base - 1)
        for e in range(borders.indptr[x], borders.indptr[x + 1]):
            v = borders.neighbour[e]
            if grid[v] != grid[u] or v == u or not borders.open[e]:
                continue
            if space.mark[v] <= base:
                space.mark[v] = base + 1 + own
                space.queue[tail] = v
                tail += 1
                space.pending[own] += 1
                continue
            other = leader(space.group, space.mark[v] - base - 1)
            if other != own:
                space.group[other] = own
                space.pending[own] += space.pending[other]
                apart -= 1
                if apart == 1:
                    return True
        space.pending[own] -= 1
        if space.pending[own] == 0:
            return False
    return False
