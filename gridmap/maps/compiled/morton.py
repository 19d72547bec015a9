"""Morton codes: the bits of column and row in turn, so that every square of every size is one run of codes."""

import numpy as np
from numba import njit

_SPREAD = tuple(
    (np.uint64(shift), np.uint64(mask))
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    )
)
(_S16, _M16), (_S8, _M8), (_S4, _M4), (_S2, _M2), (_S1, _M1) = _SPREAD
_M32 = np.uint64(0x00000000FFFFFFFF)


@njit(inline="always")
def apart(value: int) -> np.int64:
    """Return the lowest 32 bits with a zero between each two."""
    v = np.uint64(value) & _M32
    v = (v | (v << _S16)) & _M16
    v = (v | (v << _S8)) & _M8
    v = (v | (v << _S4)) & _M4
    v = (v | (v << _S2)) & _M2
    return np.int64((v | (v << _S1)) & _M1)


@njit(inline="always")
def together(code: int) -> np.int64:
    """Return every second bit: the inverse of `apart`."""
    v = np.uint64(code) & _M1
    v = (v | (v >> _S1)) & _M2
    v = (v | (v >> _S2)) & _M4
    v = (v | (v >> _S4)) & _M8
    v = (v | (v >> _S8)) & _M16
    return np.int64((v | (v >> _S16)) & _M32)


@njit(nogil=True, cache=True)
def encoded(column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the codes of columns and rows of at most 31 bits."""
    codes = np.empty(len(column), dtype=np.int64)
    for k in range(len(codes)):
        codes[k] = apart(column[k]) | (apart(row[k]) << 1)
    return codes


@njit(nogil=True, cache=True)
def decoded(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return columns and rows of codes."""
    column, row = np.empty_like(codes), np.empty_like(codes)
    for k in range(len(codes)):
        column[k], row[k] = together(codes[k]), together(codes[k] >> 1)
    return column, row
