"""`gridmap plan`: edits of plans in files, what they print, keep and refuse."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from test_plan import lattice, made

from gridmap import files, plan
from gridmap.cli import plan as command
from gridmap.cli import plan_files, plan_options
from gridmap.errors import PlanError

Run = Callable[..., tuple[int, str, str]]
X, Y = 500_000, 4_000_000
DOWN = f"LINESTRING ({X + 30} {Y - 5}, {X + 30} {Y + 105})"  # through Q00-001, thirty metres from its west


@pytest.fixture
def run(command: Run) -> Run:
    return partial(command, "plan")


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A plan of three levels alone in its file."""
    path = tmp_path / "plan.gpkg"
    files.write(made().grids, path, layer="grids")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the plan, two buildings and a setting."""
    path = tmp_path / "project.gpkg"
    index = pd.Index(["b1", "b2"], name="building_id")
    shapes = [shapely.box(X + 10, Y + 10, X + 20, Y + 20), shapely.box(X + 50, Y + 10, X + 60, Y + 20)]
    buildings = gpd.GeoDataFrame({"households": 4, "residents": 9}, index=index, geometry=shapes, crs="EPSG:4547")
    files.write_project({"grids": made().grids, "buildings": buildings}, path, settings={"name": "town"})
    return path


def read(path: Path) -> plan.Plan:
    """Return the plan of a file, and that it holds."""
    tables = files.read_project(path).tables
    found = plan.from_grids(files.read_grids(path), retired=tables.get("retired"))
    plan.check(found)
    return found


def test_a_split_writes_new_codes_and_keeps_the_retired_one(run: Run, begun: Path, tmp_path: Path) -> None:
    before = begun.read_bytes()
    code, out, err = run("split", begun, "Q00-001", "--line", DOWN, "-o", tmp_path / "new.gpkg")
    assert (code, err) == (0, "")
    assert "  retired: base 3, Q00-001, 10,000.0 m2" in out
    assert "added: base 3, Q00-007 Q00-001-1, 3,000.0 m2 (from Q00-001)" in out
    assert "gridmap plan count" in out
    after = read(tmp_path / "new.gpkg")
    assert list(after.retired.index) == ["Q00-001"]
    assert after.retired.loc["Q00-001", ["level", "kind"]].tolist() == [3, "base"]
    assert after.grids.geometry["Q00-007"].area == pytest.approx(3000)
    assert begun.read_bytes() == before


def test_codes_stay_retired_from_file_to_file(run: Run, begun: Path, tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"{name}.gpkg" for name in ("one", "two", "three"))
    assert run("split", begun, "Q00-001", "--line", DOWN, "--codes", "L,R", "-o", one)[0] == 0
    assert run("merge", one, "L", "R", "--new-code", "M", "--name", "middle", "-o", two)[0] == 0
    assert sorted(read(two).retired.index) == ["L", "Q00-001", "R"]
    code, out, err = run("recode", two, "M=Q00-001", "-o", three)
    assert (code, out) == (2, "")
    assert "the code Q00-001 was used before" in err
    assert not three.exists()
    assert run("recode", two, "M=N", "Q01=Q91", "-o", three)[0] == 0
    assert {"L", "M", "Q00-001", "Q01", "R"} == set(read(three).retired.index)


def test_a_project_keeps_its_other_tables_and_settings(run: Run, project: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.gpkg"
    code, out, _ = run("re-parent", project, "Q00-002", "Q01", "-o", target)
    assert code == 0
    assert "  other parent: base 3, Q00-002, 10,000.0 m2 (parent Q00 -> Q01)" in out.splitlines()
    before, after = files.read_project(project), files.read_project(target)
    pd.testing.assert_frame_equal(before.buildings, after.buildings)
    assert after.settings == before.settings
    assert read(target).grids["parent"]["Q00-002"] == "Q01"
    again = tmp_path / "again.gpkg"
    assert run("split", target, "Q00-001", "--line", DOWN, "-o", again)[0] == 0
    assert set(files.read_project(again).tables) == {"grids", "buildings", "retired"}
    assert "Q00-001" in run("show", again)[1]


def test_every_action_does_what_the_function_does(run: Run, begun: Path, tmp_path: Path) -> None:
    found = read(begun)
    area = shapely.box(X + 60, Y, X + 100, Y + 100)
    line = shapely.LineString([(X + 90, Y - 1), (X + 80, Y + 101)])
    school = shapely.box(X + 10, Y + 10, X + 20, Y + 20)
    with_school = tmp_path / "school.gpkg"
    wanted = {
        "transfer": plan.transfer(found, area, source="Q00-001", target="Q00-005"),
        "reshape": plan.reshape(found, "Q00-001", "Q00-005", line),
        "add": plan.add_dedicated(found, school, parent="Q00-001", name="school", code="D1"),
    }
    calls = {
        "transfer": ("transfer", begun, "Q00-001", "Q00-005", "--area", area.wkt),
        "reshape": ("reshape", begun, "Q00-001", "Q00-005", "--line", line.wkt),
        "add": ("add-dedicated", begun, "D1", "--area", school.wkt, "--parent", "Q00-001", "--name", "school"),
    }
    for name, words in calls.items():
        target = tmp_path / f"{name}.gpkg"
        assert run(*words, "-o", target)[0] == 0
        assert shapely.equals_exact(read(target).grids.geometry.to_numpy(), wanted[name].grids.geometry.to_numpy()).all()
        assert list(read(target).grids.index) == list(wanted[name].grids.index)
    shutil.copy(tmp_path / "add.gpkg", with_school)
    assert run("retire-dedicated", with_school, "D1", "-o", tmp_path / "gone.gpkg")[0] == 0
    assert list(read(tmp_path / "gone.gpkg").retired.index) == ["D1"]


def test_every_action_has_a_function_and_none_else() -> None:
    assert set(plan_options.EDITS) == set(command.EDITS)


def test_a_line_comes_from_a_file_in_its_own_coordinates(run: Run, begun: Path, tmp_path: Path) -> None:
    degrees = gpd.GeoSeries([shapely.from_wkt(DOWN)], crs="EPSG:4547").to_crs("EPSG:4490")
    gpd.GeoDataFrame(geometry=degrees).to_file(tmp_path / "line.gpkg")
    assert run("split", begun, "Q00-001", "--line", tmp_path / "line.gpkg", "-o", tmp_path / "new.gpkg")[0] == 0
    assert read(tmp_path / "new.gpkg").grids.geometry["Q00-007"].area == pytest.approx(3000, abs=0.1)


def test_a_refused_edit_says_why_and_where_and_draws_the_conflict(run: Run, begun: Path, tmp_path: Path) -> None:
    conflict, target = tmp_path / "conflict.geojson", tmp_path / "new.gpkg"
    short = f"LINESTRING ({X + 20} {Y + 20}, {X + 60} {Y + 40})"
    code, out, err = run("split", begun, "Q00-001", "--line", short, "--conflict", conflict, "-o", target)
    assert (code, out) == (2, "")
    (said,) = err.splitlines()
    assert "does not cut" in said
    assert f"at {X + 40}.0, {Y + 30}.0 (114.0004" in said
    assert not target.exists()
    drawn = files.read_frame(conflict)
    assert drawn.geometry.iloc[0].equals(shapely.from_wkt(short))
    assert "does not cut" in drawn["reason"].iloc[0]
    assert f"位置：{X + 40}.0" in run("split", begun, "Q00-001", "--line", short, "-o", target, lang="zh")[2]


def test_a_dry_run_says_the_same_and_writes_nothing(run: Run, begun: Path, tmp_path: Path) -> None:
    words = ("merge", begun, "Q00-001", "Q00-002")
    before = sorted(tmp_path.iterdir())
    code, dry, _ = run(*words, "--dry-run")
    assert code == 0
    assert sorted(tmp_path.iterdir()) == before
    code, out, _ = run(*words, "-o", tmp_path / "new.gpkg")
    assert code == 0
    assert out.splitlines()[:-1] == dry.splitlines()[:-1]
    assert run(*words, "--dry-run", lang="zh")[1].startswith("3 个网格有变化：")


def test_what_one_layer_cannot_hold_is_refused(run: Run, begun: Path, project: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.geojson"
    code, _, err = run("split", begun, "Q00-001", "--line", DOWN, "-o", target)
    assert code == 2
    assert "cannot keep the codes that are retired" in err
    code, _, err = run("re-parent", project, "Q00-002", "Q01", "-o", target)
    assert code == 2
    assert "other tables of the project" in err
    assert not target.exists()
    assert run("re-parent", begun, "Q00-002", "Q01", "-o", target)[0] == 0
    plan.check(plan.from_grids(files.read_grids(target)))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("split", "Q00-001", "--line", DOWN), "no output file"),
        (("split", "Q00-001", "--line", DOWN, "-o", "plan.gpkg"), "one of the inputs"),
        (("split", "Q00-001", "--line", DOWN, "-o", "new.csv"), "must end in"),
        (("split", "Q00-001", "--line", "LINESTRING (1 2, 3", "-o", "new.gpkg"), "no sound WKT"),
        (("split", "Q00-001", "--line", "POINT (1 2)", "-o", "new.gpkg"), "POINT"),
        (("split", "Q00-001", "--line", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "-o", "new.gpkg"), "not a line"),
        (("split", "Q00-001", "--line", "LINESTRING EMPTY", "-o", "new.gpkg"), "not a line"),
        (("split", "Q00-001", "--line", "nowhere.geojson", "-o", "new.gpkg"), "no such file"),
        (("split", "Q99", "--line", DOWN, "-o", "new.gpkg"), "no grid Q99"),
        (("split", "Q00-001", "--line", DOWN, "--codes", "A", "-o", "new.gpkg"), "as many codes"),
        (("recode", "Q00=A", "Q00=B", "-o", "new.gpkg"), "two new ones"),
        (("recode", "Q00", "-o", "new.gpkg"), "written old=new"),
        (("split", "Q00-001", "--line", "LINESTRING (0 nan, 1 1)", "-o", "new.gpkg"), "not a line; given: LineString"),
        (("retire-dedicated", "Q00-001", "-o", "new.gpkg"), "not a dedicated grid"),
        (("show", "Q99"), "no grid Q99"),
        (("merge", "Q00-001", "Q00-002", "-o", "new.gpkg", "--conflict", "new.gpkg"), "one of the inputs"),
    ],
)
def test_bad_words_are_one_line_and_nothing_is_written(
    run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], reason: str
) -> None:
    monkeypatch.chdir(begun.parent)
    before = begun.read_bytes()
    code, out, err = run(words[0], "plan.gpkg", *words[1:])
    assert (code, out) == (2, "")
    (said,) = err.splitlines()
    assert reason in said
    assert sorted(path.name for path in begun.parent.iterdir()) == ["plan.gpkg"]
    assert begun.read_bytes() == before


def test_check_tells_a_plan_that_holds_from_one_that_does_not(run: Run, begun: Path, tmp_path: Path) -> None:
    assert run("check", begun) == (0, "the plan holds: coverage, nesting, dedicated grids and codes of 21 grids; 0 codes retired\n", "")
    grids = lattice()
    grids.loc["Q00-001", "geometry"] = grids.geometry["Q00-001"].buffer(1, join_style="mitre")
    broken, conflict = tmp_path / "broken.geojson", tmp_path / "conflict.gpkg"
    files.write(grids, broken)
    code, out, err = run("check", broken, "--conflict", conflict)
    assert (code, err) == (1, "")
    assert "gaps or overlap" in out
    assert "at 500075.2, 4000075.2 (114.0008" in out
    assert not files.read_frame(conflict).geometry.iloc[0].is_empty
    # an edit of such a plan is bad input, not a finding
    assert run("merge", broken, "Q00-001", "Q00-002", "--dry-run")[0] == 2


def test_a_code_that_stands_and_is_retired_is_found(run: Run, tmp_path: Path) -> None:
    retired = pd.DataFrame({"name": ["x"], "level": [3], "kind": ["base"]}, index=pd.Index(["Q00-001"], name="grid_code"))
    files.write_layers({"grids": lattice(), "retired": retired}, tmp_path / "plan.gpkg")
    code, out, _ = run("check", tmp_path / "plan.gpkg")
    assert code == 1
    assert "Q00-001 is retired" in out
    files.write_layers({"grids": lattice(), "retired": retired.reset_index(drop=True)}, tmp_path / "plan.gpkg")
    assert "grid_code" in run("check", tmp_path / "plan.gpkg")[2]


def test_codes_may_stand_in_a_column_of_another_name(run: Run, tmp_path: Path) -> None:
    path, one, two = (tmp_path / f"{name}.gpkg" for name in ("plan", "one", "two"))
    files.write(made().grids.rename_axis("bianma"), path, layer="grids")
    words = ("--code", "bianma", "-o")
    assert run("split", path, "Q00-001", "--line", DOWN, *words, one)[0] == 0
    assert run("merge", one, "Q00-007", "Q00-008", *words, two)[0] == 0
    written = files.read_frame(two, layer="grids")
    assert "grid_code" not in written
    assert set(files.read_frame(two, layer="retired")["grid_code"]) == {"Q00-001", "Q00-007", "Q00-008"}
    assert "Q00-009" in set(written["bianma"])


def test_buildings_are_counted_anew_from_the_project_or_a_file(run: Run, begun: Path, project: Path, tmp_path: Path) -> None:
    cut, counted, again = (tmp_path / f"{name}.gpkg" for name in ("cut", "counted", "again"))
    assert run("split", project, "Q00-001", "--line", DOWN, "-o", cut)[0] == 0
    code, out, err = run("count", cut, "-o", counted)
    assert (code, err) == (0, "")
    assert "counted for 22 grids, in the lowest tier: households 8, residents 18, buildings 2; buildings outside: 0" in out
    after = read(counted)
    assert after.grids.loc[["Q00-007", "Q00-008", "Q00", "Q01"], "households"].tolist() == [4, 4, 8, 0]
    assert list(after.retired.index) == ["Q00-001"]
    assert "no buildings to count" in run("count", begun, "-o", again)[2]
    far = gpd.GeoDataFrame({"households": [3], "residents": [4]}, geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:4547")
    files.write(far, tmp_path / "far.gpkg", layer="buildings")
    assert "buildings outside: 1" in run("count", begun, "--buildings", tmp_path / "far.gpkg", "-o", again)[1]
    files.write(far.drop(columns="residents"), tmp_path / "far.gpkg", layer="buildings")
    assert "residents" in run("count", begun, "--buildings", tmp_path / "far.gpkg", "-o", again)[2]


def test_counts_that_are_texts_are_named(run: Run, tmp_path: Path) -> None:
    grids = lattice().astype({"households": "str"})
    grids.loc["Q00-001", "households"] = "ten"
    files.write(grids, tmp_path / "plan.geojson")
    code, out, err = run("merge", tmp_path / "plan.geojson", "Q00-001", "Q00-002", "--dry-run")
    assert (code, out) == (2, "")
    assert "households of the plan holds no numbers; 1 rows, first: Q00-001" in err


def test_other_layers_that_are_no_tables_are_named_when_they_stay_behind(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    notes = gpd.GeoDataFrame({"text": ["x"]}, geometry=[shapely.Point(X, Y)], crs="EPSG:4547")
    files.write_layers({"wg": made().grids, "notes": notes}, path)
    code, _, err = run("merge", path, "Q00-001", "Q00-002", "--layer", "wg", "-o", tmp_path / "new.gpkg")
    assert code == 0
    assert "given: notes" in err
    code, _, err = run("show", tmp_path / "new.gpkg", "--layer", "wg")
    assert (code, err) == (0, "")


def test_show_lists_tiers_and_single_grids(run: Run, project: Path) -> None:
    code, out, _ = run("show", project)
    assert code == 0
    assert "base 3: 16 grids, area on average 10,000 m2, least 10,000, most 10,000" in out
    assert "other tables of the project: buildings 2" in out
    _, out, _ = run("show", project, "Q00", "T")
    assert out.splitlines() == [
        "Q00 quarter 00: base 2, parent T, 40,000.0 m2, households 40; below it: Q00-001, Q00-002, Q00-005, Q00-006",
        "T top: base 1, parent -, 160,000.0 m2, households 160; below it: Q00, Q01, Q10, Q11",
    ]


def test_where_a_conflict_lies_is_told_in_degrees_alone_where_the_plan_is(run: Run, tmp_path: Path) -> None:
    files.write(lattice(crs="EPSG:4490", side=0.001), tmp_path / "plan.geojson")
    code, _, err = run("re-parent", tmp_path / "plan.geojson", "Q00-001", "Q11", "--dry-run")
    assert code == 2
    assert "; at 117.00" in err
    with pytest.raises(PlanError, match="pieces"):
        plan.re_parent(plan.from_grids(lattice(crs="EPSG:4490", side=0.001)), "Q00-001", "Q11")


def test_a_plan_in_a_file_is_read_whole(begun: Path) -> None:
    found = plan_files.read(main_arguments("show", begun))
    named = made().grids
    assert found.plan.same(plan.from_grids(named.assign(name=named["name"].where(named["name"] != "", named.index))))
    assert (found.tables, found.settings, found.layer, found.code) == ({}, {}, "grids", "grid_code")


def main_arguments(*words: object):
    """Return what the parser makes of an action."""
    from gridmap.cli import parser

    return parser.build("en").parse_args(["plan", *(str(word) for word in words)])


def test_new_codes_follow_the_scheme_of_the_office_and_wrong_ones_are_refused(run: Run, tmp_path: Path) -> None:
    place = {"T": "990101001", "Q00": "990101001001", "Q01": "990101001002", "Q10": "990101001003", "Q11": "990101001004"}
    table = lattice()
    coded = place | {old: f"{place[old[:3]]}{old[-3:]}" for old in table.index if old not in place}
    table = table.rename(index=coded).assign(parent=table["parent"].map(coded).to_numpy())
    path, one, two, three = (tmp_path / f"{name}.gpkg" for name in ("plan", "one", "two", "three"))
    files.write(table, path, layer="grids")
    unit = ("--scheme", "unit")
    assert run("split", path, "990101001001001", "--line", DOWN, *unit, "-o", one)[0] == 0
    assert {"990101001001007", "990101001001008"} <= set(read(one).grids.index)
    assert run("merge", one, "990101001001", "990101001002", *unit, "-o", two)[0] == 0  # an upper grid is named by its place
    assert "990101001005" in read(two).grids.index
    for words in (("--new-code", "99010100100199"), ("--new-code", "99010100100100A")):
        code, out, err = run("merge", path, "990101001001001", "990101001001002", *words, *unit, "-o", three)
        assert (code, out) == (2, "")
        assert "does not fit the scheme" in err
    assert "does not fit the scheme" in run("recode", path, "990101001001=9901010010019", *unit, "-o", three)[2]
    assert run("show", path, "--scheme", "区县=6,街道=3,社区=3,序号=3")[0] == 0
    for wrong, reason in (
        ("community", "does not fit"),
        ("units", "no scheme of codes"),
        ("a=b", "no scheme of codes"),
        ("a=0", "no scheme"),
    ):
        code, out, err = run("show", path, "--scheme", wrong)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert reason in err
    code, out, err = run("check", path, "--scheme", "community")
    assert (code, err) == (1, "")
    assert "wrong length of code: 16" in out
    assert not three.exists()


def test_codes_that_stand_twice_are_a_finding_with_a_table(run: Run, tmp_path: Path) -> None:
    path, table = tmp_path / "twice.gpkg", tmp_path / "findings.csv"
    files.write(lattice().rename(index={"Q00-002": "Q00-001"}), path, layer="grids")
    code, out, err = run("check", path, "-o", table)
    assert (code, err) == (1, "")
    assert "duplicate" in out
    assert "Q00-001" in out
    found = files.read_frame(table)
    assert found["kind"].iloc[0] == "plan"
    assert found["grid_codes"].str.contains("Q00-001").any()
    assert "duplicate" in set(found["kind"])
    assert run("merge", path, "Q00-005", "Q00-006", "--dry-run")[0] == 2
    assert run("check", tmp_path / "nobody.gpkg")[0] == 2
    files.write(lattice(), path, layer="grids")
    assert run("check", path, "-o", table)[0] == 0
    assert len(files.read_frame(table)) == 0


def test_units_of_the_file_follow_every_edit(run: Run, project: Path, tmp_path: Path) -> None:
    path, new = tmp_path / "with_units.gpkg", tmp_path / "new.gpkg"
    tables = dict(files.read_project(project).tables)
    units = lattice()[lambda grids: grids["level"] == 3].reset_index()[["grid_code", "geometry"]]
    units.index = pd.Index([f"U{number}" for number in range(len(units))], name="unit_id")
    tables["units"] = units.assign(households=[8, *[0] * (len(units) - 1)])
    files.write_project(tables, path, settings={"name": "town"})
    code, out, err = run("split", path, "Q00-001", "--line", DOWN, "-o", new)
    assert (code, err) == (0, "")
    assert "units cut by the new borders: 1 into 2 parts (U0); households unknown in 0" in out
    found = files.read_project(new).units
    assert found.loc[["U0-1", "U0-2"], "households"].tolist() == [4, 4]
    assert set(found["grid_code"]) == set(read(new).grids.query("level == 3").index)
    assert run("recode", path, "Q00-001=N", "-o", new)[0] == 0
    assert files.read_project(new).units.loc["U0", "grid_code"] == "N"
