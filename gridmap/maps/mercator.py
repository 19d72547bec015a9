"""Web Mercator as whole numbers: a square lattice over the world, column 0 in the west, row 0 in the north, as map tiles have it."""

import geopandas as gpd
import numpy as np
from pyproj import CRS

from gridmap.crs import require_plausible, transformer
from gridmap.schema import require_crs


def degrees(frame: gpd.GeoDataFrame | gpd.GeoSeries, xy: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of coordinates (n, 2) in the CRS of `frame`.

    Raises
    ------
    CRSError
        If there is no CRS, its datum has no published transformation to WGS 84, or a latitude or longitude is out of range.
    """
    require_crs(frame, what)
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    if not frame.crs.is_projected and len(x) and (np.nanmax(np.abs(x)) > 180 or np.nanmax(np.abs(y)) > 90):
        require_plausible(frame, what)
    target = CRS.from_epsg(4326)
    if frame.crs.equals(target, ignore_axis_order=True):
        return x, y
    lon, lat = transformer(frame.crs, target).transform(x, y)
    return lon, lat


def share(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of the way from west to east and from north to south; what lies beyond the square of the world is on its edge."""
    with np.errstate(invalid="ignore"):
        across = np.asarray(lon) / 360.0 + 0.5
        down = 0.5 - np.arcsinh(np.tan(np.radians(np.clip(lat, -89.9, 89.9)))) / (2 * np.pi)
    return np.clip(across, 0.0, 1.0), np.clip(down, 0.0, 1.0)


def lattice(lon: np.ndarray, lat: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return column and row (int64) in the lattice of 2**bits squares a side; coordinates must be finite."""
    size = 1 << bits
    across, down = (np.minimum(np.floor(part * size).astype(np.int64), size - 1) for part in share(lon, lat))
    return across, down


def places(column: np.ndarray, row: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of places in the lattice, halves for the centres of squares."""
    size = float(1 << bits)
    return (column / size - 0.5) * 360.0, np.degrees(np.arctan(np.sinh((0.5 - row / size) * 2 * np.pi)))
