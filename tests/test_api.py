"""The intake and the live feed over a server of their own: what comes in, what is refused, and who hears of it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from api_server import Server, Stream, running
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from gridmap import api, files, messages, store
from gridmap.api import fields, guard, intake
from gridmap.store.tables.described import Table

ACTOR = store.Actor("test", "test")
EVENT = {"category": "环境卫生", "reported_at": "2022-01-01T08:00:00+08:00", "lon": 117.0005, "lat": 36.0005}


def write_project(project: Path | str) -> Path | str:
    """Write a project of two grids, a dedicated one within the first, and one event: a plain file, or into a database."""
    boxes = [
        shapely.box(117, 36, 117.001, 36.001),
        shapely.box(117.001, 36, 117.002, 36.001),
        shapely.box(117.0002, 36.0002, 117.0004, 36.0004),
    ]
    rows = {"name": list("abc"), "level": 1, "kind": ["base", "base", "dedicated"], "parent": [None, None, "a"]}
    grids = gpd.GeoDataFrame(rows, index=pd.Index(["a", "b", "d"], name="grid_code"), geometry=boxes, crs="EPSG:4490")
    columns = {
        "category": ["first"], "reported_at": [pd.Timestamp("2021-12-31", tz="Asia/Shanghai")], "address": ["somewhere"], "text": ["one"],
        "severity": [2], "resolved": [False], "status": ["archived"], "due_at": [pd.Timestamp("2022-01-31", tz="Asia/Shanghai")],
    }  # fmt: skip
    events = gpd.GeoDataFrame(
        columns, index=pd.Index(["e1"], name="event_id"), geometry=[shapely.Point(117.0001, 36.0001)], crs="EPSG:4490"
    )
    tables = {"grids": grids, "events": events}
    if "://" in str(project):
        store.create(project, tables, settings={}, actor=ACTOR)
    else:
        files.write_project(tables, project, settings={})
    return project


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(write_project(tmp_path_factory.mktemp("api") / "town.gpkg")) as started:
        yield started


@pytest.fixture
def project(address) -> str:
    return str(write_project(address))


@pytest.fixture
def watch():
    """Open streams that are closed at the end."""
    opened: list[Stream] = []

    def open_stream(server: Server, query: str = "", **headers: str) -> Stream:
        opened.append(Stream(server, query, **headers))
        return opened[-1]

    yield open_stream
    for stream in opened:
        stream.close()


def test_a_report_is_written_told_at_once_and_read_back(project, watch):
    with running(project) as server:
        stream = watch(server)
        assert stream.next() == {"events": [], "mark": 1}
        status, answer = server.post({**EVENT, "event_id": "mine", "text": "两行\n文字", "severity": 3, "resolved": True})
        assert (status, answer) == (201, {"ids": ["mine"], "mark": 2})
        told = stream.next()
        assert told["mark"] == 2
        assert told["events"] == [
            {
                "id": "mine", "lon": 117.0005, "lat": 36.0005, "category": "环境卫生", "status": "reported", "severity": 3,
                "text": "两行\n文字", "reported_at": "2022-01-01T08:00:00+08:00", "grid": "a", "grid_name": "a",
            }
        ]  # fmt: skip
        server.stop()
    kept = store.read_project(project).events.loc["mine"]
    assert (kept["category"], kept["text"], kept["severity"], kept["resolved"], kept["status"]) == (
        "环境卫生",
        "两行\n文字",
        3,
        True,
        "reported",
    )
    assert kept["reported_at"] == pd.Timestamp(EVENT["reported_at"])


def test_a_list_comes_in_whole_with_places_of_every_kind(server, watch):
    stream = watch(server)
    stream.next()
    metric = gpd.GeoSeries([shapely.Point(117.0015, 36.0005)], crs="EPSG:4490").to_crs("EPSG:4548")[0]
    place = {"x": metric.x, "y": metric.y, "crs": "epsg:4548"}
    others = [{"address": "某处"}, {"lon": 117.0003, "lat": 36.0003}, {"lon": 10, "lat": 5}]
    status, answer = server.post([{**BARE, **given} for given in (place, *others)])
    assert status == 201
    assert len(set(answer["ids"])) == 4
    told = stream.events(4)
    assert [event["id"] for event in told] == answer["ids"]
    assert [event["grid"] for event in told] == ["b", None, "d", None]
    assert [event.get("grid_name") for event in told] == ["b", None, "c", None]
    assert (told[0]["lon"], told[0]["lat"]) == pytest.approx((117.0015, 36.0005), abs=1e-7)
    assert (told[1]["lon"], told[1]["lat"], told[1]["address"]) == (None, None, "某处")


BARE = {name: EVENT[name] for name in ("category", "reported_at")}
LONG = "长" * 2001
UNFIT = {
    "nothing": ([], "not_events"),
    "a text": ("event", "not_events"),
    "no object": ([EVENT, 5], "not_an_event"),
    "unknown": ({**EVENT, "weather": "sunny"}, "unknown_member"),
    "no category": ({"reported_at": EVENT["reported_at"], "lon": 1, "lat": 1}, "missing_member"),
    "no time": ({**EVENT, "reported_at": None}, "missing_member"),
    "no zone": ({**EVENT, "reported_at": "2022-01-01T08:00:00"}, "bad_time"),
    "no day": ({**EVENT, "reported_at": "2022-02-30T08:00:00Z"}, "bad_time"),
    "before the calendar": ({**EVENT, "reported_at": "0001-01-01T00:00:00+14:00"}, "bad_time"),
    "a number for a time": ({**EVENT, "due_at": 5}, "bad_time"),
    "latitude": ({**EVENT, "lat": 90.5}, "bad_degrees"),
    "exchanged": ({**EVENT, "lon": 36.0, "lat": 117.0}, "bad_degrees"),
    "a text for a number": ({**EVENT, "lon": "117"}, "bad_degrees"),
    "truth for a number": ({**EVENT, "lon": True}, "bad_degrees"),
    "half a place": ({**EVENT, "lat": None}, "half_a_place"),
    "two places": ({**EVENT, "x": 1, "y": 2, "crs": "EPSG:4548"}, "half_a_place"),
    "another system's name": ({**BARE, "x": 1, "y": 2, "crs": "+proj=longlat"}, "bad_xy"),
    "no place": (BARE, "no_place"),
    "long": ({**EVENT, "text": LONG}, "bad_value"),
    "control": ({**EVENT, "category": "a\u0000b"}, "bad_value"),
    "turned": ({**EVENT, "address": "a\u202eb"}, "bad_value"),
    "blank": ({**EVENT, "category": "  "}, "bad_value"),
    "severity": ({**EVENT, "severity": 1.5}, "bad_value"),
    "resolved": ({**EVENT, "resolved": 1}, "bad_value"),
    "identifier": ({**EVENT, "event_id": 7}, "bad_value"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_is_one_clear_line_in_the_askers_language(server, case):
    report, key = UNFIT[case]
    for lang, accepted in (("zh", "zh-CN,zh;q=0.9,en;q=0.8"), ("en", "en-GB,en;q=0.9,zh;q=0.3")):
        status, answer = server.post(report, Accept_Language=accepted)
        assert status == 400
        assert list(answer) == ["error"]
        assert len(answer["error"].splitlines()) == 1
        head, _, tail = messages.CATALOGUE[f"api.{key}"][("zh", "en").index(lang)].partition("{")
        assert answer["error"].startswith(head)
        assert answer["error"].isascii() or lang == "zh"
        assert tail == "" or answer["error"] != head


def test_one_unfit_report_keeps_the_whole_list_out(server):
    mark = server.post(EVENT)[1]["mark"]
    assert server.post([EVENT, {**EVENT, "lon": 500}])[0] == 400
    assert server.post([{**EVENT, "event_id": "new"}, {**EVENT, "event_id": "e1"}])[0] == 409
    assert server.post([{**EVENT, "event_id": "twice"}, {**EVENT, "event_id": "twice"}])[0] == 409
    assert server.post({**EVENT, "event_id": "new"})[1]["mark"] == mark + 1


BODIES = [b"", b"{", b"\xff{}", b"[" * 50_000, b'{"a": 1, "a": 2}', b"NaN", b'[{"lon": 1e999}]', b"null"]


@pytest.mark.parametrize("body", BODIES, ids=[str(body[:10]) for body in BODIES])
def test_a_body_that_is_no_json_is_refused(server, body):
    assert server.ask("/gridmap/api/events", body)[0] == 400


def test_what_is_too_large_is_refused_before_it_is_read(server):
    assert server.ask("/gridmap/api/events", b" " * 1_000_001)[0] == 413
    assert server.post([EVENT] * 1001)[0] == 413
    assert server.post([{**EVENT, "event_id": f"many-{number}"} for number in range(1000)])[0] == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""])
def test_what_a_form_of_another_site_can_send_is_refused(server, kind):
    assert server.ask("/gridmap/api/events", json.dumps(EVENT).encode(), Content_Type=kind)[0] == 415


def test_another_site_and_a_foreign_name_are_refused(server):
    own = f"http://127.0.0.1:{server.port}"
    assert server.post(EVENT, Origin=own)[0] == 201
    for headers in (
        {"Origin": "http://foreign.example"},
        {"Origin": f"http://127.0.0.1:{server.port + 1}"},
        {"Origin": "null"},
        {"Host": "foreign.example"},
        {"Host": f"foreign.example:{server.port}", "Origin": f"http://foreign.example:{server.port}"},
        {"Host": "[", "Origin": own},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        assert server.post(EVENT, **headers)[0] == 403
        assert server.ask("/gridmap/live", **headers)[0] == 403


def test_only_the_servers_own_project_may_be_asked(server, watch):
    assert server.ask("/gridmap/live?project=other")[0] == 404
    assert server.ask("/gridmap/live?since=-1")[0] == 400
    assert server.ask("/gridmap/live?since=x")[0] == 400
    assert watch(server, "?project=town").next()["events"] == []


def test_a_server_without_a_project_says_so():
    with running(None) as server:
        assert server.post(EVENT)[0] == 404
        assert server.ask("/gridmap/live")[0] == 404


def test_a_watcher_comes_back_without_loss_or_repetition(server, watch):
    first = server.post(EVENT)[1]
    rest = [server.post(EVENT)[1] for _ in range(3)]
    back = watch(server, "?since=0", Last_Event_ID=str(first["mark"]))
    assert back.next() == {"events": [], "mark": first["mark"]}
    assert [event["id"] for event in back.events(3)] == [answer["ids"][0] for answer in rest]
    last = server.post(EVENT)[1]
    assert back.next()["mark"] == last["mark"]
    from_start = watch(server, "?since=0")
    told = from_start.events(last["mark"])
    assert len({event["id"] for event in told}) == len(told) == last["mark"]
    assert told[0]["id"] == "e1"
    ahead = watch(server, "?since=999999")
    assert ahead.next() == {"events": [], "mark": last["mark"]}


def test_many_watchers_hear_the_same(server, watch):
    streams = [watch(server) for _ in range(20)]
    for stream in streams:
        stream.next()
    ids = [server.post(EVENT)[1]["ids"][0] for _ in range(5)]
    for stream in streams:
        assert [event["id"] for event in stream.events(5)] == ids


def test_writes_of_another_process_are_told_within_a_second(project, watch):
    with running(project) as server:
        stream = watch(server)
        stream.next()
        server.post(EVENT)
        stream.events(1)
        frame = gpd.GeoDataFrame(
            {"category": ["other"], "reported_at": [pd.Timestamp("2022-01-02", tz="UTC")]}, index=pd.Index(["other"], name="event_id"),
            geometry=[None], crs="EPSG:4490",
        )  # fmt: skip
        store.append_events(project, frame, actor=ACTOR)
        begin = time.perf_counter()
        assert stream.events(1)[0]["id"] == "other"
        assert time.perf_counter() - begin < 1.5


def test_open_streams_do_not_keep_the_server(project, watch):
    with running(project) as server:
        streams = [watch(server) for _ in range(3)]
        for stream in streams:
            stream.next()
        assert server.stop() < 5
        assert [stream.next() for stream in streams] == [None] * 3


def test_the_routes_are_where_they_are_promised():
    assert [(route.path, route.methods) for route in api.routes()] == [
        ("/gridmap/api/events", {"POST"}),
        ("/gridmap/live", {"GET", "HEAD"}),
    ]


# What the fields promise


TYPES = {"event_id": "TEXT", "category": "TEXT", "reported_at": "DATETIME"}
TABLE = Table("events", "fid", "geom", 4490, files.places.as_crs("EPSG:4490"), TYPES, "Asia/Shanghai")
MEMBERS = st.sampled_from([*EVENT, "event_id", "x", "y", "crs", "other"])
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=6),
    max_leaves=12,
)


def refused(call: Callable[[], object]) -> bool:
    """Tell whether a call is refused in one line of each language."""
    try:
        call()
    except fields.Unfit as unfit:
        return bool(unfit.text("zh")) and bool(unfit.text("en"))
    return False


@given(st.lists(plain, min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_whatever_json_holds_is_an_event_or_one_clear_refusal(reports):
    now = pd.Timestamp("2022-01-01", tz="UTC")
    assert refused(lambda: fields.frame(reports, TABLE, now=now)) or len(fields.frame(reports, TABLE, now=now)) == len(reports)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_whatever_bytes_come_are_reports_or_one_clear_refusal(body):
    assert refused(lambda: intake.parsed(body)) or intake.parsed(body)


PREFERENCES = {
    "": "zh", "en": "en", "fr,en;q=0.2": "en", "zh-CN,en": "zh", "en;q=0.1,zh;q=0.2": "zh", "*;q=x;;,": "zh", "en;q=9.9.9": "zh",
}  # fmt: skip


@pytest.mark.parametrize("header", PREFERENCES)
def test_the_language_is_the_one_preferred(header):
    assert guard.language(Request({"type": "http", "headers": [(b"accept-language", header.encode())]})) == PREFERENCES[header]
