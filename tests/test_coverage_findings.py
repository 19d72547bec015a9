"""Everything wrong with a layer in one table: cover, codes and nesting, each fault once."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import towns
from conftest import square

from gridmap import coverage, synth
from gridmap.errors import SchemaError


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


def listed(found: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    return list(zip(found["kind"], found["grid_codes"], strict=True))


def test_a_clean_town_has_none_on_any_level(town: synth.Town) -> None:
    for level in (1, 2, 3):
        assert coverage.findings(town.grids, level=level, boundary=town.boundary).empty


def test_cover_codes_and_nesting_stand_in_one_table(town: synth.Town) -> None:
    grids = town.grids.copy()
    lowest = grids.index[grids["level"] == 3]
    grids.loc[lowest[1], "parent"] = lowest[0]
    grids = grids.rename(index={lowest[2]: "99010100100100A"})
    grids.loc["99010100100100A", "geometry"] = grids.loc["99010100100100A", "geometry"].buffer(0.0005)
    found = coverage.findings(grids)
    kinds = [kind for kind, _ in listed(found)]
    assert ("wrong_characters", "99010100100100A") in listed(found)
    assert ("wrong_parent", lowest[1]) in listed(found)
    assert "overlap" in kinds
    assert kinds.index("overlap") < kinds.index("wrong_characters") < kinds.index("wrong_parent")
    assert found.crs == grids.crs
    assert found.index.tolist() == list(range(len(found)))


def test_a_repeated_code_is_listed_once(two_tiers: gpd.GeoDataFrame) -> None:
    grids = two_tiers.rename(index={"B2": "B1"})
    assert [pair for pair in listed(coverage.findings(grids)) if "duplicate" in pair[0]] == [("duplicate", "B1")]


def test_the_tier_above_is_held_against_its_children(two_tiers: gpd.GeoDataFrame) -> None:
    found = coverage.findings(two_tiers.drop("B2"))
    assert ("missing", "B1") in listed(found)
    assert ("parent_not_union", "B") in listed(found)


def test_own_codes_are_no_fault() -> None:
    rows = {"name": ["one", "two"], "level": 1, "kind": "base", "parent": None}
    grids = gpd.GeoDataFrame(rows, index=pd.Index(["ENCINO NC", "PICO"]), geometry=[square(0, 0), square(1, 0)], crs="EPSG:4548")
    assert coverage.findings(grids).empty


def test_an_absent_level_is_an_error(two_tiers: gpd.GeoDataFrame) -> None:
    with pytest.raises(SchemaError, match="no base grid has level 7"):
        coverage.findings(two_tiers, level=7)


def test_nothing_in_nothing_out(two_tiers: gpd.GeoDataFrame) -> None:
    found = coverage.findings(two_tiers.iloc[:0])
    assert found.empty
    assert list(found.columns) == list(coverage.COLUMNS)


def test_the_input_stays_as_it_was(two_tiers: gpd.GeoDataFrame) -> None:
    before = two_tiers.copy()
    coverage.findings(two_tiers, boundary=gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 500, 100)], crs="EPSG:4548"))
    pd.testing.assert_frame_equal(two_tiers, before)
