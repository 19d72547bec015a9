"""Frames to files, whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap.errors import FileError
from gridmap.files import journal, paths, shapefile, tables, vector


def write(frame: pd.DataFrame, path: str | os.PathLike[str], *, layer: str | None = None, encoding: str = "utf-8") -> None:
    """Write a frame in the format of the path's suffix; a named index becomes the first column.

    Parameters
    ----------
    frame
        Table with or without geometry; codes are text and stay so in every format.
    path
        `.gpkg`, `.geojson`, `.parquet`, `.shp`, `.zip` (Shapefile), `.csv` or `.xlsx`. A file of that name is replaced whole.
    layer
        Layer of a GeoPackage or sheet of a workbook; the file's stem without it.
    encoding
        Encoding of a Shapefile's texts: "utf-8" or "gbk".

    Raises
    ------
    FileError
        If the suffix is unknown, the folder cannot be written to, or the format cannot hold the data; nothing is written then.

    Notes
    -----
    CSV and XLSX: points as `lon` and `lat` (`x` and `y` in a projected system), other geometry as WKT with its SRID; texts that a
    spreadsheet would run as formulas begin with an apostrophe, which reading takes off. Shapefile: names over ten bytes are shortened
    and a side-car `*.names.csv` brings them back; times become text.
    """
    target = Path(path)
    kind = paths.format_of(target)
    table = with_index(frame)
    _require_unique_columns(table, target)
    outdated: list[Path] = []
    with paths.replacing(target) as temporary:
        if kind == "csv":
            tables.write_csv(table, temporary)
        elif kind == "xlsx":
            tables.write_xlsx({layer or "Sheet1": table}, temporary)
        elif kind == "parquet":
            vector.write_parquet(table, temporary)
        elif kind == "shapefile":
            shapefile.write(table, temporary, text_encoding=encoding)
            outdated = shapefile.outdated_parts(target, temporary)
        else:
            _write_vector({layer or target.stem: table}, temporary, kind)
        if kind == "gpkg":
            journal.settle(target)
    for part in outdated:
        part.unlink(missing_ok=True)


def write_layers(frames: Mapping[str, pd.DataFrame], path: str | os.PathLike[str]) -> None:
    """Write several tables, by layer name, to one new GeoPackage.

    Raises
    ------
    FileError
        If the path does not end in `.gpkg`, or as in `write`.
    """
    target = Path(path)
    if paths.format_of(target) != "gpkg":
        raise FileError("not_a_geopackage", path=target.name)
    with_indexes = {name: with_index(frame) for name, frame in frames.items()}
    for table in with_indexes.values():
        _require_unique_columns(table, target)
    with paths.replacing(target) as temporary:
        _write_vector(with_indexes, temporary, "gpkg")
        journal.settle(target)


def write_sheets(frames: Mapping[str, pd.DataFrame], path: str | os.PathLike[str]) -> None:
    """Write several tables, by the names of their sheets, to one new workbook.

    Raises
    ------
    FileError
        As in `write`.
    """
    target = Path(path)
    with paths.replacing(target) as temporary:
        tables.write_xlsx({name: with_index(frame) for name, frame in frames.items()}, temporary)


def _write_vector(frames: Mapping[str, pd.DataFrame], temporary: Path, kind: str) -> None:
    if kind == "geojson":
        for frame in frames.values():
            if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
                raise FileError("needs_geometry", path=temporary.name)
    vector.write(frames, temporary, kind)


def with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with its named index levels as first columns, columns of the same name standing back."""
    names = [name for name in frame.index.names if name is not None]
    if not names:
        return frame.reset_index(drop=True)
    return frame.drop(columns=[name for name in names if name in frame.columns]).reset_index()


def _require_unique_columns(frame: pd.DataFrame, path: Path) -> None:
    # A GeoPackage and a Shapefile do not tell `Name` from `name`.
    lowered = pd.Index([str(name).lower() for name in frame.columns])
    if (not lowered.is_unique and paths.format_of(path) in {"gpkg", "shapefile"}) or not frame.columns.is_unique:
        given = ", ".join(str(name) for name in frame.columns[lowered.duplicated(keep=False)])
        raise FileError("same_column_names", path=path.name, given=given)
