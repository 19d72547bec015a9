"""`gridmap assign`: a table of events in, the same table with the grids of each event out; a folder of Parquet files likewise."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

import geopandas as gpd

from gridmap import assign, files, hierarchy, messages
from gridmap.cli import INTERRUPTED, as_of, inputs, outputs
from gridmap.errors import FileError, GridmapError, SchemaError

OF_FILES = ("columns", "events_layer", "as_of")
OF_FOLDERS = ("scheduler", "workers")


def run_assign(arguments: argparse.Namespace) -> int:
    """Write every column of EVENTS with the grid of each event on every level."""
    if os.path.isdir(arguments.events):  # noqa: PTH112 - `Path.is_dir` raises on names that are too long or not to be looked at
        return _run_folder(arguments)
    _require_none(arguments, OF_FOLDERS, "file_option")
    outputs.require_output(arguments.output, outputs.TABLE, inputs=(arguments.events, arguments.grids))
    grids = _down_to(inputs.read_grids(arguments), arguments.level)
    events = inputs.read_events(arguments)
    points = inputs.aligned(events, grids)
    at = None
    if arguments.as_of is not None:
        grids, at = as_of.with_periods(grids, arguments.tz), as_of.times(events, arguments.as_of, arguments.tz)
    found = assign.chain(points, grids, at=at, max_distance_m=arguments.max_distance)
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


def _run_folder(arguments: argparse.Namespace) -> int:
    """Do the same for every Parquet file of a folder; stopped in the middle, it goes on where it was."""
    from gridmap import scale

    _require_none(arguments, OF_FILES, "folder_option")
    if Path(os.path.realpath(arguments.output)) in Path(os.path.realpath(arguments.grids)).parents:
        raise FileError("output_is_input", given=arguments.output)
    options = scale.Options(
        x=arguments.x,
        y=arguments.y,
        crs=arguments.crs,
        max_distance_m=arguments.max_distance,
        scheduler=arguments.scheduler,
        workers=arguments.workers,
    )
    grids = _down_to(inputs.read_grids(arguments), arguments.level)
    bar = partial(outputs.draw_bar, label=messages.text("cli.folder_progress", arguments.lang))
    try:
        done = scale.assign(arguments.events, grids, arguments.output, options=options, on_progress=bar)
    except KeyboardInterrupt:
        outputs.wipe_bar()
        sys.stderr.write(messages.text("cli.stopped_folder", arguments.lang) + "\n")
        return INTERRUPTED
    except GridmapError:
        outputs.wipe_bar()
        raise
    summary = {name: done[name].sum() for name in ("assigned", "outside", "missing", "dedicated")}
    resumed = done["resumed"].sum()
    print(messages.text("cli.assigned", arguments.lang, total=done["rows"].sum(), **summary))
    print(messages.text("cli.folder_done", arguments.lang, files=len(done), done=len(done) - resumed, resumed=resumed))
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def _require_none(arguments: argparse.Namespace, names: tuple[str, ...], key: str) -> None:
    for name in names:
        given = getattr(arguments, name)
        if given is not None:
            raise SchemaError(key, option=f"--{name.replace('_', '-')}", given=given)


def _down_to(grids: gpd.GeoDataFrame, level: int | None) -> gpd.GeoDataFrame:
    """Return the base grids of `level` and above and all dedicated grids."""
    if level is None:
        return grids
    hierarchy.tier(grids, level)  # says which levels there are if not this one
    return grids[(grids["kind"] == "dedicated") | (grids["level"] <= level)]
