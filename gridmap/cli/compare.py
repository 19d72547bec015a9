"""`gridmap compare`: what two sets of grids differ in, in words, as tables or on a map."""

import argparse
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridmap import crs, files, hierarchy, messages, plan
from gridmap.cli import extras, inputs, outputs
from gridmap.errors import GridmapWarning, SchemaError
from gridmap.plan.rows import in_words

if TYPE_CHECKING:
    from gridmap import report

SHOWN = 5
COUNTS = ("households", "residents", "buildings", "events", "staff")
ENDS = {"origin": "from_code", "target": "to_code"}
WRITTEN = (*outputs.PAGE, ".xlsx", ".csv", ".gpkg")


def run_compare(arguments: argparse.Namespace) -> int:
    """Print totals and the largest moves, write what is asked; a difference is no finding, so the code is 0."""
    sources = (arguments.old, arguments.new, arguments.units, arguments.buildings, arguments.events, arguments.staff, arguments.streets)
    outputs.require_output(arguments.output, WRITTEN, inputs=sources)
    paged = arguments.output is not None and outputs.is_page(arguments.output)
    if arguments.households is not None:
        _require_scored(arguments.households, paged and arguments.units is not None)
    if paged:
        extras.require("report")
    stated = {"code": arguments.code, "layer": arguments.layer, "crs": arguments.grids_crs}
    old = files.read_grids(arguments.old, **stated)
    new = crs.transform(files.read_grids(arguments.new, **stated), old.crs)
    if arguments.level is not None:
        hierarchy.tier(new if arguments.level in hierarchy.levels(new) else old, arguments.level)  # says which levels there are
    weights, events = _weights(arguments, old), _events(arguments, old)
    staff = None if arguments.staff is None else files.read_table(arguments.staff, "staff")
    found = plan.compare(old, new, buildings=weights, events=events, staff=staff, sliver_width_m=arguments.sliver_width)
    if arguments.units is not None and weights is not None and "buildings" not in weights:
        found = _uncounted(found)
    _tell_levels(old, new)
    print_difference(found, arguments.lang)
    if arguments.output is not None:
        _write(found, old, new, arguments)
        print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _require_scored(band: tuple[int, int], scored: bool) -> None:
    """Raise SchemaError for a band that is none, or that nothing would be scored by."""
    from gridmap.partition.balance import require_band

    require_band(band)
    if not scored:
        raise SchemaError("band_not_scored", given=f"{band[0]}:{band[1]}")


def _weights(arguments: argparse.Namespace, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return buildings, or units in their place, in the CRS of the grids."""
    for path, table in ((arguments.buildings, "buildings"), (arguments.units, "units")):
        if path is not None:
            return crs.transform(files.read_layer(path, table), grids.crs)
    return None


def _uncounted(found: plan.Difference) -> plan.Difference:
    """Return a difference without buildings: units that do not say how many are in them are none themselves."""
    tables = {name: getattr(found, name) for name in ("grids", "moves", "totals")}
    return replace(found, **{name: table[[each for each in table if each.split("_")[0] != "buildings"]] for name, table in tables.items()})


def _tell_levels(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> None:
    """Warn where both have other levels: they are compared by their numbers."""
    levels = [", ".join(map(str, hierarchy.levels(grids))) for grids in (old, new)]
    if levels[0] != levels[1]:
        warnings.warn(GridmapWarning("levels_differ", old=levels[0], new=levels[1]), stacklevel=2)


def _events(arguments: argparse.Namespace, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    return None if arguments.events is None else inputs.aligned(inputs.read_events(arguments), grids)


def print_difference(found: plan.Difference, lang: str) -> None:
    """Print totals and the largest moves."""
    for _, tier in found.totals.iterrows():
        _print_tier(tier, lang)
    moves = found.moves[(found.moves["area_m2"] > 0).to_numpy()]
    if not found:
        print(messages.text("cli.compare_nothing" if found.moves.empty else "cli.compare_slivers_alone", lang))
    if moves.empty:
        return
    print(messages.text("cli.compare_largest", lang))
    nowhere = messages.text("plan.no_grid", lang)
    lowest = moves[(moves["level"] == moves["level"].max()).fillna(value=True).to_numpy(dtype=bool)]
    for _, row in lowest.sort_values("area_m2", ascending=False, kind="stable").head(SHOWN).iterrows():
        ends = {name: nowhere if pd.isna(row[column]) else outputs.printable(row[column]) for name, column in ENDS.items()}
        print(messages.text("cli.compare_move", lang, **ends, word=messages.term("move", row["move"], lang), amounts=_amounts(row, lang)))


def _print_tier(tier: pd.Series, lang: str) -> None:
    key = "cli.compare_dedicated" if pd.isna(tier["level"]) else "cli.compare_tier"
    sizes = {"before": f"{tier['grids_before']:,}", "after": f"{tier['grids_after']:,}"}
    print(messages.text(key, lang, level=tier["level"], words=in_words(tier, lang), **sizes))
    counted = [("area", "_m2"), *((name, "") for name in COUNTS if f"{name}_moved" in tier)]
    if any(tier[f"{name}_moved{unit}"] for name, unit in counted):
        shares = [_share(tier, name, unit, lang) for name, unit in counted]
        print(messages.text("cli.compare_moved", lang, amounts=messages.text("plan.between", lang).join(shares)))
    if tier["area_gained_m2"] or tier["area_lost_m2"]:
        outside = {side: f"{tier[f'area_{side}_m2']:,.0f}" for side in ("gained", "lost")}
        print(messages.text("cli.compare_outside", lang, **outside))
    if tier["slivers_m2"] >= 1:
        print(messages.text("cli.compare_slivers", lang, area=f"{tier['slivers_m2']:,.0f}"))


def _share(tier: pd.Series, name: str, unit: str, lang: str) -> str:
    moved, total = float(tier[f"{name}_moved{unit}"]), float(tier[f"{name}_before{unit}"])
    figures = {"moved": f"{moved:,.0f}", "total": f"{total:,.0f}", "share": moved / total if total else 0.0}
    return messages.text("cli.compare_amount", lang, word=messages.term("amount", f"{name}{unit}", lang), **figures)


def _amounts(row: pd.Series, lang: str) -> str:
    named = [(name, row[name]) for name in ("area_m2", *COUNTS) if name in row]
    shown = [messages.text("cli.compare_plain", lang, word=messages.term("amount", name, lang), number=f"{n:,.0f}") for name, n in named]
    return messages.text("plan.between", lang).join(shown)


def _write(found: plan.Difference, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, arguments: argparse.Namespace) -> None:
    if outputs.is_page(arguments.output):
        files.write_text(_page(found, old, new, arguments), arguments.output)
    else:
        write_tables(found, old, new, arguments.output)


def write_tables(found: plan.Difference, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, path: str) -> None:
    """Write a difference as a table, a workbook or layers."""
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        files.write(found.grids, path)
    elif suffix == ".xlsx":
        moves = pd.DataFrame(found.moves.drop(columns="geometry"))
        files.write_sheets({"grids": found.grids, "moves": moves, "totals": found.totals}, path)
    else:
        stands = found.grids["code_after"].notna()
        shapes = [(new if there else old).geometry[code] for code, there in zip(found.grids.index, stands, strict=True)]
        grids = gpd.GeoDataFrame(found.grids, geometry=shapes, crs=old.crs)
        files.write_layers({"grids": grids, "moves": found.moves, "totals": found.totals}, path)


def _page(found: plan.Difference, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, arguments: argparse.Namespace) -> str:
    from gridmap import report
    from gridmap.cli import pages

    lang = arguments.lang
    setting = pages.setting(
        arguments.new, arguments.old, arguments.units, arguments.buildings, arguments.events, arguments.staff, arguments.streets, lang=lang
    )
    names = {"old": Path(arguments.old).stem, "new": Path(arguments.new).stem}
    title = messages.text("cli.compare_title", lang, **names)
    about = report.About(lang, title, source=setting.source, synthetic=setting.synthetic, context=setting.context)
    scored = None if arguments.units is None else _scores(old, new, arguments)
    return report.comparison(found, old, new, about=about, level=arguments.level, sliver_width_m=arguments.sliver_width, scored=scored)


def _scores(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, arguments: argparse.Namespace) -> "report.Scores | None":
    """Return both plans scored on the units, with streets that are given or in a project file; None where households are not known."""
    from gridmap import report
    from gridmap.cli import pages

    units = crs.transform(files.read_layer(arguments.units, "units"), old.crs)
    if "households" not in units or units["households"].isna().any():
        print(messages.text("cli.compare_not_scored", arguments.lang))
        return None
    if arguments.streets is not None:
        lines = files.read_layer(arguments.streets, "streets")
    else:
        projects = (pages.project(path) for path in (arguments.new, arguments.old, arguments.units))
        lines = next((project.streets for project in projects if project is not None and project.streets is not None), None)
    drawn = None if lines is None else crs.transform(lines, old.crs)
    return report.scores(units, old, new, level=arguments.level, lines=drawn, households=arguments.households)
