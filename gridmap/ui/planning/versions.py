"""The plans of the project: in time, in a table, and the form that begins a draft."""

import datetime

import pandas as pd
import streamlit as st

from gridmap import store
from gridmap.errors import GridmapError
from gridmap.ui import address, parts
from gridmap.ui.planning import desk, layers
from gridmap.ui.planning.desk import Desk, text

SCENARIOS = ("normal", "emergency")
COLUMNS = ("plan_id", "name", "state", "scenario", "valid_from", "valid_to", "author", "reason", "based_on", "revision")
_FAILED = "plan_draft_failed"


def show(on: Desk) -> None:
    """Show the plans, and the form that begins a draft."""
    left, right = st.columns([9, 5], gap="medium")
    with left:
        st.caption(text("choose_row"))
        table(on)
        timeline(on)
    with right:
        begin(on)
        throw_away(on)


def label(plans: pd.DataFrame, plan_id: int) -> str:
    """Return what a plan is called in a list."""
    row = plans.loc[plan_id]
    return text("listed", number=plan_id, name=row["name"], state=text(f"state.{row['state']}"))


def table(on: Desk) -> None:
    """Show the plans, the newest on top; choosing one opens it."""
    shown = listed(on.plans)
    st.dataframe(
        shown,
        hide_index=True,
        column_config={name: text(f"column.{name}") for name in shown},
        key="plan_versions",
        on_select=lambda: choose(shown["plan_id"].tolist()),
        selection_mode="single-row",
        placeholder="—",
    )
    parts.downloads(on.plans, "plans")


def choose(order: list[int]) -> None:
    """Open the plan of the row chosen."""
    rows = st.session_state["plan_versions"]["selection"]["rows"]
    if rows and rows[0] < len(order):
        address.choose("plan", order[rows[0]])
        address.choose("view", "map")


def listed(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the plans in words, the newest first."""
    found = plans.reset_index().iloc[::-1][list(COLUMNS)].reset_index(drop=True)
    found["state"] = [text(f"state.{state}") for state in found["state"]]
    found["scenario"] = [scenario_word(scenario) for scenario in found["scenario"]]
    found["based_on"] = found["based_on"].astype("Int64")
    return found


def scenario_word(scenario: object) -> str:
    """Return the word for a scenario; one of the project's own is its own word."""
    return text(f"scenario.{scenario}") if scenario in SCENARIOS else str(scenario)


def timeline(on: Desk) -> None:
    """Draw when each plan holds; a draft, which holds never yet, from the day it was begun."""
    spans = [span(plan_id, row, on.today) for plan_id, row in on.plans.iterrows()]
    states = ("published", "draft", "retired")
    words = [text(f"state.{state}") for state in states]
    axis = {"title": None, "format": "%Y-%m-%d", "labelOverlap": True}
    spec = {
        "data": {"values": spans},
        "height": {"step": 26},
        "layer": [
            {
                "mark": {"type": "bar", "height": 14, "cornerRadius": 2},
                "encoding": {
                    "x": {"field": "first", "type": "temporal", "axis": axis},
                    "x2": {"field": "last"},
                    "y": {"field": "plan", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 240}},
                    "color": {
                        "field": "state",
                        "type": "nominal",
                        "title": None,
                        "scale": {"domain": words, "range": [layers.COLOURS[state] for state in states]},
                        "legend": {"orient": "top"},
                    },
                    "tooltip": [
                        {"field": name, "type": "nominal", "title": text(f"column.{name}")}
                        for name in ("name", "state", "valid_from", "valid_to", "scenario", "author", "reason")
                    ],
                },
            },
            {
                "data": {"values": [{"today": on.today.isoformat()}]},
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#b2182b"},
                "encoding": {"x": {"field": "today", "type": "temporal"}},
            },
        ],
    }
    st.vega_lite_chart(spec, key="plan_timeline")
    st.caption(text("timeline_meaning", today=on.today))


def span(plan_id: object, row: pd.Series, today: datetime.date) -> dict[str, str]:
    """Return a plan as the picture takes it: what holds without end reaches a month beyond today."""
    beyond = today + datetime.timedelta(days=30)
    begun, ended = (None if pd.isna(row[name]) else datetime.date.fromisoformat(str(row[name])[:10]) for name in ("valid_from", "valid_to"))
    first = begun or min(pd.Timestamp(row["created_at"]).date(), today)
    last = ended or max(beyond, first + datetime.timedelta(days=30))
    return {
        "plan": f"{plan_id} {row['name']}",
        "name": str(row["name"]),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "state": text(f"state.{row['state']}"),
        "valid_from": str(begun or "—"),
        "valid_to": str(ended or "—"),
        "scenario": scenario_word(row["scenario"]),
        "author": str(row["author"]),
        "reason": "" if pd.isna(row["reason"]) else str(row["reason"]),
    }


def begin(on: Desk) -> None:
    """Show the form that begins a draft from a plan: the one in force at first."""
    actor = desk.actor()
    bases = [int(plan_id) for plan_id in on.plans.index if on.plans["state"][plan_id] != "draft"] or [int(on.plans.index[0])]
    in_force = store.in_force(on.project, at=on.today)
    with st.form("plan_begin", border=True):
        st.markdown(f"**{text('begin')}**")
        st.text_input(text("column.name"), key="plan_begin_name", max_chars=60, placeholder=text("begin_example"))
        st.selectbox(text("scenario"), SCENARIOS, format_func=scenario_word, key="plan_begin_scenario")
        place = bases.index(in_force) if in_force in bases else len(bases) - 1
        st.selectbox(text("based_on"), bases, index=place, format_func=lambda plan_id: label(on.plans, plan_id), key="plan_begin_base")
        st.text_input(text("why"), key="plan_begin_reason", max_chars=200)
        st.form_submit_button(
            text("begin_do"), type="primary", icon=":material/edit_note:", disabled=actor is None, on_click=started, args=(on, actor)
        )
        if actor is None:
            st.caption(text("name_first"))
    if failed := st.session_state.pop(_FAILED, None):
        st.error(parts.plain(failed.text(address.lang())) if isinstance(failed, GridmapError) else failed, icon=":material/block:")


def started(on: Desk, actor: store.Actor) -> None:
    """Begin a draft and open it."""
    chosen = {name: st.session_state[f"plan_begin_{name}"] for name in ("name", "scenario", "base", "reason")}
    name = str(chosen["name"]).strip()
    if not name:
        st.session_state[_FAILED] = text("name_missing")
        return
    try:
        plan_id = store.start_draft(
            on.project,
            name=name,
            actor=actor,
            based_on=chosen["base"],
            scenario=chosen["scenario"],
            reason=str(chosen["reason"]).strip(),
        )
    except GridmapError as error:
        st.session_state[_FAILED] = error
        return
    address.choose("plan", plan_id)
    address.choose("view", "map")


def throw_away(on: Desk) -> None:
    """Offer to discard the draft chosen, in two steps."""
    if not on.is_draft:
        return
    actor = desk.actor()
    with st.popover(text("discard"), icon=":material/delete:"):
        st.markdown(text("discard_sure", name=parts.plain(str(on.row["name"]))))
        st.button(text("discard_do"), key="plan_discard", disabled=actor is None, on_click=discarded, args=(on, actor))


def discarded(on: Desk, actor: store.Actor) -> None:
    """Discard the draft."""
    try:
        store.discard(on.project, on.plan_id, actor=actor)
    except GridmapError as error:
        st.session_state[_FAILED] = error
