"""The notice of adjusted grids (网格调整通知) as a Word document: what was split, merged and moved, and the bounds of the new grids."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import geopandas as gpd
import pandas as pd
from docx.document import Document
from docx.shared import Pt

from gridmap import hierarchy, messages, plan
from gridmap.errors import one_line
from gridmap.plan import Difference, Plan
from gridmap.plan.describe import name_of
from gridmap.report.official import CENTRE, LINE_PT, blank, put, put_signature, put_table, width_mm

TABLE_MM = 156  # between the margins
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
        A Word document (.docx); number and seal are left open.

    Raises
    ------
    SchemaError, CRSError, PlanError
        As `plan.compare` and `plan.describe`.
    """
    found = plan.compare(old, new, buildings=buildings)
    described = plan.describe(new, streets=streets, buildings=buildings, lang=lang)
    words = _Words(old, new, found, lang)
    page = blank(lang)
    top = hierarchy.tier(new.grids, new.levels[0]).index
    area = words.join(name_of(new.grids, code) or code for code in top)
    day = words("date", year=on.year, month=on.month, day=on.day)
    put(page, words("number", year=on.year), align=CENTRE)
    put(page, words("title", area=area), style="Title")
    put(page, words("to"))
    put(page, words("lead", area=area, date=day), indent=True)
    put(page, words("heading_1"), style="Heading 1")
    _put_items(page, words)
    put(page, words("heading_2"), style="Heading 1")
    _put_table(page, described.loc[words.standing()], words)
    put(page, words("heading_3"), style="Heading 1").paragraph_format.space_before = Pt(LINE_PT / 2)
    for text in words.totals():
        put(page, text, indent=True)
    put(page, words("heading_4"), style="Heading 1")
    last = put(page, words("handover", date=day), indent=True)
    gone = new.retired.index.difference(old.retired.index)
    if len(gone):
        last = put(page, words("retired_codes", codes=words.join(gone)), indent=True)
    last.paragraph_format.keep_with_next = last.paragraph_format.keep_together = True  # no page with a signature alone
    put_signature(page, one_line(office.strip()) or words("seal"), day)
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

    def numeral(self, place: int) -> str:
        """Return the numeral of a tier's heading."""
        numerals = self("numerals").split()
        return numerals[place] if place < len(numerals) else str(place + 1)

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


def _put_items(page: Document, words: _Words) -> None:
    tiers = [(tier, sentences) for tier, sentences in words.tiers() if sentences]
    if not tiers:
        put(page, words("nothing"), indent=True)
    for place, (tier, sentences) in enumerate(tiers):
        put(page, words("item_of_tiers", number=words.numeral(place), tier=tier), style="Heading 2")
        for number, text in enumerate(sentences, start=1):
            put(page, words("item", number=number, text=text), indent=True)


def _put_table(page: Document, grids: pd.DataFrame, words: _Words) -> None:
    names = ("grid", "bounds", "area", "households", "buildings")
    rows: list[list[list[str]]] = [[words(f"column_{name}").split("\n") for name in names]]
    for code, row in grids.iterrows():
        counts = [["" if pd.isna(row[name]) else f"{row[name]:,}"] for name in ("households", "buildings")]
        named = [name_of(words.new.grids, str(code)), str(code)]
        rows.append([[text for text in named if text], [row["bounds"]], [f"{row['area_ha']:,.2f}"], *counts])
    figures = [width_mm(lines) for lines in rows[0][2:]]
    codes = min(width_mm(map(str, grids.index), least=36), TABLE_MM / 3)
    put_table(page, rows, (codes, TABLE_MM - codes - sum(figures), *figures), centred=range(2, len(names)))
