"""What the page of plans works on: the project, its plans, the one chosen, and the state of it that this session has seen."""

import datetime
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TypeVar

import pandas as pd
import streamlit as st

from gridmap import messages, store
from gridmap.plan import Plan
from gridmap.ui import address, memory, state

R = TypeVar("R")
ROLE = "planner"
MOST_HELD = 24  # plans in memory; those that follow each other share nearly all of their polygons
_SEEN = "plan_seen"
_ACTOR = "plan_actor"


@dataclass(frozen=True)
class Desk:
    """What one run of the page works on.

    Attributes
    ----------
    project
        As the store takes it.
    opened
        All tables of the project but its events.
    plans
        What `store.list_plans` returned.
    plan_id
        The plan chosen.
    revision
        The state of it that this session has seen: what an edit builds on.
    """

    project: str
    opened: state.Opened
    plans: pd.DataFrame
    plan_id: int
    revision: int

    @property
    def row(self) -> pd.Series:
        """The plan chosen, as it is listed."""
        return self.plans.loc[self.plan_id]

    @property
    def is_draft(self) -> bool:
        """Whether it may be edited."""
        return bool(self.row["state"] == "draft")

    @property
    def is_stale(self) -> bool:
        """Whether somebody went on with it since."""
        return self.revision != int(self.row["revision"])

    @cached_property
    def edits(self) -> pd.DataFrame:
        """The edits of the plan chosen, as this session has seen them."""
        found = store.edits(self.project, self.plan_id)
        return found[found.index <= self.revision]

    @cached_property
    def plan(self) -> Plan:
        """The plan chosen, as this session has seen it."""
        return read(self.project, self.plan_id, self.revision)

    @property
    def based_on(self) -> int | None:
        """The plan that it was begun from."""
        found = self.row["based_on"]
        return None if pd.isna(found) or found not in self.plans.index else int(found)

    @cached_property
    def before(self) -> Plan | None:
        """The plan chosen, as it was before the last edit; None where there was none."""
        return read(self.project, self.plan_id, self.revision - 1) if self.revision else None

    def newest(self, plan_id: int) -> Plan:
        """Return another plan as it stands."""
        return read(self.project, plan_id, int(self.plans["revision"][plan_id]))

    def mark(self, plan_id: int | None = None) -> tuple[Hashable, ...]:
        """Return what tells the content of a plan from every other: the key of every cache; the one chosen by default."""
        chosen = self.plan_id if plan_id is None else plan_id
        revision = self.revision if plan_id is None else int(self.plans["revision"][plan_id])
        return (*_place(self.project), chosen, revision)

    def kept(self, name: str) -> str:
        """Return the name under which a tab of the browser keeps a map of this project."""
        return f"{name}.{state.digest(self.project)[:12]}"

    @property
    def today(self) -> datetime.date:
        """Today, or where the project's clock stands still, its day."""
        return state.today(self.opened)


class Shelf:
    """The plans used last, by what they are."""

    def __init__(self) -> None:
        self._plans: OrderedDict[tuple[Hashable, ...], Plan] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[Hashable, ...]) -> Plan | None:
        """Return a plan, None where it is not kept."""
        with self._lock:
            found = self._plans.get(key)
            if found is not None:
                self._plans.move_to_end(key)
            return found

    def put(self, key: tuple[Hashable, ...], plan: Plan) -> None:
        """Keep a plan; the one asked for longest ago leaves."""
        with self._lock:
            self._plans[key] = plan
            self._plans.move_to_end(key)
            while len(self._plans) > MOST_HELD:
                self._plans.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _shelf() -> Shelf:
    return Shelf()


def read(project: str, plan_id: int, revision: int) -> Plan:
    """Return a plan as it stood at a revision; from memory where it was read or made before."""
    key = (*_place(project), plan_id, revision)
    found = _shelf().get(key)
    if found is None:
        found = store.read_plan(project, plan_id, revision=revision)
        _shelf().put(key, found)
    return found


def keep(project: str, plan_id: int, revision: int, plan: Plan) -> None:
    """Keep in memory what was just saved."""
    _shelf().put((*_place(project), plan_id, revision), plan)


def _place(project: str) -> tuple[Hashable, ...]:
    return project, store.version(project).opening


def seen(project: str, plan_id: int, newest: int) -> int:
    """Return the state of a plan that this session has seen; the newest one at first."""
    known: dict[tuple[str, int], int] = st.session_state.setdefault(_SEEN, {})
    return known.setdefault((project, plan_id), newest)


def look_at(project: str, plan_id: int, revision: int) -> None:
    """Go on from another state of a plan."""
    st.session_state.setdefault(_SEEN, {})[project, plan_id] = revision


def actor_entry() -> None:
    """Show the line for the name of whoever works on this page; it stays when another screen is visited or the page is loaded again."""
    memory.recall(_ACTOR, memory.is_text)
    st.text_input(text("actor"), key=_ACTOR, max_chars=40, placeholder=text("actor_example"), width=170, help=text("actor_help"))


def actor() -> store.Actor | None:
    """Return who works on this page, None until a name is given."""
    name = str(st.session_state.get(_ACTOR) or "").strip()
    return store.Actor(name, ROLE) if name else None


def text(key: str, **values: object) -> str:
    """Return the text `planning.<key>` in the language of this view."""
    return messages.text(f"planning.{key}", address.lang(), **values)


@st.cache_resource(show_spinner=False)
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "gridmap-plans")


def steady(work: Callable[[], R]) -> R:
    """Do work in a thread that stays: PROJ makes its transformations anew in every thread, and each run of a page is a new one."""
    return _thread().submit(work).result()
