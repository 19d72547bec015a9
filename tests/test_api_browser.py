"""The live feed and the intake as the application serves them to its own pages, and never longer than the server runs."""

import time

import pytest
import towns
from browser_fixture import browser, open_page  # noqa: F401 - a fixture
from test_ui_browser import asked_outside, running, settle, stop

from gridmap import files

WATCH = """() => new Promise((found, failed) => {
    window.told = [];
    window.source = new EventSource("/gridmap/live");
    window.source.onmessage = message => { window.told.push(JSON.parse(message.data)); found(window.told[0]); };
    setTimeout(() => failed("nothing is told"), 30000);
})"""
POST = """report => fetch("/gridmap/api/events", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(report)}).then(answer => answer.status)"""
EVENT = {"category": "环境卫生", "reported_at": "2022-01-01T08:00:00+08:00", "lon": 117.43, "lat": 36.13}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    path = tmp_path_factory.mktemp("feed") / "dongyuan.gpkg"
    tables, settings = towns.project()
    files.write_project(tables, path, settings=settings)
    return path


def test_a_page_is_told_what_it_posts_and_the_server_stops_at_once_under_open_streams(browser, project):  # noqa: F811
    with running(project, project.parent) as started:
        page = open_page(browser)
        page.goto(started.url)
        settle(page)
        assert page.evaluate(WATCH) == {"events": [], "mark": 2660}
        assert page.evaluate(POST, EVENT) == 201
        page.wait_for_function("() => window.told.length > 1", timeout=30_000)
        event = page.evaluate("() => window.told[1].events[0]")
        assert (event["category"], event["status"], event["grid"]) == ("环境卫生", "reported", "990101001001004")
        begin = time.perf_counter()
        assert stop(started) == (0, "")
        assert time.perf_counter() - begin < 10
        page.context.close()
    assert asked_outside(started) == []
    assert [path.name for path in project.parent.glob("dongyuan.gpkg*")] == ["dongyuan.gpkg"]
    assert len(files.read_project(project).events) == 2661
