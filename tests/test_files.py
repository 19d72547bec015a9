"""What is written is read back, in every format; what cannot be read or written is one clear line and leaves nothing behind."""

import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap import files
from gridmap.errors import CRSError, FileError, GridmapWarning, SchemaError
from gridmap.files import cells, shapefile

SUFFIXES = ("gpkg", "geojson", "parquet", "shp", "zip", "csv", "xlsx")
SPATIAL = ("gpkg", "geojson", "parquet", "shp", "zip")


def grids() -> gpd.GeoDataFrame:
    index = pd.Index(["001", "002", "370102001001003"], name="grid_code", dtype="str")
    columns = {
        "name": ["一号网格", "=1+1", "'-x"],
        "level": 2,
        "kind": ["base", "base", "dedicated"],
        "parent": pd.array(["01", "01", None], dtype="str"),
        "households": pd.array([300, None, 12], dtype="Int64"),
        "社区网格专管员联系岗位": ["甲", None, "乙"],
    }
    shapes = [shapely.box(117 + n / 3, 36, 117 + (n + 1) / 3, 36.7) for n in range(3)]
    return gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs="EPSG:4490")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_grids_come_back_as_they_were(tmp_path, suffix):
    path = tmp_path / f"网格.{suffix}"
    files.write(grids(), path)
    back = files.read_grids(path)
    assert back.crs == "EPSG:4490"
    assert back.geometry.geom_equals(grids().geometry).all()
    columns = [name for name in grids().columns if name != "geometry"]
    pd.testing.assert_frame_equal(pd.DataFrame(back[columns]), pd.DataFrame(grids()[columns]), check_column_type=False)
    beside = {".cpg", ".dbf", ".prj", ".shx", ".names.csv"} if suffix == "shp" else set()
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, *(f"网格{part}" for part in beside)}


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\x85\u2028\u2029"), min_size=1, max_size=12
)
CODES = st.text(st.sampled_from("0123456789"), min_size=1, max_size=20)
NUMBERS = st.none() | st.integers(-(2**53), 2**53)
PLACES = st.tuples(st.floats(73, 135), st.floats(18, 53))


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CODES, st.none() | TEXTS.filter(lambda text: text == text.strip()), NUMBERS, PLACES), min_size=1, max_size=6)
)
def test_what_is_written_is_read_back(tmp_path, suffix, rows):
    codes, texts, numbers, places = zip(*rows, strict=True)
    columns = {"code": pd.array(codes, dtype="str"), "text": pd.array(texts, dtype="str"), "number": pd.array(numbers, dtype="Int64")}
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs="EPSG:4326")
    path = tmp_path / f"t.{suffix}"
    files.write(frame, path)
    back = files.read_frame(path)
    assert cells.as_text(back["code"]).tolist() == frame["code"].tolist()
    assert [text if isinstance(text, str) else None for text in cells.as_text(back["text"])] == list(texts)
    assert back["number"].astype("Int64").tolist() == frame["number"].tolist()
    if suffix in SPATIAL:
        assert np.array_equal(shapely.get_coordinates(back.geometry), shapely.get_coordinates(frame.geometry))
    else:
        # A workbook keeps 16 digits of a number.
        np.testing.assert_allclose(back[["lon", "lat"]], shapely.get_coordinates(frame.geometry), rtol=1e-15 if suffix == "xlsx" else 0)


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("'=+-@\t1a"), max_size=6))
def test_a_defused_text_never_runs_and_comes_back(text):
    assert not str(cells.defuse(text)).startswith(("=", "+", "-", "@", "\t"))
    assert cells.restore(cells.defuse(text)) == text
    assert cells.restore_column(pd.Series([cells.defuse(text), None], dtype="str")).tolist()[0] == text


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_no_cell_of_a_spreadsheet_file_is_a_formula(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    files.write(pd.DataFrame({"=cmd()": ["=1+1", "+1", "@x", "-5"], "n": [-1, -2, -3, -4]}), path)
    rows = path.read_text("utf-8-sig").splitlines() if suffix == "csv" else openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    rows = [line.split(",") if isinstance(line, str) else line for line in rows]
    assert [row[0] for row in rows] == ["'=cmd()", "'=1+1", "'+1", "'@x", "'-5"]
    assert [int(row[1]) for row in rows[1:]] == [-1, -2, -3, -4]
    assert files.read_frame(path)["=cmd()"].tolist() == ["=1+1", "+1", "@x", "-5"]


def test_csv_keeps_a_byte_order_mark_and_the_texts_of_numbers_that_are_codes(tmp_path):
    path = tmp_path / "t.csv"
    files.write(pd.DataFrame({"code": ["007"], "n": [300], "share": [0.25], "fine": [True]}), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert files.read_frame(path).loc[0].tolist() == ["007", 300, 0.25, True]
    path.write_text("a,b,c,d\n1.50,12345678901234567890,-0,NA\n", "utf-8")
    assert files.read_frame(path).loc[0].tolist() == ["1.50", "12345678901234567890", "-0", "NA"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_encodings_and_separators(tmp_path, encoding, separator):
    path = tmp_path / "t.csv"
    path.write_bytes(f"编号{separator}名称\n007{separator}翡翠园\n".encode(encoding))
    frame = files.read_frame(path)
    assert frame.columns.tolist() == ["编号", "名称"]
    assert frame.loc[0].tolist() == ["007", "翡翠园"]


def test_codes_given_as_numbers_become_text(tmp_path):
    frame = gpd.GeoDataFrame(
        {"grid_code": [7, 8], "level": ["1", "1"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=4326
    )
    for suffix in ("geojson", "xlsx", "csv"):
        files.write(frame, tmp_path / f"t.{suffix}")
        back = files.read_grids(tmp_path / f"t.{suffix}")
        assert back.index.tolist() == ["7", "8"]
        assert back["level"].tolist() == [1, 1]


def test_a_plain_layer_is_one_base_level_named_by_its_codes(tmp_path):
    path = tmp_path / "t.geojson"
    files.write(gpd.GeoDataFrame({"id": ["b", "a", "a"]}, geometry=[shapely.box(n, 0, n + 1, 1) for n in range(3)], crs=4326), path)
    back = files.read_grids(path, code="id")
    assert back.index.name == "grid_code"
    assert back.index.tolist() == ["b", "a", "a"]  # duplicates are for `coverage.check` to list
    assert back["name"].tolist() == ["b", "a", "a"]
    assert back[["level", "kind"]].drop_duplicates().to_numpy().tolist() == [[1, "base"]]
    assert back["parent"].isna().all()
    assert "id" in back.columns


def test_a_project_comes_back_with_its_tables_types_and_settings(tmp_path):
    stamps = pd.to_datetime(["2021-12-31 16:59:59.5", None]).tz_localize("Asia/Shanghai").as_unit("us")
    events = gpd.GeoDataFrame(
        {
            "category": ["环境卫生", "我要咨询"],
            "reported_at": stamps,
            "address": ["=x", None],
            "resolved": pd.array([True, None], dtype="boolean"),
        },
        index=pd.Index(["E001", "E002"], name="event_id", dtype="str"),
        geometry=[shapely.Point(117.1234, 36.2345), None],
        crs=4490,
    )
    path = tmp_path / "东园.gpkg"
    files.write_project({"grids": grids(), "events": events}, path, settings={"title_zh": "东园社区", "synthetic": "true"})
    project = files.read_project(path)
    assert dict(project.settings) == {"title_zh": "东园社区", "synthetic": "true"}
    assert repr(project) == "Project(grids 3, events 2)"
    assert project.units is None
    assert project.grids.index.tolist() == grids().index.tolist()
    back = project.events
    assert back.geometry.isna().tolist() == [False, True]
    pd.testing.assert_frame_equal(pd.DataFrame(back.drop(columns="geometry")), pd.DataFrame(events.drop(columns="geometry")))
    assert files.read_grids(path).index.tolist() == grids().index.tolist()
    with pytest.warns(GridmapWarning, match="no coordinates; 1 rows, first: E002"):
        assert files.read_events(path).index.tolist() == ["E001", "E002"]


def test_tables_of_a_project_share_one_crs(tmp_path):
    mixed = {"grids": grids(), "boundary": grids().to_crs(4548)}
    with pytest.raises(CRSError, match="boundary differ"):
        files.write_project(mixed, tmp_path / "p.gpkg", settings={})
    files.write_layers(mixed, tmp_path / "p.gpkg")
    with pytest.raises(CRSError, match=r"p\.gpkg boundary differ.*4490 / EPSG:4548"):
        files.read_project(tmp_path / "p.gpkg")


def test_layers_are_chosen_by_name(tmp_path):
    path = tmp_path / "two.gpkg"
    files.write_layers({"a": grids(), "b": grids().iloc[:1]}, path)
    assert len(files.read_grids(path, layer="b")) == 1
    with pytest.raises(FileError, match=r"several layers; Hint: choose one .*--layer.*: a, b"):
        files.read_grids(path)
    with pytest.raises(FileError, match="no layer c; Hint: its layers: a, b"):
        files.read_grids(path, layer="c")
    files.write_layers({"a": grids(), "grids": grids().iloc[:2]}, path)
    assert len(files.read_grids(path)) == 2
    files.write(grids(), tmp_path / "other.gpkg")
    with pytest.raises(FileError, match="none of the tables of a project"):
        files.read_project(tmp_path / "other.gpkg")


def text_file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "error", "match"),
    [
        ("grid.gpkg", None, FileError, r"no such file: .*grid\.gpkg; Hint: the folder holds grids\.gpkg"),
        ("elsewhere.dat", None, FileError, "no such file"),
        ("t.gpkg", "", FileError, "the file is empty"),
        ("t.docx", "x", FileError, r"not supported: t\.docx; given: \.docx; Hint: use one of \.gpkg"),
        ("t.gpkg", "{}", FileError, "not gpkg"),
        ("t.geojson", "<OGRVRTDataSource/>", FileError, "not geojson"),
        ("t.geojson", '{"type": "FeatureCollection", "features": [{', FileError, r"cannot read t\.geojson"),
        ("t.parquet", "PAR1", FileError, r"cannot read t\.parquet"),
        ("t.xlsx", b"PK\x03\x04", FileError, r"cannot read t\.xlsx"),
        ("t.zip", b"PK\x03\x04", FileError, r"cannot read t\.zip"),
        ("t.csv", b"a,b\n\xff\xff\xff\n", FileError, "neither UTF-8 nor GB18030"),
        ("t.csv", "geometry\nPOLYGON((0 0\n", FileError, "not WKT; 1 rows, first: 2"),
        ("t.csv", "geometry\nSRID=4490;POINT(0 0)\nSRID=4326;POINT(0 0)\n", FileError, "mixes several.*EPSG:4326, EPSG:4490"),
        ("t.csv", "," * 3000, FileError, "over 2000 columns; given: 3001"),
        ("t.csv", "grid_code,name\n1,a\n", SchemaError, "has no geometry; given: grid_code, name"),
        ("t.csv", 'grid_code,geometry\n1,"POLYGON((0 0,1 0,1 1,0 0))"\n', CRSError, "no coordinate reference system; Hint: state it"),
    ],
)
def test_a_file_that_is_no_layer_of_grids_is_one_clear_line(tmp_path, name, content, error, match):
    files.write(grids(), tmp_path / "grids.gpkg")
    path = tmp_path / name if content is None else text_file(tmp_path, name, content)
    with pytest.raises(error, match=match) as caught:
        files.read_grids(path)
    assert "\n" not in caught.value.text("zh")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FileError, match="a folder, not a file"):
        files.read_grids(tmp_path)


BOX = shapely.box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("columns", "shapes", "match"),
    [
        ({"code": ["a"]}, [BOX], r"no code column grid_code; given: code; Hint: name the column that holds the codes with --code NAME"),
        ({"grid_code": ["a", None]}, [BOX, BOX], "empty identifiers; 1 rows, first: 2"),
        (
            {"grid_code": ["a", "b"]},
            [BOX, shapely.Point(0, 0)],
            "must have geometries of type MultiPolygon/Polygon; given: Point; 1 rows, first: b",
        ),
        ({"grid_code": ["a"], "kind": ["bse"]}, [BOX], "kind in .* must be base or dedicated; given: bse; 1 rows, first: a"),
        ({"grid_code": ["a"], "level": ["top"]}, [BOX], "level in .* must be a whole number from 1; given: top; 1 rows, first: a"),
        ({"grid_code": ["a"]}, [shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])], "infinite or undefined coordinates; 1 rows, first: a"),
        ({"grid_code": []}, [], "has no rows"),
    ],
)
def test_what_is_wrong_with_a_layer_is_said_with_its_rows(tmp_path, columns, shapes, match):
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=4326))
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(SchemaError, match=match):
        files.read_grids(tmp_path / "t.parquet")


def test_grids_without_geometry_are_kept_with_a_warning(tmp_path):
    gpd.GeoDataFrame({"grid_code": ["a", "b"]}, geometry=[BOX, None], crs=4326).to_parquet(tmp_path / "t.parquet")
    with pytest.warns(GridmapWarning, match="no geometry; 1 rows, first: b"):
        assert len(files.read_grids(tmp_path / "t.parquet")) == 2


def test_a_stated_crs_fills_a_gap_and_never_overrules(tmp_path):
    gpd.GeoDataFrame({"grid_code": ["a"]}, geometry=[BOX]).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(CRSError, match="no coordinate reference system"):
        files.read_grids(tmp_path / "t.parquet")
    assert files.read_grids(tmp_path / "t.parquet", crs="EPSG:4490").crs == "EPSG:4490"
    with pytest.raises(CRSError, match="names no coordinate reference system; given: EPSG:99"):
        files.read_grids(tmp_path / "t.parquet", crs="EPSG:99")
    files.write(grids(), tmp_path / "g.gpkg")
    with pytest.raises(CRSError, match="another coordinate reference system"):
        files.read_grids(tmp_path / "g.gpkg", crs="EPSG:4548")


def test_invalid_and_unclosed_rings_are_read(tmp_path):
    ring = '{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1]]]}'
    feature = f'{{"type":"Feature","properties":{{"grid_code":"a"}},"geometry":{ring}}}'
    path = text_file(tmp_path, "t.geojson", f'{{"type":"FeatureCollection","features":[{feature}]}}')
    with pytest.warns(GridmapWarning, match="Non closed ring"):
        shape = files.read_grids(path).geometry.iloc[0]
    assert not shape.is_valid
    assert shape.geom_type == "Polygon"


def test_heights_are_dropped(tmp_path):
    gpd.GeoDataFrame({"grid_code": ["a"]}, geometry=[shapely.force_3d(BOX, 5)], crs=4326).to_parquet(tmp_path / "t.parquet")
    assert not files.read_grids(tmp_path / "t.parquet").has_z.any()


def test_other_tables_get_their_index_and_types(tmp_path):
    frame = gpd.GeoDataFrame({"households": ["12", "7"], "use": ["住宅", "学校"]}, geometry=[BOX, BOX], crs=4326)
    files.write(frame, tmp_path / "b.csv")
    back = files.read_layer(tmp_path / "b.csv", "buildings")
    assert (back.index.name, back.index.tolist()) == ("building_id", ["1", "2"])
    assert back["households"].dtype == "int64"
    with pytest.raises(SchemaError, match="must have geometries of type LineString/MultiLineString; given: Polygon"):
        files.read_layer(tmp_path / "b.csv", "streets")


class Refusing:
    """A value that fails while it is being written."""

    def __str__(self) -> str:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    files.write(grids(), path)
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    spoiled = grids().assign(broken=[1, Refusing(), 2])
    with pytest.raises(FileError, match="No space left on device"):
        files.write(spoiled, path)
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(FileError, match="No such file or directory"):
        files.write(grids(), tmp_path / "no" / "t.gpkg")
    with pytest.raises(FileError, match="No such file or directory"):
        files.write_text("x", tmp_path / "no" / "t.html")


def test_text_is_written_whole(tmp_path):
    files.write_text("网格\n", tmp_path / "t.html")
    assert (tmp_path / "t.html").read_bytes() == "网格\n".encode()


@pytest.mark.parametrize(
    ("frame", "name", "match"),
    [
        (pd.DataFrame({"a": [1]}), "t.geojson", "needs geometry"),
        (pd.DataFrame({"a": [1]}), "t.shp", "needs geometry"),
        (pd.DataFrame({"a": ["x" * 40_000]}), "t.xlsx", "32767 characters at most; 1 rows"),
        (pd.DataFrame({"a": ["x\x01"]}), "t.xlsx", "control characters"),
        (
            gpd.GeoDataFrame({"a": ["网" * 90]}, geometry=[BOX], crs=4326),
            "t.shp",
            r"column a of t\.shp has texts of over 254 bytes; 1 rows, first: 0",
        ),
        (gpd.GeoDataFrame({"Name": [1], "name": [2]}, geometry=[BOX], crs=4326), "t.gpkg", "same column name twice; given: Name, name"),
        (gpd.GeoDataFrame({"a": [1, 2]}, geometry=[BOX, shapely.Point(0, 0)], crs=4326), "t.shp", r"cannot hold these data"),
        (pd.DataFrame({"a": [1]}), "t.txt", "not supported"),
    ],
)
def test_data_that_a_format_cannot_hold_are_refused(tmp_path, frame, name, match):
    with pytest.raises(FileError, match=match):
        files.write(frame, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_gbk_shapefile_is_written_and_read(tmp_path):
    files.write(grids(), tmp_path / "g.shp", encoding="gbk")
    assert (tmp_path / "g.cpg").read_text() == "GBK"
    assert "一号网格".encode("gbk") in (tmp_path / "g.dbf").read_bytes()
    assert files.read_grids(tmp_path / "g.shp")["name"].tolist() == grids()["name"].tolist()
    with pytest.raises(FileError, match=r"column name of g\.shp has a character that gbk lacks; given: 𠮷"):
        files.write(grids().assign(name="𠮷"), tmp_path / "g.shp", encoding="gbk")


@pytest.mark.parametrize(("stated", "true"), [(None, "gbk"), ("UTF-8", "gbk"), (None, "utf-8"), ("GBK", "utf-8")])
def test_shapefile_without_or_with_a_lying_statement_is_sniffed(tmp_path, stated, true):
    files.write(grids()[["name", "geometry"]], tmp_path / "g.shp", encoding=true)
    (tmp_path / "g.cpg").unlink()
    if stated is not None:
        (tmp_path / "g.cpg").write_text(stated)
    data = bytearray((tmp_path / "g.dbf").read_bytes())
    data[29] = 0
    (tmp_path / "g.dbf").write_bytes(data)
    expected = "gb18030" if true == "gbk" else "utf-8"
    with pytest.warns(GridmapWarning, match=f"read as {expected}"):
        assert files.read_grids(tmp_path / "g.shp")["name"].tolist() == grids()["name"].tolist()
    assert files.read_frame(tmp_path / "g.shp", encoding=expected)["name"].tolist() == grids()["name"].tolist()


def test_short_names_are_unique_and_fit():
    names = ["reported_at", "reported_by", "reported_1", "社区网格专管员", "社区网格", "NAME", "name", "x"]
    for encoding in ("utf-8", "gbk"):
        shorts = shapefile.short_names(names, encoding)
        assert list(shorts) == names
        assert len({short.lower() for short in shorts.values()}) == len(names)
        assert all(len(short.encode(encoding)) <= 10 for short in shorts.values())
        assert (shorts["reported_1"], shorts["x"], shorts["NAME"]) == ("reported_1", "x", "NAME")


def test_archives_are_looked_at_before_they_are_unpacked(tmp_path):
    files.write(grids(), tmp_path / "a.shp")
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in tmp_path.glob("a.*"):
            for stem in ("东/一区", "东/二区"):
                archive.write(part, f"{stem}{part.name[1:]}")
    with pytest.raises(FileError, match=r"several layers; Hint: choose one .*--layer.*: 一区, 二区"):
        files.read_grids(path)
    assert len(files.read_grids(path, layer="二区")) == 3
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(FileError, match=r"holds no Shapefile; given: readme\.txt"):
        files.read_grids(tmp_path / "none.zip")
    (tmp_path / "a.shx").unlink()
    with pytest.raises(FileError, match=r"a\.shp lacks its \.shx"):
        files.read_grids(tmp_path / "a.shp")


def test_columns_named_like_keys_of_the_format_survive(tmp_path):
    frame = gpd.GeoDataFrame({"fid": ["x"], "geom": ["y"]}, geometry=[BOX], crs=4326)
    files.write(frame, tmp_path / "t.gpkg")
    assert files.read_frame(tmp_path / "t.gpkg").loc[0, ["fid", "geom"]].tolist() == ["x", "y"]


def test_repeated_names_of_a_sheet_stay_apart(tmp_path):
    book = openpyxl.Workbook()
    for row in ([], ["a", "a", None], [1, "x", 2.0], [None, None, None]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    frame = files.read_frame(tmp_path / "t.xlsx")
    assert frame.columns.tolist() == ["a", "a.1", "column_3"]
    assert frame.to_numpy().tolist() == [[1, "x", 2.0]]


def workbook(path: Path, **sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)
    return book


def test_the_sheet_with_the_table_is_read_and_the_others_are_named(tmp_path):
    path = tmp_path / "b.xlsx"
    workbook(path, note=[["made in May"]], first=[["a", "b"], [1, 2]], second=[["a", "b"], [3, 4]], events=[["a", "b"], [5, 6]])
    with pytest.warns(GridmapWarning, match="the sheet first was read.*given: second, events"):
        assert files.read_frame(path)["a"].tolist() == [1]
    assert files.read_frame(path, what="events")["a"].tolist() == [5]
    assert files.read_frame(path, layer="second")["a"].tolist() == [3]
    with pytest.raises(FileError, match="no layer third; Hint: its layers: note, first, second, events"):
        files.read_frame(path, layer="third")


def test_titles_above_the_names_are_left_out(tmp_path):
    path = tmp_path / "b.xlsx"
    workbook(path, s=[["2024年台账"], [], [None, "制表人"], ["a", "b"], [1, 2]])
    with pytest.warns(GridmapWarning, match="2 rows of titles .*given: 2024年台账"):
        assert files.read_frame(path).to_dict("list") == {"a": [1], "b": [2]}
    workbook(path, s=[["address"], ["东苑路1号"], ["东苑路2号"]])
    assert files.read_frame(path)["address"].tolist() == ["东苑路1号", "东苑路2号"]


def test_a_cell_merged_over_several_rows_counts_for_each(tmp_path):
    path = tmp_path / "b.xlsx"
    book = workbook(path, s=[["area", "n"], ["东", 1], [None, 2], [None, 3], ["西", 4], [None, 5]])
    book["s"].merge_cells("A2:A4")
    book.save(path)
    assert files.read_frame(path)["area"].fillna("-").tolist() == ["东", "东", "东", "西", "-"]


def test_formulas_that_nobody_computed_are_reported(tmp_path):
    path = tmp_path / "b.xlsx"
    workbook(path, s=[["a", "b", "c"], [1, "=A2+1", None], [2, "=A3+1", None]])
    with pytest.warns(GridmapWarning, match="columns b of b.xlsx hold formulas"):
        assert files.read_frame(path)["b"].isna().all()


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("a,b\n1,2,3\n4,5,6\n", FileError, "every row of t.csv has more cells than the header"),
        ("a,b\n1,2\n4,5,6\n", FileError, "line 3"),
        ("geometry\nSRID=99999999;POINT (1 2)\n", CRSError, "EPSG:99999999"),
    ],
)
def test_text_tables_are_never_cut(tmp_path, text, error, match):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(error, match=match):
        files.read_frame(tmp_path / "t.csv")


def test_a_damaged_geopackage_is_one_error_without_notes_of_gdal(tmp_path):
    sqlite3.connect(tmp_path / "t.gpkg").executescript("create table a (x)")
    with pytest.raises(FileError, match=r"cannot read t\.gpkg"):
        files.read_frame(tmp_path / "t.gpkg")


def test_a_layer_of_units_is_known_by_its_own_codes(tmp_path):
    units = gpd.GeoDataFrame({"unit_id": ["U1", "U2"], "grid_code": ["1", "1"]}, geometry=grids().geometry.iloc[:2].tolist(), crs=4490)
    files.write_layers({"grids": grids(), "units": units}, tmp_path / "p.gpkg")
    assert files.read_grids(tmp_path / "p.gpkg", layer="units").index.tolist() == ["U1", "U2"]
    assert files.read_grids(tmp_path / "p.gpkg", layer="units", code="grid_code").index.tolist() == ["1", "1"]


def test_grids_out_of_range_are_named_by_their_file(tmp_path):
    files.write(grids().set_geometry(grids().translate(0, 60)), tmp_path / "g.gpkg")
    with pytest.raises(CRSError, match=r"g\.gpkg have longitudes beyond 180 or latitudes beyond 90.*3 rows"):
        files.read_grids(tmp_path / "g.gpkg")


@pytest.mark.parametrize("suffix", ["shp", "zip"])
def test_names_that_a_shapefile_would_change_come_back(tmp_path, suffix):
    frame = grids()[["name", "geometry"]].rename(columns={"name": "name:zh"}).assign(**{"end ": 1, "50%": 2})
    files.write(frame, tmp_path / f"g.{suffix}")
    assert {"name:zh", "end ", "50%"} <= set(files.read_frame(tmp_path / f"g.{suffix}").columns)


def test_a_new_shapefile_takes_no_names_or_indexes_from_an_older_one(tmp_path):
    files.write(grids(), tmp_path / "g.shp")
    (tmp_path / "g.qix").write_bytes(b"an index of the older file")
    assert (tmp_path / "g.names.csv").exists()
    files.write(grids()[["name", "geometry"]], tmp_path / "g.shp")
    assert sorted(part.suffix for part in tmp_path.iterdir()) == [".cpg", ".dbf", ".prj", ".shp", ".shx"]


def test_what_gdal_could_not_write_as_given_is_an_error(tmp_path):
    frame = gpd.GeoDataFrame({"n": [1.5e300]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    with pytest.raises(FileError, match=r"n\.shp cannot hold these data"):
        files.write(frame, tmp_path / "n.shp")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_may_not_be_read_is_one_error(tmp_path):
    with pytest.raises(FileError, match=r"cannot open .*File name too long.*Hint"):
        files.read_frame(tmp_path / f"{'n' * 300}.csv")


def test_inputs_are_not_changed(tmp_path):
    frame = grids()
    for suffix in SUFFIXES:
        files.write(frame, tmp_path / f"t.{suffix}")
    pd.testing.assert_frame_equal(frame, grids())


def test_real_gbk_counties(shared_data):
    counties = files.read_grids(shared_data / "gbk" / "shanghai_qx.shp", code="ADMINCODE")
    assert {"宝山区", "浦东新区", "崇明县"} <= set(counties["NAME"])
    assert counties.index[0] == "310113"


def test_real_councils_and_precincts(shared_data):
    councils = files.read_grids(shared_data / "la311" / "neighborhood_councils.geojson", code="nc_id")
    assert len(councils) == 99
    precincts = files.read_frame(shared_data / "redistricting" / "CT_precincts.zip")
    assert (len(precincts), int(precincts["TOTPOP"].sum())) == (739, 3_574_097)  # published beside the data


def test_a_polygon_may_be_missing_in_a_table_of_texts(tmp_path):
    frame = gpd.GeoDataFrame({"a": ["x", "y"]}, geometry=[None, shapely.box(0, 0, 1, 1)], crs="EPSG:4547")
    files.write(frame, tmp_path / "some.csv")
    assert files.read_frame(tmp_path / "some.csv").geometry.isna().tolist() == [True, False]
