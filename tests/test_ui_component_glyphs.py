"""The map's letters are served by the range, kept once drawn, and MapLibre writes words with them."""

import gzip
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from asgi import get
from browser_fixture import browser, page  # noqa: F401 - fixtures

from gridmap import messages
from gridmap.ui.component import glyphs, letters, library

ROUTES = glyphs.routes()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for what is drawn, empty, and nothing in memory."""
    monkeypatch.setattr(glyphs, "folder", lambda: tmp_path / "glyphs")
    glyphs._packed.cache_clear()
    yield tmp_path / "glyphs"
    glyphs._packed.cache_clear()


@pytest.mark.parametrize("name", ["0-255", "19968-20223", "65280-65535"])
def test_ranges_that_are_answered(name: str) -> None:
    assert glyphs.start_of(name) == int(name.split("-")[0])


@pytest.mark.parametrize(
    "name", ["", "0", "0-256", "1-256", "-256--1", "65536-65791", "0-255-1", "00-255", "+0-255", "０-255", "9" * 5000 + "-1", "256-511 "]
)
def test_ranges_that_are_not(name: str) -> None:
    assert glyphs.start_of(name) is None
    assert get(ROUTES, f"/gridmap/glyphs/{glyphs.REGULAR}/{quote(name[:60])}.pbf").status == 404


def test_the_route_answers_with_the_first_font_it_knows() -> None:
    path = f"/gridmap/glyphs/Other,{glyphs.REGULAR}/32512-32767.pbf"
    answer = get(ROUTES, path, accept_encoding="gzip")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert gzip.decompress(answer.body) == get(ROUTES, path).body == letters.draw(glyphs.REGULAR, 32512)
    assert get(ROUTES, path, if_none_match=answer.headers["etag"]).status == 304
    assert get(ROUTES, "/gridmap/glyphs/Other/0-255.pbf").status == 404


def test_only_the_address_of_this_edition_is_kept_for_ever() -> None:
    path = glyphs.address().format(fontstack=quote(glyphs.BOLD), range="0-255")
    assert get(ROUTES, path).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert get(ROUTES, path[:-1]).headers["cache-control"] == "public, no-cache"


def test_a_drawn_range_is_kept_and_not_drawn_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/gridmap/glyphs/{glyphs.REGULAR}/57344-57599.pbf"
    first = get(ROUTES, path)
    (file,) = (found for found in kept.rglob("*") if found.is_file())
    assert file == kept / glyphs.edition() / glyphs.REGULAR / "57344.pbf.gz"
    assert gzip.decompress(file.read_bytes()) == first.body
    glyphs._packed.cache_clear()
    monkeypatch.setattr(letters, "draw", None)
    again = get(ROUTES, path)
    assert (again.body, again.headers) == (first.body, first.headers)


def test_where_nothing_can_be_kept_letters_are_drawn_all_the_same(kept: Path) -> None:
    kept.write_text("a file where the folder should be")
    assert get(ROUTES, f"/gridmap/glyphs/{glyphs.REGULAR}/57344-57599.pbf").status == 200
    assert kept.is_file()


def test_the_set_up_draws_what_is_absent_and_forgets_other_editions(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "COMMON", (0xE000, 0xE100))
    # Processes of their own would not know of the folder of this test.
    monkeypatch.setattr(glyphs, "ProcessPoolExecutor", lambda **_: ThreadPoolExecutor(2))
    (kept / "older" / glyphs.REGULAR).mkdir(parents=True)
    assert glyphs.prepare() == 2
    assert sorted(file.name for file in kept.rglob("*.gz")) == ["57344.pbf.gz", "57600.pbf.gz"]
    assert [found.name for found in kept.iterdir()] == [glyphs.edition()]
    assert glyphs.prepare() == 0


def test_common_ranges_hold_every_letter_of_our_own_texts() -> None:
    texts = "".join(text for pair in messages.CATALOGUE.values() for text in pair)
    assert {ord(letter) // 256 * 256 for letter in texts} - set(glyphs.COMMON) == set()


@pytest.mark.usefixtures("kept")
def test_without_the_font_the_answer_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "noto_cjk_sans_otc", None)
    letters._font.cache_clear()
    answer = get(ROUTES, f"/gridmap/glyphs/{glyphs.REGULAR}/0-255.pbf")
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    assert "noto-cjk-sans-otc" in answer.body.decode()
    letters._font.cache_clear()


MAP = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="{style}">
<div id="map" style="width:400px;height:300px"></div><script src="{script}"></script><script>
const data = {{type: 'Feature', properties: {{name: '网格'}}, geometry: {{type: 'Point', coordinates: [114.3, 30.5]}}}};
window.map = new maplibregl.Map({{container: 'map', center: [114.3, 30.5], zoom: 12, fadeDuration: 0, localIdeographFontFamily: false,
  attributionControl: false, canvasContextAttributes: {{preserveDrawingBuffer: true}}, style: {{version: 8,
  glyphs: location.origin + '{glyphs}', sources: {{places: {{type: 'geojson', data}}}}, layers: [
  {{id: 'ground', type: 'background', paint: {{'background-color': '#ffffff'}}}},
  {{id: 'names', type: 'symbol', source: 'places', layout: {{'text-field': ['get', 'name'], 'text-size': 48,
    'text-font': ['Noto Sans CJK SC Regular']}}, paint: {{'text-color': '#000000'}}}}]}}}});
</script>"""
DARK = """() => { const made = map.getCanvas(), flat = document.createElement('canvas'); flat.width = made.width; flat.height = made.height;
  const c = flat.getContext('2d', {willReadFrequently: true}); c.drawImage(made, 0, 0); const found = [];
  const d = c.getImageData(0, 0, flat.width, flat.height).data;
  for (let i = 0; i < d.length; i += 4) if (d[i] < 96) found.push([i / 4 % flat.width, Math.floor(i / 4 / flat.width)]); return found; }"""


@pytest.fixture
def site() -> Iterator[str]:
    """A server of the map's files and letters, and of one page; the requests it answered stand in its list."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    html = MAP.format(
        style=library.address("maplibre-gl", "maplibre-gl.css"),
        script=library.address("maplibre-gl", "maplibre-gl.js"),
        glyphs=glyphs.address(),
    )
    application = Starlette(routes=[Route("/", lambda _: HTMLResponse(html)), *library.routes(), *glyphs.routes()])
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error", ws="none", lifespan="off"))
    runs = threading.Thread(target=server.run, daemon=True)
    runs.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    runs.join(10)


def test_maplibre_writes_chinese_with_these_letters_alone(page, site: str) -> None:  # noqa: F811 - the fixture
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(site)))
    page.goto(site)
    page.wait_for_function("map.loaded() && map.areTilesLoaded()")
    dark = np.array(page.evaluate(DARK))
    ranges = [path for path in asked if path.startswith(glyphs.PATH)]
    # 格 is 26684, 网 is 32593: two ranges, and nothing but them and the map's own two files.
    assert sorted(ranges) == [
        glyphs.address().format(fontstack=quote(glyphs.REGULAR), range=span) for span in ("26624-26879", "32512-32767")
    ]
    assert {path for path in asked if path not in ranges and not path.startswith(("blob:", "data:"))} == {
        "/",
        library.address("maplibre-gl", "maplibre-gl.js"),
        library.address("maplibre-gl", "maplibre-gl.css"),
    }
    # Two letters of 48 pixels side by side, in the middle of 400 x 300.
    assert 700 < len(dark) < 2000
    assert np.abs(dark.min(axis=0) - [152, 126]).max() <= 4
    assert np.abs(dark.max(axis=0) - [247, 173]).max() <= 4
