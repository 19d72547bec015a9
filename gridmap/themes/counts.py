"""Counts of themes per grid and tier, and what each figure rests on."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import assign, hierarchy, schema
from gridmap.errors import GridmapWarning, SchemaError
from gridmap.themes.records import locate, require, whole


def count(records: pd.DataFrame, grids: gpd.GeoDataFrame, *, buildings: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Add up the counts of every theme in every grid of every level.

    Parameters
    ----------
    records
        As `require` has them, in the CRS of `grids` where they have geometries.
    grids
        Grids of all levels and kinds, with `level`, `kind` and `parent`.
    buildings
        Points or polygons indexed by building_id, in the same CRS: a record lies where its building does (a point on its surface), else
        where its own geometry does.

    Returns
    -------
    DataFrame
        One row per grid, on the index of `grids`; int64, 0 where there is none. A column (`theme`, `kind`) for each of these in `records`,
        themes in the order of `schema.THEMES`: kinds of a theme may hold the same people and are not added up. A theme without any record
        has no column: it was not counted, which is not zero. A base grid counts on the base chain; a dedicated grid counts what lies in it,
        which its base grids hold too ("of which"): never add the two.

    Raises
    ------
    SchemaError, CRSError
        As `require`; if the CRS differ, or as `assign.chain`.

    Warns
    -----
    GridmapWarning
        If records have no place or lie in no lowest base grid, if figures of one kind rest on several bases of counting (户籍, 常住,
        实有), and as `assign.chain`.

    Notes
    -----
    A point on a shared border belongs to the smallest code. Cost: that of `assign.chain`, and one pass per column.
    """
    require(records)
    schema.require_columns(grids, ("level", "kind", "parent"), "grids")
    schema.require_frame(grids, "grids", geometry=schema.POLYGON)
    places = locate(records, buildings, grids)
    table = _bases(records)
    if table["mixed"].any():
        warnings.warn(GridmapWarning("mixed_bases", rows=[f"{theme}/{kind}" for theme, kind in table.index[table["mixed"]]]), stacklevel=2)
    points = gpd.GeoDataFrame(geometry=places.points, index=records.index, crs=grids.crs)
    chain = assign.chain(points, grids).drop(columns="grid")
    present = hierarchy.levels(grids)
    lost = chain[f"level_{present[-1]}"].isna() if present else pd.Series(True, index=records.index)
    for key, rows in (("unplaced_records", points.geometry.isna()), ("records_outside", points.geometry.notna() & lost)):
        if rows.any():
            warnings.warn(GridmapWarning(key, rows=records.index[rows]), stacklevel=2)
    column = table.index.get_indexer(pd.MultiIndex.from_arrays([records["theme"], records["kind"].astype("str")]))
    sums, counts = np.zeros((len(grids), len(table)), dtype="int64"), whole(records)
    for owner in chain:
        row = grids.index.get_indexer(chain[owner])
        known = row >= 0
        np.add.at(sums, (row[known], column[known]), counts[known])
    return pd.DataFrame(sums, index=grids.index, columns=table.index)


def bases(records: pd.DataFrame) -> pd.DataFrame:
    """Tell what the figures of each theme and kind rest on, for the line under a table.

    Parameters
    ----------
    records
        As `require` has them.

    Returns
    -------
    DataFrame
        Index `theme`, `kind`, themes in the order of `schema.THEMES`, kinds sorted. `records` (how many), `count` (their sum), `bases`
        (of counting, sorted, joined by ";", empty where none is stated), `first` and `last` (earliest and latest `counted_on`, NaT where
        none is stated), `mixed`: whether several bases, or stated and unstated ones, stand together.

    Raises
    ------
    SchemaError
        As `require`, or if a `counted_on` is no date.
    """
    require(records)
    return _bases(records)


def _bases(records: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame({"theme": records["theme"].astype("object"), "kind": records["kind"].astype("str"), "count": whole(records)})
    table["basis"] = records["basis"].astype("object").where(records["basis"].notna(), "") if "basis" in records else ""
    table["day"] = _days(records)
    names = ["theme", "kind"]
    groups = table.groupby(names)
    found = pd.DataFrame(
        {
            "records": groups.size(),
            "count": groups["count"].sum(),
            "bases": groups["basis"].agg(lambda values: ";".join(sorted({str(value) for value in values} - {""}))),
            "first": groups["day"].min(),
            "last": groups["day"].max(),
            "mixed": groups["basis"].agg(lambda values: len(set(values)) > 1),
        }
    ).astype({"records": "int64", "count": "int64", "bases": "str", "mixed": "bool"})
    order = sorted(found.index, key=lambda row: (schema.THEMES.index(row[0]), row[1]))
    index = pd.MultiIndex.from_tuples(order, names=names) if order else pd.MultiIndex.from_arrays([[], []], names=names)
    return found.reindex(index)


def _days(records: pd.DataFrame) -> pd.Series:
    """Return the day of counting, NaT where none is stated."""
    if "counted_on" not in records:
        return pd.Series(pd.NaT, index=records.index, dtype="datetime64[s]")
    given = records["counted_on"].dropna()
    parts = given.astype("object").map(str).str.extract(r"^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
    days = pd.to_datetime(parts[0] + "-" + parts[1] + "-" + parts[2], format="%Y-%m-%d", errors="coerce")
    if days.isna().any():
        raise SchemaError("not_a_date", what="themes", column="counted_on", rows=days.index[days.isna()])
    return days.reindex(records.index)
