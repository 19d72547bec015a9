"""Events as rows of the table, and back."""

import datetime
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
from gridmap.store import blobs
from gridmap.store.table import REAL, WHOLE, Table

ROW = "row_id"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class Rows:
    """What goes into the table: names of the columns, `event_id` first and the geometry last, and one tuple of values per event.

    The bounds are west, south, east, north in the table's CRS, NaN where no event has a place.
    """

    names: list[str]
    values: list[tuple[Any, ...]]
    bounds: list[float]


def encode(events: gpd.GeoDataFrame, table: Table) -> Rows:
    """Return events as rows of the table.

    Raises
    ------
    SchemaError
        If the events break the contract of their table, have a column that the table has not, or a value that its column cannot hold.
    CRSError
        If they have no CRS, or one whose coordinates cannot be brought to the table's.
    """
    schema.require_table(events, "events")
    if not all(isinstance(label, str) for label in events.index):
        raise SchemaError("identifiers_not_text", what="events", rows=events.index)
    named = pd.DataFrame(events.drop(columns=events.geometry.name))
    unknown = [name for name in named.columns if name not in table.types]
    if unknown:
        raise SchemaError("unknown_columns", what="events", columns=", ".join(map(str, unknown)), given=", ".join(table.types))
    coordinates.require_plausible(events, "events")
    placed = coordinates.transform(events.geometry, table.crs).to_numpy()
    shapes = blobs.points(shapely.get_x(placed), shapely.get_y(placed), table.srs_id)
    columns = {str(name): _stored(named[name], str(name), table.types[str(name)]) for name in named.columns}
    values = zip(events.index.tolist(), *columns.values(), shapes, strict=True)
    return Rows(
        ["event_id", *columns, table.geometry], list(values), shapely.total_bounds(placed).tolist() if len(placed) else [float("nan")] * 4
    )


def _stored(values: pd.Series, name: str, declared: str) -> list[Any]:
    """Return a column's values as SQLite keeps them in a column of the declared type."""
    kind, _, size = declared.partition("(")
    if kind in {"DATETIME", "TIMESTAMP"}:
        return _instants(values, name)
    converters: dict[str, Callable[[Any], Any]] = {"BOOLEAN": _truth, "DATE": _day, "TEXT": _text(int(size.rstrip(")")) if size else None)}
    converters |= dict.fromkeys(WHOLE, _whole) | dict.fromkeys(REAL, _number)
    convert = converters.get(kind, _refused)
    gaps = values.isna().to_numpy()
    stored = [None if gap else convert(value) for value, gap in zip(values.to_numpy(dtype=object), gaps, strict=True)]
    lost = np.array([value is None for value in stored], dtype=bool) & ~gaps
    if lost.any():
        raise SchemaError("does_not_fit", what="events", column=name, type=declared, rows=values.index[lost])
    return stored


def _instants(values: pd.Series, name: str) -> list[str | None]:
    """Return times in UTC, to the millisecond, as GDAL writes them."""
    if values.isna().all():
        return [None] * len(values)
    if not isinstance(values.dtype, pd.DatetimeTZDtype):
        raise SchemaError("times_without_zone", what="events", column=name, given=str(values.dtype))
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


def decode(rows: Sequence[tuple[Any, ...]], table: Table) -> gpd.GeoDataFrame:
    """Return rows of key, geometry and every column, in the table's order, as events with the column `row_id`."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(table.types) + 2)
    keys, shapes, values = columns[0], columns[1], columns[2:]
    named = {name: _column(list(column), kind) for (name, kind), column in zip(table.types.items(), values, strict=True) if name != ROW}
    frame = gpd.GeoDataFrame({ROW: np.array(keys, dtype="int64"), **named}, geometry=blobs.shapes(list(shapes)), crs=table.crs)
    return typed(vector.plain_types(frame), table)


def typed(frame: gpd.GeoDataFrame, table: Table) -> gpd.GeoDataFrame:
    """Return rows as read from the file with the index and the types of the contract, times in the project's zone."""
    found = reading.as_table(frame, "events", tz=table.tz)
    assert isinstance(found, gpd.GeoDataFrame)
    return found


def _column(values: list[Any], declared: str) -> pd.Series:
    kind = declared.partition("(")[0]
    if kind in {"DATETIME", "TIMESTAMP"}:
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
