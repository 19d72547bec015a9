"""Every border once, with the grid on either side."""

import numpy as np
from numba import njit

from gridmap.assign.cells.compiled.orientation import side

CONFLICT = -1


@njit(inline="always")
def mixed(bits: np.ndarray, a: int, b: int) -> np.uint64:
    """Return a hash of the corners a and b."""
    code = np.uint64(0x9E3779B97F4A7C15)
    for word in (bits[a, 0], bits[a, 1], bits[b, 0], bits[b, 1]):
        code = (code ^ np.uint64(word)) * np.uint64(0xFF51AFD7ED558CCD)
        code ^= code >> np.uint64(32)
    return code


@njit(inline="always")
def upward(corners: np.ndarray, a: int, b: int) -> bool:
    """Tell whether b is above a, or right of it at the same height."""
    return corners[a, 1] < corners[b, 1] or (corners[a, 1] == corners[b, 1] and corners[a, 0] < corners[b, 0])


@njit(inline="always")
def is_edge(edge: np.ndarray, corners: np.ndarray, low: int, high: int) -> bool:
    """Tell whether an edge runs between two corners."""
    return edge[0] == corners[low, 0] and edge[1] == corners[low, 1] and edge[2] == corners[high, 0] and edge[3] == corners[high, 1]


@njit(inline="always")
def turns_left(corners: np.ndarray, begin: int, end: int) -> bool:
    """Tell whether a valid ring, closed, runs counter-clockwise: it does if it turns left at the last of its lowest corners."""
    low = begin
    for k in range(begin + 1, end - 1):
        if corners[k, 1] < corners[low, 1] or (corners[k, 1] == corners[low, 1] and corners[k, 0] > corners[low, 0]):
            low = k
    before, after = low, low
    for _ in range(begin, end):
        before = before - 1 if before > begin else end - 2
        if corners[before, 0] != corners[low, 0] or corners[before, 1] != corners[low, 1]:
            break
    for _ in range(begin, end):
        after = after + 1 if after < end - 1 else begin + 1
        if corners[after, 0] != corners[low, 0] or corners[after, 1] != corners[low, 1]:
            break
    a, b, p = corners[before], corners[low], corners[after]
    return side(a[0], a[1], b[0], b[1], p[0], p[1]) > 0


@njit(nogil=True, cache=True)
def pair(
    corners: np.ndarray, start: np.ndarray, grid: np.ndarray, outer: np.ndarray, edges: np.ndarray, faces: np.ndarray, part: int, parts: int
) -> int:
    """Fill `edges` and `faces`, return the number of unique edges, or CONFLICT if two grids claim one side of an edge.

    Parameters
    ----------
    corners
        Ring corners, shape (c, 2); no negative zero.
    start, grid, outer
        For each ring its first corner (one more entry for the end), its grid's number from 1, and whether it is an outer ring.
    edges, faces
        To be filled, shape (c, 4) and (c, 2): the lower and the upper corner of each edge; the grid on its left and on its right, 0 where
        none.
    part, parts
        Only edges of this part are looked at, by their hash: several threads share the work.
    """
    size = 16
    while 2 * size * parts < 3 * len(corners):
        size *= 2
    slots = np.full(size, -1, dtype=np.int32)
    mask = np.uint64(size - 1)
    bits = corners.view(np.int64)
    count = 0
    for ring in range(len(grid)):
        begin, end = start[ring], start[ring + 1]
        inside_left = turns_left(corners, begin, end) == outer[ring]
        for k in range(begin, end - 1):
            if corners[k, 0] == corners[k + 1, 0] and corners[k, 1] == corners[k + 1, 1]:
                continue
            up = upward(corners, k, k + 1)
            low, high = (k, k + 1) if up else (k + 1, k)
            code = mixed(bits, low, high)
            if ((code >> np.uint64(32)) * np.uint64(parts)) >> np.uint64(32) != np.uint64(part):
                continue
            slot = code & mask
            while slots[slot] >= 0 and not is_edge(edges[slots[slot]], corners, low, high):
                slot = (slot + np.uint64(1)) & mask
            edge = slots[slot]
            if edge < 0:
                edge = count
                slots[slot] = edge
                edges[edge, 0], edges[edge, 1] = corners[low, 0], corners[low, 1]
                edges[edge, 2], edges[edge, 3] = corners[high, 0], corners[high, 1]
                faces[edge, 0], faces[edge, 1] = 0, 0
                count += 1
            hand = 0 if up == inside_left else 1
            if faces[edge, hand] != 0:
                return CONFLICT
            faces[edge, hand] = grid[ring]
    return count


@njit(nogil=True, cache=True)
def steps(faces: np.ndarray, step: np.ndarray) -> None:
    """Fill `step`: what crossing each edge to the right adds to a sum, grids in the upper half, their numbers in the lower."""
    for edge in range(len(faces)):
        left, right = np.int64(faces[edge, 0]), np.int64(faces[edge, 1])
        step[edge] = (right - left) + ((np.int64(right > 0) - np.int64(left > 0)) << np.int64(32))


@njit(nogil=True, cache=True)
def extent(edges: np.ndarray) -> tuple[float, float, float, float]:
    """Return the least and the largest x and y of edges from their lower to their upper ends."""
    left, bottom, right, top = np.inf, np.inf, -np.inf, -np.inf
    for edge in range(len(edges)):
        left, right = min(left, edges[edge, 0], edges[edge, 2]), max(right, edges[edge, 0], edges[edge, 2])
        bottom, top = min(bottom, edges[edge, 1]), max(top, edges[edge, 3])
    return left, bottom, right, top
