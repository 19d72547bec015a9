"""A planner's morning in a browser: edits drawn and chosen on the map, the page reloaded amid them, plans compared and published."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest
import towns
from browser_fixture import VIEW, browser, map_drawn, page  # noqa: F401 - fixtures
from map_browser import application
from test_ui_browser import settle, visit

from gridmap import hierarchy, messages, store

METRIC = "EPSG:4548"
GRID = "990101001003003"
BOX = f"""code => {{ const layer = {VIEW}.drawn.find(one => one.role === 'grids');
    const places = layer.geometries[layer.rowOf(code)].coordinates.flat(2), [xs, ys] = [0, 1].map(axis => places.map(place => place[axis]));
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]; }}"""
SCREEN = f"""place => {{ const view = {VIEW}, box = view.box.getBoundingClientRect(), p = view.map.project(place);
    return [box.left + p.x, box.top + p.y]; }}"""
IDS = f"() => {VIEW}.drawn.find(one => one.role === 'grids').data.ids"
# The grids that answer at a place.
AT = f"place => {VIEW}.card.found({VIEW}.map.project(place), true).map(hit => hit.layer.idsOf(hit.row)[0])"


def word(key: str) -> str:
    return messages.text(f"planning.{key}", "zh")


@dataclass
class Town:
    """A running application and its project."""

    url: str
    project: Path
    units: gpd.GeoDataFrame


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("plans")
    tables, settings = towns.project()
    wanted = ("grids", "units", "buildings", "streets", "boundary")
    store.create(folder / "town.gpkg", {name: tables[name] for name in wanted}, settings=settings, actor=store.Actor("gridmap", "system"))
    store.close()
    with application(folder / "town.gpkg", folder) as url:
        yield Town(url, folder / "town.gpkg", tables["units"])
    store.close()


def sign(page) -> None:  # noqa: F811
    page.get_by_placeholder(word("actor_example")).fill("王规划")
    page.keyboard.press("Enter")
    settle(page)


def draw(page, places: list[tuple[float, float]]) -> None:  # noqa: F811
    """Draw a line through places in degrees: a click on each, a second one on the last."""
    line = page.locator('[data-tool="line"]')
    if line.get_attribute("aria-pressed") != "true":
        line.click()
    page.wait_for_function(f"() => {VIEW}.toolbar.drawing")
    page.evaluate(f"() => {VIEW}.toolbar.editor().then(() => true)")
    for place in [*places, places[-1]]:
        x, y = page.evaluate(SCREEN, place)
        page.mouse.move(x, y, steps=3)
        page.wait_for_timeout(120)
        page.mouse.click(x, y)
        page.wait_for_timeout(200)


def grid_at(page, place: tuple[float, float], expected: set[str]) -> str:  # noqa: F811
    """Return the grid that answers at a place, once the map has drawn one of those expected there."""
    page.wait_for_function(f"([place, codes]) => codes.includes(({AT})(place)[0])", arg=[place, sorted(expected)], timeout=20_000)
    return page.evaluate(AT, place)[0]


def press(page, key: str) -> None:  # noqa: F811
    page.locator(f".st-key-{key} button:enabled").click()
    settle(page)


def drawn_grids(page, count: int) -> None:  # noqa: F811
    page.wait_for_function(f"n => ({IDS})().length === n", arg=count, timeout=20_000)


def test_a_draft_is_begun_edited_reloaded_and_published(page, town):  # noqa: F811
    visit(page, f"{town.url}/plan")
    sign(page)
    page.locator(".st-key-plan_begin_name input").fill("春季调整")
    page.get_by_role("button", name=word("begin_do")).click()
    page.wait_for_url(re.compile("plan=2"))
    map_drawn(page)
    settle(page)
    west, south, east, north = page.evaluate(BOX, GRID)
    middle = west + 0.65 * (east - west)
    beyond = 0.05 * (north - south)
    draw(page, [(middle, south - beyond), (middle, north + beyond)])
    press(page, "plan_apply")
    drawn_grids(page, 30)  # one of 29 is two now
    sides = [(middle + step * (east - west), (south + north) / 2) for step in (-0.1, 0.1)]
    added = set(store.edits(town.project, 2).loc[1, "added"])
    left, right = (grid_at(page, side, added) for side in sides)
    assert {left, right} == added
    press(page, "plan_undo")
    drawn_grids(page, 29)
    assert [grid_at(page, side, {GRID}) for side in sides] == [GRID, GRID]
    page.reload()
    settle(page)
    map_drawn(page)
    drawn_grids(page, 29)
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]
    press(page, "plan_redo")  # the name is still there
    drawn_grids(page, 30)
    page.get_by_role("radio", name=word("view.papers")).or_(page.get_by_role("button", name=word("view.papers"))).first.click()
    settle(page)
    page.locator(".st-key-plan_publish_reason textarea").fill("新建小区入住")
    page.get_by_role("button", name=word("publish_do")).click()
    page.get_by_text(messages.text("planning.published", "zh", name="春季调整", day="2021-12-31")).wait_for()
    assert store.list_plans(town.project)["state"].tolist() == ["retired", "published"]
    assert {left, right} < set(store.grids_at(town.project, at="2021-12-31").index)


PLANNER = store.Actor("王规划", "planner")
# What a map holds, and where each of the maps on the page looks.
HELD = f"() => ({{...{VIEW}.state, seen: {VIEW}.seen(), tool: {VIEW}.toolbar.mode}})"
MAPS = "[...document.querySelectorAll('*')].map(e => e.shadowRoot && e.shadowRoot.querySelector('.gm-root')).filter(Boolean)"
SEEN = f"() => {MAPS}.map(root => root.gridmap.seen())"


def draft(town: Town, name: str) -> int:
    return store.start_draft(town.project, name=name, actor=PLANNER, based_on=1)


def show_draft(page, town: Town, plan_id: int, **further: str) -> None:  # noqa: F811
    """Open the map of a draft under a name."""
    visit(page, f"{town.url}/plan?" + "&".join(f"{key}={value}" for key, value in {"plan": plan_id, "view": "map", **further}.items()))
    map_drawn(page)
    sign(page)


def places(frame, codes) -> list[list[float]]:
    """Return a place inside some polygons, in degrees."""
    inner = frame.loc[codes].representative_point().to_crs(4326)
    return [[place.x, place.y] for place in inner]


def test_units_chosen_on_the_map_go_to_the_neighbour(page, town):  # noqa: F811
    plan_id = draft(town, "划转单元")
    before, units = (frame.to_crs(METRIC) for frame in (store.read_plan(town.project, plan_id).grids, town.units))
    over = hierarchy.dedicated(before)
    # Units of one grid, on its border with another: one in the open, and one that a dedicated grid covers.
    covered = units.index[units.representative_point().within(over.geometry["990101001001901"])]
    assert len(covered) > 0
    show_draft(page, town, plan_id, tool="transfer")
    page.locator(".st-key-plan_with_units label").click()
    settle(page)
    chosen = ["U004", covered[0]]
    for count, (unit, place) in enumerate(zip(chosen, places(units, chosen), strict=True), start=1):
        page.wait_for_function(f"([place, unit]) => ({AT})(place).includes(unit)", arg=[place, unit], timeout=20_000)  # units are drawn
        x, y = page.evaluate(SCREEN, place)
        page.keyboard.down("Control")
        page.mouse.click(x, y)
        page.keyboard.up("Control")
        page.wait_for_function(f"count => ({VIEW}.state.picked?.ids ?? []).length === count", arg=count)
        settle(page)
    assert set(page.evaluate(f"() => {VIEW}.state.picked.ids")) == set(chosen)  # the dedicated grid above is not in the way
    source, target = units["grid_code"]["U004"], "990101001002001"
    page.get_by_text(re.compile(f"{source}.*{target}")).first.wait_for()
    press(page, "plan_apply")
    page.wait_for_function(f"() => {VIEW}.state.picked === null")  # the next edit begins with nothing chosen
    assert page.locator(".st-key-plan_apply button").is_disabled()
    after = store.read_plan(town.project, plan_id).grids.to_crs(METRIC)
    moved = units.loc[chosen].union_all().area
    assert after.geometry[target].area == pytest.approx(before.geometry[target].area + moved, rel=1e-6)
    assert after.geometry[source].area == pytest.approx(before.geometry[source].area - moved, rel=1e-6)


def test_a_reload_loses_nothing(page, town):  # noqa: F811
    plan_id = draft(town, "未完成的划转")
    show_draft(page, town, plan_id, tool="transfer")
    west, south, east, north = page.evaluate(BOX, GRID)
    page.evaluate(f"place => {VIEW}.go([...place, 15])", [(west + east) / 2, (south + north) / 2])
    page.locator('[data-tool="polygon"]').click()
    page.evaluate(f"() => {VIEW}.toolbar.editor().then(() => true)")
    middle = west + 0.3 * (east - west)
    corners = [(west - 0.0005, south - 0.0005), (middle, south - 0.0005), (middle, north + 0.0005), (west - 0.0005, north + 0.0005)]
    for place in [*corners, corners[-1]]:
        x, y = page.evaluate(SCREEN, place)
        page.mouse.move(x, y, steps=3)
        page.wait_for_timeout(120)
        page.mouse.click(x, y)
        page.wait_for_timeout(200)
    settle(page)
    page.locator('[class*="st-key-plan_target"] input').first.click()
    page.get_by_role("option").nth(1).click()  # not the likeliest
    settle(page)

    def told() -> tuple:
        sentence = page.get_by_text(re.compile("^把所选地块从")).inner_text()
        return sentence, page.locator(".st-key-plan_actor input").input_value(), page.url, page.evaluate(HELD)

    before = told()
    assert before[1] == "王规划"
    assert before[3]["drawn"] is not None
    for _ in range(2):
        page.reload()
        settle(page)
        map_drawn(page)
        page.wait_for_function(f"() => {VIEW}.state.drawn")
        settle(page)
        assert told() == before
    page.get_by_role("radio", name=word("view.papers")).click()
    settle(page)
    page.get_by_role("radio", name=word("view.map")).click()
    settle(page)
    map_drawn(page)
    page.wait_for_function(f"() => {VIEW}.state.drawn")
    settle(page)
    assert told()[0] == before[0]
    assert "王" not in page.url
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]


def test_the_two_maps_of_a_comparison_move_together(page, town):  # noqa: F811
    plan_id = draft(town, "对比")
    visit(page, f"{town.url}/plan?plan={plan_id}&view=compare")
    page.wait_for_function(f"() => {MAPS}.length === 2 && {MAPS}.every(root => root.dataset.drawn)")
    page.wait_for_timeout(500)
    old, new = page.evaluate(SEEN)
    assert old == new
    for number in (0, 1):  # either leads
        before = page.evaluate(SEEN)
        box = page.locator(".gm-map").nth(number).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y - 40, steps=6)
        page.mouse.up()
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(1200)
        old, new = page.evaluate(SEEN)
        assert old == pytest.approx(new, abs=1e-9)
        assert old != pytest.approx(before[0], abs=1e-4)
    page.reload()
    settle(page)
    page.wait_for_function(f"() => {MAPS}.length === 2 && {MAPS}.every(root => root.dataset.drawn)")
    page.wait_for_timeout(500)
    assert page.evaluate(SEEN) == [pytest.approx(old, abs=1e-9), pytest.approx(old, abs=1e-9)]
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]
