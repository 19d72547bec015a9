"""Overlaps, repeated polygons and borders that do not meet corner to corner, resolved where they are and nowhere else."""

import operator
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import shapely

from gridmap import borders
from gridmap.coverage.corners import without_leftovers
from gridmap.coverage.layer import NOISE_M, Plane
from gridmap.coverage.moves import KEPT, LOST, Move
from gridmap.coverage.noding import noded
from gridmap.errors import SearchFailed


def resolved(
    polygons: np.ndarray, plane: Plane, *, codes: np.ndarray, first: np.ndarray | None = None, whole: bool = False
) -> tuple[np.ndarray, list[Move]]:
    """Return a valid coverage: every place of the polygons in exactly one of them.

    Parameters
    ----------
    polygons
        Valid, normalised polygons in the order of their codes; empty ones pass.
    plane
        Where they are drawn and measured.
    codes
        Their codes, for the message of an error.
    first
        Polygons that keep their places against all others, marked True.
    whole
        Take all of them up: some may miss each other's borders by rounding, which no test of the coverage shows.

    Raises
    ------
    SearchFailed
        If borders are so tangled that they cannot be made to meet.

    Notes
    -----
    A place of several polygons stays with the smallest of them by area (to 0.001 m2; of equal ones with the first by code): what lies on a
    larger grid was drawn there on purpose, and the border follows one of the two lines drawn instead of changing between them.
    Only polygons that break the coverage and those beside them are taken up. More of them are where the corner of one lies within
    rounding of another's border.
    """
    edges, owner = borders.open_edges(polygons)
    opened = np.bincount(owner, minlength=len(polygons)) > 0
    wrong = np.arange(len(polygons)) if whole else _breaking(polygons, np.flatnonzero(opened))
    if not len(wrong):
        return polygons, []
    near = with_neighbours(polygons, wrong)
    while True:
        rows = _concerned(polygons, wrong, near, edges, owner, plane.length(NOISE_M))
        rank = _rank(polygons[rows], plane, None if first is None else first[rows])
        result = polygons.copy()
        result[rows], moves, settled = _arranged(polygons[rows], rows, rank, plane)
        still = _broken(polygons, result, rows, opened)
        if not len(still):
            return result, moves
        if not settled:
            raise SearchFailed("unrepaired", rows=codes[still])
        if np.isin(still, rows).all():  # GEOS takes a corner for a fault where a hole touches the outline and another polygon both
            return result, moves
        wrong = np.union1d(wrong, still)
        if not np.isin(still, near).all():
            near = with_neighbours(polygons, np.union1d(near, still))


def same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Tell which polygons have exactly the same corners."""
    result = np.fromiter(map(operator.is_, one, other), dtype=bool, count=len(one))
    rest = np.flatnonzero(~result)
    result[rest] = shapely.equals_exact(shapely.normalize(one[rest]), shapely.normalize(other[rest]), 0.0)
    return result


def with_neighbours(polygons: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the positions `rows` and those of all polygons that meet them."""
    beside = shapely.STRtree(polygons).query(polygons[rows], predicate="intersects")[1]
    return np.union1d(rows, beside)


def _concerned(polygons: np.ndarray, wrong: np.ndarray, near: np.ndarray, edges: np.ndarray, owner: np.ndarray, noise: float) -> np.ndarray:
    """Return the positions of all polygons that have to be arranged with those `wrong`; `edges` are the open ones of all polygons.

    Where polygons overlap or nearly meet, one of the two has an open edge there. So of the polygons `near` those are taken that have one
    or that come close to one of theirs; and those over which several polygons lie everywhere. Such places end at open edges: all are
    reached from neighbour to neighbour, and where no open edge comes close to a polygon, one of its points tells how many lie over it.
    """
    tree = shapely.STRtree(polygons)
    opened = np.bincount(owner, minlength=len(polygons)) > 0
    taken = np.zeros(len(polygons), dtype=bool)
    taken[near[opened[near]]] = True
    taken[wrong] = True
    own = taken[owner]
    number = np.cumsum(np.bincount(owner[own], minlength=len(polygons)) > 0)[owner[own]] - 1
    lines = shapely.linestrings(edges[own])
    lines = shapely.multilinestrings(lines, indices=number) if len(lines) else lines
    close = np.zeros(len(polygons), dtype=bool)
    close[tree.query(lines, predicate="dwithin", distance=noise)[1]] = True
    taken[near[close[near]]] = True
    reached = np.flatnonzero(taken)
    while len(reached):
        met = tree.query(polygons[reached], predicate="intersects")[1]
        beside = np.unique(met[~taken[met]])
        over = tree.query(shapely.point_on_surface(polygons[beside]), predicate="intersects")[0]
        reached = beside[np.bincount(over, minlength=len(beside)) > 1]
        taken[reached] = True
    return np.flatnonzero(taken)


def _breaking(polygons: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return which of the positions `among` break the coverage; polygons without open edges never do."""
    near = np.union1d(among, shapely.STRtree(polygons).query(polygons[among])[1])
    edges = shapely.coverage_invalid_edges(polygons[near])
    return np.intersect1d(among, near[~(shapely.is_missing(edges) | shapely.is_empty(edges))])


def _broken(before: np.ndarray, after: np.ndarray, rows: np.ndarray, opened: np.ndarray) -> np.ndarray:
    """Return the polygons that break a coverage still, or now: `rows` changed, and those `opened` had open edges before.

    Others can have been broken only beside them; they have more open edges then.
    """
    around = with_neighbours(after, rows)
    now, was = (np.bincount(borders.open_edges(polygons[around])[1], minlength=len(around)) for polygons in (after, before))
    changed = np.isin(around, rows)
    cut = around[~changed & (now > was)]
    return np.union1d(cut, around[_breaking(after[around], np.flatnonzero((now > 0) & (changed | opened[around])))])


def _rank(polygons: np.ndarray, plane: Plane, first: np.ndarray | None) -> np.ndarray:
    area = np.round(shapely.area(plane.measured(polygons)), 3)
    late = np.zeros(len(polygons), dtype=bool) if first is None else ~first
    rank = np.empty(len(polygons), dtype=int)
    rank[np.lexsort((np.arange(len(polygons)), area, late))] = np.arange(len(polygons))
    return rank


def _arranged(polygons: np.ndarray, rows: np.ndarray, rank: np.ndarray, plane: Plane) -> tuple[np.ndarray, list[Move], bool]:
    """Return the polygons put together anew from the faces between all their borders, what moved, and whether all borders meet."""
    edges = noded(polygons, plane.length(NOISE_M))
    faces = shapely.get_parts(shapely.polygonize(edges.lines()))
    face, polygon = shapely.STRtree(polygons).query(shapely.point_on_surface(faces), predicate="intersects")
    order = np.lexsort((rank[polygon], face))
    face, polygon = face[order], polygon[order]
    is_first = np.ones(len(face), dtype=bool)
    is_first[1:] = face[1:] != face[:-1]
    owner = np.full(len(faces), -1)
    owner[face[is_first]] = polygon[is_first]
    result = without_leftovers(_put_together(polygons, faces, owner), polygons, plane.length(NOISE_M))
    lost = [(polygon[each], owner[face[each]], faces[face[each]]) for each in np.flatnonzero(~is_first)]
    moves = list(_losses(lost, _repeated(face, polygon, len(polygons)), rows))
    moves += _corners(polygons, result, rows, {move.grid for move in moves})
    return result, moves, edges.settled


def _put_together(polygons: np.ndarray, faces: np.ndarray, owner: np.ndarray) -> np.ndarray:
    owned = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[owned], np.arange(len(polygons) + 1))
    return np.array([_united(faces[owned[begin:end]]) for begin, end in pairwise(bounds)], dtype=object)


def _united(faces: np.ndarray) -> shapely.Geometry:
    if not len(faces):
        return shapely.Polygon()
    return faces[0] if len(faces) == 1 else shapely.coverage_union_all(faces)


def _repeated(face: np.ndarray, polygon: np.ndarray, count: int) -> np.ndarray:
    """Return for every polygon a number that those with the same faces share."""
    order = np.lexsort((face, polygon))
    groups = np.split(face[order], np.searchsorted(polygon[order], np.arange(1, count)))
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(group.tobytes(), len(numbers)) for group in groups])


def _losses(lost: list[tuple[int, int, shapely.Geometry]], number: np.ndarray, rows: np.ndarray) -> Iterator[Move]:
    for loser, keeper, place in lost:
        rule = "duplicate" if number[loser] == number[keeper] else "overlap"
        yield Move(rule, int(rows[loser]), int(rows[keeper]), LOST, place)


def _corners(before: np.ndarray, after: np.ndarray, rows: np.ndarray, listed: set[int]) -> Iterator[Move]:
    """Yield the corners that are new, or gone, of polygons drawn anew that lost no place; what was thinner than rounding is gone."""
    for position in np.flatnonzero(~same(before, after)):
        row = int(rows[position])
        if after[position].is_empty and row not in listed:
            yield Move("invalid", row, -1, KEPT, shapely.boundary(before[position]))
        elif row not in listed:
            old, new = (set(map(tuple, shapely.get_coordinates(each))) for each in (before[position], after[position]))
            yield Move("node", row, -1, KEPT, shapely.multipoints(sorted(new - old or old - new or new)))
