"""Grid x day x category: `python benchmarks/cube.py [--points N ...] [--joined N] [--repeats N]`.

The layer is the demo town Jianyang at scale 1: 2,600 grids of the lowest tier. Events lie evenly over its bounding box, over 365 days and
six categories (texts). The peer joins the events to the grids and groups the joined table; it has the combinations that occur, of the
lowest tier alone, where gridmap has every field of every tier. It is run up to `--joined` points. Compiled code is warm, and each result is
held against the other's.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, hierarchy, synth

CATEGORIES = np.array(["环境卫生", "安全隐患", "市政设施", "街面秩序", "矛盾纠纷", "其他"])
DAYS = 365


def scattered(grids: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Return events over the bounding box, a year and six categories."""
    random = np.random.default_rng(1)
    left, bottom, right, top = grids.total_bounds
    first = pd.Timestamp("2021-01-01", tz="Asia/Shanghai")
    columns = {
        "category": pd.Series(CATEGORIES[random.integers(0, len(CATEGORIES), count)], dtype="str"),
        "reported_at": pd.Series(first + pd.to_timedelta(random.integers(0, DAYS * 86400, count), unit="s")),
    }
    places = shapely.points(random.uniform(left, right, count), random.uniform(bottom, top, count))
    return gpd.GeoDataFrame(columns, geometry=places, crs=grids.crs)


def joined(events: gpd.GeoDataFrame, tier: gpd.GeoDataFrame) -> pd.Series:
    """Count with the usual tools: join, then group."""
    found = gpd.sjoin(events.assign(day=events["reported_at"].dt.floor("D")), tier[["geometry"]], predicate="intersects")
    return found.groupby(["grid_code", "day", "category"], observed=True).size()


def run(grids: gpd.GeoDataFrame, count: int, repeats: int, with_peer: bool) -> list[dict[str, object]]:
    """Return a row per work: points, work, median seconds, fields of the result."""
    events, tier = scattered(grids, count), hierarchy.tier(grids)
    index = assign.Index(grids)
    works: dict[str, Callable[[], pd.DataFrame | pd.Series]] = {
        "gridmap count": lambda: assign.count(events, grids),
        "gridmap cube": lambda: assign.count(events, grids, by=[events["reported_at"].dt.floor("D"), "category"]),
        "gridmap cube, index ready": lambda: assign.count(events, index, by=[events["reported_at"].dt.floor("D"), "category"]),
    }
    if with_peer:
        works["sjoin + groupby"] = lambda: joined(events, tier)
    results = {name: work() for name, work in works.items()}
    cube = results["gridmap cube"].loc[tier.index]
    if cube.sum(axis=1).tolist() != results["gridmap count"].loc[tier.index, "events"].tolist():
        raise SystemExit("the cube does not add up to the counts")
    if with_peer:
        grouped = results["sjoin + groupby"]
        row = tier.index.get_indexer(grouped.index.get_level_values("grid_code"))
        column = cube.columns.get_indexer(grouped.index.droplevel("grid_code"))
        if cube.to_numpy().sum() != grouped.sum() or (cube.to_numpy()[row, column] != grouped).any():
            raise SystemExit("the cube differs from that of the join")
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begin)
    return [{"points": count, "work": name, "seconds": statistics.median(seconds[name]), "fields": results[name].size} for name in works]


def main() -> None:
    """Run and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--points", type=int, nargs="*", default=[1_000_000, 10_000_000])
    options.add_argument("--joined", type=int, default=1_000_000, help="the peer is run up to so many points")
    options.add_argument("--repeats", type=int, default=5)
    given = options.parse_args()
    town = synth.jianyang(1, events=1).grids
    rows = [row for count in given.points for row in run(town, count, given.repeats, count <= given.joined)]
    table = pd.DataFrame(rows)
    table["million_per_s"] = table["points"] / table["seconds"] / 1e6
    sys.stdout.write(table.round({"seconds": 3, "million_per_s": 2}).to_string(index=False) + "\n")


if __name__ == "__main__":
    main()
