"""Plans: versions in time, drafts edited on the map, what changes, the papers of a plan and its publication."""

import os
from functools import partial

import pandas as pd
import streamlit as st

from gridmap import store
from gridmap.errors import GridmapError
from gridmap.ui import address, memory, parts, state
from gridmap.ui.planning import comparing, desk, editing, handing, versions
from gridmap.ui.planning.desk import Desk, text
from gridmap.ui.serve import PROJECT_VARIABLE

VIEWS = {"versions": versions.show, "map": editing.show, "compare": comparing.show, "papers": handing.show}
_FAILED = "plan_adoption_failed"


def page() -> None:
    """Show the screen."""
    ground, project, plans = opened("page.plan")
    with parts.choices():
        offered = [int(label) for label in plans.index[::-1]]
        plan_id = address.choice("plan", offered, label=text("plan"), word=partial(versions.label, plans), default=usual(project, ground))
        view = address.choice("view", tuple(VIEWS), label=text("view"), word=lambda name: text(f"view.{name}"), buttons=True)
        desk.actor_entry()
    revision = int(plans["revision"][plan_id])
    if plans["state"][plan_id] == "draft":
        revision = desk.seen(project, plan_id, revision)
    VIEWS[view](Desk(project, ground, plans, plan_id, revision))
    memory.keep()


def opened(title: str) -> tuple[state.Opened, str, pd.DataFrame]:
    """Begin a page on plans: return what is open, its project and the list of its plans; without any the page ends here."""
    found = parts.require_open(parts.text(title))
    project = os.environ.get(PROJECT_VARIABLE)
    if found.own or not project:
        st.info(text("needs_project"), icon=":material/info:")
        st.stop()
    parts.needs(found, "grids")
    plans = store.list_plans(project)
    if plans.empty:
        adoption(project)
        memory.keep()
        st.stop()
    return found.ground, project, plans


def usual(project: str, ground: state.Opened) -> int | None:
    """Return the plan that an address without one means: the one in force."""
    return store.in_force(project, at=state.today(ground))


def adoption(project: str) -> None:
    """Say that the project keeps no plans yet, and offer to take its grids over as the first."""
    st.info(text("no_plans"), icon=":material/info:")
    desk.actor_entry()
    actor = desk.actor()
    st.button(
        text("adopt"),
        type="primary",
        icon=":material/move_to_inbox:",
        disabled=actor is None,
        key="plan_adopt",
        on_click=adopted,
        args=(project, actor),
    )
    if failed := st.session_state.pop(_FAILED, None):
        st.error(parts.plain(failed.text(address.lang())), icon=":material/block:")


def adopted(project: str, actor: store.Actor) -> None:
    """Take the grids over, or keep why that was refused."""
    try:
        store.adopt(project, actor)
    except GridmapError as error:
        st.session_state[_FAILED] = error
