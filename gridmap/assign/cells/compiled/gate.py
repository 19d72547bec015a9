"""Proof that no place lies inside two grids.

Where no two edges cross properly, the edges cut the plane into faces, and every face but the outermost has a lowest corner (the leftmost of
those). There the face lies between two edges that go up from that corner: both begin there, or one begins there and the other passes
through. So it is enough that no two edges of a cell cross, and that between any two edges that go up from one corner lies one grid or none.
The grids' rings must be valid.
"""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.faces import sum_at
from gridmap.assign.cells.compiled.orientation import side
from gridmap.assign.cells.compiled.raster import CELLS, cell_at

ONE = np.int64(1) << np.int64(32)  # sums carry the number of grids above this, the sum of their numbers below
DISJOINT, CROSSING, OVERLAP = 0, 1, 2
LEFT, RIGHT = 4, 5  # columns of a cell's copy of its edges, behind their lower and upper end


@njit(inline="always")
def passes(here: np.ndarray, edge: int, x: float, y: float) -> bool:
    """Tell whether an edge goes up from a corner, given that its line meets it."""
    ax, ay, bx, by = here[edge, 0], here[edge, 1], here[edge, 2], here[edge, 3]
    return (ay < y or (ay == y and ax <= x)) and (y < by or (y == by and x < bx))


@njit(inline="always")
def meet(here: np.ndarray, a: int, b: int, splits: np.ndarray) -> bool:
    """Tell whether two edges cross within both, touching is no crossing; mark the one from whose lower end the other goes up, too."""
    ax, ay, bx, by = here[a, 0], here[a, 1], here[a, 2], here[a, 3]
    px, py, qx, qy = here[b, 0], here[b, 1], here[b, 2], here[b, 3]
    if (by < py) | (qy < ay) | (here[a, RIGHT] < here[b, LEFT]) | (here[b, RIGHT] < here[a, LEFT]):  # one jump, not four that mislead
        return False
    if ((bx == px) & (by == py)) | ((ax == qx) & (ay == qy)):  # one goes on where the other ends, often straight on: dear to find out
        return False
    low = side(ax, ay, bx, by, px, py)
    if low == 0:
        if passes(here, a, px, py):
            splits[b] = True
        elif passes(here, b, ax, ay) and side(ax, ay, bx, by, qx, qy) == 0:
            splits[a] = True
        return False
    if low * side(ax, ay, bx, by, qx, qy) >= 0:
        return False
    first = side(px, py, qx, qy, ax, ay)
    if first == 0:
        splits[a] |= passes(here, b, ax, ay)
    return first * side(px, py, qx, qy, bx, by) < 0


@njit(inline="always")
def single(total: int) -> bool:
    """Tell whether a sum is that of one grid or of none."""
    return total == 0 or total >> 32 == 1


@njit(nogil=True, cache=True)
def all_single(
    place: int, anchor: tuple[float, float], held: int, here: np.ndarray, step: np.ndarray, every: np.ndarray, rising: np.ndarray
) -> bool:
    """Tell whether at most one grid lies between edges that go up from the lower end of one of the edges of a cell, and left of them.

    `every` numbers the edges; `rising` has room for as many.
    """
    x, y = here[place, 0], here[place, 1]
    total = sum_at(x, y, anchor, held, here, step, every)
    number = 0
    for edge in every:
        if side(here[edge, 0], here[edge, 1], here[edge, 2], here[edge, 3], x, y) == 0 and passes(here, edge, x, y):
            rising[number] = edge
            number += 1
    while number and single(total):
        # The leftmost of the edges left over, and those that run along it: nothing lies between them.
        left = rising[0]
        for k in range(1, number):
            if turned(here, left, rising[k]) > 0:
                left = rising[k]
        others = 0
        for k in range(number):
            edge = rising[k]
            if turned(here, left, edge) == 0:
                total += step[edge]
            else:
                rising[others] = edge
                others += 1
        number = others
    return single(total)


@njit(inline="always")
def turned(here: np.ndarray, a: int, b: int) -> int:
    """Return 1 if of two edges that go up from a corner b is left of a, -1 if right, 0 if they run along each other."""
    return side(here[a, 0], here[a, 1], here[a, 2], here[a, 3], here[b, 2], here[b, 3])


@njit(nogil=True, cache=True)
def most_edges(offset: np.ndarray, begin: int, end: int) -> int:
    """Return how many edges the fullest of some cells has."""
    most = 0
    for cell in range(begin, end):
        most = max(most, offset[cell + 1] - offset[cell])
    return most


@njit(inline="always")
def any_crossing(here: np.ndarray, count: int, splits: np.ndarray) -> bool:
    """Tell whether two edges of a cell cross; mark those from whose lower end another one goes up, too."""
    splits[:count] = False
    for first in range(count):
        for second in range(first + 1, count):
            if meet(here, first, second, splits):
                return True
    return False


@njit(nogil=True, cache=True)
def verdict(
    edges: np.ndarray, step: np.ndarray, frame: np.ndarray, shape: np.ndarray, tiles: np.ndarray, offset: np.ndarray, items: np.ndarray,
    held: np.ndarray, begin: int, end: int,
) -> int:  # fmt: skip
    """Return DISJOINT if the kept tiles from `begin` to `end` show no overlap, else what was found."""
    # The edges of one cell are copied: what is asked of every pair of them lies together, and no edge is an array of its own.
    room = most_edges(offset, begin * CELLS, end * CELLS)
    here, gain, splits = np.empty((room, 6)), np.empty(room, dtype=np.int64), np.empty(room, dtype=np.bool_)
    every, rising = np.arange(room), np.empty(room, dtype=np.int64)
    half_x, half_y = frame[4] / 2.0, frame[5] / 2.0
    for cell in range(begin * CELLS, end * CELLS):
        first, count = offset[cell], offset[cell + 1] - offset[cell]
        if count < 2:
            continue
        for k in range(count):
            edge = items[first + k]
            here[k, 0], here[k, 1], here[k, 2], here[k, 3], gain[k] = (
                edges[edge, 0],
                edges[edge, 1],
                edges[edge, 2],
                edges[edge, 3],
                step[edge],
            )
            here[k, LEFT], here[k, RIGHT] = min(here[k, 0], here[k, 2]), max(here[k, 0], here[k, 2])
        if any_crossing(here, count, splits):
            return CROSSING
        for k in range(count):
            if splits[k]:
                column, row = cell_at(cell, tiles, shape)
                x, y = frame[0] + column * frame[2], frame[1] + row * frame[3]
                # The cell grown by half a margin: each corner lies in one for certain, whatever the rounding.
                inside = (x - half_x <= here[k, 0] <= x + frame[2] + half_x) & (y - half_y <= here[k, 1] <= y + frame[3] + half_y)
                if inside and not all_single(k, (x - frame[4], y - frame[5]), held[cell], here, gain, every[:count], rising):
                    return OVERLAP
    return DISJOINT
