"""The live screen's logic and the replay: which events are shown, what is counted, and what one session's switch does to all."""

import sys
import time
import types
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from streamlit.testing.v1 import AppTest

from gridmap import files, maps, store
from gridmap.api import PROJECT_VARIABLE
from gridmap.errors import StoreError
from gridmap.maps import palette
from gridmap.ui import live, recent, replay, state
from gridmap.ui.component.options import Live, Options

NOW = pd.Timestamp("2021-12-31 17:00", tz="Asia/Shanghai")
ACTOR = store.Actor("test", "test")
SHOWN: list[dict] = []


@pytest.fixture(autouse=True)
def component(monkeypatch):
    """In place of the map: what was asked of it, and what was clicked."""
    SHOWN.clear()
    stub = types.ModuleType("gridmap.ui.component")
    stub.clicked = None

    def show(layers, **asked):
        SHOWN.append({"layers": layers, **asked})
        clicked = None if stub.clicked is None else types.SimpleNamespace(id=stub.clicked)
        return types.SimpleNamespace(clicked=clicked)

    stub.Live, stub.Options, stub.show = Live, Options, show
    monkeypatch.setitem(sys.modules, "gridmap.ui.component", stub)
    import gridmap.ui

    monkeypatch.setattr(gridmap.ui, "component", stub, raising=False)
    yield stub
    replay.close()
    store.close()


def reports(prefix: str, times: list[pd.Timestamp], places: list[tuple[float, float] | None], **columns: object) -> gpd.GeoDataFrame:
    index = pd.Index([f"{prefix}{number}" for number in range(len(times))], name="event_id", dtype="str")
    shapes = [None if place is None else shapely.Point(place) for place in places]
    given = {"category": "litter", "status": "reported", "reported_at": times, **columns}
    return gpd.GeoDataFrame(given, index=index, geometry=shapes, crs="EPSG:4548")


@pytest.fixture
def project(tmp_path, monkeypatch, two_tiers) -> Path:
    """Two tiers, four events of the last days and four later ones an hour apart."""
    ages = [pd.Timedelta(days=30), pd.Timedelta(days=2), pd.Timedelta(hours=3), pd.Timedelta(minutes=5)]
    places = [(10, 10), (50, 50), (150, 50), None]
    events = reports("e", [NOW - age for age in ages], places, category=["litter", "hazard", "litter", "litter"])
    events = events.assign(status=["archived", "reported", "handled", "reported"])
    later = reports("n", [NOW + pd.Timedelta(hours=hour) for hour in (1, 2, 3, 4)], [(250, 50), (50, 50), (350, 50), (10, 10)])
    path = tmp_path / "town.gpkg"
    about = {"title_zh": "示例", "now": NOW.isoformat(), "synthetic": "true"}
    files.write_project({"grids": two_tiers, "events": events, "later": later}, path, settings=about)
    monkeypatch.setenv(PROJECT_VARIABLE, str(path))
    return path


def shown(**parameters: str) -> AppTest:
    test = AppTest.from_string("from gridmap.ui import live\nlive.page()", default_timeout=60)
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def figures(test: AppTest) -> list[str]:
    return [metric.value for metric in test.metric]


def counts(test: AppTest) -> dict[str, list[int]]:
    table = test.dataframe[0].value.set_index("grid_code")
    return {code: row.tolist() for code, row in table[["events", "open", "dedicated"]].iterrows()}


def asked() -> tuple[dict[str, str], Live]:
    """Return the query of the feed's address, and all that was asked of the map."""
    given = SHOWN[-1]["options"].live
    assert urlsplit(given.url).path == "/gridmap/live"
    return {name: values[0] for name, values in parse_qs(urlsplit(given.url).query).items()}, given


# What is shown


def test_the_page_counts_by_grid_what_the_filters_leave(project):
    test = shown(age="all")
    assert figures(test) == ["4", "3"]
    assert "最近上报：2021-12-31 16:55" in [caption.value for caption in test.caption]
    assert counts(test) == {"A1": [2, 1, 1], "A2": [1, 1, 0], "B1": [0, 0, 0], "B2": [0, 0, 0]}
    assert figures(shown(age="24h"))[:2] == ["2", "2"]
    assert figures(shown(age="1h"))[:2] == ["1", "1"]
    assert counts(shown(age="all", state="open"))["A1"] == [1, 1, 1]
    assert counts(shown(age="all", state="handled"))["A2"] == [1, 1, 0]
    assert counts(shown(age="all", category="hazard"))["A1"] == [1, 1, 1]


def test_the_map_is_told_from_the_first_event_of_the_view(project):
    shown(age="all")
    assert asked()[0] == {"project": "town", "since": "0"}
    shown(age="24h", state="open", category="litter")
    query, given = asked()
    assert query == {"project": "town", "since": "2", "category": "litter", "state": "open"}
    assert [name for name, _ in given.categories] == ["litter"]
    assert given.marks[0] == palette.marks()[0]
    assert [name for name, _ in given.states] == ["handled", "reported"]
    # The town's clock stands still: the browser counts ages from it.
    assert (given.since_minutes, given.clock_ms) == (24 * 60, NOW.timestamp() * 1000)


def test_the_map_offers_the_ages_it_was_told_of_in_the_words_of_the_page(project):
    shown(age="24h", lang="en")
    assert asked()[1].ages == ((60, "last hour"), (1440, "last 24 h"))
    shown(age="all", lang="en")
    assert [minutes for minutes, _ in asked()[1].ages] == [60, 1440, 10080, 0]
    assert asked()[1].since_minutes == 0


def test_a_category_looks_as_it_does_on_the_start_page(project):
    store.append_events(project, reports("x", [NOW], [(250, 50)], category="bin"), actor=ACTOR)
    drawn = maps.events_layer(state.opened().events, lang="en").legend.entries
    expected = {entry.label: (entry.style["fillColor"], entry.style["shape"]) for entry in drawn}
    assert list(expected) == ["litter", "hazard", "bin"]
    shown(age="all")
    given = asked()[1]
    assert marks_of(given) == expected
    # A category of tomorrow takes the next mark, and one after the last shares it.
    assert given.marks == palette.marks()
    shown(age="all", category="hazard")
    assert marks_of(asked()[1]) == {"hazard": expected["hazard"]}


def test_events_without_a_category_keep_their_mark(project):
    found = recent.events(project).assign(category=["litter", None, "hazard", "litter"])
    given = live.marked(found, live.View(None, "all", "all"), "zh")
    assert given == {"categories": (("litter", "litter"), ("—", "未分类"), ("hazard", "hazard")), "marks": palette.marks()}
    many = found.assign(category=["c0", "c1", "c2", "c3"])
    many = pd.concat([many.assign(category=many["category"] + letter) for letter in "abc"])
    given = live.marked(many, live.View(None, "all", "all"), "zh")
    assert given["marks"] == [*palette.marks(), *palette.marks()[-1:] * 5]
    assert live.marked(many, live.View("c3c", "all", "all"), "zh")["marks"][0] == palette.marks()[-1]
    assert live.marked(found.iloc[:0], live.View(None, "all", "all"), "zh") == {"categories": (), "marks": palette.marks()}


def marks_of(given: Live) -> dict[str, tuple[str, str]]:
    """Return what the map makes of categories and marks: one belongs to the other by its place."""
    return {name: (mark["fillColor"], mark["shape"]) for (name, _), mark in zip(given.categories, given.marks, strict=False)}


def test_the_map_stays_as_it_is_while_events_come_in(project):
    test = shown(age="24h")
    before = asked()[0], [layer.parts for layer in SHOWN[-1]["layers"]]
    store.append_events(project, reports("x", [NOW + pd.Timedelta(minutes=1)], [(250, 50)]), actor=ACTOR)
    test.run()
    assert figures(test)[0] == "3"
    assert counts(test)["B1"] == [1, 1, 0]
    assert (asked()[0], [layer.parts for layer in SHOWN[-1]["layers"]]) == before
    assert len(SHOWN) == 2


def test_a_clicked_grid_lists_its_events_and_a_clicked_event_its_details(project, component):
    component.clicked = "D"
    test = shown(age="all", lang="en")
    assert "events of grid D alone" in " ".join(caption.value for caption in test.caption)
    assert test.dataframe[1].value["event_id"].tolist() == ["e1"]
    component.clicked = "e2"
    said = " ".join(element.value for element in shown(age="all", lang="en").markdown)
    assert "e2" in said
    assert "handled" in said
    assert "A2" in said


def test_own_files_have_no_live_screen(monkeypatch):
    monkeypatch.delenv(PROJECT_VARIABLE, raising=False)
    assert "gridmap demo" in shown().info[0].value


def test_without_a_clock_that_stands_still_ages_count_from_now(project, two_tiers):
    events = reports("e", [pd.Timestamp.now(tz="UTC") - pd.Timedelta(minutes=30), NOW], [(10, 10), (10, 10)])
    files.write_project({"grids": two_tiers, "events": events}, project, settings={"title_zh": "示例"})
    test = shown(age="1h")
    assert figures(test)[0] == "1"
    assert (asked()[1].since_minutes, asked()[1].clock_ms) == (60, None)
    assert not test.toggle


# What the sessions share


def test_appended_events_are_added_and_other_changes_read_anew(project):
    first = recent.events(project)
    assert recent.events(project) is first
    store.append_events(project, reports("x", [NOW], [(250, 50)]), actor=ACTOR)
    second = recent.events(project)
    assert list(second.index) == [*first.index, "x0"]
    assert recent.owners(project).loc["x0"].tolist() == [None, "B1"]
    assert recent.unstated(project) == 0
    outside(project, "UPDATE events SET category = 'other' WHERE event_id = 'e0'", states=True)
    store.append_events(project, reports("y", [NOW], [(250, 50)]), actor=ACTOR)
    assert recent.events(project)["category"][["e0", "y0"]].tolist() == ["other", "litter"]
    outside(project, "UPDATE events SET category = 'silent' WHERE event_id = 'e0'", states=False)
    assert recent.events(project)["category"]["e0"] == "silent"
    assert recent.unstated(project) == 1


def outside(project: Path, statement: str, *, states: bool) -> None:
    """Change events as another program does, one that states it in the file's contents or one that does not."""
    from gridmap.store.home.connection import connect

    connection = connect(project)
    connection.execute("PRAGMA query_only = OFF")
    connection.execute(statement)
    if states:
        connection.execute("UPDATE gpkg_contents SET last_change = '2030-01-01T00:00:00.000Z' WHERE table_name = 'events'")
    connection.close()


def test_what_is_open_is_what_a_fresh_reading_gives(project):
    opened = state.opened()
    store.append_events(project, reports("x", [NOW], [(250, 50)]), actor=ACTOR)
    again = state.opened()
    assert again.digest != opened.digest
    assert again.ground.digest == opened.ground.digest
    assert again.tables["grids"] is opened.tables["grids"]
    store.close()
    expected = state._complete(files.read_project(project).events)
    assert_geodataframe_equal(again.events, expected)
    assert list(again.tables) == [name for name in files.read_project(project).tables if name not in {"audit", "plans", "steps"}]


def test_a_project_in_a_database_is_open_as_a_file_is(project, postgres, monkeypatch):
    kept = files.read_project(project)
    url = postgres.url(postgres.database())
    store.create(url, kept.tables, settings=kept.settings, actor=ACTOR)
    monkeypatch.setenv(PROJECT_VARIABLE, url)
    opened = state.opened()
    store.append_events(url, reports("x", [NOW], [(250, 50)]), actor=ACTOR)
    again = state.opened()
    assert again.tables["grids"] is opened.tables["grids"]
    assert again.events.index.tolist() == [*kept.events.index, *reports("x", [NOW], [None]).index]
    store.close()


@pytest.mark.parametrize(("zone", "day"), [("Asia/Shanghai", "2026-03-02"), ("UTC", "2026-03-01"), (None, "2026-03-02")])
def test_today_is_the_day_in_the_zone_of_the_project(zone, day):
    about = {"now": "2026-03-01T20:00:00+00:00"} | ({} if zone is None else {"timezone": zone})
    assert state.today(state.Opened({}, about, "", own=False)).isoformat() == day


# The replay


def test_a_replay_plays_in_order_and_ends(project):
    playing = replay.of(project)
    assert playing.progress() == replay.Progress(False, 3600, NOW, 0, 4)
    assert [playing.advance(seconds) for seconds in (0.5, 0.5, 1.5, 10)] == [4, 3, 2, 0]
    assert list(store.read_events(project, since=4).index) == ["n0", "n1", "n2", "n3"]
    assert playing.progress().finished
    assert replay.of(project) is playing
    assert outside_log(project) == [("replay", "synthetic", 1), ("replay", "synthetic", 1), ("replay", "synthetic", 2)]


def outside_log(project: Path) -> list[tuple]:
    from gridmap.store.home.connection import reading

    with reading(project) as connection:
        return connection.execute("SELECT actor, role, row_count FROM audit ORDER BY id").fetchall()


def test_a_replay_goes_on_where_an_earlier_one_ended(project):
    replay.of(project).advance(3.5)
    replay.close()
    again = replay.of(project).progress()
    assert (again.played, again.clock) == (3, NOW + pd.Timedelta(hours=3))


def test_a_replay_runs_until_it_is_stopped(project):
    playing = replay.of(project)
    playing.start(21600)
    until = time.monotonic() + 20
    while not playing.progress().played and time.monotonic() < until:
        time.sleep(0.05)
    playing.stop()
    stopped = playing.progress()
    assert not stopped.running
    assert stopped.played > 0
    time.sleep(0.5)
    assert playing.progress() == stopped


def test_a_replay_that_fails_says_so_and_stops(project, monkeypatch):
    playing = replay.of(project)
    monkeypatch.setattr(replay.store, "append_events", lambda *_, **__: (_ for _ in ()).throw(StoreError("store_busy", path="town")))
    playing.start(21600)
    playing._thread.join(timeout=20)
    assert playing.progress().error.key == "store_busy"
    assert not playing.progress().running
    assert any("town" in error.value for error in shown().error)


def test_the_switch_of_one_session_is_that_of_all(project):
    first, second = shown(), shown()
    assert not first.toggle[0].value
    first.toggle[0].set_value(True).run()
    try:
        assert replay.of(project).progress().running
        assert second.run().toggle[0].value
        second.toggle[0].set_value(False).run()
        assert not replay.of(project).progress().running
        assert not first.run().toggle[0].value
    finally:
        replay.close()


def test_a_project_without_later_events_has_no_replay(project, two_tiers):
    events = reports("e", [NOW], [(10, 10)])
    files.write_project({"grids": two_tiers, "events": events}, project, settings={"now": NOW.isoformat()})
    assert replay.of(project) is None
    assert not shown().toggle


def test_filters_that_leave_nothing_are_no_fault(project):
    later = live.View("hazard", "open", "1h")
    assert later.of(recent.events(project), NOW).empty
    test = shown(category="hazard", state="open", age="1h")
    assert figures(test) == ["0", "0"]
