"""How events stand and how many there are: always what a recount of the events themselves gives, in both homes."""

import itertools
import sqlite3
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from gridmap import assign, files, plan, store
from gridmap.errors import SchemaError, StoreError
from gridmap.store import audit, homes, layers
from gridmap.store.events import figures, state
from gridmap.store.events.steps import NAMES as STEP_NAMES
from gridmap.store.tables import bulk, fingerprint
from gridmap.store.tables.described import events_table
from gridmap.store.tables.own import AUDIT, EVENT_DAYS, EVENT_STATE, STEPS, STORE

ACTOR = store.Actor("值班员", "command")
ZONE = "Asia/Shanghai"
MIDNIGHT = pd.Timestamp("2026-03-02 00:00", tz=ZONE)


def events(
    *labels: str,
    places: list[tuple[float, float] | None] | None = None,
    at: list[pd.Timestamp] | pd.Timestamp = MIDNIGHT,
    category: list[str] | str = "垃圾",
    status: list[str | None] | None = None,
) -> gpd.GeoDataFrame:
    """Return events, where nothing else is said a metre apart in grid A1."""
    index = pd.Index(labels, name="event_id", dtype="str")
    shapes = [None if place is None else shapely.Point(place) for place in places or [(1 + row, 2) for row in range(len(labels))]]
    columns = {
        "category": pd.Series(category, index=index, dtype="str"),
        "reported_at": pd.Series(at, index=index).dt.tz_convert(ZONE).astype(f"datetime64[us, {ZONE}]"),
        "closed_at": pd.Series(pd.NaT, index=index, dtype=f"datetime64[us, {ZONE}]"),
        "accepted_at": pd.Series(pd.NaT, index=index, dtype=f"datetime64[us, {ZONE}]"),
        "status": pd.Series(status, index=index, dtype="str"),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4548", index=index)


def steps(*rows: tuple[str, int, str], minutes: int = 5, **columns: object) -> pd.DataFrame:
    """Return steps (event, number, step), a minute apart."""
    frame = pd.DataFrame(rows, columns=["event_id", "seq", "step"])
    at = MIDNIGHT + pd.to_timedelta(minutes + np.arange(len(rows)), unit="min")
    return frame.assign(**{"at": at, "actor_role": "worker", "actor": "网格员-07", **columns})


@pytest.fixture(params=["file", "database"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path):
    """Make addresses of new projects, all in files or all in databases."""
    numbers = itertools.count()
    running = request.getfixturevalue("postgres") if request.param == "database" else None
    yield lambda: str(tmp_path / f"town{next(numbers)}.gpkg") if running is None else running.url(running.database())
    store.close()


def kept(address: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the states and the numbers as they are kept."""
    with homes.of(address).reading() as connection:
        states = pd.DataFrame(connection.execute(select(EVENT_STATE).order_by(EVENT_STATE.c.row)), columns=list(state.State._fields))
        numbers = pd.DataFrame(connection.execute(select(EVENT_DAYS)), columns=[column.name for column in EVENT_DAYS.columns])
    return states, numbers.set_index(["day", "grid_code", "category"]).sort_index()


def require_true(address: str, grids: gpd.GeoDataFrame | None, is_open: dict[str, bool]) -> None:
    """Raise unless what is kept is what the events give."""
    states, numbers = kept(address)
    found = store.read_events(address)
    assert states["row"].tolist() == found["row_id"].tolist()
    assert states["open"].tolist() == [is_open[label] for label in found.index]
    day = found["reported_at"].dt.strftime("%Y-%m-%d")
    owner = base = pd.Series(None, index=found.index, dtype="object")
    if grids is not None:
        owner = assign.to_grids(found, grids)
        base = assign.chain(found, grids)["level_2"]
    for name, expected in {"grid_code": owner, "base_code": base, "day": day, "category": found["category"]}.items():
        assert states[name].astype("object").where(states[name].notna(), None).tolist() == [
            None if pd.isna(value) else value for value in expected
        ], name
    for name, expected in {"x": found.geometry.x, "y": found.geometry.y}.items():
        np.testing.assert_array_equal(states[name].astype("float64"), expected)
    by = pd.DataFrame({"day": day, "grid_code": base.fillna("").astype("str"), "category": found["category"]}).assign(
        reported=1, open=[int(is_open[label]) for label in found.index]
    )
    recount = by.groupby(["day", "grid_code", "category"], dropna=False)[["reported", "open"]].sum().sort_index()
    assert numbers.reset_index().to_numpy().tolist() == recount.reset_index().to_numpy().tolist()


def publish(address: str, grids: gpd.GeoDataFrame) -> None:
    """Put other boundaries in force."""

    def work(transaction):
        transaction.run(insert(STORE), {"key": "publishing", "value": "test"})
        layers.put(transaction, "grids", grids)
        state.refresh(transaction)
        transaction.run(delete(STORE).where(STORE.c.key == "publishing"))

    homes.of(address).write(work, actor=ACTOR)


def bordered(grids: gpd.GeoDataFrame, x: float) -> gpd.GeoDataFrame:
    """Return the two tiers with the border of A1 and A2 elsewhere, and the dedicated grid with it."""
    moved = grids.copy()
    moved.loc["A1", "geometry"], moved.loc["A2", "geometry"] = shapely.box(0, 0, x, 100), shapely.box(x, 0, 200, 100)
    moved.loc["D", "geometry"] = shapely.box(x - 60, 40, x - 40, 60)
    return moved


places = st.one_of(
    st.none(), st.tuples(st.sampled_from([-5.0, 0.0, 45.5, 60.0, 80.0, 100.0, 130.0, 200.0, 399.0]), st.sampled_from([50.0, 100.0, 101.0]))
)
reports = st.lists(
    st.tuples(
        places, st.sampled_from([-61, -1, 0, 1439]), st.sampled_from(["垃圾", "噪声"]), st.sampled_from([None, "reported", "archived"])
    ),
    min_size=1,
    max_size=4,
)
step_names = st.sampled_from([*state.MAIN, "accepted", "returned"])
history = st.lists(
    st.one_of(
        st.tuples(st.just("append"), reports),
        st.tuples(st.just("step"), st.lists(st.tuples(st.integers(0, 30), step_names), min_size=1, max_size=3)),
        st.tuples(st.just("publish"), st.sampled_from([80.0, 100.0, 120.0])),
    ),
    min_size=1,
    max_size=7,
)  # fmt: skip


@given(first=reports, then=history)
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_after_any_history_the_states_are_those_of_a_recount(fresh, two_tiers, first, then):
    address, labels, grids = fresh(), itertools.count(), two_tiers
    is_open: dict[str, bool] = {}
    status: dict[str, str | None] = {}
    number: dict[str, int] = {}

    def made(rows):
        names = [f"e{next(labels)}" for _ in rows]
        where, minutes, categories, statuses = map(list, zip(*rows, strict=True))
        at = [MIDNIGHT + pd.Timedelta(minutes=each) for each in minutes]
        status.update(zip(names, statuses, strict=True))
        is_open.update({name: value != "archived" for name, value in zip(names, statuses, strict=True)})
        return events(*names, places=where, at=at, category=categories, status=statuses)

    store.create(address, {"grids": grids, "events": made(first)}, settings={}, actor=ACTOR)
    for action, what in then:
        if action == "append":
            store.append_events(address, made(what), actor=ACTOR)
        elif action == "publish":
            grids = bordered(two_tiers, what)
            publish(address, grids)
        else:
            rows = []
            for position, step in what:
                label = list(is_open)[position % len(is_open)]
                number[label] = number.get(label, 0) + 1
                rows.append((label, number[label], step))
                if step in state.MAIN:
                    is_open[label], status[label] = step != "archived", step
            store.append_steps(address, steps(*rows), actor=ACTOR)
    require_true(address, grids, is_open)
    found = store.read_events(address)
    assert [None if pd.isna(value) else value for value in found["status"]] == list(status.values())
    counted = store.counts(address, since="2026-03-01", until="2026-03-03")
    expected = assign.count(found, grids, by=found["reported_at"].dt.strftime("%Y-%m-%d").rename("day")).loc[["A1", "A2", "B1", "B2"]]
    assert counted.index.tolist() == ["A1", "A2", "B1", "B2"]
    for day in counted.columns:
        label = day.strftime("%Y-%m-%d")
        assert counted[day].tolist() == (expected[label].tolist() if label in expected else [0] * 4)
    box = (45.5, 50.0, 130.0, 100.0)
    inside = found.geometry.intersects(shapely.box(*box)) & np.array([is_open[label] for label in found.index])
    assert store.open_events(address, box).index.tolist() == found.index[inside].tolist()
    # What all states are made of anew is what was kept.
    before = kept(address)
    homes.of(address).write(lambda transaction: (state.adopt(transaction), transaction.note("adopt", "event_state")), actor=ACTOR)
    for one, other in zip(before, kept(address), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_plain_file_without_grids_is_taken_over_by_the_first_append_or_question(tmp_path, two_tiers):
    path = tmp_path / "plain.gpkg"
    files.write_project({"events": events("a", "b", status=["archived", None])}, path, settings={})
    assert store.counts(path, since="2026-03-02", until="2026-03-02").shape == (0, 1)
    assert store.open_events(path, (0, 0, 9, 9)).index.tolist() == ["b"]
    store.append_events(path, events("c"), actor=ACTOR)
    require_true(str(path), None, {"a": False, "b": True, "c": True})
    files_only = tmp_path / "grids.gpkg"
    files.write_project({"grids": two_tiers, "events": events("a")}, files_only, settings={})
    store.append_events(files_only, events("b", places=[(150, 50)]), actor=ACTOR)
    require_true(str(files_only), two_tiers, {"a": True, "b": True})


def test_what_another_program_changes_in_a_file_is_taken_in(tmp_path, two_tiers):
    path = tmp_path / "town.gpkg"
    store.create(path, {"grids": two_tiers, "events": events("a", "b")}, settings={}, actor=ACTOR)
    store.append_events(path, events("c"), actor=ACTOR)
    store.close()
    with sqlite3.connect(path) as other:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            other.create_function(name, 1, lambda _: None)
        other.execute("DELETE FROM events WHERE event_id = 'a'")
        other.execute("UPDATE gpkg_contents SET last_change = '2999-01-01T00:00:00.000Z' WHERE table_name = 'events'")
    other.close()
    assert store.open_events(path, (0, 0, 9, 9)).index.tolist() == ["b", "c"]
    store.append_events(path, events("d"), actor=ACTOR)
    require_true(str(path), two_tiers, dict.fromkeys("bcd", True))


def test_threads_that_append_and_step_leave_what_a_recount_gives(fresh, two_tiers):
    address = fresh()
    store.create(address, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)

    def work(name: int) -> None:
        for number in range(5):
            label = f"{name}-{number}"
            store.append_events(address, events(label, places=[(10.0 * name + 75, 50)]), actor=ACTOR)
            store.append_steps(address, steps((label, 1, "reported"), (label, 2, "archived" if number % 2 else "handled")), actor=ACTOR)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    is_open = {"a": True} | {f"{name}-{number}": not number % 2 for name in range(5) for number in range(5)}
    require_true(address, two_tiers, is_open)
    assert len(store.read_steps(address)) == 50


def test_steps_are_read_as_written_and_move_their_event(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a", "b")}, settings={}, actor=ACTOR)
    given = steps(("a", 1, "reported"), ("a", 2, "dispatched"), ("a", 3, "accepted"), ("a", 4, "handled"), ("a", 5, "archived"), note="好")
    given["score"] = [None, None, None, None, 4.5]
    assert store.append_steps(address, given, actor=ACTOR) == range(1, 6)
    found = store.read_steps(address, ["a", "b"])
    assert (
        found.reset_index()[given.columns.drop("score")].astype("object").to_numpy().tolist()
        == given.drop(columns="score").astype("object").to_numpy().tolist()
    )
    assert found["score"].tolist()[-1] == 4.5
    assert found["score"].isna().sum() == 4
    event = store.read_project(address).events.loc["a"]
    assert (event["status"], event["closed_at"], event["accepted_at"]) == ("archived", given["at"].iloc[4], given["at"].iloc[2])
    assert store.open_events(address, (0, 0, 100, 100)).index.tolist() == ["b"]
    assert store.append_steps(
        address, steps(("a", 6, "dispatched"), ("b", 1, "delayed")).set_index(["event_id", "seq"]), actor=ACTOR
    ) == range(6, 8)
    found = store.read_events(address)
    assert [found.loc["a", "status"], found.loc["b", "status"] is pd.NA or found["status"].isna()["b"]] == ["dispatched", True]
    assert found["closed_at"].isna().all()
    assert store.open_events(address, (0, 0, 100, 100)).index.tolist() == ["a", "b"]
    assert store.open_events(address, (0, 0, 100, 100), limit=1).index.tolist() == ["a"]


STALE = {
    "again": [("a", 1, "handled")],
    "a gap": [("a", 3, "handled")],
    "out of order": [("a", 3, "handled"), ("a", 2, "verified")],
    "one of two": [("b", 1, "reported"), ("a", 1, "handled")],
}


@pytest.mark.parametrize("case", STALE)
def test_steps_that_do_not_follow_on_are_refused_and_nothing_is_written(address, two_tiers, case):
    store.create(address, {"grids": two_tiers, "events": events("a", "b")}, settings={}, actor=ACTOR)
    store.append_steps(address, steps(("a", 1, "reported")), actor=ACTOR)
    before = store.version(address)
    with pytest.raises(StoreError, match=r"do not follow on.*first: a") as refused:
        store.append_steps(address, steps(*STALE[case]), actor=ACTOR)
    assert refused.value.key == "stale_step"
    assert store.version(address) == before
    assert len(store.read_steps(address)) == 1


REFUSED = {
    "unknown event": (steps(("x", 1, "handled")), StoreError, r"no such events.*first: x"),
    "no actor": (steps(("a", 1, "handled")).drop(columns="actor"), SchemaError, "lacks the columns actor"),
    "empty step": (steps(("a", 1, "")), SchemaError, "column step of steps has empty values"),
    "no number": (steps(("a", 1, "handled"), seq=[None]), SchemaError, "column seq of steps has empty values"),
    "half a number": (steps(("a", 1, "handled"), seq=[1.5]), SchemaError, "column seq of steps has values that do not fit"),
    "times without zone": (steps(("a", 1, "handled"), at=MIDNIGHT.tz_localize(None)), SchemaError, "no times with a time zone"),
    "another column": (steps(("a", 1, "handled"), colour="red"), SchemaError, "columns that the project has not: colour"),
    "no table": ([("a", 1, "handled")], SchemaError, "is not a DataFrame"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_steps_that_do_not_fit_are_one_clear_error(tmp_path, two_tiers, case):
    path = tmp_path / "town.gpkg"
    store.create(path, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)
    given, error, match = REFUSED[case]
    with pytest.raises(error, match=match):
        store.append_steps(path, given, actor=ACTOR)
    assert store.read_steps(path).empty
    assert store.append_steps(path, steps(("a", 1, "handled")).iloc[:0], actor=ACTOR) == range(0)


@pytest.mark.parametrize("box", [(0, 0, 1), (2, 0, 1, 1), (0, 0, float("nan"), 1), "west"])
def test_a_box_that_is_none_is_refused(tmp_path, two_tiers, box):
    path = tmp_path / "town.gpkg"
    store.create(path, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)
    with pytest.raises(SchemaError, match="no box"):
        store.open_events(path, box)
    with pytest.raises(SchemaError, match="no day"):
        store.counts(path, since="2026-03-01 10:00", until="never")


def test_the_digest_of_an_event_is_the_same_in_both_homes_and_after_its_steps(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)
    store.append_events(address, events("b", "n", places=[(1.25, 2), None], status=["reported", None]), actor=ACTOR)
    store.append_steps(address, steps(("b", 1, "archived")), actor=ACTOR)
    with homes.of(address).reading() as connection:
        logged = connection.execute(select(AUDIT.c.digest).where(AUDIT.c.action == "append")).scalar()
        table = events_table(connection, "")
        columns = list(table.sql.columns)
        rows = connection.execute(select(table.sql).where(table.sql.c[table.key] > 1).order_by(table.sql.c[table.key])).fetchall()
    assert logged == fingerprint.digest(columns[1:], [row[1:] for row in rows], without=audit.MUTABLE)


def test_a_step_is_a_change_of_events_that_is_no_append(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)
    store.append_events(address, events("b"), actor=ACTOR)
    before = store.last_changes(address)["events"]
    store.append_events(address, events("c"), actor=ACTOR)
    assert store.appended_only(address, since=2, change=before)
    before = store.last_changes(address)["events"]
    store.append_steps(address, steps(("a", 1, "handled")), actor=ACTOR)
    assert store.last_changes(address)["events"] > before
    store.append_events(address, events("d"), actor=ACTOR)
    assert not store.appended_only(address, since=3, change=before)
    before = store.last_changes(address)["events"]
    store.append_events(address, events("e"), actor=ACTOR)
    assert store.appended_only(address, since=4, change=before)


def test_open_events_are_found_by_the_index_of_those_alone(tmp_path, two_tiers):
    path = tmp_path / "town.gpkg"
    store.create(path, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)
    with homes.of(path).reading() as connection:
        asked = figures.open_in(events_table(connection, ""), (0, 0, 1, 1), None)
        asked = asked.compile(connection, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").fetchall()
    assert any("USING INDEX event_state_open_place (x>? AND x<?)" in row[-1] for row in plan)


def test_a_published_plan_takes_the_events_with_it(address, two_tiers):
    first = events("a", "b", "n", places=[(10, 50), (150, 50), None])
    store.create(address, {"grids": two_tiers, "events": first}, settings={"now": "2026-03-01T08:00:00+08:00"}, actor=ACTOR)
    draft = store.start_draft(address, name="draft", actor=ACTOR)
    after = plan.recode(store.read_plan(address, draft), {"A1": "A9"})
    revision = store.save_edit(address, draft, after, revision=0, action="recode", what={}, actor=ACTOR)
    require_true(address, two_tiers, dict.fromkeys("abn", True))
    store.publish(address, draft, revision=revision, valid_from="2026-03-01", reason="", actor=ACTOR)
    store.append_events(address, events("c", places=[(50, 50)]), actor=ACTOR)
    require_true(address, after.grids, dict.fromkeys("abnc", True))
    assert kept(address)[0]["grid_code"].fillna("").tolist() == ["A9", "A2", "", "D"]


def test_a_publication_that_fails_leaves_states_and_boundaries_as_they_were(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a", places=[(95, 50)])}, settings={}, actor=ACTOR)

    def work(transaction):
        transaction.run(insert(STORE), {"key": "publishing", "value": "test"})
        layers.put(transaction, "grids", bordered(two_tiers, 80))
        state.refresh(transaction)
        raise KeyError("the disk is full")

    with pytest.raises(KeyError, match="the disk is full"):
        homes.of(address).write(work, actor=ACTOR)
    store.append_events(address, events("b", places=[(95, 50)]), actor=ACTOR)
    require_true(address, two_tiers, dict.fromkeys("ab", True))


def test_rows_that_a_table_refuses_are_refused_alike_however_many(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a")}, settings={}, actor=ACTOR)
    for count in (1, 100):
        with pytest.raises(StoreError, match="cannot be read or written"):
            homes.of(address).write(
                lambda transaction, n=count: bulk.insert(
                    transaction.connection, STEPS, ["fid", *STEP_NAMES], [(None, "a", row, *[None] * 6) for row in range(n)]
                ),
                actor=ACTOR,
            )
    assert store.read_steps(address).empty


@pytest.mark.parametrize(("at", "day"), [("2026-03-01T16:00:00.000Z", "2026-03-02"), ("2026-03-01T16:00:00", "2026-03-01"), ("soon", None)])
def test_the_day_of_a_report_is_that_of_the_project(at, day):
    assert state.day_of(at, ZoneInfo(ZONE)) == day


def test_the_day_of_a_report_at_the_end_of_time_is_unknown():
    assert state.day_of("9999-12-31T23:00:00Z", ZoneInfo(ZONE)) is None
