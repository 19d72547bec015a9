"""Conditional permutations: what a grid's neighbours might hold if events knew no place."""

import numpy as np


def draw_others(values: np.ndarray, own: int, k: int, permutations: int, random: np.random.Generator) -> np.ndarray:
    """Draw `k` different values of the other grids, in random order, once per permutation.

    Parameters
    ----------
    values
        One value per grid, shape (n,).
    own
        Position of the grid whose value stays where it is, so is never drawn.
    k
        Values per draw, 0 to n - 1.
    permutations
        Number of draws.
    random
        Source of chance; its state moves on.

    Returns
    -------
    ndarray
        Shape (permutations, k).

    Notes
    -----
    Every ordered choice is equally likely. Few out of many: rows with a repeat are drawn again, about permutations * k steps;
    otherwise whole permutations, permutations * n steps.
    """
    others = np.delete(values, own)
    n = len(others)
    if k * (k - 1) > n:  # more than four rows in ten would repeat a value
        return random.permuted(np.broadcast_to(others, (permutations, n)), axis=1)[:, :k]
    chosen = random.integers(n, size=(permutations, k))
    again = np.flatnonzero(_repeats(chosen))
    while len(again):
        chosen[again] = random.integers(n, size=(len(again), k))
        again = again[_repeats(chosen[again])]
    return others[chosen]


def _repeats(rows: np.ndarray) -> np.ndarray:
    ordered = np.sort(rows, axis=1)
    return (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
