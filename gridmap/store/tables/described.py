"""How a home describes a table of the project: key, columns, geometry and coordinate reference system."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import sqlalchemy as sa
from pyproj import CRS
from sqlalchemy import Connection, text

from gridmap import schema
from gridmap.errors import StoreError
from gridmap.files.project import DEFAULT_TZ
from gridmap.store.tables.kinds import Day, Geometry, Instant

EVENTS = "events"
# Declared types by what is kept in them. Source: OGC 12-128r18, table 1.
WHOLE = frozenset({"INTEGER", "INT", "MEDIUMINT", "SMALLINT", "TINYINT"})
REAL = frozenset({"REAL", "DOUBLE", "FLOAT"})
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # eight bytes there too
# The same for the types of PostgreSQL.
_DECLARED = {
    "bigint": "INTEGER",
    "integer": "MEDIUMINT",
    "smallint": "SMALLINT",
    "double precision": "DOUBLE",
    "real": "FLOAT",
    "boolean": "BOOLEAN",
    "timestamp with time zone": "DATETIME",
    "date": "DATE",
    "text": "TEXT",
    "character varying": "TEXT",
    "bytea": "BLOB",
}

# Of a database, asked before every write: from the catalogue itself, in a tenth of the time that the views over it take.
_COLUMNS = text(
    "SELECT a.attname, format_type(a.atttypid, NULL), i.indrelid IS NOT NULL FROM pg_attribute a "
    "LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND i.indnatts = 1 AND i.indkey[0] = a.attnum "
    "WHERE a.attrelid = to_regclass(:name) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
)
_SPATIAL = text(
    "SELECT a.attname, postgis_typmod_srid(a.atttypmod), postgis_typmod_type(a.atttypmod), s.auth_name, s.auth_srid, s.srtext "
    "FROM pg_attribute a LEFT JOIN spatial_ref_sys s ON s.srid = postgis_typmod_srid(a.atttypmod) "
    "WHERE a.attrelid = to_regclass(:name) AND a.atttypid = 'geometry'::regtype AND NOT a.attisdropped ORDER BY a.attnum LIMIT 1"
)


@dataclass(frozen=True)
class Table:
    """A table of the project: its key column, its geometry column ("" where it has none) and the declared types of the others."""

    name: str
    key: str
    geometry: str
    srs_id: int
    crs: CRS | None
    types: dict[str, str]
    tz: str
    kind: str = "GEOMETRY"

    @cached_property
    def sql(self) -> sa.Table:
        """The table as statements name it."""
        return _sql(self.name, self.key, tuple(self.types.items()), (self.geometry, self.kind, self.srs_id))


@lru_cache(maxsize=64)
def _sql(name: str, key: str, types: tuple[tuple[str, str], ...], geometry: tuple[str, str, int]) -> sa.Table:
    """Return a table as statements name it; statements of one table are compiled once."""
    columns: list[sa.Column[Any]] = [sa.Column(key, _WHOLE, primary_key=True, autoincrement=False)]
    columns += [sa.Column(column, _column_type(kind)) for column, kind in types]
    if geometry[0]:
        columns.append(sa.Column(geometry[0], Geometry(*geometry[1:])))
    return sa.Table(name, sa.MetaData(), *columns)


def _column_type(declared: str) -> sa.types.TypeEngine[Any]:
    kind = declared.partition("(")[0]
    types: dict[str, sa.types.TypeEngine[Any]] = {
        "DATETIME": Instant(raw=True),
        "TIMESTAMP": Instant(raw=True),
        "DATE": Day(),
        "BOOLEAN": sa.Boolean(),
        "BLOB": sa.LargeBinary(),
    }
    types |= dict.fromkeys(WHOLE, _WHOLE) | dict.fromkeys(REAL, sa.Double())
    return types.get(kind, sa.Text())


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def events_table(connection: Connection, shown: str) -> Table:
    """Return the description of the table of events.

    Raises
    ------
    StoreError
        If the project has none.
    """
    found = describe(connection, EVENTS)
    if found is None or not found.geometry or "event_id" not in found.types:
        raise StoreError("no_events_table", path=shown)
    return found


def describe(connection: Connection, name: str) -> Table | None:
    """Return the description of a table of the project, None where there is none with a key of whole numbers."""
    return _of_database(connection, name) if connection.dialect.name == "postgresql" else _of_file(connection, name)


def names(connection: Connection) -> list[str]:
    """Return the names of the tables of the project that frames are put in, in their order in `schema`, others after them."""
    if connection.dialect.name == "postgresql":
        sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    else:
        sql = "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
    found = {str(row[0]) for row in connection.execute(text(sql))}
    return [*(name for name in schema.TABLES if name in found), *sorted(found - set(schema.TABLES))]


def key_of(connection: Connection, name: str) -> str | None:
    """Return the key column of a table, None where there is no such table."""
    found = describe(connection, name)
    return None if found is None else found.key


def _of_file(connection: Connection, name: str) -> Table | None:
    columns = connection.exec_driver_sql(f"PRAGMA table_info({quoted(name)})").fetchall()
    keys = [column for _, column, kind, _, _, is_key in columns if is_key and kind.upper() == "INTEGER"]
    if len(keys) != 1:
        return None
    known = connection.execute(text("SELECT 1 FROM sqlite_schema WHERE name = 'gpkg_geometry_columns'")).scalar()
    spatial = (
        known
        and connection.execute(
            text(
                "SELECT column_name, g.srs_id, organization, organization_coordsys_id, definition, geometry_type_name "
                "FROM gpkg_geometry_columns g JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = :name"
            ),
            {"name": name},
        ).fetchone()
    )
    geometry, srs_id, organisation, code, definition, kind = spatial or ("", 0, "", 0, "", "GEOMETRY")
    system = (f"{organisation}:{code}" if str(organisation).upper() == "EPSG" else str(definition)) if spatial else None
    types = tuple((str(column), str(kind).upper()) for _, column, kind, *_ in columns if column not in {keys[0], geometry})
    return _table(name, str(keys[0]), geometry, int(srs_id), system, types, settings(connection).get("timezone", DEFAULT_TZ), str(kind))


def _of_database(connection: Connection, name: str) -> Table | None:
    asked = {"name": quoted(name)}
    columns = connection.execute(_COLUMNS, asked).fetchall()
    keys = [column for column, _, is_key in columns if is_key]
    if len(keys) != 1:
        return None
    spatial = connection.execute(_SPATIAL, asked).fetchone()
    geometry, srid, kind, organisation, code, definition = spatial or ("", 0, "GEOMETRY", "", 0, "")
    system = (f"EPSG:{code}" if str(organisation).upper() == "EPSG" else str(definition)) if spatial else None
    key = str(keys[0])
    types = tuple((str(column), _DECLARED.get(kind, "TEXT")) for column, kind, _ in columns if column not in {key, geometry})
    return _table(name, key, geometry, int(srid), system, types, settings(connection).get("timezone", DEFAULT_TZ), str(kind))


@lru_cache(maxsize=256)
def _table(
    name: str, key: str, geometry: str, srid: int, system: str | None, types: tuple[tuple[str, str], ...], tz: str, kind: str
) -> Table:
    """Return one and the same description for one table: SQLAlchemy knows its statements again, and a CRS is made once."""
    crs = None if system is None else CRS.from_user_input(system)
    return Table(name, key, geometry, srid, crs, dict(types), tz, kind.upper())


def settings(connection: Connection) -> dict[str, str]:
    """Return the settings of the project, none where it has no such table."""
    if connection.dialect.name == "postgresql":
        present = connection.execute(text("SELECT to_regclass('settings')")).scalar()
    else:
        present = {"key", "value"} <= {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(settings)")}
    if not present:
        return {}
    rows = connection.execute(text("SELECT key, value FROM settings WHERE key IS NOT NULL")).fetchall()
    return {str(key): "" if value is None else str(value) for key, value in rows}
