"""A partition to be found, as the compiled loops take it."""

from dataclasses import dataclass

import numpy as np

from gridmap.partition.balance import Balance
from gridmap.partition.compiled.state import BORDER, UNIT, Ground, Limits
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network

COMPACT = 2.5  # what the square of a grid's perimeter over that of a circle counts, in mean borders
SLACK = 1e-3  # of the mean: so much inside of the limits is searched, where they are wide enough
ROUNDING = 1e-9
MOVED = 0.05  # of the mean weight: what it counts at least that a unit moves


@dataclass(frozen=True, eq=False)
class Problem:
    """What is searched: units and borders, `k` grids with the limits that are asked and those, drawn in a little, that are searched."""

    network: Network
    balance: Balance
    ground: Ground
    asked: Limits
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
    borders = np.zeros(len(length), BORDER)
    borders["owner"], borders["neighbour"], borders["twin"] = network.unit, network.neighbour, twins(network)
    borders["open"] = np.isfinite(network.price)
    borders["length"] = length
    borders["cost"] = goal.border * length - goal.streets * np.where(borders["open"], network.price, 0.0) * length
    aim = np.where(balance.mean(k) > 0, balance.mean(k), 1.0)
    weight = np.ascontiguousarray(balance.weights / aim)
    units = np.zeros(n, UNIT)
    units["begin"], units["end"] = network.indptr[:-1], network.indptr[1:]
    units["old"] = -1 if old is None else old
    units["fixed"] = False if fixed is None else fixed
    units["hold"] = weight[:, 0] + MOVED * k / max(n, 1)
    units["area"] = network.area_m2 / mean**2 if network.drawn else 1.0
    units["perimeter"] = network.perimeter_m / mean if network.drawn else 0.0
    low, high = (limit / aim for limit in balance.limits(k))
    inside = np.minimum(SLACK, (high - low) / 4)
    asked = Limits(low - ROUNDING, high + ROUNDING, balance.even)
    searched = Limits(low + inside, high - inside, balance.even)
    return Problem(
        network, balance, Ground(units, borders, weight), asked, searched, k, COMPACT * goal.compactness if network.drawn else 0.0
    )
