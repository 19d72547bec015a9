"""Fingerprints of rows: SHA-256 by column over what the values are, equal in both homes and whoever reads them.

Texts, geometry and other bytes are hashed with their lengths, numbers as eight bytes, moments as microseconds and days as days since 1970,
gaps apart. How many rows are read at a time makes no difference.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from gridmap.store.tables import kinds
from gridmap.store.tables.content import Columns, shared
from gridmap.store.tables.described import DEFAULT_TZ

WHOLE, REAL, MOMENT, DAY, TEXT = "whole", "real", "moment", "day", "text"
_UNITS = {MOMENT: "datetime64[us]", DAY: "datetime64[D]"}


def kind_of(declared: sa.types.TypeEngine[Any]) -> str:
    """Return how values of a type are counted: as whole numbers, reals, moments, days or bytes."""
    if isinstance(declared, kinds.Instant):
        return MOMENT
    if isinstance(declared, kinds.Day):
        return DAY
    if isinstance(declared, sa.Boolean | sa.Integer):
        return WHOLE
    return REAL if isinstance(declared, sa.Double) else TEXT


class Fingerprint:
    """What rows come to, taken in some at a time."""

    def __init__(self, columns: Sequence[sa.Column[Any]]) -> None:
        self._kinds = {column.name: kind_of(column.type) for column in columns}
        self._gaps = {name: hashlib.sha256() for name in self._kinds}
        self._values = {name: hashlib.sha256() for name in self._kinds}
        self._held: set[str] = set()
        self.rows = 0

    def add(self, columns: Columns) -> None:
        """Take in rows, as columns in the shared form."""
        self.rows += len(columns[0]) if columns else 0
        for (name, kind), values in zip(self._kinds.items(), columns, strict=True):
            self._take(name, *(_bytes(values) if kind == TEXT else _numbers(values, kind)))

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """Take in rows that GDAL read from a GeoPackage, columns by their names."""
        self.rows += batch.num_rows
        for name, kind in self._kinds.items():
            values = batch.column(name)
            self._take(name, *(_buffers(values) if kind == TEXT else _array(values, kind)))

    def _take(self, name: str, gaps: np.ndarray, values: Any) -> None:  # noqa: ANN401 - whatever has a buffer
        if name not in self._held and (gaps >= 0).any():
            self._held.add(name)
        self._gaps[name].update(gaps.tobytes())
        self._values[name].update(values)

    def told(self) -> str:
        """Return the fingerprint: of the columns that hold something, by their names.

        So neither the order of columns nor one that is added later makes another.
        """
        found = hashlib.sha256(str(self.rows).encode())
        for name in sorted(self._held):
            found.update(f"\n{name} {self._gaps[name].hexdigest()} {self._values[name].hexdigest()}".encode())
        return found.hexdigest()


def digest(columns: Sequence[sa.Column[Any]], rows: Sequence[Sequence[Any]], *, without: Collection[str] = (), tz: str = DEFAULT_TZ) -> str:
    """Return the fingerprint of rows as they are written, the columns `without` left out."""
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    taken = [(column, each) for column, each in zip(columns, values, strict=True) if column.name not in without]
    declared = [column for column, _ in taken]
    found = Fingerprint(declared)
    found.add(shared(declared, [each for _, each in taken], tz))
    return found.told()


def _bytes(values: list[Any]) -> tuple[np.ndarray, bytes]:
    parts = [value.encode("utf-8", "surrogatepass") if isinstance(value, str) else _raw(value) for value in values]
    lengths = np.fromiter(map(len, parts), "<i4", len(parts))
    if None in values:
        lengths[[value is None for value in values]] = -1
    return lengths, b"".join(parts)


def _raw(value: Any) -> bytes:  # noqa: ANN401
    if value is None:
        return b""
    return bytes(value) if isinstance(value, bytes | memoryview) else repr(value).encode()


def _numbers(values: list[Any], kind: str) -> tuple[np.ndarray, np.ndarray]:
    gaps = np.fromiter((-(value is None) for value in values), "<i4", len(values))
    void: Any = {REAL: 0.0, WHOLE: 0}.get(kind, "1970-01-01")
    filled = [void if value is None else value for value in values] if None in values else values
    if kind == REAL:
        return gaps, np.array([value if isinstance(value, float) else _odd(value) for value in filled], dtype="<f8")
    if kind == WHOLE:
        return gaps, np.array([value if isinstance(value, int) else _odd(value) for value in filled], dtype="<i8")
    try:
        return gaps, np.array([value.removesuffix("Z") for value in filled], dtype=_UNITS[kind]).astype("<i8")
    except (ValueError, AttributeError):
        return gaps, np.array([_since(value, kind) for value in filled], dtype="<i8")


def _since(value: Any, kind: str) -> int:  # noqa: ANN401
    try:
        return int(np.datetime64(value.removesuffix("Z")).astype(_UNITS[kind]).astype("i8"))
    except (ValueError, AttributeError):
        return _odd(value)


def _odd(value: Any) -> int:  # noqa: ANN401
    """Return a number for a value that its column should not hold; another value, another number."""
    return int.from_bytes(hashlib.sha256(repr(value).encode()).digest()[:6]) + (1 << 50)


def _buffers(values: pa.Array) -> tuple[np.ndarray, Any]:
    large = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    _, offsets, data = values.buffers()
    size = 8 if large else 4
    places = np.frombuffer(offsets, f"<i{size}", len(values) + 1, values.offset * size) if offsets else np.zeros(1, "<i4")
    lengths = np.diff(places).astype("<i4")
    if values.null_count:
        lengths[values.is_null().to_numpy(zero_copy_only=False)] = -1
    return lengths, b"" if data is None else memoryview(data)[int(places[0]) : int(places[-1])]


def _array(values: pa.Array, kind: str) -> tuple[np.ndarray, np.ndarray]:
    gaps = np.where(values.is_null().to_numpy(zero_copy_only=False), -1, 0).astype("<i4")
    if kind == REAL:
        return gaps, values.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False).astype("<f8") + 0.0
    if kind == MOMENT:
        values = values.cast(pa.timestamp("us", values.type.tz))
    if kind == DAY:
        values = values.cast(pa.int32())
    return gaps, values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).astype("<i8")
