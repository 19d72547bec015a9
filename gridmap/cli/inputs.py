"""What commands read: grids and events in one CRS, periods, and the small notations of the options."""

import argparse
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap import crs, files, schema
from gridmap.errors import GridmapWarning, SchemaError


def read_grids(arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    """Read GRIDS as the options say."""
    return files.read_grids(arguments.grids, code=arguments.code, layer=arguments.layer, crs=arguments.grids_crs)


def read_events(arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    """Read EVENTS as the options say, in their own CRS."""
    named = pairs(arguments.columns)
    return files.read_events(
        arguments.events, x=arguments.x, y=arguments.y, crs=arguments.crs, columns=named, tz=arguments.tz, layer=arguments.events_layer
    )


def read_streets(path: str, columns: str | None, *, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read a layer of lines with its columns named as the option `columns` says, such as `class=highway`.

    Raises
    ------
    SchemaError
        If a column that is named is missing, or as `pairs`.
    """
    named = pairs(columns) or {}
    streets = files.read_layer(path, "streets", crs=crs)
    schema.require_columns(streets, named.values(), path)
    aside = [ours for ours in named if ours in streets.columns and ours not in named.values()]
    return streets.drop(columns=aside).rename(columns={theirs: ours for ours, theirs in named.items()})


def aligned(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events in the CRS of the grids; warn where the two lie apart altogether.

    Raises
    ------
    CRSError
        If no transformation is known, or longitude and latitude are exchanged.
    """
    moved = crs.transform(points, grids.crs)
    crs.require_not_swapped(moved, grids, "events")
    west, south, east, north = grids.total_bounds
    if not moved.geometry.isna().all() and moved.cx[west:east, south:north].empty:
        first = moved.geometry.dropna().iloc[0]
        given = f"{first.x:,.5f}, {first.y:,.5f} / {west:,.5f}, {south:,.5f}, {east:,.5f}, {north:,.5f}"
        warnings.warn(GridmapWarning("far_apart", given=given), stacklevel=2)
    return moved


def pairs(text: str | None) -> dict[str, str] | None:
    """Return `a=b,c=d` as a mapping, None for nothing; a comma or an equals sign may be a full-width one.

    Raises
    ------
    SchemaError
        If a part has no `=` or names nothing.
    """
    if text is None:
        return None
    found = {}
    for part in re.split("[,，]", text.replace("＝", "=")):
        name, separator, value = part.rpartition("=")
        if not separator or not name.strip() or not value.strip():
            raise SchemaError("option_pairs", given=text)
        found[name.strip()] = value.strip()
    return found


def minutes(text: str | None, default: Mapping[str, float]) -> Mapping[str, float] | float:
    """Return minutes per event: one number for all, `category=minutes,...`, or a table with these two columns.

    Raises
    ------
    SchemaError
        If a figure is not a number, or the table lacks a column.
    FileError
        If the table cannot be read.
    """
    if text is None:
        return default
    text = text.replace("＝", "=")
    if "=" not in text and Path(text).suffix:
        table = files.read_frame(text)
        schema.require_columns(table, ("category", "minutes"), "minutes")
        return {str(name): number(str(value)) for name, value in zip(table["category"], table["minutes"], strict=True)}
    if "=" not in text:
        return number(text)
    return {name: number(value) for name, value in (pairs(text) or {}).items()}


def number(text: str, fault: str = "option_number") -> float:
    """Return a number of an option; `fault` is the message where it is none.

    Raises
    ------
    SchemaError
        If it is none.
    """
    try:
        return float(text)
    except ValueError as error:
        raise SchemaError(fault, given=text) from error


def within(events: gpd.GeoDataFrame, start: str | None, end: str | None) -> gpd.GeoDataFrame:
    """Return the events reported from the day `start` to the day `end`, both inclusive, in the events' time zone.

    Raises
    ------
    SchemaError
        If a date cannot be read or the end lies before the start.
    """
    if start is None and end is None:
        return events
    schema.require_columns(events, ("reported_at",), "events")
    times = events["reported_at"]
    first, last = day(start), day(end)
    if first is not None and last is not None and last < first:
        raise SchemaError("option_period", given=f"{start} > {end}")
    kept = times.notna()
    if first is not None:
        kept &= times >= first.tz_localize(times.dt.tz)
    if last is not None:
        kept &= times < (last + pd.Timedelta(days=1)).tz_localize(times.dt.tz)
    return events[kept]


def day(text: str | None) -> pd.Timestamp | None:
    """Return a date of an option, None for nothing.

    Raises
    ------
    SchemaError
        If it is no date written YYYY-MM-DD.
    """
    if text is None:
        return None
    try:
        return pd.to_datetime(text, format="%Y-%m-%d")
    except ValueError as error:
        raise SchemaError("option_date", given=text) from error


def of_category(events: gpd.GeoDataFrame, category: str | None) -> gpd.GeoDataFrame:
    """Return the events of one category, all for None.

    Raises
    ------
    SchemaError
        If no event has it.
    """
    if category is None:
        return events
    schema.require_columns(events, ("category",), "events")
    kept = events["category"] == category
    if not kept.any():
        raise SchemaError(
            "absent_category", given=category, present=", ".join(sorted(events["category"].dropna().astype(str).unique())[:8])
        )
    return events[kept]


def period(events: gpd.GeoDataFrame) -> str:
    """Return the first and the last day of report, "" where no event has one."""
    times = events["reported_at"].dropna() if "reported_at" in events.columns else pd.Series(dtype="datetime64[us, UTC]")
    return "" if times.empty else f"{times.min():%Y-%m-%d} – {times.max():%Y-%m-%d}"
