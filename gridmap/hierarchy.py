"""Tiers of grids: which levels there are, how they nest, and figures rolled up from the lowest."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import borders
from gridmap.crs import to_metric
from gridmap.errors import GridmapWarning, SchemaError
from gridmap.schema import POLYGON, of_kind, require_columns, require_frame, require_index, require_orderable


def levels(grids: gpd.GeoDataFrame) -> list[int]:
    """Return the levels of the base grids, top (1) first.

    Raises
    ------
    SchemaError
        If `level` or `kind` is missing, a base grid's level is no whole number from 1, or a kind is neither base nor dedicated.
    """
    require_columns(grids, ("level", "kind"), "grids")
    return levels_of(grids["level"], of_kind(grids, "base"))


def levels_of(level: pd.Series, is_base: np.ndarray) -> list[int]:
    """Return what `levels` does for the levels of all grids and a mark for the base grids."""
    if isinstance(level.dtype, np.dtype) and level.dtype.kind in "iu":
        whole = sorted(set(level.to_numpy()[is_base].tolist()))
        if not whole or whole[0] >= 1:
            return whole
    base = level[is_base]
    number = pd.to_numeric(base, errors="coerce")
    text = np.array([isinstance(level, str) for level in base], dtype=bool)  # "1" is not the level 1 that is asked for later
    broken = number.isna() | (number % 1 != 0) | (number < 1) | text
    if broken.any():
        given = ", ".join(repr(level) if isinstance(level, str) else str(level) for level in base[broken].unique()[:5])
        raise SchemaError("bad_level", what="grids", given=given, rows=base.index[broken])
    return sorted({int(level) for level in number.unique()})


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
    return grids[of_kind(grids, "base") & at_level].copy()


def dedicated(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the dedicated grids (copy of the rows), which lie over the base tiers and never replace them."""
    require_columns(grids, ("kind",), "grids")
    return grids[of_kind(grids, "dedicated")].copy()


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
    base = grids[of_kind(grids, "base")]
    present = levels(grids)
    names = [f"level_{level}" for level in present]
    depth = np.searchsorted(present, base["level"].to_numpy(dtype=int))
    start = np.flatnonzero(depth == len(present) - 1)
    lowest = base.index[start]
    table = climb(base.index.get_indexer(base["parent"]), depth, start, len(present))
    broken = (table < 0).any(axis=1)
    if broken.any():
        warnings.warn(GridmapWarning("broken_chain", rows=lowest[broken]), stacklevel=3)
    columns = {name: base.index.array.take(position, allow_fill=True) for name, position in zip(names, table.T, strict=True)}
    return pd.DataFrame(columns, index=lowest, columns=names)


def climb(parent: np.ndarray, depth: np.ndarray, start: np.ndarray, levels: int) -> np.ndarray:
    """Return the row above each start row on every level, -1 where the chain of parents breaks off.

    Parameters
    ----------
    parent, depth
        Row of each row's parent, -1 for none, and number of its level from the top, from 0; shape (n,).
    start
        Rows to begin at, shape (k,). They stand in the result on their own level.

    Returns
    -------
    ndarray
        Shape (k, levels).
    """
    parent = np.where((parent >= 0) & (depth[parent] < depth), parent, -1)  # one beside or below is none, and no walk turns in a circle
    table = np.full((len(start), levels), -1)
    current = start
    for _ in range(levels):
        row = np.flatnonzero(current >= 0)
        table[row, depth[current[row]]] = current[row]
        current = np.where(current >= 0, parent[current], -1)
    return table


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
    base = grids.index[of_kind(grids, "base")]
    figures = values.reindex(table.index).to_numpy()
    sums = np.zeros(len(base), dtype=np.result_type(figures, np.int64))  # a sum of small integers may not fit their own type
    for column in table:
        position = base.get_indexer(table[column])
        known = position >= 0
        np.add.at(sums, position[known], figures[known])
    return pd.Series(sums, index=base, name=values.name)


def check(grids: gpd.GeoDataFrame, *, tolerance_m2: float = 1.0) -> pd.DataFrame:
    """List what is wrong with the nesting of grids.

    Parameters
    ----------
    grids
        Grids with `level`, `kind` and `parent`, in any CRS; faulty codes and rings are findings or repaired for the measuring.
    tolerance_m2
        Areas up to this size are no finding.

    Returns
    -------
    DataFrame
        One row per finding, ordered by kind and grid code: `kind`, `grid_code`, `parent`, `area_m2` (NA unless the finding has an area).

        - `duplicate_code`: the code stood above already.
        - `orphan`: the parent is missing or no row of `grids`; the base grids of the top level need none.
        - `wrong_parent`: the parent is dedicated, or a base grid's parent is not exactly one level up (so no circle passes).
        - `outside_parent`: `area_m2` of the grid lie outside its parent.
        - `parent_not_union`: `area_m2` of the base grid `grid_code` lie in none of its children, although the level below exists.

    Raises
    ------
    SchemaError
        If a column is missing, a geometry is no polygon, or as `levels`.
    CRSError
        If there is no CRS.

    Notes
    -----
    Areas are measured in the CRS of `crs.to_metric`. Cost: linear for parents whose children fit them corner by corner; elsewhere one
    overlay per grid with its parent and one union per parent.
    """
    require_frame(grids, "grids", geometry=POLYGON)
    require_columns(grids, ("level", "kind", "parent"), "grids")
    require_orderable(grids.index, "grids")
    present = levels(grids)
    if grids.empty:
        return _findings(grids, {}, {})
    base = of_kind(grids, "base")
    level = grids["level"].to_numpy(dtype=float, na_value=np.nan)
    parent = _parent_rows(grids)
    known = parent >= 0
    one_up = known & base[parent] & (level[parent] == level - 1)
    rows = {
        "duplicate_code": np.asarray(grids.index.duplicated()),
        "orphan": ~known & ~(base & (level == present[0] if present else base)),
        "wrong_parent": known & ~np.where(base, one_up, base[parent]),
    }
    polygons = _measurable(grids)
    child_of = np.where(base & one_up, parent, -1)
    filled = _filled(polygons, child_of)
    outside = _outside(polygons, np.where(filled[child_of] & (child_of >= 0), -1, parent))
    areas = {"outside_parent": outside, "parent_not_union": np.zeros(len(grids))}
    upper = np.flatnonzero(base & np.isin(level + 1, present) & ~filled)
    areas["parent_not_union"][upper] = _uncovered(polygons, upper, child_of)
    return _findings(grids, rows, {kind: np.where(area > tolerance_m2, area, 0.0) for kind, area in areas.items()})


def _parent_rows(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return the row number of each grid's parent, the first of its code; -1 where there is none."""
    first = np.flatnonzero(~np.asarray(grids.index.duplicated()))
    found = grids.index[first].get_indexer(grids["parent"])
    found[grids["parent"].isna().to_numpy()] = -1
    return np.where(found >= 0, first[found], -1)


def _measurable(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return valid polygons in metres; the linework method of make_valid can take minutes on one tangled ring."""
    polygons = to_metric(grids).geometry.to_numpy()
    broken = ~shapely.is_valid(polygons) & ~shapely.is_missing(polygons)
    polygons = polygons.copy()
    polygons[broken] = shapely.make_valid(polygons[broken], method="structure", keep_collapsed=False)
    return polygons


def _filled(polygons: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Tell which polygons their children fill exactly, corner by corner: these need no overlay."""
    own = borders.fingerprints(polygons)
    of_children = np.zeros_like(own)
    children = np.flatnonzero(parent >= 0)
    np.add.at(of_children, parent[children], own[children])
    return (own == of_children) & np.isin(np.arange(len(polygons)), parent[children])


def _outside(polygons: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Return the area of each polygon outside its parent, 0 without one."""
    area = np.zeros(len(polygons))
    rows = np.flatnonzero(parent >= 0)
    area[rows] = _left_over(polygons[rows], polygons[parent[rows]])
    return area


def _uncovered(polygons: np.ndarray, upper: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Return the area of each upper polygon that none of its children covers."""
    children = np.flatnonzero(parent >= 0)
    children = children[np.argsort(parent[children], kind="stable")]
    bounds = np.searchsorted(parent[children], [upper, upper + 1])
    unions = [union_all(polygons[children[begin:end]]) for begin, end in bounds.T]
    return _left_over(polygons[upper], np.array(unions, dtype=object))


def union_all(polygons: np.ndarray) -> shapely.Geometry:
    """Return the union of valid polygons; of those that fit together corner by corner, in a tenth of the time."""
    whole = borders.union(polygons)
    return shapely.union_all(polygons) if whole is None else whole


def _left_over(polygons: np.ndarray, covers: np.ndarray) -> np.ndarray:
    """Return the area of each polygon outside another: an overlay only where it is not covered."""
    shapely.prepare(covers)
    area = np.zeros(len(polygons))
    open_ = ~shapely.covers(covers, polygons) & ~shapely.is_missing(polygons)
    area[open_] = shapely.area(shapely.difference(polygons[open_], covers[open_]))
    return area


def _findings(grids: gpd.GeoDataFrame, rows: dict[str, np.ndarray], areas: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return one row per marked grid, and per grid with an area."""
    found = [(kind, row, np.nan) for kind, mask in rows.items() for row in np.flatnonzero(mask)]
    found += [(kind, row, area[row]) for kind, area in areas.items() for row in np.flatnonzero(area)]
    kinds, positions, sizes = zip(*found, strict=True) if found else ((), (), ())
    picked = grids.iloc[list(positions)]
    parents = picked["parent"].to_numpy(dtype=object) if found else np.empty(0, dtype=object)
    frame = pd.DataFrame({"grid_code": picked.index.to_numpy(dtype=object), "parent": parents, "area_m2": np.array(sizes, dtype=float)})
    frame.insert(0, "kind", pd.Series(kinds, dtype="str"))
    return frame.sort_values(["kind", "grid_code"], kind="stable", ignore_index=True)
