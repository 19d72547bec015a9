"""`gridmap hotspots`: where events cluster, as a report page or as a table."""

import argparse
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import assign, files, hierarchy, hotspot, messages, schema
from gridmap.cli import extras, inputs, outputs
from gridmap.errors import SchemaError

EVERY = ""  # the section of all categories


def run_hotspots(arguments: argparse.Namespace) -> int:
    """Write the report or the table and print one line per section."""
    outputs.require_output(arguments.output, (*outputs.PAGE, *outputs.TABLE), inputs=(arguments.events, arguments.grids))
    if outputs.is_page(arguments.output):
        extras.require("report")
    grids = hierarchy.tier(inputs.read_grids(arguments), arguments.level)
    every = inputs.aligned(inputs.read_events(arguments), grids)
    events = chosen(every, arguments)
    if outputs.is_page(arguments.output):
        files.write_text(_report(every, events, grids, arguments), arguments.output)
    else:
        files.write(_table(events, grids, arguments), arguments.output, layer="hotspots")
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def chosen(events: gpd.GeoDataFrame, arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return the events of the category and period asked for.

    Raises
    ------
    SchemaError
        If none is left, or categories are asked for and the events have none.
    """
    if arguments.by_category:
        schema.require_columns(events, ("category",), "events")
        if arguments.method == "density" and outputs.is_page(arguments.output):
            raise SchemaError("one_density")
    kept = inputs.within(inputs.of_category(events, arguments.category), arguments.start, arguments.end)
    if kept.empty:
        asked = " ".join(part for part in (arguments.category, arguments.start, arguments.end) if part)
        raise SchemaError("no_events_left", given=asked or "-", present=inputs.period(events) or "-")
    return kept


def sections(events: gpd.GeoDataFrame, arguments: argparse.Namespace) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Yield name and events of each section: all together, or one category after another, the most frequent first."""
    if not arguments.by_category:
        yield arguments.category or EVERY, events
        return
    names = events["category"].value_counts().index.tolist()
    for name in outputs.progress(names, messages.text("cli.hotspots", arguments.lang)):
        yield str(name), events[events["category"] == name]


def _report(every: gpd.GeoDataFrame, events: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> str:
    from gridmap import maps, report
    from gridmap.cli import pages

    lang = arguments.lang
    setting = pages.setting(arguments.grids, arguments.events, lang=lang)
    title = "" if arguments.category is None else messages.text("cli.hotspots_of", lang, category=arguments.category)
    about = report.About(lang, title, source=setting.source, synthetic=setting.synthetic, context=setting.context)
    if arguments.method == "density":
        surface = hotspot.density(events, bandwidth_m=arguments.bandwidth, cell_m=arguments.cell)
        _print_peak(arguments.category or EVERY, len(events), float(np.max(surface.values, initial=0.0)), lang)
        order = maps.category_order(every)
        return report.density(surface, events, grids, about=about, bandwidth_m=arguments.bandwidth, categories=order)
    whole = _gi_star(events, grids, arguments)
    _print_hot(arguments.category or EVERY, len(events), whole, lang)
    parts = {}
    for name, part in sections(events, arguments) if arguments.by_category else ():
        parts[name] = _gi_star(part, grids, arguments)
        _print_hot(name, len(part), parts[name], lang)
    owner = assign.to_grids(events, grids)
    return report.hotspots(whole, grids, events, owner, about=about, categories=parts or None, permutations=arguments.permutations)


def _table(events: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    parts = []
    for name, part in sections(events, arguments):
        if arguments.method == "density":
            rows = _density(part, arguments)
            _print_peak(name, len(part), float(rows["events_per_km2"].max()) if len(rows) else 0.0, arguments.lang)
        else:
            found = _gi_star(part, grids, arguments)
            _print_hot(name, len(part), found, arguments.lang)
            rows = gpd.GeoDataFrame(grids[["name"]].join(found), geometry=grids.geometry, crs=grids.crs)
        if name:
            rows.insert(0, "category", name)
        parts.append(rows)
    return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=parts[0].crs)


def _print_hot(name: str, events: int, found: pd.DataFrame, lang: str) -> None:
    hot, cold = (int(found["class"].str.startswith(side).sum()) for side in ("hot", "cold"))
    word = outputs.printable(name or messages.text("cli.every_category", lang))
    print(messages.text("cli.hot", lang, category=word, events=events, hot=hot, cold=cold))


def _print_peak(name: str, events: int, peak: float, lang: str) -> None:
    word = outputs.printable(name or messages.text("cli.every_category", lang))
    print(messages.text("cli.peak", lang, category=word, events=events, peak=peak))


def _gi_star(events: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> pd.DataFrame:
    """Return the events of every grid and what Gi* says of them."""
    counts = assign.count(events, grids)["events"]
    return pd.DataFrame(counts).join(hotspot.gi_star(counts, grids, permutations=arguments.permutations, seed=arguments.seed))


def _density(events: gpd.GeoDataFrame, arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return the lattice squares that hold anything, each as its centre."""
    density = hotspot.density(events, bandwidth_m=arguments.bandwidth, cell_m=arguments.cell)
    row, column = np.nonzero(density.values)
    a, b, c, d, e, f = density.transform
    x, y = column + 0.5, row + 0.5
    centres = gpd.points_from_xy(a * x + b * y + c, d * x + e * y + f)
    values = {"events_per_km2": density.values[row, column]}  # noqa: PD011 - an array
    return gpd.GeoDataFrame(values, geometry=centres, crs=density.crs)
