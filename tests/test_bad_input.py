"""What a user sees when input is wrong: one clear line, exit code 2, nothing written; and what is no error at all."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import square

from gridmap.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words] + ["--lang", "en"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def grids(three_by_three: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """Nine squares about 118E 30N in degrees."""
    path = tmp_path / "grids.geojson"
    moved = three_by_three.set_geometry(three_by_three.translate(500_000, 3_320_000)).to_crs("EPSG:4326")
    moved[["name", "geometry"]].reset_index().to_file(path)
    return path


@pytest.fixture
def events(grids: Path, tmp_path: Path) -> Path:
    """Two events in each square, by longitude and latitude."""
    centres = gpd.read_file(grids).to_crs("EPSG:4548").centroid.to_crs("EPSG:4326")
    table = pd.DataFrame({"category": "litter", "reported_at": "2021-05-01 08:00", "lon": centres.x, "lat": centres.y})
    path = tmp_path / "events.csv"
    pd.concat([table, table]).to_csv(path, index=False)
    return path


def one_line(said: str) -> str:
    """The only line on stderr; it names the fault, and ends in a hint."""
    (line,) = said.splitlines()
    assert line.startswith("error: ")
    assert "Hint: " in line
    return line


def refused(run: Run, target: Path, *words: object) -> str:
    """The line with which a command refuses; nothing is printed, nothing new lies in the folder."""
    before = sorted(target.parent.iterdir())
    code, out, err = run(*words, "-o", target)
    assert code == 2
    assert out == ""
    assert sorted(target.parent.iterdir()) == before
    return one_line(err)


def test_a_missing_file(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    line = refused(run, tmp_path / "out.csv", "assign", events.with_name("event.csv"), grids)
    assert "event.csv" in line
    assert "events.csv" in line  # the name that was meant
    assert "nowhere.geojson" in refused(run, tmp_path / "out.html", "check", tmp_path / "nowhere.geojson")


def test_an_empty_file(run: Run, grids: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "empty.csv" in refused(run, tmp_path / "out.csv", "assign", empty, grids)
    header = tmp_path / "header.csv"
    header.write_text("lon,lat\n", encoding="utf-8")
    assert "header.csv" in refused(run, tmp_path / "out.csv", "assign", header, grids)


def test_wrong_columns(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    line = refused(run, tmp_path / "out.csv", "assign", events, grids, "--x", "longitude", "--y", "lat")
    assert "longitude" in line
    assert "category, reported_at, lon, lat" in line  # what was given
    assert "nc_id" in refused(run, tmp_path / "out.html", "check", grids, "--code", "nc_id")
    assert "kind_of" in refused(run, tmp_path / "out.csv", "workload", events, grids, "--columns", "category=kind_of")
    assert "population" in refused(run, tmp_path / "out.html", "map", grids, "--value", "population")


def test_no_coordinate_system(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.parquet"
    gpd.read_file(grids).set_crs(None, allow_override=True).to_parquet(bare)
    assert "bare.parquet" in refused(run, tmp_path / "out.html", "check", bare)
    assert run("check", bare, "--crs", "EPSG:4326")[0] == 0
    metres = tmp_path / "metres.csv"
    pd.read_csv(events).rename(columns={"lon": "east", "lat": "north"}).to_csv(metres, index=False)
    assert "east, north" in refused(run, tmp_path / "out.csv", "assign", metres, grids, "--x", "east", "--y", "north")


def test_mixed_coordinate_systems(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.csv"
    mixed.write_text('geometry\n"SRID=4326;POINT (118 30)"\n"SRID=4490;POINT (118 30)"\n', encoding="utf-8")
    assert "EPSG:4326, EPSG:4490" in refused(run, tmp_path / "out.csv", "assign", mixed, grids)
    line = refused(run, tmp_path / "out.csv", "assign", events, grids, "--grids-crs", "EPSG:4548")
    assert "EPSG:4326 / EPSG:4548" in line


def test_a_change_of_datum_that_nobody_knows(run: Run, grids: Path, tmp_path: Path) -> None:
    old = tmp_path / "xian80.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.Point(118, 30)], crs="EPSG:4610").to_file(old)
    # A warning that came before (two decimals) does not make it two lines.
    assert "Xian 1980" in refused(run, tmp_path / "out.csv", "assign", old, grids)


def test_events_in_another_system_are_transformed(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    table = pd.read_csv(events)
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs="EPSG:4326").to_crs("EPSG:32650")
    moved = tmp_path / "utm.csv"
    table.drop(columns=["lon", "lat"]).assign(e=points.x, n=points.y).to_csv(moved, index=False)
    code, _, err = run("assign", moved, grids, "--x", "e", "--y", "n", "--crs", "EPSG:32650", "-o", tmp_path / "out.csv")
    assert (code, err) == (0, "")
    assert pd.read_csv(tmp_path / "out.csv")["grid"].tolist() == list("abcdefghi") * 2


def test_mixed_geometry(run: Run, grids: Path, tmp_path: Path) -> None:
    frame = gpd.read_file(grids)
    frame.loc[[1, 3], "geometry"] = shapely.Point(118, 30)
    mixed = tmp_path / "mixed.geojson"
    frame.to_file(mixed)
    line = refused(run, tmp_path / "out.html", "check", mixed)
    assert "Point" in line
    assert "2 rows, first: b, d" in line


def test_infinite_coordinates(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    table = pd.read_csv(events)
    table.loc[3, "lon"] = np.inf
    table.to_csv(broken, index=False)
    assert "infinite" in refused(run, tmp_path / "out.csv", "assign", broken, grids)


def test_longitude_and_latitude_exchanged(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    line = refused(run, tmp_path / "out.csv", "assign", events, grids, "--x", "lat", "--y", "lon", "--crs", "EPSG:4326")
    assert "longitude and latitude exchanged" in line
    assert "18 rows" in line


def test_codes_that_stand_twice(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    frame = gpd.read_file(grids)
    frame.loc[8, "grid_code"] = "a"
    twice = tmp_path / "twice.geojson"
    frame.to_file(twice)
    for command in ("assign", "workload", "hotspots"):
        line = refused(run, tmp_path / "out.csv", command, events, twice, *(["--minutes", "30"] if command == "workload" else []))
        assert "1 rows, first: a" in line
    code, out, err = run("check", twice, "-o", tmp_path / "findings.csv")
    assert (code, err) == (1, "")
    assert "findings: 1" in out
    findings = pd.read_csv(tmp_path / "findings.csv")
    assert findings[["kind", "grid_codes", "note"]].to_numpy().tolist() == [["duplicate", "a", "same_code"]]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["hotspots", "--from", "1.3.2021"], "1.3.2021"),
        (["hotspots", "--from", "2021-05-02", "--to", "2021-05-01"], "2021-05-02 > 2021-05-01"),
        (["hotspots", "--from", "2022-01-01"], "2021-05-01 – 2021-05-01"),
        (["hotspots", "--category", "noise"], "litter"),
        (["hotspots", "--permutations", "-1"], "-1"),
        (["hotspots", "--method", "density", "--bandwidth", "0"], "0"),
        (["workload", "--minutes", "litter=soon"], "soon"),
        (["workload", "--minutes", "noise=5"], "litter"),
        (["workload", "--minutes", "a=b=c,d"], "a=b=c,d"),
        (["assign", "--level", "3"], "3"),
        (["assign", "--x", "lon"], "lon"),
        (["assign", "--crs", "EPSG:999999"], "999999"),
        (["assign", "--max-distance", "-5"], "-5"),
    ],
)
def test_options_that_make_no_sense(run: Run, grids: Path, events: Path, tmp_path: Path, words: list[str], fault: str) -> None:
    command, *options = words
    assert fault in refused(run, tmp_path / "out.csv", command, events, grids, *options)


def test_outputs_that_cannot_be(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    for target, fault in [(tmp_path / "out.docx", ".csv"), (tmp_path / "no" / "out.csv", "folder"), (events, "inputs")]:
        content = events.read_bytes()
        code, out, err = run("assign", events, grids, "-o", target)
        assert (code, out) == (2, "")
        assert fault in one_line(err)
        assert events.read_bytes() == content


def test_rows_without_coordinates_are_no_error(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    table = pd.read_csv(events)
    table.loc[[2, 5], ["lon", "lat"]] = np.nan
    holes = tmp_path / "holes.csv"
    table.to_csv(holes, index=False)
    code, out, err = run("assign", holes, grids, "-o", tmp_path / "out.csv")
    assert code == 0
    assert "2 without coordinates" in out
    (line,) = err.splitlines()
    assert line.startswith("warning: ")
    assert "2 rows, first: 3, 6" in line
    assert pd.read_csv(tmp_path / "out.csv")["grid"].isna().sum() == 2


def test_coordinates_of_two_decimals_are_warned_of(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    rounded = tmp_path / "rounded.csv"
    pd.read_csv(events).round(2).to_csv(rounded, index=False)
    code, _, err = run("assign", rounded, grids, "-o", tmp_path / "out.csv")
    assert code == 0
    (line,) = err.splitlines()
    assert line.startswith("warning: ")
    assert "two decimals" in line
    assert "18 rows" in line


def test_all_levels_in_one_file_are_told_apart_by_level(run: Run, two_tiers: gpd.GeoDataFrame, tmp_path: Path) -> None:
    layer = tmp_path / "tiers.gpkg"
    two_tiers.reset_index().to_file(layer)
    points = tmp_path / "points.csv"
    points.write_text("x,y\n50,50\n150,50\n250,50\n900,900\n", encoding="utf-8")
    given = ("assign", points, layer, "--crs", "EPSG:4548")
    assert run(*given, "-o", tmp_path / "all.csv")[0] == 0
    every = pd.read_csv(tmp_path / "all.csv")[["grid", "level_1", "level_2", "dedicated"]].fillna("-").to_numpy().tolist()
    assert every == [["D", "A", "A1", "D"], ["A2", "A", "A2", "-"], ["B1", "B", "B1", "-"], ["-", "-", "-", "-"]]
    assert run(*given, "--level", "1", "-o", tmp_path / "top.csv")[0] == 0
    top = pd.read_csv(tmp_path / "top.csv")
    assert top["level_1"].fillna("-").tolist() == ["A", "A", "B", "-"]
    assert "level_2" not in top
    for level in (1, 2):
        assert run("check", layer, "--level", level)[0] == 0


def test_five_thousand_invalid_rings(run: Run, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"grid_code": [f"{n:05d}" for n in range(5000)]},
        geometry=[bow_tie(n % 100, n // 100) for n in range(5000)],
        crs="EPSG:4548",
    )
    assert not frame.is_valid.any()
    layer = tmp_path / "rings.gpkg"
    frame.to_file(layer)
    code, out, err = run("check", layer, "-o", tmp_path / "findings.csv")
    assert (code, err) == (1, "")
    assert "invalid polygon: 5000" in out
    assert (pd.read_csv(tmp_path / "findings.csv")["kind"] == "invalid").sum() == 5000
    points = tmp_path / "points.csv"
    points.write_text("x,y\n20,50\n150,90\n", encoding="utf-8")
    code, _, err = run("assign", points, layer, "--crs", "EPSG:4548", "-o", tmp_path / "out.csv")
    assert (code, err) == (0, "")
    assert pd.read_csv(tmp_path / "out.csv", dtype="str")["grid"].fillna("-").tolist() == ["00000", "-"]


def bow_tie(column: int, row: int) -> shapely.Polygon:
    """A square's outline drawn crosswise: left and right triangles are inside, the upper and lower ones are not."""
    west, south, east, north = square(column, row).bounds
    return shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])


def test_names_in_a_message_are_shortened_and_never_steer_the_terminal(run: Run, grids: Path, events: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    columns = ["\x1b[31mred", "\u202ebackwards", *(f"column_{n}" for n in range(200))]
    pd.DataFrame([range(len(columns))], columns=columns).to_csv(odd, index=False)
    line = refused(run, tmp_path / "out.csv", "assign", odd, grids)
    assert "\\x1b[31mred, \\u202ebackwards, column_0" in line
    assert len(line) < 600
