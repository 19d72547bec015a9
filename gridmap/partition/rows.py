"""Compounds with more households than a grid may have, cut between the rows of their buildings."""

import math
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely

from gridmap.partition import midway
from gridmap.partition.arrangement import LATTICE_M
from gridmap.partition.homes import CLEARANCE_M, Homes, long_sides

FEW = 4  # of so many grids and fewer all cuts are weighed together; what has more is halved first, so that parts are no long strips
TURN_DEG = 15.0  # further directions tried where neither rows nor columns give parts within the band
PREFER = 0.1  # of the lower limit: a direction must come so much nearer to the band to go before rows
STRAIGHT = 4  # directions that follow buildings or walls: of these one without a misfit is as good as rows
OVER = 1e6  # a household too many in a part weighs as much as so many too few


class Rows(NamedTuple):
    """The row of every building, from 0, and where lines part them, across their direction."""

    number: np.ndarray
    places: np.ndarray


class Cuts(NamedTuple):
    """Straight cuts: direction in degrees, where they lie across it, and by how many households the parts miss the band."""

    angle: float
    levels: list[float]
    misfit: float


def parts(compound: shapely.Geometry, homes: Homes, band: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Cut a compound along the rows of its buildings into parts within a band of households.

    Parameters
    ----------
    compound
        Valid polygon, metric CRS.
    homes
        The buildings inside.
    band
        Fewest and most households of a part.

    Returns
    -------
    tuple of ndarray
        Polygons that fill the compound, and the number of the part that each belongs to. One polygon where the compound is not above the
        band, or its buildings are all built together.

    Notes
    -----
    Straight cuts midway between rows, chosen by dynamic programming so that as few households as may be are too many, then too few. Where
    rows do not do, columns are tried, then other directions, then one cut after which either side does; a part above the band is cut
    again. What has households for more than four grids is halved before, across its longer side where that can be. Where no straight line
    leaves all buildings whole, the cut runs midway between buildings, around them. A single building above the band stays whole.
    """
    pieces, members = _cut(compound, homes, np.arange(len(homes.households)), band)
    return _gathered(pieces, np.array([homes.households[inside].sum() for inside in members]), band)


def _cut(
    piece: shapely.Geometry, homes: Homes, inside: np.ndarray, band: tuple[int, int]
) -> tuple[list[shapely.Geometry], list[np.ndarray]]:
    """Return the pieces of a piece and the buildings in each."""
    here = homes.take(inside)
    if len(inside) < 2 or here.households.sum() <= band[1]:
        return [piece], [inside]
    cuts = _best(piece, here, band)
    found, part_of = _around(piece, here, band) if cuts is None else _slabs(piece, here, cuts)
    if np.bincount(part_of + 1).max() == len(inside):  # nothing is parted
        return [piece], [inside]
    pieces: list[shapely.Geometry] = []
    members: list[np.ndarray] = []
    for number, part in enumerate(found):
        smaller, theirs = _cut(part, homes, inside[part_of == number], band)
        pieces += smaller
        members += theirs
    return pieces, members


def _best(piece: shapely.Geometry, homes: Homes, band: tuple[int, int]) -> Cuts | None:
    """Return the cuts in one direction that come nearest to the band, None where no line leaves all buildings whole."""
    best: Cuts | None = None
    directions = _directions(piece, homes)
    if homes.households.sum() > FEW * band[1]:
        return _half(homes, directions[:STRAIGHT], band) or _half(homes, directions[STRAIGHT:], band)
    for number, cuts in enumerate(_levels(homes, directions, band)):
        if cuts.levels and (best is None or _is_better(cuts, best, band, straight=number < STRAIGHT)):
            best = cuts
        if best is not None and best.misfit == 0:
            return best
    if best is None:
        return None
    for angle in directions[:2]:
        best = _halved(homes, angle, directions[:STRAIGHT], band, best)
    return best


def _is_better(cuts: Cuts, best: Cuts, band: tuple[int, int], *, straight: bool) -> bool:
    return cuts.misfit < best.misfit - PREFER * band[0] or (straight and cuts.misfit == 0 < best.misfit)


def _half(homes: Homes, directions: list[float], band: tuple[int, int]) -> Cuts | None:
    """Return the shortest cut that leaves whole grids on both sides, half of them on each; None where none comes within one of that."""
    size = sum(band) / 2
    found: list[tuple[float, Cuts]] = []
    for angle, rows in zip(directions, _rows(homes, directions), strict=True):
        aside = _off_half(np.bincount(rows.number, homes.households), size)
        if len(aside) and aside.min() < size:
            extent = np.ptp(homes.doors @ _ways(angle)[1])
            found.append((float(extent), Cuts(angle, [float(rows.places[aside.argmin()])], 0.0)))
    return min(found, key=lambda each: each[0])[1] if found else None


def _off_half(rows: np.ndarray, size: float) -> np.ndarray:
    """Return by how many households a cut after each row but the last is off half of the grids, of which one has `size`."""
    total = rows.sum()
    grids = max(round(total / size), 2)
    return np.abs(np.cumsum(rows)[:-1] - total * (grids // 2) / grids)


def _halved(homes: Homes, angle: float, directions: list[float], band: tuple[int, int], best: Cuts) -> Cuts:
    """Return the single cut in a direction after which both sides can be cut on best, in one direction each, if it is better."""
    rows = next(_rows(homes, [angle]))
    before = np.cumsum(np.bincount(rows.number, homes.households)).astype(int)
    for number, place in enumerate(rows.places):
        totals = int(before[number]), int(before[-1] - before[number])
        least = [_least(total, band) for total in totals]
        if not _is_better(Cuts(angle, [], sum(least)), best, band, straight=True):
            continue
        first = _misfit(homes.take(np.flatnonzero(rows.number <= number)), directions, band)
        if not _is_better(Cuts(angle, [], first + least[1]), best, band, straight=True):
            continue
        cuts = Cuts(angle, [float(place)], first + _misfit(homes.take(np.flatnonzero(rows.number > number)), directions, band))
        if _is_better(cuts, best, band, straight=True):
            best = cuts
    return best


def _least(total: int, band: tuple[int, int]) -> float:
    """Return by how many households the parts of so many miss a band at least, however they are cut: they are too few then."""
    return float(max(max(math.ceil(total / band[1]), 1) * band[0] - total, 0))


def _misfit(homes: Homes, directions: list[float], band: tuple[int, int]) -> float:
    if homes.households.sum() <= band[1]:
        return _least(int(homes.households.sum()), band)
    return min(cuts.misfit for cuts in _levels(homes, directions, band))


def _directions(piece: shapely.Geometry, homes: Homes) -> list[float]:
    """Return directions of cuts in degrees, the one along rows first."""
    walls = np.degrees(long_sides(np.array([shapely.minimum_rotated_rectangle(piece)]))[0][0])
    doubled = homes.lie.sum()
    along = np.degrees(np.angle(doubled) / 2) if abs(doubled) > 0 else walls
    turned = along + np.arange(TURN_DEG, 180, TURN_DEG)
    return [float(angle) for angle in (along, along + 90, walls, walls + 90, *turned)]


def _rows(homes: Homes, angles: list[float]) -> Iterator[Rows]:
    """Yield the rows that straight lines in each direction can part."""
    xy, owner = shapely.get_coordinates(homes.shapes, return_index=True)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    for angle in angles:
        (x, y), _ = _ways(angle)
        across = xy[:, 0] * x + xy[:, 1] * y  # a matrix product would wake threads for nothing
        low, high = np.minimum.reduceat(across, first), np.maximum.reduceat(across, first)
        order = np.argsort(low, kind="stable")
        low, reach = low[order], np.maximum.accumulate(high[order])
        gap = np.flatnonzero(low[1:] - reach[:-1] > 2 * CLEARANCE_M)
        number = np.empty(len(order), dtype=int)
        number[order] = np.searchsorted(gap, np.arange(len(order)), side="left")
        yield Rows(number, (reach[gap] + low[gap + 1]) / 2)


def _levels(homes: Homes, angles: list[float], band: tuple[int, int]) -> Iterator[Cuts]:
    """Yield where to cut in each direction, and how far the parts are from the band."""
    whole = _chosen(homes.households.sum(keepdims=True), band)
    for angle, rows in zip(angles, _rows(homes, angles), strict=True):
        chosen, misfit = _chosen(np.bincount(rows.number, homes.households), band) if len(rows.places) else whole
        yield Cuts(angle, [float(rows.places[cut]) for cut in chosen], misfit)


def _chosen(rows: np.ndarray, band: tuple[int, int]) -> tuple[list[int], float]:
    """Return after which rows to cut, and by how many households the parts miss the band; of equal cuts the most even ones."""
    total = np.concatenate([[0], np.cumsum(rows)])
    middle = sum(band) / 2
    if len(rows) == 1:
        return [], float(OVER * max(total[1] - band[1], 0) + max(band[0] - total[1], 0))
    missed, uneven = np.zeros((2, len(total)))
    begins = np.zeros(len(total), dtype=int)
    for end in range(1, len(total)):
        homes = total[end] - total[:end]
        misfit = missed[:end] + OVER * np.maximum(homes - band[1], 0) + np.maximum(band[0] - homes, 0)
        least = np.flatnonzero(misfit == misfit.min())
        aside = uneven[least] + (homes[least] - middle) ** 2
        begins[end] = least[aside.argmin()]
        missed[end], uneven[end] = misfit[begins[end]], aside.min()
    cuts = []
    begin = begins[-1]
    while begin > 0:
        cuts.append(int(begin) - 1)
        begin = begins[begin]
    return cuts[::-1], float(missed[-1])


def _ways(angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors across and along a direction."""
    x, y = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([-y, x]), np.array([x, y])


def _slabs(piece: shapely.Geometry, homes: Homes, cuts: Cuts) -> tuple[np.ndarray, np.ndarray]:
    """Return the polygons between straight cuts, and the one that each building is in."""
    normal, along = _ways(cuts.angle)
    xy = shapely.get_coordinates(piece)
    first, last = (xy @ along).min() - 1, (xy @ along).max() + 1
    bounds = [(xy @ normal).min() - 1, *cuts.levels, (xy @ normal).max() + 1]
    corners = [[(first, low), (last, low), (last, high), (first, high)] for low, high in pairwise(bounds)]
    slabs = shapely.polygons(np.array(corners) @ np.array([along, normal]))
    found = _polygons(shapely.intersection(piece, slabs, grid_size=LATTICE_M))
    door, number = shapely.STRtree(found).query(shapely.points(homes.doors), predicate="within")
    part = np.full(len(homes.doors), -1)
    part[door] = number
    return found, part


def _around(piece: shapely.Geometry, homes: Homes, band: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return polygons of which each is nearest to some buildings, taken along the longer side, and the one that each building is in.

    Of many grids these are just two halves.
    """
    count = int(homes.block.max()) + 1
    households, size = np.bincount(homes.block, homes.households, count), np.bincount(homes.block, minlength=count)
    blocks = np.flatnonzero(size)
    if len(blocks) < 2:
        return np.array([piece]), np.zeros(len(homes.block), dtype=int)
    places = [np.bincount(homes.block, homes.doors @ way, count)[blocks] / size[blocks] for way in _ways(_directions(piece, homes)[0])]
    places.sort(key=np.ptp)
    order = np.lexsort(places)
    here = households[blocks[order]]
    cuts = _chosen(here, band)[0] if here.sum() <= FEW * band[1] else [int(_off_half(here, sum(band) / 2).argmin())]
    part = np.empty(count, dtype=int)
    part[blocks[order]] = np.searchsorted(cuts, np.arange(len(blocks)), side="left")
    at, lies = places[-1][order], np.empty(count)
    lies[blocks[order]] = at
    aside = np.abs(lies[homes.block][:, None] - (at[:-1] + at[1:])[cuts] / 2).min(axis=1, initial=np.inf)
    return midway.parted(piece, homes, part[homes.block], aside)


def _polygons(shapes: np.ndarray) -> np.ndarray:
    parts = shapely.get_parts(shapes)
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]


def _gathered(pieces: list[shapely.Geometry], households: np.ndarray, band: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return pieces and their parts: one with too few households joins the neighbour along which it runs longest, if both fit the band."""
    shapes = np.array(pieces, dtype=object)
    part = np.arange(len(shapes))
    sums, beside = households.tolist(), _beside(shapes)

    def fitting(one: int) -> list[tuple[float, float, int, int]]:
        if sums[one] >= max(band[0], 1):
            return []
        return [(sums[one], -length, other, one) for other, length in beside[one].items() if sums[one] + sums[other] <= band[1]]

    queue = [pair for one in range(len(shapes)) for pair in fitting(one)]
    heapify(queue)
    while queue:
        total, length, target, one = heappop(queue)
        if sums[one] != total or beside[one].get(target) != -length or total + sums[target] > band[1]:
            continue
        part[part == one] = target
        sums[target] += total
        for other, shared in beside[one].items():
            del beside[other][one]
            if other != target:
                beside[other][target] = beside[target][other] = beside[target].get(other, 0.0) + shared
        beside[one] = {}
        for other in (target, *beside[target]):
            for pair in fitting(other):
                heappush(queue, pair)
    return shapes, part


def _beside(shapes: np.ndarray) -> list[dict[int, float]]:
    """Return for every piece the length of its border with each neighbour."""
    near, walls = shapely.buffer(shapes, 2 * LATTICE_M), shapely.boundary(shapes)
    one, other = shapely.STRtree(near).query(walls, predicate="intersects")
    one, other = one[one != other], other[one != other]
    lengths = shapely.length(shapely.intersection(walls[one], near[other]))
    sides: dict[tuple[int, int], float] = dict(zip(zip(one.tolist(), other.tolist(), strict=True), lengths.tolist(), strict=True))
    result: list[dict[int, float]] = [{} for _ in shapes]
    for (here, there), length in sides.items():
        shared = min(length, sides.get((there, here), 0.0))
        if shared > 1.0:  # less is a corner
            result[here][there] = shared
    return result
