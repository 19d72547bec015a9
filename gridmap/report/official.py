"""A Word document set as official documents of Chinese offices are (公文格式): paper, fonts, tables, page numbers, signature."""

from collections.abc import Iterable, Sequence

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Row
from docx.text.paragraph import Paragraph

from gridmap.errors import one_line

# Paper, margins, sizes and fonts: GB/T 9704-2012, 5 and 7; page numbers 7.5, signature and date 7.3.5.
PAPER_MM = (210, 297)
MARGINS_MM = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
TITLE_PT, TEXT_PT, TABLE_PT, PAGE_PT, LINE_PT, TABLE_LINE_PT = 22, 16, 12, 14, 28, 18
SONG, FANGSONG, KAI, HEI = "宋体", "仿宋", "楷体", "黑体"
LATIN = "Times New Roman"
STYLES = {"Normal": (FANGSONG, TEXT_PT), "Title": (SONG, TITLE_PT), "Heading 1": (HEI, TEXT_PT), "Heading 2": (KAI, TEXT_PT)}
LATIN_EM = 0.55  # width of a figure or a Latin letter
DATE_INDENT = 4  # letters between the date and the right margin, where a seal stands over it
CENTRE, LEFT, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT


def blank(lang: str) -> Document:
    """Return an empty page with fonts for Chinese text in every style, and page numbers."""
    page = docx.Document()
    section = page.sections[0]
    section.page_width, section.page_height = Mm(PAPER_MM[0]), Mm(PAPER_MM[1])
    for name, length in MARGINS_MM.items():
        setattr(section, name, Mm(length))
    for name, (font, size) in STYLES.items():
        _set_style(page.styles[name], font, size)
    title = page.styles["Title"].paragraph_format
    title.alignment, title.space_before, title.space_after = CENTRE, Pt(2 * LINE_PT), Pt(LINE_PT)
    # By its language a program chooses the forms of Chinese letters, and which marks may not begin a line.
    spoken = page.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    spoken.set(qn("w:eastAsia"), "zh-CN")
    spoken.set(qn("w:val"), "zh-CN" if lang == "zh" else "en-US")
    _number_pages(page)
    return page


def put(page: Document, text: str, *, style: str = "Normal", align: WD_ALIGN_PARAGRAPH | None = None, indent: bool = False) -> Paragraph:
    """Add a paragraph; names are data: what cannot be printed is spelt out."""
    paragraph = page.add_paragraph(one_line(text), style=style)
    if align is not None:
        paragraph.alignment = align
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * TEXT_PT)
    return paragraph


def put_table(page: Document, rows: Sequence[Sequence[Sequence[str]]], widths_mm: Sequence[float], *, centred: Sequence[int]) -> None:
    """Add a table with borders; every cell is a list of lines, the first row is the heading and stands again on every page.

    Parameters
    ----------
    centred
        Numbers of the columns whose cells stand in the middle.
    """
    table = page.add_table(rows=0, cols=len(widths_mm), style="Table Grid")
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for number, cells in enumerate(rows):
        row = table.add_row()
        _mark(row, "w:cantSplit")
        if number == 0:
            _mark(row, "w:tblHeader")
        for place, (cell, lines, width) in enumerate(zip(row.cells, cells, widths_mm, strict=True)):
            cell.width, cell.vertical_alignment = Mm(width), WD_CELL_VERTICAL_ALIGNMENT.CENTER
            for line, text in enumerate(lines):
                paragraph = cell.paragraphs[0] if line == 0 else cell.add_paragraph()
                paragraph.alignment = CENTRE if number == 0 or place in centred else LEFT
                paragraph.paragraph_format.line_spacing = Pt(TABLE_LINE_PT)
                run = paragraph.add_run(one_line(text))
                run.font.size = Pt(TABLE_PT)
                if number == 0:
                    run.font.name = LATIN
                    run._element.rPr.rFonts.set(qn("w:eastAsia"), HEI)


def put_signature(page: Document, office: str, day: str) -> None:
    """Add the name of the office in the middle above the date, with room for its seal."""
    middle = DATE_INDENT * TEXT_PT + _width_pt(day) / 2
    above = put(page, office, align=RIGHT)
    above.paragraph_format.space_before = Pt(2 * LINE_PT)
    above.paragraph_format.right_indent = Pt(max(0, round(middle - _width_pt(office) / 2)))
    above.paragraph_format.keep_with_next = True
    put(page, day, align=RIGHT).paragraph_format.right_indent = Pt(DATE_INDENT * TEXT_PT)


def width_mm(lines: Iterable[str], *, least: float = 14) -> float:
    """Return how wide a column of a table must be for some lines, in any usual type."""
    margins = 5
    return max([least, *(_width_pt(line) * TABLE_PT / TEXT_PT * 25.4 / 72 + margins for line in lines)])


def _width_pt(text: str) -> float:
    """Return about how wide a line stands: a Chinese letter takes the size of its type, others a little more than half of it."""
    return sum(TEXT_PT if ord(letter) > 0x2E80 else LATIN_EM * TEXT_PT for letter in text)


def _set_style(style: ParagraphStyle, font: str, size: int) -> None:
    style.font.name, style.font.size, style.font.bold, style.font.italic = LATIN, Pt(size), False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.rPr.rFonts
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)  # a theme's font, Japanese in the library's own template, would win
    fonts.set(qn("w:eastAsia"), font)
    style.paragraph_format.line_spacing = Pt(LINE_PT if size == TEXT_PT else 1.5 * size)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    if style.name.startswith("Heading"):
        style.paragraph_format.first_line_indent = Pt(2 * TEXT_PT)
    border = style.element.pPr.find(qn("w:pBdr"))
    if border is not None:
        style.element.pPr.remove(border)


def _number_pages(page: Document) -> None:
    """Put "— 1 —" at the foot, on odd pages one letter from the right, on even ones from the left."""
    page.settings.odd_and_even_pages_header_footer = True
    section = page.sections[0]
    section.footer_distance = Mm(MARGINS_MM["bottom_margin"] - 7 - PAGE_PT * 25.4 / 72)  # its top 7 mm below the text
    for footer, align in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = align
        setattr(paragraph.paragraph_format, "right_indent" if align is RIGHT else "left_indent", Pt(PAGE_PT))
        for text in ("— ", None, " —"):
            run = paragraph.add_run(text or "")
            run.font.size, run.font.name = Pt(PAGE_PT), SONG
            run._element.rPr.rFonts.set(qn("w:eastAsia"), SONG)
            if text is None:
                for kind in ("begin", "instr", "end"):
                    run._element.append(_field(kind))


def _field(kind: str) -> BaseOxmlElement:
    """Return a part of the field that holds the number of the page."""
    if kind == "instr":
        element = OxmlElement("w:instrText")
        element.text = "PAGE"
        return element
    element = OxmlElement("w:fldChar")
    element.set(qn("w:fldCharType"), kind)
    return element


def _mark(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))
