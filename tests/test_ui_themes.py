"""The screen of the ten themes: what it shows for which address, and records that lie where their buildings do."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from test_themes import buildings_of, records_of
from test_ui import metrics, project, said, shown  # noqa: F401 - fixture

from gridmap import files
from gridmap.ui import state, themes, upload


@pytest.fixture
def records() -> pd.DataFrame:
    return records_of(
        ("r1", "population", "常住", 5, "B1"),
        ("r2", "population", "流动", 1, "B1"),
        ("r3", "population", "常住", 7, "B2"),
        ("r4", "households", "户", 2, "B1"),
        ("r5", "households", "户", 3, "B9"),
    ).assign(counted_on="2021-12-31", basis="常住")


def test_a_theme_and_a_kind_are_chosen_by_the_address(project, two_tiers, records) -> None:  # noqa: F811
    project(grids=two_tiers, buildings=buildings_of("B1", "B2", "B3"), themes=records)  # no geometry of their own
    test = shown("themes", theme="population", kind="常住", level="2", lang="en")
    assert [box.value for box in test.selectbox] == ["population", "常住"]
    assert metrics(test) == {"population: 常住": "12", "Broken links": "2"}
    assert "2 records, 4 grids" in said(test)
    assert "basis of the count: usual residents" in said(test)
    assert "counted on 2021-12-31" in said(test)
    counts, links = (table.value for table in test.dataframe[:2])
    assert counts["count"].tolist() == [7, 5, 0, 0]
    assert counts["grid_code"].tolist() == ["A2", "A1", "B1", "B2"]
    assert links["link"].tolist() == ["residents without household", "households without building"]
    assert links["note"].tolist() == ["no household counted in the building", "unknown building"]
    assert "records have no place and are counted in no grid" in said(test)


def test_an_unknown_theme_or_kind_is_the_first_one(project, two_tiers, records) -> None:  # noqa: F811
    project(grids=two_tiers, buildings=buildings_of("B1", "B2", "B3"), themes=records)
    test = shown("themes", theme="weather", kind="雨")
    assert [box.value for box in test.selectbox] == ["households", "户"]
    assert metrics(test)["住户：户"] == "2"


def test_without_buildings_the_links_are_not_checked(project, two_tiers, records) -> None:  # noqa: F811
    project(grids=two_tiers, themes=records)
    test = shown("themes")
    assert metrics(test)["断开的环节"] == "—"
    assert "没有楼栋数据，未核对。" in said(test)
    assert "楼栋" in said(test)


def test_without_records_the_page_says_what_is_missing(project, two_tiers, records) -> None:  # noqa: F811
    project(grids=two_tiers)
    assert "本页需要主题记录" in said(shown("themes"))
    project(grids=two_tiers, themes=records.iloc[:0])
    assert "主题表里没有记录。" in said(shown("themes"))


def test_records_of_a_user_s_own_file_join_the_grids(two_tiers, records, tmp_path: Path) -> None:
    files.write(records, tmp_path / "records.csv")
    file = upload.File("records.csv", (tmp_path / "records.csv").read_bytes())
    read, warnings = upload._read(file, "table", "themes", {})
    assert warnings == []
    tables = {"grids": two_tiers, "buildings": buildings_of("B1", "B2"), "themes": read}
    opened = state.join({name: state.Own(frame, name, name) for name, frame in tables.items()})
    assert isinstance(opened.tables["themes"], gpd.GeoDataFrame)
    counted, _ = themes.count(opened)
    assert counted.counts[("population", "常住")].to_dict() == {"A": 12, "B": 0, "A1": 5, "A2": 7, "B1": 0, "B2": 0, "D": 5}
    layers = themes.layers(opened, 2, ("population", "常住"), "en")
    assert [layer.role for layer in layers] == ["theme", "findings"]
    assert layers[0].name == "population: 常住"


def test_records_without_grids_are_open_all_the_same(records) -> None:
    opened = state.join({"themes": state.Own(records, "themes", "themes alone")})
    assert opened.tables["themes"].crs is None
