"""Groups of units that could leave a grid together, so that what stays of it is as connected as before and no compound is cut."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from gridmap.partition.measures import MOST, Ground

SIDES = 4  # corners of a grid from which its halves are grown
CUTS = 20  # from one corner, looked at
STEPS = 16  # of a group that grows away from its grid's neighbour


@dataclass(frozen=True, eq=False)
class Layout:
    """An assignment as lists, for walks over a few units at a time.

    Attributes
    ----------
    label
        Grid of every unit.
    members
        Units of every grid.
    near
        Units across an open border of every unit.
    atom
        Of every unit the units that it never parts from: those of its compound in the same grid, where a grid could hold the compound.
    """

    label: list[int]
    members: list[list[int]]
    near: list[list[int]]
    atom: list[tuple[int, ...]]


def layout(ground: Ground, label: np.ndarray, k: int, compound: pd.Series | None) -> Layout:
    """Return an assignment as lists."""
    network = ground.network
    open_ = np.isfinite(network.price)
    ends = np.concatenate([[0], np.cumsum(open_)])[network.indptr]
    beside = network.neighbour[open_].tolist()
    near = [beside[begin:end] for begin, end in pairwise(ends.tolist())]
    order = np.argsort(label, kind="stable").tolist()
    bounds = np.searchsorted(label[order], np.arange(k + 1)).tolist()
    members = [order[begin:end] for begin, end in pairwise(bounds)]
    return Layout(label.tolist(), members, near, _atoms(ground, label, compound))


def _atoms(ground: Ground, label: np.ndarray, compound: pd.Series | None) -> list[tuple[int, ...]]:
    alone: list[tuple[int, ...]] = [(unit,) for unit in range(ground.network.n)]
    if compound is None or not compound.notna().any():
        return alone
    named = pd.DataFrame({"compound": compound.to_numpy(dtype=object), "grid": label, "filled": ground.amounts[:, MOST]}).dropna()
    fits = named.groupby("compound")["filled"].transform("sum") <= 1 + 1e-9
    for _, rows in named[fits].groupby(["compound", "grid"], sort=False):
        together = tuple(rows.index.tolist())
        for unit in together:
            alone[unit] = together
    return alone


def pieces(units: Collection[int], near: list[list[int]]) -> list[list[int]]:
    """Return the connected pieces of some units, in the order of their first ones."""
    left = set(units)
    found = []
    for unit in units:
        if unit not in left:
            continue
        left.discard(unit)
        piece = [unit]
        for at in piece:
            for other in near[at]:
                if other in left:
                    left.discard(other)
                    piece.append(other)
        found.append(piece)
    return found


def leaving(laid: Layout, grid: int, weight: list[float]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield groups that can leave a grid, each once, and the number of pieces of what stays.

    They are the atoms at its border, each with all that it would cut off, and its pieces where it is not in one.

    Parameters
    ----------
    laid
        The assignment.
    grid
        Its number.
    weight
        Of every unit: of two pieces the heavier one stays.
    """
    members = laid.members[grid]
    apart = pieces(members, laid.near)
    seen: set[tuple[int, ...]] = set()

    def fresh(group: Iterable[int], left: int) -> Iterator[tuple[tuple[int, ...], int]]:
        found = tuple(sorted(group))
        if len(found) < len(members) and found not in seen and _whole(laid, found):
            seen.add(found)
            yield found, left

    if len(apart) > 1:
        for piece in apart:
            yield from fresh(piece, len(apart) - 1)
    for unit in members:
        atom = laid.atom[unit]
        if unit != atom[0] or not any(laid.label[other] != grid for each in atom for other in laid.near[each]):
            continue
        if len(atom) == 1 and _loose(laid, unit, grid):
            yield from fresh(atom, len(apart))
            continue
        group, left = list(atom), len(apart)
        for home in apart:
            rest = pieces([each for each in home if each not in atom], laid.near) if not set(atom).isdisjoint(home) else [home]
            rest.sort(key=lambda piece: (-sum(weight[each] for each in piece), -len(piece)))
            group += [each for piece in rest[1:] for each in piece]
            left -= not rest
        yield from fresh(group, left)


def toward(laid: Layout, grid: int, other: int, weight: list[float], most: float) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield groups of a connected grid that grow from its border with another one until they weigh what is wanted, as `leaving` does.

    Next is always the atom that lies deepest in the other grid and the group: with most neighbours there and fewest where it is.
    """
    inside = set(laid.members[grid])
    group: list[int] = []
    gone: set[int] = set()
    edge = {unit for unit in inside if any(laid.label[near] == other for near in laid.near[unit])}
    for _ in range(STEPS):
        if not edge or sum(weight[unit] for unit in group) >= most:
            return
        unit = min(
            edge, key=lambda unit: (sum(1 if near in gone or laid.label[near] == other else -1 for near in laid.near[unit]) * -1, unit)
        )
        atom = laid.atom[unit]
        group += atom
        gone.update(atom)
        edge |= {near for each in atom for near in laid.near[each] if near in inside}
        edge -= gone
        if len(gone) < len(inside) and len(pieces(inside - gone, laid.near)) == 1:
            yield tuple(sorted(group)), 1


def halves(laid: Layout, grid: int) -> Iterator[tuple[int, ...]]:
    """Yield parts of a grid, each connected and leaving a connected rest, grown from several of its corners."""
    members = laid.members[grid]
    inside = set(members)
    seen: set[tuple[int, ...]] = set()
    start = members[0]
    for _ in range(SIDES):
        grown: list[int] = []
        looked_at, scattered = 0, False
        for atom in _grown(laid, start, inside):
            grown.extend(atom)
            scattered |= len(atom) > 1  # the units of a compound need not touch
            if len(grown) == len(members) or (len(grown) - looked_at) * CUTS < len(members):
                continue
            looked_at = len(grown)
            found = tuple(sorted(grown))
            if found in seen or len(pieces(inside.difference(grown), laid.near)) > 1 or (scattered and len(pieces(grown, laid.near)) > 1):
                continue
            seen.add(found)
            yield found
        start = grown[-1]


def _grown(laid: Layout, start: int, inside: set[int]) -> Iterator[tuple[int, ...]]:
    """Yield the atoms of a grid from one on: next always the one with the most neighbours taken, of those the one seen first."""
    taken: set[int] = set()
    touched: dict[int, int] = {start: 0}
    while touched:
        unit = max(touched, key=touched.__getitem__)
        atom = laid.atom[unit]
        taken.update(atom)
        for each in atom:
            touched.pop(each, None)
        for each in atom:
            for other in laid.near[each]:
                if other in inside and other not in taken:
                    touched[other] = touched.get(other, 0) + 1
        yield atom


def _loose(laid: Layout, unit: int, grid: int) -> bool:
    """Tell whether a unit's neighbours in its grid are connected among themselves, so that it leaves no hole where they come apart."""
    around = [other for other in laid.near[unit] if laid.label[other] == grid]
    return bool(around) and len(pieces(around, laid.near)) == 1


def _whole(laid: Layout, group: tuple[int, ...]) -> bool:
    inside = set(group)
    return all(other in inside for unit in group for other in laid.atom[unit])
