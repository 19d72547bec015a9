"""Any file as it stands, tables by their contract, and grids."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap import crs as coordinates
from gridmap import schema
from gridmap.errors import CRSError, FileError, GridmapWarning, SchemaError
from gridmap.files import cells, paths, places, shapefile, stamps, tables, vector

# Columns that are codes or names in every table, even where a file holds digits alone.
TEXT_COLUMNS = frozenset(
    {"parent", "name", "road", "number", "compound", "building", "unit", "alias", "grid_code", "source_no", "address", "kind", "holder"}
    | {contract.index for contract in schema.TABLES.values()}
)
WHOLE_COLUMNS = frozenset({"households", "residents", "buildings", "floors", "level", "band_low", "band_high", "count"})


def read_frame(
    path: str | os.PathLike[str], *, layer: str | None = None, crs: str | None = None, encoding: str | None = None, what: str = "file"
) -> pd.DataFrame:
    """Read any file as it stands: every column under its own name, no column as index.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, GeoParquet, Parquet, Shapefile (loose or zipped), CSV or XLSX, told by its suffix.
    layer
        Layer of a GeoPackage, sheet of a workbook, or Shapefile of an archive; where there are several, `what` if one has that name.
    crs
        Coordinate reference system of geometry in a file that states none.
    encoding
        Encoding of a Shapefile's texts where its own statement is missing or wrong.
    what
        What is being read, for messages and for the choice of a layer.

    Returns
    -------
    DataFrame
        A GeoDataFrame where the file holds geometry. Texts that a spreadsheet file defused come back as they were.

    Raises
    ------
    FileError
        If the file is missing, empty, of an unknown format, or damaged; if one of several layers must be named.
    CRSError
        If `crs` contradicts the file.
    """
    path = Path(path)
    paths.require_file(path)
    kind = paths.format_of(path)
    if kind != "shapefile":
        vector.require_content(path, kind)
    frame = _read(path, kind, layer, encoding, what)
    return _with_crs(frame, crs, path) if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None else frame


def _read(path: Path, kind: str, layer: str | None, encoding: str | None, what: str) -> pd.DataFrame:
    if kind == "csv":
        return tables.read_csv(path)
    if kind == "xlsx":
        return tables.read_xlsx(path, layer, what)
    if kind == "parquet":
        return vector.read_parquet(path)
    if kind == "shapefile":
        return shapefile.read(path, layer=layer, declared=encoding)
    return vector.read(path, layer=_chosen_layer(path, layer, what))


def _chosen_layer(path: Path, layer: str | None, what: str) -> str:
    present = vector.layers(path)
    if layer is not None and layer not in present:
        raise FileError("no_layer", path=path.name, layer=layer, layers=", ".join(present))
    if not present:
        raise FileError("empty_file", path=path.name)
    if layer is not None or len(present) == 1 or what in present:
        return layer or (present[0] if len(present) == 1 else what)
    raise FileError("several_layers", path=path.name, layers=", ".join(present))


def _with_crs(frame: gpd.GeoDataFrame, crs: str | None, path: Path) -> gpd.GeoDataFrame:
    if crs is None:
        return frame
    stated = places.as_crs(crs)
    if frame.crs is None:
        return frame.set_crs(stated)
    if not frame.crs.equals(stated, ignore_axis_order=True):
        raise CRSError("crs_contradicts", what=path.name, given=f"{frame.crs.to_string()[:40]} / {crs}")
    return frame


def read_grids(
    path: str | os.PathLike[str], *, code: str | None = None, layer: str | None = None, crs: str | None = None
) -> gpd.GeoDataFrame:
    """Read a layer of grids.

    Parameters
    ----------
    path, layer, crs
        As in `read_frame`; of a project file the table `grids`.
    code
        Column that holds the grid codes, by default `grid_code`; of the layer `units`, where that names the grid around, `unit_id`.
        Codes become text; duplicates pass, `coverage.check` lists them.

    Returns
    -------
    GeoDataFrame
        Indexed by `grid_code` (text). Without `level` and `kind` in the file the rows are base grids of level 1; `name` is the code
        where there is none. Every other column as in the file.

    Raises
    ------
    SchemaError
        If the code column is missing or has gaps, `level` is no whole number, there are no rows, or a geometry is no polygon.
    CRSError
        If there is no coordinate reference system.
    """
    frame = read_frame(path, layer=layer, crs=crs, what="grids")
    shown = Path(path).name
    geometry = places.require_geometry(frame, shown)
    if frame.empty:
        raise SchemaError("empty", what=shown)
    code = code or ("unit_id" if layer == "units" else "grid_code")
    if code not in frame.columns:
        raise SchemaError(
            "no_code_column", what=shown, code=code, given=", ".join(str(name) for name in frame.columns if name != "geometry")
        )
    grids = as_table(
        geometry.rename(columns={code: "grid_code"}) if code == "grid_code" else geometry.assign(grid_code=geometry[code]), "grids"
    )
    if grids.index.hasnans:
        raise SchemaError("missing_index", what=shown, rows=[n + 1 for n, gap in enumerate(grids.index.isna()) if gap])
    grids = _with_tier(grids, shown)
    schema.require_frame(grids, shown, geometry=schema.POLYGON)
    coordinates.require_plausible(grids, shown)
    lost = grids.geometry.isna() | grids.geometry.is_empty
    if lost.any():
        warnings.warn(GridmapWarning("without_geometry", what=shown, rows=grids.index[lost]), stacklevel=2)
    return grids


def _with_tier(grids: gpd.GeoDataFrame, shown: str) -> gpd.GeoDataFrame:
    """Return the grids with all columns of the contract, in its order, before the file's other columns."""
    grids = grids.copy()
    codes = pd.Series(grids.index, index=grids.index, dtype="str")
    grids["name"] = grids["name"].fillna(codes) if "name" in grids else codes
    grids["level"] = _levels(grids["level"], shown) if "level" in grids else 1
    grids["kind"] = grids["kind"].fillna("base") if "kind" in grids else "base"
    wrong = ~grids["kind"].isin(list(schema.KINDS))
    if wrong.any():
        raise SchemaError(
            "unknown_kind", what=shown, given=", ".join(map(str, grids.loc[wrong, "kind"].unique()[:5])), rows=grids.index[wrong]
        )
    if "parent" not in grids:
        grids["parent"] = pd.Series(pd.NA, index=grids.index, dtype="str")
    first = list(schema.TABLES["grids"].required)
    geometry = str(grids.active_geometry_name)
    rest = [name for name in grids.columns if name not in {*first, geometry}]
    return grids[[*first, *rest, geometry]]


def _levels(levels: pd.Series, shown: str) -> pd.Series:
    numbers = cells.as_number(levels)
    wrong = ~(numbers >= 1) | (numbers % 1 != 0)
    if wrong.any():
        raise SchemaError("bad_level", what=shown, given=", ".join(map(str, levels[wrong].unique()[:5])), rows=levels.index[wrong])
    return numbers.astype("int64")


def as_table(frame: pd.DataFrame, table: str, *, tz: str = "Asia/Shanghai") -> pd.DataFrame:
    """Return `frame` with the index and the column types of a table's contract, as far as it has those columns.

    Parameters
    ----------
    frame
        Columns as read from a file; the index column may be missing, then the index stays.
    table
        Name of the table; one without contract comes back as it is.
    tz
        Time zone of time columns; also of stamps without offset.
    """
    contract = schema.TABLES.get({"later": "events", "emergency": "grids"}.get(table, table))
    if contract is None:
        return frame
    changed: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name in TEXT_COLUMNS:
            changed[name] = cells.as_text(frame[name])
        elif name in WHOLE_COLUMNS and not pd.api.types.is_integer_dtype(frame[name].dtype):
            changed[name] = _whole(frame[name])
        elif name in stamps.COLUMNS:
            changed[name] = stamps.parse(frame[name], tz)
    frame = frame.assign(**changed)
    return frame.set_index(contract.index) if contract.index in frame.columns else frame


def _whole(values: pd.Series) -> pd.Series:
    numbers = cells.as_number(values)
    if (numbers.isna() & values.notna()).any():
        return values
    if (numbers.dropna() % 1 != 0).any() or (numbers.abs() >= 2**53).any():  # from there on no float tells one count from the next
        return numbers
    return numbers.astype("Int64" if numbers.isna().any() else "int64")


def read_layer(
    path: str | os.PathLike[str], table: str, *, layer: str | None = None, crs: str | None = None, tz: str = "Asia/Shanghai"
) -> gpd.GeoDataFrame:
    """Read a layer that is to be one of the tables: buildings, streets, boundary, gazetteer, units, compounds.

    Parameters
    ----------
    path, layer, crs
        As in `read_frame`; where a file has several layers, the one named `table`.
    table
        Name of the table in `schema.TABLES`.
    tz
        Time zone of stamps without offset.

    Returns
    -------
    GeoDataFrame
        On the table's index, which is the row's number as text where the file has no such column; columns typed, none required.

    Raises
    ------
    SchemaError
        If there is no geometry, a geometry is not of the table's type, or there are no rows.
    CRSError
        If there is no coordinate reference system.
    """
    shown = Path(path).name
    frame = _placed(read_frame(path, layer=layer, crs=crs, what=table), table, crs, shown)
    if frame.empty:
        raise SchemaError("empty", what=shown)
    typed = as_table(frame, table, tz=tz)
    index = schema.TABLES[table].index
    if typed.index.name != index:
        typed = typed.set_index(pd.Index([str(n) for n in range(1, len(typed) + 1)], name=index))
    schema.require_frame(typed, shown, geometry=schema.TABLES[table].geometry)
    return typed


def _placed(frame: pd.DataFrame, table: str, crs: str | None, shown: str) -> gpd.GeoDataFrame:
    """Return a layer with geometry; a table of points may carry coordinate columns instead."""
    if schema.TABLES[table].geometry == schema.POINT:
        return places.located(frame.set_axis(pd.RangeIndex(1, len(frame) + 1)), shown, crs=crs)
    return places.require_geometry(frame, shown)


def read_table(
    path: str | os.PathLike[str],
    table: str,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    tz: str = "Asia/Shanghai",
) -> pd.DataFrame:
    """Read a table that needs no geometry: staff, themes.

    Parameters
    ----------
    path, layer
        As in `read_frame`; where a file has several layers, the one named `table`.
    table
        Name of the table in `schema.TABLES`.
    columns
        Our name of a column -> its name in the file.
    tz
        Time zone of stamps without offset.

    Returns
    -------
    DataFrame
        On the table's index, columns typed; a GeoDataFrame where the file holds geometry.

    Raises
    ------
    SchemaError
        If the file lacks the index column, a column of the contract, or one named in `columns`.
    FileError
        As `read_frame`.
    """
    frame = read_frame(path, layer=layer, what=table)
    named = dict(columns or {})
    contract = schema.TABLES[table]
    schema.require_columns(frame, named.values(), Path(path).name)
    frame = frame.drop(columns=[name for name in named if name in frame.columns and name not in named.values()])
    frame = frame.rename(columns={theirs: ours for ours, theirs in named.items()})
    schema.require_columns(frame, (contract.index, *contract.required), Path(path).name)
    return as_table(frame, table, tz=tz)
