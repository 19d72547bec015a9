"""`gridmap repair`: the same layer as a valid coverage, what was changed, and what is left to do by hand."""

import argparse

import pandas as pd

from gridmap import coverage, crs, files, messages
from gridmap.cli import inputs, outputs
from gridmap.cli.check import FINDINGS, print_findings


def run_repair(arguments: argparse.Namespace) -> int:
    """Write the repaired grids, and the changes if asked; return 1 if something is left."""
    sources = (arguments.grids, arguments.boundary)
    outputs.require_output(arguments.output, outputs.TABLE, inputs=sources)
    outputs.require_output(arguments.changes, outputs.TABLE, inputs=(*sources, arguments.output))
    grids = inputs.read_grids(arguments)
    boundary = None if arguments.boundary is None else crs.transform(files.read_layer(arguments.boundary, "boundary"), grids.crs)
    done = coverage.repair(grids, boundary=boundary, gap_width_m=arguments.gap_width)
    files.write(done.grids, arguments.output, layer="grids")
    if arguments.changes is not None:
        files.write(done.changes, arguments.changes, layer="changes")
    _print_changes(done, arguments.lang)
    if len(done.left):
        print(messages.text("cli.left", arguments.lang))
        print_findings(done.left, arguments.lang)
    for path in (arguments.output, arguments.changes):
        if path is not None:
            print(messages.text("cli.written", arguments.lang, path=path))
    return FINDINGS if len(done.left) else 0


def _print_changes(done: coverage.Repair, lang: str) -> None:
    changes: pd.DataFrame = done.changes
    authority = done.grids.crs.to_authority()
    named = done.grids.crs.name if authority is None else ":".join(authority)
    print(messages.text("cli.repaired", lang, grids=len(done.grids), changed=changes["grid_code"].nunique(), crs=named))
    if changes.empty:
        print(messages.text("cli.no_changes", lang))
    for rule in coverage.RULES:
        part = changes[changes["rule"] == rule]
        if len(part):
            sums = {"count": part["grid_code"].nunique(), "gained": part["gained_m2"].sum(), "lost": part["lost_m2"].sum()}
            print(messages.text("cli.change", lang, rule=messages.term("rule", rule, lang), **sums))
