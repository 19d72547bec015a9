"""What the map in the browser fetches: layers and packed geometry by content, and our own scripts and styles."""

import gzip
import hashlib
from collections import OrderedDict
from functools import cache
from importlib import resources
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

PATH = "/gridmap"
KEPT_BYTES = 200_000_000
KINDS = ("layers", "parts")
# A layer's document changes with every edit, its geometry by parts alone; higher levels take longer than a local network saves.
LEVELS = {"layers": 1, "parts": 6}
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
# Nobody but the application's own pages may read what a session has open.
_SHUT = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
_FOR_EVER = {**_SHUT, "Cache-Control": "private, max-age=31536000, immutable"}


class Kept:
    """Compressed documents by kind and key; the ones asked for longest ago leave when there are too many bytes.

    Parameters
    ----------
    most_bytes
        Sum of the compressed sizes that is kept; the newest document stays whatever its size.
    """

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._documents: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def put(self, kind: str, key: str, content: bytes) -> None:
        """Keep a JSON document, compressed once."""
        packed = gzip.compress(content, compresslevel=LEVELS.get(kind, 6), mtime=0)
        with self._lock:
            self._bytes += len(packed) - len(self._documents.pop((kind, key), b""))
            self._documents[kind, key] = packed
            while self._bytes > self._most_bytes and len(self._documents) > 1:
                self._bytes -= len(self._documents.popitem(last=False)[1])

    def get(self, kind: str, key: str) -> bytes | None:
        """Return the compressed document, None where it is not kept."""
        with self._lock:
            found = self._documents.get((kind, key))
            if found is not None:
                self._documents.move_to_end((kind, key))
            return found

    def touch(self, kind: str, key: str) -> bool:
        """Tell whether a document is kept, and count it as just asked for."""
        return self.get(kind, key) is not None


KEPT = Kept()


async def document(request: "Request") -> "Response":
    """Answer with a layer or with packed geometry."""
    from starlette.responses import PlainTextResponse, Response

    found = KEPT.get(request.path_params["kind"], request.path_params["key"])
    if found is None:
        # The map asks Python to publish again: an empty answer must not be remembered.
        return PlainTextResponse("", status_code=404, headers={**_SHUT, "Cache-Control": "no-store"})
    headers = {**_FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(found), media_type="application/json", headers=headers)


@cache
def own_files() -> dict[str, tuple[bytes, str]]:
    """Return our scripts and styles by name, each with its fingerprint; the offline page's drawing script is among them."""
    folders = (resources.files(__package__) / "web", resources.files("gridmap.maps.assets"))
    found = {entry.name: entry.read_bytes() for folder in folders for entry in folder.iterdir() if entry.name.endswith((".js", ".css"))}
    return {name: (content, hashlib.sha256(content).hexdigest()[:16]) for name, content in found.items()}


async def own_file(request: "Request") -> "Response":
    """Answer with one of our scripts or styles; the browser asks each time whether it has changed."""
    from starlette.responses import PlainTextResponse, Response

    name = request.path_params["name"]
    if name not in own_files():
        return PlainTextResponse("", status_code=404, headers=_SHUT)
    content, fingerprint = own_files()[name]
    headers = {**_SHUT, "Cache-Control": "no-cache", "ETag": f'"{fingerprint}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_TYPES[name[name.rindex(".") :]], headers=headers)


def routes() -> "list[BaseRoute]":
    """Return the routes of the map's own files and of its layers."""
    from starlette.routing import Route

    return [Route(f"{PATH}/web/{{name}}", own_file), *(_kept_route(kind) for kind in KINDS)]


def _kept_route(kind: str) -> "BaseRoute":
    from starlette.routing import Route

    async def answer(request: "Request") -> "Response":
        request.path_params["kind"] = kind
        return await document(request)

    return Route(f"{PATH}/{kind}/{{key}}", answer)
