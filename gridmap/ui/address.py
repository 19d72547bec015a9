"""The address of a view: choices that stand in the query parameters, survive a change of page and can be sent to others."""

import datetime
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeGuard, TypeVar, cast

import streamlit as st

from gridmap.messages import LANGUAGES

# Pixels: two days and an icon fit, four choices stand side by side.
WIDTH = 250
_WRITTEN = "address_written"

T = TypeVar("T", bound=Hashable)


def remember(name: str, value: str | None) -> None:
    """Write a choice into the address; None takes it out."""
    _written()[name] = value
    if value is None:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def kept() -> dict[str, str]:
    """Return every choice that is not the usual one, for links to the other screens."""
    return st.query_params.to_dict()


def lang() -> str:
    """Return the language of this view: "zh" unless the address or the switch says "en"."""
    return _settled("lang", LANGUAGES, LANGUAGES[0])


def _written() -> dict[str, str | None]:
    written: dict[str, str | None] = st.session_state.setdefault(_WRITTEN, {})
    return written


def _address_decides(name: str, current: str | None) -> bool:
    """Return whether the address moved and the widget, which says `current`, did not: the browser's buttons for back and forward."""
    written = _written().get(name)
    return current == written and st.query_params.get(name) != written


def _settled(name: str, options: Sequence[T], default: T) -> T:
    """Return the option chosen by widget or address, and hold the widget to it."""
    value = st.session_state.get(name)
    if value not in options or _address_decides(name, None if value == default else str(value)):
        by_text = {str(option): option for option in options}
        value = st.session_state[name] = by_text.get(st.query_params.get(name, ""), default)
    return cast(T, value)


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
    # Written in every run: of a run that was broken off before the widget was sent, the browser knows no choice, and would say the first.
    st.session_state[name] = _settled(name, options, default)
    if buttons:
        chosen = st.segmented_control(label, options, format_func=word, key=name, required=True)
    else:
        chosen = st.selectbox(label, options, format_func=word, key=name, width=WIDTH)
    assert chosen is not None
    remember(name, None if chosen == default else str(chosen))
    return chosen


def entry(name: str, *, label: str, example: str = "", most: int = 200) -> str:
    """Show a line of text whose state is the query parameter `name`, and return it.

    Parameters
    ----------
    example
        Shown where nothing is written.
    most
        Longest text; what an address has beyond it is cut off.
    """
    value = st.session_state.get(name)
    if not isinstance(value, str) or _address_decides(name, value or None):
        st.session_state[name] = st.query_params.get(name, "")[:most]
    chosen = st.text_input(label, key=name, max_chars=most, placeholder=example, width=WIDTH) or ""
    remember(name, chosen or None)
    return chosen


def amount(
    name: str,
    *,
    label: str,
    least: float,
    most: float,
    default: float | None,
    step: float,
    slider: bool = False,
    explained: str | None = None,
    example: str | None = None,
) -> float | None:
    """Show a number whose state is the query parameter `name`, and return it: whole where `step` is.

    Parameters
    ----------
    default
        Taken where the address says nothing or nothing valid; None for an empty line, which no slider can be.
    slider
        A slider instead of a line.
    explained, example
        What it means, and what stands in an empty line.
    """
    kind = type(step)
    value = st.session_state.get(name, "")
    known = value is None if default is None else False
    if not (known or _within(value, least, most)) or _address_decides(name, None if value == default else str(value)):
        value = _read_amount(st.query_params.get(name, ""), kind, least, most, default)
    st.session_state[name] = value  # as in `choice`
    limits: dict[str, Any] = {"min_value": kind(least), "max_value": kind(most), "step": step}
    if slider:
        chosen = st.slider(label, **limits, key=name, help=explained)
    else:
        chosen = st.number_input(label, value=None, **limits, key=name, help=explained, placeholder=example)
    if chosen is None:
        chosen = default
    remember(name, None if chosen == default else str(chosen))
    return chosen


def _within(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _read_amount(text: str, kind: Callable[[str], float], least: float, most: float, default: float | None) -> float | None:
    try:
        value = kind(text)
    except ValueError:
        return default
    return value if least <= value <= most else default


def several(
    name: str, options: Sequence[str], *, label: str, word: Callable[[Any], str] = str, explained: str | None = None, example: str = ""
) -> list[str]:
    """Show a choice of several texts whose state is the query parameter `name`, joined by semicolons, and return those chosen."""
    value = st.session_state.get(name)
    known = set(options)
    if not isinstance(value, list) or not known.issuperset(value) or _address_decides(name, ";".join(value) or None):
        written = st.query_params.get(name, "").split(";") if not isinstance(value, list) or known.issuperset(value) else value
        value = [entry for entry in dict.fromkeys(written) if entry in known]
    st.session_state[name] = value  # as in `choice`
    chosen = st.multiselect(label, options, format_func=word, key=name, help=explained, placeholder=example)
    remember(name, ";".join(chosen) or None)
    return chosen


def told(name: str) -> list[str]:
    """Return the texts of a choice of several that is shown later in this run."""
    value = st.session_state.get(name)
    return value if isinstance(value, list) else [entry for entry in st.query_params.get(name, "").split(";") if entry]


def choose(name: str, value: Hashable) -> None:
    """Make a choice in place of the user; for callbacks, which run before the page is drawn."""
    st.session_state[name] = value


def period(name: str, first: datetime.date, last: datetime.date, *, label: str) -> tuple[datetime.date, datetime.date]:
    """Show a choice of days whose state is the query parameter `name` (FIRST..LAST), and return both days, included."""
    whole = (first, last)
    value = st.session_state.get(name)
    if not _inside(value, whole) or _address_decides(name, _period_text(value, whole)):
        st.session_state[name] = _read_period(st.query_params.get(name, ""), whole)
    chosen = st.date_input(label, min_value=first, max_value=last, key=name, format="YYYY-MM-DD", width=WIDTH)
    if not isinstance(chosen, tuple) or len(chosen) != 2:
        # The second day is still to be picked: the view stays as it is.
        return _read_period(st.query_params.get(name, ""), whole)
    remember(name, _period_text(chosen, whole))
    return chosen


def _period_text(chosen: Sequence[datetime.date], whole: tuple[datetime.date, datetime.date]) -> str | None:
    """Return the days as they stand in the address, None for the whole."""
    return None if chosen == whole else "..".join(map(str, chosen))


def _read_period(text: str, whole: tuple[datetime.date, datetime.date]) -> tuple[datetime.date, datetime.date]:
    """Read FIRST..LAST and hold it within the whole; anything else means the whole."""
    try:
        first, last = (datetime.date.fromisoformat(day) for day in text.split(".."))
    except ValueError:
        return whole
    first, last = max(first, whole[0]), min(last, whole[1])
    return (first, last) if first <= last else whole


def _inside(chosen: object, whole: tuple[datetime.date, datetime.date]) -> TypeGuard[tuple[datetime.date, ...]]:
    if not isinstance(chosen, tuple) or not chosen:
        return False
    return all(whole[0] <= day <= whole[1] for day in chosen)
