"""The search for a better partition: rounds of annealing in several runs at once, and the best of them."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gridmap.partition.compiled import anneal as annealing
from gridmap.partition.compiled import state
from gridmap.partition.compiled.anneal import Bench, Prices
from gridmap.partition.compiled.change import FULL_TURN, TINY
from gridmap.partition.compiled.state import Partition
from gridmap.partition.problem import Problem

RUNS = 2  # on every machine, so that the answer depends on none
EXACT = 9  # digits to which sums of shares are told apart
PAIRED = 0.1  # of the times that a unit is too heavy to change alone
PART = 400_000  # steps between two reports
AT_BORDERS = 6
FEWEST, MOST, ENOUGH = 650, 4_500, 7e9  # steps of a run per unit, at least and at most; between these, steps times units are so many
Report = Callable[[float, dict[str, float]], None]


@dataclass(frozen=True)
class Round:
    """A round of annealing: prices from its beginning to its end, and its steps."""

    prices: Prices
    steps: int

    def part(self, begin: float, end: float) -> "Round":
        """Return the part of it between two shares of its length."""
        hot, cold, loose, strict = self.prices.hot, self.prices.cold, self.prices.loose, self.prices.strict
        prices = self.prices._replace(
            hot=hot * (cold / hot) ** begin,
            cold=hot * (cold / hot) ** end,
            loose=loose * (strict / loose) ** begin,
            strict=loose * (strict / loose) ** end,
        )
        return Round(prices, int(self.steps * end) - int(self.steps * begin))


@dataclass(frozen=True, eq=False)
class Run:
    """A partition under way and what its thread works with."""

    partition: Partition
    bench: Bench


def begun(problem: Problem, grid: np.ndarray, seed: int) -> Run:
    """Return a run that begins at a partition."""
    return Run(state.partition(problem.ground, grid, problem.k), annealing.bench(problem.ground, seed))


def cost(problem: Problem, partition: Partition, stable: float) -> float:
    """Return what borders, shapes and moves of a partition cost."""
    total = state.cut(problem.ground, partition.grid)
    if problem.compact > 0:
        area, perimeter = np.maximum(partition.shape["area"], TINY), partition.shape["perimeter"]
        total += problem.compact * float((perimeter**2 / (FULL_TURN * area)).sum())
    if stable > 0:
        units = problem.ground.units
        total += stable * float(units["hold"][(units["old"] >= 0) & (units["old"] != partition.grid)].sum())
    return total


def steps_for(problem: Problem, effort: float) -> int:
    """Return the steps of a run: by the units that lie at borders, of which few large grids have fewer."""
    concerned = min(problem.n, AT_BORDERS * math.sqrt(problem.n * problem.k))
    return int(effort * concerned * min(max(ENOUGH / concerned**2, FEWEST), MOST))


def heaviness(problem: Problem) -> float:
    """Return the weight of the unit that a household is in, on average, as a share of a mean grid's."""
    weight = problem.ground.weight[:, 0]
    return max(float((weight**2).sum() / max(weight.sum(), 1e-12)), problem.k / problem.n)


def fresh_rounds(problem: Problem, effort: float) -> list[Round]:
    """Return the rounds that lead from any start to a good partition."""
    steps = steps_for(problem, effort)
    coarse = heaviness(problem) ** -2.0  # where units are heavy, one too many must be possible for long
    loose, strict = min(300.0, 2.0 * coarse), min(20_000.0, 30.0 * coarse)
    return [
        Round(Prices(2.0, 0.2, loose, strict, problem.compact, 0.0, PAIRED, 0.0), int(steps * 0.95)),
        Round(Prices(0.2, 0.01, 20_000.0, 40_000.0, problem.compact, 0.0, PAIRED, 0.0), int(steps * 0.05)),
    ]


def parts(rounds: Sequence[Round]) -> Iterator[tuple[float, Round]]:
    """Yield the rounds in parts, with the share done after each."""
    total, done = sum(each.steps for each in rounds), 0
    for each in rounds:
        count = max(-(-each.steps // PART), 1)
        for number in range(count):
            part = each.part(number / count, (number + 1) / count)
            done += part.steps
            yield done / total, part


def annealed(problem: Problem, runs: list[Run], rounds: Sequence[Sequence[Round]], report: Report) -> None:
    """Anneal all runs, in place, each by its own rounds of as many steps."""
    active = np.ones(problem.k, dtype=bool)

    def work(run: Run, part: Round) -> None:
        annealing.anneal(problem.ground, problem.limits, run.partition, active, part.prices, part.steps, run.bench)

    with ThreadPoolExecutor(len(runs)) as pool:
        for now in zip(*map(parts, rounds), strict=True):
            list(pool.map(work, runs, [part for _, part in now]))
            report(now[0][0], figures(problem, min((run.partition for run in runs), key=lambda each: standing(problem, each, 0.0))))


def standing(problem: Problem, partition: Partition, stable: float) -> tuple[float, float]:
    """Return by what partitions are compared: what is outside of the limits, then cost."""
    return round(state.missed(problem.asked, partition.load), EXACT), cost(problem, partition, stable)


def figures(problem: Problem, partition: Partition) -> dict[str, float]:
    """Return what is told of the best partition so far: the length of borders in metres, and how far the worst grid is off the aim."""
    grid, borders = partition.grid, problem.ground.borders
    between = grid[borders["owner"]] != grid[borders["neighbour"]]
    off = np.abs(partition.load[:, 0] - 1).max()
    return {"border_m": float(problem.network.length_m[between].sum() / 2), "off": float(off)}
