"""Where the rows of a Parquet file lie: its geometry or coordinate columns, batch by batch, as numbers in the CRS of the grids."""

import json
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from gridmap import crs as coordinates
from gridmap import schema as contracts
from gridmap.errors import CRSError, FileError, SchemaError
from gridmap.files import cells, places, tables
from gridmap.scale.job import Job

DEFAULT_CRS = "OGC:CRS84"  # GeoParquet: of a geometry column that states none


@dataclass(frozen=True)
class Columns:
    """The two coordinate columns of a file, or its geometry column twice; their CRS and how a geometry is encoded."""

    x: str
    y: str
    crs: pyproj.CRS
    encoding: str | None = None


def columns(schema: pa.Schema, job: Job, shown: str) -> Columns:
    """Return where a file holds its coordinates, by the same rules as for one file of events.

    Raises
    ------
    SchemaError
        If a named column is missing, a name stands twice, or there are no coordinates.
    CRSError
        If the coordinate reference system is unknown or contradicts the file.
    """
    names = pd.Index(schema.names)
    if not names.is_unique:
        raise FileError("same_column_names", path=shown, given=", ".join(names[names.duplicated()]))
    if job.x is not None and job.y is not None:
        contracts.require_columns(pd.DataFrame(columns=names), [job.x, job.y], shown)
        return _plain(job.x, job.y, job, shown)
    if b"geo" in (schema.metadata or {}):
        return _geometry(schema.metadata[b"geo"], names, job, shown)
    pair = tables.coordinate_pair(names)
    if pair is None:
        raise SchemaError("no_coordinates", what=shown, given=", ".join(names))
    return _plain(*pair, job, shown)


def _plain(x: str, y: str, job: Job, shown: str) -> Columns:
    if job.crs is None and not tables.is_geographic(x, y):
        raise CRSError("no_crs_of_columns", what=shown, columns=f"{x}, {y}")
    return Columns(x, y, places.as_crs(job.crs or "EPSG:4326"))


def _geometry(said: bytes, names: pd.Index, job: Job, shown: str) -> Columns:
    try:
        described = json.loads(said)
        name = described["primary_column"]
        encoding = described["columns"][name]["encoding"]
        own = described["columns"][name].get("crs", DEFAULT_CRS)
        crs = None if own is None else pyproj.CRS.from_user_input(own)
    except (ValueError, KeyError, TypeError, pyproj.exceptions.CRSError) as error:
        raise FileError("unreadable", path=shown, reason=f"geo: {error}") from error
    if name not in names or encoding not in ("WKB", "point"):
        raise SchemaError("mixed_geometry", what=shown, expected="Point", given=f"{name} {encoding}")
    stated = None if job.crs is None else places.as_crs(job.crs)
    chosen = crs or stated
    if chosen is None:
        raise CRSError("no_crs", what=shown)
    if stated is not None and not chosen.equals(stated, ignore_axis_order=True):
        raise CRSError("crs_contradicts", what=shown, given=f"{chosen.to_string()[:40]} / {job.crs}")
    return Columns(name, name, chosen, encoding)


def read(batch: pa.RecordBatch, found: Columns, shown: str, begin: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates of a batch, both NaN where a row has none.

    Raises
    ------
    SchemaError
        If a geometry is no point, a coordinate is infinite, or a column holds no numbers; rows are counted from 1, `begin` lie before.
    """
    if found.encoding == "WKB":
        x, y = _of_wkb(batch.column(found.x), found.crs, shown, begin)
    elif found.encoding == "point":
        points = batch.column(found.x)
        x, y = (_numbers(pc.struct_field(points, name), found.x, shown) for name in ("x", "y"))
    else:
        x, y = _numbers(batch.column(found.x), found.x, shown), _numbers(batch.column(found.y), found.y, shown)
    missing = np.isnan(x) | np.isnan(y)
    infinite = (np.isinf(x) | np.isinf(y)) & ~missing
    if infinite.any():
        raise SchemaError("not_finite", what=shown, rows=np.flatnonzero(infinite) + begin + 1)
    return np.where(missing, np.nan, x), np.where(missing, np.nan, y)


def _of_wkb(column: pa.Array, crs: pyproj.CRS, shown: str, begin: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    except (shapely.errors.ShapelyError, TypeError) as error:
        raise FileError("unreadable", path=shown, reason=str(error)) from error
    frame = gpd.GeoDataFrame(geometry=shapes, index=pd.RangeIndex(begin + 1, begin + len(shapes) + 1), crs=crs)
    points = places.located(frame, shown)
    contracts.require_frame(points, shown, geometry=contracts.POINT)
    drawn = points.geometry.to_numpy()
    return shapely.get_x(drawn), shapely.get_y(drawn)


def _numbers(column: pa.Array, name: str, shown: str) -> np.ndarray:
    """Return a column as floats, NaN where it has none; texts are read as numbers."""
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return np.array(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    values = column.to_pandas()
    numbers = cells.as_number(values)
    filled = cells.filled(values)
    if filled.any() and (numbers.isna() | ~filled).all():
        raise SchemaError("coordinates_not_numbers", what=shown, columns=name, given=str(values[filled].iloc[0])[:40])
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def moved(x: np.ndarray, y: np.ndarray, source: pyproj.CRS, target: pyproj.CRS, shown: str, begin: int) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates in the CRS of the grids, under the guards of `crs.transform` and `crs.require_plausible`.

    Raises
    ------
    CRSError
        If the change of datum is unknown, a coordinate has no place in `target`, or a latitude or longitude is out of range.
    """
    if not source.is_projected:
        wrong = np.flatnonzero((np.abs(x) > 180) | (np.abs(y) > 90))
        if len(wrong):
            coordinates.require_plausible(gpd.GeoSeries(shapely.points(x[wrong], y[wrong]), index=wrong + begin + 1, crs=source), shown)
    if source.equals(target, ignore_axis_order=True):
        return x, y
    east, north = coordinates.transformer(source, target).transform(x, y)
    lost = ~(np.isfinite(east) & np.isfinite(north)) & np.isfinite(x)
    if lost.any():
        raise CRSError("no_place_in_crs", target=target.name, rows=np.flatnonzero(lost) + begin + 1)
    return np.where(np.isnan(x), np.nan, east), np.where(np.isnan(x), np.nan, north)
