"""Events into a project in use: `PYTHONPATH=.:tests python benchmarks/store.py [--events N] [--threads N] [--repeats N]`.

The project is the demo town Dongyuan. Measured: events appended one by one, by several threads at once and in one batch, all of them on the
disk when the call returns; a question for the mark; a snapshot; and on a server of its own, how long after the beginning of a post a
watcher has its message, for posts to that server and for appends of another process (this one).
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
from api_server import Server, Stream, running

from gridmap import files, store, synth

ACTOR = store.Actor("benchmark", "test")
EVENT = {"category": "环境卫生", "reported_at": "2022-01-01T08:00:00+08:00", "lon": 117.4331, "lat": 36.129, "address": "路口"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=200)
    options = parser.parse_args()
    tables, settings = synth.project(synth.dongyuan())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.gpkg"
        files.write_project(tables, path, settings=settings)
        appends(path, tables["later"], options)
        feed(path, tables["later"], options.repeats)
        store.close()


def appends(path: Path, later: gpd.GeoDataFrame, options: argparse.Namespace) -> None:
    """Print the rates of appending."""
    one = numbered(later, "one", 1)
    next(one)  # the writer is there, the index of identifiers made
    store.append_events(path, next(one), actor=ACTOR)
    count = options.repeats
    seconds = timed(lambda: [store.append_events(path, next(one), actor=ACTOR) for _ in range(count)])
    say(f"one by one: {count / seconds:,.0f} events/s")

    def work(name: int) -> None:
        rows = numbered(later, f"thread{name}", 1)
        for _ in range(count):
            store.append_events(path, next(rows), actor=ACTOR)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(options.threads)]
    seconds = timed(lambda: [*(thread.start() for thread in threads), *(thread.join() for thread in threads)])
    say(f"{options.threads} threads, one by one: {options.threads * count / seconds:,.0f} events/s")
    many = next(numbered(later, "many", options.events))
    seconds = timed(lambda: store.append_events(path, many, actor=ACTOR))
    say(f"one batch of {options.events:,}: {options.events / seconds:,.0f} events/s")
    say(f"mark: {timed(lambda: [store.version(path) for _ in range(1000)]) * 1000:,.0f} microseconds")

    def copied() -> None:
        with store.snapshot(path):
            pass

    say(f"snapshot of {path.stat().st_size / 1e6:,.0f} MB: {timed(copied):.2f} s")


def feed(path: Path, later: gpd.GeoDataFrame, repeats: int) -> None:
    """Print how long a watcher waits."""
    with running(path) as server:
        stream = Stream(server)
        stream.next()
        posted(server, stream)  # the grids are ready, and the projection
        say(f"post to message: {spread([posted(server, stream) for _ in range(repeats)])}")
        rows = numbered(later, "other", 1)

        def appended() -> float:
            begin = time.perf_counter()
            store.append_events(path, next(rows), actor=ACTOR)
            stream.events(1)
            return time.perf_counter() - begin

        say(f"another process's append to message: {spread([appended() for _ in range(repeats // 4)])}")
        begin = time.perf_counter()
        assert server.post([EVENT] * 1000)[0] == 201
        stream.events(1000)
        say(f"a post of 1,000 events to the last message: {time.perf_counter() - begin:.2f} s")
        stream.close()
        say(f"stopped under an open stream in {server.stop():.2f} s")


def posted(server: Server, stream: Stream) -> float:
    """Return the seconds from the beginning of a post to its message."""
    begin = time.perf_counter()
    assert server.post(EVENT)[0] == 201
    stream.events(1)
    return time.perf_counter() - begin


def numbered(later: gpd.GeoDataFrame, prefix: str, count: int) -> Iterator[gpd.GeoDataFrame]:
    """Yield so many events at a time, each with an identifier of its own."""
    rows = later.iloc[[number % len(later) for number in range(count)]]
    turn = 0
    while True:
        labels = [f"{prefix}-{turn}-{number}" for number in range(count)]
        yield rows.set_axis(pd.Index(labels, name="event_id", dtype="str"))
        turn += 1


def timed(call: Callable[[], object]) -> float:
    """Return the seconds a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def spread(seconds: list[float]) -> str:
    """Return median and 95th percentile in words."""
    ordered = sorted(seconds)
    return f"median {statistics.median(ordered) * 1000:.0f} ms, 95 % within {ordered[int(len(ordered) * 0.95)] * 1000:.0f} ms"


if __name__ == "__main__":
    main()
