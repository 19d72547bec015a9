"""The one thread of this process that writes into a project file: what waits shares one transaction and one wait for the disk."""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Transaction
from sqlalchemy.exc import DBAPIError, IntegrityError

MOST_WORKS = 256  # in one transaction

Work = Callable[[Connection], Any]


class Writer:
    """A queue of works and the thread that commits them in groups.

    Parameters
    ----------
    opened
        Gives the connection to write on, the same one until the file is another.
    forget
        Lets go of it; what is not committed is undone.
    name
        Of the thread.
    """

    def __init__(self, opened: Callable[[], Connection], forget: Callable[[], None], name: str) -> None:
        self._opened, self._forget = opened, forget
        self._waiting: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"writer of {name}", daemon=True)
        self._thread.start()

    def put(self, work: Work) -> "Future[Any]":
        """Let a work wait for its turn; the answer is what it returns once that is on the disk, or what it raised, with nothing written."""
        answer: Future[Any] = Future()
        self._waiting.put((work, answer))
        return answer

    def close(self) -> None:
        """Commit what waits and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, ending = [first], False
            while len(group) < MOST_WORKS and not ending:
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
        self._forget()

    def _commit(self, group: list[tuple[Work, "Future[Any]"]]) -> None:
        outcomes: list[Callable[[], None]] = []
        try:
            connection = self._opened()
            with connection.begin() as whole:
                for work, answer in group:
                    part = connection.begin_nested() if len(group) > 1 else _undone(whole)
                    outcomes.append(_done(part, connection, work, answer))
        except BaseException as error:  # whoever waits is told
            self._forget()
            for _, answer in group:
                answer.set_exception(error)
            return
        for tell in outcomes:
            tell()


@contextmanager
def _undone(whole: Transaction) -> Iterator[None]:
    """Undo the whole transaction if the only work in it is refused."""
    try:
        yield
    except BaseException:
        whole.rollback()
        raise


def _done(part: AbstractContextManager[Any], connection: Connection, work: Work, answer: "Future[Any]") -> Callable[[], None]:
    """Do one work inside its part of the transaction and return what tells its outcome; one that is refused leaves nothing behind."""
    try:
        with part:
            result = work(connection)
    except IntegrityError as error:  # a rule of the tables
        return lambda reason=error: answer.set_exception(reason)  # type: ignore[misc]
    except DBAPIError:
        raise  # the file itself: nobody's work can be kept
    except Exception as error:
        return lambda reason=error: answer.set_exception(reason)  # type: ignore[misc]
    return lambda: answer.set_result(result)
