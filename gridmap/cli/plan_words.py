"""`gridmap plan describe|ledger|apply|notice`: a plan in the office's words, out and in again."""

import argparse
from collections.abc import Callable
from functools import partial

import geopandas as gpd
import pandas as pd

from gridmap import crs, files, messages, plan, schema
from gridmap.cli import extras, inputs, outputs, plan_files
from gridmap.cli.plan import edit
from gridmap.cli.plan_files import PlanFile
from gridmap.errors import FileError, one_line
from gridmap.plan import Plan


def run_plan(arguments: argparse.Namespace) -> int:
    """Do one of the actions."""
    if arguments.action == "apply":
        return edit(arguments, partial(_apply, arguments))
    run, suffixes = ACTIONS[arguments.action]
    sources = [getattr(arguments, name, None) for name in ("plan", "new", "buildings", "streets")]
    outputs.require_output(arguments.output, suffixes, inputs=sources)
    run(arguments)
    if arguments.output is not None:
        print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _describe(arguments: argparse.Namespace) -> None:
    """Print a line per grid; write the table if asked."""
    found, lang = plan_files.read(arguments), arguments.lang
    table = plan.describe(found.plan, streets=_streets(arguments, found), buildings=_layer(arguments, "buildings", found), lang=lang)
    for code, row in table.iterrows():
        counts = {name: "-" if pd.isna(row[name]) else f"{row[name]:,}" for name in ("households", "buildings")}
        figures = messages.text("cli.plan_figures", lang, **counts)
        shown = {"code": outputs.printable(code), "name": outputs.printable(row["name"]), "bounds": one_line(row["bounds"])}
        print(messages.text("cli.plan_described", lang, **shown, area_ha=row["area_ha"], area_km2=row["area_km2"], figures=figures))
    if arguments.output is not None:
        _write(table, found.plan, arguments.output)


def _write(table: pd.DataFrame, found: Plan, path: str) -> None:
    """Write what was told, without the lists of upper grids, which are those of the grids below; with shapes where the format has some."""
    upper = (table["kind"] == "base") & (table["level"] < found.levels[-1])
    told = table.assign(building_list=table["building_list"].mask(upper, ""))
    plain = path.lower().endswith((".csv", ".xlsx"))
    files.write(told if plain else gpd.GeoDataFrame(told, geometry=found.grids.geometry), path)


def _ledger(arguments: argparse.Namespace) -> None:
    found, lang = plan_files.read(arguments), arguments.lang
    buildings = _buildings(arguments, found)
    grids = plan.describe(found.plan, streets=_streets(arguments, found), buildings=buildings, lang=lang)
    files.write_ledger(plan.ledger(found.plan, buildings), grids, arguments.output, lang=lang)


def _apply(arguments: argparse.Namespace, found: PlanFile) -> Plan:
    """Return the plan whose borders follow the ledger, and say how many buildings have another grid."""
    buildings = _buildings(arguments, found)
    wanted = files.read_ledger(arguments.ledger)
    after = plan.apply(found.plan, buildings, wanted, units=_layer(arguments, "units", found))
    before = plan.ledger(found.plan, buildings)["grid_code"].fillna("")
    moved = (before != wanted.reindex(before.index.astype("str")).fillna("").to_numpy()).sum()
    print(messages.text("cli.plan_applied", arguments.lang, buildings=moved))
    return after


def _notice(arguments: argparse.Namespace) -> None:
    extras.require("report")
    from gridmap import report

    on = inputs.day(arguments.date)
    assert on is not None
    old = plan_files.read(arguments)
    new = plan_files.read(argparse.Namespace(**{**vars(arguments), "plan": arguments.new}))
    layers = {"streets": _streets(arguments, old), "buildings": _layer(arguments, "buildings", old)}
    data = report.notice(old.plan, new.plan, on=on.date(), **layers, office=arguments.office, lang=arguments.lang)
    files.write_bytes(data, arguments.output)


# action -> (what does it, the formats that it writes)
ACTIONS: dict[str, tuple[Callable[[argparse.Namespace], None], tuple[str, ...]]] = {
    "describe": (_describe, outputs.TABLE),
    "ledger": (_ledger, (".xlsx",)),
    "notice": (_notice, (".docx",)),
}


def _layer(arguments: argparse.Namespace, name: str, found: PlanFile) -> gpd.GeoDataFrame | None:
    """Return a table from the option's file, else from the plan's own, in the CRS of the plan; None where neither has it."""
    path = getattr(arguments, name)
    table = found.tables.get(name) if path is None else files.read_layer(path, name)
    return crs.transform(table, found.plan.grids.crs) if isinstance(table, gpd.GeoDataFrame) else None


def _buildings(arguments: argparse.Namespace, found: PlanFile) -> gpd.GeoDataFrame:
    """Return the buildings; raises where there are none."""
    layer = _layer(arguments, "buildings", found)
    if layer is None:
        raise FileError("plan_no_layer", path=arguments.plan, layer="buildings")
    return layer


def _streets(arguments: argparse.Namespace, found: PlanFile) -> gpd.GeoDataFrame:
    """Return the streets, none where there are none: bounds are then told by neighbours."""
    layer = _layer(arguments, "streets", found)
    if layer is not None:
        schema.require_columns(layer, ("name", "class"), "streets")
        return layer
    return gpd.GeoDataFrame({"name": [], "class": []}, geometry=[], crs=found.plan.grids.crs)
