"""`gridmap workload`: minutes of work per grid, and how evenly they lie."""

import argparse

import pandas as pd

from gridmap import assign, files, hierarchy, messages, workload
from gridmap.cli import inputs, outputs

SHOWN = 10


def run_workload(arguments: argparse.Namespace) -> int:
    """Print the balance and the most loaded grids; write the table if asked."""
    outputs.require_output(arguments.output, outputs.TABLE, inputs=(arguments.events, arguments.grids))
    minutes = inputs.minutes(arguments.minutes, workload.DEFAULT_MINUTES)
    grids = hierarchy.tier(inputs.read_grids(arguments), arguments.level)
    events = inputs.aligned(inputs.read_events(arguments), grids)
    owner = assign.to_grids(events, grids)
    load = workload.index(events, owner, grids, minutes=minutes)
    balance = workload.balance(load)
    table = pd.DataFrame({"name": grids["name"], "events": owner.value_counts().reindex(grids.index, fill_value=0), "load_min": load})
    figures = {"grids": len(grids), "events": int(owner.notna().sum()), "total": len(events), "hours": load.sum() / 60}
    print(messages.text("cli.worked", arguments.lang, **figures))
    spread = {"gini": balance.gini, "cv": balance.cv, "ratio": balance.max_over_mean}
    print(messages.text("cli.balance", arguments.lang, **spread))
    outputs.print_table(table.sort_values("load_min", ascending=False, kind="stable").head(SHOWN))
    if arguments.output is not None:
        files.write(grids[["geometry"]].join(table)[["name", "events", "load_min", "geometry"]], arguments.output)
        print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0
