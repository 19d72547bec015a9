"""Seeds: units that must be in the grid of a code, each code's linked to one core before anything else is decided."""

import numpy as np

from gridmap.errors import InfeasibleError, SearchFailed
from gridmap.partition import merging, redraw, start
from gridmap.partition import problem as problems
from gridmap.partition.balance import Balance
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network


def started(network: Network, balance: Balance, k: int, goal: Goal, core: np.ndarray, old: np.ndarray | None) -> np.ndarray:
    """Return a first partition into `k` grids that keeps every core in a grid of its own.

    Parameters
    ----------
    network, balance
        Connected units.
    core
        Shape (n,), the core that a unit is a seed of, from 0; -1 for none.
    old
        Shape (n,), the old grids to begin with; None to begin anew.
    """
    if not (core >= 0).any():
        problem = problems.of(network, balance, k, goal)
        return start.fresh(problem) if old is None else redraw.resumed(problem, old)
    linked = _linked(network, core)
    label = np.where(linked >= 0, network.n + linked, np.arange(network.n))
    first, label = np.unique(label, return_index=True, return_inverse=True)[1:]
    small = problems.of(merging.joined(network, label, len(first)), balance.of(label, len(first)), k, goal)
    core_of = linked[first]
    grid = start.fresh(small) if old is None else redraw.resumed(small, old[first])
    grid = start.grown(small, grid, core_of)
    single = np.zeros(int(grid.max()) + 1, dtype=bool)
    single[grid[core_of >= 0]] = True
    grid = start.fewer(small, grid, k, single=single)
    if int(grid.max()) + 1 != k:
        raise SearchFailed("seeds_in_the_way", rows=network.index[core >= 0])
    return grid[label]


def _linked(network: Network, core: np.ndarray) -> np.ndarray:
    """Return the cores with the units that link their seeds, none of which is in two."""
    found = core.copy()
    for number in np.unique(core[core >= 0]):
        seeds = np.flatnonzero(core == number)
        tree = np.zeros(network.n, dtype=bool)
        tree[seeds[0]] = True
        for seed in seeds[1:]:
            way = _way(network, found, tree, int(seed))
            if way is None:
                rows = network.index[seeds]
                apart = _way(network, core, tree, int(seed)) is None
                raise InfeasibleError("seeds_apart", rows=rows) if apart else SearchFailed("seeds_in_the_way", rows=rows)
            tree[way] = True
        found[tree] = number
    return found


def _way(network: Network, core: np.ndarray, tree: np.ndarray, seed: int) -> list[int] | None:
    """Return the units on a shortest way from a seed to the tree of its core, over units of no other core; None if there is no way."""
    before = {seed: seed}
    queue = [seed]
    for u in queue:
        if tree[u]:
            way = [u]
            while way[-1] != seed:
                way.append(before[way[-1]])
            return way
        for e in range(network.indptr[u], network.indptr[u + 1]):
            v = int(network.neighbour[e])
            if np.isfinite(network.price[e]) and v not in before and core[v] in (-1, core[seed]):
                before[v] = u
                queue.append(v)
    return None
