"""A first partition: pieces halved again and again, each by growing one side from its far end."""

import heapq

import numpy as np
from numba import njit

from gridmap.partition.compiled.state import Borders


@njit(nogil=True, cache=True)
def spread(borders: Borders, piece: np.ndarray, start: int, radius: np.ndarray, distance: np.ndarray, order: np.ndarray) -> int:
    """Fill `order` with the units of the piece of `start` by distance from it; return how many. `distance` is infinite before and after."""
    number = piece[start]
    heap = [(0.0, start)]
    distance[start] = 0.0
    found = 0
    while heap:
        far, u = heapq.heappop(heap)
        if far > distance[u]:
            continue
        order[found] = u
        found += 1
        for e in range(borders.indptr[u], borders.indptr[u + 1]):
            v = borders.neighbour[e]
            if piece[v] == number and borders.open[e]:
                to = far + radius[u] + radius[v]
                if to < distance[v]:
                    distance[v] = to
                    heapq.heappush(heap, (to, v))
    for i in range(found):
        distance[order[i]] = np.inf
    return found


@njit(nogil=True, cache=True)
def rest_in_one(borders: Borders, piece: np.ndarray, rest: np.ndarray, rest_number: int, grown_number: int, queue: np.ndarray) -> None:
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
            for e in range(borders.indptr[u], borders.indptr[u + 1]):
                v = borders.neighbour[e]
                if piece[v] == rest_number and borders.open[e]:
                    piece[v] = number
                    queue[tail] = v
                    tail += 1
        if tail > size:
            size, largest = tail, number
        number -= 1
    for i in range(len(rest)):
        piece[rest[i]] = rest_number if piece[rest[i]] == largest else grown_number


@njit(nogil=True, cache=True)
def halved(borders: Borders, weight: np.ndarray, radius: np.ndarray, piece: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the grid of every unit.

    Parameters
    ----------
    borders, weight, radius
        Of n units; the radius stands for the size on the ground.
    piece
        Shape (n,), connected pieces from 0; they are never joined.
    share
        Shape (pieces,), how many grids each becomes; at most as many as it has units.
    """
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
    distance, order, queue = np.full(n, np.inf), np.empty(n, np.int64), np.empty(n, np.int64)
    free = len(share)
    p = 0
    while p < free:
        if grids[p] == 1:
            p += 1
            continue
        found = spread(borders, piece, first[p], radius, distance, order)
        found = spread(borders, piece, order[found - 1], radius, distance, order)
        whole = 0.0
        for i in range(found):
            whole += weight[order[i]]
        most = grids[p]
        aim = whole * (most // 2) / most
        grown, reached = 0, 0.0
        while grown < found - 1 and (grown == 0 or reached + 0.5 * weight[order[grown]] < aim):
            reached += weight[order[grown]]
            grown += 1
        for i in range(grown):
            piece[order[i]] = free
        rest_in_one(borders, piece, order[grown:found], p, free, queue)
        reached, grown = 0.0, 0
        for i in range(found):
            if piece[order[i]] == free:
                reached += weight[order[i]]
                grown += 1
            else:
                first[p] = order[i]
        first[free] = order[0]
        part = int(np.rint(most * reached / whole)) if whole > 0 else most // 2
        part = min(max(part, 1, most - (found - grown)), most - 1, grown)
        grids[free] = part
        grids[p] = most - part
        free += 1
    return piece
