"""The start page: what is open, what further data would unlock, and the user's own files."""

from contextlib import suppress

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap import assign, hierarchy, messages
from gridmap.errors import GridmapError
from gridmap.ui import address, component, large, mapping, parts, state, upload
from gridmap.ui.parts import text

ADDITIONS = ("grids", "boundary", "buildings", "events", "units", "streets", "themes")


def page() -> None:
    """Show the screen."""
    opened = state.opened()
    parts.heading(opened, text("page.data"))
    upload.show_last()
    if opened is None:
        st.info(text("nothing_open"), icon=":material/info:")
        upload.form()
        return
    figures(opened)
    left, right = parts.map_and_table()
    with left:
        chosen = mapping.show(opened, layers(opened, address.lang()), screen="data")
    with right:
        chosen_grids(opened, chosen)
        opened_tables(opened)
        parts.could_add(opened, ADDITIONS)
    upload.form()


def figures(opened: state.Opened) -> None:
    """Show how much there is of what, for the tables that are open."""
    shown = [*_grid_figures(opened.grids), *_people_figures(opened), *_event_figures(opened.events)]
    if shown:
        parts.figures(shown)


def _grid_figures(grids: gpd.GeoDataFrame | None) -> list[parts.Figure]:
    counts = {} if grids is None else {level: len(hierarchy.tier(grids, level)) for level in hierarchy.levels(grids)}
    if grids is None or not counts:
        return []
    line = text("levels_line", levels="/".join(map(str, counts)), counts=" / ".join(f"{count:,}" for count in counts.values()))
    shown = [parts.Figure(text("metric.grids"), f"{list(counts.values())[-1]:,}", (line,))]
    dedicated = len(hierarchy.dedicated(grids))
    if dedicated:
        shown.append(parts.Figure(text("metric.dedicated"), f"{dedicated:,}", (text("dedicated_line"),)))
    return shown


def _people_figures(opened: state.Opened) -> list[parts.Figure]:
    buildings = opened.tables.get("buildings")
    people = buildings if buildings is not None else opened.tables.get("units")
    counted = people is not None and "households" in people
    shown = []
    if buildings is not None:
        homes = int((buildings["households"].fillna(0) > 0).sum()) if counted else 0
        shown.append(parts.Figure(text("metric.buildings"), f"{len(buildings):,}", (text("residential_line", count=f"{homes:,}"),)))
    if people is not None and counted and opened.grids is not None:
        total = int(people["households"].fillna(0).sum())
        mean = total / max(len(hierarchy.tier(opened.grids)), 1)
        shown.append(parts.Figure(text("metric.households"), f"{total:,}", (text("per_grid_line", mean=f"{mean:,.0f}"),)))
    return shown


def _event_figures(events: gpd.GeoDataFrame | None) -> list[parts.Figure]:
    if events is None:
        return []
    located = len(state.with_place(events))
    line = text("located_line", located=f"{located:,}", without=f"{len(events) - located:,}")
    return [parts.Figure(text("metric.events"), f"{len(events):,}", (line,))]


def opened_tables(opened: state.Opened) -> None:
    """List the open tables with their rows and CRS."""
    own = state.own_files()
    rows = [
        {
            "table": text(f"table.{name}"),
            "file": own[name].name if name in own else text("from_project"),
            "rows": len(frame),
            "crs": "" if frame.crs is None else frame.crs.to_string(),
        }
        for name, frame in opened.tables.items()
    ]
    st.markdown(f"**{text('opened_tables')}**")
    if opened.own:
        st.caption(text("own_open"))
    names = ("table", "rows", "crs", "file")
    st.dataframe(
        pd.DataFrame(rows)[list(names)],
        hide_index=True,
        column_config={name: text(f"column.{name}") for name in names},
        key="opened_table",
    )
    if opened.own:
        st.button(text("close_own"), on_click=own.clear, icon=":material/close:")


def chosen_grids(opened: state.Opened, chosen: component.Selection) -> None:
    """Show the grids chosen on the map."""
    if opened.grids is None:
        return
    words = {"grid_code": "column.grid_code", "name": "column.name", "level": "level", "households": "metric.households"}
    columns = {name: text(key) for name, key in words.items() if name in (*opened.grids, "grid_code")}
    parts.chosen_rows(opened.grids, columns, chosen.ids("grids", "dedicated"))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def layers(opened: state.Opened, lang: str) -> list[large.Layer]:
    """Return the layers of everything that is open."""
    shown: list[large.Layer] = []
    if opened.grids is not None:
        shown.append(_with_events(large.grids_layer(opened.grids, lang=lang), opened, lang))
    if opened.events is not None:
        shown.append(large.events_layer(opened.events, lang=lang))
    return shown


def _with_events(outlines: large.Layer, opened: state.Opened, lang: str) -> large.Layer:
    """Let a selection on the map sum events; where the grids cannot be asked, it does without: the coverage page says why."""
    if opened.located is None or opened.grids is None or not hierarchy.levels(opened.grids):
        return outlines
    with suppress(GridmapError):
        counts, _ = state.noted(lambda: assign.count(opened.located, hierarchy.tier(opened.grids))["events"])
        return large.with_totals(outlines, messages.text("maps.events", lang), counts)
    return outlines
