"""The map's Python side: what is served, what is sent, and what of the browser's answers is believed."""

import gzip
import json
import re
import string

import asgi
import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import maps
from gridmap.messages import component as texts
from gridmap.ui import component
from gridmap.ui.component import payload, served
from gridmap.ui.component.selection import Clicked, Selection, read


@pytest.fixture
def events() -> gpd.GeoDataFrame:
    """Three events, two of them at one place."""
    columns = {
        "category": ["litter", "hazard", "litter"],
        "reported_at": pd.date_range("2021-03-01", periods=3, freq="D", tz="Asia/Shanghai"),
    }
    points = [shapely.Point(10, 10), shapely.Point(10, 10), shapely.Point(150, 50)]
    return gpd.GeoDataFrame(columns, index=pd.Index(["u", "v", "w"], name="event_id"), geometry=points, crs="EPSG:4548")


# Ids of the layers


def test_areas_carry_their_codes_and_names(two_tiers, three_by_three):
    outlines = maps.grids_layer(two_tiers.assign(households=range(7)), lang="en")
    assert outlines.data["ids"] == outlines.data["labels"] == ["A1", "A2", "B1", "B2", "A", "B", "D"]
    assert outlines.data["totals"] == {"Households": [2.0, 3.0, 4.0, 5.0, 0.0, 1.0, 6.0]}
    values = pd.Series([1.5, None], index=["a", "b"])
    theme = maps.choropleth(values, three_by_three, title="load", unit="min", lang="en")
    assert theme.data["ids"] == list("abcdefghi")
    assert theme.data["totals"]["load"] == [1.5, *[None] * 8]
    classes = maps.classes_layer(pd.Series("none", index=three_by_three.index), three_by_three, lang="en")
    assert classes.data["ids"] == list("abcdefghi")


def test_a_dot_carries_the_ids_and_minutes_of_its_events(events):
    data = maps.events_layer(events, lang="en").data
    assert data["ids"] == [["u", "v"], ["w"]]
    # 2021-03-01 00:00 in Shanghai is 16:00 of the day before in UTC.
    first = int(pd.Timestamp("2021-02-28 16:00", tz="UTC").timestamp()) // 60
    assert data["minutes"] == [[first, first + 1440], [first + 2880]]


def test_an_event_without_a_time_has_no_minute(events):
    events.loc["v", "reported_at"] = pd.NaT
    assert [len(minutes) for minutes in maps.events_layer(events, lang="en").data["minutes"]] == [1, 1]


def test_findings_carry_their_labels_and_surroundings_nothing(three_by_three):
    frame = gpd.GeoDataFrame(
        {"kind": ["gap"], "grid_codes": ["a;b"], "area_m2": [1.0]}, geometry=[shapely.box(0, 0, 1, 1)], index=[7], crs="EPSG:4548"
    )
    assert maps.findings_layer(frame, lang="en").data["ids"] == ["7"]
    assert "ids" not in maps.context_layer(boundary=three_by_three, lang="en").data


def test_a_page_for_a_file_carries_no_ids(events):
    html = maps.page([maps.events_layer(events, lang="en")], title="x", lang="en")
    assert '"ids"' not in html
    assert '"minutes"' not in html


def test_further_numbers_to_sum_are_told_by_id(three_by_three):
    layer = maps.grids_layer(three_by_three, lang="en").with_totals({"events": pd.Series([4, 2], index=["c", "a"])})
    assert layer.data["totals"] == {"events": [2.0, None, 4.0, *[None] * 6]}


# What is served


def test_a_layer_and_its_geometry_are_served_once_compressed_and_shut(three_by_three):
    layer = maps.grids_layer(three_by_three, lang="en")
    published = payload.publish(layer)
    answer = asgi.get(served.routes(), f"/gridmap/layers/{published.key}", accept_encoding="gzip")
    document = json.loads(gzip.decompress(answer.body))
    assert answer.status == 200
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert document["ids"] == list("abcdefghi")
    assert document["geometry"] == list(published.parts)
    geometry = asgi.get(served.routes(), f"/gridmap/parts/{published.parts[0]}")
    assert json.loads(geometry.body) == layer.parts[published.parts[0]]
    assert "content-encoding" not in geometry.headers


def test_equal_layers_have_one_address_and_layers_that_share_geometry_share_it(three_by_three):
    values = pd.Series(range(9), index=three_by_three.index)
    first, second = (maps.choropleth(values, three_by_three, title=title, unit="", lang="en") for title in ("one", "two"))
    assert payload.publish(first).key == payload.publish(maps.choropleth(values, three_by_three, title="one", unit="", lang="en")).key
    assert payload.publish(first).key != payload.publish(second).key
    assert payload.publish(first).parts == payload.publish(second).parts


def test_what_is_published_again_costs_nothing(three_by_three, monkeypatch):
    layer = maps.grids_layer(three_by_three, lang="en")
    published = payload.publish(layer)
    monkeypatch.setattr(payload, "encoded", lambda value: pytest.fail("encoded again"))
    assert payload.publish(layer) is published


def test_what_was_let_go_is_published_again(three_by_three):
    kept = served.Kept(most_bytes=1)
    layer = maps.grids_layer(three_by_three, lang="en")
    first = payload.publish(layer, kept)
    # One document is all that stays: the layer's own has left for its geometry.
    assert kept.get("layers", first.key) is None
    again = payload.publish(layer, kept)
    assert again.key == first.key
    assert kept.get("parts", first.parts[0]) is not None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.binary(max_size=200)), max_size=30), st.integers(1, 400))
def test_the_newest_document_is_always_kept_and_the_rest_fits(puts, most_bytes):
    kept = served.Kept(most_bytes)
    for key, content in puts:
        kept.put("layers", key, content)
        assert gzip.decompress(kept.get("layers", key)) == content
    sizes = [len(found) for found in (kept.get("layers", key) for key in "abcde") if found is not None]
    assert len(sizes) <= 1 or sum(sizes) <= most_bytes


@pytest.mark.parametrize(
    "path", ["/gridmap/layers/0", "/gridmap/parts/..%2f..%2fsecret", "/gridmap/web/main.py", "/gridmap/web/..%2f__init__.py"]
)
def test_what_is_not_there_is_not_found_and_not_remembered(path):
    answer = asgi.get(served.routes(), path)
    assert answer.status == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


def test_our_scripts_are_asked_for_each_time_and_sent_once():
    answer = asgi.get(served.routes(), "/gridmap/web/main.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert asgi.get(served.routes(), "/gridmap/web/main.js", if_none_match=answer.headers["etag"]).status == 304
    assert asgi.get(served.routes(), "/gridmap/web/draw.js").status == 200


def test_our_scripts_keep_to_what_the_oldest_browser_knows_and_name_no_address():
    scripts = {name: content.decode() for name, (content, _) in served.own_files().items() if name.endswith(".js")}
    assert "main.js" in scripts
    for name, script in scripts.items():
        code = re.sub(r"//.*|/\*.*?\*/", "", script)
        assert "structuredClone" not in code, name
        assert "Object.hasOwn" not in code, name
        assert not re.search(r"\.(at|findLast|findLastIndex|toSorted)\(", code), name
        assert "static {" not in code, name
        assert not re.search(r"(?m)^(const \w+ = )?await ", code), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), name
        assert [found for found in re.findall(r"https?://[\w.]+", script) if found != "http://www.w3.org"] == [], name


def test_every_text_has_the_same_fields_in_both_languages():
    fields = {
        key: [{field for _, field, _, _ in string.Formatter().parse(text.replace("{{", "{").replace("}}", "}")) if field} for text in pair]
        for key, pair in texts.TEXTS.items()
    }
    assert [key for key, (zh, en) in fields.items() if zh != en] == []


def test_every_text_is_used_by_a_script_or_a_tool():
    scripts = " ".join(content.decode() for name, (content, _) in served.own_files().items() if name.endswith(".js"))
    names = {key.split(".", 1)[1] for key in texts.TEXTS}
    unused = {name for name in names if f"words.{name}" not in scripts and f'"{name}"' not in scripts}
    # Looks and tools are asked for by their own names.
    assert unused - {*component.STYLES, *component.TOOLS, "click", "clear", "erase", "export", "failed"} == set()


# What comes back


@pytest.fixture
def published(three_by_three, events) -> list[payload.Published]:
    return [payload.publish(maps.grids_layer(three_by_three, lang="en")), payload.publish(maps.events_layer(events, lang="en"))]


def test_a_click_and_a_stroke_are_read(published):
    state = {
        "turn": 3,
        "view": [117.4, 36.1, 14.5],
        "clicked": {"layer": "Events", "role": "events", "ids": ["u", "v"]},
        "picked": {"layer": "Grids", "role": "grids", "ids": ["b", "a", "b"]},
    }
    found = read(state, published)
    assert found == Selection(Clicked("Events", "events", ("u", "v")), "Grids", "grids", ("b", "a"), None, (117.4, 36.1, 14.5), 3)
    assert found.clicked.id == "u"
    assert found.ids("grids") == ("b", "a")
    assert found.ids("events") == ("u", "v")
    assert found.ids("theme") == ()


def test_unknown_layers_and_ids_are_left_out(published):
    picked = {"layer": "Grids", "role": "grids", "ids": ["a", "zz", 5, None, {"a": 1}]}
    assert read({"picked": picked}, published).codes == ("a",)
    for wrong in ({"role": "theme"}, {"layer": "Other"}, {"layer": ["Grids"]}, {"ids": "a"}, {"ids": {"a": 1}}, {"ids": ["a"] * 200_001}):
        assert read({"picked": picked | wrong, "clicked": picked | wrong}, published) == Selection()


def test_a_click_on_an_unknown_feature_is_none(published):
    assert read({"clicked": {"layer": "Grids", "role": "grids", "ids": ["zz"]}}, published).clicked is None


RING = [[117.0, 30.0], [117.1, 30.0], [117.1, 30.1], [117.0, 30.0]]


def feature(kind: str, coordinates: object) -> dict:
    return {"type": "Feature", "properties": {"x": "<script>"}, "geometry": {"type": kind, "coordinates": coordinates}}


def test_what_was_drawn_is_rebuilt_from_its_coordinates():
    drawn = {
        "type": "FeatureCollection",
        "features": [feature("Polygon", [RING]), feature("Point", [117, 30]), feature("LineString", RING[:2])],
    }
    found = read({"drawn": drawn}, []).drawn
    assert [one["geometry"]["type"] for one in found["features"]] == ["Polygon", "Point", "LineString"]
    assert found["features"][0]["properties"] == {}
    assert gpd.GeoDataFrame.from_features(found).is_valid.all()


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Polygon", [RING[:3]]),
        ("Polygon", [[*RING[:-1], [1, 1]]]),
        ("Polygon", RING),
        ("LineString", RING[:1]),
        ("Point", [181, 0]),
        ("Point", [0, -91]),
        ("Point", ["1", 2]),
        ("Point", [True, 2]),
        ("Point", [1, float("nan")]),
        ("Point", [1, 10**400]),
        ("MultiPolygon", [[RING]]),
        (["Polygon"], [RING]),
        ("LineString", [[0, 0]] * 60_000),
    ],
)
def test_what_is_no_drawing_is_left_out(kind, coordinates):
    assert read({"drawn": {"type": "FeatureCollection", "features": [feature(kind, coordinates)]}}, []).drawn is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["clicked", "picked", "drawn", "view", "turn", "layer", "role", "ids", "features", "geometry", "type", "coordinates"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_whatever_the_browser_sends_is_read_without_a_fault(state):
    found = read(state, [])
    assert found.clicked is None
    assert found.codes == ()


def test_rows_of_vector_tiles_come_back_as_codes():
    tiles = component.Tiles("k", "Many", ("001", "002"), ())
    rows = [f"{tiles.mark}.{row}" for row in ("0", "2", "-1", "²", "x", "")]
    found = read(
        {
            "clicked": {"layer": "Many", "role": "theme", "ids": [f"{tiles.mark}.1"]},
            "picked": {
                "layer": "Many",
                "role": "theme",
                "ids": [*rows, "1", 1],
            },
        },
        [tiles],
    )
    assert found.clicked.ids == ("002",)
    assert found.codes == ("001",)


def test_the_id_of_a_live_event_is_any_short_text():
    live = component.Live("/gridmap/live")
    assert read({"clicked": {"layer": "live", "role": "live", "ids": ["e1", 5, "x" * 201, ""]}}, [live]).clicked.ids == ("e1",)


def test_options_hold_only_what_the_map_knows():
    data = component.Options(tools=("brush", "axe"), style="loud", height=300).as_data()
    assert data["tools"] == ["brush"]
    assert data["style"] == ""  # the page says which
    assert data["height"] == "300px"
    assert data["live"] is None
