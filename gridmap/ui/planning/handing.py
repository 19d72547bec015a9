"""What leaves the office: ledger, descriptions and notice of a plan; and its publication, from which it is in force."""

import datetime
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from gridmap import files, plan, report, store
from gridmap.errors import GridmapError
from gridmap.plan import Plan
from gridmap.ui import address, memory, parts, state
from gridmap.ui.planning import desk, versions
from gridmap.ui.planning.desk import Desk, text
from gridmap.ui.planning.editing import stale

_FAILED, _DONE = "plan_publish_failed", "plan_published"


def show(on: Desk) -> None:
    """Show the files of the plan, and the form that publishes it."""
    left, right = st.columns(2, gap="medium")
    with left:
        papers(on)
    with right:
        publication(on)


def papers(on: Desk) -> None:
    """Offer the files; each is written when it is asked for."""
    st.markdown(f"**{text('papers')}**")
    tables = on.opened.tables
    if tables.get("streets") is None:
        st.info(text("needs_streets"))
        return
    lang = address.lang()
    name = f"plan_{on.plan_id}_{on.revision}"
    with st.container(border=True):
        st.markdown(text("paper.ledger"))
        if tables.get("buildings") is None:
            st.caption(text("needs_buildings"))
        else:
            button("ledger", partial(ledger, on, lang), f"{name}_{text('file.ledger')}.xlsx")
    with st.container(border=True):
        st.markdown(text("paper.described"))
        button("described", partial(book, None, on, lang), f"{name}_{text('file.described')}.xlsx")
    with st.container(border=True):
        st.markdown(text("paper.notice"))
        notice_form(on, name, lang)


def button(name: str, make: Callable[[], bytes], file_name: str) -> None:
    """Offer a file."""
    st.download_button(
        text(f"get.{name}"), make, file_name=file_name, key=f"plan_get_{name}", on_click="ignore", icon=":material/download:"
    )


def notice_form(on: Desk, name: str, lang: str) -> None:
    """Offer the notice of what changes between another plan and this one."""
    others = [int(plan_id) for plan_id in on.plans.index if plan_id != on.plan_id]
    if not others:
        st.caption(text("nothing_to_compare"))
        return
    place = others.index(on.based_on) if on.based_on in others else len(others) - 1
    old = st.selectbox(
        text("notice_since"), others, index=place, format_func=lambda plan_id: versions.label(on.plans, plan_id), key="plan_notice_old"
    )
    memory.recall("plan_office", memory.is_text)
    office = st.text_input(text("office"), key="plan_office", max_chars=60)
    begins = on.row["valid_from"]
    on_day = st.date_input(text("notice_day"), value=on.today if pd.isna(begins) else day(begins), key=f"plan_notice_day_{on.plan_id}")
    assert isinstance(on_day, datetime.date)
    button("notice", partial(notice, on, int(old), on_day, office, lang), f"{name}_{text('file.notice')}.docx")


def day(value: object) -> datetime.date:
    """Return a day that the store tells as text."""
    return datetime.date.fromisoformat(str(value)[:10])


def described(on: Desk, lang: str) -> pd.DataFrame:
    """Return what bounds each grid, its area and its counts."""
    return _described(on.mark(), on.opened, on.plan, lang)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=state.KEYS)
def _described(mark: tuple, ground: state.Opened, _plan: Plan, lang: str) -> pd.DataFrame:  # noqa: ARG001 - the key
    tables = ground.tables
    found, _ = state.noted(lambda: plan.describe(_plan, streets=tables["streets"], buildings=tables.get("buildings"), lang=lang))
    return found


def ledger(on: Desk, lang: str) -> bytes:
    """Return the ledger of grids and buildings as a workbook."""
    return book(plan.ledger(on.plan, on.opened.tables["buildings"]), on, lang)


def book(buildings: pd.DataFrame | None, on: Desk, lang: str) -> bytes:
    """Return what bounds each grid as a workbook, with the buildings where they are given."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        files.write_ledger(buildings, described(on, lang), path, lang=lang)
        return path.read_bytes()


def notice(on: Desk, old: int, on_day: datetime.date, office: str, lang: str) -> bytes:
    """Return the notice of what changes as a Word document."""
    tables = on.opened.tables
    found, _ = state.noted(
        lambda: report.notice(
            on.newest(old), on.plan, on=on_day, streets=tables["streets"], buildings=tables.get("buildings"), office=office, lang=lang
        )
    )
    return found


def publication(on: Desk) -> None:
    """Show the form that publishes a draft; of a plan that is published, since when it holds."""
    st.markdown(f"**{text('publish')}**")
    if done := st.session_state.pop(_DONE, None):
        st.success(text("published", name=parts.plain(done[0]), day=done[1]), icon=":material/check_circle:")
    if not on.is_draft:
        st.info(text("is_published", state=text(f"state.{on.row['state']}")), icon=":material/lock:")
        return
    if on.is_stale:
        stale(on)
    actor = desk.actor()
    scenario = str(on.row["scenario"])
    before = store.in_force(on.project, at=on.today, scenario=scenario)
    with st.form("plan_publish", border=True):
        replaced = (
            text("replaces", name=parts.plain(versions.label(on.plans, int(before)))) if before is not None else text("replaces_none")
        )
        st.markdown(text("publish_what", name=parts.plain(str(on.row["name"])), scenario=versions.scenario_word(scenario)) + replaced)
        st.date_input(text("valid_from"), value=on.today, key="plan_publish_day", format="YYYY-MM-DD")
        st.text_area(text("why"), key="plan_publish_reason", max_chars=400, height=80, placeholder=text("why_example"))
        st.caption(text("publish_checks"))
        st.form_submit_button(
            text("publish_do"),
            type="primary",
            icon=":material/verified:",
            disabled=actor is None or on.is_stale,
            on_click=published,
            args=(on, actor),
        )
        if actor is None:
            st.caption(text("name_first"))
    if failed := st.session_state.pop(_FAILED, None):
        st.error(parts.plain(failed.text(address.lang())) if isinstance(failed, GridmapError) else failed, icon=":material/block:")


def published(on: Desk, actor: store.Actor) -> None:
    """Publish the draft, or keep why that was refused."""
    reason = str(st.session_state["plan_publish_reason"]).strip()
    begins = st.session_state["plan_publish_day"]
    if not reason:
        st.session_state[_FAILED] = text("why_missing")
        return
    try:
        store.publish(on.project, on.plan_id, revision=on.revision, valid_from=begins, reason=reason, actor=actor)
    except GridmapError as error:
        st.session_state[_FAILED] = error
        return
    st.session_state[_DONE] = (str(on.row["name"]), begins)
