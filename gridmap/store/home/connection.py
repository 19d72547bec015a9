"""Connections to a project file, and what of SQLite's refusals a person is told.

Nothing here or above opens the file in any other way: whoever closes a second handle of it, GDAL or `open`, lets go of the locks that
SQLite holds for the whole process, and rows already acknowledged can be lost.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.errors import StoreError
from gridmap.store.tables import blobs

BUSY_S = 10.0  # how long a write of another process is waited for
# What the names of refusals begin with.
_KINDS = {"SQLITE_BUSY": "store_busy", "SQLITE_LOCKED": "store_busy", "SQLITE_READONLY": "store_read_only"}


def connect(path: Path, *, writing: bool = False) -> sqlite3.Connection:
    """Open a project file that exists, for reading unless `writing`; safe to hand to another thread, one at a time.

    Raises
    ------
    StoreError
        If the file is missing, empty or no database.
    """
    if not path.is_file():
        raise StoreError("no_project_file", path=path)
    with refusals(path):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            blobs.register(connection)
            if writing:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                # Power may fail at any moment: what was acknowledged is on the disk.
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA trusted_schema = ON")  # triggers call our functions
                connection.execute("PRAGMA foreign_keys = ON")
            else:
                connection.execute("PRAGMA query_only = ON")
            if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                raise StoreError("no_project", path=path.name)  # an empty file is a database to SQLite
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turn what SQLite refuses into one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(kind_of(error), path=path.name, reason=str(error)[:200]) from error


def kind_of(error: BaseException | None) -> str:
    """Return the key of the text that says what SQLite refused."""
    name = getattr(error, "sqlite_errorname", "")
    return next((key for begin, key in _KINDS.items() if name.startswith(begin)), "store_refused")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection for one question, closed at the end."""
    connection = connect(path)
    try:
        with refusals(path):
            yield connection
    finally:
        connection.close()


def file_of(path: Path) -> tuple[int, int]:
    """Return what tells a file from another one that was put in its place.

    Raises
    ------
    StoreError
        If there is none.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise StoreError("no_project_file", path=path) from error
    return (status.st_dev, status.st_ino)
