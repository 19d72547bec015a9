"""`gridmap staff`: totals, findings and what is refused, as an office would give it."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import towns

from gridmap import files, synth
from gridmap.cli import main


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


@pytest.fixture(scope="module")
def project(town: synth.Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("staff") / "town.gpkg"
    tables, settings = towns.project()
    files.write_project(tables, path, settings=settings)
    return path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["staff", *(str(word) for word in words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_project_file_can_stand_in_both_places(project, capsys):
    assert files.read_project(project).tables["staff"].index.name == "post_id"
    code, out, err = said(capsys, project, project, "--lang", "zh")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "29 个岗位，在岗 29，网格 29 个"
    assert out.splitlines()[-1] == "没有发现问题"
    assert "专属网格员" in out


def test_findings_are_said_and_written(project, town, capsys, tmp_path):
    table = synth.spoiled(town)["staff"].frames["staff"].reset_index()
    office = table.rename(columns={"post_id": "岗位编号", "holder": "工号"}).replace({"role": {"worker": "网格员"}})
    office.to_excel(tmp_path / "岗位.xlsx", index=False)
    columns = ("--columns", "post_id=岗位编号，holder=工号")
    code, out, err = said(capsys, tmp_path / "岗位.xlsx", project, *columns, "-o", tmp_path / "found.gpkg", "--lang", "en")
    assert (code, err) == (1, "")
    assert "findings: 6" in out
    assert "  two holders: 1, first: 9901" in out
    found = gpd.read_file(tmp_path / "found.gpkg", layer="findings")
    assert found["kind"].tolist() == ["no_post", "vacant", "two_holders", "two_posts", "wrong_grid", "unknown_grid"]
    assert found.geometry.notna().tolist() == [True] * 5 + [False]


def test_names_are_refused_in_one_line_that_does_not_repeat_them(project, town, capsys, tmp_path):
    staff = town.staff.reset_index()
    staff.assign(姓名="张三").to_csv(tmp_path / "a.csv", index=False)
    staff.assign(holder="张三").to_csv(tmp_path / "b.csv", index=False)
    staff.drop(columns="post_id").to_csv(tmp_path / "c.csv", index=False)
    for name, words in (("a", "columns 姓名 of staff"), ("b", "holder of staff have no digit"), ("c", "c.csv lacks the columns post_id")):
        code, out, err = said(capsys, tmp_path / f"{name}.csv", project, "-o", tmp_path / "found.csv", "--lang", "en")
        assert (code, out) == (2, "")
        (line,) = err.splitlines()
        assert words in line
        assert "张三" not in line
    assert not (tmp_path / "found.csv").exists()


def test_codes_keep_their_zeros(capsys, tmp_path, three_by_three):
    grids = three_by_three.set_axis([f"00{number}" for number in range(9)]).rename_axis("grid_code")
    files.write(grids, tmp_path / "grids.geojson")
    staff = pd.DataFrame({"post_id": range(9), "grid_code": grids.index, "role": "worker", "holder": range(100, 109)})
    staff.to_csv(tmp_path / "staff.csv", index=False)
    assert said(capsys, tmp_path / "staff.csv", tmp_path / "grids.geojson")[0] == 0
