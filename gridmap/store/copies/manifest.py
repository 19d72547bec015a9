"""What a backup says of itself: when it was made of what, and the fingerprint of every table in it."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gridmap.errors import StoreError
from gridmap.files import vector
from gridmap.store.tables import content
from gridmap.store.tables.content import Content
from gridmap.store.tables.described import quoted
from gridmap.store.tables.fingerprint import Fingerprint

NAME = "gridmap_backup"
Manifest = dict[str, Any]


def read(path: Path) -> Manifest:
    """Return the manifest of a backup.

    Raises
    ------
    StoreError
        If the file is no backup, or is damaged.
    """
    try:
        connection = _opened(path)
        try:
            known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", [NAME]).fetchone()
            found = json.loads(connection.execute(f"SELECT content FROM {NAME}").fetchone()[0]) if known else None
        finally:
            connection.close()
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise StoreError("backup_damaged", path=path.name, reason=str(error)[:200]) from error
    if found is None:
        raise StoreError("no_backup", path=path.name)
    if not isinstance(found, dict) or not {"made_at", "version", "tables", "rest"} <= set(found):
        raise StoreError("backup_damaged", path=path.name, reason=NAME)
    return found


def write(path: Path, found: Manifest) -> None:
    """Put a manifest into a file that nobody uses."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"DROP TABLE IF EXISTS {NAME}")
        connection.execute(f"CREATE TABLE {NAME} (content TEXT NOT NULL)")
        connection.execute(f"INSERT INTO {NAME} VALUES (?)", [json.dumps(found, ensure_ascii=False)])
    finally:
        connection.close()


def drop(path: Path) -> None:
    """Take the manifest out of a file that nobody uses."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"DROP TABLE {NAME}")
    finally:
        connection.close()


def tables(path: Path, connection: Connection, *, names: list[str] | None = None) -> dict[str, dict[str, Any]]:
    """Return rows and fingerprint of every table, or those named, of a file that nobody writes to."""
    contents = content.tables(connection)
    found = {}
    for name, each in contents.items():
        if names is None or name in names:
            mark = Fingerprint(list(each.table.columns))
            if len(each.key) == 1 and isinstance(each.table.c[each.key[0]].type, sa.Integer):
                vector.each_batch(path, name, mark.add_batch)  # five times as fast
            else:
                for columns in content.read(connection, each):
                    mark.add(columns)
            found[name] = {"rows": mark.rows, "hash": mark.told()}
    return found


def of(connection: Connection, each: Content) -> dict[str, Any]:
    """Return rows and fingerprint of one table, of either home."""
    mark = Fingerprint(list(each.table.columns))
    for columns in content.read(connection, each):
        mark.add(columns)
    return {"rows": mark.rows, "hash": mark.told()}


def rest(path: Path, known: set[str]) -> str:
    """Return a hash of all that a file holds besides its tables in `known`: its schema, its spatial indexes, other programs' tables."""
    connection = _opened(path)
    found = hashlib.sha256()
    try:
        sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name <> ? AND sql IS NOT NULL ORDER BY type, name"
        schema = connection.execute(sql, [NAME]).fetchall()
        found.update(json.dumps(schema).encode())
        virtual = tuple(f"{name}_" for kind, name, _, text in schema if kind == "table" and text.upper().startswith("CREATE VIRTUAL"))
        others = [
            name
            for kind, name, _, text in schema
            if kind == "table" and name not in known and not text.upper().startswith("CREATE VIRTUAL")
        ]
        for name in others:
            for rows in _rows(connection, name, sums=name.startswith(virtual) and name.endswith(("_rowid", "_parent"))):
                found.update(json.dumps([name, rows], default=bytes.hex).encode())
        for pragma in ("application_id", "user_version"):
            found.update(json.dumps(connection.execute(f"PRAGMA {pragma}").fetchone()).encode())
    finally:
        connection.close()
    return found.hexdigest()


def _rows(connection: sqlite3.Connection, name: str, *, sums: bool) -> Iterator[list[Any]]:
    """Yield the rows of a table in the order of its columns; of pairs of numbers in a spatial index, sums that a change changes."""
    columns = [quoted(str(row[1])) for row in connection.execute(f"PRAGMA table_info({quoted(name)})")]
    if sums:
        first, second = columns[:2]
        yield list(connection.execute(f"SELECT count(*), sum({first}), sum({first} * ({second} % 9973)) FROM {quoted(name)}").fetchone())
        return
    order = ", ".join(columns)
    cursor = connection.execute(f"SELECT {order} FROM {quoted(name)} ORDER BY {order}")
    while rows := cursor.fetchmany(content.CHUNK):
        yield rows


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
