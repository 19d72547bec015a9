"""The journal that SQLite keeps beside a GeoPackage while it is written to."""

import sqlite3
from pathlib import Path

from gridmap.errors import FileError

ENDINGS = ("-wal", "-shm", "-journal")
PATIENCE_S = 1.0


def settle(path: Path) -> None:
    """Leave no journal beside a file that is about to be replaced: SQLite would apply the old one to the new file.

    Raises
    ------
    FileError
        If another program has the file open, so that rows it acknowledged would be lost.
    """
    beside = [path.with_name(path.name + ending) for ending in ENDINGS]
    if not any(part.exists() for part in beside):
        return
    try:
        if path.exists():
            _close(path)
    except sqlite3.OperationalError as error:
        raise FileError("project_in_use", path=path.name) from error
    except sqlite3.DatabaseError:
        pass  # no database: nothing of it can be lost
    for part in beside:
        part.unlink(missing_ok=True)


def _close(path: Path) -> None:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=PATIENCE_S)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # what a killed process left is finished or undone
        # Only who has the file for himself can end its journal.
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        connection.close()
