"""Which commands there are and what each takes; nothing heavy is imported here, so that `--help` is fast."""

import argparse
import sys
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from gridmap import __version__, messages
from gridmap.cli import design_options, plan_options, store_options

BAD_INPUT = 2
TOWNS = ("dongyuan", "jianyang")
METHODS = ("gi_star", "density")
SCHEMES = ("quantiles", "natural_breaks", "equal_interval", "manual")


class Formatter(argparse.HelpFormatter):
    """Help whose headings stand in the catalogue."""

    lang = "en"

    def add_usage(self, usage: str | None, actions: Iterable[Any], groups: Iterable[Any], prefix: str | None = None) -> None:
        """Put the language's own word before the usage line."""
        super().add_usage(usage, actions, groups, messages.text("cli.usage", self.lang) if prefix is None else prefix)


class ChineseFormatter(Formatter):
    """The same in Chinese."""

    lang = "zh"


class Parser(argparse.ArgumentParser):
    """A parser with headings in two languages whose error is one line."""

    def __init__(self, *, lang: str, **options: Any) -> None:  # noqa: ANN401
        formatter = ChineseFormatter if lang == "zh" else Formatter
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=formatter, **options)
        self.lang = lang
        self.inputs = self.add_argument_group(messages.text("cli.arguments", lang))
        self.choices = self.add_argument_group(messages.text("cli.options", lang))
        self.choices.add_argument("-h", "--help", action="help", help=messages.text("cli.help", lang))

    def error(self, message: str) -> NoReturn:
        """Print one line on stderr and exit with the code of bad input."""
        sys.stderr.write(messages.text("cli.misused", self.lang, command=self.prog, message=message) + "\n")
        raise SystemExit(BAD_INPUT)

    def take(self, name: str, text: str | None = None, **options: Any) -> None:  # noqa: ANN401
        """Declare a positional argument; its help is `cli.<text>`, by default `cli.<name>`."""
        self.inputs.add_argument(name, metavar=name.upper(), help=messages.text(f"cli.{text or name}", self.lang), **options)

    def option(self, *names: str, text: str | None = None, group: Any = None, **options: Any) -> None:  # noqa: ANN401
        """Declare an option, one of a group if given; its help is `cli.<text>`, by default that of its own name."""
        key = text or names[-1].lstrip("-").replace("-", "_")
        (group or self.choices).add_argument(*names, help=messages.text(f"cli.{key}", self.lang), **options)


def build(lang: str) -> Parser:
    """Return the parser of `gridmap` with its help in `lang`."""
    parser = Parser(lang=lang, prog="gridmap", description=messages.text("cli.about", lang), epilog=messages.text("cli.exit_codes", lang))
    parser.choices.add_argument("--version", action="version", version=f"gridmap {__version__}", help=messages.text("cli.version", lang))
    parser.option("--lang", choices=messages.LANGUAGES, default=lang)
    commands = parser.add_subparsers(
        title=messages.text("cli.commands", lang), dest="command", metavar="COMMAND", required=True, parser_class=Parser
    )
    for name, (declare, module) in COMMANDS.items():
        summary = messages.text(f"cli.{name}", lang)
        command = commands.add_parser(name, lang=lang, help=summary, description=summary)
        declare(command)
        command.option("--lang", choices=messages.LANGUAGES, default=argparse.SUPPRESS)
        command.set_defaults(module=module)
    return parser


def _demo(command: Parser) -> None:
    command.option("--town", choices=TOWNS, default=TOWNS[0])
    command.option("--project", text="project_file", metavar="FILE")
    _server(command)


def _app(command: Parser) -> None:
    command.take("project", nargs="?")
    _server(command)


def _server(command: Parser) -> None:
    command.option("--port", type=int, metavar="N", default=8501)
    command.option("--no-browser", action="store_true")


def _check(command: Parser) -> None:
    command.take("grids")
    command.option("--boundary", metavar="F")
    command.option("--buildings", metavar="F")
    _grids(command, crs="--crs")
    command.option("--gap-width", type=float, metavar="M", default=1.0)
    command.option("--min-overlap", type=float, metavar="M2", default=0.0)
    command.option("-o", "--output", text="output_check", metavar="F")


def _repair(command: Parser) -> None:
    command.take("grids")
    command.option("--boundary", metavar="F")
    command.option("--gap-width", text="gap_width_repair", type=float, metavar="M", default=2.0)
    command.option("--crs", dest="grids_crs", text="crs_grids", metavar="CRS")
    command.option("--code", metavar="NAME")
    command.option("--layer", metavar="NAME")
    command.option("--changes", metavar="F")
    command.option("-o", "--output", text="output_table", metavar="F", required=True)


def _geocode(command: Parser) -> None:
    command.take("addresses")
    command.option("--gazetteer", metavar="F", required=True)
    command.option("--layer", text="addresses_layer", metavar="NAME")
    command.option("--columns", metavar="A=B,...")
    command.option("--min-score", type=float, metavar="S", default=0.8)
    command.option("-o", "--output", text="output_table", metavar="F", required=True)


def _assign(command: Parser) -> None:
    command.take("events", text="events_or_folder")
    command.take("grids")
    _points(command)
    _grids(command)
    command.option("--max-distance", type=float, metavar="M", default=0.0)
    command.option("--as-of", metavar="COLUMN")
    command.option("--scheduler", metavar="ADDRESS")
    command.option("--workers", type=int, metavar="N")
    command.option("-o", "--output", text="output_assign", metavar="F", required=True)


def _workload(command: Parser) -> None:
    command.take("events")
    command.take("grids")
    _points(command)
    _grids(command)
    command.option("--minutes", metavar="FILE|A=N,...")
    command.option("-o", "--output", text="output_table", metavar="F")


def _staff(command: Parser) -> None:
    command.take("staff", text="staff_file")
    command.take("grids")
    command.option("--columns", metavar="A=B,...")
    command.option("--staff-layer", metavar="NAME")
    _grids(command, level=False)
    command.option("-o", "--output", text="output_table", metavar="F")


def _themes(command: Parser) -> None:
    command.take("themes", text="themes_file")
    command.take("grids", text="themes_grids", nargs="?")
    command.option("--buildings", text="themes_buildings", metavar="F")
    command.option("--columns", metavar="A=B,...")
    command.option("--themes-layer", metavar="NAME")
    _grids(command)
    command.option("-o", "--output", text="output_themes", metavar="F")


def _hotspots(command: Parser) -> None:
    command.take("events")
    command.take("grids")
    _points(command)
    _grids(command)
    command.option("--method", choices=METHODS, default=METHODS[0])
    command.option("--category", metavar="C")
    command.option("--by-category", action="store_true")
    command.option("--from", dest="start", metavar="D")
    command.option("--to", dest="end", metavar="D")
    command.option("--permutations", type=int, metavar="N", default=999)
    command.option("--seed", type=_not_negative, metavar="N", default=0)
    command.option("--bandwidth", type=float, metavar="M", default=200.0)
    command.option("--cell", type=float, metavar="M", default=25.0)
    command.option("-o", "--output", text="output_report", metavar="F", required=True)


def _map(command: Parser) -> None:
    command.take("grids")
    command.take("events", nargs="?")
    _points(command)
    _grids(command)
    command.option("--value", metavar="COLUMN")
    command.option("--scheme", choices=SCHEMES)
    command.option("--edges", metavar="A,B,...")
    command.option("-o", "--output", text="output_page", metavar="F.html", required=True)


def _compare(command: Parser) -> None:
    command.take("old")
    command.take("new")
    people = command.choices.add_mutually_exclusive_group()
    for name in ("units", "buildings"):
        people.add_argument(f"--{name}", metavar="F", help=messages.text(f"cli.{name}", command.lang))
    command.option("--events", text="compare_events", metavar="F")
    command.option("--staff", text="compare_staff", metavar="F")
    command.option("--streets", text="compare_streets", metavar="F")
    command.option("--households", text="compare_households", type=design_options.band, metavar="LOW:HIGH")
    _points(command)
    _grids(command)
    command.option("--sliver-width", type=float, metavar="M", default=1.0)
    command.option("-o", "--output", text="output_compare", metavar="F")


def _crosswalk(command: Parser) -> None:
    command.inputs.add_argument("layers", nargs="+", metavar="NAME=FILE", help=messages.text("cli.crosswalk_layers", command.lang))
    command.option("--buildings", metavar="F")
    command.option("--sliver-width", text="crosswalk_sliver_width", type=float, metavar="M", default=5.0)
    _grids(command)
    command.option("--refine", metavar="F.gpkg")
    command.option("-o", "--output", text="output_crosswalk", metavar="F")


def _points(command: Parser) -> None:
    command.option("--x", metavar="COLUMN")
    command.option("--y", metavar="COLUMN")
    command.option("--crs", text="crs_events", metavar="CRS")
    command.option("--columns", metavar="A=B,...")
    command.option("--tz", type=_time_zone, metavar="ZONE", default="Asia/Shanghai")
    command.option("--events-layer", metavar="NAME")


def _time_zone(name: str) -> str:
    """Return the name of a time zone that the system knows; argparse turns the error into its one line."""
    if name not in zoneinfo.available_timezones():
        raise argparse.ArgumentTypeError(name)
    return name


def _not_negative(text: str) -> int:
    """Return a whole number from 0; argparse turns the error into its one line."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(text)
    return int(text)


def _grids(command: Parser, *, crs: str = "--grids-crs", level: bool = True) -> None:
    command.option(crs, dest="grids_crs", text="crs_grids", metavar="CRS")
    command.option("--code", metavar="NAME")
    command.option("--layer", metavar="NAME")
    if level:
        command.option("--level", type=int, metavar="N")


# command -> (what it takes, the module of gridmap.cli whose `run_<command>` does it)
COMMANDS: dict[str, tuple[Callable[[Parser], None], str]] = {
    "demo": (_demo, "serve"),
    "app": (_app, "serve"),
    "check": (_check, "check"),
    "repair": (_repair, "repair"),
    "compare": (_compare, "compare"),
    "crosswalk": (_crosswalk, "crosswalk"),
    "geocode": (_geocode, "geocode"),
    "assign": (_assign, "assign"),
    "workload": (_workload, "workload"),
    "staff": (_staff, "staff"),
    "themes": (_themes, "themes"),
    "hotspots": (_hotspots, "hotspots"),
    "map": (_map, "draw"),
    "plan": (plan_options.declare, "plan"),
    **design_options.COMMANDS,
    **store_options.COMMANDS,
}
