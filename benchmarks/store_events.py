"""Events at the size of a city: `PYTHONPATH=.:tests python benchmarks/store_events.py [--events N] [--database] [--repeats N] [--folder F]`.

The grids are those of the synthetic Jianyang, level 3 and dedicated; the events of three years lie where people would be (half of them in the middle
tenth of the district), one in a hundred is open. They are written straight into the table; their states are made by the store. Measured: that,
then open events in boxes of 2 km, counts by grid and thirty days, appends and steps, and a publication that moves a border. Goals at ten million
events: boxes within 50 ms (p95), counts within 100 ms. `--database`: in a PostgreSQL server of its own instead of a file.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from postgres import server
from sqlalchemy import delete, insert, select, text

from gridmap import store, synth
from gridmap.store import bulk, homes, layers, state
from gridmap.store.home import Home
from gridmap.store.table import Table, describe
from gridmap.store.tables import EVENT_DAYS, STORE

ACTOR = store.Actor("benchmark", "test")
START, DAYS = np.datetime64("2023-01-01T00:00:00", "s"), 1096
CATEGORIES = np.array(["市容环境", "街面秩序", "设施损坏", "施工管理", "突发事件", "咨询求助", "矛盾纠纷", "其他"], dtype=object)
SHARES = (0.3, 0.2, 0.15, 0.1, 0.05, 0.1, 0.05, 0.05)
CHUNK = 200_000
SIDE_M = 2000
POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--database", action="store_true")
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="for the file; a temporary one by default")
    options = parser.parse_args()
    town = synth.jianyang(events=1)
    grids = town.grids.to_crs("EPSG:4548")
    with place(options) as address:
        store.create(address, {"grids": grids, "events": frame(grids, 1, 0)}, settings={}, actor=ACTOR)
        load(address, grids, options.events)
        ask(address, grids, options.repeats)
        write(address, grids, options.repeats)
        store.close()


@contextmanager
def place(options: argparse.Namespace) -> Iterator[str]:
    """Give where the project is to be."""
    if options.database:
        with server() as running:
            yield running.url(running.database())
            store.close()
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        yield f"{folder}/city.gpkg"


def columns(grids: gpd.GeoDataFrame, count: int, seed: int) -> dict[str, Any]:
    """Return columns of so many events."""
    random = np.random.default_rng(seed)
    west, south, east, north = grids.total_bounds
    middle, size = np.array([(west + east) / 2, (south + north) / 2]), np.array([east - west, north - south])
    wide = random.random((count, 2)) - 0.5
    xy = middle + size * np.where(random.random((count, 1)) < 0.5, wide * 0.3, wide)
    seconds = np.sort(random.integers(0, DAYS * 86400, count))
    is_open = random.random(count) < 0.01
    return {
        "event_id": [f"E{seed:05d}{number:06d}" for number in range(count)],
        "category": CATEGORIES[random.choice(len(SHARES), count, p=SHARES)],
        "reported_at": START + seconds,
        "closed_at": np.where(is_open, np.datetime64("NaT"), START + seconds + random.integers(3600, 20 * 86400, count)),
        "status": np.where(is_open, "dispatched", "archived").astype(object),
        "xy": xy,
    }


def frame(grids: gpd.GeoDataFrame, count: int, seed: int) -> gpd.GeoDataFrame:
    """Return so many events as a caller has them."""
    made = columns(grids, count, seed)
    index = pd.Index(made.pop("event_id"), name="event_id", dtype="str")
    drawn = shapely.points(made.pop("xy"))
    found = pd.DataFrame(made, index=index).astype({"category": "str", "status": "str"})
    for name in ("reported_at", "closed_at"):
        found[name] = found[name].astype("datetime64[us]").dt.tz_localize("UTC").dt.tz_convert("Asia/Shanghai")
    return gpd.GeoDataFrame(found, geometry=drawn, crs=grids.crs)


def load(address: str, grids: gpd.GeoDataFrame, count: int) -> None:
    """Write the events in parts, and make their states."""
    home = homes.of(address)
    with home.reading() as connection:
        table = describe(connection, "events")
    assert table is not None
    index = f"rtree_events_{table.geometry}"
    is_file = not address.startswith("postgresql")
    with bare(home, index) if is_file else nothing():
        begin = time.perf_counter()
        for seed, first in enumerate(range(0, count, CHUNK), 1):
            part = min(CHUNK, count - first)
            home.write(lambda transaction, s=seed, f=first, p=part: fill(transaction, table, columns(grids, p, s), f + 2), actor=ACTOR)
        say(f"{count:,} events written in {time.perf_counter() - begin:,.0f} s")
    begin = time.perf_counter()
    home.write(lambda transaction: (state.adopt(transaction), transaction.note("adopt", "event_state")), actor=ACTOR)
    say(f"their states made in {time.perf_counter() - begin:,.0f} s")
    if is_file:
        home.write(lambda transaction: spread(transaction, index), actor=ACTOR)
    else:
        with home.reading() as connection:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar()
    size = Path(address).stat().st_size if is_file else size
    with home.reading() as connection:
        cells = connection.execute(select(text("count(*)")).select_from(EVENT_DAYS)).scalar()
    say(f"{size / 1e9:.2f} GB; {cells:,} numbers by grid, day and category")


@contextmanager
def nothing() -> Iterator[None]:
    """Do nothing."""
    yield


@contextmanager
def bare(home: Home, index: str) -> Iterator[None]:
    """Take away the trigger that feeds the spatial index row by row, and put it back."""
    with home.reading() as connection:
        sql = connection.execute(text("SELECT sql FROM sqlite_schema WHERE name = :name"), {"name": f"{index}_insert"}).scalar()

    def drop(transaction: Any) -> None:
        transaction.connection.exec_driver_sql(f'DROP TRIGGER "{index}_insert"')
        transaction.note("benchmark", "events")

    def back(transaction: Any) -> None:
        transaction.connection.exec_driver_sql(sql)
        transaction.note("benchmark", "events")

    home.write(drop, actor=ACTOR)
    yield
    home.write(back, actor=ACTOR)


def spread(transaction: Any, index: str) -> None:
    """Fill the spatial index of the file."""
    transaction.connection.exec_driver_sql(
        f'INSERT OR REPLACE INTO "{index}" SELECT "row", x, x, y, y FROM event_state WHERE x IS NOT NULL'
    )
    transaction.note("benchmark", "event_state")


def fill(transaction: Any, table: Table, made: dict[str, Any], first: int) -> None:
    """Write events into the table as a bulk load would."""
    count = len(made["event_id"])
    points = np.zeros(count, dtype=POINT)
    points["order"], points["kind"] = 1, 1
    points["x"], points["y"] = made["xy"].T
    content = points.tobytes()
    drawn = [content[start : start + POINT.itemsize] for start in range(0, len(content), POINT.itemsize)]
    times = {
        name: [None if text == "NaT" else f"{text}Z" for text in np.datetime_as_string(made[name], unit="s").tolist()]
        for name in ("reported_at", "closed_at")
    }
    rows = zip(
        range(first, first + count),
        made["event_id"],
        made["category"],
        times["reported_at"],
        times["closed_at"],
        made["status"],
        drawn,
        strict=True,
    )
    bulk.insert(
        transaction.connection, table.sql, [table.key, "event_id", "category", "reported_at", "closed_at", "status", table.geometry], rows
    )
    transaction.note("benchmark", "events", first=first, count=count)


def ask(address: str, grids: gpd.GeoDataFrame, repeats: int) -> None:
    """Print how long questions take."""
    random = np.random.default_rng(0)
    west, south, east, north = grids.total_bounds
    seconds, hits, busy = [], [], time.process_time()
    for number in range(repeats + 1):
        spread_of = 0.3 if number % 2 else 1.0
        x, y = (
            (west + east) / 2 + (random.random() - 0.5) * (east - west) * spread_of,
            (south + north) / 2 + (random.random() - 0.5) * (north - south) * spread_of,
        )
        begin = time.perf_counter()
        found = store.open_events(address, (x, y, x + SIDE_M, y + SIDE_M))
        seconds.append(time.perf_counter() - begin)
        hits.append(len(found))
    say(
        f"open events in a box of {SIDE_M / 1000:g} km ({statistics.median(hits):,.0f} of them, at most {max(hits):,}): {spread_text(seconds[1:])}"
    )
    for category in (None, CATEGORIES[0]):
        seconds, busy = [], time.process_time()
        for _ in range(repeats // 2 + 1):
            first = (START + random.integers(0, DAYS - 30) * 86400).astype("datetime64[D]")
            begin = time.perf_counter()
            found = store.counts(address, since=str(first), until=str(first + 29), category=category)
            seconds.append(time.perf_counter() - begin)
        say(
            f"counts of {found.shape[0]:,} grids x {found.shape[1]} days, {category or 'all categories'}: {spread_text(seconds[1:])}, processor {(time.process_time() - busy) / len(seconds) * 1000:.0f} ms"
        )


def write(address: str, grids: gpd.GeoDataFrame, repeats: int) -> None:
    """Print how long writes take."""
    ones = [frame(grids, 1, 90_000 + number) for number in range(repeats)]
    store.append_events(address, frame(grids, 1, 89_999), actor=ACTOR)
    say(f"one event: {each(lambda one: store.append_events(address, one, actor=ACTOR), ones)}")
    thousand = [frame(grids, 1000, 95_000 + number) for number in range(5)]
    say(f"1,000 events: {each(lambda some: store.append_events(address, some, actor=ACTOR), thousand)}")
    steps = [
        pd.DataFrame({"event_id": one.index, "seq": 1, "step": "archived", "at": one["reported_at"], "actor_role": "worker", "actor": "07"})
        for one in ones
    ]
    steps = [step.reset_index(drop=True) for step in steps]
    say(f"one step: {each(lambda step: store.append_steps(address, step, actor=ACTOR), steps)}")
    home = homes.of(address)

    def publish(transaction: Any) -> None:
        transaction.run(insert(STORE), {"key": "publishing", "value": "benchmark"})
        lowest = grids.index[(grids["level"] == 3) & (grids["kind"] == "base")][:2]
        moved = grids.copy()
        moved.loc[lowest, "geometry"] = moved.loc[lowest[::-1], "geometry"].to_numpy()
        layers.put(transaction, "grids", moved)
        transaction.run(delete(STORE).where(STORE.c.key == "publishing"))
        begin = time.perf_counter()
        state.refresh(transaction)
        say(f"events brought under other boundaries in {time.perf_counter() - begin:.2f} s")

    home.write(publish, actor=ACTOR)


def each(call: Callable[[Any], object], given: list[Any]) -> str:
    """Return wall and processor time of each call."""
    seconds, begin = [], time.process_time()
    for one in given:
        start = time.perf_counter()
        call(one)
        seconds.append(time.perf_counter() - start)
    return f"{spread_text(seconds)}, processor {(time.process_time() - begin) / len(given) * 1000:.1f} ms"


def spread_text(seconds: list[float]) -> str:
    """Return median and 95th percentile."""
    return f"{statistics.median(seconds) * 1000:.1f} ms, p95 {np.percentile(seconds, 95) * 1000:.1f} ms"


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
