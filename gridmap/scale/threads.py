"""Files done by threads of this process: nothing to install or to start; what ends this process ends them."""

import os
import warnings
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from typing import TypeVar

from gridmap.errors import GridmapWarning

Result = TypeVar("Result")
IN_FLIGHT = 2  # files per thread, the one waiting included
ATTEMPTS_AGAIN = 2  # after an error of the disk
INTERVAL_S = 1.0  # an endless wait would not hear Ctrl-C on Windows


class StoppedError(Exception):
    """The run ended in the middle of a file."""


def outcomes(
    work: Callable[[str, Callable[[], None]], Result], files: Iterable[str], *, threads: int | None = None
) -> Generator[tuple[str, Result | BaseException], None, None]:
    """Yield each file and what `work(file, go_on)` returned or raised, in the order they end.

    Parameters
    ----------
    work
        Calls `go_on` now and then; that raises once nobody waits for the outcomes any more.
    threads
        All processors by default.

    Notes
    -----
    Closed early, it returns as soon as the files begun have heard of it. Warnings of ours are not said meanwhile, as in worker processes.
    """
    count = threads or os.cpu_count() or 1
    ended = Event()

    def go_on() -> None:
        if ended.is_set():
            raise StoppedError

    waiting, running = iter(files), dict[Future[Result], str]()
    pool = ThreadPoolExecutor(count)
    with warnings.catch_warnings():  # not in the threads, which share one list of filters
        warnings.simplefilter("ignore", GridmapWarning)
        try:
            while True:
                for file in islice(waiting, IN_FLIGHT * count - len(running)):
                    running[pool.submit(_attempted, work, file, go_on)] = file
                if not running:
                    return
                for future in wait(running, timeout=INTERVAL_S, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.exception() or future.result()
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)


def _attempted(work: Callable[[str, Callable[[], None]], Result], file: str, go_on: Callable[[], None]) -> Result:
    for _ in range(ATTEMPTS_AGAIN):
        try:
            return work(file, go_on)
        except OSError:
            go_on()
    return work(file, go_on)
