"""Frames as rows of a table, and back."""

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs as coordinates
from gridmap import schema
from gridmap.errors import SchemaError
from gridmap.files import reading, vector
from gridmap.store.tables.described import REAL, WHOLE, Table

ROW = "row_id"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class Rows:
    """What goes into a table: names of the columns, the identifier first and the geometry last, and one tuple of values per row.

    Geometry is WKB. The bounds are west, south, east, north in the table's CRS, NaN where nothing has a place.
    """

    names: list[str]
    values: list[tuple[Any, ...]]
    bounds: list[float]


def encode(frame: pd.DataFrame, table: Table) -> Rows:
    """Return a frame as rows of its table.

    Raises
    ------
    SchemaError
        If the frame breaks the contract of its table, has a column that the table has not, or a value that its column cannot hold.
    CRSError
        If it has no CRS, or one whose coordinates cannot be brought to the table's.
    """
    what = table.name
    if what in schema.TABLES:
        schema.require_table(frame, what)
    if not all(isinstance(label, str) for label in frame.index):
        raise SchemaError("identifiers_not_text", what=what, rows=frame.index)
    spatial = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    plain = pd.DataFrame(frame)  # whose columns are had without a look at its geometry each time
    given = [name for name in plain.columns if not spatial or name != frame.active_geometry_name]
    unknown = [name for name in given if name not in table.types]
    if unknown:
        raise SchemaError("unknown_columns", what=what, columns=", ".join(map(str, unknown)), given=", ".join(table.types))
    columns = {str(name): stored(plain[name], str(name), table.types[str(name)], what) for name in given}
    names, parts = [str(frame.index.name), *columns], [frame.index.tolist(), *columns.values()]
    bounds = [math.nan] * 4
    if spatial and table.crs is not None:
        coordinates.require_plausible(frame, what)
        placed = coordinates.transform(frame.geometry, table.crs).to_numpy()
        bounds = shapely.total_bounds(placed).tolist() if len(placed) else bounds
        names, parts = [*names, table.geometry], [*parts, wkb(placed)]
    return Rows(names, list(zip(*parts, strict=True)), bounds)


def wkb(shapes: np.ndarray) -> list[bytes | None]:
    """Return geometries as the store has them in Python, None for a missing or empty one."""
    found = shapely.to_wkb(shapely.force_2d(shapes), byte_order=1)
    gaps = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return [None if gap else shape for gap, shape in zip(gaps.tolist(), found, strict=True)]


def stored(values: pd.Series, name: str, declared: str, what: str) -> list[Any]:
    """Return a column's values as the store keeps them in a column of the declared type."""
    kind, _, size = declared.partition("(")
    if kind in {"DATETIME", "TIMESTAMP"}:
        return _instants(values, name, what)
    converters: dict[str, Callable[[Any], Any]] = {"BOOLEAN": _truth, "DATE": _day, "TEXT": _text(int(size.rstrip(")")) if size else None)}
    converters |= dict.fromkeys(WHOLE, _whole) | dict.fromkeys(REAL, _number)
    convert = converters.get(kind, _refused)
    objects = values.to_numpy(dtype=object)
    gaps = pd.isna(objects).tolist()
    found = [None if gap else convert(value) for value, gap in zip(objects, gaps, strict=True)]
    lost = [label for label, value, gap in zip(values.index, found, gaps, strict=True) if value is None and not gap]
    if lost:
        raise SchemaError("does_not_fit", what=what, column=name, type=declared, rows=lost)
    return found


def _instants(values: pd.Series, name: str, what: str) -> list[str | None]:
    """Return times in UTC, to the millisecond, as GDAL writes them."""
    if values.isna().all():
        return [None] * len(values)
    if not isinstance(values.dtype, pd.DatetimeTZDtype):
        raise SchemaError("times_without_zone", what=what, column=name, given=str(values.dtype))
    instants = values.to_numpy(dtype="datetime64[us]")
    rounded = ((instants.astype("int64") + 500) // 1000).astype("datetime64[ms]")
    texts = np.datetime_as_string(rounded, unit="ms").tolist()
    gaps = np.isnat(instants).tolist()
    return [None if gap else f"{text.removesuffix('.000')}Z" for text, gap in zip(texts, gaps, strict=True)]


def _text(limit: int | None) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and (limit is None or len(value) <= limit) else None


def _truth(value: object) -> int | None:
    return int(value) if isinstance(value, bool | np.bool_) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(value) if number is not None and number.is_integer() and abs(number) < 1 << 63 else None  # type: ignore[call-overload]


def _number(value: object) -> float | None:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return None
    return float(value) if np.isfinite(float(value)) else None


def _day(value: object) -> str | None:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else None


def _refused(_: object) -> None:
    return None


def decode(rows: Sequence[Sequence[Any]], table: Table, *, numbered: bool = True) -> pd.DataFrame:
    """Return rows in the order of `table.sql` as a frame by the table's contract, with their keys as `row_id` if numbered."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(table.sql.columns)
    named = {ROW: np.array(columns[0], dtype="int64")} if numbered else {}
    named |= {
        name: column_of(list(column), kind)
        for (name, kind), column in zip(table.types.items(), columns[1 : len(table.types) + 1], strict=True)
        if not (numbered and name == ROW)
    }
    if not table.geometry:
        return typed(vector.plain_types(pd.DataFrame(named)), table)
    shapes = np.asarray(shapely.from_wkb(np.array(columns[-1], dtype=object)), dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    return typed(vector.plain_types(gpd.GeoDataFrame(named, geometry=shapes, crs=table.crs)), table)


def typed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return rows as read from a home with the index and the types of the contract, times in the project's zone."""
    return reading.as_table(frame, table.name, tz=table.tz)


def column_of(values: list[Any], declared: str) -> pd.Series:
    """Return values as the drivers give them of a column of the declared type, as a column of a frame."""
    kind = declared.partition("(")[0]
    if kind in {"DATETIME", "TIMESTAMP"}:
        if any(isinstance(value, datetime.datetime) for value in values):  # a database has the moments themselves
            return pd.to_datetime(pd.Series(values, dtype="object"), utc=True).astype("datetime64[us, UTC]")
        texts = pd.Series(values, dtype="str")
        # Without a zone a time is the project's own, as GDAL takes it.
        zoned = texts.str.contains(_ZONE, na=True).any()
        times = pd.to_datetime(texts, utc=True, errors="coerce", format="ISO8601").astype("datetime64[us, UTC]")
        return times if zoned else times.dt.tz_localize(None)
    if kind in WHOLE:
        return pd.Series(values, dtype="Int64")
    if kind in REAL:
        return pd.Series(values, dtype="float64")
    if kind == "BOOLEAN":
        return pd.Series([None if value is None else bool(value) for value in values], dtype="boolean")
    if kind == "TEXT" or all(value is None or isinstance(value, str) for value in values):
        return pd.Series([None if value is None else str(value) for value in values], dtype="str")
    return pd.Series(values, dtype="object")
