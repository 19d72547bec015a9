"""Themes: counts per grid and tier, and every broken link from residents to the map."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import files, hierarchy, messages, schema, synth, themes
from gridmap.errors import CRSError, GridmapWarning, SchemaError
from gridmap.workload.staffing import KINDS

CRS = "EPSG:4548"
COLUMNS = ["record_id", "theme", "kind", "count", "building_id"]
# In `two_tiers`: B1 in A1 and in D, B2 in A2, B3 in B1, B4 outside all grids.
DOORS = {"B1": (50, 50), "B2": (150, 50), "B3": (250, 50), "B4": (900, 50)}


def records_of(*rows: tuple[str, str, str, int, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).set_index("record_id")


def buildings_of(*codes: str) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(*DOORS[code]).buffer(5, cap_style="square") for code in codes]
    return gpd.GeoDataFrame({"households": 1, "residents": 2}, index=pd.Index(codes, name="building_id"), geometry=shapes, crs=CRS)


@pytest.fixture
def buildings() -> gpd.GeoDataFrame:
    return buildings_of("B1", "B2", "B3")


@pytest.fixture
def records() -> pd.DataFrame:
    return records_of(
        ("r1", "population", "常住", 5, "B1"),
        ("r2", "population", "流动", 1, "B1"),
        ("r3", "population", "常住", 7, "B2"),
        ("r4", "households", "户", 2, "B1"),
        ("r5", "households", "户", 3, "B2"),
        ("r6", "housing", "楼", 1, "B3"),
    )


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


def listed(found: gpd.GeoDataFrame) -> list[tuple[object, ...]]:
    plain = found.drop(columns="geometry").astype("object")
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


# counts


def test_counts_of_every_grid_and_tier(records, two_tiers, buildings):
    table = themes.count(records, two_tiers, buildings=buildings)
    assert table.index.equals(two_tiers.index)
    assert table.columns.tolist() == [("housing", "楼"), ("households", "户"), ("population", "常住"), ("population", "流动")]
    assert table.columns.names == ["theme", "kind"]
    assert table["population", "常住"].to_dict() == {"A": 12, "B": 0, "A1": 5, "A2": 7, "B1": 0, "B2": 0, "D": 5}
    assert table["population", "流动"].to_dict() == {"A": 1, "B": 0, "A1": 1, "A2": 0, "B1": 0, "B2": 0, "D": 1}
    assert table["housing", "楼"].to_dict() == {"A": 0, "B": 1, "A1": 0, "A2": 0, "B1": 1, "B2": 0, "D": 0}
    assert (table.dtypes == "int64").all()


def test_a_record_lies_in_its_building_else_where_it_is_drawn(records, two_tiers, buildings):
    places = [shapely.Point(350, 50)] * 4 + [None, shapely.box(300, 0, 310, 100)]
    drawn = gpd.GeoDataFrame(records.assign(building_id=[None, "B1", None, "B9", "B2", None]), geometry=places, crs=CRS)
    table = themes.count(drawn, two_tiers, buildings=buildings)
    assert table.loc["B2"].tolist() == [1, 2, 12, 0]
    assert table.loc["A1"].tolist() == [0, 0, 0, 1]
    assert table.loc["A2"].tolist() == [0, 3, 0, 0]
    only_places = themes.count(drawn.drop(columns="building_id").drop("r5"), two_tiers)
    assert only_places.loc["B2"].sum() == 1 + 2 + 12 + 1


def test_nothing_counted_is_lost_in_silence(records, two_tiers):
    with pytest.warns(GridmapWarning) as warned:
        table = themes.count(records.assign(building_id=["B4", "B1", None, "B2", "B2", "B3"]), two_tiers, buildings=buildings_of(*DOORS))
    assert [str(each.message).split("; Hint")[0] for each in warned] == [
        "records have no place and are counted in no grid; 1 rows, first: r3",
        "records lie in no grid of the lowest level; 1 rows, first: r1",
    ]
    assert table["population", "常住"].sum() == 0


def test_bases_that_are_mixed_are_said(records, two_tiers, buildings):
    dated = records.assign(
        basis=["户籍", "实有", "常住", None, None, None], counted_on=["2021-12-31", None, "2022/1/5", "2021-12-31", None, None]
    )
    with pytest.warns(GridmapWarning, match="several bases of counting; 1 rows, first: population/常住"):
        themes.count(dated, two_tiers, buildings=buildings)
    table = themes.bases(dated)
    assert table["bases"].tolist() == ["", "", "常住;户籍", "实有"]
    assert table["mixed"].tolist() == [False, False, True, False]
    row = table.loc[("population", "常住")]
    assert (row["records"], row["count"], str(row["first"])[:10], str(row["last"])[:10]) == (2, 12, "2021-12-31", "2022-01-05")
    assert table.loc[("population", "流动"), ["first", "last"]].isna().all()
    assert themes.bases(dated.assign(counted_on=pd.Timestamp("2021-12-31", tz="Asia/Shanghai")))["first"].dt.day.tolist() == [31] * 4
    with pytest.raises(SchemaError, match="counted_on of themes holds dates that cannot be read; 1 rows, first: r6"):
        themes.bases(dated.assign(counted_on=[None] * 5 + ["去年"]))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(schema.THEMES), st.sampled_from("xy"), st.integers(0, 50), st.sampled_from([*DOORS, None])), max_size=15
    )
)
@pytest.mark.filterwarnings("ignore::gridmap.errors.GridmapWarning")
def test_tiers_add_up_as_hierarchy_rolls_them_up(rows):
    polygons = [shapely.box(0, 0, 400, 100), shapely.box(0, 0, 200, 100), shapely.box(200, 0, 400, 100), shapely.box(40, 40, 60, 60)]
    columns = {"level": [1, 2, 2, 2], "kind": ["base"] * 3 + ["dedicated"], "parent": [None, "T", "T", "L"]}
    grids = gpd.GeoDataFrame(columns, index=pd.Index(["T", "L", "R", "D"], name="grid_code"), geometry=polygons, crs=CRS)
    records = records_of(*((f"r{number}", *row) for number, row in enumerate(rows)))
    table = themes.count(records, grids, buildings=buildings_of(*DOORS))
    inside = records[records["building_id"].isin(["B1", "B2", "B3"])]
    for theme, kind in table:
        own = inside[(inside["theme"] == theme) & (inside["kind"] == kind)]
        rolled = hierarchy.roll_up(table[theme, kind][["L", "R"]], grids)
        assert rolled.tolist() == table[theme, kind][["T", "L", "R"]].tolist()
        assert table.loc["T", (theme, kind)] == own["count"].sum()
        assert table.loc["D", (theme, kind)] == own.loc[own["building_id"] == "B1", "count"].sum()
    assert set(table.columns) == set(zip(records["theme"], records["kind"], strict=True))
    pd.testing.assert_frame_equal(themes.count(records.iloc[::-1], grids, buildings=buildings_of(*DOORS)), table)


# the chain


def test_a_whole_chain_has_no_broken_link(records, two_tiers, buildings):
    found = themes.chain(records, two_tiers, buildings=buildings)
    assert found.empty
    assert found.columns.tolist() == ["link", "note", "record_id", "building_id", "grid_code", "count", "geometry"]
    assert found.crs == two_tiers.crs


def test_every_link_is_looked_at_by_itself(records, two_tiers):
    more = records_of(
        ("s1", "population", "常住", 4, "B3"),  # no household there
        ("s2", "population", "常住", 3, None),
        ("s3", "households", "户", 2, None),
        ("s4", "households", "户", 1, "B9"),
        ("s5", "population", "常住", 6, "B9"),  # their household is there, it has no building
        ("s6", "population", "常住", 0, None),  # nobody
        ("s7", "households", "户", 0, "B3"),  # no household
    )
    two_tiers.loc["B2", "geometry"] = None
    buildings = buildings_of(*DOORS)
    buildings.loc["B5"] = [1, 2, None]
    found = themes.chain(pd.concat([more, records]), two_tiers, buildings=buildings)
    assert listed(found) == [
        ("resident_household", "no_households", "s1", "B3", "B1", 4),
        ("resident_household", "no_building", "s2", None, None, 3),
        ("household_building", "no_building", "s3", None, None, 2),
        ("household_building", "unknown_building", "s4", "B9", None, 1),
        ("building_grid", "outside", None, "B4", None, 1),
        ("building_grid", "no_geometry", None, "B5", None, 1),
        ("grid_polygon", "no_polygon", None, None, "B2", 1),
    ]
    assert found.geometry.notna().tolist() == [True, False, False, False, True, False, False]
    assert buildings.geometry["B3"].covers(found.geometry.iloc[0])


def test_a_place_without_building_number_finds_its_building(two_tiers, buildings):
    people = records_of(("r1", "population", "常住", 5, None), ("r2", "households", "户", 2, "B1"), ("r3", "population", "常住", 1, None))
    drawn = gpd.GeoDataFrame(people, geometry=[shapely.Point(48, 52), None, shapely.Point(110, 10)], crs=CRS)
    assert listed(themes.chain(drawn, two_tiers, buildings=buildings)) == [("resident_household", "no_building", "r3", None, "A2", 1)]


def test_a_building_of_a_grid_without_polygon_breaks_two_links(records, two_tiers, buildings):
    two_tiers.loc["B1", "geometry"] = shapely.Polygon()
    found = themes.chain(records, two_tiers, buildings=buildings)
    assert found["link"].tolist() == ["building_grid", "grid_polygon"]
    assert found["building_id"].tolist()[0] == "B3"
    assert found["grid_code"].tolist()[1] == "B1"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["population", "households", "party"]), st.just("x"), st.integers(0, 3), st.sampled_from([*DOORS, "B9", None])
        ),
        max_size=15,
    )
)
def test_links_break_by_the_plain_rule(rows):
    """Record by record: residents need a household counted in their building, households a building of the table."""
    grids = gpd.GeoDataFrame({"level": 1, "kind": "base"}, index=["G"], geometry=[shapely.box(0, 0, 400, 100)], crs=CRS)
    records = records_of(*((f"r{number}", *row) for number, row in enumerate(rows)))
    found = themes.chain(records.iloc[::-1], grids, buildings=buildings_of(*DOORS))
    homes = {home for theme, _, number, home in rows if theme == "households" and number}
    expected = [("building_grid", "B4", 1)]
    for record, (theme, _, number, home) in zip(records.index, rows, strict=True):
        if theme == "population" and number and (home is None or home not in homes):
            expected.append(("resident_household", record, number))
        if theme == "households" and number and home not in DOORS:
            expected.append(("household_building", record, number))
    concerned = found["record_id"].fillna(found["building_id"])
    assert sorted(zip(found["link"], concerned, found["count"], strict=True)) == sorted(expected)
    pd.testing.assert_frame_equal(found, themes.chain(records, grids, buildings=buildings_of(*DOORS)))


def test_the_planted_links_are_found_and_no_other(town):
    copy = synth.broken_chain(town)
    tables = copy.frames
    found = themes.chain(tables["themes"], tables["grids"], buildings=tables["buildings"])
    concerned = found["record_id"].fillna(found["building_id"]).fillna(found["grid_code"])
    assert sorted(zip(found["link"], concerned, strict=True)) == sorted(zip(copy.faults["finding"], copy.faults["labels"], strict=True))
    assert len(copy.faults) == 6
    assert set(copy.faults["finding"]) == set(themes.LINKS)


def test_the_community_itself_holds(town):
    records = themes.from_buildings(town.buildings)
    assert themes.chain(records, town.grids, buildings=town.buildings).empty
    counts = themes.count(records, town.grids, buildings=town.buildings)
    top = town.grids.index[town.grids["level"] == 1][0]
    assert counts.loc[top].tolist() == [len(town.buildings), 6521, 20867]  # published: households and residents
    tier = hierarchy.tier(town.grids)
    assert counts.loc[tier.index, ("households", "household")].tolist() == tier["households"].tolist()


# records


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "gpkg", "parquet"])
def test_records_come_back_from_a_file(records, tmp_path, suffix):
    records = records.assign(building_id=["001", "002", None, "010", "011", "012"], counted_on="2021-12-31", basis="常住")
    files.write(records, tmp_path / f"themes.{suffix}", layer="themes")
    found = files.read_table(tmp_path / f"themes.{suffix}", "themes")
    themes.require(found)
    for name in COLUMNS[1:]:
        assert found[name].fillna("").tolist() == records[name].fillna("").tolist()
    assert themes.bases(found).equals(themes.bases(records))
    office = records.reset_index().rename(columns={"record_id": "编号"})
    files.write(office, tmp_path / f"office.{suffix}", layer="themes")
    assert files.read_table(tmp_path / f"office.{suffix}", "themes", columns={"record_id": "编号"}).index.tolist() == records.index.tolist()
    with pytest.raises(SchemaError, match="lacks the columns record_id"):
        files.read_table(tmp_path / f"office.{suffix}", "themes")


def test_every_code_has_its_words_in_both_languages():
    words = {"theme": schema.THEMES, "role": schema.ROLES, "kind": schema.KINDS, "finding": (*themes.LINKS, *KINDS)}
    words["note"] = ("no_households", "no_building", "unknown_building", "no_geometry", "outside", "no_polygon")
    for kind, codes in words.items():
        for code in codes:
            assert messages.term(kind, code, "zh") != messages.term(kind, code, "en")


def test_records_of_a_table_of_buildings(buildings):
    buildings = buildings.assign(households=[3, None, 0], count_basis="常住", counted_on="2021-12-31")
    found = themes.from_buildings(buildings)
    themes.require(found)
    assert found.index.tolist() == ["B1-1", "B1-2", "B1-3", "B2-1", "B2-3", "B3-1", "B3-2", "B3-3"]
    assert found["count"].tolist() == [1, 3, 2, 1, 2, 1, 0, 2]
    assert found["basis"].fillna("").tolist() == ["", "常住", "常住", "", "常住", "", "常住", "常住"]
    assert themes.from_buildings(buildings.iloc[:0]).empty


def test_nothing_in_nothing_out(records, two_tiers, buildings):
    nothing = records.iloc[:0]
    assert themes.count(nothing, two_tiers, buildings=buildings).shape == (7, 0)
    assert themes.bases(nothing).empty
    assert themes.chain(nothing, two_tiers, buildings=buildings.iloc[:0]).empty
    with pytest.warns(GridmapWarning, match="records lie in no grid"):
        assert themes.count(records, two_tiers.iloc[:0], buildings=buildings).empty
    lost = themes.chain(records, two_tiers.iloc[:0], buildings=buildings)
    assert lost["link"].tolist() == ["building_grid"] * 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"姓名": "张三"}, "columns 姓名 of themes look like names"),
        ({"theme": "people"}, "column theme of themes has unknown codes; there are housing, .*given: people"),
        ({"kind": None}, "column kind of themes has empty values; 6 rows"),
        ({"count": -1}, "count in themes must be whole numbers from 0 to 2,147,483,647; given: -1; 6 rows, first: r1"),
        ({"count": 1.5}, "must be whole numbers from 0"),
        ({"count": np.nan}, "must be whole numbers from 0"),
        ({"count": np.inf}, "must be whole numbers from 0"),
        ({"count": 2**31}, "must be whole numbers from 0"),
        ({"count": "many"}, "must be whole numbers from 0 to 2,147,483,647; given: many"),
    ],
)
def test_records_that_break_the_contract_are_named(records, two_tiers, change, words):
    for function in (themes.require, themes.bases, lambda table: themes.count(table, two_tiers)):
        with pytest.raises(SchemaError, match=words):
            function(records.assign(**change))


def test_tables_that_cannot_be_answered(records, two_tiers, buildings):
    with pytest.raises(SchemaError, match="neither a column building_id nor geometries"):
        themes.require(records.drop(columns="building_id"))
    with pytest.raises(SchemaError, match=r"record_id of themes have no digit .*first: 1") as raised:
        themes.require(records.rename(index={"r1": "张三"}))
    assert "张三" not in str(raised.value)
    with pytest.raises(SchemaError, match="themes has duplicate identifiers"):
        themes.require(pd.concat([records, records]))
    with pytest.raises(SchemaError, match="themes has several columns kind"):
        themes.require(pd.concat([records, records[["kind"]]], axis=1))
    with pytest.raises(CRSError, match="buildings, grids"):
        themes.count(records, two_tiers, buildings=buildings.to_crs(4490))
    with pytest.raises(CRSError, match="themes, grids"):
        themes.chain(gpd.GeoDataFrame(records, geometry=[None] * 6, crs=4490), two_tiers, buildings=buildings)
    with pytest.raises(SchemaError, match="buildings has duplicate identifiers"):
        themes.chain(records, two_tiers, buildings=pd.concat([buildings, buildings]))
    lines = gpd.GeoDataFrame(records, geometry=[shapely.LineString([(0, 0), (1, 1)])] * 6, crs=CRS)
    with pytest.raises(SchemaError, match="themes must have geometries of type"):
        themes.count(lines, two_tiers, buildings=buildings)
    with pytest.raises(SchemaError, match="buildings is not a GeoDataFrame"):
        themes.chain(records, two_tiers, buildings=pd.DataFrame(index=["B1"]))
    for wrong in (1.5, -1, "x"):
        with pytest.raises(SchemaError, match="households in buildings must be whole numbers from 0"):
            themes.from_buildings(buildings.assign(households=wrong))
    with pytest.raises(SchemaError, match="buildings lacks the columns residents"):
        themes.from_buildings(buildings.drop(columns="residents"))
