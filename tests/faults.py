"""What the tests of faults and `make endure` share: a small project, writers that are killed, and what must hold afterwards."""

import itertools
import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, NullPool, create_engine, select, text
from sqlalchemy.exc import DBAPIError

from gridmap import plan, store
from gridmap.errors import StoreError
from gridmap.store import audit
from gridmap.store.tables.own import AUDIT

if TYPE_CHECKING:
    from postgres import Server

R = TypeVar("R")

ACTOR = store.Actor("writer", "test")
THREADS = 3
# Children start from a process that has all this imported and its loops loaded: a round costs a tenth of a second.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["faults_ready"])


def grids() -> gpd.GeoDataFrame:
    """Return two grids."""
    return gpd.GeoDataFrame(
        {"name": ["甲", "乙"], "level": 1, "kind": "base", "parent": None},
        index=pd.Index(["a", "b"], name="grid_code"),
        geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], crs="EPSG:4548",
    )  # fmt: skip


def project(address: str | Path) -> None:
    """Make a project of two grids and one event."""
    store.create(address, {"grids": grids(), "events": events(["first"])}, settings={"title_zh": "故障"}, actor=ACTOR)


def events(labels: list[str]) -> gpd.GeoDataFrame:
    """Return events, every fifth of them without a place."""
    columns = {"category": "垃圾", "reported_at": pd.Timestamp("2026-03-01 08:00", tz="Asia/Shanghai")}
    places = [None if number % 5 == 4 else shapely.Point(number % 200, 50) for number in range(len(labels))]
    return gpd.GeoDataFrame(columns, index=pd.Index(labels, name="event_id", dtype="str"), geometry=places, crs="EPSG:4548")


def batch(name: str, size: int) -> gpd.GeoDataFrame:
    """Return a batch that says in each identifier how many it has: `name/size/number`."""
    return events([f"{name}/{size}/{number}" for number in range(size)])


def reports(address: str | Path, name: str, drawn: random.Random) -> Iterator[str]:
    """Append batches and steps to some of them without end, and say each after the call that wrote it returned."""
    for number in itertools.count():
        reported = batch(f"{name}-{number}", drawn.randint(1, 6))
        store.append_events(address, reported, actor=ACTOR)
        whole = reported.index[0].rpartition("/")[0]
        yield whole
        if drawn.random() < 0.4:
            steps = {"seq": 1, "step": "dispatched", "at": pd.Timestamp.now("UTC"), "actor_role": "worker", "actor": "甲"}
            store.append_steps(address, pd.DataFrame(steps, index=reported.index), actor=ACTOR)
            yield f"steps {whole}"


def edits(address: str | Path) -> Iterator[str]:
    """Edit a draft without end, and say each edit after the call that kept it returned."""
    draft = store.start_draft(address, name="draft", actor=ACTOR)
    after = store.read_plan(address, draft)
    for revision in itertools.count():
        after = plan.recode(after, {next(iter(after.grids.index)): f"c{revision}"})
        store.save_edit(address, draft, after, revision=revision, action="recode", what={}, actor=ACTOR)
        yield f"plan {draft}/{revision + 1}"


def writing(address: str, name: str, seed: int, told: Pipe) -> None:
    """Write from some threads until killed, and tell each write after the call returned."""
    turn = threading.Lock()

    def work(writes: Iterator[str]) -> None:
        with suppress(StoreError):  # the server is killed first
            for written in writes:
                with turn:
                    told.send_bytes(written.encode())

    writes = [reports(address, f"{name}-{thread}", random.Random(f"{seed} {thread}")) for thread in range(THREADS)]
    threads = [threading.Thread(target=work, args=(each,)) for each in [*writes, edits(address)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def killed(address: str, name: str, *, seed: int, server: Callable[[], None] | None = None) -> set[str]:
    """Let a process write for a moment, kill it (and the server first, if given), and return the batches it told."""
    told, tell = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=writing, args=(address, name, seed, tell))
    process.start()
    tell.close()
    acknowledged = {told.recv_bytes().decode()}
    time.sleep(random.Random(seed).random() * 0.4)
    if server is not None:
        server()
    process.kill()
    process.join()
    acknowledged |= set(_rest(told))
    told.close()
    return acknowledged


def _rest(told: Pipe) -> Iterator[str]:
    try:
        while True:
            yield told.recv_bytes().decode()
    except (EOFError, OSError):  # the end, or a message it was killed in the middle of
        return


def unsound(address: str | Path, told: set[str]) -> list[str]:
    """Return what is wrong with a project: what was told but is not there or there in part, breaks of the log, what the database says.

    It is asked past the store, by a connection of its own.
    """
    where = store.address(address)
    engine = create_engine(f"sqlite+pysqlite:///{where}" if isinstance(where, Path) else where, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            wrong = [*_breaks(connection, told), *_plan_breaks(connection, told), *_log_breaks(connection)]
            return wrong + list(_file_breaks(connection) if isinstance(where, Path) else [])
    except DBAPIError as error:
        return [str(error.orig), *(f"lost {name}" for name in told)]


def _breaks(connection: Connection, told: set[str]) -> Iterator[str]:
    present: Counter[str] = Counter()
    for kind, table in {"": "events", "steps ": "steps"}.items():
        labels = connection.execute(text(f"SELECT event_id FROM {table} WHERE event_id <> 'first'")).scalars()
        present.update(kind + str(label).rpartition("/")[0] for label in labels)
    yield from (f"lost {name}" for name in sorted(told - set(present)) if not name.startswith("plan "))
    yield from (f"half {name}: {count}" for name, count in present.items() if count != int(name.rpartition("/")[2]))


def _plan_breaks(connection: Connection, told: set[str]) -> Iterator[str]:
    asked = "SELECT p.plan_id, p.revision, (SELECT count(*) FROM plan_edits e WHERE e.plan_id = p.plan_id) FROM plans p"
    kept = {number: revision for number, revision, edits in connection.execute(text(asked)) if revision == edits}
    for name in told:
        if name.startswith("plan "):
            number, _, revision = name.removeprefix("plan ").partition("/")
            if kept.get(int(number), -1) < int(revision):
                yield f"lost {name}"
    asked = "SELECT plan_id, count(*) FROM plan_grids GROUP BY plan_id HAVING count(*) <> 2"
    yield from (f"half plan {number}: {count} grids" for number, count in connection.execute(text(asked)))


def _log_breaks(connection: Connection) -> Iterator[str]:
    previous = ""
    counted = {"append": -connection.execute(text("SELECT count(*) FROM events")).scalar_one() + 1, "step": 0}
    counted["step"] -= connection.execute(text("SELECT count(*) FROM steps")).scalar_one()
    for entry in connection.execute(select(AUDIT).order_by(AUDIT.c.id)).mappings():
        if entry["previous"] != previous or entry["hash"] != audit.signed(dict(entry)):
            yield f"broken log entry {entry['id']}"
        previous = entry["hash"]
        if entry["action"] in counted:
            counted[entry["action"]] += entry["row_count"]
    yield from (f"{difference:+} rows by {action} in the log" for action, difference in counted.items() if difference)


def _file_breaks(connection: Connection) -> Iterator[str]:
    for check in ("PRAGMA integrity_check", "SELECT rtreecheck('rtree_events_geom')"):
        yield from (f"{check}: {found}" for found in connection.execute(text(check)).scalars() if found != "ok")
    counts = {
        "events": "SELECT count(*) FROM events",
        "stated": "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'events'",
        "with a place": "SELECT count(geom) FROM events",
        "in the spatial index": "SELECT count(*) FROM rtree_events_geom",
    }
    found = {what: connection.execute(text(sql)).scalar() for what, sql in counts.items()}
    if found["events"] != found["stated"] or found["with a place"] != found["in the spatial index"]:
        yield f"{found}"


def kill_rounds(address: str, rounds: int, *, seed: int = 0, server: "Server | None" = None) -> tuple[set[str], list[str]]:
    """Kill a writer so many times, and return what it told and what is wrong. A server is killed with it and started again."""
    acknowledged: set[str] = set()
    wrong: list[str] = []
    for number in range(rounds):
        acknowledged |= killed(address, f"r{seed}-{number}", seed=seed * 1000 + number, server=server.kill if server else None)
        if server:
            store.close()
            server.revive()
        wrong += [f"round {number}: {each}" for each in unsound(address, acknowledged)]
        if number % 2:  # every other writer finds the file as its killed predecessor left it, no one else having written
            store.append_events(address, batch(f"between-{seed}-{number}", 2), actor=ACTOR)
            store.close()
    wrong += [str(finding) for finding in store.verify(address).to_dict("records")]
    return acknowledged, wrong


def apart(function: Callable[..., R], *given: object) -> R:
    """Return what a function returns in a process of its own."""
    told, tell = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_tell, args=(tell, function, *given))
    process.start()
    tell.close()
    try:
        found: R = told.recv()
    finally:
        process.join(30)
        told.close()
    return found


def _tell(tell: Pipe, function: Callable[..., R], *given: object) -> None:
    tell.send(function(*given))


def refusal(address: str, name: str, size: int = 3) -> str:
    """Try to append a batch, and return the key and the text of the refusal, "" where it was appended."""
    try:
        store.append_events(address, batch(name, size), actor=ACTOR)
    except StoreError as error:
        return f"{error.key}: {error}"
    finally:
        store.close()
    return ""
