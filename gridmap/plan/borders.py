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
    till = rings.length.cumsum()
    since = till - rings.length
    first, last = (np.searchsorted(rings.ring, rings.ring, side=side) for side in ("left", "right"))
    start, total = since[first], till[last - 1] - since[first]
    begun = (since - start)[edge] + share * rings.length[edge]
    step = rings.end - rings.begin

    def at(distance: np.ndarray) -> np.ndarray:
        reached = start[edge] + distance % total[edge]
        on = np.clip(np.searchsorted(till, reached, side="right"), first[edge], last[edge] - 1)
        share = (reached - since[on]) / rings.length[on]
        return rings.begin.take(on, axis=0) + share[:, None] * step.take(on, axis=0)

    reach = np.minimum(LEVEL_M, total / 12)[edge]
    return _right(at(begun + reach) - at(begun - reach))


def _right(step: np.ndarray) -> np.ndarray:
    """Return unit vectors to the right of steps: outward where a ring runs against the clock."""
    return np.column_stack([step[:, 1], -step[:, 0]]) / np.maximum(np.hypot(*step.T), np.finfo(float).tiny)[:, None]
