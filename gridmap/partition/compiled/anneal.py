"""Simulated annealing: units at borders change to the grid beyond, ever more rarely where that costs."""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.compiled.chance import below, uniform
from gridmap.partition.compiled.contiguity import Room, room, whole_without
from gridmap.partition.compiled.front import Front, empty, followed, laid
from gridmap.partition.compiled.state import Borders, Limits, Partition, Units, excess, shift

FULL_TURN = 4 * np.pi
LINEAR = 0.02  # share of the price of excess that does not shrink with it
COOLING = 256  # steps at one temperature
WALK = 4  # units away that the second of two looks for its border


class Prices(NamedTuple):
    """What a round is annealed at: temperature and price of excess at begin and end; what compactness and a mean grid moved cost; and how
    often, of all times that a unit is too heavy to change alone, it is tried with a second one.
    """

    hot: float
    cold: float
    loose: float
    strict: float
    compact: float
    stable: float
    paired: float


class Bench(NamedTuple):
    """What a thread works with: its front, its room to search and the state of its chance."""

    front: Front
    room: Room
    chance: np.ndarray


@njit(nogil=True, cache=True)
def bench(borders: Borders, seed: int) -> Bench:
    """Return what a thread works with."""
    chance = np.empty(1, np.uint64)
    chance[0] = np.uint64(seed)
    return Bench(empty(borders), room(borders), chance)


@njit(inline="always")
def roundness(perimeter: float, area: float) -> float:
    """Return the square of a perimeter over that of the circle of the same area."""
    return perimeter * perimeter / (FULL_TURN * max(area, 1e-12))


@njit(inline="always")
def imbalance(limits: Limits, j: int, weight: float, strictness: float) -> float:
    """Return what a grid's weight costs."""
    off = weight / limits.aim[j] - 1.0
    over = excess(limits, j, weight)
    return limits.even[j] * off * off + strictness * over * (over + LINEAR)


@njit(inline="always")
def of_weight(units: Units, limits: Limits, partition: Partition, u: int, a: int, b: int, strictness: float) -> float:
    """Return what it costs in balance that a unit changes from one grid to another."""
    change = 0.0
    for j in range(units.weight.shape[1]):
        w = units.weight[u, j]
        if w != 0.0:
            one, other = partition.weight[a, j], partition.weight[b, j]
            change += imbalance(limits, j, one - w, strictness) - imbalance(limits, j, one, strictness)
            change += imbalance(limits, j, other + w, strictness) - imbalance(limits, j, other, strictness)
    return change


@njit(inline="always")
def of_shape(units: Units, partition: Partition, u: int, a: int, b: int, between: float, beyond: float) -> float:
    """Return what it costs in compactness."""
    area, perimeter = units.area[u], units.perimeter[u]
    after = roundness(partition.perimeter[a] - perimeter + 2 * between, partition.area[a] - area)
    after += roundness(partition.perimeter[b] + perimeter - 2 * beyond, partition.area[b] + area)
    return after - roundness(partition.perimeter[a], partition.area[a]) - roundness(partition.perimeter[b], partition.area[b])


@njit(inline="always")
def of_moving(units: Units, u: int, a: int, b: int) -> float:
    """Return what it costs in stability."""
    if units.old[u] == a:
        return units.hold[u]
    return -units.hold[u] if units.old[u] == b else 0.0


@njit(inline="always")
def along(borders: Borders, grid: np.ndarray, u: int, a: int, b: int) -> tuple[float, float, float]:
    """Return what it costs in borders, and the lengths of those with the unit's own grid and with the other one."""
    change, between, beyond = 0.0, 0.0, 0.0
    for e in range(borders.indptr[u], borders.indptr[u + 1]):
        g = grid[borders.neighbour[e]]
        if g == a:
            change += borders.cost[e]
            between += borders.length[e]
        elif g == b:
            change -= borders.cost[e]
            beyond += borders.length[e]
    return change, between, beyond


@njit(inline="always")
def of_rest(borders: Borders, units: Units, partition: Partition, u: int, a: int, b: int, prices: Prices) -> tuple[float, float, float]:
    """Return what it costs but for balance, and the lengths of the unit's borders with both grids."""
    change, between, beyond = along(borders, partition.grid, u, a, b)
    if prices.compact > 0.0:
        change += prices.compact * of_shape(units, partition, u, a, b, between, beyond)
    if prices.stable > 0.0:
        change += prices.stable * of_moving(units, u, a, b)
    return change, between, beyond


@njit(inline="always")
def stepped(borders: Borders, grid: np.ndarray, u: int, b: int, bench: Bench) -> tuple[int, int]:
    """Walk a few units on from `u` in grid `b`; return one there and a place of its border with another grid, or -1."""
    x = u
    for _ in range(WALK):
        e = borders.indptr[x] + below(bench.chance, borders.indptr[x + 1] - borders.indptr[x])
        v = borders.neighbour[e]
        if grid[v] == b:
            x = v
        elif x != u and borders.open[e]:
            return x, e
    return -1, -1


@njit(nogil=True, cache=True)
def exchanged(
    borders: Borders,
    units: Units,
    limits: Limits,
    partition: Partition,
    active: np.ndarray,
    prices: Prices,
    bench: Bench,
    move: tuple[int, int, float, float, float],
    strictness: float,
    most: float,
) -> bool:
    """Let a unit change together with one that leaves the grid it comes to, if both cost at most so much (the first one's cost is known).

    Such pairs are what remains where single units are too heavy for the limits.
    """
    u, b, cost, between, beyond = move
    grid = partition.grid
    a = grid[u]
    if not whole_without(borders, grid, u, bench.room):
        return False
    shift(units, partition, u, b, between, beyond)
    v, e = stepped(borders, grid, u, b, bench)
    if v >= 0 and not units.fixed[v] and active[grid[borders.neighbour[e]]]:
        c = grid[borders.neighbour[e]]
        change, inside, outside = of_rest(borders, units, partition, v, b, c, prices)
        change += of_weight(units, limits, partition, v, b, c, strictness)
        if cost + change <= most and whole_without(borders, grid, v, bench.room):
            shift(units, partition, v, c, inside, outside)
            followed(bench.front, borders, units, grid, active, u)
            followed(bench.front, borders, units, grid, active, v)
            return True
    shift(units, partition, u, a, beyond, between)
    return False


@njit(nogil=True, cache=True)
def anneal(
    borders: Borders, units: Units, limits: Limits, partition: Partition, active: np.ndarray, prices: Prices, steps: int, bench: Bench
) -> int:
    """Anneal a partition in place and return how many times it changed; only active grids change, and units that are not fixed."""
    front, grid = bench.front, partition.grid
    laid(front, borders, units, grid, active)
    changed = 0
    temperature, strictness = prices.hot, prices.loose
    for step in range(steps):
        if step % COOLING == 0:
            if front.used[0] == 0:
                break
            share = step / steps
            temperature = prices.hot * (prices.cold / prices.hot) ** share
            strictness = prices.loose * (prices.strict / prices.loose) ** share
        crossing = front.places[below(bench.chance, front.used[0])]
        u = borders.owner[crossing]
        a, b = grid[u], grid[borders.neighbour[crossing]]
        most = -temperature * np.log(1.0 - uniform(bench.chance))
        change, between, beyond = of_rest(borders, units, partition, u, a, b, prices)
        weight = of_weight(units, limits, partition, u, a, b, strictness)
        if change + weight <= most:
            if whole_without(borders, grid, u, bench.room):
                shift(units, partition, u, b, between, beyond)
                followed(front, borders, units, grid, active, u)
                changed += 1
        elif weight > 0.0 and change <= most and uniform(bench.chance) < prices.paired:
            move = (u, b, change + weight, between, beyond)
            changed += exchanged(borders, units, limits, partition, active, prices, bench, move, strictness, most)
    return changed
