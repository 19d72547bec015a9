"""Map documents under addresses of their own, so that a frame fetches a map once and its content stays shut in."""

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PATH = "/gridmap/map"
# A district's map is about 3 MB: the last ones shown stay, older ones are made anew on the next run of their page.
KEPT_BYTES = 200_000_000
# The document holds names out of users' files: it may neither reach the application's origin nor send anything anywhere.
POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)

_documents: OrderedDict[str, bytes] = OrderedDict()
_lock = Lock()


def publish(html: str) -> str:
    """Keep a document and return the address path under which the server answers with it."""
    content = html.encode()
    name = hashlib.sha256(content).hexdigest()
    with _lock:
        _documents[name] = content
        _documents.move_to_end(name)
        while len(_documents) > 1 and sum(map(len, _documents.values())) > KEPT_BYTES:
            _documents.popitem(last=False)
    return f"{PATH}/{name}"


async def respond(request: "Request") -> "Response":
    """Answer one frame's request."""
    from starlette.responses import HTMLResponse, PlainTextResponse

    with _lock:
        content = _documents.get(request.path_params["name"])
    if content is None:
        return PlainTextResponse("请刷新页面 / Reload the page", status_code=404)
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(content, headers=headers)
