"""Events appended to a project file, and the new ones read back."""

from pathlib import Path

import geopandas as gpd

from gridmap.files import places, vector
from gridmap.store import rows, writer
from gridmap.store.actor import Actor
from gridmap.store.connection import reading
from gridmap.store.project import snapshot
from gridmap.store.table import EVENTS, describe, quoted


def append_events(project: Path, events: gpd.GeoDataFrame, *, actor: Actor) -> range:
    """Append events to a project file, all or none of them, and return once they are on the disk.

    Parameters
    ----------
    project
        A project file with a table of events.
    events
        Indexed by `event_id` (text), with the columns `schema` demands and none that the table has not; any known CRS; times with a zone.
    actor
        Who writes; kept in the table `audit` of the file.

    Returns
    -------
    range
        The row ids of the events, in their order; ids only grow.

    Raises
    ------
    SchemaError, CRSError
        If the events break their contract, or do not fit the table.
    StoreError
        If an `event_id` stands in the table already; if the file is missing, has no such table, or is held by another process.

    Notes
    -----
    Safe from many threads and processes. In this process one thread writes, and what waits goes into one transaction, so that many callers
    share one wait for the disk. Times are kept to the millisecond.
    """
    project = Path(project)
    with reading(project) as connection:
        table = describe(connection, project)
    encoded = rows.encode(events, table)
    return writer.append(project, writer.Batch(table, encoded, actor)) if encoded.values else range(0)


def read_events(project: Path, *, since: int = 0, limit: int | None = None) -> gpd.GeoDataFrame:
    """Read the events of a project file whose row id is above `since`, oldest first.

    Returns
    -------
    GeoDataFrame
        Indexed by `event_id`, in the table's CRS, times in the project's zone, with the column `row_id` first: the last one is the next
        `since`. At most `limit` rows.

    Raises
    ------
    StoreError
        If the file is missing or has no table of events.
    FileError
        If GDAL cannot read it.

    Notes
    -----
    The whole table is read by GDAL from a copy, in half the time: a million events take about four seconds.
    """
    project = Path(project)
    if since <= 0 and limit is None:
        return _every(project)
    with reading(project) as connection:
        table = describe(connection, project)
        names = ", ".join(map(quoted, [table.key, table.geometry, *table.types]))
        found = connection.execute(
            f"SELECT {names} FROM {quoted(EVENTS)} WHERE {quoted(table.key)} > ? ORDER BY {quoted(table.key)} LIMIT ?",  # noqa: S608
            [since, -1 if limit is None else limit],
        ).fetchall()
    return rows.decode(found, table)


def _every(project: Path) -> gpd.GeoDataFrame:
    with snapshot(project) as copy:
        with reading(copy) as connection:
            table = describe(connection, project)
        found = places.require_geometry(vector.read(copy, layer=EVENTS, numbers=True), EVENTS).sort_index()
    found = found.assign(**{rows.ROW: found.index.to_numpy(dtype="int64")}).reset_index(drop=True)
    return rows.typed(found[[rows.ROW, *found.columns.drop(rows.ROW)]], table)
