"""How much lies in no grid, in exactly one, and in several."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy, schema
from gridmap.coverage import gaps, overlaps
from gridmap.coverage.layer import Layer, drawn, polygon_parts, prepare, repaired
from gridmap.errors import GridmapWarning


def shares(
    grids: gpd.GeoDataFrame,
    *,
    boundary: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    events: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Measure how much lies in none, in exactly one, and in several lowest base grids.

    Parameters
    ----------
    grids
        Grids of all levels and kinds, of which the lowest base tier is taken; or polygons without `level` and `kind`.
    boundary
        Polygons whose area is shared out; the union of the grids when None, so that no area lies in none.
    buildings
        Buildings, each taken as one at a point on its surface; with `households` these are added up likewise.
    events
        Points; rows without a geometry are left out, from the total too.

    Returns
    -------
    DataFrame
        Index `measure`: area_m2, then buildings, households and events where given. Columns `none`, `one`, `several` and `total` in the
        measure's unit, `share_one` = one / total (NaN if the total is 0).

    Raises
    ------
    SchemaError
        If a geometry has the wrong type or a column is missing.
    CRSError
        If there is no CRS, or the frames' differ.

    Warns
    -----
    GridmapWarning
        If buildings have no number of households; they are left out of that row.

    Notes
    -----
    A point on a border shared by two grids lies in one; it lies in several where two grids cover it and at least one holds it in its
    interior. A building cut by a border is therefore counted once, on the side of that point. Cost: as `check` for the area, one
    query of the tree for points.
    """
    tier = hierarchy.tier(grids) if {"kind", "level"} <= set(grids.columns) else grids
    return shares_of(
        prepare(tier, boundary=boundary, buildings=buildings, events=events), boundary=boundary, buildings=buildings, events=events
    )


def shares_of(
    layer: Layer, *, boundary: gpd.GeoDataFrame | None, buildings: gpd.GeoDataFrame | None, events: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """Return what `shares` does of a tier made ready."""
    rows = {"area_m2": _areas(layer, boundary)}
    if buildings is not None:
        schema.require_frame(buildings, "buildings", geometry=schema.POLYGON | schema.POINT)
        present = buildings[drawn(buildings.geometry.to_numpy())]
        times = _times(shapely.point_on_surface(present.geometry.to_numpy()), layer)
        rows["buildings"] = _totals(times, np.ones(len(times)))
        if "households" in present.columns:
            rows["households"] = _totals(times, _households(present))
    if events is not None:
        schema.require_frame(events, "events", geometry=schema.POINT)
        located = events[drawn(events.geometry.to_numpy())]
        times = _times(located.geometry.to_numpy(), layer)
        rows["events"] = _totals(times, np.ones(len(times)))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["none", "one", "several"]).rename_axis("measure")
    table["total"] = table.sum(axis=1)
    table["share_one"] = table["one"] / table["total"].where(table["total"] > 0)
    return table


def _areas(layer: Layer, boundary: gpd.GeoDataFrame | None) -> list[float]:
    union = layer.covered
    reference = union if boundary is None else repaired(boundary.geometry.to_numpy())
    whole = shapely.union_all(reference)
    twice = shapely.union_all(overlaps.of_layer(layer).shared)
    total, several = (_area(np.array([place]), layer) for place in (whole, shapely.intersection(whole, twice)))
    none = 0.0 if boundary is None else float(gaps.uncovered(union, reference, layer.plane).area_m2.sum())
    return [none, total - none - several, several]


def _area(places: np.ndarray, layer: Layer) -> float:
    return float(shapely.area(layer.plane.measured(polygon_parts(places)[0])).sum())


def _times(points: np.ndarray, layer: Layer) -> np.ndarray:
    """Return 0, 1 or 2 per point: in no grid, in one, in several."""
    tree = shapely.STRtree(layer.given)
    covering = np.bincount(tree.query(points, predicate="intersects")[0], minlength=len(points))
    times = np.minimum(covering, 1)
    several = np.flatnonzero(covering > 1)
    times[several[tree.query(points[several], predicate="within")[0]]] = 2
    return times


def _totals(times: np.ndarray, amounts: np.ndarray) -> list[float]:
    return np.bincount(times, weights=amounts, minlength=3).tolist()


def _households(buildings: gpd.GeoDataFrame) -> np.ndarray:
    numbers = buildings["households"].to_numpy(dtype=float, na_value=np.nan)
    unknown = np.isnan(numbers)
    if unknown.any():
        warnings.warn(GridmapWarning("no_households", rows=buildings.index[unknown]), stacklevel=3)
    return np.where(unknown, 0.0, numbers)
