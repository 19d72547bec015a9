"""One project, two homes: what is put in comes back the same from a file and from a database."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from gridmap import files, store
from gridmap.errors import StoreError

ACTOR = store.Actor("planner", "tests")


def events(*labels: str, x: float = 50.0) -> gpd.GeoDataFrame:
    index = pd.Index(labels, name="event_id", dtype="str")
    times = pd.Timestamp("2026-03-01 08:00", tz="Asia/Shanghai") + pd.to_timedelta(range(len(labels)), unit="h")
    columns = {
        "category": pd.Series("垃圾", index=index, dtype="str"),
        "reported_at": pd.Series(times, index=index).astype("datetime64[us, Asia/Shanghai]"),
    }
    points = [None if label.startswith("n") else shapely.Point(x, 50.0 + row) for row, label in enumerate(labels)]
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4548", index=index)


def test_what_is_put_in_comes_back(address, two_tiers):
    store.create(address, {"grids": two_tiers, "events": events("a", "b", "none")}, settings={"title_zh": "测试"}, actor=ACTOR)
    assert store.append_events(address, events("c", "n2", x=150.25), actor=ACTOR) == range(4, 6)
    found = store.read_project(address)
    assert dict(found.settings) == {"title_zh": "测试"}
    expected = pd.concat([events("a", "b", "none"), events("c", "n2", x=150.25)])
    assert_geodataframe_equal(found.events[["category", "reported_at", "geometry"]], expected, check_crs=True)
    assert store.read_events(address, since=3)["row_id"].tolist() == [4, 5]
    assert found.grids.index.tolist() == two_tiers.index.tolist()
    assert shapely.equals_exact(found.grids.geometry.to_numpy(), two_tiers.geometry.to_numpy()).all()
    with pytest.raises(StoreError, match="there already"):
        store.append_events(address, events("c"), actor=ACTOR)
    assert len(store.read_events(address)) == 5


def test_a_table_of_anothers_is_not_taken_for_ours(tmp_path, two_tiers):
    path = tmp_path / "town.gpkg"
    files.write_layers({"grids": two_tiers, "events": events("a"), "plans": pd.DataFrame({"budget": [1]})}, path)
    with pytest.raises(StoreError, match="the table plans is another's: it lacks the columns author"):
        store.append_events(path, events("b"), actor=ACTOR)
    assert len(store.read_events(path)) == 1
    store.close()


@pytest.mark.parametrize("url", ["mysql://me:secret@host/db", "postgresql://me:secret@host", "http://host/secret"])
def test_what_is_no_database_of_ours_is_refused_and_no_password_shown(url):
    with pytest.raises(StoreError, match="is no URL of a PostgreSQL database") as refused:
        store.read_project(url)
    assert "secret" not in str(refused.value)


def test_a_database_that_cannot_be_reached_is_one_clear_line_without_the_password(tmp_path):
    with pytest.raises(StoreError) as refused:
        store.read_project(f"postgresql://me:secret@/town?host={tmp_path}")
    assert "secret" not in str(refused.value)
    assert "me:***" in str(refused.value)


def test_an_empty_file_is_no_project(tmp_path):
    path = tmp_path / "empty.gpkg"
    path.touch()
    for ask in (store.list_plans, store.version, store.last_changes):
        with pytest.raises(StoreError, match=r"empty\.gpkg holds no project"):
            ask(path)
    with pytest.raises(StoreError, match=r"empty\.gpkg holds no project"):
        store.backup(path, tmp_path / "kept.gpkg", actor=ACTOR)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty.gpkg"]
    assert path.stat().st_size == 0
