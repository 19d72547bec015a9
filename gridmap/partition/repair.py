"""Grids outside of their limits brought into them: the grids around each are taken up anew, ever more of them, until all fit."""

import numpy as np

from gridmap.partition.compiled import anneal as annealing
from gridmap.partition.compiled import state
from gridmap.partition.compiled.anneal import Prices
from gridmap.partition.compiled.state import Partition
from gridmap.partition.problem import Problem
from gridmap.partition.search import Run, cost

TRIES = 60
STEPS = 400  # per unit that is taken up
FEWEST = 20_000
HEATS = ((0.3, 3_000.0), (0.6, 300.0), (1.2, 100.0), (2.5, 30.0))  # temperature and price of excess: heavy units need low prices


def repaired(problem: Problem, run: Run, active: np.ndarray, stable: float, *, tries: int = TRIES) -> Partition:
    """Return a partition with less, if possible nothing, outside of the limits."""
    partition = run.partition
    for number in range(tries):
        off = outside(problem, partition) & active
        if not off.any():
            break
        chosen = region(problem, partition, off, active, number)
        partition = _taken_up(problem, partition, run, chosen, stable, number)
    return partition


def outside(problem: Problem, partition: Partition) -> np.ndarray:
    """Mark the grids outside of the limits."""
    low, high = problem.asked.low, problem.asked.high
    return np.asarray(((partition.load > high) | (partition.load < low)).any(axis=1))


def region(problem: Problem, partition: Partition, off: np.ndarray, active: np.ndarray, number: int) -> np.ndarray:
    """Return the worst grids, one after the other, with those around: one ring first, then more."""
    excess = np.maximum(partition.load - problem.limits.high, problem.limits.low - partition.load)
    worst = np.flatnonzero(off)[np.argsort(-excess[off].max(axis=1), kind="stable")]
    chosen = np.zeros(problem.k, dtype=bool)
    chosen[worst[number % len(worst)]] = True
    for _ in range(1 + number // 8):
        chosen = state.around(problem.ground, partition.grid, chosen) & active
    return chosen


def _taken_up(problem: Problem, partition: Partition, run: Run, chosen: np.ndarray, stable: float, number: int) -> Partition:
    """Anneal some grids anew; return the better of before and after."""
    trial = Partition(*(values.copy() for values in partition))
    count = int(partition.shape["size"][chosen].sum())
    hot, loose = HEATS[number % len(HEATS)]
    prices = Prices(hot, 0.05, loose, 100_000.0, problem.compact, stable, 1.0)
    steps = max(FEWEST, STEPS * count)
    annealing.anneal(problem.ground, problem.limits, trial, chosen, prices, steps, run.bench)
    before = (state.missed(problem.limits, partition.load), cost(problem, partition))
    after = (state.missed(problem.limits, trial.load), cost(problem, trial))
    return trial if after < before else partition
