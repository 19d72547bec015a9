"""Our own works, and the bound they are held against: one read from a table per point."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import geopandas as gpd
import numba
import numpy as np
import shapely
from layers import Task
from machine import CORES
from ways import BUILD, GRIDS_READY, LIMIT, Way, Work

from gridmap import assign

CHUNK = 1 << 16  # points a thread takes at a time, as in `assign`
CELLS_PER_CORNER, MOST_CELLS = 4, 1 << 23  # about as many cells as `assign` lays


def build(task: Task) -> Work:
    """Build the index alone."""
    return lambda: assign.Index(task.grids)


def build_and_look_up(task: Task) -> Work:
    """Bring coordinates to positions in the codes, the index included."""
    return lambda: assign.Index(task.grids).lookup(task.x, task.y)


def look_up(task: Task, threads: int | None = None) -> Work:
    """Bring coordinates to positions in the codes."""
    index = assign.Index(task.grids)
    return lambda: index.lookup(task.x, task.y, threads=threads)


def to_grids(task: Task) -> Work:
    """Bring a frame of points, as `geopandas.sjoin` is given, to a Series of codes; an index is built where it pays."""
    points = _frame(task)
    return lambda: assign.to_grids(points, task.grids)


def to_grids_ready(task: Task) -> Work:
    """Bring a frame of points to a Series of codes."""
    points, index = _frame(task), assign.Index(task.grids)
    return lambda: assign.to_grids(points, index)


def _frame(task: Task) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.array.GeometryArray(task.points, crs=task.grids.crs))


@numba.njit(nogil=True)
def _read(places: tuple, out: np.ndarray, frame: tuple, columns: int, table: np.ndarray) -> None:
    x, y = places
    left, bottom, across, up = frame
    for point in range(len(x)):
        out[point] = table[int((y[point] - bottom) * up) * columns + int((x[point] - left) * across)]


def gather(task: Task, threads: int = CORES) -> Work:
    """Find the number of the cell, read and write once for every point: an exact answer by a table cannot do with less."""
    left, bottom, right, top = task.grids.total_bounds
    cells = min(CELLS_PER_CORNER * int(shapely.get_num_coordinates(task.tier.to_numpy()).sum()), MOST_CELLS)
    columns = max(int(np.sqrt(cells * (right - left) / (top - bottom))), 1)
    rows = max(cells // columns, 1)
    frame = (left, bottom, columns / (right - left), rows / (top - bottom))
    table = np.arange((rows + 1) * (columns + 1), dtype=np.int32)  # points may lie on the upper and right sides

    def part(out: np.ndarray, begin: int) -> None:
        here = slice(begin, begin + CHUNK)
        _read((task.x[here], task.y[here]), out[here], frame, columns + 1, table)

    def work() -> np.ndarray:
        out = np.empty(len(task.x), dtype=np.int32)
        begins = range(0, len(out), CHUNK)
        if min(threads, len(begins)) < 2:
            for begin in begins:
                part(out, begin)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(partial(part, out), begins))
        return out

    return work


ARRAYS, ARRAYS_READY, ONE_THREAD = "gridmap, arrays", "gridmap, arrays, ready", "gridmap, arrays, ready, one thread"
FRAME, FRAME_READY = "gridmap, frame to codes", "gridmap, frame to codes, ready"
INDEX, GATHER = "gridmap, build of the index", "gather only"
OWN = (
    Way(ARRAYS, build_and_look_up, "gridmap", CORES),
    Way(FRAME, to_grids, "gridmap", CORES),
    Way(INDEX, build, "gridmap", CORES, BUILD),
    Way(ARRAYS_READY, look_up, "gridmap", CORES, GRIDS_READY),
    Way(ONE_THREAD, partial(look_up, threads=1), "gridmap", 1, GRIDS_READY),
    Way(FRAME_READY, to_grids_ready, "gridmap", CORES, GRIDS_READY),
    Way(GATHER, gather, "numba", CORES, LIMIT),
    Way("gather only, one thread", partial(gather, threads=1), "numba", 1, LIMIT),
)
