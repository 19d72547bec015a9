"""`gridmap plan describe|ledger|apply|notice`: a plan in the office's words, out and in again."""

import argparse
from collections.abc import Callable

import geopandas as gpd
import pandas as pd

from gridmap import crs, files, messages, plan, schema
from gridmap.cli import extras, inputs, outputs
from gridmap.errors import FileError, one_line
from gridmap.files import vector
from gridmap.plan import Plan


def run_plan(arguments: argparse.Namespace) -> int:
    """Do one of the actions."""
    ACTIONS[arguments.action](arguments)
    if arguments.output is not None:
        print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _describe(arguments: argparse.Namespace) -> None:
    """Print a line per grid; write the table if asked."""
    outputs.require_output(arguments.output, outputs.TABLE, inputs=_sources(arguments))
    found, lang = _plan(arguments), arguments.lang
    table = plan.describe(found, streets=_streets(arguments, found), buildings=_layer(arguments, "buildings", found), lang=lang)
    for code, row in table.iterrows():
        counts = {name: "-" if pd.isna(row[name]) else f"{row[name]:,}" for name in ("households", "buildings")}
        figures = messages.text("cli.plan_figures", lang, **counts)
        shown = {"code": outputs.printable(code), "name": outputs.printable(row["name"]), "bounds": one_line(row["bounds"])}
        print(messages.text("cli.plan_described", lang, **shown, area_ha=row["area_ha"], area_km2=row["area_km2"], figures=figures))
    if arguments.output is not None:
        files.write(gpd.GeoDataFrame(table, geometry=found.grids.geometry), arguments.output)


def _ledger(arguments: argparse.Namespace) -> None:
    outputs.require_output(arguments.output, (".xlsx",), inputs=_sources(arguments))
    found, lang = _plan(arguments), arguments.lang
    buildings = _required(arguments, "buildings", found)
    grids = plan.describe(found, streets=_streets(arguments, found), buildings=buildings, lang=lang)
    files.write_ledger(plan.ledger(found, buildings), grids, arguments.output, lang=lang)


def _apply(arguments: argparse.Namespace) -> None:
    outputs.require_output(arguments.output, (".gpkg",), inputs=_sources(arguments))
    found = _plan(arguments)
    buildings = _required(arguments, "buildings", found)
    wanted = files.read_ledger(arguments.ledger)
    before = plan.ledger(found, buildings)["grid_code"]
    after = plan.apply(found, buildings, wanted, units=_layer(arguments, "units", found))
    files.write_plan(after, arguments.output)
    moved = (before.fillna("") != wanted.reindex(before.index.astype("str")).fillna("").to_numpy()).sum()
    print(messages.text("cli.plan_applied", arguments.lang, buildings=moved, grids=len(after.changes)))


def _notice(arguments: argparse.Namespace) -> None:
    outputs.require_output(arguments.output, (".docx",), inputs=_sources(arguments))
    extras.require("report")
    from gridmap import report

    on = inputs.day(arguments.date)
    assert on is not None
    old = _plan(arguments)
    new = files.read_plan(arguments.new, code=arguments.code, layer=arguments.layer, crs=arguments.grids_crs)
    layers = {"streets": _streets(arguments, old), "buildings": _layer(arguments, "buildings", old)}
    data = report.notice(old, new, on=on.date(), **layers, office=arguments.office, lang=arguments.lang)
    files.write_bytes(data, arguments.output)


ACTIONS: dict[str, Callable[[argparse.Namespace], None]] = {"describe": _describe, "ledger": _ledger, "apply": _apply, "notice": _notice}


def _sources(arguments: argparse.Namespace) -> list[str | None]:
    return [getattr(arguments, name, None) for name in ("plan", "ledger", "new", "buildings", "streets", "units")]


def _plan(arguments: argparse.Namespace) -> Plan:
    return files.read_plan(arguments.plan, code=arguments.code, layer=arguments.layer, crs=arguments.grids_crs)


def _layer(arguments: argparse.Namespace, name: str, found: Plan) -> gpd.GeoDataFrame | None:
    """Return a table from the option's file, else from the plan's own, in the CRS of the plan; None where neither has it."""
    path = getattr(arguments, name)
    if path is None:
        if not arguments.plan.lower().endswith(".gpkg") or name not in vector.layers(arguments.plan):
            return None
        return crs.transform(files.read_layer(arguments.plan, name, layer=name), found.grids.crs)
    return crs.transform(files.read_layer(path, name), found.grids.crs)


def _required(arguments: argparse.Namespace, name: str, found: Plan) -> gpd.GeoDataFrame:
    layer = _layer(arguments, name, found)
    if layer is None:
        raise FileError("plan_no_layer", path=arguments.plan, layer=name)
    return layer


def _streets(arguments: argparse.Namespace, found: Plan) -> gpd.GeoDataFrame:
    """Return the streets, none where there are none: bounds are then told by neighbours."""
    layer = _layer(arguments, "streets", found)
    if layer is not None:
        schema.require_columns(layer, ("name", "class"), "streets")
        return layer
    return gpd.GeoDataFrame({"name": [], "class": []}, geometry=[], crs=found.grids.crs)
