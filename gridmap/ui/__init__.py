"""The map application: one module per screen, each with a `page()`; `serve` starts it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

SCRIPT = Path(__file__).parent / "entry" / "script.py"


def routes() -> "list[BaseRoute]":
    """Return the routes the pages need beside Streamlit's own: the map's scripts, styles and layers, and the server's own addresses.

    Called once, while the server is built. It therefore also keeps the server from finding out this machine's addresses: for
    its banner and for every WebSocket of a foreign origin, Streamlit would ask a host outside.
    """
    from streamlit import net_util

    from gridmap import api
    from gridmap.ui.component import basemap, big, glyphs, library, served

    net_util.get_external_ip = net_util.get_internal_ip = lambda: None
    return [*served.routes(), *library.routes(), *glyphs.routes(), *big.routes(), *basemap.routes(), *api.routes(_hosts)]


def _hosts() -> list[str]:
    from streamlit import config

    return list(config.get_option("server.allowedHosts"))
