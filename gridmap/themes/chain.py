"""The chain 人进户 户进房 房进网格 网格进图: every link that is broken, on counts."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, hierarchy, schema
from gridmap.themes.records import Places, inner_points, locate, require, require_buildings, whole

LINKS = ("resident_household", "household_building", "building_grid", "grid_polygon")
COLUMNS = ("link", "note", "record_id", "building_id", "grid_code", "count", "geometry")


def chain(records: pd.DataFrame, grids: gpd.GeoDataFrame, *, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """List every broken link between residents, households, buildings, grids and the map.

    Parameters
    ----------
    records
        As `require` has them; looked at are those of the themes `population` and `households` whose count is not 0.
    grids
        Grids of all levels and kinds, with `level` and `kind`; a grid without polygon is legal here.
    buildings
        All buildings, points or polygons indexed by building_id; one without geometry is legal here.

    Returns
    -------
    GeoDataFrame
        A row per broken link in the CRS of `grids`, links in the order of `LINKS`, then by identifier; empty where the chain holds.
        `record_id`, `building_id`, `grid_code`: whom it concerns, NA where that is not known; `count`: the residents, households, buildings
        (1) or grids (1) that hang on it; `geometry`: where it is, None where nobody knows. `link` and, for the reason, `note`:

        - `resident_household` (人进户): residents in a building for which no household is counted (`no_households`), or in none
          (`no_building`).
        - `household_building` (户进房): households in no building (`no_building`), or in one that is not in `buildings`
          (`unknown_building`).
        - `building_grid` (房进网格): a building in no lowest base grid (`outside`), or without geometry (`no_geometry`).
        - `grid_polygon` (网格进图): a grid of any level or kind without polygon (`no_polygon`).

        `grid_code` of the first two is the lowest base grid around the place.

    Raises
    ------
    SchemaError
        As `require`, or if an identifier of grids or buildings stands twice.
    CRSError
        If the CRS differ.

    Notes
    -----
    Each link is looked at by itself: residents whose households name an unknown building break the second link, not the first. A building
    of a grid without polygon breaks the third, that grid the fourth. Without any record of households all residents break the first.
    Cost: one query of the tree of buildings and one assignment.
    """
    require(records)
    schema.require_frame(grids, "grids", geometry=schema.POLYGON)
    schema.require_columns(grids, ("level", "kind"), "grids")
    schema.require_index(grids.index, "grids")
    require_buildings(buildings, grids)
    places = locate(records, buildings, grids)
    found = [
        *_people(records, places, buildings, grids),
        _buildings(buildings, grids),
        _grids(grids),
    ]
    table = pd.concat([part for part in found if len(part)] or [pd.DataFrame(columns=list(COLUMNS))], ignore_index=True)
    shapes = table["geometry"].to_numpy(dtype=object)
    texts = dict.fromkeys(("link", "note", "record_id", "building_id", "grid_code"), "str")
    plain = table.drop(columns="geometry").astype({**texts, "count": "int64"})
    return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapes, crs=grids.crs))


def _people(records: pd.DataFrame, places: Places, buildings: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> list[pd.DataFrame]:
    """Return the broken links of residents and of households."""
    counted = whole(records) > 0
    residents = counted & (records["theme"] == "population").to_numpy()
    households = counted & (records["theme"] == "households").to_numpy()
    home = _homes(records, places, buildings)
    nowhere = home.isna().to_numpy()
    lonely = residents & ~home.isin(home[households & ~nowhere]).to_numpy()
    loose = households & (places.building < 0)
    notes = (
        ("resident_household", lonely, np.where(nowhere, "no_building", "no_households")),
        ("household_building", loose, np.where(nowhere, "no_building", "unknown_building")),
    )
    return [_listed(link, rows, note, records, home, places, grids) for link, rows, note in notes]


def _homes(records: pd.DataFrame, places: Places, buildings: gpd.GeoDataFrame) -> pd.Series:
    """Return the building that each record names, else the one it lies in; NA where there is none."""
    around = pd.Series(buildings.index.astype("object").append(pd.Index([None], dtype="object"))[places.building], index=records.index)
    return records["building_id"].astype("object").where(records["building_id"].notna(), around) if "building_id" in records else around


def _listed(
    link: str, rows: np.ndarray, note: np.ndarray, records: pd.DataFrame, home: pd.Series, places: Places, grids: gpd.GeoDataFrame
) -> pd.DataFrame:
    chosen = records.index[rows]
    points = places.points[rows]
    columns = {
        "note": note[rows],
        "record_id": chosen.to_numpy(dtype=object),
        "building_id": home[rows].to_numpy(dtype=object),
        "grid_code": _around(points, grids),
        "count": whole(records)[rows],
        "geometry": points,
    }
    table = pd.DataFrame({"link": link, **columns}, columns=list(COLUMNS))
    return table.iloc[schema.code_order(chosen)]


def _buildings(buildings: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    points = inner_points(buildings.geometry.to_numpy())
    lost = pd.isna(_around(points, grids))
    shapes = buildings.geometry.to_numpy()[lost]
    columns = {
        "note": np.where(shapely.is_missing(points[lost]), "no_geometry", "outside"),
        "building_id": buildings.index[lost].to_numpy(dtype=object),
        "count": 1,
        "geometry": shapes,
    }
    return pd.DataFrame({"link": "building_grid", **columns}, columns=list(COLUMNS)).iloc[schema.code_order(buildings.index[lost])]


def _grids(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    shapes = grids.geometry.to_numpy()
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    codes = grids.index[absent]
    columns = {"note": "no_polygon", "grid_code": codes.to_numpy(dtype=object), "count": 1, "geometry": None}
    return pd.DataFrame({"link": "grid_polygon", **columns}, columns=list(COLUMNS)).iloc[schema.code_order(codes)]


def _around(points: np.ndarray, grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return the code of the lowest base grid around each point, None where there is none."""
    if not hierarchy.levels(grids):
        return np.full(len(points), None, dtype=object)
    frame = gpd.GeoDataFrame(geometry=points, crs=grids.crs)
    return assign.to_grids(frame, hierarchy.tier(grids)).to_numpy(dtype=object, na_value=None)
