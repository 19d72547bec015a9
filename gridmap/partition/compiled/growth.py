"""A first partition: pieces halved again and again, each by growing one side from its far end."""

from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.partition.compiled.heap import pop, push
from gridmap.partition.compiled.state import Ground


class Spread(NamedTuple):
    """What is written on: distances (infinite before and after), units in their order, and a heap."""

    distance: np.ndarray
    order: np.ndarray
    keys: np.ndarray
    values: np.ndarray


@njit(nogil=True, error_model="numpy")
def spread(units: np.ndarray, borders: np.ndarray, piece: np.ndarray, start: int, radius: np.ndarray, room: Spread) -> int:
    """Order the units of the piece of `start` by distance from it and return how many there are."""
    distance, order, keys, values = room.distance, room.order, room.keys, room.values
    number = piece[start]
    size = push(keys, values, 0, 0.0, start)
    distance[start] = 0.0
    found = 0
    while size > 0:
        far, u = keys[0], values[0]
        size = pop(keys, values, size)
        if far > distance[u]:
            continue
        order[found] = u
        found += 1
        for e in range(units[u].begin, units[u].end):
            v = borders[e].neighbour
            if piece[v] == number and borders[e].open:
                to = far + radius[u] + radius[v]
                if to < distance[v]:
                    distance[v] = to
                    size = push(keys, values, size, to, v)
    for i in range(found):
        distance[order[i]] = np.inf
    return found


@njit(nogil=True, error_model="numpy")
def rest_in_one(
    units: np.ndarray, borders: np.ndarray, piece: np.ndarray, rest: np.ndarray, rest_number: int, grown_number: int, queue: np.ndarray
) -> None:
    """Leave only the largest connected part of the rest in it; the other parts, all of which touch the grown side, join that."""
    size, largest, number = 0, -1, -2
    for i in range(len(rest)):
        if piece[rest[i]] != rest_number:
            continue
        head, tail = 0, 1
        queue[0] = rest[i]
        piece[rest[i]] = number
        while head < tail:
            u = queue[head]
            head += 1
            for e in range(units[u].begin, units[u].end):
                v = borders[e].neighbour
                if piece[v] == rest_number and borders[e].open:
                    piece[v] = number
                    queue[tail] = v
                    tail += 1
        if tail > size:
            size, largest = tail, number
        number -= 1
    for i in range(len(rest)):
        piece[rest[i]] = rest_number if piece[rest[i]] == largest else grown_number


@njit(nogil=True, cache=True, error_model="numpy")
def halved(ground: Ground, weight: np.ndarray, radius: np.ndarray, piece: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the grid of every unit.

    Parameters
    ----------
    ground, weight, radius
        Of n units; the radius stands for the size on the ground.
    piece
        Shape (n,), connected pieces from 0; they are never joined.
    share
        Shape (pieces,), how many grids each becomes; at most as many as it has units.
    """
    units, borders = ground.units, ground.borders
    n = len(weight)
    piece = piece.copy()
    total = 0
    for p in range(len(share)):
        total += share[p]
    grids = np.ones(total, np.int64)
    grids[: len(share)] = share
    first = np.full(total, -1, np.int64)
    for u in range(n - 1, -1, -1):
        first[piece[u]] = u
    most = len(borders) + 1
    room = Spread(np.full(n, np.inf), np.empty(n, np.int64), np.empty(most), np.empty(most, np.int64))
    order, queue = room.order, np.empty(n, np.int64)
    free = len(share)
    p = 0
    while p < free:
        if grids[p] == 1:
            p += 1
            continue
        found = spread(units, borders, piece, first[p], radius, room)
        found = spread(units, borders, piece, order[found - 1], radius, room)
        whole = 0.0
        for i in range(found):
            whole += weight[order[i]]
        all_ = grids[p]
        aim = whole * (all_ // 2) / all_
        grown, reached = 0, 0.0
        while grown < found - 1 and (grown == 0 or reached + 0.5 * weight[order[grown]] < aim):
            reached += weight[order[grown]]
            grown += 1
        for i in range(grown):
            piece[order[i]] = free
        rest_in_one(units, borders, piece, order[grown:found], p, free, queue)
        reached, grown = 0.0, 0
        for i in range(found):
            if piece[order[i]] == free:
                reached += weight[order[i]]
                grown += 1
            else:
                first[p] = order[i]
        first[free] = order[0]
        part = int(np.rint(all_ * reached / whole)) if whole > 0 else all_ // 2
        part = min(max(part, 1, all_ - (found - grown)), all_ - 1, grown)
        grids[free] = part
        grids[p] = all_ - part
        free += 1
    return piece
