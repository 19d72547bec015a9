"""A cheap mark that changes with the content of a project file, whoever changes it."""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gridmap.store.connection import connect, file_of, refusals
from gridmap.store.table import EVENTS


class Version(NamedTuple):
    """What a cache keys on; comparable within this process alone.

    `opening` changes when another file is put in the place of the old one, `change` with every write; `row` is the last row id of events.
    """

    opening: int
    change: int
    row: int


@dataclass
class _Kept:
    connection: sqlite3.Connection
    file: tuple[int, int]
    opening: int


_kept: dict[Path, _Kept] = {}
_openings = 0
_lock = threading.Lock()


def version(project: Path) -> Version:
    """Return the mark of a project file, in about a tenth of a millisecond.

    Raises
    ------
    StoreError
        If the file is missing or no database.
    """
    path = Path(project).resolve()
    with _lock:
        kept = _connection(path)
        with refusals(path):
            change = kept.connection.execute("PRAGMA data_version").fetchone()[0]
            has_events = kept.connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", [EVENTS]).fetchone()
            row = kept.connection.execute(f'SELECT max(rowid) FROM "{EVENTS}"').fetchone()[0] if has_events else None  # noqa: S608
    return Version(kept.opening, change, row or 0)


def _connection(path: Path) -> _Kept:
    global _openings
    kept = _kept.get(path)
    if kept is not None and kept.file != file_of(path):
        _kept.pop(path).connection.close()
        kept = None
    if kept is None:
        _openings += 1
        kept = _kept[path] = _Kept(connect(path), file_of(path), _openings)
    return kept


def forget_all() -> None:
    """Close what is kept; the next question opens it again."""
    with _lock:
        while _kept:
            _kept.popitem()[1].connection.close()
