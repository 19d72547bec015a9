"""Advice on a design: the moves that mend most for the fewest households moved, each applied by one click."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from gridmap import partition
from gridmap.errors import GridmapError
from gridmap.ui import address, parts
from gridmap.ui.designing import layers
from gridmap.ui.designing.asking import text
from gridmap.ui.designing.ground import Task
from gridmap.ui.designing.runs import Run

MOST = 10
_FAILED, _LOOKED_AT = "design_advice_failed", "design_advice_shown"


@st.cache_resource(max_entries=16, show_spinner=False)
def advice(mark: tuple[Hashable, ...], _task: Task, _assignment: pd.Series) -> pd.DataFrame:  # noqa: ARG001 - the key
    """Return the moves that mend most."""
    goal = _task.options["goal"]
    goal = replace(goal, locks=[code for code in goal.locks if (_assignment == code).any()])
    options = {name: _task.options[name] for name in ("within", "households")}
    return partition.advise(_task.units, _assignment, edges=_task.edges, goal=goal, limit=MOST, **options)


def show(run: Run, mark: tuple[Hashable, ...], shown: str, assignment: pd.Series) -> None:
    """List the moves, each with a button that applies it."""
    st.caption(text("advice_help"))
    with parts.working():
        moves = advice(mark, run.task, assignment)
    if failed := st.session_state.pop(_FAILED, None):
        st.error(parts.plain(failed.text(address.lang())), icon=":material/block:")
    if run.steps.get(shown):
        st.button(
            text("advice_undo", count=len(run.steps[shown])), icon=":material/undo:", key="design_undo", on_click=_undo, args=(run, shown)
        )
    if moves.empty:
        st.success(text("no_advice"), icon=":material/check_circle:")
        return
    for number, (_, move) in enumerate(moves.iterrows()):
        with st.container(border=True, gap="small"):
            st.markdown(sentence(move))
            st.caption(why(move))
            with st.container(horizontal=True, gap="small"):
                st.button(
                    text("apply"),
                    key=f"design_apply_{number}",
                    icon=":material/check:",
                    on_click=_apply,
                    args=(run, shown, assignment, move),
                )
                st.button(
                    text("where"), key=f"design_where_{number}", type="tertiary", icon=":material/my_location:",
                    on_click=_look_at, args=(mark, move),
                )  # fmt: skip


def sentence(move: pd.Series) -> str:
    """Return what a move does."""
    values = {name: parts.plain(str(move[name])) for name in ("grid_code", "other")}
    if move["action"] == "chain":
        values["path"] = " → ".join(parts.plain(str(code)) for code in (*(one for one, _, _ in move["transfers"]), move["other"]))
        values["steps"] = text("move.between").join(
            text("move.step", one=parts.plain(str(one)), other=parts.plain(str(other)), units=_listed(units))
            for one, other, units in move["transfers"]
        )
    return text(f"move.{move['action']}", units=_listed(move["units"]), count=len(move["units"]), **values)


def _listed(units: Sequence[object]) -> str:
    """Return the first of some units."""
    return parts.plain(", ".join(map(str, units[:3])) + (text("and_more") if len(units) > 3 else ""))


def why(move: pd.Series) -> str:
    """Return what a move mends, and what it costs."""
    return text(
        "move_why",
        grid=parts.plain(str(move["breach"])),
        principle=text(f"principle.{move['principle']}"),
        before=f"{move['before']:.2f}",
        after=f"{move['after']:.2f}",
        households=f"{move['households_moved']:,.0f}",
    )


def place(run: Run, mark: tuple[Hashable, ...], lang: str) -> layers.Layer | None:
    """Return the units of the move that was asked for on the map; None where none was."""
    nothing: tuple[object, Mapping[str, str]] = (None, {})
    asked, ways = st.session_state.get(_LOOKED_AT, nothing)
    return layers.faults(run.task.units, list(ways), "move_units", lang, ways=ways) if asked == mark else None


def _apply(run: Run, shown: str, assignment: pd.Series, move: pd.Series) -> None:
    try:
        after = run.task.mended(assignment, move)
    except GridmapError as error:
        st.session_state[_FAILED] = error
        return
    run.steps.setdefault(shown, []).append(after)


def _undo(run: Run, shown: str) -> None:
    run.steps[shown].pop()


def _look_at(mark: tuple[Hashable, ...], move: pd.Series) -> None:
    st.session_state[_LOOKED_AT] = (mark, {str(unit): f"{one} → {other}" for one, other, units in move["transfers"] for unit in units})
