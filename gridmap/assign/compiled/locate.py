"""Points to grids: one look into the table, and single precision against the few edges of a border cell.

A point too near an edge for single precision is answered exactly. The few for which even that could differ from GEOS get UNDECIDED.
"""

import numpy as np
from numba import njit

from gridmap.assign.compiled.faces import sum_at
from gridmap.assign.compiled.orientation import SMALLEST, beyond_doubles, side

NOWHERE = -1
UNDECIDED = -2
BLOCK = 1024
NUMBER = 0xFFFFFFFF  # the part of a sum that is the number of a grid, if there is one


@njit(inline="always")
def strange(value: float) -> bool:
    """Tell whether products with a coordinate could lose their tail."""
    return value != 0.0 and abs(value) < SMALLEST


@njit(nogil=True, cache=True)
def exactly(
    x: float, y: float, anchor: tuple[float, float], held: int, edges: np.ndarray, faces: np.ndarray, step: np.ndarray, items: np.ndarray
) -> int:
    """Return the position of the grid at a place near an edge, the smallest of those that meet there, NOWHERE or UNDECIDED."""
    if strange(x) or strange(y):
        return UNDECIDED
    best = 0
    for edge in items:
        ax, ay, bx, by = edges[edge]
        if y < ay or y > by:
            continue
        if beyond_doubles(ax, ay, bx, by, x, y):
            return UNDECIDED
        if min(ax, bx) <= x <= max(ax, bx) and side(ax, ay, bx, by, x, y) == 0:
            for grid in faces[edge]:
                if grid != 0 and (best == 0 or grid < best):
                    best = grid
    if best == 0:
        best = sum_at(x, y, anchor, held, edges, step, items, False) & NUMBER
    return best - 1


@njit(inline="always")
def roughly(
    x: np.float32, y: np.float32, rows: np.ndarray, change: np.ndarray, begin: int, end: int, grid: int, tolerance: np.float32
) -> int:
    """Return the number of the grid at a place of a cell (0 for none), or -1 if an edge is too near."""
    doubt = False
    for k in range(begin, end):
        ax, ay, bx, by = rows[k, 0], rows[k, 1], rows[k, 2], rows[k, 3]
        along, up = bx - ax, by - ay
        across = along * (y - ay) - up * (x - ax)
        left = ((ay <= y) != (by <= y)) & (across < 0)
        grid ^= change[k] if left != (y >= rows[k, 4]) else 0
        doubt |= not ((abs(across) > tolerance * (abs(along) + abs(up))) | (y < ay - tolerance) | (y > by + tolerance))
    return -1 if doubt else grid


@njit(nogil=True, cache=True)
def locate(
    x: np.ndarray, y: np.ndarray, out: np.ndarray, frame: np.ndarray, width: int, height: int, table: np.ndarray, offset: np.ndarray,
    held: np.ndarray, rows: np.ndarray, change: np.ndarray, items: np.ndarray, edges: np.ndarray, faces: np.ndarray, step: np.ndarray,
    tolerance: float,
) -> int:  # fmt: skip
    """Write the position of each point's grid, NOWHERE or UNDECIDED into `out`; return the number of UNDECIDED.

    `table` holds the position of the grid of a whole cell, NOWHERE, or -2 - k for border cell k; its last entry stands for the outside.
    """
    cell = np.empty(BLOCK, dtype=np.int32)
    border = np.empty(BLOCK, dtype=np.int32)
    across, up = 1.0 / frame[2], 1.0 / frame[3]
    fine = np.float32(tolerance)
    undecided = 0
    for start in range(0, len(x), BLOCK):
        stop = min(start + BLOCK, len(x))
        for k in range(stop - start):
            u, v = (x[start + k] - frame[0]) * across, (y[start + k] - frame[1]) * up
            within = (u >= 0.0) & (u < width) & (v >= 0.0) & (v < height)
            cell[k] = np.int32(v if within else 0.0) * np.int32(width) + np.int32(u if within else 0.0) if within else width * height
        count = 0
        for k in range(stop - start):
            found = table[cell[k]]
            out[start + k] = found
            border[count] = k
            count += int(found < NOWHERE)
        for q in range(count):
            p = start + border[q]
            k = -2 - out[p]
            u, v = (x[p] - frame[0]) * across, (y[p] - frame[1]) * up
            column, row = int(u), int(v)
            grid = roughly(
                np.float32(u - column), np.float32(v - row), rows, change, offset[k], offset[k + 1],
                held[k] & NUMBER, fine,
            )  # fmt: skip
            if grid >= 0:
                out[p] = grid - 1
                continue
            anchor = (frame[0] + column * frame[2] - frame[4], frame[1] + row * frame[3] - frame[5])
            out[p] = exactly(x[p], y[p], anchor, held[k], edges, faces, step, items[offset[k] : offset[k + 1]])
            undecided += int(out[p] == UNDECIDED)
    return undecided
