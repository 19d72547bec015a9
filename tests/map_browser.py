"""The page of `map_app` on a server of its own, and what tests and measurements ask of it."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser_fixture import ROOT, VIEW, map_drawn

APP = Path(__file__).with_name("map_app.py")
PATIENCE_MS = 90_000

# The server, with a record of every address that any part of it asks for.
SERVER = """
import sys
record = open(sys.argv[1], "a", buffering=1)
def note(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        record.write(f"{arguments[1]}\\n")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        record.write(f"{arguments[0]}\\n")
sys.addaudithook(note)
from streamlit import App
from gridmap import ui
from gridmap.ui import serve
script, port = sys.argv[2], int(sys.argv[3])
sys.argv[:] = [script]
App(script, routes=ui.routes()).run(config={**serve.SETTINGS, **serve.QUIET, "server.port": port})
"""
STATE = f"""() => Object.fromEntries({VIEW}.drawn.map(layer => [layer.role, [layer.shown, layer.styleLayers.reduce((sum, id) =>
    sum + {VIEW}.map.queryRenderedFeatures({{layers: [id]}}).length, 0)]]))"""
WEIGHT = """() => performance.getEntriesByType('resource').filter(one => /gridmap[/](layers|parts)[/]/.test(one.name))
    .reduce((sum, one) => sum + one.transferSize, 0)"""
IDLE = f"""() => new Promise(done => {VIEW}.map.loaded() ? done(Number({ROOT}.dataset.at))
    : {VIEW}.map.once('idle', () => done(Date.now())))"""
# In a block: what MapLibre gives back is the whole map, and the browser would write all of it out for Python (half a minute).
GO = f"place => {{ {VIEW}.go(place); }}"
CENTRE = f"() => [...{VIEW}.map.getCenter().toArray(), {VIEW}.map.getZoom()]"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run a server with the page of `map_app` and return its address; afterwards it must have asked for no address of another machine."""
    record = folder / "addresses.txt"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVER, str(record), str(APP), str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = f"http://localhost:{port}"
            require_answer(process, url)
            yield url
            asked = record.read_text().splitlines() if record.exists() else []
            assert [one for one in asked if "127.0.0.1" not in one and "localhost" not in one] == []
        finally:
            process.kill()


@contextmanager
def application(project: Path, folder: Path) -> Iterator[str]:
    """Run the application on a project and return its address."""
    command = [sys.executable, "-m", "gridmap", "app", str(project), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            found = re.search(r"http://localhost:\d+", said)
            assert found, said
            require_answer(process, found[0])
            yield found[0]
        finally:
            process.kill()


def require_answer(process: subprocess.Popen, url: str) -> None:
    """Wait until the server answers."""
    for _ in range(1200):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except OSError:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
    pytest.fail("the server does not answer")


def say(line: str) -> None:
    """Tell a measured figure to whoever runs the tests with -s."""
    print(line)  # noqa: T201


def told(page) -> dict:
    """Return what Python knows of the map."""
    return json.loads(page.locator('[data-testid="stText"]').inner_text())


def until(page, test, what: str, *, patience_s: float = 20.0) -> dict:
    """Wait until Python knows something."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        state = told(page)
        if test(state):
            return state
        page.wait_for_timeout(40)
    pytest.fail(f"Python never learned: {what}")


def opened(page, address: str, name: str = "dongyuan", *, least_ink: float = 0.005) -> dict:
    """Open a map and return its place on the page."""
    page.goto(f"{address}/?map={name}")
    map_drawn(page, least_ink=least_ink)
    page.wait_for_timeout(300)
    return page.locator(".gm-map").bounding_box()


def inner_places(page, role: str) -> list[list[float]]:
    """Return a place on the screen inside every area of a layer that counts."""
    return page.evaluate(
        f"""role => {{ const view = {VIEW}, layer = view.drawn.find(one => one.role === role), before = view.selecting.layer;
        view.selecting.layer = layer; const found = view.selecting.anchors().filter(Boolean); view.selecting.layer = before;
        return found.map(place => {{ const p = view.map.project(place); return [p.x, p.y]; }}); }}""",
        role,
    )
