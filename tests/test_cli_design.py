"""`gridmap design`: grids and units in a file, an old plan redrawn, parents, bad input."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import networkx
import pandas as pd
import pytest
import shapely
import towns

from gridmap import files, partition, plan

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "design")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("town")
    made = towns.dongyuan()
    tables = {"units": made.units.drop(columns="grid_code"), "streets": made.streets, "grids": made.grids}
    paths = {name: folder / f"{name}.gpkg" for name in tables}
    for name, path in paths.items():
        files.write(tables[name], path, layer=name)
    return paths


def read(path: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the grids and the units of an output."""
    return files.read_grids(path, layer="grids"), gpd.read_file(path, layer="units").set_index("unit_id")


def require_connected(units: gpd.GeoDataFrame) -> None:
    """Hold every grid to the graph of shared borders."""
    left, right = units.sindex.query(units.geometry, predicate="touches")
    shared = shapely.intersection(units.geometry.to_numpy()[left], units.geometry.to_numpy()[right])
    long = shapely.length(shared) > 0
    graph = networkx.Graph([*zip(units.index[left[long]], units.index[right[long]], strict=True)])
    for code, members in units.groupby("grid_code").groups.items():
        assert networkx.is_connected(graph.subgraph(members)), code


def test_a_town_within_its_band(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "plan.gpkg"
    code, out, err = run(town["units"], "--households", "300:500", "--streets", town["streets"], "-o", target)
    assert (code, err) == (0, "")
    assert "16 grids of 98 units" in out
    assert "grids within the band 300:500: 16 of 16" in out
    grids, units = read(target)
    assert len(grids) == 16
    assert (grids[["band_low", "band_high"]] == [300, 500]).all(axis=None)
    assert "band_low" not in units  # the band of an option is that of no area
    assert grids["households"].between(300, 500).all()
    assert units.groupby("grid_code")["households"].sum().to_dict() == grids["households"].to_dict()
    require_connected(units)
    parts = units[units["compound"].notna()].groupby("compound").agg(total=("households", "sum"), grids=("grid_code", "nunique"))
    assert (parts.loc[parts["total"] <= 500, "grids"] == 1).all()
    plan.from_grids(grids)  # a valid coverage


def test_an_old_plan_is_redrawn_with_little_change_and_keeps_its_tiers(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "plan.gpkg"
    code, out, _ = run(town["units"], "--households", "300:500", "--streets", town["streets"], "--keep", town["grids"], "-o", target)
    assert code == 0
    old, new = towns.dongyuan().grids, plan.from_grids(read(target)[0]).grids
    assert (new["kind"] == "dedicated").sum() == (old["kind"] == "dedicated").sum()
    assert new["level"].value_counts().to_dict() == old["level"].value_counts().to_dict()
    lowest = new[(new["kind"] == "base") & (new["level"] == new["level"].max())]
    assert lowest["households"].between(300, 500).all()
    assert set(lowest.index) == set(old.index[(old["kind"] == "base") & (old["level"] == old["level"].max())])
    assert "households in another grid than before" in out


def test_every_grid_lies_in_one_parent(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "plan.gpkg"
    parents = tmp_path / "parents.gpkg"
    old = towns.dongyuan().grids
    files.write(old[(old["kind"] == "base") & (old["level"] <= 2)], parents, layer="grids")
    code, _, err = run(town["units"], "--grids", 16, "--tolerance", 0.4, "--within", parents, "-o", target)
    assert (code, err) == (0, "")
    grids = plan.from_grids(read(target)[0]).grids
    lowest = grids[grids["level"] == 3]
    assert len(lowest) == 16
    assert set(lowest["parent"]) == set(old.index[(old["kind"] == "base") & (old["level"] == 2)])


def test_units_across_the_outline_of_parents_are_told(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    made = towns.dongyuan()
    west, south, east, north = made.boundary.total_bounds
    middle, index = (west + east) / 2, pd.Index(["W", "E"], name="grid_code")
    shapes = [shapely.box(west - 1, south - 1, middle, north + 1), shapely.box(middle, south - 1, east + 1, north + 1)]
    halves = gpd.GeoDataFrame({"name": index}, index=index, geometry=shapes, crs=made.units.crs)
    files.write(halves, tmp_path / "halves.gpkg", layer="grids")
    target = tmp_path / "plan.gpkg"
    code, _, err = run(town["units"], "--grids", 16, "--tolerance", 0.5, "--within", tmp_path / "halves.gpkg", "-o", target)
    assert code == 0
    assert "lie across outlines of parents: each goes as a whole" in err
    _, units = read(target)
    assert units.groupby("grid_code").ngroups == 16


def test_tiers_are_made_at_once(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "plan.gpkg"
    code, out, _ = run(town["units"], "--grids", "2,4,12", "--tolerance", 0.5, "-o", target)
    assert code == 0
    assert "12 grids of 98 units" in out
    assert "band" not in out  # none was asked for
    assert plan.from_grids(read(target)[0]).grids["level"].value_counts().to_dict() == {1: 2, 2: 4, 3: 12}
    assert run(town["units"], "--grids", "2,4", "--keep", town["grids"], "-o", target)[0] == 2
    assert run(town["units"], "--grids", "2,x", "-o", target)[0] == 2


def test_the_same_seed_is_the_same_answer(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    words = (town["units"], "--grids", 8, "--tolerance", 0.2, "--seed", 3)
    found = []
    for name in ("one.gpkg", "other.gpkg"):
        assert run(*words, "-o", tmp_path / name)[0] == 0
        found.append(read(tmp_path / name)[1]["grid_code"])
    pd.testing.assert_series_equal(*found)


def test_what_cannot_be_is_one_line_and_nothing_is_written(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "plan.gpkg"
    code, out, err = run(town["units"], "--households", "10:20", "-o", target, lang="zh")
    assert (code, out, target.exists()) == (2, "", False)
    assert err.startswith("错误：无解") or "无解" in err
    assert err.count("\n") == 1
    for words in (
        ["--grids", 3, "--weights", "beauty=1"],
        ["--grids", 3, "--lock", "X"],
        ["--grids", 0],
        ["--grids", 3, "--balance", "x=0.1"],
        ["--grids", ","],
        ["--grids", 3, "--tolerance", "inf"],
    ):
        code, _, err = run(town["units"], *words, "-o", target)
        assert (code, err.count("\n"), target.exists()) == (2, 1, False), err
    assert run(town["units"], "--grids", 3, "-o", tmp_path / "plan.csv")[0] == 2
    assert run(town["units"], "-o", target)[0] == 2  # neither a band nor a number


def test_the_best_that_was_found_is_written_if_asked(run: Run, tmp_path: Path) -> None:
    places = [(x, y) for x in range(5) for y in range(5) if {x, y} & {0, 4}]  # around a hole, too many for a proof that there is none
    squares = [shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in places]
    index = pd.Index(list("abcdefghijklmnop"), name="unit_id")
    households = [10 if {x, y} <= {0, 4} else 5 for x, y in places]
    units = gpd.GeoDataFrame({"households": households}, geometry=squares, index=index, crs="EPSG:4548")
    path, target = tmp_path / "units.gpkg", tmp_path / "plan.gpkg"
    files.write(units, path, layer="units")
    words = (path, "--grids", 10, "--tolerance", 0.05, "-o", target)
    code, _, err = run(*words)
    assert code == 2
    assert "the best is" in err
    assert not target.exists()
    code, out, _ = run(*words, "--best")
    assert code == 1
    assert "the best is" in out
    assert len(read(target)[0]) == 10


def test_bands_of_units_hold_and_are_told(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    units = files.read_layer(town["units"], "units").assign(band_low=300, band_high=500)
    path = tmp_path / "units.gpkg"
    files.write(units, path, layer="units")
    code, out, err = run(path, "--households", "200:600", "-o", tmp_path / "plan.gpkg")
    assert code == 0
    assert "bands of their own" in err
    assert "grids within the band 300:500: 16 of 16" in out


def test_bands_of_some_units_stand_beside_that_of_the_option(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    units = files.read_layer(town["units"], "units")
    west = units.representative_point().x < units.representative_point().x.median()
    units["band_low"], units["band_high"] = pd.Series(250, units.index).where(west), pd.Series(450, units.index).where(west)
    path, target = tmp_path / "units.gpkg", tmp_path / "plan.gpkg"
    files.write(units, path, layer="units")
    code, out, err = run(path, "--households", "300:500", "-o", target)
    assert code == 0, err
    assert f"{west.sum()} rows" in err
    assert "within their own bands (of 250:500 in all)" in out
    grids = read(target)[0]
    assert grids["band_low"].between(250, 300).all()
    assert grids["households"].between(grids["band_low"] - 1, grids["band_high"] + 1).all()


def test_units_that_do_not_fit_together_are_told_before_the_search(
    run: Run, town: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition, "build", lambda *_, **__: pytest.fail("searched"))
    units = files.read_layer(town["units"], "units")
    first = units.index[3]
    crossed = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for shape, words in ((units.geometry[first].buffer(0.0002), "units leave gaps or overlap"), (crossed, "missing or invalid")):
        spoiled = units.copy()
        spoiled.loc[first, "geometry"] = shape
        path = tmp_path / "spoiled.geojson"
        spoiled.reset_index().to_file(path)
        code, _, err = run(path, "--households", "300:500", "-o", tmp_path / "plan.gpkg")
        assert (code, err.count("\n")) == (2, 1)
        assert words in err
        assert f"first: {first}" in err or str(first) in err
        assert "gridmap repair" in err


def test_households_that_are_missing_or_beyond_all_measure(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    units = files.read_layer(town["units"], "units")
    huge = units.assign(households=units["households"].astype(float).replace(units["households"].iloc[0], 1e308))
    for name, table, words in (
        ("none", units.drop(columns="households"), "units have no households"),
        ("empty", units.assign(households=pd.array([None] * len(units), dtype="Int64")), "gridmap blocks --buildings counts households"),
        ("huge", huge, "households must be numbers from 0 to 1e15, none missing; given: 1e+308"),
    ):
        path = tmp_path / f"{name}.gpkg"
        files.write(table, path, layer="units")
        code, _, err = run(path, "--households", "300:500", "-o", tmp_path / "plan.gpkg")
        assert (code, err.count("\n")) == (2, 1), err
        assert words in err
        assert "--columns" not in err


def test_what_is_no_number_is_told_of_the_option_it_stands_in(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    for words in (["--weights", "border=much"], ["--balance", "load_min=little"]):
        code, _, err = run(town["units"], "--grids", 3, *words, "-o", tmp_path / "plan.gpkg")
        assert (code, "--weights or --balance" in err, words[1].split("=")[1] in err) == (2, True, True), err


def test_an_old_plan_of_another_place_is_no_old_plan(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    grids = files.read_layer(town["grids"], "grids")
    far = tmp_path / "far.gpkg"
    files.write(grids.set_geometry(grids.translate(0.5, 0)), far, layer="grids")
    target = tmp_path / "plan.gpkg"
    code, _, err = run(town["units"], "--grids", 16, "--keep", far, "-o", target)
    assert (code, "--keep" in err, err.count("\n"), target.exists()) == (2, True, 1, False), err


def test_where_nobody_lives_no_figure_is_no_number(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    units = files.read_layer(town["units"], "units").assign(households=0)
    files.write(units, tmp_path / "units.gpkg", layer="units")
    code, out, _ = run(tmp_path / "units.gpkg", "--grids", 4, "--keep", town["grids"], "-o", tmp_path / "plan.gpkg")
    assert (code, "nan" in out.lower()) == (0, False), out


def test_bands_of_units_in_words_are_refused(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    units = files.read_layer(town["units"], "units").astype({"households": int}).assign(band_low="low", band_high="high")
    units.to_file(tmp_path / "units.gpkg", layer="units")
    code, _, err = run(tmp_path / "units.gpkg", "--households", "300:500", "-o", tmp_path / "plan.gpkg")
    assert (code, "band_low" in err, err.count("\n")) == (2, True, 1), err
