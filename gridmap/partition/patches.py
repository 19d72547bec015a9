"""Large networks, annealed patch by patch: each patch of whole grids is a small network of its own, and all of them are done at once."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gridmap.partition.compiled import anneal as annealing
from gridmap.partition.compiled import state
from gridmap.partition.compiled.state import BORDER, Ground
from gridmap.partition.problem import Problem
from gridmap.partition.search import Report, Round, figures

LARGE = 6_000  # units from which it pays
SIZE = 2_500  # units of a patch
FEWEST_GRIDS = 12  # of a patch
TURNS = 24  # times that all is laid out anew


def pays(problem: Problem) -> bool:
    """Tell whether a network is large enough, of grids that are small enough."""
    return problem.n >= LARGE and problem.k >= FEWEST_GRIDS * _count(problem)


def annealed(problem: Problem, grid: np.ndarray, rounds: Sequence[Round], seed: int, report: Report) -> np.ndarray:
    """Return a better partition: turn by turn, each in other patches, with nothing that depends on the number of threads."""
    chance = np.random.default_rng(seed)
    grid = grid.astype(np.int32)
    turns = list(_turns(rounds))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for number, turn in enumerate(turns):
            patch = _laid_out(problem, grid, chance)[grid]
            order = np.argsort(patch, kind="stable")
            members = np.split(order, np.cumsum(np.bincount(patch))[:-1])
            seeds = chance.integers(2**63, size=len(members))
            work = [pool.submit(_patch, problem, grid[each], each, turn, int(own)) for each, own in zip(members, seeds, strict=True)]
            for each, done in zip(members, work, strict=True):
                grid[each] = done.result()
            report((number + 1) / len(turns), figures(problem, state.partition(problem.ground, grid, problem.k)))
    return grid


def _count(problem: Problem) -> int:
    return -(-problem.n // SIZE)


def _turns(rounds: Sequence[Round]) -> list[Round]:
    """Return the rounds in as many turns."""
    total = sum(each.steps for each in rounds)
    found: list[Round] = []
    for each in rounds:
        count = max(round(TURNS * each.steps / total), 1)
        found.extend(each.part(turn / count, (turn + 1) / count) for turn in range(count))
    return found


def _laid_out(problem: Problem, grid: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Return the patch of every grid: the nearest of some grids drawn at random, by borders to cross."""
    borders = problem.ground.borders
    one, other = grid[borders["owner"]], grid[borders["neighbour"]]
    between = borders["open"] & (one != other)
    shape = (problem.k, problem.k)
    links = csr_array((np.ones(int(between.sum())), (one[between], other[between])), shape=shape)
    centres = chance.choice(problem.k, size=min(_count(problem), problem.k), replace=False)
    sources = dijkstra(links, indices=centres, min_only=True, unweighted=True, return_predecessors=True)[2]
    return np.searchsorted(np.sort(centres), sources)


def _patch(problem: Problem, grid: np.ndarray, members: np.ndarray, turn: Round, seed: int) -> np.ndarray:
    """Return the grids of some units after a turn, in which units of whole grids change among these."""
    numbers, local = np.unique(grid, return_inverse=True)
    if len(numbers) == 1:
        return grid
    ground = _part(problem.ground, members)
    partition = state.partition(ground, local, len(numbers))
    if (ground.units["old"] >= 0).any():
        place = np.full(problem.k, -1, dtype=np.int32)
        place[numbers] = np.arange(len(numbers))
        old = ground.units["old"]
        ground.units["old"] = np.where(old >= 0, place[old], -1)
    steps = max(int(turn.steps * len(members) / problem.n), 1)
    active = np.ones(len(numbers), dtype=bool)
    annealing.anneal(ground, problem.limits, partition, active, turn.prices, steps, annealing.bench(ground, seed))
    return numbers[partition.grid]


def _part(ground: Ground, members: np.ndarray) -> Ground:
    """Return the ground of some units, given by ascending positions."""
    units = ground.units[members]
    counts = units["end"] - units["begin"]
    rows = np.repeat(units["begin"] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    owner = np.repeat(np.arange(len(members), dtype=np.int32), counts)
    neighbour = ground.borders["neighbour"][rows]
    place = np.searchsorted(members, neighbour)
    place[place == len(members)] = 0
    inside = members[place] == neighbour
    borders = np.zeros(int(inside.sum()), BORDER)
    for name in ("cost", "length", "open"):
        borders[name] = ground.borders[name][rows[inside]]
    borders["owner"], borders["neighbour"] = owner[inside], place[inside]
    borders["twin"] = np.lexsort((borders["owner"], borders["neighbour"]))
    ends = np.cumsum(np.bincount(borders["owner"], minlength=len(members)))
    units["begin"], units["end"] = np.concatenate([[0], ends[:-1]]), ends
    return Ground(units, borders, np.ascontiguousarray(ground.weight[members]))
