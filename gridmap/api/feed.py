"""The live feed: every append as one server-sent event, to everyone who watches, without loss or repetition."""

import asyncio
import json
import math
import signal
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gridmap import store
from gridmap.api import guard, served
from gridmap.errors import GridmapError

POLL_S = 0.25  # how long the writes of other processes, and the end of the server, may go unnoticed
BEAT_S = 15.0  # proxies close what is silent for longer
RETRY_MS = 1000  # after which a browser comes back
MOST_IDLE = 8  # looks with nobody watching
MOST_EVENTS = 1000  # in one message
KEPT_EVENTS = 5000  # for those who are behind; older ones are read anew
MOST_STREAMS = 500
# What the page shows of an event beside its place, its time and its grid.
FIELDS = ("category", "subcategory", "status", "address", "area", "channel", "severity", "text")

Item = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """Which events a watcher is told of: of a category, and of a status or with "open" all that are not closed; None for any."""

    category: str | None = None
    state: str | None = None

    def takes(self, item: Item) -> bool:
        """Tell whether an event is one of them."""
        if self.category is not None and item["category"] != self.category:
            return False
        if self.state == served.OPEN:
            return item["status"] not in served.CLOSED
        return self.state is None or item["status"] == self.state


async def respond(request: Request) -> Response:
    """Answer a watcher: the mark from which it hears everything, then every append after it."""
    project = served.project()
    asked = request.query_params.get("project")
    if project is None or asked not in {None, store.stem(project), store.shown(project)}:
        return guard.refusal(request, 404, "no_such_project")
    since = request.headers.get("last-event-id") or request.query_params.get("since")
    if since is not None and not (since.isascii() and since.isdigit() and len(since) < 19):
        return guard.refusal(request, 400, "bad_since")
    if request.method == "HEAD":
        return Response(media_type="text/event-stream")
    hub = _hub(project)
    if hub.watchers >= MOST_STREAMS or stopping():
        return guard.refusal(request, 503, "too_many")
    try:
        await hub.start()
    except GridmapError as error:
        return guard.said(503, error.text(guard.language(request)))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    chosen = Choice(request.query_params.get("category"), request.query_params.get("state"))
    return StreamingResponse(hub.stream(None if since is None else int(since), chosen), media_type="text/event-stream", headers=headers)


def stopping() -> bool:
    """Tell whether the server was told to stop: it then waits for every answer to end, and a stream would never."""
    # While it runs, the server has put a method of its own in the place of the process's handlers.
    servers = (getattr(signal.getsignal(number), "__self__", None) for number in (signal.SIGINT, signal.SIGTERM))
    return any(getattr(server, "should_exit", False) for server in servers)


class Hub:
    """What all watchers of a project share: one look at the file, and the newest events as they are sent."""

    def __init__(self, project: store.Address) -> None:
        self.project = project
        self.watchers = 0
        self._grids = served.grids(project)
        self._recent: deque[tuple[int, Item]] = deque()
        self._floor = self._mark = 0  # every event after the floor, up to the mark, is among the recent ones
        self._opening = self._idle = 0
        self._change: store.Version | None = None
        self._news = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Begin to look at the file, unless that is being done."""
        async with self._starting:
            self._idle = 0
            if self._looking is not None and not self._looking.done():
                return
            self._restart(await asyncio.to_thread(store.version, self.project))
            self._looking = asyncio.create_task(self._look())

    def _restart(self, version: store.Version) -> None:
        self._change, self._opening = version, version.opening
        self._floor = self._mark = version.row
        self._recent.clear()

    async def stream(self, since: int | None, chosen: Choice) -> AsyncIterator[bytes]:
        """Yield messages, with the mark alone where no news is chosen; ends when the server stops or the project is another file."""
        self.watchers += 1
        try:
            opening = self._opening
            # An id beyond the last one is of a file that was there before.
            mark = self._mark if since is None else min(since, self._mark)
            yield f"retry: {RETRY_MS}\n".encode() + message([], mark)
            while self._opening == opening and self._looking is not None and not self._looking.done():
                news = self._news
                batch = await self._after(mark)
                if batch:
                    mark = batch[-1][0]
                    yield message([item for _, item in batch if chosen.takes(item)], mark, _newest(batch))
                elif not await _within(news, BEAT_S):
                    yield b": \n\n"
        finally:
            self.watchers -= 1

    async def _after(self, mark: int) -> list[tuple[int, Item]]:
        if mark >= self._floor:
            return [pair for pair in self._recent if pair[0] > mark][:MOST_EVENTS]
        return await asyncio.to_thread(self._read, mark)

    def _read(self, mark: int) -> list[tuple[int, Item]]:
        events = store.read_events(self.project, since=mark, limit=MOST_EVENTS)
        return list(zip(events["row_id"].tolist(), items(events, self._grids), strict=True))

    async def _look(self) -> None:
        """Wait for appends of this process and look for those of others, until nobody watches or the server stops."""
        loop, nudge = asyncio.get_running_loop(), asyncio.Event()

        def appended() -> None:
            with suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(nudge.set)

        end = store.watch(self.project, appended)
        try:
            while not stopping() and self._idle < MOST_IDLE:
                self._idle = 0 if self.watchers else self._idle + 1
                await self._catch_up()
                await _within(nudge, POLL_S)
                nudge.clear()
        finally:
            end()
            self._tell()

    async def _catch_up(self) -> None:
        try:
            version = await asyncio.to_thread(store.version, self.project)
            if version == self._change:
                return
            if version.opening != self._opening:
                self._restart(version)
                self._tell()
                return
            while batch := await asyncio.to_thread(self._read, self._mark):
                self._recent.extend(batch)
                self._mark = batch[-1][0]
                while len(self._recent) > KEPT_EVENTS:
                    self._floor = self._recent.popleft()[0]
                self._tell()
            self._change = version
        except GridmapError:
            return  # held by another program just now: the next look will do

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _newest(batch: list[tuple[int, Item]]) -> str | None:
    """Return the latest time of the events, chosen or not: it moves the clock of a project whose clock stands still."""
    return max((item["reported_at"] for _, item in batch if item["reported_at"] is not None), key=pd.Timestamp, default=None)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def message(events: list[Item], mark: int, newest: str | None = None) -> bytes:
    """Return one server-sent event; its id is what a browser comes back with. `newest` is the latest time of all that happened up to it."""
    told = {"events": events, "mark": mark} | ({} if newest is None else {"newest": newest})
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"id: {mark}\ndata: {data}\n\n".encode()


def items(events: gpd.GeoDataFrame, grids: served.Grids) -> list[Item]:
    """Return events as the feed sends them: place in degrees, time with its zone, grid, and what is known besides."""
    places = served.degrees(events).tolist()
    codes = grids.of(events)
    names = grids.names(codes)
    fields = {name: events[name].astype("object").where(events[name].notna(), None).tolist() for name in FIELDS if name in events}
    times = events["reported_at"].map(pd.Timestamp.isoformat, na_action="ignore").astype("object") if "reported_at" in events else None
    found: list[Item] = []
    for row, (label, (lon, lat)) in enumerate(zip(events.index, places, strict=True)):
        where = {"lon": None, "lat": None} if math.isnan(lon) or math.isnan(lat) else {"lon": lon, "lat": lat}
        known = {name: values[row] for name, values in fields.items() if values[row] is not None}
        time = None if times is None or pd.isna(times.iloc[row]) else times.iloc[row]
        grid = {"grid": codes[row]} | ({} if names[row] is None else {"grid_name": names[row]})
        found.append({"id": str(label), **where, "category": None, "status": None, **known, "reported_at": time, **grid})
    return found


_hubs: dict[tuple[asyncio.AbstractEventLoop, store.Address], Hub] = {}


def _hub(project: store.Address) -> Hub:
    key = (asyncio.get_running_loop(), project)
    if key not in _hubs:
        _hubs[key] = Hub(project)
    return _hubs[key]
