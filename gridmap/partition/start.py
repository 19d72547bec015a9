"""A first partition into the right number of grids, in which every grid hangs together."""

import heapq

import numpy as np

from gridmap.partition.problem import Problem


def radius(problem: Problem) -> np.ndarray:
    """Return half the way through every unit, in mean borders."""
    units, borders = problem.ground.units, problem.ground.borders
    if units["perimeter"].any():
        return np.sqrt(units["area"]) / 2
    return np.bincount(borders["owner"], weights=borders["length"], minlength=problem.n) / 8


def fresh(problem: Problem) -> np.ndarray:
    """Return a first partition of connected units."""
    return divided(problem, np.zeros(problem.n, dtype=np.int64), np.array([problem.k]))


def divided(problem: Problem, piece: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the pieces (shape (n,), from 0), each divided into the number of parts given; the first part keeps its number."""
    from gridmap.partition.compiled.growth import halved

    weight = np.ascontiguousarray(problem.balance.weights[:, 0])
    return halved(problem.ground, weight, radius(problem), piece.astype(np.int64), parts.astype(np.int64))


def fewer(problem: Problem, grid: np.ndarray, count: int, *, single: np.ndarray) -> np.ndarray:
    """Return a partition of fewer grids: again and again the lightest joins the neighbour that it shares the longest border with.

    Parameters
    ----------
    problem
        Units and borders.
    grid
        Shape (n,), from 0, every grid in one piece.
    count
        Number of grids to come to.
    single
        Marks grids of which no two may join.
    """
    grid, single = grid.copy(), single.copy()
    k = len(single)
    weight = np.bincount(grid, weights=problem.balance.weights[:, 0], minlength=k)
    borders = problem.ground.borders
    one, other, open_ = borders["owner"], borders["neighbour"], borders["open"]
    there = np.ones(k, dtype=bool)
    lasting = np.zeros(k, dtype=bool)
    while there.sum() > count and (there & ~lasting).any():
        lightest = int(np.argmin(np.where(there & ~lasting, weight, np.inf)))
        beside = open_ & (grid[one] == lightest) & (grid[other] != lightest)
        shared = np.bincount(grid[other[beside]], weights=borders["length"][beside], minlength=k)
        if single[lightest]:
            shared[single] = 0
        best = int(np.argmax(shared))
        if shared[best] <= 0:
            lasting[lightest] = True
            continue
        grid[grid == lightest] = best
        weight[best] += weight[lightest]
        single[best] |= single[lightest]
        there[lightest] = False
        lasting[:] = False
    return (np.cumsum(there) - 1)[grid]


def grown(problem: Problem, grid: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Return a partition in which every grid with several cores is divided between them, unit by unit to the nearest.

    Parameters
    ----------
    problem
        Units and borders.
    grid
        Shape (n,), from 0, every grid in one piece.
    core
        Shape (n,), -1 where a unit is in none; every core lies in one grid.
    """
    grid = grid.copy()
    size = radius(problem)
    network = problem.network
    for g in np.unique(grid[core >= 0]):
        cores = np.unique(core[(grid == g) & (core >= 0)])
        if len(cores) < 2:
            continue
        numbers = {int(c): (int(g) if i == 0 else int(grid.max()) + i) for i, c in enumerate(cores)}
        heap = [(0.0, int(u), numbers[int(core[u])]) for u in np.flatnonzero((grid == g) & (core >= 0))]
        heapq.heapify(heap)
        taken: dict[int, int] = {}
        while heap:
            far, u, number = heapq.heappop(heap)
            if u in taken:
                continue
            taken[u] = number
            for e in range(network.indptr[u], network.indptr[u + 1]):
                v = int(network.neighbour[e])
                if np.isfinite(network.price[e]) and grid[v] == g and v not in taken and core[v] < 0:
                    heapq.heappush(heap, (far + size[u] + size[v], v, number))
        units = np.fromiter(taken, dtype=np.int64, count=len(taken))
        grid[units] = np.fromiter(taken.values(), dtype=np.int64, count=len(taken))
    return grid
