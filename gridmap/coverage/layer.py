"""A tier made ready for overlays: repaired polygons in one order, drawn in one CRS and measured in another."""

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap import borders, crs, schema

NOISE_M = 1e-6  # thinner than this is rounding of the overlay, which works on coordinates of 1e-9 m
POLYGON_TYPE = 3


@dataclass(frozen=True)
class Plane:
    """The CRS in which polygons are compared, as they were drawn, and the metric CRS in which results are measured.

    A border straight in degrees is not straight in metres: comparing where it was drawn keeps shared borders shared.
    """

    drawn: CRS
    metric: CRS

    def measured(self, geometries: np.ndarray) -> np.ndarray:
        """Return geometries of the drawn CRS in the metric one."""
        return crs.transform(gpd.GeoSeries(geometries, crs=self.drawn), self.metric).to_numpy()

    def drawn_again(self, geometries: np.ndarray) -> np.ndarray:
        """Return geometries of the metric CRS in the drawn one."""
        return crs.transform(gpd.GeoSeries(geometries, crs=self.metric), self.drawn).to_numpy()

    def length(self, metres: float) -> float:
        """Return a short length in units of the drawn CRS, never too short."""
        metres_per_unit = 111_000.0 if self.drawn.is_geographic else self.drawn.axis_info[0].unit_conversion_factor
        return metres / metres_per_unit


@dataclass(frozen=True)
class Layer:
    """Grids in the order of their codes.

    Parameters
    ----------
    rows
        Position of each in the frame.
    codes
        Codes as text, sorted; two rows may share one.
    given
        Geometries as they came.
    valid
        Whether each is a valid polygon.
    polygons
        Repaired, normalised copies, safe to overlay; empty where there is no polygon.
    plane
        Where they are compared and measured.
    """

    rows: np.ndarray
    codes: np.ndarray
    given: np.ndarray
    valid: np.ndarray
    polygons: np.ndarray
    plane: Plane

    @cached_property
    def fitting(self) -> shapely.Geometry | None:
        """The union of grids that fit together corner by corner, so that no two overlap; None where they do not."""
        return borders.union(self.polygons)

    @cached_property
    def covered(self) -> np.ndarray:
        """The single polygons of the union of the grids."""
        whole = shapely.union_all(self.polygons) if self.fitting is None else self.fitting
        return polygon_parts(np.array([whole]))[0]

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The tree of the polygons."""
        return shapely.STRtree(self.polygons)


@dataclass(frozen=True)
class Repaired(Layer):
    """Grids whose polygons are a valid coverage, and as they are given; with the parts of their union, where it is known.

    A union takes longer than anything else that is done with a large layer.
    """

    union: np.ndarray | None = None

    @cached_property
    def covered(self) -> np.ndarray:
        """The single polygons of the union of the grids."""
        return _union(self.polygons) if self.union is None else self.union

    def redrawn(self, polygons: np.ndarray, added: np.ndarray) -> "Repaired":
        """Return the layer with polygons that cover the same place, with the same border, and the places added, which have its corners."""
        union = _union(np.concatenate([self.covered, added])) if len(added) else self.covered
        return self if polygons is self.polygons else as_repaired(self, polygons, union)


def as_repaired(layer: Layer, polygons: np.ndarray, union: np.ndarray | None = None) -> Repaired:
    """Return a layer with the normalised polygons that a repair gave it."""
    return Repaired(layer.rows, layer.codes, polygons, drawn(polygons), polygons, layer.plane, union)


def _union(polygons: np.ndarray) -> np.ndarray:
    return polygon_parts(np.array([shapely.coverage_union_all(polygons)]))[0]


def prepare(grids: gpd.GeoDataFrame, **others: gpd.GeoDataFrame | None) -> Layer:
    """Repair and order one tier; `others`, by their names, say where on Earth it lies if it has no polygon itself.

    Raises
    ------
    SchemaError
        If levels are mixed, an identifier is missing, or a geometry is not a polygon.
    CRSError
        If there is no CRS, or the frames' differ.
    """
    schema.require_frame(grids, "grids", geometry=schema.POLYGON)
    if grids.index.hasnans:
        schema.require_index(grids.index, "grids")
    schema.require_one_tier(grids)
    present = {name: frame for name, frame in others.items() if frame is not None}
    for name, frame in present.items():
        schema.require_same_crs(grids, frame, f"grids and {name}")
    codes = texts(grids.index)
    given = grids.geometry.to_numpy()
    valid = drawn(given) & shapely.is_valid(given)
    polygons = repaired(given, valid)
    order = np.argsort(codes, kind="stable")
    if (codes[order[1:]] == codes[order[:-1]]).any():
        order = np.lexsort((shapely.to_wkb(polygons), codes))
    plane = _plane(grids, *present.values())
    return Layer(order, codes[order], given[order], valid[order], polygons[order], plane)


def texts(codes: pd.Index) -> np.ndarray:
    """Return codes as text."""
    return np.array(list(map(str, codes.to_numpy(dtype=object))), dtype=object)


def repaired(geometries: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return valid, normalised polygons; empty ones where nothing is left. `valid` are those known to be."""
    # The default method takes half a minute on one wild ring.
    whole = np.where(shapely.is_missing(geometries), shapely.Polygon(), geometries)
    invalid = ~(shapely.is_valid(whole) if valid is None else valid)
    whole[invalid] = shapely.make_valid(whole[invalid], method="structure", keep_collapsed=False)
    return shapely.normalize(shapely.force_2d(whole))


def drawn(geometries: np.ndarray) -> np.ndarray:
    """Tell which geometries are there: neither missing nor empty."""
    return ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))


def polygon_parts(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return every single polygon in `geometries` and the position of the geometry it belongs to; lines and points are left out."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # a collection may hold multipolygons
    flat = (shapely.get_type_id(parts) == POLYGON_TYPE) & ~shapely.is_empty(parts)
    return parts[flat], owner[inner][flat]


def thickness(metric: np.ndarray) -> np.ndarray:
    """Return 2 x area / perimeter in metres: the width of a long strip, half the side of a square."""
    around = shapely.length(metric)
    return np.divide(2 * shapely.area(metric), around, out=np.zeros(len(metric)), where=around > 0)


def narrow(metric: np.ndarray, width_m: float) -> np.ndarray:
    """Tell which single polygons hold no circle of diameter `width_m`."""
    slim = thickness(metric) < width_m  # never more than the widest circle
    slim[slim] = shapely.is_empty(shapely.buffer(metric[slim], -width_m / 2))
    return slim


def without_earlier(polygons: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Return polygons of which every later one lacks what earlier ones hold, pair by pair of positions; empty where nothing is left."""
    order = np.argsort(later, kind="stable")
    number, begins = np.unique(later[order], return_index=True)
    kept = polygons.copy()
    for position, taken in zip(number, np.split(earlier[order], begins[1:]), strict=True):
        rest = shapely.difference(polygons[position], shapely.union_all(polygons[taken]))
        kept[position] = shapely.union_all(polygon_parts(np.array([rest]))[0])
    return kept


def _plane(*frames: gpd.GeoDataFrame) -> Plane:
    for frame in frames:
        if drawn(frame.geometry.to_numpy()).any():
            return Plane(frame.crs, crs.metric_crs(frame))
    return Plane(frames[0].crs, frames[0].crs)  # nothing to measure


def members(number: np.ndarray) -> list[np.ndarray]:
    """Return the positions of every number from 0 on, in order."""
    return np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1]) if len(number) else []


def joined(codes: np.ndarray | list[str]) -> str:
    """Return codes as one text: sorted, joined by a semicolon."""
    return ";".join(sorted(codes))
