"""What the records of some tiles hold, to be written anew after some of their edges have changed."""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.raster import CELLS
from gridmap.assign.cells.compiled.records import HEAD, ROW


@njit(inline="always")
def value_at(tile: int, inner: int, top: np.ndarray, cells: np.ndarray) -> int:
    """Return what the table holds for a cell; see `locate`."""
    value = top[tile]
    return value if value >= -1 else cells[(-2 - value) * CELLS + inner]


@njit(inline="always")
def rows_of(record: int, records: np.ndarray, dedicated: bool) -> tuple[int, int]:
    """Return where the rows of one kind of grid begin and end in a record."""
    first = record + HEAD
    middle, end = first + ROW * records[record + 1], first + ROW * records[record]
    return (first, middle) if dedicated else (middle, end)


@njit(nogil=True, cache=True)
def edges_of_grids(
    wanted: np.ndarray, tiles: np.ndarray, top: np.ndarray, cells: np.ndarray, records: np.ndarray, faces: np.ndarray, found: np.ndarray
) -> int:
    """Write the edges in some tiles that border a wanted grid, `wanted` by number, into `found`; return how many, repeated ones too."""
    count = 0
    for tile in tiles:
        for inner in range(CELLS):
            value = value_at(tile, inner, top, cells)
            if value >= -1:
                continue
            first = -2 - value + HEAD
            for row in range(first, first + ROW * records[first - HEAD], ROW):
                edge = records[row + ROW - 1]
                if wanted[faces[edge, 0]] or wanted[faces[edge, 1]]:
                    if count < len(found):
                        found[count] = edge
                    count += 1
    return count


@njit(nogil=True, cache=True)
def listed(
    tiles: np.ndarray, gone: np.ndarray, dedicated: bool, top: np.ndarray, cells: np.ndarray, records: np.ndarray, cursor: np.ndarray,
    items: np.ndarray,
) -> None:  # fmt: skip
    """Advance `cursor` of each cell of some tiles for each of its edges that is not `gone` (sorted), write it unless `items` is empty."""
    for k in range(len(tiles)):
        for inner in range(CELLS):
            value = value_at(tiles[k], inner, top, cells)
            if value >= -1:
                continue
            begin, end = rows_of(-2 - value, records, dedicated)
            for row in range(begin, end, ROW):
                edge = records[row + ROW - 1]
                place = np.searchsorted(gone, edge)
                if place < len(gone) and gone[place] == edge:
                    continue
                if len(items):
                    items[cursor[k * CELLS + inner]] = edge
                cursor[k * CELLS + inner] += 1


@njit(nogil=True, cache=True)
def add_held(tiles: np.ndarray, dedicated: bool, top: np.ndarray, cells: np.ndarray, records: np.ndarray, held: np.ndarray) -> None:
    """Add to `held` of each cell of some tiles the sum at its anchor."""
    for k in range(len(tiles)):
        for inner in range(CELLS):
            value = value_at(tiles[k], inner, top, cells)
            number = 0 if dedicated else value + 1
            if value < -1:
                number = records[-2 - value + (3 if dedicated else 2)]
            if number:
                held[k * CELLS + inner] += number + (np.int64(1) << 32)


@njit(nogil=True, cache=True)
def renumber(cells: np.ndarray, number: np.ndarray, faces: np.ndarray, records: np.ndarray) -> None:
    """Write other numbers into the records that cells point to, given those of `faces` already changed."""
    for value in cells:
        if value >= -1:
            continue
        record = -2 - value
        records[record + 2], records[record + 3] = number[records[record + 2]], number[records[record + 3]]
        for row in range(record + HEAD, record + HEAD + ROW * records[record], ROW):
            edge = records[row + ROW - 1]
            records[row + ROW - 2] = faces[edge, 0] ^ faces[edge, 1]
