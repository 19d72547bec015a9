"""Plans in files: the grids, the codes that are retired, and whatever else a project file holds."""

import argparse
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import crs, files, plan, schema
from gridmap.cli import inputs
from gridmap.errors import FileError, GridmapWarning, SchemaError
from gridmap.files import places, vector

SUFFIXES = (".gpkg", ".geojson", ".parquet", ".shp", ".zip")  # whose coordinates come back bit for bit
GRIDS, RETIRED = "grids", "retired"
WKT = re.compile(r"\s*(MULTI)?(LINESTRING|POLYGON)\b", re.IGNORECASE)


@dataclass(frozen=True)
class PlanFile:
    """A plan and what its file holds beside it.

    Attributes
    ----------
    tables, settings
        Of a project file: its other tables by name, and its settings.
    layer, code
        Name of the layer of grids and of its column of codes.
    """

    plan: plan.Plan
    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, str]
    layer: str
    code: str


def read(arguments: argparse.Namespace) -> PlanFile:
    """Read PLAN as the options say.

    Raises
    ------
    GridmapError
        If the file cannot be read, or its grids are no plan.
    """
    table = files.read_grids(arguments.plan, code=arguments.code, layer=arguments.layer, crs=arguments.grids_crs)
    code = arguments.code or ("unit_id" if arguments.layer == "units" else "grid_code")
    layer = arguments.layer or GRIDS
    for name in plan.COUNTS:
        if name in table and not pd.api.types.is_numeric_dtype(table[name]):
            raise SchemaError("plan_count_text", column=name, rows=table.index[pd.to_numeric(table[name], errors="coerce").isna()])
    tables, settings = _others(Path(arguments.plan), layer)
    retired = tables.pop(RETIRED, None)
    found = plan.from_grids(table.drop(columns=[code], errors="ignore"), retired=None if retired is None else _codes(retired))
    return PlanFile(found, tables, settings, layer, code)


def write(found: PlanFile, after: plan.Plan, path: str) -> None:
    """Write the plan that came of a file with all else that the file held; a format of one layer is refused where something would be lost.

    Raises
    ------
    FileError
        If the format cannot hold it, or nothing can be written there.
    """
    grids = after.grids.rename_axis(found.code)
    retired = after.retired.rename_axis("grid_code")
    if Path(path).suffix.lower() != ".gpkg":
        if len(retired):
            raise FileError("plan_retired_lost", path=Path(path).name, rows=retired.index)
        if found.tables:
            raise FileError("plan_tables_lost", path=Path(path).name, given=", ".join(found.tables))
        files.write(grids, path)
        return
    tables = {**found.tables, found.layer: grids} | ({RETIRED: retired} if len(retired) else {})
    if found.settings:
        files.write_project(tables, path, settings=found.settings)
    else:
        files.write_layers(tables, path)


def drawn(text: str, found: plan.Plan, what: str) -> BaseGeometry:
    """Return a line or an area of an option in the CRS of the plan: the first feature of a file, or WKT.

    Raises
    ------
    GridmapError
        If the file cannot be read or holds nothing, or the text is no WKT.
    """
    if WKT.match(text):
        try:
            with np.errstate(invalid="ignore"):  # a coordinate that is no number is said by the edit
                return shapely.force_2d(shapely.from_wkt(text))
        except shapely.errors.ShapelyError as error:
            raise SchemaError("plan_wkt", given=text) from error
    frame = places.require_geometry(files.read_frame(text, what=what), Path(text).name)
    if frame.empty:
        raise SchemaError("empty", what=Path(text).name)
    shape: BaseGeometry = crs.transform(frame.geometry.iloc[:1], found.grids.crs).iloc[0]
    return shape


def codes_of(texts: list[str]) -> dict[str, str]:
    """Return `old=new` texts as a mapping.

    Raises
    ------
    SchemaError
        If one is written otherwise, or an old code stands twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        try:
            pairs = inputs.pairs(text) or {}
        except SchemaError as error:
            raise SchemaError("plan_recode_pairs", given=text) from error
        for old, new in pairs.items():
            if found.setdefault(old, new) != new:
                raise SchemaError("plan_recode_twice", given=" ".join(texts), rows=[old])
    return found


def _others(path: Path, layer: str) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the other tables and the settings of a GeoPackage."""
    present = vector.layers(path) if path.suffix.lower() == ".gpkg" else []
    if len(present) < 2:
        return {}, {}
    if not set(present) & set(schema.TABLES):
        warnings.warn(GridmapWarning("plan_layers_left", given=", ".join(name for name in present if name != layer)), stacklevel=2)
        return {}, {}
    project = files.read_project(path, without_rows=[layer])
    return {name: table for name, table in project.tables.items() if name != layer}, dict(project.settings)


def _codes(retired: pd.DataFrame) -> pd.DataFrame:
    """Return the table of retired codes by its contract."""
    if retired.index.name != "grid_code":
        schema.require_columns(retired, ("grid_code",), RETIRED)  # which is its index where the file has it
    schema.require_columns(retired, ("name", "level", "kind"), RETIRED)
    schema.require_index(retired.index, RETIRED)
    return retired[["name", "level", "kind"]]
