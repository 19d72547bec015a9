"""`gridmap repair`: the repaired layer, the list of changes, exit codes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "repair")


def write(grids: gpd.GeoDataFrame, path: Path) -> Path:
    grids.reset_index().to_file(path)
    return path


def test_a_clean_layer_is_written_as_it_was(run: Run, two_tiers: gpd.GeoDataFrame, tmp_path: Path) -> None:
    source, target = write(two_tiers, tmp_path / "tiers.gpkg"), tmp_path / "out.gpkg"
    code, out, err = run(source, "-o", target)
    assert (code, err) == (0, "")
    assert "nothing to repair, nothing changed" in out
    before, after = gpd.read_file(source), gpd.read_file(target, layer="grids")
    assert shapely.equals_exact(before.geometry.to_numpy(), after.geometry.to_numpy(), 0.0).all()
    columns = before.columns.drop("geometry")
    pd.testing.assert_frame_equal(pd.DataFrame(after[columns]), pd.DataFrame(before[columns]))


def test_an_overlap_is_repaired_and_listed(run: Run, two_tiers: gpd.GeoDataFrame, tmp_path: Path) -> None:
    two_tiers.loc["A2", "geometry"] = shapely.box(100, 0, 210, 100)
    source = write(two_tiers, tmp_path / "tiers.gpkg")
    code, out, _ = run(source, "-o", tmp_path / "out.geojson", "--changes", tmp_path / "changes.csv")
    assert code == 0
    assert "changed 1" in out
    assert "kept by the smallest of them by area: grids 1, gained 0.00 m2, lost 1,000.00 m2" in out
    changes = pd.read_csv(tmp_path / "changes.csv", dtype={"grid_code": str})
    assert changes[["grid_code", "rule", "other", "lost_m2"]].to_numpy().tolist() == [["A2", "overlap", "B1", 1000.0]]
    repaired = gpd.read_file(tmp_path / "out.geojson").set_index("grid_code")
    assert repaired.geometry["A2"].equals(shapely.box(100, 0, 200, 100))
    assert main(["check", str(tmp_path / "out.geojson")]) == 0


def test_what_is_left_is_printed_and_exit_code_1(run: Run, three_by_three: gpd.GeoDataFrame, tmp_path: Path) -> None:
    source = write(three_by_three.drop("e"), tmp_path / "grids.gpkg")
    boundary = gpd.GeoDataFrame({"name": ["all"]}, geometry=[shapely.box(0, 0, 300, 300)], crs=three_by_three.crs)
    boundary.to_crs("EPSG:4490").to_file(tmp_path / "boundary.gpkg")
    code, out, _ = run(source, "--boundary", tmp_path / "boundary.gpkg", "-o", tmp_path / "out.gpkg", lang="zh")
    assert code == 1
    assert "需要人工处理的" in out
    assert "缺失：1 处" in out
    _, out, _ = run(source, "-o", tmp_path / "out.gpkg", "--gap-width", 100)
    assert "gained 10,000.00 m2" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "out.txt"), "out.txt"),
        (("-o", "grids.gpkg"), "grids.gpkg"),
        (("-o", "out.gpkg", "--changes", "out.gpkg"), "out.gpkg"),
        (("-o", "out.gpkg", "--gap-width", "-1"), "gap_width_m"),
        (("-o", "out.gpkg", "--code", "nothing"), "nothing"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    run: Run, three_by_three: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(three_by_three, tmp_path / "grids.gpkg")
    code, out, err = run("grids.gpkg", *words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err
    assert [path.name for path in tmp_path.iterdir()] == ["grids.gpkg"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "gpkg", "geojson", "parquet", "shp", "zip"])
def test_every_format_holds_grids_without_polygons(run: Run, three_by_three: gpd.GeoDataFrame, tmp_path: Path, suffix: str) -> None:
    three_by_three.loc["b", "geometry"] = three_by_three.geometry["a"]
    source = write(three_by_three, tmp_path / "grids.gpkg")
    code, out, err = run(source, "-o", tmp_path / f"out.{suffix}", "--changes", tmp_path / f"changes.{suffix}")
    assert (code, err) == (1, "")
    assert "no polygon" in out
    assert (tmp_path / f"changes.{suffix}").exists()
