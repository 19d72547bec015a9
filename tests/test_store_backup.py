"""Backups: what is restored is what was there, in either home, or nothing is restored at all."""

import pytest
from geopandas.testing import assert_geodataframe_equal
from test_store_homes import ACTOR, events

from gridmap import store
from gridmap.store import content, homes, manifest


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
    assert again.drop(["audit", "store_state", "events"]).equals(told.drop(["audit", "store_state", "events"]))
