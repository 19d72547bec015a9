"""The grid at a place, exactly, by the edges of one cell.

The way goes from the anchor of the cell straight up, then straight right; each edge crossed changes the sum by its `step`. A place on an
edge or at a corner is moved in thought, a little left and far less up.
"""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.orientation import side


@njit(inline="always")
def upright(ax: float, ay: float, bx: float, by: float, anchor_x: float, anchor_y: float, y: float) -> tuple[int, bool]:
    """Return the change on the way up along the anchor's column, and whether the edge is left of the turn."""
    if (ax < anchor_x) == (bx < anchor_x):
        return 0, False
    before, after = side(ax, ay, bx, by, anchor_x, anchor_y) < 0, side(ax, ay, bx, by, anchor_x, y) < 0
    return int(after) - int(before), after


@njit(nogil=True, cache=True)
def sum_at(x: float, y: float, anchor: tuple[float, float], held: int, edges: np.ndarray, step: np.ndarray, items: np.ndarray) -> int:
    """Return the sum at a place, given the sum `held` at the anchor and the edges of the cell."""
    total = held
    for edge in items:
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        crossed, left_of_turn = upright(ax, ay, bx, by, anchor[0], anchor[1], y)
        total += crossed * step[edge]
        if (ax >= anchor[0] or bx >= anchor[0]) and (ay <= y) != (by <= y):
            total += (int(side(ax, ay, bx, by, x, y) < 0) - int(left_of_turn)) * step[edge]
    return total
