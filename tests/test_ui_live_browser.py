"""The live screen as a person sees it: the map, events that come in while it is open, and the replay."""

import re
from collections.abc import Iterator

import pytest
import towns
from browser_fixture import browser, page  # noqa: F401 - fixtures
from test_ui_browser import CUT_OFF, FAULTS, Server, running, settle, stop, visit

from gridmap import files, messages

POST = """report => fetch("/gridmap/api/events", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(report)}).then(answer => answer.status)"""
EVENT = {"category": "环境卫生", "reported_at": "2021-12-31T17:30:00+08:00", "lon": 117.43, "lat": 36.13, "event_id": "posted"}


FIGURE, TOTAL = '[data-testid="stMetricValue"]', ".gm-live .gm-extra-head .gm-entry-n"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("live")
    tables, settings = towns.project()
    files.write_project(tables, folder / "dongyuan.gpkg", settings=settings)
    with running(folder / "dongyuan.gpkg", folder) as started:
        yield started
        assert stop(started) == (0, "")


def first_figure(page) -> int:  # noqa: F811
    return int(page.locator(FIGURE).first.inner_text().replace(",", ""))


def await_text(page, selector: str, text: str) -> None:  # noqa: F811
    """Wait until the first element of a kind, in a shadow root or not, says exactly this."""
    page.locator(selector, has_text=re.compile(f"^{re.escape(text)}$")).first.wait_for(timeout=60_000)


def test_what_comes_in_is_on_the_map_and_in_the_figures(page, server):  # noqa: F811
    visit(page, f"{server.url}/live?lang=en&age=24h")
    assert messages.text("ui.page.live", "en") in page.locator("h3").first.inner_text()
    assert page.locator(FAULTS).count() == 0
    assert page.evaluate(CUT_OFF) == []
    before = first_figure(page)
    await_text(page, TOTAL, f"{before:,}")  # every one of the last day has a place
    assert page.locator(".gm-age option:checked").inner_text() == messages.text("ui.live.age.24h", "en")
    assert page.evaluate(POST, EVENT) == 201
    await_text(page, FIGURE, f"{before + 1:,}")
    await_text(page, TOTAL, f"{before + 1:,}")


def test_what_has_grown_too_old_leaves_the_map_and_the_figures(page, server):  # noqa: F811
    later = {**EVENT, "reported_at": "2022-01-01T17:00:00+08:00", "event_id": "later"}
    visit(page, f"{server.url}/live?lang=en&age=1h&category={later['category']}")
    await_text(page, TOTAL, f"{first_figure(page):,}")
    # The town's clock goes by its newest event, of whatever category it is.
    assert page.evaluate(POST, {**later, "category": "我要咨询"}) == 201
    await_text(page, FIGURE, "0")
    await_text(page, TOTAL, "0")
    assert page.evaluate(POST, {**later, "event_id": "last"}) == 201
    await_text(page, FIGURE, "1")
    await_text(page, TOTAL, "1")


def test_the_replay_moves_the_figures(page, server):  # noqa: F811
    visit(page, f"{server.url}/live?lang=en&age=all")
    before = first_figure(page)
    page.get_by_text(messages.text("ui.live.replay", "en")).first.click()
    for _ in range(240):
        page.wait_for_timeout(500)
        if first_figure(page) > before:
            break
    assert first_figure(page) > before
    page.get_by_text(messages.text("ui.live.replay", "en")).first.click()
    settle(page)
