"""A project file in use, for readers: its columns, its changes, and a copy that GDAL may open."""

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap import files
from gridmap.errors import FileError, StoreError
from gridmap.files import paths
from gridmap.store import audit, table
from gridmap.store.connection import reading


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
        with reading(project) as connection:
            connection.execute("PRAGMA query_only = OFF")  # the copy counts as writing
            connection.execute("VACUUM INTO ?", [str(copy)])
        yield copy


def read_project(project: Path, *, without_rows: Collection[str] = ()) -> files.Project:
    """Read every table of a project file that may be in use; else as `files.read_project`.

    Raises
    ------
    FileError, CRSError
        As there.
    StoreError
        If another process holds the file.
    """
    project = Path(project)
    if paths.format_of(project) != "gpkg" or not project.is_file() or not project.stat().st_size:
        return files.read_project(project)  # raises: it is no file that a store could hold
    try:
        with snapshot(project) as copy:
            return files.read_project(copy, without_rows=without_rows)
    except StoreError as error:
        if getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise FileError("wrong_content", path=project.name, format="gpkg") from error
        raise


def event_table(project: Path) -> table.Table:
    """Return how the file describes its table of events: its columns with their declared types, its CRS and the project's time zone.

    Raises
    ------
    StoreError
        If the file is missing or has no table of events.
    """
    with reading(Path(project)) as connection:
        return table.describe(connection, Path(project))


def last_changes(project: Path) -> dict[str, str]:
    """Return when each table was last changed, as the file states.

    Raises
    ------
    StoreError
        If the file is missing or no GeoPackage.
    """
    with reading(Path(project)) as connection:
        return {str(name): str(at) for name, at in connection.execute("SELECT table_name, last_change FROM gpkg_contents")}


def appended_only(project: Path, *, since: int, change: str) -> bool:
    """Tell whether events were only appended since row `since` was the last one and `change` the table's last change.

    Notes
    -----
    What other programs do shows in the last change that a GeoPackage states of the table; one that leaves it as it is goes unseen.
    """
    with reading(Path(project)) as connection:
        return audit.appended_only(connection, table.EVENTS, since, change)
