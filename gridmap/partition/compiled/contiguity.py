"""Whether a grid stays in one piece without one of its units."""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.compiled.state import Ground


class Room(NamedTuple):
    """What the search writes on: marks of units and their last number, a queue, and groups of the units it began with."""

    mark: np.ndarray
    stamp: np.ndarray
    queue: np.ndarray
    group: np.ndarray
    pending: np.ndarray


def room(ground: Ground) -> Room:
    """Return room for the search."""
    n = len(ground.units)
    most = int((ground.units["end"] - ground.units["begin"]).max(initial=1))
    return Room(np.zeros(n, np.int64), np.zeros(1, np.int64), np.empty(n, np.int32), np.empty(most, np.int64), np.empty(most, np.int64))


@njit(forceinline=True, error_model="numpy")
def leader(group: np.ndarray, i: int) -> int:
    """Return the group that a group has become part of."""
    while group[i] != i:
        group[i] = group[group[i]]
        i = group[i]
    return i


@njit(forceinline=True, error_model="numpy")
def begun(
    units: np.ndarray,
    borders: np.ndarray,
    grid: np.ndarray,
    u: int,
    mark: np.ndarray,
    stamp: np.ndarray,
    queue: np.ndarray,
    group: np.ndarray,
    pending: np.ndarray,
) -> int:
    """Begin the search at every neighbour of a unit in its grid, each a group of its own; return how many there are."""
    base, found = stamp[0], 0
    for e in range(units[u].begin, units[u].end):
        v = borders[e].neighbour
        if grid[v] == grid[u] and borders[e].open:
            mark[v] = base + 1 + found
            queue[found] = v
            group[found] = found
            pending[found] = 1
            found += 1
    stamp[0] = base + found
    return found


@njit(nogil=True, error_model="numpy")
def whole_without(
    units: np.ndarray,
    borders: np.ndarray,
    grid: np.ndarray,
    u: int,
    mark: np.ndarray,
    stamp: np.ndarray,
    queue: np.ndarray,
    group: np.ndarray,
    pending: np.ndarray,
) -> bool:
    """Tell whether the grid of `u` has other units and is in one piece without it.

    All of its neighbours are searched from at once: the answer is there once they have met, or one of them has nowhere left to go, so that
    the cost is that of the smallest piece.
    """
    own, base = grid[u], stamp[0]
    apart = begun(units, borders, grid, u, mark, stamp, queue, group, pending)
    if apart <= 1:
        return apart == 1
    head, tail = 0, apart
    while head < tail:
        x = queue[head]
        head += 1
        here = leader(group, mark[x] - base - 1)
        for e in range(units[x].begin, units[x].end):
            v = borders[e].neighbour
            if grid[v] != own or v == u or not borders[e].open:
                continue
            if mark[v] <= base:
                mark[v] = base + 1 + here
                queue[tail] = v
                tail += 1
                pending[here] += 1
                continue
            there = leader(group, mark[v] - base - 1)
            if there != here:
                group[there] = here
                pending[here] += pending[there]
                apart -= 1
                if apart == 1:
                    return True
        pending[here] -= 1
        if pending[here] == 0:
            return False
    return False
