"""What the commands that design grids take; nothing heavy is imported here, so that `--help` is fast."""

import argparse
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.cli.parser import Parser


def _blocks(command: "Parser") -> None:
    command.take("streets", text="blocks_streets")
    command.option("--boundary", text="blocks_boundary", metavar="F")
    command.option("--compounds", text="blocks_compounds", metavar="F")
    command.option("--buildings", text="blocks_buildings", metavar="F")
    command.option("--band", text="blocks_band", type=band, metavar="LOW:HIGH", default="300:500")
    command.option("--min-area", text="blocks_min_area", type=float, metavar="M2", default=500.0)
    command.option("--columns", text="blocks_columns", metavar="A=B,...")
    command.option("--crs", text="blocks_crs", metavar="CRS")
    command.option("-o", "--output", text="output_table", metavar="F", required=True)


def _design(command: "Parser") -> None:
    command.take("units", text="design_units")
    size = command.choices.add_mutually_exclusive_group(required=True)
    command.option("--households", text="design_households", type=band, metavar="LOW:HIGH", group=size)
    command.option("--grids", text="design_grids", type=numbers, metavar="K", group=size)
    command.option("--tolerance", text="design_tolerance", type=float, metavar="SHARE")
    command.option("--streets", text="design_streets", metavar="F")
    command.option("--columns", text="blocks_columns", metavar="A=B,...")
    command.option("--keep", text="design_keep", metavar="OLD")
    command.option("--stability", text="design_stability", type=float, metavar="S")
    command.option("--lock", text="design_lock", type=codes, metavar="CODE,...", default=())
    command.option("--within", text="design_within", metavar="PARENTS")
    command.option("--balance", text="design_balance", metavar="COLUMN=SHARE,...")
    command.option("--weights", text="design_weights", metavar="END=W,...")
    command.option("--seed", text="design_seed", type=int, metavar="N", default=0)
    command.option("--best", text="design_best", action="store_true")
    command.option("--code", metavar="NAME")
    command.option("--crs", text="design_crs", metavar="CRS")
    command.option("-o", "--output", text="output_design", metavar="F", required=True)


def band(text: str) -> tuple[int, int]:
    """Return the lowest and the highest number of households; argparse turns the error into its one line."""
    low, separator, high = text.replace("：", ":").partition(":")
    if not separator or not low.isdecimal() or not high.isdecimal():
        raise argparse.ArgumentTypeError(text)
    return int(low), int(high)


def numbers(text: str) -> tuple[int, ...]:
    """Return numbers of grids, one for every tier from the top; argparse turns the error into its one line."""
    found = tuple(int(part) for part in codes(text))
    if not found:
        raise argparse.ArgumentTypeError(text)
    return found


def codes(text: str) -> tuple[str, ...]:
    """Return the codes of a list."""
    return tuple(part.strip() for part in re.split("[,，]", text) if part.strip())


COMMANDS: dict[str, tuple[Callable[["Parser"], None], str]] = {"blocks": (_blocks, "blocks"), "design": (_design, "design")}
