"""Units cut to the ground of some grids, so that these can be drawn anew alone."""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import borders, hierarchy
from gridmap.coverage.layer import repaired
from gridmap.partition import narrow, wholes
from gridmap.plan import edit, faces
from gridmap.plan.describe import counts_of
from gridmap.plan.edit import LEAST_M2
from gridmap.plan.units import DIVIDED, labels
from gridmap.plan.value import COUNTS, Plan
from gridmap.schema import POINT, POLYGON, require_frame, require_index, require_same_crs


def units_within(
    plan: Plan, codes: Collection[str], units: gpd.GeoDataFrame, *, buildings: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Cut units along the outline of lowest grids, and return what lies inside.

    Parameters
    ----------
    plan
        Has the grids.
    codes
        Of lowest base grids.
    units
        Polygons in the CRS of the plan, indexed by `unit_id`, a valid coverage of the ground.
    buildings
        Table of buildings, each in the part that a point on its surface lies in: for the counts of parts.

    Returns
    -------
    GeoDataFrame
        Columns of `units`. A unit across the outline is there with its part inside, under its own name; of several parts as
        `<unit_id>-1` and on. Their households, residents and buildings are counted where those of the unit are the sums of these buildings;
        otherwise, and `load_min` always, they are shared by area, so that those inside and outside add up to the unit's. Parts
        share their corners with each other, and fill the grids where units do.

    Raises
    ------
    SchemaError, CRSError
        If a table breaks its contract or lies in another CRS.

    Notes
    -----
    A part of less than 1 m2 joins the part beside it with the longest border.
    """
    require_frame(units, "units", geometry=POLYGON)
    require_index(units.index, "units")
    require_same_crs(units, plan.grids, "units and plan")
    tier = hierarchy.tier(plan.grids)
    ground = shapely.coverage_union_all(tier.geometry.to_numpy()[tier.index.isin(list(codes))])
    shapely.prepare(ground)
    drawn = repaired(units.geometry.to_numpy())
    deep = np.flatnonzero(shapely.contains_properly(ground, drawn))
    rim = np.setdiff1d(np.flatnonzero(shapely.intersects(ground, drawn)), deep)
    least = LEAST_M2 * plan.plane.length(1.0) ** 2
    pieces, owner = faces.arrange(drawn[rim], shapely.boundary(ground), snap=0.0, noise=edit.noise(plan))
    inner = shapely.contains(ground, shapely.point_on_surface(pieces))
    found, unit = np.concatenate([pieces[inner], drawn[deep]]), np.concatenate([rim[owner[inner]], deep])
    parts, of = _parts(found, unit, least)
    order = np.lexsort((shapely.get_coordinates(shapely.centroid(parts))[:, 0], of))
    parts, of = parts[order], of[order]
    rows = units.iloc[of].set_geometry(gpd.GeoSeries(parts, index=units.index[of], crs=units.crs))
    return _named(_shared(rows, units, of, buildings, least), units.index)


def _parts(found: np.ndarray, unit: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts that pieces make up, and the unit of each."""
    apart = wholes.of(found, unit)
    count = len(apart.area)
    no = np.zeros(count, dtype=bool)
    kinds = narrow.Faces(area=apart.area, perimeter=apart.perimeter, lived=no, whole=~no, ramps=no)
    owners = narrow.owners(kinds, apart.borders, min_area_m2=least)
    first = np.unique(apart.whole, return_index=True)[1]
    kept, number = np.unique(owners, return_inverse=True)
    return borders.together(found, number[apart.whole]), unit[first][kept]


def _shared(
    rows: gpd.GeoDataFrame, units: gpd.GeoDataFrame, of: np.ndarray, buildings: gpd.GeoDataFrame | None, least: float
) -> gpd.GeoDataFrame:
    """Return parts with their share of what the units count; what was not cut keeps its own."""
    whole, size = shapely.area(units.geometry.to_numpy()), shapely.area(rows.geometry.to_numpy())
    cut = np.flatnonzero(whole[of] - size > least)
    known = _counted(rows.geometry.to_numpy(), units, buildings)
    for name in [name for name in DIVIDED if name in rows]:
        values = pd.to_numeric(units[name]).to_numpy(dtype=float, na_value=np.nan)
        shares = values[of].copy()
        for unit in np.unique(of[cut]):
            mine = np.flatnonzero(of == unit)
            if name in known and known[name][1][unit] == values[unit]:
                shares[mine] = known[name][0][mine]
            elif np.isfinite(values[unit]):
                areas = np.append(size[mine], max(whole[unit] - size[mine].sum(), 0.0))
                exact = values[unit] * areas / areas.sum()
                shares[mine] = (_rounded(exact) if name in COUNTS else exact)[:-1]
        dtype = units[name].dtype if name in COUNTS else "float64"
        rows[name] = pd.array(shares, dtype="Float64").astype(dtype)
    return rows


def _rounded(exact: np.ndarray) -> np.ndarray:
    """Return whole numbers with the same sum, each the one below or above; of equal remainders the first ones are rounded up."""
    low = np.floor(exact)
    up = np.argsort(low - exact, kind="stable")[: round(exact.sum() - low.sum())]
    low[up] += 1
    return low


def _counted(parts: np.ndarray, units: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for every count that buildings have the sums in parts and in units; a point on a border is in the first of them."""
    if buildings is None:
        return {}
    require_frame(buildings, "buildings", geometry=POLYGON | POINT)
    require_same_crs(buildings, units, "buildings and units")
    placed = buildings[~(buildings.geometry.isna() | buildings.geometry.is_empty)]
    points = shapely.point_on_surface(placed.geometry.to_numpy())
    figures = counts_of(placed).assign(buildings=1)
    in_unit, in_part = _first(units.geometry.to_numpy(), points), _first(parts, points)
    found = {}
    for name in figures.columns:
        values = figures[name].to_numpy(dtype=float, na_value=np.nan)
        sums = [
            np.bincount(place[place >= 0], values[place >= 0], count) for place, count in ((in_part, len(parts)), (in_unit, len(units)))
        ]
        found[name] = (sums[0], sums[1])
    return found


def _first(shapes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the position of the first polygon that each point is in, -1 for none."""
    point, shape = shapely.STRtree(shapes).query(points, predicate="intersects")
    result = np.full(len(points), -1)
    np.maximum.at(result, point, len(shapes) - shape)
    return np.where(result > 0, len(shapes) - result, -1)


def _named(rows: gpd.GeoDataFrame, names: pd.Index) -> gpd.GeoDataFrame:
    """Return parts under names of their own: that of the unit where it is in one part."""
    several = rows.index.duplicated(keep=False)
    fresh = list(labels(rows.index[several], set(map(str, names))))
    index = rows.index.to_numpy(dtype=object)
    index[several] = fresh
    return rows.set_axis(pd.Index(index, name=names.name, dtype=names.dtype))
