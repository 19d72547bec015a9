"""The demo town's later events played on from its `now`: appended through the store, so that all else takes them for reports."""

import atexit
import threading
import time
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap import store
from gridmap.api.feed import stopping
from gridmap.errors import GridmapError

LATER = "later"
ACTOR = store.Actor("replay", "synthetic")
# Seconds of the town in a second: ten minutes, an hour, six hours.
SPEEDS = (600, 3600, 21600)
USUAL_SPEED = 3600
TICK_S = 0.2


@dataclass(frozen=True)
class Progress:
    """How far a replay is: the town's clock, and how many of the later events are among the events."""

    running: bool
    speed: int
    clock: pd.Timestamp
    played: int
    total: int
    error: GridmapError | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing is left to play."""
        return self.played == self.total


class Replay:
    """The replay of one project: one for all sessions, in a thread of the server's own.

    Parameters
    ----------
    project
        The project file.
    later
        Its later events, all of them, those played before among them.
    now
        Where the town's clock stood when the project was made.
    """

    def __init__(self, project: store.Address, later: gpd.GeoDataFrame, now: pd.Timestamp) -> None:
        self._project = project
        self._later = later[later["reported_at"].notna()].sort_values("reported_at", kind="stable")
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._speed = USUAL_SPEED
        self._error: GridmapError | None = None
        self._played, self._clock = 0, now
        self._look(now)

    def _look(self, now: pd.Timestamp) -> None:
        """Go on after what was played before: another run of the server, or another server, may have appended it."""
        there = self._later.index.isin(store.read_events(self._project).index)
        self._played = int(there.sum())
        self._left = self._later[~there]
        self._clock = max([now, *self._later["reported_at"][there]])

    def progress(self) -> Progress:
        """Return how far it is."""
        with self._lock:
            running = self._thread is not None and self._thread.is_alive() and not self._ending.is_set()
            return Progress(running, self._speed, self._clock, self._played, len(self._later), self._error)

    def start(self, speed: int) -> None:
        """Play on at a speed; where it plays already, change its speed alone."""
        with self._lock:
            self._speed = speed
            if self._thread is not None and self._thread.is_alive() and not self._ending.is_set():
                return
            self._error = None
            self._ending = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._ending,), name="replay", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop, and return when the last append is done."""
        with self._lock:
            thread = self._thread
            self._ending.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self, ending: threading.Event) -> None:
        before = time.monotonic()
        while not ending.wait(TICK_S) and not stopping():
            moment = time.monotonic()
            try:
                left = self.advance(moment - before)
            except GridmapError as error:
                with self._lock:
                    self._error = error
                return
            before = moment
            if not left:
                return

    def advance(self, seconds: float) -> int:
        """Let so many seconds pass, append what is reported in them, and return how many events are left."""
        with self._lock:
            clock = self._clock + pd.Timedelta(seconds=seconds * self._speed)
            due = self._left[self._left["reported_at"] <= clock]
            if len(due):
                store.append_events(self._project, due, actor=ACTOR)
                self._left = self._left.iloc[len(due) :]
                self._played += len(due)
            self._clock = clock
            return len(self._left)


_replays: dict[tuple[store.Address, int], Replay | None] = {}
_lock = threading.Lock()


def of(project: store.Address) -> Replay | None:
    """Return the replay of a project, the same for every session; None where it has no later events.

    Raises
    ------
    GridmapError
        If the project cannot be read.
    """
    key = (project, store.version(project).opening)
    with _lock:
        if key not in _replays:
            for old in [other for other in _replays if other[0] == key[0]]:
                _end(_replays.pop(old))
            _replays[key] = _made(project)
        return _replays[key]


def _made(project: store.Address) -> Replay | None:
    opened = store.read_project(project, without_rows=("events",))
    later = opened.tables.get(LATER)
    if "now" not in opened.settings or not isinstance(later, gpd.GeoDataFrame) or later.empty or "reported_at" not in later:
        return None
    return Replay(project, later, pd.Timestamp(opened.settings["now"]))


def _end(replay: Replay | None) -> None:
    if replay is not None:
        replay.stop()


def close() -> None:
    """Stop every replay."""
    with _lock:
        for replay in _replays.values():
            _end(replay)
        _replays.clear()


# Before the store lets go of its files: what is registered last is called first.
atexit.register(close)
