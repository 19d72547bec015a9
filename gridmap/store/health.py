"""What is to be known of a project before one looks for a fault: what it is kept in, by which versions, and how much room is left."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import pyogrio
from sqlalchemy import Connection, inspect, text

import gridmap
from gridmap.errors import StoreError
from gridmap.store import audit, homes
from gridmap.store.address import Project
from gridmap.store.home import migrations
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.project import OWN
from gridmap.store.tables.described import names

CATALOGUE = {"sqlite": "gpkg_contents", "postgresql": "spatial_ref_sys"}  # of a GeoPackage, of PostGIS
LEAST_FREE = 2.0  # as much again as the file: for its copy


class Item(NamedTuple):
    """Something known: what, how it is, and whether that is as it should be. `what` is a term of the catalogue."""

    what: str
    said: str
    sound: bool = True


def health(project: Project, *, lang: str = "zh") -> list[Item]:
    """Return what is to be known of a project; one that cannot be reached is a thing that is known of it, in the language `lang`.

    Raises
    ------
    StoreError
        If the URL is none.
    """
    home = homes.of(project)
    found = [Item("gridmap", gridmap.__version__), Item("store", str(migrations.VERSION))]
    gdal = ".".join(map(str, pyogrio.__gdal_version__))
    found += [Item("sqlite", sqlite3.sqlite_version), Item("gdal", gdal)]
    try:
        with home.reading() as connection:
            found += [Item("place", home.shown), *(_file(connection, home) if isinstance(home, GeoPackage) else _database(connection))]
            found += _common(connection)
    except StoreError as error:
        found.append(Item("place", error.text(lang), sound=False))
    return found


def _common(connection: Connection) -> Iterator[Item]:
    present = migrations.version(connection)
    yield Item("project_version", str(present), sound=present <= migrations.VERSION)
    held = (
        [name for name in names(connection) if name not in OWN] if inspect(connection).has_table(CATALOGUE[connection.dialect.name]) else []
    )
    yield Item("tables", ", ".join(held) or "-", sound=bool(held))
    if present == migrations.VERSION:
        number, signed = audit.last(connection)
        yield Item("log", f"{number}, {signed}")


def _file(connection: Connection, home: GeoPackage) -> Iterator[Item]:
    size = home.path.stat().st_size
    yield Item("size", f"{size / 1e6:,.1f} MB")
    allowed = os.access(home.path, os.W_OK) and os.access(home.path.parent, os.W_OK)
    yield Item("permission", "rw" if allowed else "r", sound=allowed)
    yield Item("journal", str(connection.execute(text("PRAGMA journal_mode")).scalar()))
    said = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(5)"))]
    said += [f"{row[0]} {row[1]}" for row in connection.execute(text("PRAGMA foreign_key_check")).fetchmany(5)]
    yield Item("integrity", "; ".join(said)[:400], sound=said == ["ok"])
    free = shutil.disk_usage(home.path.parent).free
    yield Item("free", f"{free / 1e6:,.0f} MB", sound=free >= LEAST_FREE * size)


def _database(connection: Connection) -> Iterator[Item]:
    yield Item("postgresql", str(connection.execute(text("SHOW server_version")).scalar()))
    postgis = connection.execute(text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")).scalar()
    yield Item("postgis", str(postgis or "-"), sound=postgis is not None)
    size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar()
    yield Item("size", f"{(size or 0) / 1e6:,.1f} MB")
    asked = "SELECT has_schema_privilege(current_schema(), 'CREATE') AND has_database_privilege(current_database(), 'CREATE')"
    allowed = bool(connection.execute(text(asked)).scalar())
    yield Item("permission", "rw" if allowed else "r", sound=allowed)
    durable = str(connection.execute(text("SHOW synchronous_commit")).scalar())
    yield Item("durable", durable, sound=durable != "off")
