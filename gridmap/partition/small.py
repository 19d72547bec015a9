"""Few units made a number of grids: all ways are looked at, so that the best one is found or it is proven that there is none."""

from dataclasses import dataclass

import numpy as np

from gridmap.errors import InfeasibleError
from gridmap.partition import problem as problems
from gridmap.partition.compiled.change import FULL_TURN, TINY
from gridmap.partition.goal import Goal
from gridmap.partition.numbering import in_order
from gridmap.partition.problem import Problem
from gridmap.partition.solve import STABLE, Piece

UNITS = 14  # at most: of 16,384 sets of units those that hang together are told within milliseconds
PAIRS = 1_000_000  # of what is left and a further grid are looked at, at most: a few hundredths of a second
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Grids:
    """All sets of units that may be a grid, each once for every old grid that it may stand for and once for none; shape (m,).

    Attributes
    ----------
    units
        Bit u stands for unit u.
    uses
        `units`, and a bit of its own for the old grid.
    cost
        Of its borders, by halves, its shape, evenness and moves.
    load
        Shape (m, q), shares of a mean grid.
    """

    units: np.ndarray
    uses: np.ndarray
    cost: np.ndarray
    load: np.ndarray


def best(piece: Piece, goal: Goal, stability: float) -> np.ndarray | None:
    """Return the grid of every unit in the best partition, numbered in the order of first units; None where there are too many ways.

    Parameters
    ----------
    piece
        Connected units, n of them, and what is asked of them.
    goal, stability
        As in `build`.

    Raises
    ------
    InfeasibleError
        If there is no partition within the limits. The rows are units that are in no grid within them, seeds without which there would be
        one, or all units.

    Notes
    -----
    Least is what the search anneals: borders, shapes and moves, and unevenness within the limits. Partitions are made grid by grid, each
    with the first unit that is left, and of those that leave the same the cheapest is kept (dynamic programming over sets, Bellman 1957).
    Cost: 2^n, and for each number of grids the pairs of what is left and a grid.
    """
    if piece.network.n > UNITS:
        return None
    problem = problems.of(piece.network, piece.balance, piece.k, goal)
    grids = _grids(problem, piece.core, piece.old, STABLE * stability)
    chosen = _cheapest(problem, grids)
    if chosen is None:
        return None
    if not len(chosen):
        raise _cause(piece, problem)
    return in_order(_bits(chosen, problem.n).argmax(axis=0))


def _cause(piece: Piece, problem: Problem) -> InfeasibleError:
    """Return why there is no partition: seeds, units that are in no grid, or all of them together."""
    free = _grids(problem, np.full(problem.n, -1), None, 0.0)
    stuck = ~_bits(np.array([np.bitwise_or.reduce(free.units)]), problem.n)[0]
    if stuck.any():
        return InfeasibleError("unit_stuck", rows=piece.network.index[stuck])
    if (piece.core >= 0).any():
        without = _cheapest(problem, free)
        if without is None or len(without):
            return InfeasibleError("seeds_no_partition", grids=piece.k, rows=piece.network.index[piece.core >= 0])
    return InfeasibleError("no_partition", grids=piece.k, rows=piece.network.index)


def _bits(sets: np.ndarray, count: int) -> np.ndarray:
    """Return which of so many bits are set, shape (m, count)."""
    return (sets[:, None] >> np.arange(count)) & 1 == 1


def _grids(problem: Problem, core: np.ndarray, old: np.ndarray | None, stable: float) -> Grids:
    """Return the sets of units that hang together, are within the limits, and have all units of one core or none of any."""
    n, ground = problem.n, problem.ground
    sets = np.arange(1, 1 << n)
    for number in np.unique(core[core >= 0]):
        seeds = sum(1 << int(unit) for unit in np.flatnonzero(core == number))
        others = sum(1 << int(unit) for unit in np.flatnonzero((core >= 0) & (core != number)))
        sets = sets[((sets & seeds) == 0) | (((sets & seeds) == seeds) & ((sets & others) == 0))]
    load = _bits(sets, n).astype(float) @ ground.weight
    within = ((load >= problem.asked.low) & (load <= problem.asked.high)).all(axis=1)
    sets, load = sets[within], load[within]
    whole = _connected(problem, sets)
    sets, load = sets[whole], load[whole]
    cost = _cost(problem, sets, load)
    if old is None or stable == 0:
        return Grids(sets, sets, cost, load)
    bits, hold = _bits(sets, n), np.where(old >= 0, ground.units["hold"], 0.0)
    uses, costs, rows = [sets], [cost + stable * (bits @ hold)], [np.arange(len(sets))]
    for place, number in enumerate(np.unique(old[old >= 0])):
        stays = bits @ np.where(old == number, hold, 0.0)
        some = np.flatnonzero(stays > 0)
        uses.append(sets[some] | (1 << (n + place)))
        costs.append(costs[0][some] - stable * stays[some])
        rows.append(some)
    row = np.concatenate(rows)
    return Grids(sets[row], np.concatenate(uses), np.concatenate(costs), load[row])


def _connected(problem: Problem, sets: np.ndarray) -> np.ndarray:
    """Tell which sets of units hang together."""
    borders = problem.ground.borders
    beside = np.zeros(problem.n, dtype=np.int64)
    np.bitwise_or.at(beside, borders["owner"][borders["open"]], 1 << borders["neighbour"][borders["open"]].astype(np.int64))
    reached = sets & -sets
    while True:
        further = reached.copy()
        for unit in range(problem.n):
            further |= np.where(reached >> unit & 1, beside[unit], 0)
        further &= sets
        if (further == reached).all():
            return np.asarray(reached == sets)
        reached = further


def _cost(problem: Problem, sets: np.ndarray, load: np.ndarray) -> np.ndarray:
    """Return what each set costs as a grid."""
    n, units, borders = problem.n, problem.ground.units, problem.ground.borders
    dear, long = np.zeros((2, n, n))
    dear[borders["owner"], borders["neighbour"]] = borders["cost"]
    long[borders["owner"], borders["neighbour"]] = borders["length"]
    bits = _bits(sets, n).astype(float)
    cost = ((bits @ dear) * (1 - bits)).sum(axis=1) / 2 + ((load - 1) ** 2) @ problem.asked.even
    if problem.compact > 0:
        perimeter, area = bits @ units["perimeter"] - ((bits @ long) * bits).sum(axis=1), np.maximum(bits @ units["area"], TINY)
        cost += problem.compact * perimeter**2 / (FULL_TURN * area)
    return cost


def _cheapest(problem: Problem, grids: Grids) -> np.ndarray | None:
    """Return the units of each grid of the cheapest partition, none where there is none; None where there are too many ways."""
    every = (1 << problem.n) - 1
    first = grids.units & -grids.units
    left, cost, steps = np.array([-1]), np.zeros(1), []  # all bits: every unit, every old grid
    load = problem.ground.weight.sum(axis=0)[None]
    low, high = problem.asked.low, np.minimum(problem.asked.high, load[0] + 1)  # finite
    pairs = 0
    for more in range(problem.k - 1, -1, -1):
        states, further = [], []
        lowest = left & every & -(left & every)
        for unit in np.unique(lowest):
            here, those = np.flatnonzero(lowest == unit), np.flatnonzero(first == unit)
            pairs += len(here) * len(those)
            if pairs > PAIRS:
                return None
            state, grid = np.nonzero((grids.uses[those] & ~left[here, None]) == 0)
            states.append(here[state])
            further.append(those[grid])
        state, grid = (np.concatenate(each) for each in (states, further))
        rest = load[state] - grids.load[grid]
        enough = (rest >= more * low - ROUNDING) & (rest <= more * high + ROUNDING)
        kept = enough.all(axis=1) & (((left[state] ^ grids.units[grid]) & every == 0) == (more == 0))
        state, grid, rest = state[kept], grid[kept], rest[kept]
        if not len(state):
            return np.empty(0, dtype=np.int64)
        total, after = cost[state] + grids.cost[grid], left[state] ^ grids.uses[grid]
        order = np.lexsort((total, after))
        order = order[np.unique(after[order], return_index=True)[1]]
        left, cost, load = after[order], total[order], rest[order]
        steps.append((state[order], grids.units[grid[order]]))
    place, chosen = int(cost.argmin()), []
    for before, units in reversed(steps):
        chosen.append(units[place])
        place = int(before[place])
    return np.array(chosen)
