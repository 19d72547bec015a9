"""Addresses against a drawn gazetteer: what agrees is found, what does not is never invented."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridmap.errors import CRSError, GridmapWarning, SchemaError
from gridmap.geocode import Gazetteer
from gridmap.geocode.normalise import designator, is_garbled, normalise

COLUMNS = ["address_id", "road", "number", "compound", "building", "unit", "alias", "geometry"]


def rows() -> list[tuple[object, ...]]:
    """文化东路12号 is the compound 翡翠园: buildings 1, 2 and 3, 120 m apart, two doors each, and 12. 长街 has the same numbers twice."""
    found: list[tuple[object, ...]] = [("g", "文化东路", "12", "翡翠园", None, None, "翠园;翡翠苑", (0, 0))]
    for building in (1, 2, 3):
        found.append((f"b{building}", "文化东路", "12", "翡翠园", str(building), None, "翠园;翡翠苑", (120 * building, 0)))
        found += [
            (f"b{building}u{unit}", "文化东路", "12", "翡翠园", str(building), str(unit), "翠园;翡翠苑", (120 * building, 9 * unit))
            for unit in (1, 2)
        ]
    found += [
        ("b12", "文化东路", "12", "翡翠园", "12", None, None, (1500, 0)),
        ("school", "怡心路", "3", "东源小学", None, None, None, (900, 900)),
        ("tower", "怡心路", "5", "怡心大厦", "A", None, None, (950, 900)),
        ("west", "长街", "8", None, "1", None, None, (0, 2000)),
        ("east", "长街", "8", None, "1", None, None, (3000, 2000)),
        ("west9", "长街", "9", "西苑", "1", None, None, (0, 2000)),
        ("east9", "长街", "9", "东苑", "1", None, None, (3000, 2000)),
        ("twice", "平安街", "1", "小院", "1", None, None, (0, 3000)),
        ("again", "平安街", "1", "小院", "1", None, None, (55, 3000)),
    ]
    return found


def frame(region: str | None = None) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows(), columns=COLUMNS).set_index("address_id")
    points = [shapely.Point(500_000 + x, 4_060_000 + y) for x, y in table.pop("geometry")]
    if region is not None:
        table["region"] = region
    return gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4548")


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(frame())


def one(gazetteer: Gazetteer, text: object, **options: float) -> pd.Series:
    return gazetteer.locate(pd.Series([text], dtype="object"), **options).iloc[0]


@pytest.mark.parametrize(
    ("text", "row", "level", "score"),
    [
        ("翡翠园3号楼2单元501室", "b3u2", "building", 1.0),
        ("翠园3栋2单元501", "b3u2", "building", 1.0),
        ("翡翠苑３幢２单元５０１室", "b3u2", "building", 1.0),
        ("翡翠园 三号楼 二单元", "b3u2", "building", 1.0),
        ("【翡翠园】3#楼2单元", "b3u2", "building", 1.0),
        ("翡翠园3-2-501", "b3u2", "building", 1.0),
        ("翡翠园3-501", "b3", "building", 1.0),
        ("翡翠园3号", "b3", "building", 1.0),
        ("翡翠园03号楼", "b3", "building", 1.0),
        ("文化东路12号3号楼", "b3", "building", 1.0),
        ("文化东路12号院3号楼5层501", "b3", "building", 1.0),
        ("文化东路12号翡翠园3号楼2单元501室", "b3u2", "building", 1.0),
        ("文化东路翡翠园3号楼", "b3", "building", 1.0),
        ("翡翠园3号楼(原5号楼)", "b3", "building", 1.0),
        ("翡翠园3号楼(2单元)", "b3u2", "building", 1.0),
        ("翡翠园，3号楼，501", "b3", "building", 1.0),
        ("翡翠园3号楼7单元", "b3", "building", 0.95),
        ("怡心大厦a座1201", "tower", "building", 1.0),
        ("怡心路3号", "school", "number", 0.9),
        ("怡心路5号", "tower", "number", 0.9),
        ("东源小学", "school", "compound", 0.85),
        ("长街9号西苑1号楼", "west9", "building", 1.0),
        ("长街东苑1号楼", "east9", "building", 1.0),
    ],
)
def test_agreeing_addresses_are_found(gazetteer, text, row, level, score):
    found = one(gazetteer, text)
    assert (found["status"], found["address_id"], found["level"], found["score"]) == ("matched", row, level, score)
    assert found["geometry"] == frame().geometry[row]


@pytest.mark.parametrize(
    ("text", "candidates"),
    [("长街8号1号楼", 2), ("长街9号1号楼", 2), ("翡翠园", 11), ("文化东路12号", 11)],
    ids=["same number in two parts", "two compounds at one number", "compound of many buildings", "number of many buildings"],
)
def test_several_places_are_ambiguous_and_have_no_point(gazetteer, text, candidates):
    found = one(gazetteer, text)
    assert (found["status"], found["candidates"]) == ("ambiguous", candidates)
    assert found["geometry"] is None
    assert pd.isna(found["address_id"])
    assert found["error_m"] > 100


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "在广场附近有人摆摊",
        "文化东路",
        "文化东路与怡心路路口",
        "文化东路与怡心路路口向东50米",
        "翡翠园东门",
        "翡翠园3号楼对面",
        "翡翠园3号楼(对面)",
        "路边(翡翠园3号楼)",
        "别处翡翠园3号楼",
        "翡翠园(二期)3号楼",
        "翡翠园(东区)3号楼",
        "翡翠园3号楼(5号楼)",
        "翡翠园1、2号楼",
        "翡翠园1,2号楼",
        "翡翠园1/2号楼",
        "翡翠园1.2号楼",
        "翡翠园 1 2号楼",
        "翡翠园一、二号楼",
        "文化东路1、2号",
        "翡翠園(yuán)3号楼",
        "3号楼2单元501室",
        "12号",
        "501",
    ],
)
def test_what_names_no_known_place_is_not_found(gazetteer, text):
    found = one(gazetteer, text)
    assert (found["status"], found["score"], found["candidates"]) == ("not_found", 0.0, 0)
    assert pd.isna(found["level"])
    assert found["geometry"] is None


def test_a_part_in_brackets_belongs_to_the_name():
    table = frame()
    table.loc["west9", "compound"], table.loc["east9", "compound"] = "长乐苑(东区)", "长乐苑(西区)"
    gazetteer = Gazetteer(table)
    for text, row in (("长乐苑(东区)1号楼", "west9"), ("长乐苑东区1号楼", "west9"), ("长乐苑（西区）1号楼", "east9")):
        assert one(gazetteer, text)["address_id"] == row
    assert one(gazetteer, "长乐苑1号楼")["status"] == "not_found"


@pytest.mark.parametrize("text", ["翡翠园9号楼", "文化东路14号翡翠园3号楼"], ids=["building not listed", "number contradicts the compound"])
def test_a_contradicted_address_counts_candidates_without_a_match(gazetteer, text):
    found = one(gazetteer, text)
    assert (found["status"], found["score"]) == ("not_found", 0.5)
    assert found["candidates"] == 11


def test_the_same_address_listed_twice_is_one_place_with_its_distance_as_error(gazetteer):
    found = one(gazetteer, "平安街1号小院1号楼")
    assert (found["status"], found["error_m"], found["candidates"]) == ("matched", 55.0, 2)


@pytest.mark.parametrize(
    ("prefix", "score"),
    [
        ("山东省济南市历下区", 1.0),
        ("济南历下", 1.0),
        ("山东济南市历下区中国山东省济南市历下区", 1.0),
        ("青岛市市南区", 0.0),
        ("历城区", 0.0),
    ],
)
def test_a_region_that_the_gazetteer_states_is_checked(prefix, score):
    assert one(Gazetteer(frame("山东省济南市历下区")), f"{prefix}翡翠园3号楼")["score"] == score


def test_a_region_that_cannot_be_checked_costs_a_tenth(gazetteer):
    assert one(gazetteer, "示例省东源市河东区翡翠园3号楼")["score"] == 0.9
    assert one(gazetteer, "示例省东源市河东区东源小学")["status"] == "not_found"
    assert one(gazetteer, "示例省东源市河东区东源小学", min_score=0.7)["status"] == "matched"


def test_the_index_and_crs_of_the_input_are_kept(gazetteer):
    addresses = pd.Series(["翡翠园3号楼", None], index=["e7", "e1"])
    found = gazetteer.locate(addresses)
    assert list(found.index) == ["e7", "e1"]
    assert found.crs == "EPSG:4548"
    assert list(found.columns) == ["status", "level", "score", "error_m", "candidates", "address_id", "geometry"]
    empty = gazetteer.locate(addresses.iloc[:0])
    assert empty.empty
    assert list(empty.columns) == list(found.columns)


def test_an_empty_gazetteer_finds_nothing():
    assert one(Gazetteer(frame().iloc[:0]), "翡翠园3号楼")["status"] == "not_found"


def test_faults_of_the_gazetteer_are_named():
    with pytest.raises(SchemaError, match="lacks the columns road"):
        Gazetteer(frame().drop(columns="road"))
    with pytest.raises(CRSError, match="no coordinate reference system"):
        Gazetteer(frame().set_crs(None, allow_override=True))
    with pytest.raises(SchemaError, match="between 0 and 1"):
        one(Gazetteer(frame()), "翡翠园", min_score=80)


def test_rows_without_point_or_with_garbled_names_are_left_out_with_a_warning():
    spoiled = frame()
    spoiled.loc["school", "geometry"] = None
    with pytest.warns(GridmapWarning, match="no point.*school"):
        assert one(Gazetteer(spoiled), "东源小学")["status"] == "not_found"
    spoiled = frame()
    spoiled.loc["school", "compound"] = "東(dōng)源小学"
    with pytest.warns(GridmapWarning, match="decoded wrongly.*school"):
        assert len(Gazetteer(spoiled)) == len(spoiled) - 1


def test_numbers_read_as_numbers_are_designators_too():
    numeric = frame()
    numeric["number"] = numeric["number"].astype(float)
    assert one(Gazetteer(numeric), "怡心路3号")["address_id"] == "school"


@pytest.mark.parametrize(
    ("text", "bare"), [("3号楼", "3"), ("03", "3"), ("三", "3"), ("Ａ座", "A"), ("12号院", "12"), ("二十一栋", "21"), ("2单元", "2")]
)
def test_designators_lose_their_suffix(text, bare):
    assert designator(text) == bare


@pytest.mark.parametrize("text", ["翡翠園(yuán)", "網(wǎng)格", "?班嵐", "翡翠\ufffd"])
def test_texts_decoded_twice_are_recognised(text):
    assert is_garbled(text)
    assert not is_garbled("翡翠园(东区)3号楼 A-2?")


ADDRESSES = st.sampled_from(
    ["翡翠园3号楼2单元501室", "文化东路12号3号楼", "怡心大厦A座", "长街8号1号楼", "怡心路3号", "翡翠园9号楼", "文化东路"]
)


@settings(max_examples=60, deadline=None)
@given(text=ADDRESSES, data=st.data())
def test_full_width_and_blanks_change_nothing(gazetteer, text, data):
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and data.draw(st.booleans()) else c for c in text)
    cut = data.draw(st.integers(0, len(text)).filter(lambda n: not (text[:n][-1:].isdigit() and text[n:][:1].isdigit())))
    variant = wide[:cut] + data.draw(st.sampled_from([" ", "\u3000", "\t", ",", "，"])) + wide[cut:]
    pd.testing.assert_series_equal(one(gazetteer, variant), one(gazetteer, text))


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("翡翠园文化东路长街怡心大厦12389号楼栋单元室-#(),在附近区市A"), max_size=20))
def test_nothing_is_invented(gazetteer, text):
    names = {"翡翠园", "翠园", "翡翠苑", "文化东路", "怡心路", "东源小学", "怡心大厦", "长街", "西苑", "东苑", "平安街", "小院"}
    assume(not any(name in normalise(text) for name in names))
    assert one(gazetteer, text)["status"] == "not_found"


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(len(rows()))), texts=st.lists(ADDRESSES, min_size=1, max_size=5))
def test_the_order_of_rows_does_not_matter(gazetteer, order, texts):
    addresses = pd.Series(texts)
    pd.testing.assert_frame_equal(Gazetteer(frame().iloc[order]).locate(addresses), gazetteer.locate(addresses))
    backwards = gazetteer.locate(addresses[::-1])
    pd.testing.assert_frame_equal(backwards[::-1], gazetteer.locate(addresses))


def test_every_door_is_found_by_its_own_address(gazetteer):
    table = frame().query("unit.notna()")
    texts = table["road"] + table["number"] + "号" + table["compound"] + table["building"] + "号楼" + table["unit"] + "单元"
    found = gazetteer.locate(texts)
    assert (found["address_id"] == table.index).all()
    assert np.array_equal(found.geometry.x, table.geometry.x)


def test_real_delivery_addresses_match_nothing_of_another_town(gazetteer, shared_data):
    path = shared_data / "addresses" / "raw_order_addresses.txt"
    if not path.exists():
        pytest.skip(f"no file {path}")
    texts = pd.Series(path.read_text("utf-8").splitlines())
    assert len(texts) == 10_000
    assert (gazetteer.locate(texts)["status"] == "not_found").all()
