"""`gridmap hotspots`: where events cluster, as a report page or as a table."""

import argparse
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import assign, files, hierarchy, hotspot, messages, schema
from gridmap.cli import inputs, outputs
from gridmap.errors import SchemaError

EVERY = ""  # the section of all categories


def run_hotspots(arguments: argparse.Namespace) -> int:
    """Write the report or the table and print one line per section."""
    outputs.require_output(arguments.output, (*outputs.PAGE, *outputs.TABLE), inputs=(arguments.events, arguments.grids))
    grids = hierarchy.tier(inputs.read_grids(arguments), arguments.level)
    events = chosen(inputs.aligned(inputs.read_events(arguments), grids), arguments)
    if outputs.is_page(arguments.output):
        files.write_text(_report(events, grids, arguments), arguments.output)
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


def _table(events: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    parts = []
    for name, part in sections(events, arguments):
        word = name or messages.text("cli.every_category", arguments.lang)
        if arguments.method == "density":
            rows = _density(part, arguments)
            peak = float(rows["events_per_km2"].max()) if len(rows) else 0.0
            print(messages.text("cli.peak", arguments.lang, category=word, events=len(part), peak=peak))
        else:
            rows = _gi_star(part, grids, arguments)
            hot, cold = (int(rows["class"].str.startswith(side).sum()) for side in ("hot", "cold"))
            print(messages.text("cli.hot", arguments.lang, category=word, events=len(part), hot=hot, cold=cold))
        if name:
            rows.insert(0, "category", name)
        parts.append(rows)
    return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=parts[0].crs)


def _gi_star(events: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    counts = assign.count(events, grids)["events"]
    found = hotspot.gi_star(counts, grids, permutations=arguments.permutations, seed=arguments.seed)
    return gpd.GeoDataFrame(grids[["name"]].join(counts).join(found), geometry=grids.geometry, crs=grids.crs)


def _density(events: gpd.GeoDataFrame, arguments: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return the lattice squares that hold anything, each as its centre."""
    density = hotspot.density(events, bandwidth_m=arguments.bandwidth, cell_m=arguments.cell)
    row, column = np.nonzero(density.values)
    a, b, c, d, e, f = density.transform
    x, y = column + 0.5, row + 0.5
    centres = gpd.points_from_xy(a * x + b * y + c, d * x + e * y + f)
    values = {"events_per_km2": density.values[row, column]}  # noqa: PD011 - an array
    return gpd.GeoDataFrame(values, geometry=centres, crs=density.crs)
