"""`gridmap themes`: counts of the ten themes in every grid, and the links from residents to the map that are broken."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridmap import crs, files, hierarchy, messages, schema, themes
from gridmap.cli import extras, inputs, outputs, pages

if TYPE_CHECKING:
    from gridmap import report

FINDINGS = 1
SHOWN = 5
WRITTEN = (*outputs.PAGE, ".xlsx", ".csv", ".gpkg")


def run_themes(arguments: argparse.Namespace) -> int:
    """Print what is counted of each kind and the broken links, write the tables if asked, and return 1 if any link is broken."""
    arguments.grids = arguments.grids or arguments.themes
    outputs.require_output(arguments.output, WRITTEN, inputs=(arguments.themes, arguments.grids, arguments.buildings))
    if arguments.output is not None and outputs.is_page(arguments.output):
        extras.require("report")
    lang = arguments.lang
    grids = inputs.read_grids(arguments)
    records = _records(arguments, grids)
    buildings = _buildings(arguments, grids)
    counts = themes.count(records, grids, buildings=buildings)
    kinds = themes.bases(records)
    inside = counts.loc[hierarchy.tier(grids, arguments.level).index].sum()
    links = None if buildings is None else themes.chain(records, grids, buildings=buildings)
    named = {"records": f"{len(records):,}", "themes": kinds.index.get_level_values(0).nunique(), "grids": f"{len(grids):,}"}
    print(messages.text("cli.themes_counted", lang, **named))
    _print_kinds(kinds, inside, lang)
    _print_links(links, lang)
    if arguments.output is not None:
        _write(counts, kinds, links, grids, buildings, arguments)
        print(messages.text("cli.written", lang, path=arguments.output))
    return FINDINGS if links is not None and len(links) else 0


def _records(arguments: argparse.Namespace, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the records, themes as codes, in the CRS of the grids."""
    named = inputs.pairs(arguments.columns)
    records = files.read_table(arguments.themes, "themes", layer=arguments.themes_layer, columns=named)
    words = {messages.term("theme", theme, each): theme for theme in schema.THEMES for each in messages.LANGUAGES}
    records["theme"] = records["theme"].replace(words)
    return crs.transform(records, grids.crs) if isinstance(records, gpd.GeoDataFrame) else records


def _buildings(arguments: argparse.Namespace, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the buildings of the file given, else those of the project; None where there are none."""
    if arguments.buildings is not None:
        return crs.transform(files.read_layer(arguments.buildings, "buildings"), grids.crs)
    project = pages.project(arguments.grids)
    return None if project is None or project.buildings is None else crs.transform(project.buildings, grids.crs)


def _print_kinds(kinds: pd.DataFrame, inside: pd.Series, lang: str) -> None:
    """Print a line per kind: records, their sum, what of it is in the grids of the level, what it rests on."""
    days = kinds[["first", "last"]].apply(lambda column: column.dt.strftime("%Y-%m-%d").fillna(""))
    shown = kinds[["records", "count"]].assign(in_grids=inside, basis=kinds["bases"], **days)
    shown.index = pd.MultiIndex.from_tuples(
        [(messages.term("theme", theme, lang), outputs.printable(messages.term("theme_kind", kind, lang))) for theme, kind in kinds.index],
        names=kinds.index.names,
    )
    outputs.print_table(shown.reset_index().set_index("theme"))


def _print_links(links: gpd.GeoDataFrame | None, lang: str) -> None:
    if links is None:
        print(messages.text("cli.themes_unlinked", lang))
        return
    for (link, note), part in links.groupby(["link", "note"], sort=False):
        whom = part["record_id"].fillna(part["building_id"]).fillna(part["grid_code"])
        words = {"kind": messages.term("finding", link, lang), "note": messages.term("note", note, lang)}
        amount = messages.text(f"maps.link_on.{link}", lang, n=f"{part['count'].sum():,}")
        first = ", ".join(outputs.printable(each) for each in whom.head(SHOWN))
        print(messages.text("cli.themes_link", lang, **words, count=f"{len(part):,}", amount=amount, first=first))
        print(f"    {messages.text(f'findings.{link}', lang)}")
    print(messages.text("cli.findings" if len(links) else "cli.no_findings", lang, count=len(links)))


def _write(
    counts: pd.DataFrame,
    kinds: pd.DataFrame,
    links: gpd.GeoDataFrame | None,
    grids: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None,
    arguments: argparse.Namespace,
) -> None:
    if outputs.is_page(arguments.output):
        from gridmap import report

        html = report.themes(counts, kinds, links, grids, about=_about(arguments), buildings=buildings, level=arguments.level)
        files.write_text(html, arguments.output)
        return
    flat = counts.set_axis([f"{theme}_{kind}" for theme, kind in counts.columns], axis=1)
    table = grids[["name", "level", "kind", "parent"]].join(flat)
    suffix = Path(arguments.output).suffix.lower()
    if suffix == ".csv":
        files.write(table, arguments.output)
    elif suffix == ".xlsx":
        listed = {} if links is None else {"links": pd.DataFrame(links.drop(columns="geometry"))}
        files.write_sheets({"counts": table, **listed, "kinds": kinds}, arguments.output)
    else:
        drawn = gpd.GeoDataFrame(table, geometry=grids.geometry, crs=grids.crs)
        files.write_layers({"counts": drawn, **({} if links is None else {"links": links}), "kinds": kinds}, arguments.output)


def _about(arguments: argparse.Namespace) -> "report.About":
    from gridmap import report

    lang = arguments.lang
    setting = pages.setting(arguments.grids, arguments.themes, arguments.buildings, lang=lang)
    title = messages.text("cli.themes_title", lang, title=setting.title)
    return report.About(lang, title, source=setting.source, synthetic=setting.synthetic, context=setting.context)
