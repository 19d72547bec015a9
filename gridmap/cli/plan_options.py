"""What the edits of `gridmap plan` take; nothing heavy is imported here, so that `--help` is fast."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gridmap import messages
from gridmap.cli import plan_store_options, words_options

if TYPE_CHECKING:
    from gridmap.cli.parser import Parser


def declare(command: "Parser") -> None:
    """Declare the actions of `gridmap plan`."""
    actions = command.add_subparsers(
        title=messages.text("cli.plan_actions", command.lang), dest="action", metavar="ACTION", required=True, parser_class=type(command)
    )
    for name, take in (EDITS | words_options.EDITS).items():
        edit = add(actions, name, command.lang)
        take(edit)
        edit.option("--conflict", text="plan_conflict", metavar="F")
        edit.option("--dry-run", text="plan_dry_run", action="store_true")
        edit.option("-o", "--output", text="plan_output", metavar="F")
    count = add(actions, "count", command.lang)
    count.option("--buildings", text="plan_buildings", metavar="F")
    count.option("-o", "--output", text="plan_output", metavar="F", required=True)
    check = add(actions, "check", command.lang)
    check.option("--conflict", text="plan_conflict", metavar="F")
    check.option("-o", "--output", text="output_plan_check", metavar="F")
    check.set_defaults(module="plan_check")
    show = add(actions, "show", command.lang)
    show.take("grids", text="plan_shown", nargs="*")
    show.option("--plan", dest="plan_id", text="plan_number", type=int, metavar="N")
    for name, take in words_options.ACTIONS.items():
        take(add(actions, name, command.lang))
    plan_store_options.declare(actions, command.lang)


def add(actions: Any, name: str, lang: str) -> "Parser":  # noqa: ANN401 - argparse's own class is private
    """Declare an action on a plan's file; its summary is `cli.plan_<name>`."""
    summary = messages.text(f"cli.plan_{name.replace('-', '_')}", lang)
    action: Parser = actions.add_parser(name, lang=lang, help=summary, description=summary)
    action.take("plan", text="plan_file")
    action.option("--code", metavar="NAME")
    action.option("--layer", metavar="NAME")
    action.option("--grids-crs", text="crs_grids", metavar="CRS")
    action.option("--scheme", text="plan_scheme", metavar="unit|community|NAME=N,...")
    action.option("--lang", choices=messages.LANGUAGES, default=argparse.SUPPRESS)
    return action


def _split(edit: "Parser") -> None:
    edit.take("grid", text="plan_grid")
    edit.option("--line", text="plan_line", metavar="F|WKT", required=True)
    edit.option("--codes", text="plan_codes", metavar="A,B,...")


def _merge(edit: "Parser") -> None:
    edit.take("grids", text="plan_merged", nargs="+")
    edit.option("--new-code", text="plan_new_code", metavar="CODE")
    edit.option("--name", text="plan_name", metavar="NAME")


def _transfer(edit: "Parser") -> None:
    edit.take("source", text="plan_source")
    edit.take("target", text="plan_target")
    edit.option("--area", text="plan_area", metavar="F|WKT", required=True)


def _reshape(edit: "Parser") -> None:
    edit.take("left", text="plan_grid")
    edit.take("right", text="plan_neighbour")
    edit.option("--line", text="plan_line", metavar="F|WKT", required=True)


def _re_parent(edit: "Parser") -> None:
    edit.take("grid", text="plan_grid")
    edit.take("parent", text="plan_parent")


def _add_dedicated(edit: "Parser") -> None:
    edit.take("grid", text="plan_new_code")
    edit.option("--area", text="plan_area", metavar="F|WKT", required=True)
    edit.option("--parent", text="plan_parent_of_dedicated", metavar="CODE", required=True)
    edit.option("--name", text="plan_name", metavar="NAME", required=True)


def _retire_dedicated(edit: "Parser") -> None:
    edit.take("grid", text="plan_dedicated")


def _recode(edit: "Parser") -> None:
    edit.take("codes", text="plan_recoded", nargs="+")


EDITS: dict[str, Callable[["Parser"], None]] = {
    "split": _split,
    "merge": _merge,
    "transfer": _transfer,
    "reshape": _reshape,
    "re-parent": _re_parent,
    "add-dedicated": _add_dedicated,
    "retire-dedicated": _retire_dedicated,
    "recode": _recode,
}
