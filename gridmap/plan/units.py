"""Units that follow the edit of a plan: each belongs to the grid it lies in, and one that a new border runs through is cut."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy
from gridmap.coverage.layer import repaired
from gridmap.plan import edit, faces
from gridmap.plan.describe import counts_of
from gridmap.plan.edit import LEAST_M2
from gridmap.plan.value import COUNTS, Plan
from gridmap.schema import POLYGON, require_columns, require_frame, require_index, require_same_crs

NOWHERE = -1
DIVIDED = (*COUNTS, "load_min")  # what a part has less of than its unit


def units_after(edited: Plan, units: gpd.GeoDataFrame, *, buildings: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Give units the codes of the grids that they lie in after an edit, and cut those that a new border runs through.

    Parameters
    ----------
    edited
        What an edit returned: units on the ground of `.changes` are looked at, all others stay as they are.
    units
        Polygons in the CRS of the plan, indexed by `unit_id`, with `grid_code`.
    buildings
        Table of buildings, each in the part that a point on its surface lies in: for the counts of the parts.

    Returns
    -------
    GeoDataFrame
        Columns of `units`. Parts of a cut unit stand in its place, from west to east, as `<unit_id>-1` and on, with its other columns.
        Their households, residents and buildings are counted where those of the unit were the sums of these buildings, and unknown (NA)
        otherwise, as is `load_min`. Neighbours of a cut have its corners, so that a valid coverage stays one.

    Raises
    ------
    SchemaError, CRSError
        If a table breaks its contract or lies in another CRS.

    Notes
    -----
    Less than 1 m2 of a unit in a grid, and ground in no grid, is no part of its own but belongs to the largest part.
    """
    require_frame(units, "units", geometry=POLYGON)
    require_columns(units, ("grid_code",), "units")
    require_index(units.index, "units")
    require_same_crs(units, edited.grids, "units and plan")
    tier = hierarchy.tier(edited.grids)
    shapes = tier.geometry.to_numpy()
    come = tier.index.isin(edited.changes.index[(edited.changes["change"] != "re_parented").to_numpy()])
    drawn = repaired(units.geometry.to_numpy())
    place, grid = _shared(edited, drawn, shapes, come)
    result = units.copy()
    first, times = np.unique(place, return_counts=True)
    alone = np.isin(place, first[times == 1])
    codes = result["grid_code"].astype("str").to_numpy(dtype=object).copy()
    codes[place[alone]] = tier.index.to_numpy(dtype=object)[grid[alone]]
    result["grid_code"] = pd.array(codes, dtype="str")
    cut = first[times > 1]
    if not len(cut):
        return result
    given = drawn[cut]
    parts, owner, held = _parts(edited, given, shapes, np.unique(grid[~alone]))
    noded = _with_corners(edited, units.geometry.to_numpy(), parts, given)
    result = result.set_geometry(gpd.GeoSeries(noded, index=units.index, crs=units.crs))
    rows = result.iloc[cut[owner]].copy()
    rows["grid_code"] = pd.array(tier.index.to_numpy(dtype=object)[held], dtype="str")
    rows = rows.set_geometry(gpd.GeoSeries(parts, index=rows.index, crs=units.crs))
    rows = _counted(rows, units.iloc[cut], owner, buildings)
    rows.index = pd.Index(list(labels(rows.index, set(map(str, units.index)))), name=units.index.name, dtype=units.index.dtype)
    return _in_place(result, rows, cut, owner)


def _shared(edited: Plan, units: np.ndarray, shapes: np.ndarray, come: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of a unit on ground that changed and a grid that holds more than a scrap of it; one pair at least of each."""
    near = np.unique(shapely.STRtree(units).query(shapes[come], predicate="intersects")[1])
    place, grid = shapely.STRtree(shapes).query(units[near], predicate="intersects")
    place = near[place]
    area = edit.area_m2(edited, shapely.intersection(units[place], shapes[grid])) if len(place) else np.zeros(0)
    order = np.lexsort((grid, -area, place))
    place, grid, area = place[order], grid[order], area[order]
    most = np.unique(place, return_index=True)[1]
    kept = area > LEAST_M2
    kept[most] |= area[most] > 0
    touched = np.isin(place, place[kept & come[grid]])
    return place[kept & touched], grid[kept & touched]


def _parts(edited: Plan, units: np.ndarray, shapes: np.ndarray, grids: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the parts of units, the number of the unit each is of and of the grid it lies in."""
    borders = shapely.unary_union(shapely.boundary(shapes[grids]))
    pieces, owner = faces.arrange(units, borders, snap=edit.snap(edited), noise=edit.noise(edited))
    inner, found = shapely.STRtree(shapes).query(shapely.point_on_surface(pieces), predicate="within")
    held = np.full(len(pieces), NOWHERE)
    held[inner] = found
    size = edit.area_m2(edited, pieces)
    parts, of_unit, of_grid = [], [], []
    for number in range(len(units)):
        mine = np.flatnonzero(owner == number)
        sums = {int(grid): size[mine[held[mine] == grid]].sum() for grid in np.unique(held[mine])}
        inside = {grid: total for grid, total in sums.items() if grid != NOWHERE}
        most = max(inside, key=inside.__getitem__)
        firm = {grid for grid, total in inside.items() if total > LEAST_M2 or grid == most}
        into = np.array([grid if grid in firm else most for grid in held[mine].tolist()])
        found_parts = [(shapely.coverage_union_all(pieces[mine[into == grid]]), grid) for grid in firm]
        for part, grid in sorted(found_parts, key=lambda each: (*shapely.get_coordinates(shapely.centroid(each[0]))[0], each[1])):
            parts.append(part)
            of_unit.append(number)
            of_grid.append(grid)
    return np.array(parts, dtype=object), np.array(of_unit), np.array(of_grid)


def _with_corners(edited: Plan, units: np.ndarray, parts: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return the units, those beside a cut with its corners."""
    noded = units.copy()
    corners = faces.new_corners(given, parts)
    for place in np.unique(shapely.STRtree(units).query(shapely.points(corners), predicate="dwithin", distance=edit.noise(edited))[1]):
        noded[place] = faces.with_corners(units[place], corners, edit.noise(edited))
    return noded


def _counted(rows: gpd.GeoDataFrame, units: gpd.GeoDataFrame, owner: np.ndarray, buildings: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return parts with the counts of the buildings in them, unknown where the unit's were not the sums of its buildings."""
    names = [name for name in DIVIDED if name in rows]
    rows = rows.assign(**{name: pd.array([pd.NA] * len(rows), dtype=edit.nullable(units[name]).dtype) for name in names})
    if buildings is None:
        return rows
    require_frame(buildings, "buildings", geometry=POLYGON)
    require_same_crs(buildings, rows, "buildings and units")
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    figures = counts_of(buildings).assign(buildings=1).reset_index(drop=True)
    # A point on a cut is in both parts: the first one has it.
    building, part = shapely.STRtree(rows.geometry.to_numpy()).query(points, predicate="intersects")
    order = np.lexsort((part, building))
    building, part = building[order], part[order]
    first = np.unique(building, return_index=True)[1]
    building, part = building[first], part[first]
    for name in [name for name in names if name in figures and figures[name].iloc[building].notna().all()]:
        sums = np.bincount(part, weights=figures[name].iloc[building].to_numpy(dtype=float), minlength=len(rows))
        whole = np.bincount(owner, weights=sums, minlength=len(units))
        same = (units[name].to_numpy(dtype=float, na_value=np.nan) == whole)[owner]
        rows[name] = rows[name].mask(same, pd.array(sums.astype(int), dtype="Int64"))
    return rows


def labels(units: pd.Index, used: set[str]) -> Iterator[str]:
    """Yield an identifier for every part: that of its unit and a number, none that stands already."""
    number: dict[str, int] = {}
    for unit in map(str, units):
        label = unit
        while label in used:
            number[unit] = number.get(unit, 0) + 1
            label = f"{unit}-{number[unit]}"
        used.add(label)
        yield label


def _in_place(units: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, cut: np.ndarray, owner: np.ndarray) -> gpd.GeoDataFrame:
    """Return the units with parts in the place of those that were cut."""
    kept = np.setdiff1d(np.arange(len(units)), cut)
    names = [name for name in DIVIDED if name in units]
    dtypes = {name: rows[name].dtype if rows[name].isna().any() else units[name].dtype for name in names}
    both = pd.concat([pd.DataFrame(table).astype(dtypes) for table in (units.iloc[kept], rows)])
    order = np.argsort(np.concatenate([kept, cut[owner]]), kind="stable")
    return gpd.GeoDataFrame(both.iloc[order], geometry=units.active_geometry_name, crs=units.crs)
