"""`gridmap compare`: what is printed, what is written, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from browser_fixture import browser, page  # noqa: F401 - fixtures
from conftest import square
from test_plan_difference import drawn

from gridmap import files, palette, plan, report

MM_PX = 96 / 25.4
Run = Callable[..., tuple[int, str, str]]
SHOWN = """() => { const found = {}; for (const list of gridmap.entries.values()) for (const entry of list)
    found[entry.data.name] = [entry.shown, entry.layer.getLayers ? entry.layer.getLayers().length : 0]; return found; }"""


@pytest.fixture
def run(command: Run) -> Run:
    return command


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """a of three squares loses one to c, b stays; codes begin with zeros."""
    paths = tmp_path / "spring.gpkg", tmp_path / "autumn.gpkg"
    for rows, path in zip(("aaab", "accb"), paths, strict=True):
        table = drawn(rows, crs="EPSG:4548")
        files.write(table.rename(index=lambda code: f"00{code}"), path, layer="grids")
    return paths


@pytest.fixture
def buildings(tmp_path: Path) -> Path:
    path = tmp_path / "buildings.gpkg"
    table = gpd.GeoDataFrame(
        {"households": [1, 2, 4, 8], "residents": [0, 0, 0, 0]}, geometry=[square(n, 0).buffer(-40) for n in range(4)], crs="EPSG:4548"
    )
    files.write(table.rename_axis("building_id"), path, layer="buildings")
    return path


def test_totals_and_largest_moves_are_printed_in_words(run: Run, two: tuple[Path, Path], buildings: Path) -> None:
    code, out, err = run("compare", *two, "--buildings", buildings)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "level 1: 2 grids -> 3; split 1 -> 2, unchanged 1",
        (
            "  changes hands: area (m2) 20,000 of 40,000 = 50.00%, households 6 of 15 = 40.00%, residents 0 of 0 = 0.00%, "
            "buildings 2 of 4 = 50.00%"
        ),
        "largest moves:",
        "  00a -> 00c (split off): area (m2) 20,000, households 6, residents 0, buildings 2",
    ]
    code, out, _ = run("compare", *two, lang="zh")
    assert code == 0
    assert "第 1 级：2 个网格 -> 3 个；拆分 1 个网格 → 2 个、未变 1" in out
    assert "00a -> 00c（因拆分划出）：面积（平方米） 20,000" in out


def test_posts_and_units_are_counted_too(run: Run, two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("post_id,grid_code,role\np1,00a,worker\np2,00b,worker\n", encoding="utf-8")
    units = drawn("efgh", crs="EPSG:4548")[["geometry"]].assign(households=[1, 2, 3, 4]).rename_axis("unit_id")
    files.write(units, tmp_path / "units.gpkg", layer="units")
    code, out, _ = run("compare", *two, "--staff", tmp_path / "staff.csv", "--units", tmp_path / "units.gpkg")
    assert code == 0
    assert "households 5 of 10 = 50.00%" in out
    assert "buildings" not in out  # units do not say how many there are
    assert "posts 0 of 2" in out


def test_no_difference_is_said_and_is_fine(run: Run, two: tuple[Path, Path]) -> None:
    code, out, _ = run("compare", two[0], two[0])
    assert code == 0
    assert out.splitlines()[-1] == "no difference"


def test_ground_of_no_grid_and_slivers_have_lines_of_their_own(run: Run, tmp_path: Path) -> None:
    old, new = drawn("ab."), drawn("abb")
    new = new.set_geometry([shapely.box(0, 0, 100.5, 100), shapely.box(100.5, 0, 300, 100)])
    for name, table in (("old", old), ("new", new)):
        files.write(table, tmp_path / f"{name}.geojson")
    code, out, _ = run("compare", tmp_path / "old.geojson", tmp_path / "new.geojson", "--sliver-width", "2")
    assert code == 0
    assert "from no grid" in out
    assert "slivers of 50 m2" in out


def test_slivers_alone_are_said_to_be_that(run: Run, tmp_path: Path) -> None:
    old = drawn("aabb", crs="EPSG:4548")
    files.write(old, tmp_path / "old.gpkg", layer="grids")
    shapes = [shapely.box(0, 0, 200.5, 100), shapely.box(200.5, 0, 400, 100)]
    files.write(old.set_geometry(shapes), tmp_path / "new.gpkg", layer="grids")
    code, out, _ = run("compare", tmp_path / "old.gpkg", tmp_path / "new.gpkg", "-o", tmp_path / "found.html")
    assert code == 0
    assert "no difference, slivers aside" in out
    assert "slivers of 50 m2" in out


def test_another_crs_of_the_new_file_is_no_difference(run: Run, tmp_path: Path) -> None:
    table = drawn("aabb", crs="EPSG:4548")
    files.write(table.set_geometry(table.translate(500_000, 4_000_000)), tmp_path / "old.gpkg", layer="grids")
    files.write(table.set_geometry(table.translate(500_000, 4_000_000)).to_crs("EPSG:4490"), tmp_path / "new.gpkg", layer="grids")
    code, out, _ = run("compare", tmp_path / "old.gpkg", tmp_path / "new.gpkg")
    assert code == 0
    assert "unchanged 2" in out


def test_tables_hold_codes_as_text_and_agree_with_the_library(run: Run, two: tuple[Path, Path], tmp_path: Path) -> None:
    book, text, layers = (tmp_path / f"found{suffix}" for suffix in (".xlsx", ".csv", ".gpkg"))
    for path in (book, text, layers):
        assert run("compare", *two, "-o", path)[0] == 0
    expected = plan.compare(*(files.read_grids(path) for path in two))
    sheets = openpyxl.load_workbook(book)
    assert sheets.sheetnames == ["grids", "moves", "totals"]
    cells = [cell.value for cell in sheets["grids"]["A"]]
    assert cells == ["grid_code", *expected.grids.index]
    assert cells[1] == "00a"
    assert [row[:5] for row in sheets["moves"].iter_rows(min_row=2, values_only=True)] == [("base", 1, "00a", "00c", "split")]
    table = files.read_frame(text)
    assert table["grid_code"].tolist() == expected.grids.index.tolist()
    assert table["change"].tolist() == expected.grids["change"].tolist()
    moves = files.read_frame(layers, layer="moves")
    assert moves["area_m2"].tolist() == [20_000.0]
    assert shapely.equals(moves.geometry.iloc[0], expected.moves.geometry.iloc[0])
    grids = files.read_frame(layers, layer="grids").set_index("grid_code")
    assert grids.area["00c"] == 20_000
    assert files.read_frame(layers, layer="totals")["split"].tolist() == [2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "found.docx"], "found.docx"),
        (["--level", "7"], "level 7"),
        (["--sliver-width", "-1"], "must not be negative"),
        (["--buildings", "nobody.gpkg"], "nobody.gpkg"),
        (["--buildings", "x.gpkg", "--units", "y.gpkg"], "not allowed with"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(run: Run, two: tuple[Path, Path], words: list[str], said: str) -> None:
    code, _, err = run("compare", *two, *words)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert run("compare", *two, "-o", two[0])[0] == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_draws_what_changes_hands_and_asks_for_nothing(
    run: Run,
    two: tuple[Path, Path],
    buildings: Path,
    tmp_path: Path,
    page: object,  # noqa: F811 - fixture
    lang: str,
) -> None:
    path = tmp_path / "found.html"
    assert run("compare", *two, "--buildings", buildings, "-o", path, lang=lang)[0] == 0
    page.goto(path.as_uri())
    layers = page.evaluate(SHOWN)
    names = {
        "zh": ["归属变更的地块", "已取消的旧边界", "新网格", "旧网格"],
        "en": ["Ground that changes hands", "Old borders that are gone"],
    }
    assert set(names[lang]) <= set(layers)
    assert layers[names[lang][0]] == [True, 1]
    text = page.inner_text("body")
    assert {"zh": "因拆分划出", "en": "split off"}[lang] in text
    assert "00a" in text
    assert {"zh": "6（共 15）", "en": "6 of 15"}[lang] in text
    assert {"zh": "拆分 1 个网格 → 2 个", "en": "split 1 -> 2"}[lang] in text
    assert {"zh": "拆分\t1 → 2", "en": "split\t1 -> 2"}[lang] in text


def test_names_out_of_files_are_text_on_the_page(tmp_path: Path) -> None:
    old, new = drawn("aab"), drawn("abb")
    wild = "<script>window.__hit=1</script>"
    old, new = (table.rename(index={"a": wild}) for table in (old, new))
    html = report.comparison(plan.compare(old, new), old, new, about=report.About("en", title=wild))
    assert wild not in html
    assert "&lt;script&gt;window.__hit=1" in html


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_with_units_the_page_scores_both_plans(
    run: Run,
    two: tuple[Path, Path],
    tmp_path: Path,
    page: object,  # noqa: F811 - fixture
    lang: str,
) -> None:
    units = gpd.GeoDataFrame({"households": [100, 200, 400, 600]}, geometry=[square(n, 0) for n in range(4)], crs="EPSG:4548")
    files.write(units.rename_axis("unit_id"), tmp_path / "units.gpkg", layer="units")
    path = tmp_path / "found.html"
    # a of 700 and b of 600 become a of 100, c of 600 and b of 600.
    assert run("compare", *two, "--units", tmp_path / "units.gpkg", "-o", path, lang=lang)[0] == 0
    page.goto(path.as_uri())
    text = page.inner_text("body")
    words = {
        "zh": ["超出和不足的户数合计\t300\t400\t▼ 变差", "换了网格编码的户数\t—\t600", "规模（-200 户）、任务", "可用 --streets 给出街路"],
        "en": [
            "households above and below the bands\t300\t400\t▼ worse",
            "size (-200 households), workload",
            "Give streets with --streets",
        ],
    }
    for said in words[lang]:
        assert said in text
    colours = page.eval_on_selector_all(
        "svg[role=img]", "maps => maps.map(map => [...map.querySelectorAll('path[fill]')].map(p => p.getAttribute('fill')))"
    )
    above, below = palette.BANDS["above"], palette.BANDS["below"]
    assert colours[:2] == [[above, above], [below, above, above]]
    assert [len(each) for each in colours] == [2, 3, 2, 3]
    assert page.locator("svg[role=img] path.moved").count() == 4
    page.emulate_media(media="print")
    page.set_viewport_size({"width": int((210 - 28) * MM_PX), "height": 900})  # A4 within its margins
    assert page.locator(".summary").bounding_box()["y"] < page.locator(".map").bounding_box()["y"]
    assert page.eval_on_selector(".summary", "part => part.getBoundingClientRect().bottom") < (297 - 28) * MM_PX  # both plans on one sheet


def test_streets_tell_which_borders_follow_them(run: Run, two: tuple[Path, Path], tmp_path: Path) -> None:
    units = gpd.GeoDataFrame({"households": [100, 200, 400, 600]}, geometry=[square(n, 0) for n in range(4)], crs="EPSG:4548")
    streets = gpd.GeoDataFrame(
        {"name": ["x"], "class": ["primary"]}, geometry=[shapely.LineString([(100, 0), (100, 100)])], crs="EPSG:4548"
    )
    old, new = (files.read_grids(path) for path in two)
    found = report.scores(units, old, new, lines=streets)
    assert found.old.score.total["street_share"] == 0
    assert found.new.score.total["street_share"] == 0.5
    assert (found.old.area_one, found.old.astray) == (1, 0)
    astray = report.scores(units.assign(geometry=units.translate(10)), old, new).new
    assert astray.astray == pytest.approx(30 / 400)  # 10 m of three of the four lie in the next grid, or in none
    assert astray.area_one == pytest.approx(390 / 400)
    files.write(units.rename_axis("unit_id"), tmp_path / "units.gpkg", layer="units")
    files.write(streets.rename_axis("street_id"), tmp_path / "streets.gpkg", layer="streets")
    path = tmp_path / "found.html"
    assert run("compare", *two, "--units", tmp_path / "units.gpkg", "--streets", tmp_path / "streets.gpkg", "-o", path)[0] == 0
    assert "--streets" not in path.read_text(encoding="utf-8")


def test_units_without_households_are_no_hindrance(run: Run, two: tuple[Path, Path], tmp_path: Path) -> None:
    units = gpd.GeoDataFrame({"residents": [1, 2, 4, 6]}, geometry=[square(n, 0) for n in range(4)], crs="EPSG:4548")
    for number, table in enumerate((units, units.assign(households=[100, None, 1, 1]))):
        files.write(table.rename_axis("unit_id"), tmp_path / f"units{number}.gpkg", layer="units")
        code, out, _ = run("compare", *two, "--units", tmp_path / f"units{number}.gpkg", "-o", tmp_path / "found.html")
        assert code == 0
        assert "plans are not scored" in out
        assert "Scores of both plans" not in (tmp_path / "found.html").read_text(encoding="utf-8")


def test_the_band_that_the_page_scores_by(run: Run, two: tuple[Path, Path], tmp_path: Path) -> None:
    units = gpd.GeoDataFrame({"households": [100, 200, 400, 600]}, geometry=[square(n, 0) for n in range(4)], crs="EPSG:4548")
    files.write(units.rename_axis("unit_id"), tmp_path / "units.gpkg", layer="units")
    words = ("compare", *two, "--units", tmp_path / "units.gpkg", "--households", "100:650")
    path = tmp_path / "found.html"
    assert run(*words, "-o", path)[0] == 0
    text = path.read_text(encoding="utf-8")
    assert "100–650" in text  # a of 700 and b of 600 become a of 100, c of 600 and b of 600
    assert "300–500" not in text
    old, new = (files.read_grids(path) for path in two)
    found = report.scores(units, old, new, households=(100, 650))
    assert [found.old.score.total["off_band"], found.new.score.total["off_band"]] == [50, 0]
    for given in (words, ("compare", *two, "--households", "100:650", "-o", path)):
        code, out, err = run(*given)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "--units" in err
    code, out, err = run(*words[:-1], "500:300", "-o", path)
    assert (code, out) == (2, "")
    assert "0 <= low <= high" in err


def test_plans_of_other_levels_are_told_to_be_compared_by_number(run: Run, two: tuple[Path, Path], tmp_path: Path) -> None:
    lower = drawn("abc").assign(level=2, parent="P")
    upper = gpd.GeoDataFrame(
        {"name": ["P"], "level": [1], "kind": ["base"], "parent": [None]}, index=["P"], geometry=[lower.union_all()], crs=lower.crs
    )
    files.write(pd.concat([upper, lower]).rename_axis("grid_code"), tmp_path / "tiers.gpkg", layer="grids")
    code, out, err = run("compare", tmp_path / "tiers.gpkg", two[0])
    assert code == 0
    assert err.startswith("warning: the old grids have the levels 1, 2, the new ones 1: levels are compared by their numbers")
    assert "level 2: 3 grids -> 0" in out
    assert run("compare", *two)[2] == ""
