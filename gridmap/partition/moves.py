"""Changes of a partition and what each one gains: units that change hands or are exchanged, grids split and merged."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gridmap.partition import groups as grouping
from gridmap.partition import measures
from gridmap.partition.groups import Layout
from gridmap.partition.measures import BORDER, HOUSEHOLDS, LOADS, OF_UNITS, PERIMETER, STREET, Ground

NEW = -1  # a grid that is not there yet
COUNTED = np.isin(measures.PRINCIPLES, ("band", "contiguity"))  # breaches are counted, of the other points the mean is told
EXCHANGED = 12  # groups on either side of a border that are tried against each other
LOOKED_AT = 1000  # of the exchanges that would gain most per household: whether grids stay connected


@dataclass(frozen=True, eq=False)
class State:
    """An assignment measured, and which grids may take part in a change.

    Attributes
    ----------
    rows, parts, lost
        What grids add up to, their numbers of parts, and the points they lose, weighted.
    weight
        What a point of every principle counts, shape (5,).
    locked, parent
        Grids that stay as they are, and the number of the parent of every grid.
    """

    ground: Ground
    laid: Layout
    label: np.ndarray
    rows: np.ndarray
    parts: np.ndarray
    lost: np.ndarray
    weight: np.ndarray
    locked: np.ndarray
    parent: np.ndarray

    @property
    def k(self) -> int:
        """Number of grids."""
        return len(self.rows)

    @property
    def mean(self) -> float:
        """Load of the mean grid."""
        return float(self.rows[:, LOADS].mean())

    def may(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Mark the pairs of grids that may give units to each other."""
        return ~self.locked[one] & ~self.locked[other] & (self.parent[one] == self.parent[other])

    def points(self, rows: np.ndarray, parts: np.ndarray, mean: float) -> np.ndarray:
        """Return the points that other grids would lose, weighted."""
        return measures.points(rows, parts, mean) * self.weight

    def renumbered(self, k: int, gone: tuple[np.ndarray, ...], come: np.ndarray) -> np.ndarray:
        """Return what the plan gains by becoming one of `k` grids, of which some go and others come, shape (m, 5).

        Parameters
        ----------
        k
            Number of grids then.
        gone
            Grids that are changed or no longer there, by number.
        come
            Shape (m, 5), what those in their place lose.
        """
        balance = measures.PRINCIPLES.index("balance")
        lost = self.lost.copy()
        lost[:, balance] = measures.evenness(self.rows, self.rows[:, LOADS].sum() / max(k, 1)) ** 2 * self.weight[balance]
        after = lost.sum(axis=0) - sum(lost[grid] for grid in gone) + come
        return self.lost.sum(axis=0) - after * np.where(COUNTED, 1.0, self.k / max(k, 1))


@dataclass(frozen=True, eq=False)
class Moves:
    """Changes of one kind, a row each.

    Attributes
    ----------
    kind
        transfer, exchange, split, merge or chain.
    units
        Positions of the units that come into the other grid; of an exchange both sides, of a chain all that move.
    source, target
        Grids by number, `NEW` for a grid that is not there yet.
    gain
        Shape (m, 5), points won by principle. Those of `band` and `contiguity` are added up over the grids; of the others it is how
        many the mean grid loses less, times the number of grids, so that nothing is won by there being fewer grids alone.
    after
        Shape (m, 2, 5), the points that source and target would lose.
    households
        That move.
    through
        Of a chain the grids between source and target, in the order in which they give on; else nothing.
    """

    kind: str
    units: list[tuple[int, ...]]
    source: np.ndarray
    target: np.ndarray
    gain: np.ndarray
    after: np.ndarray
    households: np.ndarray
    through: Sequence[tuple[int, ...]] = ()

    def __len__(self) -> int:
        return len(self.units)

    def onward(self, row: int) -> dict[int, int]:
        """Return for every grid that gives units the one that they come to."""
        source, target = int(self.source[row]), int(self.target[row])
        path = [source, *(self.through[row] if self.through else ()), target]
        return dict(pairwise(path)) | ({target: source} if self.kind == "exchange" else {})

    def rows(self, chosen: np.ndarray) -> "Moves":
        """Return some of them."""
        units = [self.units[place] for place in chosen]
        return Moves(
            self.kind, units, self.source[chosen], self.target[chosen], self.gain[chosen], self.after[chosen], self.households[chosen]
        )


@dataclass(frozen=True, eq=False)
class Group:
    """Groups of units, and what grids gain and lose with them.

    Attributes
    ----------
    units, source, left
        Of every group its units, its grid, and the number of parts of what stays there.
    takes
        Shape (m, 11), what the source loses and another grid gains where they had no border with each other.
    keys, shared
        Ascending numbers group x k + grid, and the length of the border of the group with that grid and of the part of it along a line.
    open
        Those of the keys with a border that is not forbidden.
    """

    units: list[tuple[int, ...]]
    source: np.ndarray
    left: np.ndarray
    takes: np.ndarray
    keys: np.ndarray
    shared: np.ndarray
    open: np.ndarray

    def beside(self, group: np.ndarray, grid: np.ndarray, k: int) -> np.ndarray:
        """Return the lengths of the borders of some groups with one grid each, shape (m, 2)."""
        key = group * k + grid
        place = np.searchsorted(self.keys, key)
        there = _among(self.keys, place, key) & (grid >= 0)
        lengths = np.zeros((len(key), 2))
        lengths[there] = self.shared[place[there]]
        return lengths

    def leave(self, group: np.ndarray, k: int) -> np.ndarray:
        """Return what the sources change by, shape (m, 11)."""
        return _less(-self.takes[group], -self.beside(group, self.source[group], k))

    def join(self, group: np.ndarray, grid: np.ndarray, k: int) -> np.ndarray:
        """Return what the targets change by, shape (m, 11)."""
        return _less(self.takes[group], self.beside(group, grid, k))


def _among(known: np.ndarray, place: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Mark the keys that stand at their places in some known ones."""
    return known[np.minimum(place, len(known) - 1)] == key if len(known) else np.zeros(len(key), dtype=bool)


def _less(rows: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """Return rows with a border taken off that is now inside: it was on either side of it."""
    found = rows.copy()
    found[:, PERIMETER] -= 2 * shared[:, 0]
    found[:, BORDER] -= 2 * shared[:, 0]
    found[:, STREET] -= 2 * shared[:, 1]
    return found


def groups_of(state: State, given: list[tuple[tuple[int, ...], int]], source: list[int]) -> Group:
    """Return groups measured; those of units beside forbidden or closed borders too."""
    ground, k = state.ground, state.k
    network, n = ground.network, ground.network.n
    units = [group for group, _ in given]
    sizes = np.array([len(group) for group in units], dtype=np.int64)
    member = np.array([unit for group in units for unit in group], dtype=np.int64)
    number = np.repeat(np.arange(len(units)), sizes)
    place, entry = measures.borders_of(network, member)
    of, other = number[place], network.neighbour[entry]
    held = number * n + member  # ascending, as units are in a group
    inside = _among(held, np.searchsorted(held, of * n + other), of * n + other)
    inner = np.bincount(of[inside], network.length_m[entry[inside]], len(units))
    of, entry, other = of[~inside], entry[~inside], other[~inside]
    key = of * k + state.label[other]
    keys, place = np.unique(key, return_inverse=True)
    lengths = (network.length_m[entry], ground.street_m[entry])
    shared = np.column_stack([np.bincount(place, length, len(keys)) for length in lengths])
    open_ = keys[np.bincount(place, np.isfinite(network.price[entry]), len(keys)) > 0]
    added = [np.bincount(number, column[member], len(units)) for column in (*ground.amounts.T, network.perimeter_m)]
    added[OF_UNITS] -= inner
    borders = [np.bincount(of, length, len(units)) for length in lengths]
    takes = np.column_stack([*added, *borders]).astype(float)  # sums over nothing are whole numbers
    left = np.array([each for _, each in given], dtype=np.int64)
    return Group(units, np.array(source, dtype=np.int64), left, takes, keys, shared, open_)


def transfers(state: State, group: Group) -> Moves:
    """Return the moves of groups to grids beside them."""
    number, target = np.divmod(group.open, state.k)
    fits = (group.source[number] != target) & state.may(group.source[number], target)
    number, target = number[fits], target[fits]
    return _changed(state, group, number, target)


def _changed(state: State, group: Group, number: np.ndarray, target: np.ndarray) -> Moves:
    source, k = group.source[number], state.k
    left, grown = state.rows[source] + group.leave(number, k), state.rows[target] + group.join(number, target, k)
    parts = np.array([_parts_with(state, group.units[each], into) for each, into in zip(number, target, strict=True)], dtype=np.int64)
    after = np.stack([state.points(left, group.left[number], state.mean), state.points(grown, parts, state.mean)], axis=1)
    gain = state.lost[source] + state.lost[target] - after.sum(axis=1)
    units = [group.units[each] for each in number]
    found = Moves("transfer", units, source, target, gain, after, group.takes[number, HOUSEHOLDS])
    return found.rows(np.flatnonzero(group.left[number] + parts <= state.parts[source] + state.parts[target]))


def _parts_with(state: State, group: tuple[int, ...], grid: int) -> int:
    """Return the number of parts of a grid that a group has joined."""
    near, label = state.laid.near, state.laid.label
    if state.parts[grid] == 1 and all(any(label[other] == grid for other in near[unit]) for unit in group):
        return 1
    return len(grouping.pieces([*state.laid.members[grid], *group], near))


def exchanges(state: State, group: Group, broken: np.ndarray) -> Moves:
    """Return exchanges of two groups that have no border with each other, where one grid of the two breaks a principle.

    Notes
    -----
    Where groups do not border on each other, what an exchange changes is the sum of what two transfers change.
    """
    k = state.k
    number, target = np.divmod(group.open, k)
    source = group.source[number]
    fits = (source != target) & state.may(source, target) & (broken[source] | broken[target])
    number, source, target = number[fits], source[fits], target[fits]
    size = group.takes[number, HOUSEHOLDS]
    order = np.lexsort((size, source * k + target))
    number, pair, size = number[order], (source * k + target)[order], size[order]
    bounds = np.concatenate([np.flatnonzero(np.diff(pair, prepend=-1)), [len(pair)]])
    sides = {int(pair[begin]): number[begin:end][:EXCHANGED] for begin, end in pairwise(bounds.tolist())}
    one, other = [], []
    for key, given in sides.items():
        there, here = divmod(key, k)
        taken = sides.get(here * k + there)
        if there < here and taken is not None:
            first, second = np.meshgrid(given, taken, indexing="ij")
            one.append(first.ravel())
            other.append(second.ravel())
    empty = np.zeros(0, dtype=np.int64)
    one_, other_ = (np.concatenate([empty, *each]) for each in (one, other))
    return _exchanged(state, group, one_, other_)


def _exchanged(state: State, group: Group, one: np.ndarray, other: np.ndarray) -> Moves:
    k = state.k
    source, target = group.source[one], group.source[other]
    left = state.rows[source] + group.leave(one, k) + group.join(other, source, k)
    grown = state.rows[target] + group.leave(other, k) + group.join(one, target, k)
    parts = state.parts
    hoped = np.stack([state.points(left, parts[source], state.mean), state.points(grown, parts[target], state.mean)], axis=1)
    gain = state.lost[source] + state.lost[target] - hoped.sum(axis=1)
    moved, total = group.takes[one, HOUSEHOLDS] + group.takes[other, HOUSEHOLDS], gain.sum(axis=1)
    better = np.lexsort((one, -total / np.maximum(moved, 1.0)))[: min(LOOKED_AT, int((total > 0).sum()))]
    sound = np.array([_holds(state, group.units[one[each]], group.units[other[each]]) for each in better], dtype=bool)
    chosen = better[sound]
    units = [tuple(sorted((*group.units[one[each]], *group.units[other[each]]))) for each in chosen]
    return Moves("exchange", units, source[chosen], target[chosen], gain[chosen], hoped[chosen], moved[chosen])


def _holds(state: State, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether two groups have no border with each other, and both grids have as many parts as before after the exchange."""
    laid, network = state.laid, state.ground.network
    beside = {int(each) for unit in one for each in network.neighbour[network.indptr[unit] : network.indptr[unit + 1]]}
    if not beside.isdisjoint(other):
        return False
    for gone, come in ((one, other), (other, one)):
        grid = laid.label[gone[0]]
        after = [*(unit for unit in laid.members[grid] if unit not in set(gone)), *come]
        if len(grouping.pieces(after, laid.near)) != state.parts[grid]:
            return False
    return True


def splits(state: State, group: Group) -> Moves:
    """Return the splits that make grids of their own of groups."""
    number, k = np.arange(len(group.units)), state.k
    new = np.full(len(number), NEW)
    mean = state.rows[:, LOADS].sum() / (k + 1)
    left, come = state.rows[group.source] + group.leave(number, k), group.join(number, new, k)
    after = np.stack([state.points(left, group.left, mean), state.points(come, np.ones(len(number)), mean)], axis=1)
    gain = state.renumbered(k + 1, (group.source,), after.sum(axis=1))
    return Moves("split", group.units, group.source, new, gain, after, group.takes[:, HOUSEHOLDS])


def merges(state: State) -> Moves:
    """Return the mergers of two grids, of which the one with more households goes on."""
    network, k = state.ground.network, state.k
    one, other = state.label[network.unit], state.label[network.neighbour]
    between = one < other
    key = one[between] * k + other[between]
    keys, place = np.unique(key, return_inverse=True)
    shared = np.column_stack([np.bincount(place, length[between], len(keys)) for length in (network.length_m, state.ground.street_m)])
    open_ = np.isin(keys, key[np.isfinite(network.price[between])])
    keys, shared = keys[open_], shared[open_]
    first, second = np.divmod(keys, k)
    stays = np.where(state.rows[second, HOUSEHOLDS] > state.rows[first, HOUSEHOLDS], second, first)
    goes = first + second - stays
    fits = state.may(goes, stays)
    stays, goes, shared = stays[fits], goes[fits], shared[fits]
    rows = _less(state.rows[stays] + state.rows[goes], shared)
    members = state.laid.members
    parts = np.array(
        [
            1 if state.parts[a] == state.parts[b] == 1 else len(grouping.pieces([*members[a], *members[b]], state.laid.near))
            for a, b in zip(stays, goes, strict=True)
        ],
        dtype=np.int64,
    )
    mean = state.rows[:, LOADS].sum() / max(k - 1, 1)
    joined = state.points(rows, parts, mean)
    after = np.stack([np.zeros_like(joined), joined], axis=1)
    gain = state.renumbered(k - 1, (stays, goes), joined)
    units = [tuple(members[grid]) for grid in goes]
    return Moves("merge", units, goes, stays, gain, after, state.rows[goes, HOUSEHOLDS])
