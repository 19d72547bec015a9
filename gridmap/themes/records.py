"""Records of themes: what they must hold, where they lie, and those that a table of buildings holds."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import privacy, schema
from gridmap.errors import SchemaError

OF_BUILDINGS = (("housing", "building"), ("households", "household"), ("population", "resident"))
MOST = 2**31 - 1  # of a count: whatever is added up stays far below the limit of 64 bits
NOTHING = np.array([None], dtype=object)


@dataclass(frozen=True, eq=False)
class Places:
    """Where records lie; both arrays have one entry per record.

    Parameters
    ----------
    building
        Row of the record's building in the table of buildings, -1 where it has none that is there.
    points
        The building's point, else the record's own; None where there is neither.
    """

    building: np.ndarray
    points: np.ndarray


def require(records: pd.DataFrame) -> None:
    """Raise unless a table keeps the contract of theme records.

    Parameters
    ----------
    records
        Counts indexed by record_id: `theme` (one of `schema.THEMES`), `kind` (a text of the office's own), `count` (whole, from 0), and
        where: `building_id`, or a geometry (point or polygon), or both columns. `counted_on` and `basis` (户籍, 常住, 实有) say when and
        how it was counted.

    Raises
    ------
    SchemaError
        If a column is missing, an identifier stands twice or has no digit, a theme is unknown, a kind is missing, a count is no whole
        number from 0 to `MOST`, or the table looks as if it named people (see `privacy.require_counts_only`).
    CRSError
        If there are geometries without a CRS.

    Notes
    -----
    A record says how many, never who: no name, no identity number, no phone.
    """
    privacy.require_counts_only(records, "themes")  # first: other errors show identifiers
    privacy.require_numbered(records.index, "themes", "record_id")
    schema.require_table(records, "themes")
    schema.require_coded(records["theme"], schema.THEMES, "themes")
    if records["kind"].isna().any():
        raise SchemaError("missing_values", what="themes", column="kind", rows=records.index[records["kind"].isna()])
    _require_counts(records["count"], "themes")
    if has_geometry(records):
        schema.require_frame(records, "themes", geometry=schema.POINT | schema.POLYGON)
    elif "building_id" not in records:
        raise SchemaError("nowhere_to_place", what="themes", given=", ".join(map(str, records.columns)))


def _require_counts(values: pd.Series, what: str) -> None:
    counts = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~((counts >= 0) & (counts <= MOST) & (counts == np.floor(counts)))
    if wrong.any():
        given = ", ".join(map(str, values[wrong].unique()[:5]))
        raise SchemaError("not_a_count", what=what, column=values.name, most=f"{MOST:,}", given=given, rows=values.index[wrong])


def whole(records: pd.DataFrame) -> np.ndarray:
    """Return the counts of checked records, int64."""
    return pd.to_numeric(records["count"]).to_numpy(dtype="int64")


def has_geometry(frame: pd.DataFrame) -> bool:
    """Tell whether a table has geometries."""
    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def locate(records: pd.DataFrame, buildings: gpd.GeoDataFrame | None, grids: gpd.GeoDataFrame) -> Places:
    """Find the building and the point of every record.

    Parameters
    ----------
    records
        As `require` has them.
    buildings
        Points or polygons indexed by building_id. A record without `building_id` belongs to the building that covers its own point, the
        smallest identifier among those.
    grids
        Says in which CRS all must be.

    Raises
    ------
    SchemaError
        If building identifiers stand twice, or a geometry is of another type.
    CRSError
        If the CRS differ.
    """
    own = np.full(len(records), None, dtype=object)
    if has_geometry(records):
        schema.require_same_crs(records, grids, "themes, grids")
        own = inner_points(records.geometry.to_numpy())
    building = np.full(len(records), -1)
    if buildings is None:
        return Places(building, own)
    require_buildings(buildings, grids)
    named = np.zeros(len(records), dtype=bool)
    if "building_id" in records:
        named = records["building_id"].notna().to_numpy()
        building[named] = buildings.index.get_indexer(records["building_id"][named])
    building[~named] = _covering(own[~named], buildings)
    points = np.concatenate([inner_points(buildings.geometry.to_numpy()), NOTHING])[building]
    return Places(building, np.where(shapely.is_missing(points), own, points))


def require_buildings(buildings: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> None:
    """Raise unless these are buildings in the CRS of the grids."""
    schema.require_frame(buildings, "buildings", geometry=schema.POLYGON | schema.POINT)
    schema.require_index(buildings.index, "buildings")
    schema.require_same_crs(buildings, grids, "buildings, grids")


def inner_points(shapes: np.ndarray) -> np.ndarray:
    """Return a point on each shape, None where there is none."""
    points = np.array(shapely.point_on_surface(shapes), dtype=object)
    points[shapely.is_empty(points)] = None
    return points


def _covering(points: np.ndarray, buildings: gpd.GeoDataFrame) -> np.ndarray:
    """Return the row of the building around each point, -1 where there is none."""
    point, row = shapely.STRtree(buildings.geometry.to_numpy()).query(points, predicate="intersects")
    rank = np.empty(len(buildings), dtype=int)
    order = schema.code_order(buildings.index)
    rank[order] = np.arange(len(buildings))
    best = np.full(len(points), len(buildings))
    np.minimum.at(best, point, rank[row])
    return np.append(order, -1)[best]


def from_buildings(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the records that a table of buildings holds: buildings, households and residents.

    Parameters
    ----------
    buildings
        Indexed by building_id, with `households` and `residents`; `count_basis` and `counted_on` go over to the records.

    Returns
    -------
    DataFrame
        Three records per building, in the order of the buildings, as `require` has them: index `record_id` (the building's and 1, 2 or 3),
        `theme` (housing, households, population), `kind` (building, household, resident), `count`, `building_id`, `counted_on`, `basis`. A
        missing figure gives no record.

    Raises
    ------
    SchemaError
        If a column is missing, an identifier stands twice, or a figure is no whole number from 0 to `MOST`.
    """
    schema.require_columns(buildings, ("households", "residents"), "buildings")
    schema.require_index(buildings.index, "buildings")
    for name in ("households", "residents"):
        _require_counts(buildings[name].dropna(), "buildings")
    figures = {"housing": 1, "households": buildings["households"], "population": buildings["residents"]}
    parts = []
    for number, (theme, kind) in enumerate(OF_BUILDINGS, 1):
        part = pd.DataFrame({"theme": theme, "kind": kind, "count": figures[theme], "building_id": buildings.index}, index=buildings.index)
        part["counted_on"] = buildings.get("counted_on")
        part["basis"] = None if theme == "housing" else buildings.get("count_basis")
        parts.append(part.set_axis(pd.Index([f"{code}-{number}" for code in buildings.index], name="record_id", dtype="str")))
    table = pd.concat(parts).iloc[np.arange(3 * len(buildings)).reshape(3, -1).T.ravel()]
    table = table[table["count"].notna()]
    return table.assign(count=whole(table)).astype({"theme": "str", "kind": "str"})
