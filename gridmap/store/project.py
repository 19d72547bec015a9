"""A project in use, for readers: its tables, its columns, its changes, and a copy that GDAL may open."""

import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from sqlalchemy import func, select, text

from gridmap import files
from gridmap.errors import FileError, StoreError
from gridmap.files import paths
from gridmap.store import homes
from gridmap.store.address import Project
from gridmap.store.home.base import Home, Version
from gridmap.store.home.connection import reading
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.styles import STYLES
from gridmap.store.tables import kinds, rows
from gridmap.store.tables.described import EVENTS, Table, describe, events_table, names
from gridmap.store.tables.described import settings as settings_of
from gridmap.store.tables.own import AUDIT, META, STEPS

# What the store keeps for itself; it is asked for in other ways.
OWN = frozenset(META.tables) - {STEPS.name} | {"settings", "spatial_ref_sys", STYLES.name}


@contextmanager
def snapshot(project: Path) -> Iterator[Path]:
    """Give a copy of the project file as it stands now, of the same name in a folder of its own, removed at the end.

    Raises
    ------
    StoreError
        If the file is missing or no database.

    Notes
    -----
    Writers go on meanwhile. Cost: about a second per gigabyte.
    """
    project = Path(project)
    with tempfile.TemporaryDirectory(prefix="gridmap-snapshot-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / project.name
        copy_into(project, copy)
        yield copy


def copy_into(project: Path, copy: Path) -> None:
    """Write a copy of the project file as it stands now, compact and in one file; raises as `snapshot`."""
    with reading(project) as connection:
        connection.execute("PRAGMA query_only = OFF")  # the copy counts as writing
        connection.execute("VACUUM INTO ?", [str(copy)])


def read_project(project: Project, *, without_rows: Collection[str] = ()) -> files.Project:
    """Read every table of a project that may be in use; else as `files.read_project`.

    Raises
    ------
    FileError, CRSError
        As there.
    StoreError
        If another process holds the project, or the database cannot be reached or holds none.
    """
    home = homes.of(project)
    return _of_file(home.path, without_rows) if isinstance(home, GeoPackage) else _of_database(home, without_rows)


def _of_file(project: Path, without_rows: Collection[str]) -> files.Project:
    if paths.format_of(project) != "gpkg" or not project.is_file() or not project.stat().st_size:
        return files.read_project(project)  # raises: it is no file that a store could hold
    try:
        with snapshot(project) as copy:
            found = files.read_project(copy, without_rows={*without_rows, AUDIT.name})
            return files.Project({name: frame for name, frame in found.tables.items() if name not in OWN}, found.settings)
    except StoreError as error:
        if getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise FileError("wrong_content", path=project.name, format="gpkg") from error
        raise


def _of_database(home: Home, without_rows: Collection[str]) -> files.Project:
    frames: dict[str, pd.DataFrame] = {}
    with home.reading() as connection:
        settings = settings_of(connection)
        for name in names(connection):
            described = None if name in OWN else describe(connection, name)
            if described is None:
                continue
            asked = select(described.sql).order_by(described.sql.c[described.key]).limit(0 if name in without_rows else None)
            frames[name] = rows.decode(connection.execute(asked).fetchall(), described, numbered=False)
    if not frames:
        raise StoreError("no_project", path=home.shown)
    return files.Project(frames, settings)


def event_table(project: Project) -> Table:
    """Return how the project describes its table of events: its columns with their declared types, its CRS and the project's time zone.

    Raises
    ------
    StoreError
        If the project is missing or has no table of events.
    """
    home = homes.of(project)
    with home.reading() as connection:
        return events_table(connection, home.shown)


def version(project: Project) -> Version:
    """Return the mark of a project, in about a tenth of a millisecond of a file.

    Raises
    ------
    StoreError
        If it is missing or no database.
    """
    return homes.of(project).version()


def last_changes(project: Project) -> dict[str, str]:
    """Return when each table was last changed, as the project states.

    Raises
    ------
    StoreError
        If the project is missing or no GeoPackage.
    """
    home = homes.of(project)
    with home.reading() as connection:
        if isinstance(home, GeoPackage):
            found = connection.execute(text("SELECT table_name, last_change FROM gpkg_contents"))
            return {str(name): str(at) for name, at in found}
        found = connection.execute(select(AUDIT.c.table_name, func.max(AUDIT.c.at)).group_by(AUDIT.c.table_name))
        changes = {str(name): str(at) for name, at in found}
    if STEPS.name in changes:  # they change events, too
        changes[EVENTS] = max(changes.get(EVENTS, ""), changes[STEPS.name])
    return changes


def appended_only(project: Project, *, since: int, change: str) -> bool:
    """Tell whether events were only appended since row `since` was the last one and `change` the table's last change.

    Notes
    -----
    What other programs do to a file shows in the last change that a GeoPackage states of the table; one that leaves it as it is goes
    unseen.
    """
    home = homes.of(project)
    entries = select(AUDIT.c.follows, AUDIT.c.at, AUDIT.c.action).where(AUDIT.c.table_name == EVENTS)
    with home.reading() as connection:
        if not connection.dialect.has_table(connection, AUDIT.name):
            return False
        if not isinstance(home, GeoPackage):
            later = AUDIT.c.table_name.in_([EVENTS, STEPS.name]) & (AUDIT.c.at > (change or "-infinity"))
            grown = (AUDIT.c.table_name == EVENTS) & (AUDIT.c.first_row > since)
            after = connection.execute(select(AUDIT.c.id, AUDIT.c.at, AUDIT.c.action).where(later | grown)).fetchall()
            return bool(after) and all(action == "append" for *_, action in after)
        after = connection.execute(entries.where(AUDIT.c.first_row > since).order_by(AUDIT.c.id)).fetchall()
        last = connection.execute(text("SELECT last_change FROM gpkg_contents WHERE table_name = :name"), {"name": EVENTS}).scalar()
    for follows, at, _ in after:
        if follows != change:
            return False
        change = kinds.written(at)
    return bool(after) and last == change


def watch(project: Project, call: Callable[[], None]) -> Callable[[], None]:
    """Call `call` after every write of this process, of a database of any process, from another thread; return what ends that."""
    return homes.of(project).watch(call)
