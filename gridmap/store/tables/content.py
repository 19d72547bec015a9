"""What tables hold, read from either home in one form, for copies from home to home and for fingerprints."""

import datetime
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
import sqlalchemy as sa
from sqlalchemy import Connection, inspect

from gridmap.store.tables import blobs, bulk, kinds
from gridmap.store.tables.described import DEFAULT_TZ, Table, describe, names, quoted, settings
from gridmap.store.tables.own import META

CHUNK = 20_000  # rows held at a time
FOREIGN = frozenset({"spatial_ref_sys"})  # of PostGIS itself
_MOMENT = len("2026-01-01T00:00:00Z")

Columns = list[list[Any]]


@dataclass(frozen=True)
class Content:
    """A table as it is read whole: as statements name it, the zone of times that state none, its description where frames are put in."""

    table: sa.Table
    tz: str = DEFAULT_TZ
    described: Table | None = None

    @property
    def key(self) -> list[str]:
        """The columns by which its rows are put in order."""
        return [column.name for column in self.table.primary_key.columns]


def tables(connection: Connection) -> dict[str, Content]:
    """Return every table that both homes can hold, in an order in which they can be filled: the store's own, then those of the project."""
    tz = settings(connection).get("timezone", DEFAULT_TZ)
    present = set(inspect(connection).get_table_names())
    found = {table.name: Content(table, tz) for table in META.sorted_tables if table.name in present}
    for name in names(connection):
        described = None if name in found or name in FOREIGN else describe(connection, name)
        if described is not None:
            found[name] = Content(described.sql, tz, described)
    return found


def left_out(connection: Connection) -> list[str]:
    """Return the names of tables of the project that cannot be told row from row: they have no key of one column of whole numbers."""
    return sorted(set(names(connection)) - set(tables(connection)) - FOREIGN)


def read(connection: Connection, content: Content, where: str = "", values: Mapping[str, Any] | None = None) -> Iterator[Columns]:
    """Yield the rows of a table in the order of its keys, some at a time, each column as a list in the form that both homes share."""
    table, dialect = content.table, connection.dialect.name
    picked = ", ".join(_expression(column, dialect) for column in table.columns)
    order = ", ".join(_ordered(table.c[name], dialect) for name in content.key)
    asked = sa.text(f"SELECT {picked} FROM {quoted(table.name)} {where} ORDER BY {order}")
    result = connection.execute(asked, dict(values or {}), execution_options={"stream_results": True, "max_row_buffer": CHUNK})
    while rows := result.fetchmany(CHUNK):
        columns = [list(column) for column in zip(*rows, strict=True)]
        if dialect == "sqlite":
            columns = [
                [_wkb(value) for value in column] if isinstance(declared.type, kinds.Geometry) else column
                for declared, column in zip(table.columns, columns, strict=True)
            ]
        yield shared(table.columns, columns, content.tz)


def write(connection: Connection, table: sa.Table, columns: Columns) -> None:
    """Put rows, as columns in the shared form, into a table."""
    bound = [_driven(column, values, connection.dialect) for column, values in zip(table.columns, columns, strict=True)]
    bulk.put(connection, table.name, [column.name for column in table.columns], zip(*bound, strict=True))


def _driven(column: sa.Column[Any], values: list[Any], dialect: sa.Dialect) -> list[Any]:
    """Return shared values as the driver takes them."""
    if isinstance(column.type, sa.Boolean) and dialect.name == "postgresql":
        return [None if value is None else bool(value) for value in values]
    bind = column.type.bind_processor(dialect) if isinstance(column.type, kinds.Geometry) else None
    return values if bind is None else [bind(value) for value in values]


def _expression(column: sa.Column[Any], dialect: str) -> str:
    name = quoted(column.name)
    if dialect != "postgresql":
        return name
    if isinstance(column.type, kinds.Geometry):
        return f"ST_AsBinary({name}, 'NDR')"
    if isinstance(column.type, kinds.Instant):
        return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS.US\"Z\"')"
    return f"{name}\\:\\:text" if isinstance(column.type, sa.Text | kinds.Day | kinds.Document) else name


def _ordered(column: sa.Column[Any], dialect: str) -> str:
    """Return what orders by a column as its bytes do, in both homes."""
    return f'{quoted(column.name)} COLLATE "C"' if dialect == "postgresql" and isinstance(column.type, sa.Text) else quoted(column.name)


def _wkb(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, bytes) or value[:2] != blobs.MAGIC:
        return value  # nothing, or no geometry: it is what it is
    if value[3] == 1 and value[blobs.HEADER_BYTES]:  # a point, as GDAL and we write it
        return value[blobs.HEADER_BYTES :]
    found = blobs.wkb(value)
    return found if found[0] else bytes(shapely.to_wkb(shapely.from_wkb(found), byte_order=1))


def shared(columns: Iterable[sa.Column[Any]], values: Sequence[Sequence[Any]], tz: str = DEFAULT_TZ) -> Columns:
    """Return columns of values in the form that both homes share.

    Numbers of a column of reals are floats, truth values 0 and 1, days and moments ISO texts (moments in UTC, with as many digits as they
    need), documents canonical JSON, geometry WKB.
    """
    return [_form(column.type, tz)(found) for column, found in zip(columns, values, strict=True)]


def _form(kind: sa.types.TypeEngine[Any], tz: str) -> Callable[[Sequence[Any]], list[Any]]:
    if isinstance(kind, kinds.Instant):
        return lambda values: [value if _settled(value) else _moment(value, tz) for value in values]
    if isinstance(kind, sa.Double):
        return lambda values: [value + 0.0 if isinstance(value, int | float) else value for value in values]  # one zero of two
    if isinstance(kind, sa.Boolean):
        return lambda values: [int(value) if isinstance(value, bool) else value for value in values]
    if isinstance(kind, kinds.Day):
        return lambda values: [value.isoformat() if isinstance(value, datetime.date) else value for value in values]
    if isinstance(kind, kinds.Document):
        return lambda values: [kinds.canonical(value) if isinstance(value, dict) else value for value in values]
    return list


def _settled(value: Any) -> bool:  # noqa: ANN401
    return value is None or (isinstance(value, str) and len(value) == _MOMENT and value[-1] == "Z")


def _moment(value: Any, tz: str) -> Any:  # noqa: ANN401
    try:
        at = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value  # another program's; it is what it is
    at = at.replace(tzinfo=zoneinfo.ZoneInfo(tz)) if at.tzinfo is None else at
    said = at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").removesuffix("000").removesuffix(".000")
    return f"{said}Z"
