"""Chains: a grid that is too heavy gives to its neighbour, which gives on, until one has room; for one that is too light the other way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np

from gridmap.partition import groups as grouping
from gridmap.partition import measures
from gridmap.partition.measures import HOUSEHOLDS, LOADS, SLACK
from gridmap.partition.moves import COUNTED, Group, Moves, State

LONGEST = 5  # grids of a chain
PARTS = (1.0, 0.5, 0.25)  # of what a grid is off, if no chain mends it whole
STARTS = 50  # breaches that chains are looked for, those that need least first
REACHED = 3  # ways to one grid that are followed on
TRIED = 3  # groups from one grid to the next, the lightest that will do
KEPT = 3  # chains for one breach, the lightest
LOOKED_AT = 30  # for one breach: whether grids stay connected and no rule is broken
BAND, BALANCE = (measures.PRINCIPLES.index(name) for name in ("band", "balance"))


@dataclass(frozen=True, eq=False)
class Sought:
    """What grids hold of a quantity, and between which limits they should; shape (k,). `column` is its place in the network's weights."""

    column: int
    held: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def turned(self) -> "Sought":
        """Return it for chains that take: what is held, and both limits, with the other sign."""
        return Sought(self.column, -self.held, -self.high, -self.low)

    @property
    def over(self) -> np.ndarray:
        """How much grids hold above their limit; negative below it."""
        return self.held - self.high


@dataclass(frozen=True, eq=False)
class _Chain:
    """Grids from the one that gives to the one that only takes, and the units that each but the last gives to the next."""

    path: tuple[int, ...]
    given: tuple[tuple[int, ...], ...]


class _Links:
    """Groups of units that one grid can give to a neighbour: those that can leave it, and such as grow from the border between both."""

    def __init__(self, state: State, group: Group) -> None:
        self._state = state
        self._weight = state.ground.network.weights
        self._households = self._weight[:, 0].tolist()
        number, target = np.divmod(group.open, state.k)
        self._leaving: dict[tuple[int, int], list[tuple[int, ...]]] = {}
        for each, one, other in zip(number.tolist(), group.source[number].tolist(), target.tolist(), strict=True):
            if one != other:
                self._leaving.setdefault((one, other), []).append(group.units[each])
        network, label = state.ground.network, state.label
        one, other = label[network.unit], label[network.neighbour]
        across = np.isfinite(network.price) & (one != other)
        pairs = np.unique(np.column_stack([one[across], other[across]]), axis=0)
        self._near: dict[int, list[int]] = {}
        for here, there in pairs[state.may(*pairs.T)].tolist():
            self._near.setdefault(here, []).append(there)
        self.between = cache(self._between)

    def near(self, grid: int) -> list[int]:
        """Return the neighbours that may give to a grid, or take of it."""
        return self._near.get(grid, [])

    def _between(self, one: int, other: int, column: int) -> list[tuple[float, float, tuple[int, ...]]]:
        """Return groups with what they hold of a quantity and their households, the lightest first, of equals the ones that fit best."""
        state, most = self._state, float(self._state.rows[one, HOUSEHOLDS]) / 2
        grown = grouping.toward(state.laid, one, other, self._households, most) if state.parts[one] == 1 else ()
        found = dict.fromkeys([*self._leaving.get((one, other), []), *(units for units, _ in grown)])
        rows = []
        for units in found:
            held, households = (float(self._weight[list(units), place].sum()) for place in (column, 0))
            rows.append((held, households, -self._fit(units, other), units))
        return [(held, households, units) for held, households, _, units in sorted(rows)]

    def _fit(self, units: tuple[int, ...], other: int) -> int:
        """Return how many more neighbours a group has in the grid that it comes to than in the one it leaves."""
        laid, inside = self._state.laid, set(units)
        return sum(1 if laid.label[near] == other else -1 for unit in units for near in laid.near[unit] if near not in inside)


def chains(state: State, group: Group, broken: np.ndarray, single: np.ndarray) -> Moves:
    """Return chains of transfers for grids that are too heavy or too light.

    Parameters
    ----------
    state, group
        An assignment, and groups of units that can leave their grids.
    broken
        Shape (k, 5), the principles that grids break.
    single
        Shape (k, 5), the fewest households of a transfer or exchange that mends a breach, infinite where none does: a chain moves fewer.

    Notes
    -----
    Dijkstra (1959) over grids: a way is as long as the households that move along it, and goes on from a grid as long as that is beyond
    its limit with what came. What is found is measured as it would be.
    """
    links = _Links(state, group)
    found: dict[_Key, Moves] = {}
    for grid, principle, sought, sign in _starts(state, broken):
        bound, whole = float(single[grid, principle]), float(sought.over[grid])
        room = float(-sought.over[~state.locked].min())  # of the last grid of a chain
        for share in PARTS if np.isinf(bound) else PARTS[:1]:
            if whole * share > room + SLACK:
                continue
            sound = _sound(state, _searched(links, sought, grid, whole * share, bound, gives=sign > 0))
            found |= sound
            if sound:
                break
    return _joined(list(found.values()))


_Key = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]


def _starts(state: State, broken: np.ndarray) -> list[tuple[int, int, Sought, int]]:
    """Return the breaches that a chain could mend: the grid, the principle, what is sought, and 1 for what is too heavy, -1 too light."""
    band_low, band_high = measures.limits(state.rows)
    even = [np.full(state.k, state.mean * (1 + side * measures.MOST_UNEVEN)) for side in (-1, 1)]
    column = state.ground.network.weights.shape[1] - 1
    if column == 0:  # the load is the households: evened out within the band, which is a rule
        even = [np.maximum(even[0], band_low), np.minimum(even[1], band_high)]
    wanted = {
        BAND: Sought(0, state.rows[:, HOUSEHOLDS], band_low, band_high),
        BALANCE: Sought(column, state.rows[:, LOADS], even[0], even[1]),
    }
    found = []
    for principle, sought in wanted.items():
        for grid in np.flatnonzero(broken[:, principle] & ~state.locked).tolist():
            for sign, side in ((1, sought), (-1, sought.turned())):
                if side.over[grid] > SLACK:
                    found.append((float(side.over[grid] / max(abs(side.high[grid]), 1.0)), grid, principle, side, sign))
    found.sort(key=lambda each: each[:3])
    return [each[1:] for each in found[:STARTS]]


def _searched(links: _Links, sought: Sought, start: int, amount: float, bound: float, *, gives: bool) -> Iterator[_Chain]:
    """Yield chains that take an amount from a grid at least (or bring it there), those that move fewest households first."""
    waiting: list[tuple[float, tuple[int, ...], tuple[tuple[int, ...], ...], float]] = [(0.0, (start,), (), 0.0)]
    reached: Counter[int] = Counter()
    while waiting:
        cost, path, given, came = heappop(waiting)
        grid = path[-1]
        least = amount if grid == start else float(sought.over[grid]) + came
        if least <= SLACK and len(path) > 2:
            yield _Chain(path, given) if gives else _Chain(path[::-1], given[::-1])
        if least <= SLACK or len(path) == LONGEST or reached[grid] == REACHED:
            continue
        reached[grid] += 1
        most = float(sought.held[grid] - sought.low[grid]) + came
        for other in links.near(grid):
            if other in path:
                continue
            ways = links.between(*((grid, other) if gives else (other, grid)), sought.column)
            fits = [each for each in ways if least - SLACK <= each[0] <= most + SLACK and cost + each[1] < bound]
            for held, households, units in fits[:TRIED]:
                heappush(waiting, (cost + households, (*path, other), (*given, units), held))


def _sound(state: State, found: Iterator[_Chain]) -> dict[_Key, Moves]:
    """Return the first chains that leave every grid as connected, and no grid worse by a rule, measured."""
    kept: dict[_Key, Moves] = {}
    for _, chain in zip(range(LOOKED_AT), found, strict=False):
        move = _measured(state, chain)
        if move is not None:
            kept[chain.path, chain.given] = move
        if len(kept) == KEPT:
            break
    return kept


def _measured(state: State, chain: _Chain) -> Moves | None:
    """Return what a chain changes; None where it breaks a grid apart, or a rule."""
    path, given = list(chain.path), chain.given
    members = [set(state.laid.members[grid]) for grid in path]
    for (one, other), units in zip(pairwise(members), given, strict=True):
        one -= set(units)
        other |= set(units)
    units_of = [sorted(each) for each in members]
    parts = np.array([len(grouping.pieces(each, state.laid.near)) for each in units_of], dtype=np.int64)
    if (parts > state.parts[path]).any() or (parts == 0).any():
        return None
    lost = state.points(measures.sums_of(state.ground, units_of), parts, state.mean)
    before = state.lost[path]
    if (lost[:, COUNTED] > before[:, COUNTED] + SLACK).any():
        return None
    units = tuple(sorted(unit for each in given for unit in each))
    households = float(state.ground.network.weights[list(units), 0].sum())
    gain = before.sum(axis=0) - lost.sum(axis=0)
    ends = (np.array([path[0]]), np.array([path[-1]]))
    return Moves("chain", [units], *ends, gain[None], lost[None, [0, -1]], np.array([households]), [tuple(path[1:-1])])


def _joined(found: list[Moves]) -> Moves:
    """Return chains as one table."""
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return Moves("chain", [], empty, empty, np.zeros((0, 5)), np.zeros((0, 2, 5)), np.zeros(0), [])
    source, target, gain, after, households = (
        np.concatenate([getattr(each, name) for each in found]) for name in ("source", "target", "gain", "after", "households")
    )
    units, through = [each.units[0] for each in found], [each.through[0] for each in found]
    return Moves("chain", units, source, target, gain, after, households, through)
