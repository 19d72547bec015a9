"""Findings on one tier: what keeps it from covering the ground once and without gaps."""

from collections.abc import Iterator
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import schema
from gridmap.coverage import gaps, overlaps
from gridmap.coverage.layer import Layer, Repaired, joined, members, polygon_parts, prepare, repaired, thickness
from gridmap.errors import SchemaError

KINDS = ("invalid", "duplicate", "overlap", "gap", "missing", "sliver")
COLUMNS = ("kind", "grid_codes", "area_m2", "note", "geometry")


class Finding(NamedTuple):
    """One row of the result; `area_m2` NaN means: still to be measured from `geometry`."""

    kind: str
    grid_codes: str
    area_m2: float
    note: str
    geometry: shapely.Geometry | None


def check(
    grids: gpd.GeoDataFrame,
    *,
    boundary: gpd.GeoDataFrame | None = None,
    parents: gpd.GeoDataFrame | None = None,
    gap_width_m: float = 1.0,
    min_overlap_m2: float = 0.0,
) -> gpd.GeoDataFrame:
    """List what keeps one tier from covering the ground once and without gaps.

    Parameters
    ----------
    grids
        Base grids of one tier (or polygons without `level` and `kind`), any CRS; codes may stand twice, polygons may be invalid or absent.
    boundary
        Polygons that the tier should fill.
    parents
        Upper grids, indexed by their codes, that the tier should fill.
    gap_width_m
        Gaps, overlaps and parts thinner than this are slivers; nothing narrower counts as missing.
    min_overlap_m2
        Two grids overlap if they share more than this.

    Returns
    -------
    GeoDataFrame
        A row per finding in the CRS of `grids`, ordered by kind, codes and area; empty on a clean coverage. `grid_codes`: the grids
        concerned, sorted, joined by ";". `area_m2`: in the metric CRS. `note`: a code for the reason, or data. `kind`:

        - `invalid`: a polygon that crosses itself or is absent. Note: GEOS' reason with the place, or `no_polygon`. All further tests
          use a repaired copy.
        - `duplicate`: grids on one polygon (note `same_polygon`; `same_row` if they also share their code), or one code on different
          polygons (`same_code`). Grids on one polygon are not listed again as overlapping each other; where they overlap others, only
          the first of them by code is named.
        - `overlap`: a pair of grids that shares more than `min_overlap_m2`, with all parts that they share. Three grids over one place
          are three pairs.
        - `gap`: a place that grids enclose on all sides and that belongs to none. Codes: the grids around it. With a boundary or
          parents only what lies in them counts, so that a lake left out of the boundary is no gap.
        - `missing`: a place in the boundary or a parent, in no grid, wider than `gap_width_m`, that is open to the outside or at least
          a third as thick (2 x area / perimeter) as the thinnest grid around it. Note: the parent's code; empty where only the boundary
          asks for it. No place is both a gap and missing.
        - `sliver`: an enclosed gap (note `thin_gap`), a pair's overlap (`thin_overlap`) or a single polygon of a grid (`thin_part`)
          whose thickness, 2 x area / perimeter, is below `gap_width_m`; also a gap between two grids, narrower than that and at least
          twice as long, that opens to the outside. All thin gaps between the same grids are one finding, as are all parts of an overlap.

    Raises
    ------
    SchemaError
        If levels are mixed, a code is missing, a geometry is no polygon, or a limit is negative.
    CRSError
        If there is no CRS, or the frames' differ.

    Notes
    -----
    Polygons are compared in their own CRS, where shared borders are shared, and measured in metres. Thinner than 0.001 mm is rounding,
    not a finding. Gaps open to the outside that are wider than `gap_width_m` show only against a boundary or parents, and those under
    1 mm never do. Cost: one union; overlay of neighbours, unless all fit together corner by corner.
    """
    for what, limit in (("gap_width_m", gap_width_m), ("min_overlap_m2", min_overlap_m2)):
        if not limit >= 0:
            raise SchemaError("negative", what=what, given=limit)
    for name, frame in (("boundary", boundary), ("parents", parents)):
        if frame is not None:
            schema.require_frame(frame, name, geometry=schema.POLYGON)
    return check_layer(
        prepare(grids, boundary=boundary, parents=parents),
        boundary=boundary,
        parents=parents,
        gap_width_m=gap_width_m,
        min_overlap_m2=min_overlap_m2,
    )


def check_layer(
    layer: Layer,
    *,
    boundary: gpd.GeoDataFrame | None,
    parents: gpd.GeoDataFrame | None,
    gap_width_m: float = 1.0,
    min_overlap_m2: float = 0.0,
) -> gpd.GeoDataFrame:
    """Return what `check` does of a tier made ready."""
    group, pairs = overlaps.duplicate_groups(layer)
    found = [
        *_invalid(layer),
        *_duplicates(layer, group),
        *_overlaps(layer, pairs, gap_width_m, min_overlap_m2),
        *_thin_parts(layer, gap_width_m),
        *_uncovered(layer.covered, layer, boundary, parents, gap_width_m),
    ]
    return _table(found, layer)


def remaining(layer: Repaired, boundary: gpd.GeoDataFrame | None, parents: gpd.GeoDataFrame | None, gap_width_m: float) -> gpd.GeoDataFrame:
    """Return what `check` finds in a layer that is a valid coverage."""
    found = [
        *_invalid(layer),
        *_codes_twice(layer, np.arange(len(layer.codes))),
        *_thin_parts(layer, gap_width_m),
        *_uncovered(layer.covered, layer, boundary, parents, gap_width_m),
    ]
    return _table(found, layer)


def _invalid(layer: Layer) -> Iterator[Finding]:
    rows = np.flatnonzero(~layer.valid)
    areas = shapely.area(layer.plane.measured(layer.polygons[rows]))
    for row, area in zip(rows, areas, strict=True):
        shape = layer.given[row]
        if shape is None or shape.is_empty:
            yield Finding("invalid", layer.codes[row], 0.0, "no_polygon", None)
        else:
            yield Finding("invalid", layer.codes[row], float(area), shapely.is_valid_reason(shape), shape)


def _duplicates(layer: Layer, group: np.ndarray) -> Iterator[Finding]:
    for rows in members(group):
        if len(rows) > 1:
            codes = layer.codes[rows]
            note = "same_row" if len(set(codes)) == 1 else "same_polygon"
            yield Finding("duplicate", joined(codes), np.nan, note, layer.polygons[rows[0]])
    yield from _codes_twice(layer, group)


def _codes_twice(layer: Layer, group: np.ndarray) -> Iterator[Finding]:
    change = np.flatnonzero(layer.codes[1:] != layer.codes[:-1]) + 1  # codes are in order
    begin, end = np.append(0, change), np.append(change, len(group))
    for number in np.flatnonzero(end - begin > 1):
        rows = np.arange(begin[number], end[number])
        if len(set(group[rows])) > 1:
            yield Finding("duplicate", layer.codes[rows[0]], np.nan, "same_code", shapely.union_all(layer.polygons[rows]))


def _overlaps(layer: Layer, pairs: overlaps.Pairs, gap_width_m: float, min_overlap_m2: float) -> Iterator[Finding]:
    for row in np.flatnonzero(pairs.area_m2 > min_overlap_m2):
        kind, note = ("sliver", "thin_overlap") if pairs.thickness_m[row] < gap_width_m else ("overlap", "")
        codes = joined([layer.codes[pairs.left[row]], layer.codes[pairs.right[row]]])
        yield Finding(kind, codes, float(pairs.area_m2[row]), note, pairs.shared[row])


def _thin_parts(layer: Layer, gap_width_m: float) -> Iterator[Finding]:
    valid = np.flatnonzero(layer.valid)  # pieces of a repaired ring are listed with it
    parts, owner = polygon_parts(layer.polygons[valid])
    for row in np.flatnonzero(thickness(layer.plane.measured(parts)) < gap_width_m):
        yield Finding("sliver", layer.codes[valid[owner[row]]], np.nan, "thin_part", parts[row])


def _uncovered(
    union: np.ndarray, layer: Layer, boundary: gpd.GeoDataFrame | None, parents: gpd.GeoDataFrame | None, gap_width_m: float
) -> Iterator[Finding]:
    references = [repaired(frame.geometry.to_numpy()) for frame in (boundary, parents) if frame is not None]
    reference = np.concatenate(references) if references else None
    holes = gaps.uncovered(union, reference, layer.plane)
    if reference is None:
        absent = np.zeros(len(holes.parts), dtype=bool)
    else:
        absent = ~holes.enclosed | ((holes.thickness_m >= gap_width_m) & gaps.grid_like(holes, layer))
    open_cracks = gaps.cracks(union, layer, gap_width_m)
    if reference is not None:
        open_cracks = open_cracks[np.unique(shapely.STRtree(reference).query(open_cracks, predicate="intersects")[0])]
    thin = holes.thickness_m < gap_width_m
    yield from _beside("gap", "", holes.parts[~absent & ~thin], layer)
    yield from _thin_gaps(np.concatenate([holes.parts[~absent & thin], open_cracks]), layer)
    for note, places in _by_parent(holes.parts[absent], parents):
        yield from _beside("missing", note, gaps.wide_parts(places, layer.plane, gap_width_m), layer)


def _thin_gaps(places: np.ndarray, layer: Layer) -> Iterator[Finding]:
    """Yield one finding for all thin gaps between the same grids: a border drawn twice leaves hundreds."""
    together: dict[str, list[shapely.Polygon]] = {}
    for finding in _beside("sliver", "thin_gap", places, layer):
        together.setdefault(finding.grid_codes, []).append(finding.geometry)
    for codes, shapes in together.items():
        yield Finding("sliver", codes, np.nan, "thin_gap", shapely.multipolygons(shapes) if len(shapes) > 1 else shapes[0])


def _by_parent(places: np.ndarray, parents: gpd.GeoDataFrame | None) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each parent's code with its share of `places`, then what lies in no parent under an empty code."""
    rest = places
    if parents is not None and len(places):
        shapes = repaired(parents.geometry.to_numpy())
        for row in np.unique(shapely.STRtree(places).query(shapes, predicate="intersects")[0]):
            yield str(parents.index[row]), polygon_parts(shapely.intersection(places, shapes[row]))[0]
        rest = polygon_parts(shapely.difference(places, shapely.union_all(shapes)))[0]
    yield "", rest


def _beside(kind: str, note: str, places: np.ndarray, layer: Layer) -> Iterator[Finding]:
    for place, rows in zip(places, gaps.beside(places, layer), strict=True):
        yield Finding(kind, joined(layer.codes[rows]), np.nan, note, place)


def _table(found: list[Finding], layer: Layer) -> gpd.GeoDataFrame:
    table = pd.DataFrame(found, columns=list(COLUMNS))
    shapes = np.array(table["geometry"].tolist(), dtype=object)
    open_area = table["area_m2"].isna().to_numpy()
    table.loc[open_area, "area_m2"] = shapely.area(layer.plane.measured(shapes[open_area]))
    bounds = pd.DataFrame(shapely.bounds(shapes).reshape(-1, 4)).round(9)
    rank = table["kind"].map(KINDS.index)
    order = np.lexsort((*bounds.to_numpy().T, table["note"], -table["area_m2"].round(6), table["grid_codes"], rank))
    table = table.astype({"kind": str, "grid_codes": str, "area_m2": float, "note": str}).iloc[order].reset_index(drop=True)
    return gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=shapes[order], crs=layer.plane.drawn)
