"""A table after some of its grids have moved: only the tiles that changed borders touch, or that change hands, are made anew."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridmap.assign.cells.edges import Edges, edges_of
from gridmap.assign.cells.table import MARGIN, Table, steps, widened

if TYPE_CHECKING:
    from gridmap.assign.cells.compiled.records import Layer

Extend = Callable[[str, np.ndarray, np.ndarray], np.ndarray]  # name of an array, the array, rows to add; returns the longer one
NO_ITEMS = np.empty(0, dtype=np.int32)


class Change(NamedTuple):
    """Grids of one kind that move: their polygons before and after, None where there is none, and their positions."""

    before: np.ndarray
    after: np.ndarray
    positions: np.ndarray
    dedicated: bool


class Delta(NamedTuple):
    """What is added to the sum at each anchor: per cell of the tiles with a slot, as a whole for the others."""

    slot: np.ndarray
    held: np.ndarray
    whole: np.ndarray


def patched(table: Table, change: Change, grids: int, extend: Extend) -> tuple[Table, np.ndarray] | None:
    """Return the table after a change and the tiles in which answers may differ, or None if it must be built anew.

    Parameters
    ----------
    table
        One that has a place for this kind of grid.
    change
        Of one kind. The rings of `after` are valid.
    grids
        How many positions there are.
    extend
        Gives the longer arrays.

    Notes
    -----
    What changes is held to the same proof as the whole layer, see `compiled.gate`; where it fails, the answer is None. Cost: proportional
    to the cells in the bounding boxes of the grids that move, not to the layer.
    """
    from gridmap.assign.cells.compiled import gate

    found = edges_of(change.after, change.positions)
    if isinstance(found, str) or not _within_frame(found[0], table):
        return None
    gone, added = _difference(table, change, found, grids)
    if added is None:
        return None
    delta = _delta(table, gone, added)
    top = _changed_wholes(table, delta, dedicated=change.dedicated)
    if top is None:
        return None
    tiles = np.flatnonzero((delta.slot >= 0) | ((delta.whole != 0) & (change.dedicated | (table.top[:-1] < -1))))
    first, rows = len(table.edges), {"edges": added[0], "faces": added[1], "step": steps(added[1])}
    grown = replace(table, top=top, **{name: extend(name, getattr(table, name), more) for name, more in rows.items()})
    moved, other = _moved(grown, tiles, change.dedicated, gone, delta, first), _kept(grown, tiles, dedicated=not change.dedicated)
    doubtful = np.zeros(grids + 1, dtype=bool)  # not looked at: the rings are valid
    layer = (moved.offset, moved.items, moved.held)
    if gate.verdict(grown.edges, grown.faces, grown.step, grown.frame, grown.shape, tiles, *layer, doubtful, 0, len(tiles)):
        return None
    layers = (moved, other) if change.dedicated else (other, moved)
    return _rewritten(grown, tiles, *layers, extend), np.flatnonzero((delta.slot >= 0) | (delta.whole != 0))


def _within_frame(edges: np.ndarray, table: Table) -> bool:
    """Tell whether edges lie within the table."""
    from gridmap.assign.cells.compiled.raster import TILE

    low, high = table.frame[:2], table.frame[:2] + (table.shape * TILE - 0.5) * table.frame[2:4]
    return not len(edges) or bool((edges.reshape(-1, 2) > low).all() and (edges.reshape(-1, 2) < high).all())


def _difference(table: Table, change: Change, found: Edges, grids: int) -> tuple[np.ndarray, Edges | None]:
    """Return the places of the edges that are no longer as they were, sorted, and those to be added; None for two grids on one side."""
    wanted = np.zeros(grids + 1, dtype=bool)
    wanted[change.positions + 1] = True
    old = _edges_of_grids(table, wanted, change.before)
    before, after = _sides(table.edges[old], table.faces[old]), _sides(*found)
    of_edge = np.tile(old, 2)[np.concatenate([table.faces[old, 0] > 0, table.faces[old, 1] > 0])]
    leaves = wanted[before["grid"]] & ~np.isin(before.view(RAW), after.view(RAW))
    gone = np.unique(of_edge[leaves])
    stays = before[np.isin(of_edge, gone) & ~leaves]  # what is left of an edge of which one side leaves is added as an edge of its own
    comes = after[~np.isin(after.view(RAW), before.view(RAW))]
    return gone, _joined(np.concatenate([stays, comes]))


SIDE = np.dtype([("line", "f8", 4), ("hand", "i8"), ("grid", "i8")])
RAW, LINE = np.dtype((np.void, SIDE.itemsize)), np.dtype((np.void, 32))


def _sides(edges: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return a row per side of an edge on which a grid lies, first all the left ones."""
    rows = np.zeros(2 * len(edges), dtype=SIDE)
    rows["line"], rows["grid"] = np.tile(edges, (2, 1)), faces.T.ravel()
    rows["hand"][len(edges) :] = 1
    return rows[rows["grid"] > 0]


def _joined(sides: np.ndarray) -> Edges | None:
    """Return each edge once and the grids on its sides; None if two grids claim one."""
    lines, number = np.unique(np.ascontiguousarray(sides["line"]).view(LINE).ravel(), return_inverse=True)
    faces = np.zeros((len(lines), 2), dtype=np.int32)
    faces[number, sides["hand"]] = sides["grid"]
    if np.count_nonzero(faces) < len(sides):
        return None
    return lines.view(np.float64).reshape(-1, 4), faces


def _edges_of_grids(table: Table, wanted: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Return the places of the edges of the wanted grids, sorted; `polygons` are theirs."""
    from gridmap.assign.cells.compiled.patch import edges_of_grids
    from gridmap.assign.cells.compiled.raster import TILE

    drawn = polygons[~(shapely.is_missing(polygons) | shapely.is_empty(polygons))]
    bounds = shapely.bounds(drawn).reshape(-1, 2, 2)
    corner = np.floor((bounds - table.frame[:2]) / table.frame[2:4]).astype(np.int64)
    corner[:, 0] -= 1
    corner[:, 1] += 1
    corner = np.clip(corner // TILE, 0, table.shape - 1)
    boxes = [np.arange(low[1], high[1] + 1)[:, None] * table.shape[0] + np.arange(low[0], high[0] + 1) for low, high in corner]
    tiles = np.unique(np.concatenate([box.ravel() for box in boxes])) if boxes else np.empty(0, dtype=np.int64)
    places = np.empty(4 * int(shapely.get_num_coordinates(drawn).sum()) + 64, dtype=np.int32)
    while True:
        count = edges_of_grids(wanted, tiles, table.top, table.cells, table.records, table.faces, places)
        if count <= len(places):
            return np.unique(places[:count])
        places = np.empty(count, dtype=np.int32)


def _delta(table: Table, gone: np.ndarray, added: Edges) -> Delta:
    """Return what edges that go and edges that come change at the anchors."""
    from gridmap.assign.cells.compiled import raster

    lines = np.concatenate([table.edges[gone], added[0]])
    signed = np.concatenate([-table.step[gone], steps(added[1])])
    slot, whole = np.empty(len(table.top) - 1, dtype=np.int32), np.zeros(len(table.top) - 1, dtype=np.int64)
    raster.mark(lines, widened(table.frame), table.shape, slot, 0, int(table.shape[1]) * raster.TILE)
    kept = raster.numbered(slot)
    held = np.zeros(kept * raster.CELLS, dtype=np.int64)
    touched = np.flatnonzero(slot >= 0) // table.shape[0]
    if kept:
        begin, end = int(touched[0]) * raster.TILE, (int(touched[-1]) + 1) * raster.TILE
        raster.anchors(lines, signed, table.frame, table.shape, slot, begin, end, held, whole)
    return Delta(slot, held, whole)


def _changed_wholes(table: Table, delta: Delta, *, dedicated: bool) -> np.ndarray | None:
    """Return `top` with the tiles that change hands as a whole; None if two grids would hold one."""
    from gridmap.assign.cells.compiled.records import NUMBER

    top = table.top.copy()
    tiles = np.flatnonzero((delta.whole != 0) & (table.top[:-1] >= -1))
    if dedicated or not len(tiles):
        return top
    number = top[tiles].astype(np.int64) + 1
    total = number + ((number > 0).astype(np.int64) << 32) + delta.whole[tiles]
    if not ((total == 0) | (total >> 32 == 1)).all():
        return None
    top[tiles] = (total & NUMBER) - 1
    return top


def _moved(table: Table, tiles: np.ndarray, dedicated: bool, gone: np.ndarray, delta: Delta, first: int) -> "Layer":
    """Return the cells of some tiles of the kind that changed; the edges from `first` on are new."""
    from gridmap.assign.cells.compiled import raster
    from gridmap.assign.cells.compiled.raster import CELLS

    held = np.repeat(delta.whole[tiles], CELLS).reshape(-1, CELLS)
    touched = delta.slot[tiles] >= 0
    held[touched] = delta.held.reshape(-1, CELLS)[delta.slot[tiles[touched]]]
    added, wide = table.edges[first:], widened(table.frame)

    def more(slot: np.ndarray, cursor: np.ndarray, items: np.ndarray) -> None:
        raster.raster(added, wide, table.shape, slot, cursor, items, first, 0, int(table.shape[1]) * raster.TILE)

    return _cells(table, tiles, dedicated, gone, held.ravel(), more)


def _kept(table: Table, tiles: np.ndarray, *, dedicated: bool) -> "Layer":
    """Return the cells of some tiles of the kind that did not change."""
    from gridmap.assign.cells.compiled.raster import CELLS

    return _cells(table, tiles, dedicated, NO_ITEMS, np.zeros(len(tiles) * CELLS, dtype=np.int64), lambda *_: None)


def _cells(
    table: Table, tiles: np.ndarray, dedicated: bool, gone: np.ndarray, held: np.ndarray,
    more: Callable[[np.ndarray, np.ndarray, np.ndarray], None],
) -> "Layer":  # fmt: skip
    """Return the cells of some tiles: their edges but the ones that are gone and with `more`, and the sums at their anchors."""
    from gridmap.assign.cells.compiled import patch, raster
    from gridmap.assign.cells.compiled.records import Layer

    patch.add_held(tiles, dedicated, table.top, table.cells, table.records, held)
    slot = np.full(len(table.top) - 1, -1, dtype=np.int32)
    slot[tiles] = np.arange(len(tiles), dtype=np.int32)
    offset = np.zeros(len(tiles) * raster.CELLS + 1, dtype=np.int32)
    cursor, items = offset[1:], NO_ITEMS
    for _ in range(2):  # counts, then writes
        patch.listed(tiles, gone, dedicated, table.top, table.cells, table.records, cursor, items)
        more(slot, cursor, items)
        if items is NO_ITEMS:
            items = np.empty(max(int(raster.begins(cursor)[0]), 1), dtype=np.int32)
    return Layer(table.edges, table.faces, 0, slot, np.zeros(len(slot), dtype=np.int64), offset, items, held)


def _rewritten(table: Table, tiles: np.ndarray, dedicated: "Layer", base: "Layer", extend: Extend) -> Table:
    """Return the table with some of its tiles written anew."""
    from gridmap.assign.cells.compiled import records
    from gridmap.assign.cells.compiled.raster import CELLS

    words = np.empty(len(tiles), dtype=np.int64)
    records.measure(dedicated, base, tiles, words)
    start = np.append(0, np.cumsum(words))
    made, cells = np.empty(start[-1], dtype=np.int32), np.empty(len(tiles) * CELLS, dtype=np.int32)
    tolerance, first = float(table.tolerance[0]), len(table.records)
    records.fill(
        dedicated, base, tiles, start, table.shape, table.frame, MARGIN, tolerance, cells, made, made.view(np.float32), first, 0, len(tiles)
    )
    table.top[tiles] = -2 - (len(table.cells) // CELLS + np.arange(len(tiles), dtype=np.int32))
    return replace(table, cells=extend("cells", table.cells, cells), records=extend("records", table.records, made))


def renumbered(table: Table, position: np.ndarray) -> Table:
    """Return the table with other positions, given the new one of each; those of grids that are nowhere in it may be anything."""
    from gridmap.assign.cells.compiled.patch import renumber

    number = np.append(0, position + 1).astype(np.int32)
    faces = number[table.faces]
    top, cells = (np.where(values >= 0, number[np.maximum(values, -1) + 1] - 1, values) for values in (table.top, table.cells))
    records = table.records.copy()
    renumber(cells, number, faces, records)
    return replace(table, top=top, cells=cells, records=records, faces=faces, step=steps(faces))
