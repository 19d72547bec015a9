"""A design accepted: it becomes a draft plan of the project."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from gridmap import plan, store
from gridmap.errors import GridmapError, PlanError
from gridmap.plan import Plan
from gridmap.ui import address, memory, parts
from gridmap.ui.designing.asking import heading, text
from gridmap.ui.designing.runs import Run
from gridmap.ui.planning import counting, desk, layers
from gridmap.ui.planning.desk import Desk

ACTION = "design"
_FAILED = "design_accept_failed"


def drawn(run: Run, base: Plan, assignment: pd.Series) -> Plan:
    """Return the plan that an assignment makes of a base: of all units, or of some grids while the rest stays as it is.

    Raises
    ------
    GridmapError
        As `plan.from_units` and `plan.redraw`.
    """
    untold = [name for name in plan.COUNTS if name not in base.grids]  # the project's table of grids has no such column
    units = run.task.units.drop(columns=untold, errors="ignore")
    if not run.asked.whole:
        return plan.redraw(base, units, assignment)
    parents = run.ground.parents(assignment) if len(base.levels) > 1 else None
    shapes = {str(code): shapely.coverage_union_all(part) for code, part in units.geometry.groupby(assignment.to_numpy())}
    chain = {} if parents is None else {str(code): str(parent) for code, parent in parents.items()}
    made = plan.from_units(units, assignment, parents=parents, keep=_with_homes(base, plan.homes_of_dedicated(base, shapes, chain)))
    return replace(made, grids=_completed(made.grids, base.grids))


def _with_homes(base: Plan, homes: dict[str, str]) -> Plan:
    """Return the plan with dedicated grids in other base grids."""
    grids = base.grids.copy()
    levels = grids["level"]
    for code, home in homes.items():
        grids.loc[code, ["parent", "level"]] = [home, levels.get(home, base.levels[-1])]
    return replace(base, grids=grids)


def _completed(grids: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids with what else the table said of those that stay, such as their band, and counts that units do not tell unknown."""
    found = grids.copy()
    told = [*plan.COUNTS, "name", "level", "kind", "parent", before.active_geometry_name]
    for name in before.columns.difference(told):
        found[name] = before[name].reindex(found.index)
    for name in [name for name in plan.COUNTS if name in before and name not in found]:
        found[name] = pd.Series(pd.NA, index=found.index, dtype="Int64")
    return gpd.GeoDataFrame(found, geometry=grids.active_geometry_name, crs=grids.crs)


def form(on: Desk, run: Run, assignment: pd.Series) -> None:
    """Show what saves the design as a draft, or the link to the draft that it was saved as."""
    actor = desk.actor()
    if run.saved is not None:
        plan_id, name, _ = run.saved
        st.success(text("saved", plan=plan_id, name=parts.plain(name)), icon=":material/check_circle:")
        parts.screen_link("plan", text("open_draft"), icon=":material/edit_location_alt:", plan=str(plan_id), view="map")
    stale = run.place != on.mark()
    if stale:
        st.warning(text("base_moved"), icon=":material/sync_problem:")
    with st.form("design_accept", border=True):
        st.markdown(f"**{text('accept')}**")
        memory.recall("design_name", memory.is_text)
        st.text_input(text("draft_name"), key="design_name", max_chars=60, placeholder=text("draft_example"))
        memory.recall("design_reason", memory.is_text)
        st.text_input(text("reason"), key="design_reason", max_chars=200)
        st.caption(text("accept_help"))
        st.form_submit_button(
            text("accept_do"),
            type="primary",
            icon=":material/check:",
            disabled=actor is None or stale,
            on_click=accept,
            args=(on, run, assignment, actor),
        )
        if actor is None:
            st.caption(desk.text("name_first"))
    if failed := failure(run):
        st.error(parts.plain(failed.text(address.lang())) if isinstance(failed, GridmapError) else failed, icon=":material/block:")


def failure(run: Run) -> GridmapError | str | None:
    """Return why this design was not saved when that was tried last."""
    key, failed = st.session_state.get(_FAILED, ("", None))
    return failed if key == run.key else None


def conflict(run: Run | None, lang: str) -> layers.Layer | None:
    """Return the place where saving failed, on the map."""
    failed = None if run is None else failure(run)
    return layers.conflict(failed, run.ground.plan, lang) if run is not None and isinstance(failed, PlanError) else None


def accept(on: Desk, run: Run, assignment: pd.Series, actor: store.Actor) -> None:
    """Save the design as a draft, or keep why that was refused."""
    st.session_state.pop(_FAILED, None)
    name = str(st.session_state.get("design_name") or "").strip()
    if not name:
        st.session_state[_FAILED] = (run.key, text("name_missing"))
        return
    if run.saved is not None and run.saved[1] == name and run.saved[2].equals(assignment):  # the second of two clicks
        return
    try:
        after = counting.filled(drawn(run, on.plan, assignment), on.plan, on.opened)
        plan_id = saved(on, run, assignment, after, name, actor)
    except GridmapError as error:
        st.session_state[_FAILED] = (run.key, error)
        return
    run.saved = (plan_id, name, assignment)


def saved(on: Desk, run: Run, assignment: pd.Series, after: Plan, name: str, actor: store.Actor) -> int:
    """Begin a draft with what the design made, and return its number; where that is refused, there is no draft."""
    reason = str(st.session_state.get("design_reason") or "").strip()
    plan_id = store.start_draft(
        on.project, name=name, actor=actor, based_on=on.plan_id, scenario=str(on.row["scenario"]), reason=reason or heading(run.asked)
    )
    try:
        base = store.read_plan(on.project, plan_id)
        if (set(assignment) - set(on.plan.grids.index)) & base.used:  # codes that stood in another plan are retired in every draft
            after = counting.filled(drawn(run, base, plan.coded(base, run.task.keep, assignment)), base, on.opened)
        what = {"grids": list(run.asked.codes), "asked": heading(run.asked)}
        revision = store.save_edit(on.project, plan_id, after, revision=0, action=ACTION, what=what, actor=actor)
    except GridmapError:
        store.discard(on.project, plan_id, actor=actor)
        raise
    desk.keep(on.project, plan_id, revision, store.read_plan(on.project, plan_id))
    return plan_id
