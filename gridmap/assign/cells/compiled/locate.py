"""Points to grids: one look into the table, and single precision against the few edges of a border cell.

A point too near an edge for single precision is answered exactly. The few for which even that could differ from GEOS get UNDECIDED.
"""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.faces import sum_at
from gridmap.assign.cells.compiled.orientation import SMALLEST, beyond_doubles, side
from gridmap.assign.cells.compiled.raster import SHIFT as BITS
from gridmap.assign.cells.compiled.raster import TILE
from gridmap.assign.cells.compiled.records import HEAD, NUMBER, ROW

NOWHERE = -1
UNDECIDED = -2
BLOCK = 1024
LINE = 16  # words that come from memory together
SHIFT, DEEP, INNER = np.uint32(BITS), np.int32(2 * BITS), np.uint32(TILE - 1)


@njit(inline="always")
def strange(value: float) -> bool:
    """Tell whether products with a coordinate could lose their tail."""
    return value != 0.0 and abs(value) < SMALLEST


@njit(nogil=True, cache=True)
def exactly(
    x: float, y: float, anchor: tuple[float, float], number: int, edges: np.ndarray, faces: np.ndarray, step: np.ndarray, items: np.ndarray
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
        held = int(number) + (int(number > 0) << 32)
        best = sum_at(x, y, anchor, held, edges, step, items) & NUMBER
    return best - 1


@njit(inline="always")
def roughly(
    x: np.float32, y: np.float32, singles: np.ndarray, records: np.ndarray, begin: int, end: int, grid: int, tolerance: np.float32
) -> int:
    """Return the number of the grid at a place of a cell (0 for none), or -1 if an edge is too near."""
    doubt = False
    for place in range(begin, end, ROW):
        k = np.uint32(place)
        ax, ay, bx, by = singles[k], singles[k + 1], singles[k + 2], singles[k + 3]
        along, up = bx - ax, by - ay
        across = along * (y - ay) - up * (x - ax)
        left = ((ay <= y) != (by <= y)) & (across < 0)
        grid ^= records[k + 5] * np.int32(left != (y >= singles[k + 4]))
        doubt |= not ((abs(across) > tolerance * (abs(along) + abs(up))) | (y < ay - tolerance) | (y > by + tolerance))
    return -1 if doubt else grid


@njit(nogil=True, cache=True)
def in_cell(
    x: float, y: float, at: tuple[int, int], number: int, begin: int, end: int, frame: np.ndarray, records: np.ndarray, edges: np.ndarray,
    faces: np.ndarray, step: np.ndarray,
) -> int:  # fmt: skip
    """Return the position of the grid at a place of cell `at`, by the edges of the rows from `begin` to `end`, exactly; or UNDECIDED."""
    anchor = (frame[0] + at[0] * frame[2] - frame[4], frame[1] + at[1] * frame[3] - frame[5])
    return exactly(x, y, anchor, number, edges, faces, step, records[begin + ROW - 1 : end : ROW].copy())


@njit(nogil=True, cache=True)
def cells_of(x: np.ndarray, y: np.ndarray, frame: np.ndarray, shape: np.ndarray, column: np.ndarray, row: np.ndarray) -> None:
    """Fill the column and the row of the cell of each place, those of the last entry of `top` for the outside."""
    across, up, left, bottom = 1.0 / frame[2], 1.0 / frame[3], frame[0], frame[1]
    columns, rows = float(shape[0] * TILE), float(shape[1] * TILE)
    for k in range(len(x)):
        u, v = (x[k] - left) * across, (y[k] - bottom) * up
        inside = (u >= 0.0) & (u < columns) & (v >= 0.0) & (v < rows)
        column[k], row[k] = np.int32(u if inside else 0.0), np.int32(v if inside else rows)


@njit(inline="always")
def looked_up(
    column: np.ndarray, row: np.ndarray, width: int, top: np.ndarray, cells: np.ndarray, kept: np.ndarray, found: np.ndarray
) -> None:
    """Fill `found` with what the table holds for each cell.

    Short loops, unsigned indices and no branches, so that each loop does several points at once and all loads are under way together.
    """
    columns = np.uint32(width)
    for k in range(len(found)):
        across, up = np.uint32(column[k]), np.uint32(row[k])
        found[k] = top[np.uint32((up >> SHIFT) * columns + (across >> SHIFT))]
    for k in range(len(found)):
        inner = np.int32(((np.uint32(row[k]) & INNER) << SHIFT) | (np.uint32(column[k]) & INNER))
        kept[k] = max((np.int32(-2) - found[k]) << DEEP | inner, np.int32(NOWHERE))  # below zero for a whole tile
    for k in range(len(found)):
        cell = cells[np.uint32(max(kept[k], np.int32(0)))]
        found[k] = cell if kept[k] >= 0 else found[k]


@njit(inline="always")
def fetched(begin: np.ndarray, records: np.ndarray, length: np.ndarray, above: np.ndarray, ahead: np.ndarray) -> None:
    """Fill `length` and `above` from the heads of records, and touch the line behind: the loop that follows finds them in the cache."""
    last = np.int32(len(records) - 1)
    for q in range(len(begin)):
        k = begin[q]
        length[q], above[q] = records[np.uint32(k)], records[np.uint32(k + 1)]
        ahead[q] = records[np.uint32(min(np.int32(k + LINE), last))]


@njit(nogil=True, cache=True)
def locate(
    x: np.ndarray, y: np.ndarray, base: np.ndarray, dedicated: np.ndarray, frame: np.ndarray, shape: np.ndarray, top: np.ndarray,
    cells: np.ndarray, records: np.ndarray, singles: np.ndarray, edges: np.ndarray, faces: np.ndarray, step: np.ndarray,
    tolerance: float,
) -> int:  # fmt: skip
    """Write the positions of each point's grids, NOWHERE or UNDECIDED; return how many points are undecided.

    `top` holds the position of the grid of a whole tile, NOWHERE, or -2 - k for the kept tile k; its last entry stands for the outside.
    `cells` holds the same for each cell of the kept tiles, with -2 - k where the record at k decides. Without an array for the dedicated
    grids, their positions take the place of the base grids'.
    """
    column, row, kept = np.empty(BLOCK, dtype=np.int32), np.empty(BLOCK, dtype=np.int32), np.empty(BLOCK, dtype=np.int32)
    border, begin = np.empty(BLOCK, dtype=np.int32), np.empty(BLOCK, dtype=np.int32)
    length, above, ahead = np.empty(BLOCK, dtype=np.int32), np.empty(BLOCK, dtype=np.int32), np.empty(BLOCK, dtype=np.int32)
    across, up, fine = 1.0 / frame[2], 1.0 / frame[3], np.float32(tolerance)
    apart = len(dedicated) > 0
    undecided = 0
    for start in range(0, len(x), BLOCK):
        here = slice(start, min(start + BLOCK, len(x)))
        xs, ys, found = x[here], y[here], base[here]
        cells_of(xs, ys, frame, shape, column, row)
        looked_up(column, row, shape[0], top, cells, kept, found)
        count = 0
        for k in range(len(found)):
            border[count], begin[count] = k, -2 - found[k]
            count += int(found[k] < NOWHERE)
        fetched(begin[:count], records, length, above, ahead)
        if apart:
            dedicated[here] = NOWHERE
        for q in range(count):
            p, first = border[q], begin[q] + HEAD
            u, v = np.float32((xs[p] - frame[0]) * across - column[p]), np.float32((ys[p] - frame[1]) * up - row[p])
            at, middle, end = (column[p], row[p]), first + ROW * above[q], first + ROW * length[q]
            number, owner = records[first - 2], records[first - 1]
            if above[q]:
                owner = roughly(u, v, singles, records, first, middle, owner, fine)
            owner = (
                owner - 1
                if owner >= 0
                else in_cell(xs[p], ys[p], at, records[first - 1], first, middle, frame, records, edges, faces, step)
            )
            if apart:
                dedicated[start + p] = owner
            elif owner != NOWHERE:
                found[p] = owner
                undecided += int(owner == UNDECIDED)
                continue
            grid = roughly(u, v, singles, records, middle, end, number, fine)
            found[p] = grid - 1 if grid >= 0 else in_cell(xs[p], ys[p], at, number, middle, end, frame, records, edges, faces, step)
            undecided += int((found[p] == UNDECIDED) | (owner == UNDECIDED))
    return undecided
