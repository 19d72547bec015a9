"""The log of what was written by whom: append-only, each entry chained by its hash to the one before."""

import hashlib
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
