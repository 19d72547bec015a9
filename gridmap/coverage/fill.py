"""Narrow gaps of a valid coverage filled, and narrow parts of its grids handed on."""

import math
from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.coverage.layer import NOISE_M, Plane, Repaired, members, thickness
from gridmap.coverage.moves import GAINED, LOST, Move
from gridmap.coverage.noding import edge_ends, numbered

Place = tuple[float, float]
Chord = tuple[Place, Place]
STRIP = 10  # so many times as long as wide: cut where the grids along it change, lest one grid gets what lies along many others
SIDE = 0.4  # of a gap's border: who has as much lies along a whole side of it, and gets it uncut


def filled(layer: Repaired, width_m: float, inside: np.ndarray | None) -> tuple[np.ndarray, list[Move]]:
    """Return a coverage without gaps up to `width_m` wide, and what was gained.

    Parameters
    ----------
    layer
        Valid coverage in the order of the codes.
    width_m
        A gap is filled if no circle of this diameter fits in.
    inside
        Polygons that the grids should fill: only gaps in one of them are gaps. None: all are.

    Notes
    -----
    A gap goes to the grid with the longest border along it, of equal ones (to 0.001 mm) to the first by code. A gap more than ten times
    as long as wide is cut first, across, at every corner where the grids along it change, unless one grid has 40 % of its border: such a
    grid lies along a whole side of it, or inside.
    """
    gaps = enclosed(layer.covered)
    gaps = gaps[narrow(layer.plane.measured(gaps), width_m)]
    if inside is not None and len(gaps):
        gaps = gaps[np.unique(shapely.STRtree(inside).query(shapely.point_on_surface(gaps), predicate="intersects")[0])]
    if not len(gaps):
        return layer.polygons, []
    return given(layer.polygons, gaps, layer.plane)


def given(polygons: np.ndarray, gaps: np.ndarray, plane: Plane) -> tuple[np.ndarray, list[Move]]:
    """Return the polygons with gaps joined to those with the longest border along them; some wait for a part beside them."""
    moves = []
    places = _cut(gaps, polygons, plane)
    while len(places):
        taker = _longest(places, polygons, plane)
        found = taker >= 0
        if not found.any():
            break
        moves += [Move("gap", int(row), -1, GAINED, place) for row, place in zip(taker[found], places[found], strict=True)]
        polygons = _joined(polygons, places[found], taker[found])
        places = places[~found]
    return polygons, moves


def enclosed(union: np.ndarray) -> np.ndarray:
    """Return the places that the parts of a union enclose, be it by touching in corners alone, as single polygons with its own corners."""
    start, end, _ = edge_ends(union)
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(np.stack([start, end], axis=1))))
    held = shapely.STRtree(union).query(shapely.point_on_surface(faces), predicate="within")[0]
    free = np.ones(len(faces), dtype=bool)
    free[held] = False
    return shapely.normalize(faces[free])


def narrow(metric: np.ndarray, width_m: float) -> np.ndarray:
    """Tell into which polygons, in metres, no circle of this diameter fits."""
    result = thickness(metric) <= width_m  # never wider than such a circle, and quicker
    inner = shapely.buffer(metric[result], -width_m / 2 - NOISE_M, join_style="mitre")
    result[result] = shapely.is_empty(inner)
    return result


def handed_on(polygons: np.ndarray, plane: Plane, width_m: float) -> tuple[np.ndarray, list[Move]]:
    """Return a coverage where narrow single parts of a grid belong to the grid with the longest border along them, and what moved.

    A grid never loses its largest part, nor one that no other grid borders.
    """
    moves: list[Move] = []
    while True:
        rows, parts = _crumbs(polygons, plane, width_m)
        if not len(rows):
            break
        stays = polygons.copy()
        several, number = np.unique(rows, return_inverse=True)
        for row, own in zip(several, members(number), strict=True):
            stays[row] = _without(polygons[row], parts[own])
        taker = _longest(parts, stays, plane)
        found = taker >= 0
        if not found.any():
            break
        for row in np.unique(rows[~found]):
            stays[row] = shapely.coverage_union_all([stays[row], *parts[~found & (rows == row)]])
        for part, row, new in zip(parts[found], rows[found], taker[found], strict=True):
            moves += [Move("sliver", int(row), int(new), LOST, part), Move("sliver", int(new), int(row), GAINED, part)]
        polygons = _joined(stays, parts[found], taker[found])
    drawn_anew = sorted({move.grid for move in moves})
    if moves:
        polygons[drawn_anew] = shapely.normalize(polygons[drawn_anew])
    return polygons, moves


def _joined(polygons: np.ndarray, places: np.ndarray, taker: np.ndarray) -> np.ndarray:
    result = polygons.copy()
    rows, number = np.unique(taker, return_inverse=True)
    for row, own in zip(rows, members(number), strict=True):
        result[row] = shapely.normalize(shapely.coverage_union_all([polygons[row], *places[own]]))
    return result


@dataclass(frozen=True)
class Borders:
    """Edges that places share with polygons: positions of the two, length in metres, and both ends, shape (n, 2)."""

    place: np.ndarray
    polygon: np.ndarray
    length_m: np.ndarray
    start: np.ndarray
    end: np.ndarray


def borders(places: np.ndarray, polygons: np.ndarray, plane: Plane) -> Borders:
    """Return the edges that places share with polygons of one coverage, matched exactly."""
    near = np.unique(shapely.STRtree(places).query(polygons)[0])
    begin, stop, place = edge_ends(places)
    first, last, owner = edge_ends(polygons[near])
    corners, (a, b, c, d) = numbered(begin, stop, first, last)
    mine, theirs = (np.minimum(x, y) * len(corners) + np.maximum(x, y) for x, y in ((a, b), (c, d)))
    order = np.argsort(theirs, kind="stable")
    low, high = np.searchsorted(theirs[order], mine), np.searchsorted(theirs[order], mine, side="right")
    shared = np.repeat(np.arange(len(mine)), high - low)
    found = order[_ranges(low, high)]
    edges = plane.measured(shapely.linestrings(np.stack([begin[shared], stop[shared]], axis=1)))
    return Borders(place[shared], near[owner[found]], shapely.length(edges), begin[shared], stop[shared])


def _ranges(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    size = high - low
    return np.arange(size.sum()) + np.repeat(low - np.cumsum(size) + size, size)


def _longest(places: np.ndarray, polygons: np.ndarray, plane: Plane) -> np.ndarray:
    """Return for every place the polygon with the longest border along it, the first of equal ones, -1 where none borders it."""
    place, polygon, length_m = _along(borders(places, polygons, plane), len(polygons))
    order = np.lexsort((polygon, -length_m, place))
    best = np.full(len(places), -1)
    best[place[order][::-1]] = polygon[order][::-1]  # the last to be written is the first of its place
    return best


def _along(found: Borders, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return every pair of a place and one of `count` polygons along it, with the length of the border that they share, to 0.001 mm."""
    key, number = np.unique(found.place * count + found.polygon, return_inverse=True)
    length_m = np.round(np.bincount(number, weights=found.length_m, minlength=len(key)), 6)
    return *np.divmod(key, max(count, 1)), length_m


def _cut(gaps: np.ndarray, polygons: np.ndarray, plane: Plane) -> np.ndarray:
    """Return the gaps with long ones that no grid has much of cut across at every corner where the grids along them change."""
    metric = plane.measured(gaps)
    around, area = shapely.length(metric), shapely.area(metric)
    long = np.flatnonzero(around**2 > 4 * STRIP * area)
    found = borders(gaps[long], polygons, plane)
    place, _, length_m = _along(found, len(polygons))
    most = np.zeros(len(long))
    np.maximum.at(most, place, length_m)
    order = np.argsort(found.place, kind="stable")
    bounds = np.searchsorted(found.place[order], np.arange(len(long) + 1))
    pieces = [np.delete(gaps, long)]
    for number, gap in enumerate(long):
        one_side = most[number] >= SIDE * around[gap]
        chords = [] if one_side else _chords(gaps[gap], found, order[bounds[number] : bounds[number + 1]])
        pieces.append(_pieces(gaps[gap], chords) if chords else gaps[gap : gap + 1])
    return np.concatenate(pieces)


def _chords(gap: shapely.Polygon, found: Borders, rows: np.ndarray) -> list[Chord]:
    """Return the shortest lines across a gap from corners where the grid along it changes, between its own corners."""
    along: dict[Place, set[int]] = {}
    for polygon, *ends in zip(found.polygon[rows], found.start[rows], found.end[rows], strict=True):
        for end in ends:
            along.setdefault(tuple(end), set()).add(int(polygon))
    begin, stop, _ = edge_ends(shapely.get_parts(shapely.constrained_delaunay_triangles(gap)))
    best: dict[Place, tuple[float, Chord]] = {}
    for here, there in zip(map(tuple, np.concatenate([begin, stop])), map(tuple, np.concatenate([stop, begin])), strict=True):
        if len(along.get(here, ())) > 1 and along[here].isdisjoint(along.get(there, ())):
            chord = (min(here, there), max(here, there))
            best[here] = min(best.get(here, (np.inf, chord)), (math.dist(here, there), chord))
    return sorted({chord for _, chord in best.values()})


def _pieces(gap: shapely.Polygon, chords: list[Chord]) -> np.ndarray:
    begin, stop, _ = edge_ends(np.array([gap]))
    edges = np.concatenate([np.stack([begin, stop], axis=1), np.array(chords)])
    faces = shapely.normalize(shapely.get_parts(shapely.polygonize(shapely.linestrings(edges))))
    return faces[shapely.intersects(gap, shapely.point_on_surface(faces))]  # a grid inside a gap is a face too


def _crumbs(polygons: np.ndarray, plane: Plane, width_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the narrow single parts of polygons, other than the largest of each, and the positions of their polygons."""
    several = np.flatnonzero(shapely.get_num_geometries(polygons) > 1)
    parts, owner = shapely.get_parts(polygons[several], return_index=True)
    metric = plane.measured(parts)
    area = shapely.area(metric)
    order = np.lexsort((-area, owner))
    largest = order[np.append(True, owner[order][1:] != owner[order][:-1])] if len(order) else order
    small = narrow(metric, width_m)
    small[largest] = False
    return several[owner[small]], parts[small]


def _without(polygon: shapely.MultiPolygon, parts: np.ndarray) -> shapely.Geometry:
    gone = {part.wkb for part in parts}
    kept = [part for part in polygon.geoms if part.wkb not in gone]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
