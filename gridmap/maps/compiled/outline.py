"""From which zoom on each corner of a layer is drawn, the same on both sides of every border.

Corners at one place are one. Where more than two borders meet, a corner is always drawn; between two of these each border is simplified
once, for all rings that run along it, after Douglas and Peucker (1973). A corner's zoom is the first whose tolerance is less than its
distance from the simpler border, so that all zooms are answered by one pass.
"""

import numpy as np
from numba import njit

FREE = -1
UNSET, NEVER = 255, 254
LONGEST = 4096  # steps of a border that are simplified together: the work grows with their square in the worst case


@njit(nogil=True, cache=True)
def first_at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return for each corner the first at the same place."""
    count = len(x)
    bits = 4
    while (1 << bits) < 2 * count:
        bits += 1
    table = np.full(1 << bits, FREE, dtype=np.int32)
    mask, shift = np.uint64((1 << bits) - 1), np.uint64(64 - bits)
    first = np.empty(count, dtype=np.int32)
    for k in range(count):
        key = (np.uint64(x[k]) << np.uint64(32)) | np.uint64(y[k])
        key = (key ^ (key >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        place = ((key ^ (key >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)) >> shift
        while table[place] != FREE and not (x[table[place]] == x[k] and y[table[place]] == y[k]):
            place = (place + np.uint64(1)) & mask
        if table[place] == FREE:
            table[place] = k
        first[k] = table[place]
    return first


@njit(nogil=True, cache=True)
def junctions(first: np.ndarray, rings: np.ndarray) -> np.ndarray:
    """Return which corners have more than two neighbours, by the first corner at each place."""
    one, two = np.full(len(first), FREE, dtype=np.int32), np.full(len(first), FREE, dtype=np.int32)
    many = np.zeros(len(first), dtype=np.bool_)
    for ring in range(len(rings) - 1):
        begin, end = rings[ring], rings[ring + 1]
        for k in range(begin, end):
            here = first[k]
            for other in (first[k - 1 if k > begin else end - 1], first[k + 1 if k + 1 < end else begin]):
                if other == here or other == one[here] or other == two[here]:
                    continue
                if one[here] == FREE:
                    one[here] = other
                elif two[here] == FREE:
                    two[here] = other
                else:
                    many[here] = True
    return many


@njit(inline="always")
def apart(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Return the squared distance of a place from a straight border."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = 0.0
    if length > 0.0:
        share = min(max(((px - ax) * dx + (py - ay) * dy) / length, 0.0), 1.0)
    across, up = px - (ax + share * dx), py - (ay + share * dy)
    return across * across + up * up


@njit(inline="always")
def zoom_of(squared: float, squares: np.ndarray) -> int:
    """Return the first zoom whose squared tolerance is less than a squared distance, NEVER if there is none."""
    for zoom in range(len(squares)):
        if squares[zoom] < squared:
            return zoom
    return NEVER


@njit(nogil=True, cache=True)
def simplify(
    x: np.ndarray, y: np.ndarray, way: np.ndarray, first: np.ndarray, squares: np.ndarray, stack: np.ndarray, zoom: np.ndarray
) -> None:
    """Set the zoom of the corners between the first and the last of a way."""
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, len(way) - 1, 0
    height = 1
    while height:
        height -= 1
        begin, end, least = stack[height]
        if end - begin < 2:
            continue
        ax, ay, bx, by = float(x[way[begin]]), float(y[way[begin]]), float(x[way[end]]), float(y[way[end]])
        furthest, most = begin + 1, -1.0
        for k in range(begin + 1, end):
            distance = apart(float(x[way[k]]), float(y[way[k]]), ax, ay, bx, by)
            if distance > most:
                furthest, most = k, distance
        found = max(zoom_of(most, squares), least)
        zoom[first[way[furthest]]] = min(zoom[first[way[furthest]]], np.uint8(found))
        stack[height, 0], stack[height, 1], stack[height, 2] = begin, furthest, found
        stack[height + 1, 0], stack[height + 1, 1], stack[height + 1, 2] = furthest, end, found
        height += 2


@njit(inline="always")
def start_of(begin: int, count: int, first: np.ndarray, many: np.ndarray) -> int:
    """Return the position in a ring of its first junction; without one that of a corner that all rings along the same border choose."""
    smallest = 0
    for k in range(count):
        if many[first[begin + k]]:
            return k
        if first[begin + k] < first[begin + smallest]:
            smallest = k
    return smallest


@njit(nogil=True, cache=True)
def zooms(x: np.ndarray, y: np.ndarray, rings: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return from which zoom on each corner is drawn (uint8), NEVER for corners on a straight border.

    Parameters
    ----------
    x, y
        Shape (n,), uint32: corners of all rings; none is closed by its first one, no corner is at the place of the one before it.
    rings
        Shape (r + 1,): where each ring begins, and the end.
    squares
        Squared tolerance of each zoom, in units of the coordinates.
    """
    first = first_at(x, y)
    many = junctions(first, rings)
    zoom = np.full(len(x), UNSET, dtype=np.uint8)
    way, stack = np.empty(LONGEST + 1, dtype=np.int64), np.empty((LONGEST + 2, 3), dtype=np.int64)
    for ring in range(len(rings) - 1):
        begin, count = rings[ring], rings[ring + 1] - rings[ring]
        if count == 0:
            continue
        position = start = start_of(begin, count, first, many)
        zoom[first[begin + start]] = 0
        while position < start + count:  # from junction to junction, once around
            length = 0
            while True:
                way[length] = begin + position % count
                if length and (position == start + count or many[first[way[length]]] or length == LONGEST):
                    break
                position += 1
                length += 1
            zoom[first[way[length]]] = 0
            if zoom[first[way[1]]] == UNSET:  # else another ring has been here
                simplify(x, y, way[: length + 1], first, squares, stack, zoom)
    for k in range(len(x)):
        zoom[k] = zoom[first[k]]
    return zoom
