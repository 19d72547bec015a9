"""Routes of large layers: what they answer, and what they refuse without a traceback."""

import asyncio
import gzip
import json
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from gridmap import maps
from gridmap.maps.bins import EventBins, Places
from gridmap.maps.tiles import Tiles
from gridmap.ui.component import big
from gridmap.ui.component.big import Shelf
from gridmap.ui.component.rows import MOST_ROWS, EventRows, GridRows

VIEW = "z=12&west=113.9&south=22.4&east=114.2&north=22.7"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


def get(path: str, query: str | bytes = "", *, accepts: str = "gzip, deflate") -> Answer:
    """Ask the application for one address, as a server hands it over; a fault of a handler is raised here."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "root_path": "",
        "raw_path": path.encode(), "query_string": query if isinstance(query, bytes) else query.encode(), "server": ("localhost", 80),
        "client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost"), (b"accept-encoding", accepts.encode())],
    }  # fmt: skip
    asyncio.run(Starlette(routes=big.routes())(scope, receive, send))
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.fixture(scope="module")
def tiles() -> Tiles:
    boxes = [shapely.box(114 + 0.01 * k, 22.5, 114.01 + 0.01 * k, 22.51) for k in range(5)]
    return Tiles.of(gpd.GeoSeries(boxes, crs=4326), style=np.arange(5))


@pytest.fixture(scope="module")
def bins() -> EventBins:
    random = np.random.default_rng(2)
    places = gpd.points_from_xy(random.normal(114.05, 0.03, 4000), random.normal(22.54, 0.03, 4000))
    kinds = random.choice(["甲", "乙"], 4000)
    return EventBins.of(gpd.GeoDataFrame({"category": kinds}, geometry=places, crs=4326), category="category")


def test_a_tile_is_the_layers_zipped_and_kept_by_the_browser(tiles: Tiles) -> None:
    key = big.publish_tiles(tiles)
    answer = get(f"/gridmap/tiles/{key}/0/0/0.pbf")
    assert answer.status == 200
    assert answer.content == tiles.tile(0, 0, 0)
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert get(f"/gridmap/tiles/{key}/0/0/0.pbf").body == answer.body
    plain = get(f"/gridmap/tiles/{key}/0/0/0.pbf", accepts="identity")
    assert "content-encoding" not in plain.headers
    assert plain.body == tiles.tile(0, 0, 0)


def test_a_tile_that_is_kept_is_not_made_again(tiles: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    key = big.publish_tiles(tiles.styled(np.full(5, 7)))
    first = get(f"/gridmap/tiles/{key}/1/1/0.pbf")

    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(Tiles, "tile", never)
    assert get(f"/gridmap/tiles/{key}/1/1/0.pbf") == first
    with pytest.raises(AssertionError):
        get(f"/gridmap/tiles/{key}/2/3/1.pbf")


def test_a_tile_without_grids_has_no_content(tiles: Tiles) -> None:
    answer = get(f"/gridmap/tiles/{big.publish_tiles(tiles)}/3/0/0.pbf")
    assert (answer.status, answer.body) == (204, b"")
    assert "content-encoding" not in answer.headers


def test_a_view_holds_every_event(bins: EventBins) -> None:
    answer = get(f"/gridmap/bins/{big.publish_bins(bins)}", VIEW)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    data = json.loads(answer.content)
    found = bins.view(12, (113.9, 22.4, 114.2, 22.7))
    assert data["kind"] == "squares"
    assert data["total"] == found.total == 4000
    assert data["count"] == found.count.tolist()
    assert sum(data["count"]) == 4000
    assert data["depth"] == found.depth
    assert data["most"] == found.most.tolist()
    places = np.cumsum(np.reshape(data["at"], (-1, 2)), axis=0) / 1e6
    assert np.abs(places - np.stack([found.lon, found.lat], axis=1)).max() < 1e-6


def test_a_view_of_few_events_names_their_rows(bins: EventBins) -> None:
    key = big.publish_bins(bins)
    data = json.loads(get(f"/gridmap/bins/{key}", "z=16&west=114.05&south=22.54&east=114.06&north=22.55&categories=1").content)
    found = bins.view(16, (114.05, 22.54, 114.06, 22.55), categories=[1])
    assert isinstance(found, Places)
    assert found.total > 10
    assert data["kind"] == "points"
    assert data["row"] == found.row.tolist()
    assert data["category"] == [1] * found.total
    assert json.loads(get(f"/gridmap/bins/{key}", f"{VIEW}&categories=").content)["total"] == 0


def test_a_period_is_two_minutes() -> None:
    times = np.array(["2024-05-01T00:00", "2024-05-02T00:00"], dtype="datetime64[s]")
    events = gpd.GeoDataFrame({"at": times}, geometry=gpd.points_from_xy([114.0, 114.1], [22.5, 22.6]), crs=4326)
    key = big.publish_bins(EventBins.of(events, time="at"))
    minute = int(times[0].astype("datetime64[m]").astype(int))
    assert json.loads(get(f"/gridmap/bins/{key}", f"{VIEW}&period={minute},{minute + 1440}").content)["row"] == [0]
    assert json.loads(get(f"/gridmap/bins/{key}", f"{VIEW}&period=-999999999999,999999999999").content)["row"] == [0, 1]


@pytest.mark.parametrize(
    "query",
    [
        "",
        VIEW.replace("z=12", "z=25"),
        VIEW.replace("z=12", "z=nan"),
        VIEW.replace("z=12", "z=1e9"),
        VIEW.replace("z=12", "z=１２"),
        VIEW.replace("west=113.9", "west=inf"),
        VIEW.replace("west=113.9", "west=114.3"),
        VIEW.replace("west=113.9", "west=1_1"),
        VIEW.replace("south=22.4", "south="),
        VIEW.replace("&north=22.7", ""),
        f"{VIEW}&categories=2",
        f"{VIEW}&categories=-1",
        f"{VIEW}&categories=0,",
        f"{VIEW}&categories=a",
        f"{VIEW}&categories=" + "9" * 5000,
        f"{VIEW}&period=0,1",
        f"{VIEW}&period=0",
        f"{VIEW}&period=0,1,2",
        f"{VIEW}&period=" + "9" * 30 + ",1",
    ],
)
def test_a_bad_query_is_told_in_both_languages(bins: EventBins, query: str) -> None:
    answer = get(f"/gridmap/bins/{big.publish_bins(bins)}", query)
    assert answer.status == 400
    assert set(json.loads(answer.body)["error"]) == {"zh", "en"}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "address", ["25/0/0", "3/8/0", "3/0/8", "-1/0/0", "0/0/-1", "a/0/0", "0/0/0x0", "1.5/0/0", "0/0/" + "9" * 5000, "٣/0/0"]
)
def test_a_tile_that_does_not_exist_is_told(tiles: Tiles, address: str) -> None:
    answer = get(f"/gridmap/tiles/{big.publish_tiles(tiles)}/{address}.pbf")
    assert answer.status == 400
    assert "zh" in json.loads(answer.body)["error"]


def test_what_is_not_kept_is_told() -> None:
    for path in ("/gridmap/tiles/nothing/0/0/0.pbf", "/gridmap/bins/nothing"):
        answer = get(path, VIEW)
        assert answer.status == 404
        assert "刷新" in json.loads(answer.body)["error"]["zh"]


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["z", "west", "south", "east", "north", "categories", "period", "x"]), st.text(max_size=12)),
    st.binary(),
)
def test_nothing_in_a_query_brings_the_handler_down(given: dict[str, str], raw: bytes) -> None:
    from urllib.parse import urlencode

    events = gpd.GeoDataFrame(geometry=gpd.points_from_xy([114.0], [22.5]), crs=4326)
    key = big.publish_bins(EventBins.of(events))
    assert get(f"/gridmap/bins/{key}", VIEW + "&" + urlencode(given)).status in (200, 400)
    assert get(f"/gridmap/bins/{key}", urlencode(given)).status in (200, 400)
    assert get(f"/gridmap/bins/{key}", raw).status == 400


def test_a_shelf_lets_go_of_what_was_not_asked_for_the_longest() -> None:
    shelf: Shelf[str] = Shelf(most=3, most_bytes=100)
    for name in "abc":
        shelf.put(name, name, 10)
    assert shelf.get("a") == "a"
    shelf.put("d", "d", 10)
    assert [shelf.get(name) for name in "abcd"] == ["a", None, "c", "d"]
    shelf.put("a", "again", 75)
    assert [shelf.get(name) for name in "acd"] == ["again", "c", "d"]
    shelf.put("e", "large", 1000)
    assert [shelf.get(name) for name in "acde"] == [None, None, None, "large"]
    shelf.put("f", "f", 1)
    assert [shelf.get(name) for name in "ef"] == [None, "f"]


@pytest.fixture(scope="module")
def rows() -> GridRows:
    """Three grids, one of them without a place."""
    columns = (["a", "b", "c"], ["<b>甲</b>", None, "丙"])
    place = np.array([114.0, np.nan, 114.02]), np.array([22.5, np.nan, 22.5])
    return GridRows(("Code", "Name"), columns, np.array([0, 1, 0]), *place, {"Households": [1.0, None, 3.0]})


def test_cards_of_rows_are_texts_in_the_order_asked(rows: GridRows) -> None:
    key = big.publish_rows(rows)
    answer = get(f"/gridmap/cards/{key}", "rows=2,0")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content) == {"fields": ["Code", "Name"], "columns": [["c", "a"], ["丙", "<b>甲</b>"]]}


def test_places_and_numbers_of_all_rows(rows: GridRows) -> None:
    data = json.loads(get(f"/gridmap/anchors/{big.publish_rows(rows)}").content)
    places = np.cumsum(np.reshape(data["at"], (-1, 2)), axis=0) / 1e6
    assert places[[0, 2]].tolist() == [[114.0, 22.5], [114.02, 22.5]]
    assert data["without"] == [1]
    assert data["style"] == [0, 1, 0]
    assert data["totals"] == {"Households": [1.0, None, 3.0]}


def test_other_texts_have_another_address(rows: GridRows) -> None:
    assert rows.with_totals({"Events": [1.0, 2.0, 3.0]}).fingerprint != rows.fingerprint
    assert replace(rows, columns=(["a", "b", "x"], rows.columns[1])).fingerprint != rows.fingerprint


@pytest.mark.parametrize(
    "query", ["", "rows=", "rows=3", "rows=-1", "rows=0,", "rows=a", "rows=1.0", "rows=٣", "rows=" + "9" * 5000, "row=0"]
)
def test_rows_that_are_none_are_told(rows: GridRows, query: str) -> None:
    answer = get(f"/gridmap/cards/{big.publish_rows(rows)}", query)
    assert answer.status == 400
    assert set(json.loads(answer.body)["error"]) == {"zh", "en"}
    assert get(f"/gridmap/cards/{'0' * 64}", query).status == 404
    assert get("/gridmap/anchors/nothing", query).status == 404


def test_too_many_rows_at_once_are_refused(rows: GridRows) -> None:
    key = big.publish_rows(rows)
    assert get(f"/gridmap/cards/{key}", "rows=" + ",".join(["0"] * MOST_ROWS)).status == 200
    assert get(f"/gridmap/cards/{key}", "rows=" + ",".join(["0"] * (MOST_ROWS + 1))).status == 400


def test_events_have_the_cards_of_their_dots_and_no_places() -> None:
    index = pd.Index(["e0", "e1", "e2"], name="event_id")
    events = gpd.GeoDataFrame({"category": ["甲", "乙", "甲"]}, index=index, geometry=gpd.points_from_xy([1, 1, 2], [1, 1, 2]), crs=4326)
    key = big.publish_rows(EventRows(events, lambda part: maps.events_layer(part, lang="en"), "en"))
    plain = maps.events_layer(events.iloc[[0, 1]], lang="en").data
    data = json.loads(get(f"/gridmap/cards/{key}", "rows=0,1").content)
    assert data == {"fields": plain["fields"], "columns": plain["columns"]}
    assert "e2" in str(json.loads(get(f"/gridmap/cards/{key}", "rows=2").content))
    assert get(f"/gridmap/anchors/{key}").status == 400
