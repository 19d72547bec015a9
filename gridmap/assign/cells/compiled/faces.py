"""The grid at a place, exactly, by the edges of one cell.

The way goes from the anchor of the cell straight up, then straight right; each edge crossed changes the sum by its `step`. A place on an
edge or at a corner is moved in thought: a little left and far less up, or (`rightward`) a little right and far less down.
"""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.orientation import side


@njit(inline="always")
def upright(ax: float, ay: float, bx: float, by: float, anchor_x: float, anchor_y: float, y: float, rightward: bool) -> tuple[int, bool]:
    """Return the change on the way up along the anchor's column, and whether the edge is left of the turn."""
    if (ax < anchor_x) == (bx < anchor_x):
        return 0, False
    before = side(ax, ay, bx, by, anchor_x, anchor_y) < 0
    turn = side(ax, ay, bx, by, anchor_x, y)
    after = turn < 0 or (rightward and turn == 0 and ay == by)
    return int(after) - int(before), after


@njit(inline="always")
def level(ax: float, ay: float, bx: float, by: float, x: float, y: float, rightward: bool) -> tuple[bool, bool]:
    """Return whether the edge meets the height of the place, and whether it is left of it."""
    straddles = (ay < y) != (by < y) if rightward else (ay <= y) != (by <= y)
    if not straddles:
        return False, False
    found = side(ax, ay, bx, by, x, y)
    return True, found < 0 or (rightward and found == 0)


@njit(nogil=True, cache=True)
def sum_at(
    x: float, y: float, anchor: tuple[float, float], held: int, edges: np.ndarray, step: np.ndarray, items: np.ndarray, rightward: bool
) -> int:
    """Return the sum at a place, given the sum `held` at the anchor and the edges of the cell."""
    total = held
    for edge in items:
        ax, ay, bx, by = edges[edge]
        crossed, left_of_turn = upright(ax, ay, bx, by, anchor[0], anchor[1], y, rightward)
        total += crossed * step[edge]
        if ax >= anchor[0] or bx >= anchor[0]:
            meets, left = level(ax, ay, bx, by, x, y, rightward)
            if meets:
                total += (int(left) - int(left_of_turn)) * step[edge]
    return total
