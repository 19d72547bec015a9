"""Base maps: off unless set, asked for by the server alone, the key nowhere but in what the service hears."""

import json
import logging
import time
from pathlib import Path

import pytest
from asgi import get
from hypothesis import given
from hypothesis import strategies as st
from tile_service import PICTURE, Service, serving

from gridmap import messages, ui
from gridmap.errors import FileError
from gridmap.ui.component import basemap, outside, payload

KEY = "s3cret/key&x=1"
TILE = "/gridmap/basemap/town/14/13530/6432"


@pytest.fixture
def service():
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    """No setting and no tile of another test."""
    monkeypatch.delenv(basemap.VARIABLE, raising=False)
    monkeypatch.setattr(basemap, "_tiles", basemap.Shelf(most=100, most_bytes=10_000_000))
    monkeypatch.setattr(basemap, "_resting", {})


@pytest.fixture
def named(tmp_path, monkeypatch):
    """Write the file of base maps and name it to the application."""
    count = iter(range(100))

    def write(text: str) -> Path:
        path = tmp_path / f"basemaps{next(count)}.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv(basemap.VARIABLE, str(path))
        monkeypatch.setenv("TOWN_KEY", KEY)
        return path

    return write


def entry(service: Service, way: str = "good") -> str:
    return f"""
[town]
name = {{ zh = "街道图", en = "Streets" }}
url = "{service.url}/{way}/{{z}}/{{x}}/{{y}}?tk={{key}}"
key = "TOWN_KEY"
attribution = {{ zh = "测绘 GS(2024)1", en = "Surveyors" }}
max_zoom = 18
"""


# Off


def test_unset_there_is_no_base_map_and_every_address_is_not_found(service):
    assert basemap.layers("zh") == []
    for path in (TILE, "/gridmap/basemap/town/0/0/0"):
        assert get(ui.routes(), path).status == 404
    assert service.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "other/14/1/1",
        "town/19/1/1",
        "town/-1/0/0",
        "town/2/4/0",
        "town/2/0/4",
        "town/2/1.0/0",
        "town/2/ 1/0",
        "town/2/\u0661/0",
        "town/2/1/0.png",
        "town/2/999999999999/0",
        "..%2ftown/2/1/0",
    ],
)
def test_other_names_and_places_outside_are_not_found_and_not_asked_for(service, named, path):
    named(entry(service))
    assert get(basemap.routes(), f"/gridmap/basemap/{path}").status == 404
    assert service.asked == []


# A tile


def test_a_tile_comes_with_the_key_sent_by_the_server_alone(service, named, caplog, capfd):
    named(entry(service))
    caplog.set_level(logging.DEBUG)
    answer = get(basemap.routes(), TILE)
    assert (answer.status, answer.body) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert service.keys() == [KEY]
    assert service.asked[0].startswith("/good/14/13530/6432?")
    assert not leaks(str(answer.headers), caplog.text, *capfd.readouterr())


def leaks(*texts: str) -> bool:
    return any("s3cret" in text for text in texts)


def test_a_tile_is_asked_for_once(service, named):
    named(entry(service))
    for _ in range(3):
        assert get(basemap.routes(), TILE).status == 200
    assert len(service.asked) == 1


def test_what_is_kept_is_bounded(service, named, monkeypatch):
    monkeypatch.setattr(basemap, "_tiles", basemap.Shelf(most=2, most_bytes=10_000_000))
    named(entry(service))
    for x in (1, 2, 3, 1):
        assert get(basemap.routes(), f"/gridmap/basemap/town/5/{x}/0").status == 200
    assert len(service.asked) == 4


@pytest.mark.parametrize("way", ["jpeg", "webp"])
def test_other_kinds_of_pictures(service, named, way):
    named(entry(service, way))
    assert get(basemap.routes(), TILE).headers["content-type"] == f"image/{way}"


def test_a_redirect_on_the_same_host_is_followed(service, named):
    named(entry(service, "aside"))
    assert get(basemap.routes(), TILE).body == PICTURE
    assert service.keys() == [KEY, KEY]


def test_pages_of_other_sites_may_not_spend_the_key(service, named):
    named(entry(service))
    for site in ("cross-site", "same-site"):
        assert get(basemap.routes(), TILE, sec_fetch_site=site).status == 404
    assert service.asked == []
    assert get(basemap.routes(), TILE, sec_fetch_site="same-origin").status == 200


# What is refused


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ("page", 502),
        ("disguised", 502),
        ("drawing", 502),
        ("large", 502),
        ("endless", 502),
        ("file", 502),
        ("round", 502),
        ("refused", 502),
        ("torn", 502),
        ("unknown", 404),
    ],
)
def test_what_is_no_picture_is_refused_without_a_word_of_the_key(service, named, caplog, capfd, way, status):
    named(entry(service, way))
    caplog.set_level(logging.DEBUG)
    answer = get(basemap.routes(), TILE)
    assert answer.status == status
    assert answer.headers["cache-control"] == "no-store"
    assert set(json.loads(answer.body)["error"]) == set(messages.LANGUAGES)
    assert not leaks(answer.body.decode(), str(answer.headers), caplog.text, *capfd.readouterr())
    assert set(service.keys()) == {KEY}


def test_a_redirect_to_another_host_is_refused_and_the_key_does_not_go_there(service, named):
    with serving() as other:
        service.foreign = other.url
        named(entry(service, "away"))
        assert get(basemap.routes(), TILE).status == 502
        assert other.asked == []
    assert len(service.asked) == 1


@pytest.mark.parametrize("way", ["silent", "slow"])
def test_a_service_that_takes_too_long(service, named, monkeypatch, way):
    monkeypatch.setattr(outside, "PATIENCE_S", 0.3)
    named(entry(service, way))
    begun = time.monotonic()
    assert get(basemap.routes(), TILE).status == 504
    assert time.monotonic() - begun < 1.5


def test_a_service_that_did_not_answer_is_left_alone_for_a_while(service, named, monkeypatch):
    monkeypatch.setattr(outside, "PATIENCE_S", 0.2)
    named(entry(service, "silent"))
    assert get(basemap.routes(), TILE).status == 504
    assert get(basemap.routes(), "/gridmap/basemap/town/3/1/1").status == 504
    assert len(service.asked) == 1
    monkeypatch.setitem(basemap._resting, "town", time.monotonic())
    assert get(basemap.routes(), TILE).status == 504
    assert len(service.asked) == 2


def test_a_service_that_is_not_there(service, named):
    named(entry(service))
    service.server_close()
    answer = get(basemap.routes(), TILE)
    assert answer.status == 502
    assert not leaks(answer.body.decode())


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:image/png,x"])
def test_nothing_but_web_addresses_is_opened(address):
    with pytest.raises(outside.NoTile, match="502"):
        outside.fetch(address)


@given(st.binary(max_size=40))
def test_only_signed_content_is_a_picture(content):
    signs = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
    if content.startswith(signs):
        return
    with pytest.raises(outside.NoTile, match="502"):
        outside.signed(content)


# The file


def test_fields_of_map_tile_services_and_hosts_in_turn(named):
    named("""
[vec]
kind = "wmts"
url = "http://t{s}.tiles.example/vec_w/wmts?TILEMATRIX={TileMatrix}&TILEROW={TileRow}&TILECOL={TileCol}&tk={key}"
subdomains = "01"
key = "TOWN_KEY"
[img]
url = "https://{s}.tiles.example/{z}/{y}/{x}"
subdomains = ["a-1", "b"]
max_zoom = 3
""")
    found = basemap.settings()
    query = "TILEMATRIX=3&TILEROW=2&TILECOL=5&tk=s3cret%2Fkey%26x%3D1"
    assert found["vec"].address(3, 5, 2) == f"http://t1.tiles.example/vec_w/wmts?{query}"
    assert found["vec"].address(3, 4, 2).startswith("http://t0.")
    assert found["img"].address(3, 5, 2) == "https://b.tiles.example/3/2/5"
    assert [found["img"].has(*place) for place in ((3, 7, 7), (3, 8, 0), (4, 0, 0))] == [True, False, False]


GOOD = {"url": '"https://h.example/{z}/{x}/{y}"'}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"url": '"https://h.example/{z}/{x}"'}, "url"),
        ({"url": '"https://h.example/{z}/{x}/{y}?k={key}"'}, "url"),
        ({"url": '"https://{s}.example/{z}/{x}/{y}"'}, "url"),
        ({"url": '"https://{key}/{z}/{x}/{y}"', "key": '"K"'}, "url"),
        ({"url": '"https://user:word@h.example/{z}/{x}/{y}"'}, "url"),
        ({"url": '"https://[x/{z}/{x}/{y}"'}, "url"),
        ({"url": '"file:///{z}/{x}/{y}"'}, "url"),
        ({"url": '"https://h.example/{z}/{x}/{y} HTTP/1.1"'}, "url"),
        ({"url": "3"}, "url"),
        ({"kind": '"wms"'}, "kind"),
        ({"key": '"no such"'}, "key"),
        ({"subdomains": '"a."'}, "subdomains"),
        ({"subdomains": "[1]"}, "subdomains"),
        ({"max_zoom": "99"}, "max_zoom"),
        ({"max_zoom": "true"}, "max_zoom"),
        ({"name": '{ zh = "x" }'}, "name"),
        ({"attribution": "1"}, "attribution"),
        ({"token": '"x"'}, "token"),
    ],
)
def test_a_wrong_entry_is_named_and_not_shown(named, fields, wrong):
    named("[one]\n" + "\n".join(f"{field} = {value}" for field, value in (GOOD | fields).items()))
    with pytest.raises(FileError, match=rf"wrong at one\.{wrong}") as caught:
        basemap.routes()
    assert "example" not in caught.value.text("zh")


@pytest.mark.parametrize(
    ("text", "message"), [("[one", "no valid TOML"), ("one = 1", "wrong at one"), ("[One]\nurl = 'x'", "wrong at One")]
)
def test_a_wrong_file_is_said(named, text, message):
    named(text)
    with pytest.raises(FileError, match=message):
        basemap.routes()


def test_a_file_that_is_not_there_and_a_key_that_is_not_set_are_said_at_the_start(service, named, monkeypatch, tmp_path):
    named(entry(service))
    monkeypatch.delenv("TOWN_KEY")
    with pytest.raises(FileError, match="TOWN_KEY is empty"):
        ui.routes()
    monkeypatch.setenv(basemap.VARIABLE, str(tmp_path / "none.toml"))
    with pytest.raises(FileError, match="cannot open"):
        ui.routes()


# The page


def test_the_page_gets_our_own_address_switched_off_with_the_attribution(service, named):
    named(entry(service))
    (layer,) = basemap.layers("zh", "/town")
    assert (layer.name, layer.role, layer.shown) == ("街道图", "basemap", False)
    assert layer.data["tiles"] == {"url": "/town/gridmap/basemap/town/{z}/{x}/{y}", "maxNativeZoom": 18}
    assert layer.legend.note == "测绘 GS(2024)1"
    document = payload.encoded(payload.layer_data(layer)).decode()
    assert service.url not in document
    assert not leaks(document)
    assert basemap.layers("zh", "/town")[0] is layer
    assert basemap.layers("en")[0].name == "Streets"
