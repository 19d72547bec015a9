"""`gridmap crosswalk`: what is printed, what is written, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from browser_fixture import browser, page  # noqa: F401 - fixtures
from conftest import square
from test_plan_difference import drawn

from gridmap import crosswalk, files, report

Run = Callable[..., tuple[int, str, str]]
SHOWN = """() => { const found = {}; for (const list of gridmap.entries.values()) for (const entry of list)
    found[entry.data.name] = [entry.shown, entry.data.styles.map(style => style.dashArray || "solid")]; return found; }"""


@pytest.fixture
def run(command: Run) -> Run:
    return command


@pytest.fixture
def layers() -> dict[str, gpd.GeoDataFrame]:
    """Of two grids of three squares each, police holds the third square in the other one and the far border 1 m away; d is its own."""
    works, police = (drawn(rows, crs="EPSG:4548").rename(index=lambda code: f"00{code}") for rows in ("aaabbb.", "aabbbbd"))
    police.loc["00d", "geometry"] = shapely.box(601, 0, 700, 100)
    police.loc["00b", "geometry"] = shapely.box(200, 0, 601, 100)
    return {"works": works, "police": police}


@pytest.fixture
def two(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> list[str]:
    for name, table in layers.items():
        files.write(table, tmp_path / f"{name}.gpkg", layer="grids")
    return [f"{name}={tmp_path / name}.gpkg" for name in layers]


@pytest.fixture
def buildings(tmp_path: Path) -> Path:
    path = tmp_path / "buildings.gpkg"
    table = gpd.GeoDataFrame(
        {"households": [1, 2, 4, 8], "residents": [0, 0, 0, 0]}, geometry=[square(n, 0).buffer(-40) for n in range(4)], crs="EPSG:4548"
    )
    files.write(table.rename_axis("building_id"), path, layer="buildings")
    return path


def test_what_each_two_departments_disagree_in_is_printed_in_words(run: Run, two: list[str], buildings: Path) -> None:
    code, out, err = run("crosswalk", *two, "--buildings", buildings)
    assert (code, err) == (1, "")
    # 200 m and 300 m of a row of 700 m agree; 100 m conflict; 99 m are of one alone, and so is 1 m, a sliver.
    assert out.splitlines() == [
        "works / police: 71.43% agreed",
        "  drawn differently: 1, 10,000 m2",
        "  in a grid of one department alone: 1, 9,900 m2",
        "  drawn twice: 1, 100 m2",
        "  what matters most:",
        (
            "    drawn differently: works has it in 00a, police in 00b; 10,000 m2, 50.0 m wide on average; "
            "households 4, residents 0, buildings 1"
        ),
        "    in a grid of one department alone: works no grid, police 00d; 9,900 m2; households 0, residents 0, buildings 0",
    ]
    code, out, _ = run("crosswalk", *two, lang="zh")
    assert code == 1
    assert "  划分不一致：1 处，10,000 平方米" in out.splitlines()
    assert "    划分不一致：works划入 00a，police划入 00b；10,000 平方米，平均宽 50.0 米" in out.splitlines()


def test_slivers_and_ground_of_one_department_alone_are_no_findings(run: Run, tmp_path: Path) -> None:
    near = drawn("aabbd")
    near = near.set_geometry([shapely.box(0, 0, 201, 100), shapely.box(201, 0, 400, 100), shapely.box(400, 0, 500, 100)])
    for name, table in (("one", drawn("aabb")), ("other", near)):
        files.write(table, tmp_path / f"{name}.gpkg", layer="grids")
    words = [f"{name}={tmp_path / name}.gpkg" for name in ("one", "other")]
    code, out, _ = run("crosswalk", *words)
    assert code == 0
    assert "  drawn twice: 1, 100 m2" in out.splitlines()
    assert run("crosswalk", *words, "--sliver-width", "0.5")[0] == 1


def test_tables_hold_codes_as_text_and_agree_with_the_library(
    run: Run, two: list[str], layers: dict[str, gpd.GeoDataFrame], tmp_path: Path
) -> None:
    book, text, written, pieces = (tmp_path / name for name in ("found.xlsx", "found.csv", "found.gpkg", "pieces.gpkg"))
    for path in (book, text, written):
        assert run("crosswalk", *two, "-o", path, "--refine", pieces)[0] == 1
    expected = crosswalk.conflicts(layers)
    sheets = openpyxl.load_workbook(book)
    assert sheets.sheetnames == ["places", "pairs", "grids"]
    assert [row[:5] for row in sheets["places"].iter_rows(min_row=2, values_only=True)] == [
        ("conflict", "works", "police", "00a", "00b"),
        ("one_sided", "works", "police", None, "00d"),
        ("sliver", "works", "police", None, "00b"),
    ]
    assert [cell.value for cell in sheets["grids"]["C"]][1:] == expected.grids.index.get_level_values("grid_code").tolist()
    assert files.read_frame(text)["right_code"].tolist() == ["00b", "00d", "00b"]
    places = files.read_frame(written, layer="places")
    assert shapely.equals(places.geometry.to_numpy(), expected.places.geometry.to_numpy()).all()
    assert files.read_frame(written, layer="pairs")["conflict_m2"].tolist() == pytest.approx([10_000.0])
    units = files.read_frame(pieces, layer="units")
    assert shapely.coverage_is_valid(units.geometry.to_numpy())
    assert units[["works", "police"]].fillna("").to_numpy().tolist() == [["00a", "00a"], ["00a", "00b"], ["00b", "00b"], ["", "00d"]]


def test_another_crs_of_a_file_and_a_full_width_sign_are_no_difference(run: Run, tmp_path: Path) -> None:
    table = drawn("aabb", crs="EPSG:4548")
    table = table.set_geometry(table.translate(500_000, 4_000_000))
    files.write(table, tmp_path / "one.gpkg", layer="grids")
    files.write(table.to_crs("EPSG:4490"), tmp_path / "other=1.gpkg", layer="grids")
    code, out, _ = run("crosswalk", f"一={tmp_path / 'one.gpkg'}", f"二＝{tmp_path / 'other=1.gpkg'}")
    assert code == 0
    assert out.splitlines()[0] == "一 / 二: 100.00% agreed"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["works=again.gpkg"], "works=again.gpkg"),
        (["nameless.gpkg"], "NAME=FILE"),
        (["party=nobody.gpkg"], "nobody.gpkg"),
        (["-o", "found.docx"], "found.docx"),
        (["--refine", "pieces.xlsx"], "pieces.xlsx"),
        (["-o", "same.gpkg", "--refine", "same.gpkg"], "same.gpkg"),
        (["--level", "7"], "level 7"),
        (["--sliver-width", "-1"], "must not be negative"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    run: Run, two: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    code, out, err = run("crosswalk", *two, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
    assert run("crosswalk", two[0])[0] == 2
    named = [two[0], "unit_id=" + two[1].partition("=")[2]]
    assert run("crosswalk", *named, "--refine", "pieces.gpkg")[0] == 2
    assert run("crosswalk", *two, "-o", two[0].partition("=")[2])[0] == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_draws_both_nets_and_the_conflicts_and_asks_for_nothing(
    run: Run,
    two: list[str],
    tmp_path: Path,
    page: object,  # noqa: F811 - fixture
    lang: str,
) -> None:
    path = tmp_path / "found.html"
    assert run("crosswalk", *two, "-o", path, lang=lang)[0] == 1
    page.goto(path.as_uri())
    layers = page.evaluate(SHOWN)
    conflicts, slivers, works, police = {
        "zh": ["不一致之处", "描边误差", "works的网格界线", "police的网格界线"],
        "en": ["Where they disagree", "Lines drawn twice", "Borders of works", "Borders of police"],
    }[lang]
    assert layers[conflicts][0] is True
    assert layers[slivers][0] is False
    assert layers[works] == [True, ["solid"]]
    assert layers[police] == [True, ["7 4"]]
    text = page.inner_text("body")
    assert {"zh": "10,000（1）", "en": "10,000 (1)"}[lang] in text
    assert "police 00b" in text


def test_names_out_of_files_are_text_on_the_page(layers: dict[str, gpd.GeoDataFrame]) -> None:
    wild = "<script>window.__hit=1</script>"
    layers = {wild: layers["works"].rename(index={"00a": wild}), "police": layers["police"]}
    html = report.conflicts(crosswalk.conflicts(layers), layers, about=report.About("en", title=wild))
    assert wild not in html
    assert "&lt;script&gt;window.__hit=1" in html
