"""Plans of a project: drafts, revisions, publications and boundaries as of a day, in a file and in a database."""

import itertools
import os
import sqlite3
from pathlib import Path

import geopandas as gpd
import plan_editors
import plan_model
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_plan import across, lattice

from gridmap import hierarchy, plan, store
from gridmap.errors import StoreError
from gridmap.store import blobs, plans

PLANNER = store.Actor("planner", "planner")
OTHER = store.Actor("other", "planner")
SETTINGS = {"timezone": "Asia/Shanghai", "now": "2026-03-01T08:00:00+08:00"}
TODAY = "2026-03-01"


def town() -> gpd.GeoDataFrame:
    grids = lattice()
    sums = hierarchy.roll_up(hierarchy.tier(grids)["households"], grids)
    return grids.assign(name=grids.index, households=sums)


@pytest.fixture
def project(address: str) -> str:
    """A project whose boundaries are a plan of three levels."""
    store.create(address, {"grids": town()}, settings=SETTINGS, actor=PLANNER)
    return address


def split(found: plan.Plan, code: str) -> plan.Plan:
    return plan.split(found, code, across(found, code))


def drafted(project: str, code: str = "Q00-001", **options: object) -> tuple[int, plan.Plan]:
    """Return a draft with one grid split, at revision 1."""
    draft = plans.start_draft(project, name="draft", actor=PLANNER, **options)
    after = split(plans.read_plan(project, draft), code)
    assert plans.save_edit(project, draft, after, revision=0, action="split", what={"grid": code}, actor=PLANNER) == 1
    return draft, after


def test_boundaries_of_a_new_project_are_its_first_plan(project):
    listed = plans.list_plans(project)
    assert listed.loc[1, ["state", "valid_from", "scenario", "author", "revision"]].tolist() == ["published", TODAY, "normal", "planner", 0]
    assert plans.read_plan(project, 1).same(plan.from_grids(town()))
    assert plans.in_force(project, at=TODAY) == 1
    assert plans.in_force(project, at="2026-02-28") is None
    with pytest.raises(StoreError, match="no plan holds"):
        plans.grids_at(project, at="2026-02-28")


def test_an_edit_is_read_back_corner_by_corner_and_kept_by_difference(project):
    draft, after = drafted(project)
    assert plans.read_plan(project, draft).same(after)
    assert plans.read_plan(project, draft, revision=0).same(plans.read_plan(project, 1))
    edit = plans.edits(project, draft).loc[1]
    assert edit["added"] == ["Q00-007", "Q00-008"]
    assert edit["removed"] == ["Q00-001"]
    assert edit["what"] == {"grid": "Q00-001"}
    assert store.read_project(project).grids.shape == town().shape  # nothing is in force yet


def test_undo_and_redo_are_revisions_and_restore_codes(project):
    draft, after = drafted(project)
    before = plans.read_plan(project, draft, revision=0)
    assert plans.undo(project, draft, revision=1, actor=OTHER) == 2
    assert plans.read_plan(project, draft).same(before)
    with pytest.raises(StoreError, match="no edit to take back"):
        plans.undo(project, draft, revision=2, actor=OTHER)
    assert plans.redo(project, draft, revision=2, actor=OTHER) == 3
    assert plans.read_plan(project, draft).same(after)
    with pytest.raises(StoreError, match="no edit to put in again"):
        plans.redo(project, draft, revision=3, actor=OTHER)
    assert [plans.read_plan(project, draft, revision=number).same(expected) for number, expected in enumerate([before, after, before])]
    assert plans.edits(project, draft)["stands"].tolist() == [True, False, False]


def test_who_edits_an_older_revision_is_refused_and_told_who_made_the_present_one(project):
    draft, after = drafted(project)
    again = split(plans.read_plan(project, draft, revision=0), "Q11-015")
    with pytest.raises(StoreError, match="revision 1 by planner") as refused:
        plans.save_edit(project, draft, again, revision=0, action="split", what={}, actor=OTHER)
    assert refused.value.key == "stale_edit"
    assert plans.read_plan(project, draft).same(after)


def test_publication_changes_the_boundaries_in_force(project):
    draft, after = drafted(project)
    plans.publish(project, draft, revision=1, valid_from=TODAY, reason="too large", actor=PLANNER)
    listed = plans.list_plans(project)
    assert listed["state"].tolist() == ["retired", "published"]
    assert listed.loc[1, "valid_to"] == TODAY
    read = store.read_project(project)
    grids = read.grids.reindex(after.grids.index)
    assert set(read.grids.index) == set(after.grids.index)
    assert shapely.equals(grids.geometry.to_numpy(), after.grids.geometry.to_numpy()).all()
    assert read.tables["retired"].index.tolist() == ["Q00-001"]
    assert plans.index_of(project, draft).codes.tolist() == sorted(after.grids.index)


def test_a_plan_of_a_day_to_come_waits_for_it(project):
    draft, after = drafted(project)
    plans.publish(project, draft, revision=1, valid_from="2026-04-01", reason="", actor=PLANNER)
    assert plans.list_plans(project)["state"].tolist() == ["published", "published"]
    assert plans.in_force(project, at="2026-03-31") == 1
    assert plans.in_force(project, at="2026-04-01") == draft
    assert plans.bring_into_force(project, at="2026-03-31", actor=PLANNER) is None
    assert len(store.read_project(project).grids) == len(town())
    assert plans.bring_into_force(project, at="2026-04-01", actor=PLANNER) == draft
    assert set(store.read_project(project).grids.index) == set(after.grids.index)
    assert plans.bring_into_force(project, at="2026-04-02", actor=PLANNER) is None


def raw(project: str, statement: str) -> None:
    """Run a statement on a connection that knows nothing of us."""
    if "://" in project:
        with psycopg.connect(project) as connection:
            connection.execute(statement)
        return
    connection = sqlite3.connect(project)
    blobs.register(connection)  # as every program that opens a GeoPackage for writing does
    try:
        with connection:
            connection.execute(statement)
    finally:
        connection.close()


FORBIDDEN = [
    "UPDATE plans SET name = 'x' WHERE plan_id = 1",
    "UPDATE plans SET state = 'draft' WHERE plan_id = 1",
    "UPDATE plans SET state = 'retired' WHERE plan_id = 1",
    "UPDATE plans SET valid_to = '2027-01-01' WHERE plan_id = 1",
    "UPDATE plans SET state = 'published' WHERE plan_id = 2",
    "DELETE FROM plans WHERE plan_id = 1",
    "INSERT INTO plans (name, state, scenario, author, revision, created_at, changed_at) VALUES ('x', 'published', 'normal', 'x', 0, '2026-01-01', '2026-01-01')",  # noqa: E501
    "UPDATE plan_grids SET version = 2 WHERE plan_id = 1",
    "UPDATE plan_grids SET plan_id = 1 WHERE plan_id = 2 AND grid_code = 'Q00-007'",
    "DELETE FROM plan_grids WHERE plan_id = 1",
    "INSERT INTO plan_grids VALUES (1, 'x', 1)",
    "INSERT INTO plan_retired (plan_id, grid_code) VALUES (1, 'x')",
    "UPDATE plan_edits SET actor = 'x'",
    "UPDATE grid_versions SET grid_code = 'x' WHERE id = 1",
    "DELETE FROM grid_versions",
    "UPDATE plan_indexes SET plan_id = 2",
    "UPDATE grids SET name = 'x'",
    "DELETE FROM grids WHERE grid_code = 'T'",
]


def test_what_is_published_is_refused_by_the_home_itself(project):
    drafted(project)
    store.close()
    for statement in FORBIDDEN:
        with pytest.raises((sqlite3.Error, psycopg.Error), match="gridmap: "):
            raw(project, statement)
    if "://" in project:
        for table in ("plans", "plan_grids", "plan_retired", "plan_edits", "plan_indexes", "grid_versions", "audit", "grids"):
            with pytest.raises(psycopg.Error, match="gridmap: "):
                raw(project, f"TRUNCATE {table} CASCADE")
    assert plans.read_plan(project, 1).same(plan.from_grids(town()))


def test_two_processes_that_edit_one_draft_lose_nothing(project):
    draft = plans.start_draft(project, name="draft", actor=PLANNER)
    plan_editors.race(project, draft, {"a": "Q00-001", "b": "Q11-016"}, rounds=10)


STEPS = int(os.environ.get("GRIDMAP_PLAN_STEPS", "12"))
COUNT = itertools.count()


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    steps=st.lists(st.tuples(st.sampled_from(plan_model.ACTIONS), st.integers(0, 99), st.integers(0, 99)), min_size=STEPS, max_size=STEPS)
)
def test_any_history_is_answered_alike_by_a_file_a_database_and_a_model(tmp_path: Path, postgres, steps):
    try:
        plan_model.compare([str(tmp_path / f"town{next(COUNT)}.gpkg"), postgres.url(postgres.database())], steps)
    finally:
        store.close()
