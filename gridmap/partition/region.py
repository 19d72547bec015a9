"""A region whose grids lie in it: its connected pieces, how many grids each becomes, and the codes of all."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.errors import InfeasibleError
from gridmap.partition import dead_ends, feasible, merging
from gridmap.partition import network as networks
from gridmap.partition import small as few
from gridmap.partition.balance import Balance
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network
from gridmap.partition.numbering import most_alike, numbers
from gridmap.partition.search import Report
from gridmap.partition.solve import Piece, beyond, solved

LOOKED_AT = 5  # units of grids that are outside of their limits, the heaviest


@dataclass(frozen=True, eq=False)
class Region:
    """Units of one parent, and what is asked of them.

    Attributes
    ----------
    network, balance
        Of n units.
    compound, keep, seeds
        Shape (n,): the compound a unit is of, the code of its old grid, the code of the grid that it must be in; NA for none.
    locked
        Codes of `keep` that stay as they are.
    prefix
        What new codes begin with.
    """

    network: Network
    balance: Balance
    compound: pd.Series
    keep: pd.Series
    seeds: pd.Series
    locked: Collection[str] = ()
    prefix: str = ""

    def rows(self, chosen: np.ndarray) -> "Region":
        """Return the region of some units, given by ascending positions."""
        compound, keep, seeds = (each.iloc[chosen].reset_index(drop=True) for each in (self.compound, self.keep, self.seeds))
        network = merging.subset(self.network, chosen)
        return Region(network, self.balance.rows(chosen), compound, keep, seeds, self.locked, self.prefix)


@dataclass(frozen=True, eq=False)
class Way:
    """How it is searched: the goal, how dear moves are, the stream of chance, and how long, 1 being as long as pays."""

    goal: Goal
    stability: float
    seed: int
    effort: float = 1.0


def partitioned(region: Region, k: int, way: Way, used: set[str], report: Report) -> tuple[np.ndarray, float]:
    """Return the code of every unit's grid, and how far the worst of `k` grids is outside of its limits (as a share of the mean).

    Codes that are used elsewhere are given to no new grid.

    Raises
    ------
    InfeasibleError
        If there is no answer, with the units that are the cause.
    SearchFailed
        If seeds stand in each other's way.
    """
    balance = region.balance.fixed(k)
    feasible.require_units(region.network, balance, k)
    stays = region.keep.isin(list(region.locked)).to_numpy()
    count = feasible.locked(region.network, balance, region.keep, region.seeds, stays, k)
    free = np.flatnonzero(~stays)
    rest = Region(region.network, balance, region.compound, region.keep, region.seeds).rows(free)
    grid = _grids(rest, k - count, way, report)
    found = region.keep.to_numpy(dtype=object, copy=True)
    found[free] = _codes(rest, grid, used, region.prefix)
    return found, beyond(rest.balance, grid, int(grid.max(initial=-1)) + 1)


def _grids(region: Region, k: int, way: Way, report: Report) -> np.ndarray:
    """Return the grid of every unit, piece by piece."""
    piece = networks.pieces(region.network)
    shares = feasible.grids_of(region.network, region.balance, piece, k)
    feasible.require_seeds(region.network, region.balance, region.seeds, piece, shares)
    grid = np.full(region.network.n, -1)
    done = 0
    for number, share in enumerate(shares):
        chosen = np.flatnonzero(piece == number)
        size = len(chosen) / region.network.n

        def inner(part: float, best: dict[str, float], before: float = done / region.network.n, size: float = size) -> None:
            report(before + part * size, best)

        grid[chosen] = _piece(region.rows(chosen), int(share), way, inner) + int(grid.max()) + 1
        done += len(chosen)
    return grid


def _piece(region: Region, k: int, way: Way, report: Report) -> np.ndarray:
    """Return the grid of every unit of a connected region."""
    label = _together(region)
    count = int(label.max()) + 1
    if count < k:
        raise InfeasibleError("more_grids_than_units", grids=k, units=count, rows=region.network.index)
    small, balance = merging.joined(region.network, label, count), region.balance.of(label, count)
    core = _first(pd.factorize(region.seeds, sort=True)[0], label, count)
    old = _heaviest(pd.factorize(region.keep, sort=True)[0], label, count, region.balance.weights[:, 0])
    piece = Piece(small, balance, k, core, old if region.keep.notna().any() else None)
    grid = few.best(piece, way.goal, way.stability)
    if grid is None:
        grid = solved(piece, way.goal, way.stability, way.seed, way.effort, report)
        _require_possible(small, balance, grid, k)
    return grid[label]


def _require_possible(network: Network, balance: Balance, grid: np.ndarray, k: int) -> None:
    """Raise InfeasibleError if a grid is outside of its limits and one of its units can be in none that is within."""
    sums = balance.of(grid, k).weights
    off = np.asarray(((sums > balance.high * (1 + feasible.ROUNDING)) | (sums < balance.low * (1 - feasible.ROUNDING))).any(axis=1))
    units = np.flatnonzero(off[grid])
    heaviest = units[np.argsort(-balance.weights[units, 0], kind="stable")][:LOOKED_AT]
    found = [int(unit) for unit in heaviest if feasible.stuck(network, balance, int(unit))]
    if found:
        raise InfeasibleError("unit_stuck", rows=network.index[found])


def _together(region: Region) -> np.ndarray:
    """Return labels of units from 0, one for what is one unit to the search: compounds that a grid can hold, and dead ends."""
    balance = region.balance
    ends = dead_ends.joined(region.network, balance.low)
    feasible.require_dead_ends(region.network, balance, region.seeds, ends)
    label = merging.kept_whole(region.network, balance, region.compound, region.seeds, balance.high)
    count = int(label.max()) + 1
    if count == region.network.n:  # no compounds
        return ends
    joined = dead_ends.joined(merging.joined(region.network, label, count), balance.low)
    group = joined[label]
    codes = pd.DataFrame({"group": group, "code": region.seeds.to_numpy()}).groupby("group")["code"].nunique().to_numpy()
    fits = (balance.of(group, len(codes)).weights <= balance.high).all(axis=1) & (codes <= 1)  # else a compound is in the way
    return np.unique(np.where(fits[group], group, len(codes) + label), return_inverse=True)[1]


def _first(values: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Return for every group of units the largest of their values."""
    found = np.full(count, -1)
    np.maximum.at(found, label, values)
    return found


def _heaviest(values: np.ndarray, label: np.ndarray, count: int, weight: np.ndarray) -> np.ndarray:
    """Return for every group of units the value that most of their weight has, -1 where they have none."""
    rows, width = values >= 0, int(values.max(initial=0)) + 1
    pairs, place = np.unique(label[rows] * width + values[rows], return_inverse=True)
    sums = np.bincount(place, weights=weight[rows] + 1e-9, minlength=len(pairs))
    lightest_first = np.lexsort((-pairs, sums))  # the last one written stands: of equals the first value
    found = np.full(count, -1)
    found[pairs[lightest_first] // width] = pairs[lightest_first] % width
    return found


def _codes(region: Region, grid: np.ndarray, used: set[str], prefix: str) -> np.ndarray:
    """Return the code of every unit's grid: that of its seeds, else of the old grid that it keeps most of, else a new number."""
    k = int(grid.max(initial=-1)) + 1
    names: list[str | None] = [None] * k
    seeded = region.seeds.notna().to_numpy()
    for g, code in zip(grid[seeded], region.seeds[seeded], strict=True):
        names[g] = str(code)
    old, codes = pd.factorize(region.keep, sort=True)
    if len(codes):
        for g, number in enumerate(_partners(region, grid, old, codes, names)):
            if number >= 0 and names[g] is None:
                names[g] = str(codes[number])
    new = iter(numbers(sum(name is None for name in names), prefix=prefix, used=used | {name for name in names if name}))
    return np.array([name if name is not None else next(new) for name in names] + [None], dtype=object)[grid]


def _partners(region: Region, grid: np.ndarray, old: np.ndarray, codes: pd.Index, names: list[str | None]) -> np.ndarray:
    """Return for each grid the old one whose code it takes; those of seeds are given away."""
    given = {name for name in names if name is not None}
    free = np.array([str(code) not in given for code in codes] + [False])
    open_ = np.array([name is None for name in names])
    weight = region.balance.weights[:, 0]
    weight = np.where(free[old] & open_[grid], weight + 1e-6 * (1 + weight.sum()) / max(len(weight), 1), 0.0)
    return most_alike(grid, old, weight, len(names), len(codes))
