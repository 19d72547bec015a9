"""Points to grids, every peer in the same run: `python benchmarks/assign.py [--points N ...] [--repeats N] [--large] [-o FILE.json]`.

The layer is the demo town Jianyang at scale 1: 2,600 grids of the lowest tier, and 67 dedicated ones that only gridmap looks up as well.
The large layer is a lattice of 316 x 316 grids with bent sides, 48 corners each: the town itself takes minutes to draw at that size. Points
lie evenly over the layer's bounding box. Compiled code is warm; the first call after an installation is not in the figures.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, hierarchy, synth
from gridmap.assign.index import Part

Work = Callable[[], object]


def timed(works: dict[str, Work], repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each work, all of them in turn `repeats` times."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def lattice(side: int, corners_per_side: int) -> gpd.GeoDataFrame:
    """Return side x side grids of about 100 m, each side bent at random."""
    random = np.random.default_rng(0)
    nodes = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1)
    nodes += random.uniform(-0.2, 0.2, nodes.shape)
    share = (np.arange(corners_per_side) / corners_per_side)[None, None, :, None]
    across = nodes[:, :-1, None] * (1 - share) + nodes[:, 1:, None] * share
    up = nodes[:-1, :, None] * (1 - share) + nodes[1:, :, None] * share
    for lines in (across, up):
        lines[:, :, 1:] += random.uniform(-0.2, 0.2, lines[:, :, 1:].shape) / corners_per_side

    def backward(lines: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.concatenate([end[:, :, None], lines[:, :, :0:-1]], axis=2)

    rings = [across[:-1], up[:, 1:], backward(across[1:], nodes[1:, 1:]), backward(up[:, :-1], nodes[1:, :-1]), nodes[:-1, :-1, None]]
    polygons = shapely.polygons(np.concatenate(rings, axis=2).reshape(side * side, -1, 2) * 100 + [5e5, 3.3e6])
    codes = pd.Index([f"{n:06d}" for n in range(side * side)], name="grid_code")
    return gpd.GeoDataFrame({"level": 1, "kind": "base", "parent": None}, index=codes, geometry=polygons, crs="EPSG:4548")


def scattered(grids: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Return points over the bounding box."""
    random = np.random.default_rng(1)
    left, bottom, right, top = grids.total_bounds
    places = shapely.points(random.uniform(left, right, count), random.uniform(bottom, top, count))
    return gpd.GeoDataFrame(geometry=places, crs=grids.crs)


def peers(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> dict[str, Work]:
    """Return the work of the peers on the lowest tier: any pair of point and grid, in their own order."""
    tier = hierarchy.tier(grids)[["geometry"]]
    places, polygons = points.geometry.to_numpy(), tier.geometry.to_numpy()

    return {
        "geopandas.sjoin": lambda: gpd.sjoin(points, tier, predicate="intersects"),
        "STRtree of the points": lambda: shapely.STRtree(places).query(polygons, predicate="intersects"),
        "STRtree of the grids": lambda: shapely.STRtree(polygons).query(places, predicate="intersects"),
    }


def whole_cells(index: assign.Index) -> assign.Index:
    """Return an index whose border cells hold no grid: what is left is one look into the table per point."""
    bare = assign.Index(index.grids.iloc[:0])
    bare._parts = {
        kind: Part(part.polygons, part.positions, replace(part.table, table=np.maximum(part.table.table, -1)))
        for kind, part in index._parts.items()
        if not isinstance(part.table, str)
    }
    return bare


def assert_same(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, found: np.ndarray) -> None:
    """Stop unless the base grids found are those of shapely, the smallest code first."""
    tier = hierarchy.tier(grids).sort_index()
    polygon, point = shapely.STRtree(points.geometry.to_numpy()).query(tier.geometry.to_numpy(), predicate="intersects")
    expected = np.full(len(points), len(grids))
    np.minimum.at(expected, point, grids.sort_index().index.get_indexer(tier.index)[polygon])
    wrong = int((found != np.where(expected == len(grids), -1, expected)).sum())
    if wrong:
        raise SystemExit(f"{wrong} answers differ from shapely's")


def run(layer: str, grids: gpd.GeoDataFrame, count: int, repeats: int) -> list[dict[str, object]]:
    """Return a row per work: layer, points, work, median seconds, million points per second, times the fastest peer."""
    points = scattered(grids, count)
    x, y = shapely.get_x(points.geometry.to_numpy()), shapely.get_y(points.geometry.to_numpy())
    index = assign.Index(grids)
    assert_same(points, grids, index.locate(x, y)[1])
    bare = whole_cells(index)
    others = peers(points, grids)
    own: dict[str, Work] = {
        "gridmap to_grids, frame": lambda: assign.to_grids(points, grids),
        "gridmap to_grids, frame, index ready": lambda: assign.to_grids(points, index),
        "gridmap build": lambda: assign.Index(grids),
        "gridmap build + lookup, arrays": lambda: assign.Index(grids).lookup(x, y),
        "gridmap lookup, arrays": lambda: index.lookup(x, y),
        "gridmap lookup, arrays, one thread": lambda: index.lookup(x, y, threads=1),
        "gather only": lambda: bare.lookup(x, y),
    }
    medians = {name: statistics.median(seconds) for name, seconds in timed(others | own, repeats).items()}
    fastest = min(medians[name] for name in others)
    return [
        {
            "layer": layer,
            "points": count,
            "work": name,
            "seconds": seconds,
            "million_per_s": count / seconds / 1e6,
            "times": fastest / seconds,
        }
        for name, seconds in medians.items()
    ]


def main() -> None:
    """Run, print the table and the JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--points", type=int, nargs="*", default=[10_000, 1_000_000, 10_000_000])
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--large", action="store_true", help="1 M points against 100,000 grids, too")
    options.add_argument("-o", "--output", type=Path)
    given = options.parse_args()
    town = synth.jianyang(1, events=1).grids
    rows: list[dict[str, object]] = []
    for count in given.points:
        rows += run("jianyang", town, count, given.repeats)
    if given.large:
        rows += run("lattice", lattice(316, 12), 1_000_000, given.repeats)
    table = pd.DataFrame(rows).round({"seconds": 4, "million_per_s": 2, "times": 2})
    versions = {module.__name__: module.__version__ for module in (shapely, gpd, numba, np)}
    machine = {
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "GEOS": shapely.geos_version_string,
    }
    text = json.dumps({**machine, **versions, "repeats": given.repeats, "rows": table.to_dict("records")}, indent=1)
    sys.stdout.write(f"{table.to_string(index=False)}\n{text}\n")
    if given.output:
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
