"""A folder of Parquet files on dask.distributed: the single-file command's answers, whoever dies in between."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from conftest import square
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap import __version__, assign, files, hierarchy, scale
from gridmap.cli import main
from gridmap.errors import CRSError, FileError, GridmapError, GridmapWarning, SchemaError
from gridmap.scale import engine, layer, listing, manifest, threads, work
from gridmap.scale.job import Folders, Job

LONG_S = 60  # no wait of these tests is longer
CRS = "EPSG:4548"
NEW = ["grid", "level_1", "level_2", "dedicated"]


def town() -> gpd.GeoDataFrame:
    """Four level-1 grids of four squares each, codes with leading zeros, and one dedicated grid."""
    upper = [(f"0{n}", 1, "base", None, square(n % 2, n // 2, side=200)) for n in range(4)]
    lower = [(f"1{n:02d}", 2, "base", f"0{n % 4 // 2 + n // 8 * 2}", square(n % 4, n // 4)) for n in range(16)]
    rows = [*upper, *lower, ("900", 2, "dedicated", "105", shapely.box(140, 140, 160, 160))]
    frame = gpd.GeoDataFrame(rows, columns=["grid_code", "level", "kind", "parent", "geometry"], crs=CRS)
    return frame.assign(name=frame["grid_code"]).set_index("grid_code")


def points(rows: int, seed: int) -> pd.DataFrame:
    """Points in and about the town, a tenth on borders, some without coordinates, with columns of several kinds."""
    random = np.random.default_rng(seed)
    places = random.uniform(-40, 440, (rows, 2))
    places[::10] = np.round(places[::10] / 100) * 100
    places[5::50] = np.nan
    days = pd.Timestamp("2021-03-01") + pd.to_timedelta(np.arange(rows), unit="min")
    return pd.DataFrame(
        {"number": [f"{n:05d}" for n in range(rows)], "x": places[:, 0], "y": places[:, 1], "day": days, "n": np.arange(rows)}
    )


def fill(folder: Path, count: int, rows: int = 500) -> Path:
    """Write `count` files, every third one in a partition of its own."""
    for n in range(count):
        place = folder / (f"part={n}" if n % 3 == 2 else "") / f"f{n:02d}.parquet"
        place.parent.mkdir(parents=True, exist_ok=True)
        points(rows, n).to_parquet(place, row_group_size=max(rows // 3, 1))
    return folder


def outputs(folder: Path) -> dict[str, Path]:
    """Relative name -> file."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.parquet"))}


def state(folder: Path) -> Path:
    return folder / "_gridmap"


def hash_of(folder: Path) -> str:
    """Hash of every output's name and bytes."""
    digest = hashlib.sha256()
    for name, path in outputs(folder).items():
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()


def until(met: Callable[[], object]) -> None:
    end = time.monotonic() + LONG_S
    while not met():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def grids() -> gpd.GeoDataFrame:
    return town()


@pytest.fixture(scope="module")
def grids_file(grids: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grids") / "grids.gpkg"
    files.write(grids, path, layer="grids")
    return path


def dask(*words: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        env=os.environ | (environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def cluster(folder: Path, *, workers: int, environment: dict[str, str] | None = None) -> Iterator[str]:
    """A scheduler and workers as processes of their own, on this machine alone; give the address."""
    said = folder / "scheduler.json"
    common = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--host", "127.0.0.1")
    scheduler = dask("scheduler", "--port", "0", "--scheduler-file", str(said), *common, environment=environment)
    with scheduler:
        try:
            until(said.exists)
            until(lambda: said.read_text().strip())
            address = json.loads(said.read_text())["address"]
            ways = ("--nthreads", "1", "--nworkers", str(workers), "--local-directory", str(folder))
            with dask("worker", address, *ways, *common, environment=environment) as nanny:
                try:
                    yield address
                finally:
                    nanny.terminate()
                    nanny.wait(LONG_S)
        finally:
            scheduler.terminate()
            scheduler.wait(LONG_S)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from cluster(tmp_path_factory.mktemp("scheduler"), workers=2)


@pytest.fixture
def on(scheduler: str) -> scale.Options:
    """Options of a run on the scheduler."""
    return scale.Options(crs=CRS, scheduler=scheduler)


def once(source: Path, grids: gpd.GeoDataFrame, target: Path, **given: object) -> work.Part | work.Refusal:
    """What a worker makes of the one file in `source`, in this process."""
    folders = Folders(source, target)
    folders.work.mkdir(parents=True, exist_ok=True)
    data = assign.Index(grids).to_bytes()
    folders.index.write_bytes(data)
    chosen = {"version": __version__, "x": None, "y": None, "crs": CRS, "max_distance_m": 0.0} | given
    (file,) = listing.inputs(source)
    return work.do(file, folders, Job(index=work.hash_of(data), **chosen))


# what is written


def test_a_folder_gives_what_the_command_gives_file_by_file(
    grids_file: Path, scheduler: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = fill(tmp_path / "in", 6), tmp_path / "out"
    words = ["--crs", CRS, "--lang", "en"]
    assert main(["assign", str(source), str(grids_file), "--scheduler", scheduler, "-o", str(target), *words]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert outputs(target).keys() == outputs(source).keys()
    totals = np.zeros(5, dtype=int)
    for name, path in outputs(source).items():
        plain = tmp_path / "one.parquet"  # where no name of a folder reads as a column
        shutil.copyfile(path, plain)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GridmapWarning)
            assert main(["assign", str(plain), str(grids_file), "-o", str(tmp_path / "alone.parquet"), *words]) == 0
        alone = pd.read_parquet(tmp_path / "alone.parquet").drop(columns=["event_id", "geometry"])
        pd.testing.assert_frame_equal(pq.ParquetFile(target / name).read().to_pandas(), alone)
        totals += [int(word) for word in capsys.readouterr().out.splitlines()[0].replace(",", "").split() if word.isdecimal()]
    rows, assigned, dedicated, outside, missing = totals
    first = f"{rows} rows: {assigned} in a grid (of which {dedicated} in a dedicated one), {outside} outside, {missing} without coordinates"
    assert said.out.splitlines()[:2] == [first, "6 files: 6 now, 0 by an earlier run"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(*[st.floats(-50, 450) | st.sampled_from([0.0, 100.0, 150.0, 200.0, np.nan])] * 2), max_size=30),
    reach=st.sampled_from([0.0, 5.0, 60.0]),
)
def test_positions_are_those_of_chain_and_to_grids(grids: gpd.GeoDataFrame, places: list[tuple[float, float]], reach: float) -> None:
    x, y = np.array(places, dtype=float).reshape(-1, 2).T
    missing = np.isnan(x) | np.isnan(y)
    x, y = np.where(missing, np.nan, x), np.where(missing, np.nan, y)
    made = layer.layer(assign.Index(grids))
    found = {
        name: layer.coded(made.codes, position).to_pylist() for name, position in layer.chain(x, y, made, max_distance_m=reach).items()
    }
    drawn = shapely.points(x, y)
    drawn[missing] = None
    frame = gpd.GeoDataFrame(geometry=drawn, crs=CRS)
    owner = assign.to_grids(frame, grids, max_distance_m=reach)
    assert found["grid"] == owner.astype(object).where(owner.notna(), None).tolist()
    expected = assign.chain(frame, grids)
    exact = expected["grid"].notna().to_numpy()
    for name in NEW[1:]:
        assert np.array(found[name], dtype=object)[exact].tolist() == [
            None if pd.isna(code) else code for code in expected.loc[exact, name]
        ]
    above = hierarchy.ancestors(grids)
    for n in np.flatnonzero(owner.notna().to_numpy() & ~exact):
        assert [found["level_1"][n], found["level_2"][n]] == above.loc[owner[n]].tolist()


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_geoparquet_keeps_its_geometry_and_is_moved_to_the_grids(grids: gpd.GeoDataFrame, tmp_path: Path, encoding: str) -> None:
    table = points(200, 1)
    given_points = gpd.GeoDataFrame(table[["n"]], geometry=gpd.points_from_xy(table["x"], table["y"]), crs=CRS)
    if encoding == "WKB":
        given_points.loc[[3, 5], "geometry"] = None
        given_points.loc[7, "geometry"] = shapely.MultiPoint([given_points.geometry[7]])
    (tmp_path / "in").mkdir()
    moved = given_points.to_crs("EPSG:4490")
    moved.to_parquet(tmp_path / "in" / "a.geoparquet", geometry_encoding=encoding)
    done = once(tmp_path / "in", grids, tmp_path / "out", crs=None)
    assert isinstance(done, work.Part), done
    written = gpd.read_parquet(done.path)
    assert written.crs == moved.crs
    assert list(written.columns) == ["n", "geometry", *NEW]
    back = moved.to_crs(CRS)
    back.loc[back.geometry.is_empty, "geometry"] = None
    if encoding == "WKB":
        back.loc[7, "geometry"] = shapely.get_geometry(back.geometry[7], 0)
    pd.testing.assert_frame_equal(pd.DataFrame(written[NEW]), assign.chain(back, grids)[NEW])


def test_columns_of_our_names_move_aside(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    frame = gpd.GeoDataFrame({"grid": ["mine"], "grid_original": [1]}, geometry=[shapely.Point(150, 150)], crs=CRS)
    frame.rename_geometry("level_1").to_parquet(tmp_path / "in" / "a.parquet")
    done = once(tmp_path / "in", grids, tmp_path / "out")
    assert isinstance(done, work.Part), done
    written = gpd.read_parquet(done.path)
    assert written.active_geometry_name == "level_1_original"
    assert written.drop(columns="level_1_original").iloc[0].to_dict() == {
        "grid_original_": "mine", "grid_original": 1, "grid": "900", "level_1": "00", "level_2": "105", "dedicated": "900",
    }  # fmt: skip


def test_a_file_is_read_in_batches_and_rows_keep_their_order(
    grids: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "in", 1, rows=5000)
    whole = once(tmp_path / "in", grids, tmp_path / "whole")
    monkeypatch.setattr(work, "BATCH_BYTES", 1)
    monkeypatch.setattr(work, "FEWEST_ROWS", 64)
    batched = once(tmp_path / "in", grids, tmp_path / "batched")
    assert isinstance(whole, work.Part)
    assert isinstance(batched, work.Part)
    assert pq.read_metadata(batched.path).num_row_groups > 70
    assert pq.read_table(batched.path).equals(pq.read_table(whole.path))
    assert batched.counts == whole.counts


def test_files_without_rows_and_of_other_number_types(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.parquet"
    pq.write_table(pa.table({"x": pa.array([], pa.float64()), "y": pa.array([], pa.float64())}), path)
    done = once(tmp_path / "in", grids, tmp_path / "out")
    assert isinstance(done, work.Part), done
    assert done.counts == manifest.Counts()
    assert pq.read_schema(done.path).names == ["x", "y", *NEW]
    columns = {"x": pa.array([150, None, 250], pa.int16()), "y": pa.array(["150", "50", " ５０ "])}
    pq.write_table(pa.table(columns), path)
    done = once(tmp_path / "in", grids, tmp_path / "out")
    assert isinstance(done, work.Part), done
    assert pq.read_table(done.path)["grid"].to_pylist() == ["900", None, "102"]
    assert done.counts == manifest.Counts(rows=3, assigned=2, missing=1, dedicated=1, within=2)


def test_readers_see_texts_although_numbers_are_written(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    source = fill(tmp_path / "in", 1, rows=3000)
    table = pq.read_table(source / "f00.parquet").append_column("kind", pa.array(["a", "b", None] * 1000).dictionary_encode())
    pq.write_table(table, source / "f00.parquet")
    done = once(source, grids, tmp_path / "out")
    assert isinstance(done, work.Part), done
    opened = pq.ParquetFile(done.path)
    assert opened.schema_arrow.remove_metadata().equals(pa.schema([*table.schema, *((name, pa.large_string()) for name in NEW)]))
    assert opened.schema_arrow.metadata == table.schema.metadata
    columns = [opened.metadata.row_group(0).column(n) for n in range(opened.metadata.num_columns)]
    assert [column.is_stats_set for column in columns] == [True] * 6 + [False] * 4
    assert all(column.has_dictionary_page for column in columns[-4:])
    assert [opened.schema.column(n).logical_type.type for n in range(6, 10)] == ["STRING"] * 4
    assert pd.read_parquet(done.path)[NEW].dtypes.eq("str").all()


@given(position=st.lists(st.integers(-1, 6), max_size=40))
def test_coded_is_each_code_at_its_place(position: list[int]) -> None:
    codes = pa.array(list("abcdefg"))
    made = layer.coded(codes, np.array(position, dtype=np.int32))
    made.validate(full=True)
    assert made.to_pylist() == [None if n < 0 else "abcdefg"[n] for n in position]
    assert made.dictionary.to_pylist() == sorted({"abcdefg"[n] for n in position if n >= 0})


# what a file is refused for


def refused(done: work.Part | work.Refusal) -> str:
    assert isinstance(done, work.Refusal), done
    assert done.zh != done.en
    return done.en


@pytest.mark.parametrize(
    ("columns", "given_options", "said"),
    [
        ({"x": [np.inf], "y": [1.0]}, {}, "infinite"),
        ({"x": [1.0], "z": [1.0]}, {}, "has no coordinates"),
        ({"x": [1.0], "y": [1.0]}, {"x": "lon", "y": "y"}, "lacks the columns lon"),
        ({"x": [1.0], "y": [1.0]}, {"crs": None}, "coordinate reference system of columns x, y"),
        ({"x": ["here"], "y": [1.0]}, {}, "hold no numbers"),
        ({"lon": [0.0, 200.0], "lat": [0.0, 1.0]}, {"crs": "EPSG:4490"}, "beyond 180"),
        ({"x": [50.0], "y": [50.0]}, {"crs": "EPSG:2334"}, "no transformation of datum"),
        ({"x": [50.0], "y": [50.0]}, {"version": "0"}, "another version"),
        ({"x": [50.0], "y": [50.0]}, {"index": "0"}, "cannot read"),
    ],
)
def test_a_faulty_file_is_refused_with_one_reason_and_leaves_nothing(
    grids: gpd.GeoDataFrame, tmp_path: Path, columns: dict[str, list[object]], given_options: dict[str, object], said: str
) -> None:
    (tmp_path / "in").mkdir()
    pd.DataFrame(columns).to_parquet(tmp_path / "in" / "a.parquet")
    if "index" in given_options:
        done = once(tmp_path / "in", grids, tmp_path / "out")
        assert isinstance(done, work.Part)
        done.path.unlink()
        job = Job(__version__, "0", None, None, CRS, 0.0)
        done = work.do("a.parquet", Folders(tmp_path / "in", tmp_path / "out"), job)
    else:
        done = once(tmp_path / "in", grids, tmp_path / "out", **given_options)
    assert said in refused(done)
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["index"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" + bytes(40) + b"\x08\0\0\0PAR1"])
def test_damaged_files_are_refused(grids: gpd.GeoDataFrame, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").write_bytes(content)
    assert "cannot read a.parquet" in refused(once(tmp_path / "in", grids, tmp_path / "out"))


def test_pages_cut_out_of_a_file_are_refused_or_read_never_a_fault(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    fill(tmp_path / "in", 1, rows=2000)
    path = tmp_path / "in" / "f00.parquet"
    data = bytearray(path.read_bytes())
    data[100:8000] = bytes(7900)
    path.write_bytes(data)
    assert "cannot read f00.parquet" in refused(once(tmp_path / "in", grids, tmp_path / "out"))


def test_exchanged_coordinates_of_a_whole_file_are_refused(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    moved = gpd.GeoSeries([shapely.Point(150, 150)], crs=CRS).to_crs("EPSG:4490").get_coordinates()
    degrees = grids.to_crs("EPSG:4490")
    pd.DataFrame({"lon": moved["y"], "lat": moved["x"]}).to_parquet(tmp_path / "in" / "a.parquet")
    assert "exchanged" in refused(once(tmp_path / "in", degrees, tmp_path / "out", crs=None))


def test_names_that_stand_twice_are_refused(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.Table.from_arrays([pa.array([1.0])] * 3, names=["x", "y", "x"]), tmp_path / "in" / "a.parquet")
    assert "same column name twice" in refused(once(tmp_path / "in", grids, tmp_path / "out"))


# folders


def test_folders_that_do_not_suit_are_refused(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    source = fill(tmp_path / "in", 1)
    for target in (source, source / "out", tmp_path):
        with pytest.raises(FileError, match="one lies in the other"):
            scale.assign(source, grids, target)
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(FileError, match="one lies in the other"):
        scale.assign(source, grids, tmp_path / "link" / "out")
    with pytest.raises(FileError, match="no such folder"):
        scale.assign(tmp_path / "absent", grids, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "f00.parquet").write_text("precious")
    with pytest.raises(FileError, match="other content"):
        scale.assign(source, grids, tmp_path / "mine")
    assert (tmp_path / "mine" / "f00.parquet").read_text() == "precious"
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(FileError, match="cannot write"):
        scale.assign(source, grids, tmp_path / "circle" / "out")
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    (tmp_path / "empty" / "notes.txt").write_text("")
    with pytest.raises(FileError, match=r"holds no Parquet files; given: notes\.txt"):
        scale.assign(tmp_path / "empty", grids, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_parquet_is_passed_over_and_named_unless_hidden(tmp_path: Path) -> None:
    source = fill(tmp_path / "in", 3)
    for name in ("_metadata", ".crc", "_temporary/a.parquet", ".cache/b.parquet", "notes.csv", "UPPER.PARQUET"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("")
    (source / "round").symlink_to(source)
    with pytest.warns(GridmapWarning, match=r"2 rows, first: notes\.csv, round"):
        found = listing.inputs(source)
    assert found == ["UPPER.PARQUET", "f00.parquet", "f01.parquet", "part=2/f02.parquet"]


@pytest.mark.skipif(sys.platform != "linux", reason="such names exist on Linux alone")
def test_hostile_names(grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path) -> None:
    source = tmp_path / "in"
    names = ["街 道\n一.parquet", "-o.parquet", "a'b\"$(x)%20.parquet", "l" * 240 + ".parquet", "日=1/{x}.parquet"]
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        points(20, 1).to_parquet(source / name)
    done = scale.assign(source, grids, tmp_path / "out", options=on)
    assert done["file"].tolist() == sorted(names)
    assert outputs(tmp_path / "out").keys() == set(names)
    (source / os.fsdecode(b"\xff.parquet")).write_text("")
    with pytest.raises(FileError, match=r"no text; 1 rows, first: \\udcff\.parquet"):
        scale.assign(source, grids, tmp_path / "out", options=on)


@pytest.mark.parametrize(
    ("given_options", "said"),
    [
        ({"x": "lon"}, "only one coordinate"),
        ({"workers": 0}, "1 or more"),
        ({"workers": 2, "scheduler": "tcp://a:1"}, "exclude each other"),
        ({"scheduler": "http://a:1"}, "tcp://host:port"),
        ({"scheduler": "tcp://a"}, "tcp://host:port"),
        ({"max_distance_m": float("nan")}, "max_distance_m"),
    ],
)
def test_options_out_of_place_are_refused(given_options: dict[str, object], said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        scale.Options(**given_options)


def test_unknown_crs_and_absent_libraries_are_said_first(grids: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CRSError, match="names no coordinate reference system"):
        scale.assign(tmp_path, grids, tmp_path / "out", options=scale.Options(crs="EPSG:0"))
    monkeypatch.setattr(engine, "LIBRARIES", ("distributed", "no_such_library"))
    with pytest.raises(GridmapError, match="extra scale; given: no_such_library"):
        scale.assign(tmp_path, grids, tmp_path / "out", options=scale.Options(workers=1))
    scale.assign(fill(tmp_path / "in", 1), grids, tmp_path / "out", options=scale.Options(crs=CRS))  # without dask none is asked for


# runs on a scheduler


def test_a_second_run_does_what_changed_and_nothing_else(grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path) -> None:
    source, target = fill(tmp_path / "in", 6), tmp_path / "out"
    seen: list[tuple[int, int]] = []
    first = scale.assign(source, grids, target, options=on, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n, 6) for n in range(7)]
    assert not first["resumed"].any()
    assert first["output_hash"].tolist() == [manifest.content_hash(target / file) for file in first["file"]]
    assert [first[name].sum() for name in ("assigned", "outside", "missing")] == [
        int(sum(part)) for part in zip(*((a.counts.assigned, a.counts.outside, a.counts.missing) for a in _entries(target)), strict=True)
    ]
    again = scale.assign(source, grids, target, options=on, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[7:] == [(6, 6)]
    pd.testing.assert_frame_equal(again.drop(columns="resumed"), first.drop(columns="resumed"))
    assert again["resumed"].all()
    points(30, 99).to_parquet(source / "f00.parquet")  # another input
    os.utime(source / "f01.parquet", (0, 0))  # another time
    (target / "f03.parquet").unlink()  # a lost output
    with (target / "f04.parquet").open("ab") as handle:
        handle.write(b"!")  # a changed one
    third = scale.assign(source, grids, target, options=on).set_index("file")
    assert third.index[~third["resumed"]].tolist() == ["f00.parquet", "f01.parquet", "f03.parquet", "f04.parquet"]
    assert third.loc["f00.parquet", "rows"] == 30
    assert third["output_hash"].iloc[1:].tolist() == first["output_hash"].iloc[1:].tolist()
    fewer = scale.assign(source, grids.drop(index="900"), target, options=on)
    assert not fewer["resumed"].any()
    assert not fewer["dedicated"].any()
    farther = scale.assign(source, grids, target, options=scale.Options(crs=CRS, scheduler=on.scheduler, max_distance_m=1e4))
    assert not farther["resumed"].any()
    assert not farther["outside"].any()
    (source / "f00.parquet").unlink()
    with pytest.warns(GridmapWarning, match=r"have no input any more; 1 rows, first: f00\.parquet"):
        left = scale.assign(source, grids, target, options=scale.Options(crs=CRS, scheduler=on.scheduler, max_distance_m=1e4))
    assert left["resumed"].all()
    assert (target / "f00.parquet").exists()


def _entries(target: Path) -> list[manifest.Entry]:
    path = state(target) / "manifest.jsonl"
    job = Job(**json.loads(path.read_text().splitlines()[0]))
    return list(manifest.read(path, job).values())


def test_a_broken_manifest_costs_work_and_nothing_else(grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path) -> None:
    source, target = fill(tmp_path / "in", 3), tmp_path / "out"
    first = scale.assign(source, grids, target, options=on)
    path = state(target) / "manifest.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    broken = ["[]\n", "{}\n", '{"file": 1}\n', "\xff\n", lines[1], lines[2][:50]]
    path.write_text(lines[0] + "".join(broken), encoding="latin-1")
    again = scale.assign(source, grids, target, options=on)
    assert again["resumed"].tolist() == [True, False, False]
    assert path.read_text().splitlines()[:2] == [line.rstrip() for line in lines[:2]]
    assert len(path.read_text().splitlines()) == 4
    pd.testing.assert_frame_equal(again[["file", "rows", "output_hash"]], first[["file", "rows", "output_hash"]])


def test_bad_files_are_named_at_the_end_and_the_others_are_done(
    grids_file: Path, scheduler: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = fill(tmp_path / "in", 5), tmp_path / "out"
    good = (source / "f01.parquet").read_bytes()
    (source / "f01.parquet").write_bytes(good[:-100])
    (source / "f03.parquet").write_bytes(b"")
    words = ["assign", str(source), str(grids_file), "--crs", CRS, "--scheduler", scheduler, "-o", str(target)]
    assert main([*words, "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "2 of 5 files could not be done (f01.parquet, f03.parquet), all others are; the first: cannot read f01.parquet" in said.err
    assert outputs(target).keys() == outputs(source).keys() - {"f01.parquet", "f03.parquet"}
    assert main([*words, "--lang", "zh"]) == 2
    assert "第一个：读不出 f01.parquet" in capsys.readouterr().err
    (source / "f01.parquet").write_bytes(good)
    points(10, 3).to_parquet(source / "f03.parquet")
    assert main([*words, "--lang", "en"]) == 0
    assert "5 files: 2 now, 3 by an earlier run" in capsys.readouterr().out


def test_an_output_named_like_a_folder_there_is_one_clear_error(grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path) -> None:
    source, target = fill(tmp_path / "in", 1), tmp_path / "out"
    (target / "_gridmap").mkdir(parents=True)
    (target / "f00.parquet" / "deep").mkdir(parents=True)
    with pytest.raises(FileError, match=r"cannot write .*f00\.parquet"):
        scale.assign(source, grids, target, options=on)


def test_left_overs_of_dead_runs_are_removed_and_a_second_run_is_refused(
    grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path
) -> None:
    source, target = fill(tmp_path / "in", 2), tmp_path / "out"
    left_over = state(target) / "work" / "abc.part"
    left_over.parent.mkdir(parents=True)
    left_over.write_bytes(b"half")
    with (
        manifest.locked(state(target)),
        pytest.raises(FileError, match=rf"another run is writing to .*out; given: \S+ {os.getpid()};"),
    ):
        scale.assign(source, grids, target, options=on)
    assert left_over.exists()
    scale.assign(source, grids, target, options=on)
    assert sorted(path.name for path in state(target).iterdir()) == ["lock", "manifest.jsonl"]


def test_points_far_from_the_grids_are_warned_of(grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pd.DataFrame({"x": [9e5], "y": [9e5]}).to_parquet(tmp_path / "in" / "a.parquet")
    with pytest.warns(GridmapWarning, match="no event lies within"):
        scale.assign(tmp_path / "in", grids, tmp_path / "out", options=on)


def test_a_chain_that_breaks_off_is_warned_of_once(grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path) -> None:
    source = fill(tmp_path / "in", 3)
    with pytest.warns(GridmapWarning, match="unbroken chain") as said:
        scale.assign(source, grids.drop(index="00"), tmp_path / "out", options=on)
    assert len(said) == 1


def test_workers_that_do_not_fit_are_refused(
    monkeypatch: pytest.MonkeyPatch, grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path
) -> None:
    source = fill(tmp_path / "in", 1)
    answers: dict[str, object] = {}
    monkeypatch.setattr(engine, "ask_all", lambda *_: answers)
    for answer, said in (
        ((__version__, False, None), r"does not see .*out"),
        ((__version__, True, None), r"does not see .*in;"),
        (("0.0.1", True, None), rf"another version of gridmap; given: w: 0\.0\.1 / {__version__}"),
        (ModuleNotFoundError("gridmap"), "cannot run gridmap"),
    ):
        answers["w"] = answer
        with pytest.raises(FileError, match=said):
            scale.assign(source, grids, tmp_path / "out", options=on)


def test_a_scheduler_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 0.5)
    source = fill(tmp_path / "in", 1)
    with pytest.raises(FileError, match=r"cannot be reached; given: tcp://127\.0\.0\.1:1: "):
        scale.assign(source, grids, tmp_path / "out", options=scale.Options(crs=CRS, scheduler="tcp://127.0.0.1:1"))
    with pytest.raises(FileError, match="do not suit the scheduler's address"):
        scale.assign(source, grids, tmp_path / "out", options=scale.Options(crs=CRS, scheduler="tls://127.0.0.1:1"))


def test_options_of_the_other_kind_of_input_are_refused(grids_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = fill(tmp_path / "in", 1)
    for events, words, said in (
        (source, ["--columns", "a=b"], "--columns is for one file"),
        (source, ["--events-layer", "a"], "--events-layer is for one file"),
        (source / "f00.parquet", ["--workers", "2"], "--workers is for a folder"),
        (source / "f00.parquet", ["--scheduler", "tcp://a:1"], "--scheduler is for a folder"),
    ):
        assert main(["assign", str(events), str(grids_file), "-o", str(tmp_path / "out"), *words, "--lang", "en"]) == 2
        assert said in capsys.readouterr().err
    assert main(["assign", str(source), str(grids_file), "-o", str(grids_file.parent), "--lang", "en"]) == 2
    assert "one of the inputs" in capsys.readouterr().err


# threads of this process


def test_threads_give_every_outcome_and_try_the_disk_again() -> None:
    asked: list[str] = []

    def do(file: str, go_on: Callable[[], None]) -> str:
        asked.append(file)
        if file == "disk" and asked.count("disk") < 3:
            raise OSError(5, "once more")
        if file in ("bad", "gone"):
            raise ZeroDivisionError(file) if file == "bad" else FileNotFoundError(file)
        return file.upper()

    names = [f"f{n}" for n in range(20)]
    found = dict(threads.outcomes(do, [*names, "disk", "bad", "gone"], threads=3))
    assert {name: found.pop(name) for name in (*names, "disk")} == {name: name.upper() for name in (*names, "disk")}
    assert {name: type(error) for name, error in found.items()} == {"bad": ZeroDivisionError, "gone": FileNotFoundError}
    assert (asked.count("disk"), asked.count("bad"), asked.count("gone")) == (3, 1, 3)
    assert list(threads.outcomes(do, [])) == []


def test_threads_left_early_stop_in_the_middle_of_their_files() -> None:
    begun: list[str] = []

    def do(file: str, go_on: Callable[[], None]) -> None:
        begun.append(file)
        end = time.monotonic() + LONG_S
        while file != "f0" and time.monotonic() < end:
            go_on()

    left = threads.outcomes(do, (f"f{n}" for n in range(1000)), threads=2)
    assert next(left) == ("f0", None)
    left.close()
    assert len(begun) <= 4


def test_a_file_left_in_the_middle_leaves_nothing(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    source = fill(tmp_path / "in", 1)
    made = once(source, grids, tmp_path / "out")
    assert isinstance(made, work.Part)
    made.path.unlink()
    index = work.hash_of((state(tmp_path / "out") / "work" / "index").read_bytes())

    def leave() -> None:
        raise threads.StoppedError

    with pytest.raises(threads.StoppedError, match=r"^$"):
        work.done("f00.parquet", Folders(source, tmp_path / "out"), Job(__version__, index, None, None, CRS, 0.0), leave)
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["index"]


# whoever dies


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty files of 60,000 rows."""
    folder = tmp_path_factory.mktemp("many") / "in"
    folder.mkdir()
    for n in range(30):
        points(60_000, n)[["x", "y", "n"]].to_parquet(folder / f"f{n:02d}.parquet")
    return folder


@pytest.fixture(scope="module")
def undisturbed(many: Path, grids: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hash of what threads of this process make of them."""
    target = tmp_path_factory.mktemp("undisturbed") / "out"
    scale.assign(many, grids, target, options=scale.Options(crs=CRS))
    return hash_of(target)


def started(before: Collection[int] = ()) -> list[int]:
    """The processes that this one has started, but for some: libraries of other tests keep theirs."""
    return [child.pid for child in multiprocessing.active_children() if child.pid is not None and child.pid not in before]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_worker_killed_in_the_middle_changes_nothing(many: Path, grids: gpd.GeoDataFrame, undisturbed: str, tmp_path: Path) -> None:
    before, killed = started(), list[int]()

    def kill(done: int, _total: int) -> None:
        if done == 1:
            victim = started(before)[0]
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    done = scale.assign(many, grids, tmp_path / "out", options=scale.Options(crs=CRS, workers=2), on_progress=kill)
    assert len(killed) == 1
    assert not psutil.pid_exists(killed[0])
    assert len(done) == 30
    assert hash_of(tmp_path / "out") == undisturbed
    assert started(before) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("workers", [["--workers", "1"], []])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_command_stopped_in_the_middle_goes_on_where_it_was(
    many: Path,
    grids_file: Path,
    undisturbed: str,
    tmp_path: Path,
    how: signal.Signals,
    workers: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "out"
    words = ["assign", str(many), str(grids_file), "--crs", CRS, "-o", str(target), "--lang", "en"]
    run = subprocess.Popen(
        [sys.executable, "-m", "gridmap", *words, *workers],
        start_new_session=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: len(outputs(target)) >= 3 or run.poll() is not None)
    children = psutil.Process(run.pid).children(recursive=True)
    assert bool(children) == bool(workers)
    if how == signal.SIGINT:
        os.killpg(run.pid, how)  # as a terminal does
    else:
        run.kill()
    out, err = run.communicate(timeout=LONG_S)
    assert psutil.wait_procs(children, timeout=LONG_S)[1] == []
    assert out == ""
    if how == signal.SIGINT:
        assert run.returncode == 130
        assert err == "stopped; the files written are whole, and the same command does the rest\n"
    before = {name: (path.stat().st_ino, path.stat().st_mtime_ns) for name, path in outputs(target).items()}
    assert 3 <= len(before) < 30
    assert main(words) == 0
    said = capsys.readouterr().out
    resumed = int(said.split(" by an earlier run")[0].split()[-1])
    assert resumed >= len(before) - 1  # the very last may have had its name, but not yet its line in the manifest
    after = {name: (path.stat().st_ino, path.stat().st_mtime_ns) for name, path in outputs(target).items()}
    assert sum(after[name] == before[name] for name in before) == resumed
    assert hash_of(target) == undisturbed


def test_every_worker_lost_for_good_is_said_and_resumed(
    grids: gpd.GeoDataFrame, many: Path, undisturbed: str, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 3.0)
    folder, target = tmp_path / "scheduler", tmp_path / "out"
    folder.mkdir()
    own = cluster(folder, workers=1)
    options = scale.Options(crs=CRS, scheduler=next(own))

    def stop(done: int, _total: int) -> None:
        if done == 2:
            own.close()

    try:
        with pytest.raises(FileError, match=r"scheduler went away|there is no worker"):
            scale.assign(many, grids, target, options=options, on_progress=stop)
    finally:
        own.close()
    assert 2 <= len(outputs(target)) < 30
    done = scale.assign(many, grids, target, options=scale.Options(crs=CRS, scheduler=scheduler))
    assert done["resumed"].sum() >= 2
    assert hash_of(target) == undisturbed


def test_a_scheduler_behind_tls(grids: gpd.GeoDataFrame, tmp_path: Path) -> None:
    import dask.config
    from distributed import Security

    made = Security.temporary()
    ca, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    ca.write_text(made.tls_ca_file)
    key.write_text(made.tls_client_key)
    chosen: dict[str, object] = {"tls.ca-file": str(ca), "require-encryption": True, "default-scheme": "tls"}
    for role in ("scheduler", "worker", "client"):
        chosen |= {f"tls.{role}.cert": str(ca), f"tls.{role}.key": str(key)}
    chosen = {f"distributed.comm.{name}": value for name, value in chosen.items()}
    environment = {"DASK_" + name.upper().replace(".", "__").replace("-", "_"): str(value) for name, value in chosen.items()}
    source = fill(tmp_path / "in", 3)
    with dask.config.set(chosen):
        for address in cluster(tmp_path, workers=1, environment=environment):
            assert address.startswith("tls://127.0.0.1:")
            done = scale.assign(source, grids, tmp_path / "out", options=scale.Options(crs=CRS, scheduler=address))
            assert len(done) == 3
            with pytest.raises(FileError, match="do not suit"):
                scale.assign(source, grids, tmp_path / "other", options=scale.Options(crs=CRS, scheduler=address.replace("tls", "tcp")))


@pytest.mark.skipif(sys.platform != "linux", reason="sockets of other processes are looked up on Linux")
def test_own_processes_listen_to_this_machine_alone_and_answer_nobody_without_the_certificate() -> None:
    before = started()
    with engine.client(scale.Options(workers=1), 5) as found:
        address = str(found.scheduler.address)
        assert address.startswith("tls://127.0.0.1:")
        own, workers = psutil.Process(), [psutil.Process(pid) for pid in started(before)]
        assert len(workers) == 1
        held = [end for process in (own, *workers) for end in process.net_connections("tcp")]
        listening = [end.laddr for end in held if end.status == psutil.CONN_LISTEN]
        assert {place.ip for place in listening} == {"127.0.0.1"}
        assert int(address.rpartition(":")[2]) in [place.port for place in listening]
        for place in listening:
            assert unanswered(place.port), place


def unanswered(port: int) -> bool:
    """Tell whether a port gives a stranger nothing: a page that is not found, or no connection without a certificate."""
    with socket.create_connection(("127.0.0.1", port), timeout=LONG_S) as plain:
        plain.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
        try:
            if plain.recv(100).startswith(b"HTTP/1.1 404"):
                return True
        except ConnectionResetError:
            pass
    stranger = ssl.create_default_context()
    stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=LONG_S) as plain,
            stranger.wrap_socket(plain, server_hostname="dask-internal") as wrapped,
        ):
            return wrapped.recv(100) == b""
    except (ssl.SSLError, ConnectionResetError):
        return True


@pytest.mark.parametrize(
    ("error", "said"), [(OSError(28, "full"), "f00.parquet was given up: OSError"), (ZeroDivisionError("ours"), "ours")]
)
def test_a_fault_of_the_machine_is_a_reason_and_one_of_the_program_stays_a_fault(
    monkeypatch: pytest.MonkeyPatch, grids: gpd.GeoDataFrame, on: scale.Options, tmp_path: Path, error: Exception, said: str
) -> None:
    monkeypatch.setattr(engine, "outcomes", lambda _client, _work, files, *_: ((file, error) for file in files))
    with pytest.raises(FileError if isinstance(error, OSError) else ZeroDivisionError, match=said):
        scale.assign(fill(tmp_path / "in", 1), grids, tmp_path / "out", options=on)
