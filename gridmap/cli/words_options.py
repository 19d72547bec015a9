"""What the words and the zones of `gridmap plan` take; nothing heavy is imported here, so that `--help` is fast."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.cli.parser import Parser


def _describe(action: "Parser") -> None:
    _layers(action, "buildings", "streets")
    action.option("-o", "--output", text="output_describe", metavar="F")


def _ledger(action: "Parser") -> None:
    _layers(action, "buildings", "streets")
    action.option("-o", "--output", text="output_ledger", metavar="F.xlsx", required=True)


def _apply(edit: "Parser") -> None:
    edit.take("ledger", text="plan_ledger_file")
    _layers(edit, "buildings", "units")


def _notice(action: "Parser") -> None:
    action.take("new", text="plan_new")
    action.option("--date", text="plan_date", metavar="D", required=True)
    action.option("--office", text="plan_office", metavar="NAME", default="")
    _layers(action, "buildings", "streets")
    action.option("-o", "--output", text="output_notice", metavar="F.docx", required=True)


def _zones(action: "Parser") -> None:
    action.option("--table", text="zones_table", metavar="F")
    action.option("-o", "--output", text="zones_output", metavar="F.gpkg")
    action.set_defaults(module="plan_zones")


def _switch(action: "Parser") -> None:
    action.option("--to", text="switch_to", choices=("emergency", "normal"), default="emergency")
    action.option("--staff", text="switch_staff", metavar="F")
    action.option("--buildings", text="switch_buildings", metavar="F")
    action.option("--no-dedicated", action="store_true")
    action.option("-o", "--output", text="switch_output", metavar="F")
    action.set_defaults(module="plan_zones")


def _layers(action: "Parser", *names: str) -> None:
    for name in names:
        action.option(f"--{name}", text=f"{name}_of_plan", metavar="F")
    action.set_defaults(module="plan_words")


ACTIONS: dict[str, Callable[["Parser"], None]] = {
    "describe": _describe,
    "ledger": _ledger,
    "notice": _notice,
    "zones": _zones,
    "switch": _switch,
}
EDITS: dict[str, Callable[["Parser"], None]] = {"apply": _apply}
