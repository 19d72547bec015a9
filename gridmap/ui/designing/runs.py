"""Work of the design page that takes long: it goes on in a thread of the server's own while pages come and go, and can be cancelled."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import pandas as pd
import streamlit as st

from gridmap.api.feed import stopping
from gridmap.ui.designing.asking import Asked
from gridmap.ui.designing.ground import Built, Ground, Task

R = TypeVar("R")
Tell = Callable[[float, dict[str, float]], None]
MOST_HELD = 24
AT_ONCE = 2  # of all sessions: the rest of the machine answers pages
LOOK_S = 0.2
_turns = threading.BoundedSemaphore(AT_ONCE)


class Cancelled(Exception):  # noqa: N818 - what happened
    """The work was ended before it was done."""


class Work(Generic[R]):
    """One piece of work, and how far it is.

    Parameters
    ----------
    call
        Does it, telling how far it is; raises what telling raises.

    Attributes
    ----------
    share, best
        Share done, and figures of the best so far.
    result
        What it returned or raised.
    """

    def __init__(self, call: Callable[[Tell], R]) -> None:
        self.share = 0.0
        self.best: dict[str, float] = {}
        self.result: Future[R] = Future()
        self._call = call
        self._ending = threading.Event()
        threading.Thread(target=self._run, name="design", daemon=True).start()

    def cancel(self) -> None:
        """End it as soon as it tells how far it is."""
        self._ending.set()

    @property
    def ending(self) -> bool:
        """Whether it was cancelled."""
        return self._ending.is_set()

    @property
    def done(self) -> bool:
        """Whether it has ended, in any way."""
        return self.result.done()

    @property
    def error(self) -> BaseException | None:
        """What it raised; None while it goes on."""
        return self.result.exception() if self.result.done() else None

    def _tell(self, share: float, best: dict[str, float]) -> None:
        if self._ending.is_set() or stopping():
            raise Cancelled
        self.share, self.best = min(max(share, self.share), 1.0), dict(best) or self.best

    def _run(self) -> None:
        try:
            while not _turns.acquire(timeout=LOOK_S):
                self._tell(0.0, {})
            try:
                self._tell(0.0, {})
                result = self._call(self._tell)
                self._tell(1.0, {})  # what was cancelled in its last step is cancelled
            finally:
                _turns.release()
        except BaseException as fault:  # raised where the result is asked for
            self.result.set_exception(fault)
        else:
            self.result.set_result(result)


@dataclass(eq=False)
class Run:
    """One design that was asked for, and all that came of it: kept by the server, so that a reload and a link find it.

    Attributes
    ----------
    key
        Its name in the address.
    place
        What tells the plan that it began from: another state of it is another place.
    ground, asked, task
        What it was built of.
    work
        Building.
    curve
        Work on the trade-off, where it was asked for.
    points
        The trade-off as far as it goes; None before.
    steps
        By the name of what is shown: the assignments after each piece of advice, the newest last.
    saved
        The draft it was saved as last, its name, and the assignment; None where it was not.
    """

    key: str
    place: Hashable
    ground: Ground = field(repr=False)
    asked: Asked
    task: Task = field(repr=False)
    work: Work[Built] = field(repr=False)
    curve: Work[None] | None = field(default=None, repr=False)
    points: pd.DataFrame | None = field(default=None, repr=False)
    steps: dict[str, list[pd.Series]] = field(default_factory=dict, repr=False)
    saved: tuple[int, str, pd.Series] | None = field(default=None, repr=False)

    @property
    def traded(self) -> bool:
        """Whether the whole trade-off is there."""
        return self.curve is not None and self.curve.done and self.curve.error is None

    def trade(self) -> None:
        """Begin or go on with the trade-off."""
        built = self.work.result.result()
        known = {} if self.points is None else dict(zip(self.points["stability"], self.points["assignment"], strict=True))
        known = {stability: found for stability, found in known.items() if stability < float("inf")}
        known[self.asked.stability] = built.assignment
        self.curve = Work(lambda tell: self.task.traded(tell, built.part, known, self._found))

    def _found(self, points: pd.DataFrame) -> None:
        self.points = points.reset_index(drop=True)


@st.cache_resource(show_spinner=False)
def _shelf() -> "OrderedDict[str, Run]":
    return OrderedDict()


def begin(place: Hashable, ground: Ground, asked: Asked, task: Task) -> Run:
    """Begin a design, and keep it; the one asked for longest ago leaves."""
    run = Run(secrets.token_hex(6), place, ground, asked, task, Work(task.built))
    shelf = _shelf()
    shelf[run.key] = run
    while len(shelf) > MOST_HELD:
        _, old = shelf.popitem(last=False)
        old.work.cancel()
        if old.curve is not None:
            old.curve.cancel()
    return run


def get(key: str) -> Run | None:
    """Return a design by its name in the address, None where the server has none of that name (any more)."""
    shelf = _shelf()
    run = shelf.get(key)
    if run is not None:
        shelf.move_to_end(key)
    return run
