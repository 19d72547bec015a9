"""The map component as a person sees it: a server of its own, Debian's chromium, the network closed."""

import json
import re
import time
from collections.abc import Iterator

import categories
import pyproj
import pytest
from browser_fixture import FLAGS, ROOT, VIEW, browser, fresh_page, map_drawn, open_page, page  # noqa: F401 - fixtures
from map_browser import CENTRE, GO, IDLE, PATIENCE_MS, STATE, WEIGHT, inner_places, opened, say, serving, told, until
from payloads import PAYLOADS

from gridmap import messages

MOST_BYTES = 3_000_000
NO_WEBGL = ["--disable-webgl", "--disable-webgl2", "--disable-3d-apis"]

# A corner of a grid well inside the map, in degrees and on the screen.
CORNER = f"""() => {{ const view = {VIEW}, layer = view.drawn.find(one => one.role === 'grids');
    for (const geometry of layer.geometries) for (const place of geometry.coordinates[0][0]) {{
        const p = view.map.project(place); if (p.x > 150 && p.x < 500 && p.y > 150 && p.y < 400) return [place, [p.x, p.y]]; }} }}"""
# Where each area of the simpler map has its middle.
SIMPLE_PLACES = f"""role => {{ const map = {VIEW}.map, entry = gridmap.entries.get(map).find(one => one.data.role === role);
    return entry.layer.getLayers().map(part => map.latLngToContainerPoint(part.getBounds().getCenter())).map(p => [p.x, p.y]); }}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A server with the page of `map_app`; afterwards it must have asked for no address."""
    with serving(tmp_path_factory.mktemp("map")) as url:
        yield url


def test_grids_and_events_are_drawn_from_few_bytes(fresh_page, address):  # noqa: F811
    opened(fresh_page, address)
    ended = told(fresh_page)["at"]
    drawn = fresh_page.evaluate(IDLE)
    weight = fresh_page.evaluate(WEIGHT)
    say(f"layer data {weight / 1e6:.2f} MB, drawn {(drawn - ended) / 1e3:.2f} s after the script's end")
    state = fresh_page.evaluate(STATE)
    assert set(state) == {"context", "grids", "events"}
    assert all(shown and features > 10 for shown, features in state.values())
    assert 1000 < weight <= MOST_BYTES
    assert fresh_page.locator(".gm-title").inner_text() == "测试地图"
    assert fresh_page.locator(".gm-tag").inner_text() == messages.text("maps.synthetic", "zh")
    assert fresh_page.locator(".gm-scale").inner_text().endswith("m")


def test_pointing_and_clicking_show_a_card_and_tell_python(page, address):  # noqa: F811
    box = opened(page, address)
    for x, y in inner_places(page, "grids"):  # an event may lie where a grid has its inner place
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(60)
        if page.locator(".gm-tip").is_visible():
            break
    words = page.locator(".gm-tip").inner_text()
    assert messages.text("maps.households", "zh") in words
    assert "CGCS2000" in page.locator(".gm-coordinates").inner_text()
    page.mouse.click(box["x"] + x, box["y"] + y)
    state = until(page, lambda state: state["clicked"], "the click")
    assert state["clicked"][0] in words


def test_a_rerun_sends_no_layer_and_keeps_the_view(page, address):  # noqa: F811
    opened(page, address)
    page.evaluate(GO, [117.43, 36.13, 16])
    page.evaluate(f"() => {{ {VIEW}.kept = 1; }}")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    runs = told(page)["runs"]
    before = page.evaluate(CENTRE)
    page.get_by_role("button", name="again").click()
    until(page, lambda state: state["runs"] > runs, "the rerun")
    page.wait_for_timeout(300)
    assert [url for url in asked if "/gridmap/" in url] == []
    assert page.evaluate(CENTRE) == before
    assert page.evaluate(f"() => {VIEW}.kept") == 1


def test_a_brush_tells_the_codes_it_went_over(page, address):  # noqa: F811
    box = opened(page, address)
    page.locator('[data-tool="brush"]').click()
    places = sorted(inner_places(page, "grids"))
    page.mouse.move(box["x"] + places[0][0], box["y"] + places[0][1])
    page.mouse.down()
    for x, y in places[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
    words = page.locator(".gm-totals").inner_text()
    assert told(page)["codes"] == []  # nothing is told before the pointer is lifted
    lifted = time.monotonic()
    page.mouse.up()
    state = until(page, lambda state: state["codes"], "the stroke")
    say(f"stroke over {len(state['codes'])} grids: codes in Python after {time.monotonic() - lifted:.2f} s")
    assert len(state["codes"]) == len(places) == 16
    assert words.startswith("已选 16 个 · 户数 ")
    page.keyboard.press("Escape")
    until(page, lambda state: not state["codes"], "that nothing is chosen")


def test_a_box_and_a_lasso_take_what_lies_within(page, address):  # noqa: F811
    box = opened(page, address)
    places = inner_places(page, "grids")
    middle = box["width"] * 0.4
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 60, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + middle, box["y"] + box["height"] - 5, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    state = until(page, lambda state: state["codes"], "the box")
    assert len(state["codes"]) == sum(x < middle for x, _ in places)
    page.locator('[data-tool="lasso"]').click()
    x, y = places[0]
    page.mouse.move(box["x"] + x - 8, box["y"] + y - 8)
    page.mouse.down()
    for dx, dy in ((8, -8), (8, 8), (-8, 8)):
        page.mouse.move(box["x"] + x + dx, box["y"] + y + dy)
    page.mouse.up()
    until(page, lambda state: len(state["codes"]) == 1, "the lasso")


def test_a_drawn_polygon_snaps_to_borders_and_comes_back(page, address):  # noqa: F811
    box = opened(page, address)
    corner = page.evaluate(CORNER)
    (longitude, latitude), (x, y) = corner
    page.locator('[data-tool="polygon"]').click()
    page.wait_for_timeout(600)
    for dx, dy in ((4, 3), (90, 3), (90, 70), (90, 70)):  # a second click on the last corner ends the polygon
        page.mouse.move(box["x"] + x + dx, box["y"] + y + dy, steps=2)
        page.wait_for_timeout(60)
        page.mouse.down()
        page.mouse.up()
        page.wait_for_timeout(60)
    state = until(page, lambda state: state["drawn"], "the polygon")
    ring = state["drawn"]["features"][0]["geometry"]["coordinates"][0]
    assert [longitude, latitude] in [[round(a, 6), round(b, 6)] for a, b in ring]


SHAPES = f"""async () => {{ const made = {VIEW}.toolbar.made; if (!made) return []; const editor = await made;
    return editor.shapes().map(shape => [shape.geometry.type, shape.geometry.coordinates]); }}"""


def awaited_shapes(page, kinds: list[str]) -> list:  # noqa: F811
    """Wait until these kinds of shapes are drawn, and return their coordinates."""
    for _ in range(200):
        found = page.evaluate(SHAPES)
        if [kind for kind, _ in found] == kinds:
            return [places for _, places in found]
        page.wait_for_timeout(50)
    pytest.fail(f"{kinds} are not drawn, but {found}")


def place_of(page, longitude: float, latitude: float) -> tuple[float, float]:  # noqa: F811
    """Return where a place is on the screen."""
    box = page.locator(".gm-map").bounding_box()
    at = page.evaluate(f"at => {{ const p = {VIEW}.map.project(at); return [p.x, p.y]; }}", [longitude, latitude])
    return box["x"] + at[0], box["y"] + at[1]


def click(page, x: float, y: float) -> None:  # noqa: F811
    """Click as a hand does: the pointer comes first, and rests."""
    page.mouse.move(x, y, steps=3)
    page.wait_for_timeout(60)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(120)


def test_shapes_that_python_gives_are_drawn_changed_and_come_back(page, address):  # noqa: F811
    page.goto(f"{address}/?map=dongyuan&with=triangle")
    map_drawn(page)
    ring, point = awaited_shapes(page, ["Polygon", "Point"])
    assert ring[0] == [[117.428, 36.128], [117.434, 36.128], [117.431, 36.132], [117.428, 36.128]]
    assert point == [117.425, 36.13]
    assert told(page)["drawn"] is None  # nothing was done on the map yet
    page.locator('[data-tool="edit"]').click()
    page.wait_for_timeout(300)
    x, y = place_of(page, 117.431, 36.1293)
    click(page, x, y)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=8)
    page.mouse.up()
    state = until(page, lambda state: state["drawn"], "the change")
    kinds = [feature["geometry"]["type"] for feature in state["drawn"]["features"]]
    assert kinds == ["Polygon", "Point"]
    moved = state["drawn"]["features"][0]["geometry"]["coordinates"][0]
    assert len(moved) == 4
    assert all(a[0] > b[0] + 1e-4 for a, b in zip(moved, ring[0], strict=True))
    page.get_by_text("other").click()  # other shapes take the place of these
    awaited_shapes(page, ["LineString"])


def test_a_key_deletes_the_chosen_shape_alone_and_python_knows(page, address):  # noqa: F811
    page.goto(f"{address}/?map=dongyuan&with=triangle")
    map_drawn(page)
    awaited_shapes(page, ["Polygon", "Point"])
    page.locator('[data-tool="edit"]').click()
    page.wait_for_timeout(300)
    click(page, *place_of(page, 117.431, 36.1293))
    page.keyboard.press("Delete")
    awaited_shapes(page, ["Point"])
    state = until(page, lambda state: state["drawn"], "that a shape is gone")
    assert [feature["geometry"]["type"] for feature in state["drawn"]["features"]] == ["Point"]
    page.locator('[data-tool="erase"]').click()
    awaited_shapes(page, [])
    until(page, lambda state: state["drawn"] is None, "that all are gone")


def test_a_measured_line_says_its_length_and_is_no_shape(page, address):  # noqa: F811
    opened(page, address)
    page.locator('[data-tool="measure"]').click()
    page.wait_for_timeout(600)
    places = [(117.425, 36.128), (117.435, 36.128), (117.435, 36.132)]
    for place in places:
        click(page, *place_of(page, *place))
    said = page.locator(".gm-totals:visible").inner_text()
    assert said.endswith(" m")
    length = pyproj.Geod(ellps="sphere").line_length(*zip(*places, strict=True))
    assert float(said[:-2].replace(",", "")) == pytest.approx(length, rel=0.01)
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert page.locator(".gm-totals:visible").count() == 0
    assert told(page)["drawn"] is None
    assert page.evaluate(f"async () => (await {VIEW}.toolbar.made).draw.getSnapshot().length") == 0


@pytest.fixture
def touched(browser) -> Iterator:  # noqa: F811
    """A page on a screen that is touched."""
    page = open_page(browser, has_touch=True)  # noqa: F811
    yield page
    page.context.close()
    assert page.gridmap_requests == []
    assert page.gridmap_errors == []


def test_a_tap_shows_the_card_of_an_area(touched, address):
    box = opened(touched, address)
    for x, y in inner_places(touched, "grids"):  # an event may lie where a grid has its inner place
        touched.touchscreen.tap(box["x"] + x, box["y"] + y)
        touched.wait_for_timeout(400)
        if messages.text("maps.households", "zh") in touched.locator(".gm-popup").inner_text():  # of what is hidden it is empty
            break
    words = touched.locator(".gm-popup").inner_text()
    assert messages.text("maps.households", "zh") in words
    state = until(touched, lambda state: state["clicked"] and state["clicked"][0] in words, "the tap")
    assert len(state["clicked"]) == 1
    touched.locator(".gm-close").tap()
    assert not touched.locator(".gm-popup").is_visible()


def test_a_picture_of_the_map_is_a_png(page, address, tmp_path):  # noqa: F811
    opened(page, address)
    with page.expect_download() as picture:
        page.locator('[data-tool="export"]').click()
    picture.value.save_as(tmp_path / "map.png")
    content = (tmp_path / "map.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 50_000
    assert picture.value.suggested_filename == "测试地图.png"


def test_a_layer_that_the_server_let_go_is_asked_for_again(page, address):  # noqa: F811
    refused = []

    def once(route):
        if len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=404, body="")
        else:
            route.continue_()

    page.route(re.compile("/gridmap/parts/"), once)
    opened(page, address)
    page.wait_for_timeout(500)
    assert len(refused) == 2
    assert told(page)["runs"] > 0
    assert all(features > 10 for _, features in page.evaluate(STATE).values())
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]


def test_a_script_that_does_not_come_is_said_in_words(page, address):  # noqa: F811
    page.route(re.compile("maplibre-gl.js"), lambda route: route.abort())
    page.goto(f"{address}/?map=dongyuan")
    line = page.locator(".gm-message.gm-failed")
    line.wait_for(timeout=PATIENCE_MS)
    assert line.inner_text().startswith(messages.text("component.failed", "zh"))
    page.gridmap_errors.clear()


def test_styles_for_the_dark_and_for_print(page, address):  # noqa: F811
    opened(page, address)
    ground = f"() => {VIEW}.map.getPaintProperty('gm-ground', 'background-color')"
    outline = (
        f"() => JSON.stringify({VIEW}.map.getPaintProperty({VIEW}.drawn.find(one => one.role === 'grids').source + ':line0', 'line-color'))"
    )
    page.get_by_role("button", name=messages.text("component.dark", "zh")).click()
    assert page.evaluate(ground) == "#14191f"
    page.get_by_role("button", name=messages.text("component.print", "zh")).click()
    assert page.evaluate(ground) == "#ffffff"
    assert "#000000" in page.evaluate(outline)


def test_a_light_page_on_a_dark_system_has_a_light_map(browser, address):  # noqa: F811
    page = open_page(browser, color_scheme="dark")  # noqa: F811
    opened(page, address)
    assert page.evaluate(f"() => {VIEW}.look") == "light"
    page.context.close()


# Around each mark: which pixels are not the ground.
OUTLINES = f"""() => new Promise(done => {{ const map = {VIEW}.map, layer = {VIEW}.drawn[0];
    const ranks = layer.data.columns[layer.data.fields.indexOf('')].map(lines => Number(lines[0].split(' · c')[1])), places = [];
    layer.geometries.forEach((geometry, row) => {{ const p = map.project(geometry.coordinates); places[ranks[row]] = [p.x, p.y]; }});
    map.once('render', () => {{ const canvas = map.getCanvas();
        done([({categories.MASKS})(canvas, places, canvas.width / canvas.clientWidth, (r, g, b) => Math.min(r, g, b) < 200), places]); }});
    map.triggerRepaint(); }})"""


@pytest.mark.parametrize("look", ["light", "print"])
def test_categories_are_told_apart_by_the_outline_of_their_marks(page, address, look):  # noqa: F811
    box = opened(page, address, "marks", least_ink=0.001)
    page.get_by_role("button", name=messages.text(f"component.{look}", "zh")).click()
    page.evaluate(IDLE)
    page.wait_for_timeout(300)
    masks, places = page.evaluate(OUTLINES)
    categories.require_different(masks)
    samples = page.locator(".gm-panel .gm-swatch path").evaluate_all("all => all.map(one => one.getAttribute('d'))")
    assert len(set(samples)) == len(samples) == len(masks)
    page.mouse.click(box["x"] + places[2][0], box["y"] + places[2][1])
    clicked = until(page, lambda state: state["clicked"], "the click")["clicked"]
    assert clicked == [f"e{n}" for n in range(2 * categories.AT_A_PLACE, 3 * categories.AT_A_PLACE)]


EVENT = {"lon": 117.4300, "lat": 36.1300, "category": "环境卫生", "status": "reported", "reported_at": "2021-05-01T08:00:00+08:00"}
LIVE = f"() => {VIEW}.extras.live"


def message(events: list[dict], mark: int, **further: str) -> str:
    """Return one message of the live feed."""
    return f"id: {mark}\ndata: {json.dumps({'events': events, 'mark': mark, **further}, ensure_ascii=False)}\n\n"


def feeding(page, bodies: list[str], clock: dict[str, str] | None = None) -> None:  # noqa: F811
    """Answer for the live feed with one message after the other, and for its clock with these headers."""

    def feed(route):
        if route.request.method == "HEAD":
            route.fulfill(status=200, headers=clock)
        else:
            body = "retry: 200\n\n" + (bodies.pop(0) if bodies else "")
            route.fulfill(status=200, content_type="text/event-stream", body=body)

    page.route(re.compile("/gridmap/live"), feed)


def test_live_events_are_appended_filtered_and_counted(page, address):  # noqa: F811
    codes = "990101001003003"
    first = [{**EVENT, "id": f"e{n}", "lon": EVENT["lon"] + n / 1000, "grid": codes, "grid_name": "王家庄第1网格"} for n in range(3)]
    second = [
        {**EVENT, "id": "e9", "category": PAYLOADS[0], "status": PAYLOADS[4], "grid": None},
        {"id": "broken"},
        None,
        {**EVENT, "id": "e0"},
    ]
    feeding(page, [message(first, 3), message(second, 4)])
    page.goto(f"{address}/?map=dongyuan&with=live")
    map_drawn(page)
    page.wait_for_function(f"() => ({LIVE})() && ({LIVE})().events.size === 4", timeout=PATIENCE_MS)
    shown = f"count => {VIEW}.map.queryRenderedFeatures({{layers: ['gm-live:dot']}}).length === count"
    page.wait_for_function(shown, arg=4, timeout=PATIENCE_MS)
    assert page.evaluate(f"() => [...({LIVE})().counts]") == [[codes, 2]]
    panel = page.locator(".gm-live")
    assert "王家庄第1网格" in panel.inner_text()
    assert PAYLOADS[0] in panel.inner_text()
    box = page.locator(".gm-map").bounding_box()
    at = page.evaluate(f"() => {{ const p = {VIEW}.map.project([{EVENT['lon'] + 0.002}, {EVENT['lat']}]); return [p.x, p.y]; }}")
    page.mouse.click(box["x"] + at[0], box["y"] + at[1])
    assert until(page, lambda state: state["clicked"], "the click")["clicked"] == ["e2"]
    assert "e2" in page.locator(".gm-popup").inner_text()
    panel.locator("label", has_text="环境卫生").locator("input").uncheck()
    page.wait_for_function(shown, arg=1, timeout=PATIENCE_MS)
    assert page.evaluate("() => window.__xss") is None
    page.goto("about:blank")


SHOWN = f"() => {VIEW}.map.queryRenderedFeatures({{layers: ['gm-live:dot']}}).length"
LIVE_TOTAL = ".gm-live .gm-extra-head .gm-entry-n"


def test_live_events_leave_when_the_clock_of_the_project_has_moved_on(page, address):  # noqa: F811
    early = [{**EVENT, "id": f"e{n}", "reported_at": f"2021-05-01T0{n}:30:00+08:00", "lon": EVENT["lon"] + n / 1000} for n in range(1, 9)]
    bodies = [message(early, 8, newest="2021-05-01T08:30:00+08:00")]
    feeding(page, bodies)
    page.goto(f"{address}/?map=dongyuan&with=clock")
    map_drawn(page)
    page.wait_for_function(f"() => ({SHOWN})() === 8", timeout=PATIENCE_MS)
    ages = page.locator(".gm-age select")
    assert ages.locator("option").all_inner_texts() == ["1 小时内", "24 小时内"]
    assert ages.input_value() == str(24 * 60)
    ages.select_option("60")  # the clock stands at nine
    page.wait_for_function(f"() => ({SHOWN})() === 1", timeout=PATIENCE_MS)
    assert page.locator(LIVE_TOTAL).inner_text() == "1"
    ages.select_option(str(24 * 60))
    page.wait_for_function(f"() => ({SHOWN})() === 8", timeout=PATIENCE_MS)
    bodies.append(message([], 9, newest="2021-05-02T06:30:00+08:00"))  # an event of another category
    page.wait_for_function(f"() => ({SHOWN})() === 2", timeout=PATIENCE_MS)
    assert page.locator(LIVE_TOTAL).inner_text() == "2"
    page.goto("about:blank")


def test_live_events_leave_by_the_clock_of_the_server(page, address):  # noqa: F811
    events = [{**EVENT, "id": "old", "reported_at": "2021-05-01T08:00:04+08:00"}, {**EVENT, "id": "new", "lon": EVENT["lon"] + 0.001}]
    events[1]["reported_at"] = "2021-05-01T12:00:00+08:00"
    clock = {"date": "Sun, 02 May 2021 00:00:00 GMT"}  # eight in the morning of the next day
    feeding(page, [message(events, 2)], clock)
    page.goto(f"{address}/?map=dongyuan&with=aging")
    map_drawn(page)
    page.wait_for_function(f"() => ({LIVE})() && ({LIVE})().events.size === 2", timeout=PATIENCE_MS)
    page.wait_for_function(f"() => ({SHOWN})() === 2", timeout=PATIENCE_MS)
    clock["date"] = "Sun, 02 May 2021 00:00:10 GMT"
    page.wait_for_function(f"() => ({SHOWN})() === 1", timeout=PATIENCE_MS)
    assert page.evaluate(f"() => [...({LIVE})().visible()].map(event => event.id)") == ["new"]
    assert page.locator(LIVE_TOTAL).inner_text() == "1"
    page.goto("about:blank")


def test_a_great_many_events_are_counted_exactly_in_squares(page, address):  # noqa: F811
    page.goto(f"{address}/?map=dongyuan&with=bins")
    map_drawn(page)
    found = f"() => {VIEW}.extras.bins && {VIEW}.extras.bins.found"
    page.wait_for_function(found, timeout=PATIENCE_MS)
    whole = page.evaluate(found)
    located = page.evaluate(f"() => {VIEW}.extras.bins.features.length")
    assert whole["total"] > 500
    assert located > 10
    assert f"{whole['total']:,}" in page.locator(".gm-extra").inner_text()
    page.evaluate(GO, [117.43, 36.13, 18.5])
    page.wait_for_function(f"total => ({found})().total < total", arg=whole["total"], timeout=PATIENCE_MS)
    near = page.evaluate(found)
    assert near["kind"] == "points"
    assert near["drawn"] == near["total"]
    feature = page.evaluate(
        f"() => {{ const bins = {VIEW}.extras.bins, w = {VIEW}.box.clientWidth, h = {VIEW}.box.clientHeight;"
        " for (const one of bins.features) {"
        f" const p = {VIEW}.map.project(one.geometry.coordinates); if (p.x > 80 && p.x < w - 320 && p.y > 60 && p.y < h - 60)"
        " return [p.x, p.y, one.properties.row]; } }"
    )
    page.wait_for_timeout(400)
    box = page.locator(".gm-map").bounding_box()
    page.mouse.click(box["x"] + feature[0], box["y"] + feature[1])
    assert f"e{feature[2]}" in until(page, lambda state: state["clicked"], "the click")["clicked"]
    assert page.locator(".gm-popup").is_visible()


def test_vector_tiles_are_drawn_and_clicked(page, address):  # noqa: F811
    page.goto(f"{address}/?map=dongyuan&with=tiles")
    map_drawn(page, least_ink=0.2)
    box = page.locator(".gm-map").bounding_box()
    page.wait_for_timeout(500)
    colours = page.evaluate(
        f"() => {VIEW}.map.queryRenderedFeatures({{layers: [{VIEW}.others[0].source + ':fill']}}).map(f => f.properties.style)"
    )
    assert set(colours) == {0, 1}
    page.mouse.click(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.5)
    state = until(page, lambda state: state["clicked"], "the click")
    assert re.fullmatch(r"990101001\d{6}", state["clicked"][0])


def test_a_slider_leaves_out_events_of_other_times(page, address):  # noqa: F811
    page.goto(f"{address}/?map=dongyuan&with=time")
    map_drawn(page)
    page.wait_for_selector(".gm-time", timeout=PATIENCE_MS)

    def events() -> int:
        return int(page.locator(".gm-time span").inner_text().rsplit(" · ", 1)[1].replace(",", ""))

    late = events()
    page.locator(".gm-time input").evaluate("e => { e.value = e.min; e.dispatchEvent(new Event('input')); }")
    page.wait_for_timeout(300)
    assert 0 < events() < late
    assert page.evaluate(STATE)["events"][1] <= events()


def test_no_text_of_the_data_ever_runs(page, address):  # noqa: F811
    box = opened(page, address, "hostile")
    seen = set()
    for x, y in inner_places(page, "theme"):
        page.mouse.move(box["x"] + x + 25, box["y"] + y + 15)  # clear of the event in the middle
        page.wait_for_timeout(15)
        if page.locator(".gm-tip").is_visible():
            seen.add(page.locator(".gm-tip").inner_text()[:30])
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(15)
    assert len(seen) > 10
    page.locator(".gm-layer-name", has_text=PAYLOADS[6]).locator("input").check()
    for x, y in inner_places(page, "theme")[:12]:
        page.mouse.click(box["x"] + x + 9, box["y"] + y + 9)
        page.wait_for_timeout(15)
    assert page.locator(".gm-title").inner_text() == PAYLOADS[2]
    for name in ("dark", "print"):
        page.get_by_role("button", name=messages.text(f"component.{name}", "en")).click()
    with page.expect_download():
        page.locator('[data-tool="export"]').click()
    assert page.evaluate("() => window.__xss") is None
    assert (
        page.evaluate(f"() => {ROOT}.querySelectorAll('img, iframe, script, object, embed, form, video, audio, style, meta').length") == 0
    )


@pytest.fixture(scope="module")
def without_webgl(browser) -> Iterator:  # noqa: F811
    """A browser without WebGL."""
    started = browser.browser_type.launch(executable_path="/usr/bin/chromium", headless=True, args=[*FLAGS, *NO_WEBGL])
    yield started
    started.close()


@pytest.fixture
def simple(without_webgl) -> Iterator:
    """A page in a browser without WebGL."""
    page = open_page(without_webgl)  # noqa: F811
    yield page
    page.context.close()
    assert page.gridmap_requests == []
    assert page.gridmap_errors == []
    assert page.gridmap_dialogs == []


SIMPLE_INK = f"""() => {{ const c = {ROOT}.querySelector('.leaflet-overlay-pane canvas'); if (!c || !c.width) return 0;
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let ink = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) ink++; return ink / (d.length / 4); }}"""


def test_without_webgl_a_simpler_map_says_why_and_takes_clicks(simple, address):
    simple.goto(f"{address}/?map=dongyuan")
    simple.wait_for_selector(".gm-root[data-drawn]", timeout=PATIENCE_MS)
    simple.wait_for_function(f"() => ({SIMPLE_INK})() > 0.01", timeout=PATIENCE_MS)
    assert simple.locator(".gm-reason").inner_text() == messages.text("component.no_webgl", "zh")
    box = simple.locator(".gm-map").bounding_box()
    place = simple.evaluate(SIMPLE_PLACES, "grids")[0]
    simple.mouse.click(box["x"] + place[0] + 9, box["y"] + place[1] + 4)
    assert len(until(simple, lambda state: state["clicked"], "the click")["clicked"]) == 1


def test_without_webgl_no_text_of_the_data_ever_runs(simple, address):
    simple.goto(f"{address}/?map=hostile")
    simple.wait_for_selector(".gm-root[data-drawn]", timeout=PATIENCE_MS)
    simple.wait_for_function(f"() => ({SIMPLE_INK})() > 0.01", timeout=PATIENCE_MS)
    box = simple.locator(".gm-map").bounding_box()
    seen = set()
    for number in range(len(PAYLOADS)):
        x, y = simple.evaluate(SIMPLE_PLACES, "theme")[number]  # a card moves the map
        simple.mouse.move(box["x"] + x + 20, box["y"] + y + 12)
        simple.mouse.click(box["x"] + x, box["y"] + y)
        simple.wait_for_timeout(20)
        seen |= set(simple.locator(".leaflet-popup-content, .leaflet-tooltip").all_inner_texts())
    assert len(seen) > 20
    assert simple.evaluate("() => window.__xss") is None
    assert simple.locator(".gm-title").inner_text() == PAYLOADS[2]


def test_without_webgl_areas_are_chosen_by_box_and_by_clicks(simple, address):
    simple.goto(f"{address}/?map=dongyuan")
    simple.wait_for_selector(".gm-root[data-drawn]", timeout=PATIENCE_MS)
    simple.wait_for_function(f"() => ({SIMPLE_INK})() > 0.01", timeout=PATIENCE_MS)
    box = simple.locator(".gm-map").bounding_box()
    simple.mouse.move(box["x"] + 60, box["y"] + 8)
    simple.keyboard.down("Shift")
    simple.mouse.down()
    simple.mouse.move(box["x"] + box["width"] - 320, box["y"] + box["height"] - 40, steps=4)
    assert simple.locator(".gm-simple-frame").is_visible()
    simple.mouse.up()
    simple.keyboard.up("Shift")
    state = until(simple, lambda state: state["codes"], "the box")
    assert len(state["codes"]) == 16
    assert all(re.fullmatch(r"990101001\d{6}", code) for code in state["codes"])
    assert simple.locator(".gm-totals").inner_text().startswith("已选 16 个 · 户数 ")
    place = simple.evaluate(SIMPLE_PLACES, "grids")[0]
    simple.keyboard.down("Control")
    simple.mouse.click(box["x"] + place[0] + 9, box["y"] + place[1] + 4)
    simple.keyboard.up("Control")
    state = until(simple, lambda state: len(state["codes"]) == 15, "the click")
    assert state["clicked"] is None
    simple.locator('[data-tool="clear"]').click()
    until(simple, lambda state: not state["codes"], "that nothing is chosen")
    simple.locator('[data-tool="box"]').click()
    simple.mouse.move(box["x"] + place[0] - 25, box["y"] + place[1] - 25)
    simple.mouse.down()
    simple.mouse.move(box["x"] + place[0] + 25, box["y"] + place[1] + 25, steps=4)
    simple.mouse.up()
    state = until(simple, lambda state: state["codes"], "the second box")
    assert len(state["codes"]) == 1


def test_without_webgl_live_events_come_in_and_leave(simple, address):
    events = [
        {**EVENT, "id": f"e{n}", "lon": EVENT["lon"] + n / 1000, "grid": "990101001003003", "grid_name": "王家庄第1网格"} for n in range(3)
    ]
    bodies = [message(events, 3, newest="2021-05-01T08:00:00+08:00")]
    feeding(simple, bodies)
    simple.goto(f"{address}/?map=dongyuan&with=clock")
    total = simple.locator(LIVE_TOTAL)
    total.and_(simple.get_by_text("3", exact=True)).wait_for(timeout=PATIENCE_MS)
    shown = f"() => {VIEW}.live.group.getLayers().length"
    assert simple.evaluate(shown) == 3
    assert "王家庄第1网格" in simple.locator(".gm-live").inner_text()
    at = simple.evaluate(
        f"() => {{ const p = {VIEW}.map.latLngToContainerPoint([{EVENT['lat']}, {EVENT['lon'] + 0.002}]); return [p.x, p.y]; }}"
    )
    box = simple.locator(".gm-map").bounding_box()
    simple.mouse.click(box["x"] + at[0], box["y"] + at[1])
    assert until(simple, lambda state: state["clicked"], "the click")["clicked"] == ["e2"]
    assert "e2" in simple.locator(".leaflet-popup-content").inner_text()
    bodies.append(message([], 4, newest="2021-05-02T09:00:00+08:00"))
    simple.wait_for_function(f"() => ({shown})() === 0", timeout=PATIENCE_MS)
    assert total.inner_text() == "0"
    simple.goto("about:blank")


@pytest.mark.parametrize(("with_", "name"), [("tiles", "大图层"), ("bins", "事件计数")])
def test_without_webgl_large_layers_are_named_and_the_rest_is_drawn(simple, address, with_, name):
    simple.goto(f"{address}/?map=dongyuan&with={with_}")
    simple.wait_for_selector(".gm-root[data-drawn]", timeout=PATIENCE_MS)
    simple.wait_for_function(f"() => {ROOT}.querySelectorAll('.leaflet-gridmap-context-pane canvas').length === 1", timeout=PATIENCE_MS)
    said = simple.locator(".gm-reason").inner_text()
    assert said.startswith(messages.text("component.no_webgl", "zh"))
    assert messages.text("component.large_missing", "zh").replace("{names}", name) in said
