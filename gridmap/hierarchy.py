"""Tiers of grids: which levels there are, how they nest, and figures rolled up from the lowest."""

import geopandas as gpd
import numpy as np

from gridmap.errors import SchemaError
from gridmap.schema import require_columns


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


def _of_kind(grids: gpd.GeoDataFrame, kind: str) -> np.ndarray:
    return (grids["kind"] == kind).to_numpy(dtype=bool, na_value=False)
