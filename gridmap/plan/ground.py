"""Ground that two versions of one tier share: single pieces of every pair of grids that meet, digitising slivers told apart."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.assign.threads import spread
from gridmap.coverage.layer import NOISE_M, Plane, narrow, polygon_parts, thickness, without_earlier
from gridmap.coverage.overlaps import pairs
from gridmap.errors import GridmapWarning, PlanError
from gridmap.plan.edit import LEAST_M2

LEAST = 64  # pairs worth a turn of a thread
NOWHERE = -1
ROUNDING = 1e-11  # of a polygon's area: what is left of it is nothing


@dataclass(frozen=True)
class Tier:
    """Grids of one tier in the order of their codes, every place in one of them at most.

    Parameters
    ----------
    rows
        Their table.
    polygons
        Shape (n,), in the CRS of the table; empty where smaller codes hold all of a grid.
    """

    rows: gpd.GeoDataFrame
    polygons: np.ndarray

    @property
    def codes(self) -> pd.Index:
        """Codes of the grids."""
        return self.rows.index

    def flat(self) -> gpd.GeoDataFrame:
        """Return the grids as one tier of base grids, for points to be asked of."""
        return gpd.GeoDataFrame({"level": 1, "kind": "base"}, index=self.codes, geometry=self.polygons, crs=self.rows.crs)


@dataclass(frozen=True)
class Pieces:
    """Single polygons, each in one grid of the old tier and one of the new; one entry per piece.

    Parameters
    ----------
    before, after
        Positions of the two grids, `NOWHERE` for ground of none.
    area_m2
        Area.
    sliver
        Whether it is smaller than `LEAST_M2`, or narrower everywhere than what counts as a sliver.
    shown
        False for what rounding alone explains: it counts in sums, so that they hold, and is drawn nowhere.
    geometry
        Polygon in the CRS of the grids.
    """

    before: np.ndarray
    after: np.ndarray
    area_m2: np.ndarray
    sliver: np.ndarray
    shown: np.ndarray
    geometry: np.ndarray


def tier(rows: gpd.GeoDataFrame) -> Tier:
    """Return grids of one tier in the order of their codes.

    Raises
    ------
    PlanError
        If a polygon is missing, empty or invalid.
    """
    rows = rows.iloc[np.argsort(rows.index.to_numpy(dtype=object), kind="stable")]
    polygons = shapely.force_2d(
        rows.geometry.to_numpy()
    )  # copies: threads must not share a polygon that is prepared, as those given may be
    gone = shapely.is_missing(polygons) | shapely.is_empty(polygons)
    broken = gone | ~shapely.is_valid(polygons)
    if broken.any():
        raise PlanError(
            "plan_invalid_polygon", rows=rows.index[broken], geometry=shapely.GeometryCollection(list(polygons[broken & ~gone]))
        )
    return Tier(rows, polygons)


def coverages(tiers: Sequence[Tier]) -> list[bool]:
    """Tell which tiers are valid coverages."""

    def valid(begin: int, end: int) -> list[bool]:
        return [bool(shapely.coverage_is_valid(each.polygons)) for each in tiers[begin:end]]

    return [each for part in spread(valid, len(tiers)) for each in part]


def disjoint(given: Tier, plane: Plane, what: str) -> Tier:
    """Return a tier whose grids share no place: it belongs to the smallest code, as an event there does.

    Warns
    -----
    GridmapWarning
        If grids overlap in more than rounding.
    """
    found = pairs(given.polygons, plane)
    shapely.destroy_prepared(given.polygons)  # threads will share them
    if not len(found.left):
        return given
    warnings.warn(GridmapWarning("plan_overlap", what=what, rows=given.codes[np.unique(found.right)]), stacklevel=4)
    return Tier(given.rows, without_earlier(given.polygons, found.left, found.right))


def overlay(old: Tier, new: Tier, plane: Plane, *, sliver_width_m: float) -> Pieces:
    """Cut the ground of two versions of a tier into what every pair of grids shares.

    Returns
    -------
    Pieces
        Sorted by both positions. Those of a grid add up to the whole of it.

    Notes
    -----
    Polygons with the same corners are taken as they are; of the others only those whose interiors meet are cut.
    """
    same_before, same_after = _same(old.polygons, new.polygons)
    rest_before = np.setdiff1d(np.arange(len(old.polygons)), same_before)
    rest_after = np.setdiff1d(np.arange(len(new.polygons)), same_after)
    one, other = old.polygons[rest_before], new.polygons[rest_after]
    left, right = _meeting(one, other)
    cut = spread(lambda begin, end: shapely.intersection(one[left[begin:end]], other[right[begin:end]]), len(left), least=LEAST)
    common, at = polygon_parts(np.concatenate([*cut, np.empty(0, dtype=object)]))
    gone, gone_of = _outside(one, other, left, right, common, at, left)
    come, come_of = _outside(other, one, right, left, common, at, right)
    nowhere = np.full(len(gone) + len(come), NOWHERE)
    before = np.concatenate([same_before, rest_before[left[at]], rest_before[gone_of], nowhere[: len(come)]])
    after = np.concatenate([same_after, rest_after[right[at]], nowhere[: len(gone)], rest_after[come_of]])
    geometry = np.concatenate([old.polygons[same_before], common, gone, come])
    order = np.lexsort((after, before))
    before, after, geometry = before[order], after[order], geometry[order]
    metric = plane.measured(geometry)
    area = shapely.area(metric)
    sliver = narrow(metric, sliver_width_m) | (area < LEAST_M2)
    return Pieces(before, after, area, sliver, thickness(metric) > NOISE_M, geometry)


def _same(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of polygons that have the same corners, empty ones aside."""
    wanted, at_one, at_other = np.intersect1d(_prints(one), _prints(other), return_indices=True)
    filled = np.array([len(each) > 0 for each in wanted], dtype=bool)
    return at_one[filled], at_other[filled]


def _prints(polygons: np.ndarray) -> np.ndarray:
    """Return the corners of polygons as bytes that compare; none of an empty one."""
    prints = np.empty(len(polygons), dtype=object)
    prints[:] = shapely.to_wkb(shapely.normalize(polygons))
    prints[shapely.is_empty(polygons)] = b""
    return prints


def _meeting(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of polygons whose interiors meet."""
    left, right = shapely.STRtree(other).query(one, predicate="intersects")

    def meet(begin: int, end: int) -> np.ndarray:
        return shapely.relate_pattern(one[left[begin:end]], other[right[begin:end]], "T********")  # cheap beside the overlay

    inside = np.concatenate([*spread(meet, len(left), least=LEAST), np.empty(0, dtype=bool)])
    return left[inside], right[inside]


def _outside(
    whole: np.ndarray, others: np.ndarray, mine: np.ndarray, theirs: np.ndarray, common: np.ndarray, at: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what of each polygon lies in none of the other tier, in single pieces, and whose it is."""
    full = shapely.area(whole)
    left = full - np.bincount(owner[at], weights=shapely.area(common), minlength=len(whole))
    found = np.flatnonzero((left > ROUNDING * full) & (full > 0))
    shapes = np.empty(len(found), dtype=object)
    for number, position in enumerate(found):
        shapes[number] = shapely.difference(whole[position], shapely.union_all(others[theirs[mine == position]]))
    parts, at_found = polygon_parts(shapes)
    return parts, found[at_found]
