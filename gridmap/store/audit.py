"""The log of what was written by whom: append-only, each entry chained by its hash to the one before."""

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from gridmap.store.tables import kinds

# Columns of events that later steps write: what an event was reported as stays, and its digest is of that alone.
MUTABLE = frozenset({"status", "accepted_at", "closed_at", "resolved", "satisfaction"})
_SIGNED = ("id", "at", "follows", "actor", "role", "action", "table_name", "first_row", "row_count", "what", "why", "digest", "previous")


def signed(entry: Mapping[str, Any]) -> str:
    """Return the hash of an entry: SHA-256 over its fields, that of the entry before among them, as canonical JSON."""
    fields = {name: entry[name] for name in _SIGNED} | {"at": kinds.written(entry["at"]), "follows": _moment(entry["follows"])}
    return hashlib.sha256(kinds.canonical(fields).encode()).hexdigest()


def _moment(value: object) -> str | None:
    """Return a moment as both homes have it: one is a text, the other's has a zone of its own."""
    if value is None or isinstance(value, datetime.datetime):
        return None if value is None else kinds.written(value)
    text = str(value)
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        return text
    return kinds.written(at if at.tzinfo else at.replace(tzinfo=datetime.UTC))


def last(connection: Connection) -> tuple[int, str]:
    """Return number and hash of the last entry, 0 and "" where there is none."""
    found = connection.exec_driver_sql("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return (0, "") if found is None else (int(found[0]), found[1] or "")
