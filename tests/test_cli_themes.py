"""`gridmap themes`: what is printed, what is written, the page, and what is refused."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import towns
from browser_fixture import browser, page  # noqa: F401 - fixtures
from test_themes import CRS, buildings_of, records_of

from gridmap import files, maps, synth, themes

Run = Callable[..., tuple[int, str, str]]
SHOWN = """() => { const found = {}; for (const list of gridmap.entries.values()) for (const entry of list)
    found[entry.data.name] = entry.shown; return found; }"""


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "themes")


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


@pytest.fixture(scope="module")
def project(town: synth.Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("themes") / "town.gpkg"
    tables, settings = towns.project()
    files.write_project(tables, path, settings=settings)
    return path


@pytest.fixture
def office(tmp_path: Path, two_tiers: gpd.GeoDataFrame) -> list[Path]:
    """Records of an office by building, grids and buildings in three files; the residents of B2 have no households."""
    records = records_of(("r1", "人口", "常住", 5, "B1"), ("r2", "人口", "常住", 1200, "B2"), ("r3", "住户", "户", 2, "B1"))
    records.reset_index().rename(columns={"record_id": "编号"}).to_excel(tmp_path / "主题.xlsx", index=False)
    files.write(two_tiers, tmp_path / "grids.geojson")
    files.write(buildings_of("B1", "B2", "B3").to_crs("EPSG:4490"), tmp_path / "buildings.gpkg", layer="buildings")
    return [tmp_path / "主题.xlsx", tmp_path / "grids.geojson", tmp_path / "buildings.gpkg"]


def test_a_project_file_is_enough_and_its_broken_links_are_said(run: Run, project: Path, town: synth.Town) -> None:
    code, out, err = run(project)
    lines = out.splitlines()
    assert (code, err) == (1, "")
    assert lines[0] == f"{len(town.themes):,} records, 10 themes, 29 grids"
    counted = next(line for line in lines if "resident households" in line).split()
    assert counted[-5:] == ["6521", "6521", "常住", "2021-12-31", "2021-12-31"]
    for record, row in town.truth.links.iterrows():
        assert any(f"{row['count']}, first: {record}" in line for line in lines)
    assert lines[-1] == "findings: 4"
    assert "  人未进户（没有房屋）：1 处，涉及 3 人，前几处：" in run(project, lang="zh")[1]


def test_files_of_an_office_with_words_of_its_own(run: Run, office: list[Path]) -> None:
    records, grids, buildings = office
    words = (records, grids, "--grids-crs", CRS, "--columns", "record_id=编号")
    code, out, err = run(*words, "--buildings", buildings)
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == "3 records, 2 themes, 7 grids"
    assert "  residents without household (no household counted in the building): 1, residents 1,200, first: r2" in out.splitlines()
    (records.parent / "whole.csv").write_text("record_id,theme,kind,count,building_id\n1,housing,楼,1,B3\n", encoding="utf-8")
    code, out, _ = run(records.parent / "whole.csv", grids, "--grids-crs", CRS, "--buildings", buildings)
    assert (code, out.splitlines()[-1]) == (0, "no findings")


def test_without_buildings_links_are_not_checked(run: Run, tmp_path: Path, two_tiers: gpd.GeoDataFrame) -> None:
    points = [shapely.Point(50, 50), shapely.Point(250, 50)]
    records = gpd.GeoDataFrame(records_of(("r1", "party", "支部", 1, None), ("r2", "party", "支部", 2, None)), geometry=points, crs=CRS)
    files.write(records, tmp_path / "records.gpkg", layer="themes")
    files.write(two_tiers, tmp_path / "grids.gpkg", layer="grids")
    code, out, err = run(tmp_path / "records.gpkg", tmp_path / "grids.gpkg", "-o", tmp_path / "found.csv")
    assert (code, err) == (0, "")
    assert "without buildings the links from residents to the map are not checked" in out.splitlines()
    assert files.read_frame(tmp_path / "found.csv").set_index("grid_code")["party_支部"].astype(int).to_dict() == {
        "A": 1, "B": 2, "A1": 1, "A2": 0, "B1": 2, "B2": 0, "D": 1,
    }  # fmt: skip


def test_tables_agree_with_the_library(run: Run, project: Path, town: synth.Town, tmp_path: Path) -> None:
    book, written = tmp_path / "found.xlsx", tmp_path / "found.gpkg"
    for path in (book, written):
        assert run(project, project, "-o", path)[0] == 1
    expected = themes.count(town.themes, town.grids, buildings=town.buildings)
    sheets = openpyxl.load_workbook(book)
    assert sheets.sheetnames == ["counts", "links", "kinds"]
    codes = [cell.value for cell in sheets["counts"]["A"]][1:]
    assert codes == expected.index.tolist()
    layer = files.read_frame(written, layer="counts").set_index("grid_code")
    assert layer["population_常住人口"].tolist() == expected[("population", "常住人口")].tolist()
    assert layer.geometry.notna().all()
    links = files.read_frame(written, layer="links")
    assert sorted(links["record_id"]) == sorted(town.truth.links.index)
    assert set(zip(links["link"], links["note"], strict=True)) == set(town.truth.links[["link", "note"]].itertuples(index=False, name=None))


def test_all_four_links_of_a_broken_copy_are_found(run: Run, town: synth.Town, tmp_path: Path) -> None:
    copy = synth.broken_chain(town)
    files.write_project(copy.frames, tmp_path / "broken.gpkg", settings={})
    code, out, err = run(tmp_path / "broken.gpkg", "-o", tmp_path / "found.html", lang="zh")
    assert code == 1
    assert f"共发现 {len(copy.faults)} 处问题" in out
    for word in ("人未进户", "户未进房", "房未进网格（在网格之外）", "网格未进图（没有多边形）"):
        assert f"  {word}" in out
    assert err.startswith("警告：")  # records without a place, or outside


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_shows_one_theme_and_the_broken_links_and_asks_for_nothing(
    run: Run,
    project: Path,
    tmp_path: Path,
    page: object,  # noqa: F811 - fixture
    lang: str,
) -> None:
    path = tmp_path / "found.html"
    assert run(project, "-o", path, lang=lang)[0] == 1
    page.goto(path.as_uri())
    first, links, people = {
        "zh": ("房屋：住宅楼", "断开的环节", "94 人"),
        "en": ("housing: residential buildings", "Broken links", "residents 94"),
    }[lang]
    shown = page.evaluate(SHOWN)
    assert [name for name, on in shown.items() if on][-2:] == [first, links]
    assert sum(shown.values()) == 3  # the surroundings beneath
    text = page.inner_text("body")
    assert people in text
    assert {"zh": "合成数据", "en": "synthetic data"}[lang] in text


def test_a_broken_link_is_drawn_as_its_building_or_as_a_circle(two_tiers: gpd.GeoDataFrame) -> None:
    buildings = buildings_of("B1", "B2")
    records = gpd.GeoDataFrame(
        records_of(("r1", "population", "常住", 5, "B1"), ("r2", "households", "户", 2, "B9"), ("r3", "households", "户", 2, None)),
        geometry=[None, shapely.Point(20, 20), None],
        crs=CRS,
    )
    links = themes.chain(records, two_tiers, buildings=buildings)
    places = dict(zip(links["record_id"], maps.link_places(links, buildings), strict=True))
    assert places["r1"].equals(buildings.geometry["B1"])
    assert places["r2"].centroid.distance(shapely.Point(20, 20)) < 0.01
    assert places["r2"].area == pytest.approx(200, rel=0.02)  # 8 m around
    assert places["r3"] is None
    layer = maps.links_layer(links, buildings, lang="en")
    assert [(entry.label, entry.n) for entry in layer.legend.entries] == [
        ("residents without household", 1),
        ("households without building", 2),
    ]
    assert maps.links_layer(links.iloc[:0], buildings, lang="en").bounds is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "found.docx"], "found.docx"),
        (["--buildings", "nowhere.gpkg"], "nowhere.gpkg"),
        (["--level", "7"], "level 7"),
        (["--columns", "record_id=号码"], "号码"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    run: Run, office: list[Path], monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    folder = office[0].parent
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    columns = [] if "--columns" in words else ["--columns", "record_id=编号"]
    code, out, err = run(office[0], office[1], "--grids-crs", CRS, *columns, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_names_are_refused_in_one_line_that_does_not_repeat_them(run: Run, office: list[Path], tmp_path: Path) -> None:
    table = pd.read_excel(office[0]).rename(columns={"编号": "record_id"}).assign(姓名="张三")
    table.to_csv(tmp_path / "named.csv", index=False)
    code, out, err = run(tmp_path / "named.csv", office[1], "--grids-crs", CRS)
    assert (code, out) == (2, "")
    assert "columns 姓名 of themes look like names" in err
    assert "张三" not in err
    assert run(tmp_path / "named.csv")[0] == 2  # no project
