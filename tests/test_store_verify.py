"""Whatever anybody changes behind the store's back is found, in every column of every table that is written."""

import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import shapely
import sqlalchemy as sa
from test_store_homes import ACTOR, events

from gridmap import plan, store
from gridmap.store import homes
from gridmap.store.styles import STYLES
from gridmap.store.tables import blobs, content, kinds
from gridmap.store.verify import verify


@pytest.fixture
def town(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a", "b", "none")}, settings={"title_zh": "测试"}, actor=ACTOR)
    store.append_events(address, events("c", "n2", x=150.25), actor=ACTOR)
    store.append_events(address, events("d"), actor=ACTOR)
    steps = {"event_id": ["d", "d"], "seq": [1, 2], "step": ["reported", "archived"], "actor_role": "worker", "actor": "7", "score": 1.5}
    store.append_steps(address, pd.DataFrame(steps | {"at": pd.Timestamp("2026-03-02 08:00", tz="Asia/Shanghai")}), actor=ACTOR)
    draft = store.start_draft(address, name="next", actor=ACTOR)
    before = store.read_plan(address, draft)
    after = plan.split(before, "B2", shapely.LineString([(350, -10), (350, 110)]))
    store.save_edit(address, draft, after, revision=0, action="split", what={"grid": "B2"}, actor=ACTOR)
    return address


@contextmanager
def tampered(address, *statements, table="events"):
    """Run statements as somebody would who goes round the store, and put the table back afterwards."""
    store.close()
    if "://" in address:
        with psycopg.connect(address) as connection:
            connection.execute("SET session_replication_role = replica")  # no trigger stands in the way
            connection.execute("CREATE SCHEMA kept")
            connection.execute(f"CREATE TABLE kept.kept AS SELECT * FROM {table}")
            for statement in statements:
                connection.execute(statement)
        yield
        with psycopg.connect(address) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept.kept")
            connection.execute("DROP SCHEMA kept CASCADE")
        return
    shutil.copy(address, f"{address}.kept")
    connection = sqlite3.connect(address)
    connection.execute("PRAGMA synchronous = OFF")  # whoever tampers does not wait for the disk, trigger by trigger
    for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{trigger}"')
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    yield
    store.close()
    Path(f"{address}.kept").replace(address)


def found_in(address):
    found = verify(address)
    return set(zip(found["kind"], found["table"], strict=True))


def another(column, database):
    """Return SQL for another value of a column than it has, of its type."""
    name = f'"{column.name}"'
    if column.name == "state":
        return "CASE state WHEN 'draft' THEN 'retired' ELSE 'draft' END"
    if isinstance(column.type, kinds.Geometry):
        shape = f"ST_Buffer({name}, 1)" if column.type.kind != "POINT" else f"ST_Translate({name}, 1, 1)"
        return shape if database else "x'" + blobs.blob(shapely.to_wkb(shapely.Point(7, 7)), column.type.srid).hex() + "'"
    if isinstance(column.type, kinds.Instant):
        return "'2001-02-03T04:05:06.007Z'"
    if isinstance(column.type, kinds.Day):
        return "'2001-02-03'"
    if isinstance(column.type, sa.Boolean):
        return f"NOT {name}"
    if isinstance(column.type, sa.LargeBinary):
        return "'\\x0102'" if database else "x'0102'"
    if isinstance(column.type, sa.Integer | sa.Double):
        return f"coalesce({name}, 0) + 1000"
    return "'{\"other\":1}'" if isinstance(column.type, kinds.Document) else f"coalesce({name}, '') || '7'"


def test_nothing_is_found_where_nothing_was_done(town):
    assert verify(town).empty
    assert list(verify(town).columns) == ["kind", "table", "row", "said"]


def test_every_column_of_every_table(town):
    with homes.of(town).reading() as connection:
        tables = {name: each.table for name, each in content.tables(connection).items()}
        filled = [name for name, table in tables.items() if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()]
    assert {"grids", "events", "settings", "audit", "store_state", "steps", "event_state", "event_days", "plan_edits"} <= set(filled)
    missed = []
    for name in sorted(set(filled) - {STYLES.name}):  # which are there to be changed
        for column in tables[name].columns:
            key = next(iter(tables[name].primary_key.columns)).name
            value = another(column, "://" in town)
            picked = f'SELECT min("{key}") FROM {name}'
            with tampered(town, f'UPDATE {name} SET "{column.name}" = {value} WHERE "{key}" = ({picked})', table=name):
                if verify(town).empty:
                    missed.append(f"{name}.{column.name}")
    assert not missed
    assert verify(town).empty


@pytest.mark.parametrize(
    ("statement", "table", "kind"),
    [
        ("DELETE FROM events WHERE event_id = 'c'", "events", "rows_missing"),
        ("DELETE FROM events WHERE event_id = 'd'", "events", "rows_missing"),
        ("DELETE FROM events", "events", "rows_missing"),
        ("UPDATE events SET event_id = 'z' WHERE event_id = 'd'", "events", "rows_changed"),
        ("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)", "audit", "entry_missing"),
        ("DELETE FROM audit WHERE id = (SELECT min(id) FROM audit)", "audit", "link_broken"),
        ("DELETE FROM audit WHERE id = (SELECT max(id) - 1 FROM audit)", "audit", "entry_missing"),
        ("DELETE FROM audit", "audit", "entry_missing"),
        ("UPDATE audit SET hash = NULL WHERE id = (SELECT max(id) FROM audit)", "audit", "entry_changed"),
        ("INSERT INTO store_state VALUES ('publishing', '1')", "store_state", "state_changed"),
    ],
)
def test_what_is_done_has_a_name(town, statement, table, kind):
    with tampered(town, statement, table=table):
        assert (kind, table) in found_in(town)


def test_a_row_put_in_by_others_is_found(town):
    key = "fid"
    copied = f"INSERT INTO events ({key}, event_id, category) SELECT 99, 'x', category FROM events WHERE event_id = 'a'"
    with tampered(town, copied):
        found = verify(town)[["kind", "table", "row"]].values.tolist()
        assert found == [["rows_added", "events", 99], ["states_differ", "event_state", 99]]


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE audit SET what = '{'", "audit"),
        ("UPDATE audit SET what = '[]'", "audit"),
        ("UPDATE grid_versions SET row = '{', shape = x'00'", "grid_versions"),
        ("UPDATE plan_edits SET added = '7'", "plan_edits"),
        ("UPDATE events SET reported_at = 'never', geom = 'nowhere'", "events"),
        ("UPDATE grids SET geom = x'4750'", "grids"),
        ("UPDATE events SET geom = x'475000018a11000001', category = x'ff'", "events"),
    ],
)
def test_what_cannot_be_read_is_a_finding(tmp_path, two_tiers, statement, table):
    address = str(tmp_path / "town.gpkg")
    store.create(address, {"grids": two_tiers, "events": events("a", "b")}, settings={}, actor=ACTOR)
    store.start_draft(address, name="next", actor=ACTOR)
    store.save_edit(address, 2, store.read_plan(address, 2), revision=0, action="none", what={}, actor=ACTOR)
    with tampered(address, statement, table=table):
        assert len(verify(address))
    store.close()
