"""The live screen: events as they come in, on the map and by grid; on the demo town, its later events played on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap import hierarchy, maps, messages, store
from gridmap.api import LIVE, served
from gridmap.api.served import CLOSED, OPEN
from gridmap.maps import palette
from gridmap.ui import address, large, mapping, parts, recent, replay, state
from gridmap.ui.parts import text

HEIGHT = "max(560px, calc(100vh - 23rem))"
REFRESH_S = 2.0
AGES = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7), "all": None}
USUAL_AGE = "7d"
ANY = "all"
MOST_ON_MAP = 5_000
NEWEST = 50
NO_CODE = "—"  # as the map writes what an event lacks
DETAILS = ("category", "subcategory", "status", "severity", "reported_at", "due_at", "channel", "area", "address", "text")


@dataclass(frozen=True)
class View:
    """Which events the page shows: of a category and a state (all when None), and how old at most (any age when None)."""

    category: str | None
    state: str
    age: str

    def of(self, events: gpd.GeoDataFrame, now: pd.Timestamp) -> gpd.GeoDataFrame:
        """Return the events chosen; one without a time has no age and is in no limited view."""
        if self.category is not None:
            events = events[events["category"] == self.category]
        if self.state == OPEN:
            events = events[is_open(events)]
        elif self.state != ANY:
            events = events[events["status"] == self.state]
        age = AGES[self.age]
        return events if age is None else events[events["reported_at"] > now - age]


@dataclass(frozen=True)
class First:
    """Where the map of a view begins: the row id after which it is told of events, whether older ones are left out, and the moment then."""

    row: int
    cut: bool
    now: pd.Timestamp


def is_open(events: pd.DataFrame) -> pd.Series:
    """Tell which events are not closed yet."""
    if "status" not in events:
        return pd.Series(data=True, index=events.index)
    return ~events["status"].isin(list(CLOSED))


def moment(settings: Mapping[str, str], events: pd.DataFrame) -> pd.Timestamp:
    """Return the moment from which ages count: now, or where the project's clock stands still, its newest event."""
    if "now" not in settings:
        return pd.Timestamp.now(tz="UTC")
    return max([pd.Timestamp(settings["now"]), *events["reported_at"].dropna().nlargest(1)])


def page() -> None:
    """Show the screen."""
    opened = parts.require_open(text("page.live"))
    project = served.project()
    if opened.own or project is None:
        st.info(text("live.needs_project"), icon=":material/info:")
        return
    parts.needs(opened, "grids", "events")
    view = choose(opened)
    left, right = parts.map_and_table()
    with left:
        clicked = show_map(opened, project, view)
    with right:
        board(opened.ground, project, view, clicked)


def choose(opened: state.Opened) -> View:
    """Show the filters, and return what they say."""
    found = opened.tables["events"]
    states = [ANY, OPEN, *map(str, found["status"].value_counts().index)] if "status" in found else [ANY]
    with parts.choices():
        category = parts.category_filter(opened)
        chosen = address.choice("state", states, label=text("live.state"), word=state_word)
        age = address.choice("age", list(AGES), label=text("live.age"), word=age_word, default=USUAL_AGE, buttons=True)
    return View(category, chosen, age)


def state_word(name: str) -> str:
    """Return the word for a choice of states."""
    return text(f"live.state.{name}") if name in {ANY, OPEN} else messages.term("status", name, address.lang())


def age_word(name: str) -> str:
    """Return the word for a choice of ages."""
    return text(f"live.age.{name}")


def minutes(name: str) -> int:
    """Return a choice of ages in minutes, 0 for any."""
    age = AGES[name]
    return 0 if age is None else int(age.total_seconds() // 60)


def within(chosen: str) -> list[str]:
    """Return the ages up to the one chosen, which are those the map can show: of older events it was not told."""
    names = list(AGES)
    return names[: names.index(chosen) + 1]


def show_map(opened: state.Opened, project: store.Address, view: View) -> str | None:
    """Show the grids with the events that come in, and return the id of what was clicked last, None before."""
    from gridmap.ui import component

    lang, ground, found = address.lang(), opened.ground, recent.events(project)
    first = first_row(project, view, opened.settings)
    live = component.Live(
        url=feed_address(project, view, first.row),
        **marked(found, view, lang),
        states=tuple((name, messages.term("status", name, lang)) for name in names(found, "status") if _shown(name, view.state)),
        since_minutes=minutes(view.age),
        ages=tuple((minutes(name), age_word(name)) for name in within(view.age)),
        clock_ms=int(first.now.timestamp() * 1000) if "now" in opened.settings else None,
    )
    outlines = grid_layers(ground, lang)
    chosen = component.show(
        [*mapping.basemaps(lang), *mapping.context(ground, lang), *large.small(outlines)],
        key="live",
        title=f"{opened.title(lang)} · {text('page.live')}",
        lang=lang,
        options=component.Options(
            source=parts.source_name(opened, lang), synthetic=opened.synthetic, height=HEIGHT, live=live, tiles=large.tiles(outlines)
        ),
    )
    if first.cut:
        st.caption(text("live.cut", most=f"{MOST_ON_MAP:,}"))
    parts.source_line(opened, state.EVERY_EVENT)
    return chosen.clicked.id if chosen.clicked is not None else None


def feed_address(project: store.Address, view: View, since: int) -> str:
    """Return the address of the feed that tells of the events of a view after a row."""
    asked = {"project": store.stem(project), "since": str(since)}
    asked |= {} if view.category is None else {"category": view.category}
    asked |= {} if view.state == ANY else {"state": view.state}
    prefix = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{f'/{prefix}' if prefix else ''}{LIVE}?{urlencode(asked)}"


def marked(found: pd.DataFrame, view: View, lang: str) -> dict[str, Any]:
    """Return the categories of a view and their marks, as the map takes them: a category looks as it does on every other page."""
    order, marks = maps.category_order(found), palette.marks()
    every = [
        (name or NO_CODE, messages.term("category", name or state.UNCATEGORISED, lang), marks[min(rank, len(marks) - 1)])
        for rank, name in enumerate(order)
    ]
    chosen = [entry for entry in every if view.category in {None, entry[0]}]
    left_over = marks[min(len(every), len(marks) - 1) :]
    return {"categories": tuple((code, word) for code, word, _ in chosen), "marks": [*(mark for *_, mark in chosen), *left_over]}


def names(found: pd.DataFrame, column: str) -> list[str]:
    """Return the values of a column in order, none where there is no such column."""
    return sorted(map(str, found[column].dropna().unique())) if column in found else []


def _shown(step: str, chosen: str) -> bool:
    return chosen in {ANY, step} or (chosen == OPEN and step not in CLOSED)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=state.KEYS)
def grid_layers(ground: state.Opened, lang: str) -> list[large.Layer]:
    """Return the layers that stay while events come in."""
    return [large.grids_layer(ground.tables["grids"], lang=lang)]


def first_row(project: store.Address, view: View, settings: Mapping[str, str]) -> First:
    """Return where the map begins, the same while the view is.

    The address of the feed follows from it: were it to move with the clock, the map would begin anew with every run of the page.
    """
    key = (store.full(project), store.version(project).opening, view)
    held: dict[tuple[str, int, View], First] = st.session_state.setdefault("live_since", {})
    if key not in held:
        found = recent.events(project)
        now = moment(settings, found)
        asked = view.of(found, now)
        kept = asked.iloc[-MOST_ON_MAP:]
        held[key] = First(int(kept["row_id"].min()) - 1 if len(kept) else _last_row(found), len(kept) < len(asked), now)
    return held[key]


def _last_row(found: gpd.GeoDataFrame) -> int:
    return int(found["row_id"].iloc[-1]) if len(found) else 0


@st.fragment(run_every=REFRESH_S)
def board(ground: state.Opened, project: store.Address, view: View, clicked: str | None) -> None:
    """Show figures, counts by grid, details and the replay's switch, all kept up to date."""
    found = recent.events(project)
    now = moment(ground.settings, found)
    shown = view.of(found, now)
    owners = recent.owners(project)
    switch(project)
    figures(shown, ground)
    counts, newest = st.tabs([text("by_grid"), text("live.newest_events")])
    with counts:
        columns: dict[str, parts.Heading] = {
            "name": text("column.name"),
            "events": text("column.events"),
            "open": text("column.open"),
            "dedicated": st.column_config.NumberColumn(text("column.dedicated"), help=text("of_which")),
            "grid_code": text("column.grid_code"),
        }
        parts.table(by_grid(shown, owners, ground.tables["grids"]), columns, name="live_grids", height=320)
    with newest:
        list_newest(shown, owners, clicked if clicked in ground.tables["grids"].index else None)
    details(found, owners, st.session_state.get("live_chosen") or clicked)


def figures(shown: gpd.GeoDataFrame, ground: state.Opened) -> None:
    """Show how many events the filters leave, how many of them are open, and when the newest was reported."""
    times = shown["reported_at"].dropna()
    zone = ground.settings.get("timezone", "Asia/Shanghai")
    newest = "—" if times.empty else f"{times.max().tz_convert(zone):%Y-%m-%d %H:%M}"
    without = len(shown) - len(state.with_place(shown))
    first, second = st.columns(2)
    first.metric(text("metric.events"), f"{len(shown):,}", help=text("live.without", without=f"{without:,}"))
    second.metric(text("live.open"), f"{int(is_open(shown).sum()):,}")
    st.caption(text("live.newest", time=newest))


def by_grid(shown: gpd.GeoDataFrame, owners: pd.DataFrame, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count events on the lowest base grids, those with the most first; `dedicated` counts those of them inside dedicated grids.

    Parameters
    ----------
    shown
        Events, any of those in `owners`.
    owners
        Codes of the `dedicated` and of the `base` grid of every event, on its index.
    grids
        Grids of all levels.
    """
    tier = hierarchy.tier(grids)
    here = owners.loc[shown.index]
    base = here["base"]
    counts = {"events": base, "open": base[is_open(shown)], "dedicated": base[here["dedicated"].notna()]}
    columns = {name: codes.value_counts().reindex(tier.index, fill_value=0).astype(int) for name, codes in counts.items()}
    table = pd.DataFrame({"name": tier["name"], **columns}, index=tier.index)
    return table.sort_values(["events", "open"], ascending=False, kind="stable")


def list_newest(shown: gpd.GeoDataFrame, owners: pd.DataFrame, grid: str | None) -> None:
    """List the newest events, those of one grid where one was clicked on the map; the row chosen is remembered by its event."""
    if grid is not None:
        here = owners.loc[shown.index]
        shown = shown[(here["base"] == grid) | (here["dedicated"] == grid)]
        st.caption(text("live.of_grid", grid=parts.plain(grid)))
    listed = shown.sort_values("reported_at", ascending=False, kind="stable").head(NEWEST)
    lang = address.lang()
    columns = {"reported_at": listed["reported_at"].dt.strftime("%m-%d %H:%M")}
    columns |= {
        name: listed[name].map(lambda value, kind=name: messages.term(kind, value, lang), na_action="ignore") for name in _coded(listed)
    }
    labels = list(listed.index)

    def remember() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        st.session_state["live_chosen"] = labels[rows[0]] if rows else None

    # Another list is another widget: a mark on a row would stay where it is while the events move on.
    key = f"live_newest_{state.digest(*labels)[:12]}"
    st.dataframe(
        pd.DataFrame(columns).reset_index(),
        hide_index=True,
        height=320,
        column_config={"event_id": text("column.code")} | {name: text(f"live.field.{name}") for name in columns},
        on_select=remember,
        selection_mode="single-row",
        key=key,
        placeholder="—",
    )


def _coded(events: pd.DataFrame) -> list[str]:
    return [name for name in ("category", "status") if name in events]


def details(found: gpd.GeoDataFrame, owners: pd.DataFrame, clicked: str | None) -> None:
    """Show what is known of the event clicked on the map, or how to choose one."""
    if clicked is None or clicked not in found.index:
        st.caption(text("live.click"))
        return
    event, lang = found.loc[clicked], address.lang()
    lines = [f"**{text('live.details')}** {parts.plain(clicked)}"]
    for name in DETAILS:
        if name not in found or pd.isna(event[name]):
            continue
        value = event[name]
        said = f"{value:%Y-%m-%d %H:%M}" if isinstance(value, pd.Timestamp) else messages.term(name, value, lang)
        lines.append(f"- {text(f'live.field.{name}')}: {parts.plain(' '.join(said.split()))}")
    where = [code for code in owners.loc[clicked, ["dedicated", "base"]] if code is not None]
    lines.append(f"- {text('column.in_grid')}: {parts.plain(' / '.join(where)) if where else '—'}")
    with st.container(border=True):
        st.markdown("\n".join(lines))


def switch(project: store.Address) -> None:
    """Show the switch of the replay and how far it is; nothing where the project has no later events."""
    playing = replay.of(project)
    if playing is None:
        return
    progress = playing.progress()
    # The switch shows the one replay of all sessions, whoever turned it.
    st.session_state["replay_on"] = progress.running
    st.session_state.setdefault("replay_speed", progress.speed)
    with st.container(border=True):
        st.toggle(
            text("live.replay"),
            key="replay_on",
            disabled=progress.finished,
            help=text("live.replay_help"),
            on_change=turn,
            args=(playing,),
        )
        st.selectbox(text("live.speed"), replay.SPEEDS, key="replay_speed", format_func=speed_word, on_change=turn, args=(playing,))
        said = text("live.clock", clock=f"{progress.clock:%Y-%m-%d %H:%M}", played=f"{progress.played:,}", total=f"{progress.total:,}")
        st.caption(f"{said} {text('live.finished')}" if progress.finished else said)
        if progress.error is not None:
            st.error(parts.plain(progress.error.text(address.lang())))


def turn(playing: replay.Replay) -> None:
    """Start or stop the replay as the switch says, at the speed chosen."""
    if st.session_state["replay_on"]:
        playing.start(st.session_state["replay_speed"])
    else:
        playing.stop()


def speed_word(speed: int) -> str:
    """Return the word for a speed."""
    hours = speed / 3600
    return text("live.speed_hours", hours=f"{hours:g}") if hours >= 1 else text("live.speed_minutes", minutes=f"{speed / 60:g}")
