"""The address of a view: choices that stand in the query parameters, survive a change of page and can be sent to others."""

import datetime
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import streamlit as st

from gridmap.messages import LANGUAGES

_KEPT = "address"

T = TypeVar("T", bound=Hashable)


def recall(name: str) -> str | None:
    """Return what the address says under `name`, else what this session chose last, else None."""
    given = st.query_params.get(name)
    kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
    return kept.get(name) if given is None else given


def remember(name: str, value: str | None) -> None:
    """Write a choice into the address; None takes it out."""
    kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
    if value is None:
        kept.pop(name, None)
        if name in st.query_params:
            del st.query_params[name]
        return
    kept[name] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def kept() -> dict[str, str]:
    """Return every choice this session made that is not the usual one, for links to the other screens."""
    return dict(st.session_state.setdefault(_KEPT, {}))


def lang() -> str:
    """Return the language of this view: "zh" unless the address or the switch says "en"."""
    chosen = st.session_state.get("lang") or recall("lang")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def choice(
    name: str,
    options: Sequence[T],
    *,
    label: str,
    word: Callable[[Any], str] = str,
    default: T | None = None,
    buttons: bool = False,
) -> T:
    """Show a choice whose state is the query parameter `name`, and return the option chosen.

    Parameters
    ----------
    options
        At least one; their `str` stands in the address.
    word
        The word a person reads for an option.
    default
        Taken where the address says nothing or nothing valid; the first option when None. It is left out of the address.
    buttons
        Buttons side by side instead of a list.
    """
    default = options[0] if default is None or default not in options else default
    if st.session_state.get(name) not in options:
        by_text = {str(option): option for option in options}
        st.session_state[name] = by_text.get(recall(name) or "", default)
    if buttons:
        chosen = st.segmented_control(label, options, format_func=word, key=name, required=True)
    else:
        chosen = st.selectbox(label, options, format_func=word, key=name)
    assert chosen is not None
    remember(name, None if chosen == default else str(chosen))
    return chosen


def choose(name: str, value: Hashable) -> None:
    """Make a choice in place of the user; for callbacks, which run before the page is drawn."""
    st.session_state[name] = value


def period(name: str, first: datetime.date, last: datetime.date, *, label: str) -> tuple[datetime.date, datetime.date]:
    """Show a choice of days whose state is the query parameter `name` (FIRST..LAST), and return both days, included."""
    whole = (first, last)
    if not _inside(st.session_state.get(name), whole):
        st.session_state[name] = _read_period(recall(name) or "", whole)
    chosen = st.date_input(label, min_value=first, max_value=last, key=name, format="YYYY-MM-DD")
    if not isinstance(chosen, tuple) or len(chosen) != 2:
        # The second day is still to be picked: the view stays as it is.
        return _read_period(recall(name) or "", whole)
    remember(name, None if chosen == whole else f"{chosen[0]}..{chosen[1]}")
    return chosen


def _read_period(text: str, whole: tuple[datetime.date, datetime.date]) -> tuple[datetime.date, datetime.date]:
    """Read FIRST..LAST and hold it within the whole; anything else means the whole."""
    try:
        first, last = (datetime.date.fromisoformat(day) for day in text.split(".."))
    except ValueError:
        return whole
    first, last = max(first, whole[0]), min(last, whole[1])
    return (first, last) if first <= last else whole


def _inside(chosen: object, whole: tuple[datetime.date, datetime.date]) -> bool:
    if not isinstance(chosen, tuple) or not chosen:
        return False
    return all(whole[0] <= day <= whole[1] for day in chosen)
