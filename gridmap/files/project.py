"""A project file: one GeoPackage with the tables of the project and its settings."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from gridmap import schema
from gridmap.errors import CRSError, FileError
from gridmap.files import paths, places, reading, vector, writing

SETTINGS = "settings"
DEFAULT_TZ = "Asia/Shanghai"


@dataclass(frozen=True)
class Project:
    """The tables of a project by name, and its settings."""

    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(frame)}" for name, frame in self.tables.items())
        return f"Project({rows})"

    @property
    def grids(self) -> gpd.GeoDataFrame | None:
        """Base and dedicated grids of every level."""
        return self.tables.get("grids")

    @property
    def units(self) -> gpd.GeoDataFrame | None:
        """Atoms of a partition."""
        return self.tables.get("units")

    @property
    def events(self) -> gpd.GeoDataFrame | None:
        """Events; geometry None where a place is unknown."""
        return self.tables.get("events")

    @property
    def buildings(self) -> gpd.GeoDataFrame | None:
        """Buildings with counts of households."""
        return self.tables.get("buildings")

    @property
    def streets(self) -> gpd.GeoDataFrame | None:
        """Streets, rivers, rails and walls."""
        return self.tables.get("streets")

    @property
    def gazetteer(self) -> gpd.GeoDataFrame | None:
        """Known addresses with their points."""
        return self.tables.get("gazetteer")

    @property
    def boundary(self) -> gpd.GeoDataFrame | None:
        """Outline of the whole."""
        return self.tables.get("boundary")


def read_project(path: str | os.PathLike[str], *, without_rows: Collection[str] = ()) -> Project:
    """Read a project file, every table on its index and with its column types.

    Parameters
    ----------
    path
        Path that ends in `.gpkg`.
    without_rows
        Names of tables whose rows stay in the file: they come back empty, in their place, and their CRS counts.

    Raises
    ------
    FileError
        If it is no GeoPackage, or holds none of the tables of a project.
    CRSError
        If two tables differ in their coordinate reference system, or one has none.

    Notes
    -----
    Times come back in the setting `timezone`, Asia/Shanghai without it.
    """
    path = Path(path)
    paths.require_file(path)
    if paths.format_of(path) != "gpkg":
        raise FileError("not_a_geopackage", path=path.name)
    vector.require_content(path, "gpkg")
    layers = vector.layers(path)
    if not set(layers) & set(schema.TABLES):
        raise FileError("not_a_project", path=path.name, given=", ".join(layers), tables=", ".join(schema.TABLES))
    settings = _settings(path) if SETTINGS in layers else {}
    tz = settings.get("timezone", DEFAULT_TZ)
    read = {name: vector.read(path, layer=name, without_rows=name in without_rows) for name in layers if name != SETTINGS}
    frames = {name: _table(frame, name, tz) for name, frame in read.items()}
    require_one_crs(frames, path.name)
    return Project(frames, settings)


def _table(frame: pd.DataFrame, name: str, tz: str) -> pd.DataFrame:
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        frame = places.require_geometry(frame, name)
    return reading.as_table(frame, name, tz=tz)


def _settings(path: Path) -> dict[str, str]:
    frame = vector.read(path, layer=SETTINGS)
    schema.require_columns(frame, ("key", "value"), SETTINGS)
    return dict(zip(frame["key"].astype("str"), frame["value"].fillna("").astype("str"), strict=True))


def require_one_crs(frames: Mapping[str, pd.DataFrame], shown: str) -> None:
    """Raise CRSError if two tables differ in their coordinate reference system, or one has none."""
    first: gpd.GeoDataFrame | None = None
    for name, frame in frames.items():
        if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
            continue
        schema.require_crs(frame, f"{shown} {name}")
        first = frame if first is None else first
        if not frame.crs.equals(first.crs, ignore_axis_order=True):
            raise CRSError("different_crs", what=f"{shown} {name}", given=f"{first.crs.to_string()} / {frame.crs.to_string()}")


def write_project(tables: Mapping[str, pd.DataFrame], path: str | os.PathLike[str], *, settings: Mapping[str, str]) -> None:
    """Write a project file in place of `path`, whole or not at all.

    Parameters
    ----------
    tables
        Table name -> frame on the table's index; all geometry in one coordinate reference system.
    path
        Path that ends in `.gpkg`.
    settings
        Key -> text.

    Raises
    ------
    CRSError
        If two tables differ in their coordinate reference system.
    FileError
        As in `writing.write`.
    """
    require_one_crs(tables, Path(path).name)
    pairs = pd.DataFrame({"key": pd.Series(list(settings), dtype="str"), "value": pd.Series(list(settings.values()), dtype="str")})
    writing.write_layers({**tables, SETTINGS: pairs}, path)
