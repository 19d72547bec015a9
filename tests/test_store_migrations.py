"""Older projects come to the present version at their first write, and an older program refuses a newer one."""

import sqlite3

import psycopg
import pytest
from test_store_homes import ACTOR, events

from gridmap import files, store
from gridmap.errors import StoreError

# The log as files had it before there were versions.
OLDER_AUDIT = (
    "CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at DATETIME NOT NULL, follows DATETIME, actor TEXT NOT NULL, "
    "role TEXT NOT NULL, action TEXT NOT NULL, table_name TEXT NOT NULL, first_row INTEGER NOT NULL, row_count INTEGER NOT NULL)"
)


def ask(address, statement):
    store.close()
    if "://" in address:
        with psycopg.connect(address) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else None
    connection = sqlite3.connect(address)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()


def plain(tmp_path, two_tiers):
    path = str(tmp_path / "town.gpkg")
    files.write_project({"grids": two_tiers, "events": events("a", "b")}, path, settings={"timezone": "Asia/Shanghai"})
    return path


def test_a_plain_file_comes_to_version_1(tmp_path, two_tiers):
    path = plain(tmp_path, two_tiers)
    assert store.append_events(path, events("c"), actor=ACTOR) == range(3, 4)
    assert ask(path, "SELECT value FROM store_state WHERE key = 'version'") == [("1",)]
    assert store.verify(path).empty
    assert store.read_events(path).index.tolist() == ["a", "b", "c"]


def test_an_older_log_goes_on(tmp_path, two_tiers):
    path = plain(tmp_path, two_tiers)
    ask(path, OLDER_AUDIT)
    row = "('2026-03-01T00:00:00.000Z', 'old', 'tests', 'append', 'events', 1, 2)"
    ask(path, f"INSERT INTO audit (at, actor, role, action, table_name, first_row, row_count) VALUES {row}")
    store.append_events(path, events("c"), actor=ACTOR)
    entries = ask(path, "SELECT actor, hash IS NULL, previous FROM audit ORDER BY id")
    assert entries[0] == ("old", 1, None)
    assert entries[1] == (ACTOR.name, 0, "")
    assert store.verify(path).empty
    told = store.backup(path, tmp_path / "backup.gpkg", actor=ACTOR)
    assert store.restore(tmp_path / "backup.gpkg", tmp_path / "again.gpkg", actor=ACTOR).equals(told)
    assert store.verify(tmp_path / "again.gpkg").empty


def test_an_older_program_refuses_a_newer_store(address, two_tiers, tmp_path):
    store.create(address, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)
    ask(address, "UPDATE store_state SET value = '99' WHERE key = 'version'")
    with pytest.raises(StoreError, match="newer"):
        store.append_events(address, events("b"), actor=ACTOR)
    store.close()
    assert ask(address, "SELECT count(*) FROM events") == [(1,)]
    if "://" in address:
        with pytest.raises(StoreError, match="newer"):
            store.backup(address, tmp_path / "backup.gpkg", actor=ACTOR)
