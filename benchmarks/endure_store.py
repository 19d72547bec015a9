"""Nothing acknowledged is lost, at length, outside CI: `make endure`, or `PYTHONPATH=.:tests python benchmarks/endure_store.py [part ...]`.

kills   a writer is killed in the middle of transactions, and the whole database server under one, so many times
cuts    power cuts are simulated on a project file (`tests/power.py`), and the controls that do not wait for the disk must lose something
waits   how long one event takes to be acknowledged, to four threads that append as fast as they can while two read

The first loss, or a wait beyond the goal, ends it with exit code 1.
"""

import argparse
import gc
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faults
import geopandas as gpd
import numpy as np
import pandas as pd
import postgres
from page import table
from sqlalchemy import text

from gridmap import store, synth
from gridmap.store import homes

TESTS = Path(__file__).parents[1] / "tests"
RUN_CUTS = 25  # of one run
CONTROLS = {"NORMAL": "lost", "OFF": "unsound"}
WRITERS, READERS, PAUSE_S = 4, 2, 0.02
P99_MS, MOST_MS = 50, 500
SIDE = 400.0  # of the box that readers ask for, in metres
Row = list[object]


def kills(given: argparse.Namespace, server: postgres.Server) -> Iterator[tuple[Row, bool]]:
    """Yield a row per home: rounds, writes told, what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        homes_killed: dict[str, tuple[str, postgres.Server | None]] = {
            "file, its writer killed": (str(Path(folder) / "town.gpkg"), None),
            "database, its writer killed": (server.url(server.database()), None),
            "database, its server killed": (server.url(server.database()), server),
        }
        for what, (address, killed) in homes_killed.items():
            faults.project(address)
            told, wrong = faults.kill_rounds(address, given.rounds, seed=given.seed, server=killed)
            store.close()
            yield [what, given.rounds, f"{len(told):,} writes", "; ".join(wrong[:3]) or "nothing lost, nothing half there"], not wrong


def cuts(given: argparse.Namespace, server: postgres.Server) -> Iterator[tuple[Row, bool]]:  # noqa: ARG001
    """Yield a row per setting: cuts, writes told, cuts after which something was lost or the file unsound."""
    for synchronous, count in {"FULL": given.cuts, **dict.fromkeys(CONTROLS, max(given.cuts // 10, RUN_CUTS))}.items():
        with tempfile.TemporaryDirectory() as folder:
            asked = ["--runs", -(-count // RUN_CUTS), "--cuts", RUN_CUTS, "--seed", given.seed, "--synchronous", synchronous]
            command = [sys.executable, TESTS / "power.py", folder, *asked]
            done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout)
        right = found[CONTROLS[synchronous]] > 0 if synchronous in CONTROLS else found["lost"] == found["unsound"] == 0
        ending = f"lost something after {found['lost']}, unsound after {found['unsound']}"
        name = f"file, power cut, synchronous={synchronous}{' (control)' if synchronous in CONTROLS else ''}"
        yield [name, found["cuts"], f"{found['told']:,} writes", ending], right


def waits(given: argparse.Namespace, server: postgres.Server) -> Iterator[tuple[Row, bool]]:
    """Yield a row per home: median, 99th percentile and longest wait, and the rate."""
    tables, settings = synth.project(synth.dongyuan())
    later = tables.pop("later")
    with tempfile.TemporaryDirectory() as folder:
        for what, address in {"file": str(Path(folder) / "town.gpkg"), "database": server.url(server.database())}.items():
            store.create(address, tables, settings=settings, actor=faults.ACTOR)
            appended, asked, seconds = _waits(address, later, given.appends)
            store.close()
            for who, found in {"append": appended, "question": asked}.items():
                p50, p99, most = np.quantile(found, [0.5, 0.99, 1.0]) * 1000
                right = who == "question" or (p99 <= P99_MS and most <= MOST_MS)
                spread = f"median {p50:.0f} ms, 99 % within {p99:.0f} ms, longest {most:.0f} ms"
                yield (
                    [f"{what}, {WRITERS} writers and {READERS} readers: {who}", len(found), f"{len(found) / seconds:.0f}/s", spread],
                    right,
                )


def _waits(address: str, later: gpd.GeoDataFrame, count: int) -> tuple[list[float], list[float], float]:
    appended: list[float] = []
    asked: list[float] = []
    ending = threading.Event()

    def event(label: str, number: int) -> gpd.GeoDataFrame:
        return later.iloc[[number % len(later)]].set_axis(pd.Index([label], name="event_id", dtype="str"))

    prepared = [[event(f"{name}-{number}", number) for number in range(count)] for name in range(WRITERS)]
    store.append_events(address, event("first", 0), actor=faults.ACTOR)  # opens the project

    def write(name: int) -> None:
        appended.extend(timed(lambda event=event: store.append_events(address, event, actor=faults.ACTOR)) for event in prepared[name])

    def read(seed: int) -> None:
        box = _box(address)
        drawn = random.Random(seed)
        while not ending.is_set():
            asked.append(timed(lambda: box(drawn)))
            time.sleep(PAUSE_S)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    gc.collect()
    gc.freeze()  # the frames made beforehand are no part of it
    begin = time.perf_counter()
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    seconds = time.perf_counter() - begin
    ending.set()
    for thread in readers:
        thread.join()
    return appended, asked, seconds


def _box(address: str) -> Callable[[random.Random], list[object]]:
    """Return what asks for the events in a box at random, as a map does."""
    described = store.event_table(address)
    west, south, east, north = store.read_events(address).total_bounds
    key, geometry = described.key, described.geometry
    sql = (
        f"SELECT {key}, {geometry} FROM events WHERE {key} IN "
        f"(SELECT id FROM rtree_events_{geometry} WHERE maxx >= :west AND minx <= :east AND maxy >= :south AND miny <= :north)"
    )
    if "://" in address:
        sql = f"SELECT {key}, {geometry} FROM events WHERE {geometry} && ST_MakeEnvelope(:west, :south, :east, :north, {described.srs_id})"
    statement = text(sql)
    side = SIDE if described.crs.is_projected else SIDE / 111_000

    def ask(drawn: random.Random) -> list[object]:
        x, y = drawn.uniform(west, east), drawn.uniform(south, north)
        with homes.of(address).reading() as connection:
            return list(connection.execute(statement, {"west": x, "south": y, "east": x + side, "north": y + side}))

    return ask


def timed(call: Callable[[], object]) -> float:
    """Return the seconds a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


PARTS = {"kills": kills, "cuts": cuts, "waits": waits}
HEADS = ["what", "times", "acknowledged", "what happened"]


def main() -> int:
    """Run; 1 if anything was lost or waited for too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them where none is named")
    parser.add_argument("--rounds", type=int, default=100, help="of killing, for each home")
    parser.add_argument("--cuts", type=int, default=1000, help="of power, and a tenth for each control")
    parser.add_argument("--appends", type=int, default=500, help="of each of the four writers")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    wrong = 0
    with postgres.server() as server:
        for part in given.parts or PARTS:
            for row, right in PARTS[part](given, server):
                rows.append([*row, "" if right else "WRONG"])
                wrong += not right
                sys.stderr.write(f"{' | '.join(map(str, rows[-1]))}\n")
    sys.stdout.write(table([*HEADS, ""], rows))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
