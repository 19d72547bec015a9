"""Events from every kind of export: coordinates found, stamps read, nothing lost."""

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import files
from gridmap.errors import CRSError, FileError, GridmapWarning, SchemaError
from gridmap.files import stamps

TZ = "Asia/Shanghai"


def table(folder: Path, *lines: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def one_stamp(value: object) -> str | None:
    time = stamps.parse(pd.Series([value], dtype="object"), TZ).iloc[0]
    return None if time is pd.NaT else time.isoformat()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-12-31 17:05:00", "2021-12-31T17:05:00+08:00"),
        ("2021-12-31T17:05", "2021-12-31T17:05:00+08:00"),
        ("2021-12-31", "2021-12-31T00:00:00+08:00"),
        ("2021/1/3 8:05", "2021-01-03T08:05:00+08:00"),
        ("2021.1.3 8:05:09", "2021-01-03T08:05:09+08:00"),
        ("20211231170500", "2021-12-31T17:05:00+08:00"),
        (20211231, "2021-12-31T00:00:00+08:00"),
        ("2021-12-31T09:05:00Z", "2021-12-31T17:05:00+08:00"),
        ("2021-12-31 04:05:00-0500", "2021-12-31T17:05:00+08:00"),
        ("2021-12-31T17:05:00.25+08:00", "2021-12-31T17:05:00.250000+08:00"),
        ("1/31/20 0:05", "2020-01-31T00:05:00+08:00"),
        ("1/31/2020 12:05:07 AM", "2020-01-31T00:05:07+08:00"),
        ("1/31/2020 12:05 pm", "2020-01-31T12:05:00+08:00"),
        ("2021年12月31日 17时05分", "2021-12-31T17:05:00+08:00"),
        ("2021年1月3日17时05分09秒", "2021-01-03T17:05:09+08:00"),
        ("2021年1月3日下午3点", "2021-01-03T15:00:00+08:00"),
        ("2021年1月3日 上午12:30", "2021-01-03T00:30:00+08:00"),
        ("２０２１年１月３日", "2021-01-03T00:00:00+08:00"),
        (" 2021-12-31 17:05 ", "2021-12-31T17:05:00+08:00"),
        (pd.Timestamp(2021, 12, 31, 17, 5).to_pydatetime(), "2021-12-31T17:05:00+08:00"),
        (dt.date(2021, 12, 31), "2021-12-31T00:00:00+08:00"),
        ("31/12/2021", None),
        ("2021-13-01", None),
        ("2021-12-31 25:00", None),
        ("2021-12-31 12:60", None),
        ("2021-12-31 24:00", "2022-01-01T00:00:00+08:00"),
        ("昨天下午", None),
        ("", None),
        (None, None),
    ],
)
def test_stamps(text, time):
    assert one_stamp(text) == time


@settings(max_examples=40, deadline=None)
@given(
    time=st.integers(8_100, 47_000).flatmap(
        lambda day: st.integers(0, 86_399).map(lambda second: pd.Timestamp(day * 86_400 + second, unit="s"))
    ),
    form=st.sampled_from(
        [
            "%Y-%m-%d %H:%M:%S",
            "%Y/%m/%d %H:%M:%S",
            "%m/%d/%Y %I:%M:%S %p",
            "%Y%m%d%H%M%S",
            "%Y年%m月%d日 %H时%M分%S秒",
            "%Y-%m-%dT%H:%M:%S+0800",
        ]
    ),
)
def test_a_formatted_stamp_is_read_back(time, form):
    assert one_stamp(time.strftime(form)) == time.isoformat() + "+08:00"


def test_stamps_keep_the_index_and_take_both_hours_of_a_clock_change():
    values = pd.Series(pd.to_datetime(["2020-11-01 01:30", "2020-03-08 02:30", None]), index=[7, 7, 9])
    read = stamps.parse(values, "America/Los_Angeles")
    assert read.index.tolist() == [7, 7, 9]
    assert read.iloc[0].utcoffset() == dt.timedelta(hours=-7)  # the first of the two hours
    assert read.iloc[1].isoformat() == "2020-03-08T03:00:00-07:00"  # an hour that does not exist
    mixed = stamps.parse(pd.Series(["2021-01-01 08:00", "2021-01-01T08:00Z"], index=[1, 1]), TZ)
    assert mixed.dt.hour.tolist() == [8, 16]


@pytest.mark.parametrize("header", ["lon,lat", "Longitude,Latitude", "LNG,Lat", "经度,纬度"])
def test_customary_names_of_degrees_are_found(tmp_path, header):
    events = files.read_events(table(tmp_path, header, "117.12345,36.54321"))
    assert events.crs == "EPSG:4326"
    assert events.geometry.iloc[0] == shapely.Point(117.12345, 36.54321)
    assert events.index.tolist() == ["1"]
    assert header.split(",")[0] in events.columns


def test_metres_need_a_crs(tmp_path):
    path = table(tmp_path, "x,y", "500123.4,4060001.2")
    with pytest.raises(CRSError, match=r"columns x, y of t\.csv is unknown; Hint: state it, for example --crs EPSG:4548"):
        files.read_events(path)
    assert files.read_events(path, crs="EPSG:4548").crs == "EPSG:4548"


def test_named_columns_stand_before_geometry_and_custom(tmp_path):
    path = table(tmp_path, "a,b,lon,lat", "117.12345,36.54321,0,0")
    assert files.read_events(path, x="a", y="b", crs="EPSG:4490").geometry.iloc[0] == shapely.Point(117.12345, 36.54321)
    with pytest.raises(SchemaError, match="lacks the columns c; given: a, b, lon, lat"):
        files.read_events(path, x="a", y="c", crs="EPSG:4490")
    with pytest.raises(SchemaError, match="only one coordinate column"):
        files.read_events(path, x="a")


def test_columns_are_mapped_and_every_own_column_stays(tmp_path):
    path = table(tmp_path, "no,type,category,created,lon,lat", "007,灯,K1,2021-12-31 17:00,117.12345,36.54321")
    events = files.read_events(path, columns={"event_id": "no", "category": "type", "reported_at": "created"})
    row = events.loc["007"]
    assert (row["no"], row["type"], row["category"], row["category_original"], row["created"]) == (
        "007",
        "灯",
        "灯",
        "K1",
        "2021-12-31 17:00",
    )
    assert row["reported_at"].isoformat() == "2021-12-31T17:00:00+08:00"
    with pytest.raises(SchemaError, match=r"t\.csv lacks the columns nr"):
        files.read_events(path, columns={"event_id": "nr"})


def test_stamps_that_cannot_be_read_are_counted_and_kept(tmp_path):
    path = table(
        tmp_path, "event_id,reported_at,lon,lat", "a,2021-12-31,117.12345,36.54321", "b,昨天,117.12345,36.54321", "c,,117.12345,36.54321"
    )
    with pytest.warns(
        GridmapWarning, match=r"column reported_at of t\.csv holds stamps that cannot be read; given: 昨天; 1 rows, first: b"
    ):
        events = files.read_events(path)
    assert events["reported_at"].isna().tolist() == [False, True, True]
    assert events.loc["b", "reported_at_original"] == "昨天"


def test_rows_without_coordinates_are_kept_with_one_warning(tmp_path):
    path = table(tmp_path, "event_id,lon,lat", "a,117.12345,36.54321", "b,,", "c,117.2,", "d,,36.2")
    with pytest.warns(GridmapWarning, match="no coordinates; 3 rows, first: b, c, d") as caught:
        events = files.read_events(path)
    assert len(caught) == 1
    assert events.geometry.isna().tolist() == [False, True, True, True]


def test_coordinates_that_are_no_numbers(tmp_path):
    some = table(tmp_path, "lon,lat", "117.12345,36.54321", "无,无")
    with pytest.warns(GridmapWarning) as caught:
        files.read_events(some)
    assert [note.message.key for note in caught] == ["some_coordinates_not_numbers", "without_coordinates"]
    assert caught[0].message.rows == [2]
    every = table(tmp_path, "lon,lat", '"117,1","36,5"')
    with pytest.raises(SchemaError, match=r"columns lon, lat of t\.csv hold no numbers; given: 117,1"):
        files.read_events(every)


@pytest.mark.parametrize(
    ("lines", "error", "match"),
    [
        (["lon,lat", "inf,36.5"], SchemaError, "infinite or undefined coordinates; 1 rows"),
        (["lon,lat"], SchemaError, "has no rows"),
        (["name,category", "a,b"], SchemaError, "has no coordinates; given: name, category; Hint: name their columns with --x and --y"),
        (["event_id,lon,lat", "a,117.12345,36.54321", "a,117.12345,36.54321"], SchemaError, "duplicate identifiers; 1 rows, first: a"),
        (["event_id,lon,lat", ",117.12345,36.54321"], SchemaError, "empty identifiers"),
        (["lon,lat", "36.54321,117.12345"], CRSError, "exchanged|swapped"),
        (["lon,lat", "500000,4060000"], CRSError, "range|degrees"),
    ],
)
def test_what_is_wrong_with_a_table_of_events(tmp_path, lines, error, match):
    with pytest.raises(error, match=match):
        files.read_events(table(tmp_path, *lines))


def test_coordinates_rounded_to_two_decimals_are_reported(tmp_path):
    with pytest.warns(GridmapWarning, match="two decimals"):
        files.read_events(table(tmp_path, "lon,lat", "117.12,36.54", "117.13,36.55"))


def test_addresses_alone_are_events_without_points(tmp_path):
    with pytest.warns(GridmapWarning, match="no coordinates; 1 rows"):
        events = files.read_events(table(tmp_path, "event_id,address", "a,翡翠园3号楼"))
    assert events.geometry.isna().all()
    assert events["address"].tolist() == ["翡翠园3号楼"]


def test_points_of_files_with_geometry(tmp_path):
    shapes = [shapely.MultiPoint([(117.12345, 36.54321)]), shapely.Point(), shapely.Point(117.2345, 36.1234, 50)]
    gpd.GeoDataFrame({"event_id": [1, 2, 3]}, geometry=shapes, crs=4490).to_parquet(tmp_path / "t.parquet")
    with pytest.warns(GridmapWarning, match="no coordinates; 1 rows, first: 2"):
        events = files.read_events(tmp_path / "t.parquet")
    assert events.index.tolist() == ["1", "2", "3"]
    assert events.geometry.iloc[0] == shapely.Point(117.12345, 36.54321)
    assert not events.has_z.any()
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4490).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(SchemaError, match="must have geometries of type Point; given: Polygon"):
        files.read_events(tmp_path / "p.parquet")
    with pytest.raises(FileError, match="no such file"):
        files.read_events(tmp_path / "gone.csv")


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "shp", "zip", "csv", "xlsx"])
def test_events_come_back_from_every_format(tmp_path, suffix):
    times = pd.to_datetime(["2021-12-31 17:00:00", "2021-07-01 00:00:30"]).tz_localize(TZ).as_unit("us")
    columns = {"category": ["环境卫生", "我要咨询"], "reported_at": times, "address": ["=翡翠园", None], "zipcode": ["001", "002"]}
    index = pd.Index(["E01", "E02"], name="event_id", dtype="str")
    events = gpd.GeoDataFrame(columns, index=index, geometry=shapely.points([[117.12345, 36.54321], [117.2345, 36.1]]), crs=4326)
    files.write(events, tmp_path / f"e.{suffix}")
    back = files.read_events(tmp_path / f"e.{suffix}")
    pd.testing.assert_frame_equal(pd.DataFrame(back[list(columns)]), pd.DataFrame(events[list(columns)]))
    assert np.array_equal(shapely.get_coordinates(back.geometry), shapely.get_coordinates(events.geometry))


def test_real_requests(shared_data):
    names = {"event_id": "srnumber", "category": "requesttype", "reported_at": "createddate"}
    with pytest.warns(GridmapWarning, match="no coordinates; 11 rows"):
        events = files.read_events(shared_data / "la311" / "requests.csv", columns=names, tz="America/Los_Angeles")
    assert len(events) == 10_000
    assert events["reported_at"].notna().all()
    assert events["reported_at"].dt.strftime("%Y-%m").unique().tolist() == ["2020-01"]
    assert set(names.values()) <= set(events.columns)
