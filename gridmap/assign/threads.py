"""Work shared by threads: compiled loops and GEOS let the others run."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

    def run() -> None:
        try:
            for number, begin in parts:  # the threads share one iterator
                results[number] = work(begin, min(begin + step, count))
        except BaseException:
            list(parts)  # leaves nothing to the others
            raise

    others = min(workers, len(begins)) - 1
    if others < 1:
        run()
        return [results[number] for number in range(len(begins))]
    with ThreadPoolExecutor(others) as pool:
        started = [pool.submit(run) for _ in range(others)]
        run()
        for each in started:
            each.result()
    return [results[number] for number in range(len(begins))]
