"""The log of what was written by whom: append-only, each entry chained by its hash to the one before."""

import datetime
import hashlib
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from gridmap.store import kinds

# Columns of events that later steps write: what an event was reported as stays, and its digest is of that alone.
MUTABLE = frozenset({"status", "accepted_at", "closed_at", "resolved", "satisfaction"})
_SIGNED = ("at", "actor", "role", "action", "table_name", "first_row", "row_count", "what", "why", "digest", "previous")


def signed(entry: dict[str, Any]) -> str:
    """Return the hash of an entry: SHA-256 over its fields, that of the entry before among them, as canonical JSON."""
    fields = {name: entry[name] for name in _SIGNED} | {"at": kinds.written(entry["at"])}
    return hashlib.sha256(kinds.canonical(fields).encode()).hexdigest()


def last_hash(connection: Connection) -> str:
    """Return the hash of the last entry, "" where there is none."""
    found = connection.exec_driver_sql("SELECT hash FROM audit ORDER BY id DESC LIMIT 1").scalar()
    return found or ""


def digest(names: Sequence[str], rows: Iterable[Sequence[Any]], *, without: Collection[str] = ()) -> str:
    """Return SHA-256 over rows, equal in both homes: numbers, texts, moments as they are read back, geometry as WKB.

    Parameters
    ----------
    names
        Of the columns, in the order of the values. Columns count by name, and a missing value like a missing column, so that neither
        their order nor a column added later makes a difference.
    without
        Columns that are left out: `MUTABLE` of events.
    """
    taken = sorted((name, place) for place, name in enumerate(names) if name not in without)
    marked = [(f"\x1f{name}\x1d".encode(), place) for name, place in taken]
    found = hashlib.sha256()
    for row in rows:
        found.update(b"".join([b"\x1e", *(mark + plain(row[place]) for mark, place in marked if row[place] is not None)]))
    return found.hexdigest()


def plain(value: object) -> bytes:
    """Return a value as both homes would write it."""
    if isinstance(value, str):
        return (value.removesuffix("Z").removesuffix(".000") if value.endswith("Z") else value).encode()
    if value is None:
        return b"\x00"
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    if isinstance(value, bool):
        return b"1" if value else b"0"
    if isinstance(value, int):
        return str(value).encode()
    if isinstance(value, float):
        return (str(int(value)) if value.is_integer() and math.isfinite(value) else repr(value)).encode()
    if isinstance(value, datetime.datetime):
        return kinds.written(value).removesuffix(".000Z").removesuffix("Z").encode()
    return str(value).encode()
