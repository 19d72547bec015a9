"""A layer of grids repaired: every place in one grid, narrow gaps filled, parents the union of their children, all of it listed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy, schema
from gridmap.coverage import cracks, fill, moves, parents, rim
from gridmap.coverage.check import remaining
from gridmap.coverage.faces import resolved, same
from gridmap.coverage.layer import Layer, Plane, Repaired, as_repaired, drawn, prepare, repaired, texts
from gridmap.coverage.moves import KEPT, Move, at
from gridmap.errors import SchemaError

ROUNDS = 10  # a crack closed can leave a gap enclosed, a part handed on can leave a crack; two or three are enough
OUTSIDE_M2 = 1.0  # as hierarchy.check: less of a dedicated grid outside its parent is no finding


@dataclass(frozen=True)
class Repair:
    """A repaired layer.

    Parameters
    ----------
    grids
        The frame that was given with its polygons repaired; rows, columns, index and CRS are the same.
    changes
        What was done, a row per grid, rule and other grid: `grid_code`, `rule`, `other` (the code of the grid that keeps, gives or gets
        the place; empty where there is none), `gained_m2`, `lost_m2`, `geometry` (the place; the new corners; or the polygon as it is
        now). Empty where nothing was wrong.
    left
        What could not be repaired, in the columns of `check`: grids without a polygon, missing grids, wide gaps, codes that stand twice,
        grids that no base grid one level up takes for its children (`orphan`, `wrong_parent`), dedicated grids that are not inside
        their parents (`outside_parent`).
    """

    grids: gpd.GeoDataFrame
    changes: gpd.GeoDataFrame
    left: gpd.GeoDataFrame


def repair(grids: gpd.GeoDataFrame, *, boundary: gpd.GeoDataFrame | None = None, gap_width_m: float = 2.0) -> Repair:
    """Make a layer of grids a valid coverage, touching only what is broken, and list every change.

    Parameters
    ----------
    grids
        Grids of all levels and kinds, with `parent` where there are several; or polygons without `level` and `kind`. Any CRS; codes may
        stand twice, polygons may be invalid or absent.
    boundary
        Polygons that the lowest tier should fill: a gap outside is none, a narrow place between the grids and the boundary's border is
        filled, and what is missing inside is listed.
    gap_width_m
        A gap is filled, and a single part of a grid handed on, if no circle of this diameter fits in.

    Returns
    -------
    Repair
        The repaired frame, the list of changes, and what is left to do by hand. The rules, in this order:

        - `invalid`: an outline that crosses itself is taken apart where it does; an outline without area leaves no polygon.
        - `duplicate`: grids on one polygon; the first by code keeps it, the others have none left.
        - `overlap`: a place of several grids stays with the smallest of them by area (of equal ones, to 0.001 m2, the first by code).
        - `node`: a corner of a neighbour on this grid's border becomes its corner too; no place moves.
        - `gap`: a narrow gap goes to the grid with the longest border along it (of equal ones the first by code). A long one
          of which no grid has 40 % of the border is cut first at every corner where the grids along it change.
        - `rim`: a narrow place between the grids and the border of the boundary goes to a grid in the same way.
        - `sliver`: a narrow single part of a grid goes to the grid with the longest border along it; never a grid's largest part.
        - `union`: a base grid with children becomes their union.

    Raises
    ------
    SchemaError
        If a column is missing, a geometry is no polygon or has an undefined coordinate, the width is negative or infinite, or rows are not
        in force at one time (`valid_from`, `valid_to`).
    CRSError
        If there is no CRS, or the frames' differ.
    SearchFailed
        If borders are so tangled that they cannot be made to meet.

    Notes
    -----
    Topology is kept in the frame's own CRS: no corner of a grid that nothing is wrong with moves, and a border of two grids has the same
    corners on both sides. New corners arise only where two borders cross; corners within 0.001 mm of each other become one. A third
    dimension is dropped where a polygon changes. Areas and widths are measured in the metric CRS. The area of the union stays the same,
    but for the gaps filled. The result does not depend on the order of the rows; repairing it again changes nothing. (GEOS' test of
    coverages takes a corner for a fault where a hole touches its own outline and another polygon at once; such a layer is right all
    the same.)

    Upper base grids are unions of the children that name them in `parent`; without children they keep their place, below those that have
    some. Dedicated grids lie over the base: only their outlines are made valid.

    Cost: one test of the coverage, an overlay of the grids that break it and their neighbours, one union.
    """
    _require(grids, boundary, gap_width_m)
    tiers = _tiers(grids)
    layer = prepare(grids.iloc[tiers[-1]], boundary=boundary)
    _require_finite(layer)
    shapes = grids.geometry.to_numpy().copy()
    done, moved = _lowest(layer, boundary, gap_width_m)
    shapes[tiers[-1][layer.rows]] = _as_given(layer, done.polygons)
    changed = list(at(moved, tiers[-1][layer.rows]))
    for lower, upper in pairwise(reversed(tiers)):
        changed += parents.rebuild(grids, upper, lower, shapes)
    dedicated = np.flatnonzero(schema.of_kind(grids, "dedicated")) if _layered(grids) else np.empty(0, dtype=int)
    changed += _dedicated(dedicated, shapes)
    after = grids.copy()
    after[grids.active_geometry_name] = gpd.array.from_shapely(shapes, crs=grids.crs)
    above = grids.iloc[tiers[-2]] if len(tiers) > 1 else None
    left = remaining(done, boundary, above, gap_width_m)
    of_nesting = [_homeless(after, lower, upper, layer.plane) for upper, lower in pairwise(tiers)]
    parts = [part for part in (left, *of_nesting, _outside(after, dedicated, layer.plane)) if len(part)]
    left = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=grids.crs) if parts else left
    return Repair(after, moves.table(changed, texts(grids.index), layer.plane), left)


def _require(grids: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None, gap_width_m: float) -> None:
    schema.require_frame(grids, "grids", geometry=schema.POLYGON)
    schema.require_orderable(grids.index, "grids")
    if boundary is not None:
        schema.require_frame(boundary, "boundary", geometry=schema.POLYGON)
    _require_one_time(grids)
    if not 0 <= gap_width_m < np.inf:
        raise SchemaError("limit_value", what="gap_width_m", given=gap_width_m)


def _require_one_time(grids: gpd.GeoDataFrame) -> None:
    """Raise where rows are of different times: those of one place would be taken for overlaps."""
    begin, end = (
        pd.to_datetime(grids[name], errors="coerce", utc=True, format="ISO8601")
        if name in grids.columns
        else pd.Series(dtype="datetime64[us, UTC]")
        for name in ("valid_from", "valid_to")
    )
    over = (end <= begin.max()).to_numpy()
    if over.any():
        raise SchemaError("several_times", what="grids", rows=grids.index[over])


def _require_finite(layer: Layer) -> None:
    """Raise where one coordinate of a ring is undefined: the bounds do not show it."""
    rows = np.flatnonzero(~layer.valid)
    xy, owner = shapely.get_coordinates(layer.given[rows], return_index=True)
    undefined = np.unique(owner[~np.isfinite(xy).all(axis=1)])
    if len(undefined):
        raise SchemaError("not_finite", what="grids", rows=layer.codes[rows[undefined]])


def _layered(grids: gpd.GeoDataFrame) -> bool:
    return {"kind", "level"} <= set(grids.columns)


def _tiers(grids: gpd.GeoDataFrame) -> list[np.ndarray]:
    """Return the positions of the base grids of every level, top first; at least one, be it empty."""
    if not _layered(grids):
        return [np.arange(len(grids))]
    base = schema.of_kind(grids, "base")
    present = hierarchy.levels(grids)
    if len(present) > 1 or not base.all():
        schema.require_columns(grids, ("parent",), "grids")
    return [np.flatnonzero(base & (grids["level"] == level).to_numpy(dtype=bool, na_value=False)) for level in present] or [
        np.empty(0, dtype=int)
    ]


def _lowest(layer: Layer, boundary: gpd.GeoDataFrame | None, gap_width_m: float) -> tuple[Repaired, list[Move]]:
    """Return a tier repaired, and what moved to make it so."""
    inside = None if boundary is None else repaired(boundary.geometry.to_numpy())
    polygons, moved = resolved(layer.polygons, layer.plane, codes=layer.codes)
    done = as_repaired(layer, polygons)
    for _ in range(ROUNDS):
        polygons, of_gaps = fill.filled(done, gap_width_m, inside)
        done = done.redrawn(polygons, np.array([move.place for move in of_gaps]))
        polygons, of_cracks = cracks.filled(done, gap_width_m, inside)
        done = as_repaired(done, polygons) if of_cracks else done
        polygons, of_rim = rim.filled(done, gap_width_m, inside)
        done = as_repaired(done, polygons) if of_rim else done
        polygons, of_parts = fill.handed_on(polygons, layer.plane, gap_width_m)
        done = done.redrawn(polygons, np.empty(0))
        moved += [*of_gaps, *of_cracks, *of_rim, *of_parts]
        if not of_cracks and not of_rim and not of_parts:
            break
    return done, [*_invalid(layer), *moved]


def _as_given(layer: Layer, polygons: np.ndarray) -> np.ndarray:
    """Return the polygons, those that are as they were as they were given."""
    unchanged = same(polygons, layer.polygons) & (layer.valid | ~drawn(layer.given))
    return np.where(unchanged, layer.given, polygons)


def _invalid(layer: Layer) -> Iterator[Move]:
    for row in np.flatnonzero(~layer.valid & drawn(layer.given)):
        yield _made_valid(int(row), layer.given[row], layer.polygons[row])


def _made_valid(row: int, given: shapely.Geometry, polygon: shapely.Geometry) -> Move:
    return Move("invalid", row, -1, KEPT, shapely.boundary(given) if polygon.is_empty else polygon)


def _dedicated(rows: np.ndarray, shapes: np.ndarray) -> Iterator[Move]:
    """Make the outlines of dedicated grids valid in `shapes`."""
    broken = rows[drawn(shapes[rows]) & ~shapely.is_valid(shapes[rows])]
    made = repaired(shapes[broken])
    for row, given, polygon in zip(broken, shapes[broken], made, strict=True):
        yield _made_valid(int(row), given, polygon)
    shapes[broken] = made


def _homeless(grids: gpd.GeoDataFrame, lower: np.ndarray, upper: np.ndarray, plane: Plane) -> gpd.GeoDataFrame:
    """Return a finding per grid at `lower` whose parent is none of those at `upper`."""
    rows = lower[parents.parent_rows(grids, lower, upper) < 0]
    known = grids["parent"].iloc[rows].isin(grids.index).to_numpy()
    shapes = repaired(grids.geometry.to_numpy()[rows])
    return _of_nesting(grids, rows, np.where(known, "wrong_parent", "orphan"), shapes, plane)


def _outside(grids: gpd.GeoDataFrame, rows: np.ndarray, plane: Plane) -> gpd.GeoDataFrame:
    """Return a finding per dedicated grid of which more than `OUTSIDE_M2` lies outside its parent."""
    shapes = grids.geometry.to_numpy()
    base = np.flatnonzero(schema.of_kind(grids, "base")) if len(rows) else rows
    found = parents.parent_rows(grids, rows, base) if len(rows) else rows
    rows, found = rows[found >= 0], found[found >= 0]
    rest = shapely.difference(repaired(shapes[rows]), repaired(shapes[found]))
    out = shapely.area(plane.measured(rest)) > OUTSIDE_M2
    return _of_nesting(grids, rows[out], np.full(out.sum(), "outside_parent"), rest[out], plane)


def _of_nesting(grids: gpd.GeoDataFrame, rows: np.ndarray, kind: np.ndarray, places: np.ndarray, plane: Plane) -> gpd.GeoDataFrame:
    """Return findings in the columns of `check`, ordered by kind and code; the note is the parent's code."""
    columns = {
        "kind": pd.Series(kind, dtype="str"),
        "grid_codes": pd.Series([str(code) for code in grids.index[rows]], dtype="str"),
        "area_m2": shapely.area(plane.measured(places)),
        "note": pd.Series(
            ["" if pd.isna(parent) else str(parent) for parent in grids["parent"].iloc[rows]] if len(rows) else [], dtype="str"
        ),
    }
    found = gpd.GeoDataFrame(columns, geometry=places, crs=grids.crs)
    return found.sort_values(["kind", "grid_codes"], kind="stable", ignore_index=True)
