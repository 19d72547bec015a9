"""The installed packages' files that the map in the browser needs, served from this machine: MapLibre, terra-draw, Leaflet."""

import gzip
import hashlib
import json
import sysconfig
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from gridmap.errors import FileError, GridmapError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

PATH = "/gridmap/lib"
# Nothing else of these packages is ever served, whatever an address says.
FILES: dict[str, frozenset[str]] = {
    "maplibre-gl": frozenset({"maplibre-gl.js", "maplibre-gl.css", "maplibre-gl-csp.js", "maplibre-gl-csp-worker.js", "LICENSE.txt"}),
    "terra-draw": frozenset({"terra-draw.umd.js", "LICENSE.txt"}),
    "terra-draw-maplibre-gl-adapter": frozenset({"terra-draw-maplibre-gl-adapter.umd.js", "LICENSE.txt"}),
    "leaflet": frozenset(
        {"leaflet.js", "leaflet.css"}
        | {f"images/{name}.png" for name in ("layers", "layers-2x", "marker-icon", "marker-icon-2x", "marker-shadow")}
    ),
}
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
}
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"


def folder() -> Path:
    """Return the folder of this environment in which the set-up lays the files, a folder per package; it need not exist."""
    return Path(sysconfig.get_path("data")) / "share" / "gridmap" / "web"


def read(package: str, name: str) -> bytes:
    """Return the content of one of `FILES`.

    Raises
    ------
    FileError
        If the set-up did not install it.
    KeyError
        If it is none of `FILES`: a fault of the program.
    """
    if name not in FILES[package]:
        raise KeyError(name)
    return _read(package, name)


@cache
def version(package: str) -> str:
    """Return the installed version of a package.

    Raises
    ------
    FileError
        If the set-up did not install it.
    """
    if package == "leaflet":
        return str(_leaflet().VERSION)
    return str(json.loads(_read(package, "package.json"))["version"])


def address(package: str, name: str) -> str:
    """Return the address path of a file with its version in it, so that a browser keeps it and asks again after an update."""
    if name not in FILES[package]:
        raise KeyError(name)
    return f"{PATH}/{package}@{version(package)}/{name}"


def routes() -> "list[Route]":
    """Return the route that answers with the files."""
    from starlette.routing import Route

    return [Route(f"{PATH}/{{package}}/{{name:path}}", respond)]


def respond(request: "Request") -> "Response":
    """Answer one request for a file; the package may carry a version, as in `maplibre-gl@5.22.0`.

    Notes
    -----
    A plain function: the server runs it in a thread, where reading and compressing a file for the first time holds up nobody.
    """
    from starlette.responses import PlainTextResponse, Response

    package, _, asked = request.path_params["package"].partition("@")
    name = request.path_params["name"]
    if name not in FILES.get(package, ()):
        return PlainTextResponse("没有这个文件 / No such file", status_code=404)
    try:
        plain, packed, tag = _content(package, name)
        kept = bool(asked) and asked == version(package)
    except GridmapError as error:
        return PlainTextResponse(f"{error.text('zh')}\n{error.text('en')}", status_code=404, headers={"Cache-Control": "no-store"})
    headers = {
        "Cache-Control": FOREVER if kept else ASK_AGAIN,
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if takes_gzip(request.headers.get("accept-encoding", "")) and len(packed) < len(plain):
        return Response(packed, media_type=MEDIA_TYPES[Path(name).suffix], headers=headers | {"Content-Encoding": "gzip"})
    return Response(plain, media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)


def is_known(tag: str, known: str) -> bool:
    """Tell whether an If-None-Match header names a weak entity tag, one that the compressed and the plain form share."""
    return tag.removeprefix("W/") in (part.strip().removeprefix("W/") for part in known.split(","))


def takes_gzip(accepted: str) -> bool:
    """Tell whether an Accept-Encoding header allows gzip."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.replace(" ", "").partition(";q=")
        if coding in ("gzip", "x-gzip", "*"):
            return weight.strip("0.") != "" or not weight
    return False


@cache
def _content(package: str, name: str) -> tuple[bytes, bytes, str]:
    """Return a file as it is, compressed, and its entity tag."""
    plain = _read(package, name)
    return plain, gzip.compress(plain, 9, mtime=0), f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"'


def _read(package: str, name: str) -> bytes:
    path = (Path(_leaflet().BASE_DIR) if package == "leaflet" else folder() / package) / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError("web_files_absent", given=f"{package}/{name}") from error


def _leaflet() -> ModuleType:
    """Return the package that carries Leaflet."""
    try:
        from xstatic.pkg import leaflet
    except ImportError as error:
        raise FileError("web_files_absent", given="leaflet") from error
    assert isinstance(leaflet, ModuleType)
    return leaflet
