"""A partition to be found, as the compiled loops take it."""

from dataclasses import dataclass

import numpy as np

from gridmap.partition.balance import Balance
from gridmap.partition.compiled.state import Borders, Limits, Units
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network

COMPACT = 0.5  # what the square of a grid's perimeter over that of a circle counts, in mean borders
SLACK = 1e-3  # of the aim: so much inside of the limits is searched, where they are wide enough
MOVED = 0.05  # of the mean weight: what it counts at least that a unit moves


@dataclass(frozen=True, eq=False)
class Problem:
    """What is searched: units and borders, `k` grids with their limits, and what counts how much."""

    network: Network
    balance: Balance
    borders: Borders
    units: Units
    limits: Limits
    k: int
    compact: float

    @property
    def n(self) -> int:
        """Number of units."""
        return self.network.n

    @property
    def mean_border(self) -> float:
        """Length in metres that costs and lengths are counted in."""
        return mean_border(self.network)


def mean_border(network: Network) -> float:
    """Return the mean length of borders."""
    return float(network.length_m.mean()) if len(network.length_m) else 1.0


def twins(network: Network) -> np.ndarray:
    """Return of every border at one unit its place at the other one."""
    return np.lexsort((network.unit, network.neighbour))


def of(
    network: Network, balance: Balance, k: int, goal: Goal, *, fixed: np.ndarray | None = None, old: np.ndarray | None = None
) -> Problem:
    """Return the problem of making `k` grids.

    Parameters
    ----------
    network, balance
        Units and what is balanced.
    goal
        Its weights.
    fixed
        Units that never change.
    old
        Shape (n,), the grid that every unit had, -1 for none.
    """
    n = network.n
    mean = mean_border(network)
    length = network.length_m / mean
    open_ = np.isfinite(network.price)
    cost = goal.border * length - goal.streets * np.where(open_, network.price, 0.0) * length
    borders = Borders(network.indptr, network.neighbour, network.unit, twins(network), cost, length, open_)
    drawn = network.drawn
    aim = np.where(balance.mean(k) > 0, balance.mean(k), 1.0)
    mean_unit = aim[0] * k / max(n, 1)
    units = Units(
        np.ascontiguousarray(balance.weights),
        network.area_m2 / mean**2 if drawn else np.ones(n),
        network.perimeter_m / mean if drawn else np.zeros(n),
        np.zeros(n, dtype=bool) if fixed is None else fixed,
        np.full(n, -1) if old is None else old,
        (balance.weights[:, 0] + MOVED * mean_unit) / aim[0],
    )
    return Problem(network, balance, borders, units, _searched(balance, k, aim), k, COMPACT * goal.compactness if drawn else 0.0)


def _searched(balance: Balance, k: int, aim: np.ndarray) -> Limits:
    """Return the limits, drawn in a little."""
    low, high = balance.limits(k)
    inside = np.minimum(SLACK * aim, (high - low) / 4)
    return Limits(low + inside, high - inside, aim, balance.even)
