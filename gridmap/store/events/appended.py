"""Events put into a project, and the new ones read back."""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import geopandas as gpd
import sqlalchemy as sa
from sqlalchemy import Connection, select

from gridmap.errors import StoreError
from gridmap.files import places, vector
from gridmap.store import audit, homes, layers
from gridmap.store.actor import Actor
from gridmap.store.address import Project
from gridmap.store.events import state
from gridmap.store.home.base import Home, Transaction
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.project import snapshot
from gridmap.store.tables import fingerprint, rows
from gridmap.store.tables.described import EVENTS, Table, events_table
from gridmap.store.tables.keys import next_row

ASKED = 500  # identifiers in one question


def append_events(project: Project, events: gpd.GeoDataFrame, *, actor: Actor) -> range:
    """Append events to a project, all or none of them, and return once they are on the disk.

    Parameters
    ----------
    project
        A project with a table of events: its file or its URL.
    events
        Indexed by `event_id` (text), with the columns `schema` demands and none that the table has not; any known CRS; times with a zone.
    actor
        Who writes; kept in the log of the project.

    Returns
    -------
    range
        The row ids of the events, in their order; ids only grow.

    Raises
    ------
    SchemaError, CRSError
        If the events break their contract, or do not fit the table.
    StoreError
        If an `event_id` stands in the table already; if the project is missing, has no such table, or is held by another process.

    Notes
    -----
    Safe from many threads and processes. On a file, one thread of this process writes, and what waits goes into one transaction, so that
    many callers share one wait for the disk. Times are kept to the millisecond.
    """
    home = homes.of(project)
    table = described(home)
    encoded = rows.encode(events, table)
    digest = _digest(table, encoded)  # others may write meanwhile
    return home.write(lambda transaction: _append(transaction, table, encoded, digest), actor=actor) if encoded.values else range(0)


def add(transaction: Transaction, events: gpd.GeoDataFrame) -> range:
    """Append events inside a write; raises as `append_events`."""
    table = events_table(transaction.connection, transaction.home.shown)
    encoded = rows.encode(events, table)
    return _append(transaction, table, encoded, _digest(table, encoded))


def _digest(table: Table, encoded: rows.Rows) -> str:
    return fingerprint.digest([table.sql.c[name] for name in encoded.names], encoded.values, without=audit.MUTABLE)


_described: "WeakKeyDictionary[Home, tuple[Hashable, Table]]" = WeakKeyDictionary()


def described(home: Home) -> Table:
    """Return the description of the table of events, read anew only where it may be another.

    Raises
    ------
    StoreError
        If the project is missing or has no table of events.
    """
    layout = home.layout()
    kept = _described.get(home)
    if kept is not None and layout is not None and kept[0] == layout:
        return kept[1]
    with home.reading() as connection:
        table = events_table(connection, home.shown)
    _described[home] = (layout, table)
    return table


def _append(transaction: Transaction, table: Table, encoded: rows.Rows, digest: str) -> range:
    identifiers = [row[0] for row in encoded.values]
    present = _present(transaction.connection, table, identifiers)
    if present:
        raise StoreError("events_present", what=EVENTS, rows=[label for label in identifiers if label in present])
    first = next_row(transaction.connection, table)
    grids = state.ensure(transaction)
    layers.fill(transaction.connection, table, encoded, first)
    transaction.note("append", EVENTS, first=first, count=len(encoded.values), digest=digest, bounds=encoded.bounds)
    state.add(transaction, grids, table, first, dict(zip(encoded.names, zip(*encoded.values, strict=True), strict=True)))
    return range(first, first + len(encoded.values))


def _present(connection: Connection, table: Table, identifiers: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(identifiers), ASKED):
        found.update(connection.execute(_asked(table.sql), {"ids": identifiers[start : start + ASKED]}).scalars().all())
    return found


@lru_cache(maxsize=8)
def _asked(events: sa.Table) -> sa.Select[Any]:
    return sa.select(events.c.event_id).where(events.c.event_id.in_(sa.bindparam("ids", expanding=True)))


def read_events(project: Project, *, since: int = 0, limit: int | None = None) -> gpd.GeoDataFrame:
    """Read the events of a project whose row id is above `since`, oldest first.

    Returns
    -------
    GeoDataFrame
        Indexed by `event_id`, in the table's CRS, times in the project's zone, with the column `row_id` first: the last one is the next
        `since`. At most `limit` rows.

    Raises
    ------
    StoreError
        If the project is missing or has no table of events.
    FileError
        If GDAL cannot read it.

    Notes
    -----
    The whole table of a file is read by GDAL from a copy, in half the time: a million events take about four seconds.
    """
    home = homes.of(project)
    if since <= 0 and limit is None and isinstance(home, GeoPackage):
        return _every(home)
    with home.reading() as connection:
        table = events_table(connection, home.shown)
        key = table.sql.c[table.key]
        found: Any = connection.execute(select(table.sql).where(key > since).order_by(key).limit(limit)).fetchall()
    decoded = rows.decode(found, table)
    assert isinstance(decoded, gpd.GeoDataFrame)
    return decoded


def _every(home: GeoPackage) -> gpd.GeoDataFrame:
    with home.reading() as connection:
        table = events_table(connection, home.shown)
    with snapshot(home.path) as copy:
        found = places.require_geometry(vector.read(copy, layer=EVENTS, numbers=True), EVENTS).sort_index()
    found = found.assign(**{rows.ROW: found.index.to_numpy(dtype="int64")}).reset_index(drop=True)
    decoded = rows.typed(found[[rows.ROW, *found.columns.drop(rows.ROW)]], table)
    assert isinstance(decoded, gpd.GeoDataFrame)
    return decoded
