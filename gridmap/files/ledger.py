"""Ledgers of grids (网格台账): a workbook with a sheet of buildings and one of grids, and the codes read back from it."""

import os
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.properties import PageSetupProperties

from gridmap import messages
from gridmap.errors import FileError, SchemaError
from gridmap.files import cells, paths, reading, tables, workbook

SHEETS = {"buildings": 60, "grids": 26}  # widest column of each, in letters: longer texts stand on several lines
AS_TEXT = "@"
A4 = 9  # as a workbook numbers sizes of paper
LINE_PT = 15
DIGITS = {"area_km2": 4, "area_ha": 2}


def write_ledger(buildings: pd.DataFrame | None, grids: pd.DataFrame, path: str | os.PathLike[str], *, lang: str = "zh") -> None:
    """Write a ledger of grids.

    Parameters
    ----------
    buildings
        A row per building as `plan.ledger` gives it, indexed by `building_id`; None leaves its sheet out.
    grids
        A row per grid as `plan.describe` gives it, indexed by `grid_code`.
    path
        `.xlsx`; a file of that name is replaced whole.
    lang
        "zh" or "en": names of sheets and columns.

    Raises
    ------
    FileError
        If it cannot be written, or a text is too long for a cell or holds a character that a workbook cannot.

    Notes
    -----
    Texts stand in cells formatted as text, so that a code typed over keeps its zeros; those that would run as formulas begin with an
    apostrophe. Headings stay in sight and stand again on every printed page; pages lie across, as wide as the table.
    """
    target = Path(path)
    if paths.format_of(target) != "xlsx":
        raise FileError("ledger_suffix", path=target.name)
    book = openpyxl.Workbook(write_only=True)
    told = grids.drop(columns="building_list", errors="ignore").rename_axis("grid_code")
    kept = {"grids": told} if buildings is None else {"buildings": buildings.rename_axis("building_id"), "grids": told}
    for sheet, table in kept.items():
        widest = SHEETS[sheet]
        page = book.create_sheet(messages.text(f"ledger.sheet.{sheet}", lang))
        _fill(page, _named(table.reset_index(), lang), target, widest)
    with paths.replacing(target) as temporary:
        book.save(temporary)


def read_ledger(path: str | os.PathLike[str]) -> pd.Series:
    """Read the grid of every building from a ledger.

    Returns
    -------
    Series
        `grid_code` by `building_id`, both text, NA where the cell is empty; rows as they stand, repeated ones too.

    Raises
    ------
    FileError
        If the file cannot be read.
    SchemaError
        If a column is missing, or a row has a grid but no building.
    """
    target = Path(path)
    frame = reading.read_frame(target, layer=_sheet(target), what="buildings")
    columns = {name: _column(frame, name) for name in ("building_id", "grid_code")}
    missing = [" / ".join(_names(name)) for name, column in columns.items() if column is None]
    if missing:
        raise SchemaError("missing_columns", what=target.name, columns=", ".join(missing), given=", ".join(map(str, frame.columns)))
    labels, codes = (cells.as_text(frame[columns[name]]) for name in ("building_id", "grid_code"))
    stray = labels.isna() & codes.notna()
    if stray.any():
        raise SchemaError("missing_index", what=target.name, rows=[int(row) + 2 for row in stray.to_numpy().nonzero()[0]])
    kept = labels.notna().to_numpy()
    return pd.Series(codes[kept].to_numpy(), index=pd.Index(labels[kept], name="building_id"), name="grid_code", dtype="str")


def _sheet(path: Path) -> str | None:
    """Return the sheet of buildings in a workbook, under its name in either language; None leaves the choice to the reader."""
    paths.require_file(path)
    if paths.format_of(path) != "xlsx":
        return None
    present = workbook.sheets(path)
    return next((name for name in (messages.text("ledger.sheet.buildings", lang) for lang in messages.LANGUAGES) if name in present), None)


def _names(column: str) -> list[str]:
    """Return the names of a column in every language and in the tables."""
    return list(dict.fromkeys([column, *(messages.text(f"ledger.{column}", lang) for lang in messages.LANGUAGES)]))


def _column(frame: pd.DataFrame, column: str) -> str | None:
    return next((name for name in _names(column) if name in frame.columns), None)


def _named(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the table with its columns named, its kinds and uses in words, and areas as an office writes them."""
    table = table.copy()
    for column in {"kind", "use"}.intersection(table):
        table[column] = table[column].map(lambda word, column=column: messages.term(column, word, lang), na_action="ignore")
    table = table.round({name: digits for name, digits in DIGITS.items() if name in table})
    return table.rename(columns={name: messages.text(f"ledger.{name}", lang) for name in table if f"ledger.{name}" in messages.CATALOGUE})


def _fill(page: WriteOnlyWorksheet, table: pd.DataFrame, path: Path, widest: int) -> None:
    rows = tables.cell_rows(table, path)
    page.freeze_panes = "A2"
    page.print_title_rows, page.print_options.gridLines = "1:1", True
    page.page_setup.orientation, page.page_setup.paperSize, page.page_setup.fitToHeight = "landscape", A4, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.auto_filter.ref = f"A1:{openpyxl.utils.get_column_letter(len(table.columns))}{len(rows) + 1}"
    for number, name in enumerate(table, start=1):
        letters = max([_width(name), *(_width(row[number - 1]) for row in rows)])
        page.column_dimensions[openpyxl.utils.get_column_letter(number)].width = min(letters + 2, widest)
    page.append([_cell(page, name, bold=True) for name in table])
    for number, row in enumerate(rows, start=2):
        lines = max(-(-_width(value) // (widest - 2)) for value in row)
        if lines > 1:  # not every program finds the height itself
            page.row_dimensions[number].height = LINE_PT * lines
        page.append([_cell(page, value) for value in row])


def _cell(page: WriteOnlyWorksheet, value: object, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value=value)
    cell.alignment = Alignment(vertical="center", wrap_text=isinstance(value, str) and not bold)
    if isinstance(value, str):
        cell.number_format = AS_TEXT
    if bold:
        cell.font = Font(bold=True)
    return cell


def _width(value: object) -> int:
    """Return how wide a text stands: a Chinese letter takes two places."""
    return sum(1 + (ord(letter) > 0x2E80) for letter in ("" if value is None else str(value)))
