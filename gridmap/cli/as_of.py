"""`--as-of`: the times of events and the periods of grids, as files state them."""

import warnings

import geopandas as gpd
import pandas as pd

from gridmap.errors import GridmapWarning, SchemaError
from gridmap.files import cells, stamps
from gridmap.schema import require_columns

PERIOD = ("valid_from", "valid_to")


def times(events: gpd.GeoDataFrame, column: str, tz: str) -> pd.Series:
    """Return a column of events as times; a warning says which events have none.

    Raises
    ------
    SchemaError
        If there is no such column.
    """
    require_columns(events, (column,), "events")
    found = stamps.parse(events[column], tz)
    if found.isna().any():
        texts = events.loc[found.isna() & cells.filled(events[column]), column]
        given = str(texts.iloc[0])[:40] if len(texts) else None
        warnings.warn(GridmapWarning("without_time", column=column, given=given, rows=events.index[found.isna()]), stacklevel=2)
    return found


def with_periods(grids: gpd.GeoDataFrame, tz: str) -> gpd.GeoDataFrame:
    """Return grids whose `valid_from` and `valid_to` are times, missing where the cell is empty.

    Raises
    ------
    SchemaError
        If there is no such column, or a stamp cannot be read: taken as missing it would stand for an open end.
    """
    require_columns(grids, PERIOD, "grids")
    read = {name: stamps.parse(grids[name], tz) for name in PERIOD}
    for name, found in read.items():
        unread = found.isna() & cells.filled(grids[name])
        if unread.any():
            given = str(grids.loc[unread, name].iloc[0])[:40]
            raise SchemaError("unread_period", what="grids", column=name, given=given, rows=grids.index[unread])
    return grids.assign(**read)
