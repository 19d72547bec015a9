"""Layers and points of the benchmark: what every tool is given."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy


@dataclass(frozen=True)
class Task:
    """Points to find the grids of; each tool makes its own form of them before it is timed.

    Parameters
    ----------
    grids
        All tiers, as `assign.Index` takes them.
    x, y
        Coordinates in the CRS of the grids, shape (n,).
    """

    grids: gpd.GeoDataFrame
    x: np.ndarray
    y: np.ndarray

    @cached_property
    def tier(self) -> gpd.GeoSeries:
        """The lowest base tier in the order of its codes: the smallest code is the smallest row."""
        return hierarchy.tier(self.grids).sort_index().geometry

    @cached_property
    def points(self) -> np.ndarray:
        """The points as shapely has them."""
        return shapely.points(self.x, self.y)

    def head(self, count: int) -> "Task":
        """Return the same grids with the first `count` points."""
        return Task(self.grids, self.x[:count], self.y[:count])

    def save(self, folder: Path) -> None:
        """Write the task for other processes to load."""
        self.grids.to_parquet(folder / "grids.parquet")
        np.save(folder / "points.npy", np.stack([self.x, self.y]))

    @classmethod
    def load(cls, folder: Path) -> "Task":
        """Read what `save` wrote."""
        x, y = np.load(folder / "points.npy")
        return cls(gpd.read_parquet(folder / "grids.parquet"), x, y)


def jianyang(count: int) -> Task:
    """Return the demo town at scale 1: 2,600 grids of the lowest tier and 67 dedicated ones, which only gridmap looks up as well."""
    from gridmap import synth

    return scattered(synth.jianyang(1, events=1).grids, count)


def lattice(count: int, *, side: int = 316, corners_per_side: int = 12) -> Task:
    """Return side x side grids of about 100 m, each side bent at random: the town itself takes minutes to draw at that size."""
    random = np.random.default_rng(0)
    nodes = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1)
    nodes += random.uniform(-0.2, 0.2, nodes.shape)
    share = (np.arange(corners_per_side) / corners_per_side)[None, None, :, None]
    across = nodes[:, :-1, None] * (1 - share) + nodes[:, 1:, None] * share
    up = nodes[:-1, :, None] * (1 - share) + nodes[1:, :, None] * share
    for lines in (across, up):
        lines[:, :, 1:] += random.uniform(-0.2, 0.2, lines[:, :, 1:].shape) / corners_per_side

    def backward(lines: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.concatenate([end[:, :, None], lines[:, :, :0:-1]], axis=2)

    rings = [across[:-1], up[:, 1:], backward(across[1:], nodes[1:, 1:]), backward(up[:, :-1], nodes[1:, :-1]), nodes[:-1, :-1, None]]
    polygons = shapely.polygons(np.concatenate(rings, axis=2).reshape(side * side, -1, 2) * 100 + [5e5, 3.3e6])
    codes = pd.Index([f"{n:06d}" for n in range(side * side)], name="grid_code")
    return scattered(gpd.GeoDataFrame({"level": 1, "kind": "base", "parent": None}, index=codes, geometry=polygons, crs="EPSG:4548"), count)


def scattered(grids: gpd.GeoDataFrame, count: int) -> Task:
    """Return points that lie evenly over the bounding box of the grids."""
    random = np.random.default_rng(1)
    left, bottom, right, top = grids.total_bounds
    return Task(grids, random.uniform(left, right, count), random.uniform(bottom, top, count))
