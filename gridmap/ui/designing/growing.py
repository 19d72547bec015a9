"""Households as they will be: those of some units changed on the map or by a file, for designs alone; the project stays as it is."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from gridmap import files
from gridmap.errors import GridmapError
from gridmap.ui import address, parts, state
from gridmap.ui.designing.asking import text
from gridmap.ui.designing.ground import Ground

GROWN = "grown"
MOST_HELD = 24
ALONG = ("residents", "load_min")  # change in proportion
MOST = 10**9  # households of a unit: more is a slip of the pen
_FILE, _AMOUNT, _BY = "design_growth_file", "design_growth", "design_growth_by"
_FAILED, _NOTED = "design_growth_failed", "design_growth_noted"


@st.cache_resource(show_spinner=False)
def _shelf() -> "OrderedDict[str, pd.Series]":
    return OrderedDict()


def applied(ground: Ground) -> Ground:
    """Return the ground with the households that the address names; as it is where the server has none of that name."""
    key = st.query_params.get(GROWN, "")
    changed = _shelf().get(key)
    if changed is None:
        return ground
    units = ground.units.copy()
    before = _households(ground)
    after = changed.reindex(units.index).fillna(before)
    units["households"] = after
    ratio = (after / before).where(before > 0, 1.0)
    for name in ALONG:
        if name in units:
            units[name] = (pd.to_numeric(units[name], errors="coerce") * ratio).round(0 if name == "residents" else 1)
    return replace(ground, units=units, grown=key, grown_units=int((after != before).sum()))


def gone(ground: Ground) -> None:
    """Say that the server has none of the households that the address names."""
    if st.query_params.get(GROWN) and not ground.grown:
        st.info(text("growth_gone"), icon=":material/info:")


def form(ground: Ground, chosen: Sequence[str], before: Ground) -> None:
    """Show what changes households, and what was changed.

    Parameters
    ----------
    ground, before
        With the households as changed, and as they stand in the project.
    chosen
        Units chosen on the map.
    """
    if ground.grown:
        sums = [f"{_households(one).sum():,.0f}" for one in (before, ground)]
        st.markdown(text("grown", count=ground.grown_units, before=sums[0], after=sums[1]))
        st.button(text("growth_undo"), key="design_growth_undo", icon=":material/undo:", on_click=address.remember, args=(GROWN, None))
    st.caption(text("growth_help"))
    left, right = st.columns(2, gap="small", vertical_alignment="bottom")
    with left:
        st.number_input(text("growth_amount"), min_value=-10_000, max_value=10_000, value=50, step=10, key=_AMOUNT)
    with right:
        words = {"percent": text("growth_by.percent"), "households": text("growth_by.households")}
        st.segmented_control(text("growth_by"), list(words), default="percent", required=True, format_func=words.__getitem__, key=_BY)
    st.button(
        text("grow", count=len(chosen)), key="design_grow", disabled=not chosen, icon=":material/add_home:",
        on_click=_grow, args=(ground, list(chosen)),
    )  # fmt: skip
    st.file_uploader(text("growth_file"), type=["csv", "xlsx"], key=_FILE, on_change=_loaded, args=(before,))
    st.caption(text("growth_table"))
    parts.downloads(pd.DataFrame({"households": _households(ground)}), "units_households")
    if failed := st.session_state.get(_FAILED):  # until another file comes: the map may have the page run again
        st.error(parts.plain(failed), icon=":material/error:")
    parts.show_warnings(st.session_state.get(_NOTED, ()))


def _households(ground: Ground) -> pd.Series:
    return pd.to_numeric(ground.units["households"], errors="coerce").fillna(0).astype(float)


def _grow(ground: Ground, chosen: list[str]) -> None:
    held, amount = _households(ground), float(st.session_state[_AMOUNT])
    some = held.index.isin(chosen)
    more = held[some] * (1 + amount / 100) if st.session_state[_BY] == "percent" else held[some] + amount
    held[some] = more.round().clip(lower=0)
    _keep(held)


def _loaded(before: Ground) -> None:
    given = st.session_state.get(_FILE)
    st.session_state[_FAILED], st.session_state[_NOTED] = None, ()
    if given is None:
        return
    try:
        table, st.session_state[_NOTED] = state.noted(partial(files.read_upload, given.name, given.getvalue()))
        _keep(read(table, before))
    except GridmapError as error:
        st.session_state[_FAILED] = error.text(address.lang())
    except ValueError as error:
        st.session_state[_FAILED] = str(error)


def read(table: pd.DataFrame, before: Ground) -> pd.Series:
    """Return the households of every unit after a table of `unit_id` and `households`.

    Raises
    ------
    ValueError
        In words, if a column is missing, there is no row, a unit is unknown or stands twice, or a number is none.
    """
    missing = [name for name in ("unit_id", "households") if name not in table]
    if missing:
        raise ValueError(text("growth_columns", missing=", ".join(missing), given=", ".join(map(str, table.columns[:6]))))
    table = table.dropna(subset=["unit_id", "households"], how="all")  # what a spreadsheet leaves below
    if table.empty:
        raise ValueError(text("growth_empty"))
    names = table["unit_id"].astype(object).where(table["unit_id"].notna(), "").astype(str).str.strip()
    given = pd.to_numeric(table["households"], errors="coerce").astype(float).set_axis(names)
    for name, wrong in (
        ("growth_unknown", ~given.index.isin(before.units.index)),
        ("growth_twice", given.index.duplicated()),
        ("growth_number", ~given.between(0, MOST).to_numpy()),
    ):
        if wrong.any():
            shown = ", ".join(label[:40] or text("growth_nameless") for label in given.index[wrong][:5])
            raise ValueError(text(name, count=int(wrong.sum()), units=shown))
    held = _households(before)
    held[given.index] = given
    return held


def _keep(held: pd.Series) -> None:
    key = state.digest(held.to_numpy().tobytes())[:12]
    shelf = _shelf()
    shelf[key] = held
    shelf.move_to_end(key)
    while len(shelf) > MOST_HELD:
        shelf.popitem(last=False)
    address.remember(GROWN, key)
