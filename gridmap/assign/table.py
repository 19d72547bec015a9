"""A table of cells over grids that do not overlap: a cell inside one grid holds its number, a border cell its few edges."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import shapely

CELLS_PER_EDGE = 8
FEWEST_CELLS, MOST_CELLS = 1 << 10, 1 << 23
MARGIN = 1e-3  # of a cell's side: how far a cell reaches beyond its square
SINGLE = 4e-6  # of a cell's side: single precision is trusted farther than this from every edge
COARSEST = 1e-8  # of a cell's side: steps between coordinates must be finer
SMALLEST, LARGEST = 1e-100, 1e100  # of coordinates other than zero; as in compiled.orientation
MOST_ITEMS = 64  # edges times cells they touch, per edge of the layer
MOST_PAIRS = 256  # pairs of edges in one cell, per edge of the layer
WORKERS = os.cpu_count() or 1
Result = TypeVar("Result")


@dataclass(frozen=True)
class Table:
    """The arrays that `compiled.locate` reads, in its order.

    Parameters
    ----------
    frame
        Lower left corner of the table (x, y), sides of a cell (x, y), margins (x, y); in the layer's CRS.
    shape
        Columns and rows.
    table
        Position of each cell's grid in the sorted codes, -1 for none, -2 - k for border cell k; a last entry -1 for the outside.
    offset, held, rows, change, items
        Of the border cells: where their edges begin in `items`, the grids at their anchor, the edges in single precision, what crossing
        each changes, and its place in `edges`.
    edges, faces, step
        Each edge once, from its lower to its upper end, shape (e, 4); the grids left and right of it, from 1, 0 for none; what crossing it
        to the right adds.
    tolerance
        In sides of a cell.
    """

    frame: np.ndarray
    shape: np.ndarray
    table: np.ndarray
    offset: np.ndarray
    held: np.ndarray
    rows: np.ndarray
    change: np.ndarray
    items: np.ndarray
    edges: np.ndarray
    faces: np.ndarray
    step: np.ndarray
    tolerance: np.ndarray

    def locate(self, x: np.ndarray, y: np.ndarray, out: np.ndarray) -> int:
        """Write each point's position into `out`, -1 for none, -2 where only GEOS can tell; return how many of the last there are."""
        from gridmap.assign.compiled.locate import locate

        return locate(
            x, y, out, self.frame, int(self.shape[0]), int(self.shape[1]), self.table, self.offset, self.held, self.rows, self.change,
            self.items, self.edges, self.faces, self.step, float(self.tolerance[0]),
        )  # fmt: skip


def build(polygons: np.ndarray, positions: np.ndarray, *, cells: int | None = None) -> Table | str:
    """Return the table of a layer, or the reason why it has none.

    Parameters
    ----------
    polygons
        Shape (n,). Missing and empty ones are passed over.
    positions
        Of each polygon in the sorted codes.
    cells
        About how many cells the table shall have; by default in proportion to the edges.

    Returns
    -------
    Table or str
        "invalid" if a ring is, "coordinates" if they are too coarse, small or large, "overlap" or "crossing" if two grids may share more
        than a border, "crowded" if many edges lie in few cells.

    Notes
    -----
    Cost: proportional to the corners. Soundness: `compiled.gate`.
    """
    drawn = ~(shapely.is_missing(polygons) | shapely.is_empty(polygons))
    found = _edges(polygons[drawn], positions[drawn])
    return found if isinstance(found, str) else _lay(*found, cells)


def _edges(polygons: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray] | str:
    """Return each edge once and the numbers of the grids on its two sides, or why that cannot be."""
    from gridmap.assign.compiled.pairing import CONFLICT, pair

    with ThreadPoolExecutor(1) as pool:  # shapely checks the rings while their edges are paired
        checked = pool.submit(lambda: bool(shapely.is_valid(polygons).all()))
        parts, of_polygon = shapely.get_parts(polygons, return_index=True)
        rings, of_part = shapely.get_rings(parts, return_index=True)
        corners = shapely.get_coordinates(rings)
        corners += 0.0  # no negative zero
        start = np.append(0, np.cumsum(shapely.get_num_coordinates(rings)))
        outer = np.diff(of_part, prepend=-1) != 0
        grid = (positions[of_polygon[of_part]] + 1).astype(np.int32)
        edges, faces = np.empty((len(corners), 4)), np.empty((len(corners), 2), dtype=np.int32)
        count = pair(corners, start, grid, shapely.is_ccw(rings) == outer, edges, faces)
        valid = checked.result()
    if not valid:
        return "invalid"
    if not _is_plain(corners):
        return "coordinates"
    return "overlap" if count == CONFLICT else (edges[:count], faces[:count])


def _is_plain(corners: np.ndarray) -> bool:
    """Tell whether exact arithmetic on the coordinates neither overflows nor underflows."""
    size = np.abs(corners)
    if not len(size) or (size.min() >= SMALLEST and size.max() <= LARGEST):
        return True
    return bool((size <= LARGEST).all() and ((size >= SMALLEST) | (size == 0.0)).all())


def _lay(edges: np.ndarray, faces: np.ndarray, cells: int | None) -> Table | str:
    """Return the table of edges, or why they have none."""
    from gridmap.assign.compiled import gate, local, raster

    frame, width, height = _frame(edges, cells)
    steps = np.spacing(np.abs(edges).max(initial=0.0)) / frame[2:4].min()
    if not steps <= COARSEST:
        return "coordinates"
    tolerance = SINGLE + 4.0 * steps
    wide = frame.copy()
    wide[4:] *= 1.01  # a cell's list holds what its margin meets for certain
    step = _steps(faces)
    sums = np.zeros((height, width), dtype=np.int64)
    counts = np.zeros(width * height, dtype=np.int32)
    with ThreadPoolExecutor(1) as pool:
        anchored = pool.submit(raster.anchors, edges, step, frame, sums)
        raster.raster(edges, wide, width, height, counts, np.empty(0, dtype=np.int32))
        border = np.flatnonzero(counts)
        offset = np.append(0, np.cumsum(counts[border], dtype=np.int64))
        pairs = float(np.square(counts[border], dtype=np.float64).sum())
        total = int(offset[-1])
        if total > MOST_ITEMS * len(edges) + FEWEST_CELLS or pairs > MOST_PAIRS * (len(edges) + FEWEST_CELLS):
            return "crowded"
        counts[border] = offset[:-1]
        items = np.empty(max(total, 1), dtype=np.int32)
        raster.raster(edges, wide, width, height, counts, items)
        anchored.result()
    held = sums.ravel()[border]
    found = _spread(lambda begin, end: gate.verdict(edges, step, border, offset, items, held, width, frame, begin, end), len(border))
    if any(found):
        return "crossing" if gate.CROSSING in found else "overlap"
    rows, change = np.empty((len(items), 5), dtype=np.float32), np.empty(len(items), dtype=np.int32)
    _spread(
        lambda begin, end: local.fill(edges, faces, border, offset, items, width, frame, MARGIN, tolerance, rows, change, begin, end),
        len(border),
    )
    table = np.append(sums.ravel().astype(np.int32), np.int32(0)) - np.int32(1)  # the lower half of a sum is the number
    table[border] = -2 - np.arange(len(border), dtype=np.int32)
    shape = np.array([width, height], dtype=np.int64)
    return Table(frame, shape, table, offset, held, rows, change, items, edges, faces, step, np.array([tolerance]))


def _steps(faces: np.ndarray) -> np.ndarray:
    """Return what crossing each edge to the right adds to a sum: grids in the upper half, their numbers in the lower."""
    left, right = faces[:, 0].astype(np.int64), faces[:, 1].astype(np.int64)
    return (right - left) + (((right > 0).astype(np.int64) - (left > 0)) << 32)


def _frame(edges: np.ndarray, cells: int | None) -> tuple[np.ndarray, int, int]:
    """Return the table's frame, columns and rows: cells about square, the layer a quarter of a cell within."""
    if not len(edges):
        return np.array([0.0, 0.0, 1.0, 1.0, MARGIN, MARGIN]), 1, 1
    left, right = edges[:, 0::2].min(), edges[:, 0::2].max()
    bottom, top = edges[:, 1].min(), edges[:, 3].max()
    goal = cells or min(max(CELLS_PER_EDGE * len(edges), FEWEST_CELLS), MOST_CELLS)
    columns = int(np.clip(np.sqrt(goal) * np.sqrt((right - left) / (top - bottom)), 1, goal))
    rows = max(goal // columns, 1)
    side_x, side_y = (right - left) / columns, (top - bottom) / rows
    frame = np.array([left - side_x / 4, bottom - side_y / 4, side_x, side_y, MARGIN * side_x, MARGIN * side_y])
    return frame, columns + 1, rows + 1


def _spread(work: Callable[[int, int], Result], count: int) -> list[Result]:
    """Return what `work(begin, end)` gives for parts of `count` things, on all processors."""
    step = max(-(-count // (4 * WORKERS)), 1)
    begins = range(0, count, step)
    if len(begins) < 2:
        return [work(begin, count) for begin in begins]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda begin: work(begin, min(begin + step, count)), begins))
