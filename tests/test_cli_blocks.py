"""`gridmap blocks`: units in a file, the hull where no boundary is given, bad input."""

import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import pytest
import towns

from gridmap import files, partition

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "blocks")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("town")
    paths = {name: folder / f"{name}.gpkg" for name in ("streets", "boundary", "compounds", "buildings")}
    for name, path in paths.items():
        files.write(towns.dongyuan().frames()[name], path, layer=name)
    return paths


def test_units_are_those_of_the_function(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "units.gpkg"
    options = [word for name in ("boundary", "compounds", "buildings") for word in (f"--{name}", town[name])]
    code, out, err = run(town["streets"], *options, "--band", "300:500", "-o", target)
    assert (code, err) == (0, "")
    assert "units 78, 2.24 km2 in all" in out
    assert "households 6,521, buildings 498, units above the band 300:500: 0" in out
    written = gpd.read_file(target, layer="units").set_index("unit_id")
    made = towns.dongyuan()
    expected = partition.blocks(made.streets, boundary=made.boundary, compounds=made.compounds, buildings=made.buildings)
    assert written["households"].to_dict() == expected["households"].to_dict()
    assert written["compound"].dropna().to_dict() == expected["compound"].dropna().to_dict()


def test_without_a_boundary_the_hull_is_taken_and_said(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "units.geojson"
    code, _, err = run(town["streets"], "-o", target)
    assert code == 0
    assert err == "no --boundary: the convex hull of the streets is the boundary\n"
    hull = towns.dongyuan().streets.union_all().convex_hull
    assert gpd.read_file(target).union_all().symmetric_difference(hull).area < 1e-5 * hull.area
    assert "以街路的凸包为边界" in run(town["streets"], "-o", target, lang="zh")[2]


def test_streets_without_class_and_identifier_will_do(run: Run, tmp_path: Path) -> None:
    streets = towns.dongyuan().streets
    bare = gpd.GeoDataFrame({"highway": streets["class"]}, geometry=streets.geometry.to_numpy(), crs=streets.crs)
    bare.to_parquet(tmp_path / "bare.parquet")
    assert run(tmp_path / "bare.parquet", "-o", tmp_path / "units.parquet")[0] == 0


@pytest.mark.parametrize("band", ["300", "low:high", "300:", "-1:5"])
def test_a_band_that_is_none_is_one_line(run: Run, town: dict[str, Path], tmp_path: Path, band: str) -> None:
    code, _, err = run(town["streets"], f"--band={band}", "-o", tmp_path / "units.gpkg")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "--band" in err


def test_bad_input_is_one_line_and_nothing_is_written(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "units.gpkg"
    code, _, err = run(town["buildings"], "--boundary", town["boundary"], "-o", target)
    assert code == 2
    assert "LineString" in err
    assert run(town["streets"], "--boundary", town["boundary"], "--band", "500:300", "-o", target)[0] == 2
    assert run(town["streets"], "-o", town["streets"])[0] == 2
    assert not target.exists()


def test_one_straight_street_has_no_hull(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    street = (
        towns.dongyuan()
        .streets.iloc[[0]]
        .set_geometry(gpd.GeoSeries.from_wkt(["LINESTRING (117 36, 117 36.01)"], crs="EPSG:4490").to_numpy())
    )
    files.write(street, tmp_path / "one.gpkg", layer="streets")
    code, _, err = run(tmp_path / "one.gpkg", "-o", tmp_path / "units.gpkg")
    assert code == 2
    assert "boundary has no rows" in err


def test_endless_households_are_one_line(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    buildings = files.read_layer(town["buildings"], "buildings").astype({"households": float})
    buildings.loc[buildings.index[0], "households"] = float("inf")
    buildings.to_file(tmp_path / "buildings.gpkg", layer="buildings")
    code, _, err = run(
        town["streets"], "--boundary", town["boundary"], "--buildings", tmp_path / "buildings.gpkg", "-o", tmp_path / "u.gpkg"
    )
    assert (code, err.count("\n"), "inf" in err) == (2, 1, True), err


def test_a_workbook_that_grows_without_end_is_refused_unread(run: Run, town: dict[str, Path], tmp_path: Path) -> None:
    book = tmp_path / "buildings.xlsx"
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/worksheets/sheet1.xml", "w") as sheet:
        for _ in range(30):
            sheet.write(b" " * 2**20)
    code, _, err = run(book, "--boundary", town["boundary"], "-o", tmp_path / "units.gpkg")
    assert (code, err.count("\n"), "grows too large" in err) == (2, 1, True), err
