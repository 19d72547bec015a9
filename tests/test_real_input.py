"""Commands on real input: 10,000 requests and 99 neighbourhood councils of Los Angeles, whose polygons overlap."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.cli import main


@pytest.fixture(scope="module")
def councils(shared_data: Path) -> Path:
    return shared_data / "la311" / "neighborhood_councils.geojson"


@pytest.fixture(scope="module")
def requests(shared_data: Path) -> Path:
    return shared_data / "la311" / "requests.csv"


@pytest.fixture(scope="module")
def assigned(councils: Path, requests: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    target = tmp_path_factory.mktemp("assigned") / "assigned.csv"
    assert main(["assign", str(requests), str(councils), "--code", "nc_id", "--lang", "en", "-o", str(target)]) == 0
    return pd.read_csv(target, dtype="str")


@pytest.fixture(scope="module")
def covering(councils: Path, requests: Path) -> pd.DataFrame:
    """Every request against every polygon by shapely alone: rows requests, columns codes in order."""
    polygons = gpd.read_file(councils).set_index("nc_id").geometry
    table = pd.read_csv(requests)
    points = shapely.points(table["longitude"], table["latitude"])
    return pd.DataFrame({code: shapely.intersects(polygons[code], points) for code in sorted(polygons.index)})


def smallest(covering: pd.DataFrame) -> pd.Series:
    return covering.idxmax(axis=1).where(covering.any(axis=1))


def test_assign_is_identical_to_shapely_for_every_request(assigned: pd.DataFrame, covering: pd.DataFrame, requests: Path) -> None:
    assert len(assigned) == 10_000
    pd.testing.assert_series_equal(assigned["grid"], smallest(covering), check_names=False, check_dtype=False)
    pd.testing.assert_series_equal(assigned["level_1"], assigned["grid"], check_names=False)
    assert assigned["dedicated"].isna().all()
    columns = pd.read_csv(requests, nrows=0).columns
    assert set(columns) <= set(assigned.columns)
    assert (assigned["srnumber"] == pd.read_csv(requests, dtype="str")["srnumber"]).all()


def test_disagreement_with_the_citys_own_label_is_explained_by_kind(assigned: pd.DataFrame, covering: pd.DataFrame) -> None:
    located = assigned["latitude"].notna()
    label, grid = assigned["nc"].str.removesuffix(".0"), assigned["grid"]
    places = covering.sum(axis=1)
    labelled_inside = pd.Series([code in covering.columns and covering.at[row, code] for row, code in label.items()])
    kinds = np.select(
        [
            ~located,
            label.isna() & grid.isna(),
            label == grid,
            grid.isna(),
            (places > 1) & labelled_inside,
            label.notna() & ~labelled_inside,
        ],
        ["no coordinates", "neither", "same", "outside all", "in several", "truly different"],
        "unexplained",
    )
    counts = pd.Series(kinds).value_counts().to_dict()
    assert counts == {"same": 9802, "outside all": 112, "truly different": 33, "neither": 27, "in several": 15, "no coordinates": 11}
    agreeing = (counts["same"] + counts["neither"]) / located.sum()
    assert agreeing == pytest.approx(0.984, abs=0.001)


def test_assign_says_how_many_have_no_coordinates(
    councils: Path, requests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assign", str(requests), str(councils), "--code", "nc_id", "--lang", "en", "-o", str(tmp_path / "a.parquet")]) == 0
    said = capsys.readouterr()
    assert "10000 rows: 9850 in a grid" in said.out
    assert "139 outside, 11 without coordinates" in said.out
    (warning,) = said.err.splitlines()
    assert warning.startswith("warning: ")
    assert "11 rows, first: 3273, 3378, 3676, 4205, 4516" in warning


def overlaps_by_shapely(path: Path) -> pd.Series:
    """Every pair of polygons that shares any area, in m2, by shapely alone in UTM zone 11."""
    polygons = gpd.read_file(path).set_index("nc_id").sort_index().geometry
    left, right = np.triu_indices(len(polygons), 1)
    shared = shapely.intersection(polygons.to_numpy()[left], polygons.to_numpy()[right])
    some = shapely.area(shared) > 0
    codes = [";".join(pair) for pair in zip(polygons.index[left[some]], polygons.index[right[some]], strict=True)]
    return gpd.GeoSeries(shared[some], index=codes, crs=polygons.crs).to_crs("EPSG:32611").area


def test_check_finds_the_overlapping_pairs(councils: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "findings.gpkg"
    assert main(["check", str(councils), "--code", "nc_id", "--lang", "en", "-o", str(table)]) == 1
    assert "overlap: " in capsys.readouterr().out
    findings = gpd.read_file(table)
    found = findings[(findings["kind"] == "overlap") | (findings["note"] == "thin_overlap")].set_index("grid_codes")["area_m2"]
    expected = overlaps_by_shapely(councils)
    assert set(found.index) == set(expected.index)
    assert len(found) == 211
    assert (found > 1).sum() == (expected > 1).sum() == 192


def test_check_draws_the_findings_on_one_offline_page(councils: Path, tmp_path: Path) -> None:
    page = tmp_path / "findings.html"
    assert main(["check", str(councils), "--code", "nc_id", "--lang", "en", "--min-overlap", "1", "-o", str(page)]) == 1
    html = page.read_text(encoding="utf-8")
    assert html.lower().startswith("<!doctype html>")
    assert "LINCOLN HEIGHTS NC" in html
    assert page.stat().st_size < 5e6


def test_hotspots_has_a_section_for_every_request_type(councils: Path, requests: Path, tmp_path: Path) -> None:
    page = tmp_path / "hotspots.html"
    words = ["--code", "nc_id", "--columns", "category=requesttype,reported_at=createddate", "--tz", "America/Los_Angeles"]
    assert (
        main(["hotspots", str(requests), str(councils), *words, "--by-category", "--permutations", "99", "--lang", "en", "-o", str(page)])
        == 0
    )
    html = page.read_text(encoding="utf-8")
    for category in pd.read_csv(requests, usecols=["requesttype"])["requesttype"].unique():
        assert category in html
