"""Which cells of the table an edge touches, and which grid holds the anchor of each cell.

The table has two levels: tiles of `TILE` x `TILE` cells. `slot` of a tile is its number among those that are kept cell by cell, or -1; the
cells of a kept tile stand one after the other, row by row.
A cell reaches a little beyond its square: from its anchor (lower left) to one margin beyond its upper right. `frame` holds the lower left
corner of the table (x, y), the sides of a cell (x, y) and the margins (x, y); `shape` the columns and rows of tiles.
"""

from math import floor

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.orientation import side

SHIFT = 4
TILE = 1 << SHIFT
CELLS = TILE * TILE


@njit(inline="always")
def tile_of(column: int, row: int, shape: np.ndarray) -> int:
    """Return the tile of a cell."""
    return (row >> SHIFT) * shape[0] + (column >> SHIFT)


@njit(inline="always")
def within(column: int, row: int) -> int:
    """Return the place of a cell in its tile."""
    return (row & (TILE - 1)) * TILE + (column & (TILE - 1))


@njit(inline="always")
def cell_at(cell: int, tiles: np.ndarray, shape: np.ndarray) -> tuple[int, int]:
    """Return the column and the row of a cell of the kept tiles, given which tile each of these is."""
    tile, inner = tiles[cell // CELLS], cell % CELLS
    return (tile % shape[0]) * TILE + inner % TILE, (tile // shape[0]) * TILE + inner // TILE


@njit(inline="always")
def columns(ax: float, ay: float, bx: float, by: float, row: int, frame: np.ndarray) -> tuple[int, int]:
    """Return the first and the last column in which an edge may touch a row of cells; the last may be before the first."""
    left, right = ax, bx
    if by > ay:
        low = frame[1] + row * frame[3] - frame[5]
        high = low + frame[3] + 2.0 * frame[5]
        left = ax + min(max((low - ay) / (by - ay), 0.0), 1.0) * (bx - ax)
        right = ax + min(max((high - ay) / (by - ay), 0.0), 1.0) * (bx - ax)
    if left > right:
        left, right = right, left
    return floor((left - frame[4] - frame[0]) / frame[2]), floor((right + frame[4] - frame[0]) / frame[2])


@njit(inline="always")
def rows(ay: float, by: float, frame: np.ndarray, begin: int, end: int) -> tuple[int, int]:
    """Return the first and the last row that an edge may touch, of those from `begin` to `end`."""
    return max(floor((ay - frame[5] - frame[1]) / frame[3]), begin), min(floor((by + frame[5] - frame[1]) / frame[3]), end - 1)


@njit(nogil=True, cache=True)
def mark(edges: np.ndarray, frame: np.ndarray, shape: np.ndarray, slot: np.ndarray, begin: int, end: int) -> None:
    """Fill `slot` for the rows of cells from `begin` to `end`, whole tiles: 0 for a tile that edges may touch, -1 for others."""
    slot[(begin >> SHIFT) * shape[0] : (end >> SHIFT) * shape[0]] = -1
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        first, last = rows(ay, by, frame, begin, end)
        for row in range(first, last + 1):
            left, right = columns(ax, ay, bx, by, row, frame)
            left, right = max(left, 0) >> SHIFT, min(right, shape[0] * TILE - 1) >> SHIFT
            for tile in range((row >> SHIFT) * shape[0] + left, (row >> SHIFT) * shape[0] + right + 1):
                slot[tile] = 0


@njit(nogil=True, cache=True)
def numbered(slot: np.ndarray) -> int:
    """Give the marked tiles numbers from 0 in their order, and return how many there are."""
    count = 0
    for tile in range(len(slot)):
        if slot[tile] == 0:
            slot[tile] = count
            count += 1
    return count


@njit(nogil=True, cache=True)
def raster(
    edges: np.ndarray, frame: np.ndarray, shape: np.ndarray, slot: np.ndarray, cursor: np.ndarray, items: np.ndarray, number: int,
    begin: int, end: int,
) -> None:  # fmt: skip
    """Advance `cursor` of a cell for each edge that may touch it, and write the edge there unless `items` is empty.

    The first edge is written as `number`, the others follow. Only cells in the rows from `begin` to `end` are looked at.
    """
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        first, last = rows(ay, by, frame, begin, end)
        for row in range(first, last + 1):
            left, right = columns(ax, ay, bx, by, row, frame)
            for column in range(max(left, 0), min(right, shape[0] * TILE - 1) + 1):
                cell = slot[tile_of(column, row, shape)] * CELLS + within(column, row)
                if len(items):
                    items[cursor[cell]] = number + edge
                cursor[cell] += 1


@njit(nogil=True, cache=True)
def begins(cursor: np.ndarray) -> tuple[int, float]:
    """Turn numbers of edges into where those of each cell begin; return their sum, and the sum of their squares."""
    total, squares = 0, 0.0
    for cell in range(len(cursor)):
        count = cursor[cell]
        cursor[cell] = total
        total += count
        squares += float(count) * float(count)
    return total, squares


@njit(nogil=True, cache=True)
def anchors(
    edges: np.ndarray, step: np.ndarray, frame: np.ndarray, shape: np.ndarray, slot: np.ndarray, begin: int, end: int, held: np.ndarray,
    whole: np.ndarray,
) -> None:  # fmt: skip
    """Fill `held` of the kept cells, and `whole` of all other tiles, with the sum of `step` over the edges left of each anchor, exactly.

    Rows of cells from `begin` to `end` are filled; none of the edges may reach beyond them.

    An anchor on an edge counts as left of it, one at the height of a corner as above it. An edge is listed in the cell left of the first
    anchor beyond it; so that anchor lies in the same kept tile or begins the next one.
    """
    width = shape[0] * TILE
    enter = np.zeros((end - begin, shape[0]), dtype=np.int64)
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge]
        first = max(floor((ay + frame[5] - frame[1]) / frame[3]) - 1, begin)
        last = min(floor((by + frame[5] - frame[1]) / frame[3]) + 1, end - 1)
        for row in range(first, last + 1):
            y = frame[1] + row * frame[3] - frame[5]
            if not (ay <= y < by):
                continue
            x = ax + (y - ay) / (by - ay) * (bx - ax)
            column = max(floor((x + frame[4] - frame[0]) / frame[2]) - 1, 0)
            while column < width and side(ax, ay, bx, by, frame[0] + column * frame[2] - frame[4], y) >= 0:
                column += 1
            if column >= width:
                continue
            kept = slot[tile_of(column, row, shape)]
            if kept >= 0:
                held[kept * CELLS + within(column, row)] += step[edge]
            else:
                enter[row - begin, column >> SHIFT] += step[edge]
    accumulate(enter, shape, slot, begin, held, whole)


@njit(nogil=True, cache=True)
def accumulate(enter: np.ndarray, shape: np.ndarray, slot: np.ndarray, begin: int, held: np.ndarray, whole: np.ndarray) -> None:
    """Add up each row of cells from the left; `enter` holds what is added at the first cell of a tile that is not kept."""
    for row in range(begin, begin + len(enter)):
        total = np.int64(0)
        for across in range(shape[0]):
            total += enter[row - begin, across]
            kept = slot[(row >> SHIFT) * shape[0] + across]
            if kept < 0:
                whole[(row >> SHIFT) * shape[0] + across] = total
                continue
            leftmost = kept * CELLS + within(0, row)
            for cell in range(leftmost, leftmost + TILE):
                total += held[cell]
                held[cell] = total
