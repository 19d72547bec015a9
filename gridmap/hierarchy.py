"""Tiers of grids: which levels there are, how they nest, and figures rolled up from the lowest."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import GridmapWarning, SchemaError
from gridmap.schema import require_columns, require_index


def levels(grids: gpd.GeoDataFrame) -> list[int]:
    """Return the levels of the base grids, top (1) first.

    Raises
    ------
    SchemaError
        If `level` or `kind` is missing.
    """
    require_columns(grids, ("level", "kind"), "grids")
    return sorted({int(level) for level in grids.loc[_of_kind(grids, "base"), "level"].dropna().unique()})


def lowest_level(grids: gpd.GeoDataFrame) -> int:
    """Return the lowest level that has base grids, the largest number.

    Raises
    ------
    SchemaError
        If a column is missing or there is no base grid.
    """
    present = levels(grids)
    if not present:
        raise SchemaError("no_base_grids", given=f"{len(grids)}")
    return present[-1]


def tier(grids: gpd.GeoDataFrame, level: int | None = None) -> gpd.GeoDataFrame:
    """Return all base grids of one level, in their order.

    Parameters
    ----------
    grids
        Grids of any levels and kinds.
    level
        Level wanted, 1 = top; the lowest base level when None.

    Returns
    -------
    GeoDataFrame
        Copy of the rows, same columns and CRS; empty if `grids` is empty.

    Raises
    ------
    SchemaError
        If a column is missing, or no base grid has this level; the message names those present.
    """
    present = levels(grids)
    if grids.empty:
        return grids.copy()
    if level is None:
        level = lowest_level(grids)
    if level not in present:
        raise SchemaError("absent_level", level=level, present=", ".join(map(str, present)) or "-")
    at_level = (grids["level"] == level).to_numpy(dtype=bool, na_value=False)
    return grids[_of_kind(grids, "base") & at_level].copy()


def dedicated(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the dedicated grids (copy of the rows), which lie over the base tiers and never replace them."""
    require_columns(grids, ("kind",), "grids")
    return grids[_of_kind(grids, "dedicated")].copy()


def ancestors(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return for every lowest base grid the base grid above it on each level, by the parent table.

    Parameters
    ----------
    grids
        Grids with `level`, `kind` and `parent`; codes unique.

    Returns
    -------
    DataFrame
        One row per grid of the lowest tier, in its order; one column `level_k` per base level k present, top first, the last being the grid
        itself. NA where the chain of parents breaks off or leaps a level.

    Raises
    ------
    SchemaError
        If a column is missing or a code stands twice.

    Warns
    -----
    GridmapWarning
        Where a chain breaks off: what is summed over that level lacks those grids.
    """
    require_columns(grids, ("level", "kind", "parent"), "grids")
    require_index(grids.index, "grids")
    base = grids[_of_kind(grids, "base")]
    present = levels(grids)
    names = [f"level_{level}" for level in present]
    depth = np.searchsorted(present, base["level"].to_numpy(dtype=int))
    parent = base.index.get_indexer(base["parent"])
    parent[(parent >= 0) & (depth[parent] >= depth)] = -1  # a parent beside or below is none, and no walk turns in a circle
    current = np.flatnonzero(depth == len(present) - 1)
    lowest = base.index[current]
    table = np.full((len(current), len(present)), -1)
    for _ in present:
        row = np.flatnonzero(current >= 0)
        table[row, depth[current[row]]] = current[row]
        current = np.where(current >= 0, parent[current], -1)
    broken = (table < 0).any(axis=1)
    if broken.any():
        warnings.warn(GridmapWarning("broken_chain", rows=lowest[broken]), stacklevel=3)
    columns = {name: base.index.array.take(position, allow_fill=True) for name, position in zip(names, table.T, strict=True)}
    return pd.DataFrame(columns, index=lowest, columns=names)


def roll_up(values: pd.Series, grids: gpd.GeoDataFrame) -> pd.Series:
    """Sum figures of the lowest tier for every base grid of every level.

    Parameters
    ----------
    values
        Numbers, one per grid of the lowest base tier, indexed by grid code in any order.
    grids
        Grids with `level`, `kind` and `parent`.

    Returns
    -------
    Series
        Name of `values`, one row per base grid in the order of `grids`; 0 for a grid with nothing below, NA where a figure below is NA.

    Raises
    ------
    SchemaError
        If the index of `values` is not exactly the lowest tier, or as `ancestors`.

    Warns
    -----
    GridmapWarning
        As `ancestors`.
    """
    table = ancestors(grids)
    require_index(values.index, "values")
    differing = values.index.symmetric_difference(table.index)
    if len(differing):
        raise SchemaError("different_index", what="values", rows=differing)
    base = grids.index[_of_kind(grids, "base")]
    figures = values.reindex(table.index).to_numpy()
    sums = np.zeros(len(base), dtype=figures.dtype)
    for column in table:
        position = base.get_indexer(table[column])
        known = position >= 0
        np.add.at(sums, position[known], figures[known])
    return pd.Series(sums, index=base, name=values.name)


def _of_kind(grids: gpd.GeoDataFrame, kind: str) -> np.ndarray:
    return (grids["kind"] == kind).to_numpy(dtype=bool, na_value=False)
