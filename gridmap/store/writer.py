"""The one thread of this process that writes into a project file: what waits shares one transaction and one wait for the disk."""

import atexit
import math
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import StoreError
from gridmap.store import audit, version
from gridmap.store.actor import Actor
from gridmap.store.connection import connect, file_of, refusals
from gridmap.store.rows import Rows
from gridmap.store.table import EVENTS, Table, quoted

MOST_BATCHES = 256  # in one transaction
ASKED = 500  # identifiers in one question
INDEX = "gridmap_events_event_id"


@dataclass(frozen=True)
class Batch:
    """Rows that go in together or not at all."""

    table: Table
    rows: Rows
    actor: Actor


class Writer:
    """A queue of batches and the thread that commits them in groups."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.Queue[tuple[Batch, Future[range]] | None] = queue.Queue()
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> "Future[range]":
        """Let a batch wait for its turn; the answer is its row ids once they are committed, or what it was refused for."""
        answer: Future[range] = Future()
        self._waiting.put((batch, answer))
        return answer

    def close(self) -> None:
        """Commit what waits, leave one file without a journal beside it where nobody else has it open, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, ending = [first], False
            while len(group) < MOST_BATCHES and not ending:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ending = True
                else:
                    group.append(following)
            self._commit(group)
            if ending:
                break
        self._leave()

    def _commit(self, group: list[tuple[Batch, "Future[range]"]]) -> None:
        done: list[tuple[Future[range], range]] = []
        refused: list[tuple[Future[range], BaseException]] = []
        try:
            connection = self._opened()
            with refusals(self._path):
                _begin(connection)
                for batch, answer in group:
                    try:
                        done.append((answer, _append(connection, batch)))
                    except StoreError as error:
                        refused.append((answer, error))
                    except sqlite3.IntegrityError as error:  # a rule of the file's own
                        refused.append((answer, StoreError("store_refused", path=self._path.name, reason=str(error)[:200])))
                connection.execute("COMMIT")
        except BaseException as error:  # whoever waits is told
            self._forget()
            for _, answer in group:
                answer.set_exception(error)
            return
        for answer, ids in done:
            answer.set_result(ids)
        for answer, reason in refused:
            answer.set_exception(reason)
        if done:
            _tell(self._path)

    def _opened(self) -> sqlite3.Connection:
        file = file_of(self._path)
        if self._connection is None or file != self._file:
            self._forget()
            self._connection = connect(self._path, writing=True)
            self._file = file
            with refusals(self._path):
                _prepare(self._connection)
        return self._connection

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()  # what is not committed is undone
            self._connection = None

    def _leave(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):  # another process may have it open, and will do so
                self._connection.execute("PRAGMA busy_timeout = 0")
                self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        self._forget()


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")


def _prepare(connection: sqlite3.Connection) -> None:
    """Make sure that an identifier is found without reading the whole table."""
    _begin(connection)
    connection.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON {quoted(EVENTS)} (event_id)")
    audit.prepare(connection)
    connection.execute("COMMIT")


def _append(connection: sqlite3.Connection, batch: Batch) -> range:
    """Write one batch inside the open transaction; a batch that is refused leaves nothing behind."""
    names, values = batch.rows.names, batch.rows.values
    identifiers = [row[0] for row in values]
    present = _present(connection, identifiers)
    if present:
        raise StoreError("events_present", what=EVENTS, rows=[label for label in identifiers if label in present])
    connection.execute("SAVEPOINT batch")
    try:
        first = _next_row(connection, batch.table)
        columns = ", ".join(map(quoted, [batch.table.key, *names]))
        marks = ", ".join("?" * (len(names) + 1))
        numbered = ((first + number, *row) for number, row in enumerate(values))
        connection.executemany(f"INSERT INTO {quoted(EVENTS)} ({columns}) VALUES ({marks})", numbered)  # noqa: S608
        at = audit.note(connection, batch.actor, EVENTS, first, len(values))
        _note_contents(connection, batch.rows.bounds, at)
    except BaseException:
        connection.execute("ROLLBACK TO batch")
        connection.execute("RELEASE batch")
        raise
    connection.execute("RELEASE batch")
    return range(first, first + len(values))


def _present(connection: sqlite3.Connection, identifiers: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(identifiers), ASKED):
        asked = identifiers[start : start + ASKED]
        marks = ", ".join("?" * len(asked))
        rows = connection.execute(f"SELECT event_id FROM {quoted(EVENTS)} WHERE event_id IN ({marks})", asked)  # noqa: S608
        found |= {str(row[0]) for row in rows}
    return found


def _next_row(connection: sqlite3.Connection, table: Table) -> int:
    """Return an id above every one that is or ever was, so that whoever reads on from an id misses none."""
    most = connection.execute(f"SELECT max({quoted(table.key)}) FROM {quoted(EVENTS)}").fetchone()[0] or 0  # noqa: S608
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone():
        given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [EVENTS]).fetchone()
        most = max(most, given[0] or 0) if given else most
    return int(most) + 1


def _note_contents(connection: sqlite3.Connection, bounds: Iterable[float], at: str) -> None:
    """Keep the extent and the time of the last change that a GeoPackage states of its tables; the count is kept by GDAL's trigger."""
    west, south, east, north = (None if math.isnan(value) else value for value in bounds)
    connection.execute(
        "UPDATE gpkg_contents SET last_change = ?6, "
        "min_x = min(coalesce(min_x, ?1), coalesce(?1, min_x)), min_y = min(coalesce(min_y, ?2), coalesce(?2, min_y)), "
        "max_x = max(coalesce(max_x, ?3), coalesce(?3, max_x)), max_y = max(coalesce(max_y, ?4), coalesce(?4, max_y)) "
        "WHERE table_name = ?5",
        [west, south, east, north, EVENTS, at],
    )


_writers: dict[Path, Writer] = {}
_watchers: dict[Path, list[Callable[[], None]]] = {}
_lock, _watching = threading.Lock(), threading.Lock()


def append(project: Path, batch: Batch) -> range:
    """Write a batch by the one writer of its file, and return its row ids once they are committed.

    Raises
    ------
    StoreError
        If it is refused, or the file cannot be written.
    """
    path = Path(project).resolve()
    with _lock:  # nothing is put after the end
        if path not in _writers:
            _writers[path] = Writer(path)
        answer = _writers[path].put(batch)
    return answer.result()


def watch(project: Path, call: Callable[[], None]) -> Callable[[], None]:
    """Call `call` after every append of this process, from the writer's thread; return what ends that."""
    path = Path(project).resolve()
    with _watching:
        _watchers.setdefault(path, []).append(call)

    def end() -> None:
        with _watching:
            if call in _watchers.get(path, []):
                _watchers[path].remove(call)

    return end


def _tell(path: Path) -> None:
    with _watching:
        calls = list(_watchers.get(path, []))
    for call in calls:
        with suppress(Exception):  # the thread has others to serve
            call()


def close() -> None:
    """Commit what waits and let go of every project file; the next append or question opens it again."""
    version.forget_all()
    with _lock:
        while _writers:
            _writers.popitem()[1].close()


atexit.register(close)
