"""CSV and XLSX: tables of texts in, tables of texts out, geometry as coordinate columns or WKT."""

import csv
import io
import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyproj
import shapely
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from gridmap.errors import CRSError, FileError
from gridmap.files import cells, encoding, workbook

GEOMETRY = "geometry"
CELL_LIMIT = 32_767
# What a GeoPackage can hold, too.
MAX_COLUMNS = 2_000
_EWKT = re.compile(r"(?:SRID=(\d+);)?(.*)", re.DOTALL | re.IGNORECASE)
# Columns that hold a pair of coordinates by custom; the first six are geographic.
PAIRS = (
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("longitude", "latitude"),
    ("经度", "纬度"),
    ("point_lon", "point_lat"),
    ("x", "y"),
    ("point_x", "point_y"),
)
GEOGRAPHIC_PAIRS = frozenset(PAIRS[:6])


def coordinate_pair(columns: pd.Index) -> tuple[str, str] | None:
    """Return the names of the two coordinate columns that `columns` hold by custom, None if there is no such pair."""
    known = {str(name).strip().lower(): name for name in reversed(columns)}
    for x, y in PAIRS:
        if x in known and y in known:
            return known[x], known[y]
    return None


def is_geographic(x: str, y: str) -> bool:
    """Tell whether the names of a coordinate pair mean longitude and latitude."""
    return (str(x).strip().lower(), str(y).strip().lower()) in GEOGRAPHIC_PAIRS


def read_csv(path: Path) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read a text table; columns stay text unless numbers give the same text back.

    A column `geometry` that holds WKT (with or without `SRID=...;`) becomes the geometry.
    """
    data = path.read_bytes()
    found = encoding.of_text(data)
    if found is None:
        raise FileError("unknown_encoding", path=path.name)
    text = data.decode(found)
    try:
        with warnings.catch_warnings():
            # Where every row is longer than the header pandas would drop the cells beyond it.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(text), dtype="str", keep_default_na=False, na_values=[""], sep=_separator(text, path), index_col=False
            )
    except pd.errors.ParserWarning as error:
        raise FileError("rows_beyond_header", path=path.name) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        if "out of memory" in str(error):
            raise MemoryError from error
        raise FileError("unreadable", path=path.name, reason=_one_line(error)) from error
    return _finished(frame, path)


def _separator(text: str, path: Path) -> str:
    header = text[: text.find("\n")] if "\n" in text else text
    separator = max(",\t;", key=header.count)
    _require_columns(header.count(separator) + 1, path)
    return separator


def _require_columns(count: int, path: Path) -> None:
    if count > MAX_COLUMNS:
        raise FileError("too_many_columns", path=path.name, limit=MAX_COLUMNS, given=count)


def unique_names(names: list[str]) -> list[str]:
    """Return names of which none stands twice: a repeated one gets .1, .2 at its end."""
    taken: set[str] = set()
    unique: list[str] = []
    for name in names:
        n, free = 0, name
        while free in taken:
            n += 1
            free = f"{name}.{n}"
        taken.add(free)
        unique.append(free)
    return unique


def names_aside(present: Iterable[str], added: Iterable[str]) -> dict[str, str]:
    """Return a new name, ending in `_original`, for each column present that would share its name with one to be added."""
    taken, added = set(present), set(added)
    moved: dict[str, str] = {}
    for name in sorted(taken & added):
        aside = f"{name}_original"
        while aside in taken or aside in added:
            aside += "_"
        moved[name] = aside
        taken.add(aside)
    return moved


def read_xlsx(path: Path, sheet: str | None, what: str) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read one sheet of a workbook as `workbook.read_rows` chooses it."""
    rows = workbook.read_rows(path, sheet, what)
    if not rows:
        raise FileError("empty_file", path=path.name)
    names = unique_names([f"column_{n}" if name is None else str(name) for n, name in enumerate(rows[0], 1)])
    _require_columns(len(names), path)
    columns = {name: pd.Series([row[n] if n < len(row) else None for row in rows[1:]], dtype="object") for n, name in enumerate(names)}
    return _finished(pd.DataFrame({name: _inferred(values) for name, values in columns.items()}), path)


def _inferred(values: pd.Series) -> pd.Series:
    kinds = {type(value) for value in values.dropna()}
    if kinds == {int} and values.isna().any():
        return values.astype("Int64")
    return values.infer_objects() if kinds != {str} else values.astype("str")


def _finished(frame: pd.DataFrame, path: Path) -> pd.DataFrame | gpd.GeoDataFrame:
    frame = frame.set_axis(unique_names([str(cells.restore(str(name).strip())) for name in frame.columns]), axis="columns")
    texts = frame.select_dtypes("str").columns
    frame = frame.assign(**{name: cells.restore_column(frame[name]) for name in texts})
    if path.suffix.lower() == ".csv":
        frame = frame.assign(**{name: cells.typed(frame[name]) for name in texts if name != GEOMETRY})
    if GEOMETRY in texts and frame[GEOMETRY].notna().any():
        return _with_geometry(frame, path)
    return frame


def _with_geometry(frame: pd.DataFrame, path: Path) -> gpd.GeoDataFrame:
    parts = frame[GEOMETRY].str.extract(_EWKT)
    texts = parts[1].astype("object").where(parts[1].notna(), None)  # a column of texts would turn None into NaN
    shapes = shapely.from_wkt(texts.to_numpy(), on_invalid="ignore")
    bad = shapely.is_missing(shapes) & frame[GEOMETRY].notna().to_numpy()
    if bad.any():
        raise FileError("bad_geometry_text", path=path.name, rows=np.flatnonzero(bad) + 2)
    codes = parts[0].dropna().unique()
    if len(codes) > 1:
        raise FileError("several_crs", path=path.name, given=", ".join(f"EPSG:{code}" for code in sorted(codes)))
    crs = f"EPSG:{codes[0]}" if len(codes) else None
    try:
        return gpd.GeoDataFrame(frame.drop(columns=GEOMETRY), geometry=shapes, crs=crs)
    except pyproj.exceptions.CRSError as error:
        raise CRSError("unknown_crs", given=crs) from error


def with_geometry_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` without geometry column: points as `lon`, `lat` (`x`, `y` where projected), other geometry as WKT with its SRID."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return pd.DataFrame(frame)
    shapes = frame.geometry
    table = pd.DataFrame(frame.drop(columns=frame.active_geometry_name))
    if shapes.geom_type.dropna().eq("Point").all() and not shapes.has_z.any():
        x, y = shapely.get_x(shapes.to_numpy()), shapely.get_y(shapes.to_numpy())
        pair = coordinate_pair(table.columns)
        if pair is None:
            names = ("lon", "lat") if frame.crs is None or frame.crs.is_geographic else ("x", "y")
            return table.assign(**dict(zip(names, (x, y), strict=True)))
        # Columns that the points were read from say the same thing already.
        if all(np.array_equal(cells.as_number(table[name]), given, equal_nan=True) for name, given in zip(pair, (x, y), strict=True)):
            return table
    code = frame.crs.to_epsg() if frame.crs is not None else None
    prefix = f"SRID={code};" if code else ""
    # Sixteen significant decimals bring every double back.
    wkt = pd.Series(shapely.to_wkt(shapes.to_numpy(), rounding_precision=16), index=table.index, dtype="object")
    return table.assign(**{GEOMETRY: (prefix + wkt).where(~shapely.is_missing(shapes.to_numpy()), None)})


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 with byte order mark, formulas defused."""
    table = _as_cells(with_geometry_columns(frame))
    table.to_csv(path, index=False, encoding="utf-8-sig", quoting=csv.QUOTE_MINIMAL, lineterminator="\n")


def write_xlsx(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables, by the names of their sheets: codes as text, formulas defused, times as text with their offset."""
    book = openpyxl.Workbook(write_only=True)
    for sheet, frame in frames.items():
        table = _as_cells(with_geometry_columns(frame))
        rows = _rows(table, path)
        page = book.create_sheet(sheet)
        page.append(list(table.columns))
        for row in rows:
            page.append(row)
    book.save(path)


def cell_rows(frame: pd.DataFrame, path: Path) -> list[list[object]]:
    """Return the rows of a table without geometry as a sheet holds them: formulas defused, None where nothing is.

    Raises
    ------
    FileError
        If a text is too long for a cell or holds a character that XML does not allow.
    """
    return _rows(_as_cells(frame), path)


def _rows(table: pd.DataFrame, path: Path) -> list[list[object]]:
    rows = [[None if pd.isna(value) else value for value in row] for row in table.astype("object").itertuples(index=False, name=None)]
    _require_cells(rows, table.index, path)
    return rows


def _require_cells(rows: list[list[object]], labels: pd.Index, path: Path) -> None:
    """Raise FileError where a text is too long for a cell or holds a character that XML does not allow."""
    long, illegal = [], []
    for label, row in zip(labels, rows, strict=True):
        texts = [value for value in row if isinstance(value, str)]
        if any(len(text) > CELL_LIMIT for text in texts):
            long.append(label)
        if any(ILLEGAL_CHARACTERS_RE.search(text) for text in texts):
            illegal.append(label)
    if long:
        raise FileError("cell_too_long", path=path.name, limit=CELL_LIMIT, rows=long)
    if illegal:
        raise FileError("control_character", path=path.name, rows=illegal)


def _as_cells(table: pd.DataFrame) -> pd.DataFrame:
    columns = {str(cells.defuse(str(name))): _as_cell_column(table[name]) for name in table.columns}
    return pd.DataFrame(columns, index=table.index)


def _as_cell_column(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return values
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values.map(lambda time: time.isoformat(sep=" "), na_action="ignore").astype("str")
    texts = values.astype("object")
    return texts.map(lambda value: cells.defuse(value if isinstance(value, (str, int, float)) else str(value)), na_action="ignore")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
