"""Large layers of the map: `python benchmarks/map.py [--events N] [--side N] [--repeats N] [--peers FOLDER]`.

Events: seconds to make `maps.bins.EventBins`, then of each view from the district to a street, 1920 x 1080 pixels around the densest
place, with all events and with categories and a period chosen; every square is held to numpy's count of the same events in the same run.
The peer is DuckDB: the same squares grouped in SQL over a table that already has their column and row; it counts, where we also find each
square's most frequent category.
Tiles: seconds to prepare `maps.tiles.Tiles` of side x side grids of 48 corners, then seconds and bytes of the tile in the middle, zoom by
zoom; the grids of each tile are held to those that shapely finds there. The peer is DuckDB's `ST_AsMVT` over a table in Web Mercator with
an R-tree; it draws every corner at every zoom and leaves out grids too small to be seen.
Each figure is the median of the repeats (fewer where they take over five seconds), compiled code is warm, and a ratio is the peer's
seconds divided by ours. The environment of the peers lacks what the map needs: run this with that of the project and give the folder
of packages of the other, `.venv-bench/lib/python3.11/site-packages`.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from layers import jianyang, lattice

from gridmap.maps import mercator
from gridmap.maps.bins import BITS, EventBins, Squares, minutes
from gridmap.maps.tiles import EXTENT, Tiles

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Result = TypeVar("Result")

CATEGORIES = np.array(["环境卫生", "安全隐患", "市政设施", "街面秩序", "矛盾纠纷", "其他"])
SCREEN = (1920, 1080)
PATIENCE_S = 5.0
HALF = 20037508.342789244  # half the side of the world in EPSG:3857, metres


def events_of(count: int) -> gpd.GeoDataFrame:
    """Return events over the demo town and a year: half of them evenly, half around 300 places."""
    grids = jianyang(1).grids
    random = np.random.default_rng(1)
    left, bottom, right, top = grids.total_bounds
    places = random.uniform([left, bottom], [right, top], (count, 2))
    hot = random.uniform([left, bottom], [right, top], (300, 2))
    places[::2] = hot[random.integers(0, len(hot), len(places[::2]))] + random.normal(0, 0.0025, (len(places[::2]), 2))  # degrees
    columns = {
        "category": pd.Series(CATEGORIES[random.choice(len(CATEGORIES), count, p=[0.35, 0.25, 0.15, 0.1, 0.1, 0.05])], dtype="str"),
        "reported_at": pd.Timestamp("2024-01-01", tz="Asia/Shanghai") + pd.to_timedelta(random.integers(0, 365 * 1440, count), unit="m"),
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs=grids.crs)


def timed(work: Callable[[], Result], repeats: int) -> tuple[Result, float]:
    """Return what a work gives and the median of its seconds; no other turn is begun after `PATIENCE_S`."""
    seconds: list[float] = []
    while len(seconds) < repeats and sum(seconds) < PATIENCE_S:
        begin = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - begin)
    return found, statistics.median(seconds)


def database() -> "DuckDBPyConnection | None":
    """Return a connection to DuckDB with its spatial extension from the package, None where it is not installed."""
    package = find_spec("duckdb_extension_spatial") if find_spec("duckdb") else None
    if package is None or package.origin is None:
        return None
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    (extension,) = Path(package.origin).parent.rglob("spatial.duckdb_extension")
    connection.load_extension(str(extension))
    return connection


def print_bins(count: int, repeats: int) -> None:
    """Measure and print the views."""
    frame = events_of(count)
    EventBins.of(frame[:1000], category="category", time="reported_at").view(3, (-180, -90, 180, 90))
    bins, seconds = timed(lambda: EventBins.of(frame, category="category", time="reported_at"), repeats)
    sys.stdout.write(f"{count:,} events: made in {seconds:.2f} s, {bins.nbytes / 1e6:.0f} MB\n\n")
    plain = frame.geometry.to_crs(4326)
    column, row = mercator.lattice(plain.x.to_numpy(), plain.y.to_numpy(), BITS)
    table = pd.DataFrame({"col": column, "line": row, "lon": plain.x, "lat": plain.y})
    table["kind"] = frame["category"].map({name: number for number, name in enumerate(bins.names)})
    table["minute"] = minutes(frame["reported_at"])
    connection = database()
    if connection is not None:
        connection.register("plain", table)
        connection.execute("CREATE TABLE events AS SELECT * FROM plain ORDER BY col >> 12, line >> 12")
    half_year = (int(table["minute"].min()), int(table["minute"].median()))
    busiest = bins.view(16, bins.bounds, most_points=0)
    centre = (busiest.lon[busiest.count.argmax()], busiest.lat[busiest.count.argmax()])
    rows = []
    for zoom in range(9, 21):
        degrees = 360 / 512 / 2**zoom
        wide, high = SCREEN[0] / 2 * degrees, SCREEN[1] / 2 * degrees * np.cos(np.radians(centre[1]))
        box = (centre[0] - wide, centre[1] - high, centre[0] + wide, centre[1] + high)
        choices: tuple[dict, dict] = ({}, {"categories": [0, 2], "period": half_year})
        rows += [view_row(bins, table, connection, zoom, box, chosen, repeats) for chosen in choices]
    sys.stdout.write(pd.DataFrame(rows).to_string(index=False) + "\n\n")


def view_row(
    bins: EventBins, table: pd.DataFrame, connection: "DuckDBPyConnection | None", zoom: int, box: tuple, chosen: dict, repeats: int
) -> dict[str, object]:  # fmt: skip
    """Return one line, after the counts are held to numpy's."""
    bins.view(zoom, box, **chosen)
    found, seconds = timed(lambda: bins.view(zoom, box, **chosen), repeats)
    squares = bins.view(zoom, box, **chosen, most_points=-1)
    assert isinstance(squares, Squares)
    kept = table if not chosen else table[table["kind"].isin(chosen["categories"]) & table["minute"].between(*chosen["period"], "left")]
    inside = kept["lon"].between(box[0], box[2]) & kept["lat"].between(box[1], box[3])
    if found.total != inside.sum() or squares.total != found.total:
        raise SystemExit(f"zoom {zoom}: {found.total} events, numpy counts {inside.sum()}")
    shift = BITS - squares.depth
    every, number = np.unique((kept["col"].to_numpy() >> shift << 32) | (kept["line"].to_numpy() >> shift), return_counts=True)
    columns, lines = mercator.lattice(squares.lon, squares.lat, squares.depth)
    at = np.searchsorted(every, (columns << 32) | lines)
    if (every[at] != (columns << 32) | lines).any() or (number[at] != squares.count).any():
        raise SystemExit(f"zoom {zoom}: a square differs from numpy's count")
    line = {
        "zoom": zoom, "chosen": "category, period" if chosen else "all", "events": found.total, "given": len(found.lon),
        "as": "squares" if isinstance(found, Squares) else "points", "ms": round(seconds * 1e3, 2),
    }  # fmt: skip
    if connection is None or not len(columns):
        return line
    query = (
        f"SELECT col >> {shift} AS x, line >> {shift} AS y, count(*) AS n FROM events WHERE x BETWEEN {columns.min()} AND {columns.max()} "
        f"AND y BETWEEN {lines.min()} AND {lines.max()}"
    )
    if chosen:
        query += f" AND kind IN {tuple(chosen['categories'])} AND minute >= {chosen['period'][0]} AND minute < {chosen['period'][1]}"
    theirs, seconds_theirs = timed(lambda: connection.execute(query + " GROUP BY ALL").fetchnumpy(), repeats)
    if theirs["n"].sum() < squares.count.sum():
        raise SystemExit(f"zoom {zoom}: DuckDB counts {theirs['n'].sum()}, we {squares.count.sum()}")
    return line | {"DuckDB ms": round(seconds_theirs * 1e3, 2), "ratio": round(seconds_theirs / seconds, 1)}


def print_tiles(side: int, repeats: int) -> None:
    """Measure and print the tiles."""
    grids = lattice(1, side=side).grids
    Tiles.of(grids[:10]).tile(0, 0, 0)
    style = np.arange(len(grids)) % 7
    tiles, seconds = timed(lambda: Tiles.of(grids, style=style), repeats)
    sys.stdout.write(f"{len(grids):,} grids, {len(tiles.x):,} corners: prepared in {seconds:.2f} s, {tiles.nbytes / 1e6:.0f} MB\n\n")
    moved = grids.geometry.to_crs(3857).to_numpy()
    tree = shapely.STRtree(moved)
    connection = database()
    if connection is not None:
        connection.register("plain", pd.DataFrame({"row": np.arange(len(grids)), "style": style, "wkb": shapely.to_wkb(moved)}))
        connection.execute("CREATE TABLE grids AS SELECT row, style, ST_GeomFromWKB(wkb) AS geometry FROM plain")
        connection.execute("CREATE INDEX tree ON grids USING RTREE (geometry)")
    (left, bottom), (right, top) = shapely.bounds(shapely.multipoints(shapely.centroid(moved))).reshape(2, 2)
    rows = [tile_row(tiles, tree, connection, zoom, ((left + right) / 2, (bottom + top) / 2), repeats) for zoom in range(7, 21)]
    sys.stdout.write(pd.DataFrame(rows).to_string(index=False) + "\n")


def tile_row(
    tiles: Tiles, tree: shapely.STRtree, connection: "DuckDBPyConnection | None", zoom: int, centre: tuple[float, float], repeats: int
) -> dict[str, object]:  # fmt: skip
    """Return one line, after the grids of the tile are held to shapely's."""
    size = 2 * HALF / 2**zoom
    x, y = int((centre[0] + HALF) // size), int((HALF - centre[1]) // size)
    content, seconds = timed(lambda: tiles.tile(zoom, x, y), repeats)
    box = (x * size - HALF, HALF - (y + 1) * size, (x + 1) * size - HALF, HALF - y * size)
    meeting, reach = tree.query(shapely.box(*box), predicate="intersects"), 70 / EXTENT * size
    near = tree.query(shapely.box(box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach), predicate="intersects")
    rows = rows_of(content)
    if not set(meeting.tolist()) <= rows <= set(near.tolist()):
        raise SystemExit(f"zoom {zoom}: the tile does not hold the grids that shapely finds there")
    line = {"zoom": zoom, "grids": len(rows), "ms": round(seconds * 1e3, 2), "kB": round(len(content) / 1e3, 1)}
    if connection is None:
        return line
    query = (
        "SELECT ST_AsMVT({'row': row, 'style': style, 'geometry': drawn}, 'grids', 4096, 'geometry', 'row') FROM (SELECT row, style, "
        f"ST_AsMVTGeom(geometry, ST_Extent(ST_TileEnvelope({zoom}, {x}, {y})), 4096, 64, true) AS drawn FROM grids "
        f"WHERE ST_Intersects(geometry, ST_MakeEnvelope({', '.join(map(repr, map(float, box)))})))"
    )
    theirs, seconds_theirs = timed(lambda: connection.execute(query).fetchone()[0], repeats)
    held = {"DuckDB grids": len(rows_of(theirs)), "DuckDB ms": round(seconds_theirs * 1e3, 1), "DuckDB kB": round(len(theirs) / 1e3, 1)}
    return line | held | {"ratio": round(seconds_theirs / seconds, 1)}


def rows_of(content: bytes) -> set[int]:
    """Return the numbers of the features of a tile of one layer."""

    def number(message: bytes, at: int) -> tuple[int, int]:
        value, shift = 0, 0
        while True:
            byte = message[at]
            value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                return value, at

    found: list[int] = []
    _, at = number(content, 1)
    while at < len(content):
        key, at = number(content, at)
        value, at = number(content, at)
        if key == 2 << 3 | 2:  # a feature, whose first field is its number
            found.append(number(content, at + 1)[0])
        at += value if key & 7 == 2 else 0
    return set(found)


def main() -> None:
    """Run and print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--side", type=int, default=316, help="the lattice has side x side grids")
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--peers", type=Path, metavar="FOLDER", help="packages of the peers, looked at after all others")
    given = options.parse_args()
    if min(given.events, given.side, given.repeats) < 1:
        options.error("every number must be at least 1")
    if given.peers:
        sys.path.append(str(given.peers))
    print_bins(given.events, given.repeats)
    print_tiles(given.side, given.repeats)


if __name__ == "__main__":
    main()
