"""Designing: grids made of units by what a planner asks for, looked at beside those in force, mended, and saved as a draft plan."""

from functools import partial

import streamlit as st

from gridmap.ui import address, memory, parts, planning
from gridmap.ui.designing import asking, ground, runs, screen
from gridmap.ui.designing.asking import text
from gridmap.ui.planning import desk, versions
from gridmap.ui.planning.desk import Desk

_MADE = "blocks"


def page() -> None:
    """Show the screen."""
    opened, project, plans = planning.opened("page.design")
    with parts.choices():
        offered = [int(label) for label in plans.index[::-1]]
        usual = planning.usual(project, opened)
        plan_id = address.choice("plan", offered, label=text("base"), word=partial(versions.label, plans), default=usual)
        place = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
        desk.actor_entry()
    on = Desk(project, opened, plans, plan_id, int(plans["revision"][plan_id]))
    found = ground_of(on)
    run = runs.get(st.query_params.get(screen.RUN, ""))
    with place:
        area = asking.area_choice(found)
        beside = screen.beside_choice(run)
    screen.show(on, found, area, run, beside=beside)
    memory.keep()


def ground_of(on: Desk) -> ground.Ground:
    """Return the ground of the plan; where the project has no units, offer to make them of its streets, or say what is missing."""
    units = on.opened.tables.get("units")
    made = units is None or units.empty
    if made:
        parts.needs(on.opened, "streets", "boundary")
        if st.query_params.get(_MADE) != "yes":
            st.info(text("no_units"), icon=":material/info:")
            st.button(text("make_units"), type="primary", icon=":material/grid_view:", key="design_blocks", on_click=_make)
            memory.keep()
            st.stop()
        with parts.working():
            units, warnings = ground.blocks(on.opened)
        parts.show_warnings(warnings)
    assert units is not None
    if "households" not in units or units["households"].isna().all():
        st.info(text("no_households"), icon=":material/info:")
        st.stop()
    with parts.working():
        return ground.of((*on.mark(), made), on.opened, units, on.plan)


def _make() -> None:
    address.remember(_MADE, "yes")
