"""Proof that no place lies inside two grids, and that rings are simple.

Where no two edges cross properly, the edges cut the plane into faces, and every face but the outermost has a lowest corner (the leftmost of
those). There the face lies between two edges that go up from that corner: both begin there, or one begins there and the other passes
through. So it is enough that no two edges of a cell cross, and that between any two edges that go up from one corner lies one grid or none.

The grids' rings must be valid. A grid of one ring is if it does not cross itself and has two edges at each of its corners and no corner
within an edge; grids of which that does not hold, or of several rings, are left to shapely.
"""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.faces import sum_at
from gridmap.assign.cells.compiled.orientation import side
from gridmap.assign.cells.compiled.raster import CELLS, cell_at

DISJOINT, CROSSING, OVERLAP = 0, 1, 2
LEFT, RIGHT = 4, 5  # columns of a cell's copy of its edges, behind their lower and upper end
# How two edges meet: the second goes on from the upper end of the first, or ends at its lower one; both begin or end together; else.
APART, ON, BACK, FORK, JOIN, TOUCH, CROSS = range(7)


@njit(inline="always")
def passes(here: np.ndarray, edge: int, x: float, y: float) -> bool:
    """Tell whether an edge goes up from a corner, given that its line meets it."""
    ax, ay, bx, by = here[edge, 0], here[edge, 1], here[edge, 2], here[edge, 3]
    return (ay < y or (ay == y and ax <= x)) and (y < by or (y == by and x < bx))


@njit(nogil=True, cache=True)
def meeting(here: np.ndarray, a: int, b: int, splits: np.ndarray) -> int:
    """Return how two edges meet whose boxes do; mark the one from whose lower end the other goes up, too."""
    ax, ay, bx, by = here[a, 0], here[a, 1], here[a, 2], here[a, 3]
    px, py, qx, qy = here[b, 0], here[b, 1], here[b, 2], here[b, 3]
    low = side(ax, ay, bx, by, px, py)
    if low == 0:
        if passes(here, a, px, py):
            splits[b] = True
            return FORK if ax == px and ay == py and side(ax, ay, bx, by, qx, qy) != 0 else TOUCH
        along = passes(here, b, ax, ay) and side(ax, ay, bx, by, qx, qy) == 0
        splits[a] |= along
        return TOUCH if along else APART
    if bx == qx and by == qy:
        return JOIN
    high = side(ax, ay, bx, by, qx, qy)
    if high == 0:
        return TOUCH if passes(here, a, qx, qy) else APART
    if low == high:
        return APART
    first, second = side(px, py, qx, qy, ax, ay), side(px, py, qx, qy, bx, by)
    splits[a] |= first == 0
    if first == 0 or second == 0:
        return TOUCH
    return CROSS if first != second else APART


@njit(inline="always")
def share(grids: np.ndarray, a: int, b: int) -> int:
    """Return a grid that lies beside both of two edges, 0 for none."""
    left, right = grids[a, 0], grids[a, 1]
    if left != 0 and (left == grids[b, 0] or left == grids[b, 1]):
        return left
    return right if right == grids[b, 0] or right == grids[b, 1] else 0


@njit(nogil=True, cache=True)
def crowded(here: np.ndarray, grids: np.ndarray, count: int, place: int, doubtful: np.ndarray) -> None:
    """Mark the grids that have more than two edges at one of the ends of an edge, or lie on both sides of it."""
    for end in range(2):
        x, y = here[place, 2 * end], here[place, 2 * end + 1]
        for hand in range(2):
            grid, others = grids[place, hand], 0
            for k in range(count):
                meets = (here[k, 0] == x and here[k, 1] == y) or (here[k, 2] == x and here[k, 3] == y)
                others += int(meets and (grids[k, 0] == grid or grids[k, 1] == grid))
            if grid != 0 and (others > 2 or grid == grids[place, 1 - hand]):
                doubtful[grid] = True


@njit(inline="always")
def single(total: int) -> bool:
    """Tell whether a sum is that of one grid or of none: the upper half counts grids, the lower half adds their numbers."""
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
def copy_edge(edges: np.ndarray, edge: int, here: np.ndarray, k: int) -> None:
    """Fill row k of `here` with an edge and its reach from left to right."""
    ax, bx = edges[edge, 0], edges[edge, 2]
    here[k, 0], here[k, 1], here[k, 2], here[k, 3] = ax, edges[edge, 1], bx, edges[edge, 3]
    here[k, LEFT], here[k, RIGHT] = min(ax, bx), max(ax, bx)


@njit(inline="always")
def any_crossing(here: np.ndarray, grids: np.ndarray, count: int, splits: np.ndarray, mates: np.ndarray, doubtful: np.ndarray) -> bool:
    """Tell whether two edges of a cell cross; mark those from whose lower end another one goes up, too, and grids in doubt.

    `mates` counts the edges that meet each edge at its lower and at its upper end.
    """
    for a in range(count):
        ax, ay, bx, by, left, right = here[a, 0], here[a, 1], here[a, 2], here[a, 3], here[a, LEFT], here[a, RIGHT]
        for b in range(a + 1, count):
            if (by < here[b, 1]) | (here[b, 3] < ay) | (right < here[b, LEFT]) | (here[b, RIGHT] < left):  # one jump, not four that mislead
                continue
            if (bx == here[b, 0]) & (by == here[b, 1]):
                how = ON  # often straight on, which is dear to find out
            elif (ax == here[b, 2]) & (ay == here[b, 3]):
                how = BACK
            else:
                how = meeting(here, a, b, splits)
            if how == CROSS:
                return True
            if how == TOUCH:
                doubtful[share(grids, a, b)] = True
            elif how != APART:
                mates[a, int(how in (ON, JOIN))] += 1
                mates[b, int(how in (BACK, JOIN))] += 1
    return False


@njit(nogil=True, cache=True)
def verdict(
    edges: np.ndarray, faces: np.ndarray, step: np.ndarray, frame: np.ndarray, shape: np.ndarray, tiles: np.ndarray, offset: np.ndarray,
    items: np.ndarray, held: np.ndarray, doubtful: np.ndarray, begin: int, end: int,
) -> int:  # fmt: skip
    """Return DISJOINT if the kept tiles from `begin` to `end` show no overlap, else what was found.

    In `doubtful`, shape (grids + 1,), grids are marked whose rings may not be simple.
    """
    # The edges of one cell are copied: what is asked of every pair of them lies together, and no edge is an array of its own.
    room = most_edges(offset, begin * CELLS, end * CELLS)
    here, gain, splits = np.empty((room, 6)), np.empty(room, dtype=np.int64), np.empty(room, dtype=np.bool_)
    grids, mates = np.empty((room, 2), dtype=np.int32), np.empty((room, 2), dtype=np.int32)
    every, rising = np.arange(room), np.empty(room, dtype=np.int64)
    half_x, half_y = frame[4] / 2.0, frame[5] / 2.0
    for cell in range(begin * CELLS, end * CELLS):
        first, count = offset[cell], offset[cell + 1] - offset[cell]
        if count == 0:
            continue
        for k in range(count):
            edge = items[first + k]
            copy_edge(edges, edge, here, k)
            grids[k, 0], grids[k, 1], gain[k] = faces[edge, 0], faces[edge, 1], step[edge]
            splits[k], mates[k, 0], mates[k, 1] = False, 0, 0
        if count > 1 and any_crossing(here, grids, count, splits, mates, doubtful):
            return CROSSING
        for k in range(count):
            if mates[k, 0] > 1 or mates[k, 1] > 1 or grids[k, 0] == grids[k, 1]:
                crowded(here, grids, count, k, doubtful)
            if splits[k]:
                column, row = cell_at(cell, tiles, shape)
                x, y = frame[0] + column * frame[2], frame[1] + row * frame[3]
                # The cell grown by half a margin: each corner lies in one for certain, whatever the rounding.
                inside = (x - half_x <= here[k, 0] <= x + frame[2] + half_x) & (y - half_y <= here[k, 1] <= y + frame[3] + half_y)
                if inside and not all_single(k, (x - frame[4], y - frame[5]), held[cell], here, gain, every[:count], rising):
                    return OVERLAP
    return DISJOINT
