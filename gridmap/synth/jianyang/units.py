"""The atoms of the district: each lowest grid is cut into two to four units around its site."""

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph

from gridmap.synth.jianyang import lattice
from gridmap.synth.jianyang.layout import Layout
from gridmap.synth.town import stream

UNITS_PER_GRID = 8000 / 2600
PAIRS = 0.22  # share of grids of two units
SPREAD = 0.6  # of the largest circle within the grid


def scatter(layout: Layout, *, shortest_m: float, seed: int) -> tuple[np.ndarray, np.ndarray, lattice.Cells]:
    """Place the units' sites around those of the grids.

    Parameters
    ----------
    shortest_m
        Borders shorter than this do not hold a grid together.

    Returns
    -------
    tuple
        Sites (u, 2) in metres, the grid's number of each (u,), ordered by grid, and their Voronoi cells.

    Notes
    -----
    Where the units of a grid do not hang together its sites are drawn towards the middle: in the limit the grid is one Voronoi cell.
    """
    random = stream(seed, "jianyang/units")
    counts = _counts(len(layout.sites), random)
    grid = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(grid)) - np.repeat(np.cumsum(counts) - counts, counts)
    turn = random.uniform(0, 2 * np.pi, len(counts))[grid] + random.uniform(-0.3, 0.3, len(grid))
    bearing = turn + 2 * np.pi * rank / counts[grid]
    away = np.stack([np.cos(bearing), np.sin(bearing)], axis=1) * random.uniform(0.8, 1.1, len(grid))[:, None]
    reach = SPREAD * _inner_radius(lattice.cells(layout.sites, layout.outline), len(counts))
    while True:
        sites = layout.sites[grid] + away * reach[grid][:, None]
        diagram = lattice.cells(sites, layout.outline)
        torn = _torn(diagram, grid, shortest_m)
        if len(torn) == 0:
            return sites, grid, diagram
        reach[torn] /= 2


def _counts(grids: int, random: np.random.Generator) -> np.ndarray:
    """Return two to four units for each grid, in a seeded order; their sum is the published mean times the grids, rounded."""
    pairs = round(grids * PAIRS)
    fours = min(pairs + round(grids * UNITS_PER_GRID) - 3 * grids, grids - pairs)
    counts = np.full(grids, 3)
    counts[:pairs] = 2
    counts[pairs : pairs + fours] = 4
    return random.permutation(counts)


def _inner_radius(diagram: lattice.Cells, count: int) -> np.ndarray:
    """Return the distance from each site to its nearest border."""
    radius = np.full(count, np.inf)
    np.minimum.at(radius, diagram.left, diagram.half_gap)
    inner = diagram.right != lattice.OUTSIDE
    np.minimum.at(radius, diagram.right[inner], diagram.half_gap[inner])
    return radius


def _torn(diagram: lattice.Cells, grid: np.ndarray, shortest_m: float) -> np.ndarray:
    """Return the numbers of the grids whose units do not hang together along borders of at least `shortest_m`."""
    holds = (diagram.right != lattice.OUTSIDE) & (diagram.length >= shortest_m)
    holds &= grid[diagram.left] == grid[diagram.right]
    links = scipy.sparse.coo_array((np.ones(holds.sum()), (diagram.left[holds], diagram.right[holds])), shape=(len(grid), len(grid)))
    part = scipy.sparse.csgraph.connected_components(links, directed=False)[1]
    pairs = np.unique(np.stack([grid, part], axis=1), axis=0)
    return np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
