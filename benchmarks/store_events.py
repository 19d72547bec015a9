"""Events at the size of a city: `PYTHONPATH=.:tests python benchmarks/store_events.py [--events N] [--database] [--repeats N]`.

The grids are those of the demo town Jianyang. The events of three years lie where people would be (half of them in the middle tenth of the
district), one in a hundred is open. They are written straight into the table, and the store makes their states. Measured: that, open events
in boxes of 2 km, counts by grid on thirty days, appends, steps, and a publication that exchanges two grids. Goals at ten million events:
boxes within 50 ms (p95), counts within 100 ms. `--database`: in a PostgreSQL server of its own instead of a file. Beside the time stands
that of the processor (the server's is not in it), which other work on the machine hardly lengthens.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
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
from gridmap.store import homes, layers
from gridmap.store.events import state
from gridmap.store.home.base import Home, Transaction
from gridmap.store.tables import bulk
from gridmap.store.tables.described import Table, describe
from gridmap.store.tables.own import EVENT_DAYS, STORE

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

    def drop(transaction: Transaction) -> None:
        transaction.connection.exec_driver_sql(f'DROP TRIGGER "{index}_insert"')
        transaction.note("benchmark", "events")

    def back(transaction: Transaction) -> None:
        transaction.connection.exec_driver_sql(sql)
        transaction.note("benchmark", "events")

    home.write(drop, actor=ACTOR)
    yield
    home.write(back, actor=ACTOR)


def spread(transaction: Transaction, index: str) -> None:
    """Fill the spatial index of the file."""
    transaction.connection.exec_driver_sql(
        f'INSERT OR REPLACE INTO "{index}" SELECT "row", x, x, y, y FROM event_state WHERE x IS NOT NULL'
    )
    transaction.note("benchmark", "event_state")


def fill(transaction: Transaction, table: Table, made: dict[str, Any], first: int) -> None:
    """Write events into the table as a bulk load would."""
    count = len(made["event_id"])
    points = np.zeros(count, dtype=POINT)
    points["order"], points["kind"] = 1, 1
    points["x"], points["y"] = made["xy"].T
    content = points.tobytes()
    drawn = [content[start : start + POINT.itemsize] for start in range(0, len(content), POINT.itemsize)]
    for name in ("reported_at", "closed_at"):
        made[name] = [None if text == "NaT" else f"{text}Z" for text in np.datetime_as_string(made[name], unit="s").tolist()]
    names = ["event_id", "category", "reported_at", "closed_at", "status"]
    rows = zip(range(first, first + count), *(made[name] for name in names), drawn, strict=True)
    bulk.insert(transaction.connection, table.sql, [table.key, *names, table.geometry], rows)
    transaction.note("benchmark", "events", first=first, count=count)


def ask(address: str, grids: gpd.GeoDataFrame, repeats: int) -> None:
    """Print how long questions take."""
    random = np.random.default_rng(0)
    west, south, east, north = grids.total_bounds
    middle, size = np.array([(west + east) / 2, (south + north) / 2]), np.array([east - west, north - south])
    corners = [middle + (random.random(2) - 0.5) * size * (0.3 if number % 2 else 1) for number in range(repeats)]
    boxes = [(x, y, x + SIDE_M, y + SIDE_M) for x, y in corners]
    hits = [len(store.open_events(address, box)) for box in boxes]
    took = each(lambda box: store.open_events(address, box), boxes)
    say(f"open events in a box of {SIDE_M / 1000:g} km ({statistics.median(hits):,.0f} of them, at most {max(hits):,}): {took}")
    for category in (None, CATEGORIES[0]):
        days = [(START + random.integers(0, DAYS - 30) * 86400).astype("datetime64[D]") for _ in range(repeats // 2)]
        took = each(lambda day, c=category: store.counts(address, since=str(day), until=str(day + 29), category=c), days)
        say(f"counts of every grid on 30 days, {category or 'all categories'}: {took}")


def write(address: str, grids: gpd.GeoDataFrame, repeats: int) -> None:
    """Print how long writes take."""
    store.append_events(address, frame(grids, 1, 89_999), actor=ACTOR)
    ones = [frame(grids, 1, 90_000 + number) for number in range(repeats)]
    say(f"one event: {each(lambda one: store.append_events(address, one, actor=ACTOR), ones)}")
    thousands = [frame(grids, 1000, 95_000 + number) for number in range(5)]
    say(f"1,000 events: {each(lambda some: store.append_events(address, some, actor=ACTOR), thousands)}")
    steps = [
        pd.DataFrame(
            {"event_id": one.index, "seq": 1, "step": "archived", "at": one["reported_at"].array, "actor_role": "worker", "actor": "07"}
        )
        for one in ones
    ]
    say(f"one step: {each(lambda step: store.append_steps(address, step, actor=ACTOR), steps)}")
    homes.of(address).write(lambda transaction: publish(transaction, grids), actor=ACTOR)


def publish(transaction: Transaction, grids: gpd.GeoDataFrame) -> None:
    """Exchange the ground of two grids, as a publication would, and print how long the events take to follow."""
    lowest = grids.index[(grids["level"] == 3) & (grids["kind"] == "base")][:2]
    moved = grids.copy()
    moved.loc[lowest, "geometry"] = moved.loc[lowest[::-1], "geometry"].to_numpy()
    transaction.run(insert(STORE), {"key": "publishing", "value": "benchmark"})
    layers.put(transaction, "grids", moved)
    transaction.run(delete(STORE).where(STORE.c.key == "publishing"))
    say(f"events brought under other boundaries: {each(state.refresh, [transaction])}")


def each(call: Callable[[Any], object], given: Sequence[Any]) -> str:
    """Return in words the time each call takes, and the processor time of all threads, which other work on the machine hardly lengthens."""
    seconds, begin = [], time.process_time()
    for one in given:
        start = time.perf_counter()
        call(one)
        seconds.append((time.perf_counter() - start) * 1000)
    processor = (time.process_time() - begin) / len(given) * 1000
    return f"median {statistics.median(seconds):,.1f} ms, 95 % within {np.percentile(seconds, 95):,.1f} ms, processor {processor:,.1f} ms"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
