"""Take the pictures of docs/map.md, docs/plans.md and docs/design.md anew, from the running app.

`PYTHONPATH=$PWD:$PWD/tests python tools/take_pictures.py [NAME ...]`
"""

import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from browser_fixture import CHROMIUM, FLAGS, VIEW, map_drawn, open_page
from map_browser import application, inner_places
from test_ui_plan_browser import BOX, GRID, draw, press, sign, word

from gridmap import messages, store, synth

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).parents[1] / "docs" / "images"
NO_WEBGL = ["--disable-webgl", "--disable-webgl2", "--disable-3d-apis"]
MOST_BYTES = 300_000
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
IDLE = f"() => new Promise(done => {{ {VIEW}.map.once('idle', () => done(1)); {VIEW}.map.triggerRepaint(); }})"
PATIENCE_MS = 90_000


def shown(page: "Page", address: str) -> dict:
    """Open a screen, wait until its map is drawn, and return the map's place."""
    page.goto(address)
    map_drawn(page)
    page.wait_for_selector(SETTLED, timeout=PATIENCE_MS)
    page.evaluate(IDLE)
    page.wait_for_timeout(1500)
    return page.locator(".gm-map").bounding_box()


def choropleth(page: "Page", addresses: dict[str, str]) -> None:
    """Show the workload of the town Jianyang by grid."""
    shown(page, f"{addresses['jianyang']}/workload")


def events(page: "Page", addresses: dict[str, str]) -> None:
    """Show grids and events of the town Jianyang."""
    shown(page, addresses["jianyang"])


def live(page: "Page", addresses: dict[str, str]) -> None:
    """Show the live screen while the replay runs."""
    shown(page, f"{addresses['dongyuan']}/live")
    page.locator("label", has_text=messages.text("ui.live.replay", "zh")).first.click()
    page.get_by_text(
        re.compile(messages.text("ui.live.clock", "zh", clock="X", played="[1-9][0-9]*", total="[0-9]+").split("X")[1])
    ).wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(3000)


def brush(page: "Page", addresses: dict[str, str]) -> None:
    """Show a stroke of the brush, with its totals and the rows beside the map."""
    box = shown(page, addresses["dongyuan"])
    page.locator('[data-tool="brush"]').click()
    places = sorted(inner_places(page, "grids"))[:7]
    page.mouse.move(box["x"] + places[0][0], box["y"] + places[0][1])
    page.mouse.down()
    for x, y in places[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    page.mouse.up()
    page.wait_for_timeout(2500)


def styled(name: str) -> Callable[["Page", dict[str, str]], None]:
    """Return the work that shows the workload of the community in another style."""

    def work(page: "Page", addresses: dict[str, str]) -> None:
        shown(page, f"{addresses['dongyuan']}/workload")
        page.get_by_role("button", name=messages.text(f"component.{name}", "zh")).click()
        page.evaluate(IDLE)
        page.wait_for_timeout(500)

    return work


def simple(page: "Page", addresses: dict[str, str]) -> None:
    """Show the map of a browser without WebGL."""
    page.goto(addresses["dongyuan"])
    page.wait_for_selector(".gm-root[data-drawn]", timeout=PATIENCE_MS)
    page.wait_for_selector(SETTLED, timeout=PATIENCE_MS)
    page.wait_for_timeout(3000)


def plan(page: "Page", addresses: dict[str, str]) -> None:
    """Show a draft after its first edit, a line drawn for the next."""
    page.goto(f"{addresses['dongyuan']}/plan")
    page.wait_for_selector(SETTLED, timeout=PATIENCE_MS)
    sign(page)
    page.locator(".st-key-plan_begin_name input").fill("2022 年春季调整")
    page.get_by_role("button", name=word("begin_do")).click()
    page.wait_for_url(re.compile("plan=2"))
    map_drawn(page)
    west, south, east, north = page.evaluate(BOX, GRID)
    beyond = 0.05 * (north - south)
    draw(page, [(west + 0.65 * (east - west), south - beyond), (west + 0.65 * (east - west), north + beyond)])
    press(page, "plan_apply")
    west, south, east, north = page.evaluate(BOX, "990101001002003")
    draw(page, [(west - beyond, 0.55 * south + 0.45 * north), (east + beyond, 0.45 * south + 0.55 * north)])
    page.wait_for_timeout(2500)


def design(page: "Page", addresses: dict[str, str]) -> None:
    """Show grids designed anew beside the plan in force."""
    shown(page, f"{addresses['dongyuan']}/design")
    page.get_by_role("button", name=messages.text("designing.start", "zh")).click()
    page.wait_for_url(re.compile("run="), timeout=PATIENCE_MS)
    page.get_by_text(messages.text("designing.colour", "zh")).wait_for(timeout=PATIENCE_MS)
    map_drawn(page)
    page.evaluate(IDLE)
    page.wait_for_timeout(4000)


PICTURES: dict[str, Callable[["Page", dict[str, str]], None]] = {
    "map_choropleth": choropleth,
    "map_events": events,
    "map_brush": brush,
    "map_dark": styled("dark"),
    "map_print": styled("print"),
    "map_simple": simple,
    "plan_page": plan,
    "design_page": design,
    "map_live": live,  # the last: it adds events to the project
}


def started(stack: ExitStack, folder: Path) -> dict[str, str]:
    """Start the app on every demo town, and return the addresses."""
    addresses = {}
    for name, town in (("dongyuan", synth.dongyuan()), ("jianyang", synth.jianyang())):
        tables, settings = synth.project(town)
        store.create(folder / f"{name}.gpkg", tables, settings=settings, actor=store.Actor("gridmap", "system"))
        store.close()
        addresses[name] = stack.enter_context(application(folder / f"{name}.gpkg", folder))
    return addresses


def save(content: bytes, path: Path) -> None:
    """Write a picture with 32 shades of each colour, with 16 where it is too large: every hue stays what the legend says."""
    from PIL import Image

    picture = Image.open(BytesIO(content)).convert("RGB")
    picture.point(lambda value: value & 0xF8 | value >> 5).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        picture.point(lambda value: value & 0xF0 | value >> 4).save(path, optimize=True)


def main() -> None:
    """Take all pictures, or those named."""
    from playwright.sync_api import sync_playwright

    chosen = sys.argv[1:] or list(PICTURES)
    unknown = [name for name in chosen if name not in PICTURES]
    if unknown:
        sys.exit(f"no such picture: {', '.join(unknown)}; there are {', '.join(PICTURES)}")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack, sync_playwright() as playwright:
        addresses = started(stack, Path(folder))
        for name in chosen:
            flags = [*FLAGS, *(NO_WEBGL if name == "map_simple" else [])]
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=flags)
            page = open_page(browser, locale="zh-CN")
            PICTURES[name](page, addresses)
            path = FOLDER / f"{name}.png"
            save(page.screenshot(animations="disabled"), path)
            browser.close()
            size = path.stat().st_size
            sys.stdout.write(f"{path.name}: {size / 1e3:.0f} kB\n")
            if size > MOST_BYTES:
                sys.exit(f"{path.name} is larger than {MOST_BYTES / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
