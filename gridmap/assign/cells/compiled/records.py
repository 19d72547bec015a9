"""What a lookup reads of a border cell: its edges in single precision, cut to the cell, one record per cell.

A record begins with the number of its edges, how many of these are edges of dedicated grids (they come first), and the numbers of the base
grid and of the dedicated grid that hold the anchor, 0 for none. Each edge is a row of seven words: (ax, ay, bx, by, turn) in sides of the
cell from its lower left corner - the edge from its lower to its upper end, and the height at which it crosses the column of the anchor, or
NEVER -, the numbers of the grids on both sides combined by exclusive or, and its place among the edges. Where an edge passes the anchor
closely, NaN sends every point of the cell to exact arithmetic.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.raster import CELLS, cell_at

HEAD = 4
ROW = 7
NEVER = 1e30
NUMBER = 0xFFFFFFFF  # the part of a sum that is the number of a grid, if there is one


class Layer(NamedTuple):
    """The edges of one kind of grid, the place of the first among all, and what each tile and each cell of the kept tiles holds of them."""

    edges: np.ndarray
    faces: np.ndarray
    first: int
    slot: np.ndarray
    whole: np.ndarray
    offset: np.ndarray
    items: np.ndarray
    held: np.ndarray


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
def cut(ax: float, ay: float, bx: float, by: float, margin: float) -> tuple[float, float, float, float, float]:
    """Return a row for an edge: cut to its cell, or NEVER throughout if it does not reach into it."""
    begin, end = window(ax, bx, -margin, 1.0 + margin, 0.0, 1.0)
    begin, end = window(ay, by, -margin, 1.0 + margin, begin, end)
    if begin > end:
        return NEVER, NEVER, NEVER, NEVER, NEVER
    left, low = (ax + begin * (bx - ax), ay + begin * (by - ay)) if begin > 0.0 else (ax, ay)
    right, high = (ax + end * (bx - ax), ay + end * (by - ay)) if end < 1.0 else (bx, by)
    if (ax < -margin) != (bx < -margin):
        height = ay + (-margin - ax) / (bx - ax) * (by - ay)
        if -margin <= height <= 1.0 + margin:
            # The cut end and the turn are one number, so that a point is above both or below both.
            return left, low, right, high, low if ax < -margin else high
    return left, low, right, high, NEVER


@njit(inline="always")
def write(
    edges: np.ndarray, faces: np.ndarray, items: np.ndarray, first: int, at: tuple[int, int], frame: np.ndarray, margin: float,
    tolerance: float, records: np.ndarray, singles: np.ndarray, begin: int,
) -> int:  # fmt: skip
    """Write the rows of some edges in cell `at` from `begin` on, return where they end; `first` is the place of edge 0 among all."""
    left, low, across, up = frame[0], frame[1], 1.0 / frame[2], 1.0 / frame[3]
    for edge in items:
        ax, ay = (edges[edge, 0] - left) * across - at[0], (edges[edge, 1] - low) * up - at[1]
        bx, by = (edges[edge, 2] - left) * across - at[0], (edges[edge, 3] - low) * up - at[1]
        if near(ax, ay, bx, by, -margin, -margin, 2.0 * tolerance):
            row = (np.nan, np.nan, np.nan, np.nan, np.nan)
        else:
            row = cut(ax, ay, bx, by, margin)
        singles[begin], singles[begin + 1], singles[begin + 2], singles[begin + 3], singles[begin + 4] = row
        records[begin + 5] = faces[edge, 0] ^ faces[edge, 1]
        records[begin + 6] = first + edge
        begin += ROW
    return begin


@njit(inline="always")
def held_by(slot: int, whole: int, held: np.ndarray, inner: int) -> int:
    """Return the number of the grid at the anchor of a cell, 0 for none."""
    return (held[slot * CELLS + inner] if slot >= 0 else whole) & NUMBER


@njit(inline="always")
def edges_in(slot: int, offset: np.ndarray, inner: int) -> int:
    """Return how many edges of a layer a cell has."""
    return offset[slot * CELLS + inner + 1] - offset[slot * CELLS + inner] if slot >= 0 else 0


@njit(nogil=True, cache=True)
def measure(dedicated: Layer, base: Layer, tiles: np.ndarray, words: np.ndarray) -> None:
    """Fill `words` with the length of the records of each tile."""
    over, under = dedicated.offset, base.offset
    for k in range(len(tiles)):
        upper, lower, total = dedicated.slot[tiles[k]], base.slot[tiles[k]], 0
        for inner in range(CELLS):
            edges = edges_in(upper, over, inner) + edges_in(lower, under, inner)
            if edges or held_by(upper, dedicated.whole[tiles[k]], dedicated.held, inner):
                total += HEAD + ROW * edges
        words[k] = total


@njit(nogil=True, cache=True)
def fill(
    dedicated: Layer, base: Layer, tiles: np.ndarray, start: np.ndarray, shape: np.ndarray, frame: np.ndarray, margin: float,
    tolerance: float, cells: np.ndarray, records: np.ndarray, singles: np.ndarray, first: int, begin: int, end: int,
) -> None:  # fmt: skip
    """Write the cells and the records of the tiles from `begin` to `end`.

    `start` says where the records of each tile begin, `first` where those of the first one will stand among all.
    """
    over, over_items, over_edges, over_faces = dedicated.offset, dedicated.items, dedicated.edges, dedicated.faces
    under, under_items, under_edges, under_faces = base.offset, base.items, base.edges, base.faces
    for k in range(begin, end):
        tile, at = tiles[k], start[k]
        upper, lower, whole, whole_over = dedicated.slot[tile], base.slot[tile], base.whole[tile], dedicated.whole[tile]
        for inner in range(CELLS):
            number, owner = held_by(lower, whole, base.held, inner), held_by(upper, whole_over, dedicated.held, inner)
            above, below = edges_in(upper, over, inner), edges_in(lower, under, inner)
            if above + below == 0 and owner == 0:
                cells[k * CELLS + inner] = number - 1
                continue
            cells[k * CELLS + inner] = -2 - (first + at)
            records[at], records[at + 1], records[at + 2], records[at + 3] = above + below, above, number, owner
            at += HEAD
            where = cell_at(k * CELLS + inner, tiles, shape)
            if above:
                here = over_items[over[upper * CELLS + inner] : over[upper * CELLS + inner + 1]]
                at = write(over_edges, over_faces, here, dedicated.first, where, frame, margin, tolerance, records, singles, at)
            if below:
                here = under_items[under[lower * CELLS + inner] : under[lower * CELLS + inner + 1]]
                at = write(under_edges, under_faces, here, base.first, where, frame, margin, tolerance, records, singles, at)


@njit(nogil=True, cache=True)
def are_sound(cells: np.ndarray, records: np.ndarray, edges: int, grids: int) -> bool:
    """Tell whether every record that a cell points to lies within `records` and names grids and edges that exist."""
    for cell in cells:
        if cell >= -1:
            continue
        begin = -2 - cell
        if begin + HEAD > len(records):
            return False
        length, above, number, owner = records[begin], records[begin + 1], records[begin + 2], records[begin + 3]
        if not (0 <= above <= length and begin + HEAD + ROW * length <= len(records) and 0 <= number <= grids and 0 <= owner <= grids):
            return False
        for row in range(begin + HEAD, begin + HEAD + ROW * length, ROW):
            if not 0 <= records[row + 6] < edges:
                return False
    return True
