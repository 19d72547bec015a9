"""Work shared by threads: compiled loops and GEOS let the others run."""

import os
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

WORKERS = os.cpu_count() or 1
Result = TypeVar("Result")


def spread(
    work: Callable[[int, int], Result], count: int, *, least: int = 1, most: int | None = None, threads: int | None = None
) -> list[Result]:
    """Return what `work(begin, end)` gives for parts of `count` things, from `least` to `most` each.

    Parameters
    ----------
    threads
        How many share the work; all processors by default.

    Notes
    -----
    What `work` raises is raised here, after the parts that are under way; no other is begun.
    """
    workers = threads or WORKERS
    step = max(-(-count // (4 * workers)), least)
    step = min(step, most or step)
    begins = range(0, count, step)
    parts, results = iter(enumerate(begins)), dict[int, Result]()

    failed: list[BaseException] = []

    def run() -> None:
        try:
            for number, begin in parts:  # the threads share one iterator
                results[number] = work(begin, min(begin + step, count))
        except BaseException as error:
            list(parts)  # leaves nothing to the others
            failed.append(error)

    others = [Thread(target=run) for _ in range(min(workers, len(begins)) - 1)]  # a pool takes longer to start than small work to do
    for each in others:
        each.start()
    run()
    for each in others:
        each.join()
    if failed:
        raise failed[0]
    return [results[number] for number in range(len(begins))]
