"""The project file in use: what is acknowledged stays, what is refused leaves nothing, and other programs read along."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from conftest import square
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import files, store
from gridmap.errors import CRSError, FileError, SchemaError, StoreError
from gridmap.store.tables import blobs

ACTOR = store.Actor("值班员", "command")
START = pd.Timestamp("2021-06-01 08:00", tz="Asia/Shanghai")


def events(*labels: str, at: pd.Timestamp = START, crs: str = "EPSG:4548", **columns: object) -> gpd.GeoDataFrame:
    """Return events a metre apart, the first at (1, 2)."""
    shapes = [shapely.Point(1 + number, 2) for number in range(len(labels))]
    given = {"category": "litter", "reported_at": at, **columns}
    return gpd.GeoDataFrame(given, index=pd.Index(labels, name="event_id", dtype="str"), geometry=shapes, crs=crs)


@pytest.fixture(autouse=True)
def closed():
    yield
    store.close()


@pytest.fixture
def project(tmp_path) -> Path:
    """A project of one grid and two events, one of them without a place."""
    grids = gpd.GeoDataFrame(
        {"name": ["甲"], "level": [1], "kind": ["base"], "parent": [None]},
        index=pd.Index(["a"], name="grid_code"), geometry=[square(0, 0)], crs="EPSG:4548",
    )  # fmt: skip
    first = events(
        "e1", "e2", text=["one", None], closed_at=pd.Series([START, pd.NaT]).dt.tz_convert("UTC").to_numpy(), resolved=[True, None]
    )
    first = first.assign(
        closed_at=pd.Series([START, pd.NaT], index=first.index), severity=pd.array([3, None], dtype="Int64"), score=[0.5, np.nan]
    )
    first.loc["e2", "geometry"] = None
    path = tmp_path / "project.gpkg"
    files.write_project(
        {"grids": grids, "events": first.assign(resolved=pd.array([True, None], dtype="boolean"))}, path, settings={"a": "b"}
    )
    return path


def outside(path: Path, code: str) -> str:
    """Return what another process prints that opens the file with GDAL."""
    done = subprocess.run(
        [sys.executable, "-c", f"import pyogrio; path = {str(path)!r}; {code}"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("limit", [None, 9], ids=["by GDAL", "by SQLite"])
def test_what_is_read_is_what_gdal_reads(project, limit):
    expected = files.read_project(project).events
    found = store.read_events(project, limit=limit)
    assert list(found["row_id"]) == [1, 2]
    assert_geodataframe_equal(found.drop(columns="row_id"), expected)


@pytest.mark.parametrize("limit", [None, 9], ids=["by GDAL", "by SQLite"])
def test_a_column_of_the_files_own_never_passes_for_row_ids(tmp_path, limit):
    path = tmp_path / "own.gpkg"
    files.write_project({"events": events("a", "b", row_id=[7, 7])}, path, settings={})
    assert store.read_events(path, limit=limit)["row_id"].tolist() == [1, 2]


def test_rows_that_are_not_wanted_stay_in_the_file(project, three_by_three):
    whole, bare = store.read_project(project), store.read_project(project, without_rows=("events", "nothing"))
    assert list(bare.tables) == list(whole.tables)
    assert_geodataframe_equal(bare.grids, whole.grids)
    assert_geodataframe_equal(bare.events, whole.events.iloc[:0], check_dtype=False)
    pyogrio.write_dataframe(events("far", crs="EPSG:3857"), project, layer="events")
    with pytest.raises(CRSError, match="EPSG:4548 / EPSG:3857"):
        store.read_project(project, without_rows=("events",))


def test_appended_events_come_back_as_they_were_and_gdal_agrees(project):
    moment = START + pd.Timedelta(milliseconds=125)
    given = events("e3", "e4", at=moment, text="箱子, 'quoted' \"twice\"").assign(
        severity=pd.array([2, 7], dtype="Int64"), score=[1.5, -2.0]
    )
    assert store.append_events(project, given, actor=ACTOR) == range(3, 5)
    found = store.read_events(project, since=2)
    assert list(found.index) == ["e3", "e4"]
    for name in ("category", "text", "severity", "score", "reported_at"):
        assert found[name].tolist() == given[name].tolist()
    assert found.geometry.geom_equals_exact(given.geometry, 0).all()
    store.close()
    assert_geodataframe_equal(store.read_events(project).drop(columns="row_id"), files.read_project(project).events)


def test_points_are_brought_to_the_crs_of_the_table(project):
    grids = files.read_project(project).grids
    inside = gpd.GeoDataFrame(
        {"category": ["a"], "reported_at": [START]},
        index=pd.Index(["lonlat"], name="event_id"),
        geometry=[shapely.Point(50, 50)],
        crs=grids.crs,
    ).to_crs("EPSG:4490")
    store.append_events(project, inside, actor=ACTOR)
    assert store.read_events(project, since=2).geometry.distance(shapely.Point(50, 50)).max() < 1e-6


def test_the_files_own_records_stay_true(project):
    store.append_events(project, events("far").set_geometry([shapely.Point(500, 700)], crs="EPSG:4548"), actor=ACTOR)
    store.append_events(project, events("nowhere").set_geometry([None], crs="EPSG:4548"), actor=ACTOR)
    with sqlite3.connect(f"file:{project}?mode=ro", uri=True) as connection:
        contents = connection.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'events'").fetchone()
        count = connection.execute("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'events'").fetchone()[0]
        entries = connection.execute("SELECT count(*) FROM rtree_events_geom").fetchone()[0]
        assert connection.execute("SELECT rtreecheck('rtree_events_geom')").fetchone() == ("ok",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        log = connection.execute("SELECT actor, role, action, table_name, first_row, row_count FROM audit").fetchall()
    connection.close()
    assert contents == (1, 2, 500, 700)
    assert (count, entries) == (4, 2)
    assert log == [("值班员", "command", "append", "events", 3, 1), ("值班员", "command", "append", "events", 4, 1)]
    assert outside(project, "print(len(pyogrio.read_dataframe(path, layer='events', bbox=(400, 600, 600, 800))))") == "1"


def test_identifiers_that_are_there_are_refused_and_nothing_is_written(project):
    before = store.version(project)
    with pytest.raises(StoreError, match=r"there already.*2 rows, first: e2, e1"):
        store.append_events(project, events("new", "e2", "e1"), actor=ACTOR)
    assert store.version(project).row == before.row
    with sqlite3.connect(f"file:{project}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (0,)
    connection.close()
    assert store.append_events(project, events("new"), actor=ACTOR) == range(3, 4)


REFUSED = {
    "unknown column": (events("x", weather="sunny"), SchemaError, "columns that the project has not: weather"),
    "twice": (events("x", "x"), SchemaError, "duplicate identifiers"),
    "no category": (events("x").drop(columns="category"), SchemaError, "lacks the columns category"),
    "times without zone": (events("x", at=START.tz_localize(None)), SchemaError, "no times with a time zone"),
    "text for a number": (events("x", severity="high"), SchemaError, "column severity of events has values that do not fit"),
    "half a number": (events("x", severity=1.5), SchemaError, "do not fit"),
    "number for a text": (events("x", text=5), SchemaError, "column text of events"),
    "numbered": (events("x").set_axis(pd.Index([7], name="event_id")), SchemaError, "must be texts"),
    "lines": (events("x").set_geometry([shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:4548"), SchemaError, "of type Point"),
    "infinite": (events("x").set_geometry([shapely.Point(np.inf, 1)], crs="EPSG:4548"), SchemaError, "infinite"),
    "no crs": (events("x").set_crs(None, allow_override=True), CRSError, "no coordinate reference system"),
    "unknown shift": (events("x", crs="EPSG:2349"), CRSError, "transformation"),
    "swapped": (events("x").set_geometry([shapely.Point(36.1, 117.4)], crs="EPSG:4490"), CRSError, "exchanged"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_one_clear_error_and_nothing_is_written(project, case):
    given, error, match = REFUSED[case]
    content = project.read_bytes()
    with pytest.raises(error, match=match):
        store.append_events(project, given, actor=ACTOR)
    assert project.read_bytes() == content


def test_a_file_without_events_or_none_at_all_is_refused(tmp_path, three_by_three):
    with pytest.raises(StoreError, match="there is no project file"):
        store.append_events(tmp_path / "none.gpkg", events("x"), actor=ACTOR)
    path = tmp_path / "grids.gpkg"
    files.write_project({"grids": three_by_three}, path, settings={})
    with pytest.raises(StoreError, match="no table of events"):
        store.append_events(path, events("x"), actor=ACTOR)
    assert store.version(path).row == 0
    (tmp_path / "text.gpkg").write_text("no database " * 100)
    with pytest.raises(FileError, match="gpkg"):
        store.read_project(tmp_path / "text.gpkg")


def test_no_events_are_no_write(project):
    content = project.read_bytes()
    assert store.append_events(project, events("x").iloc[:0], actor=ACTOR) == range(0)
    assert project.read_bytes() == content


def test_many_threads_share_the_writer_and_lose_nothing(project):
    given: dict[str, int] = {}

    def write(name: int) -> None:
        for number in range(15):
            label = f"{name}-{number}"
            given[label] = store.append_events(project, events(label), actor=ACTOR)[0]

    threads = [threading.Thread(target=write, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.read_events(project, since=2)
    assert dict(zip(found.index, found["row_id"], strict=True)) == given
    assert sorted(given.values()) == list(range(3, 93))


def test_watchers_are_told_after_the_commit(project):
    seen: list[int] = []
    end = store.watch(project, lambda: seen.append(store.version(project).row))
    store.append_events(project, events("x", "y"), actor=ACTOR)
    end()
    store.append_events(project, events("z"), actor=ACTOR)
    assert seen == [4]


def test_the_mark_changes_with_every_write_and_with_the_file(project, three_by_three):
    marks = [store.version(project)]
    assert store.version(project) == marks[0]
    store.append_events(project, events("x"), actor=ACTOR)
    marks.append(store.version(project))
    store.close()
    with sqlite3.connect(project) as connection:
        connection.execute("UPDATE settings SET value = 'c'")
    connection.close()
    marks.append(store.version(project))
    files.write_project({"grids": three_by_three, "events": events("only")}, project, settings={})
    marks.append(store.version(project))
    assert len(set(marks)) == 4
    assert [mark.row for mark in marks] == [2, 3, 3, 1]
    assert store.append_events(project, events("next"), actor=ACTOR) == range(2, 3)


def test_another_process_reads_and_writes_while_this_one_does(project):
    store.append_events(project, events("mine"), actor=ACTOR)
    assert outside(project, "print(pyogrio.read_info(path, layer='events')['features'])") == "3"
    code = (
        "import sys; from pathlib import Path; import geopandas as gpd, pandas as pd, shapely; from gridmap import store\n"
        "for number in range(5):\n"
        "    frame = gpd.GeoDataFrame({'category': ['a'], 'reported_at': [pd.Timestamp('2021-07-01', tz='UTC')]},\n"
        "        index=pd.Index([f'other-{number}'], name='event_id'), geometry=[shapely.Point(1, 1)], crs='EPSG:4548')\n"
        "    store.append_events(Path(sys.argv[1]), frame, actor=store.Actor('other', 'command'))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(project)]) as other:
        for number in range(20):
            store.append_events(project, events(f"mine-{number}"), actor=ACTOR)
            time.sleep(0.02)
        assert other.wait(timeout=60) == 0
    found = store.read_events(project)
    assert len(found) == 28
    assert found["row_id"].tolist() == list(range(1, 29))


def test_a_snapshot_is_whole_and_goes_away(project):
    store.append_events(project, events("x"), actor=ACTOR)
    with store.snapshot(project) as copy:
        assert copy.name == project.name
        store.append_events(project, events("y"), actor=ACTOR)
        assert list(files.read_project(copy).events.index) == ["e1", "e2", "x"]
    assert not copy.exists()
    assert list(store.read_project(project).events.index) == ["e1", "e2", "x", "y"]


def test_closing_leaves_one_file(project):
    store.append_events(project, events("x"), actor=ACTOR)
    assert project.with_name("project.gpkg-wal").exists()
    store.close()
    assert [path.name for path in project.parent.iterdir()] == ["project.gpkg"]


def test_a_project_in_use_is_not_replaced_and_a_stale_journal_never_reaches_the_new_file(project, three_by_three, tmp_path):
    store.append_events(project, events("x"), actor=ACTOR)
    with pytest.raises(FileError, match="open in an application"):
        files.write_project({"grids": three_by_three}, project, settings={})
    assert len(store.read_events(project)) == 3
    journal = project.with_name("project.gpkg-wal")
    stale = journal.read_bytes()
    store.close()
    journal.write_bytes(stale)  # as a process that was killed leaves it
    files.write_project({"grids": three_by_three, "events": events("only")}, project, settings={})
    assert not journal.exists()
    assert list(store.read_events(project).index) == ["only"]


# Blobs

degrees = st.floats(-180, 180, allow_nan=False)


@given(st.lists(st.tuples(degrees, degrees), min_size=1, max_size=5), st.integers(-1, 1 << 30))
@settings(max_examples=50, deadline=None)
def test_a_point_survives_its_blob(pairs, srs_id):
    x, y = np.array(pairs).T
    packed = [blobs.blob(drawn, srs_id) for drawn in shapely.to_wkb(shapely.points(x, y), byte_order=1)]
    for blob, east, north in zip(packed, x, y, strict=True):
        assert blobs.box(blob) == (east, east, north, north)
    assert shapely.get_coordinates(shapely.from_wkb([blobs.wkb(blob) for blob in packed])).tolist() == np.column_stack([x, y]).tolist()


def test_blobs_of_other_makers_are_read(tmp_path):
    shape = shapely.Polygon([(0, 1), (4, 1), (4, 9)])
    wkb = shapely.to_wkb(shape, byte_order=1)
    with_envelope = b"GP\x00\x03" + (0).to_bytes(4, "little") + np.array([0, 4, 1, 9], dtype="<f8").tobytes() + wkb
    big_endian = (
        b"GP\x00\x02" + (0).to_bytes(4, "big") + np.array([0, 4, 1, 9], dtype=">f8").tobytes() + shapely.to_wkb(shape, byte_order=0)
    )
    bare = b"GP\x00\x01" + bytes(4) + wkb
    assert [blobs.box(blob) for blob in (with_envelope, big_endian, bare)] == [(0, 4, 1, 9)] * 3
    assert all(shapely.from_wkb(blobs.wkb(blob)).equals(shape) for blob in (with_envelope, big_endian, bare))
    empty = b"GP\x00\x11" + bytes(4) + shapely.to_wkb(shapely.Point(), byte_order=1)
    assert [blobs.box(blob) for blob in (empty, b"", b"GP", b"other bytes")] == [None] * 4
