"""Whole numbers that add up: a total dealt out by weights."""

import numpy as np


def deal(total: int, weights: np.ndarray) -> np.ndarray:
    """Return whole shares of `total` in proportion to `weights`, by largest remainder; ties go to the first."""
    exact = np.asarray(weights, dtype=float) * (total / float(np.sum(weights)))
    found = np.floor(exact).astype("int64")
    rest = np.argsort(-(np.round(exact - found, 9)), kind="stable")[: total - int(found.sum())]
    found[rest] += 1
    return found
