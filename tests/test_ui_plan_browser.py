"""A planner's morning in a browser: a draft begun, a grid split by a drawn line, taken back, the page reloaded, the plan published."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser_fixture import VIEW, browser, map_drawn, page  # noqa: F401 - fixtures
from map_browser import application
from test_ui_browser import settle, visit

from gridmap import messages, store, synth

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


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("plans")
    tables, settings = synth.project(synth.dongyuan())
    wanted = ("grids", "buildings", "streets", "boundary")
    store.create(folder / "town.gpkg", {name: tables[name] for name in wanted}, settings=settings, actor=store.Actor("gridmap", "system"))
    store.close()
    with application(folder / "town.gpkg", folder) as url:
        yield Town(url, folder / "town.gpkg")
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
    sign(page)
    press(page, "plan_redo")
    drawn_grids(page, 30)
    page.get_by_role("radio", name=word("view.papers")).or_(page.get_by_role("button", name=word("view.papers"))).first.click()
    settle(page)
    page.locator(".st-key-plan_publish_reason textarea").fill("新建小区入住")
    page.get_by_role("button", name=word("publish_do")).click()
    page.get_by_text(messages.text("planning.published", "zh", name="春季调整", day="2021-12-31")).wait_for()
    assert store.list_plans(town.project)["state"].tolist() == ["retired", "published"]
    assert {left, right} < set(store.grids_at(town.project, at="2021-12-31").index)
