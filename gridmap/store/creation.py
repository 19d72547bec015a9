"""A new project: its tables, its settings and everything the store keeps besides."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from sqlalchemy import func, inspect, select

from gridmap import files
from gridmap.errors import FileError, StoreError
from gridmap.files import journal, paths
from gridmap.store import adoption, homes, layers, styles
from gridmap.store.actor import Actor
from gridmap.store.address import Project
from gridmap.store.home.base import Transaction
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.tables.own import AUDIT


def create(project: Project, tables: Mapping[str, pd.DataFrame], *, settings: Mapping[str, str], actor: Actor) -> None:
    """Make a project of frames: a new file in place of `project`, whole or not at all, or the tables of an empty database.

    Parameters
    ----------
    project
        Path that ends in `.gpkg`, or URL of a PostgreSQL database with PostGIS.
    tables
        Table name -> frame on the table's index; all geometry in one coordinate reference system. `grids`, where they are a plan, become
        the boundaries in force: the first published plan.
    settings
        Key -> text.
    actor
        Who makes it; kept in the log.

    Raises
    ------
    CRSError, FileError
        As `files.write_project`.
    StoreError
        If the database has a project already, or cannot be written.
    """
    home = homes.of(project)
    if isinstance(home, GeoPackage):
        _file(home.path, tables, settings, actor)
        return
    with home.reading() as connection:
        if inspect(connection).has_table(AUDIT.name) and connection.execute(select(func.max(AUDIT.c.id))).scalar():
            raise StoreError("store_exists", path=home.shown)
    files.project.require_one_crs(tables, home.shown)

    def fill(transaction: Transaction) -> None:
        layers.put_settings(transaction, dict(settings))
        for name, frame in tables.items():
            layers.put(transaction, name, frame)
        adoption.adopt(transaction)

    home.write(fill, actor=actor)


def _file(path: Path, tables: Mapping[str, pd.DataFrame], settings: Mapping[str, str], actor: Actor) -> None:
    if paths.format_of(path) != "gpkg":
        raise FileError("not_a_geopackage", path=path.name)
    with paths.replacing(path) as temporary:
        files.write_project(tables, temporary, settings=settings)
        home = GeoPackage(temporary)
        try:
            home.write(_furnished, actor=actor)
        finally:
            home.close()
        journal.settle(path)


def _furnished(transaction: Transaction) -> None:
    adoption.adopt(transaction)
    styles.put(transaction)
