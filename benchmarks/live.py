"""Sets that change one by one, every peer in the same run: `python benchmarks/live.py [--repeats N] [-o FILE.json]`.

Open events: one event moves and one question is asked. The set on an R-tree is compared with building shapely's STRtree anew, and with
numpy looking at every event. Snapping: one grid of the demo town Jianyang at scale 1 is redrawn and one place is snapped, compared with
building STRtrees of corners and edges anew. Each figure is the median over the repeats of the mean of a batch of changes.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, hierarchy, synth

Work = Callable[[], object]
METRIC = "EPSG:4548"
SIDE_M = 30_000.0
BATCH_S = 0.1  # a quick work is repeated this long within one measurement


def timed(works: dict[str, Work], repeats: int) -> dict[str, float]:
    """Return the median seconds of each work, all of them in turn `repeats` times."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            begin, done = time.perf_counter(), 0
            while time.perf_counter() - begin < BATCH_S or not done:
                work()
                done += 1
            seconds[name].append((time.perf_counter() - begin) / done)
    return {name: statistics.median(found) for name, found in seconds.items()}


def places(count: int, seed: int) -> Iterator[tuple[float, float]]:
    """Return an endless iterator over places."""
    return cycle(np.random.default_rng(seed).uniform(0, SIDE_M, (count, 2)).tolist())


def board(count: int) -> tuple[assign.OpenEvents, np.ndarray]:
    """Return open events at even density, and their places."""
    xy = np.random.default_rng(0).uniform(0, SIDE_M, (count, 2))
    index = pd.Index([f"E{n:06d}" for n in range(count)], name="event_id")
    events = gpd.GeoDataFrame(index=index, geometry=shapely.points(xy), crs=METRIC)
    return assign.OpenEvents.from_events(events, same=()), xy


def open_events(count: int, distance_m: float) -> dict[str, Work]:
    """Return the work "one event moves, who is within the distance of a place" for each peer."""
    events, xy = board(count)
    x, y = xy.T.copy()
    ids, here, there = list(events), places(997, 1), places(1009, 2)
    row = cycle(np.random.default_rng(3).integers(0, count, 1013).tolist())

    def on_rtree() -> object:
        events.move(ids[next(row)], *next(there))
        return events.within(*next(here), distance_m)

    def built_anew() -> object:
        xy[next(row)] = next(there)
        return shapely.STRtree(shapely.points(xy)).query(shapely.Point(next(here)), predicate="dwithin", distance=distance_m)

    def scanned() -> object:
        moved = next(row)
        (x[moved], y[moved]), (left, low) = next(there), next(here)
        dx, dy = x - left, y - low
        return np.flatnonzero(dx * dx + dy * dy <= distance_m * distance_m)

    return {"R-tree set": on_rtree, "STRtree built anew": built_anew, "numpy scan": scanned}


def snapping(grids: gpd.GeoDataFrame, distance_m: float) -> dict[str, Work]:
    """Return the work "one grid is redrawn, one place is snapped" for each peer."""
    borders, polygons = assign.Borders(grids), grids.geometry.to_numpy().copy()
    random = np.random.default_rng(4)
    near = cycle((random.choice(shapely.get_coordinates(polygons), 997) + random.normal(0, distance_m, (997, 2))).tolist())
    row = cycle(random.integers(0, len(grids), 1013).tolist())

    def redrawn() -> gpd.GeoDataFrame:
        changed = grids.iloc[[next(row)]]
        return changed.set_geometry(changed.geometry.translate(0.01, 0))

    def on_rtree() -> object:
        borders.replace(redrawn())
        return borders.snap(*next(near), distance_m)

    def built_anew() -> object:
        changed = redrawn()
        polygons[grids.index.get_loc(changed.index[0])] = changed.geometry.iloc[0]
        corners, here = shapely.get_coordinates(polygons), shapely.Point(next(near))
        found = shapely.STRtree(shapely.points(corners)).query_nearest(here, max_distance=distance_m)
        if len(found):
            return corners[found[0]]
        xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(polygons)), return_index=True)
        begin = np.flatnonzero(ring[1:] == ring[:-1])
        edges = shapely.linestrings(np.stack([xy[begin], xy[begin + 1]], axis=1))
        return shapely.STRtree(edges).query_nearest(here, max_distance=distance_m)

    def scanned() -> object:
        changed = redrawn()
        polygons[grids.index.get_loc(changed.index[0])] = changed.geometry.iloc[0]
        corners = shapely.get_coordinates(polygons)
        apart = ((corners - next(near)) ** 2).sum(axis=1)
        return corners[apart.argmin()]

    return {"R-tree of borders": on_rtree, "STRtrees built anew": built_anew, "numpy scan, corners only": scanned}


def main() -> None:
    """Run, print the table and the JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--events", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    options.add_argument("-o", "--output", type=Path)
    given = options.parse_args()
    rows: list[dict[str, object]] = []

    def measure(what: str, works: dict[str, Work]) -> None:
        rows.extend({"work": what, "peer": peer, "ms": seconds * 1e3} for peer, seconds in timed(works, given.repeats).items())

    for count in given.events:
        measure(f"{count} open events: move one, within 300 m", open_events(count, 300.0))
    grids = hierarchy.tier(synth.jianyang(1, events=1).grids).to_crs(METRIC)
    measure(f"{len(grids)} grids, {shapely.get_num_coordinates(grids.geometry).sum()} corners: redraw one, snap", snapping(grids, 10.0))
    measure("load", {"100,000 open events": lambda: board(100_000), "borders of the grids": lambda: assign.Borders(grids)})
    table = pd.DataFrame(rows).round({"ms": 3})
    versions = {module.__name__: module.__version__ for module in (shapely, gpd, np)}
    machine = {"machine": platform.processor() or platform.machine(), "python": platform.python_version()}
    text = json.dumps({**machine, **versions, "repeats": given.repeats, "rows": table.to_dict("records")}, indent=1)
    sys.stdout.write(f"{table.to_string(index=False)}\n{text}\n")
    if given.output:
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
