"""Assignment against shapely at the hardest places of large layers, outside CI: `make endure`.

`Index`, one brought up to date by `Index.update`, and `to_grids` on a frame are asked of every corner, every middle of an edge, places on
edges, all of these up to two steps between floating-point numbers off, places in line with corners, borders of the table's own cells, and
a million places at random. One answer that differs from shapely's ends the run with exit code 1.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from layers import Task, lattice
from measure import say
from moves import move, shared_corners
from page import table
from places import Places, layer, places, table_places, with_cells
from ways import Truth

from gridmap import assign, synth

COUNCILS = Path("la311") / "neighborhood_councils.geojson"
CELLS = (None, 144, 576, 1000, 2304)  # for 12 x 12 squares: so many cells that their borders are borders of grids, and not
ORIGINS = (0.0, -3.0, 4e5)
MOVES, CHUNK = 20, 1_000_000
COUNCIL_PLACES = 50_000  # of the councils every answer is shapely's own, at some thousand corners a grid
HEADS = ["layer", "places", "points", "wrong by Index", "by Index.update", "by to_grids", "path", "changes that kept the table"]
Find = Callable[[Task], np.ndarray]


def options() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--points", type=int, default=1_000_000, help="places of every kind that is drawn at random")
    made.add_argument("--side", type=int, default=316, help="the lattice has side x side grids of 48 corners")
    made.add_argument("--scale", type=float, default=1.0, help="of the town Jianyang: 1 has 2,600 grids and 67 dedicated ones")
    made.add_argument("--seed", type=int, default=11, help="another one draws other places, and moves other borders")
    made.add_argument("--data", type=Path, default=Path(os.environ.get("GRIDMAP_SHARED_DATA", "../shared/data")), help="real layers")
    return made


def all_layers(given: argparse.Namespace) -> Iterator[tuple[str, gpd.GeoDataFrame, int | None, int]]:
    """Yield each layer: name, grids, cells of its table (None as `Index` chooses) and number of places."""
    yield "town", synth.jianyang(given.scale, events=1).grids, None, given.points
    if (given.data / COUNCILS).exists():
        areas = gpd.read_file(given.data / COUNCILS)
        yield "councils", layer(areas.geometry.to_numpy()).set_crs(areas.crs, allow_override=True), None, min(COUNCIL_PLACES, given.points)
    else:
        say(f"councils left out: no {COUNCILS} in the folder of --data")
    squares = np.array([shapely.box(a, b, a + 1, b + 1) for b in range(12) for a in range(12)])
    for cells in CELLS:
        for origin in ORIGINS:
            grids = layer(shapely.transform(squares, lambda corners, origin=origin: corners + origin))
            yield f"squares at {origin:g}, {cells or 'usual'} cells", grids, cells, max(given.points // 20, 1)
    yield "lattice", lattice(1, side=given.side).grids, None, given.points


def brought_up_to_date(grids: gpd.GeoDataFrame, random: np.random.Generator) -> tuple[assign.Index, int]:
    """Return the index of `grids` made from that of others, by moving some borders to and fro, and how many changes kept the table."""
    corners, index, kept = shared_corners(grids), assign.Index(grids), 0
    for _ in range(MOVES):
        away = move(grids, corners, random)
        for changed in (away, grids.loc[away.index]):
            index, tiles = index._updated(changed, ())
            kept += tiles is not None
    return index, kept


def on_frames(index: assign.Index, task: Task) -> np.ndarray:
    """Return positions in the codes by way of `to_grids`."""
    points = gpd.GeoDataFrame(geometry=gpd.array.GeometryArray(task.points, crs=task.grids.crs))
    return index.codes.get_indexer(assign.to_grids(points, index))


def asked(index: assign.Index, count: int, random: np.random.Generator) -> Places:
    """Return all places at which a layer is asked."""
    return places(index.grids.geometry.to_numpy(), count, random) | table_places(index._table, count, random)


def chunks(grids: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> Iterator[Task]:
    """Yield the places in parts that fit memory as geometries."""
    for begin in range(0, len(x), CHUNK):
        here = slice(begin, begin + CHUNK)
        yield Task(grids, np.ascontiguousarray(x[here]), np.ascontiguousarray(y[here]))


def held(name: str, grids: gpd.GeoDataFrame, cells: int | None, count: int, seed: int) -> Iterator[list[object]]:
    """Yield a row per kind of place, as `HEADS`."""
    random = np.random.default_rng(seed)
    index = with_cells(grids, cells)
    updated, kept = brought_up_to_date(grids, random)
    path = ", ".join(f"{kind}: {path}" for kind, path in index.path["path"].items())
    finders: list[Find] = [
        lambda task: index.lookup(task.x, task.y),
        lambda task: updated.lookup(task.x, task.y),
        lambda task: on_frames(index, task),
    ]
    for kind, (x, y) in asked(index, count, random).items():
        wrong = [0] * len(finders)
        for task in chunks(grids, x, y):
            owner = Truth.of(task).owner
            wrong = [before + int((find(task) != owner).sum()) for before, find in zip(wrong, finders, strict=True)]
        yield [name, kind, f"{len(x):,}", *wrong, path, f"{kept} of {2 * MOVES}"]


def main() -> int:
    """Run; 1 if an answer differs."""
    given = options().parse_args()
    begin = time.perf_counter()
    rows: list[list[object]] = []
    for name, grids, cells, count in all_layers(given):
        say(f"{name}: {len(grids):,} grids")
        rows += held(name, grids, cells, count, given.seed)
    mismatches = sum(int(str(wrong)) for row in rows for wrong in row[3:6])
    sys.stdout.write(table(HEADS, rows))
    sys.stdout.write(f"\n{mismatches} mismatches in {time.perf_counter() - begin:.0f} s\n")
    return 1 if mismatches else 0


if __name__ == "__main__":
    raise SystemExit(main())
