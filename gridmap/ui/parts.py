"""Widgets that every screen shares: headings, map frames, tables with downloads, lines on source and period."""

import datetime
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.column_types import ColumnConfig
from streamlit.navigation.page import StreamlitPage

from gridmap import files, hierarchy, messages
from gridmap.errors import GridmapWarning
from gridmap.ui import address, state

MAP_HEIGHT = 560
# A map of 720 pixels and more keeps its subject clear of its legend: on a screen of 1440 that is 9/14 of the page.
MAP_AND_TABLE = (9, 5)
FIGURES_A_ROW = 4
HEADING_HEIGHT, ROW_HEIGHT = 38, 35

Heading = ColumnConfig | str
EVERYTHING = "all"


@dataclass(frozen=True)
class Figure:
    """One figure: what it is, its value, the lines below it, and an explanation."""

    label: str
    value: str
    lines: tuple[str, ...]
    explained: str | None = None


def text(key: str, **values: object) -> str:
    """Return the text `ui.<key>` in the language of this view."""
    return messages.text(f"ui.{key}", address.lang(), **values)


def language_switch() -> str:
    """Show the two languages and return the one chosen; a click is enough."""
    words = {"zh": "中文", "en": "English"}
    return address.choice("lang", messages.LANGUAGES, label="语言 / Language", word=words.__getitem__, buttons=True)


def level_switch(grids: gpd.GeoDataFrame) -> int:
    """Show the levels of the base grids and return the one chosen; the lowest at first."""
    levels = hierarchy.levels(grids)
    return address.choice("level", levels, label=text("level"), word=level_word, default=levels[-1], buttons=True)


def level_word(level: object) -> str:
    """Return the word for a level."""
    return text("level_n", level=level)


def require_open(title: str) -> state.Opened:
    """Return what is open under the page's heading; where nothing is, say what to do and end the page."""
    opened = state.opened()
    heading(opened, title)
    if opened is None:
        st.info(text("nothing_open"))
        st.stop()
    return opened


def heading(opened: state.Opened | None, title: str) -> None:
    """Show the page's title, the project's, and the mark of invented data, on one line."""
    line = title
    if opened is not None:
        line += f"  :small[:gray[{plain(opened.title(address.lang()))}]]"
        if opened.synthetic:
            line += f"  :orange-badge[{text('synthetic')}]"
    st.subheader(line, anchor=False)


def figures(shown: Sequence[Figure]) -> None:
    """Show figures side by side, each with the line that says what it is made of."""
    # One figure alone would stretch over the whole page.
    columns = st.columns(max(len(shown), FIGURES_A_ROW), gap="small")
    for column, figure in zip(columns, shown, strict=False):
        with column.container(border=True, gap=None, height="stretch"):
            st.metric(figure.label, figure.value, help=figure.explained)
            for line in figure.lines:
                st.caption(line)


def working() -> AbstractContextManager[None]:
    """Say that something is being computed, where it takes more than a moment."""
    return st.spinner(text("working"))


def needs(opened: state.Opened, *names: str) -> None:
    """End the page with what is missing, and what it would unlock, unless every table is open."""
    missing = [name for name in names if opened.tables.get(name) is None]
    if missing:
        for name in missing:
            st.info(text("needs", table=text(f"table.{name}"), unlocks=text(f"unlocks.{name}")))
        st.stop()


def could_add(opened: state.Opened, names: Iterable[str]) -> None:
    """Name the tables that would add to this page, and what each would unlock."""
    missing = [name for name in names if opened.tables.get(name) is None]
    if missing:
        with st.container(border=True):
            st.markdown(f"**{text('could_add')}**")
            st.markdown("\n".join(f"- **{text(f'table.{name}')}**: {text(f'unlocks.{name}')}" for name in missing))


def map_and_table() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the places of a map and of what stands beside it; on a narrow window, below it: the page's style finds them by this key."""
    with st.container(key="map_and_table"):
        left, right = st.columns(MAP_AND_TABLE, gap="medium")
    return left, right


def choices() -> DeltaGenerator:
    """Return the place of a page's choices: side by side, in several rows on a narrow window."""
    return st.container(horizontal=True, gap="medium", vertical_alignment="bottom")


def table(
    frame: pd.DataFrame, columns: Mapping[str, Heading], *, name: str, words: Mapping[str, str] | None = None, height: int = 400
) -> None:
    """Show a table with its downloads.

    Parameters
    ----------
    frame
        What is shown and exported, index included; the export keeps these column names.
    columns
        Heading or column configuration by column name, in the order shown.
    words
        Column of coded values -> kind of term by which they are shown.
    """
    shown = _in_words(frame, columns, words)
    st.dataframe(shown, hide_index=True, height=_fitting(shown, height), column_config=dict(columns), key=f"{name}_table", placeholder="—")
    downloads(frame, name)


def choose_row(
    frame: pd.DataFrame, columns: Mapping[str, Heading], *, name: str, words: Mapping[str, str] | None = None, height: int = 400
) -> int | None:
    """Show a table as `table` does, without downloads, and return the position of the row chosen."""
    shown = _in_words(frame, columns, words)
    event = st.dataframe(
        shown,
        hide_index=True,
        height=_fitting(shown, height),
        column_config=dict(columns),
        on_select="rerun",
        selection_mode="single-row",
        key=f"{name}_table",
        placeholder="—",
    )
    rows = event["selection"]["rows"]
    return int(rows[0]) if rows and rows[0] < len(frame) else None


def chosen_rows(
    frame: pd.DataFrame, columns: Mapping[str, Heading], codes: Sequence[str], *, words: Mapping[str, str] | None = None
) -> None:
    """Show the rows of a table that were chosen on the map; nothing where none of its rows was."""
    rows = frame[frame.index.astype(str).isin(codes)]
    if rows.empty:
        return
    st.markdown(f"**{text('chosen_on_map', n=f'{len(rows):,}')}**")
    shown = _in_words(rows, columns, words)
    st.dataframe(shown, hide_index=True, height=_fitting(shown, 240), column_config=dict(columns), key="chosen_on_map", placeholder="—")


def _in_words(frame: pd.DataFrame, columns: Mapping[str, Heading], words: Mapping[str, str] | None) -> pd.DataFrame:
    shown = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index()[list(columns)]
    lang = address.lang()
    for column, kind in (words or {}).items():
        shown[column] = [messages.term(kind, value, lang) for value in shown[column]]
    return shown


def _fitting(shown: pd.DataFrame, most: int) -> int:
    return min(most, HEADING_HEIGHT + ROW_HEIGHT * max(len(shown), 1))


def downloads(frame: pd.DataFrame, name: str) -> None:
    """Offer a table as CSV and as XLSX; the files are made only when one is asked for."""
    with st.container(horizontal=True, gap="medium"):
        for suffix in (".csv", ".xlsx"):
            st.download_button(
                suffix[1:].upper(),
                partial(exported, frame, suffix),
                file_name=f"{name}{suffix}",
                key=f"{name}_{suffix[1:]}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help=text("download_help"),
            )


def exported(frame: pd.DataFrame, suffix: str) -> io.BytesIO:
    """Return the bytes of a table's file, made by the same writer as the commands'."""
    flat = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        files.write(flat, path)
        return io.BytesIO(path.read_bytes())


def period_filter(opened: state.Opened) -> tuple[datetime.date, datetime.date] | None:
    """Show the days the events are taken from, and return them; None for all events."""
    whole = state.days(opened.tables["events"])
    if whole is None:
        return None
    chosen = address.period("period", *whole, label=text("period"))
    return None if chosen == whole else chosen


def category_filter(opened: state.Opened) -> str | None:
    """Show the categories of the events, the most frequent first, and return the one chosen; None for all."""
    names = [EVERYTHING, *map(str, opened.tables["events"]["category"].value_counts().index)]
    lang = address.lang()

    def word(name: str) -> str:
        return text("all_categories") if name == EVERYTHING else messages.term("category", name, lang)

    chosen = address.choice("category", names, label=text("category"), word=word)
    return None if chosen == EVERYTHING else chosen


def not_located(events: gpd.GeoDataFrame, *, outside: int | None = None) -> None:
    """Say how many events the figures leave out, and why."""
    without = len(events) - len(state.with_place(events))
    line = text("events_counted", events=f"{len(events):,}", without=f"{without:,}")
    if outside:
        line += text("events_outside", outside=f"{outside:,}")
    st.caption(line)


def source_line(opened: state.Opened, selection: state.Selection) -> None:
    """Show source and period."""
    shown = [text("source", source=plain(source_name(opened, address.lang())))]
    period = period_of(opened, selection)
    if period:
        shown.append(text("period_line", period=period))
    st.caption(" · ".join(shown))


def period_of(opened: state.Opened, selection: state.Selection) -> str:
    """Return the period that a view of these events covers as text, "" where there are no events."""
    return "" if opened.events is None else selection.text(opened)


def source_name(opened: state.Opened, lang: str) -> str:
    """Return where the data come from, in words."""
    return opened.settings.get(f"source_{lang}") or opened.settings.get("source") or messages.text("ui.source_unknown", lang)


def show_warnings(warnings: Iterable[GridmapWarning]) -> None:
    """Show what the user should know although the page was answered."""
    for warning in warnings:
        st.warning(plain(warning.text(address.lang())), icon=":material/info:")


def plain(value: str) -> str:
    r"""Escape what Markdown would read as a mark: names come out of files. Source: CommonMark 0.31, section 2.4."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()<>#+-.!|~$:&" else character for character in value)


_SCREENS = "screens"


def know_screens(pages: Mapping[str, StreamlitPage]) -> None:
    """Keep the screens of this run, so that a page can link to another."""
    st.session_state[_SCREENS] = dict(pages)


def screen_link(name: str, label: str, *, icon: str, **choices: str) -> None:
    """Show a link to another screen with some choices made; where the page stands alone, there is none."""
    pages: Mapping[str, StreamlitPage] = st.session_state.get(_SCREENS, {})
    if name in pages:
        st.page_link(pages[name], label=label, icon=icon, query_params={**address.kept(), **choices})
