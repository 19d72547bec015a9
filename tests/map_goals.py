"""The goals of the map, measured on its page in a browser: bytes and counts are exact, seconds are those of this machine.

Every function opens what it measures and returns figures; nothing is judged here.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from browser_fixture import VIEW, map_drawn
from map_browser import CENTRE, GO, IDLE, PATIENCE_MS, STATE, WEIGHT, inner_places, opened, told, until
from map_events import MIDDLE, many

from gridmap import store
from gridmap.maps import mercator

UNITS = 25
TICK = 50
ZOOMS = range(9, 20)  # from a district to a street
LIVE = f"{VIEW}.extras.live"
BINS = f"{VIEW}.extras.bins"
# Go to a zoom, wait for its counts and for the picture, and tell what was asked for, what was found and how long it took.
STEP = f"""([lng, lat, zoom]) => new Promise((done, failed) => {{
    const bins = {BINS}, map = {VIEW}.map, begin = performance.now(), until = begin + 60000; bins.found = null;
    map.jumpTo({{center: [lng, lat], zoom: zoom}});
    const b = map.getBounds(), box = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map(n => n.toFixed(6));
    const look = () => {{
        if (performance.now() > until) return failed(new Error("no counts"));
        if (!bins.found) return setTimeout(look, 5);
        const end = () => done({{seconds: (performance.now() - begin) / 1000, box: box, found: bins.found,
            squares: bins.features.filter(one => one.geometry.type === 'Polygon').map(one => [one.geometry.coordinates[0][0], one.geometry.coordinates[0][2], one.properties.n]),
            rows: bins.features.map(one => one.properties.row).filter(row => row !== undefined), text: bins.box.innerText}});
        map.once('idle', end); map.triggerRepaint();
    }}; look(); }})"""  # noqa: E501


def first_map(page, address: str) -> dict:
    """Open the map of the town Jianyang: bytes of layer data, seconds from the end of the script until it is drawn, features drawn."""
    opened(page, address, "jianyang")
    ended = told(page)["at"]
    drawn = page.evaluate(IDLE)
    state = page.evaluate(STATE)
    grids, events = (
        page.evaluate(f"role => [].concat(...{VIEW}.drawn.find(one => one.role === role).data.ids).length", role)
        for role in ("grids", "events")
    )
    return {
        "bytes": page.evaluate(WEIGHT),
        "seconds": (drawn - ended) / 1e3,
        "grids": grids,
        "events": events,
        "drawn": {role: count for role, (_, count) in state.items()},
        "outside": len(page.gridmap_requests),
    }


def rerun(page) -> dict:
    """Run the page again with nothing changed: requests for layers, seconds until Python has answered, and whether the view is kept."""
    page.evaluate(GO, [*page.evaluate(CENTRE)[:2], 11])
    page.evaluate(IDLE)
    asked: list[str] = []

    def note(request) -> None:
        asked.append(request.url)

    page.on("request", note)
    before, runs = page.evaluate(CENTRE), told(page)["runs"]
    begin = time.monotonic()
    page.get_by_role("button", name="again").click()
    until(page, lambda state: state["runs"] > runs, "the rerun")
    seconds = time.monotonic() - begin
    page.wait_for_timeout(300)
    page.remove_listener("request", note)
    return {
        "seconds": seconds,
        "requests": len([url for url in asked if "/gridmap/" in url]),
        "kept": page.evaluate(CENTRE) == before,
    }


def stroke(page, address: str) -> dict:
    """Brush over at least 25 grids of the town Jianyang: how many, and seconds from lifting the pointer until Python has the codes."""
    box = opened(page, address, "jianyang")
    page.evaluate(GO, [*page.evaluate(CENTRE)[:2], 11.5])
    page.evaluate(IDLE)
    page.locator('[data-tool="brush"]').click()
    inside = [(x, y) for x, y in inner_places(page, "grids") if 80 < x < box["width"] - 320 and 60 < y < box["height"] - 60]
    places = sorted(inside, key=lambda place: (round(place[1] / 60), place[0]))
    page.mouse.move(box["x"] + places[0][0], box["y"] + places[0][1])
    page.mouse.down()
    touched = 0
    for x, y in places[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
        touched = page.evaluate(f"() => {VIEW}.selecting.rows.size")
        if touched >= UNITS:
            break
    begin = time.monotonic()
    page.mouse.up()
    state = until(page, lambda state: state["codes"], "the stroke")
    return {"touched": touched, "codes": len(set(state["codes"])), "seconds": time.monotonic() - begin}


def zooms(page, address: str) -> list[dict]:
    """Show a million events at every zoom: seconds, and what stands on the screen beside an exact count of the same box and squares."""
    page.goto(f"{address}/?map=dongyuan&with=million")
    map_drawn(page)
    page.wait_for_function(f"() => {BINS} && {BINS}.found", timeout=PATIENCE_MS)
    events = many()
    lon, lat = events.geometry.x.to_numpy(), events.geometry.y.to_numpy()
    return [counted(page.evaluate(STEP, [*MIDDLE, zoom]), zoom, lon, lat) for zoom in ZOOMS]


def counted(seen: dict, zoom: int, lon: np.ndarray, lat: np.ndarray) -> dict:
    """Return one step with an exact count: of the events within the box, and of those in every square or of the rows shown."""
    west, south, east, north = map(float, seen["box"])
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    step = {"zoom": zoom, "seconds": seen["seconds"], "as": seen["found"]["kind"], "total": seen["found"]["total"]}
    step |= {"exact": int(inside.sum()), "written": f"{seen['found']['total']:,}" in seen["text"]}
    if step["as"] == "points":
        return step | {"shown": len(seen["rows"]), "wrong": len(set(seen["rows"]) ^ set(np.flatnonzero(inside).tolist()))}
    corners = np.array([[*first, *third] for first, third, _ in seen["squares"]])
    depth = round(np.log2(360 / np.median(corners[:, 2] - corners[:, 0])))
    columns, rows = mercator.lattice(corners[:, [0, 2]].mean(axis=1), corners[:, [1, 3]].mean(axis=1), depth)
    here = mercator.lattice(lon, lat, depth)
    found, number = np.unique(here[0] << 32 | here[1], return_counts=True)
    exact = dict(zip(found.tolist(), number.tolist(), strict=True))
    squares = dict(zip((columns << 32 | rows).tolist(), [n for _, _, n in seen["squares"]], strict=True))
    wrong = sum(exact.get(code, 0) != n for code, n in squares.items())
    missed = int(inside.sum()) - int(np.isin(here[0][inside] << 32 | here[1][inside], list(squares)).sum())
    return step | {"shown": len(squares), "wrong": wrong + missed}


@contextmanager
def listening(page) -> Iterator[dict[str, int]]:
    """Count the bytes of the event stream, and those of Streamlit's own connection, while the block runs."""
    heard = {"stream": 0, "messages": 0, "page": 0}
    client = page.context.new_cdp_session(page)

    def stream(message: dict) -> None:
        heard["stream"] += len(message["data"].encode())
        heard["messages"] += 1

    def frame(message: dict) -> None:
        heard["page"] += len(message["response"]["payloadData"]) * (3 if message["response"]["opcode"] == 2 else 4) // 4

    client.on("Network.eventSourceMessageReceived", stream)
    client.on("Network.webSocketFrameReceived", frame)
    client.send("Network.enable")
    yield heard
    client.detach()


def tick(page, address: str, project: Path) -> dict:
    """Append 50 events to the project of a running application whose live screen is open: bytes, seconds until they are on the map."""
    page.goto(f"{address}/live?age=all")
    map_drawn(page)
    page.wait_for_function(f"() => {LIVE} && {LIVE}.stream.readyState === 1", timeout=PATIENCE_MS)
    page.wait_for_timeout(2500)
    lng, lat, zoom = page.evaluate(CENTRE)
    page.evaluate(GO, [lng, lat, zoom + 0.5])
    before, size = page.evaluate(CENTRE), page.evaluate(f"() => {LIVE}.events.size")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with listening(page) as heard:
        begin = time.monotonic()
        store.append_events(project, arriving(project), actor=store.Actor("test", "goals"))
        page.wait_for_function(f"size => {LIVE}.events.size >= size", arg=size + TICK, timeout=PATIENCE_MS)
        seconds = time.monotonic() - begin
        page.wait_for_timeout(2500)  # the board beside the map follows
    return {
        "bytes": heard["stream"],
        "page_bytes": heard["page"],
        "seconds": seconds,
        "added": page.evaluate(f"() => {LIVE}.events.size") - size,
        "layers": len([url for url in asked if "/gridmap/layers" in url or "/gridmap/parts" in url]),
        "kept": page.evaluate(CENTRE) == before,
    }


def arriving(project: Path) -> gpd.GeoDataFrame:
    """Return 50 events that the project does not have, at places of events it has."""
    found = store.read_events(project).drop(columns="row_id")
    located = found[found.geometry.notna()].tail(TICK)
    times = found["reported_at"].max() + pd.to_timedelta(np.arange(1, TICK + 1), unit="s")
    index = pd.Index([f"goal-{number:03d}" for number in range(TICK)], name=found.index.name)
    return located.set_axis(index).assign(reported_at=times)
