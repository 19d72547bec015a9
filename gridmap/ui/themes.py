"""Themes: counts of the ten themes in every grid, and the links from residents to the map that are broken."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap import hierarchy, maps, messages, themes
from gridmap.errors import GridmapWarning
from gridmap.ui import address, coverage, large, mapping, parts, state
from gridmap.ui.parts import text

ADDITIONS = ("buildings",)


@dataclass(frozen=True)
class Counted:
    """Counts per grid, what each kind rests on, and the broken links; None where there are no buildings."""

    counts: pd.DataFrame
    kinds: pd.DataFrame
    links: gpd.GeoDataFrame | None


def page() -> None:
    """Show the screen."""
    opened = parts.require_open(text("page.themes"))
    parts.needs(opened, "grids", "themes")
    opened = opened.ground  # themes have days of their own
    with parts.working():
        counted, warnings = count(opened)
    if counted.counts.columns.empty:
        st.info(text("themes_empty"))
        return
    with parts.choices():
        level = parts.level_switch(opened.tables["grids"])
        chosen = kind_choice(counted.counts)
    parts.show_warnings(warnings)
    table = by_grid(counted.counts, opened.tables["grids"], level, chosen)
    figures(counted, chosen, table)
    left, right = parts.map_and_table()
    with right:
        in_grids, in_links = st.tabs([text("by_grid"), text("links")])
        with in_grids:
            parts.table(table, grid_columns(), name="themes", height=parts.MAP_HEIGHT - 80)
        with in_links:
            chosen_link = links_table(counted.links)
    with left:
        picked = mapping.show(
            opened,
            layers(opened, level, chosen, address.lang()),
            screen="themes",
            focus=None if chosen_link is None else place(opened, chosen_link),
            highlight={} if chosen_link is None else {"findings": [str(chosen_link.index[0])]},
        )
    with right:
        parts.chosen_rows(table, grid_columns(), picked.ids("theme"))
    parts.could_add(opened, ADDITIONS)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=state.KEYS)
def count(opened: state.Opened) -> tuple[Counted, list[GridmapWarning]]:
    """Return what the open records count, and the warnings given on the way."""
    records, grids, buildings = opened.tables["themes"], opened.tables["grids"], opened.tables.get("buildings")
    return state.noted(
        lambda: Counted(
            themes.count(records, grids, buildings=buildings),
            themes.bases(records),
            None if buildings is None else themes.chain(records, grids, buildings=buildings),
        )
    )


def kind_choice(counts: pd.DataFrame) -> tuple[str, str]:
    """Show the themes, and the kinds of the one chosen; return both."""
    names = list(dict.fromkeys(counts.columns.get_level_values(0)))
    lang = address.lang()
    theme = address.choice("theme", names, label=text("theme"), word=lambda name: messages.term("theme", name, lang))
    kinds = [kind for name, kind in counts.columns if name == theme]
    return theme, address.choice("kind", kinds, label=text("theme_kind"), word=lambda kind: messages.term("theme_kind", kind, lang))


def title(chosen: tuple[str, str], lang: str) -> str:
    """Return a kind of a theme in words."""
    theme, kind = chosen
    return messages.text("maps.theme_kind", lang, theme=messages.term("theme", theme, lang), kind=messages.term("theme_kind", kind, lang))


def by_grid(counts: pd.DataFrame, grids: gpd.GeoDataFrame, level: int, chosen: tuple[str, str]) -> pd.DataFrame:
    """Return a row per grid of a tier, the largest count first."""
    tier = hierarchy.tier(grids, level)
    table = pd.DataFrame({"name": tier["name"], "count": counts.loc[tier.index, chosen]})
    return table.sort_values("count", ascending=False, kind="stable")


def figures(counted: Counted, chosen: tuple[str, str], table: pd.DataFrame) -> None:
    """Show the sum with what it rests on, and how many links are broken."""
    kind, lang = counted.kinds.loc[chosen], address.lang()
    lines = [text("theme_counted", records=f"{kind['records']:,}", grids=f"{len(table):,}")]
    if kind["bases"]:
        lines.append(text("theme_basis", basis=" ".join(messages.term("basis", basis, lang) for basis in kind["bases"].split(";"))))
    if days := sorted({f"{day:%Y-%m-%d}" for day in (kind["first"], kind["last"]) if pd.notna(day)}):
        lines.append(text("theme_days", days=" – ".join(days)))
    links = counted.links
    broken = "—" if links is None else f"{len(links):,}"
    parts.figures(
        [
            parts.Figure(title(chosen, lang), f"{table['count'].sum():,}", tuple(lines)),
            parts.Figure(text("links"), broken, (text("links_unknown" if links is None else "link_line"),)),
        ]
    )


def grid_columns() -> dict[str, parts.Heading]:
    """Return the columns of the counts that are shown."""
    return {
        "name": text("column.name"),
        "count": st.column_config.NumberColumn(text("column.count"), format="localized"),
        "grid_code": text("column.grid_code"),
    }


def links_table(links: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Show the broken links, and return the one chosen as a table of one row."""
    if links is None or links.empty:
        if links is None:
            st.info(text("links_unknown"))
        else:
            st.success(text("links_whole"), icon=":material/check_circle:")
        return None
    st.caption(text("click_to_zoom"))
    chosen = parts.choose_row(links, link_columns(), name="links", words={"link": "finding", "note": "note"}, height=parts.MAP_HEIGHT - 200)
    parts.downloads(links, "links")
    coverage.explain(links["link"].unique())
    return None if chosen is None else links.iloc[[chosen]]


def link_columns() -> dict[str, parts.Heading]:
    """Return the columns of broken links that are shown."""
    shown = {name: text(f"column.{name}") for name in ("link", "note", "count", "grid_code", "building_id", "record_id")}
    return {**shown, "grid_code": text("column.in_grid")}


def place(opened: state.Opened, links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return where links are drawn, those that have a place."""
    return links.set_geometry(maps.link_places(links, opened.tables.get("buildings"))).dropna(subset="geometry")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def layers(opened: state.Opened, level: int, chosen: tuple[str, str], lang: str) -> list[large.Layer]:
    """Return the layers of one kind's counts and of the broken links."""
    counted, _ = count(opened)
    tier = hierarchy.tier(opened.tables["grids"], level)
    shown = [large.choropleth(counted.counts.loc[tier.index, chosen], tier, title=title(chosen, lang), unit="", lang=lang)]
    if counted.links is not None and len(counted.links):
        shown.append(maps.links_layer(counted.links, opened.tables.get("buildings"), lang=lang))
    return shown
