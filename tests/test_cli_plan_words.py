"""`gridmap plan describe`, `ledger`, `apply`, `notice`: what they print and write, from file to file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import docx
import openpyxl
import pytest
import towns

from gridmap import files, plan
from gridmap.cli import main

Run = Callable[..., tuple[int, str, str]]
GIVER, TAKER = "990101001001001", "990101001001002"


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "plan", lang="zh")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo town as a project file."""
    made = towns.dongyuan()
    path = tmp_path_factory.mktemp("town") / "town.gpkg"
    tables = {name: getattr(made, name) for name in ("grids", "units", "buildings", "streets")}
    files.write_project(tables, path, settings={"name": "dongyuan"})
    return path


@pytest.fixture(scope="module")
def ledger(town: Path) -> Path:
    """Return the ledger of the demo town."""
    path = town.with_name("ledger.xlsx")
    assert main(["plan", "ledger", str(town), "-o", str(path), "--lang", "zh"]) == 0
    return path


def edited(path: Path, folder: Path, edit: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> Path:
    """Save a ledger with its first sheet edited, as an office does."""
    book = openpyxl.load_workbook(path)
    edit(book.worksheets[0])
    target = folder / "edited.xlsx"
    book.save(target)
    return target


def move(count: int) -> Callable[[openpyxl.worksheet.worksheet.Worksheet], None]:
    """Return an edit that gives the first buildings of one grid to its neighbour."""

    def edit(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        mine = [row for row in page.iter_rows(min_row=2) if row[1].value == GIVER]
        for row in mine[:count]:
            row[1].value = TAKER

    return edit


def test_from_ledger_to_plan_to_notice(run: Run, town: Path, ledger: Path, tmp_path: Path) -> None:
    new, notice = tmp_path / "new.gpkg", tmp_path / "n.docx"
    changed = edited(ledger, tmp_path, move(3))
    code, out, err = run("apply", town, changed, "-o", new)
    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == ["3 栋楼改换网格", "2 个网格有变化："]
    assert run("check", new)[0] == 0
    kept = files.read_project(new)
    assert kept.settings["name"] == "dongyuan"
    found = plan.ledger(plan.from_grids(files.read_grids(new)), kept.buildings)["grid_code"]
    wanted = files.read_ledger(changed)
    assert found.to_dict() == wanted.to_dict()  # after the file, too
    assert (wanted == TAKER).sum() == 95
    assert run("notice", town, new, "--date", "2026-05-01", "--office", "东苑街道办事处", "-o", notice)[0] == 0
    texts = [paragraph.text for paragraph in docx.Document(notice).paragraphs]
    assert any("将郑家台第1网格（编码990101001001001）的部分区域划入郑家台第2网格（编码990101001001002），面积" in text for text in texts)
    assert texts[-2:] == ["东苑街道办事处", "2026年5月1日"]
    assert run("ledger", new, "-o", tmp_path / "again.xlsx")[0] == 0
    again = files.read_ledger(tmp_path / "again.xlsx")
    assert again.to_dict() == wanted.to_dict()


def test_describe_prints_a_line_per_grid_and_writes_the_table(run: Run, town: Path, tmp_path: Path) -> None:
    code, out, _ = run("describe", town, "-o", tmp_path / "d.xlsx")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 29 + 1
    bounds = "东至解放路，南与郑家台第2网格相邻，西至工业路，北至北环路"
    assert lines[5] == f"990101001001001 郑家台第1网格：{bounds}；3.05 公顷(0.0305 km2)，322 户，楼栋 10 栋"
    table = files.read_frame(tmp_path / "d.xlsx")
    assert table.loc[5, "west"] == "工业路"
    assert table.loc[5, "building_list"].startswith("示例省东源市河东区北环路110号锦绣花园1号楼、")
    assert table["building_list"].isna()[:5].all()
    assert run("describe", town, "-o", tmp_path / "d.gpkg")[0] == 0
    assert files.read_grids(tmp_path / "d.gpkg")["bounds"].tolist() == table["bounds"].tolist()
    assert (
        run("describe", town, lang="en")[1]
        .splitlines()[5]
        .startswith("990101001001001 郑家台第1网格: east: 解放路; south: beside grid 郑家台第2网格;")
    )


def test_a_plan_alone_is_told_by_its_neighbours_and_takes_layers_from_options(run: Run, town: Path, tmp_path: Path) -> None:
    alone, streets = tmp_path / "alone.geojson", tmp_path / "streets.geojson"
    project = files.read_project(town)
    files.write(project.grids, alone)
    files.write(project.streets.to_crs("EPSG:4548"), tmp_path / "s.gpkg", layer="streets")
    files.write(project.streets, streets)
    assert "北至辖区边界" in run("describe", alone)[1]
    assert run("describe", alone, "--streets", tmp_path / "s.gpkg")[1] == run("describe", alone, "--streets", streets)[1]
    code, _, err = run("ledger", alone, "-o", tmp_path / "l.xlsx")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "没有图层 buildings；提示：用 --buildings 给出文件" in err


def add_row(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    page.append(["B9999", GIVER])


def drop_row(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    page.delete_rows(2)


def repeat_row(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    page.append(["B0001", GIVER])


def strange_code(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    page["B2"] = "=1+1"


def number_of_more_digits_than_kept(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    page["B2"] = 99010100100100100001.0


def no_column(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    page["B1"] = "编码"


def far_away(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    mine = [row for row in page.iter_rows(min_row=2) if row[1].value == GIVER]
    mine[4][1].value = "990101001004004"


FAULTS = {
    add_row: "不认识的楼栋编号；共 1 行，前几行：B9999",
    drop_row: "缺少这些楼栋；共 1 行",
    repeat_row: "楼栋重复；共 1 行，前几行：B0001",
    strange_code: "没有网格编码",  # a formula that nobody computed has no result
    number_of_more_digits_than_kept: "不是方案第 3 级的基础网格；收到：99010100100100096000",
    no_column: "缺少列",
    far_away: "网格会被分成不相连的",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_ledger_that_cannot_be_is_one_line_and_nothing_is_written(run: Run, town: Path, ledger: Path, tmp_path: Path, fault) -> None:
    code, out, err = run("apply", town, edited(ledger, tmp_path, fault), "-o", tmp_path / "new.gpkg")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert FAULTS[fault] in err
    assert [path.name for path in tmp_path.iterdir()] == ["edited.xlsx"]


def test_a_dry_run_writes_nothing_and_a_conflict_is_drawn(run: Run, town: Path, ledger: Path, tmp_path: Path) -> None:
    code, out, _ = run("apply", town, edited(ledger, tmp_path, move(2)), "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "试运行，未写出文件")
    conflict = tmp_path / "where.geojson"
    code, _, err = run("apply", town, edited(ledger, tmp_path, far_away), "--dry-run", "--conflict", conflict)
    assert code == 2
    assert "位置：117.4" in err
    assert not files.read_frame(conflict).geometry.is_empty.any()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("notice", "{town}", "{town}", "--date", "2026-5-x", "-o", "n.docx"), "日期"),
        (("notice", "{town}", "{town}", "--date", "2026-05-01", "-o", "n.doc"), ".docx"),
        (("ledger", "{town}", "-o", "l.csv"), ".xlsx"),
        (("apply", "{town}", "{town}", "-o", "n.gpkg"), "缺少列"),
        (("apply", "{town}", "nobody.xlsx", "-o", "n.gpkg"), "nobody.xlsx"),
        (("describe", "{town}", "--streets", "{town}", "-o", "{town}"), "输出文件就是输入文件"),
    ],
)
def test_wrong_options_are_one_line(run: Run, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words, message) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*(word.format(town=town) for word in words))
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert message in err
    assert list(tmp_path.iterdir()) == []
