"""Sheets of workbooks as offices make them: several sheets, a title above the names, merged cells, formulas without results."""

import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from gridmap.errors import FileError, GridmapWarning
from gridmap.files import archive

Row = tuple[object, ...]
MOST_TITLES = 5
LOOKED_AT = 50  # rows in which a column of formulas is looked for
_MERGED = b"<mergeCell "
_BLOCK = 2**20


def read_rows(path: Path, sheet: str | None, what: str) -> list[Row]:
    """Return the filled rows of one sheet, the row of names first.

    Parameters
    ----------
    path
        The workbook.
    sheet
        Name of the sheet; without it the one named `what`, else the first that holds a table, with a warning that names the others.
    what
        What is being read.

    Raises
    ------
    FileError
        If it is no workbook, or has no such sheet.

    Notes
    -----
    A cell merged over several rows counts for each of them. Titles above the names are left out, with a warning.
    """
    book = _opened(path, streamed=not _has_merged(path))
    try:
        page = _chosen(book, path, sheet, what)
        rows = _filled(page)
    finally:
        book.close()
    rows = [row for row in rows if _cells(row)]
    titles = _titles(rows)
    if titles:
        warnings.warn(GridmapWarning("title_rows", path=path.name, count=titles, given=_cells(rows[0])[0]), stacklevel=2)
    rows = rows[titles:]
    _report_formulas(path, page.title, rows)
    return rows


def sheets(path: Path) -> list[str]:
    """Return the names of the sheets with cells.

    Raises
    ------
    FileError
        If it is no workbook.
    """
    book = _opened(path, streamed=True)
    try:
        return [page.title for page in book.worksheets]
    finally:
        book.close()


def _opened(path: Path, *, streamed: bool, results: bool = True) -> Any:  # noqa: ANN401 - openpyxl is untyped
    archive.opened(path).close()  # a few MB may unpack to more than the machine holds
    try:
        return openpyxl.load_workbook(path, read_only=streamed, data_only=results)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FileError:
    return FileError("unreadable", path=path.name, reason=" ".join(str(error).split())[:200])


def _has_merged(path: Path) -> bool:
    """Tell whether a sheet has merged cells: reading as a stream does not see them, reading whole takes much more memory."""
    try:
        with archive.opened(path) as packed:
            for name in packed.namelist():
                if not name.startswith("xl/worksheets/sheet"):
                    continue
                with packed.open(name) as source:
                    tail = b""
                    while block := source.read(_BLOCK):
                        if _MERGED in tail + block:
                            return True
                        tail = block[-len(_MERGED) :]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(path, error) from error
    return False


def _chosen(book: Any, path: Path, sheet: str | None, what: str) -> Any:  # noqa: ANN401
    pages = {page.title: page for page in book.worksheets}
    if sheet is not None and sheet not in pages:
        raise FileError("no_layer", path=path.name, layer=sheet, layers=", ".join(pages))
    if sheet is not None or what in pages:
        return pages[sheet or what]
    tables = [page for page in pages.values() if _holds_table(page)]
    if not tables:
        return next(iter(pages.values()))
    if len(tables) > 1:
        others = ", ".join(page.title for page in tables[1:])
        warnings.warn(GridmapWarning("other_sheets", path=path.name, layer=tables[0].title, given=others), stacklevel=2)
    return tables[0]


def _holds_table(page: Any) -> bool:  # noqa: ANN401
    found = 0
    for row in page.iter_rows(values_only=True):
        found += bool(_cells(row))
        if found == 2:
            return True
    return False


def _filled(page: Any) -> list[Row]:  # noqa: ANN401
    """Return all rows, the value of a cell merged over several rows in each of them."""
    rows = list(page.iter_rows(values_only=True))
    merged = getattr(page, "merged_cells", None)
    for area in merged.ranges if merged is not None else ():
        column = area.min_col - 1
        for number in range(area.min_row, min(area.max_row, len(rows))):
            row = list(rows[number])
            row[column] = rows[area.min_row - 1][column]
            rows[number] = tuple(row)
    return rows


def _cells(row: Iterable[object]) -> list[object]:
    return [value for value in row if value is not None]


def _titles(rows: list[Row]) -> int:
    """Return how many rows of one cell stand above a row of several."""
    for number, row in enumerate(rows[: MOST_TITLES + 1]):
        if len(_cells(row)) > 1:
            return number
    return 0


def _report_formulas(path: Path, sheet: str, rows: list[Row]) -> None:
    """Warn where a whole column is empty because nobody ever computed its formulas."""
    width = max((len(row) for row in rows), default=0)
    empty = [n for n in range(width) if len(rows) > 1 and all(len(row) <= n or row[n] is None for row in rows[1:])]
    if not empty:
        return
    book = _opened(path, streamed=True, results=False)
    try:
        head = list(book[sheet].iter_rows(values_only=True, max_row=LOOKED_AT))
    finally:
        book.close()
    formulas = {n for row in head for n in empty if len(row) > n and str(row[n]).startswith("=")}
    names = [str(rows[0][n]) for n in sorted(formulas)]
    if names:
        warnings.warn(GridmapWarning("formulas_without_results", path=path.name, columns=", ".join(names)), stacklevel=2)
