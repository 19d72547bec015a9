"""`gridmap plan check`: whether a plan in a file holds, and all that is wrong with its grids."""

import argparse

import geopandas as gpd
import pandas as pd

from gridmap import codes, coverage, files, hierarchy, messages, plan
from gridmap.cli import outputs, plan_files
from gridmap.cli.check import FINDINGS, print_findings
from gridmap.cli.plan import CONFLICT, place
from gridmap.errors import GridmapError, PlanError, SchemaError


def run_plan(arguments: argparse.Namespace) -> int:
    """Print that all holds, or the first rule that does not and what is wrong with the grids, and return 1 then."""
    outputs.require_output(arguments.conflict, CONFLICT, inputs=(arguments.plan,))
    outputs.require_output(arguments.output, outputs.TABLE, inputs=(arguments.plan, arguments.conflict))
    held, lang = plan_files.held(arguments), arguments.lang
    try:
        found = held.planned()
        plan.check(found.plan)
    except (PlanError, SchemaError) as error:
        if isinstance(error, PlanError):
            place(error, held.grids, arguments)
        print(messages.text("cli.plan_broken", lang, message=error.text(lang)))
        findings = _findings(error, held, lang)
        if len(findings) > 1:
            print_findings(findings.iloc[1:], lang)
        code = FINDINGS
    else:
        print(messages.text("cli.plan_sound", lang, grids=len(found.plan.grids), retired=len(found.plan.retired)))
        findings, code = coverage.check(found.plan.grids.iloc[:0]), 0
    if arguments.output is not None:
        files.write(findings, arguments.output, layer="findings")
        print(messages.text("cli.written", lang, path=arguments.output))
    return code


def _findings(error: GridmapError, held: plan_files.Held, lang: str) -> gpd.GeoDataFrame:
    """Return the rule that does not hold, and below it what is wrong with the grids."""
    where = error.geometry if isinstance(error, PlanError) else None
    rule = {"kind": "plan", "grid_codes": ";".join(map(str, error.rows)), "area_m2": float("nan"), "note": error.text(lang)}
    first = gpd.GeoDataFrame([rule], geometry=[where], crs=held.grids.crs)
    found = coverage.findings(held.grids)
    parts = [part for part in (first, found, _of_scheme(held, found)) if len(part)]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=held.grids.crs)


def _of_scheme(held: plan_files.Held, known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the lowest grids whose codes do not fit the scheme of the option, without what is known."""
    if held.scheme is None:
        return known.iloc[:0]
    lowest = hierarchy.tier(held.grids)
    wrong = codes.check(lowest.index.to_series(), scheme=held.scheme)
    told = pd.MultiIndex.from_frame(known[["kind", "grid_codes"]])
    wrong = wrong[(wrong["kind"] != "duplicate_code").to_numpy() & ~pd.MultiIndex.from_frame(wrong[["kind", "grid_code"]]).isin(told)]
    columns = {"kind": wrong["kind"], "grid_codes": wrong["grid_code"], "area_m2": float("nan"), "note": ""}
    shapes = lowest.geometry[~lowest.index.duplicated()].reindex(wrong["grid_code"])
    return gpd.GeoDataFrame(columns, geometry=shapes.to_numpy(), crs=held.grids.crs)
