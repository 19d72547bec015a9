"""The application as a person sees it: a server of its own, Debian's chromium, the network closed."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
import towns
from browser_fixture import VIEW, browser, map_drawn, open_page, page  # noqa: F401 - fixtures
from map_browser import require_answer

from gridmap import files, messages
from gridmap.ui import serve

SCREENS = ("data", "coverage", "workload", "hotspots", "themes")
LINKS = ("data", "plan", "design", "coverage", "workload", "hotspots", "themes", "live")  # as they stand on the page
LAYERS = {
    "data": ["context", "grids", "events"],
    "coverage": ["context", "grids"],
    "workload": ["context", "theme"],
    "hotspots": ["context", "theme"],
    "themes": ["context", "theme", "findings"],
}
PATIENCE_MS = 90_000

# The server as `python -m gridmap app` starts it, with a record of every address that any part of it asks for.
SERVER = """
import runpy, sys
record = open(sys.argv[2], "a", buffering=1)
def note(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        record.write(f"{arguments[1]}\\n")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        record.write(f"{arguments[0]}\\n")
sys.addaudithook(note)
sys.argv[1:] = ["app", "--no-browser", "--port", "0", *filter(None, sys.argv[1:2])]
runpy.run_module("gridmap", run_name="__main__", alter_sys=True)
"""
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
FAULTS = '[data-testid="stException"], [data-testid="stAlertContentError"]'
WIDTH = f"() => {{ const b = {VIEW}.map.getBounds(); return b.getEast() - b.getWest(); }}"
INNER = f"""(() => {{ const layer = {VIEW}.drawn.find(one => one.role === 'theme'), row = layer.data.style.findIndex(n => n === 0);
    {VIEW}.selecting.layer = layer; const place = {VIEW}.selecting.anchors()[row]; {VIEW}.selecting.layer = null; return place; }})()"""
CUT_OFF = """() => [...document.querySelectorAll('[data-testid="stMetric"] *')].filter(part => part.scrollWidth > part.clientWidth + 1
    && getComputedStyle(part).overflow === 'hidden').map(part => part.textContent)"""
CENTRE = f"() => {VIEW}.map.getCenter().toArray()"
LIT = f"() => {VIEW}.drawn.find(layer => layer.role === 'findings').litRows"
DRAWN_LAYERS = f"() => {VIEW}.drawn.filter(layer => layer.shown).map(layer => layer.role)"


@dataclass
class Server:
    """A running application."""

    process: subprocess.Popen
    url: str
    record: Path
    project: Path | None


@contextmanager
def running(project: Path | None, folder: Path) -> Iterator[Server]:
    """Run a server that answers; whatever happens, none is left behind."""
    record = folder / "addresses.txt"
    command = [sys.executable, "-c", SERVER, str(project or ""), str(record)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            found = re.search(r"http://localhost:\d+", said)
            assert found, said
            require_answer(process, found[0])
            yield Server(process, found[0], record, project)
        finally:
            process.kill()


def stop(server: Server, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Stop a server by a signal; return its exit code and what it wrote to stderr."""
    server.process.send_signal(number)
    _, errors = server.process.communicate(timeout=30)
    return server.process.returncode, errors


def asked_outside(server: Server) -> list[str]:
    """Return the addresses beyond this machine that any part of the server asked for."""
    asked = server.record.read_text().splitlines() if server.record.exists() else []
    return [address for address in asked if "127.0.0.1" not in address and "localhost" not in address]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """The application with the demo project; afterwards it must have asked for no address and complained of nothing."""
    folder = tmp_path_factory.mktemp("application")
    tables, settings = towns.project()
    files.write_project(tables, folder / "dongyuan.gpkg", settings=settings)
    with running(folder / "dongyuan.gpkg", folder) as started:
        yield started
        assert stop(started) == (0, "")
        assert asked_outside(started) == []


def settle(page) -> None:  # noqa: F811
    """Wait until the script has run and nothing is on its way."""
    page.wait_for_timeout(300)
    page.wait_for_selector(SETTLED, timeout=PATIENCE_MS)
    page.wait_for_timeout(300)


def visit(page, address: str) -> None:  # noqa: F811
    """Open an address; Streamlit first looks for its server below the path, which is the one 404 that is meant."""
    page.goto(address)
    settle(page)
    page.gridmap_errors[:] = [error for error in page.gridmap_errors if "404" not in error]


def open_screen(page, name: str) -> None:  # noqa: F811
    """Click the link of a screen."""
    page.locator('[data-testid="stPageLink"] a').nth(LINKS.index(name)).click()
    page.wait_for_url(re.compile(rf"/{'' if name == 'data' else name}(\?.*)?$"))
    settle(page)


def upload(page, name: str, content: bytes) -> None:  # noqa: F811
    """Give a file to the form."""
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
    settle(page)


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_draws_its_map_in_both_languages(page, server, screen):  # noqa: F811
    visit(page, server.url)
    open_screen(page, screen)
    for lang, button in (("zh", "中文"), ("en", "English")):
        page.get_by_role("button", name=button).or_(page.get_by_role("radio", name=button)).first.click()
        settle(page)
        assert messages.text(f"ui.page.{screen}", lang) in page.locator("h3").first.inner_text()
        assert messages.text("ui.synthetic", lang) in page.locator("h3").first.inner_text()
        map_drawn(page)
        page.locator(".gm-panel-head", has_text=messages.text("maps.layers", lang)).wait_for(timeout=PATIENCE_MS)
        assert page.evaluate(DRAWN_LAYERS) == LAYERS[screen]
        assert page.locator(FAULTS).count() == 0
        assert page.evaluate(CUT_OFF) == []
    assert "lang=en" in page.url


def test_an_address_opens_the_view_it_names(page, server):  # noqa: F811
    visit(page, f"{server.url}/hotspots?lang=en&method=density&bandwidth=300&category=环境卫生&period=2021-06-01..2021-08-31")
    map_drawn(page)
    assert page.evaluate(DRAWN_LAYERS) == ["context", "heat", "grids"]
    words = page.locator('[data-testid="stMain"]').inner_text()
    assert "bandwidth 300 m" in words
    assert "Period: 2021-06-01 – 2021-08-31" in words
    events = files.read_project(server.project).events
    day = events["reported_at"].dt.strftime("%Y-%m-%d")
    chosen = (events["category"] == "环境卫生") & (day >= "2021-06-01") & (day <= "2021-08-31")
    assert f"{chosen.sum():,} events" in words


def test_choices_outlive_a_change_of_screen(page, server):  # noqa: F811
    visit(page, f"{server.url}/workload?lang=en&level=2")
    open_screen(page, "coverage")
    open_screen(page, "workload")
    assert "level=2" in page.url
    assert "in 4 grids" in page.locator('[data-testid="stMain"]').inner_text()


def test_links_carry_the_newest_choice_and_back_is_one_step(page, server):  # noqa: F811
    words = page.locator('[data-testid="stMain"]')
    visit(page, f"{server.url}/workload?lang=en")
    for level, count in ((2, 4), (1, 1)):
        page.get_by_text(f"level {level}", exact=True).first.click()
        words.get_by_text(f"in {count} grids").wait_for(timeout=PATIENCE_MS)
        settle(page)
    assert "level=1" in page.locator('[data-testid="stPageLink"] a').nth(LINKS.index("hotspots")).get_attribute("href")
    open_screen(page, "hotspots")
    settle(page)
    for count, address in ((1, "level=1"), (4, "level=2"), (16, "lang=en")):
        page.evaluate("history.back()")
        words.get_by_text(f"in {count} grids").wait_for(timeout=PATIENCE_MS)
        settle(page)
        assert page.url.endswith(address)


def test_a_category_with_significant_places_is_a_click_away(page, server):  # noqa: F811
    visit(page, f"{server.url}/hotspots?lang=en")
    hint = page.locator('[class*="st-key-category_"] button').first
    hint.wait_for(timeout=PATIENCE_MS)
    count = int(hint.inner_text().rsplit(":", 1)[1])
    hint.click()
    settle(page)
    assert f"Significant places: {count}" in page.locator('[data-testid="stMain"]').inner_text()
    assert "category=" in page.url


def test_a_grid_clicked_on_the_map_shows_its_row(page, server):  # noqa: F811
    visit(page, f"{server.url}/workload?lang=en")
    map_drawn(page)
    box = page.locator(".gm-map").bounding_box()
    at = page.evaluate(f"() => {{ const p = {VIEW}.map.project({INNER}); return [p.x, p.y]; }}")
    page.mouse.click(box["x"] + at[0], box["y"] + at[1])
    page.get_by_text("Chosen on the map: 1").wait_for(timeout=PATIENCE_MS)


def test_a_change_of_screen_leaves_no_map_behind(page, server):  # noqa: F811
    visit(page, server.url)
    map_drawn(page)
    for name in ("coverage", "workload", "data"):
        open_screen(page, name)
        map_drawn(page)
    assert page.locator(".gm-map canvas").count() == 1


def test_the_map_is_a_file_when_asked_for(page, server, tmp_path):  # noqa: F811
    visit(page, f"{server.url}/coverage")
    map_drawn(page)
    with page.expect_download() as document:
        page.get_by_role("button", name="下载地图").click()
    document.value.save_as(tmp_path / "coverage_map.html")
    html = (tmp_path / "coverage_map.html").read_text(encoding="utf-8")
    assert document.value.suggested_filename == "coverage_map.html"
    assert f"<title>东苑社区 · {messages.text('ui.page.coverage', 'zh')}</title>" in html
    assert "gridmap.draw(" in html


def test_tables_and_reports_are_made_when_asked_for(page, server, tmp_path):  # noqa: F811
    visit(page, f"{server.url}/workload")
    with page.expect_download() as workbook:
        page.get_by_role("button", name="XLSX").first.click()
    workbook.value.save_as(tmp_path / "workload.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "workload.xlsx").active
    assert [sheet["A1"].value, sheet["A2"].data_type, sheet.max_row] == ["grid_code", "s", 17]
    open_screen(page, "hotspots")
    with page.expect_download() as report:
        page.get_by_role("button", name="下载热点报告").first.click()
    report.value.save_as(tmp_path / "report.html")
    assert "事件热点" in (tmp_path / "report.html").read_text(encoding="utf-8")


VRT = b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


HOSTILE = {
    "link.geojson": VRT,
    "empty.csv": b"",
    "damaged.gpkg": b"SQLite format 3\x00" + bytes(200),
    "half.geojson": b'{"type": "FeatureCollection", "features": [',
    "archive.zip": b"PK\x05\x06" + bytes(18),
}


def test_a_hostile_or_broken_file_is_one_clear_line(page, server):  # noqa: F811
    lines = page.locator('[data-testid="stAlertContentError"]')
    visit(page, server.url)
    for name, content in HOSTILE.items():
        upload(page, name, content)
        lines.wait_for(timeout=PATIENCE_MS)
        assert lines.count() == 1, name
        assert "提示" in lines.inner_text(), name
        assert "root:" not in page.content()
        assert page.locator('[data-testid="stException"]').count() == 0, name
        page.locator('[data-testid^="stFile"][data-testid$="DeleteBtn"] button').click()
        lines.wait_for(state="detached", timeout=PATIENCE_MS)  # the next line is that of the next file


def test_own_grids_are_checked_and_a_finding_is_shown_where_it_lies(page, server):  # noqa: F811
    visit(page, f"{server.url}/?lang=en")
    upload(page, "own.geojson", faulty_grids())
    page.locator(".st-key-upload_open button").click()
    page.get_by_text("Opened own.geojson: 4 rows").wait_for(timeout=PATIENCE_MS)
    open_screen(page, "coverage")
    map_drawn(page)
    before = page.evaluate(WIDTH)
    page.evaluate(f"() => {{ {VIEW}.kept = 'the same map'; }}")
    assert "Findings: 1" in page.locator('[data-testid="stMain"]').inner_text()
    page.locator('[data-testid="stDataFrame"]').first.click(position={"x": 18, "y": 55})
    page.wait_for_function(f"before => ({WIDTH})() < before / 2 && !{VIEW}.map.isMoving()", arg=before, timeout=PATIENCE_MS)
    settle(page)
    assert page.evaluate(f"() => {VIEW}.kept") == "the same map"
    assert page.evaluate(LIT) == [0]
    longitude, latitude = page.evaluate(CENTRE)
    assert abs(latitude - 30.005) < 0.002
    # The legend's share of the map lies to the east of the finding.
    assert 117.005 - 0.001 < longitude < 117.005 + 0.006
    # Own files are this session's alone.
    open_screen(page, "data")
    page.get_by_text("Close my files").click()
    settle(page)
    assert "Dongyuan" in page.locator("h3").first.inner_text()


def faulty_grids() -> bytes:
    """Four squares of a hundredth of a degree with a hole of a fifth of their side where they meet."""

    def feature(code: str, ring: list[tuple[float, float]]) -> dict:
        shape = {"type": "Polygon", "coordinates": [[[117 + x / 1000, 30 + y / 1000] for x, y in [*ring, ring[0]]]]}
        return {"type": "Feature", "properties": {"grid_code": code}, "geometry": shape}

    rings = {
        "001": [(0, 0), (5, 0), (5, 4), (4, 4), (4, 5), (0, 5)],
        "002": [(5, 0), (10, 0), (10, 5), (6, 5), (6, 4), (5, 4)],
        "003": [(0, 5), (4, 5), (4, 6), (5, 6), (5, 10), (0, 10)],
        "004": [(5, 6), (6, 6), (6, 5), (10, 5), (10, 10), (5, 10)],
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature(*pair) for pair in rings.items()]}).encode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_without_a_project_stops_at_once_under_an_open_page(browser, tmp_path, number):  # noqa: F811
    with running(None, tmp_path) as started:
        opened = open_page(browser)
        visit(opened, started.url)
        assert "gridmap demo" in opened.locator('[data-testid="stMain"]').inner_text()
        assert stop(started, number) == (0, "")
        opened.context.close()
    assert opened.gridmap_requests == []
    assert asked_outside(started) == []


def test_another_site_is_refused_and_nobody_is_asked(tmp_path):
    with running(None, tmp_path) as started:
        port = int(started.url.rsplit(":", 1)[1])
        for host in (f"localhost:{port}", "foreign.example"):  # a foreign origin, and a foreign name besides
            asked = (
                f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://foreign.example\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            with socket.create_connection((serve.HOST, port), timeout=10) as connection:
                connection.sendall(asked.encode())
                assert connection.recv(100).startswith(b"HTTP/1.1 403 "), host
        assert stop(started)[0] == 0
    assert asked_outside(started) == []


def test_the_server_answers_on_this_machine_alone(server):
    listening = Path("/proc/net/tcp").read_text() if Path("/proc/net/tcp").exists() else pytest.skip("no /proc/net/tcp to read")
    port = f"{int(server.url.rsplit(':', 1)[1]):04X}"
    addresses = {line.split()[1] for line in listening.splitlines()[1:] if line.split()[3] == "0A" and line.split()[1].endswith(f":{port}")}
    assert addresses == {f"0100007F:{port}"}
    assert serve.HOST == "127.0.0.1"
