"""Tables of files into a project, and tables of a project into files."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
from sqlalchemy import inspect

from gridmap import crs as coordinates
from gridmap import files, schema
from gridmap.errors import FileError, SchemaError, StoreError
from gridmap.files import cells, paths, stamps, vector
from gridmap.files.tables import coordinate_pair
from gridmap.store import creation, homes, layers
from gridmap.store.actor import Actor
from gridmap.store.address import Project
from gridmap.store.events import appended, steps
from gridmap.store.home.base import Home, Transaction
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.plans import first_plan, planned
from gridmap.store.project import OWN, read_project
from gridmap.store.tables.described import DEFAULT_TZ, EVENTS, describe
from gridmap.store.tables.described import settings as settings_of
from gridmap.store.tables.own import STEPS, STORE

FORMATS = ("gpkg", "geojson", "csv", "xlsx", "parquet")
Progress = Callable[[int, int], None]  # tables done, tables in all


def import_files(
    project: Project,
    given: Sequence[str | os.PathLike[str]],
    *,
    actor: Actor,
    table: str | None = None,
    crs: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Put the tables of files into a project, which is made where there is none.

    Parameters
    ----------
    project
        Its file or URL.
    given
        Project files (GeoPackages), of which every table goes in, and files of one table each.
    actor
        Who does it; kept in the log.
    table
        Table of the one file; without it the name of each file says it, as `buildings.csv`.
    crs
        Coordinate reference system of files that state none.
    columns
        Our name of a column -> its name in the file, of events and of tables without geometry.

    Returns
    -------
    dict
        Rows written, by table.

    Raises
    ------
    FileError, SchemaError, CRSError
        If a file cannot be read, breaks the contract of its table, or its table is none that goes in so.
    StoreError
        If the project keeps plans and `grids` are among the tables; as `append_events` and `append_steps`.

    Notes
    -----
    Events and steps are added to those that are there, any other table takes the place of the one before it; all of them, or none but
    for steps, which come last and stand for themselves.
    """
    home = homes.of(project)
    found, settings = _read(given, table, crs, columns, _zone(home))
    later = found.pop(STEPS.name, None)
    if _is_new(home):
        creation.create(project, _in_one_crs(found), settings=settings, actor=actor)
    elif found or settings:
        home.write(lambda transaction: _put(transaction, found, settings), actor=actor)
    if later is not None and len(later):
        steps.append_steps(project, later, actor=actor)
    return {name: len(frame) for name, frame in found.items()} | ({} if later is None else {STEPS.name: len(later)})


def _zone(home: Home) -> str:
    """Return the zone of times that state none: the project's."""
    if _is_new(home):
        return DEFAULT_TZ
    with home.reading() as connection:
        return settings_of(connection).get("timezone", DEFAULT_TZ)


def _read(
    given: Sequence[str | os.PathLike[str]], table: str | None, crs: str | None, columns: Mapping[str, str] | None, tz: str
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the tables of files by name, and the settings of project files among them."""
    if table is not None and len(given) != 1:
        raise SchemaError("import_one_table", given=len(given))
    found: dict[str, pd.DataFrame] = {}
    settings: dict[str, str] = {}
    for each in map(Path, given):
        paths.require_file(each)
        if table is None and paths.format_of(each) == "gpkg" and set(vector.layers(each)) & set(schema.TABLES):
            whole = files.read_project(each)
            tables = {name: _indexed(frame) for name, frame in whole.tables.items() if name not in OWN}
            settings |= whole.settings
        else:
            name = table or each.stem.lower()
            tables = {name: _one(each, name, crs, columns, tz)}
        if twice := sorted(found.keys() & tables.keys()):
            raise SchemaError("import_twice", given=", ".join(twice))
        found |= tables
    return found, settings


def _one(path: Path, name: str, crs: str | None, columns: Mapping[str, str] | None, tz: str) -> pd.DataFrame:
    if name == "grids":
        return files.read_grids(path, crs=crs)
    if name == EVENTS:
        return files.read_events(path, crs=crs, columns=columns, tz=tz)
    if name == STEPS.name:
        frame = files.read_frame(path, what=name)
        texts = {column: cells.as_text(frame[column]) for column in ("event_id", "step", "actor_role", "actor", "note") if column in frame}
        times = {"at": stamps.parse(frame["at"], tz)} if "at" in frame else {}
        return frame.assign(**texts, **times)
    if name not in schema.TABLES:
        raise SchemaError("import_table", given=name, tables=", ".join([*schema.TABLES, STEPS.name]))
    if schema.TABLES[name].geometry:
        return files.read_layer(path, name, crs=crs, tz=tz)
    return files.read_table(path, name, columns=columns, tz=tz)


def _indexed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with texts as identifiers: without contract it has none, and its rows are numbered."""
    if frame.index.name is not None:
        return frame
    numbers = pd.Index([str(number) for number in range(1, len(frame) + 1)], name=vector.free_name("row", frame.columns), dtype="str")
    return frame.set_axis(numbers)


def _is_new(home: Home) -> bool:
    if isinstance(home, GeoPackage):
        return not home.path.exists()
    with home.reading() as connection:
        return not inspect(connection).has_table(STORE.name)


def _in_one_crs(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return tables of a new project in the CRS of its grids, without grids in that of the first one."""
    spatial = [name for name, frame in tables.items() if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None]
    if not spatial:
        return dict(tables)
    crs = tables["grids" if "grids" in spatial else spatial[0]].crs
    return {name: coordinates.transform(frame, crs) if name in spatial else frame for name, frame in tables.items()}


def _put(transaction: Transaction, tables: Mapping[str, pd.DataFrame], settings: Mapping[str, str]) -> None:
    connection = transaction.connection
    if planned.GRIDS in tables and planned.has_plans(connection):
        raise StoreError("import_grids", path=transaction.home.shown)
    if settings:
        layers.put_settings(transaction, dict(settings))
    for name, frame in tables.items():
        events = describe(connection, EVENTS) if name == EVENTS else None
        if events is not None:
            said = [column for column in coordinate_pair(frame.columns) or () if column not in events.types]  # by the geometry
            appended.add(transaction, gpd.GeoDataFrame(frame.drop(columns=said)))
        else:
            layers.put(transaction, name, frame)
    if planned.GRIDS in tables:
        first_plan.adopt(transaction)


def export_files(
    project: Project,
    target: str | os.PathLike[str],
    *,
    format: str = "gpkg",  # noqa: A002
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write the tables of a project to files, all of them or nothing; return their paths.

    Parameters
    ----------
    project
        Its file or URL.
    target
        A folder, in which every table becomes a file of its name, or a path that ends in `.gpkg` or `.xlsx`, in which they are layers or
        sheets. Files of the same names are replaced whole, others stay.
    format
        Of files in a folder: "gpkg", "geojson" (tables without geometry as CSV), "csv", "xlsx" or "parquet".
    on_progress
        Told how many tables are done.

    Raises
    ------
    FileError
        If the format is unknown or cannot hold a table, nothing can be written there, or `target` is the project itself.
    StoreError
        As `read_project`.

    Notes
    -----
    Codes stay texts in every format. All tables are in memory at once: ten million events go out by `snapshot_parquet`.
    """
    where, home = Path(target), homes.of(project)
    if format not in FORMATS:
        raise FileError("export_format", given=format, formats=", ".join(FORMATS))
    if isinstance(home, GeoPackage) and where.resolve() == home.path:
        raise StoreError("backup_over_project", path=where.name)
    found = read_project(project)
    tables = {name: frame for name, frame in found.tables.items() if name != STEPS.name or len(frame)}
    with_settings = tables | ({"settings": _pairs(found.settings)} if found.settings else {})
    if where.suffix.lower() in {".gpkg", ".xlsx"}:
        if where.suffix.lower() == ".gpkg":
            files.write_project(tables, where, settings=found.settings)
        else:
            files.write_sheets(with_settings, where)
        return [where]
    with filling(where) as folder:
        for done, (name, frame) in enumerate(with_settings.items()):
            if on_progress is not None:
                on_progress(done, len(with_settings))
            spatial = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
            kind = "csv" if format == "geojson" and not spatial else format
            files.write(frame, folder / f"{name}.{kind}", layer=name if kind in {"gpkg", "xlsx"} else None)
        if on_progress is not None:
            on_progress(len(with_settings), len(with_settings))
        written = sorted(path.name for path in folder.iterdir())
    return [where / name for name in written]


def _pairs(settings: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({"value": pd.Series(list(settings.values()), dtype="str").to_numpy()}, index=pd.Index(list(settings), name="key"))


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """Give a private folder beside `folder`; at the end its files go there, in the place of those of the same names.

    Raises
    ------
    FileError
        If nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        private = Path(tempfile.mkdtemp(dir=folder.absolute().parent, prefix=".gridmap-"))
    except OSError as error:
        raise FileError("not_writable", path=folder, reason=error.strerror or str(error)) from error
    try:
        yield private
        for part in sorted(private.iterdir()):
            part.replace(folder / part.name)
    except OSError as error:
        raise FileError("not_writable", path=folder, reason=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(private, ignore_errors=True)
