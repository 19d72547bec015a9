"""On which side of a line a point lies, without rounding.

Source: Shewchuk (1997), Adaptive precision floating-point arithmetic and fast robust geometric predicates, for the error bound of the
filter and the expansion arithmetic behind it. Coordinates must be zero or between `SMALLEST` and `LARGEST`, so that no product overflows
or loses its tail.
"""

import numpy as np
from numba import njit

SMALLEST = 1e-100
LARGEST = 1e100
FILTER = 4.5e-16  # above Shewchuk's (3 + 16 e) e with e = 2**-53


@njit(inline="always")
def two_sum(a: float, b: float) -> tuple[float, float]:
    """Return a + b and its rounding error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


@njit(inline="always")
def two_product(a: float, b: float) -> tuple[float, float]:
    """Return a * b and its rounding error (Dekker's splitting)."""
    product = a * b
    c = 134217729.0 * a
    high_a = c - (c - a)
    low_a = a - high_a
    c = 134217729.0 * b
    high_b = c - (c - b)
    low_b = b - high_b
    return product, ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b


@njit(nogil=True, cache=True)
def exact_side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Return the sign of ax by - ax py - px by - ay bx + ay px + py bx, summed as an expansion."""
    terms = np.zeros(12)
    count = 0
    factors = ((ax, by), (-ax, py), (-px, by), (-ay, bx), (ay, px), (py, bx))
    for left, right in factors:
        high, low = two_product(left, right)
        for term in (low, high):
            carried = term
            for k in range(count):
                carried, terms[k] = two_sum(carried, terms[k])
            terms[count] = carried
            count += 1
    for k in range(count - 1, -1, -1):
        if terms[k] != 0.0:
            return 1 if terms[k] > 0.0 else -1
    return 0


@njit(inline="always")
def side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Return 1 if p lies left of the line from a to b, -1 if right, 0 if on it."""
    left = (ax - px) * (by - py)
    right = (ay - py) * (bx - px)
    difference = left - right
    bound = FILTER * (abs(left) + abs(right))
    if difference > bound:
        return 1
    if difference < -bound:
        return -1
    if bound == 0.0:  # both products have a factor that is zero exactly: p is an end, or all three lie level
        return 0
    return exact_side(ax, ay, bx, by, px, py)


@njit(inline="always")
def rounded(a: float, b: float) -> bool:
    """Tell whether a - b is not a floating-point number."""
    return two_sum(a, -b)[1] != 0.0


@njit(inline="always")
def beyond_doubles(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> bool:
    """Tell whether p is too near the line for the filter and a difference of coordinates does not fit a floating-point number.

    GEOS computes orientations from such differences in twice the precision: where they fit, its answer is exact too; where one does not,
    the answer may be rounded, and only GEOS itself can give it.
    """
    left = (ax - px) * (by - py)
    right = (ay - py) * (bx - px)
    if abs(left - right) > 4.0 * FILTER * (abs(left) + abs(right)):
        return False
    across = rounded(bx, ax) or rounded(px, ax) or rounded(px, bx)
    return across or rounded(by, ay) or rounded(py, ay) or rounded(py, by)
