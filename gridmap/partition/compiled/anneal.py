"""Simulated annealing: units at borders change to the grid beyond, ever more rarely where that costs."""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.compiled.chance import below, uniform
from gridmap.partition.compiled.change import of_rest, of_weight, shift
from gridmap.partition.compiled.contiguity import Room, room, whole_without
from gridmap.partition.compiled.front import Front, empty, followed, laid
from gridmap.partition.compiled.state import Ground, Limits, Partition

COOLING = 256  # steps at one temperature
WALK = 4  # units away that the second of two looks for its border


class Prices(NamedTuple):
    """What a round is annealed at.

    Temperature and price of excess at begin and end; what compactness and a mean grid moved cost; how often, of all times that a unit is
    too heavy to change alone, it is tried with a second one; and how much hotter it is for a unit of a mean grid's weight, so that heavy
    ones may change where light ones no longer do.
    """

    hot: float
    cold: float
    loose: float
    strict: float
    compact: float
    stable: float
    paired: float
    warm: float


class Bench(NamedTuple):
    """What a thread works with: its front, its room to search and the state of its chance."""

    front: Front
    room: Room
    chance: np.ndarray


def bench(ground: Ground, seed: int) -> Bench:
    """Return what a thread works with."""
    return Bench(empty(ground), room(ground), np.array([seed % 2**64], dtype=np.uint64))


@njit(forceinline=True, error_model="numpy")
def stepped(units: np.ndarray, borders: np.ndarray, grid: np.ndarray, u: int, b: int, chance: np.ndarray) -> tuple[int, int]:
    """Walk a few units on from `u` in grid `b`; return one there and a place of its border with another grid, or -1."""
    x = u
    for _ in range(WALK):
        e = units[x].begin + below(chance, units[x].end - units[x].begin)
        v = borders[e].neighbour
        if grid[v] == b:
            x = v
        elif x != u and borders[e].open:
            return x, e
    return -1, -1


@njit(nogil=True, cache=True, error_model="numpy")
def anneal(ground: Ground, limits: Limits, partition: Partition, active: np.ndarray, prices: Prices, steps: int, bench: Bench) -> int:
    """Anneal a partition in place and return how many times it changed; only active grids change, and units that are not fixed.

    Where the weight of a unit alone forbids a change, one in `paired` times a second unit is sent on from the grid it comes to: such pairs
    are what remains where single units are too heavy for the limits.
    """
    units, borders, weight = ground.units, ground.borders, ground.weight
    low, high, even = limits.low, limits.high, limits.even
    grid, load, shape = partition.grid, partition.load, partition.shape
    places, position, used = bench.front.places, bench.front.position, bench.front.used
    mark, stamp, queue, group, pending = bench.room.mark, bench.room.stamp, bench.room.queue, bench.room.group, bench.room.pending
    chance = bench.chance
    compact, stable, warm = prices.compact, prices.stable, prices.warm
    laid(units, borders, grid, active, places, position, used)
    changed = 0
    temperature, strictness = prices.hot, prices.loose
    for step in range(steps):
        if step % COOLING == 0:
            if used[0] == 0:
                break
            share = step / steps
            temperature = prices.hot * (prices.cold / prices.hot) ** share
            strictness = prices.loose * (prices.strict / prices.loose) ** share
        crossing = places[below(chance, used[0])]
        u = borders[crossing].owner
        a, b = grid[u], grid[borders[crossing].neighbour]
        most = -temperature * (1.0 + warm * weight[u, 0]) * np.log(1.0 - uniform(chance))
        change, between, beyond = of_rest(units, borders, grid, shape, u, a, b, compact, stable)
        by_weight = of_weight(weight, low, high, even, load, u, a, b, strictness)
        alone = change + by_weight <= most
        if not alone and (by_weight <= 0.0 or change > most or uniform(chance) >= prices.paired):
            continue
        if not whole_without(units, borders, grid, u, mark, stamp, queue, group, pending):
            continue
        shift(units, weight, grid, load, shape, u, b, between, beyond)
        if alone:
            followed(units, borders, grid, active, places, position, used, u)
            changed += 1
            continue
        v, e = stepped(units, borders, grid, u, b, chance)
        if v >= 0 and not units[v].fixed and active[grid[borders[e].neighbour]]:
            c = grid[borders[e].neighbour]
            second, inside, outside = of_rest(units, borders, grid, shape, v, b, c, compact, stable)
            second += of_weight(weight, low, high, even, load, v, b, c, strictness)
            if change + by_weight + second <= most and whole_without(units, borders, grid, v, mark, stamp, queue, group, pending):
                shift(units, weight, grid, load, shape, v, c, inside, outside)
                followed(units, borders, grid, active, places, position, used, u)
                followed(units, borders, grid, active, places, position, used, v)
                changed += 1
                continue
        shift(units, weight, grid, load, shape, u, a, beyond, between)
    return changed
