"""A heap of numbers by a key, on two arrays; the standard library's takes numba seconds to compile."""

import numpy as np
from numba import njit


@njit(nogil=True, error_model="numpy")
def push(keys: np.ndarray, values: np.ndarray, size: int, key: float, value: int) -> int:
    """Put in a value and return the new size; of equal keys the smaller value comes first."""
    place = size
    while place > 0:
        above = (place - 1) // 2
        if keys[above] < key or (keys[above] == key and values[above] <= value):
            break
        keys[place], values[place] = keys[above], values[above]
        place = above
    keys[place], values[place] = key, value
    return size + 1


@njit(nogil=True, error_model="numpy")
def pop(keys: np.ndarray, values: np.ndarray, size: int) -> int:
    """Take out the first value, which the caller has read at 0, and return the new size."""
    size -= 1
    key, value = keys[size], values[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (keys[right] < keys[below] or (keys[right] == keys[below] and values[right] < values[below])):
            below = right
        if key < keys[below] or (key == keys[below] and value <= values[below]):
            break
        keys[place], values[place] = keys[below], values[below]
        place = below
    keys[place], values[place] = key, value
    return size
