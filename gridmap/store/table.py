"""How a GeoPackage describes its table of events: key, columns, geometry and coordinate reference system."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS

from gridmap.errors import StoreError

EVENTS = "events"
DEFAULT_TZ = "Asia/Shanghai"
# Declared types by what is kept in them. Source: OGC 12-128r18, table 1.
WHOLE = frozenset({"INTEGER", "INT", "MEDIUMINT", "SMALLINT", "TINYINT"})
REAL = frozenset({"REAL", "DOUBLE", "FLOAT"})


@dataclass(frozen=True)
class Table:
    """The table of events: its key column, its geometry column and the declared types of the others."""

    key: str
    geometry: str
    srs_id: int
    crs: CRS
    types: dict[str, str]
    tz: str


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def describe(connection: sqlite3.Connection, path: Path) -> Table:
    """Return the description of the table of events.

    Raises
    ------
    StoreError
        If the file has none.
    """
    known = connection.execute("SELECT name FROM sqlite_schema WHERE name IN ('gpkg_geometry_columns', 'settings')").fetchall()
    spatial = ("gpkg_geometry_columns",) in known and connection.execute(
        "SELECT column_name, g.srs_id, organization, organization_coordsys_id, definition FROM gpkg_geometry_columns g "
        "JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
        [EVENTS],
    ).fetchone()
    columns = connection.execute(f"PRAGMA table_info({quoted(EVENTS)})").fetchall()
    keys = [name for _, name, kind, _, _, is_key in columns if is_key and kind.upper() == "INTEGER"]
    if not spatial or len(keys) != 1 or "event_id" not in {column[1] for column in columns}:
        raise StoreError("no_events_table", path=path.name)
    geometry, srs_id, organisation, code, definition = spatial
    crs = CRS.from_user_input(f"{organisation}:{code}" if str(organisation).upper() == "EPSG" else definition)
    types = {name: kind.upper() for _, name, kind, *_ in columns if name not in {keys[0], geometry}}
    return Table(keys[0], geometry, int(srs_id), crs, types, settings(connection).get("timezone", DEFAULT_TZ))


def settings(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the settings of the project, none where it has no such table."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(settings)")}
    if not {"key", "value"} <= columns:
        return {}
    rows = connection.execute("SELECT key, value FROM settings WHERE key IS NOT NULL").fetchall()
    return {str(key): "" if value is None else str(value) for key, value in rows}
