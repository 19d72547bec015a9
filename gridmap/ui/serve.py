"""Start the map application on this machine, for `gridmap app` and `gridmap demo`."""

import logging
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
import webbrowser
from types import FrameType

from gridmap import messages, store
from gridmap.api import PROJECT_VARIABLE
from gridmap.errors import GridmapError
from gridmap.ui import SCRIPT, routes

HOST = "127.0.0.1"

SETTINGS: dict[str, object] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "server.address": HOST,
    # Another site's page may not talk to this server through a name that it points at this machine.
    "server.allowedHosts": ["localhost", HOST],
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 200,
    "theme.base": "light",
    "theme.primaryColor": "#0b5c8c",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f3f6f8",
    "theme.textColor": "#1d2733",
    "theme.font": "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Segoe UI', sans-serif",
}

QUIET: dict[str, object] = {"logger.hideWelcomeMessage": True, "logger.level": "error"}


def run(project: store.Address | None, *, port: int, open_browser: bool, lang: str = "zh") -> None:
    """Serve the application on localhost until SIGINT or SIGTERM.

    Parameters
    ----------
    project
        The project that every session opens; without one a session opens its own files.
    port
        TCP port; 0 takes any free one.
    open_browser
        Open the start page in the user's browser once the server answers.
    lang
        Language of the line that tells the address, "zh" or "en".

    Raises
    ------
    GridmapError
        If the port is taken or may not be used.

    Notes
    -----
    Nothing is sent out: no usage figures, no look-up of the machine's address, no watcher of source files.
    """
    from streamlit import App

    port = _free(port)
    if project is None:
        os.environ.pop(PROJECT_VARIABLE, None)
    else:
        os.environ[PROJECT_VARIABLE] = store.full(project)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    # The server's own chatter ends here; warnings and errors still reach stderr.
    logging.disable(logging.INFO)
    print(messages.text("ui.serving", lang, url=_url(port)), flush=True)  # noqa: T201
    if open_browser:
        threading.Thread(target=_open_when_ready, args=(port,), daemon=True).start()
    # Streamlit puts the folder of argv[0] before all packages: under `python -m gridmap` it would be ours, and hide libraries.
    sys.argv[:] = [str(SCRIPT)]
    App(SCRIPT, routes=routes()).run(config={**SETTINGS, **QUIET, "server.port": port})


def _url(port: int) -> str:
    return f"http://localhost:{port}"


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End the process without a traceback; the server hands its signals back here after it has closed."""
    raise SystemExit(0)


def _free(port: int) -> int:
    """Return the port, or a free one for 0, or raise where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise GridmapError("port_taken", port=port) from error
        return int(probe.getsockname()[1])


def _open_when_ready(port: int, *, patience_s: float = 30.0) -> None:
    """Open the browser as soon as the server answers; opening earlier shows an error page."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=2):
                break
        except OSError:
            time.sleep(0.2)
    webbrowser.open(_url(port))
