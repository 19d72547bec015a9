"""Coordinate reference systems: one fit for measuring, guarded changes of datum, coordinates that cannot be right."""

import warnings
from functools import lru_cache
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import ProjError

from gridmap.errors import CRSError, GridmapWarning
from gridmap.schema import require_crs, require_same_crs

Frame = TypeVar("Frame", gpd.GeoDataFrame, gpd.GeoSeries)

CHINA = (73.0, 3.0, 136.0, 54.0)
FIRST_ZONE = 4534  # CGCS2000 / 3-degree Gauss-Kruger CM 75E; one EPSG code per zone up to 4554 (CM 135E)
MAX_SCALE_ERROR = 0.01  # a length may be off by 1 % at the centre of the frame
# Metres on paper, but stretched by latitude.
UNFIT_METHODS = ("mercator", "equidistant cylindrical", "plate carree")
TRANSVERSE = ("transverse mercator", "oblique mercator")
# Geocentric frames that agree within a metre: a zero shift between them is right.
GEOCENTRIC = ("world geodetic system 1984", "wgs 1984", "china 2000", "international terrestrial reference frame")
LATTICE = 100  # two decimals
LATTICE_SLACK = 1e-7  # in units of 0.01 degrees: about 0.1 mm


def cgcs2000_zone(lon: float) -> CRS:
    """Return the CGCS2000 3-degree Gauss-Krueger zone whose central meridian is nearest to `lon`.

    Parameters
    ----------
    lon
        Longitude in degrees, east positive.

    Returns
    -------
    CRS
        One of EPSG:4534 (75E) to EPSG:4554 (135E): metres, no zone number before the easting.

    Raises
    ------
    CRSError
        If `lon` lies outside China's extent, 73 to 136 degrees.

    Notes
    -----
    On the border of two zones the eastern one is taken. Length is off by less than 0.04 % inside a zone.
    Source: GB/T 17798 (zones), EPSG registry.
    """
    west, _, east, _ = CHINA
    if not west <= lon <= east:
        raise CRSError("zone_outside_china", given=lon)
    number = int(np.clip(np.floor((lon - 73.5) / 3), 0, 20))
    return CRS.from_epsg(FIRST_ZONE + number)


def metric_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """Return a projected CRS in metres in which areas and distances of `frame` may be measured.

    Parameters
    ----------
    frame
        Any geometries with a CRS; missing and empty ones are passed over.

    Returns
    -------
    CRS
        The frame's own if it is projected in metres and true to scale within 1 % at the frame's centre (Gauss-Krueger, UTM, national
        grids; never Web Mercator or Plate Carree). Otherwise the CGCS2000 3-degree zone of the centre in China, the UTM zone elsewhere.

    Raises
    ------
    CRSError
        If there is no CRS, a geographic coordinate is out of range, or a CRS must be chosen and no geometry says where.

    Notes
    -----
    The centre is the median of the geometries' own centres, so that one stray point moves nothing. Cost: one pass over the bounds.
    """
    require_crs(frame, "frame")
    own: CRS = frame.crs
    centres = _centres(frame)
    if not len(centres):
        if _is_candidate(own):
            return own
        raise CRSError("no_place", given=own.to_string())
    if not own.is_projected:
        require_plausible(frame, "frame")
    lon, lat = _degrees(own, *np.quantile(centres, 0.5, axis=0, method="lower"))
    if _is_candidate(own) and _scale_error(own, lon, lat) <= MAX_SCALE_ERROR:
        return own
    west, south, east, north = CHINA
    if west <= lon <= east and south <= lat <= north:
        return cgcs2000_zone(lon)
    return _utm_zone(lon, lat)


def to_metric(frame: Frame) -> Frame:
    """Return `frame` in the CRS that `metric_crs` chooses: x and y in metres.

    Raises
    ------
    CRSError
        As `metric_crs` and `transform`.
    """
    return transform(frame, metric_crs(frame))


def transform(frame: Frame, target: CRS | str) -> Frame:
    """Return a copy of `frame` in the CRS `target`, refusing a change of datum that nobody knows.

    Parameters
    ----------
    frame
        Any geometries with a CRS.
    target
        The CRS wanted, or its name such as "EPSG:4548".

    Returns
    -------
    GeoDataFrame or GeoSeries
        Same index and columns. Where the CRS changes, a third dimension is dropped.

    Raises
    ------
    CRSError
        If there is no CRS, the two datums have no published transformation (Xian 1980 or Beijing 1954 to CGCS2000), or a coordinate
        has no place in `target`.

    Notes
    -----
    PROJ answers an unknown change of datum with a silent zero shift ("ballpark"), 50 to 150 m wrong for Xian 1980 and Beijing 1954. Between
    WGS 84, ITRF and CGCS2000 the zero shift is right within a metre and passes.
    """
    require_crs(frame, "frame")
    source, wanted = frame.crs, CRS.from_user_input(target)
    if source.equals(wanted, ignore_axis_order=True):
        return frame.copy()
    geometry = frame.geometry.to_numpy()
    moved = shapely.transform(geometry, transformer(source, wanted).transform, interleaved=False)
    lost = ~np.isfinite(shapely.bounds(moved)).all(axis=1) & np.isfinite(shapely.bounds(geometry)).all(axis=1)
    if lost.any():
        raise CRSError("no_place_in_crs", target=wanted.name, rows=frame.index[lost])
    series = gpd.GeoSeries(moved, index=frame.index, crs=wanted)
    if isinstance(frame, gpd.GeoSeries):
        return series.rename(frame.name)
    return frame.set_geometry(series.rename(frame.geometry.name))


@lru_cache(maxsize=64)  # to make one takes longer than to move ten thousand points
def transformer(source: CRS, target: CRS) -> Transformer:
    """Return the transformation of coordinates (x = east or longitude first), a zero shift of datum only between geocentric frames.

    Raises
    ------
    CRSError
        If the two datums have no published transformation.
    """
    harmless = _is_geocentric(source) and _is_geocentric(target)
    try:
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=harmless)
    except ProjError as error:
        raise CRSError("unknown_datum_shift", source=source.name, target=target.name) from error


def require_plausible(points: gpd.GeoDataFrame | gpd.GeoSeries, what: str) -> None:
    """Raise CRSError if a geographic coordinate is out of range, and say whether longitude and latitude are exchanged.

    Parameters
    ----------
    points
        Any geometries with a CRS; a projected CRS, missing and empty geometries pass.
    what
        The table's name for the message.

    Raises
    ------
    CRSError
        If there is no CRS, or a latitude lies beyond 90 or a longitude beyond 180 degrees.
    """
    drawn = points.geometry.array  # whose CRS is had at once
    require_crs(drawn, what)
    if drawn.crs.is_projected:
        return
    bounds = shapely.bounds(np.asarray(drawn)).reshape(-1, 4)
    x, y = np.abs(bounds[:, [0, 2]]).max(axis=1), np.abs(bounds[:, [1, 3]]).max(axis=1)
    wrong = (x > 180) | (y > 90)  # NaN of missing geometries compares false
    if not wrong.any():
        return
    exchanged = bool(((x[wrong] <= 90) & (y[wrong] <= 180)).all())
    raise CRSError("swapped" if exchanged else "out_of_range", what=what, rows=points.index[wrong])


def swapped(points: gpd.GeoDataFrame | gpd.GeoSeries, grids: gpd.GeoDataFrame) -> bool:
    """Tell whether the points miss the grids' extent as given and meet it with x and y exchanged.

    Parameters
    ----------
    points
        Any geometries.
    grids
        Grids in the same CRS.

    Returns
    -------
    bool
        True if no point lies in the grids' bounding box and at least half of them do once exchanged.

    Raises
    ------
    CRSError
        If the two CRS differ or one is missing.
    """
    require_same_crs(points, grids, "points, grids")
    centres = _centres(points)
    if not len(centres) or grids.empty:
        return False
    west, south, east, north = grids.total_bounds
    inside = _within(centres, west, south, east, north)
    exchanged = _within(centres[:, ::-1], west, south, east, north)
    return not inside.any() and bool(exchanged.mean() >= 0.5)


def require_not_swapped(points: gpd.GeoDataFrame | gpd.GeoSeries, grids: gpd.GeoDataFrame, what: str) -> None:
    """Raise CRSError if `swapped(points, grids)`."""
    if swapped(points, grids):
        raise CRSError("swapped", what=what, rows=points.index)


def rounded(points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Mark points whose longitude and latitude carry two decimals or fewer: right within a kilometre only.

    Parameters
    ----------
    points
        Point geometries with a CRS.

    Returns
    -------
    Series
        Shape (n,), bool, on the index of `points`; False for missing points and everywhere in a projected CRS.

    Raises
    ------
    CRSError
        If there is no CRS.
    """
    require_crs(points, "points")
    mask = np.zeros(len(points), dtype=bool)
    if not points.crs.is_projected:
        steps = shapely.bounds(points.geometry.to_numpy()).reshape(-1, 4)[:, :2] * LATTICE
        mask = (np.abs(steps - np.rint(steps)) < LATTICE_SLACK).all(axis=1)
    return pd.Series(mask, index=points.index, name="rounded")


def warn_rounded(points: gpd.GeoDataFrame | gpd.GeoSeries, what: str) -> None:
    """Warn once if at least half of the points carry two decimals or fewer."""
    mask = rounded(points)
    present = int((~(points.geometry.isna() | points.geometry.is_empty)).sum())
    if present and mask.sum() * 2 >= present:
        warnings.warn(GridmapWarning("rounded", what=what, present=present, rows=points.index[mask]), stacklevel=2)


def _centres(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray:
    """Return the centres (n, 2) of the bounding boxes, without missing, empty and infinite ones."""
    bounds = shapely.bounds(frame.geometry.to_numpy()).reshape(-1, 4)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    return (bounds[:, :2] + bounds[:, 2:]) / 2


def _within(xy: np.ndarray, west: float, south: float, east: float, north: float) -> np.ndarray:
    x, y = xy.T
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _is_candidate(crs: CRS) -> bool:
    """Tell whether `crs` is projected in metres by a method that keeps its scale beyond one latitude."""
    if not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        return False
    operation = crs.coordinate_operation
    method = "" if operation is None else operation.method_name.lower()
    transverse = any(name in method for name in TRANSVERSE)
    return transverse or not any(name in method for name in UNFIT_METHODS)


def _scale_error(crs: CRS, lon: float, lat: float) -> float:
    """Return by which share a length is off at a place, in its worst direction (infinite outside the projection)."""
    factors = Proj(crs).get_factors(lon, lat, errcheck=False)
    return max(abs(factors.tissot_semimajor - 1), abs(factors.tissot_semiminor - 1))


def _degrees(crs: CRS, x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of one place on the CRS's own datum."""
    if not crs.is_projected:
        return float(x), float(y)
    lon, lat = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(x, y)
    if not np.isfinite([lon, lat]).all():
        raise CRSError("no_place_in_crs", target=crs.name)
    return lon, lat


def _utm_zone(lon: float, lat: float) -> CRS:
    zone = int(np.clip(np.floor((lon + 180) / 6), 0, 59)) + 1
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def _is_geocentric(crs: CRS) -> bool:
    datum = crs.geodetic_crs.datum if crs.geodetic_crs is not None else None
    name = "" if datum is None else datum.name.lower().removeprefix("d_").replace("_", " ")
    return name.startswith(GEOCENTRIC)
