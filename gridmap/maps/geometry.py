"""Geometry on its way into a page: longitude and latitude, simplified as a coverage, packed as whole numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import geopandas as gpd
import numpy as np
import shapely

from gridmap.schema import require_crs

Bounds = tuple[float, float, float, float]
Feature = dict[str, list]

PRECISION = 1e6  # six decimals of a degree: 0.1 m
PLAIN_VERTICES = 60_000  # up to here a page is small without simplification
STEPS_ACROSS = 20_000  # ten steps to a pixel on a screen 2,000 pixels wide


@dataclass(frozen=True)
class Packed:
    """Features of one layer ready for JSON.

    Attributes
    ----------
    keys
        Fingerprints of the parts, in the order of the rows; two tiers of one same polygon have one fingerprint.
    parts
        Fingerprint -> features; a page carries parts with the same fingerprint once. A feature is one dict a
        row: `a` areas (polygons -> rings), `l` lines, `p` points. A ring or line is a flat list of whole numbers: longitude and latitude
        of the first vertex in millionths of a degree, then the steps to the next. None where the row has none.
    bounds
        West, south, east, north in degrees, None without any geometry.
    """

    keys: tuple[str, ...]
    parts: dict[str, list[Feature | None]]
    bounds: Bounds | None


def pack(frame: gpd.GeoDataFrame | gpd.GeoSeries, what: str, *, coverages: np.ndarray | None = None) -> Packed:
    """Pack the geometry of every row.

    Parameters
    ----------
    frame
        Any geometries, with a CRS.
    what
        Its name in an error.
    coverages
        Shape (n,): rows with the same number form one coverage and are simplified together; None leaves all as they are.

    Notes
    -----
    Of a mixed collection only the parts of the highest dimension are kept.
    """
    require_crs(frame, what)
    shapes = shapely.force_2d(frame.geometry.to_crs(4326).to_numpy())
    bounds, tolerance = extent(shapes)
    if coverages is not None and tolerance:
        shapes = simplified(shapes, coverages, tolerance)
    features = [feature(shape) for shape in shapes]
    # Each tier is a part of its own, so that a choropleth of one tier shares it with the outlines of all.
    runs = np.split(np.arange(len(shapes)), [] if coverages is None else np.flatnonzero(np.diff(coverages)) + 1)
    return bundled([[features[row] for row in run] for run in runs], [bounds])


def extent(shapes: np.ndarray) -> tuple[Bounds | None, float]:
    """Return the box around shapes, and by how much a layer of them is simplified in the units of the box: 0 where they are few."""
    known = shapely.bounds(shapes)
    bounds = joined([tuple(box) for box in known[np.isfinite(known).all(axis=1)].tolist()])
    if bounds is None or shapely.get_num_coordinates(shapes).sum() <= PLAIN_VERTICES:
        return bounds, 0.0
    return bounds, max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / STEPS_ACROSS


def bundled(parts: Sequence[list[Feature | None]], boxes: Sequence[Bounds | None]) -> Packed:
    """Return lists of packed features as one layer."""
    held = [part for part in parts if part]
    keys = tuple(sha256(repr(part).encode()).hexdigest()[:16] for part in held)
    return Packed(keys, dict(zip(keys, held, strict=True)), joined(boxes))


def joined(boxes: Sequence[Bounds | None]) -> Bounds | None:
    """Return the box around all boxes that are known."""
    known = np.array([box for box in boxes if box is not None])
    if not len(known):
        return None
    west, south = known[:, :2].min(axis=0).tolist()
    east, north = known[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def simplified(shapes: np.ndarray, coverages: np.ndarray, tolerance: float) -> np.ndarray:
    """Simplify each coverage so that shared borders stay shared; rows GEOS cannot take stay as they are."""
    result = shapes.copy()
    sound = shapely.is_valid(shapes) & ~shapely.is_empty(shapes) & np.isin(shapely.get_type_id(shapes), (3, 6))
    for coverage in np.unique(coverages):
        rows = np.flatnonzero((coverages == coverage) & sound)
        if len(rows):
            simple = shapely.coverage_simplify(shapes[rows], tolerance)
            kept = ~shapely.is_empty(simple)
            result[rows[kept]] = simple[kept]
    return result


def feature(shape: shapely.Geometry | None) -> Feature | None:
    """Pack one geometry of any type."""
    if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
        return None
    packed: Feature = {}
    parts = _simple_parts(shape)
    highest = max(shapely.get_dimensions(parts))
    for part in parts:
        if shapely.get_dimensions(part) < highest:
            continue
        if isinstance(part, shapely.Polygon):
            packed.setdefault("a", []).append([_line(ring, closed=True) for ring in (part.exterior, *part.interiors)])
        elif isinstance(part, shapely.Point):
            packed.setdefault("p", []).append(_line(part, closed=False))
        else:
            packed.setdefault("l", []).append(_line(part, closed=False))
    return packed


def _simple_parts(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Return the points, lines and polygons inside any nesting of collections."""
    if not hasattr(shape, "geoms"):
        return [] if shape.is_empty else [shape]
    return [simple for part in shape.geoms for simple in _simple_parts(part)]


def _line(shape: shapely.Geometry, *, closed: bool) -> list[int]:
    """Return the vertices as steps in millionths of a degree, without repeats and without the closing vertex."""
    ticks = np.rint(shapely.get_coordinates(shape) * PRECISION).astype(np.int64)
    steps = np.diff(ticks, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    steps = np.concatenate([steps[:1], steps[1:][np.any(steps[1:] != 0, axis=1)]])
    if closed and len(steps) > 1:
        steps = steps[:-1]
    return steps.ravel().tolist()
