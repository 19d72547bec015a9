"""Hard places of a layer of grids, and shapely's answers there; `benchmarks/exactness.py` asks the same ones of large layers."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign
from gridmap.assign.cells import table
from gridmap.assign.index import layers

METRIC = "EPSG:4548"
Places = dict[str, tuple[np.ndarray, np.ndarray]]


def layer(polygons: list[shapely.Geometry] | np.ndarray) -> gpd.GeoDataFrame:
    """One base tier with codes in the order of the polygons."""
    codes = pd.Index([f"{n:06d}" for n in range(len(polygons))], name="grid_code")
    return gpd.GeoDataFrame({"level": 1, "kind": "base", "parent": None}, index=codes, geometry=list(polygons), crs=METRIC)


def by_shapely(x: np.ndarray, y: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Position of the first polygon that `intersects` each point, by shapely's own index of the polygons; -1 for none."""
    point, polygon = shapely.STRtree(polygons).query(shapely.points(x, y), predicate="intersects")
    found = np.full(len(x), len(polygons))
    np.minimum.at(found, point, polygon)
    return np.where(found == len(polygons), -1, found)


def jittered(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Move each coordinate by up to two steps between floating-point numbers."""
    for _ in range(2):
        x = np.nextafter(x, x + random.integers(-1, 2, len(x)))
        y = np.nextafter(y, y + random.integers(-1, 2, len(y)))
    return x, y


def places(polygons: np.ndarray, count: int, random: np.random.Generator) -> Places:
    """Hard places of a layer: on its corners and borders, one step off, in line with corners, anywhere."""
    rings = shapely.get_rings(shapely.get_parts(polygons))
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    follows = np.flatnonzero(ring[1:] == ring[:-1])
    start, end = corners[follows].T, corners[follows + 1].T
    pick = random.integers(0, len(follows), count)
    share = random.random(count)
    on_edge = start[:, pick] + share * (end - start)[:, pick]
    middle = (start + end) / 2
    left, bottom, right, top = shapely.total_bounds(polygons)
    spread_x, spread_y = random.uniform(left, right, count), random.uniform(bottom, top, count)
    return {
        "corners": (corners[:, 0], corners[:, 1]),
        "corners, jittered": jittered(corners[:, 0], corners[:, 1], random),
        "middles": tuple(middle),
        "middles, jittered": jittered(*middle, random),
        "on edges": tuple(on_edge),
        "on edges, jittered": jittered(*on_edge, random),
        "height of a corner": (spread_x, start[1, pick]),
        "column of a corner": (start[0, pick], spread_y),
        "beside a corner": (start[0, pick] + (right - left) * random.normal(0, 1e-4, count), start[1, pick]),
        "anywhere": (spread_x, spread_y),
        "around": (random.uniform(2 * left - right, 2 * right - left, count), random.uniform(2 * bottom - top, 2 * top - bottom, count)),
    }


def with_cells(grids: gpd.GeoDataFrame, cells: int | None) -> assign.Index:
    """An index whose table has about so many cells."""
    index = assign.Index(grids)
    index._table, _ = table.build(layers(index.grids), cells=cells)
    return index


def table_places(made: table.Table, count: int, random: np.random.Generator) -> Places:
    """Corners, borders and anchors of the cells."""
    frame, (width, height) = made.frame, made.shape * 16
    column, row = random.integers(0, width, count), random.integers(0, height, count)
    x, y = frame[0] + column * frame[2], frame[1] + row * frame[3]
    return {
        "cell corners": jittered(x, y, random),
        "cell borders": (x, y + random.random(count) * frame[3]),
        "anchors": jittered(x - frame[4], y - frame[5], random),
    }
