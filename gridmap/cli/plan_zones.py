"""`gridmap plan zones|switch`: the risk zones of a plan (平急结合), and whom the switch to them concerns."""

import argparse
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap import crs, files, messages, plan
from gridmap.cli import extras, outputs, plan_files
from gridmap.cli.plan_files import PlanFile
from gridmap.errors import SchemaError
from gridmap.plan import TOTAL, Scenarios, switch_words

WRITTEN = (*outputs.PAGE, ".xlsx", ".csv", ".gpkg")


def run_plan(arguments: argparse.Namespace) -> int:
    """Do one of the actions."""
    return {"zones": _zones, "switch": _switch}[arguments.action](arguments)


def _zones(arguments: argparse.Namespace) -> int:
    """Put base grids into zones as a table says and write the plan with them, or list the zones that it has."""
    outputs.require_output(arguments.output, (".gpkg",), inputs=(arguments.plan, arguments.table))
    found, lang = plan_files.read(arguments), arguments.lang
    if arguments.table is not None:
        table = plan_files.zone_columns(files.read_frame(arguments.table, what="zones"), Path(arguments.table).name)
        found = replace(found, scenarios=plan_files.scenarios_of(found.plan, table))
    _print(plan.switch(_required(found)), lang)
    if arguments.output is not None:
        plan_files.write(found, arguments.output)
        print(messages.text("cli.written", lang, path=arguments.output))
    elif arguments.table is not None:
        print(messages.text("cli.plan_not_written", lang))
    return 0


def _switch(arguments: argparse.Namespace) -> int:
    """Print whom the switch concerns, zone by zone and in total; write what is asked."""
    outputs.require_output(arguments.output, WRITTEN, inputs=(arguments.plan, arguments.staff, arguments.buildings))
    if arguments.output is not None and outputs.is_page(arguments.output):
        extras.require("report")
    found, lang = plan_files.read(arguments), arguments.lang
    scenarios = _counted(_required(found), arguments)
    staff = found.tables.get("staff") if arguments.staff is None else files.read_table(arguments.staff, "staff")
    table = plan.switch(scenarios, staff=staff)
    print(switch_words.in_words(scenarios, table, to=arguments.to, lang=lang))
    _print(table, lang)
    if arguments.output is not None:
        _write(scenarios, table, arguments)
        print(messages.text("cli.written", lang, path=arguments.output))
    return 0


def _print(table: pd.DataFrame, lang: str) -> None:
    shown = switch_words.readable(table, lang)
    outputs.print_table(shown.set_index(shown.columns[0]))


def _required(found: PlanFile) -> Scenarios:
    """Return the plan with its zones; raises where it has none."""
    if found.scenarios is None:
        raise SchemaError("plan_no_zones")
    return found.scenarios


def _counted(scenarios: Scenarios, arguments: argparse.Namespace) -> Scenarios:
    """Return the scenarios with the counts of a file of buildings, where one is given."""
    if arguments.buildings is None:
        return scenarios
    buildings = crs.transform(files.read_layer(arguments.buildings, "buildings"), scenarios.normal.grids.crs)
    return scenarios.then(plan.counted(scenarios.normal, buildings))


def _grids(scenarios: Scenarios, arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return the grids that hold after the switch."""
    grids = scenarios.emergency if arguments.to == "emergency" else scenarios.normal.grids
    return grids[(grids["kind"] == "base").to_numpy()] if arguments.no_dedicated else grids


def _write(scenarios: Scenarios, table: pd.DataFrame, arguments: argparse.Namespace) -> None:
    suffix = Path(arguments.output).suffix.lower()
    if outputs.is_page(arguments.output):
        files.write_text(_page(scenarios, table, arguments), arguments.output)
    elif suffix == ".csv":
        files.write(table, arguments.output)
    elif suffix == ".xlsx":
        normal = scenarios.normal.grids
        grids = pd.DataFrame({"zone": scenarios.zones}).join(pd.DataFrame(normal.drop(columns=normal.active_geometry_name)))
        files.write_sheets({"switch": table, "grids": grids}, arguments.output)
    else:
        zones = table.drop(index=TOTAL)
        shapes = scenarios.emergency.geometry.reindex(zones.index).to_numpy()
        grids = _grids(scenarios, arguments).rename_axis("grid_code")
        files.write_layers({"grids": grids, "switch": gpd.GeoDataFrame(zones, geometry=shapes, crs=grids.crs)}, arguments.output)


def _page(scenarios: Scenarios, table: pd.DataFrame, arguments: argparse.Namespace) -> str:
    from gridmap import report
    from gridmap.cli import pages

    lang = arguments.lang
    setting = pages.setting(arguments.plan, arguments.staff, arguments.buildings, lang=lang)
    title = messages.text(f"report.switch_title.{arguments.to}", lang, plan=setting.title)
    about = report.About(lang, title, source=setting.source, synthetic=setting.synthetic, context=setting.context)
    return report.switch(scenarios, table, _grids(scenarios, arguments), to=arguments.to, about=about)
