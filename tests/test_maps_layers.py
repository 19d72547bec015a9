"""Layers: what they draw, what their legends say."""

import categories
import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap import maps, messages
from gridmap.errors import SchemaError
from gridmap.maps import palette
from gridmap.maps.bins import EventBins


def legend(layer: maps.Layer) -> dict[str, int | None]:
    return {entry.label: entry.n for entry in layer.legend.entries}


def card(layer: maps.Layer, row: int) -> dict:
    return {field: column[row] for field, column in zip(layer.data["fields"], layer.data["columns"], strict=True)}


@pytest.fixture
def events() -> gpd.GeoDataFrame:
    """Three events at one door, one elsewhere, one without coordinates."""
    door, elsewhere = shapely.Point(50, 50), shapely.Point(150, 50)
    rows = {
        "category": ["noise", "noise", "waste", "waste", None],
        "reported_at": pd.to_datetime(["2021-03-01 08:00+08:00"] * 4 + [None], utc=False),
        "status": ["open", "closed", "closed", "open", "open"],
    }
    index = pd.Index([f"e{n}" for n in range(5)], name="event_id")
    return gpd.GeoDataFrame(rows, index=index, geometry=[door, door, door, elsewhere, None], crs="EPSG:4548")


def test_choropleth_counts_grids_per_class_and_hatches_the_rest(three_by_three):
    values = pd.Series([0, 0, 5, 5, 5, 9, 9, None], index=list("abcdefgh"))
    layer = maps.choropleth(values, three_by_three, title="Events", unit="events", lang="en")
    assert legend(layer) == {"0": 2, "5": 3, "9": 2, "no data": 2}
    assert layer.legend.unit == "Unit: events"
    assert card(layer, 0) == {"Grid code": "a", "Name": "a", "Parent": "", "Events": "0 events"}
    assert card(layer, 8)["Events"] == "no data"
    assert layer.data["styles"][layer.data["style"][8]]["fillColor"] == "hatch"


def test_choropleth_of_given_edges_lists_empty_classes(three_by_three):
    values = pd.Series([0, 0, 5, 5, 5, 9, 9, None], index=list("abcdefgh"))
    layer = maps.choropleth(values, three_by_three, title="Events", unit="events", lang="en", scheme="manual", edges=[3, 4, 8])
    assert legend(layer) == {"≤ 3": 2, "4": 0, "5–8": 3, "> 8": 2, "no data": 2}
    assert (layer.legend.unit, layer.legend.note) == ("Unit: events", "classed by given limits")
    assert [layer.data["style"][row] for row in (0, 2, 5, 8)] == [0, 2, 3, 4]


def test_a_value_of_no_grid_is_an_error(three_by_three):
    with pytest.raises(SchemaError, match=r"different identifiers.*1 rows, first: z"):
        maps.choropleth(pd.Series({"a": 1, "z": 2}), three_by_three, title="x", unit="", lang="en")


def test_classes_come_hot_first_with_grey_for_the_rest(three_by_three):
    classes = pd.Series(["hot_99", "none", "cold_95"], index=list("abc"))
    layer = maps.classes_layer(classes, three_by_three, lang="en", details={"z": pd.Series({"a": 4.0, "b": 0.1, "c": -2.5})})
    found = legend(layer)
    assert list(found) == [
        messages.term("class", name, "en") for name in ("hot_99", "hot_95", "hot_90", "none", "cold_90", "cold_95", "cold_99")
    ] + ["no data"]
    assert list(found.values()) == [1, 0, 0, 1, 0, 1, 0, 6]
    assert card(layer, 0)["z"] == "4"
    with pytest.raises(SchemaError, match="unknown class"):
        maps.classes_layer(pd.Series(["warm"], index=["a"]), three_by_three, lang="en")


def test_tiers_and_dedicated_grids_have_lines_of_their_own(two_tiers):
    layer = maps.grids_layer(two_tiers, lang="en")
    assert legend(layer) == {"Dedicated grids": 1, "Level-1 grids": 2, "Level-2 grids": 4}
    assert layer.data["columns"][0] == ["A1", "A2", "B1", "B2", "A", "B", "D"]
    assert layer.data["silent"] == [1]
    alone = maps.dedicated_layer(two_tiers, lang="zh")
    assert (alone.name, alone.role, legend(alone)) == ("专属网格", "dedicated", {"专属网格": 1})
    assert legend(maps.dedicated_layer(two_tiers[two_tiers["kind"] == "base"], lang="en")) == {}


def test_polygons_without_columns_are_one_tier():
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326, index=["a"])
    assert legend(maps.grids_layer(frame, lang="en")) == {"Level-1 grids": 1}


def test_events_at_one_place_are_one_dot_that_lists_them(events):
    layer = maps.events_layer(events, lang="en")
    assert legend(layer) == {"noise": 2, "waste": 2}
    assert "1 without coordinates" in layer.legend.note
    together, alone = sorted((card(layer, row) for row in range(2)), key=lambda one: one["Events here"] is None)
    assert together["Events here"] == "3"
    assert together[""] == ["e0 · noise · 2021-03-01 08:00", "e1 · noise · 2021-03-01 08:00", "e2 · waste · 2021-03-01 08:00"]
    assert alone == {
        "Events here": None, "Event": "e3", "Category": "waste", "Reported": "2021-03-01 08:00", "Status": "open", "": None
    }  # fmt: skip


def test_more_categories_than_hues_share_a_grey():
    points = [shapely.Point(n, 0) for n in range(12)]
    frame = gpd.GeoDataFrame({"category": [f"c{n}" for n in range(11)] + ["c10"]}, geometry=points, crs="EPSG:4548")
    layer = maps.events_layer(frame, lang="en")
    assert list(legend(layer)) == ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "other categories"]
    assert legend(layer)["other categories"] == 5
    assert len({layer.data["styles"][number]["fillColor"] for number in layer.data["style"]}) == 8


def test_every_category_has_a_shape_and_a_colour_of_its_own():
    layer = maps.events_layer(categories.one_of_each(), lang="en")
    entries = [entry.style for entry in layer.legend.entries]
    assert [entry["shape"] for entry in entries] == list(palette.SHAPES)
    assert len({entry["shape"] for entry in entries}) == len({entry["fillColor"] for entry in entries}) == 8
    drawn = [layer.data["styles"][number] for number in layer.data["style"]]
    assert {(style["shape"], style["fillColor"]) for style in drawn} == {(entry["shape"], entry["fillColor"]) for entry in entries}
    assert {style["radius"] for style in drawn} == {10.0}


def test_a_choice_of_events_looks_as_all_of_them_do(events):
    def looks(layer: maps.Layer) -> dict[str, tuple[str, str]]:
        return {entry.label: (entry.style["fillColor"], entry.style["shape"]) for entry in layer.legend.entries}

    whole = events.assign(category=["noise", "waste", "noise", "trees", None])
    order = maps.category_order(whole)
    assert order == ("noise", "waste", "trees", None)
    alone = maps.events_layer(whole[whole["category"] == "trees"], lang="en", categories=order)
    assert looks(alone) == {"trees": looks(maps.events_layer(whole, lang="en"))["trees"]}
    # Order and number of what comes in later change nothing; a category without a place has its mark as well.
    more = pd.concat([whole, whole.iloc[[3, 3, 3]].set_axis(["x", "y", "z"]).assign(category=["arson", "trees", "trees"])])
    assert list(looks(maps.events_layer(more, lang="en")).values()) == [
        (mark["fillColor"], mark["shape"]) for rank, mark in enumerate(palette.marks()[:5]) if rank != 3
    ]
    assert maps.category_order(events.drop(columns="category")) == ()


def test_bins_have_the_same_order(events):
    kinds = pd.Series([7, "7", None, 8, "x"], index=events.index, dtype=object)
    bins = EventBins.of(events.assign(category=kinds), category="category")
    assert bins.names == maps.category_order(events.assign(category=kinds)) == ("7", None, "8", "x")
    assert bins.view(0, (-180, -90, 180, 90)).category.tolist() == [0, 0, 1, 2]


def test_events_without_category_or_rows(events):
    assert legend(maps.events_layer(events.drop(columns="category"), lang="en")) == {"event": 4}
    assert maps.events_layer(events.iloc[:0], lang="en").bounds is None


def test_findings_are_counted_by_kind():
    shapes = [shapely.box(n, 0, n + 1, 1) for n in range(3)]
    columns = {"kind": ["overlap", "gap", "gap"], "grid_codes": ["a;b", "a", ["c", "d"]], "area_m2": [1.25, 1000.0, 3.0]}
    layer = maps.findings_layer(gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4548"), lang="en")
    assert legend(layer) == {"gap": 2, "overlap": 1}
    assert list(card(layer, 0).values()) == ["overlap", "a; b", "1.250"]
    assert list(card(layer, 2).values()) == ["gap", "c; d", "3"]


def test_surroundings_are_drawn_in_order_and_keep_silent():
    lines = {"class": ["river", "residential", "primary"]}
    streets = gpd.GeoDataFrame(lines, geometry=[shapely.LineString([(0, n), (9, n)]) for n in range(3)], crs="EPSG:4548")
    buildings = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4548")
    layer = maps.context_layer(streets, buildings, None, lang="en")
    assert list(legend(layer)) == ["buildings", "rivers", "streets", "main roads"]
    assert layer.data["fields"] == []
    assert maps.context_layer(lang="en").bounds is None


def test_inputs_stay_as_they_were(two_tiers, events):
    grids, places = two_tiers.copy(), events.copy()
    maps.grids_layer(two_tiers, lang="en")
    maps.events_layer(events, lang="en")
    pd.testing.assert_frame_equal(two_tiers, grids)
    pd.testing.assert_frame_equal(events, places)


@pytest.mark.parametrize(
    "url", ["ftp://host/{z}/{x}/{y}", "javascript:alert(1)", "https://host/tiles.png", "https://host'; x/{z}/{x}/{y}", "/{z}/{x}/{y}"]
)
def test_only_web_addresses_of_tiles_are_base_maps(url):
    with pytest.raises(SchemaError, match="no address of a base map"):
        maps.basemap_layer(url, lang="en")
