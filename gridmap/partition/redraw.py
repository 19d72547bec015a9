"""An old plan taken up again: what of it still stands, and rounds of annealing that leave most of it alone."""

import numpy as np

from gridmap.partition import network as networks
from gridmap.partition import start
from gridmap.partition.compiled.anneal import Prices
from gridmap.partition.problem import Problem
from gridmap.partition.search import Round, heaviness

STEPS, FEWEST, MOST = 12_000_000, 300, 5_000  # of all runs; of each at least and at most per unit
HEAVY, HEAVIEST = 0.06, 3.0  # of a mean grid, and up to so many times it: where units are heavier, more steps
# In what it costs that a mean grid's weight moves, while the limits are drawn tighter: so warm that units go on and come back all the time.
HOT, COLD = 1 / 75, 1 / 200  # temperature
LOOSE, STRICT = 5.0, 3_000.0  # price of excess
LEAST = (0.5, 0.05, 300.0, 40_000.0)  # these four where moves cost little
COOLED = 0.15  # of the steps come afterwards, and cool what was found
WARM = (40.0, 0.0)  # of runs in turn: units of a tenth of a grid and more need the first


def redrawn_rounds(problem: Problem, stable: float, effort: float, *, runs: int) -> list[list[Round]]:
    """Return for every run the rounds that bring an old plan into the limits and change little else."""
    heavy = min(max(heaviness(problem) / HEAVY, 1.0), HEAVIEST)
    steps = effort * min(max(heavy * STEPS / runs, FEWEST * problem.n), MOST * problem.n)
    return [rounds(problem, stable, int(steps), WARM[run % len(WARM)]) for run in range(runs)]


def rounds(problem: Problem, stable: float, steps: int, warm: float) -> list[Round]:
    """Return so many steps of rounds by which units move as little as they must; `warm` as in `Prices`."""
    hot, cold, loose, strict = np.maximum(np.array([HOT, COLD, LOOSE, STRICT]) * stable, LEAST).tolist()
    cooled = int(COOLED * steps)
    return [
        Round(Prices(hot, cold, loose, strict, problem.compact, stable, 1.0, warm), steps - cooled),
        Round(Prices(cold, 0.005, strict, 4 * strict, problem.compact, stable, 1.0, 0.0), cooled),
    ]


def resumed(problem: Problem, old: np.ndarray) -> np.ndarray:
    """Return a partition into `problem.k` grids that begins with the old one.

    Of every old grid its heaviest connected part stands; all else joins the grid that it shares the longest border with. Then the heaviest
    grids are divided, or the lightest joined to others, until their number is right.
    """
    piece = networks.pieces(problem.network, old)
    weight = problem.balance.weights[:, 0]
    count = int(piece.max()) + 1
    label = np.full(count, -1)
    label[piece] = old
    total = np.bincount(piece, weights=weight + 1e-9 * (1 + weight.sum()), minlength=count)
    order = np.lexsort((-total, label))
    heaviest = order[np.concatenate([[True], label[order][1:] != label[order][:-1]])]
    stands = np.zeros(count, dtype=bool)
    stands[heaviest] = True
    stands &= label >= 0
    if not stands.any():
        return start.fresh(problem)
    grid = _joined(problem, np.where(stands[piece], piece, -1))
    grid = np.unique(grid, return_inverse=True)[1]
    return numbered(problem, grid)


def numbered(problem: Problem, grid: np.ndarray) -> np.ndarray:
    """Return a partition with grids divided or joined until there are as many as the problem has."""
    k = int(grid.max()) + 1
    if k > problem.k:
        return start.fewer(problem, grid, problem.k, single=np.zeros(k, dtype=bool))
    if k < problem.k:
        return start.divided(problem, grid, _parts(problem, grid, k))
    return grid


def _parts(problem: Problem, grid: np.ndarray, k: int) -> np.ndarray:
    """Return into how many parts each grid is divided: the one whose parts are heaviest is divided first."""
    weight = np.bincount(grid, weights=problem.balance.weights[:, 0], minlength=k)
    size = np.bincount(grid, minlength=k)
    parts = np.ones(k, dtype=np.int64)
    for _ in range(problem.k - k):
        parts[np.argmax(np.where(parts < size, (weight + 1e-9) / parts, -1))] += 1
    return parts


def _joined(problem: Problem, grid: np.ndarray) -> np.ndarray:
    """Return a partition in which units without a grid have joined one, ring by ring, where their common border is longest."""
    grid = grid.copy()
    borders = problem.ground.borders
    while (grid < 0).any():
        beside = borders["open"] & (grid[borders["owner"]] < 0) & (grid[borders["neighbour"]] >= 0)
        unit, to = borders["owner"][beside], grid[borders["neighbour"][beside]]
        pair = unit * (int(grid.max()) + 1) + to
        each, place = np.unique(pair, return_inverse=True)
        shared = np.bincount(place, weights=borders["length"][beside])
        unit, to = np.divmod(each, int(grid.max()) + 1)
        order = np.lexsort((to, -shared, unit))
        first = order[np.concatenate([[True], unit[order][1:] != unit[order][:-1]])]
        grid[unit[first]] = to[first]
    return grid
