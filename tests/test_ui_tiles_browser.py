"""Layers drawn from vector tiles, as a person uses them: pointing, clicking, selecting, names; sums held to pandas."""

import re
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browser_fixture import ROOT, VIEW, browser, map_drawn, page  # noqa: F401 - fixtures
from map_browser import application
from test_ui_live_browser import POST

from gridmap import files
from gridmap.ui import large

CRS = "EPSG:4548"
SIDE, PITCH_M, EVENTS, GATHERED = 60, 100.0, 12_000, 100
HOT = "G1830"  # column and row 30: the last events lie in it
ORIGIN = np.array([5e5, 3.3e6])
WAIT_MS = 60_000
LAYER = f"{VIEW}.others[0]"
QUIET = f"() => {LAYER} && {VIEW}.map.loaded() && {VIEW}.map.areTilesLoaded() && !{VIEW}.map.isMoving()"
TOTALS = ".gm-totals"


def town() -> dict[str, gpd.GeoDataFrame]:
    """Return 3,600 squares in four upper grids, a dedicated one, and events all over them."""
    column, row = np.divmod(np.arange(SIDE * SIDE), SIDE)
    quarter = 2 * (column >= SIDE // 2) + (row >= SIDE // 2)
    boxes = shapely.box(column * PITCH_M, row * PITCH_M, (column + 1) * PITCH_M, (row + 1) * PITCH_M)
    half = SIDE * PITCH_M / 2
    upper = [shapely.box(x, y, x + half, y + half) for x in (0, half) for y in (0, half)]
    codes = [*(f"Q{n}" for n in range(4)), *(f"G{n:04d}" for n in range(SIDE * SIDE)), "D1"]
    columns = {
        "name": [*(f"片区{n}" for n in range(4)), *(f"网格{n}" for n in range(SIDE * SIDE)), "学校"],
        "level": [1] * 4 + [2] * (SIDE * SIDE) + [2],
        "kind": ["base"] * (4 + SIDE * SIDE) + ["dedicated"],
        "parent": [None] * 4 + [f"Q{q}" for q in quarter] + ["G0000"],
        "households": [0] * 4 + [100 + n % 37 for n in range(SIDE * SIDE)] + [5],
    }
    shapes = [shapely.transform(shape, lambda at: at + ORIGIN) for shape in [*upper, *boxes, shapely.box(20, 20, 80, 80)]]
    grids = gpd.GeoDataFrame(columns, index=pd.Index(codes, name="grid_code"), geometry=shapes, crs=CRS)
    random = np.random.default_rng(2)
    index = pd.Index([f"E{n:05d}" for n in range(EVENTS)], name="event_id")
    times = pd.Timestamp("2024-03-01", tz="Asia/Shanghai") + pd.to_timedelta(np.arange(EVENTS), unit="min")
    points = random.uniform(1, SIDE * PITCH_M - 1, (EVENTS, 2))
    points[-GATHERED:] = random.uniform(30.1, 30.9, (GATHERED, 2)) * PITCH_M
    events = gpd.GeoDataFrame(
        {
            "category": np.where(np.arange(EVENTS) % 3, "环境卫生", "市容环境"),
            "reported_at": times,
            "address": [f"路{n}号" for n in range(EVENTS)],
        },
        index=index,
        geometry=shapely.points(points + ORIGIN),
        crs=CRS,
    )
    return {"grids": grids, "events": events}


@pytest.fixture(scope="module")
def tables() -> dict[str, gpd.GeoDataFrame]:
    made = town()
    assert large.is_large(made["grids"])
    assert len(made["events"]) > large.MOST_DOTS
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory, tables) -> Iterator[str]:
    """The application on the town, in English."""
    folder = tmp_path_factory.mktemp("tiles")
    files.write_project(tables, folder / "town.gpkg", settings={"title_zh": "大图层", "title_en": "Large"})
    with application(folder / "town.gpkg", folder) as address:
        yield address


@pytest.fixture(scope="module")
def lowest(tables) -> pd.DataFrame:
    """Longitude and latitude of a place inside each lowest grid, its households and its events, by code."""
    grids = tables["grids"]
    tier = grids[(grids["level"] == 2) & (grids["kind"] == "base")]
    inner = tier.representative_point().to_crs(4326)
    at = tables["events"].geometry
    number = ((at.x - 5e5) // PITCH_M * SIDE + (at.y - 3.3e6) // PITCH_M).astype(int)
    counts = number.value_counts().reindex(range(SIDE * SIDE), fill_value=0).to_numpy()
    return pd.DataFrame({"lon": inner.x, "lat": inner.y, "households": tier["households"], "events": counts}, index=tier.index)


def visit(page, address: str) -> dict:  # noqa: F811
    """Open a screen, wait until its tiles are drawn, and return the place of the map on the page."""
    page.goto(address)
    map_drawn(page)
    page.wait_for_function(QUIET, timeout=WAIT_MS)
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]  # Streamlit looks for its server below the path
    return page.locator(".gm-map").bounding_box()


def go_to(page, code: str, lowest: pd.DataFrame, zoom: float) -> None:  # noqa: F811
    """Move the map over a grid."""
    place = lowest.loc[code, ["lon", "lat"]].tolist()
    page.evaluate(f"([place, zoom]) => {{ {VIEW}.map.jumpTo({{center: place, zoom: zoom}}); }}", [place, zoom])
    page.wait_for_timeout(200)
    page.wait_for_function(QUIET, timeout=WAIT_MS)


def spot(page, code: str, lowest: pd.DataFrame) -> tuple[float, float]:  # noqa: F811
    """Return the place of a grid on the page."""
    place = lowest.loc[code, ["lon", "lat"]].tolist()
    x, y = page.evaluate(f"place => {{ const p = {VIEW}.map.project(place); return [p.x, p.y]; }}", place)
    box = page.locator(".gm-map").bounding_box()
    return box["x"] + x, box["y"] + y


def drag(page, places: list[tuple[float, float]]) -> None:  # noqa: F811
    """Draw with the pointer."""
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def within(page, corners: list[tuple[float, float]], lowest: pd.DataFrame) -> pd.DataFrame:  # noqa: F811
    """Return the grids whose inner place lies in a box on the page."""
    box = page.locator(".gm-map").bounding_box()
    at = [[x - box["x"], y - box["y"]] for x, y in corners]
    (west, north), (east, south) = page.evaluate(f"at => at.map(place => {VIEW}.map.unproject(place).toArray())", at)
    return lowest[lowest["lon"].between(west, east) & lowest["lat"].between(south, north)]


def test_pointing_at_a_grid_shows_its_texts_and_a_click_its_row(page, server, lowest):  # noqa: F811
    visit(page, f"{server}/workload?lang=en")
    code = "G1234"
    go_to(page, code, lowest, 15)
    at = spot(page, code, lowest)
    page.mouse.move(at[0] - 3, at[1])
    page.mouse.move(*at)
    tip = page.locator(".gm-tip")
    tip.wait_for(timeout=WAIT_MS)
    words = tip.inner_text()
    assert code in words
    assert "网格1234" in words
    assert f"{lowest.loc[code, 'households']:,}" in words
    page.mouse.click(*at)
    page.get_by_text("Chosen on the map: 1").wait_for(timeout=WAIT_MS)


def test_a_box_takes_the_grids_whose_inner_place_lies_in_it_with_exact_sums(page, server, lowest):  # noqa: F811
    visit(page, f"{server}/workload?lang=en")
    go_to(page, "G1000", lowest, 13.5)
    x, y = spot(page, "G1000", lowest)
    corners = [(x - 140, y - 130), (x + 150, y + 120)]
    expected = within(page, corners, lowest)
    assert len(expected) > 50
    page.locator('[data-tool="box"]').click()
    drag(page, corners)
    page.get_by_text(f"Chosen on the map: {len(expected):,}").wait_for(timeout=WAIT_MS)
    totals = page.locator(TOTALS).inner_text()
    assert f"{len(expected):,} chosen" in totals
    assert f"Households {expected['households'].sum():,}" in totals
    assert f"Events {expected['events'].sum():,}" in totals
    page.keyboard.press("Escape")
    page.get_by_text("Chosen on the map").wait_for(state="hidden", timeout=WAIT_MS)


def test_a_brush_takes_what_it_goes_over_and_ctrl_lets_one_go(page, server, lowest):  # noqa: F811
    visit(page, f"{server}/workload?lang=en")
    codes = [f"G{20 * SIDE + row}" for row in range(10, 16)]
    go_to(page, codes[3], lowest, 15)
    page.locator('[data-tool="brush"]').click()
    drag(page, [spot(page, code, lowest) for code in codes])
    taken = page.evaluate(f"() => [...{VIEW}.selecting.rows]")
    assert len(taken) == len(codes)
    page.get_by_text(f"Chosen on the map: {len(codes)}").wait_for(timeout=WAIT_MS)
    page.wait_for_function(
        f"text => {VIEW}.root.querySelector('{TOTALS}').textContent.includes(text)", arg=f"Events {lowest.loc[codes, 'events'].sum():,}"
    )
    page.locator('[data-tool="click"]').click()
    page.keyboard.down("Control")
    page.mouse.click(*spot(page, codes[2], lowest))
    page.keyboard.up("Control")
    page.get_by_text(f"Chosen on the map: {len(codes) - 1}").wait_for(timeout=WAIT_MS)
    assert f"{lowest.loc[codes, 'households'].sum() - lowest.loc[codes[2], 'households']:,}" in page.locator(TOTALS).inner_text()


def test_outlines_count_the_lowest_tier_alone(page, server, lowest):  # noqa: F811
    box = visit(page, f"{server}/?lang=en")
    page.locator('[data-tool="lasso"]').click()
    left, top, right, bottom = box["x"] + 60, box["y"] + 5, box["x"] + box["width"] - 260, box["y"] + box["height"] - 5
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    expected = within(page, [corners[0], corners[2]], lowest)
    assert len(expected) > SIDE * SIDE / 2
    drag(page, [*corners, corners[0]])
    page.get_by_text(f"Chosen on the map: {len(expected):,}").wait_for(timeout=WAIT_MS)
    totals = page.locator(TOTALS).inner_text()
    assert f"Households {expected['households'].sum():,}" in totals
    assert f"Events {expected['events'].sum():,}" in totals


def test_names_appear_where_they_fit(page, server, lowest):  # noqa: F811
    visit(page, f"{server}/workload?lang=en")
    shown = f"() => {VIEW}.map.queryRenderedFeatures({{layers: [{LAYER}.source + ':label']}}).map(one => one.properties.t)"
    assert page.evaluate(shown) == []
    go_to(page, "G1000", lowest, 16)
    names = page.evaluate(shown)
    assert "网格1000" in names
    assert all(re.fullmatch(r"网格\d+", name) for name in names)
    assert len(names) == len(set(names))
    page.locator(".gm-panel-foot input").first.uncheck()
    page.wait_for_function(QUIET, timeout=WAIT_MS)
    assert page.evaluate(shown) == []


def test_an_event_of_many_shows_its_card(page, server, tables, lowest):  # noqa: F811
    visit(page, f"{server}/?lang=en")
    event = tables["events"].iloc[[77]]
    place = event.geometry.to_crs(4326).iloc[0]
    page.evaluate(f"place => {{ {VIEW}.map.jumpTo({{center: place, zoom: 18}}); }}", [place.x, place.y])
    page.wait_for_function(f"() => {VIEW}.extras.bins.found?.kind === 'points' && ({QUIET})()", timeout=WAIT_MS)
    page.wait_for_timeout(300)
    x, y = page.evaluate(f"place => {{ const p = {VIEW}.map.project(place); return [p.x, p.y]; }}", [place.x, place.y])
    box = page.locator(".gm-map").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)
    card = page.locator(".gm-popup")
    card.get_by_text(str(event.index[0])).wait_for(timeout=WAIT_MS)
    assert str(event["address"].iloc[0]) in card.inner_text()


def test_a_selection_outlives_other_colours_and_not_other_grids(page, server, lowest):  # noqa: F811
    visit(page, f"{server}/workload?lang=en")
    go_to(page, "G1000", lowest, 14)
    x, y = spot(page, "G1000", lowest)
    page.locator('[data-tool="box"]').click()
    drag(page, [(x - 100, y - 100), (x + 100, y + 100)])
    page.locator(TOTALS).wait_for(timeout=WAIT_MS)
    before, key = page.evaluate(f"() => [{VIEW}.selecting.codes().sort(), {LAYER}.key]")
    assert len(before) > 5
    page.get_by_role("combobox").first.click()
    page.get_by_role("option").nth(2).click()
    page.wait_for_function(f"key => {LAYER} && {LAYER}.key !== key && ({QUIET})()", arg=key, timeout=WAIT_MS)
    page.wait_for_function(f"() => {VIEW}.selecting.layer === {LAYER}", timeout=WAIT_MS)
    assert page.evaluate(f"() => {VIEW}.selecting.codes().sort()") == before
    page.get_by_text(f"Chosen on the map: {len(before)}").wait_for(timeout=WAIT_MS)
    page.get_by_text("level 1", exact=True).first.click()
    page.wait_for_function(f"() => {VIEW}.others.length === 0", timeout=WAIT_MS)
    page.get_by_text("Chosen on the map").wait_for(state="hidden", timeout=WAIT_MS)
    assert page.evaluate(f"() => {VIEW}.selecting.codes()") == []


def test_a_row_chosen_in_a_table_is_flown_to_and_outlined(page, server, lowest):  # noqa: F811
    visit(page, f"{server}/hotspots?lang=en")
    zoom = page.evaluate(f"() => {VIEW}.map.getZoom()")
    assert page.evaluate(f"() => {LAYER}.litRows") == []
    table = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(table["x"] + 15, table["y"] + 35 + 17)  # the mark of the first row
    page.wait_for_function(f"() => {LAYER}.litRows.length === 1", timeout=WAIT_MS)
    page.wait_for_function(f"zoom => {VIEW}.map.getZoom() > zoom + 2", arg=zoom, timeout=WAIT_MS)
    page.wait_for_function(QUIET, timeout=WAIT_MS)
    row = page.evaluate(f"() => {LAYER}.litRows[0]")
    code = lowest.index[row]
    assert code in {
        f"G{int(HOT[1:]) + SIDE * right + up:04d}" for right in (-1, 0, 1) for up in (-1, 0, 1)
    }  # those that see the gathered events
    lit = f"id => {VIEW}.map.getFeatureState({{source: {LAYER}.source, sourceLayer: {LAYER}.sourceLayer, id: id}}).lit"
    assert page.evaluate(lit, row)
    (west, south), (east, north) = page.evaluate(f"() => {VIEW}.map.getBounds().toArray()")
    assert west < lowest.loc[code, "lon"] < east
    assert south < lowest.loc[code, "lat"] < north
    drawn = f"id => {VIEW}.map.queryRenderedFeatures({{layers: [{LAYER}.source + ':mark']}}).some(one => one.id === id && one.state.lit)"
    assert page.evaluate(drawn, row)


def test_squares_of_events_say_their_number_with_the_grid_they_lie_over(page, server, lowest):  # noqa: F811
    visit(page, f"{server}/?lang=en")
    go_to(page, HOT, lowest, 14)
    page.wait_for_function(f"() => {VIEW}.extras.bins.found?.kind === 'squares' && ({QUIET})()", timeout=WAIT_MS)
    page.wait_for_timeout(300)
    at = spot(page, HOT, lowest)
    page.mouse.move(at[0] - 2, at[1])
    page.mouse.move(*at)
    tip = page.locator(".gm-tip")
    tip.get_by_text(HOT).wait_for(timeout=WAIT_MS)
    words = tip.inner_text()
    assert re.match(r"[\d,]+ in this square", words)
    assert words.index("in this square") < words.index(HOT)
    assert page.evaluate(f"() => {VIEW}.card.over.layer === {LAYER}")
    page.mouse.click(*at)
    page.locator(".gm-popup").get_by_text("in this square").wait_for(timeout=WAIT_MS)
    page.locator(".gm-live, .gm-extra").get_by_role("checkbox").first.uncheck()
    page.wait_for_function(QUIET, timeout=WAIT_MS)
    page.mouse.move(at[0] - 2, at[1])
    page.mouse.move(*at)
    tip.get_by_text(HOT).wait_for(timeout=WAIT_MS)
    assert "in this square" not in tip.inner_text()


@pytest.fixture(scope="module")
def own_server(tmp_path_factory, tables) -> Iterator[str]:
    """The application on a town of its own, to which events are added."""
    folder = tmp_path_factory.mktemp("live_tiles")
    files.write_project(tables, folder / "town.gpkg", settings={"title_zh": "大图层", "title_en": "Large"})
    with application(folder / "town.gpkg", folder) as address:
        yield address


def test_counts_by_grid_follow_live_events_and_are_named(page, own_server, lowest):  # noqa: F811
    visit(page, f"{own_server}/live?lang=en&age=24h")
    by_grid = f"() => [...{ROOT}.querySelectorAll('.gm-by-grid tr')].map(line => [...line.children].map(cell => cell.textContent))"
    assert page.evaluate(by_grid) == []
    now = pd.Timestamp.now(tz="Asia/Shanghai").isoformat()

    def report(code: str) -> dict:
        return {"category": "环境卫生", "reported_at": now, "lon": lowest.loc[code, "lon"], "lat": lowest.loc[code, "lat"]}

    assert page.evaluate(POST, [report(HOT), report(HOT), report("G0099")]) == 201
    page.wait_for_function(f"want => JSON.stringify(({by_grid})()) === want", arg='[["网格1830","2"],["网格99","1"]]', timeout=WAIT_MS)
    assert page.evaluate(POST, [report("G0099")] * 2) == 201
    page.wait_for_function(f"want => JSON.stringify(({by_grid})()) === want", arg='[["网格99","3"],["网格1830","2"]]', timeout=WAIT_MS)
    page.wait_for_function(f"() => {VIEW}.map.queryRenderedFeatures({{layers: ['gm-live:dot']}}).length >= 2", timeout=WAIT_MS)
    go_to(page, HOT, lowest, 16)
    page.mouse.click(*spot(page, HOT, lowest))
    page.locator(".gm-popup").get_by_text("网格1830").wait_for(timeout=WAIT_MS)
