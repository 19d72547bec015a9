"""The notice of adjusted grids (网格调整通知) as a Word document: what was split, merged and moved, and the bounds of the new grids."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import docx
import geopandas as gpd
import pandas as pd
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle

from gridmap import hierarchy, messages, plan
from gridmap.errors import one_line
from gridmap.plan import Difference, Plan
from gridmap.plan.describe import name_of

# Paper, margins, sizes and fonts of official documents: GB/T 9704-2012, 5 and 7.
PAPER_MM = (210, 297)
MARGINS_MM = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
TITLE_PT, TEXT_PT, TABLE_PT, LINE_PT = 22, 16, 12, 28
WIDTHS_MM = (40, 62, 20, 17, 17)  # of the table's columns
SONG, FANGSONG, HEI = "宋体", "仿宋", "黑体"
LATIN = "Times New Roman"
FIGURES = ("buildings", "households", "residents")


def notice(
    old: Plan,
    new: Plan,
    *,
    on: date,
    streets: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None = None,
    office: str = "",
    lang: str = "zh",
) -> bytes:
    """Write the notice of what changes between two plans.

    Parameters
    ----------
    old, new
        The plan before and after, in one CRS.
    on
        Day from which the new plan is in force, and date of the notice.
    streets
        As in `plan.describe`: for the bounds of the grids that changed.
    buildings
        Table of buildings: how many, and how many households, change hands. Without it areas alone are told.
    office
        Name that stands above the date; empty for a placeholder of name and seal.
    lang
        "zh" or "en".

    Returns
    -------
    bytes
        A Word document (.docx); the signature is left open.

    Raises
    ------
    SchemaError, CRSError, PlanError
        As `plan.compare` and `plan.describe`.
    """
    found = plan.compare(old, new, buildings=buildings)
    described = plan.describe(new, streets=streets, buildings=buildings, lang=lang)
    words = _Words(old, new, found, lang)
    page = _blank()
    top = hierarchy.tier(new.grids, new.levels[0]).index
    area = words.join(name_of(new.grids, code) or code for code in top)
    day = words("date", year=on.year, month=on.month, day=on.day)
    _put(page, words("number"), align=WD_ALIGN_PARAGRAPH.CENTER)
    _put(page, words("title", area=area), style="Title")
    _put(page, words("to"))
    _put(page, words("lead", area=area, date=day), indent=True)
    _put(page, words("heading_1"), style="Heading 1")
    _put_items(page, words)
    _put(page, words("heading_2"), style="Heading 1")
    _put_table(page, described.loc[words.standing()], words)
    _put(page, words("heading_3"), style="Heading 1")
    for text in words.totals():
        _put(page, text, indent=True)
    _put(page, words("heading_4"), style="Heading 1")
    _put(page, words("handover", date=day), indent=True)
    gone = new.retired.index.difference(old.retired.index)
    if len(gone):
        _put(page, words("retired_codes", codes=words.join(gone)), indent=True)
    _put(page, words("signed_by"), indent=True)
    _put(page, office.strip() or words("seal"), align=WD_ALIGN_PARAGRAPH.RIGHT)
    _put(page, day, align=WD_ALIGN_PARAGRAPH.RIGHT)
    page.core_properties.author, page.core_properties.comments = one_line(office), ""  # instead of the library's own
    page.core_properties.title = one_line(words("title", area=area))
    page.core_properties.created = page.core_properties.modified = datetime(on.year, on.month, on.day)  # noqa: DTZ001 - as the format has it
    held = io.BytesIO()
    page.save(held)
    return held.getvalue()


@dataclass(frozen=True)
class _Words:
    """What the notice says, in one language."""

    old: Plan
    new: Plan
    found: Difference
    lang: str

    def __call__(self, key: str, **values: object) -> str:
        return messages.text(f"notice.{key}", self.lang, **values)

    def join(self, texts: object) -> str:
        return self("between").join(str(text) for text in texts)  # type: ignore[attr-defined]

    def grid(self, code: str, before: bool = False) -> str:
        """Return name and code of a grid of the old or the new plan."""
        name = name_of((self.old if before else self.new).grids, code)
        return self("grid", name=name, code=code) if name else self("unnamed", code=code)

    def standing(self) -> list[str]:
        """Return the codes of the grids that stand and are not as before."""
        rows = self.found.grids
        return list(dict.fromkeys(rows["code_after"][rows["code_after"].notna() & (rows["change"] != "unchanged")]))

    def tiers(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the name of each tier where anything changes, the lowest first, and its sentences."""
        rows = self.found.grids
        moves = self.found.moves
        for level in sorted({*self.old.levels, *self.new.levels}, reverse=True):
            mine = (rows["kind"] == "base") & (rows["level"] == level)
            moved = (moves["kind"] == "base") & (moves["level"] == level)
            yield self("tier", level=level), [*self._sentences(rows[mine], moves[moved])]
        over, moved = rows["kind"] == "dedicated", moves["kind"] == "dedicated"
        yield self("tier_dedicated"), [*self._sentences(rows[over], moves[moved])]

    def totals(self) -> Iterator[str]:
        """Yield a sentence per tier where anything changes."""
        changed = self.found.grids[self.found.grids["change"] != "unchanged"]
        tiers = set(changed["level"].where(changed["kind"] == "base", "dedicated"))
        for row in self.found.totals.to_dict("records"):
            if ("dedicated" if row["kind"] == "dedicated" else row["level"]) not in tiers:
                continue
            tier = self("tier_dedicated") if row["kind"] == "dedicated" else self("tier", level=row["level"])
            moved = {name: row[f"{name}_moved"] for name in FIGURES if f"{name}_moved" in row}
            yield self(
                "total", tier=tier, before=row["grids_before"], after=row["grids_after"], figures=self._figures(row["area_moved_m2"], moved)
            )

    def _sentences(self, rows: pd.DataFrame, moves: pd.DataFrame) -> Iterator[str]:
        for code, parts in moves[moves["move"] == "split"].groupby("from_code")["to_code"]:
            kept = rows["code_before"].eq(code) & rows["code_after"].eq(code)
            yield self(
                "split", old=self.grid(code, before=True), new=self.join(map(self.grid, sorted({*parts, *rows["code_after"][kept]})))
            )
        for code, parts in moves[moves["move"] == "merged"].groupby("to_code")["from_code"]:
            kept = rows["code_before"].eq(code) & rows["code_after"].eq(code)
            old = (self.grid(part, before=True) for part in sorted({*parts, *rows["code_before"][kept]}))
            yield self("merged", old=self.join(old), new=self.grid(code))
        for move in moves.to_dict("records"):
            figures = self._figures(move["area_m2"], {name: move[name] for name in FIGURES if name in move})
            if move["move"] == "transferred":
                yield self("transferred", old=self.grid(move["from_code"], before=True), new=self.grid(move["to_code"]), figures=figures)
            elif move["move"] == "gained" and move["to_code"] in self.old.grids.index:
                yield self("gained", grid=self.grid(move["to_code"]), figures=figures)
            elif move["move"] == "lost" and move["from_code"] in self.new.grids.index:
                yield self("lost", grid=self.grid(move["from_code"]), figures=figures)
        for row in rows.to_dict("records"):
            yield from self._of_codes(row)

    def _of_codes(self, row: dict[str, object]) -> Iterator[str]:
        before, after = row["code_before"], row["code_after"]
        if row["change"] == "added":
            yield self("added", grid=self.grid(str(after)))
        if row["change"] == "retired":
            yield self("retired", grid=self.grid(str(before), before=True))
        if row["recoded"]:
            yield self("recoded", name=name_of(self.new.grids, str(after)) or self("unnamed", code=after), old=before, new=after)
        if row["re_parented"] and pd.notna(row["parent_before"]) and pd.notna(row["parent_after"]):
            parents = self.grid(str(row["parent_before"]), before=True), self.grid(str(row["parent_after"]))
            yield self("re_parented", grid=self.grid(str(after)), old=parents[0], new=parents[1])

    def _figures(self, area_m2: float, counts: dict[str, int]) -> str:
        told = [self("area_ha", value=area_m2 / 1e4), *(self(name, value=int(value)) for name, value in counts.items() if value)]
        return self("figures_between").join(told)


def _blank() -> Document:
    """Return an empty page set as official documents are, with fonts for Chinese text in every style."""
    page = docx.Document()
    section = page.sections[0]
    section.page_width, section.page_height = Mm(PAPER_MM[0]), Mm(PAPER_MM[1])
    for name, length in MARGINS_MM.items():
        setattr(section, name, Mm(length))
    for name, font, size in (("Normal", FANGSONG, TEXT_PT), ("Title", SONG, TITLE_PT), ("Heading 1", HEI, TEXT_PT)):
        _set_style(page.styles[name], font, size)
    title = page.styles["Title"].paragraph_format
    title.alignment, title.space_before, title.space_after = WD_ALIGN_PARAGRAPH.CENTER, Pt(LINE_PT), Pt(LINE_PT)
    return page


def _set_style(style: ParagraphStyle, font: str, size: int) -> None:
    style.font.name, style.font.size, style.font.bold = LATIN, Pt(size), False
    style.font.color.rgb = docx.shared.RGBColor(0, 0, 0)
    fonts = style.element.rPr.rFonts
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)  # a theme's font, Japanese in the library's own template, would win
    fonts.set(qn("w:eastAsia"), font)
    style.paragraph_format.line_spacing = Pt(LINE_PT if size == TEXT_PT else 1.5 * size)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    border = style.element.pPr.find(qn("w:pBdr"))
    if border is not None:
        style.element.pPr.remove(border)


def _put(page: Document, text: str, *, style: str = "Normal", align: WD_ALIGN_PARAGRAPH | None = None, indent: bool = False) -> None:
    """Add a paragraph; names are data: what cannot be printed is spelt out."""
    paragraph = page.add_paragraph(one_line(text), style=style)
    if align is not None:
        paragraph.alignment = align
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * TEXT_PT)


def _put_items(page: Document, words: _Words) -> None:
    tiers = [(tier, sentences) for tier, sentences in words.tiers() if sentences]
    if not tiers:
        _put(page, words("nothing"), indent=True)
    for tier, sentences in tiers:
        _put(page, tier, indent=True)
        for number, text in enumerate(sentences, start=1):
            _put(page, words("item", number=number, text=text), indent=True)


def _put_table(page: Document, grids: pd.DataFrame, words: _Words) -> None:
    names = ("grid", "bounds", "area", "households", "buildings")
    table = page.add_table(rows=1, cols=len(names), style="Table Grid")
    table.autofit = False
    rows = [[words(f"column_{name}") for name in names]]
    for code, row in grids.iterrows():
        counts = ["" if pd.isna(row[name]) else f"{row[name]:,}" for name in ("households", "buildings")]
        rows.append([words.grid(str(code)), row["bounds"], f"{row['area_ha']:,.2f}", *counts])
    for number, texts in enumerate(rows):
        cells = table.rows[0].cells if number == 0 else table.add_row().cells
        for cell, text, width in zip(cells, texts, WIDTHS_MM, strict=True):
            cell.width = Mm(width)
            run = cell.paragraphs[0].add_run(one_line(text))
            run.font.size = Pt(TABLE_PT)
