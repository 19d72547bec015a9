"""Tables of files into a project and out again, and snapshots that other programs read."""

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from test_store_homes import ACTOR, events

from gridmap import files, store
from gridmap.errors import CRSError, FileError, GridmapWarning, SchemaError, StoreError
from gridmap.store.copies.analytics import snapshot_parquet


@pytest.fixture
def town(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("007", "b", "none")}, settings={"title_zh": "测试"}, actor=ACTOR)
    return address


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "csv", "xlsx", "parquet"])
def test_what_goes_out_comes_in_again(town, tmp_path, kind, two_tiers):
    written = store.export_files(town, tmp_path / "out", format=kind)
    names = {"grids", "events", "settings"}
    assert {path.stem for path in written} == names
    assert {path.suffix for path in written} <= {f".{kind}", ".csv"}
    again = tmp_path / "again.gpkg"
    given = [path for path in written if path.stem != "settings"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridmapWarning)  # one event has no place
        counts = store.import_files(again, given, actor=ACTOR, crs="EPSG:4548" if kind in {"csv", "xlsx"} else None)
    assert counts == {"events": 3, "grids": 7}
    before, after = store.read_project(town), store.read_project(again)
    assert after.events.index.tolist() == ["007", "b", "none"]
    columns = ["category", "reported_at", "geometry"]
    assert_geodataframe_equal(after.events[columns], before.events[columns], check_less_precise=kind == "geojson")
    assert after.grids.index.tolist() == two_tiers.index.tolist()
    assert store.list_plans(again)["state"].tolist() == ["published"]


def test_all_tables_in_one_file(town, tmp_path):
    assert store.export_files(town, tmp_path / "all.gpkg") == [tmp_path / "all.gpkg"]
    assert dict(files.read_project(tmp_path / "all.gpkg").settings) == {"title_zh": "测试"}
    store.export_files(town, tmp_path / "all.xlsx")
    assert files.read_frame(tmp_path / "all.xlsx", layer="events")["event_id"].tolist()[0] == "007"
    assert store.import_files(tmp_path / "again.gpkg", [tmp_path / "all.gpkg"], actor=ACTOR) == {"grids": 7, "events": 3}


def test_events_and_steps_are_added_and_other_tables_replaced(town, tmp_path):
    files.write(events("c", "d"), tmp_path / "events.gpkg")
    steps = {"event_id": ["c", "c"], "seq": [1, 2], "step": ["reported", "dispatched"], "actor_role": "worker", "actor": "7"}
    pd.DataFrame(steps | {"at": "2026-03-02T08:00:00+08:00"}).to_csv(tmp_path / "steps.csv", index=False)
    given = [tmp_path / "events.gpkg", tmp_path / "steps.csv"]
    assert store.import_files(town, given, actor=ACTOR) == {"events": 2, "steps": 2}
    assert store.read_events(town).index.tolist() == ["007", "b", "none", "c", "d"]
    staff = pd.DataFrame({"post_id": ["1", "2"], "grid_code": ["A1", "A2"], "role": "worker"})
    for rows in (2, 1):
        files.write(staff.head(rows), tmp_path / "posts.csv")
        assert store.import_files(town, [tmp_path / "posts.csv"], actor=ACTOR, table="staff") == {"staff": rows}
        assert len(store.read_project(town).tables["staff"]) == rows
    assert store.verify(town).empty


def test_what_cannot_go_in_changes_nothing(town, tmp_path, two_tiers):
    before = store.last_changes(town)
    files.write(two_tiers, tmp_path / "grids.gpkg")
    files.write(events("c", "b"), tmp_path / "events.gpkg")
    files.write(pd.DataFrame({"a": ["1"]}), tmp_path / "what.csv")
    with pytest.raises(StoreError, match="plan publish"):
        store.import_files(town, [tmp_path / "grids.gpkg"], actor=ACTOR)
    with pytest.raises(StoreError, match="there already"):
        store.import_files(town, [tmp_path / "events.gpkg"], actor=ACTOR)
    with pytest.raises(SchemaError, match="which table"):
        store.import_files(town, [tmp_path / "what.csv"], actor=ACTOR)
    with pytest.raises(SchemaError, match="one table is one file"):
        store.import_files(town, [tmp_path / "events.gpkg"] * 2, table="events", actor=ACTOR)
    with pytest.raises(SchemaError, match="same table"):
        store.import_files(town, [tmp_path / "events.gpkg"] * 2, actor=ACTOR)
    with pytest.raises(FileError, match="no such file"):
        store.import_files(town, [tmp_path / "never.csv"], actor=ACTOR)
    assert store.last_changes(town) == before


def test_an_import_into_nothing_that_fails_leaves_nothing(tmp_path):
    files.write(events("a").set_crs(None, allow_override=True), tmp_path / "events.gpkg")
    with pytest.raises(CRSError):
        store.import_files(tmp_path / "new.gpkg", [tmp_path / "events.gpkg"], actor=ACTOR)
    assert not (tmp_path / "new.gpkg").exists()


def test_an_export_is_whole_or_not_at_all(town, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "grids.csv").write_text("old")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    store.export_files(town, tmp_path / "out", format="csv")
    assert (tmp_path / "out" / "grids.csv").read_text("utf-8-sig").startswith("grid_code")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot"):
        store.export_files(town, tmp_path / "file", format="csv")
    with pytest.raises(FileError, match="no export"):
        store.export_files(town, tmp_path / "other", format="dwg")
    assert not (tmp_path / "other").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".gridmap")] == []


def test_a_snapshot_is_geoparquet_that_others_read(town, tmp_path):
    written = snapshot_parquet(town, tmp_path / "snapshot")
    assert {path.stem for path in written} >= {"grids", "events", "settings", "audit", "plans", "steps"}
    found = gpd.read_parquet(tmp_path / "snapshot" / "events.parquet")
    assert found["event_id"].tolist() == ["007", "b", "none"]
    assert found.crs.to_epsg() == 4548
    expected = store.read_project(town).events
    assert shapely.equals_exact(found.geometry.to_numpy()[:2], expected.geometry.to_numpy()[:2]).all()
    assert found.geometry.isna().tolist() == [False, False, True]
    times = found["reported_at"].dt.tz_convert("Asia/Shanghai").astype(expected["reported_at"].dtype)
    assert np.array_equal(times.to_numpy(), expected["reported_at"].to_numpy())
    schema = pq.read_schema(tmp_path / "snapshot" / "events.parquet")
    assert json.loads(schema.metadata[b"geo"])["primary_column"] == "geometry"
    log = pd.read_parquet(tmp_path / "snapshot" / "audit.parquet")
    assert log["actor"].eq("planner").all()
    assert log["id"].tolist() == list(range(1, len(log) + 1))


def test_times_without_a_zone_are_the_projects_own(address, two_tiers, tmp_path):
    store.create(address, {"grids": two_tiers, "events": events("a")}, settings={"timezone": "Asia/Urumqi"}, actor=ACTOR)
    columns = {"event_id": ["b"], "category": ["x"], "reported_at": ["2026-03-02 08:00:00"], "x": [500_050.0], "y": [3_400_050.0]}
    pd.DataFrame(columns).to_csv(tmp_path / "events.csv", index=False)
    steps = {"event_id": ["b"], "seq": [1], "step": ["reported"], "at": ["2026-03-02 09:00:00"], "actor_role": "worker", "actor": "7"}
    pd.DataFrame(steps).to_csv(tmp_path / "steps.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridmapWarning)  # it lies where no grid is
        store.import_files(address, [tmp_path / "events.csv", tmp_path / "steps.csv"], actor=ACTOR, crs="EPSG:4548")
    assert store.read_events(address)["reported_at"]["b"].tz_convert("UTC").isoformat() == "2026-03-02T02:00:00+00:00"
    assert store.read_steps(address)["at"].iloc[0].tz_convert("UTC").isoformat() == "2026-03-02T03:00:00+00:00"
