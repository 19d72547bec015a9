"""One connected set of units made a number of grids: start, search, repair."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from threading import Event

import numpy as np

from gridmap.partition import cores, patches, repair, search, settle
from gridmap.partition import problem as problems
from gridmap.partition.balance import Balance
from gridmap.partition.compiled.state import Partition
from gridmap.partition.feasible import ROUNDING
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network
from gridmap.partition.numbering import in_order, most_alike
from gridmap.partition.problem import Problem
from gridmap.partition.redraw import redrawn_rounds
from gridmap.partition.search import Report, Run

TRIES, LONG = 24, 120  # at repair, of every run and of the best one
RUNS = 4  # of a redraw
CHEAPER = (1.0, 1 / 3, 1 / 10)  # moves, where no run fits
LOOK_S = 0.2  # between two reports of threads at work
STABLE = 300.0  # mean borders that moving a mean grid's weight costs at stability 1


@dataclass(frozen=True, eq=False)
class Piece:
    """Connected units, and what is asked of them.

    Attributes
    ----------
    network, balance
        Of n units; the limits are absolute.
    k
        Number of grids.
    core
        Shape (n,), the grid that a unit must be in, from 0; -1 where it does not matter.
    old
        Shape (n,), the grid that it was in, -1 for none; None where nothing is kept.
    """

    network: Network
    balance: Balance
    k: int
    core: np.ndarray
    old: np.ndarray | None


def solved(piece: Piece, goal: Goal, stability: float, seed: int, effort: float, report: Report) -> np.ndarray:
    """Return the grid of every unit, numbered in the order of first units. Grids hang together, and units of one core are in one grid.

    How well limits are kept is for `beyond` to say.
    """
    if piece.k == 1:
        report(1.0, {})
        return np.zeros(piece.network.n, dtype=np.int64)
    stable = STABLE * stability if piece.old is not None else 0.0
    grid = cores.started(piece.network, piece.balance, piece.k, goal, piece.core, piece.old if stable > 0 else None)
    old = renumbered(grid, piece.old, piece.balance.weights[:, 0], piece.k) if piece.old is not None and stable > 0 else None
    problem = problems.of(piece.network, piece.balance, piece.k, goal, fixed=piece.core >= 0, old=old)
    if patches.pays(problem):
        rounds = search.fresh_rounds(problem, effort) if old is None else redrawn_rounds(problem, stable, effort, runs=1)[0]
        grid = patches.annealed(problem, grid, rounds, seed % 2**32, report)
        return in_order(_best(problem, [search.begun(problem, grid, seed)], stable, effort, report).grid)
    each = [search.fresh_rounds(problem, effort)] * search.RUNS if old is None else redrawn_rounds(problem, stable, effort, runs=RUNS)
    runs = [search.begun(problem, grid, seed * len(each) + number) for number in range(len(each))]
    search.annealed(problem, runs, each, report)
    return in_order(_best(problem, runs, stable, effort, report).grid)


def _best(problem: Problem, runs: list[Run], stable: float, effort: float, report: Report) -> Partition:
    """Return the best partition after repair: all runs are tried, at length the one that is nearest."""
    if stable == 0:
        found = min(_each(partial(_repaired, problem, TRIES), runs, report), key=partial(_standing, problem, 0.0))
        return repair.repaired(problem, found, LONG, report)
    return _redrawn(problem, runs, stable, effort, report)


def _redrawn(problem: Problem, runs: list[Run], stable: float, effort: float, report: Report) -> Partition:
    """Return the best of several runs, brought into the limits and settled; moves are ever cheaper, at last free, where none fits."""

    def brought(price: float, run: Run, watch: Report) -> Run:
        return Run(settle.brought(problem, run, price, effort, watch), run.bench)

    def settled(run: Run, watch: Report) -> Run:
        return Run(settle.settled(problem, run, stable, effort, watch), run.bench)

    by_cost = partial(_standing, problem, stable)
    for cheaper in CHEAPER:
        runs = _each(partial(brought, stable * cheaper), runs, report)
        fitting = [run for run in runs if not repair.outside(problem, run.partition).any()]
        if fitting:
            break
    else:
        fitting = _each(partial(_repaired, problem, LONG), runs, report)
    return min(_each(settled, sorted(fitting, key=by_cost)[: search.RUNS], report), key=by_cost).partition


def _repaired(problem: Problem, tries: int, run: Run, watch: Report) -> Run:
    return Run(repair.repaired(problem, run, tries, watch), run.bench)


def _standing(problem: Problem, price: float, run: Run) -> tuple[float, float]:
    return search.standing(problem, run.partition, price)


class _EndedError(Exception):
    """Ends the work of a thread whose result nobody waits for."""


def _each(work: Callable[[Run, Report], Run], runs: list[Run], report: Report) -> list[Run]:
    """Return what work makes of every run, in threads; `report` is called here all the while, and what it raises ends them."""
    over = Event()

    def watch(share: float, best: dict[str, float]) -> None:  # noqa: ARG001 - as of a report
        if over.is_set():
            raise _EndedError

    with ThreadPoolExecutor(len(runs)) as pool:
        waiting = [pool.submit(work, run, watch) for run in runs]
        try:
            while not all(each.done() for each in waiting):
                wait(waiting, timeout=LOOK_S)
                report(1.0, {})
        except BaseException:
            over.set()
            raise
        return [each.result() for each in waiting]


def renumbered(grid: np.ndarray, old: np.ndarray, weight: np.ndarray, k: int) -> np.ndarray:
    """Return the old grids of units by the numbers of the new ones that keep most of them, -1 where none does."""
    count = int(old.max(initial=-1)) + 1
    partner = most_alike(grid, old, weight + 1e-9, k, count)
    number = np.full(count + 1, -1)
    number[partner[partner >= 0]] = np.flatnonzero(partner >= 0)
    return number[old]


def beyond(balance: Balance, grid: np.ndarray, k: int) -> float:
    """Return how far the worst grid is outside of its limits, as a share of the mean; 0 where none is."""
    low, high = balance.limits(k)
    sums = balance.of(grid, k).weights
    mean = np.where(balance.mean(k) > 0, balance.mean(k), 1.0)
    off = np.maximum(sums - high, low - sums) / mean
    worst = float(off.max(initial=0.0))
    return worst if worst > ROUNDING else 0.0
