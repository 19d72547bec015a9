"""A base map as a person sees it: the page asks its own server alone, and the tiles are there."""

from collections.abc import Iterator

import pytest
import towns
from browser_fixture import VIEW, browser, map_drawn, page  # noqa: F401 - fixtures
from test_ui_browser import Server, asked_outside, running, stop, visit
from tile_service import COLOUR, Service, serving

from gridmap import files
from gridmap.ui.component import basemap

KEY = "s3cret-of-the-town"
# Share of the map's pixels that have about the colour of the service's tiles.
COLOURED = f"""([red, green, blue]) => new Promise(done => {{
    const map = {VIEW}.map;
    map.once('render', () => {{
        const seen = map.getCanvas(), copy = document.createElement('canvas');
        copy.width = seen.width; copy.height = seen.height;
        const pen = copy.getContext('2d'); pen.drawImage(seen, 0, 0);
        const d = pen.getImageData(0, 0, copy.width, copy.height).data;
        let n = 0; for (let i = 0; i < d.length; i += 4)
            if (Math.abs(d[i] - red) < 4 && Math.abs(d[i + 1] - green) < 4 && Math.abs(d[i + 2] - blue) < 4) n++;
        done(n / (d.length / 4));
    }});
    map.triggerRepaint();
}})"""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory, service) -> Iterator[Server]:
    """The application with the demo project and a base map; afterwards it must have asked for no other machine."""
    folder = tmp_path_factory.mktemp("basemap")
    tables, settings = towns.project()
    files.write_project(tables, folder / "dongyuan.gpkg", settings=settings)
    text = f"""
[streets]
name = {{ zh = "街道底图", en = "Streets" }}
url = "{service.url}/good/{{z}}/{{x}}/{{y}}?tk={{key}}"
key = "TOWN_KEY"
attribution = "<b>测绘</b> GS(2024)1"
max_zoom = 16
"""
    (folder / "basemaps.toml").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(basemap.VARIABLE, str(folder / "basemaps.toml"))
        patch.setenv("TOWN_KEY", KEY)
        with running(folder / "dongyuan.gpkg", folder) as started:
            yield started
            assert stop(started) == (0, "")
            assert asked_outside(started) == []


@pytest.mark.parametrize("screen", ["", "coverage", "workload", "hotspots", "live"])
def test_a_base_map_is_off_at_first_and_comes_from_our_own_server(page, server, service, screen):  # noqa: F811
    asked, heard = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: heard.append(response))
    page.on("websocket", lambda channel: channel.on("framereceived", lambda frame: heard.append(frame)))
    before = len(service.asked)
    visit(page, f"{server.url}/{screen}")
    map_drawn(page)
    assert page.evaluate(COLOURED, list(COLOUR)) < 0.001
    assert not [address for address in asked if "/gridmap/basemap/" in address]
    assert len(service.asked) == before
    section = page.locator(".gm-layer", has_text="街道底图")
    section.locator("input").check()
    assert section.locator(".gm-note").inner_text() == "<b>测绘</b> GS(2024)1"
    for _ in range(100):
        if page.evaluate(COLOURED, list(COLOUR)) > 0.05:
            break
        page.wait_for_timeout(100)
    else:
        pytest.fail("the base map is not drawn")
    tiles = [address for address in asked if "/gridmap/basemap/" in address]
    assert tiles
    assert all(address.startswith((server.url, "data:", "blob:")) for address in asked)
    assert set(service.keys()) == {KEY}
    assert all(int(address.split("/")[2]) <= 16 for address in service.asked)
    texts = [one if isinstance(one, bytes) else one.encode() for one in heard if isinstance(one, bytes | str)]
    answers = [one for one in heard if not isinstance(one, bytes | str) and "/gridmap/" in one.url and one.status == 200]
    texts += [one.body() for one in answers if "/gridmap/live" not in one.url]  # a stream has no end
    assert texts
    assert not [text for text in texts if KEY.encode() in text or service.url.encode() in text]
    # Off again, it is gone.
    section.locator("input").uncheck()
    page.wait_for_timeout(300)
    assert page.evaluate(COLOURED, list(COLOUR)) < 0.001
