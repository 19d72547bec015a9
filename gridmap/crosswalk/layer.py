"""A department's layer or a plan made ready for overlays: every place in one grid at most, in the order of the codes."""

import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs, schema
from gridmap.coverage.layer import Plane, drawn, without_earlier
from gridmap.crosswalk.measure import Edges, Measure, boxes_meet
from gridmap.errors import GridmapWarning, SchemaError


@dataclass(frozen=True)
class Layer:
    """Grids in the order of their codes.

    Parameters
    ----------
    codes
        Labels of the grids.
    given
        Their polygons as they came.
    polygons
        The same without common places; empty where smaller codes hold all of a grid.
    edges
        Of the polygons.
    areas
        In m2, shape (n,).
    measure
        How places of this layer and of those it is compared with are measured.
    """

    codes: pd.Index
    given: np.ndarray
    polygons: np.ndarray
    edges: Edges
    areas: np.ndarray
    measure: Measure

    def labels(self, positions: np.ndarray) -> pd.api.extensions.ExtensionArray:
        """Return the codes at some positions, NA at -1."""
        return pd.array(self.codes).take(positions, allow_fill=True)

    def frame(self) -> gpd.GeoDataFrame:
        """Return the grids as they came, as one base tier."""
        return gpd.GeoDataFrame({"level": 1, "kind": "base"}, index=self.codes, geometry=self.given, crs=self.measure.plane.drawn)


def prepare(frames: dict[str, gpd.GeoDataFrame]) -> list[Layer]:
    """Check layers that are to be compared and make them ready, all with one measure.

    Raises
    ------
    SchemaError
        If levels are mixed, a code is missing or stands twice, a polygon is missing, empty, of another type or invalid.
    CRSError
        If there is no CRS, or they differ.

    Warns
    -----
    GridmapWarning
        Where grids of one layer overlap: such a place belongs to the smallest code.
    """
    for what, frame in frames.items():
        _require(frame, what)
    first, *others = frames
    for what in others:
        schema.require_same_crs(frames[first], frames[what], f"{first}, {what}")
    ordered = {what: frame.iloc[schema.code_order(frame.index)] for what, frame in frames.items()}
    polygons = {what: shapely.orient_polygons(shapely.force_2d(frame.geometry.to_numpy())) for what, frame in ordered.items()}
    measure = Measure.of(_plane(list(frames.values())), np.concatenate(list(polygons.values())))
    layers = []
    for what, frame in ordered.items():
        layer, overlapping = _disjoint(frame.index, polygons[what], measure)
        if len(overlapping):
            warnings.warn(GridmapWarning("crosswalk_overlap", what=what, rows=overlapping), stacklevel=3)
        layers.append(layer)
    return layers


def _require(frame: gpd.GeoDataFrame, what: str) -> None:
    schema.require_frame(frame, what, geometry=schema.POLYGON)
    schema.require_index(frame.index, what)
    schema.require_one_tier(frame, what)
    shapes = frame.geometry.to_numpy()
    there = drawn(shapes)
    if not there.all():
        raise SchemaError("undrawn", what=what, rows=frame.index[~there])
    valid = shapely.is_valid(shapes)
    if not valid.all():
        raise SchemaError("crosswalk_invalid", what=what, given=shapely.is_valid_reason(shapes[~valid][0]), rows=frame.index[~valid])


def _plane(frames: list[gpd.GeoDataFrame]) -> Plane:
    for frame in frames:
        if len(frame):
            return Plane(frame.crs, crs.metric_crs(frame))
    return Plane(frames[0].crs, frames[0].crs)  # nothing to measure


def _disjoint(codes: pd.Index, polygons: np.ndarray, measure: Measure) -> tuple[Layer, pd.Index]:
    """Take from every grid what grids of smaller codes hold; return the layer and the codes of the grids that have less now."""
    edges = measure.edges(polygons)
    areas = measure.areas(edges)
    left, right = boxes_meet(polygons, polygons)
    left, right = left[left < right], right[left < right]
    common = measure.shared(edges, edges, left, right) > measure.noise_m2(np.minimum(areas[left], areas[right]))
    if not common.any():
        return Layer(codes, polygons, polygons, edges, areas, measure), codes[:0]
    kept = shapely.orient_polygons(without_earlier(polygons, left[common], right[common]))
    edges = measure.edges(kept)
    return Layer(codes, polygons, kept, edges, measure.areas(edges), measure), codes[np.unique(right[common])]
