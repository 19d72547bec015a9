"""Uploads of strangers: what is honest is read as a file would be, what is hostile is one clear error."""

import io
import sys
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap import files
from gridmap.errors import FileError, GridmapWarning, SchemaError

SECRET = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"secret":1},"geometry":{"type":"Point","coordinates":[1,2]}}]}'
)


def frame() -> gpd.GeoDataFrame:
    columns = {"grid_code": ["001", "002"], "name": ["一号", "二号"]}
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(n, 0, n + 1, 1) for n in range(2)], crs=4490)


def written(folder, suffix: str) -> bytes:
    path = folder / f"t.{suffix}"
    files.write(frame(), path)
    return path.read_bytes()


def zipped(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


@pytest.mark.parametrize("suffix", ["gpkg", "zip"])
def test_an_upload_is_read_like_a_file(tmp_path, suffix):
    data = written(tmp_path, suffix)
    read = files.read_upload(f"我的 网格.{suffix.upper()}", data, kind="grids")
    on_disk = files.read_grids(tmp_path / f"t.{suffix}")
    pd.testing.assert_frame_equal(pd.DataFrame(read.drop(columns="geometry")), pd.DataFrame(on_disk.drop(columns="geometry")))
    assert read.geometry.geom_equals(on_disk.geometry).all()
    assert read.crs == on_disk.crs


def test_options_warnings_and_errors_pass_through():
    data = b"no,lon,lat,created\n7,117.12345,36.54321,2021-12-31\n8,,,2021-12-31\n"
    with pytest.warns(GridmapWarning, match=r"rows of e\.csv have no coordinates; 1 rows, first: 8"):
        events = files.read_upload("e.csv", data, kind="events", options={"columns": {"event_id": "no", "reported_at": "created"}})
    assert events.index.tolist() == ["7", "8"]
    assert str(events["reported_at"].dt.tz) == "Asia/Shanghai"
    with pytest.raises(SchemaError, match=r"e\.csv has no geometry; given: no, lon, lat, created"):
        files.read_upload("e.csv", data, kind="grids")


def test_plain_tables_and_layers(tmp_path):
    table = files.read_upload("a.csv", "地址\n翡翠园3号楼\n".encode("gb18030"))
    assert table.to_dict("list") == {"地址": ["翡翠园3号楼"]}
    layer = files.read_upload("b.parquet", written(tmp_path, "parquet"), kind="layer", table="boundary")
    assert layer.index.tolist() == ["一号", "二号"]


def linked(path: str) -> bytes:
    return f'<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{path}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'.encode()


def pipeline(path: str) -> bytes:
    return f'{{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read {path}"}}'.encode()


@pytest.mark.parametrize("hostile", [linked, pipeline], ids=["virtual dataset", "pipeline"])
def test_a_link_to_another_file_is_not_followed(tmp_path, hostile):
    secret = tmp_path / "secret.geojson"
    secret.write_text(SECRET)
    with pytest.raises(FileError, match=r"not geojson|cannot read up\.geojson"):
        files.read_upload("up.geojson", hostile(str(secret)))


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("../../etc/passwd", b"x", "not supported: passwd"),
        ("up.vrt", linked("/etc/passwd"), r"not supported: up\.vrt; given: \.vrt"),
        ("up.exe\n<script>", b"x", "not supported"),
        ("up.shp", b"x", r"as one \.zip of its parts"),
        ("up.csv", b"", r"the file is empty: up\.csv"),
        ("up.gpkg", b"GIF89a", r"the content of up\.gpkg is not gpkg"),
        ("up.zip", b"PK\x03\x04", r"cannot read up\.zip"),
        ("up.zip", zipped(**{"../x.shp": b"1"}), "leads out of it"),
        ("up.zip", zipped(**{"/etc/x.shp": b"1"}), "leads out of it"),
        ("up.zip", zipped(**{"x.shp": bytes(60_000_000)}), "grows too large"),
        ("up.xlsx", zipped(**{"xl/worksheets/sheet1.xml": bytes(60_000_000)}), "grows too large"),
        ("up.zip", zipped(**{f"{n}.shp": b"" for n in range(1_001)}), "grows too large.*1001 members"),
    ],
)
def test_what_can_be_told_beforehand_is_refused_without_reading(monkeypatch, name, data, match):
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("a process was started"))
    with pytest.raises(FileError, match=match):
        files.read_upload(name, data)


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("up.gpkg", b"SQLite format 3\0" + b"x" * 5_000, r"cannot read up\.gpkg"),
        ("up.geojson", b'{"type":"FeatureCollection","features":' + b"[" * 500_000, r"cannot read up\.geojson.*nested"),
        ("up.csv", b"," * 5_000_000, r"up\.csv has over 2000 columns"),
        ("up.zip", zipped(**{"x.shp": linked("/etc/passwd"), "x.shx": b"1", "x.dbf": b"1"}), "not shapefile"),
    ],
)
def test_damaged_and_oversized_content_is_one_clear_error(name, data, match):
    with pytest.raises(FileError, match=match) as caught:
        files.read_upload(name, data)
    assert "/tmp" not in str(caught.value)


def test_a_truncated_geopackage_is_one_clear_error(tmp_path):
    with pytest.raises(FileError, match=r"up\.gpkg"):
        files.read_upload("up.gpkg", written(tmp_path, "gpkg")[:20_000])


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits for a process")
@pytest.mark.parametrize(
    ("limits", "rows"),
    [({"memory_bytes": 100 * 2**20}, 4_000_000), ({"cpu_s": 1}, 20_000_000), ({"wall_s": 0.2}, 10)],
    ids=["memory", "processor", "waiting"],
)
def test_limits_hold(limits, rows):
    with pytest.raises(FileError, match=r"reading up\.csv took too much memory or time"):
        files.read_upload("up.csv", b"a,b\n" + b"1,2\n" * rows, limits=files.Limits(**limits))


def test_size_is_limited():
    with pytest.raises(FileError, match=r"over 0 MB; given: 0\.0 MB"):
        files.read_upload("up.csv", b"a,b\n1,2\n", limits=files.Limits(file_bytes=4))


def test_a_member_larger_than_stated_stops_the_unpacking(tmp_path):
    from gridmap.files import archive

    path = tmp_path / "t.zip"
    path.write_bytes(zipped(**{"x.shp": b"0" * 5_000}))
    with archive.opened(path) as opened:
        member = opened.infolist()[0]
        member.file_size = 100
        with pytest.raises(FileError, match=r"grows too large|cannot read"):
            archive.extract(opened, member, tmp_path / "x")


def test_the_process_sees_no_secrets_and_leaves_nothing(tmp_path, monkeypatch):
    from gridmap.files import upload

    monkeypatch.setenv("DATABASE_PASSWORD", "x")
    monkeypatch.setenv("HTTPS_PROXY", "http://x")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    seen = upload._environment(tmp_path)
    assert not {"DATABASE_PASSWORD", "HTTPS_PROXY"} & set(seen)
    assert {"VRT", "OGR_VRT", "GDALG", "WFS", "HTTP"} & set(seen["OGR_SKIP"].split(",")) >= {"OGR_VRT", "GDALG", "WFS", "HTTP"}
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files.read_upload("a.csv", b"a\n1\n")
    assert list(tmp_path.iterdir()) == []
