"""A redrawn partition brought into its limits, and one in which less has moved: some grids are taken up anew, again and again."""

from collections.abc import Callable

import numpy as np

from gridmap.partition import repair
from gridmap.partition.compiled import state
from gridmap.partition.compiled.state import Partition
from gridmap.partition.problem import Problem
from gridmap.partition.search import Report, Run, heaviness

OFTEN = 3  # times as many units as there are are taken up in all
BRINGING, SETTLING = 8_000, 1_500  # at most
WIDE, NEAR = (1, 2, 1, 2, 3, 4), (1, 2)  # rings of grids around one that are taken up with it: room may be far away, to bring and to settle
LEFT_OUT = 0.3  # of those grids
HEAVY = 0.08  # of a mean grid: where units are heavier, more is tried


def brought(problem: Problem, run: Run, stable: float, effort: float, report: Report) -> Partition:
    """Return a partition with less, if possible nothing, outside of the limits, at that price of moves."""

    def outside(partition: Partition) -> np.ndarray:
        return repair.outside(problem, partition).astype(float)

    return _again(problem, run, stable, effort * min(OFTEN * problem.n, BRINGING), WIDE, outside, report)


def settled(problem: Problem, run: Run, stable: float, effort: float, report: Report) -> Partition:
    """Return a partition that is no worse, and better where what moved can be less."""

    def moved(partition: Partition) -> np.ndarray:
        return _moved(problem, partition)

    more = max(heaviness(problem) / HEAVY, 1.0)
    return _again(problem, run, stable, effort * more * min(OFTEN * problem.n, SETTLING), NEAR, moved, report)


def _again(
    problem: Problem,
    run: Run,
    stable: float,
    units: float,
    rings: tuple[int, ...],
    where: Callable[[Partition], np.ndarray],
    report: Report,
) -> Partition:
    """Return the partition after so many units were taken up: each time a grid, as likely as `where` tells, with some of those around."""
    partition, turn = run.partition, 0
    chance = np.random.default_rng(int(run.bench.chance[0]))
    while units > 0 and (likely := where(partition)).any():
        core = np.zeros(problem.k, dtype=bool)
        core[chance.choice(problem.k, p=likely / likely.sum())] = True
        chosen = core
        for _ in range(rings[turn % len(rings)]):
            chosen = state.around(problem.ground, partition.grid, chosen)
        chosen = core | (chosen & (chance.random(problem.k) >= LEFT_OUT))
        units -= int(partition.shape["size"][chosen].sum())
        partition = repair.taken_up(problem, partition, run, chosen, stable, turn)
        turn += 1
        report(1.0, {})
    return partition


def _moved(problem: Problem, partition: Partition) -> np.ndarray:
    """Return how much has come into every grid and gone from it."""
    units, grid = problem.ground.units, partition.grid
    moved = (units["old"] >= 0) & (units["old"] != grid)
    hold = units["hold"][moved]
    come, gone = (np.bincount(each[moved], hold, problem.k) for each in (grid, units["old"]))
    return come + gone
