"""Events in Morton order: which runs of them lie in a rectangle of squares, and what each square holds."""

import numpy as np
from numba import njit

from gridmap.maps.compiled.morton import apart, together


@njit(inline="always")
def lower(codes: np.ndarray, value: int, begin: int, end: int) -> int:
    """Return the first position from `begin` on whose code is at least `value`, `end` if there is none."""
    while begin < end:
        middle = (begin + end) >> 1
        if codes[middle] < value:
            begin = middle + 1
        else:
            end = middle
    return begin


@njit(inline="always")
def after(codes: np.ndarray, value: int, begin: int, end: int) -> int:
    """Return what `lower` returns, by ever longer steps: fast where it lies near."""
    step = 1
    while begin + step < end and codes[begin + step] < value:
        begin += step
        step *= 2
    return lower(codes, value, begin, min(begin + step, end))


@njit(nogil=True, cache=True)
def runs(codes: np.ndarray, bits: int, depth: int, rectangle: np.ndarray) -> np.ndarray:
    """Return the begins and ends (n, 2), in order, of the runs of codes inside a rectangle of squares.

    Parameters
    ----------
    codes
        Ascending, of a lattice of 2**bits squares a side.
    depth
        The rectangle is one of 2**depth squares a side.
    rectangle
        First column, first row, last column, last row.
    """
    found, number = np.empty((64, 2), dtype=np.int64), 0
    stack = np.empty((4 * (depth + 2), 5), dtype=np.int64)  # level, column, row, begin, end
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3], stack[0, 4] = 0, 0, 0, 0, len(codes)
    height = 1
    while height:
        height -= 1
        level, column, row, begin, end = stack[height]
        finer = depth - level
        left, top, right, bottom = column << finer, row << finer, ((column + 1) << finer) - 1, ((row + 1) << finer) - 1
        if begin == end or right < rectangle[0] or bottom < rectangle[1] or left > rectangle[2] or top > rectangle[3]:
            continue
        if left >= rectangle[0] and top >= rectangle[1] and right <= rectangle[2] and bottom <= rectangle[3]:
            if number and found[number - 1, 1] == begin:
                found[number - 1, 1] = end
                continue
            if number == len(found):
                grown = np.empty((2 * number, 2), dtype=np.int64)
                grown[:number] = found
                found = grown
            found[number, 0], found[number, 1] = begin, end
            number += 1
            continue
        code = (apart(column) | (apart(row) << 1)) << 2
        shift = 2 * (bits - level - 1)
        last = end
        for child in range(3, -1, -1):  # the first of them comes off the stack first
            first = lower(codes, (code | child) << shift, begin, last) if child else begin
            stack[height, 0], stack[height, 1], stack[height, 2] = level + 1, 2 * column + (child & 1), 2 * row + (child >> 1)
            stack[height, 3], stack[height, 4] = first, last
            height += 1
            last = first
    return found[:number]


@njit(inline="always")
def wanted(k: int, category: np.ndarray, minute: np.ndarray, allowed: np.ndarray, period: tuple[int, int]) -> bool:
    """Tell whether an event is of an allowed category and, where events have times, within the period."""
    return allowed[category[k]] & (len(minute) == 0 or (period[0] <= minute[k]) & (minute[k] < period[1]))


@njit(inline="always")
def within(k: int, lon: np.ndarray, lat: np.ndarray, box: tuple[float, float, float, float]) -> bool:
    """Tell whether an event lies in the box, its border included."""
    return (lon[k] >= box[0]) & (lat[k] >= box[1]) & (lon[k] <= box[2]) & (lat[k] <= box[3])


@njit(inline="always")
def tallied(
    first: int, end: int, category: np.ndarray, minute: np.ndarray, allowed: np.ndarray, period: tuple[int, int], timed: bool,
    tally: np.ndarray,
) -> None:  # fmt: skip
    """Count events by category, the unwanted at the end of `tally`; without branches, which would be foretold wrongly."""
    unwanted = np.uint32(len(allowed))
    for k in range(np.uint64(first), np.uint64(end)):
        kind = category[k]
        wish = allowed[kind]
        if timed:
            wish = wish & (period[0] <= minute[k]) & (minute[k] < period[1])
        tally[kind if wish else unwanted] += 1


@njit(inline="always")
def most_frequent(first: int, end: int, category: np.ndarray, tally: np.ndarray) -> tuple[int, int]:
    """Return the most frequent category of some events, the smallest of several, and its number; `tally` is zero afterwards."""
    best, most = 0, 0
    kinds = len(tally) - 1
    tally[kinds] = 0
    if kinds < end - first:
        for kind in range(kinds):
            if tally[kind] > most:
                best, most = kind, tally[kind]
            tally[kind] = 0
        return best, most
    for k in range(first, end):
        kind = int(np.int64(category[k]))
        if tally[kind] > most or (tally[kind] == most and kind < best):
            best, most = kind, tally[kind]
        tally[kind] = 0
    return best, most


@njit(nogil=True, cache=True)
def squares(
    parts: np.ndarray, codes: np.ndarray, shift: int, lon: np.ndarray, lat: np.ndarray, box: tuple[float, float, float, float],
    inner: np.ndarray, category: np.ndarray, minute: np.ndarray, allowed: np.ndarray, period: tuple[int, int], every: bool, room: int,
) -> tuple[np.ndarray, np.ndarray, int]:  # fmt: skip
    """Return the codes of the squares with wanted events; (n, 3) their number, the most frequent category and its number; the total.

    Parameters
    ----------
    inner
        First column, first row, last column, last row of the squares that lie wholly in the box.
    every
        Whether all events are wanted.
    room
        The most squares there can be.

    Notes
    -----
    A square never lies in two runs. Of categories equally frequent the smallest is taken. The total counts the wanted events in the box.
    """
    code, held = np.empty(room, dtype=np.int64), np.empty((room, 3), dtype=np.int64)
    tally = np.zeros(len(allowed) + 1, dtype=np.int64)
    number, total, timed = 0, 0, len(minute) > 0 and not every
    for part in range(len(parts)):
        k, end = parts[part]
        while k < end:
            square, first = codes[k] >> shift, k
            k = after(codes, (square + 1) << shift, k, end)
            count = k - first
            best, most = 0, int(count)
            if not every or len(allowed) > 1:
                if timed:
                    tallied(first, k, category, minute, allowed, period, True, tally)
                else:
                    tallied(first, k, category, minute, allowed, period, False, tally)
                count -= int(tally[len(allowed)])
                best, most = most_frequent(first, k, category, tally)
            if count == 0:
                continue
            total += count
            column, row = together(square), together(square >> 1)
            if column < inner[0] or row < inner[1] or column > inner[2] or row > inner[3]:
                for event in range(first, k):
                    total -= wanted(event, category, minute, allowed, period) and not within(event, lon, lat, box)
            code[number] = square
            held[number, 0], held[number, 1], held[number, 2] = count, best, most
            number += 1
    return code[:number], held[:number], total


@njit(nogil=True, cache=True)
def listed(
    parts: np.ndarray, lon: np.ndarray, lat: np.ndarray, box: tuple[float, float, float, float], category: np.ndarray, minute: np.ndarray,
    allowed: np.ndarray, period: tuple[int, int], count: int,
) -> np.ndarray:  # fmt: skip
    """Return the positions of the `count` wanted events of the runs in the box."""
    found = np.empty(count, dtype=np.int64)
    number = 0
    for part in range(len(parts)):
        for k in range(parts[part, 0], parts[part, 1]):
            if within(k, lon, lat, box) and wanted(k, category, minute, allowed, period):
                found[number] = k
                number += 1
    return found
