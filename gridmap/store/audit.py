"""The log of what was written by whom: the table `audit` of the project file, to which rows are only ever added."""

import datetime
import sqlite3

from gridmap.errors import StoreError
from gridmap.store.actor import Actor

TABLE = "audit"
_COLUMNS = ("at", "follows", "actor", "role", "action", "table_name", "first_row", "row_count")


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
        f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at DATETIME NOT NULL, follows DATETIME, "
        "actor TEXT NOT NULL, role TEXT NOT NULL, action TEXT NOT NULL, "
        "table_name TEXT NOT NULL, first_row INTEGER NOT NULL, row_count INTEGER NOT NULL)"
    )
    connection.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)", [TABLE, TABLE])


def note(connection: sqlite3.Connection, actor: Actor, table: str, first: int, count: int) -> str:
    """Log rows appended, in the transaction that appends them; return the time, which is to be that of the table's last change.

    Each entry names the last change it follows, so that `appended_only` can tell appends from what other programs did to the table.
    """
    at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    follows = connection.execute("SELECT last_change FROM gpkg_contents WHERE table_name = ?", [table]).fetchone()
    entry = [at, follows and follows[0], actor.name, actor.role, "append", table, first, count]
    marks = ", ".join("?" * len(entry))
    connection.execute(f"INSERT INTO {TABLE} ({', '.join(_COLUMNS)}) VALUES ({marks})", entry)  # noqa: S608
    connection.execute("UPDATE gpkg_contents SET last_change = ? WHERE table_name = ?", [at, TABLE])
    return at


def appended_only(connection: sqlite3.Connection, table: str, row: int, change: str) -> bool:
    """Tell whether a table was only appended to since its last row was `row` and its last change `change`, by all that its file states."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", [TABLE]).fetchone():
        return False
    entries = connection.execute(
        f"SELECT follows, at FROM {TABLE} WHERE table_name = ? AND first_row > ? ORDER BY id",  # noqa: S608
        [table, row],
    ).fetchall()
    last = connection.execute("SELECT last_change FROM gpkg_contents WHERE table_name = ?", [table]).fetchone()
    for follows, at in entries:
        if follows != change:
            return False
        change = at
    return bool(entries) and last is not None and last[0] == change
