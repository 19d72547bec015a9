"""Tables of a project made after frames, filled and replaced whole; in a file as GDAL and QGIS expect them."""

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from sqlalchemy import Connection, delete, text
from sqlalchemy.schema import CreateTable

from gridmap.files import vector
from gridmap.store import audit
from gridmap.store.home.base import Transaction
from gridmap.store.tables import bulk, fingerprint, keys, rows, rtree
from gridmap.store.tables.described import DEFAULT_TZ, EVENTS, Table, describe, quoted, settings

SETTINGS = "settings"
OWN_SRIDS = 910_000  # from here on: systems that have no EPSG code


def put(transaction: Transaction, name: str, frame: pd.DataFrame, *, why: str | None = None) -> int:
    """Put a frame in the place of a table, or make the table; return the number of rows.

    Parameters
    ----------
    name
        Of the table; the index of the frame, named, is its identifier.

    Raises
    ------
    SchemaError, CRSError
        If the frame breaks the contract of its table, has a column that the table has not, or a value that cannot be kept.
    """
    connection = transaction.connection
    ready = vector.storable(frame)
    table = describe(connection, name) or _made(connection, name, ready)
    encoded = rows.encode(ready, table)
    transaction.run(delete(table.sql))
    first = keys.next_row(connection, table)
    fill(connection, table, encoded, first)
    written = [table.sql.c[column] for column in encoded.names]
    digest = fingerprint.digest(written, encoded.values, without=audit.MUTABLE if name == EVENTS else ())
    transaction.note("put", name, first=first, count=len(encoded.values), why=why, digest=digest, bounds=encoded.bounds)
    return len(encoded.values)


def fill(connection: Connection, table: Table, encoded: rows.Rows, first: int) -> None:
    """Write rows into a table, numbered from `first`."""
    numbered = ((number, *row) for number, row in enumerate(encoded.values, first))
    bulk.insert(connection, table.sql, [table.key, *encoded.names], numbered)


def put_settings(transaction: Transaction, values: dict[str, str], *, why: str | None = None) -> None:
    """Put settings beside those that are there, in the place of those of the same key."""
    connection = transaction.connection
    kept = settings(connection) | values
    table = describe(connection, SETTINGS) or _made(
        connection, SETTINGS, pd.DataFrame({"value": pd.Series(dtype="str")}, index=pd.Index([], name="key", dtype="str"))
    )
    transaction.run(delete(table.sql))
    pairs, first = list(kept.items()), keys.next_row(connection, table)
    fill(connection, table, rows.Rows(["key", "value"], pairs, []), first)
    digest = fingerprint.digest([table.sql.c.key, table.sql.c.value], pairs)
    transaction.note("set", SETTINGS, first=first, count=len(pairs), what=dict(values), why=why, digest=digest)


def _made(connection: Connection, name: str, frame: pd.DataFrame) -> Table:
    """Make a table after a frame."""
    spatial = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    columns = pd.DataFrame(frame.drop(columns=frame.active_geometry_name)) if spatial else frame
    types = {str(frame.index.name): "TEXT"} | {str(column): declared(columns[column]) for column in columns}
    key, geometry = vector.free_name("fid", types), vector.free_name("geom", types) if spatial else ""
    srid = srid_of(connection, frame.crs) if spatial else 0
    kind = vector.common_type(frame).replace("Unknown", "Geometry") if spatial else "Geometry"
    table = Table(name, key, geometry, srid, frame.crs if spatial else None, types, settings(connection).get("timezone", DEFAULT_TZ), kind)
    make(connection, table)
    identifier = quoted(str(frame.index.name))
    connection.execute(text(f"CREATE UNIQUE INDEX {quoted(f'gridmap_{name}_{frame.index.name}')} ON {quoted(name)} ({identifier})"))
    follow(connection, table)
    return table


def make(connection: Connection, table: Table) -> None:
    """Make a table, known in a file to whoever opens it; its places are in no index until `follow`."""
    connection.execute(CreateTable(table.sql))
    if connection.dialect.name == "sqlite":
        rtree.register(connection, table)


def follow(connection: Connection, table: Table) -> None:
    """Let the spatial index of a table follow its rows from now on."""
    if connection.dialect.name == "sqlite":
        rtree.follow(connection, table)
    elif table.geometry:
        place = quoted(f"gridmap_{table.name}_place")
        connection.execute(text(f"CREATE INDEX {place} ON {quoted(table.name)} USING gist ({quoted(table.geometry)})"))


def declared(values: pd.Series) -> str:
    """Return the declared type of a column."""
    if pd.api.types.is_bool_dtype(values):
        return "BOOLEAN"
    if pd.api.types.is_integer_dtype(values):
        return "INTEGER"
    if pd.api.types.is_float_dtype(values):
        return "DOUBLE"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "DATETIME"
    return "TEXT"


def srid_of(connection: Connection, crs: CRS) -> int:
    """Return the number under which the home keeps a coordinate reference system; it is made known where it is not."""
    authority = crs.to_authority("EPSG", min_confidence=100) if crs.to_authority() else None
    if connection.dialect.name == "sqlite":
        return rtree.srs_id(connection, crs, int(authority[1]) if authority else None)
    if authority and connection.execute(text("SELECT 1 FROM spatial_ref_sys WHERE srid = :srid"), {"srid": int(authority[1])}).scalar():
        return int(authority[1])
    definition = crs.to_wkt()
    known = connection.execute(text("SELECT srid FROM spatial_ref_sys WHERE srtext = :definition"), {"definition": definition}).scalar()
    if known is not None:
        return int(known)
    srid = int(connection.execute(text("SELECT greatest(max(srid) + 1, :own) FROM spatial_ref_sys"), {"own": OWN_SRIDS}).scalar_one())
    connection.execute(
        text("INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) VALUES (:srid, 'gridmap', :srid, :wkt, '')"),
        {"srid": srid, "wkt": definition},
    )
    return srid
