"""Words of a plan: what bounds each grid, its figures, its buildings; ledgers; the notice of what changed."""

import io
from datetime import date

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import towns
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import files, hierarchy, plan, report, synth
from gridmap.errors import CRSError, FileError, GridmapWarning, SchemaError
from gridmap.plan.describe import natural

CRS = "EPSG:4547"
EAST, NORTH = 500_000.0, 4_000_000.0
SIDES = ["east", "south", "west", "north"]


def at(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape drawn near the origin where the projected system has its middle."""
    return shapely.affinity.translate(shape, EAST, NORTH)


def plan_of(**shapes: shapely.Geometry) -> plan.Plan:
    """Return a plan of one level; a grid's name is its code."""
    grids = gpd.GeoDataFrame(
        {"name": list(shapes), "level": 1, "kind": "base", "parent": None},
        index=pd.Index(list(shapes), name="grid_code"),
        geometry=[at(shape) for shape in shapes.values()],
        crs=CRS,
    )
    return plan.from_grids(grids)


def streets_of(*rows: tuple[str | None, str, list[tuple[float, float]]]) -> gpd.GeoDataFrame:
    """Return streets of (name, class, corners)."""
    lines = [at(shapely.LineString(corners)) for _, _, corners in rows]
    columns = {"name": [row[0] for row in rows], "class": [row[1] for row in rows]}
    return gpd.GeoDataFrame(columns, index=pd.Index([f"S{n}" for n in range(len(rows))], name="street_id"), geometry=lines, crs=CRS)


def square() -> plan.Plan:
    """Return two squares of 400 m side by side, A in the west and B in the east."""
    return plan_of(A=shapely.box(0, 0, 400, 400), B=shapely.box(400, 0, 800, 400))


def roads() -> gpd.GeoDataFrame:
    """Return what runs around the two squares, and what must not be named."""
    return streets_of(
        ("解放路", "primary", [(-50, 408), (150, 408)]),  # 8 m off the border
        ("人民路", "primary", [(150, 408), (900, 408)]),
        ("清溪河", "river", [(-5, 0), (380, -4), (900, 0)]),
        (None, "rail", [(-6, -20), (-6, 420)]),
        ("穿城路", "secondary", [(200, -200), (200, 600)]),  # crosses the square
        ("远路", "secondary", [(830, 0), (830, 400)]),  # 30 m off
        ("短巷", "residential", [(408, 380), (408, 400)]),  # 20 m of 400 m
    )


def test_each_side_is_told_by_what_runs_along_it():
    found = plan.describe(square(), streets=roads())
    assert found.loc["A", SIDES].to_dict() == {"east": "与B网格相邻", "south": "清溪河", "west": "铁路", "north": "解放路、人民路"}
    assert found.loc["A", "bounds"] == "东与B网格相邻，南至清溪河，西至铁路，北至解放路、人民路"
    assert found.loc["B", "bounds"] == "东至辖区边界，南至清溪河，西与A网格相邻，北至人民路"
    english = plan.describe(square(), streets=roads(), lang="en")
    assert english.loc["A", "bounds"] == "east: beside grid B; south: 清溪河; west: a railway; north: 解放路, 人民路"
    assert english.loc["B", "east"] == "the boundary of the plan"


def test_a_line_counts_up_to_the_tolerance_and_the_nearest_wins():
    assert plan.describe(square(), streets=roads(), tolerance_m=35.0).loc["B", "east"] == "远路"
    walled = pd.concat([roads(), streets_of(("大院围墙", "wall", [(0, 395), (400, 395)])).set_axis(["W"])])
    assert plan.describe(square(), streets=walled).loc["A", "north"] == "大院围墙"


def test_a_road_without_a_name_gives_way_and_a_river_without_one_does_not():
    beside = streets_of(("北路", "primary", [(0, 410), (800, 410)]), (None, "footway", [(0, 401), (800, 401)]))
    beside = pd.concat(
        [beside, streets_of(("南路", "primary", [(0, -10), (800, -10)]), (None, "river", [(0, 0), (800, 0)])).set_axis(["a", "b"])]
    )
    found = plan.describe(square(), streets=beside)
    assert found.loc["A", ["north", "south"]].tolist() == ["北路", "河流"]
    assert plan.describe(square(), streets=beside.iloc[[1]]).loc["A", "north"] == "无名道路"


def test_a_side_shared_by_street_and_neighbour_names_both():
    half = streets_of(("中街", "primary", [(400, 0), (400, 200)]))
    found = plan.describe(square(), streets=half)
    assert found.loc["A", "east"] == "中街并与B网格相邻"
    assert found.loc["B", "bounds"].endswith("西至中街并与A网格相邻，北至辖区边界")


def test_a_triangle_has_four_sides_too_and_order_runs_from_north_and_from_west():
    triangle = shapely.Polygon([(0, 0), (300, 0), (0, 300)])
    rest = shapely.Polygon([(300, 0), (300, 300), (0, 300)])
    roads = streets_of(
        ("斜街", "primary", [(300, 0), (0, 300)]), ("西上路", "primary", [(0, 150), (0, 300)]), ("西下路", "primary", [(0, 0), (0, 150)])
    )
    found = plan.describe(plan_of(A=triangle, B=rest), streets=roads)
    assert found.loc["A", SIDES].to_dict() == {"east": "斜街", "south": "辖区边界", "west": "西上路、西下路", "north": "斜街"}


def test_a_notch_turns_no_side_and_a_bent_street_bounds_two():
    toothed = [(0, 0), (400, 0), (400, 195), (394, 195), (394, 205), (400, 205), (400, 400), (0, 400)]
    around = streets_of(
        ("环路", "primary", [(404, -9), (404, 404), (-9, 404)]),
        ("南路", "primary", [(0, 0), (400, 0)]),
        ("西路", "primary", [(0, 0), (0, 400)]),
    )
    found = plan.describe(plan_of(A=shapely.Polygon(toothed)), streets=around)
    assert found.loc["A", "bounds"] == "东至环路，南至南路，西至西路，北至环路"


def test_names_are_data():
    odd = streets_of(("{evil} %s\n=1+1", "primary", [(0, 400), (800, 400)]), ("  ", "residential", [(0, 0), (800, 0)]))
    found = plan.describe(square(), streets=odd)
    assert found.loc["A", "north"] == "{evil} %s\n=1+1"
    assert found.loc["A", "south"] == "无名道路"
    named = square().grids.assign(name=["东苑社区", "第2网格-1"])
    assert plan.describe(plan.from_grids(named), streets=odd)["east"].tolist() == ["与第2网格-1相邻", "辖区边界"]


def test_areas_and_figures_are_those_of_the_plan_or_of_the_buildings():
    grids = square().grids.assign(households=[3, 4])
    found = plan.describe(plan.from_grids(grids), streets=roads())
    assert found["area_km2"].tolist() == pytest.approx([0.16, 0.16], rel=1e-6)
    assert found["area_ha"].tolist() == pytest.approx([16.0, 16.0], rel=1e-6)
    assert found["households"].tolist() == [3, 4]
    assert found["buildings"].isna().all()
    spots = [at(shapely.box(x, 10, x + 5, 20)) for x in (10, 30, 50, 900)]
    names = ["一里10号楼", "一里2号楼", None, "外面"]
    buildings = gpd.GeoDataFrame({"address": names, "households": [1, 2, 3, 9], "residents": 5}, geometry=spots, crs=CRS)
    counted = plan.describe(square(), streets=roads(), buildings=buildings)
    assert counted["building_list"].tolist() == ["2、一里2号楼、一里10号楼", ""]
    assert counted[["households", "residents", "buildings"]].to_numpy().tolist() == [[6, 15, 3], [0, 0, 0]]


def test_counts_that_are_none_are_named_and_missing_ones_are_nought():
    with pytest.raises(SchemaError, match="households of buildings is no whole number from 0; given: about 3, -1; 2 rows, first: 007, B2"):
        plan.describe(square(), streets=roads(), buildings=few_buildings(households=["about 3", "-1", "2", None]))
    with pytest.warns(GridmapWarning, match="buildings.households.*1 rows, first: B1"):
        found = plan.describe(square(), streets=roads(), buildings=few_buildings(households=[1, 2, None, None]))
    assert found["households"].tolist() == [2, 1]


def test_a_grid_without_a_name_is_called_by_its_code():
    bare = plan.from_grids(square().grids.assign(name=["", None]))
    assert plan.describe(bare, streets=roads())["east"].tolist() == ["与B网格相邻", "辖区边界"]
    assert plan.describe(bare, streets=roads())["west"].tolist() == ["铁路", "与A网格相邻"]
    merged = plan.merge(bare, ["A", "B"], code="C")
    paragraphs, _ = text_of(report.notice(bare, merged, on=date(2026, 5, 1), streets=roads()))
    assert "1. 将网格A、网格B合并为网格C。" in paragraphs
    assert paragraphs[1] == "关于调整C网格的通知"


def test_a_split_that_keeps_its_code_and_a_grid_that_only_grows_are_told_apart():
    """A keeps its code and most of its ground, D is made of the rest; ground of no grid joins C."""
    old = plan_of(A=shapely.box(0, 0, 500, 100), C=shapely.box(500, 0, 600, 100))
    new = plan_of(A=shapely.box(0, 0, 300, 100), D=shapely.box(300, 0, 500, 100), C=shapely.box(500, 0, 640, 100))
    paragraphs, _ = text_of(report.notice(old, new, on=date(2026, 5, 1), streets=roads().head(0)))
    told = [text for text in paragraphs if text[:2] in ("1.", "2.", "3.")]
    assert told == ["1. 将A（编码A）划分为A（编码A）、D（编码D）。", "2. C（编码C）新增区域，面积0.40公顷。"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.sampled_from(["楼", "号", ""]))
def test_numbers_in_names_sort_as_numbers(numbers, end):
    texts = [f"一里{number}{end}" for number in numbers]
    assert sorted(texts, key=natural) == [f"一里{number}{end}" for number in sorted(numbers)]
    assert natural("１２号") == natural("12号")
    assert natural("9" * 5_000) < natural("1" + "0" * 5_000)


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


@pytest.fixture(scope="module")
def begun(town: synth.Town) -> plan.Plan:
    return plan.from_grids(town.grids)


def test_the_demo_town_is_bounded_by_the_streets_it_was_drawn_with(town, begun):
    """Named is what lies under much of a border, and nothing that lies beside none: by buffers, another way to the same answer."""
    found = plan.describe(begun, streets=town.streets)
    assert found.loc["990101001001001", "bounds"] == "东至解放路，南与郑家台第2网格相邻，西至工业路，北至北环路"
    assert found.loc["990101001001903", "bounds"] == "东至东苑大街，南至康复巷，西至康宁路，北至文化路"
    metric = town.streets.to_crs(begun.plane.metric).dissolve("name").geometry
    on, near = metric.buffer(0.5), metric.buffer(16)
    for code, grid in hierarchy.tier(begun.grids).to_crs(begun.plane.metric).geometry.items():
        border = grid.exterior
        named = {name for side in SIDES for name in found.loc[code, side].split("并与")[0].split("、")} & set(metric.index)
        assert {name for name, zone in on.items() if border.intersection(zone).length > 0.15 * border.length} <= named
        assert all(border.intersection(near[name]).length > 20 for name in named)


def test_the_order_of_rows_changes_no_word_and_inputs_are_left_alone(town, begun):
    before = town.streets.copy()
    straight = plan.describe(begun, streets=town.streets, buildings=town.buildings)
    turned = plan.describe(begun, streets=town.streets.iloc[::-1], buildings=town.buildings.iloc[::-1])
    pd.testing.assert_frame_equal(straight, turned)
    pd.testing.assert_frame_equal(town.streets, before)
    assert straight.index.equals(begun.grids.index)


def test_an_upper_grid_has_what_its_children_have(town, begun):
    found = plan.describe(begun, streets=town.streets, buildings=town.buildings)
    base = found[found["kind"] == "base"]
    sums = base[base["level"] == 3].groupby("parent")["buildings"].sum()
    assert sums.to_dict() == base[base["level"] == 2]["buildings"].to_dict()
    assert base.loc["990101001", "buildings"] == len(town.buildings)
    assert found.loc["990101001001901", "building_list"].count("东苑小学") == found.loc["990101001001901", "buildings"]


def test_what_is_no_street_or_lies_elsewhere_is_refused():
    with pytest.raises(SchemaError, match="class"):
        plan.describe(square(), streets=roads().drop(columns="class"))
    with pytest.raises(CRSError, match="streets and plan"):
        plan.describe(square(), streets=roads().to_crs("EPSG:4326"))
    with pytest.raises(CRSError, match="buildings and plan"):
        plan.describe(square(), streets=roads(), buildings=square().grids.to_crs("EPSG:4326"))
    none = plan.describe(square(), streets=roads().head(0))
    assert none.loc["A", "bounds"] == "东与B网格相邻，南至辖区边界，西至辖区边界，北至辖区边界"


def few_buildings(**columns: object) -> gpd.GeoDataFrame:
    """Return two buildings in A, one in B, one outside."""
    spots = [at(shapely.box(x, 10, x + 8, 20)) for x in (410, 60, 10, 900)]
    return gpd.GeoDataFrame(
        {"households": [1, 2, 3, 4], "residents": 7, **columns}, index=["007", "B2", "B1", "B9"], geometry=spots, crs=CRS
    )


def test_a_ledger_lists_every_building_with_its_grid():
    found = plan.ledger(square(), few_buildings(address=["乙路1号", "甲路10号", "甲路9号", "丙路1号"]))
    assert list(found.index) == ["B1", "B2", "007", "B9"]
    assert found["grid_code"].fillna("-").tolist() == ["A", "A", "B", "-"]
    assert found["dedicated"].isna().all()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_ledger_comes_back_as_it_was_written(tmp_path, lang):
    named = plan_of(**{"001": shapely.box(0, 0, 400, 400), "=A": shapely.box(400, 0, 800, 400)})
    hostile = ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)"]
    listed = plan.ledger(named, few_buildings(address=hostile))
    path = tmp_path / "l.xlsx"
    files.write_ledger(listed, plan.describe(named, streets=roads(), lang=lang), path, lang=lang)
    back = files.read_ledger(path)
    assert back.fillna("-").to_dict() == {"B2": "001", "B1": "001", "007": "=A", "B9": "-"}
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == {"zh": ["楼栋台账", "网格台账"], "en": ["buildings", "grids"]}[lang]
    first = list(book.worksheets[0].iter_rows(values_only=True))
    assert first[0][:3] == {"zh": ("楼栋编号", "网格编码", "网格名称"), "en": ("building_id", "grid_code", "grid_name")}[lang]
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}  # no formula
    assert {cell.number_format for cell in cells if cell.data_type == "s"} == {"@"}
    assert sorted(row[4] for row in first[1:]) == sorted(f"'{text}" for text in hostile)


def test_ledgers_as_offices_keep_them_are_read(tmp_path):
    path = tmp_path / "l.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "说明"
    page = book.create_sheet("楼栋台账")
    for row in (
        ["东苑社区网格台账"],
        ["楼栋编号", "备注", "网格编码"],
        ["B1", None, " 001 "],
        ["B2", "x", 12],
        [None, None, None],
        ["B2", None, "002"],
    ):
        page.append(row)
    book.save(path)
    with pytest.warns(UserWarning, match="title"):
        back = files.read_ledger(path)
    assert list(back.items()) == [("B1", "001"), ("B2", "12"), ("B2", "002")]
    book = openpyxl.Workbook()
    book.active.append(["编号", "网格编码"])
    book.active.append(["B1", "001"])
    book.save(tmp_path / "m.xlsx")
    with pytest.raises(SchemaError, match="building_id / 楼栋编号"):
        files.read_ledger(tmp_path / "m.xlsx")
    with pytest.raises(FileError, match=r"no \.xlsx"):
        files.write_ledger(plan.ledger(square(), few_buildings()), square().grids, tmp_path / "l.csv")


def changed(begun: plan.Plan) -> plan.Plan:
    """Return a plan with a split, a merge, a new code and a dedicated grid less."""
    west, south, east, north = begun.grids.geometry["990101001002001"].bounds
    line = shapely.LineString([((west + east) / 2, south - 1e-3), ((west + east) / 2, north + 1e-3)])
    after = plan.split(begun, "990101001002001", line)
    after = plan.merge(after, ["990101001003001", "990101001003002"])
    after = plan.recode(after, {"990101001004001": "990101001004009"})
    return plan.retire_dedicated(after, "990101001003901")


def text_of(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the paragraphs and the rows of the table of a notice."""
    page = docx.Document(io.BytesIO(data))
    return [paragraph.text for paragraph in page.paragraphs], [[cell.text for cell in row.cells] for row in page.tables[0].rows]


def test_a_notice_says_what_was_split_merged_and_moved(town, begun):
    after = changed(begun)
    data = report.notice(begun, after, on=date(2026, 5, 1), streets=town.streets, buildings=town.buildings)
    paragraphs, rows = text_of(data)
    assert paragraphs[1] == "关于调整东苑社区网格的通知"
    assert paragraphs[3].endswith("自2026年5月1日起执行。")
    whole = "\n".join(paragraphs)
    assert (
        "1. 将耿家庄第1网格（编码990101001002001）划分为耿家庄第1网格-1（编码990101001002005）、耿家庄第1网格-2（编码990101001002006）。"
        in whole
    )
    assert (
        "将詹家拐子第1网格（编码990101001003001）、詹家拐子第2网格（编码990101001003002）合并为詹家拐子第1网格（编码990101001003005）。"
        in whole
    )
    assert "榆中街第1网格的编码由990101001004001改为990101001004009。" in whole
    assert "撤销清溪公园（编码990101001003901）。" in whole
    assert "第3级网格由16个变为16个；" in whole
    assert "专属网格由8个变为7个；" in whole
    assert "第1级网格由" not in whole
    assert "（单位名称、印章）" in paragraphs
    assert paragraphs[-1] == "2026年5月1日"
    bounds = plan.describe(after, streets=town.streets)["bounds"]
    assert [row[1] for row in rows[1:]] == [
        bounds[code] for code in ("990101001002005", "990101001002006", "990101001003005", "990101001004009")
    ]
    page = docx.Document(io.BytesIO(data))
    about = page.core_properties
    assert (about.title, about.author, about.comments) == (paragraphs[1], "", "")
    assert about.created.date() == date(2026, 5, 1)
    for style in ("Normal", "Title", "Heading 1"):
        fonts = page.styles[style].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) in {"仿宋", "宋体", "黑体"}
        assert fonts.get(qn("w:eastAsiaTheme")) is None


def test_a_notice_tells_figures_that_move_and_speaks_english(town, begun):
    held = plan.ledger(begun, town.buildings)["grid_code"]
    metric = town.buildings.to_crs(begun.plane.metric).geometry
    mine = held.index[held == "990101001001001"]
    target = begun.grids.to_crs(begun.plane.metric).geometry["990101001001002"]
    gone = metric[mine].distance(target).sort_values(kind="stable").index[:2]
    after = plan.apply(begun, town.buildings, held.where(~held.index.isin(gone), "990101001001002"), units=town.units)
    people = town.buildings.loc[gone, ["households", "residents"]].sum()
    paragraphs, _ = text_of(
        report.notice(begun, after, on=date(2026, 5, 1), streets=town.streets, buildings=town.buildings, lang="en", office="A <b> & Co")
    )
    [moved] = [text for text in paragraphs if text.startswith("1. A part of")]
    assert moved.endswith(f"hectares, buildings 2, households {people['households']}, residents {people['residents']}.")
    assert "A <b> & Co" in paragraphs
    assert paragraphs[-1] == "2026-05-01"


def test_a_notice_of_nothing_and_of_hostile_names(begun, town):
    paragraphs, rows = text_of(report.notice(begun, begun, on=date(2026, 5, 1), streets=town.streets))
    assert "没有需要调整的网格。" in paragraphs
    assert len(rows) == 1
    evil = begun.grids.assign(name=begun.grids["name"] + "\x0b{0}\x00<w:p/>")
    paragraphs, rows = text_of(report.notice(begun, changed(plan.from_grids(evil)), on=date(2026, 5, 1), streets=town.streets))
    assert any("{0}\\x00<w:p/>" in text for text in paragraphs)


def test_a_notice_is_set_as_official_documents_are(town, begun):
    # GB/T 9704-2012: 仿宋 of 16 pt, 22 lines of 28 letters, first headings in 黑体, second ones in 楷体, pages numbered — 1 —
    data = report.notice(
        begun, changed(begun), on=date(2026, 5, 1), streets=town.streets, buildings=town.buildings, office="东苑街道办事处"
    )
    page = docx.Document(io.BytesIO(data))
    texts = {paragraph.text: paragraph for paragraph in page.paragraphs}
    assert page.paragraphs[0].text == "（机关代字）〔2026〕××号"
    assert texts["一、调整事项"].style.name == "Heading 1"
    assert texts["（一）第3级网格"].style.name == "Heading 2"
    assert texts["（二）专属网格"].style.element.rPr.rFonts.get(qn("w:eastAsia")) == "楷体"
    assert texts["一、调整事项"].style.paragraph_format.first_line_indent.pt == 32
    office, day = page.paragraphs[-2:]
    assert (office.text, day.text) == ("东苑街道办事处", "2026年5月1日")
    assert day.paragraph_format.right_indent.pt == 64
    assert office.paragraph_format.keep_with_next
    assert page.paragraphs[-3].paragraph_format.keep_with_next  # no page with a signature alone
    table = page.tables[0]
    assert sum(column.width.mm for column in table.columns) == pytest.approx(156, abs=0.1)
    assert table.columns[0].width.mm >= 36  # fifteen digits on one line
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert [cell.text for cell in table.rows[0].cells] == ["网格", "四至", "面积\n（公顷）", "户数", "楼栋数"]
    assert table.rows[1].cells[0].text.splitlines() == ["耿家庄第1网格-1", "990101001002005"]
    section = page.sections[0]
    assert [footer.paragraphs[0].runs[0].text for footer in (section.footer, section.even_page_footer)] == ["— ", "— "]
    assert "PAGE" in section.footer.paragraphs[0]._p.xml
    spoken = page.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert spoken.get(qn("w:eastAsia")) == "zh-CN"


def test_a_ledger_prints_with_its_headings_on_every_page(tmp_path, town, begun):
    path = tmp_path / "ledger.xlsx"
    files.write_ledger(plan.ledger(begun, town.buildings), plan.describe(begun, streets=town.streets), path)
    for page in openpyxl.load_workbook(path):
        assert (page.freeze_panes, page.print_title_rows, page.page_setup.orientation) == ("A2", "$1:$1", "landscape")
        assert (page.sheet_properties.pageSetUpPr.fitToPage, page.page_setup.fitToHeight) == (True, 0)
        assert page.auto_filter.ref == page.dimensions
    buildings, grids = openpyxl.load_workbook(path)
    assert {"住宅", "学校", "医院"} <= {cell.value for cell in buildings["G"]}
    assert not any(cell.value.isascii() for cell in buildings["G"])
    assert max(size.width for size in grids.column_dimensions.values()) == 26
    long = [cell for cell in grids["F"][1:] if len(cell.value) > 20]
    assert long
    assert all(cell.alignment.wrap_text and grids.row_dimensions[cell.row].height >= 30 for cell in long)
