"""Grids designed in a browser: begun, cancelled, begun again, looked at after a reload, picked on the map, and saved as a draft."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest
import towns
from browser_fixture import VIEW, browser, map_drawn, page  # noqa: F401 - fixtures
from map_browser import require_answer
from test_ui_browser import settle, visit

from gridmap import messages, store
from gridmap.ui import component

# The application, whose designs do not end before a file is there: what lasts a moment cannot be cancelled.
SERVER = """
import runpy, sys, time
from pathlib import Path
from gridmap import partition
project, gate, build = sys.argv[1], Path(sys.argv[2]), partition.build
def patient(units, *, on_progress, **options):
    step = 0
    while not gate.exists():
        step += 1
        on_progress(min(step / 100, 0.9), {"border_m": 12_340.0, "off": 0.25})
        time.sleep(0.05)
    return build(units, on_progress=on_progress, **options)
partition.build = patient
sys.argv[1:] = ["app", project, "--no-browser", "--port", "0"]
runpy.run_module("gridmap", run_name="__main__", alter_sys=True)
"""
SCREEN = f"""place => {{ const view = {VIEW}, box = view.box.getBoundingClientRect(), p = view.map.project(place);
    return [box.left + p.x, box.top + p.y]; }}"""
ROLES = f"() => {VIEW}.drawn.filter(layer => layer.shown).map(layer => layer.role)"


def word(key: str, **values: object) -> str:
    return messages.text(f"designing.{key}", "zh", **values)


@dataclass
class Town:
    """A running application, its project, and the file that lets a design end."""

    url: str
    project: Path
    gate: Path
    units: gpd.GeoDataFrame


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("designs")
    tables, settings = towns.project()
    wanted = ("grids", "units", "buildings", "streets", "boundary")
    project, gate = folder / "town.gpkg", folder / "go"
    store.create(project, {name: tables[name] for name in wanted}, settings=settings, actor=store.Actor("gridmap", "system"))
    store.close()
    command = [sys.executable, "-c", SERVER, str(project), str(gate)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            found = re.search(r"http://localhost:\d+", said)
            assert found, said
            require_answer(process, found[0])
            yield Town(found[0], project, gate, tables["units"])
        finally:
            process.kill()
    store.close()


def press(page, key: str) -> None:  # noqa: F811
    page.locator(f".st-key-{key} button:enabled").click()
    settle(page)


def open_pane(page, name: str) -> None:  # noqa: F811
    label = word(f"pane.{name}")
    page.get_by_role("radio", name=label, exact=True).or_(page.get_by_role("button", name=label, exact=True)).first.click()
    settle(page)


def without_missing(page) -> None:  # noqa: F811
    """Forget what the browser says of layers that have gone from the server's memory by a reload: the map asks for them again."""
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]


def test_a_design_is_begun_cancelled_begun_again_and_saved(page, town):  # noqa: F811
    visit(page, f"{town.url}/design")
    map_drawn(page)
    page.get_by_placeholder(messages.text("planning.actor_example", "zh")).fill("王规划")
    page.keyboard.press("Enter")
    settle(page)
    page.locator(".st-key-design_run button:enabled").click()
    page.get_by_text(re.compile(r"正在设计：\d+%")).wait_for(timeout=90_000)
    page.locator(".st-key-by").get_by_text(word("by.number")).click()  # the page answers meanwhile
    page.get_by_label(word("tolerance")).wait_for()
    page.reload()
    page.get_by_text(re.compile(r"正在设计：\d+%")).wait_for(timeout=90_000)  # it went on
    page.locator(".st-key-design_cancel button").click()
    page.get_by_text(word("cancelled")).wait_for(timeout=90_000)
    page.locator(".st-key-by").get_by_text(word("by.band")).click()
    settle(page)

    town.gate.touch()
    page.locator(".st-key-design_run button:enabled").click()
    page.get_by_text("16 / 16").wait_for(timeout=90_000)
    settle(page)
    page.wait_for_function(f"() => ({ROLES})().includes('theme')")
    page.reload()
    page.get_by_text("16 / 16").wait_for(timeout=90_000)
    map_drawn(page)
    without_missing(page)

    open_pane(page, "curve")
    press(page, "design_curve_run")
    page.locator(".st-key-design_curve_run").wait_for(state="detached", timeout=90_000)
    page.locator(".st-key-design_curve_cancel").wait_for(state="detached", timeout=90_000)
    settle(page)
    marks = page.locator('[data-testid="stVegaLiteChart"] .mark-symbol path')
    page.wait_for_function(
        "() => document.querySelectorAll('[data-testid=stVegaLiteChart] .mark-symbol path').length === 6"
    )  # and as it is
    marks.nth(4).click(force=True)
    page.wait_for_url(re.compile("shown=old"))
    settle(page)
    marks.last.click(force=True)
    page.wait_for_url(re.compile("^((?!shown=).)*$"))  # the design itself
    settle(page)
    page.get_by_role("radio", name=word("maps.two")).click()
    page.wait_for_function("() => document.querySelectorAll('[class*=st-key-design_map_]').length >= 2")
    settle(page)
    page.get_by_role("radio", name=word("maps.one")).click()
    settle(page)
    map_drawn(page)
    without_missing(page)

    open_pane(page, "accept")
    page.locator(".st-key-design_name input").fill("新网格")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("button", name=word("accept_do")).click()
    page.get_by_text(word("saved", plan=2, name="新网格")).wait_for(timeout=90_000)
    plans = store.list_plans(town.project)
    assert plans.loc[2, ["name", "state", "author", "based_on"]].tolist() == ["新网格", "draft", "王规划", 1]
    grids = store.read_plan(town.project, 2).grids
    assert grids["households"][(grids["level"] == 3) & (grids["kind"] == "base")].between(300, 500).all()
    page.get_by_role("link", name=word("open_draft")).click()
    page.wait_for_url(re.compile("/plan[?].*plan=2"))
    map_drawn(page)
    settle(page)
    page.get_by_text(messages.text("planning.tool", "zh"), exact=True).wait_for()
    without_missing(page)


def test_grids_clicked_on_the_map_are_the_area(page, town):  # noqa: F811
    visit(page, f"{town.url}/design")
    map_drawn(page)
    unit = town.units.loc[["U001"]]
    place = unit.representative_point().to_crs(4326).iloc[0]
    x, y = page.evaluate(SCREEN, [place.x, place.y])
    page.mouse.click(x, y)
    press(page, "design_pick")
    page.wait_for_url(re.compile(f"picked={unit['grid_code'].iloc[0]}"))
    assert page.locator(".st-key-design_run button").is_enabled()


def test_the_title_of_a_tiny_map_is_no_column_of_single_signs(page):  # noqa: F811
    look = (Path(component.__file__).parent / "web" / "map.css").read_text(encoding="utf-8")
    head = '<div class="gm-head"><span class="gm-title">东苑社区 · 网格设计</span></div>'
    page.set_content(f'<style>{look}</style><div style="width: 258px"><div class="gm-root gm-slim gm-tiny">{head}</div></div>')
    box = page.locator(".gm-title").bounding_box()
    assert box["width"] > box["height"]
