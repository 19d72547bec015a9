"""Geometry of grids that change a few at a time: what did not change is neither simplified nor packed again, nor sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.maps import geometry
from gridmap.maps.geometry import Bounds, Feature, Packed

BUCKETS = 16  # parts of a tier: a change sends those again in which it lies
MOST_KEPT = 400  # parts of earlier states, to which an undo returns
MOST_CHANGED = 0.25  # of the rows; beyond, all are done again


@dataclass(frozen=True, eq=False)
class Patchwork:
    """The grids of one layer, ready to be drawn.

    Attributes
    ----------
    codes, shapes, tiers
        Of the n grids: code, polygon as given, and a number that is the same within a tier.
    features
        The packed geometry of each.
    tolerance
        By how much they are simplified, in degrees; 0 where they are few.
    bounds
        West, south, east, north in degrees.
    parts
        Fingerprint by what it is made of: the features of a part, by identity.
    """

    codes: pd.Index
    shapes: np.ndarray = field(repr=False)
    tiers: np.ndarray = field(repr=False)
    features: np.ndarray = field(repr=False)
    tolerance: float
    bounds: Bounds | None
    parts: dict[tuple[int, ...], tuple[str, list[Feature | None]]] = field(repr=False)

    @classmethod
    def of(cls, grids: gpd.GeoDataFrame, tiers: np.ndarray, previous: "Patchwork | None" = None) -> "Patchwork":
        """Prepare grids.

        Parameters
        ----------
        grids
            Polygons by code; each tier a coverage.
        tiers
            Shape (n,): a number that is the same within a tier.
        previous
            The same layer before some of its grids changed.
        """
        shapes = grids.geometry.to_numpy()
        known = np.full(len(grids), -1) if previous is None else previous.codes.get_indexer(grids.index)
        alike = known >= 0
        if previous is not None:
            was = known[alike]
            alike[alike] = (previous.tiers[was] == tiers[alike]) & shapely.equals_exact(shapes[alike], previous.shapes[was])
        if previous is None or (~alike).sum() > MOST_CHANGED * len(grids):
            return cls._whole(grids, shapes, tiers)
        features = np.empty(len(grids), dtype=object)
        features[alike] = previous.features[known[alike]]
        redone = _redone(grids, tiers, np.flatnonzero(~alike), previous.tolerance)
        for row, shape in redone.items():
            new, old = geometry.feature(shape), previous.features[known[row]] if known[row] >= 0 else None
            features[row] = old if new == old else new  # drawn as before: its part stays
        return cls(grids.index, shapes, tiers, features, previous.tolerance, previous.bounds, dict([*previous.parts.items()][-MOST_KEPT:]))

    @classmethod
    def _whole(cls, grids: gpd.GeoDataFrame, shapes: np.ndarray, tiers: np.ndarray) -> "Patchwork":
        there = shapely.force_2d(grids.geometry.to_crs(4326).to_numpy())
        bounds, tolerance = geometry.extent(there)
        if tolerance:
            there = geometry.simplified(there, tiers, tolerance)
        features = np.empty(len(grids), dtype=object)
        features[:] = [geometry.feature(shape) for shape in there]
        return cls(grids.index, shapes, tiers, features, tolerance, bounds, {})

    def packed(self, grids: gpd.GeoDataFrame, tiers: np.ndarray) -> Packed:
        """Return some of the grids, in the order of `in_buckets`, as parts that stay while nothing in them changes."""
        rows = self.codes.get_indexer(grids.index)
        groups = tiers * BUCKETS + _buckets(grids)
        keys, parts = [], {}
        for run in np.split(rows, np.flatnonzero(np.diff(groups)) + 1) if len(rows) else []:
            fingerprint, features = self._part(run)
            keys.append(fingerprint)
            parts[fingerprint] = features
        return Packed(tuple(keys), parts, self.bounds)

    def some(self, grids: gpd.GeoDataFrame) -> Packed:
        """Return a few of the grids as one part, in their order."""
        features = self.features[self.codes.get_indexer(grids.index)].tolist()
        return geometry.bundled([features], [self.bounds])

    def _part(self, rows: np.ndarray) -> tuple[str, list[Feature | None]]:
        features = self.features[rows].tolist()
        made_of = tuple(map(id, features))
        if made_of not in self.parts:
            [(fingerprint, kept)] = geometry.bundled([features], [None]).parts.items()
            self.parts[made_of] = fingerprint, kept
        return self.parts[made_of]


def in_buckets(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return grids with the children of one parent beside each other: what changes at once lies in few parts."""
    return grids.iloc[np.argsort(_buckets(grids), kind="stable")]


def _buckets(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return the part that each grid belongs to, by its parent; by itself where it has none."""
    above = (
        parent if isinstance(parent, str) else code for code, parent in zip(grids.index.tolist(), grids["parent"].tolist(), strict=True)
    )
    return np.fromiter((crc32(name.encode()) % BUCKETS for name in above), dtype=np.int64, count=len(grids))


def _redone(grids: gpd.GeoDataFrame, tiers: np.ndarray, changed: np.ndarray, tolerance: float) -> dict[int, shapely.Geometry]:
    """Return, by row, the shapes to draw of grids that changed and of those beside them, in degrees.

    Notes
    -----
    A border is simplified by itself, between the corners where three grids meet. Simplified together with two rings of neighbours, the
    borders of the first ring come out as those of the whole layer do.
    """
    series = grids.geometry
    if not tolerance or not len(changed):
        return dict(zip(changed.tolist(), shapely.force_2d(series.iloc[changed].to_crs(4326).to_numpy()), strict=True))
    found: dict[int, shapely.Geometry] = {}
    for tier in np.unique(tiers[changed]):
        of_tier = np.flatnonzero(tiers == tier)
        tree = shapely.STRtree(series.to_numpy()[of_tier])
        ring = _beside(tree, series, changed[tiers[changed] == tier], of_tier)
        wide = _beside(tree, series, ring, of_tier)
        there = shapely.force_2d(series.iloc[wide].to_crs(4326).to_numpy())
        simple = geometry.simplified(there, np.zeros(len(wide), dtype=int), tolerance)
        found |= {row: shape for row, shape in zip(wide.tolist(), simple, strict=True) if row in set(ring.tolist())}
    return found


def _beside(tree: shapely.STRtree, series: gpd.GeoSeries, rows: Sequence[int] | np.ndarray, of_tier: np.ndarray) -> np.ndarray:
    """Return some rows of a tier with those that touch them."""
    near = tree.query(series.to_numpy()[rows], predicate="intersects")[1]
    return np.union1d(of_tier[near], rows)
