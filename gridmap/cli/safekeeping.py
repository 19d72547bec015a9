"""`gridmap backup` and `gridmap restore`: a project put by, and fetched again."""

import argparse
from functools import partial

import pandas as pd

from gridmap import messages
from gridmap.cli import actors, extras, outputs


def run_backup(arguments: argparse.Namespace) -> int:
    """Write a copy of a project while others go on writing."""
    extras.require("server")
    from gridmap import store

    outputs.require_output(arguments.output, (".gpkg",), inputs=())
    draw = partial(outputs.draw_bar, label=messages.text("cli.backing_up", arguments.lang))
    told = store.backup(arguments.project, arguments.output, actor=actors.actor(), on_progress=draw)
    _say(told, arguments.lang)
    print(messages.text("cli.written", arguments.lang, path=arguments.output))
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Make a project of a backup, read back and held against it."""
    extras.require("server")
    from gridmap import store

    draw = partial(outputs.draw_bar, label=messages.text("cli.restoring", arguments.lang))
    told = store.restore(arguments.backup, arguments.project, actor=actors.actor(), on_progress=draw)
    _say(told, arguments.lang)
    print(messages.text("cli.restored", arguments.lang, path=store.shown(store.address(arguments.project))))
    return 0


def _say(told: pd.DataFrame, lang: str) -> None:
    print(messages.text("cli.backed_up", lang, tables=len(told), rows=int(told["rows"].sum())))
