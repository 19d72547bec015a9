"""What a tab of the browser remembers: nothing that it says is believed before it is looked at. Reloads are tested in a browser."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from gridmap.ui import memory

SCRIPT = """
import streamlit as st
from gridmap.ui import memory
memory.recall("name", memory.is_text)
st.text_input("name", key="name")
if st.session_state.get("shown", True):
    memory.recall("one", ["a", "b"].__contains__)
    st.selectbox("one", ["a", "b"], key="one")
memory.keep()
"""
NAMES = st.sampled_from(["name", "one", "own_files", "kept", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def page() -> AppTest:
    test = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not test.exception
    return test


class Session(dict):
    """A session's state for a call outside a page."""


def heard(monkeypatch: pytest.MonkeyPatch, kept: Any, **state: Any) -> Session:
    """Return the session after the browser said what it kept."""
    session = Session(state | {"memory": {"kept": kept}})
    monkeypatch.setattr(memory.st, "session_state", session)
    memory._heard()
    return session


def test_a_widget_that_left_the_page_comes_back_as_it_was():
    test = page()
    test.text_input(key="name").set_value("王规划").run()
    test.selectbox(key="one").set_value("b").run()
    test.session_state["shown"] = False
    test.run()
    test.session_state["shown"] = True
    test.run()
    assert not test.exception
    assert test.selectbox(key="one").value == "b"
    assert test.text_input(key="name").value == "王规划"


@pytest.mark.parametrize("place", ["memory", "widget"])
def test_what_does_not_fit_any_more_is_forgotten(place):
    test = AppTest.from_string(SCRIPT, default_timeout=60)
    given = {"one": "gone", "name": "x" * 1000}
    if place == "memory":
        test.session_state["memory_values"] = given
    else:
        for key, value in given.items():
            test.session_state[key] = value
    test.run()
    assert not test.exception
    assert test.selectbox(key="one").value == "a"
    assert test.text_input(key="name").value == ""


def test_a_widget_begins_with_what_the_browser_kept(monkeypatch):
    session = heard(monkeypatch, {"name": "王规划", "one": "b"}, name="", memory_asked={"name"}, memory_values={"name": ""})
    assert session["name"] == "王规划"
    assert session["memory_values"] == {"name": "王规划", "one": "b"}
    assert "one" not in session  # no widget yet


def test_the_browser_changes_no_other_state(monkeypatch):
    session = heard(monkeypatch, {"own_files": "x", "memory_asked": True}, own_files={"grids": 1}, memory_asked={"name"})
    assert session["own_files"] == {"grids": 1}
    assert session["memory_asked"] == {"name"}


@settings(max_examples=60, deadline=None)
@given(kept=json_values)
def test_whatever_the_browser_says_only_texts_and_truth_values_are_kept(kept):
    with pytest.MonkeyPatch.context() as patch:
        session = heard(patch, kept, name="", memory_asked={"name"})
    assert isinstance(session["name"], str | bool)
    assert all(isinstance(value, bool) or memory.is_text(value) for value in session.get("memory_values", {}).values())


def test_it_remembers_the_choices_used_last(monkeypatch):
    session = Session({f"key{number}": str(number) for number in range(memory.MOST_VALUES + 5)})
    monkeypatch.setattr(memory.st, "session_state", session)
    for key in list(session):
        if key.startswith("key"):
            memory.recall(key, memory.is_text)
    assert list(session["memory_values"]) == [f"key{number}" for number in range(5, memory.MOST_VALUES + 5)]
