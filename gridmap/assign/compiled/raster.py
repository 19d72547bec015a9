"""Which cells of the table an edge touches, and which grid holds the anchor of each cell.

A cell reaches a little beyond its square: from its anchor (lower left) to one margin beyond its upper right. `frame` holds the lower left
corner of the table (x, y), the sides of a cell (x, y) and the margins (x, y).
"""

from math import floor

import numpy as np
from numba import njit

from gridmap.assign.compiled.orientation import side


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


@njit(nogil=True, cache=True)
def raster(edges: np.ndarray, frame: np.ndarray, width: int, height: int, cursor: np.ndarray, items: np.ndarray) -> None:
    """Advance `cursor` of a cell for each edge that may touch it, and write the edge there unless `items` is empty."""
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge]
        first = max(floor((ay - frame[5] - frame[1]) / frame[3]), 0)
        last = min(floor((by + frame[5] - frame[1]) / frame[3]), height - 1)
        for row in range(first, last + 1):
            left, right = columns(ax, ay, bx, by, row, frame)
            for column in range(max(left, 0), min(right, width - 1) + 1):
                cell = row * width + column
                if len(items):
                    items[cursor[cell]] = edge
                cursor[cell] += 1


@njit(nogil=True, cache=True)
def anchors(edges: np.ndarray, step: np.ndarray, frame: np.ndarray, held: np.ndarray) -> None:
    """Fill `held`, shape (rows, columns), with the sum of `step` over the edges left of each anchor, exactly.

    An anchor on an edge counts as left of it, one at the height of a corner as above it.
    """
    height, width = held.shape
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge]
        first = max(floor((ay + frame[5] - frame[1]) / frame[3]) - 1, 0)
        last = min(floor((by + frame[5] - frame[1]) / frame[3]) + 1, height - 1)
        for row in range(first, last + 1):
            y = frame[1] + row * frame[3] - frame[5]
            if not (ay <= y < by):
                continue
            x = ax + (y - ay) / (by - ay) * (bx - ax)
            column = max(floor((x + frame[4] - frame[0]) / frame[2]) - 1, 0)
            while column < width and side(ax, ay, bx, by, frame[0] + column * frame[2] - frame[4], y) >= 0:
                column += 1
            if column < width:
                held[row, column] += step[edge]
    for row in range(height):
        for column in range(1, width):
            held[row, column] += held[row, column - 1]
