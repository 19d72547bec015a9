"""Workload: minutes per grid, how evenly they lie, and where."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap import assign, hierarchy, maps, messages, workload
from gridmap.errors import GridmapError, GridmapWarning
from gridmap.ui import address, large, mapping, parts, state
from gridmap.ui.parts import text


@dataclass(frozen=True)
class Classing:
    """How the map is classed: a scheme and, where they are given, the upper edges."""

    scheme: str = maps.SCHEMES[0]
    edges: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Load:
    """One tier's workload: a row per grid (name, events, dedicated, minutes, share, rank) and how evenly it lies."""

    table: pd.DataFrame
    balance: workload.Balance
    outside: int


def page() -> None:
    """Show the screen."""
    opened = parts.require_open(text("page.workload"))
    parts.needs(opened, "grids", "events")
    with parts.choices():
        level = parts.level_switch(opened.tables["grids"])
        selection = state.Selection(period=parts.period_filter(opened))
        minutes = minutes_editor(opened)
        classing = classing_choice()
    with parts.working():
        load, warnings = measure(opened, selection, level, minutes)
    parts.show_warnings(warnings)
    balance_row(load)
    left, right = parts.map_and_table()
    with left:
        shown = layers(opened, selection, level, minutes, classing, address.lang())
        chosen = mapping.show(opened, shown, screen="workload", selection=selection)
    with right:
        parts.chosen_rows(load.table, load_columns(), chosen.ids("theme"))
        by_map, by_curve = st.tabs([text("by_grid"), text("lorenz")])
        with by_map:
            load_table(load.table)
        with by_curve:
            lorenz(load.balance)
    parts.not_located(selection.of(opened), outside=load.outside)


def minutes_editor(opened: state.Opened) -> dict[str, float]:
    """Show the minutes of an event of each category, which the user may change, and return them."""
    lang = address.lang()
    counts = opened.tables["events"]["category"].value_counts()
    # Other events have other categories: their table is another one.
    key = f"minutes_{lang}_{opened.digest[:12]}"
    if key not in st.session_state:
        # The editor keeps its own edits against a table that must stay as it was when it first appeared.
        st.session_state["minutes_base"] = _usual(counts.index) | st.session_state.get("minutes", {})
    base: Mapping[str, float] = st.session_state["minutes_base"]
    table = pd.DataFrame({"category": counts.index, "events": counts.to_numpy(), "minutes": [base[name] for name in counts.index]})
    table.insert(0, "word", [messages.term("category", name, lang) for name in counts.index])
    with st.popover(text("minutes"), icon=":material/timer:"):
        st.caption(text("minutes_help"))
        edited = st.data_editor(
            table,
            hide_index=True,
            column_order=["word", "events", "minutes"],
            column_config={
                "word": st.column_config.TextColumn(text("column.category"), disabled=True),
                "events": st.column_config.NumberColumn(text("column.events"), disabled=True),
                "minutes": st.column_config.NumberColumn(text("column.minutes_each"), min_value=0.0, max_value=10_000.0, required=True),
            },
            key=key,
            width=560,
        )
    chosen = {str(name): float(value) for name, value in zip(edited["category"], edited["minutes"], strict=True)}
    st.session_state["minutes"] = chosen
    return chosen


def classing_choice() -> Classing:
    """Show how the map is classed, and return it; while the edges are missing or wrong, it is the usual way."""
    schemes = (*maps.SCHEMES, maps.MANUAL)
    scheme = address.choice("scheme", schemes, label=text("scheme"), word=lambda name: text(f"scheme.{name}"))
    if scheme != maps.MANUAL:
        return Classing(scheme)
    written = address.entry("edges", label=text("edges"), example=text("edges.example"))
    if not written.strip():
        st.caption(text("edges.missing"))
        return Classing()
    try:
        return Classing(scheme, tuple(maps.class_edges(written).tolist()))
    except GridmapError as error:
        st.error(parts.plain(error.text(address.lang())), icon=":material/error:")
        return Classing()


def _usual(categories: pd.Index) -> dict[str, float]:
    """Return the default minutes; a category without one takes the mean of those that have."""
    known = workload.DEFAULT_MINUTES
    mean = round(sum(known.values()) / len(known))
    return {str(name): float(known.get(str(name), mean)) for name in categories}


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=state.KEYS)
def measure(opened: state.Opened, selection: state.Selection, level: int, minutes: dict[str, float]) -> tuple[Load, list[GridmapWarning]]:
    """Return the workload of one tier, and the warnings given on the way."""
    return state.noted(lambda: _load(opened.tables["grids"], state.with_place(selection.of(opened)), level, minutes))


def _load(grids: gpd.GeoDataFrame, events: gpd.GeoDataFrame, level: int, minutes: Mapping[str, float]) -> Load:
    tier = hierarchy.tier(grids, level)
    chain = assign.chain(events, grids)
    owner = chain[f"level_{level}"]
    load = workload.index(events, owner, tier, minutes=minutes)
    table = pd.DataFrame(
        {
            "name": tier["name"].reindex(load.index),
            "events": owner.value_counts().reindex(load.index, fill_value=0).astype(int),
            "dedicated": owner[chain["dedicated"].notna()].value_counts().reindex(load.index, fill_value=0).astype(int),
            "minutes": load,
            "share": (load / load.sum() if load.sum() else load).round(3),
            "rank": load.rank(method="min", ascending=False).astype(int),
        },
        index=load.index,
    )
    return Load(table.sort_values("rank", kind="stable"), workload.balance(load), int(owner.isna().sum()))


def balance_row(load: Load) -> None:
    """Show the sum and the three measures, each with what it means in one line."""
    balance, table = load.balance, load.table
    above = "—" if math.isnan(balance.max_over_mean) else f"{balance.max_over_mean - 1:.0%}"
    of = text("load_of", events=f"{table['events'].sum():,}", grids=f"{len(table):,}")
    values = {"gini": f"{balance.gini:.3f}", "cv": f"{balance.cv:.3f}", "max_over_mean": f"{balance.max_over_mean:.2f}"}
    parts.figures(
        [
            parts.Figure(text("load_sum"), f"{table['minutes'].sum():,.0f}", (of,)),
            *(
                parts.Figure(text(f"balance.{name}"), "—" if value == "nan" else value, (text(f"balance.{name}.meaning", percent=above),))
                for name, value in values.items()
            ),
        ]
    )


def load_table(table: pd.DataFrame) -> None:
    """Show the table of grids, the heaviest first."""
    parts.table(table, load_columns(), name="workload", height=parts.MAP_HEIGHT - 80)


def load_columns() -> dict[str, parts.Heading]:
    """Return the columns of the workload that are shown."""
    return {
        "rank": st.column_config.NumberColumn(text("column.rank"), width=44),
        "name": st.column_config.TextColumn(text("column.name"), width=112),
        "minutes": st.column_config.NumberColumn(text("column.minutes"), help=text("load_sum"), format="%.0f", width=60),
        "events": st.column_config.NumberColumn(text("column.events"), width=54),
        "dedicated": st.column_config.NumberColumn(text("column.dedicated"), help=text("of_which"), width=76),
        "share": st.column_config.NumberColumn(text("column.share"), help=text("share_of_load"), format="percent", width=60),
        "grid_code": text("column.grid_code"),
    }


def lorenz(balance: workload.Balance) -> None:
    """Draw the Lorenz curve against the line of equal shares."""
    curve = pd.DataFrame(balance.lorenz, columns=["grids", "load"])
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    encoding = {
        "x": {"field": "grids", "title": text("lorenz.x"), **axis},
        "y": {"field": "load", "title": text("lorenz.y"), **axis},
    }
    equal = {"data": {"values": [{"grids": 0, "load": 0}, {"grids": 1, "load": 1}]}}
    spec = {
        "layer": [
            {**equal, "mark": {"type": "line", "strokeDash": [5, 4], "color": "#7a8793"}, "encoding": encoding},
            {"mark": {"type": "area", "color": "#0b5c8c", "opacity": 0.15}, "encoding": encoding},
            {"mark": {"type": "line", "color": "#0b5c8c", "point": {"size": 18}}, "encoding": encoding},
        ],
        "height": parts.MAP_HEIGHT - 180,
    }
    st.vega_lite_chart(curve, spec)
    st.caption(text("lorenz.meaning", n=len(curve) - 1))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=state.KEYS)
def layers(
    opened: state.Opened, selection: state.Selection, level: int, minutes: dict[str, float], classing: Classing, lang: str
) -> list[large.Layer]:
    """Return the layer of the workload of one tier."""
    load, _ = measure(opened, selection, level, minutes)
    tier = hierarchy.tier(opened.tables["grids"], level)
    title, unit = (messages.text(f"ui.{name}", lang) for name in ("load", "minutes_unit"))
    values = load.table["minutes"].reindex(tier.index)
    layer = large.choropleth(values, tier, title=title, unit=unit, lang=lang, scheme=classing.scheme, edges=classing.edges)
    return [large.with_totals(layer, messages.text("maps.events", lang), load.table["events"])]
