"""A browser with the network closed: fixtures for tests that look at a page as a person does.

Import `browser` and `page` into a test module. Every request that leaves the machine is refused and fails the test, and so does an error
on the console unless the test empties `page.gridmap_errors`.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import missing

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The map of the application stands in a shadow root of its own.
ROOT = "[...document.querySelectorAll('*')].map(e => e.shadowRoot && e.shadowRoot.querySelector('.gm-root')).find(Boolean)"
VIEW = f"({ROOT}).gridmap"
# Share of the map's pixels that are not white.
INK = f"""() => new Promise(done => {{
    const root = {ROOT}; if (!root || !root.gridmap || !root.gridmap.map) {{ done(0); return; }}
    const map = root.gridmap.map;
    map.once('render', () => {{
        const seen = map.getCanvas(), copy = document.createElement('canvas');
        copy.width = seen.width; copy.height = seen.height;
        const pen = copy.getContext('2d'); pen.drawImage(seen, 0, 0);
        const d = pen.getImageData(0, 0, copy.width, copy.height).data;
        let ink = 0; for (let i = 0; i < d.length; i += 4) if (d[i] < 250 || d[i + 1] < 250 || d[i + 2] < 250) ink++;
        done(ink / (d.length / 4));
    }});
    map.triggerRepaint();
}})"""
LOCAL_SCHEMES = ("file", "data", "blob", "about")
LOCAL_HOSTS = ("127.0.0.1", "localhost")


def is_local(address: str) -> bool:
    """Tell whether an address stays on this machine."""
    parts = urlsplit(address)
    return parts.scheme in LOCAL_SCHEMES or parts.hostname in LOCAL_HOSTS


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Debian's chromium, started once a module: while it runs, nothing else in the process can start an event loop."""
    if not CHROMIUM.exists():
        missing(f"no browser at {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield started
        started.close()


def open_page(browser, **options):
    """Return a new page that records what it must not do: `gridmap_requests`, `gridmap_errors`, `gridmap_dialogs`."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, **options)
    page = context.new_page()
    page.gridmap_requests, page.gridmap_errors, page.gridmap_dialogs = [], [], []

    def guard(route):
        if is_local(route.request.url):
            route.continue_()
        else:
            page.gridmap_requests.append(route.request.url)
            route.abort()

    def refuse_dialog(dialog):
        page.gridmap_dialogs.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", guard)
    page.on("console", lambda message: page.gridmap_errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.gridmap_errors.append(str(error)))
    page.on("dialog", refuse_dialog)
    return page


def map_drawn(page, *, least_ink: float = 0.005, patience_ms: int = 90_000) -> None:
    """Wait until the application's map has drawn its layers: state and pixels."""
    page.wait_for_selector(".gm-root[data-drawn]", timeout=patience_ms)
    for _ in range(100):
        if page.evaluate(INK) > least_ink:
            return
        page.wait_for_timeout(100)
    pytest.fail("the map stays blank")


@pytest.fixture
def page(browser) -> Iterator:
    """A page of 1400 x 900 that may reach this machine alone."""
    opened = open_page(browser)
    yield opened
    opened.context.close()
    assert opened.gridmap_requests == []
    assert opened.gridmap_errors == []
    assert opened.gridmap_dialogs == []
