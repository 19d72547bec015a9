"""Plans of a project: drafts, revisions, publications and boundaries as of a day, in a file and in a database."""

import itertools
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import plan_editors
import plan_model
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_plan import across, lattice

from gridmap import hierarchy, plan, store
from gridmap.errors import CRSError, SchemaError, StoreError
from gridmap.store.plans import opened, versions
from gridmap.store.tables import blobs

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
    draft = store.start_draft(project, name="draft", actor=PLANNER, **options)
    after = split(store.read_plan(project, draft), code)
    assert store.save_edit(project, draft, after, revision=0, action="split", what={"grid": code}, actor=PLANNER) == 1
    return draft, after


def test_boundaries_of_a_new_project_are_its_first_plan(project):
    listed = store.list_plans(project)
    assert listed.loc[1, ["state", "valid_from", "scenario", "author", "revision"]].tolist() == ["published", TODAY, "normal", "planner", 0]
    assert store.read_plan(project, 1).same(plan.from_grids(town()))
    assert store.in_force(project, at=TODAY) == 1
    assert store.in_force(project, at="2026-02-28") is None
    with pytest.raises(StoreError, match="no plan holds"):
        store.grids_at(project, at="2026-02-28")


def test_an_edit_is_read_back_corner_by_corner_and_kept_by_difference(project):
    draft, after = drafted(project)
    assert store.read_plan(project, draft).same(after)
    assert store.read_plan(project, draft, revision=0).same(store.read_plan(project, 1))
    edit = store.edits(project, draft).loc[1]
    assert edit["added"] == ["Q00-007", "Q00-008"]
    assert edit["removed"] == ["Q00-001"]
    assert edit["what"] == {"grid": "Q00-001"}
    assert store.read_project(project).grids.shape == town().shape  # nothing is in force yet


def test_an_edit_after_an_edit_looks_at_the_grids_that_changed_alone(project, monkeypatch):
    looked: list[set[str]] = []
    contents = versions.contents
    monkeypatch.setattr(versions, "contents", lambda grids, table: looked.append(set(grids.index)) or contents(grids, table))
    draft, after = drafted(project)
    second = split(after, "Q11-015")
    store.save_edit(project, draft, second, revision=1, action="split", what={}, actor=PLANNER)
    store.undo(project, draft, revision=2, actor=OTHER)  # what was saved is the present state no more
    third = split(store.read_plan(project, draft), "Q11-016")
    store.save_edit(project, draft, third, revision=3, action="split", what={}, actor=PLANNER)
    fourth = third.grids.assign(households=third.grids["households"].mask(third.grids.index == "Q00-002", 1))
    store.save_edit(project, draft, replace(third, grids=fourth), revision=4, action="count", what={}, actor=PLANNER)
    assert {"Q00-001", "Q11-016"}.isdisjoint(looked[1])
    assert set(second.changes.index) & set(second.grids.index) <= looked[1]
    assert looked[-1] == {"Q00-002"}
    assert all(len(codes) < len(town()) / 2 for codes in looked)
    opened._saved.clear()
    opened._kept.clear()
    assert store.read_plan(project, draft).same(replace(third, grids=fourth))
    assert store.read_plan(project, draft, revision=2).same(second)


def test_undo_and_redo_are_revisions_and_restore_codes(project):
    draft, after = drafted(project)
    before = store.read_plan(project, draft, revision=0)
    assert store.undo(project, draft, revision=1, actor=OTHER) == 2
    assert store.read_plan(project, draft).same(before)
    with pytest.raises(StoreError, match="no edit to take back"):
        store.undo(project, draft, revision=2, actor=OTHER)
    assert store.redo(project, draft, revision=2, actor=OTHER) == 3
    assert store.read_plan(project, draft).same(after)
    with pytest.raises(StoreError, match="no edit to put in again"):
        store.redo(project, draft, revision=3, actor=OTHER)
    assert [store.read_plan(project, draft, revision=number).same(expected) for number, expected in enumerate([before, after, before])]
    assert store.edits(project, draft)["stands"].tolist() == [True, False, False]


def test_who_edits_an_older_revision_is_refused_and_told_who_made_the_present_one(project):
    draft, after = drafted(project)
    again = split(store.read_plan(project, draft, revision=0), "Q11-015")
    with pytest.raises(StoreError, match="revision 1 by planner") as refused:
        store.save_edit(project, draft, again, revision=0, action="split", what={}, actor=OTHER)
    assert refused.value.key == "stale_edit"
    assert store.read_plan(project, draft).same(after)


def test_publication_changes_the_boundaries_in_force(project):
    draft, after = drafted(project)
    store.publish(project, draft, revision=1, valid_from=TODAY, reason="too large", actor=PLANNER)
    listed = store.list_plans(project)
    assert listed["state"].tolist() == ["retired", "published"]
    assert listed.loc[1, "valid_to"] == TODAY
    read = store.read_project(project)
    grids = read.grids.reindex(after.grids.index)
    assert set(read.grids.index) == set(after.grids.index)
    assert shapely.equals(grids.geometry.to_numpy(), after.grids.geometry.to_numpy()).all()
    assert read.tables["retired"].index.tolist() == ["Q00-001"]
    assert store.index_of(project, draft).codes.tolist() == sorted(after.grids.index)


def test_a_plan_of_a_day_to_come_waits_for_it(project):
    draft, after = drafted(project)
    store.publish(project, draft, revision=1, valid_from="2026-04-01", reason="", actor=PLANNER)
    assert store.list_plans(project)["state"].tolist() == ["published", "published"]
    assert store.in_force(project, at="2026-03-31") == 1
    assert store.in_force(project, at="2026-04-01") == draft
    assert store.bring_into_force(project, at="2026-03-31", actor=PLANNER) is None
    assert len(store.read_project(project).grids) == len(town())
    assert store.bring_into_force(project, at="2026-04-01", actor=PLANNER) == draft
    assert set(store.read_project(project).grids.index) == set(after.grids.index)
    assert store.bring_into_force(project, at="2026-04-02", actor=PLANNER) is None


def test_what_is_no_plan_stays_as_it_is_and_a_draft_says_what_is_wrong(address):
    broken = town()
    broken.loc["Q00-001", "geometry"] = shapely.affinity.scale(broken.geometry["Q00-001"], 1.2, 1.2)
    store.create(address, {"grids": broken}, settings=SETTINGS, actor=PLANNER)
    assert store.list_plans(address).empty
    assert store.in_force(address, at=TODAY) is None
    with pytest.raises(StoreError, match=r"cannot be a plan yet: .*gridmap repair") as refused:
        store.start_draft(address, name="draft", actor=PLANNER)
    assert "缝隙或重叠" in refused.value.text("zh")
    assert len(store.read_project(address).grids) == len(broken)


def test_upper_grids_become_the_union_of_their_children(address):
    shifted = town()
    shifted.loc["Q00", "geometry"] = shapely.affinity.translate(shifted.geometry["Q00"], 0.002, 0)  # 0.8 m2 apart
    store.create(address, {"grids": shifted}, settings=SETTINGS, actor=PLANNER)
    assert store.read_project(address).grids.geometry["Q00"].equals(town().geometry["Q00"])


def test_codes_of_a_published_plan_are_given_once(project):
    first, after = drafted(project)
    other, _ = drafted(project)  # gives the same codes
    third = store.start_draft(project, name="later", actor=PLANNER)
    store.publish(project, first, revision=1, valid_from=TODAY, reason="", actor=PLANNER)
    with pytest.raises(StoreError, match="not given again") as refused:
        store.publish(project, other, revision=1, valid_from=TODAY, reason="", actor=PLANNER)
    assert refused.value.rows == ["Q00-007", "Q00-008"]
    assert store.list_plans(project).loc[other, "state"] == "draft"
    renamed = plan.recode(store.read_plan(project, other), {"Q00-007": "Q00-017", "Q00-008": "Q00-018"})
    store.save_edit(project, other, renamed, revision=1, action="recode", what={}, actor=PLANNER)
    store.publish(project, other, revision=2, valid_from=TODAY, reason="", actor=PLANNER)
    late = split(store.read_plan(project, third), "Q00-001")  # begun before both
    assert {"Q00-007", "Q00-008", "Q00-017", "Q00-018"} & set(late.grids.index) == set()
    again = after.grids.rename(index={"Q00-007": "Q00-017"})
    with pytest.raises(StoreError, match="not given again"):
        store.save_edit(project, third, plan.from_grids(again), revision=0, action="split", what={}, actor=PLANNER)


def test_a_draft_of_an_older_plan_brings_its_codes_back(project):
    draft, _ = drafted(project)
    store.publish(project, draft, revision=1, valid_from=TODAY, reason="", actor=PLANNER)
    back = store.start_draft(project, name="as it was", actor=PLANNER, based_on=1)
    assert set(store.read_plan(project, back).retired.index) == {"Q00-007", "Q00-008"}
    store.publish(project, back, revision=0, valid_from="2026-03-01", reason="", actor=PLANNER)
    assert "Q00-001" in store.read_project(project).grids.index
    assert store.list_plans(project)["state"].tolist() == ["retired", "retired", "published"]


def test_a_plan_is_not_published_before_the_one_published_last(project):
    draft, _ = drafted(project)
    with pytest.raises(StoreError, match=f"before {TODAY}"):
        store.publish(project, draft, revision=1, valid_from="2026-02-28", reason="", actor=PLANNER)
    with pytest.raises(StoreError, match="no day"):
        store.publish(project, draft, revision=1, valid_from="soon", reason="", actor=PLANNER)
    assert store.read_plan(project, draft).retired.index.tolist() == ["Q00-001"]


def test_an_emergency_has_plans_of_its_own(project):
    draft, after = drafted(project, scenario="emergency")
    store.publish(project, draft, revision=1, valid_from="2026-03-02", reason="flood", actor=PLANNER)
    assert store.in_force(project, at="2026-03-02") == 1
    assert store.in_force(project, at="2026-03-02", scenario="emergency") == draft
    assert store.in_force(project, at=TODAY, scenario="emergency") is None
    assert store.grids_at(project, at="2026-03-02", scenario="emergency").index.tolist() == after.grids.index.tolist()
    assert len(store.read_project(project).grids) == len(town())
    with pytest.raises(StoreError, match="no such scenario"):
        store.start_draft(project, name="draft", actor=PLANNER, scenario="war")


def test_a_draft_is_thrown_away_and_a_published_plan_is_not(project):
    draft, _ = drafted(project)
    copy = store.start_draft(project, name="copy", actor=PLANNER, based_on=draft)
    assert store.list_plans(project).loc[copy, "based_on"] == 1
    store.discard(project, draft, actor=PLANNER)
    assert store.list_plans(project).index.tolist() == [1, copy]
    assert "Q00-007" in store.read_plan(project, copy).grids.index
    for call in (store.read_plan, store.edits, store.index_of):
        with pytest.raises(StoreError, match="no plan of this number"):
            call(project, draft)
    with pytest.raises(StoreError, match="is published"):
        store.discard(project, 1, actor=PLANNER)
    with pytest.raises(StoreError, match="is published"):
        store.undo(project, 1, revision=0, actor=PLANNER)


def test_grids_in_several_parts_and_new_columns(project):
    draft = store.start_draft(project, name="draft", actor=PLANNER)
    found = store.read_plan(project, draft)
    shapes = found.grids.geometry
    island = shapely.box(*shapes["Q00-001"].buffer(-30).bounds)
    parts = shapes.copy()
    parts["Q00-001"] = shapes["Q00-001"].difference(island)
    parts["Q00-002"] = shapes["Q00-002"].union(island)
    changed = plan.from_grids(found.grids.set_geometry(parts))
    assert changed.grids.geometry["Q00-002"].geom_type == "MultiPolygon"
    store.save_edit(project, draft, changed, revision=0, action="reshape", what={}, actor=PLANNER)
    assert store.read_plan(project, draft).same(changed)
    store.publish(project, draft, revision=1, valid_from=TODAY, reason="", actor=PLANNER)
    assert store.read_project(project).grids.geometry["Q00-002"].equals(parts["Q00-002"])
    wider = plan.trusted(changed.grids.assign(colour="red"), retired=changed.retired)
    with pytest.raises(SchemaError, match="colour"):
        store.save_edit(project, draft, wider, revision=2, action="colour", what={}, actor=PLANNER)
    moved = plan.trusted(changed.grids.to_crs("EPSG:4490"), retired=changed.retired)
    with pytest.raises(CRSError, match="plan, grids"):
        store.save_edit(project, draft, moved, revision=2, action="move", what={}, actor=PLANNER)


def test_what_is_written_into_a_plan_that_was_read_does_not_hide_an_edit(project):
    draft = store.start_draft(project, name="draft", actor=PLANNER)
    found = store.read_plan(project, draft)
    found.grids.loc["Q00-001", "name"] = "other"
    store.save_edit(project, draft, found, revision=0, action="name", what={}, actor=PLANNER)
    store.close()
    assert store.read_plan(project, draft).grids["name"]["Q00-001"] == "other"
    assert store.edits(project, draft)["changed"].tolist() == [["Q00-001"]]


def test_codes_that_a_plan_to_come_gives_are_retired_in_drafts_that_are_open(project):
    open_one = store.start_draft(project, name="open", actor=PLANNER)
    assert store.read_plan(project, open_one).retired.empty
    draft, _ = drafted(project)
    store.publish(project, draft, revision=1, valid_from="2026-04-01", reason="", actor=PLANNER)
    assert set(store.read_plan(project, open_one).retired.index) == {"Q00-007", "Q00-008"}


@pytest.mark.parametrize("given", ["soon", "2026-02-30", 20260301, None, "now"])
def test_what_is_no_day_is_refused(tmp_path, given):
    project = tmp_path / "town.gpkg"
    store.create(project, {"grids": town()}, settings=SETTINGS, actor=PLANNER)
    with pytest.raises(StoreError, match="this is no day"):
        store.in_force(project, at=given)
    store.close()


def test_a_moment_is_the_day_in_the_zone_of_the_project(project):
    assert store.in_force(project, at="2026-02-28T16:00:00+00:00") == 1  # the first of March in Shanghai
    assert store.in_force(project, at="2026-02-28T15:59:59+00:00") is None
    assert store.in_force(project, at=pd.Timestamp("2026-03-01")) == 1


def test_a_dedicated_grid_without_a_level_makes_no_plan(address):
    over = {"name": "D", "level": pd.NA, "kind": "dedicated", "parent": "Q00-001", "geometry": shapely.box(0, 0, 1, 1)}
    grids = pd.concat([town(), gpd.GeoDataFrame([over], index=["D"], crs="EPSG:4547")]).rename_axis("grid_code")
    store.create(address, {"grids": grids.astype({"level": "Int64"})}, settings=SETTINGS, actor=PLANNER)
    assert store.list_plans(address).empty


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
    assert store.read_plan(project, 1).same(plan.from_grids(town()))


def test_two_processes_that_edit_one_draft_lose_nothing(project):
    draft = store.start_draft(project, name="draft", actor=PLANNER)
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
