"""A table of cells over grids of which no two of one kind overlap: a cell inside one grid holds its number, a border cell its few edges."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import shapely

from gridmap.assign.cells.edges import NO_EDGES, Edges, edges_of
from gridmap.assign.threads import WORKERS, spread

if TYPE_CHECKING:
    from gridmap.assign.cells.compiled.records import Layer

CELLS_PER_EDGE = 8
FEWEST_CELLS, MOST_CELLS = 1 << 10, 1 << 23
MARGIN = 1e-3  # of a cell's side: how far a cell reaches beyond its square
SINGLE = 4e-6  # of a cell's side: single precision is trusted farther than this from every edge
COARSEST = 1e-8  # of a cell's side: steps between coordinates must be finer
MOST_ITEMS = 64  # edges times cells they touch, per edge of the layer
MOST_PAIRS = 256  # pairs of edges in one cell, per edge of the layer
FEW = 256  # polygons that one thread looks at
POLYGON = int(shapely.GeometryType.POLYGON)
MOST_RECORDED = 1 << 27  # edges times cells in all: places in the records are 32-bit numbers
Result = TypeVar("Result")


@dataclass(frozen=True)
class Table:
    """The arrays that `compiled.locate` reads, in its order.

    Parameters
    ----------
    frame
        Lower left corner of the table (x, y), sides of a cell (x, y), margins (x, y); in the layer's CRS.
    shape
        Columns and rows of tiles; see `compiled.raster`.
    top
        Position of each tile's grid in the sorted codes, -1 for none, -2 - k for the kept tile k; a last entry -1 for the outside.
    cells
        The same for each cell of the kept tiles, with -2 - k where the record at k decides.
    records
        Of the border cells and those in dedicated grids; see `compiled.records`.
    edges, faces, step
        Each edge of each kind once, from its lower to its upper end, shape (e, 4); the grids left and right of it, from 1, 0 for none; what
        crossing it to the right adds to a sum.
    tolerance
        In sides of a cell.
    """

    frame: np.ndarray
    shape: np.ndarray
    top: np.ndarray
    cells: np.ndarray
    records: np.ndarray
    edges: np.ndarray
    faces: np.ndarray
    step: np.ndarray
    tolerance: np.ndarray

    def locate(self, x: np.ndarray, y: np.ndarray, base: np.ndarray, dedicated: np.ndarray) -> int:
        """Write each point's positions, -1 for none, -2 where only GEOS can tell; return how many of the last there are.

        Without room for the dedicated grid, `base` receives the owner: the dedicated grid before the base grid.
        """
        from gridmap.assign.cells.compiled.locate import locate

        return locate(
            x, y, base, dedicated, self.frame, self.shape, self.top, self.cells, self.records, self.records.view(np.float32), self.edges,
            self.faces, self.step, float(self.tolerance[0]),
        )  # fmt: skip

    def tiles(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the tile of each point, the number of the last entry of `top` for those outside."""
        from gridmap.assign.cells.compiled.locate import cells_of
        from gridmap.assign.cells.compiled.raster import SHIFT

        column, row = np.empty(len(x), dtype=np.int32), np.empty(len(x), dtype=np.int32)
        cells_of(x, y, self.frame, self.shape, column, row)
        return (row >> SHIFT) * np.int32(self.shape[0]) + (column >> SHIFT)


def build(layers: Mapping[str, tuple[np.ndarray, np.ndarray]], *, cells: int | None = None) -> tuple[Table, dict[str, str]]:
    """Return the table of the layers that have one, and for the others the reason why they have none.

    Parameters
    ----------
    layers
        Of "dedicated" and "base": polygons, shape (n,), missing and empty ones are passed over; the position of each in the sorted codes.
    cells
        About how many cells the table shall have; by default in proportion to the edges.

    Returns
    -------
    Table
        Of the layers without a reason.
    dict
        "invalid" if a ring is, "coordinates" if they are too coarse, small or large, "overlap" or "crossing" if two grids may share more
        than a border, "crowded" if many edges lie in few cells.

    Notes
    -----
    Cost: proportional to the corners. Soundness: `compiled.gate`.
    """
    reasons: dict[str, str] = {}
    doubtful = {kind: np.zeros(positions.max(initial=-1) + 2, dtype=bool) for kind, (_, positions) in layers.items()}
    edges = {kind: _unless(kind, edges_of(*layer), reasons, NO_EDGES) for kind, layer in layers.items()}
    frame, shape = _frame([found for found, _ in edges.values()], cells)
    tolerance = _tolerance(edges, frame, reasons)
    none = _empty(shape)
    laid = {kind: _unless(kind, _lay(*edges[kind], frame, shape, doubtful[kind]), reasons, none) for kind in layers}
    for kind, layer in layers.items():
        small = (shape == 1).all()  # or without an extent: then the table is laid elsewhere
        if not _are_valid(*layer, None if kind in reasons or small else doubtful[kind], edges[kind][1]):
            reasons[kind], laid[kind] = "invalid", none
    return fuse(laid["dedicated"], laid["base"], frame, shape, tolerance), reasons


def _are_valid(polygons: np.ndarray, positions: np.ndarray, doubtful: np.ndarray | None, faces: np.ndarray) -> bool:
    """Tell whether all rings are valid: shapely looks at the polygons in doubt, at those of several rings, and at those without an edge."""
    if doubtful is not None:
        doubtful = doubtful.copy()
        doubtful[1:] |= np.bincount(faces.ravel(), minlength=len(doubtful))[1:] == 0
        polygons = polygons[
            doubtful[positions + 1] | (shapely.get_type_id(polygons) != POLYGON) | (shapely.get_num_interior_rings(polygons) > 0)
        ]
    return all(spread(lambda begin, end: _no_ring_invalid(polygons[begin:end]), len(polygons), least=FEW))


def _no_ring_invalid(polygons: np.ndarray) -> bool:
    return bool((shapely.is_valid(polygons) | shapely.is_missing(polygons)).all())


def _unless(kind: str, found: Result | str, reasons: dict[str, str], nothing: Result) -> Result:
    """Return what was found, or `nothing` if it is a reason, which is noted."""
    if isinstance(found, str):
        reasons[kind] = found
        return nothing
    return found


def _frame(edges: list[np.ndarray], cells: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the table's frame and its tiles: cells about square, the layers a quarter of a cell within."""
    from gridmap.assign.cells.compiled.pairing import extent
    from gridmap.assign.cells.compiled.raster import TILE

    extents = np.array([extent(each) for each in edges])
    (left, bottom), (right, top) = extents[:, :2].min(axis=0), extents[:, 2:].max(axis=0)
    if not (left < right and bottom < top):  # no grid, or invalid rings without an area
        return np.array([0.0, 0.0, 1.0, 1.0, MARGIN, MARGIN]), np.ones(2, dtype=np.int64)
    goal = cells or min(max(CELLS_PER_EDGE * sum(map(len, edges)), FEWEST_CELLS), MOST_CELLS)
    columns = int(np.clip(np.sqrt(goal) * np.sqrt((right - left) / (top - bottom)), 1, goal))
    rows = max(goal // columns, 1)
    side_x, side_y = (right - left) / columns, (top - bottom) / rows
    frame = np.array([left - side_x / 4, bottom - side_y / 4, side_x, side_y, MARGIN * side_x, MARGIN * side_y])
    return frame, np.array([columns // TILE + 1, rows // TILE + 1], dtype=np.int64)


def _tolerance(edges: dict[str, Edges], frame: np.ndarray, reasons: dict[str, str]) -> float:
    """Return how near an edge single precision is not trusted; empty the layers whose coordinates are too coarse for the cells."""
    finest = 0.0
    for kind, (found, _) in edges.items():
        steps = float(np.spacing(np.abs(found).max(initial=0.0)) / frame[2:4].min())
        if steps <= COARSEST:
            finest = max(finest, steps)
        else:
            reasons[kind], edges[kind] = "coordinates", NO_EDGES
    return SINGLE + 4.0 * finest


def _empty(shape: np.ndarray) -> "Layer":
    """Return a layer without edges."""
    from gridmap.assign.cells.compiled.records import Layer

    nothing, tiles = np.empty(0, dtype=np.int32), int(shape.prod())
    return Layer(*NO_EDGES, 0, np.full(tiles, -1, dtype=np.int32), np.zeros(tiles, dtype=np.int64), np.zeros(1, dtype=np.int32), nothing,
                 np.empty(0, dtype=np.int64))  # fmt: skip


def _lay(edges: np.ndarray, faces: np.ndarray, frame: np.ndarray, shape: np.ndarray, doubtful: np.ndarray) -> "Layer | str":
    """Return the cells of one kind of grid, or why they have none; mark the grids in `doubtful` whose rings may not be simple."""
    from gridmap.assign.cells.compiled import gate, raster
    from gridmap.assign.cells.compiled.records import Layer

    if not len(edges):
        return _empty(shape)
    wide, step, nothing = widened(frame), steps(faces), np.empty(0, dtype=np.int32)
    slot, whole = np.empty(int(shape.prod()), dtype=np.int32), np.zeros(int(shape.prod()), dtype=np.int64)
    bands = _bands(edges, wide, shape)
    spread(lambda band, _: raster.mark(edges, wide, shape, slot, bands[band], bands[band + 1]), len(bands) - 1, most=1)
    kept = raster.numbered(slot)
    held = np.zeros(kept * raster.CELLS, dtype=np.int64)
    offset = np.zeros(kept * raster.CELLS + 1, dtype=np.int32)
    cursor = offset[1:]  # counts, then where the edges of a cell begin, in the end where they end, which is where the next ones begin
    with ThreadPoolExecutor(1) as pool:
        anchored = pool.submit(raster.anchors, edges, step, frame, shape, slot, 0, bands[-1], held, whole)
        _list(edges, wide, shape, slot, cursor, nothing, bands)
        total, pairs = raster.begins(cursor)
        if total > min(MOST_ITEMS * len(edges) + FEWEST_CELLS, MOST_RECORDED) or pairs > MOST_PAIRS * (len(edges) + FEWEST_CELLS):
            return "crowded"
        items = np.empty(max(total, 1), dtype=np.int32)
        _list(edges, wide, shape, slot, cursor, items, bands)
        anchored.result()
    tiles = np.flatnonzero(slot >= 0)
    cells = (frame, shape, tiles, offset, items, held, doubtful)
    found = spread(lambda begin, end: gate.verdict(edges, faces, step, *cells, begin, end), kept)
    if any(found):
        return "crossing" if gate.CROSSING in found else "overlap"
    return Layer(edges, faces, 0, slot, whole, offset, items, held)


def _bands(edges: np.ndarray, frame: np.ndarray, shape: np.ndarray) -> list[int]:
    """Return rows of cells that bound parts of whole tiles with about as many edges each: threads do not meet in a cell."""
    from gridmap.assign.cells.compiled.raster import TILE

    heights = np.quantile(edges[:: max(len(edges) >> 10, 1), 1], np.linspace(0, 1, 2 * WORKERS + 1)[1:-1])
    rows = np.floor((heights - frame[1]) / (frame[3] * TILE)).astype(np.int64)
    return [int(row) * TILE for row in np.unique([0, *np.clip(rows, 0, shape[1]), shape[1]])]


def _list(
    edges: np.ndarray, frame: np.ndarray, shape: np.ndarray, slot: np.ndarray, cursor: np.ndarray, items: np.ndarray, bands: list[int]
) -> None:
    """List the edges of each cell as `compiled.raster` does, by several threads."""
    from gridmap.assign.cells.compiled.raster import raster

    spread(lambda band, _: raster(edges, frame, shape, slot, cursor, items, 0, bands[band], bands[band + 1]), len(bands) - 1, most=1)


def widened(frame: np.ndarray) -> np.ndarray:
    """Return the frame by which edges are listed: a cell's list holds what its margin meets for certain."""
    wide = frame.copy()
    wide[4:] *= 1.01
    return wide


def steps(faces: np.ndarray) -> np.ndarray:
    """Return what crossing each edge to the right adds to a sum: grids in the upper half, their numbers in the lower."""
    from gridmap.assign.cells.compiled import pairing

    step = np.empty(len(faces), dtype=np.int64)
    pairing.steps(np.ascontiguousarray(faces), step)
    return step


def fuse(dedicated: "Layer", base: "Layer", frame: np.ndarray, shape: np.ndarray, tolerance: float) -> Table:
    """Return the one table of both kinds."""
    from gridmap.assign.cells.compiled import records
    from gridmap.assign.cells.compiled.raster import CELLS

    base = base._replace(first=len(dedicated.edges))
    kept = (dedicated.slot >= 0) | (base.slot >= 0) | (dedicated.whole != 0)
    tiles = np.flatnonzero(kept)
    words = np.empty(len(tiles), dtype=np.int64)
    spread(lambda begin, end: records.measure(dedicated, base, tiles[begin:end], words[begin:end]), len(tiles))
    start = np.append(0, np.cumsum(words))
    # Lookups read the first word and cell even if there is none; cells added later must begin at a whole tile.
    made, cells = (
        np.empty(count, dtype=np.int32) if count else np.full(least, -1, dtype=np.int32)
        for count, least in ((start[-1], 1), (len(tiles) * CELLS, CELLS))
    )
    singles = made.view(np.float32)
    spread(
        lambda begin, end: records.fill(
            dedicated, base, tiles, start, shape, frame, MARGIN, tolerance, cells, made, singles, 0, begin, end
        ),
        len(tiles),
    )
    top = np.append((base.whole & records.NUMBER) - 1, -1).astype(np.int32)
    top[tiles] = -2 - np.arange(len(tiles), dtype=np.int32)
    edges, faces = np.concatenate([dedicated.edges, base.edges]), np.concatenate([dedicated.faces, base.faces])
    return Table(frame, shape, top, cells, made, edges, faces, steps(faces), np.array([tolerance]))
