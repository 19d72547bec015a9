"""Borders that move: a corner that several grids share, in all of them at once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy

ATTEMPTS = 1000
REACH = 0.1  # of the side of a square as large as the smallest grid


def shared_corners(grids: gpd.GeoDataFrame, *, most: int = 4) -> pd.Series:
    """Return the rows of the lowest tier that have a corner, for each that two to `most` grids have; indexed by x and y."""
    corners, grid = shapely.get_coordinates(hierarchy.tier(grids).geometry.to_numpy(), return_index=True)
    each = pd.DataFrame({"x": corners[:, 0], "y": corners[:, 1], "grid": grid}).drop_duplicates().sort_values(["x", "y"], ignore_index=True)
    begin = np.flatnonzero(each[["x", "y"]].ne(each[["x", "y"]].shift()).any(axis=1))
    size = np.diff(np.append(begin, len(each)))
    begin, size = begin[(size >= 2) & (size <= most)], size[(size >= 2) & (size <= most)]
    rows = each["grid"].to_numpy()
    places = pd.MultiIndex.from_frame(each.loc[begin, ["x", "y"]])
    return pd.Series([rows[first : first + count] for first, count in zip(begin, size, strict=True)], index=places, dtype=object)


def move(grids: gpd.GeoDataFrame, corners: pd.Series, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the grids of one of the corners after a small move of it that touches no other grid.

    Raises
    ------
    ValueError
        If a thousand moves at random fail.
    """
    tier = hierarchy.tier(grids)
    for _ in range(ATTEMPTS):
        pick = random.integers(len(corners))
        having, corner = tier.iloc[corners.iloc[pick]], np.array(corners.index[pick])
        before = having.geometry.to_numpy()
        if not (shapely.get_coordinates(before) == corner).all(axis=1).any():
            continue  # it was moved before
        after = _with(before, corner, corner + random.uniform(-REACH, REACH, 2) * np.sqrt(shapely.area(before).min()))
        if _fills(after, before):
            return having.set_geometry(gpd.GeoSeries(after, index=having.index, crs=having.crs))
    raise ValueError("no corner could be moved")


def _with(polygons: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return polygons with one place of their borders elsewhere."""
    return shapely.transform(polygons, lambda corners: np.where((corners == old).all(axis=1)[:, None], new, corners))


def _fills(polygons: np.ndarray, before: np.ndarray) -> bool:
    """Tell whether polygons share borders alone, and together are what others were."""
    if not (shapely.is_valid(polygons).all() and shapely.coverage_is_valid(polygons)):
        return False
    return bool(shapely.equals(shapely.coverage_union_all(polygons), shapely.coverage_union_all(before)))
