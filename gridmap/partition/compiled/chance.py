"""Pseudorandom numbers whose state is an array of one number, so that every run has a stream of its own on every machine."""

import numpy as np
from numba import njit


@njit(forceinline=True)
def drawn(state: np.ndarray) -> np.uint64:
    """Return 64 random bits (splitmix64: Steele, Lea & Flood, 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(forceinline=True)
def below(state: np.ndarray, most: int) -> int:
    """Return a whole number from 0 to below `most` (fewer than 2^31)."""
    return int(((drawn(state) >> np.uint64(32)) * np.uint64(most)) >> np.uint64(32))


@njit(forceinline=True)
def uniform(state: np.ndarray) -> float:
    """Return a number from 0 to below 1."""
    return np.float64(drawn(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)
