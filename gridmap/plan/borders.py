"""Outer borders of polygons in short pieces, a piece that several polygons share only once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

STEP_M = 10.0  # a border is looked at in pieces no longer than this
LEVEL_M = 15.0  # to either side of a piece over which its direction is taken, so that a notch turns no side


@dataclass(frozen=True)
class Borders:
    """Pieces, and the passages of polygons along them: a border between two polygons has one piece and two passages.

    Attributes
    ----------
    middle, length_m, right
        Middle, length and unit normal to the right of each piece, shapes (p, 2), (p,) and (p, 2); metric CRS.
    shape, piece
        Position of the polygon and of the piece of each passage, shape (m,), polygon after polygon and along its ring.
    turned
        Whether the polygon lies to the right of the piece, so that its outside is to the left; shape (m,).
    level
        Outward unit normal of the surroundings of each passage, shape (m, 2).
    """

    middle: np.ndarray
    length_m: np.ndarray
    right: np.ndarray
    shape: np.ndarray
    piece: np.ndarray
    turned: np.ndarray
    level: np.ndarray


@dataclass(frozen=True)
class _Rings:
    """The straight edges of rings that run against the clock, ring after ring: ends, shape (e, 2), length and ring of each."""

    begin: np.ndarray
    end: np.ndarray
    length: np.ndarray
    ring: np.ndarray


def cut(shapes: np.ndarray) -> Borders:
    """Cut the outer borders of polygons, shape (n,), metric CRS; corners of shared borders must be the same to the last bit."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    begin, end, ring = edges(shapely.get_exterior_ring(shapely.orient_polygons(parts)))
    edge, first, turned = _shared(begin, end)
    step = (end - begin)[first]
    length = np.hypot(*step.T)
    count = np.ceil(length / STEP_M).astype(int)
    of_edge, place = _numbered(count)
    passage, along = _numbered(count[edge])
    here, back = edge[passage], turned[passage]
    share = (place + 0.5) / count[of_edge]
    return Borders(
        middle=begin[first].take(of_edge, axis=0) + share[:, None] * step.take(of_edge, axis=0),
        length_m=(length / count)[of_edge],
        right=_right(step).take(of_edge, axis=0),
        shape=owner[ring][passage],
        piece=(count.cumsum() - count)[here] + np.where(back, count[here] - 1 - along, along),
        turned=back,
        level=_level(_Rings(begin, end, length[edge], ring), passage, (along + 0.5) / count[here]),
    )


def edges(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return begin and end of every straight edge of lines, shape (e, 2), and the position of its line."""
    parts, line = shapely.get_parts(lines, return_index=True)
    places, part = shapely.get_coordinates(parts, return_index=True)
    same = (part[1:] == part[:-1]) & (places[1:] != places[:-1]).any(axis=1)
    return places[:-1][same], places[1:][same], line[part[:-1][same]]


def _shared(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the number of each edge, the first edge of each number, and whether an edge runs against that one."""
    corner = pd.factorize(np.concatenate([begin, end]) @ np.array([1, 1j]))[0].reshape(2, -1)
    low, high = corner.min(axis=0), corner.max(axis=0)
    edge = pd.factorize(low * (corner.max(initial=0) + 1) + high)[0]
    first = np.flatnonzero(~pd.Series(edge).duplicated().to_numpy())
    return edge, first, corner[0] != corner[0][first][edge]


def _numbered(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for things of so many pieces each the thing of every piece, and the number of the piece in it from 0."""
    thing = np.repeat(np.arange(len(count)), count)
    return thing, np.arange(len(thing)) - (count.cumsum() - count)[thing]


def _level(rings: _Rings, edge: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the outward normal of the ring around places, each at a share of its edge."""
    if not len(rings.ring):
        return np.empty((0, 2))
    till = np.concatenate([[0.0], rings.length.cumsum()])
    first, last = (np.searchsorted(rings.ring, rings.ring, side=side) for side in ("left", "right"))
    start, stop = till[first][edge], till[last][edge]
    total = stop - start
    begun = till[edge] - start + share * rings.length[edge]
    reach = np.minimum(LEVEL_M, total / 12)
    passed = np.repeat(till, 2)[1:-1]
    ends = np.stack([rings.begin, rings.end], axis=1).reshape(-1, 2)

    def at(distance: np.ndarray) -> np.ndarray:
        reached = np.minimum(start + distance % total, np.nextafter(stop, 0))  # where this ring stops the next one starts
        return np.array([np.interp(reached, passed, axis) for axis in ends.T])

    return _right((at(begun + reach) - at(begun - reach)).T)


def _right(step: np.ndarray) -> np.ndarray:
    """Return unit vectors to the right of steps: outward where a ring runs against the clock."""
    x, y = step.T / np.maximum(np.hypot(*step.T), np.finfo(float).tiny)
    return np.array([y, -x]).T
