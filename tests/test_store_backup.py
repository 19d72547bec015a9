"""Backups: what is restored is what was there, in either home, or nothing is restored at all."""

import threading

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from test_store_homes import ACTOR, events

from gridmap import files, store
from gridmap.errors import FileError, GridmapWarning, StoreError
from gridmap.store import homes
from gridmap.store.copies import manifest
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.tables import content


@pytest.fixture
def town(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a", "b", "none")}, settings={"title_zh": "测试"}, actor=ACTOR)
    store.append_events(address, events("c", "n2", x=150.25), actor=ACTOR)
    return address


@pytest.fixture(params=["file", "database"])
def other(request, tmp_path):
    if request.param == "file":
        return str(tmp_path / "restored.gpkg")
    running = request.getfixturevalue("postgres")
    return running.url(running.database())


def hashes(project):
    with homes.of(project).reading() as connection:
        return {name: manifest.of(connection, each) for name, each in content.tables(connection).items()}


def test_what_is_restored_is_what_was_there(town, other, tmp_path):
    before = hashes(town)
    told = store.backup(town, tmp_path / "town-1.gpkg", actor=ACTOR)
    assert told.to_dict("index") == before
    assert store.restore(tmp_path / "town-1.gpkg", other, actor=ACTOR).equals(told)
    after = hashes(other)
    changed = {"audit", "store_state"}  # the new project's log goes on
    assert {name: each for name, each in after.items() if name not in changed} == {n: e for n, e in before.items() if n not in changed}
    assert after["audit"]["rows"] == before["audit"]["rows"] + 1
    assert_geodataframe_equal(store.read_project(other).events, store.read_project(town).events)
    assert store.append_events(other, events("d"), actor=ACTOR) == range(6, 7)
    again = store.backup(other, tmp_path / "town-2.gpkg", actor=ACTOR)
    written = ["audit", "store_state", "events", "event_state", "event_days"]
    assert again.drop(written).equals(told.drop(written))
    assert store.verify(other).empty


def test_a_backup_is_one_state_while_others_write(town, tmp_path):
    stop = threading.Event()
    written = []

    def work(name):
        while not stop.is_set() and len(written) < 400:
            labels = [f"{name}-{len(written)}-{part}" for part in range(3)]
            store.append_events(town, events(*labels), actor=ACTOR)
            written.append(labels)

    threads = [threading.Thread(target=work, args=(name,)) for name in "xyz"]
    for thread in threads:
        thread.start()
    try:
        while len(written) < 5:
            pass
        store.backup(town, tmp_path / "under-load.gpkg", actor=ACTOR)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    acknowledged = {label for labels in written[:5] for label in labels}
    store.restore(tmp_path / "under-load.gpkg", tmp_path / "restored.gpkg", actor=ACTOR)
    assert store.verify(tmp_path / "restored.gpkg").empty  # no write is half there
    assert acknowledged <= set(store.read_events(tmp_path / "restored.gpkg").index)


def restored_or_refused(path, target, told):
    """Return the key of the refusal, "restored" where it is as it was."""
    try:
        restored = store.restore(path, target, actor=ACTOR)
    except StoreError as error:
        return error.key
    assert restored.equals(told)
    assert store.verify(target).empty
    return "restored"


def test_a_damaged_backup_is_refused_or_restored_as_it_was(two_tiers, tmp_path):
    path = tmp_path / "town.gpkg"
    store.create(path, {"grids": two_tiers, "events": events(*"abcdefgh")}, settings={}, actor=ACTOR)
    told = store.backup(path, tmp_path / "good.gpkg", actor=ACTOR)
    store.close()
    data = (tmp_path / "good.gpkg").read_bytes()
    random, refused = np.random.default_rng(7), 0
    for round_ in range(40):
        harmed = bytearray(data)
        at = int(random.integers(100, len(data)))
        harmed[at : at + 8] = random.bytes(8)
        (tmp_path / "harmed.gpkg").write_bytes(harmed if round_ % 8 else harmed[:at])
        target = tmp_path / f"restored-{round_}.gpkg"
        said = restored_or_refused(tmp_path / "harmed.gpkg", target, told)
        assert said in {"restored", "backup_damaged", "no_backup"}
        assert target.exists() == (said == "restored")
        refused += said != "restored"
    assert refused >= 5
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith(".")) == []


def test_what_cannot_be_backed_up_or_restored_is_said_in_one_line(town, tmp_path, two_tiers):
    store.create(tmp_path / "plain.gpkg", {"grids": two_tiers}, settings={}, actor=ACTOR)
    with pytest.raises(StoreError, match="no backup"):
        store.restore(tmp_path / "plain.gpkg", tmp_path / "new.gpkg", actor=ACTOR)
    with pytest.raises(FileError, match="no such file"):
        store.restore(tmp_path / "never.gpkg", tmp_path / "new.gpkg", actor=ACTOR)
    store.backup(town, tmp_path / "good.gpkg", actor=ACTOR)
    with pytest.raises(StoreError, match=r"holds a project already|is there already"):
        store.restore(tmp_path / "good.gpkg", town, actor=ACTOR)
    with pytest.raises(FileError, match="nowhere"):
        store.backup(town, tmp_path / "nowhere" / "good.gpkg", actor=ACTOR)
    if "://" not in town:
        with pytest.raises(StoreError, match="itself"):
            store.backup(town, town, actor=ACTOR)
    assert not (tmp_path / "new.gpkg").exists()


def test_a_backup_of_a_plain_file_is_of_what_it_was(two_tiers, tmp_path):
    path = tmp_path / "town.gpkg"
    files.write_project({"grids": two_tiers}, path, settings={"timezone": "Asia/Shanghai"})
    told = store.backup(path, tmp_path / "backup.gpkg", actor=ACTOR)
    assert told.index.tolist() == ["grids", "settings"]
    assert manifest.read(tmp_path / "backup.gpkg")["version"] == 0
    store.restore(tmp_path / "backup.gpkg", tmp_path / "again.gpkg", actor=ACTOR)
    assert store.read_project(tmp_path / "again.gpkg").grids.index.tolist() == two_tiers.index.tolist()


def test_a_newer_backup_is_refused(two_tiers, tmp_path):
    path = tmp_path / "town.gpkg"
    store.create(path, {"grids": two_tiers}, settings={}, actor=ACTOR)
    store.backup(path, tmp_path / "backup.gpkg", actor=ACTOR)
    manifest.write(tmp_path / "backup.gpkg", manifest.read(tmp_path / "backup.gpkg") | {"version": 99})
    with pytest.raises(StoreError, match="newer"):
        store.restore(tmp_path / "backup.gpkg", tmp_path / "again.gpkg", actor=ACTOR)
    assert not (tmp_path / "again.gpkg").exists()


def test_the_fingerprint_is_the_same_whoever_reads(tmp_path):
    path = tmp_path / "town.gpkg"
    frame = events("a", "b", "n").assign(
        resolved=pd.array([True, None, False], dtype="boolean"),
        satisfaction=pd.array([3, None, -1], dtype="Int64"),
        score=[1.5, np.nan, -0.0],
        text=['it\'s, "x"', None, "\u0001\n"],
    )
    store.create(path, {"events": frame}, settings={}, actor=ACTOR)
    with store.snapshot(path) as copy, GeoPackage(copy).reading() as connection:
        by_gdal = manifest.tables(copy, connection, names=["events"])["events"]
        assert by_gdal == manifest.of(connection, content.tables(connection)["events"])


def test_tables_that_cannot_go_into_a_backup_are_told(postgres, tmp_path, two_tiers):
    name = postgres.database()
    url = postgres.url(name)
    store.create(url, {"grids": two_tiers}, settings={}, actor=ACTOR)
    postgres.ask("CREATE TABLE notes (said text)", name)
    with pytest.warns(GridmapWarning, match="not in the backup.*notes"):
        found = store.backup(url, tmp_path / "kept.gpkg", actor=ACTOR)
    assert "grids" in found.index
    assert "notes" not in found.index
    store.close()
