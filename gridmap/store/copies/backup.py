"""Backup and restore: a project of either home in one GeoPackage with a manifest, and back into either home."""

import os
import sqlite3
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, inspect, text

import gridmap
from gridmap import files
from gridmap.errors import FileError, GridmapWarning, StoreError
from gridmap.files import journal, paths
from gridmap.store import homes, layers
from gridmap.store.actor import Actor
from gridmap.store.copies import manifest
from gridmap.store.copies.manifest import Manifest
from gridmap.store.home import migrations
from gridmap.store.home.base import Home, Transaction
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.project import Project, copy_into
from gridmap.store.tables import content, kinds, rtree, triggers
from gridmap.store.tables.content import Content
from gridmap.store.tables.described import Table, quoted
from gridmap.store.tables.fingerprint import Fingerprint
from gridmap.store.tables.own import META, STORE

Progress = Callable[[int, int], None]  # steps done, steps in all


def backup(project: Project, path: str | os.PathLike[str], *, actor: Actor, on_progress: Progress | None = None) -> pd.DataFrame:
    """Write a copy of a project as it stands now, whole or not at all, while others go on writing.

    Parameters
    ----------
    project
        Its file or URL.
    path
        Path that ends in `.gpkg`; a file of that name is replaced whole. QGIS and GDAL open it like a project file.
    actor
        Who makes it; kept in the log of the project.
    on_progress
        Told how many of its steps are done.

    Returns
    -------
    DataFrame
        Indexed by `table`: `rows`, and `hash`, the fingerprint of the rows, equal for equal rows in either home.

    Raises
    ------
    FileError
        If nothing can be written there.
    StoreError
        If the project is missing, busy or unsound, or `path` is the project itself.

    Warns
    -----
    GridmapWarning
        If tables of a database are left out, because they have no key of one column of whole numbers.

    Notes
    -----
    Cost: a million events in a file, about three seconds of the processor; from a database, some ten times that.
    """
    home, target = homes.of(project), Path(path)
    if paths.format_of(target) != "gpkg":
        raise FileError("not_a_geopackage", path=target.name)
    if isinstance(home, GeoPackage) and target.resolve() == home.path:
        raise StoreError("backup_over_project", path=target.name)
    with paths.replacing(target) as temporary:
        if isinstance(home, GeoPackage):
            copy_into(home.path, temporary)
        else:
            _from_database(home, temporary, on_progress)
        found = _described(temporary, home.shown)
        manifest.write(temporary, found)
        what = {"file": target.name, "made_at": found["made_at"], "rows": sum(each["rows"] for each in found["tables"].values())}
        home.write(lambda transaction: transaction.note("backup", STORE.name, what=what), actor=actor)
        journal.settle(target)
    return _table(found)


def restore(path: str | os.PathLike[str], project: Project, *, actor: Actor, on_progress: Progress | None = None) -> pd.DataFrame:
    """Make a project of a backup: a new file, or the tables of a database that has none; whole or not at all.

    Parameters
    ----------
    path
        A backup of a project of either home.
    project
        Path that ends in `.gpkg` where no file is, or URL of a PostgreSQL database with PostGIS.
    actor
        Who does it; kept in the log of the new project.
    on_progress
        Told how many of its steps are done.

    Returns
    -------
    DataFrame
        As of `backup`; what was written has been read back and has these fingerprints.

    Raises
    ------
    FileError
        If the backup is missing, or nothing can be written there.
    StoreError
        If it is no backup or damaged, a newer program wrote it, or a project is there already.
    """
    source, home = Path(path), homes.of(project)
    paths.require_file(source)
    found = manifest.read(source)
    if found["version"] > migrations.VERSION:
        raise StoreError("store_newer", path=source.name, present=found["version"], version=migrations.VERSION)
    what = {"file": source.name, "made_at": found["made_at"]}
    if isinstance(home, GeoPackage):
        _into_file(source, found, home.path, what, actor)
    else:
        _into_database(source, found, home, what, actor, on_progress)
    return _table(found)


def _described(path: Path, shown: str) -> Manifest:
    """Return what a file holds."""
    with GeoPackage(path).reading() as connection:
        tables = manifest.tables(path, connection)
        version = migrations.version(connection)
    return {
        "made_at": kinds.written(kinds.now()),
        "program": gridmap.__version__,
        "project": shown,
        "version": version,
        "tables": tables,
        "rest": manifest.rest(path, set(tables)),
    }


def _table(found: Manifest) -> pd.DataFrame:
    return pd.DataFrame.from_dict(found["tables"], orient="index", columns=["rows", "hash"]).rename_axis("table")


def _into_file(source: Path, found: Manifest, target: Path, what: dict[str, Any], actor: Actor) -> None:
    if paths.format_of(target) != "gpkg":
        raise FileError("not_a_geopackage", path=target.name)
    if target.exists():
        raise StoreError("restore_over", path=target.name)
    with paths.replacing(target) as temporary:
        _copied(source, found, temporary)
        manifest.drop(temporary)
        home = GeoPackage(temporary)
        try:
            home.write(lambda transaction: transaction.note("restore", STORE.name, what=what), actor=actor)
        finally:
            home.close()
        journal.settle(target)


def _copied(source: Path, found: Manifest, copy: Path) -> None:
    """Write a copy of a backup and hold it against its manifest."""
    try:
        connection = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            connection.execute("VACUUM INTO ?", [str(copy)])
        finally:
            connection.close()
        with GeoPackage(copy).reading() as opened:
            present = manifest.tables(copy, opened)
        rest = manifest.rest(copy, set(present))
    except (sqlite3.Error, StoreError, FileError) as error:
        raise StoreError("backup_damaged", path=source.name, reason=str(error)[:200]) from error
    changed = sorted(name for name in present.keys() | found["tables"].keys() if present.get(name) != found["tables"].get(name))
    if changed or rest != found["rest"]:
        raise StoreError("backup_damaged", path=source.name, reason=", ".join(changed) or "schema")


def _from_database(home: Home, path: Path, on_progress: Progress | None) -> None:
    """Write the tables of a database as a GeoPackage."""
    files.write_project({}, path, settings={})  # what every GeoPackage holds
    copy = GeoPackage(path)
    with home.reading() as source, copy.building() as target:
        if not inspect(source).has_table(STORE.name):
            raise StoreError("no_project", path=home.shown)
        present = migrations.version(source)
        if present != migrations.VERSION:
            raise StoreError("store_newer", path=home.shown, present=present, version=migrations.VERSION)
        for statement in ("DROP TABLE settings", "DELETE FROM gpkg_contents", "DELETE FROM gpkg_ogr_contents"):
            target.execute(text(statement))
        _fill(source, target, content.tables(source), on_progress)
        migrations.register(target)
        if left := content.left_out(source):
            warnings.warn(GridmapWarning("tables_left_out", path=home.shown, rows=left), stacklevel=2)


def _into_database(source: Path, found: Manifest, home: Any, what: dict[str, Any], actor: Actor, on_progress: Progress | None) -> None:  # noqa: ANN401 - imported only where it is installed
    with tempfile.TemporaryDirectory(prefix="gridmap-restore-") as folder:
        copy = Path(folder) / "backup.gpkg"
        _copied(source, found, copy)

        def work(transaction: Transaction) -> None:
            with GeoPackage(copy).reading() as opened:
                if migrations.version(opened) != migrations.VERSION:
                    raise StoreError("store_older", path=source.name, version=migrations.VERSION)
                _fill(opened, transaction.connection, content.tables(opened), on_progress)
            transaction.note("restore", STORE.name, what=what)

        home.found(work, actor=actor)


def _fill(source: Connection, target: Connection, contents: dict[str, Content], on_progress: Progress | None) -> None:
    """Make and fill every table in another home, and hold what is read back against what was written."""
    META.create_all(target)
    for done, (name, each) in enumerate(contents.items()):
        if on_progress is not None:
            on_progress(done, len(contents))
        wanted = _moved(source, target, each)
        made = content.tables(target)[name]
        if manifest.of(target, made) != wanted:
            raise StoreError("copy_differs", what=name)
    _number(target)
    triggers.create(target)
    if triggers.guarded(source):
        triggers.guard_grids(target)
    if on_progress is not None:
        on_progress(len(contents), len(contents))


def _moved(source: Connection, target: Connection, each: Content) -> dict[str, Any]:
    """Copy one table and return the rows and the fingerprint of what was read."""
    table, described = each.table, each.described
    if described is not None:
        described = replace(described, srs_id=layers.srid_of(target, described.crs) if described.crs is not None else 0)
        layers.make(target, described)
        table = described.sql
    mark = Fingerprint(list(each.table.columns))
    bounds: list[Any] = []
    for columns in content.read(source, each):
        mark.add(columns)
        content.write(target, table, columns)
        if described is not None and described.geometry and target.dialect.name == "sqlite":
            bounds.append(rtree.fill(target, described, columns[0], columns[-1]))
    if described is not None:
        _index(source, target, described, bounds)
    return {"rows": mark.rows, "hash": mark.told()}


def _index(source: Connection, target: Connection, table: Table, bounds: list[Any]) -> None:
    """Give a copied table the indexes of the other, and state its extent."""
    for index in inspect(source).get_indexes(table.name):
        columns = [name for name in index["column_names"] if name is not None]
        if str(index["name"]).startswith("gridmap_") and columns and table.geometry not in columns:
            unique = "UNIQUE" if index["unique"] else ""
            listed = ", ".join(map(quoted, columns))
            target.execute(text(f"CREATE {unique} INDEX {quoted(str(index['name']))} ON {quoted(table.name)} ({listed})"))
    layers.follow(target, table)
    if bounds:
        rtree.state_extent(target, table.name, bounds)


def _number(target: Connection) -> None:
    """Let a database number new rows from the last one on; a file knows by itself."""
    if target.dialect.name != "postgresql":
        return
    for table in META.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            asked = f"SELECT setval(pg_get_serial_sequence(:name, :key), max({quoted(column.name)})) FROM {quoted(table.name)}"
            target.execute(text(asked), {"name": table.name, "key": column.name})
