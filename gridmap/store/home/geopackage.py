"""A project in one GeoPackage file, through SQLite alone: GDAL never touches it in this process."""

import datetime
import math
import sqlite3
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from gridmap.errors import StoreError
from gridmap.store.home import migrations
from gridmap.store.home.base import Home, Version
from gridmap.store.home.connection import connect, file_of, kind_of, refusals
from gridmap.store.home.writer import Writer
from gridmap.store.tables import kinds
from gridmap.store.tables.described import EVENTS

R = TypeVar("R")
_BEFORE = (
    "SELECT last.id, last.hash, (SELECT last_change FROM gpkg_contents WHERE table_name = ?) "
    "FROM (SELECT 1) LEFT JOIN (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1) AS last"
)
_STATE = (
    "UPDATE gpkg_contents SET last_change = :at, "
    "min_x = CASE WHEN table_name = :name THEN min(coalesce(min_x, :west), coalesce(:west, min_x)) END, "
    "min_y = CASE WHEN table_name = :name THEN min(coalesce(min_y, :south), coalesce(:south, min_y)) END, "
    "max_x = CASE WHEN table_name = :name THEN max(coalesce(max_x, :east), coalesce(:east, max_x)) END, "
    "max_y = CASE WHEN table_name = :name THEN max(coalesce(max_y, :north), coalesce(:north, max_y)) END "
    "WHERE table_name IN (:name, 'audit')"  # which reaches nowhere
)

READERS = 4  # connections kept open for questions


class GeoPackage(Home):
    """A project file: many may read it, one thread of this process writes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.shown = path.name
        self._readers = _engine(path, writing=False)
        self._writers = _engine(path, writing=True)
        self._writer: Writer | None = None
        self._writing: Connection | None = None
        self._file: tuple[int, int] | None = None
        self._journal: tuple[int, int] | None = None
        self._marks = _Marks(path)
        self._lock = Lock()

    @contextmanager
    def _reader(self) -> Iterator[Connection]:
        self._leave_replaced()
        with self._readers.connect() as connection:
            yield connection

    @contextmanager
    def building(self) -> Iterator[Connection]:
        """Give a connection that makes a new file, which nobody else uses, in one transaction; nothing is migrated or noted."""
        with self.refusals(), self._writers.connect() as connection:
            for pragma in ("journal_mode = DELETE", "foreign_keys = OFF"):
                connection.connection.cursor().execute(f"PRAGMA {pragma}").fetchone()
            with connection.begin():
                yield connection

    def _write(self, work: Callable[[Connection], R]) -> R:
        self._leave_replaced()
        with self._lock:  # nothing is put after the end
            if self._writer is None:
                self._writer = Writer(self._opened, self._forget, self.path.name)
            answer = self._writer.put(work)
        result: R = answer.result()
        return result

    def _opened(self) -> Connection:
        file = file_of(self.path)
        if self._writing is None or file != self._file:
            self._forget()
            connection = self._writers.connect()
            try:
                migrations.migrate(self, connection)
            except BaseException:
                connection.close()
                raise
            self._writing, self._file, self._journal = connection, file, _seen(self._beside("-wal"))
        return self._writing

    def _forget(self) -> None:
        if self._writing is None:
            return
        self._writing.close()
        self._writing = None
        if _seen(self.path) != self._file and _seen(self._beside("-wal")) == self._journal:
            # Another file was put in its place: SQLite would apply the journal of the old one to it.
            self._beside("-wal").unlink(missing_ok=True)
            self._beside("-shm").unlink(missing_ok=True)

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def _leave_replaced(self) -> None:
        """Let go of a file in whose place another one was put, before anyone opens that."""
        if self._writing is None or self._file == file_of(self.path):
            return
        with self._lock:
            if self._writer is not None and self._file != file_of(self.path):
                self._writer.close()
                self._writer = None

    def _kind(self, reason: BaseException | None) -> str:
        return kind_of(reason)

    def version(self) -> Version:
        """Return the mark of the file, in about a tenth of a millisecond."""
        self._leave_replaced()
        return self._marks.version()

    def layout(self) -> Hashable:
        """Return a mark of the tables' columns and of the settings."""
        return self._marks.layout()

    def before(self, connection: Connection, table: str) -> tuple[tuple[int, str], str | None]:
        """Return number and hash of the log's last entry, and when the file states that a table was last changed."""
        number, signed, changed = connection.exec_driver_sql(_BEFORE, (table,)).one()
        return (number or 0, signed or ""), changed

    def state(self, connection: Connection, table: str, at: datetime.datetime, bounds: Sequence[float] | None) -> None:
        """State that a table was changed; the count is kept by GDAL's trigger."""
        west, south, east, north = (None if math.isnan(value) else value for value in bounds or [math.nan] * 4)
        reached = {"west": west, "south": south, "east": east, "north": north}
        connection.exec_driver_sql(_STATE, {"at": kinds.written(at), "name": table, **reached})

    def close(self) -> None:
        """Commit what waits, and leave one file without a journal beside it where nobody else has it open."""
        self._marks.close()
        self._readers.dispose()
        with self._lock:
            if self._writer is None:
                return
            self._writer.close()
            self._writer = None
        with suppress(Exception):  # another process may have it open, and will do so
            connection = connect(self.path, writing=True)
            try:
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            finally:
                connection.close()


def _engine(path: Path, *, writing: bool) -> Engine:
    pool = {"poolclass": NullPool} if writing else {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": -1}
    engine = create_engine("sqlite+pysqlite://", creator=lambda: connect(path, writing=writing), **pool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    @event.listens_for(engine, "connect")
    def opened(_: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = file_of(path)

    @event.listens_for(engine, "checkout")
    def taken(_: object, record: ConnectionPoolEntry, __: object) -> None:
        if record.info["file"] != file_of(path):
            raise DisconnectionError  # it is opened anew

    return engine


def _seen(path: Path) -> tuple[int, int] | None:
    try:
        return file_of(path)
    except StoreError:
        return None


class _Marks:
    """A connection that is kept to ask whether the file changed."""

    _openings = 0
    _counting = Lock()

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._opening = 0
        self._lock = Lock()

    def version(self) -> Version:
        with self._lock:
            connection = self._connection()
            change = connection.execute("PRAGMA data_version").fetchone()[0]
            has_events = connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", [EVENTS]).fetchone()
            row = connection.execute(f'SELECT max(rowid) FROM "{EVENTS}"').fetchone()[0] if has_events else None
        return Version(self._opening, change, row or 0)

    def layout(self) -> Hashable:
        with self._lock, refusals(self._path):
            connection = self._connection()
            number = connection.execute("PRAGMA schema_version").fetchone()[0]
            stated = connection.execute("SELECT last_change FROM gpkg_contents WHERE table_name = 'settings'").fetchone()
        return (self._opening, number, stated)

    def _connection(self) -> sqlite3.Connection:
        if self._kept is not None and self._file != file_of(self._path):
            self._kept.close()
            self._kept = None
        if self._kept is None:
            with _Marks._counting:
                _Marks._openings += 1
                self._opening = _Marks._openings
            self._kept, self._file = connect(self._path), file_of(self._path)
        return self._kept

    def close(self) -> None:
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None
