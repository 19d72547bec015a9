"""Every way on one task: right first, then timed in turn."""

import gc
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pandas as pd
import shapely
from layers import Task
from ways import BUILD, END_TO_END, LIMIT, Truth, Way, Work, owners

from gridmap.schema import code_order

Row = dict[str, str | int | float | None]


@dataclass
class Record:
    """What a run found; `problems` are ways that failed or answered wrongly."""

    rows: list[Row] = field(default_factory=list)
    borders: list[Row] = field(default_factory=list)
    cold: list[Row] = field(default_factory=list)
    memory: list[Row] = field(default_factory=list)
    updates: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def say(text: str) -> None:
    """Tell on standard error how far the run is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def compare(layer: str, task: Task, ways: list[Way], repeats: int, record: Record) -> None:
    """Add a row per way; one that fails or answers wrongly is a problem and is not timed."""
    truth = Truth.of(task)
    works: dict[str, Work] = {}
    for way in ways:
        say(f"{layer}, {len(task.x):,} points: {way.name}")
        wrong = checked(way, task, truth, works, record)
        if wrong:
            record.problems.append(f"{way.name}: {wrong} of {len(way.task(task).x)} answers differ from shapely's ({layer})")
            del works[way.name]
    seconds = timed(works, repeats)
    for way in ways:
        if way.name in works:
            scale = len(task.x) / len(way.task(task).x)
            record.rows.append(row(layer, task, way, [scale * each for each in seconds[way.name]]))


def checked(way: Way, task: Task, truth: Truth, works: dict[str, Work], record: Record) -> int:
    """Prepare a way, keep its work in `works` and return how many of its answers differ from shapely's."""
    part = way.task(task)
    try:
        work = way.prepare(part)
        found = work()
    except Exception as error:  # whatever a peer raises, the others go on and the run fails at its end
        record.problems.append(f"{way.name}: {type(error).__name__}: {error}")
        return 0
    works[way.name] = work
    return 0 if way.stage in (BUILD, LIMIT) else differences(found, part, truth)


def differences(found: object, task: Task, truth: Truth) -> int:
    """Return how many points have another grid than shapely says: the owner for our works, the lowest tier for pairs of a peer."""
    count = len(task.x)
    if isinstance(found, pd.Series):
        found = task.grids.index[code_order(task.grids.index)].get_indexer(found)
    if isinstance(found, np.ndarray):
        return int((found != truth.owner[:count]).sum())
    point, grid = cast("tuple[np.ndarray, np.ndarray]", found)
    return int((owners(point, grid, count) != truth.base[:count]).sum())


def timed(works: dict[str, Work], repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each work, all of them in turn `repeats` times."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeats):
        say(f"turn {turn + 1} of {repeats}")
        for name, work in works.items():
            gc.collect()
            begin = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def row(layer: str, task: Task, way: Way, seconds: list[float]) -> Row:
    """Return one line of the record."""
    median = statistics.median(seconds)
    return {
        "layer": layer,
        "grids": len(task.tier),
        "points": len(task.x),
        "work": way.name,
        "stage": way.stage,
        "threads": way.threads,
        "sample": way.sample,
        "seconds": median,
        "least": min(seconds),
        "most": max(seconds),
    }


def borders(task: Task, ways: list[Way], record: Record) -> None:
    """Count other answers than shapely's on corners and middles of edges: a wrong one of ours is a problem, of a peer a fact."""
    say("borders")
    corners = shapely.get_coordinates(shapely.get_exterior_ring(shapely.get_parts(task.tier.to_numpy())))
    count = len(task.x)
    first = np.random.default_rng(2).integers(0, len(corners) - 1, count)
    half = np.arange(count) % 2  # of every second place the middle; between two rings it is an ordinary place
    places = corners[first] + (corners[first + 1] - corners[first]) * 0.5 * half[:, None]
    edge = Task(task.grids, places[:, 0].copy(), places[:, 1].copy())
    truth = Truth.of(edge)
    for way in ways:
        works: dict[str, Work] = {}
        wrong = checked(way, edge, truth, works, record) if way.stage == END_TO_END else 0
        if way.name in works and way.stage == END_TO_END:
            record.borders.append({"work": way.name, "points": count, "differences": wrong})
            if wrong and way.module == "gridmap":
                record.problems.append(f"{way.name}: {wrong} of {count} answers on borders differ from shapely's")
