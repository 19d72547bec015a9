"""What a tab of the browser remembers over a reload beside the address: names of people, which stand in no address, and half choices."""

import secrets
from collections.abc import Callable, Mapping

import streamlit as st

_KEY, _VALUES, _ASKED, _SESSION = "memory", "memory_values", "memory_asked", "memory_session"
MOST_VALUES, MOST_LETTERS = 60, 400
NAME = "gridmap:choices"

# What is kept is told first, once to each session; from then on what the session says is kept. The storage ends with the tab.
_KEEPER = f"""
let told = "";
export default function ({{ data, setStateValue }}) {{
  try {{
    const place = "{NAME}";
    const found = told === data.session ? null : window.sessionStorage.getItem(place);
    told = data.session;
    if (found) setStateValue("kept", JSON.parse(found));
    else window.sessionStorage.setItem(place, JSON.stringify(data.values));
  }} catch (error) {{
    console.warn("gridmap memory:", error.message); // the page works, and forgets
  }}
}}
"""


def recall(key: str, fits: Callable[[object], bool]) -> None:
    """Let the widget that is shown next begin with what it held before the page was loaded again, or another view was open.

    Parameters
    ----------
    key
        Of the widget; its value is a text or a truth value.
    fits
        Whether the widget may still hold a value: the browser's word is not believed before.
    """
    values = _values()
    st.session_state.setdefault(_ASKED, set()).add(key)
    if key not in st.session_state and key in values and fits(values[key]):
        st.session_state[key] = values[key]
    if key not in st.session_state:
        return
    if not fits(st.session_state[key]):
        del st.session_state[key]
        return
    values.pop(key, None)  # the one used last stands last
    values[key] = st.session_state[key]
    while len(values) > MOST_VALUES:
        del values[next(iter(values))]


def is_text(value: object) -> bool:
    """Tell whether a value is a text of usual length."""
    return isinstance(value, str) and len(value) <= MOST_LETTERS


def keep() -> None:
    """Let the browser keep what was recalled; once in a run, at the end of a page."""
    session = st.session_state.setdefault(_SESSION, secrets.token_hex(8))
    _component()(key=_KEY, data={"session": session, "values": _values()}, on_kept_change=_heard)


def _values() -> dict[str, object]:
    values: dict[str, object] = st.session_state.setdefault(_VALUES, {})
    return values


def _heard() -> None:
    """Take what the browser kept."""
    held = st.session_state.get(_KEY)
    kept = held.get("kept") if isinstance(held, Mapping) else None
    if not isinstance(kept, Mapping):
        return
    values = _values()
    for key, value in list(kept.items())[:MOST_VALUES]:
        if isinstance(key, str) and (isinstance(value, bool) or is_text(value)):
            values[key] = value
            if key in st.session_state.get(_ASKED, ()) and key in st.session_state:  # a widget that began without it
                st.session_state[key] = value


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Mapping]:
    """Register the component once."""
    return st.components.v2.component("gridmap.memory", html="<span hidden></span>", js=_KEEPER, isolate_styles=True)
