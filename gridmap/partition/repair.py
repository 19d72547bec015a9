"""Grids outside of their limits brought into them: the grids around each are taken up anew, ever more of them, until all fit."""

import numpy as np

from gridmap.partition import redraw
from gridmap.partition.compiled import anneal as annealing
from gridmap.partition.compiled import state
from gridmap.partition.compiled.anneal import Prices
from gridmap.partition.compiled.state import Partition
from gridmap.partition.problem import Problem
from gridmap.partition.search import Report, Round, Run, figures, standing

STEPS, WARM_STEPS, MOVING_STEPS = 400, 1_000, 3_600  # per unit that is taken up; the last where moves cost
FEWEST, FEW_UNITS = 20_000, 1_000  # at least, unless there are few units
HEATS = (  # temperature, price of excess, and how much warmer heavy units are: these need low prices, or a heat of their own
    (0.3, 3_000.0, 0.0),
    (0.5, 300.0, 50.0),
    (0.6, 300.0, 0.0),
    (0.5, 1_000.0, 100.0),
    (1.2, 100.0, 0.0),
    (0.5, 1_000.0, 200.0),
    (2.5, 30.0, 0.0),
    (0.5, 1_000.0, 400.0),
)
MOVING_WARM = (0.0, 40.0, 20.0, 80.0)  # how much warmer where moves cost
STRICT = (100_000.0, 1_000_000.0, 10_000_000.0)  # price of excess at the end: the last traces of it need high prices
RINGS = (1, 1, 1, 1, 2, 2, 1, 1, 2, 2, 3, 3)  # of grids around one that are taken up with it
LEFT_OUT = 0.3  # of those grids, after the first tries


def repaired(problem: Problem, run: Run, tries: int, report: Report) -> Partition:
    """Return a partition with less outside of the limits, if possible nothing, after so many tries at most; moves are free in it."""
    partition = run.partition
    chance = np.random.default_rng(int(run.bench.chance[0]))
    for number in range(tries):
        off = outside(problem, partition)
        if not off.any():
            break
        chosen = _region(problem, partition, off, number, chance)
        partition = taken_up(problem, partition, run, chosen, 0.0, number)
        report(1.0, figures(problem, partition))
    return partition


def outside(problem: Problem, partition: Partition) -> np.ndarray:
    """Mark the grids outside of the limits."""
    return np.asarray(((partition.load > problem.asked.high) | (partition.load < problem.asked.low)).any(axis=1))


def _region(problem: Problem, partition: Partition, off: np.ndarray, number: int, chance: np.random.Generator) -> np.ndarray:
    """Return one of the grids that are outside, the worst first, with some of those around."""
    excess = np.maximum(partition.load - problem.limits.high, problem.limits.low - partition.load)
    worst = np.flatnonzero(off)[np.argsort(-excess[off].max(axis=1), kind="stable")]
    core = np.zeros(problem.k, dtype=bool)
    core[worst[number % len(worst)]] = True
    chosen = core
    for _ in range(RINGS[number % len(RINGS)] + number // (5 * len(RINGS))):
        chosen = state.around(problem.ground, partition.grid, chosen)
    if number >= len(HEATS):
        kept = chosen & (chance.random(problem.k) >= LEFT_OUT)
        chosen = core | kept if kept.sum() > 1 else chosen
    return chosen


def taken_up(problem: Problem, partition: Partition, run: Run, chosen: np.ndarray, stable: float, number: int) -> Partition:
    """Anneal some grids anew, by the heat of that number; return the better of before and after."""
    trial = Partition(*(values.copy() for values in partition))
    for each in _rounds(problem, int(partition.shape["size"][chosen].sum()), stable, number):
        annealing.anneal(problem.ground, problem.limits, trial, chosen, each.prices, each.steps, run.bench)
    return min((trial, partition), key=lambda each: standing(problem, each, stable))


def _rounds(problem: Problem, size: int, stable: float, number: int) -> list[Round]:
    """Return the rounds at which so many units are annealed anew."""
    if stable > 0:
        return redraw.rounds(problem, stable, MOVING_STEPS * size, MOVING_WARM[number % len(MOVING_WARM)])
    hot, loose, warm = HEATS[number % len(HEATS)]
    strict = STRICT[number // len(HEATS) % len(STRICT)]
    if warm == 0:
        steps = max(min(FEWEST, FEW_UNITS * size), STEPS * size)
        return [Round(Prices(hot, 0.02, loose, strict, problem.compact, 0.0, 1.0, warm), steps)]
    return [
        Round(Prices(hot, 0.05, loose, 10_000.0, problem.compact, 0.0, 0.3, warm), WARM_STEPS * size),
        Round(Prices(0.05, 0.005, 10_000.0, strict, problem.compact, 0.0, 1.0, 0.0), WARM_STEPS * size // 5),
    ]
