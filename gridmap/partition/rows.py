"""Compounds with more households than a grid may have, cut between the rows of their buildings."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi

from gridmap.partition.arrangement import LATTICE_M

CLEARANCE_M = 0.5  # a cut keeps so far from every building
FEW = 4  # of so many grids and fewer all cuts are weighed together; what has more is halved first, so that parts are no long strips
STEP_M = 2.0  # where a cut goes around buildings, their outlines are taken in steps so long
TURN_DEG = 15.0  # further directions tried where neither rows nor columns give parts within the band
PREFER = 0.1  # of the lower limit: a direction must come so much nearer to the band to go before rows
STRAIGHT = 4  # directions that follow buildings or walls: of these one without a misfit is as good as rows
OVER = 1e6  # a household too many in a part weighs as much as so many too few


@dataclass(frozen=True)
class Homes:
    """Buildings of one compound.

    Parameters
    ----------
    shapes
        Footprints or points, none missing; metric CRS.
    households
        Whole numbers, shape (n,).
    """

    shapes: np.ndarray
    households: np.ndarray

    def take(self, which: np.ndarray) -> "Homes":
        """Return some of the buildings."""
        return Homes(self.shapes[which], self.households[which])


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
    found = _around(piece, here, band) if cuts is None else _slabs(piece, cuts)
    if len(found) < 2:
        return [piece], [inside]
    pieces: list[shapely.Geometry] = []
    members: list[np.ndarray] = []
    for part in found:
        smaller, theirs = _cut(part, homes, inside[_inside(part, here)], band)
        pieces += smaller
        members += theirs
    return pieces, members


def _best(piece: shapely.Geometry, homes: Homes, band: tuple[int, int]) -> Cuts | None:
    """Return the cuts in one direction that come nearest to the band, None where no line leaves all buildings whole."""
    best: Cuts | None = None
    directions = _directions(piece, homes)
    few = homes.households.sum() <= FEW * band[1]
    if not few and (half := _half(homes, directions[:STRAIGHT], band)) is not None:
        return half
    for number, angle in enumerate(directions):
        cuts = _levels(homes, angle, band)
        if cuts.levels and (best is None or _is_better(cuts, best, band, straight=number < STRAIGHT)):
            best = cuts
        if best is not None and best.misfit == 0:
            return best
    if best is None or not few:
        return best
    for angle in directions[:2]:
        for cuts in _halves(homes, angle, directions[:STRAIGHT], band):
            if _is_better(cuts, best, band, straight=True):
                best = cuts
    return best


def _is_better(cuts: Cuts, best: Cuts, band: tuple[int, int], *, straight: bool) -> bool:
    return cuts.misfit < best.misfit - PREFER * band[0] or (straight and cuts.misfit == 0 < best.misfit)


def _half(homes: Homes, directions: list[float], band: tuple[int, int]) -> Cuts | None:
    """Return the shortest cut that leaves whole grids on both sides, half of them on each; None where none comes within one of that."""
    total, size = int(homes.households.sum()), sum(band) / 2
    grids = max(round(total / size), 2)
    found: list[tuple[float, Cuts]] = []
    for angle in directions:
        rows = _rows(homes, angle)
        aside = np.abs(np.cumsum(np.bincount(rows.number, homes.households))[:-1] - total * (grids // 2) / grids)
        if len(aside) and aside.min() < size:
            extent = np.ptp(shapely.get_coordinates(homes.shapes) @ _ways(angle)[1])
            found.append((float(extent), Cuts(angle, [float(rows.places[aside.argmin()])], 0.0)))
    return min(found, key=lambda each: each[0])[1] if found else None


def _halves(homes: Homes, angle: float, directions: list[float], band: tuple[int, int]) -> Iterator[Cuts]:
    """Yield the single cuts in a direction, by how well both sides can be cut on in one direction each."""
    rows = _rows(homes, angle)
    for number, place in enumerate(rows.places):
        sides = rows.number <= number, rows.number > number
        yield Cuts(angle, [float(place)], sum(_misfit(homes.take(np.flatnonzero(side)), directions, band) for side in sides))


def _misfit(homes: Homes, directions: list[float], band: tuple[int, int]) -> float:
    total = int(homes.households.sum())
    if total <= band[1]:
        return float(max(band[0] - total, 0))
    return min(_levels(homes, angle, band).misfit for angle in directions)


def _inside(part: shapely.Geometry, homes: Homes) -> np.ndarray:
    return np.flatnonzero(shapely.contains_properly(part, shapely.point_on_surface(homes.shapes)))


def _directions(piece: shapely.Geometry, homes: Homes) -> list[float]:
    """Return directions of cuts in degrees, the one along rows first."""
    outlines = np.append(homes.shapes, piece)
    angle, excess = _long_sides(shapely.minimum_rotated_rectangle(outlines))
    doubled = (excess[:-1] * np.exp(2j * angle[:-1])).sum()
    walls = np.degrees(angle[-1])
    along = np.degrees(np.angle(doubled) / 2) if abs(doubled) > 0 else walls
    turned = along + np.arange(TURN_DEG, 180, TURN_DEG)
    return [float(angle) for angle in (along, along + 90, walls, walls + 90, *turned)]


def _long_sides(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return direction in radians and excess over the short side of the long side of rectangles; 0, 0 of a point or a square."""
    solid = shapely.get_num_coordinates(boxes) == 5
    corners = shapely.get_coordinates(boxes[solid]).reshape(-1, 5, 2)
    sides = corners[:, 1:3] - corners[:, :2]
    lengths = np.hypot(*np.moveaxis(sides, 2, 0))
    long = sides[np.arange(len(sides)), lengths.argmax(axis=1)]
    angle, excess = np.zeros((2, len(boxes)))
    angle[solid], excess[solid] = np.arctan2(long[:, 1], long[:, 0]), np.ptp(lengths, axis=1)
    return angle, excess


def _rows(homes: Homes, angle: float) -> Rows:
    """Return the rows that straight lines in a direction can part."""
    xy, owner = shapely.get_coordinates(homes.shapes, return_index=True)
    across = xy @ _ways(angle)[0]
    low, high = (np.full(len(homes.shapes), sign * np.inf) for sign in (1, -1))
    np.minimum.at(low, owner, across)
    np.maximum.at(high, owner, across)
    order = np.argsort(low, kind="stable")
    reach = np.maximum.accumulate(high[order])
    gap = np.flatnonzero(low[order][1:] - reach[:-1] > 2 * CLEARANCE_M)
    number = np.empty(len(order), dtype=int)
    number[order] = np.searchsorted(gap, np.arange(len(order)), side="left")
    return Rows(number, (reach[gap] + low[order][gap + 1]) / 2)


def _levels(homes: Homes, angle: float, band: tuple[int, int]) -> Cuts:
    """Return where to cut in a direction, and how far the parts are from the band."""
    rows = _rows(homes, angle)
    chosen, misfit = _chosen(np.bincount(rows.number, homes.households), band)
    return Cuts(angle, [float(rows.places[cut]) for cut in chosen], misfit)


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


def _slabs(piece: shapely.Geometry, cuts: Cuts) -> np.ndarray:
    """Return the polygons between straight cuts."""
    normal, along = _ways(cuts.angle)
    xy = shapely.get_coordinates(piece)
    first, last = (xy @ along).min() - 1, (xy @ along).max() + 1
    bounds = [(xy @ normal).min() - 1, *cuts.levels, (xy @ normal).max() + 1]
    corners = [[(first, low), (last, low), (last, high), (first, high)] for low, high in pairwise(bounds)]
    slabs = shapely.polygons(np.array(corners) @ np.array([along, normal]))
    return _polygons(shapely.intersection(piece, slabs, grid_size=LATTICE_M))


def _around(piece: shapely.Geometry, homes: Homes, band: tuple[int, int]) -> np.ndarray:
    """Return polygons of which each is nearest to some buildings, taken row by row; buildings that touch stay together."""
    near = shapely.STRtree(homes.shapes).query(homes.shapes, predicate="dwithin", distance=2 * CLEARANCE_M)
    links = coo_array((np.ones(near.shape[1]), near), shape=(len(homes.shapes), len(homes.shapes)))
    count, block = connected_components(links, directed=False)
    size = np.bincount(block, minlength=count)
    centre = shapely.get_coordinates(shapely.centroid(homes.shapes))
    across, along = (np.bincount(block, centre @ way, count) / size for way in _ways(_directions(piece, homes)[0]))
    row = np.floor((across - across.min()) / np.sqrt(piece.area / count))  # as high as buildings lie apart
    order = np.lexsort((along, row))
    cuts, _ = _chosen(np.bincount(block, homes.households, count)[order], band)
    if not cuts:
        return np.array([piece])
    part = np.empty(count, dtype=int)
    part[order] = np.searchsorted(cuts, np.arange(count), side="left")
    xy, home = shapely.get_coordinates(shapely.segmentize(homes.shapes, STEP_M), return_index=True)
    lines = np.append(_between(xy, part[block[home]]), shapely.boundary(piece))
    noded = shapely.union_all(lines, grid_size=LATTICE_M)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return found[shapely.contains_properly(piece, shapely.point_on_surface(found))]


def _between(xy: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the lines on which two points of different parts are the nearest ones (edges of the Voronoi diagram)."""
    places, first = np.unique(xy, axis=0, return_index=True)
    middle, reach = places.mean(axis=0), 10 * np.ptp(places, axis=0).max() + 1
    far = reach * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])  # no edge ends in the open
    diagram = Voronoi(np.concatenate([places - middle, far]))
    ends = np.array(diagram.ridge_vertices)
    of = np.append(part[first], [-1] * len(far))[diagram.ridge_points]
    kept = (of[:, 0] != of[:, 1]) & (of >= 0).all(axis=1) & (ends >= 0).all(axis=1)
    return shapely.linestrings((diagram.vertices + middle)[ends[kept]])


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
