"""Features of one vector tile: corners rounded to its units, clipped to its square and written as commands.

Sources: Mapbox Vector Tile Specification 2.1 (commands, winding, messages); Sutherland and Hodgman (1974) for the clip. Coordinates are in
units of the tile from its upper left corner, y down.
"""

import numpy as np
from numba import njit

MOVE, LINE, CLOSE = 1, 2, 7
POLYGON = 3


@njit(inline="always")
def varint(out: np.ndarray, at: int, value: int) -> int:
    """Write a whole number that is not negative; return where the next one goes."""
    while value > 127:
        out[at] = np.uint8(value & 127 | 128)
        value >>= 7
        at += 1
    out[at] = np.uint8(value)
    return at + 1


@njit(inline="always")
def zigzag(value: int) -> int:
    """Return a number with its sign as the last bit."""
    return (value << 1) ^ (value >> 63)


@njit(inline="always")
def length_of(value: int) -> int:
    """Return how many bytes `varint` writes."""
    count = 1
    while value > 127:
        value >>= 7
        count += 1
    return count


@njit(inline="always")
def unit(value: int, coarser: int) -> np.int64:
    """Return a coordinate of the layer in units of tiles, rounded."""
    if coarser > 0:
        return (np.int64(value) + (np.int64(1) << (coarser - 1))) >> coarser
    return np.int64(value) << -coarser


@njit(inline="always")
def wider(value: int, coarser: int) -> np.int64:
    """Return a coordinate in units of tiles in those of the layer."""
    return np.int64(value) << coarser if coarser > 0 else np.int64(value) >> -coarser


@njit(nogil=True)
def rounded(
    x: np.ndarray, y: np.ndarray, zoom: np.ndarray, begin: int, end: int, frame: tuple[int, int, int, int], ring: np.ndarray
) -> int:
    """Fill `ring` with the corners drawn at a zoom, without repeats; return their number.

    `frame` is the zoom, by how many bits the tile is coarser than the layer, and the units at the tile's upper left corner.
    """
    count = 0
    for k in range(np.uint64(begin), np.uint64(end)):
        if zoom[k] > frame[0]:
            continue
        px, py = unit(x[k], frame[1]) - frame[2], unit(y[k], frame[1]) - frame[3]
        if count == 0 or px != ring[count - 1, 0] or py != ring[count - 1, 1]:
            ring[count, 0], ring[count, 1] = px, py
            count += 1
    while count > 1 and ring[0, 0] == ring[count - 1, 0] and ring[0, 1] == ring[count - 1, 1]:
        count -= 1
    return count


@njit(nogil=True)
def cut(source: np.ndarray, count: int, axis: int, bound: float, sign: float, target: np.ndarray) -> int:
    """Keep what lies on one side of a line parallel to an axis; return the number of corners."""
    kept = 0
    other = 1 - axis
    for k in range(count):
        before = k - 1 if k else count - 1
        here, there = (source[k, axis] - bound) * sign >= 0.0, (source[before, axis] - bound) * sign >= 0.0
        if here != there:
            # The same way around from both sides, so that two grids get the same place.
            a, b = (before, k) if there else (k, before)
            share = (bound - source[a, axis]) / (source[b, axis] - source[a, axis])
            target[kept, axis] = bound
            target[kept, other] = source[a, other] + share * (source[b, other] - source[a, other])
            kept += 1
        if here:
            target[kept, 0], target[kept, 1] = source[k, 0], source[k, 1]
            kept += 1
    return kept


@njit(nogil=True)
def clipped(ring: np.ndarray, count: int, low: int, high: int, one: np.ndarray, two: np.ndarray) -> int:
    """Clip a ring to a square and round it, in place; return the number of corners."""
    left, top, right, bottom = ring[0, 0], ring[0, 1], ring[0, 0], ring[0, 1]
    for k in range(1, count):
        left, right = min(left, ring[k, 0]), max(right, ring[k, 0])
        top, bottom = min(top, ring[k, 1]), max(bottom, ring[k, 1])
    if right < low or bottom < low or left > high or top > high:
        return 0
    if left >= low and top >= low and right <= high and bottom <= high:
        return count
    for k in range(count):
        one[k, 0], one[k, 1] = ring[k, 0], ring[k, 1]
    count = cut(one, count, 0, low, 1.0, two)
    count = cut(two, count, 0, high, -1.0, one)
    count = cut(one, count, 1, low, 1.0, two)
    count = cut(two, count, 1, high, -1.0, one)
    kept = 0
    for k in range(count):
        px, py = np.int64(np.floor(one[k, 0] + 0.5)), np.int64(np.floor(one[k, 1] + 0.5))
        if kept == 0 or px != ring[kept - 1, 0] or py != ring[kept - 1, 1]:
            ring[kept, 0], ring[kept, 1] = px, py
            kept += 1
    while kept > 1 and ring[0, 0] == ring[kept - 1, 0] and ring[0, 1] == ring[kept - 1, 1]:
        kept -= 1
    return kept


@njit(nogil=True)
def doubled_area(ring: np.ndarray, count: int) -> int:
    """Return twice the area, positive for exterior rings of tiles."""
    total = 0
    before = count - 1
    for k in range(count):
        total += ring[before, 0] * ring[k, 1] - ring[k, 0] * ring[before, 1]
        before = k
    return total


@njit(nogil=True)
def written(ring: np.ndarray, count: int, backward: bool, out: np.ndarray, at: int, pen: np.ndarray) -> int:
    """Write the commands of a ring; `pen` is where the last one ended."""
    at = varint(out, at, MOVE | 1 << 3)
    for k in range(count):
        corner = count - 1 - k if backward else k
        at = varint(out, at, zigzag(ring[corner, 0] - pen[0]))
        at = varint(out, at, zigzag(ring[corner, 1] - pen[1]))
        pen[0], pen[1] = ring[corner, 0], ring[corner, 1]
        if k == 0:
            at = varint(out, at, LINE | (count - 1) << 3)
    return varint(out, at, CLOSE | 1 << 3)


@njit(nogil=True)
def meeting(ax: float, ay: float, bx: float, by: float, low: float, high: float) -> tuple[bool, float, float]:
    """Tell whether an edge meets a square, border included, and the middle of the part within (Liang and Barsky 1984)."""
    enter, leave = 0.0, 1.0
    for start, step in ((ax, bx - ax), (ay, by - ay)):
        if step == 0.0:
            if start < low or start > high:
                return False, 0.0, 0.0
            continue
        near, far = (low - start) / step, (high - start) / step
        if near > far:
            near, far = far, near
        enter, leave = max(enter, near), min(leave, far)
    middle = (enter + leave) / 2
    return enter <= leave, ax + middle * (bx - ax), ay + middle * (by - ay)


@njit(nogil=True)
def touched(
    x: np.ndarray, y: np.ndarray, zoom: np.ndarray, rings: np.ndarray, begin: int, end: int, frame: tuple[int, int, int, int],
    square: tuple[int, int], ring: np.ndarray,
) -> bool:  # fmt: skip
    """Tell whether an edge of some rings meets the square, and put a square of one unit there into `ring`."""
    low, high = float(square[0]), float(square[1])
    for number in range(begin, end):
        count = rounded(x, y, zoom, rings[number], rings[number + 1], frame, ring)
        for k in range(count):
            before = k - 1 if k else count - 1
            met, px, py = meeting(float(ring[before, 0]), float(ring[before, 1]), float(ring[k, 0]), float(ring[k, 1]), low, high)
            if met:
                left = min(max(int(np.floor(px)), square[0]), square[1] - 1)
                top = min(max(int(np.floor(py)), square[0]), square[1] - 1)
                ring[0, 0], ring[0, 1], ring[1, 0], ring[1, 1] = left, top, left + 1, top
                ring[2, 0], ring[2, 1], ring[3, 0], ring[3, 1] = left + 1, top + 1, left, top + 1
                return True
    return False


@njit(nogil=True)
def drawn(
    x: np.ndarray, y: np.ndarray, zoom: np.ndarray, rings: np.ndarray, begin: int, end: int, frame: tuple[int, int, int, int],
    square: tuple[int, int], ring: np.ndarray, one: np.ndarray, two: np.ndarray, out: np.ndarray, at: int, pen: np.ndarray,
) -> int:  # fmt: skip
    """Write the rings of one polygon, or nothing if no area of it is left."""
    start, pen_x, pen_y = at, pen[0], pen[1]
    left = 0
    for number in range(begin, end):
        count = rounded(x, y, zoom, rings[number], rings[number + 1], frame, ring)
        if count > 2:
            count = clipped(ring, count, square[0], square[1], one, two)
        area = doubled_area(ring, count) if count > 2 else 0
        if area == 0:
            if number == begin:  # without its exterior ring a polygon has no holes, either
                break
            continue
        exterior = number == begin
        at = written(ring, count, (area > 0) != exterior, out, at, pen)
        left += abs(area) if exterior else -abs(area)
    if left > 0:
        return at
    pen[0], pen[1] = pen_x, pen_y
    return start


@njit(nogil=True)
def near(boxes: np.ndarray, frame: tuple[int, int, int, int], square: tuple[int, int]) -> np.ndarray:
    """Return the rows whose boxes come near the square: a loop of its own, since it passes over most rows at most zooms."""
    west, east = wider(frame[2] + square[0] - 1, frame[1]), wider(frame[2] + square[1] + 1, frame[1])
    north, south = wider(frame[3] + square[0] - 1, frame[1]), wider(frame[3] + square[1] + 1, frame[1])
    rows, count = np.empty(len(boxes), dtype=np.int64), 0
    for row in range(len(boxes)):
        rows[count] = row
        count += (boxes[row, 0] <= east) & (boxes[row, 1] <= south) & (boxes[row, 2] >= west) & (boxes[row, 3] >= north)
    return rows[:count]


@njit(nogil=True, cache=True)
def features(
    x: np.ndarray, y: np.ndarray, zoom: np.ndarray, rings: np.ndarray, polygons: np.ndarray, rows: np.ndarray, boxes: np.ndarray,
    style: np.ndarray, styles: int, frame: tuple[int, int, int, int], square: tuple[int, int], room: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return the feature messages of a tile, and the styles in use in the order of their numbers in the tags.

    Parameters
    ----------
    x, y, zoom
        Shape (n,): corners in units of the layer, and from which zoom on each is drawn.
    rings, polygons, rows
        Where each ring begins among the corners, each polygon among the rings, each row among the polygons; each with its end.
    boxes
        Shape (rows, 4): least and greatest x and y, in units of the layer; the least greater than the greatest where a row has no place.
    style
        Shape (rows,): from 0 to `styles` - 1; shape (0,) for features without attributes.
    frame
        As `rounded` takes it.
    square
        Least and greatest coordinate of the tile with its buffer.
    room
        Corners of the longest ring, bytes of the largest feature.
    """
    ring = np.empty((6 * room[0] + 16, 2), dtype=np.int64)
    one, two = np.empty((6 * room[0] + 16, 2)), np.empty((6 * room[0] + 16, 2))
    body, pen = np.empty(room[1], dtype=np.uint8), np.zeros(2, dtype=np.int64)
    out, at = np.empty(1 << 16, dtype=np.uint8), 0
    position, order, used = np.full(styles, -1, dtype=np.int64), np.empty(styles, dtype=np.int64), 0
    for row in near(boxes, frame, square):
        left, top = unit(boxes[row, 0], frame[1]) - frame[2], unit(boxes[row, 1], frame[1]) - frame[3]
        right, bottom = unit(boxes[row, 2], frame[1]) - frame[2], unit(boxes[row, 3], frame[1]) - frame[3]
        if left > right or right < square[0] or bottom < square[0] or left > square[1] or top > square[1]:
            continue
        length = 0
        pen[0], pen[1] = 0, 0
        for polygon in range(rows[row], rows[row + 1]):
            begin, end = polygons[polygon], polygons[polygon + 1]
            length = drawn(x, y, zoom, rings, begin, end, frame, square, ring, one, two, body, length, pen)
        if length == 0:
            if not touched(x, y, zoom, rings, polygons[rows[row]], polygons[rows[row + 1]], frame, square, ring):
                continue
            length = written(ring, 4, False, body, 0, pen)
        tags = 0
        if len(style):
            if position[style[row]] < 0:
                position[style[row]] = used
                order[used] = style[row]
                used += 1
            tags = 1 + length_of(position[style[row]])
        size = 1 + length_of(row) + 2 + 1 + length_of(length) + length + (2 + tags if tags else 0)
        if at + size + 16 > len(out):
            grown = np.empty(2 * len(out) + size + 16, dtype=np.uint8)
            grown[:at] = out[:at]
            out = grown
        out[at] = 0x12
        at = varint(out, at + 1, size)
        out[at] = 0x08
        at = varint(out, at + 1, row)
        if tags:
            out[at], out[at + 1], out[at + 2] = 0x12, tags, 0
            at = varint(out, at + 3, position[style[row]])
        out[at], out[at + 1], out[at + 2] = 0x18, POLYGON, 0x22
        at = varint(out, at + 3, length)
        out[at : at + length] = body[:length]
        at += length
    return out[:at], order[:used]
