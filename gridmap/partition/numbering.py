"""Codes of grids: numbers in the order of their first units, or the codes of an old plan."""

from collections.abc import Collection

import numpy as np
from scipy.optimize import linear_sum_assignment

LEAST_WIDTH = 2


def in_order(grid: np.ndarray) -> np.ndarray:
    """Return the grids numbered in the order of their first units."""
    first = np.unique(grid, return_index=True)
    rank = np.empty(len(first[0]), dtype=np.int64)
    rank[np.argsort(first[1], kind="stable")] = np.arange(len(rank))
    return rank[np.searchsorted(first[0], grid)]


def numbers(count: int, *, prefix: str = "", used: Collection[str] = ()) -> list[str]:
    """Return so many unused codes in ascending order: numbers from 1 with leading zeros."""
    taken = set(used)
    width = max(LEAST_WIDTH, len(str(count + len(taken))))
    found: list[str] = []
    number = 0
    while len(found) < count:
        number += 1
        code = f"{prefix}{number:0{width}d}"
        if code not in taken:
            found.append(code)
    return found


def most_alike(grid: np.ndarray, old: np.ndarray, weight: np.ndarray, k: int, old_count: int) -> np.ndarray:
    """Return for each of `k` grids the old one that it keeps most of, -1 for none: all together keep the most weight.

    Parameters
    ----------
    grid, old
        Shape (n,); old -1 where a unit was in no grid.
    weight
        What every unit weighs.
    """
    known = old >= 0
    shared = np.zeros((k, old_count))
    np.add.at(shared, (grid[known], old[known]), weight[known])
    one, other = linear_sum_assignment(-shared)
    found = np.full(k, -1)
    kept = shared[one, other] > 0
    found[one[kept]] = other[kept]
    return found
