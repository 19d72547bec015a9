"""What the commands on a project's store take; nothing heavy is imported here, so that `--help` is fast."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gridmap import messages

if TYPE_CHECKING:
    from gridmap.cli.parser import Parser

FORMATS = ("gpkg", "geojson", "csv", "xlsx", "parquet")


def _import(command: "Parser") -> None:
    command.take("project")
    command.inputs.add_argument("files", nargs="+", metavar="FILE", help=messages.text("cli.import_files", command.lang))
    command.option("--table", text="import_table", metavar="NAME")
    command.option("--crs", text="crs_events", metavar="CRS")
    command.option("--columns", metavar="A=B,...")


def _export(command: "Parser") -> None:
    command.take("project")
    command.option("--format", text="export_format", choices=FORMATS)
    command.option("--parquet", text="export_parquet", action="store_true")
    command.option("-o", "--output", text="output_export", metavar="FOLDER|F", required=True)


def _backup(command: "Parser") -> None:
    command.take("project")
    command.option("-o", "--output", text="output_backup", metavar="F.gpkg", required=True)


def _restore(command: "Parser") -> None:
    command.take("backup", text="restore_file")
    command.take("project")


def _doctor(command: "Parser") -> None:
    command.take("project")


COMMANDS: dict[str, tuple[Callable[["Parser"], None], str]] = {
    "import": (_import, "transfer"),
    "export": (_export, "transfer"),
    "backup": (_backup, "safekeeping"),
    "restore": (_restore, "safekeeping"),
    "doctor": (_doctor, "doctor"),
}
