"""From one layer of grids to another: what every pair of grids shares."""

import warnings
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, schema
from gridmap.coverage.layer import drawn
from gridmap.crosswalk.layer import Layer, prepare
from gridmap.crosswalk.overlay import Overlay, overlay
from gridmap.errors import GridmapWarning, SchemaError

COUNTS = ("households", "residents")
COLUMNS = ("old_code", "new_code", "area_m2", "share_old", "share_new")


def between(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    *,
    weights: gpd.GeoDataFrame | None = None,
    events: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Measure what every grid of one layer shares with every grid of another.

    Parameters
    ----------
    old, new
        Base grids of one tier each (or polygons without `level` and `kind`), indexed by unique codes, any CRS. Rings must be valid. Where
        grids of one layer overlap, the place belongs to the smallest code, as an event there does.
    weights
        Buildings (or street blocks), each taken as one at a point on its surface, with `households`, `residents` or both, or neither.
    events
        Points; they belong to grids as `assign.to_grids` says. For `rebase` give the events that the series counts.

    Returns
    -------
    DataFrame
        A row per pair of grids that share a place, sorted by both codes, on a fresh index. Columns: `old_code`, `new_code`, `area_m2`,
        `share_old` and `share_new`, the area's share of either grid; with weights `buildings` and those of `households` and `residents`
        that they have; with events `events`. What of a grid lies in no grid of the other layer is a row with NA for the other code,
        so that the rows of every grid add up to the whole of it. Points without a place or in no grid of either layer are in no row.

    Raises
    ------
    SchemaError
        If levels are mixed, a code is missing or stands twice, a polygon is missing, empty or invalid, or a count is negative or infinite.
    CRSError
        If there is no CRS, or the frames' differ.

    Warns
    -----
    GridmapWarning
        If grids of one layer overlap; if a building has no geometry and is left out, or no number of households or residents and counts
        as 0.

    Notes
    -----
    Polygons are compared as they were drawn, and their areas are those of the metric CRS. The area that two polygons share comes from
    their edges alone, so that common borders, with the same corners or others, are exact within the rounding of coordinates; a shared
    strip that such rounding explains is no row. A grid that lies in another has the share 1 exactly. Areas add up to 1e-9 of the total.
    Cost: about 15 microseconds per pair of grids whose boxes meet, of 100 corners each.
    """
    layers = prepare({"old": old, "new": new})
    cells = overlay(*layers)
    counts: dict[str, np.ndarray] = {}
    if weights is not None:
        schema.require_frame(weights, "weights", geometry=schema.POLYGON | schema.POINT)
        schema.require_same_crs(old, weights, "old, weights")
        cells, counts = _counted(cells, layers, placed(weights), dict(amounts(weights)), counts)
    if events is not None:
        schema.require_frame(events, "events", geometry=schema.POINT)
        schema.require_same_crs(old, events, "old, events")
        cells, counts = _counted(cells, layers, events.geometry.to_numpy(), {"events": np.ones(len(events), dtype=np.int64)}, counts)
    columns = {
        "old_code": layers[0].labels(cells.left),
        "new_code": layers[1].labels(cells.right),
        "area_m2": cells.area_m2,
        "share_old": cells.share_left,
        "share_new": cells.share_right,
    }
    return pd.DataFrame(columns | counts)


def placed(weights: gpd.GeoDataFrame) -> np.ndarray:
    """Return a point on the surface of each building, None where it has no geometry."""
    shapes = weights.geometry.to_numpy()
    there = drawn(shapes)
    if not there.all():
        warnings.warn(GridmapWarning("crosswalk_unplaced", what="weights", rows=weights.index[~there]), stacklevel=3)
    return shapely.point_on_surface(shapes)


def amounts(weights: gpd.GeoDataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what weights count, by name: whole numbers stay whole."""
    yield "buildings", np.ones(len(weights), dtype=np.int64)
    for name in COUNTS:
        if name in weights.columns:
            given = pd.to_numeric(weights[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
            wrong = (given < 0) | np.isinf(given)
            if wrong.any():
                raise SchemaError("crosswalk_count", what=name, given=given[wrong][0], rows=weights.index[wrong])
            unknown = np.isnan(given)
            if unknown.any():
                warnings.warn(GridmapWarning("crosswalk_unknown_count", what=name, rows=weights.index[unknown]), stacklevel=4)
            known = np.where(unknown, 0.0, given)
            yield name, known.astype(np.int64) if (known == np.rint(known)).all() else known


def _counted(
    cells: Overlay, layers: list[Layer], points: np.ndarray, amounts: dict[str, np.ndarray], before: dict[str, np.ndarray]
) -> tuple[Overlay, dict[str, np.ndarray]]:
    """Add up amounts at points for every pair of grids; a pair that shares points but no area is a row of its own."""
    left, right = (_positions(points, layer) for layer in layers)
    somewhere = ((left >= 0) | (right >= 0)) & ~shapely.is_missing(points)
    key = _keys(cells.left, cells.right, layers[1])
    wanted = _keys(left[somewhere], right[somewhere], layers[1])
    missing = np.setdiff1d(wanted, key)
    if len(missing):
        cells, place = _with_rows(cells, missing, layers)
        before = {name: np.append(values, np.zeros(len(missing), dtype=values.dtype))[place] for name, values in before.items()}
        key = _keys(cells.left, cells.right, layers[1])
    order = np.argsort(key)
    row = order[np.searchsorted(key, wanted, sorter=order)]
    counted = {name: np.zeros(len(key), dtype=values.dtype) for name, values in amounts.items()}
    for name, values in amounts.items():
        np.add.at(counted[name], row, values[somewhere])
    return cells, before | counted


def _positions(points: np.ndarray, layer: Layer) -> np.ndarray:
    """Return the position of the grid that each point belongs to, -1 for none."""
    if not len(layer.codes):
        return np.full(len(points), -1)
    frame = gpd.GeoDataFrame(geometry=points, crs=layer.measure.plane.drawn)
    owner = assign.to_grids(frame, layer.frame())
    return layer.codes.get_indexer(owner)


def _keys(left: np.ndarray, right: np.ndarray, other: Layer) -> np.ndarray:
    return (left + 1) * (len(other.codes) + 1) + right + 1


def _with_rows(cells: Overlay, keys: np.ndarray, layers: list[Layer]) -> tuple[Overlay, np.ndarray]:
    """Return the pairs with some more that share no area, in order, and where each stood before."""
    left, right = (part - 1 for part in np.divmod(keys, len(layers[1].codes) + 1))
    left, right = np.concatenate([cells.left, left]), np.concatenate([cells.right, right])
    place = np.lexsort((right, right < 0, left, left < 0))
    nothing = np.zeros(len(keys))
    area = np.append(cells.area_m2, nothing)[place]
    share_left = np.append(cells.share_left, nothing)[place]
    share_right = np.append(cells.share_right, nothing)[place]
    left, right = left[place], right[place]
    return Overlay(left, right, area, np.where(left < 0, np.nan, share_left), np.where(right < 0, np.nan, share_right)), place
