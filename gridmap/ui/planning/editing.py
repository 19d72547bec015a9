"""The map of a plan; of a draft, with the tools that change it: every edit is saved at once, or refused with its place."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from gridmap import hierarchy, maps, messages, store
from gridmap.errors import GridmapError, PlanError
from gridmap.plan import Plan
from gridmap.ui import address, component, large, mapping, memory, parts
from gridmap.ui.planning import counting, desk, layers, proposals, tools
from gridmap.ui.planning.desk import Desk, text
from gridmap.ui.planning.tools import Proposal

MAP = "plan_map"
LOOKING = ("box", "lasso", "brush", "measure")
M2_PER_KM2 = 1e6
_REFUSED, _USED = "plan_refused", "plan_used"


@dataclass(frozen=True)
class Used:
    """What the last edit used up: everything done on the map until then, the drawing, and the state of the plan that came of it."""

    turn: int
    drawn: str
    mark: str


@dataclass(frozen=True)
class Refused:
    """An edit that was refused: with which tool ("" for undo and redo), of which state of which plan, and why."""

    tool: str
    plan_id: int
    revision: int
    error: GridmapError


def show(on: Desk) -> None:
    """Show the plan's map, and the tools where it is a draft."""
    if on.is_stale:
        stale(on)
    totals(on)
    left, right = parts.map_and_table()
    with right:
        tool = tool_choice() if on.is_draft else ""
        level = level_choice(on.plan, tool)
        units = on.opened.tables["units"] if units_choice(on, tool) else None
    refused = refusal(on, tool)
    shown = map_layers(on, level, units, refused)
    options = map_options(on, tool, with_units=units is not None, layers=shown)
    chosen = fresh(component.chosen(MAP, large.small(shown), options))
    with right:
        proposal = workbench(on, tool, level, chosen, units)
        if refused is not None and refused.error.key != "stale_edit":  # that one is told above
            st.error(parts.plain(refused.error.text(address.lang())), icon=":material/block:")
    with left:
        show_map(on, shown, options, lit=proposal.codes)
    with right:
        chosen_grids(on, chosen)
        last_edit(on)


def workbench(on: Desk, tool: str, level: int, chosen: component.Selection, units: gpd.GeoDataFrame | None) -> Proposal:
    """Show what can be done with a draft, and return it; of another plan, say why nothing can."""
    if not on.is_draft:
        st.info(text("cannot_edit"), icon=":material/lock:")
        return Proposal("")
    proposal = proposals.propose(on, tool, level, chosen, units)
    offer(on, proposal, chosen)
    return proposal


def map_layers(on: Desk, level: int, units: gpd.GeoDataFrame | None, refused: Refused | None) -> list[large.Layer]:
    """Return the layers of the map over its ground."""
    lang = address.lang()
    differing = layers.changed(on, lang)
    found: list[large.Layer] = [] if differing is None else [differing]
    if units is not None:
        found.append(layers.units((on.opened.digest,), units, lang))
    found.append(layers.outlines(on, level, lang))
    place = layers.conflict(refused.error, on.plan, lang) if refused is not None and isinstance(refused.error, PlanError) else None
    return found if place is None else [*found, place]


def map_options(on: Desk, tool: str, *, with_units: bool, layers: list[large.Layer]) -> component.Options:
    """Return what the map has beside its layers."""
    lang = address.lang()
    used = st.session_state.get(_USED)
    return component.Options(
        tools=tools.WITH_UNITS if with_units else tools.ON_MAP.get(tool, LOOKING),
        source=parts.source_name(on.opened, lang),
        period=valid(on.row),
        synthetic=on.opened.synthetic,
        height=mapping.HEIGHT,
        snap=messages.text("maps.grids", lang) if on.is_draft else "",
        fresh=used.mark if used else "",
        keep=on.kept(MAP),
        tiles=large.tiles(layers),
    )


def show_map(on: Desk, shown: list[large.Layer], options: component.Options, *, lit: tuple[str, ...]) -> None:
    """Show the map, and below it its source and its download."""
    lang = address.lang()
    place = next((layer for layer in large.small(shown) if layer.role == "findings"), None)
    component.show(
        [*mapping.basemaps(lang), *mapping.context(on.opened, lang), *large.small(shown)],
        key=MAP,
        title=f"{on.opened.title(lang)} · {on.row['name']}",
        lang=lang,
        focus=None if place is None or place.bounds is None else around(place.bounds),
        highlight={"tiles" if options.tiles is not None else "grids": list(lit)} if lit else None,
        options=options,
    )
    st.caption(text("drawn_here", source=parts.plain(parts.source_name(on.opened, lang)), period=valid(on.row)))


def around(box: maps.Bounds, *, least_deg: float = 0.001) -> maps.Bounds:
    """Return a box with what lies around it."""
    west, south, east, north = box
    extra = max(east - west, north - south, least_deg)
    return (west - extra, south - extra, east + extra, north + extra)


def valid(row: pd.Series) -> str:
    """Return from when to when a plan holds, "" for a draft."""
    first, last = (None if pd.isna(row[name]) else str(row[name])[:10] for name in ("valid_from", "valid_to"))
    if first is None:
        return ""
    return text("since", day=first) if last is None else text("from_to", first=first, last=last)


def tool_choice() -> str:
    """Show the tools, and return the one chosen."""
    return address.choice("tool", tools.TOOLS, label=text("tool"), word=lambda name: text(f"tool.{name}"), buttons=True)


def level_choice(of: Plan, tool: str) -> int:
    """Show the levels, and return the one chosen; ground moves between lowest grids alone, and a grid of the top has no parent."""
    levels = of.levels[1:] if tool == tools.PARENT else of.levels
    if tool in tools.ON_LOWEST or len(levels) < 2:
        return of.levels[-1]
    return address.choice("level", levels, label=parts.text("level"), word=parts.level_word, default=levels[-1], buttons=True)


def units_choice(on: Desk, tool: str) -> bool:
    """Return whether ground is chosen by units, where there are some."""
    table = on.opened.tables.get("units")
    if tool != tools.TRANSFER or table is None or large.is_large(table):
        return False
    memory.recall("plan_with_units", lambda value: isinstance(value, bool))
    return bool(st.toggle(text("with_units"), key="plan_with_units", help=text("with_units_help")))


def fresh(chosen: component.Selection) -> component.Selection:
    """Return what was chosen and drawn on the map since the last edit: it used what was there before."""
    used = st.session_state.get(_USED)
    if used is None:
        return chosen
    if chosen.turn <= used.turn:
        return component.Selection(view=chosen.view, turn=chosen.turn)
    # A click on the map while the edit was made tells the old drawing once more.
    return replace(chosen, drawn=None) if json.dumps(chosen.drawn) == used.drawn else chosen


def offer(on: Desk, proposal: Proposal, chosen: component.Selection) -> None:
    """Say what would be done, and let it be done."""
    actor = desk.actor()
    st.markdown(parts.plain(proposal.sentence))
    if actor is None:
        st.caption(text("name_first"))
    with st.container(horizontal=True, gap="small"):
        st.button(
            text(f"do.{proposal.action}"),
            type="primary",
            icon=":material/check:",
            disabled=proposal.make is None or actor is None or on.is_stale,
            key="plan_apply",
            on_click=make,
            args=(on, proposal, chosen, actor),
        )
        history(on)


def make(on: Desk, proposal: Proposal, chosen: component.Selection, actor: store.Actor) -> None:
    """Make an edit and save it at once, or keep why it was refused."""
    st.session_state.pop(_REFUSED, None)
    assert proposal.make is not None
    try:
        after = counting.filled(proposal.make(on.plan), on.plan, on.opened)
        what: dict[str, Any] = {"grids": list(proposal.codes)}
        revision = store.save_edit(on.project, on.plan_id, after, revision=on.revision, action=proposal.action, what=what, actor=actor)
    except GridmapError as error:
        st.session_state[_REFUSED] = Refused(proposal.action, on.plan_id, on.revision, error)
        return
    desk.keep(on.project, on.plan_id, revision, after)
    desk.look_at(on.project, on.plan_id, revision)
    st.session_state[_USED] = Used(chosen.turn, json.dumps(chosen.drawn), f"{on.plan_id}.{revision}")


def refusal(on: Desk, tool: str) -> Refused | None:
    """Return why the last edit was refused, as long as the plan is as it was then and the tool the same."""
    found = st.session_state.get(_REFUSED)
    if not isinstance(found, Refused) or (found.plan_id, found.revision) != (on.plan_id, on.revision):
        return None
    return found if found.tool in ("", tool) else None


def history(on: Desk) -> None:
    """Show the buttons that take back and bring again, and how many edits there were."""
    actor = desk.actor()
    back, forth = ways(on.edits) if not on.is_stale else (False, False)
    for name, work, there, icon in (("undo", store.undo, back, ":material/undo:"), ("redo", store.redo, forth, ":material/redo:")):
        st.button(text(name), icon=icon, disabled=not there or actor is None, key=f"plan_{name}", on_click=step, args=(on, work, actor))


def ways(edits: pd.DataFrame) -> tuple[bool, bool]:
    """Tell whether there is an edit to take back, and one to bring again."""
    done = gone = 0
    for action in edits["action"]:
        if action == "undo":
            done, gone = done - 1, gone + 1
        elif action == "redo":
            done, gone = done + 1, gone - 1
        else:
            done, gone = done + 1, 0
    return done > 0, gone > 0


def step(on: Desk, work: Callable[..., int], actor: store.Actor) -> None:
    """Take back the last edit, or bring it again."""
    st.session_state.pop(_REFUSED, None)
    try:
        revision = work(on.project, on.plan_id, revision=on.revision, actor=actor)
    except GridmapError as error:
        st.session_state[_REFUSED] = Refused("", on.plan_id, on.revision, error)
        return
    desk.look_at(on.project, on.plan_id, revision)


def stale(on: Desk) -> None:
    """Say that somebody else went on with the draft, and offer to load that."""
    edits = store.edits(on.project, on.plan_id)
    last = edits.iloc[-1] if len(edits) else None
    who = "" if last is None else str(last["actor"])
    st.warning(text("stale", actor=parts.plain(who), newest=int(on.row["revision"]), seen=on.revision), icon=":material/sync_problem:")
    st.button(
        text("load_newest"),
        icon=":material/refresh:",
        key="plan_load_newest",
        on_click=desk.look_at,
        args=(on.project, on.plan_id, int(on.row["revision"])),
    )


def totals(on: Desk) -> None:
    """Show how many grids there are, how their households lie to the band, and the area."""
    found = on.plan
    counts = {level: len(hierarchy.tier(found.grids, level)) for level in found.levels}
    over = len(hierarchy.dedicated(found.grids))
    tiers = parts.text("levels_line", levels="/".join(map(str, counts)), counts=" / ".join(f"{count:,}" for count in counts.values()))
    lines = (tiers, text("dedicated", count=over)) if over else (tiers,)
    shown = [parts.Figure(parts.text("metric.grids"), f"{counts[found.levels[-1]]:,}", lines), *band_figure(found)]
    shown.append(area_figure(on))
    shown.append(edits_figure(on))
    parts.figures(shown)


def band_figure(found: Plan) -> list[parts.Figure]:
    """Return how many grids have households within their band."""
    held = counting.band(found)
    if held is None:
        return []
    whole = held.within + held.below + held.above + held.unknown
    rest = text("band_rest", below=held.below, above=held.above, unknown=held.unknown)
    line = text("band", low=f"{held.low:,.0f}", high=f"{held.high:,.0f}")
    return [parts.Figure(text("in_band"), f"{held.within:,} / {whole:,}", (line, rest), text("band_help"))]


def area_figure(on: Desk) -> parts.Figure:
    """Return the area of the plan, which no edit may change."""
    tier = hierarchy.tier(on.plan.grids)
    # Every edit keeps the ground of the plan that it was begun from.
    km2 = area_km2(on.mark(), on.plan) if on.based_on is None else area_km2(on.mark(on.based_on), on.newest(on.based_on))
    mean = text("area_mean", mean=f"{km2 / len(tier) * 100:,.1f}")
    return parts.Figure(text("area"), f"{km2:,.2f}", (mean,))


@st.cache_resource(max_entries=64, show_spinner=False)
def area_km2(mark: tuple, _plan: Plan) -> float:  # noqa: ARG001 - the key
    """Return the area of the lowest tier in square kilometres."""
    tier = hierarchy.tier(_plan.grids)
    return float(shapely.area(_plan.plane.measured(tier.geometry.to_numpy())).sum()) / M2_PER_KM2


def edits_figure(on: Desk) -> parts.Figure:
    """Return how many edits were saved, and the last one."""
    edits = on.edits
    if edits.empty:
        return parts.Figure(text("edits"), "0", (text("no_edits"),))
    last = edits.iloc[-1]
    action = messages.CATALOGUE.get(f"planning.action.{last['action']}")
    word = str(last["action"]) if action is None else text(f"action.{last['action']}")
    line = text("last_edit_line", action=word, actor=parts.plain(str(last["actor"])), at=f"{last['at']:%m-%d %H:%M}")
    return parts.Figure(text("edits"), f"{len(edits):,}", (line, text("saved")))


def chosen_grids(on: Desk, chosen: component.Selection) -> None:
    """Show the grids chosen on the map."""
    columns = {name: parts.text(key) for name, key in _COLUMNS.items() if name in (*on.plan.grids, "grid_code")}
    parts.chosen_rows(on.plan.grids, columns, chosen.ids("grids", "dedicated"))


_COLUMNS = {"grid_code": "column.grid_code", "name": "column.name", "level": "level", "households": "metric.households"}


def last_edit(on: Desk) -> None:
    """List what the last edit changed."""
    changes = layers.last_changes(on)
    if changes.empty or not on.is_draft:
        return
    table = changes.assign(change=[text(f"change.{change}") for change in changes["change"]]).reset_index()
    widths = {"change": 68, "name": 130, "households": 64, "area_ha": 56, "grid_code": 136, "level": 36}
    shown = table[[name for name in widths if name in table]]
    st.markdown(f"**{text('last_changes')}**")
    st.dataframe(
        shown,
        hide_index=True,
        height=min(320, parts.HEADING_HEIGHT + parts.ROW_HEIGHT * len(shown)),
        column_config={name: st.column_config.Column(text(f"column.{name}"), width=widths[name]) for name in shown},
        key="plan_last",
        placeholder="—",
    )
