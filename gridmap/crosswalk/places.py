"""Places in which two layers disagree: their geometry, and whether they are slivers."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely

from gridmap.assign.threads import spread
from gridmap.coverage.layer import narrow, polygon_parts
from gridmap.crosswalk.layer import Layer
from gridmap.crosswalk.overlay import Overlay

LEAST = 64  # overlays worth a turn of a thread


def places(cells: Overlay, wanted: np.ndarray, one: Layer, other: Layer, width_m: float) -> pd.DataFrame:
    """Return a row per pair that is wanted and kind: its number, kind, area, mean width and geometry."""
    rows = np.flatnonzero(wanted)
    shapes = np.empty(len(rows), dtype=object)
    both = (cells.left[rows] >= 0) & (cells.right[rows] >= 0)
    left, right = one.polygons[cells.left[rows[both]]], other.polygons[cells.right[rows[both]]]
    shapes[both] = _in_parts(lambda begin, end: shapely.intersection(left[begin:end], right[begin:end]), len(left))
    for layer, against, position, partner in ((one, other, cells.left, cells.right), (other, one, cells.right, cells.left)):
        alone = (position[rows] >= 0) & (partner[rows] < 0)
        shapes[alone] = _without(layer, against, position, partner, rows[alone])
    parts, owner = polygon_parts(shapes)
    plane = one.measure.plane
    metric = plane.measured(parts)
    solid = shapely.area(metric) > 0
    parts, owner, metric = parts[solid], rows[owner[solid]], metric[solid]
    alone = (cells.left[owner] < 0) | (cells.right[owner] < 0)
    kind = np.where(narrow(metric, width_m), "sliver", np.where(alone, "one_sided", "conflict"))
    frame = pd.DataFrame({"row": owner, "kind": kind, "area": shapely.area(metric), "around": shapely.length(metric)})
    together = frame.groupby(["row", "kind"], sort=True)
    table = together[["area", "around"]].sum().reset_index()
    number = together.ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    table["geometry"] = shapely.multipolygons(parts[order], indices=number[order]) if len(parts) else np.empty(0, dtype=object)
    table["width_m"] = 2 * table["area"] / table["around"]
    # Measured corner by corner the parts of a pair do not quite add up to what it shares.
    table["area_m2"] = cells.area_m2[table["row"].to_numpy()] * (table["area"] / table.groupby("row")["area"].transform("sum"))
    return table


def _in_parts(work: Callable[[int, int], np.ndarray], count: int) -> np.ndarray:
    done = spread(work, count, least=LEAST)
    return np.concatenate(done) if done else np.empty(0, dtype=object)


def _without(layer: Layer, against: Layer, position: np.ndarray, partner: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return what of the grids in some rows lies in no grid of the other layer."""
    order = np.lexsort((partner, position))
    begin, end = np.searchsorted(position[order], position[rows]), np.searchsorted(position[order], position[rows], side="right")
    shapes = np.empty(len(rows), dtype=object)
    for number, row in enumerate(rows):
        beside = partner[order[begin[number] : end[number]]]
        shapes[number] = shapely.difference(layer.polygons[position[row]], shapely.union_all(against.polygons[beside[beside >= 0]]))
    return shapes
