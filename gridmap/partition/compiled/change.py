"""What it costs that a unit changes from one grid to another."""

import numpy as np
from numba import njit

from gridmap.partition.compiled.state import excess

FULL_TURN = 4 * np.pi
LINEAR = 0.02  # share of the price of excess that does not shrink with it
TINY = 1e-12


@njit(forceinline=True, error_model="numpy")
def along(units: np.ndarray, borders: np.ndarray, grid: np.ndarray, u: int, a: int, b: int) -> tuple[float, float, float]:
    """Return the change of the cost of borders, and the lengths of those with the unit's own grid and with the other one."""
    change, between, beyond = 0.0, 0.0, 0.0
    for e in range(units[u].begin, units[u].end):
        g = grid[borders[e].neighbour]
        if g == a:
            change += borders[e].cost
            between += borders[e].length
        elif g == b:
            change -= borders[e].cost
            beyond += borders[e].length
    return change, between, beyond


@njit(forceinline=True, error_model="numpy")
def imbalance(low: float, high: float, even: float, load: float, strictness: float) -> float:
    """Return what a grid's weight costs."""
    off = load - 1.0
    over = excess(low, high, load)
    return even * off * off + strictness * over * (over + LINEAR)


@njit(forceinline=True, error_model="numpy")
def of_weight(
    weight: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    even: np.ndarray,
    load: np.ndarray,
    u: int,
    a: int,
    b: int,
    strictness: float,
) -> float:
    """Return the change of imbalance."""
    change = 0.0
    for j in range(weight.shape[1]):
        w = weight[u, j]
        if w != 0.0:
            one, other = load[a, j], load[b, j]
            change += imbalance(low[j], high[j], even[j], one - w, strictness) - imbalance(low[j], high[j], even[j], one, strictness)
            change += imbalance(low[j], high[j], even[j], other + w, strictness) - imbalance(low[j], high[j], even[j], other, strictness)
    return change


@njit(forceinline=True, error_model="numpy")
def roundness(perimeter: float, area: float) -> float:
    """Return the square of a perimeter over that of the circle of the same area."""
    return perimeter * perimeter / (FULL_TURN * max(area, TINY))


@njit(forceinline=True, error_model="numpy")
def of_shape(units: np.ndarray, shape: np.ndarray, u: int, a: int, b: int, between: float, beyond: float) -> float:
    """Return the change of roundness."""
    area, perimeter = units[u].area, units[u].perimeter
    after = roundness(shape[a].perimeter - perimeter + 2 * between, shape[a].area - area)
    after += roundness(shape[b].perimeter + perimeter - 2 * beyond, shape[b].area + area)
    return after - roundness(shape[a].perimeter, shape[a].area) - roundness(shape[b].perimeter, shape[b].area)


@njit(forceinline=True, error_model="numpy")
def of_moving(units: np.ndarray, u: int, a: int, b: int) -> float:
    """Return the change of what has moved."""
    if units[u].old == a:
        return units[u].hold
    return -units[u].hold if units[u].old == b else 0.0


@njit(forceinline=True, error_model="numpy")
def of_rest(
    units: np.ndarray,
    borders: np.ndarray,
    grid: np.ndarray,
    shape: np.ndarray,
    u: int,
    a: int,
    b: int,
    compact: float,
    stable: float,
) -> tuple[float, float, float]:
    """Return the change of all but imbalance, and the lengths of the unit's borders with both grids."""
    change, between, beyond = along(units, borders, grid, u, a, b)
    if compact > 0.0:
        change += compact * of_shape(units, shape, u, a, b, between, beyond)
    if stable > 0.0:
        change += stable * of_moving(units, u, a, b)
    return change, between, beyond


@njit(forceinline=True, error_model="numpy")
def shift(
    units: np.ndarray,
    weight: np.ndarray,
    grid: np.ndarray,
    load: np.ndarray,
    shape: np.ndarray,
    u: int,
    to: int,
    between: float,
    beyond: float,
) -> None:
    """Give a unit to another grid; `between` and `beyond` are the lengths of its borders with its own and with that one."""
    old = grid[u]
    grid[u] = to
    for j in range(weight.shape[1]):
        load[old, j] -= weight[u, j]
        load[to, j] += weight[u, j]
    shape[old].area -= units[u].area
    shape[to].area += units[u].area
    shape[old].perimeter += 2 * between - units[u].perimeter
    shape[to].perimeter += units[u].perimeter - 2 * beyond
    shape[old].size -= 1
    shape[to].size += 1
