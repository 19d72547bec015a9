"""Where the rows of a file lie: its geometry, or its coordinate columns, in a stated coordinate reference system."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from gridmap import schema
from gridmap.errors import CRSError, GridmapWarning, SchemaError
from gridmap.files import cells, tables


def located(frame: pd.DataFrame, shown: str, *, x: str | None = None, y: str | None = None, crs: str | None = None) -> gpd.GeoDataFrame:
    """Return the rows of a file as points: from its geometry, or from a pair of coordinate columns.

    Parameters
    ----------
    frame
        Rows as read from a file; the index labels them in messages.
    shown
        The file's name, for messages.
    x, y
        Columns of the coordinates; without them the geometry, else a pair of customary names (lon/lat, longitude/latitude, x/y).
    crs
        Their coordinate reference system; EPSG:4326 where the columns are named like longitude and latitude.

    Returns
    -------
    GeoDataFrame
        Same rows; `geometry` is None where a row has no coordinates, and everywhere in a table that has only addresses.

    Raises
    ------
    SchemaError
        If a named column is missing, no coordinates are found, or none is a number.
    CRSError
        If the coordinate reference system is unknown.
    """
    if (x is None) != (y is None):
        raise SchemaError("one_coordinate", what=shown, given=x or y)
    if x is not None and y is not None:
        schema.require_columns(frame, [x, y], shown)
        return _from_columns(frame, x, y, crs, shown)
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        return _single_points(require_geometry(frame, shown))
    pair = tables.coordinate_pair(frame.columns)
    if pair is not None:
        return _from_columns(frame, *pair, crs, shown)
    if "address" in frame.columns:
        # Places follow from the addresses later.
        return gpd.GeoDataFrame(frame, geometry=np.full(len(frame), None), crs=as_crs(crs or "EPSG:4326"))
    raise SchemaError("no_coordinates", what=shown, given=", ".join(map(str, frame.columns)))


def _from_columns(frame: pd.DataFrame, x: str, y: str, crs: str | None, shown: str) -> gpd.GeoDataFrame:
    if crs is None and not tables.is_geographic(x, y):
        raise CRSError("no_crs_of_columns", what=shown, columns=f"{x}, {y}")
    east, north = cells.as_number(frame[x]).to_numpy(), cells.as_number(frame[y]).to_numpy()
    unread = (np.isnan(east) & cells.filled(frame[x])) | (np.isnan(north) & cells.filled(frame[y]))
    if unread.all():
        raise SchemaError("coordinates_not_numbers", what=shown, columns=f"{x}, {y}", given=str(frame[x].iloc[0])[:40])
    if unread.any():
        warnings.warn(GridmapWarning("some_coordinates_not_numbers", what=shown, rows=frame.index[unread]), stacklevel=2)
    points = shapely.points(east, north)
    points[np.isnan(east) | np.isnan(north)] = None
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return gpd.GeoDataFrame(plain, geometry=points, crs=as_crs(crs or "EPSG:4326"))


def _single_points(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return `frame` with empty points as None and multipoints of one point as that point."""
    shapes = frame.geometry.to_numpy()
    lone = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    shapes = np.where(lone, shapely.get_geometry(shapes, 0), shapes)
    shapes = np.where(shapely.is_empty(shapes), None, shapes)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def require_geometry(frame: pd.DataFrame, shown: str) -> gpd.GeoDataFrame:
    """Return `frame` if it has a geometry column, named `geometry`.

    Raises
    ------
    SchemaError
        If it has none.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise SchemaError("no_geometry", what=shown, given=", ".join(map(str, frame.columns)))
    return frame if frame.active_geometry_name == "geometry" else frame.rename_geometry("geometry")


def as_crs(crs: str) -> pyproj.CRS:
    """Return the coordinate reference system that a text such as "EPSG:4490" names.

    Raises
    ------
    CRSError
        If it names none.
    """
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise CRSError("unknown_crs", given=crs) from error
