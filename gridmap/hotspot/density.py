"""Kernel density of points on a lattice."""

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from scipy.ndimage import gaussian_filter

from gridmap import crs, schema
from gridmap.errors import SchemaError

REACH = 4.0  # bandwidths at which the kernel ends: all but 0.03 % of an event lies nearer
MAX_CELLS = 25_000_000  # 200 MB per array
M2_PER_KM2 = 1e6


@dataclass(frozen=True, eq=False)
class Density:
    """Events per km2 at the centres of a lattice of squares.

    Parameters
    ----------
    values
        Shape (rows, columns), events per km2, northernmost row first.
    transform
        Affine (a, b, c, d, e, f): x = a * column + b * row + c and y = d * column + e * row + f at a square's north-western corner.
    crs
        Metric CRS of the lattice.
    """

    values: np.ndarray
    transform: tuple[float, float, float, float, float, float]
    crs: CRS


def density(
    points: gpd.GeoDataFrame,
    *,
    bandwidth_m: float,
    cell_m: float,
    bounds: tuple[float, float, float, float] | None = None,
) -> Density:
    """Spread every event over its surroundings by a Gaussian and add them up.

    Parameters
    ----------
    points
        Events, any CRS; rows without a geometry are passed over.
    bandwidth_m
        Standard deviation of the Gaussian in metres.
    cell_m
        Side of a lattice square in metres, at most half the bandwidth.
    bounds
        (min x, min y, max x, max y) in the CRS of `points`; events outside still weigh in. The extent of the points plus the kernel's
        reach when None, which keeps every event whole.

    Returns
    -------
    Density
        Events per km2 in the metric CRS that `crs.metric_crs` chooses; shape (0, 0) where there is neither a point nor bounds.

    Raises
    ------
    SchemaError
        If a length is not above 0, `cell_m` exceeds half of `bandwidth_m`, `bounds` is empty or reversed, or the lattice would have
        more than 25 million squares.
    CRSError
        If `points` has no CRS.

    Notes
    -----
    Each event is shared among the four nearest centres in proportion (linear binning), then filtered; the kernel is cut at four
    bandwidths and scaled to sum to 1. The lattice moves a value by at most (cell_m / bandwidth_m)**2 / 4 of the peak of one event's
    Gaussian per event: 6 % at the coarsest, 1 % at a fifth of the bandwidth. Cost: points + squares x bandwidth_m / cell_m.
    Source: Wand (1994), Journal of Computational and Graphical Statistics 3(4).
    """
    _require_lengths(bandwidth_m, cell_m)
    schema.require_frame(points, "points", geometry=schema.POINT)
    places = points.geometry.to_numpy()
    located = points.loc[~(shapely.is_missing(places) | shapely.is_empty(places)), [points.geometry.name]]
    if bounds is None and located.empty:
        return Density(np.zeros((0, 0)), (cell_m, 0.0, 0.0, 0.0, -cell_m, 0.0), points.crs)
    reach = math.ceil(REACH * bandwidth_m / cell_m)
    if bounds is None:
        metric = crs.to_metric(located)
        west, south, east, north = metric.total_bounds
        margin = (reach + 1) * cell_m
        west, south, east, north = west - margin, south - margin, east + margin, north + margin
    else:
        west, south, east, north, frame_crs = _metric_bounds(bounds, points.crs)
        metric = crs.transform(located, frame_crs)
    rows, columns = math.ceil((north - south) / cell_m), math.ceil((east - west) / cell_m)
    if (rows + 2 * reach) * (columns + 2 * reach) > MAX_CELLS:
        raise SchemaError("too_many_cells", most=MAX_CELLS, given=f"{rows} x {columns}")
    # Events outside the bounds reach in: bin on a wider lattice, then cut.
    x, y = shapely.get_coordinates(metric.geometry.to_numpy()).reshape(-1, 2).T
    binned = _binned((x - west) / cell_m + reach, (north - y) / cell_m + reach, (rows + 2 * reach, columns + 2 * reach))
    spread = gaussian_filter(binned, bandwidth_m / cell_m, mode="constant", radius=reach)
    values = spread[reach : reach + rows, reach : reach + columns] * (M2_PER_KM2 / cell_m**2)
    return Density(values, (float(cell_m), 0.0, float(west), 0.0, -float(cell_m), float(north)), metric.crs)


def _require_lengths(bandwidth_m: float, cell_m: float) -> None:
    for what, length in (("bandwidth_m", bandwidth_m), ("cell_m", cell_m)):
        if not (length > 0 and math.isfinite(length)):
            raise SchemaError("not_positive", what=what, given=length)
    if cell_m > bandwidth_m / 2:
        raise SchemaError("cell_too_coarse", most=bandwidth_m / 2, given=cell_m)


def _metric_bounds(bounds: tuple[float, float, float, float], source: CRS) -> tuple[float, float, float, float, CRS]:
    west, south, east, north = bounds
    if not (np.isfinite(bounds).all() and west < east and south < north):
        raise SchemaError("bad_bounds", given=bounds)
    # Straight lines of the source bend: its outline is followed with more than four corners.
    outline = shapely.segmentize(shapely.box(*bounds), max(east - west, north - south) / 20)
    metric = crs.to_metric(gpd.GeoSeries([outline], crs=source))
    return (*metric.total_bounds, metric.crs)


def _binned(column: np.ndarray, row: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Share each event among the four nearest centres; those outside the lattice are left out."""
    column, row = column - 0.5, row - 0.5  # centres at whole numbers
    left, top = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    inside = (left >= 0) & (top >= 0) & (left < shape[1] - 1) & (top < shape[0] - 1)
    left, top, right_part, low_part = left[inside], top[inside], (column - np.floor(column))[inside], (row - np.floor(row))[inside]
    sums = np.zeros(shape[0] * shape[1])
    for down, part_y in ((0, 1 - low_part), (1, low_part)):
        for across, part_x in ((0, 1 - right_part), (1, right_part)):
            place = (top + down) * shape[1] + left + across
            sums += np.bincount(place, weights=part_x * part_y, minlength=len(sums))
    return sums.reshape(shape)
