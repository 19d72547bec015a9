"""What the actions of `gridmap plan` on a project that keeps plans take; nothing heavy is imported here, so that `--help` is fast."""

import argparse
from typing import TYPE_CHECKING, Any

from gridmap import messages

if TYPE_CHECKING:
    from gridmap.cli.parser import Parser


def declare(actions: Any, lang: str) -> None:  # noqa: ANN401 - argparse's own class is private
    """Declare list, publish and diff."""
    _add(actions, "list", lang)
    publish = _add(actions, "publish", lang)
    publish.option("--plan", dest="plan_id", text="plan_number", type=int, metavar="N", required=True)
    publish.option("--from", dest="valid_from", text="plan_valid_from", metavar="D", required=True)
    publish.option("--reason", text="plan_reason", metavar="TEXT", required=True)
    publish.option("--revision", text="plan_revision", type=int, metavar="N")
    diff = _add(actions, "diff", lang)
    diff.inputs.add_argument("old", metavar="OLD", type=int, help=messages.text("cli.plan_diff_old", lang))
    diff.inputs.add_argument("new", metavar="NEW", type=int, nargs="?", help=messages.text("cli.plan_diff_new", lang))
    diff.option("-o", "--output", text="output_plan_diff", metavar="F")


def _add(actions: Any, name: str, lang: str) -> "Parser":  # noqa: ANN401
    summary = messages.text(f"cli.plan_{name}", lang)
    action: Parser = actions.add_parser(name, lang=lang, help=summary, description=summary)
    action.take("project")
    action.option("--lang", choices=messages.LANGUAGES, default=argparse.SUPPRESS)
    action.set_defaults(module="plan_store")
    return action
