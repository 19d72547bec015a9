"""What is open in a box, and how many events there were by grid and day: answered from the states, not from the events."""

import datetime
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Select, Text, cast, false, func, select

from gridmap.errors import SchemaError
from gridmap.store import homes
from gridmap.store.address import Project
from gridmap.store.events import boundaries, state
from gridmap.store.events.appended import described
from gridmap.store.tables import rows
from gridmap.store.tables.described import Table
from gridmap.store.tables.own import EVENT_DAYS, EVENT_STATE

Day = str | datetime.date
_BETWEEN = "\x1f"  # codes in a packed row


def open_events(project: Project, box: Sequence[float], *, limit: int | None = None) -> gpd.GeoDataFrame:
    """Return the events in a box that are not archived, oldest first.

    Parameters
    ----------
    box
        West, south, east, north in the CRS of the table of events; its border counts.
    limit
        At most so many.

    Returns
    -------
    GeoDataFrame
        As `read_events`.

    Raises
    ------
    SchemaError
        If the box is none.
    StoreError
        If the project is missing or has no table of events.

    Notes
    -----
    Cost: that of the open events between west and east. An event without a place is in no box.
    """
    corners = _corners(box)
    home = homes.of(project)
    table = described(home)
    with state.current(home) as connection:
        found = rows.decode(connection.execute(open_in(table, corners, limit)).fetchall(), table)
    assert isinstance(found, gpd.GeoDataFrame)
    return found


def open_in(table: Table, corners: tuple[float, float, float, float], limit: int | None) -> Select[Any]:
    """Return the question for the open events in a box."""
    west, south, east, north = corners
    of = EVENT_STATE.c
    inside = [of.open, of.x.between(west, east), of.y.between(south, north)]
    joined = table.sql.join(EVENT_STATE, table.sql.c[table.key] == of.row)
    return select(table.sql).select_from(joined).where(*inside).order_by(of.row).limit(limit)


def _corners(box: Sequence[float]) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = map(float, box)
    except (TypeError, ValueError):
        raise SchemaError("no_box", given=box) from None
    if not (west <= east and south <= north):
        raise SchemaError("no_box", given=box)
    return west, south, east, north


def counts(project: Project, *, since: Day, until: Day, category: str | None = None) -> pd.DataFrame:
    """Count the events reported in each lowest base grid on each day.

    Parameters
    ----------
    since, until
        First and last day, both inclusive, in the project's zone.
    category
        Only events of this one.

    Returns
    -------
    DataFrame
        Indexed by `grid_code`: every lowest base grid in force, in the order of the codes; a column for each day (`day`, at midnight,
        without a zone), int64, zero where there was none. Events in no grid are left out.

    Raises
    ------
    SchemaError
        If a day is none.
    StoreError
        If the project is missing.
    """
    home = homes.of(project)
    days = pd.date_range(_day(since), _day(until), freq="D", name="day")
    of = EVENT_DAYS.c
    labels = days.strftime("%Y-%m-%d").tolist()
    wanted = [of.day.between(labels[0], labels[-1]) if labels else false(), of.grid_code != ""]
    wanted += [] if category is None else [of.category == category]
    # A row for each day, packed: a hundred thousand rows take longer to come over than to find.
    packed = func.aggregate_strings(of.grid_code, _BETWEEN), func.aggregate_strings(cast(of.reported, Text), _BETWEEN)
    asked = select(of.day, *packed).where(*wanted).group_by(of.day)
    with state.current(home) as connection:
        codes = boundaries.lowest_codes(connection)
        found = connection.execute(asked).fetchall()
    table = np.zeros((len(days), len(codes)), dtype="int64")
    row, column = ({label: place for place, label in enumerate(each)} for each in (labels, codes))
    for day, where, counted in found:
        place = [column[code] for code in where.split(_BETWEEN)]
        table[row[day]] = np.bincount(place, weights=np.array(counted.split(_BETWEEN), dtype="float64"), minlength=len(codes))
    return pd.DataFrame(table.T, index=pd.Index(codes, name="grid_code", dtype="str"), columns=days)


def _day(day: Day) -> pd.Timestamp:
    try:
        found = pd.Timestamp(day)
    except (TypeError, ValueError):
        raise SchemaError("no_day", given=day) from None
    if found is pd.NaT or found.tzinfo is not None or found != found.normalize():
        raise SchemaError("no_day", given=day)
    return found
