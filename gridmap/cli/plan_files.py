"""Plans in files: the grids, the codes that are retired, the zones of an emergency, and whatever else a project file holds."""

import argparse
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import codes, crs, files, messages, plan, schema
from gridmap.cli import inputs
from gridmap.errors import FileError, GridmapWarning, SchemaError
from gridmap.files import cells, places, vector
from gridmap.plan import Plan, Scenarios

SUFFIXES = (".gpkg", ".geojson", ".parquet", ".shp", ".zip")  # whose coordinates come back bit for bit
GRIDS, RETIRED, ZONES, EMERGENCY = "grids", "retired", "zones", "emergency"
ZONE_COLUMNS = ("grid_code", "zone", "risk")
SCHEMES = {"unit": codes.UNIT_GRID, "community": codes.COMMUNITY_GRID}  # of the option --scheme
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
    scenarios
        The plan with its risk zones; None where it has none.
    """

    plan: Plan
    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, str]
    layer: str
    code: str
    scenarios: Scenarios | None = None

    def then(self, after: Plan, *, buildings: gpd.GeoDataFrame | None = None) -> "PlanFile":
        """Return the file after an edit: zones follow it, and so do units that name their grid, parts of them counted by the buildings.

        Raises
        ------
        GridmapError
            If the zones or the units cannot follow.
        """
        tables = dict(self.tables)
        units = tables.get("units")
        if isinstance(units, gpd.GeoDataFrame) and "grid_code" in units and self.layer != "units":
            stock = tables.get("buildings") if buildings is None else buildings
            tables["units"] = plan.units_after(after, units, buildings=stock if isinstance(stock, gpd.GeoDataFrame) else None)
        scenarios = None if self.scenarios is None else self.scenarios.then(after)
        return replace(self, plan=after, tables=tables, scenarios=scenarios)


@dataclass(frozen=True)
class Held:
    """What a file holds, of which nobody knows yet whether it is a plan; attributes as of `PlanFile`, `zones` as in the file."""

    grids: gpd.GeoDataFrame
    retired: pd.DataFrame | None
    zones: pd.DataFrame | None
    scheme: codes.Scheme | None
    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, str]
    layer: str
    code: str

    def planned(self) -> PlanFile:
        """Return it as a plan.

        Raises
        ------
        SchemaError, PlanError
            If the grids are no plan, or the zones are none of it.
        """
        grids = self.grids
        for name in plan.COUNTS:
            if name in grids and not pd.api.types.is_numeric_dtype(grids[name]):
                raise SchemaError("plan_count_text", column=name, rows=grids.index[pd.to_numeric(grids[name], errors="coerce").isna()])
        found = plan.from_grids(grids.drop(columns=[self.code], errors="ignore"), retired=self.retired, scheme=self.scheme)
        scenarios = None if self.zones is None else scenarios_of(found, self.zones)
        return PlanFile(found, self.tables, self.settings, self.layer, self.code, scenarios)


def read(arguments: argparse.Namespace) -> PlanFile:
    """Read PLAN as the options say.

    Raises
    ------
    GridmapError
        If the file cannot be read, or its grids are no plan.
    """
    return held(arguments).planned()


def held(arguments: argparse.Namespace) -> Held:
    """Read what PLAN holds as the options say.

    Raises
    ------
    GridmapError
        If the file cannot be read, or a table lacks a column.
    """
    scheme = scheme_of(arguments.scheme)
    table = files.read_grids(arguments.plan, code=arguments.code, layer=arguments.layer, crs=arguments.grids_crs)
    code = arguments.code or ("unit_id" if arguments.layer == "units" else "grid_code")
    layer = arguments.layer or GRIDS
    tables, settings = _others(Path(arguments.plan), layer)
    tables.pop(EMERGENCY, None)  # made of the zones, and made anew when it is written
    retired, zones = tables.pop(RETIRED, None), tables.pop(ZONES, None)
    by_contract = None if retired is None else _codes(retired), None if zones is None else zone_columns(zones, ZONES)
    return Held(table, *by_contract, scheme, tables, settings, layer, code)


def scheme_of(text: str | None) -> codes.Scheme | None:
    """Return the scheme of codes that an option names: one of `SCHEMES`, or `name=width,...` from left to right, the number last.

    Raises
    ------
    SchemaError
        If it is neither.
    """
    if text is None or text in SCHEMES:
        return None if text is None else SCHEMES[text]
    try:
        widths = inputs.pairs(text) or {}
        return codes.Scheme(tuple(codes.Segment(name, int(width)) for name, width in widths.items()))
    except (SchemaError, ValueError) as error:
        raise SchemaError("plan_scheme", given=text, schemes=", ".join(SCHEMES)) from error


def scenarios_of(found: Plan, zones: pd.DataFrame) -> Scenarios:
    """Return a plan with the risk zones that a table tells: zone and risk of base grids, by code.

    Raises
    ------
    GridmapError
        If a zone has two risks, or the zones are none of the plan.
    """
    zone, risk = zones["zone"], zones["risk"].replace(_risk_words())
    risks = pd.DataFrame({"zone": zone, "risk": risk})[zone.notna().to_numpy()].drop_duplicates()
    twice = risks["zone"][risks["zone"].duplicated()].unique()
    if len(twice):
        raise SchemaError("plan_zone_two_risks", rows=twice)
    return Scenarios(found, zone, risks.set_index("zone")["risk"])


def _risk_words() -> dict[str, str]:
    """Return the risk by its word in every language."""
    return {messages.term("risk", risk, lang): risk for risk in plan.RISKS for lang in messages.LANGUAGES}


def write(found: PlanFile, path: str) -> None:
    """Write a plan with all else that its file held; a format of one layer is refused where something would be lost.

    Raises
    ------
    FileError
        If the format cannot hold it, or nothing can be written there.
    """
    grids = found.plan.grids.rename_axis(found.code)
    retired = found.plan.retired.rename_axis("grid_code")
    zones = {} if found.scenarios is None else zone_tables(found.scenarios)
    if Path(path).suffix.lower() != ".gpkg":
        if len(retired):
            raise FileError("plan_retired_lost", path=Path(path).name, rows=retired.index)
        if found.tables or zones:
            raise FileError("plan_tables_lost", path=Path(path).name, given=", ".join([*found.tables, *zones]))
        files.write(grids, path)
        return
    tables = {**found.tables, found.layer: grids} | ({RETIRED: retired} if len(retired) else {}) | zones
    if found.settings:
        files.write_project(tables, path, settings=found.settings)
    else:
        files.write_layers(tables, path)


def zone_tables(scenarios: Scenarios) -> dict[str, pd.DataFrame]:
    """Return the tables of a file that hold risk zones: zone and risk of each lowest grid, and the grids of the emergency."""
    if not len(scenarios.zones):
        return {}
    zones = pd.DataFrame({"zone": scenarios.zones, "risk": scenarios.zones.map(scenarios.risk)}).rename_axis("grid_code")
    return {ZONES: zones, EMERGENCY: scenarios.emergency.rename_axis("grid_code")}


def drawn(text: str, found: Plan, what: str) -> BaseGeometry:
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


def zone_columns(table: pd.DataFrame, shown: str) -> pd.DataFrame:
    """Return a table of zones by its contract: its columns may bear their names in any language.

    Raises
    ------
    SchemaError
        If a column is missing, or a code stands twice or is missing.
    """
    table = table if table.index.name is None else table.reset_index()
    names = {messages.text(f"zones.{name}", lang): name for name in ZONE_COLUMNS for lang in messages.LANGUAGES}
    table = table.rename(columns={name: ours for name, ours in names.items() if name in table and ours not in table})
    schema.require_columns(table, ZONE_COLUMNS, shown)
    named = table[list(ZONE_COLUMNS)].apply(cells.as_text).set_index("grid_code")
    schema.require_index(named.index, shown)
    return named


def _codes(retired: pd.DataFrame) -> pd.DataFrame:
    """Return the table of retired codes by its contract."""
    if retired.index.name != "grid_code":
        schema.require_columns(retired, ("grid_code",), RETIRED)  # which is its index where the file has it
    schema.require_columns(retired, ("name", "level", "kind"), RETIRED)
    schema.require_index(retired.index, RETIRED)
    return retired[["name", "level", "kind"]]
