"""A browser with the network closed: fixtures for tests that look at a page as a person does.

Import `browser` and `page` into a test module, `fresh_page` besides where it matters that nothing was fetched before. The browser finds no
other machine; a request for one fails the test, and so does an error on the console unless the test empties `page.gridmap_errors`.
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
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
SIZE = {"width": 1400, "height": 900}
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
def browser(tmp_path_factory) -> Iterator:
    """Debian's chromium, started once a module: while it runs, nothing else in the process can start an event loop.

    Its first context keeps what it has fetched and compiled in a folder, from one start to the next.
    """
    if not CHROMIUM.exists():
        missing(f"no browser at {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        kept = tmp_path_factory.getbasetemp() / "browser"
        context = playwright.chromium.launch_persistent_context(
            kept, executable_path=str(CHROMIUM), headless=True, args=FLAGS, viewport=SIZE
        )
        yield context.browser
        context.close()


def open_page(browser, **options):
    """Return a page of a visitor who was never here, whose context is to be closed."""
    return watched(browser.new_context(viewport=SIZE, **options))


def watched(context):
    """Return a new page that records what it must not do: `gridmap_requests`, `gridmap_errors`, `gridmap_dialogs`."""
    page = context.new_page()
    page.gridmap_requests, page.gridmap_errors, page.gridmap_dialogs = [], [], []

    def note(request):  # no route, for which the browser would ask Python about each request and do without its cache
        if not is_local(request.url):
            page.gridmap_requests.append(request.url)

    def let_off(request):  # what the page's own policy stops has not left the page
        if request.failure == "csp" and request.url in page.gridmap_requests:
            page.gridmap_requests.remove(request.url)

    def refuse_dialog(dialog):
        page.gridmap_dialogs.append(dialog.message)
        dialog.dismiss()

    context.on("request", note)
    page.on("close", lambda _: context.remove_listener("request", note))
    page.on("requestfailed", let_off)
    page.on("console", lambda message: page.gridmap_errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.gridmap_errors.append(str(error)))
    page.on("dialog", refuse_dialog)
    return page


def require_good(page) -> None:
    """Hold a page to what it must not do."""
    assert page.gridmap_requests == []
    assert page.gridmap_errors == []
    assert page.gridmap_dialogs == []


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
    """A page of 1400 x 900 that may reach this machine alone; scripts that came for another page are there already."""
    context = browser.contexts[0]
    opened = watched(context)
    yield opened
    opened.close()
    context.clear_cookies()
    require_good(opened)


@pytest.fixture
def fresh_page(browser) -> Iterator:
    """A page for which nothing was fetched yet."""
    opened = open_page(browser)
    yield opened
    opened.context.close()
    require_good(opened)
