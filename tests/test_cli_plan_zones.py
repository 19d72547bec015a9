"""`gridmap plan zones` and `switch`: risk zones in a plan's file, what they keep, and whom the switch concerns."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from browser_fixture import browser, page  # noqa: F401 - fixtures
from test_plan import made

from gridmap import coverage, files, plan

Run = Callable[..., tuple[int, str, str]]
X, Y = 500_000, 4_000_000
# south: Q00-001, -002, -005, -006 and Q10-009; mill: Q11-015 and -016, as in test_plan_scenarios
TABLE = "网格编码,风险区,风险等级\nQ00,南片,低\nQ10-009,南片,low\nQ11-015,老厂,高\nQ11-016,老厂,高\n"


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "plan")


@pytest.fixture
def zoned(tmp_path: Path, run: Run) -> Path:
    """A project with zones, a dedicated grid in one of them and one across a border, staff and buildings."""
    normal = plan.add_dedicated(made(), shapely.box(X + 10, Y + 10, X + 20, Y + 20), parent="Q00", name="school", code="D1")
    normal = plan.add_dedicated(normal, shapely.box(X + 280, Y + 250, X + 320, Y + 260), parent="Q11", name="market", code="D2")
    index = pd.Index(["b1", "b2"], name="building_id")
    shapes = [shapely.box(X + 10, Y + 30, X + 20, Y + 40), shapely.box(X + 350, Y + 350, X + 360, Y + 360)]
    buildings = gpd.GeoDataFrame({"households": [4, 7], "residents": [9, 15]}, index=index, geometry=shapes, crs="EPSG:4547")
    staff = pd.DataFrame({"grid_code": ["Q00-001", "Q11"], "role": ["worker", "chief"]}, index=pd.Index(["p1", "p2"], name="post_id"))
    bare, table, path = tmp_path / "bare.gpkg", tmp_path / "zones.csv", tmp_path / "zoned.gpkg"
    files.write_project({"grids": normal.grids, "buildings": buildings, "staff": staff}, bare, settings={"name": "town"})
    table.write_text(TABLE, encoding="utf-8")
    code, out, err = run("zones", bare, "--table", table, "-o", path)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("written")
    return path


def test_zones_stand_in_the_file_with_the_grids_of_the_emergency(run: Run, zoned: Path) -> None:
    tables = files.read_project(zoned).tables
    assert tables["zones"].groupby("zone").size().to_dict() == {"南片": 5, "老厂": 2}
    assert tables["zones"].loc["Q11-015"].tolist() == ["老厂", "high"]
    emergency = files.read_grids(zoned, layer="emergency")
    assert list(emergency.index[:2]) == ["老厂", "南片"]
    assert emergency["kind"].value_counts().to_dict() == {"base": 11, "dedicated": 2}
    assert emergency.loc["D1", ["parent", "risk"]].tolist() == ["南片", "low"]
    assert emergency.loc["D2", ["parent", "risk"]].isna().all()  # the border of a zone runs through it
    assert emergency.loc[["老厂", "南片"], "households"].tolist() == [20, 50]
    assert coverage.check(emergency[emergency["kind"] == "base"]).empty
    listed = run("zones", zoned, lang="zh")
    assert listed[0] == 0
    assert [line.split()[0] for line in listed[1].splitlines()[-3:]] == ["老厂", "南片", "合计"]
    assert "risk zones: 2, of 7 grids of the lowest tier" in run("show", zoned)[1]
    assert run("check", zoned)[0] == 0


def test_edits_of_the_plan_take_the_zones_along_or_are_refused(run: Run, zoned: Path, tmp_path: Path) -> None:
    new, newer, conflict = tmp_path / "new.gpkg", tmp_path / "newer.gpkg", tmp_path / "where.geojson"
    line = f"LINESTRING ({X + 350} {Y + 295}, {X + 350} {Y + 405})"
    assert run("split", zoned, "Q11-016", "--line", line, "--codes", "A,B", "-o", new)[0] == 0
    zones = files.read_project(new).tables["zones"]["zone"]
    assert zones[["A", "B"]].tolist() == ["老厂", "老厂"]
    assert "Q11-016" not in zones
    assert files.read_grids(new, layer="emergency")["households"].isna()["老厂"]
    assert run("count", new, "-o", newer)[0] == 0
    assert files.read_grids(newer, layer="emergency")["households"].to_dict()["老厂"] == 7
    code, out, err = run("merge", zoned, "Q11-011", "Q11-015", "--conflict", conflict, "-o", tmp_path / "no.gpkg")
    assert (code, out) == (2, "")
    assert "not in one zone" in err
    assert conflict.exists()
    assert not (tmp_path / "no.gpkg").exists()
    code, _, err = run("re-parent", zoned, "Q00-002", "Q01", "-o", tmp_path / "flat.geojson")
    assert (code, "zones" in err) == (2, True)


def test_a_switch_is_told_in_words_and_counts_posts_of_the_project(run: Run, zoned: Path) -> None:
    code, out, err = run("switch", zoned, "--to", "emergency", lang="zh")
    assert (code, err) == (0, "")
    lead, *_, mill, south, total = out.splitlines()
    assert lead == "转入急时：2 个风险区合并管理 7 个网格，涉及户数 70、岗位 1 个（空缺 0 个），上级岗位 1 个；其余 9 个网格不变。"
    # zone, risk, grids, hectares, households, not counted, dedicated, posts, vacant, above
    assert mill.split() == ["老厂", "高", "2", "2.00", "20", "0", "1", "0", "0", "1"]
    assert south.split() == ["南片", "低", "5", "5.00", "50", "0", "1", "1", "0", "0"]
    assert total.split() == ["合计", "7", "7.00", "70", "0", "2", "1", "0", "1"]
    assert run("switch", zoned, "--to", "normal", lang="zh")[1].startswith("恢复平时：2 个风险区分回 7 个网格")


def test_staff_and_buildings_may_come_from_files(run: Run, zoned: Path, tmp_path: Path) -> None:
    staff = tmp_path / "staff.csv"
    staff.write_text("post_id,grid_code,role,holder\np1,Q11-016,worker,\np2,D2,dedicated,w2\n", encoding="utf-8")
    assert run("switch", zoned, "--staff", staff, "--buildings", zoned, "-o", tmp_path / "s.xlsx")[0] == 0
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    rows = list(book["switch"].values)
    total = dict(zip(rows[0], rows[-1], strict=True))
    assert (total["households"], total["residents"], total["buildings"], total["posts"], total["vacant"]) == (11, 24, 2, 2, 1)
    assert sorted(row[0] for row in list(book["grids"].values)[1:]) == sorted(files.read_project(zoned).tables["zones"].index)


@pytest.mark.parametrize(("words", "kinds"), [((), {"base", "dedicated"}), (("--no-dedicated",), {"base"})])
def test_the_grids_of_either_scenario_are_written(run: Run, zoned: Path, tmp_path: Path, words: tuple[str, ...], kinds: set[str]) -> None:
    path = tmp_path / "grids.gpkg"
    assert run("switch", zoned, *words, "-o", path)[0] == 0
    grids = files.read_grids(path)
    assert set(grids["kind"]) == kinds
    assert "老厂" in grids.index
    assert files.read_frame(path, layer="switch")["zone"].tolist() == ["老厂", "南片"]
    assert run("switch", zoned, "--to", "normal", *words, "-o", path)[0] == 0
    assert set(files.read_grids(path).index) >= set(made().grids.index)


def test_the_page_shows_zones_and_numbers(run: Run, zoned: Path, tmp_path: Path, page) -> None:  # noqa: F811
    path = tmp_path / "switch.html"
    assert run("switch", zoned, "-o", path, lang="zh")[0] == 0
    page.goto(path.as_uri())
    assert "zoned：平时转急时" in page.inner_text("h1")
    text = page.inner_text("body")
    assert all(word in text for word in ("老厂", "南片", "其中专属网格", "Q11-015"))
    shown = "() => [...gridmap.entries.values()].flat().map((entry) => entry.data.name)"
    assert {"风险区", "平时网格"} <= set(page.evaluate(shown))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("grid_code,zone\nQ00,a\n", "risk"),
        ("grid_code,zone,risk\nQ00,a,extreme\n", "no such risk"),
        ("grid_code,zone,risk\nQ00-001,a,low\nQ00-002,a,high\n", "two risks"),
        ("grid_code,zone,risk\nQ00-001,a,low\nQ11-016,a,low\n", "falls into 2 pieces"),
        ("grid_code,zone,risk\nQ00-001,a,low\nQ00-001,b,low\n", "duplicate"),
        ("grid_code,zone,risk\nD1,a,low\n", "no base grids"),
    ],
)
def test_what_is_no_table_of_zones_is_one_line(run: Run, zoned: Path, tmp_path: Path, table: str, reason: str) -> None:
    path, target = tmp_path / "table.csv", tmp_path / "new.gpkg"
    path.write_text(table, encoding="utf-8")
    code, out, err = run("zones", zoned, "--table", path, "-o", target)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert reason in err
    assert not target.exists()


def test_a_plan_without_zones_says_how_to_make_them(run: Run, tmp_path: Path) -> None:
    files.write(made().grids, tmp_path / "plan.geojson")
    for action in ("zones", "switch"):
        code, out, err = run(action, tmp_path / "plan.geojson")
        assert (code, out) == (2, "")
        assert "gridmap plan zones --table" in err


def test_zones_that_no_longer_fit_the_grids_are_a_finding(run: Run, zoned: Path, tmp_path: Path) -> None:
    tables = dict(files.read_project(zoned).tables)
    tables["zones"] = tables["zones"].drop(index=["Q00-001", "Q00-005", "Q00-006"])  # Q00-002 and Q10-009 lie apart
    path = tmp_path / "spoiled.gpkg"
    files.write_project(tables, path, settings={})
    code, out, err = run("check", path)
    assert (code, err) == (1, "")
    assert "falls into 2 pieces" in out
