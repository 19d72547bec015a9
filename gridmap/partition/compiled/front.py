"""The borders across which units may change, kept up to date as they do."""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.compiled.state import Ground


class Front(NamedTuple):
    """Places of borders in no order, the place of each in that list or -1, and how many there are."""

    places: np.ndarray
    position: np.ndarray
    used: np.ndarray


def empty(ground: Ground) -> Front:
    """Return a front of no borders."""
    m = len(ground.borders)
    return Front(np.empty(m, np.int32), np.full(m, -1, np.int32), np.zeros(1, np.int64))


@njit(forceinline=True, error_model="numpy")
def join(places: np.ndarray, position: np.ndarray, used: np.ndarray, e: int) -> None:
    """Put a border into the front."""
    if position[e] < 0:
        position[e] = used[0]
        places[used[0]] = e
        used[0] += 1


@njit(forceinline=True, error_model="numpy")
def leave(places: np.ndarray, position: np.ndarray, used: np.ndarray, e: int) -> None:
    """Take a border out of the front."""
    here = position[e]
    if here >= 0:
        used[0] -= 1
        last = places[used[0]]
        places[here] = last
        position[last] = here
        position[e] = -1


@njit(nogil=True, error_model="numpy")
def laid(
    units: np.ndarray, borders: np.ndarray, grid: np.ndarray, active: np.ndarray, places: np.ndarray, position: np.ndarray, used: np.ndarray
) -> None:
    """Make it the borders between two active grids."""
    for i in range(used[0]):
        position[places[i]] = -1
    used[0] = 0
    for u in range(len(units)):
        if units[u].fixed or not active[grid[u]]:
            continue
        for e in range(units[u].begin, units[u].end):
            g = grid[borders[e].neighbour]
            if g != grid[u] and active[g] and borders[e].open:
                join(places, position, used, e)


@njit(nogil=True, error_model="numpy")
def followed(
    units: np.ndarray,
    borders: np.ndarray,
    grid: np.ndarray,
    active: np.ndarray,
    places: np.ndarray,
    position: np.ndarray,
    used: np.ndarray,
    u: int,
) -> None:
    """Bring it up to date after a unit has changed."""
    own = grid[u]
    for e in range(units[u].begin, units[u].end):
        v = borders[e].neighbour
        g = grid[v]
        if g == own:
            leave(places, position, used, e)
            leave(places, position, used, borders[e].twin)
        elif active[g] and borders[e].open:
            join(places, position, used, e)
            if not units[v].fixed:
                join(places, position, used, borders[e].twin)
