"""Recursive weighted Voronoi on the lattice of lowest grids: every parent is cut into connected children, their number exact."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from gridmap.synth.jianyang.layout import apportion

MOVES = 6  # rounds in which seeds move to the middle of their group
BALANCES = 6  # rounds in which groups too large gain weight, that is, start later
STEP = 0.35


@dataclass(frozen=True)
class Graph:
    """Neighbouring lowest grids: pairs (m, 2) of positions, the way between their sites in typical grid widths (m,), sites (n, 2)."""

    pairs: np.ndarray
    ways: np.ndarray
    sites: np.ndarray


def divide(graph: Graph, parents: np.ndarray, total: int) -> np.ndarray:
    """Cut every parent into connected children, `total` in all.

    Parameters
    ----------
    parents
        Parent's number of each lowest grid, shape (n,), 0 to the number of parents less one, each connected.
    total
        Children in all, shared among the parents by largest remainder of their sizes, at least one each.

    Returns
    -------
    numpy.ndarray
        Child's number of each lowest grid, shape (n,); the children of a parent follow each other.

    Notes
    -----
    Seeds grow over the graph at one pace and stop where they meet: a Voronoi diagram by ways, so that every child is connected. They
    first move to the middle of what they won (Lloyd), then large children start later (the weights). Source: Aurenhammer (1987), Power
    diagrams; Erwig (2000), The graph Voronoi diagram with applications. Cost: rounds x (n log n).
    """
    sizes = np.bincount(parents)
    counts = 1 + apportion(total - len(sizes), sizes - 1) if total > len(sizes) else np.ones(len(sizes), dtype=int)
    order = np.lexsort((_morton(graph.sites), parents))
    child = np.arange(total)
    parent_of = np.repeat(np.arange(len(sizes)), counts)
    rank = child - np.repeat(np.cumsum(counts) - counts, counts)
    # evenly along a space-filling curve
    place = np.floor((rank + 0.5) * sizes[parent_of] / counts[parent_of]).astype(int)
    seeds = order[(np.cumsum(sizes) - sizes)[parent_of] + place]
    return grow(graph, seeds, within=parents, target=sizes[parent_of] / counts[parent_of])


def grow(graph: Graph, seeds: np.ndarray, *, within: np.ndarray, target: np.ndarray, moves: int = MOVES) -> np.ndarray:
    """Return the number of the seed that wins each lowest grid, shape (n,); no way leaves its parent in `within`."""
    inside = within[graph.pairs[:, 0]] == within[graph.pairs[:, 1]]
    pairs, ways = graph.pairs[inside], graph.ways[inside]
    group = _spread(pairs, ways, seeds, np.zeros(len(seeds)), len(within))
    for _ in range(moves):
        seeds = _middles(graph.sites, group, len(seeds))
        group = _spread(pairs, ways, seeds, np.zeros(len(seeds)), len(within))
    best, excess = group, (np.bincount(group) / target).max()
    weights = np.zeros(len(seeds))
    for _ in range(BALANCES):
        weights += STEP * (np.bincount(group, minlength=len(seeds)) / target - 1)
        group = _spread(pairs, ways, seeds, weights - weights.min(), len(within))
        sizes = np.bincount(group, minlength=len(seeds))
        # a child overrun by its neighbours would leave the total short
        if sizes.min() > 0 and (sizes / target).max() < excess:
            best, excess = group, (sizes / target).max()
    return best


def _spread(pairs: np.ndarray, ways: np.ndarray, seeds: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Return the seed nearest to each node by the ways; `weights` are added to the ways from each seed."""
    start = count + np.arange(len(seeds))
    # a stored zero would be no link at all
    values = np.concatenate([ways, weights + 1e-6])
    rows, columns = np.concatenate([pairs[:, 0], start]), np.concatenate([pairs[:, 1], seeds])
    size = count + len(seeds)
    links = scipy.sparse.csr_array((values, (rows, columns)), shape=(size, size))
    nearest = scipy.sparse.csgraph.dijkstra(links, directed=False, indices=start, min_only=True, return_predecessors=True)[2]
    return nearest[:count] - count


def _middles(sites: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Return the member of each group that stands nearest to the group's mean place."""
    sizes = np.bincount(group, minlength=groups)
    mean = np.stack([np.bincount(group, sites[:, axis], groups) / sizes for axis in (0, 1)], axis=1)
    away = np.round(np.hypot(*(sites - mean[group]).T), 3)
    order = np.lexsort((np.arange(len(group)), away, group))
    return order[np.cumsum(sizes) - sizes]


def _morton(sites: np.ndarray) -> np.ndarray:
    """Return the place of each site along the Z-shaped space-filling curve."""
    span = max(float(np.ptp(sites, axis=0).max()), 1.0)
    steps = np.floor((sites - sites.min(axis=0)) / span * 65535).astype(np.uint64)
    code = np.zeros(len(sites), dtype=np.uint64)
    for bit in range(16):
        one = np.uint64(1) << np.uint64(bit)
        for axis in (0, 1):
            code |= (steps[:, axis] & one) << np.uint64(bit + axis)
    return code
