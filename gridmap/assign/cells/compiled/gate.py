"""Proof that no place lies inside two grids.

Where no two edges cross properly, each face between them has a corner from which one goes straight left or straight right into it. So it
is enough that no two edges of a cell cross, and that at each corner the grids a little to the left and a little to the right are one or
none. The grids' rings must be valid.
"""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.faces import sum_at
from gridmap.assign.cells.compiled.orientation import side
from gridmap.assign.cells.compiled.raster import CELLS, cell_at

ONE = np.int64(1) << np.int64(32)  # sums carry the number of grids above this, the sum of their numbers below
DISJOINT, CROSSING, OVERLAP = 0, 1, 2


@njit(inline="always")
def apart(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two edges have boxes that do not meet."""
    return a[3] < b[1] or b[3] < a[1] or max(a[0], a[2]) < min(b[0], b[2]) or max(b[0], b[2]) < min(a[0], a[2])


@njit(inline="always")
def cross(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two edges cross within both; touching is no crossing."""
    if apart(a, b):
        return False
    if side(a[0], a[1], a[2], a[3], b[0], b[1]) * side(a[0], a[1], a[2], a[3], b[2], b[3]) >= 0:
        return False
    return side(b[0], b[1], b[2], b[3], a[0], a[1]) * side(b[0], b[1], b[2], b[3], a[2], a[3]) < 0


@njit(nogil=True, cache=True)
def any_crossing(edges: np.ndarray, items: np.ndarray) -> bool:
    """Tell whether two edges of a cell cross."""
    for first in range(len(items)):
        for second in range(first + 1, len(items)):
            if cross(edges[items[first]], edges[items[second]]):
                return True
    return False


@njit(inline="always")
def seen_before(edges: np.ndarray, items: np.ndarray, place: int, end: int) -> bool:
    """Tell whether the corner at the lower (0) or upper (1) end of an edge is also a lower end, or one of an edge earlier in the cell."""
    x, y = edges[items[place], 2 * end], edges[items[place], 2 * end + 1]
    for other in range(len(items) if end else place):
        edge = items[other]
        if edges[edge, 0] == x and edges[edge, 1] == y:
            return True
        if end and other < place and edges[edge, 2] == x and edges[edge, 3] == y:
            return True
    return False


@njit(inline="always")
def single(total: int) -> bool:
    """Tell whether a sum is that of one grid or of none."""
    return total == 0 or total >> 32 == 1


@njit(nogil=True, cache=True)
def all_single(
    edges: np.ndarray, step: np.ndarray, items: np.ndarray, anchor: tuple[float, float], held: int, box: tuple[float, float, float, float]
) -> bool:
    """Tell whether at each corner in the box at most one grid lies on either side."""
    for place in range(len(items)):
        for end in range(2):
            x, y = edges[items[place], 2 * end], edges[items[place], 2 * end + 1]
            if x < box[0] or y < box[1] or x > box[2] or y > box[3] or seen_before(edges, items, place, end):
                continue
            if not single(sum_at(x, y, anchor, held, edges, step, items, False)):
                return False
            if not single(sum_at(x, y, anchor, held, edges, step, items, True)):
                return False
    return True


@njit(nogil=True, cache=True)
def verdict(
    edges: np.ndarray, step: np.ndarray, frame: np.ndarray, shape: np.ndarray, tiles: np.ndarray, offset: np.ndarray, items: np.ndarray,
    held: np.ndarray, begin: int, end: int,
) -> int:  # fmt: skip
    """Return DISJOINT if the kept tiles from `begin` to `end` show no overlap, else what was found."""
    for cell in range(begin * CELLS, end * CELLS):
        here = items[offset[cell] : offset[cell + 1]]
        if not len(here):
            continue
        if any_crossing(edges, here):
            return CROSSING
        column, row = cell_at(cell, tiles, shape)
        x, y = frame[0] + column * frame[2], frame[1] + row * frame[3]
        # The box is the cell grown by half a margin: each corner lies in one for certain, whatever the rounding.
        half_x, half_y = frame[4] / 2.0, frame[5] / 2.0
        box = (x - half_x, y - half_y, x + frame[2] + half_x, y + frame[3] + half_y)
        if not all_single(edges, step, here, (x - frame[4], y - frame[5]), held[cell], box):
            return OVERLAP
    return DISJOINT
