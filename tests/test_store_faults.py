"""Nothing acknowledged is ever lost: short forms of what `make endure` does at length, and homes that fail in many ways."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import faults
import psycopg
import pytest
from conftest import missing
from faults import ACTOR, batch, refusal

from gridmap import store
from gridmap.errors import StoreError
from gridmap.store import homes
from gridmap.store.home import connection

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def closed():
    yield
    store.close()


@pytest.fixture
def town(tmp_path) -> str:
    """A project file."""
    path = str(tmp_path / "town.gpkg")
    faults.project(path)
    return path


@pytest.fixture
def city(postgres) -> str:
    """A project in a database."""
    url = postgres.url(postgres.database())
    faults.project(url)
    return url


# Killed


def test_a_writer_killed_in_the_middle_loses_nothing_it_told(address):
    faults.project(address)
    acknowledged, wrong = faults.kill_rounds(address, 4)
    assert wrong == []
    assert len(acknowledged) >= 4


def test_a_server_killed_under_its_writer_loses_nothing(postgres, city):
    acknowledged, wrong = faults.kill_rounds(city, 2, server=postgres)
    assert wrong == []
    assert len(acknowledged) >= 2


# Without power


def cuts(folder: Path, synchronous: str, *, runs: int, count: int) -> dict[str, int]:
    """Return the figures of simulated power cuts."""
    command = [sys.executable, TESTS / "power.py", folder, "--runs", runs, "--cuts", count, "--synchronous", synchronous]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_power_cuts_lose_nothing(tmp_path):
    found = cuts(tmp_path, "FULL", runs=1, count=25)
    assert (found["lost"], found["unsound"], found["first"]) == (0, 0, [])
    assert found["told"] >= 30


@pytest.mark.parametrize(("synchronous", "what"), [("NORMAL", "lost"), ("OFF", "unsound")])
def test_power_cuts_are_felt_where_the_disk_is_not_waited_for(tmp_path, synchronous, what):
    assert cuts(tmp_path, synchronous, runs=1, count=12)[what] > 0


# Files


def test_a_full_disk_is_one_refusal_and_writing_goes_on_when_there_is_room(town):
    assert faults.apart(_without_room, town) == ["store_refused", "", "b/2"]
    assert faults.unsound(town, {"a/3", "b/2"}) == []


def _without_room(path: str) -> list[str]:
    store.append_events(path, batch("a", 3), actor=ACTOR)
    largest = Path(f"{path}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 20_000, resource.RLIM_INFINITY))
    first = ""
    try:
        store.append_events(path, batch("big", 3000), actor=ACTOR)
    except StoreError as error:
        first = error.key
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    second = refusal(path, "b", 2)
    return [first, second, store.read_events(path).index[-1].rpartition("/")[0]]


def test_a_file_that_may_not_be_written_is_one_refusal(town):
    with tempfile.TemporaryDirectory() as folder:  # the folders of pytest are closed to others
        path = shutil.copy(town, folder)
        Path(folder).chmod(0o555)
        Path(path).chmod(0o444)
        try:
            assert faults.apart(_as_nobody, path) == ("store_read_only", 1)
        finally:
            Path(folder).chmod(0o755)
            Path(path).chmod(0o644)
        assert refusal(path, "after") == ""
        assert faults.unsound(path, {"after/3"}) == []


def _as_nobody(path: str) -> tuple[str, int]:
    if os.getuid() == 0:
        os.setuid(65534)
    return refusal(path, "x").partition(":")[0], len(store.read_events(path, since=0, limit=9))


def test_a_file_that_another_process_holds_is_one_refusal(town, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_S", 0.2)
    store.append_events(town, batch("a", 2), actor=ACTOR)
    code = f"import sqlite3; c = sqlite3.connect({town!r}); c.execute('BEGIN IMMEDIATE'); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        other.stdout.readline()
        store.close()
        assert refusal(town, "held").startswith("store_busy: another program holds town.gpkg")
        other.communicate("\n")
    assert refusal(town, "after") == ""
    assert faults.unsound(town, {"a/2", "after/3"}) == []


@pytest.mark.parametrize("what", ["text", "half", "middle"])
def test_a_file_that_is_no_database_or_a_broken_one_is_refused_and_left_alone(town, what):
    path = Path(town)
    whole = path.read_bytes()
    broken = {"text": b"no database " * 1000, "half": whole[: len(whole) // 2], "middle": whole[:4096] + bytes(8192) + whole[12288:]}[what]
    path.write_bytes(broken)
    assert refusal(town, "x").startswith("store_refused: town.gpkg cannot be read or written")
    assert path.read_bytes() == broken
    path.write_bytes(whole)
    assert refusal(town, "after") == ""
    assert faults.unsound(town, {"after/3"}) == []


def test_what_another_program_left_half_written_is_undone(town):
    code = (
        f"import os, sqlite3; c = sqlite3.connect({town!r}, isolation_level=None); c.execute('PRAGMA cache_size = 1'); c.execute('BEGIN')\n"
        "c.execute('CREATE TABLE half (x)'); c.executemany('INSERT INTO half VALUES (?)', [('x' * 3000,)] * 400); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert Path(f"{town}-journal").stat().st_size > 0
    with homes.of(town).reading() as asked:
        assert not asked.dialect.has_table(asked, "half")
    assert refusal(town, "after") == ""
    assert faults.unsound(town, {"after/3"}) == []


def test_a_file_put_in_the_place_of_an_open_one_never_gets_the_old_ones_journal(town, tmp_path):
    other = str(tmp_path / "other.gpkg")
    faults.project(other)
    assert refusal(other, "theirs") == ""
    store.append_events(town, batch("mine", 5), actor=ACTOR)
    store.version(town)
    assert Path(f"{town}-wal").exists()
    Path(other).replace(town)
    assert store.read_events(town, since=0, limit=99).index.tolist() == ["first", "theirs/3/0", "theirs/3/1", "theirs/3/2"]
    store.append_events(town, batch("after", 2), actor=ACTOR)
    store.close()
    assert faults.unsound(town, {"theirs/3", "after/2"}) == []


# Other programs and new files

OUTSIDE = """
import json, sys, pyogrio
for turn in range(4):
    info = pyogrio.read_info(sys.argv[1], layer="events", force_feature_count=True, force_total_bounds=True)
    whole = pyogrio.read_dataframe(sys.argv[1], layer="events")
    west = pyogrio.read_dataframe(sys.argv[1], layer="events", bbox=(-1, 0, 2.5, 100))
    drawn = whole.geometry.dropna()
    print(json.dumps([info["features"], len(whole), sorted(whole["event_id"]), list(info["total_bounds"]), list(drawn.total_bounds),
        len(west), int((drawn.x <= 2.5).sum())]), flush=True)
"""


def test_other_programs_read_what_is_committed_while_we_write(town):
    told: list[str] = []
    ending = threading.Event()

    def write() -> None:
        while not ending.is_set():
            name = f"w{len(told)}"
            store.append_events(town, batch(name, 5), actor=ACTOR)
            told.append(f"{name}/5")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with subprocess.Popen([sys.executable, "-c", OUTSIDE, town], stdout=subprocess.PIPE, text=True) as other:
            before = set(told)
            for line in other.stdout:
                stated, count, labels, extent, bounds, found, west = json.loads(line)
                names = Counter(label.rpartition("/")[0] for label in labels if label != "first")
                assert set(names.values()) == {5}  # each batch whole
                assert before <= set(names)
                assert stated <= count  # one was asked after the other, and we went on meanwhile
                assert extent[:2] == bounds[:2]
                assert found >= west
                before = set(told)
            assert other.wait(60) == 0
    finally:
        ending.set()
        writer.join()
    assert faults.unsound(town, set(told)) == []


def test_ogrinfo_reads_a_project_in_use(town):
    if shutil.which("ogrinfo") is None:
        missing("no ogrinfo on this machine: run tools/system-parts.sh")
    store.append_events(town, batch("a", 9), actor=ACTOR)
    done = subprocess.run(["ogrinfo", "-ro", "-so", "-al", town], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "ERROR" in done.stderr) == (0, False)
    layers = {part.split("\n")[0]: part for part in done.stdout.split("Layer name: ")[1:]}
    assert {"grids", "events", "layer_styles", "audit"} <= set(layers)
    assert "Feature Count: 10" in layers["events"]
    assert "Extent: (0.000000, 50.000000) - (8.000000, 50.000000)" in layers["events"]


def test_a_new_file_has_its_name_on_the_disk_too(tmp_path, monkeypatch):
    synced: list[str] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (synced.append(str(Path(f"/proc/self/fd/{number}").readlink())), sync(number)))
    faults.project(tmp_path / "town.gpkg")
    assert synced[-1] == str(tmp_path)


# Databases


def test_a_server_that_stops_is_one_refusal_until_it_is_back(postgres, city):
    store.append_events(city, batch("a", 2), actor=ACTOR)
    postgres.stop()
    try:
        with pytest.raises(StoreError, match="cannot be reached") as caught:
            store.append_events(city, batch("x", 2), actor=ACTOR)
        assert caught.value.key == "store_unreachable"
    finally:
        postgres.start()
    store.append_events(city, batch("b", 2), actor=ACTOR)
    assert faults.unsound(city, {"a/2", "b/2"}) == []


def test_a_connection_cut_in_the_middle_of_a_write_leaves_nothing(postgres, city):
    def work(transaction):
        transaction.run(store.event_table(city).sql.insert(), {"fid": 99, "event_id": "half", "category": "x"})
        number = transaction.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        postgres.ask(f"SELECT pg_terminate_backend({number})", city.partition("?")[0].rpartition("/")[2])
        transaction.note("append", "events", first=99, count=1)

    with pytest.raises(StoreError, match="cannot be reached"):
        homes.of(city).write(work, actor=ACTOR)
    assert refusal(city, "after") == ""
    assert faults.unsound(city, {"after/3"}) == []


def test_a_writer_that_waits_too_long_is_refused(city):
    with psycopg.connect(city) as other:
        other.execute("SELECT pg_advisory_lock(x'67726964'::int)")
        assert refusal(f"{city}&options=-c%20statement_timeout=200", "x").startswith("store_busy")
    assert refusal(city, "after") == ""


def test_a_wrong_password_is_refused_and_never_shown(postgres, city):
    rules = postgres.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    name = city.partition("?")[0].rpartition("/")[2]
    postgres.ask("CREATE ROLE keeper LOGIN SUPERUSER PASSWORD 'right'")
    rules.write_text(f"local all keeper scram-sha-256\n{before}")
    postgres.ask("SELECT pg_reload_conf()")
    try:
        with_password = f"postgresql://keeper:{{}}@/{name}?host={postgres.folder}"
        told = refusal(with_password.format("s3cret"), "x")
        assert "s3cret" not in refusal(with_password.replace(":{}@", "@").format() + "&password=s3cret", "x")
        assert told.startswith("store_unreachable")
        assert "password authentication failed" in told
        assert "s3cret" not in told
        assert refusal(with_password.format("right"), "after") == ""
    finally:
        rules.write_text(before)
        postgres.ask("SELECT pg_reload_conf()")


def test_a_role_that_may_only_read_reads(postgres, city):
    name = city.partition("?")[0].rpartition("/")[2]
    for sql in ("CREATE ROLE visitor LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO visitor"):
        postgres.ask(sql, name)
    visitor = city.replace("postgres@", "visitor@")
    assert store.read_events(visitor).index.tolist() == ["first"]
    assert refusal(visitor, "x").startswith("store_read_only")
    assert faults.unsound(city, set()) == []


def test_a_database_without_postgis_is_refused_and_left_empty(postgres):
    postgres.ask("CREATE DATABASE bare TEMPLATE template0")
    bare = postgres.url("bare")
    with pytest.raises(StoreError, match="PostGIS") as caught:
        faults.project(bare)
    assert caught.value.key == "store_without_postgis"
    with psycopg.connect(bare) as asked:
        assert asked.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    postgres.ask("CREATE EXTENSION postgis", "bare")
    faults.project(bare)
    assert refusal(bare, "after") == ""
