"""A border moves: only what it touches is done again, beside an index built anew and all points asked again."""

import gc
import statistics
import time

import geopandas as gpd
import numpy as np
from layers import Task
from measure import Record, say
from moves import move, shared_corners
from ways import Truth

from gridmap import assign

UPDATE = "gridmap, Assigned.update"
ANEW, ANEW_FRAME = "gridmap, index anew, arrays", "gridmap, index anew, frame to codes"


def updates(task: Task, moves: int, record: Record) -> None:
    """Add a row per work: the seconds after each of some moves of a corner that two grids share, one after the other."""
    say(f"updates, {len(task.x):,} points: {moves} moves")
    points = gpd.GeoDataFrame(geometry=gpd.array.GeometryArray(task.points, crs=task.grids.crs))
    random, grids = np.random.default_rng(3), task.grids
    assigned, shared = assign.Assigned(points, grids), shared_corners(grids, most=2)
    seconds: dict[str, list[float]] = {UPDATE: [], ANEW: [], ANEW_FRAME: []}
    hands, differ, before = 0, 0, assigned.index.lookup(task.x, task.y)
    for _ in range(moves):
        changed = move(grids, shared, random)
        grids = grids.copy()
        grids.loc[changed.index, "geometry"] = changed.geometry
        works = {
            UPDATE: lambda changed=changed: assigned.update(changed),
            ANEW: lambda grids=grids: assign.Index(grids).lookup(task.x, task.y),
            ANEW_FRAME: lambda grids=grids: assign.to_grids(points, assign.Index(grids)),
        }
        found = {}
        for name, work in works.items():
            gc.collect()
            begin = time.perf_counter()
            found[name] = work()
            seconds[name].append(time.perf_counter() - begin)
        now, codes = found[ANEW], assigned.index.codes
        differ += sum(int((codes.get_indexer(owner) != now).sum()) for owner in (assigned.owner, found[ANEW_FRAME]))
        differ += len(found[UPDATE].index.symmetric_difference(np.flatnonzero(before != now)))
        hands, before = hands + len(found[UPDATE]), now
    differ += int((found[ANEW] != Truth.of(Task(grids, task.x, task.y)).owner).sum())
    if differ:
        record.problems.append(f"{UPDATE}: {differ} answers differ from those of an index made anew, or from shapely's")
        return
    for name, taken in seconds.items():
        figures = {"seconds": statistics.median(taken), "least": min(taken), "most": max(taken)}
        record.updates.append({"work": name, "points": len(task.x), "moves": moves, "hands": hands, **figures})
