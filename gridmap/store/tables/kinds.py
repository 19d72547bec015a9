"""How the store's own kinds of values are kept in either home; a statement never sees the difference."""

import datetime
import json
import struct
from typing import Any

import shapely
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator, UserDefinedType

from gridmap.store.tables import blobs

_SRID = 0x2000_0000  # of a type number in extended WKB. Source: PostGIS manual, "EWKB".


class _Declared(UserDefinedType[Any]):
    """A column type that is declared by a text and takes what the driver takes."""

    cache_ok = True

    def __init__(self, spec: str) -> None:
        self.spec = spec

    def get_col_spec(self, **_: object) -> str:
        return self.spec


class Geometry(TypeDecorator[bytes]):
    """A two-dimensional geometry; in Python its WKB, little-endian."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: str, srid: int) -> None:
        super().__init__()
        self.kind, self.srid = kind, srid

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: D102, ANN401 - as SQLAlchemy has it
        spec = f"geometry({self.kind}, {self.srid})" if dialect.name == "postgresql" else self.kind.upper()
        return dialect.type_descriptor(_Declared(spec))

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: D102, ANN401
        if value is None:
            return None
        if dialect.name != "postgresql":
            return blobs.blob(value, self.srid)
        (number,) = struct.unpack_from("<I", value, 1)
        return (struct.pack("<BIi", 1, number | _SRID, self.srid) + value[5:]).hex()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bytes | None:  # noqa: D102, ANN401
        if value is None:
            return None
        if dialect.name != "postgresql":
            return blobs.wkb(value)
        extended = bytes.fromhex(value)
        (number,) = struct.unpack_from("<I", extended, 1)
        return struct.pack("<BI", 1, number & ~_SRID) + extended[9:] if number & _SRID else extended


class Instant(TypeDecorator[datetime.datetime]):
    """A moment to the millisecond; in Python with its zone, UTC.

    `raw`: as the driver has it, a text in UTC from a GeoPackage, for whoever decodes whole columns.
    """

    impl = Text
    cache_ok = True

    def __init__(self, *, raw: bool = False) -> None:
        super().__init__()
        self.raw = raw

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: D102, ANN401
        return dialect.type_descriptor(_Declared("timestamp with time zone" if dialect.name == "postgresql" else "DATETIME"))

    def process_bind_param(self, value: datetime.datetime | str | None, dialect: Dialect) -> Any:  # noqa: D102, ANN401
        if value is None or isinstance(value, str):
            return value
        return value if dialect.name == "postgresql" else written(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:  # noqa: D102, ANN401, ARG002
        if value is None or self.raw:
            return value
        found = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
        return found.astimezone(datetime.UTC)


class Day(TypeDecorator[str]):
    """A day; in Python its ISO text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: D102, ANN401
        return dialect.type_descriptor(_Declared("DATE"))

    def process_bind_param(self, value: datetime.date | str | None, dialect: Dialect) -> str | None:  # noqa: D102, ARG002
        return value.isoformat() if isinstance(value, datetime.date) else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: D102, ANN401, ARG002
        return value.isoformat() if isinstance(value, datetime.date) else value


class Document(TypeDecorator[dict[str, Any]]):
    """A mapping, kept as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:  # noqa: D102, ARG002
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:  # noqa: D102, ARG002
        return None if value is None else json.loads(value)


def canonical(value: object) -> str:
    """Return one text for one JSON value, whatever the order of its members."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def written(at: datetime.datetime) -> str:
    """Return a moment as a GeoPackage keeps it: UTC, to the millisecond."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def now() -> datetime.datetime:
    """Return the present moment, to the millisecond, as both homes keep it."""
    at = datetime.datetime.now(datetime.UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def wkb(shape: shapely.Geometry) -> bytes:
    """Return a geometry as the store has it in Python."""
    found: bytes = shapely.to_wkb(shapely.force_2d(shape), byte_order=1)
    return found
