"""The log of what was written by whom: append-only, each entry chained by its hash to the one before."""

import datetime
import hashlib
import math
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from gridmap.store import kinds
from gridmap.store.tables import AUDIT

_SIGNED = ("at", "actor", "role", "action", "table_name", "first_row", "row_count", "what", "why", "digest", "previous")


def signed(entry: dict[str, Any]) -> str:
    """Return the hash of an entry: SHA-256 over its fields, that of the entry before among them, as canonical JSON."""
    fields = {name: entry[name] for name in _SIGNED} | {"at": kinds.written(entry["at"])}
    return hashlib.sha256(kinds.canonical(fields).encode()).hexdigest()


def last_hash(connection: Connection) -> str:
    """Return the hash of the last entry, "" where there is none."""
    found = connection.execute(select(AUDIT.c.hash).order_by(AUDIT.c.id.desc()).limit(1)).scalar()
    return found or ""


def digest(rows: Iterable[Iterable[Any]]) -> str:
    """Return SHA-256 over rows of values, equal in both homes: numbers, texts, moments as they are read back, geometry as WKB."""
    found = hashlib.sha256()
    for row in rows:
        found.update(b"\x1e")
        for value in row:
            found.update(b"\x1f")
            found.update(plain(value))
    return found.hexdigest()


def plain(value: object) -> bytes:
    """Return a value as both homes would write it."""
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
    text = str(value)
    return (text.removesuffix("Z").removesuffix(".000") if text.endswith("Z") else text).encode()
