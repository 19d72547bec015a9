"""Units that only one other unit leads to: too few for a grid of their own, they are in the grid of that one in every answer."""

from dataclasses import dataclass

import numpy as np

from gridmap.partition.network import Network


@dataclass(frozen=True, eq=False)
class _Tree:
    """A depth-first tree of connected units, from unit 0.

    Attributes
    ----------
    order
        The units as they were come to.
    parent
        Of every unit, -1 of the first.
    alone
        Marks units that, with all below them, are reached through their parent alone.
    """

    order: list[int]
    parent: list[int]
    alone: list[bool]


def joined(network: Network, low: np.ndarray) -> np.ndarray:
    """Return labels of units from 0, one for a unit and the dead ends behind it.

    Parameters
    ----------
    network
        Of n connected units.
    low
        Shape (q,), what a grid must have of every quantity at least.

    Notes
    -----
    Where one unit parts others from the rest, a grid among those others without it has no more than they have together. If that is not
    enough, each of them is in the grid of the unit that parts them. Source of the search for such units: Hopcroft & Tarjan (1973),
    Algorithm 447. Cost: linear in borders.
    """
    if not (low > 0).any() or network.n < 3:
        return np.arange(network.n)
    tree = _tree(network)
    sizes = np.column_stack([network.weights, np.ones(network.n)])
    below, behind = _sums(tree, sizes)
    head = _hanging(tree, _light(below[:, :-1], low))
    beyond = sizes.sum(axis=0) - sizes - behind
    parts = (beyond[:, -1] > 0) & _light(beyond[:, :-1], low)
    if parts.any():
        unit = int(np.argmax(np.where(parts, beyond[:, -1], 0)))
        head[~_behind(tree, unit)] = head[unit]
    return np.unique(head, return_inverse=True)[1]


def _light(sums: np.ndarray, low: np.ndarray) -> np.ndarray:
    return np.asarray((sums < low * (1 - 1e-9)).any(axis=1))


def _tree(network: Network) -> _Tree:
    ends, neighbour = network.indptr.tolist(), network.neighbour.tolist()
    is_open = np.isfinite(network.price).tolist()
    place, parent, alone = ends[:-1], [-1] * network.n, [False] * network.n
    number, lowest = [-1] * network.n, [0] * network.n
    order = [0]
    number[0] = 0
    u = 0
    while u >= 0:
        e = place[u]
        if e == ends[u + 1]:
            above = parent[u]
            if above >= 0:
                alone[u] = lowest[u] >= number[above]
                lowest[above] = min(lowest[above], lowest[u])
            u = above
            continue
        place[u] = e + 1
        v = neighbour[e]
        if not is_open[e]:
            continue
        if number[v] >= 0:
            lowest[u] = min(lowest[u], number[v])
            continue
        parent[v] = u
        number[v] = lowest[v] = len(order)
        order.append(v)
        u = v
    return _Tree(order, parent, alone)


def _sums(tree: _Tree, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what every unit has with all below it, and what lies behind it: below it and reached through it alone."""
    below, behind = sizes.tolist(), np.zeros_like(sizes).tolist()
    for u in reversed(tree.order[1:]):
        above = tree.parent[u]
        below[above] = [one + other for one, other in zip(below[above], below[u], strict=True)]
        if tree.alone[u]:
            behind[above] = [one + other for one, other in zip(behind[above], below[u], strict=True)]
    return np.array(below), np.array(behind)


def _hanging(tree: _Tree, light: np.ndarray) -> np.ndarray:
    """Return for every unit the one whose dead end it is in, itself where it is in none."""
    head = list(range(len(tree.order)))
    hangs = [False] * len(tree.order)
    for u, is_light in zip(tree.order[1:], light[tree.order[1:]].tolist(), strict=True):
        above = tree.parent[u]
        if hangs[above] or (tree.alone[u] and is_light):
            hangs[u], head[u] = True, head[above]
    return np.array(head)


def _behind(tree: _Tree, unit: int) -> np.ndarray:
    """Mark the units that are reached through one unit alone."""
    found = [False] * len(tree.order)
    for u in tree.order[1:]:
        found[u] = found[tree.parent[u]] or (tree.alone[u] and tree.parent[u] == unit)
    return np.array(found)
