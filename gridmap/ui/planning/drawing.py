"""What was drawn on the map, in the coordinates of a plan and on its borders, and which grids it means."""

from collections.abc import Sequence
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape as from_geojson
from shapely.geometry.base import BaseGeometry

from gridmap import assign, crs, hierarchy
from gridmap.errors import SchemaError
from gridmap.maps.geometry import STEPS_ACROSS
from gridmap.plan import Plan
from gridmap.ui.planning.desk import steady

WGS84 = "EPSG:4326"
LEAST_SNAP_M = 0.3  # the map draws to 0.1 m


def drawn(given: dict | None, kind: str, plan: Plan) -> BaseGeometry | None:
    """Return the last shape of a kind that was drawn, in the CRS of the plan, its corners on borders that are near; None for none.

    Parameters
    ----------
    given
        GeoJSON FeatureCollection in EPSG:4326.
    kind
        "LineString" or "Polygon".
    """
    found = [feature["geometry"] for feature in (given or {}).get("features", ()) if feature["geometry"]["type"] == kind]
    if not found:
        return None
    shape = gpd.GeoDataFrame(geometry=[from_geojson(found[-1])], crs=WGS84)
    there = steady(partial(crs.transform, shape, plan.grids.crs))
    return _on_borders(there.geometry.iloc[0], plan)


def _on_borders(shape: BaseGeometry, plan: Plan) -> BaseGeometry:
    """Move corners onto corners and borders that are nearer than the map could show; where that would break the shape, it stays."""
    tier = hierarchy.tier(plan.grids)
    distance_m = snap_m(plan)
    reach = shapely.box(*shapely.bounds(shape)).buffer(plan.plane.length(2 * distance_m))
    near = tier.iloc[np.sort(tier.sindex.query(reach))]
    if near.empty:
        return shape
    try:
        return assign.Borders(near[[near.active_geometry_name]]).snap_line(shape, distance_m)
    except SchemaError:
        return shape


def snap_m(plan: Plan) -> float:
    """Return how far a border on the map may lie from where it is: large layers are drawn simplified."""
    west, south, east, north = plan.grids.total_bounds
    return max(LEAST_SNAP_M, 1.5 * max(east - west, north - south) / STEPS_ACROSS / plan.plane.length(1.0))


def crossed(line: BaseGeometry, tier: gpd.GeoDataFrame) -> pd.Series:
    """Return the length of a line inside each grid that it runs through, the longest first, in units of the CRS."""
    near = tier.iloc[np.sort(tier.sindex.query(line, predicate="intersects"))]
    inside = shapely.length(shapely.intersection(near.geometry.to_numpy(), line))
    edge = shapely.length(shapely.intersection(shapely.boundary(near.geometry.to_numpy()), line))
    found = pd.Series(inside - edge, index=near.index)
    return found[found > 0].sort_values(ascending=False, kind="stable")


def covered(area: BaseGeometry, tier: gpd.GeoDataFrame) -> pd.Series:
    """Return how much of an area lies in each grid, the most first, in units of the CRS."""
    near = tier.iloc[np.sort(tier.sindex.query(area, predicate="intersects"))]
    found = pd.Series(shapely.area(shapely.intersection(near.geometry.to_numpy(), area)), index=near.index)
    return found[found > 0].sort_values(ascending=False, kind="stable")


def beside(code: str, tier: gpd.GeoDataFrame) -> list[str]:
    """Return the grids of a tier that have a border with a grid, not a corner alone."""
    mine = tier.geometry[code]
    near = tier.iloc[np.sort(tier.sindex.query(mine, predicate="intersects"))].drop(index=code)
    shared = shapely.length(shapely.intersection(shapely.boundary(near.geometry.to_numpy()), shapely.boundary(mine)))
    return near.index[shared > 0].tolist()


def receivers(area: BaseGeometry, source: str, tier: gpd.GeoDataFrame) -> list[str]:
    """Return the neighbours that may receive an area of a grid: first where most of the rest of it lies, then who touches it most."""
    near = beside(source, tier)
    shapes = tier.geometry[near].to_numpy()
    moving = shapely.intersection(area, tier.geometry[source])
    over = shapely.area(shapely.intersection(shapes, area))
    along = shapely.length(shapely.intersection(shapes, moving))
    return [near[place] for place in np.lexsort((-along, -over))]


def partners(line: BaseGeometry, code: str, tier: gpd.GeoDataFrame) -> list[str]:
    """Return the neighbours whose border with a grid a line may replace: those whose border ends nearest to the line's ends first."""
    near = beside(code, tier)
    ends = shapely.points(shapely.get_coordinates(line)[[0, -1]])
    shared = shapely.intersection(tier.geometry[near].to_numpy(), tier.geometry[code])
    apart = shapely.distance(shared[:, None], ends[None, :]).max(axis=1) if near else np.empty(0)
    return [near[place] for place in np.argsort(apart, kind="stable")]


def prefer(order: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """Return codes with those that a person chose first."""
    wanted = [code for code in chosen if code in order]
    return [*wanted, *(code for code in order if code not in wanted)]
