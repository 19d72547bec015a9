"""Works in processes of their own: the first call, and how far memory grows. Run as a program it does one and prints the figure."""

import ctypes
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import shapely
from layers import Task
from measure import Record, Row, say
from ways import END_TO_END, Way, Work

from gridmap import assign

TO_GRIDS, INSTALLED = "gridmap.assign.to_grids", "gridmap: index and lookup, nothing compiled yet"
MEGABYTE = 1e6


def first_call(task: Task) -> Work:
    """Call ours on frames."""
    points = gpd.GeoDataFrame(geometry=task.points, crs=task.grids.crs)
    return lambda: assign.to_grids(points, task.grids)


def first_tree(task: Task, *, of_points: bool) -> Work:
    """Do the comparable work of shapely: the tree, then the pairs with the lowest tier and the dedicated grids, as ours."""
    points = task.points
    asked = task.grids["kind"].eq("dedicated") | task.grids.index.isin(task.tier.index)
    polygons = task.grids.geometry[asked].to_numpy()
    built, asking = (points, polygons) if of_points else (polygons, points)
    return lambda: shapely.STRtree(built).query(asking, predicate="intersects")


def first_index(task: Task) -> Work:
    """Build the index, then look up."""
    return lambda: assign.Index(task.grids).lookup(task.x, task.y)


def first_bytes(task: Task, data: bytes) -> Work:
    """Read the index from its bytes, then look up."""
    return lambda: assign.Index.from_bytes(data).lookup(task.x, task.y)


FIRST: dict[str, Callable[[Task, Path], Work]] = {
    TO_GRIDS: lambda task, _: first_call(task),
    "STRtree of the points": lambda task, _: first_tree(task, of_points=True),
    "STRtree of the grids": lambda task, _: first_tree(task, of_points=False),
    "gridmap: index and lookup": lambda task, _: first_index(task),
    "gridmap: index from bytes and lookup": lambda task, folder: first_bytes(task, (folder / "index").read_bytes()),
    INSTALLED: lambda task, _: first_index(task),
}


def cold(task: Task, repeats: int, record: Record) -> None:
    """Add a row for each first call: imports done, inputs in memory, a new process for every one, all of them in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task.save(folder)
        (folder / "index").write_bytes(assign.Index(task.grids).to_bytes())  # also leaves compiled code behind
        taken: dict[str, list[float]] = {work: [] for work in FIRST if work != INSTALLED}
        for turn in range(repeats):
            say(f"first calls, turn {turn + 1} of {repeats}")
            for work in taken:
                taken[work] += _alone("seconds", work, folder, record)
    record.cold += [_first(work, task, seconds) for work, seconds in taken.items() if seconds]


def installed(task: Task, record: Record) -> None:
    """Add a row for the first call after an installation, which also compiles; once, since it takes long."""
    say(INSTALLED)
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as cache:
        task.save(Path(name))
        seconds = _alone("seconds", INSTALLED, Path(name), record, cache=cache)
    if seconds:
        record.cold.append(_first(INSTALLED, task, seconds))


def _first(work: str, task: Task, seconds: list[float]) -> Row:
    figures = {"seconds": statistics.median(seconds), "least": min(seconds), "most": max(seconds)}
    return {"work": work, "points": len(task.x), "processes": len(seconds), **figures}


def memory(task: Task, ways: list[Way], record: Record) -> None:
    """Add a row for each way from end to end: by how much its process grows at most, the inputs being in memory in its own form."""
    with tempfile.TemporaryDirectory() as name:
        task.save(Path(name))
        for way in ways:
            if way.stage == END_TO_END and not way.sample:
                say(f"memory, {len(task.x):,} points: {way.name}")
                growth = _alone("megabytes", way.name, Path(name), record)
                record.memory += [{"work": way.name, "points": len(task.x), "megabytes": each} for each in growth]


def _alone(figure: str, work: str, folder: Path, record: Record, cache: str = "") -> list[float]:
    """Return the figure of one work from a process of its own; nothing if it fails, which is a problem of the run."""
    environment = os.environ | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    done = subprocess.run(
        [sys.executable, __file__, figure, work, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        record.problems.append(f"{work}, {figure} in a process of its own: {said[-1]}")
        return []
    return [float(done.stdout.splitlines()[-1])]


def first_seconds(work: Work) -> float:
    """Return how long the first call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def megabytes(work: Work) -> float:
    """Return by how much this process grows at most; Linux alone tells, through its own high-water mark that can be set back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # else freed memory of the preparation would be used again unseen
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    kept = work()
    peak = _status("VmHWM")
    del kept
    return (peak - before) * 1024 / MEGABYTE


def _status(key: str) -> int:
    """Return a line of this process's status, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


def main(figure: str, name: str, folder: Path) -> None:
    """Do one work and print its figure."""
    task = Task.load(folder)
    if figure == "seconds":
        result = first_seconds(FIRST[name](task, folder))
    else:
        from own import OWN
        from peers import PEERS

        assign.Index(task.grids).lookup(task.x[:1], task.y[:1])  # libraries and compiled code are no growth of a work
        (way,) = (way for way in (*OWN, *PEERS) if way.name == name)
        result = megabytes(way.prepare(task))
    sys.stdout.write(f"{result}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
