"""What a session has open: the project the server was started with, or the files its user gave."""

import datetime
import hashlib
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from threading import Lock
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap import crs, store
from gridmap.errors import GridmapWarning, StoreError
from gridmap.ui import recent
from gridmap.ui.serve import PROJECT_VARIABLE

R = TypeVar("R")

UNCATEGORISED = "uncategorised"

# What changes with every report, every step and every edit of a draft: no table that a page has open in this way.
APPENDED = ("events", "audit", "steps", "plans")
_OWN = "own_files"
SERVER = store.Actor("gridmap", "server")
_days: dict[store.Address, datetime.date] = {}  # on which it was seen to that the right boundaries are in force
_warnings_lock = Lock()


@dataclass(frozen=True)
class Opened:
    """The open tables, all in the CRS of the grids, and a digest that changes with their content (the key of every cache).

    `still` is the digest of all tables but the events; "" where they are not apart.
    """

    tables: Mapping[str, gpd.GeoDataFrame]
    settings: Mapping[str, str]
    digest: str
    own: bool
    still: str = ""

    @property
    def ground(self) -> "Opened":
        """All tables but the events: what is drawn of it stays drawn while events come in."""
        tables = {name: frame for name, frame in self.tables.items() if name != "events"}
        return Opened(tables, self.settings, self.still or self.digest, self.own)

    @property
    def grids(self) -> gpd.GeoDataFrame | None:
        """The grids of every level, or None."""
        return self.tables.get("grids")

    @property
    def events(self) -> gpd.GeoDataFrame | None:
        """All events, those without a place among them, or None."""
        return self.tables.get("events")

    @property
    def located(self) -> gpd.GeoDataFrame | None:
        """The events that have a place, or None."""
        return None if self.events is None else with_place(self.events)

    @property
    def synthetic(self) -> bool:
        """Whether the data are invented, which every view must say."""
        return self.settings.get("synthetic") == "true"

    def title(self, lang: str) -> str:
        """Return the project's title, in the other language where this one has none."""
        return self.settings.get(f"title_{lang}") or self.settings.get("title_zh") or self.settings.get("title_en") or ""


@dataclass(frozen=True)
class Own:
    """One table read from a file the user gave."""

    frame: gpd.GeoDataFrame
    name: str
    digest: str
    warnings: list[GridmapWarning] = field(default_factory=list)


def opened() -> Opened | None:
    """Return what is open: the user's own files if there are any, else the server's project, else None.

    Raises
    ------
    GridmapError
        If the project cannot be read.
    """
    if own := own_files():
        return join(own)
    named = os.environ.get(PROJECT_VARIABLE)
    if not named:
        return None
    project = store.address(named)
    found = _project(project)
    return _project(project) if _day_has_come(project, today(found)) else found


def today(opened: Opened) -> datetime.date:
    """Return the day on which the project stands, as the store has it."""
    return datetime.date.fromisoformat(store.day_of(opened.settings))


def _day_has_come(project: store.Address, day: datetime.date) -> bool:
    """Let the plan that holds on a day be in force, asked once for each day; tell whether boundaries changed."""
    if _days.get(project) == day:
        return False
    try:
        changed = store.bring_into_force(project, at=day, actor=SERVER) is not None
    except StoreError:  # a project that cannot be written is shown as it is
        return False
    _days[project] = day
    return changed


def _project(project: store.Address) -> Opened:
    """Return the server's project: its tables read anew when one of them changed, its events added to as they come in."""
    try:
        version, changes = store.version(project), store.last_changes(project)
    except StoreError:
        return _read_project(store.full(project), "")  # which says what is wrong
    stated = sorted((name, at) for name, at in changes.items() if name not in APPENDED)
    if "events" in changes:
        try:
            events, unstated = recent.events(project), recent.unstated(project)
        except StoreError:  # no table that can be added to
            return _read_project(store.full(project), digest(project, version))
        read = _read_project(store.full(project), digest(project, version.opening, stated, unstated), without_rows=("events",))
        return _with_events(digest(read.digest, len(events), version), read, events)
    if "plans" in changes:
        return _read_project(store.full(project), digest(project, version.opening, stated))
    return _read_project(store.full(project), digest(project, version))


def own_files() -> dict[str, Own]:
    """Return this session's own tables by name; the caller may add and remove."""
    held: dict[str, Own] = st.session_state.setdefault(_OWN, {})
    return held


def noted(call: Callable[[], R]) -> tuple[R, list[GridmapWarning]]:
    """Return what `call` returns and the warnings it gave, so that a cache keeps both."""
    # Python's record of warnings is one for the whole process: sessions take turns.
    with _warnings_lock, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GridmapWarning)
        result = call()
    return result, [entry.message for entry in caught if isinstance(entry.message, GridmapWarning)]


def digest(*parts: object) -> str:
    """Return one text that changes when any of `parts` does."""
    return hashlib.sha256("\x1f".join(map(repr, parts)).encode()).hexdigest()


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_project(named: str, content: str, without_rows: tuple[str, ...] = ()) -> Opened:
    project = store.read_project(named, without_rows=without_rows)  # it may be appended to meanwhile
    tables = {name: frame for name, frame in project.tables.items() if isinstance(frame, gpd.GeoDataFrame)}
    if "themes" in project.tables:
        tables["themes"] = project.tables["themes"]
    return Opened(_aligned(tables), dict(project.settings), content, own=False)


@st.cache_resource(max_entries=2, show_spinner=False)
def _with_events(content: str, _read: Opened, _events: gpd.GeoDataFrame) -> Opened:
    grids = {"grids": _read.grids} if _read.grids is not None else {}
    events = _aligned({**grids, "events": _events.drop(columns="row_id")})["events"]
    return Opened({**_read.tables, "events": events}, _read.settings, content, own=False, still=_read.digest)


def join(own: Mapping[str, Own]) -> Opened:
    """Return own tables as one project.

    Raises
    ------
    GridmapError
        If their coordinate reference systems do not go together.
    """
    return _aligned_own(tuple(own), tuple(table.digest for table in own.values()), own)


@st.cache_resource(max_entries=16, show_spinner=False)
def _aligned_own(names: tuple[str, ...], digests: tuple[str, ...], _own: Mapping[str, Own]) -> Opened:
    shown = ", ".join(dict.fromkeys(_own[name].name for name in names))
    settings = {"source": shown, "title_zh": shown, "title_en": shown}
    return Opened(_aligned({name: _own[name].frame for name in names}), settings, digest(*names, *digests), own=True)


def _aligned(tables: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Bring every table to the CRS of the grids: the functions the pages call compare only frames of one CRS."""
    grids = tables.get("grids")
    result = dict(tables)
    records = tables.get("themes")
    if records is not None and not isinstance(records, gpd.GeoDataFrame):  # they lie where their buildings do
        result["themes"] = gpd.GeoDataFrame(records, geometry=[None] * len(records), crs=None if grids is None else grids.crs)
    if grids is not None:
        result = {name: crs.transform(frame, grids.crs) for name, frame in result.items()}
    if "events" in result:
        if grids is not None:
            crs.require_not_swapped(result["events"], grids, "events")
        result["events"] = _complete(result["events"])
    return result


def _complete(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events with a category and a time each: files of points alone have neither."""
    category = events["category"].astype("string") if "category" in events else pd.Series(pd.NA, index=events.index, dtype="string")
    times = events["reported_at"] if "reported_at" in events else pd.Series(pd.NaT, index=events.index, dtype="datetime64[us, UTC]")
    return events.assign(category=category.fillna(UNCATEGORISED), reported_at=times)


def days(events: pd.DataFrame) -> tuple[datetime.date, datetime.date] | None:
    """Return the first and the last day of report, or None where no event has a time."""
    times = events["reported_at"].dropna()
    return None if times.empty else (times.min().date(), times.max().date())


def with_place(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events that have a place."""
    return events[~(events.geometry.isna() | events.geometry.is_empty)]


@dataclass(frozen=True)
class Selection:
    """Which events a view takes: those of a category (all when None) and of a period (all when None), both days included."""

    category: str | None = None
    period: tuple[datetime.date, datetime.date] | None = None

    def of(self, opened: Opened) -> gpd.GeoDataFrame:
        """Return the events selected; one without a time is in no period."""
        events = opened.tables["events"]
        if self.category is not None:
            events = events[events["category"] == self.category]
        if self.period is not None:
            day = events["reported_at"].dt.date
            events = events[(day >= self.period[0]) & (day <= self.period[1])]
        return events

    def text(self, opened: Opened) -> str:
        """Return the period as text: the one chosen, else from the first to the last event, "" where none has a time."""
        return period_text(self.period or days(opened.tables["events"]))


EVERY_EVENT = Selection()


def period_text(period: tuple[datetime.date, datetime.date] | None) -> str:
    """Return two days as one text, "" for none."""
    return "" if period is None else f"{period[0]} – {period[1]}"


# How caches tell tables apart: by the digest of their content.
KEYS: dict[str | type, Callable[[Any], str]] = {Opened: attrgetter("digest"), Own: attrgetter("digest")}
