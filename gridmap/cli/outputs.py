"""What commands write and print: outputs refused before the work starts, tables, a progress bar on a terminal."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd

from gridmap.errors import FileError, one_line
from gridmap.files.tables import names_aside

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
    return table.rename(columns=names_aside(table.columns, found.columns)).join(found)


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
    for done, item in enumerate(items):
        draw_bar(done, len(items), label)
        yield item
    draw_bar(len(items), len(items), label)


def draw_bar(done: int, total: int, label: str) -> None:
    """Draw a bar on stderr where that is a terminal and there are several items; wipe it off when all are done."""
    if done == total:
        wipe_bar()
    elif total > 1 and sys.stderr.isatty():
        full = BAR_WIDTH * done // total
        sys.stderr.write(f"\r{label} [{'#' * full}{'.' * (BAR_WIDTH - full)}] {done}/{total}")
        sys.stderr.flush()


def wipe_bar() -> None:
    """Clear the line of the bar, for what is said next."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
