"""`gridmap assign`: a table of events in, the same table with the grids of each event out."""

import argparse

import geopandas as gpd
import pandas as pd

from gridmap import assign, files, hierarchy, messages
from gridmap.cli import inputs, outputs


def run_assign(arguments: argparse.Namespace) -> int:
    """Write every column of EVENTS with the grid of each event on every level."""
    outputs.require_output(arguments.output, outputs.TABLE, inputs=(arguments.events, arguments.grids))
    grids = _down_to(inputs.read_grids(arguments), arguments.level)
    events = inputs.read_events(arguments)
    points = inputs.aligned(events, grids)
    found = _chain(points, grids, arguments.max_distance)
    order = ["grid", *found.columns.drop(["grid", "dedicated"]), "dedicated"]
    files.write(outputs.beside(events, found[order]), arguments.output)
    missing = points.geometry.isna() | points.geometry.is_empty
    inside = found["grid"].notna()
    summary = {
        "assigned": inside.sum(),
        "outside": (~inside & ~missing).sum(),
        "missing": missing.sum(),
        "dedicated": found["dedicated"].notna().sum(),
    }
    print(messages.text("cli.assigned", arguments.lang, total=len(events), **summary))
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _down_to(grids: gpd.GeoDataFrame, level: int | None) -> gpd.GeoDataFrame:
    """Return the base grids of `level` and above and all dedicated grids."""
    if level is None:
        return grids
    hierarchy.tier(grids, level)  # says which levels there are if not this one
    return grids[(grids["kind"] == "dedicated") | (grids["level"] <= level)]


def _chain(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, max_distance_m: float) -> pd.DataFrame:
    found = assign.chain(points, grids)
    if max_distance_m == 0:
        return found
    owner = assign.to_grids(points, grids, max_distance_m=max_distance_m)
    near = found["grid"].isna() & owner.notna()
    above = hierarchy.ancestors(grids).reindex(owner[near]).set_axis(owner.index[near])
    found.loc[near, above.columns] = above
    found.loc[near, "grid"] = owner[near]
    return found
