"""`gridmap check`: what is wrong with a layer of grids, in words, as a table or on a map."""

import argparse

import geopandas as gpd
import pandas as pd

from gridmap import coverage, crs, files, hierarchy, messages
from gridmap.cli import extras, inputs, outputs

FINDINGS = 1
SHOWN = 3


def run_check(arguments: argparse.Namespace) -> int:
    """Print the findings by kind, write them if asked, and return 1 if there is any."""
    sources = (arguments.grids, arguments.boundary, arguments.buildings)
    outputs.require_output(arguments.output, (*outputs.PAGE, *outputs.TABLE), inputs=sources)
    if arguments.output is not None and outputs.is_page(arguments.output):
        extras.require("report")
    grids = inputs.read_grids(arguments)
    boundary = _layer(arguments.boundary, "boundary", grids)
    buildings = _layer(arguments.buildings, "buildings", grids)
    findings = coverage.findings(
        grids, level=arguments.level, boundary=boundary, gap_width_m=arguments.gap_width, min_overlap_m2=arguments.min_overlap
    )
    _print_checked(findings, grids, arguments)
    if boundary is not None or buildings is not None:
        _print_shares(hierarchy.tier(grids, arguments.level), boundary, buildings, arguments.lang)
    if arguments.output is not None:
        _write(findings, grids, arguments)
        print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return FINDINGS if len(findings) else 0


def _layer(path: str | None, table: str, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    return None if path is None else crs.transform(files.read_layer(path, table), grids.crs)


def _print_checked(findings: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> None:
    lang = arguments.lang
    level = hierarchy.lowest_level(grids) if arguments.level is None else arguments.level
    authority = grids.crs.to_authority()
    named = grids.crs.name if authority is None else ":".join(authority)
    print(messages.text("cli.checked", lang, grids=len(grids), level=level, crs=named))
    print_findings(findings, lang)


def print_findings(findings: gpd.GeoDataFrame, lang: str) -> None:
    """Print findings by kind with the largest of each."""
    if findings.empty:
        print(messages.text("cli.no_findings", lang))
        return
    for word, part in findings.groupby(_words(findings, lang), sort=False):
        largest = part.sort_values("area_m2", ascending=False, kind="stable", na_position="last").head(SHOWN)
        first = ", ".join(_named(row.grid_codes, row.area_m2) for row in largest.itertuples())
        print(messages.text("cli.finding", lang, kind=word, count=len(part), first=first))
    print(messages.text("cli.findings", lang, count=len(findings)))


def _words(findings: gpd.GeoDataFrame, lang: str) -> pd.Series:
    """Return the kind of each finding in words, with the reason where that is a term and not data."""
    kinds = findings["kind"].map(lambda kind: messages.term("finding", kind, lang))
    reasons = findings["note"].map(lambda note: messages.term("note", note, lang))
    return kinds.where(reasons == findings["note"], kinds + " (" + reasons + ")")


def _named(codes: object, area_m2: float) -> str:
    text = "-" if pd.isna(codes) or codes == "" else outputs.printable(codes)
    return text if pd.isna(area_m2) else f"{text} ({area_m2:,.2f} m2)"


def _print_shares(tier: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None, buildings: gpd.GeoDataFrame | None, lang: str) -> None:
    for measure, row in coverage.shares(tier, boundary=boundary, buildings=buildings).iterrows():
        word = messages.term("measure", measure, lang)
        print(messages.text("cli.share", lang, measure=word, one=row["one"], total=row["total"], share=row["share_one"]))


def _write(findings: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> None:
    if not outputs.is_page(arguments.output):
        files.write(findings, arguments.output, layer="findings")
        return
    from gridmap import maps
    from gridmap.cli import pages

    tier = hierarchy.tier(grids, arguments.level)
    setting = pages.setting(arguments.grids, lang=arguments.lang)
    layers = [*setting.context, maps.grids_layer(tier, lang=arguments.lang), maps.findings_layer(findings, lang=arguments.lang)]
    title = messages.text("cli.check_title", arguments.lang, title=setting.title, count=len(findings))
    html = maps.page(layers, title=title, lang=arguments.lang, source=setting.source, synthetic=setting.synthetic)
    files.write_text(html, arguments.output)
