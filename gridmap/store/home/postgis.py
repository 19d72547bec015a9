"""A project in a PostgreSQL database with PostGIS."""

import datetime
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

import psycopg
from sqlalchemy import URL, Connection, create_engine, event, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from gridmap.errors import StoreError
from gridmap.store import audit
from gridmap.store.actor import Actor
from gridmap.store.address import shown
from gridmap.store.home import migrations
from gridmap.store.home.base import Home, Transaction, Version
from gridmap.store.tables import kinds
from gridmap.store.tables.content import FOREIGN
from gridmap.store.tables.described import EVENTS, key_of
from gridmap.store.tables.own import AUDIT

R = TypeVar("R")

CHANNEL = "gridmap"
LOCK = 0x67726964  # writes take turns, as in a file: what is noted has one order
LISTEN_S = 1.0
_TURN, _TELL = f"SELECT pg_advisory_xact_lock({LOCK})", f"NOTIFY {CHANNEL}"
# Keys of the texts for what is refused; the first that fits.
_KINDS: dict[str, tuple[type[psycopg.Error], ...]] = {
    "store_busy": (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.TransactionRollback),
    "store_read_only": (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction),
    "store_unreachable": (psycopg.OperationalError,),
}
# Written anew with every change of a table's columns; the time zone of a project is changed by a logged write.
_LAYOUT = (
    "SELECT oid, xmin::text, (SELECT max(xmin::text::bigint) FROM pg_attribute WHERE attrelid = pg_class.oid), "
    "(SELECT max(id) FROM audit WHERE table_name = 'settings') FROM pg_class WHERE oid = to_regclass('events')"
)
_OF_POSTGIS = ("spatial_ref_sys", "geometry_columns", '"geometry"')


def _settle(connection: psycopg.Connection, _: object) -> None:
    """Let questions over a hundred thousand counts be summed in memory, and none wait for a compiler."""
    connection.execute("SET work_mem = '32MB'; SET jit = off")
    connection.commit()


class PostGIS(Home):
    """A project in the first schema of the connection's search path."""

    def __init__(self, url: URL) -> None:
        super().__init__()
        self.url = url
        self.shown = shown(url)
        self._engine = create_engine(url, pool_pre_ping=True, pool_size=6)
        event.listen(self._engine, "connect", _settle)
        self._migrated = False
        self._key: str | None = None
        self._ending = threading.Event()
        self._listener: threading.Thread | None = None

    @contextmanager
    def _reader(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            held = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with held.begin():
                yield held

    def _write(self, work: Callable[[Connection], R]) -> R:
        with self._engine.connect() as connection:
            if not self._migrated:
                migrations.migrate(self, connection)
                self._migrated = True
            with connection.begin():
                connection.exec_driver_sql(_TURN)
                result = work(connection)
                connection.exec_driver_sql(_TELL)
        return result

    def found(self, work: Callable[[Transaction], None], *, actor: Actor) -> None:
        """Do a work in one transaction that makes the tables of a project in a database that has none.

        Raises
        ------
        StoreError
            If it has tables already.
        """
        with self.refusals(), self._engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(_TURN)
            if set(inspect(connection).get_table_names()) - FOREIGN:
                raise StoreError("store_exists", path=self.shown)
            work(Transaction(self, connection, actor, kinds.now()))
            connection.exec_driver_sql(_TELL)
        self._migrated = True
        self.tell()

    def _kind(self, reason: BaseException | None) -> str:
        unknown = isinstance(reason, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedObject)
        if unknown and any(name in str(reason) for name in _OF_POSTGIS):
            return "store_without_postgis"
        return next((key for key, errors in _KINDS.items() if isinstance(reason, errors)), "store_refused")

    def watch(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` after every write of any process."""
        with self._watching:
            if self._listener is None:
                self._ending.clear()
                self._listener = threading.Thread(target=self._listen, name=f"listener of {self.url.database}", daemon=True)
                self._listener.start()
        return super().watch(call)

    def _listen(self) -> None:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._ending.is_set():
            with suppress(psycopg.Error), psycopg.connect(plain, autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                self.tell()  # what came while nobody listened
                while not self._ending.is_set():
                    if any(True for _ in connection.notifies(timeout=LISTEN_S, stop_after=1)):
                        self.tell()
            self._ending.wait(LISTEN_S)

    def version(self) -> Version:
        """Return the mark of the database."""
        with self.reading() as connection:
            try:
                change = connection.execute(select(func.max(AUDIT.c.id))).scalar()
            except DBAPIError:
                return Version(0, 0, 0)  # no project yet
        with self.reading() as connection:
            self._key = self._key or key_of(connection, EVENTS)
            row = None
            if self._key is not None:
                row = connection.execute(text(f'SELECT max("{self._key}") FROM {EVENTS}')).scalar()
        return Version(0, change or 0, row or 0)

    def layout(self) -> Hashable:
        """Return a mark of the columns of events and of the settings, None where there is no log yet."""
        with suppress(DBAPIError), self._engine.connect() as connection:
            found = connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(_LAYOUT).fetchone()
            return None if found is None else tuple(found)
        return None

    def before(self, connection: Connection, table: str) -> tuple[tuple[int, str], str | None]:  # noqa: ARG002
        """Return number and hash of the log's last entry; all writes are in the log."""
        return audit.last(connection), None

    def state(self, connection: Connection, table: str, at: datetime.datetime, bounds: Sequence[float] | None) -> None:
        """Do nothing: the log says it."""

    def close(self) -> None:
        """Let go of every connection."""
        self._ending.set()
        self._listener = None
        self._migrated = False
        self._engine.dispose()
