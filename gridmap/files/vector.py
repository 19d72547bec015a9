"""GeoPackage, GeoJSON and (Geo)Parquet through GDAL and Arrow."""

import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import shapely

from gridmap.errors import FileError, GridmapWarning

DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON", "shapefile": "ESRI Shapefile"}
# What files of each format begin with: GDAL would open whatever it finds behind a suffix.
MAGIC = {
    "gpkg": b"SQLite format 3\0",
    "parquet": b"PAR1",
    "shapefile": b"\x00\x00\x27\x0a",
    "xlsx": b"PK\x03\x04",
    "zip": b"PK\x03\x04",
    "geojson": b"{",
}
_NULLABLE = {kind: pd.Int64Dtype() for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())} | {pa.bool_(): pd.BooleanDtype()}
# Python's warning filters are global: one reader at a time may change them.
_WARNINGS = threading.Lock()
_REFUSED = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError, pyogrio.errors.FeatureError)
_UNREADABLE = (*_REFUSED, pa.ArrowException, shapely.errors.ShapelyError, UnicodeDecodeError, RuntimeError)
_UNWRITABLE = (*_REFUSED, pyogrio.errors.GeometryError, RuntimeError, ValueError)


def require_content(path: Path, kind: str) -> None:
    """Raise FileError unless the first bytes of a file are those of its format."""
    with path.open("rb") as handle:
        head = handle.read(4096)
    if kind == "geojson":
        head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(MAGIC.get(kind, b"")):
        raise FileError("wrong_content", path=path.name, format=kind)


def layers(path: Path) -> list[str]:
    """Return the names of a file's layers."""
    with _WARNINGS, warnings.catch_warnings():
        # What GDAL notes of the file it says again when a layer is read.
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        except pyogrio.errors.DataSourceError as error:
            raise FileError("unreadable", path=path.name, reason=_reason(error, path)) from error


def read(
    path: Path, *, layer: str | None = None, encoding: str | None = None, without_rows: bool = False, numbers: bool = False
) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read one layer: two-dimensional, unclosed rings closed, integers and truth values with gaps kept as such.

    With `without_rows` only its columns; with `numbers` indexed by the numbers that the file gives its rows.
    """
    with _WARNINGS, warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        try:
            frame = pyogrio.read_dataframe(
                path,
                layer=layer,
                encoding=encoding,
                force_2d=True,
                use_arrow=True,
                on_invalid="fix",
                max_features=0 if without_rows else None,
                fid_as_index=numbers,
                arrow_to_pandas_kwargs={"types_mapper": _NULLABLE.get},
            )
        except _UNREADABLE as error:
            raise FileError("unreadable", path=path.name, reason=_reason(error, path)) from error
    # Advice on options of GDAL is no help here.
    for note in sorted({str(note.message).split(". To avoid")[0] for note in notes}):
        warnings.warn(GridmapWarning("reader_note", path=path.name, note=" ".join(note.split())[:200]), stacklevel=2)
    return plain_types(frame)


def each_batch(path: Path, layer: str, take: Callable[[pa.RecordBatch], None]) -> None:
    """Hand over the rows of a table of a GeoPackage as Arrow has them, some at a time, with their numbers in the column that keeps them.

    Raises
    ------
    FileError
        If GDAL cannot read it.
    """
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of values that are none of their column's type
        try:
            with pyogrio.open_arrow(path, layer=layer, use_pyarrow=True, return_fids=True, LIST_ALL_TABLES="YES") as (_, batches):
                for batch in batches:
                    take(batch)
        except _UNREADABLE as error:
            raise FileError("unreadable", path=path.name, reason=_reason(error, path)) from error


def plain_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with nullable columns that have no gap as plain integers and truth values."""
    plain = {"Int64": "int64", "boolean": "bool"}
    columns = {name: plain[str(kind)] for name, kind in frame.dtypes.items() if str(kind) in plain and not frame[name].hasnans}
    return frame.astype(columns)


def read_parquet(path: Path) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read GeoParquet as a frame with geometry, any other Parquet as a table."""
    try:
        described = pyarrow.parquet.read_schema(path).metadata or {}
        frame = gpd.read_parquet(path) if b"geo" in described else pd.read_parquet(path)
    except (pa.ArrowException, ValueError, OSError, shapely.errors.ShapelyError) as error:
        raise FileError("unreadable", path=path.name, reason=_reason(error, path)) from error
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.has_z.any():
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write GeoParquet, or plain Parquet where there is no geometry."""
    one_kind(frame).to_parquet(path, index=False)


def write(frames: Mapping[str, pd.DataFrame], path: Path, kind: str) -> None:
    """Write layers, by name, to one new file of GeoPackage or GeoJSON.

    Raises
    ------
    FileError
        If GDAL refuses the data.
    """
    for name, frame in frames.items():
        table = storable(frame)
        options: dict[str, str] = {}
        if kind == "geojson":
            # Seventeen significant figures bring every double back.
            options |= {"COORDINATE_PRECISION": "17", "SIGNIFICANT_FIGURES": "17"}
        if kind == "gpkg":
            # GDAL's own key column must not take the place of one of the user's.
            options["FID"] = free_name("fid", table)
            options["GEOMETRY_NAME"] = free_name("geom", table)
        write_layer(table, path, driver=DRIVERS[kind], layer=name, append=path.exists(), options=options)


def write_layer(
    frame: pd.DataFrame, path: Path, *, driver: str, layer: str, append: bool = False, encoding: str = "UTF-8", options: Mapping[str, str]
) -> None:
    """Write one layer with GDAL; raise FileError on its notes too, which say that something was not written as given."""
    spatial = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    if driver == "GPKG" and not spatial:
        options = {name: value for name, value in options.items() if name != "GEOMETRY_NAME"}
    kind = {"geometry_type": common_type(frame)} if spatial else {}
    # Recorded, not raised at once: GDAL gives its notes from C, where an exception would be lost.
    with _WARNINGS, warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        try:
            pyogrio.write_dataframe(
                frame,
                path,
                driver=driver,
                layer=layer,
                append=append,
                encoding=encoding,
                layer_options=dict(options),
                use_arrow=False,
                **kind,
            )
        except _UNWRITABLE as error:
            raise FileError("unwritable", path=path.name, reason=_reason(error, path)) from error
    for note in notes:
        if issubclass(note.category, RuntimeWarning):
            raise FileError("unwritable", path=path.name, reason=_reason(note.message, path))


def common_type(frame: gpd.GeoDataFrame) -> str:
    """Return the one type that all geometries of a frame are, or may be kept as; "Unknown" where there is none."""
    kinds = set(frame.geom_type.dropna())
    for single in ("Point", "LineString", "Polygon"):
        if kinds and kinds <= {single}:
            return single
        if kinds and kinds <= {single, f"Multi{single}"}:
            return f"Multi{single}"
    return "Unknown"


def free_name(name: str, columns: Iterable[object]) -> str:
    """Return a name that no column has, whatever the case of its letters."""
    taken = {str(column).lower() for column in columns}
    while name in taken:
        name += "_"
    return name


def storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with columns that GDAL can hold: times in UTC, categories and mixed values as text."""
    zoned = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.DatetimeTZDtype)]
    return one_kind(frame.assign(**{name: frame[name].dt.tz_convert("UTC") for name in zoned}))


def one_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with categories, and columns that mix several kinds of values, as text."""
    geometry = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    changed = {
        name: frame[name].astype("object").map(str, na_action="ignore").astype("str")
        for name, kind in frame.dtypes.items()
        if name != geometry
        and (isinstance(kind, pd.CategoricalDtype) or (pd.api.types.is_object_dtype(kind) and not _is_one_kind(frame[name])))
    }
    return frame.assign(**changed) if changed else frame


def _is_one_kind(values: pd.Series) -> bool:
    kinds = {type(value) for value in values.dropna()}
    return kinds <= {str} or kinds <= {bool, np.bool_}


def _reason(error: BaseException | str, path: Path) -> str:
    # GDAL's advice on how to force a driver is no help here.
    said = str(error).split("; It might help")[0]
    return " ".join(said.replace(str(path), path.name).split())[:200]
