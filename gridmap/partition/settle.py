"""A redrawn partition in which less has moved: the grids around what did are taken up anew, again and again."""

import numpy as np

from gridmap.partition import repair
from gridmap.partition.compiled import state
from gridmap.partition.compiled.state import Partition
from gridmap.partition.problem import Problem
from gridmap.partition.search import Report, Run, heaviness

TURNS = 80  # at most
OFTEN, UNITS = 16, 20_000  # so often as there are units, and so many at most are taken up in all
RINGS = (1, 2)  # of grids around one that are taken up with it
LEFT_OUT = 0.3  # of those grids
HEAVY = 0.08  # of a mean grid: where units are heavier, more is tried


def settled(problem: Problem, run: Run, stable: float, effort: float, report: Report) -> Partition:
    """Return a partition that is no worse, and better where what moved can be less."""
    more = max(heaviness(problem) / HEAVY, 1.0)
    partition, left = run.partition, effort * more * min(OFTEN * problem.n, UNITS)
    chance = np.random.default_rng(int(run.bench.chance[0]))
    for turn in range(int(TURNS * more)):
        moved = _moved(problem, partition)
        if left <= 0 or not moved.any():
            break
        chosen = np.zeros(problem.k, dtype=bool)
        chosen[chance.choice(problem.k, p=moved / moved.sum())] = True
        core = chosen
        for _ in range(RINGS[turn % len(RINGS)]):
            chosen = state.around(problem.ground, partition.grid, chosen)
        chosen = core | (chosen & (chance.random(problem.k) >= LEFT_OUT))
        heat = 2 * turn + 1  # the heats at which heavy units change too
        left -= int(partition.shape["size"][chosen].sum())
        partition = repair.taken_up(problem, partition, run, chosen, stable, heat)
        report(1.0, {})
    return partition


def _moved(problem: Problem, partition: Partition) -> np.ndarray:
    """Return how much has come into every grid and gone from it."""
    units, grid = problem.ground.units, partition.grid
    moved = (units["old"] >= 0) & (units["old"] != grid)
    hold = units["hold"][moved]
    come, gone = (np.bincount(each[moved], hold, problem.k) for each in (grid, units["old"]))
    return come + gone
