"""The points of a frame, and their coordinates."""

import geopandas as gpd
import numpy as np
import shapely

from gridmap.assign.exact import is_finite
from gridmap.assign.threads import spread
from gridmap.schema import POINT, geometries, require_crs, require_frame, require_same_crs

CHUNK = 1 << 16  # points that a thread takes at a time, at least


def places(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return the points of a frame in the CRS of `grids`, shape (n,), None where there is none.

    Raises
    ------
    CRSError
        If the two CRS differ or one is missing.
    SchemaError
        If it is no frame of points.
    """
    if isinstance(points, gpd.GeoDataFrame) and points.active_geometry_name is not None:
        column = geometries(points)
        geometry: np.ndarray = np.asarray(column)
        parts = spread(
            lambda begin, end: shapely.get_type_id(geometry[begin:end]) > shapely.GeometryType.POINT, len(geometry), least=CHUNK, most=CHUNK
        )
        other = np.concatenate(parts) if parts else np.zeros(0, dtype=bool)
        require_crs(column, "points")
        if other.any():  # a coordinate that is not finite is no fault here: such a point lies in no grid
            require_frame(points[other & is_finite(geometry)], "points", geometry=POINT)
    else:
        require_frame(points, "points", geometry=POINT)
    require_same_crs(column, grids, "points, grids")
    if other.any():
        geometry = geometry.copy()
        geometry[other] = None
    return geometry


def coordinates(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of points, NaN where one is missing or empty."""
    try:
        return shapely.get_x(geometry), shapely.get_y(geometry)
    except shapely.errors.GEOSException:  # an empty point has no x
        pairs, rows = shapely.get_coordinates(geometry, return_index=True)
        both = np.full((2, len(geometry)), np.nan)
        both[:, rows] = pairs.T
        return both[0], both[1]
