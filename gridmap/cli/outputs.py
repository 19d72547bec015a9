"""What commands write and print: outputs refused before the work starts, tables, a progress bar on a terminal."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd

from gridmap.errors import FileError, one_line

Item = TypeVar("Item")
PAGE = (".html",)
TABLE = (".csv", ".xlsx", ".gpkg", ".geojson", ".parquet", ".shp", ".zip")
BAR_WIDTH = 30
NAME_WIDTH = 60


def require_output(path: str | None, suffixes: Sequence[str], *, inputs: Iterable[str | None]) -> None:
    """Raise FileError unless a file of this suffix can stand here and is none of the inputs: before any long work."""
    if path is None:
        return
    target = Path(path)
    if target.suffix.lower() not in suffixes:
        raise FileError("output_suffix", given=path, suffixes=" ".join(suffixes))
    try:
        if target.is_dir() or not target.absolute().parent.is_dir():
            raise FileError("output_place", given=path)
        if any(source is not None and target.resolve() == Path(source).resolve() for source in inputs):
            raise FileError("output_is_input", given=path)
    except OSError as error:
        raise FileError("not_writable", path=path, reason=error.strerror) from error


def beside(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return both tables side by side; a column of `table` that `found` has too moves to a name that ends in `_original`."""
    moved = {}
    for name in table.columns.intersection(found.columns):
        aside = f"{name}_original"
        while aside in table.columns or aside in found.columns:
            aside += "_"
        moved[name] = aside
    return table.rename(columns=moved).join(found)


def is_page(path: str) -> bool:
    """Tell whether the output is an HTML page."""
    return Path(path).suffix.lower() in PAGE


def printable(name: object) -> str:
    """Return a name out of a file as one line of a terminal can show it."""
    text = one_line(str(name))
    return text if len(text) <= NAME_WIDTH else text[:NAME_WIDTH] + " ..."


def print_table(table: pd.DataFrame) -> None:
    """Print a table with its columns aligned, wide Chinese characters counted as two."""
    with pd.option_context("display.unicode.east_asian_width", True, "display.width", 200, "display.max_colwidth", NAME_WIDTH):
        print(table.to_string())


def progress(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yield the items, drawing a bar on stderr where that is a terminal and nothing elsewhere."""
    shown = sys.stderr.isatty() and len(items) > 1
    for done, item in enumerate(items):
        if shown:
            full = BAR_WIDTH * done // len(items)
            sys.stderr.write(f"\r{label} [{'#' * full}{'.' * (BAR_WIDTH - full)}] {done}/{len(items)}")
            sys.stderr.flush()
        yield item
    if shown:
        sys.stderr.write("\r\033[K")
