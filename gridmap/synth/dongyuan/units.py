"""Units: one row per face of the plan, with the people who live there and the grid it belongs to."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synth.town import BUILD_CRS

Members = tuple[tuple[str, tuple[int, ...]], ...]


def labels(table: pd.DataFrame, plan: Mapping[str, Members], *, within_quarter: bool) -> pd.Series:
    """Return the grid of every face: as planned where people live, elsewhere that of the neighbour with the longest shared border.

    Parameters
    ----------
    table
        Faces, as `faces.make` returns them.
    plan
        Parts of compounds per grid; the first letter of a grid names its quarter where `within_quarter`.
    within_quarter
        A face without people joins a grid of its own quarter only.
    """
    planned = {(name, part): grid for grid, members in plan.items() for name, parts in members for part in parts}
    found = [planned.get((name, part)) for name, part in zip(table["compound"], table["part"], strict=True)]
    owner = pd.Series(found, index=table.index, dtype=object)
    shared = borders(table["polygon"].to_numpy())
    if within_quarter:
        quarter = table["quarter"].to_numpy()
        shared = np.where(quarter[:, None] == quarter[None, :], shared, 0.0)
    while owner.isna().any():
        open_faces = np.flatnonzero(owner.isna())
        owned = owner.to_numpy()
        lengths = {grid: shared[np.ix_(open_faces, np.flatnonzero(owned == grid))].sum(axis=1) for grid in plan}
        reach = pd.DataFrame(lengths, index=open_faces)
        face = int(reach.max(axis=1).idxmax())
        owner.loc[face] = reach.loc[face].idxmax()
    return owner.astype("str")


def borders(polygons: np.ndarray) -> np.ndarray:
    """Return the length of border that each pair of faces shares, in metres, shape (n, n)."""
    left, right = shapely.STRtree(polygons).query(polygons, predicate="touches")
    lengths = np.zeros((len(polygons), len(polygons)))
    lengths[left, right] = shapely.length(shapely.intersection(polygons[left], polygons[right]))
    return lengths


def make(table: pd.DataFrame, grid_code: pd.Series, homes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the units table, index unit_id, numbered from west to east in bands from north to south.

    Parameters
    ----------
    table
        Faces, as `faces.make` returns them.
    grid_code
        Level-3 grid of every face in the plan in force.
    homes
        Residential buildings: compound, part, households, residents. Others count as no `buildings`.
    """
    lived = homes.groupby(["compound", "part"]).agg(
        households=("households", "sum"), residents=("residents", "sum"), buildings=("part", "size")
    )
    keys = pd.MultiIndex.from_arrays([table["compound"], table["part"]])
    counts = lived.reindex(keys, fill_value=0).astype("int64").reset_index(drop=True)
    index = pd.Index([f"U{number:03d}" for number in range(1, len(table) + 1)], name="unit_id", dtype="str")
    columns = {
        "households": counts["households"].to_numpy(),
        "residents": counts["residents"].to_numpy(),
        "buildings": counts["buildings"].to_numpy(),
        "compound": pd.array(table["compound"], dtype="str"),
        "grid_code": pd.array(grid_code, dtype="str"),
    }
    return gpd.GeoDataFrame(columns, index=index, geometry=table["polygon"].to_list(), crs=BUILD_CRS)
