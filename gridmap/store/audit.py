"""The log of what was written by whom: the table `audit` of the project file, to which rows are only ever added."""

import sqlite3

from gridmap.errors import StoreError
from gridmap.store.actor import Actor

TABLE = "audit"
_COLUMNS = ("at", "actor", "role", "action", "table_name", "first_row", "row_count")


def prepare(connection: sqlite3.Connection) -> None:
    """Make the table where there is none.

    Raises
    ------
    StoreError
        If there is a table of that name that is another's.
    """
    present = {row[1] for row in connection.execute(f"PRAGMA table_info({TABLE})")}
    if present:
        if not set(_COLUMNS) <= present:
            raise StoreError("audit_taken", given=", ".join(sorted(present)))
        return
    connection.execute(
        f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at DATETIME NOT NULL, actor TEXT NOT NULL, "
        "role TEXT NOT NULL, action TEXT NOT NULL, table_name TEXT NOT NULL, first_row INTEGER NOT NULL, row_count INTEGER NOT NULL)"
    )
    connection.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)", [TABLE, TABLE])


def note(connection: sqlite3.Connection, actor: Actor, table: str, first: int, count: int) -> None:
    """Log rows appended, in the transaction that appends them."""
    connection.execute(
        f"INSERT INTO {TABLE} ({', '.join(_COLUMNS)}) VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?, ?, 'append', ?, ?, ?)",  # noqa: S608
        [actor.name, actor.role, table, first, count],
    )
    connection.execute("UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE table_name = ?", [TABLE])
