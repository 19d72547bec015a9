"""Large layers under addresses of their own: vector tiles, exact counts of events, and what their rows say, each when the map asks for it.

What is published is kept under the hash of its content, so an answer never changes and browsers keep it.
"""

import gzip
import math
import re
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from gridmap import messages
from gridmap.errors import GridmapError
from gridmap.maps.bins import EventBins, Places, Squares
from gridmap.maps.geometry import PRECISION
from gridmap.maps.tiles import Tiles
from gridmap.ui.component.payload import encoded
from gridmap.ui.component.rows import Said

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

TILES, BINS, CARDS, ANCHORS = "/gridmap/tiles", "/gridmap/bins", "/gridmap/cards", "/gridmap/anchors"
KEPT_LAYERS, KEPT_BYTES = 32, 500_000_000  # of tiles and of bins each; a million events are 40 MB, 100,000 grids 50 MB
KEPT_TILE_BYTES, KEPT_TILES = 100_000_000, 20_000
# Nobody but the application's own pages may read what a session has open.
SHUT = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
FOREVER = {**SHUT, "Cache-Control": "private, max-age=31536000, immutable"}
GZIP_LEVEL = 1  # higher ones take longer than a local network saves
FURTHEST = 1e6  # degrees; a map of several worlds side by side goes beyond 180

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """The things last asked for, as many as fit; the newest always does. Any thread may use it."""

    def __init__(self, *, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes, self._bytes = most, most_bytes, 0
        self._held: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self._lock = Lock()

    def put(self, key: Hashable, value: Kept, size: int) -> None:
        """Keep a thing of so many bytes and let go of those not asked for the longest."""
        with self._lock:
            self._bytes += size - self._held.pop(key, (None, 0))[1]
            self._held[key] = (value, size)
            while len(self._held) > 1 and (len(self._held) > self._most or self._bytes > self._most_bytes):
                self._bytes -= self._held.popitem(last=False)[1][1]

    def get(self, key: Hashable) -> Kept | None:
        """Return a thing, None if it is not kept."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]


_layers: Shelf[Tiles] = Shelf(most=KEPT_LAYERS, most_bytes=KEPT_BYTES)
_events: Shelf[EventBins] = Shelf(most=KEPT_LAYERS, most_bytes=KEPT_BYTES)
_said: Shelf[Said] = Shelf(most=KEPT_LAYERS, most_bytes=KEPT_BYTES)
_encoded: Shelf[bytes] = Shelf(most=KEPT_TILES, most_bytes=KEPT_TILE_BYTES)


def publish_tiles(tiles: Tiles) -> str:
    """Keep a layer and return its key: the server answers below `/gridmap/tiles/{key}/{z}/{x}/{y}.pbf`."""
    _layers.put(tiles.fingerprint, tiles, tiles.nbytes)
    return tiles.fingerprint


def publish_bins(bins: EventBins) -> str:
    """Keep events and return their key: the server answers to `/gridmap/bins/{key}`.

    Notes
    -----
    The query: `z`, `west`, `south`, `east`, `north`; optionally `categories` (positions in `names` with commas between them) and
    `period` (first and end minute). The answer is `squares_or_points` as JSON.
    """
    _events.put(bins.fingerprint, bins, bins.nbytes)
    return bins.fingerprint


def publish_rows(said: Said) -> str:
    """Keep what a layer says of its rows and return the key: the server answers to `/gridmap/cards/{key}` and `/gridmap/anchors/{key}`.

    Notes
    -----
    The query of cards: `rows`, numbers with commas between them, at most `rows.MOST_ROWS`.
    """
    _said.put(said.fingerprint, said, said.nbytes)
    return said.fingerprint


def routes() -> "list[Route]":
    """Return the routes of large layers."""
    from starlette.routing import Route

    whole = {BINS: view, CARDS: cards, ANCHORS: anchors}
    return [Route(f"{TILES}/{{key}}/{{z}}/{{x}}/{{y}}.pbf", tile), *(Route(f"{path}/{{key}}", answer) for path, answer in whole.items())]


async def tile(request: "Request") -> "Response":
    """Answer with one vector tile; 204 where it is empty."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response

    key = request.path_params["key"]
    layer = _layers.get(key)
    if layer is None:
        return _refused(GridmapError("layer_gone"), 404)
    try:
        address = tuple(_whole(request.path_params[name], name) for name in "zxy")
        content = _encoded.get((key, address))
        if content is None:
            content = await run_in_threadpool(lambda: gzip.compress(layer.tile(*address), GZIP_LEVEL, mtime=0))
            _encoded.put((key, address), content, len(content))
    except GridmapError as error:
        return _refused(error, 400)
    if content == EMPTY:
        return Response(status_code=204, headers=FOREVER)
    return _zipped(request, content, "application/vnd.mapbox-vector-tile")


async def view(request: "Request") -> "Response":
    """Answer with the events of a view."""
    from starlette.concurrency import run_in_threadpool

    bins = _events.get(request.path_params["key"])
    if bins is None:
        return _refused(GridmapError("layer_gone"), 404)
    query = request.query_params
    try:
        zoom, west, south, east, north = (_finite(query.get(name, ""), name) for name in ("z", "west", "south", "east", "north"))
        categories = None if "categories" not in query else _wholes(query["categories"], "categories")
        period = None if "period" not in query else _period(query["period"])

        def answer() -> bytes:
            found = bins.view(zoom, (west, south, east, north), categories=categories, period=period)
            return _packed(squares_or_points(found))

        content = await run_in_threadpool(answer)
    except GridmapError as error:
        return _refused(error, 400)
    return _zipped(request, content, "application/json")


async def cards(request: "Request") -> "Response":
    """Answer with the cards of some rows."""
    from starlette.concurrency import run_in_threadpool

    said = _said.get(request.path_params["key"])
    if said is None:
        return _refused(GridmapError("layer_gone"), 404)
    try:
        rows = _wholes(request.query_params.get("rows", ""), "rows")
        content = await run_in_threadpool(lambda: _packed(said.cards(rows)))
    except GridmapError as error:
        return _refused(error, 400)
    return _zipped(request, content, "application/json")


async def anchors(request: "Request") -> "Response":
    """Answer with the places and numbers of all rows."""
    from starlette.concurrency import run_in_threadpool

    key = request.path_params["key"]
    said = _said.get(key)
    if said is None:
        return _refused(GridmapError("layer_gone"), 404)
    content = _encoded.get((key, ANCHORS))
    if content is None:
        try:
            content = await run_in_threadpool(lambda: _packed(said.anchors()))
        except GridmapError as error:
            return _refused(error, 400)
        _encoded.put((key, ANCHORS), content, len(content))
    return _zipped(request, content, "application/json")


def squares_or_points(found: Squares | Places) -> dict:
    """Return the events of a view as JSON values.

    Returns
    -------
    dict
        `total`, the events within the bounds; `at`, longitude and latitude of each square's centre or each event as steps in millionths
        of a degree; `category` of each. Squares have `kind` "squares", `depth` (the world has 2**depth of them a side), `count` and `most`,
        the number of events of `category`; events have `kind` "points" and `row`.
    """
    places = np.rint(np.stack([found.lon, found.lat], axis=1) * PRECISION).astype(np.int64)
    steps = np.diff(places, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    data = {"total": found.total, "at": steps.ravel().tolist(), "category": found.category.tolist()}
    if isinstance(found, Places):
        return data | {"kind": "points", "row": found.row.tolist()}
    return data | {"kind": "squares", "depth": found.depth, "count": found.count.tolist(), "most": found.most.tolist()}


EMPTY = gzip.compress(b"", GZIP_LEVEL, mtime=0)
_DIGITS = re.compile(r"-?[0-9]{1,12}")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{0,24})?([eE]-?[0-9]{1,2})?")


def _whole(text: str, what: str) -> int:
    """Return the whole number a request gives; `int` alone takes letters of other scripts, signs, blanks and underlines."""
    if _DIGITS.fullmatch(text) is None:
        raise GridmapError("bad_query", what=what, given=text)
    return int(text)


def _wholes(text: str, what: str) -> list[int]:
    return [_whole(part, what) for part in text.split(",")] if text else []


def _period(text: str) -> tuple[int, int]:
    """Return the two minutes a request gives."""
    numbers = _wholes(text, "period")
    if len(numbers) != 2:
        raise GridmapError("bad_query", what="period", given=text)
    return numbers[0], numbers[1]


def _finite(text: str, what: str) -> float:
    """Return the number a request gives."""
    number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not abs(number) <= FURTHEST:
        raise GridmapError("bad_query", what=what, given=text)
    return number


def _packed(value: object) -> bytes:
    """Return zipped JSON."""
    return gzip.compress(encoded(value), GZIP_LEVEL, mtime=0)


def _zipped(request: "Request", content: bytes, media_type: str) -> "Response":
    """Answer with zipped content, unzipped for a client that does not take it."""
    from starlette.responses import Response

    headers = FOREVER | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(content), media_type=media_type, headers=headers)


def _refused(error: GridmapError, status: int) -> "Response":
    """Answer what is wrong, in both languages."""
    from starlette.responses import JSONResponse

    headers = SHUT | {"Cache-Control": "no-store"}
    return JSONResponse({"error": {lang: error.text(lang) for lang in messages.LANGUAGES}}, status_code=status, headers=headers)
