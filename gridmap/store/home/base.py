"""What both homes of a project have in common: questions, writes, and the log of every write."""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, bindparam, insert, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gridmap.errors import StoreError
from gridmap.store import audit, seals
from gridmap.store.actor import Actor
from gridmap.store.tables import kinds
from gridmap.store.tables.own import AUDIT, LAST_ENTRY, STORE

R = TypeVar("R")

# Made once: every write runs them.
_LOG = insert(AUDIT)
_SIGN = update(STORE).where(STORE.c.key == LAST_ENTRY).values(value=bindparam("signed"))


class Version(NamedTuple):
    """What a cache keys on; comparable within this process alone.

    `opening` changes when another file is put in the place of the old one, `change` with every write; `row` is the last row id of events.
    """

    opening: int
    change: int
    row: int


@dataclass
class Transaction:
    """One write: what it does goes in together or not at all, and is noted."""

    home: "Home"
    connection: Connection
    actor: Actor
    at: datetime.datetime
    noted: int = field(default=0, init=False)

    def run(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """Execute a statement, with one row or many."""
        return self.connection.execute(statement, rows)

    def note(
        self,
        action: str,
        table: str,
        *,
        first: int = 0,
        count: int = 0,
        what: Mapping[str, Any] | None = None,
        why: str | None = None,
        digest: str | None = None,
        bounds: Sequence[float] | None = None,
    ) -> None:
        """Log what was done to a table, and state the table's change and, where given, the growth of its extent."""
        sealed, said = (None, {}) if digest else seals.of(self.connection, table, first)
        (number, previous), follows = self.home.before(self.connection, table)
        entry: dict[str, Any] = {
            "id": number + 1,
            "at": self.at,
            "follows": follows,
            "actor": self.actor.name,
            "role": self.actor.role,
            "action": action,
            "table_name": table,
            "first_row": first,
            "row_count": count,
            "what": {**(what or {}), **said} or None,
            "why": why,
            "digest": digest or sealed,
            "previous": previous,
        }
        signed = audit.signed(entry)
        self.run(_LOG, entry | {"hash": signed})
        self.run(_SIGN, {"signed": signed})
        self.home.state(self.connection, table, self.at, bounds)
        self.noted += 1


class Home(ABC):
    """Where a project is kept."""

    shown: str

    def __init__(self) -> None:
        self._watchers: list[Callable[[], None]] = []
        self._watching = Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for questions that all see one state; nothing can be written on it.

        Raises
        ------
        StoreError
            If the home is missing, busy or unsound.
        """
        with self.refusals(), self._reader() as connection:
            yield connection

    def write(self, work: Callable[[Transaction], R], *, actor: Actor) -> R:
        """Do a work in one transaction, and return what it returns once that is on the disk.

        Parameters
        ----------
        work
            Runs statements of a `Transaction` and notes what it did. It may wait for others' writes, and is done once.
        actor
            Who writes.

        Raises
        ------
        StoreError
            If the home cannot be written, or a rule of its tables refuses the work.
        Exception
            What the work raises; nothing of it is written then.
        """

        def noted(connection: Connection) -> R:
            transaction = Transaction(self, connection, actor, kinds.now())
            result = work(transaction)
            if not transaction.noted:
                raise AssertionError("a write that nobody notes")
            return result

        with self.refusals():
            result = self._write(noted)
        self.tell()
        return result

    def watch(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` after every write that this process hears of, from another thread; return what ends that."""
        with self._watching:
            self._watchers.append(call)

        def end() -> None:
            with self._watching:
                if call in self._watchers:
                    self._watchers.remove(call)

        return end

    def tell(self) -> None:
        """Call everyone who watches."""
        with self._watching:
            calls = list(self._watchers)
        for call in calls:
            with suppress(Exception):  # the caller has others to serve
                call()

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Turn what the database refuses into one clear line."""
        try:
            yield
        except SQLAlchemyError as error:
            raise self._refused(error) from error

    def _refused(self, error: SQLAlchemyError) -> StoreError:
        reason = error.orig if isinstance(error, DBAPIError) else error
        text = str(reason).splitlines()[0][:200]
        for key in ("published_grids", "append_only", "plan_published"):  # what our triggers say
            if f"gridmap: {key}" in text:
                return StoreError(key, path=self.shown)
        return StoreError(self._kind(reason), path=self.shown, reason=text)

    @abstractmethod
    def _reader(self) -> Any: ...  # noqa: ANN401 - a context manager

    @abstractmethod
    def _write(self, work: Callable[[Connection], R]) -> R: ...

    @abstractmethod
    def _kind(self, reason: BaseException | None) -> str: ...

    @abstractmethod
    def version(self) -> Version:
        """Return the mark of the whole home."""

    def layout(self) -> Hashable:
        """Return a mark that changes whenever a table is described otherwise, None where that takes as long as to describe it."""
        return None

    @abstractmethod
    def before(self, connection: Connection, table: str) -> tuple[tuple[int, str], str | None]:
        """Return number and hash of the log's last entry, and when a table was last changed.

        The latter as a GeoPackage states it; None in a database, where nobody else can hide a change.
        """

    @abstractmethod
    def state(self, connection: Connection, table: str, at: datetime.datetime, bounds: Sequence[float] | None) -> None:
        """State that a table and the log were changed, and that the table reaches at least to `bounds`."""

    @abstractmethod
    def close(self) -> None:
        """Commit what waits and let go of it; the next question or write opens it again."""
