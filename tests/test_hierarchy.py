"""Tiers, findings about nesting, and roll-up on drawn grids."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gridmap import hierarchy, messages
from gridmap.errors import CRSError, GridmapWarning, SchemaError

KINDS = ("duplicate_code", "orphan", "outside_parent", "parent_not_union", "wrong_parent")


def quadtree(depth: int) -> gpd.GeoDataFrame:
    """A square of 1,024 m halved `depth` times in both directions, every level a tier."""
    rows = []
    for level in range(1, depth + 2):
        side = 1024 / 2 ** (level - 1)
        for column in range(2 ** (level - 1)):
            for row in range(2 ** (level - 1)):
                parent = f"{level - 1}-{column // 2}-{row // 2}" if level > 1 else None
                outline = box(500000 + column * side, 4000000 + row * side, 500000 + (column + 1) * side, 4000000 + (row + 1) * side)
                rows.append((f"{level}-{column}-{row}", level, "base", parent, outline))
    frame = gpd.GeoDataFrame(rows, columns=["grid_code", "level", "kind", "parent", "geometry"], crs="EPSG:4548")
    return frame.assign(name="").set_index("grid_code")


def kinds_of(findings: pd.DataFrame) -> dict[str, list[str]]:
    return findings.groupby("kind")["grid_code"].apply(list).to_dict()


def test_levels_and_tiers(two_tiers: gpd.GeoDataFrame) -> None:
    assert hierarchy.levels(two_tiers) == [1, 2]
    assert hierarchy.lowest_level(two_tiers) == 2
    assert hierarchy.tier(two_tiers).index.tolist() == ["A1", "A2", "B1", "B2"]
    assert hierarchy.tier(two_tiers, 1).index.tolist() == ["A", "B"]
    assert hierarchy.tier(two_tiers, 1).crs == two_tiers.crs
    assert hierarchy.dedicated(two_tiers).index.tolist() == ["D"]


def test_tier_is_a_copy(two_tiers: gpd.GeoDataFrame) -> None:
    hierarchy.tier(two_tiers)["name"] = "changed"
    assert "changed" not in two_tiers["name"].to_numpy()


def test_absent_level_is_refused_and_those_present_are_named(two_tiers: gpd.GeoDataFrame) -> None:
    with pytest.raises(SchemaError, match="no base grid has level 3; levels present: 1, 2"):
        hierarchy.tier(two_tiers, 3)
    with pytest.raises(SchemaError, match="there is no base grid"):
        hierarchy.tier(hierarchy.dedicated(two_tiers))
    with pytest.raises(SchemaError, match="grids lacks the columns kind"):
        hierarchy.tier(two_tiers.drop(columns="kind"))
    with pytest.raises(SchemaError, match=r"level in grids must be a whole number.*given: 1\.5"):
        hierarchy.levels(two_tiers.assign(level=1.5))
    with pytest.raises(SchemaError, match=r"whole number from 1; given: 0; 6 rows"):
        hierarchy.tier(two_tiers.assign(level=0))
    with pytest.raises(SchemaError, match=r"whole number from 1; given: '1', '2'"):
        hierarchy.tier(two_tiers.assign(level=two_tiers["level"].astype(str)))
    with pytest.raises(SchemaError, match="must be a whole number"):
        hierarchy.levels(two_tiers.assign(level=pd.array([1, None] + [2] * 5, dtype="Int64")))


@pytest.mark.parametrize("kind", ["Base", None])
def test_a_kind_that_is_none_is_refused_and_not_passed_over(two_tiers: gpd.GeoDataFrame, kind: str | None) -> None:
    spoiled = two_tiers.copy()
    spoiled.loc["A1", "kind"] = kind
    for call in (hierarchy.levels, hierarchy.tier, hierarchy.dedicated, hierarchy.ancestors, hierarchy.check):
        with pytest.raises(
            SchemaError, match=rf"kind in grids must be base or dedicated; given: {kind if kind else 'nan'}; 1 rows, first: A1"
        ):
            call(spoiled)


@pytest.mark.parametrize("dtype", ["float64", "Int64", "uint8", "object", "category"])
def test_the_type_of_the_level_column_does_not_matter(two_tiers: gpd.GeoDataFrame, dtype: str) -> None:
    other = two_tiers.assign(level=two_tiers["level"].astype(dtype), kind=two_tiers["kind"].astype("category"))
    assert hierarchy.levels(other) == [1, 2]
    assert hierarchy.tier(other).index.tolist() == ["A1", "A2", "B1", "B2"]
    assert hierarchy.ancestors(other).equals(hierarchy.ancestors(two_tiers))
    assert hierarchy.check(other).empty


def test_empty_in_is_empty_out(two_tiers: gpd.GeoDataFrame) -> None:
    none = two_tiers.iloc[:0]
    assert hierarchy.levels(none) == []
    assert hierarchy.tier(none).empty
    assert hierarchy.tier(none, 2).empty
    assert hierarchy.ancestors(none).empty
    assert hierarchy.check(none).columns.tolist() == ["kind", "grid_code", "parent", "area_m2"]
    assert hierarchy.roll_up(pd.Series([], index=none.index, dtype=int), none).empty


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4490", "EPSG:4326"])
def test_sound_nesting_has_no_findings(crs: str) -> None:
    assert hierarchy.check(quadtree(3).to_crs(crs)).empty


def test_sound_nesting_with_a_dedicated_grid_has_no_findings(two_tiers: gpd.GeoDataFrame) -> None:
    assert hierarchy.check(two_tiers).empty
    assert hierarchy.check(two_tiers.assign(level=two_tiers["level"].astype("Int64"))).empty
    upper = two_tiers.copy()
    upper.loc["D", "parent"] = "A"  # the parent of a dedicated grid may be of any level
    assert hierarchy.check(upper).empty


def test_every_kind_of_finding(two_tiers: gpd.GeoDataFrame) -> None:
    faulty = two_tiers.copy()
    faulty.loc["B2", "parent"] = "Z"
    faulty.loc["A2", "geometry"] = box(105, 0, 205, 100)  # shifted by 5 m: out of A in the east, a gap in the west
    faulty = pd.concat([faulty, faulty.loc[["D"]]])
    findings = hierarchy.check(faulty)
    expected = {"duplicate_code": ["D"], "orphan": ["B2"], "outside_parent": ["A2"], "parent_not_union": ["A", "B"]}
    assert kinds_of(findings) == expected
    areas = findings.set_index(["kind", "grid_code"])["area_m2"]
    assert areas["outside_parent", "A2"] == 500
    assert areas["parent_not_union", "A"] == 500
    assert areas["parent_not_union", "B"] == 10000
    assert np.isnan(areas["orphan", "B2"])
    assert findings.set_index("grid_code").loc["B2", "parent"] == "Z"


@pytest.mark.parametrize(
    ("code", "parent"),
    [
        ("A1", "D"),  # dedicated
        ("A1", "A1"),  # itself
        ("A1", "A2"),  # its own level
        ("A", "A1"),  # a circle
        ("D", "D"),
    ],
)
def test_a_parent_that_is_not_one_level_up_is_wrong(two_tiers: gpd.GeoDataFrame, code: str, parent: str) -> None:
    faulty = two_tiers.copy()
    faulty.loc[code, "parent"] = parent
    assert kinds_of(hierarchy.check(faulty))["wrong_parent"] == [code]


def test_a_leap_over_a_level_is_a_wrong_parent() -> None:
    faulty = quadtree(2)
    faulty.loc["3-0-0", "parent"] = "1-0-0"
    found = kinds_of(hierarchy.check(faulty))
    assert found == {"wrong_parent": ["3-0-0"], "parent_not_union": ["2-0-0"]}


def test_top_level_needs_no_parent_but_others_do(two_tiers: gpd.GeoDataFrame) -> None:
    only_lower = hierarchy.tier(two_tiers)  # parents are not in the file
    assert hierarchy.check(only_lower).empty
    lost = two_tiers.copy()
    lost.loc[["A1", "D"], "parent"] = None
    assert kinds_of(hierarchy.check(lost))["orphan"] == ["A1", "D"]


def test_upper_grid_without_children_is_found_unless_it_is_the_lowest_level(two_tiers: gpd.GeoDataFrame) -> None:
    found = hierarchy.check(two_tiers.drop(index=["B1", "B2"]))
    assert found[["kind", "grid_code", "area_m2"]].to_numpy().tolist() == [["parent_not_union", "B", 20000.0]]


def test_tolerance_is_an_area(two_tiers: gpd.GeoDataFrame) -> None:
    faulty = two_tiers.copy()
    faulty.loc["A2", "geometry"] = box(105, 0, 205, 100)
    assert hierarchy.check(faulty, tolerance_m2=500).empty
    assert len(hierarchy.check(faulty, tolerance_m2=499)) == 2


def test_invalid_rings_are_measured_after_repair(two_tiers: gpd.GeoDataFrame) -> None:
    faulty = two_tiers.copy()
    faulty.loc["A1", "geometry"] = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])  # a bow tie of half the square
    found = hierarchy.check(faulty).set_index("kind")
    assert found.loc["parent_not_union", "grid_code"] == "A"
    assert found.loc["parent_not_union", "area_m2"] == pytest.approx(5000)


def test_row_order_changes_no_finding() -> None:
    faulty = quadtree(2)
    faulty.loc["3-1-1", "parent"] = "2-1-1"
    faulty.loc["2-0-1", "parent"] = "nowhere"
    shuffled = faulty.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(hierarchy.check(faulty), hierarchy.check(shuffled))


def test_check_needs_polygons_and_a_crs(two_tiers: gpd.GeoDataFrame) -> None:
    with pytest.raises(SchemaError, match="must have geometries of type"):
        hierarchy.check(two_tiers.set_geometry(two_tiers.centroid))
    with pytest.raises(CRSError, match="no coordinate reference system"):
        hierarchy.check(two_tiers.set_crs(None, allow_override=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_every_finding_has_words(kind: str, lang: str) -> None:
    assert messages.term("finding", kind, lang) != kind
    assert messages.text(f"findings.{kind}", lang)


def test_ancestors_follow_the_parent_table() -> None:
    table = hierarchy.ancestors(quadtree(2))
    assert table.columns.tolist() == ["level_1", "level_2", "level_3"]
    assert table.loc["3-3-1"].tolist() == ["1-0-0", "2-1-0", "3-3-1"]
    assert len(table) == 16


def test_ancestors_end_where_parents_run_in_a_circle(two_tiers: gpd.GeoDataFrame) -> None:
    circle = two_tiers.copy()
    circle.loc["A", "parent"] = "A1"
    assert hierarchy.ancestors(circle).loc["A1"].tolist() == ["A", "A1"]
    circle.loc["A1", "parent"] = "A2"
    with pytest.warns(GridmapWarning, match=r"no unbroken chain.*1 rows, first: A1"):
        assert hierarchy.ancestors(circle)["level_1"].isna().tolist() == [True, False, False, False]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=16, max_size=16), st.randoms(use_true_random=False))
def test_roll_up_keeps_the_total_on_every_level(figures: list[int], random) -> None:
    grids = quadtree(2)
    values = pd.Series(figures, index=hierarchy.tier(grids).index, name="households")
    rolled = hierarchy.roll_up(values.sample(frac=1, random_state=random.randint(0, 99)), grids)
    assert rolled.name == "households"
    assert rolled.index.equals(grids.index)
    assert rolled.groupby(grids["level"]).sum().tolist() == [sum(figures)] * 3
    # the same by pandas alone
    by_parent = values.groupby(grids["parent"].reindex(values.index)).sum()
    assert rolled[grids["level"] == 2].to_dict() == by_parent.to_dict()


def test_roll_up_counts_base_grids_only_and_keeps_unknown_unknown(two_tiers: gpd.GeoDataFrame) -> None:
    values = pd.Series([1.0, np.nan, 3.0, 4.0], index=["A1", "A2", "B1", "B2"])
    rolled = hierarchy.roll_up(values, two_tiers)
    assert rolled.index.tolist() == ["A", "B", "A1", "A2", "B1", "B2"]
    assert np.isnan(rolled["A"])
    assert rolled["B"] == 7


@pytest.mark.parametrize(("dtype", "total"), [("uint8", 400), ("bool", 2), ("float32", 400)])
def test_sums_fit_where_the_figures_own_type_is_too_small(two_tiers: gpd.GeoDataFrame, dtype: str, total: int) -> None:
    values = pd.Series(200, index=["A1", "A2", "B1", "B2"]).astype(dtype)
    assert hierarchy.roll_up(values, two_tiers)[["A", "B"]].tolist() == [total, total]


def test_roll_up_takes_exactly_the_lowest_tier(two_tiers: gpd.GeoDataFrame) -> None:
    with pytest.raises(SchemaError, match=r"values and the grids have different identifiers; 2 rows, first: B2, X"):
        hierarchy.roll_up(pd.Series(1, index=["A1", "A2", "B1", "X"]), two_tiers)
    with pytest.raises(SchemaError, match="values has duplicate identifiers"):
        hierarchy.roll_up(pd.Series(1, index=["A1", "A1", "A2", "B1", "B2"]), two_tiers)
