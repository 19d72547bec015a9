"""A project file opened in QGIS looks as our own maps do."""

import sqlite3
from xml.etree import ElementTree as Xml

import faults
import geopandas as gpd
import pytest

from gridmap import store
from gridmap.maps import palette
from gridmap.store import styles

# In the order in which QGIS makes them. Source: QGIS 3.22, src/core/providers/ogr/qgsogrprovidermetadata.cpp, saveStyle.
COLUMNS = [
    "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML", "styleSLD", "useAsDefault",
    "description", "owner", "ui", "update_time",
]  # fmt: skip
# What it asks for a layer's default style. Source: there, loadStyle.
ASKED = "SELECT styleQML FROM layer_styles WHERE f_table_schema = '' AND f_table_name = ? AND f_geometry_column = ? AND useAsDefault = 1"


@pytest.fixture
def town(tmp_path, two_tiers):
    path = tmp_path / "town.gpkg"
    given = faults.events(["a", "b", "c", "d"])
    given["category"] = ["积水", "<垃圾> & \"'", "积水", None]
    given["category"] = given["category"].astype("str")
    store.create(path, {"grids": two_tiers, "events": given.dropna(subset="category")}, settings={}, actor=faults.ACTOR)
    store.close()
    return path


def test_the_table_is_as_qgis_makes_it_and_known_to_gdal(town):
    connection = sqlite3.connect(town)
    assert [row[1] for row in connection.execute("PRAGMA table_info(layer_styles)")] == COLUMNS
    assert connection.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchall() == [("attributes",)]
    for layer in ("grids", "events"):
        ((style,),) = connection.execute(ASKED, [layer, "geom"]).fetchall()
        assert Xml.fromstring(style).tag == "qgis"
    connection.close()


def test_every_rule_and_category_has_a_symbol_of_the_right_colour():
    grids = Xml.fromstring(styles.grids_style())
    drawn = {symbol.get("name"): symbol for symbol in grids.iter("symbol")}
    lines = [drawn[rule.get("symbol")].find(".//Option[@name='outline_color']").get("value") for rule in grids.iter("rule")]
    assert lines == [",".join(map(str, (*palette.rgb(colour), 255))) for colour in [*(c for _, c in palette.TIERS), palette.DEDICATED[0]]]
    assert [symbol.find("layer").get("pass") for symbol in drawn.values()] == ["0", "1", "2", "3"]


def test_categories_are_marked_in_the_order_of_our_maps(town):
    connection = sqlite3.connect(town)
    style = Xml.fromstring(connection.execute(ASKED, ["events", "geom"]).fetchone()[0])
    connection.close()
    assert [(each.get("value"), each.get("symbol")) for each in style.iter("category")] == [("积水", "0"), ("<垃圾> & \"'", "1"), ("", "2")]
    colours = [symbol.find(".//Option[@name='color']").get("value") for symbol in style.iter("symbol")]
    marks = palette.marks()
    assert colours == [",".join(map(str, (*palette.rgb(mark["fillColor"]), 255))) for mark in (marks[0], marks[1], marks[-1])]


def test_many_categories_share_the_last_mark():
    style = Xml.fromstring(styles.events_style([f"c{number}" for number in range(20)]))
    assert len(list(style.iter("category"))) == len(list(style.iter("symbol"))) == len(palette.marks())
    assert set(styles.SHAPES) == set(palette.SHAPES)


def test_the_table_is_no_table_of_the_project(town):
    assert "layer_styles" not in store.read_project(town).tables


def test_a_project_without_places_has_no_styles(tmp_path):
    path = tmp_path / "staff.gpkg"
    staff = gpd.pd.DataFrame({"grid_code": ["a"], "role": ["chief"]}, index=gpd.pd.Index(["p"], name="post_id"))
    store.create(path, {"staff": staff}, settings={}, actor=faults.ACTOR)
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'layer_styles'").fetchone() == (0,)
    connection.close()
