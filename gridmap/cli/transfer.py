"""`gridmap import` and `gridmap export`: files into a project and out again."""

import argparse
from functools import partial
from pathlib import Path

from gridmap import messages
from gridmap.cli import actors, extras, inputs, outputs


def run_import(arguments: argparse.Namespace) -> int:
    """Put the tables of files into a project, and say how many rows went in."""
    extras.require("server")
    from gridmap import store

    named = inputs.pairs(arguments.columns)
    counts = store.import_files(
        arguments.project, arguments.files, actor=actors.actor(), table=arguments.table, crs=arguments.crs, columns=named
    )
    for name, count in counts.items():
        print(messages.text("cli.table_rows", arguments.lang, table=outputs.printable(name), rows=count))
    print(messages.text("cli.written", arguments.lang, path=store.shown(store.address(arguments.project))))
    return 0


def run_export(arguments: argparse.Namespace) -> int:
    """Write the tables of a project to files, and name them."""
    extras.require("server")
    from gridmap import store

    label = messages.text("cli.exporting", arguments.lang)
    draw = partial(outputs.draw_bar, label=label)
    where = Path(arguments.output)
    if arguments.parquet:
        written = store.snapshot_parquet(arguments.project, where, on_progress=draw)
    else:
        written = store.export_files(arguments.project, where, format=arguments.format or "gpkg", on_progress=draw)
    for path in written:
        print(messages.text("cli.written", arguments.lang, path=path))
    return 0
