"""Events: files of points or of rows with coordinates, their names mapped to ours, their stamps made times."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap import crs as coordinates
from gridmap import schema
from gridmap.errors import GridmapWarning, SchemaError
from gridmap.files import cells, places, reading, stamps

ORIGINAL = "_original"


def read_events(
    path: str | os.PathLike[str],
    *,
    x: str | None = None,
    y: str | None = None,
    crs: str | None = None,
    columns: Mapping[str, str] | None = None,
    tz: str = "Asia/Shanghai",
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Read events from any file that `read_frame` reads.

    Parameters
    ----------
    path, layer, crs
        As in `read_frame`. A table whose coordinate columns are named like longitude and latitude is taken to be in EPSG:4326.
    x, y
        Columns of the coordinates; without them a pair of customary names (lon/lat, longitude/latitude, 经度/纬度, x/y) is looked for
        where the file has no geometry.
    columns
        Our name -> the file's name, such as `{"event_id": "srnumber", "reported_at": "createddate"}`.
    tz
        Time zone of stamps without offset, and of all times in the result.

    Returns
    -------
    GeoDataFrame
        Indexed by `event_id` (text; the row's number where the file has none). Every column of the file under its own name, the mapped
        ones under ours too. `geometry` is None where a row has no coordinates. Stamps are times in `tz`; where some could not be read
        the texts stay in a column that ends in `_original`.

    Raises
    ------
    SchemaError
        If a named column is missing, no coordinates are found at all, or one is infinite; if identifiers are missing or stand twice.
    CRSError
        If the coordinate reference system is unknown, or the coordinates cannot be in it.
    """
    shown = Path(path).name
    frame = reading.read_frame(path, layer=layer, crs=crs, what="events")
    if frame.empty:
        raise SchemaError("empty", what=shown)
    # Rows are counted from 1 in what is said of them.
    frame = _mapped(frame.set_axis(pd.RangeIndex(1, len(frame) + 1)), columns or {}, shown)
    points = places.located(frame, shown, x=x, y=y, crs=crs)
    schema.require_frame(points, shown, geometry=schema.POINT)
    events = _timed(_identified(points, shown), tz, shown)
    _report_places(events, shown)
    return events


def _mapped(frame: pd.DataFrame, columns: Mapping[str, str], shown: str) -> pd.DataFrame:
    """Return `frame` with a copy of each mapped column under our name; a column that had that name moves aside."""
    schema.require_columns(frame, columns.values(), shown)
    copies = {ours: frame[theirs] for ours, theirs in columns.items() if ours != theirs}
    aside = {name: _free(f"{name}{ORIGINAL}", frame) for name in copies if name in frame.columns}
    return frame.rename(columns=aside).assign(**copies)


def _free(name: str, frame: pd.DataFrame) -> str:
    while name in frame.columns:
        name += "_"
    return name


def _identified(points: gpd.GeoDataFrame, shown: str) -> gpd.GeoDataFrame:
    if "event_id" not in points.columns:
        return points.set_index(pd.Index([str(n) for n in points.index], name="event_id", dtype="str"))
    codes = cells.as_text(points["event_id"])
    if codes.isna().any():
        raise SchemaError("missing_index", what=shown, rows=points.index[codes.isna()])
    schema.require_index(pd.Index(codes), shown)
    return points.assign(event_id=codes).set_index("event_id")


def _timed(events: gpd.GeoDataFrame, tz: str, shown: str) -> gpd.GeoDataFrame:
    changed: dict[str, pd.Series] = {}
    if "category" in events.columns:
        changed["category"] = cells.as_text(events["category"])
    for name in stamps.COLUMNS:
        if name not in events.columns:
            continue
        changed[name] = stamps.parse(events[name], tz)
        unread = changed[name].isna() & cells.filled(events[name])
        if unread.any():
            changed[_free(f"{name}{ORIGINAL}", events)] = events[name]
            example = events.loc[unread, name].iloc[0]
            warnings.warn(
                GridmapWarning("unread_stamps", what=shown, column=name, given=str(example)[:40], rows=events.index[unread]), stacklevel=2
            )
    return events.assign(**changed)


def _report_places(events: gpd.GeoDataFrame, shown: str) -> None:
    lost = events.geometry.isna()
    if lost.any():
        warnings.warn(GridmapWarning("without_coordinates", what=shown, rows=events.index[lost]), stacklevel=2)
    if not lost.all():
        located = events[~lost]
        coordinates.require_plausible(located, shown)
        coordinates.warn_rounded(located, shown)
