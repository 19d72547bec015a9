"""The edges of each border cell in single precision, cut to the cell.

A row is (ax, ay, bx, by, turn) in sides of the cell from its lower left corner: the edge from its lower to its upper end, and the height
at which it crosses the column of the anchor, or NEVER. Where an edge passes the anchor closely a row of NaN sends every point of the cell
to exact arithmetic.
"""

import numpy as np
from numba import njit

NEVER = np.float32(1e30)


@njit(inline="always")
def window(a: float, b: float, low: float, high: float, begin: float, end: float) -> tuple[float, float]:
    """Return the part of an edge, from 0 at a to 1 at b, from `begin` to `end` between low and high; none if the first is larger."""
    if a == b:
        return (begin, end) if low <= a <= high else (1.0, 0.0)
    first, last = (low - a) / (b - a), (high - a) / (b - a)
    if first > last:
        first, last = last, first
    return max(begin, first), min(end, last)


@njit(inline="always")
def near(ax: float, ay: float, bx: float, by: float, x: float, y: float, tolerance: float) -> bool:
    """Tell whether a place is within the tolerance of an edge, roughly."""
    if x < min(ax, bx) - tolerance or x > max(ax, bx) + tolerance or y < ay - tolerance or y > by + tolerance:
        return False
    across = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    return abs(across) <= tolerance * (abs(bx - ax) + abs(by - ay))


@njit(inline="always")
def cut(ax: float, ay: float, bx: float, by: float, margin: float, row: np.ndarray) -> bool:
    """Fill a row with an edge cut to its cell; False if it does not reach into it."""
    begin, end = window(ax, bx, -margin, 1.0 + margin, 0.0, 1.0)
    begin, end = window(ay, by, -margin, 1.0 + margin, begin, end)
    if begin > end:
        return False
    row[0] = ax + begin * (bx - ax) if begin > 0.0 else ax
    row[1] = ay + begin * (by - ay) if begin > 0.0 else ay
    row[2] = ax + end * (bx - ax) if end < 1.0 else bx
    row[3] = ay + end * (by - ay) if end < 1.0 else by
    row[4] = NEVER
    if (ax < -margin) != (bx < -margin):
        height = ay + (-margin - ax) / (bx - ax) * (by - ay)
        if -margin <= height <= 1.0 + margin:
            # The cut end and the turn are one number, so that a point is above both or below both.
            row[4] = row[1] if ax < -margin else row[3]
    return True


@njit(nogil=True, cache=True)
def fill(
    edges: np.ndarray, faces: np.ndarray, cells: np.ndarray, offset: np.ndarray, items: np.ndarray, width: int, frame: np.ndarray,
    margin: float, tolerance: float, rows: np.ndarray, change: np.ndarray, begin: int, end: int,
) -> None:  # fmt: skip
    """Fill `rows`, shape (items, 5), and `change`, the numbers of the grids on both sides combined by exclusive or."""
    for k in range(begin, end):
        row, column = cells[k] // width, cells[k] % width
        for place in range(offset[k], offset[k + 1]):
            edge = items[place]
            ax, ay = (edges[edge, 0] - frame[0]) / frame[2] - column, (edges[edge, 1] - frame[1]) / frame[3] - row
            bx, by = (edges[edge, 2] - frame[0]) / frame[2] - column, (edges[edge, 3] - frame[1]) / frame[3] - row
            change[place] = faces[edge, 0] ^ faces[edge, 1]
            if near(ax, ay, bx, by, -margin, -margin, 2.0 * tolerance):
                rows[place, :] = np.nan
            elif not cut(ax, ay, bx, by, margin, rows[place]):
                rows[place, :] = NEVER
