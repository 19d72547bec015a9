"""The map's letters, served: each range of 256 is drawn once, kept beside the installed files, and sent compressed."""

import gzip
import hashlib
import os
import shutil
import sysconfig
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING

from gridmap.errors import GridmapError
from gridmap.ui.component import letters
from gridmap.ui.component.library import ASK_AGAIN, FOREVER, is_known, takes_gzip

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

PATH = "/gridmap/glyphs"
REGULAR, BOLD = letters.STACKS
# Ranges that labels of a Chinese town are made of: Latin, punctuation, signs, all common Chinese letters, full-width forms.
COMMON = (0x0000, *range(0x2000, 0x2600, 256), *range(0x3000, 0x3400, 256), *range(0x4E00, 0xA000, 256), 0xFF00)


def routes() -> "list[Route]":
    """Return the route that answers with ranges of letters."""
    from starlette.routing import Route

    return [Route(f"{PATH}/{{stack}}/{{name}}.pbf", respond)]


def address() -> str:
    """Return what a style names as its `glyphs`, to be put behind the page's origin; the fonts are `REGULAR` and `BOLD`.

    Notes
    -----
    The map must be made with `localIdeographFontFamily: false`, or MapLibre draws Chinese letters with a font of the reader's machine.
    """
    return f"{PATH}/{{fontstack}}/{{range}}.pbf?v={edition()}"


def respond(request: "Request") -> "Response":
    """Answer one request for a range; a plain function, so that the server draws in a thread."""
    from starlette.responses import PlainTextResponse, Response

    # A style may name several fonts; the first known one holds every letter there is here.
    known = [name.strip() for name in request.path_params["stack"].split(",") if name.strip() in letters.STACKS]
    start = start_of(request.path_params["name"])
    if not known or start is None:
        return PlainTextResponse("没有这些字形 / No such letters", status_code=404)
    try:
        packed, tag = _packed(known[0], start)
    except GridmapError as error:
        return PlainTextResponse(f"{error.text('zh')}\n{error.text('en')}", status_code=404, headers={"Cache-Control": "no-store"})
    headers = {
        "Cache-Control": FOREVER if request.query_params.get("v") == edition() else ASK_AGAIN,
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(packed, media_type="application/x-protobuf", headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type="application/x-protobuf", headers=headers)


def start_of(name: str) -> int | None:
    """Return the first letter of a range such as "19968-20223", or None where it is no whole range up to 65535."""
    first = name.partition("-")[0]
    if not (first.isascii() and first.isdigit() and len(first) <= len(str(letters.LAST))):
        return None
    start = int(first)
    whole = start % letters.RANGE == 0 and start < letters.LAST and name == f"{start}-{start + letters.RANGE - 1}"
    return start if whole else None


@cache
def edition() -> str:
    """Return a mark of how letters are drawn: of the program that draws them and of the font's version."""
    try:
        font = version("noto-cjk-sans-otc")
    except PackageNotFoundError:
        font = ""
    return hashlib.sha256(Path(letters.__file__).read_bytes() + font.encode()).hexdigest()[:12]


def folder() -> Path:
    """Return the folder of this environment in which drawn ranges are kept, a folder per edition; it need not exist."""
    return Path(sysconfig.get_path("data")) / "share" / "gridmap" / "glyphs"


def prepare() -> int:
    """Draw the common ranges of the regular font that are not kept yet, on every core, forget other editions; return how many were drawn.

    Notes
    -----
    For the set-up: 0.3 s of a core for each of about 100 ranges.
    """
    for other in folder().glob("*"):
        if other.name != edition():
            shutil.rmtree(other, ignore_errors=True)
    absent = [start for start in COMMON if not _place(REGULAR, start).exists()]
    if absent:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            list(pool.map(_drawn, repeat(REGULAR), absent))
    return len(absent)


def _place(stack: str, start: int) -> Path:
    return folder() / edition() / stack / f"{start}.pbf.gz"


@lru_cache(maxsize=256)
def _packed(stack: str, start: int) -> tuple[bytes, str]:
    """Return a range, compressed, and its entity tag; the last 256 ranges stay in memory (about 100 kB each)."""
    try:
        packed = _place(stack, start).read_bytes()
    except OSError:
        packed = _drawn(stack, start)
    return packed, f'W/"{hashlib.sha256(packed).hexdigest()[:32]}"'


def _drawn(stack: str, start: int) -> bytes:
    """Draw a range, compress it, and keep it where the environment can be written to."""
    packed = gzip.compress(letters.draw(stack, start), 6, mtime=0)
    place = _place(stack, start)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, also where two servers or threads draw the same range.
        unfinished = place.with_name(f"{place.name}.{os.getpid()}.{get_ident()}")
        unfinished.write_bytes(packed)
        unfinished.replace(place)
    return packed
