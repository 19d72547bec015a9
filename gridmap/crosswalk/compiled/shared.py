"""Area that two polygons share, from their edges alone: no crossing is looked for, so that shared and touching borders are no special case.

A polygon is the sum of the regions below its upper edges less those below its lower edges. So the area of A and B is a sum over all pairs
of an edge of A and one of B, of the area below both: that below the lower of two straight lines.
"""

import numpy as np
from numba import njit

# Gauss-Legendre points of orders 2 and 3 on [0, 1], exact for polynomials of degrees 3 and 5: those of a scale of degrees 2 and 4, which is
# integrated once upwards.
NEAR_2, FAR_2 = 0.5 - np.sqrt(1 / 12), 0.5 + np.sqrt(1 / 12)
NEAR_3, FAR_3 = 0.5 - np.sqrt(0.15), 0.5 + np.sqrt(0.15)
OUTER, INNER = 5 / 18, 8 / 18
NEGLIGIBLE = 1e-14  # of an area


@njit(inline="always")
def most_of_degree(scale: np.ndarray, degree: int, width: float, tall: float) -> float:
    """Return the most that the terms of one degree can come to in a box at the origin."""
    most = 0.0
    for i in range(degree + 1):
        most += abs(scale[i, degree - i]) * width**i * tall ** (degree - i)
    return most


@njit(inline="always")
def shifted(scale: np.ndarray, x: float, y: float, width: float, tall: float, out: np.ndarray) -> int:
    """Fill `out` with `scale` around (x, y), integrated once upwards from there; return how many of its degrees matter in a box."""
    n = len(scale)
    out[:] = scale
    for line in range(n):  # Horner's scheme in x, then in y
        for first in range(n - 1):
            for k in range(n - 2, first - 1, -1):
                out[k, line] += x * out[k + 1, line]
    for line in range(n):
        for first in range(n - 1):
            for k in range(n - 2, first - 1, -1):
                out[line, k] += y * out[line, k + 1]
    degrees = n
    while degrees > 1 and most_of_degree(out, degrees - 1, width, tall) <= NEGLIGIBLE * out[0, 0]:
        degrees -= 1
    for j in range(1, n):
        out[:, j] /= j + 1
    return degrees


@njit(inline="always")
def height(column: np.ndarray, n: int, x: float, y: float) -> float:
    """Return the scale integrated from 0 to y at x."""
    total = 0.0
    for j in range(n - 1, -1, -1):
        value = 0.0
        for i in range(n - 1 - j, -1, -1):
            value = value * x + column[i, j]
        total = total * y + value
    return total * y


@njit(inline="always")
def below(column: np.ndarray, n: int, x0: float, y0: float, x1: float, y1: float) -> float:
    """Return the area between a straight line and y = 0, negative below it."""
    width, rise = x1 - x0, y1 - y0
    if n == 1:
        return column[0, 0] * width * (y0 + 0.5 * rise)
    if n <= 3:
        near = height(column, n, x0 + NEAR_2 * width, y0 + NEAR_2 * rise)
        return 0.5 * width * (near + height(column, n, x0 + FAR_2 * width, y0 + FAR_2 * rise))
    ends = height(column, n, x0 + NEAR_3 * width, y0 + NEAR_3 * rise) + height(column, n, x0 + FAR_3 * width, y0 + FAR_3 * rise)
    return width * (OUTER * ends + INNER * height(column, n, x0 + 0.5 * width, y0 + 0.5 * rise))


@njit(inline="always")
def on(edges: np.ndarray, k: int, x: float) -> float:
    """Return the height of an edge at x, exact at its ends."""
    x0, y0, x1, y1 = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
    if x - x0 <= x1 - x:
        return y0 + (x - x0) / (x1 - x0) * (y1 - y0)
    return y1 - (x1 - x) / (x1 - x0) * (y1 - y0)


@njit(inline="always")
def below_both(
    column: np.ndarray, n: int, x: float, y: float, one: np.ndarray, i: int, other: np.ndarray, j: int, low: float, high: float
) -> float:
    """Return the area below the lower of two edges between `low` and `high`, above y."""
    p = max(one[i, 0], other[j, 0], low)
    q = min(one[i, 2], other[j, 2], high)
    if not p < q:
        return 0.0
    e0, e1, f0, f1 = on(one, i, p) - y, on(one, i, q) - y, on(other, j, p) - y, on(other, j, q) - y
    d0, d1 = e0 - f0, e1 - f1
    if d0 * d1 >= 0.0:
        if d0 + d1 < 0.0:
            return below(column, n, p - x, e0, q - x, e1)
        return below(column, n, p - x, f0, q - x, f1)
    share = d0 / (d0 - d1)
    middle, level = p + share * (q - p), e0 + share * (e1 - e0)
    if d0 < 0.0:
        return below(column, n, p - x, e0, middle - x, level) + below(column, n, middle - x, level, q - x, f1)
    return below(column, n, p - x, f0, middle - x, level) + below(column, n, middle - x, level, q - x, e1)


@njit(nogil=True, cache=True)
def whole(edges: np.ndarray, start: np.ndarray, boxes: np.ndarray, scale: np.ndarray, begin: int, end: int) -> np.ndarray:
    """Return the areas of polygons `begin` to `end`; arguments as in `shared`."""
    areas = np.zeros(end - begin)
    column = np.empty_like(scale)
    for polygon in range(begin, end):
        x, y = boxes[polygon, 0], boxes[polygon, 1]
        n = shifted(scale, x, y, boxes[polygon, 2] - x, boxes[polygon, 3] - y, column)
        for k in range(start[polygon], start[polygon + 1]):
            areas[polygon - begin] += edges[k, 4] * below(column, n, edges[k, 0] - x, edges[k, 1] - y, edges[k, 2] - x, edges[k, 3] - y)
    return areas


@njit(inline="always")
def first_edge(edges: np.ndarray, begin: int, end: int, x: float) -> int:
    """Return the first edge of a polygon that starts at x or right of it."""
    while begin < end:
        middle = (begin + end) // 2
        if edges[middle, 0] < x:
            begin = middle + 1
        else:
            end = middle
    return begin


@njit(inline="always")
def met(
    column: np.ndarray,
    n: int,
    x: float,
    y: float,
    edges: np.ndarray,
    k: int,
    others: np.ndarray,
    active: np.ndarray,
    count: int,
    high: float,
) -> tuple[int, float]:
    """Sum up one edge, just reached, with the active ones of the other polygon; those that ended are taken off the list."""
    kept, total, reached = 0, 0.0, edges[k, 0]
    for place in range(count):
        other = active[place]
        if others[other, 2] > reached:
            active[kept] = other
            kept += 1
            total += others[other, 4] * below_both(column, n, x, y, edges, k, others, other, x, high)
    return kept, total * edges[k, 4]


@njit(nogil=True, cache=True)
def shared(
    one: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    other: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    scale: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
) -> np.ndarray:
    """Return the area that each pair of polygons shares.

    Parameters
    ----------
    one, other
        Two layers: edges (x0, y0, x1, y1, sign) with x0 < x1, sign 1 for upper and -1 for lower ones, those of a polygon sorted by x0;
        where the edges of each polygon start; its box; the greatest width of its edges.
    scale
        Area scale as a polynomial: entry (i, j) belongs to x**i * y**j, i + j less than the shape.
    left, right
        Pairs of polygons whose boxes meet.
    """
    edges_a, start_a, boxes_a, wide_a = one
    edges_b, start_b, boxes_b, wide_b = other
    areas = np.zeros(len(left))
    column = np.empty_like(scale)
    active_a = np.empty(np.max(start_a[1:] - start_a[:-1]), dtype=np.int64)
    active_b = np.empty(np.max(start_b[1:] - start_b[:-1]), dtype=np.int64)
    for pair in range(len(left)):
        a, b = left[pair], right[pair]
        x, high = max(boxes_a[a, 0], boxes_b[b, 0]), min(boxes_a[a, 2], boxes_b[b, 2])
        floor_a, floor_b = boxes_a[a, 1], boxes_b[b, 1]
        y = max(floor_a, floor_b)
        top = min(boxes_a[a, 3], boxes_b[b, 3])
        if not (x < high and y < top):
            continue
        n = shifted(scale, x, y, high - x, top - y, column)
        i = first_edge(edges_a, start_a[a], start_a[a + 1], x - wide_a[a])
        j = first_edge(edges_b, start_b[b], start_b[b + 1], x - wide_b[b])
        end_i, end_j = start_a[a + 1], start_b[b + 1]
        count_a, count_b, total = 0, 0, 0.0
        while True:
            from_a = i < end_i and edges_a[i, 0] < high
            from_b = j < end_j and edges_b[j, 0] < high
            if not from_a and not from_b:
                break
            if from_a and (not from_b or edges_a[i, 0] <= edges_b[j, 0]):
                # An edge below the whole other polygon adds as much as it takes off.
                if edges_a[i, 2] > x and max(edges_a[i, 1], edges_a[i, 3]) > floor_b:
                    count_b, more = met(column, n, x, y, edges_a, i, edges_b, active_b, count_b, high)
                    total += more
                    active_a[count_a] = i
                    count_a += 1
                i += 1
            else:
                if edges_b[j, 2] > x and max(edges_b[j, 1], edges_b[j, 3]) > floor_a:
                    count_a, more = met(column, n, x, y, edges_b, j, edges_a, active_a, count_a, high)
                    total += more
                    active_b[count_b] = j
                    count_b += 1
                j += 1
        areas[pair] = total
    return areas
