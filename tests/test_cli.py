"""The commands: what they print, write and return."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from conftest import square

from gridmap import __version__, assign, cli, files, hierarchy, messages, synth, workload
from gridmap.cli import inputs, main, outputs
from gridmap.cli import serve as serve_command
from gridmap.errors import SchemaError

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(command: Run) -> Run:
    return command


@pytest.fixture
def tiers(two_tiers: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "tiers.gpkg"
    two_tiers.reset_index().to_file(path, layer="grids")
    return path


@pytest.fixture
def lattice(tmp_path: Path) -> Path:
    """A hundred squares of 100 m."""
    frame = gpd.GeoDataFrame(
        {"grid_code": [f"{n:02d}" for n in range(100)]}, geometry=[square(n % 10, n // 10) for n in range(100)], crs="EPSG:4548"
    )
    path = tmp_path / "lattice.gpkg"
    frame.to_file(path)
    return path


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """One call in each square of the lattice, and thirty of noise about its centre in May."""
    plain = pd.DataFrame({"x": [n % 10 * 100 + 50 for n in range(100)], "y": [n // 10 * 100 + 50 for n in range(100)]})
    spot = pd.DataFrame({"x": np.linspace(410, 590, 30), "y": np.linspace(420, 580, 30)})
    table = pd.concat(
        [plain.assign(category="litter", reported_at="2021-03-01"), spot.assign(category="noise", reported_at="2021-05-10 08:00")]
    )
    path = tmp_path / "calls.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo project, as `gridmap demo` builds it."""
    path = tmp_path_factory.mktemp("demo") / "demo.gpkg"
    serve_command.build(path, "dongyuan")
    return path


# the frame around the commands


def test_help_is_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--help", "--lang", "zh"]) == 0
    assert messages.text("cli.check", "zh") in capsys.readouterr().out
    assert main(["--lang", "en", "check", "--help"]) == 0
    assert messages.text("cli.check", "en") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variables", "lang"),
    [
        ({"GRIDMAP_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"GRIDMAP_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"GRIDMAP_LANG": "fr", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_language_follows_the_variable_then_the_locale(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], lang: str) -> None:
    for name in ("GRIDMAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cli._language(["check"]) == lang
    assert cli._language(["check", "--lang", "zh"]) == "zh"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["chek", "grids.gpkg"],
        ["check"],
        ["check", "a.gpkg", "--level", "low"],
        ["assign", "e.csv", "g.gpkg", "--tz", "Mars"],
        ["hotspots", "e.csv", "g.gpkg", "--seed", "-1"],
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(run: Run, words: list[str]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("gridmap")
    assert "--help" in line


def test_version_and_module_form() -> None:
    done = subprocess.run([sys.executable, "-m", "gridmap", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"gridmap {__version__}"


def test_a_closed_pipe_is_no_traceback(tiers: Path) -> None:
    command = f"'{sys.executable}' -m gridmap check '{tiers}' | true"
    done = subprocess.run(["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False)
    assert done.returncode in (0, cli.PIPE_CLOSED)
    assert done.stderr == ""


def test_ctrl_c_is_one_line(run: Run, tiers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hierarchy, "check", stop)
    assert run("check", tiers) == (cli.INTERRUPTED, "", messages.text("cli.stopped", "en") + "\n")


def test_a_fault_of_the_program_is_a_traceback_and_no_finding(run: Run, tiers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(hierarchy, "check", fail)
    code, out, err = run("check", tiers)
    assert (code, out) == (cli.FAULT, "")
    assert err.startswith("Traceback")
    assert "ZeroDivisionError: a fault" in err


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_the_progress_bar_shows_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(outputs.progress([1, 2, 3], "work")) == [1, 2, 3]
    assert capsys.readouterr().err == ""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(outputs.progress([1, 2, 3], "work")) == [1, 2, 3]
    assert "work" in terminal.text
    assert "2/3" in terminal.text
    assert terminal.text.endswith("\r\033[K")  # wiped at the end


def test_columns_of_the_input_are_never_lost() -> None:
    table = pd.DataFrame({"grid": [1], "grid_original": [2], "a": [3]})
    joined = outputs.beside(table, pd.DataFrame({"grid": ["x"]}))
    assert joined.to_dict("list") == {"grid_original_": [1], "grid_original": [2], "a": [3], "grid": ["x"]}


def test_names_of_a_file_stay_on_their_line() -> None:
    assert outputs.printable("a\nb\u202ec\x1b[2J") == "a b\\u202ec\\x1b[2J"
    assert outputs.printable("长" * 100) == "长" * 60 + " ..."


# notations of the options


def test_pairs_and_minutes(tmp_path: Path) -> None:
    assert inputs.pairs("a=b, c=d=e") == {"a": "b", "c=d": "e"}
    assert inputs.pairs("环境卫生＝20，安全隐患=45") == {"环境卫生": "20", "安全隐患": "45"}
    assert inputs.pairs(None) is None
    assert inputs.minutes(None, {"x": 1.0}) == {"x": 1.0}
    assert inputs.minutes("30", {}) == 30.0
    assert inputs.minutes("litter=20,noise=4.5", {}) == {"litter": 20.0, "noise": 4.5}
    table = tmp_path / "minutes.csv"
    table.write_text("category,minutes\nlitter,20\nnoise,4.5\n", encoding="utf-8")
    assert inputs.minutes(str(table), {}) == {"litter": 20.0, "noise": 4.5}


def test_a_period_holds_both_its_days() -> None:
    times = pd.to_datetime(["2021-02-28 23:59", "2021-03-01 00:00", "2021-03-02 23:59", "2021-03-03 00:00", None]).tz_localize(
        "Asia/Shanghai"
    )
    events = gpd.GeoDataFrame({"reported_at": times}, geometry=[None] * 5, crs="EPSG:4326")
    assert inputs.within(events, "2021-03-01", "2021-03-02").index.tolist() == [1, 2]
    assert inputs.within(events, None, "2021-03-01").index.tolist() == [0, 1]
    assert inputs.within(events, None, None).index.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(SchemaError, match="YYYY-MM-DD"):
        inputs.day("2021-02-30")


# the commands on drawn input


def test_check_of_a_clean_layer(run: Run, tiers: Path) -> None:
    code, out, err = run("check", tiers)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == messages.text("cli.no_findings", "en")


def test_check_lists_coverage_and_nesting_and_shares(run: Run, two_tiers: gpd.GeoDataFrame, tmp_path: Path) -> None:
    spoiled = two_tiers.drop(index="B2")
    spoiled.loc["A2", "parent"] = "Z"
    spoiled.loc["A1", "geometry"] = shapely.box(0, 0, 110, 100)
    layer, boundary, buildings = (tmp_path / f"{name}.gpkg" for name in ("spoiled", "boundary", "buildings"))
    spoiled.reset_index().to_file(layer)
    gpd.GeoDataFrame({"name": ["all"]}, geometry=[shapely.box(0, 0, 400, 100)], crs=two_tiers.crs).to_file(boundary)
    homes = {"building_id": ["p", "q", "r"], "households": [10, 20, 70], "residents": [1, 1, 1]}
    places = [shapely.box(20, 20, 30, 30), shapely.box(102, 40, 108, 60), shapely.box(350, 40, 360, 60)]
    gpd.GeoDataFrame(homes, geometry=places, crs=two_tiers.crs).to_file(buildings)
    code, out, _ = run("check", layer, "--boundary", boundary, "--buildings", buildings, "-o", tmp_path / "findings.gpkg")
    assert code == 1
    findings = gpd.read_file(tmp_path / "findings.gpkg")
    assert {"overlap", "missing", "orphan", "parent_not_union"} <= set(findings["kind"])
    overlap = findings[findings["kind"] == "overlap"].iloc[0]
    assert (overlap["grid_codes"], overlap["area_m2"]) == ("A1;A2", pytest.approx(1000))
    assert findings.loc[findings["kind"] == "orphan", "grid_codes"].tolist() == ["A2"]
    assert f"findings: {len(findings)}" in out
    assert "area (m2): 29,000 of 40,000 = 72.50%" in out
    assert "buildings: 1 of 3" in out
    assert "households: 10 of 100 = 10.00%" in out


def test_every_kind_of_finding_has_a_word_in_both_languages(run: Run) -> None:
    from gridmap.coverage import KINDS

    for kind in (*KINDS, "duplicate_code", "orphan", "wrong_parent", "outside_parent", "parent_not_union"):
        assert f"terms.finding.{kind}" in messages.CATALOGUE


def test_assign_gives_far_points_to_the_nearest_grid_and_its_chain(run: Run, tiers: Path, tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("x,y,grid\n50,50,old\n405,50,\n500,50,\n", encoding="utf-8")
    code, out, _ = run("assign", points, tiers, "--crs", "EPSG:4548", "--max-distance", "10", "-o", tmp_path / "out.csv")
    assert code == 0
    assert "3 rows: 2 in a grid (of which 1 in a dedicated one), 1 outside, 0 without coordinates" in out
    table = pd.read_csv(tmp_path / "out.csv").fillna("-")
    assert table[["grid", "level_1", "level_2", "dedicated"]].to_numpy().tolist() == [
        ["D", "A", "A1", "D"],
        ["B2", "B", "B2", "-"],
        ["-"] * 4,
    ]
    assert table["grid_original"].tolist() == ["old", "-", "-"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "gpkg", "geojson", "parquet", "shp", "zip"])
def test_assign_writes_every_format_with_codes_as_text(run: Run, tmp_path: Path, three_by_three: gpd.GeoDataFrame, suffix: str) -> None:
    layer, points, target = tmp_path / "grids.gpkg", tmp_path / "points.csv", tmp_path / f"out.{suffix}"
    three_by_three.reset_index(drop=True).assign(grid_code=[f"00{n}" for n in range(9)]).to_file(layer)
    points.write_text("x,y\n50,50\n150,50\n", encoding="utf-8")
    assert run("assign", points, layer, "--crs", "EPSG:4548", "-o", target)[0] == 0
    assert files.read_frame(target)["grid"].tolist() == ["000", "001"]


def test_geocode_locates_what_the_gazetteer_knows(run: Run, tmp_path: Path) -> None:
    known = pd.DataFrame(
        {
            "address_id": ["1", "2"], "road": ["东苑路", "东苑路"], "number": ["12号", "14号"], "compound": [None, None],
            "building": [None, None], "unit": [None, None], "alias": [None, None],
        }
    )  # fmt: skip
    gazetteer, addresses = tmp_path / "gazetteer.gpkg", tmp_path / "addresses.csv"
    gpd.GeoDataFrame(known, geometry=gpd.points_from_xy([117, 117.01], [30, 30]), crs="EPSG:4490").to_file(gazetteer)
    addresses.write_text("no,where,status\n1,东苑路14号,open\n2,西苑路1号,open\n", encoding="utf-8")
    code, out, err = run("geocode", addresses, "--gazetteer", gazetteer, "--columns", "address=where", "-o", tmp_path / "out.csv")
    assert (code, err) == (0, "")
    assert "2 addresses: 1 matched, 0 ambiguous, 1 not found" in out
    table = pd.read_csv(tmp_path / "out.csv", dtype="str").fillna("-")
    assert table["status"].tolist() == ["matched", "not_found"]
    assert table["status_original"].tolist() == ["open", "open"]
    assert table["lon"].tolist() == ["117.01", "-"]


def test_geocode_takes_the_events_of_a_project_and_keeps_their_points(run: Run, demo: Path, tmp_path: Path) -> None:
    code, out, _ = run("geocode", demo, "--gazetteer", demo, "-o", tmp_path / "out.parquet")
    assert code == 0
    assert "2660 addresses" in out
    before, after = files.read_project(demo).events, files.read_frame(tmp_path / "out.parquet")
    kept = gpd.GeoSeries.from_wkt(after["geometry_original"])
    assert kept.isna().tolist() == before.geometry.isna().tolist()
    assert kept.x.dropna().tolist() == pytest.approx(before.geometry.x.dropna().tolist())


def test_a_layer_of_events_is_chosen_by_name(run: Run, tiers: Path, tmp_path: Path) -> None:
    several, target = tmp_path / "several.gpkg", tmp_path / "out.csv"
    points = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(50, 50)], crs="EPSG:4548")
    files.write_layers({"may": points, "june": points}, several)
    code, _, err = run("assign", several, tiers, "-o", target)
    assert (code, len(err.splitlines())) == (2, 1)
    assert "--events-layer" in err
    assert "may, june" in err
    assert run("assign", several, tiers, "--events-layer", "june", "-o", target)[0] == 0


def test_events_that_lie_far_from_the_grids_are_a_warning(run: Run, tiers: Path, tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("lon,lat\n100.123456,20.123456\n", encoding="utf-8")
    code, out, err = run("assign", points, tiers, "-o", tmp_path / "out.csv")
    assert code == 0
    assert "1 outside" in out
    assert err.startswith("warning: no event lies within the extent of the grids; given: ")
    assert len(err.splitlines()) == 1


def test_workload_prints_the_balance_and_writes_the_table(run: Run, tiers: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    events.write_text("x,y,category\n50,50,litter\n50,50,noise\n150,50,litter\n", encoding="utf-8")
    given = ("workload", events, tiers, "--crs", "EPSG:4548", "--minutes", "litter=20,noise=40")
    code, out, _ = run(*given, "-o", tmp_path / "load.csv")
    assert code == 0
    assert "4 grids, 3 of 3 events in one of them, 1.3 hours in all" in out
    # loads 60, 20, 0, 0: Gini by hand is 5/8, largest over mean 3
    assert "Gini 0.625" in out
    assert "largest / mean 3.00" in out
    table = pd.read_csv(tmp_path / "load.csv", index_col="grid_code")
    assert table["load_min"].to_dict() == {"A1": 60, "A2": 20, "B1": 0, "B2": 0}
    assert table["events"].to_dict() == {"A1": 2, "A2": 1, "B1": 0, "B2": 0}
    assert "2 grids, 3 of 3" in run(*given, "--level", "1")[1]


def test_hotspots_finds_the_planted_spot(run: Run, lattice: Path, calls: Path, tmp_path: Path) -> None:
    given = ("hotspots", calls, lattice, "--crs", "EPSG:4548", "--permutations", "99")
    assert run(*given, "-o", tmp_path / "all.csv")[0] == 0
    table = pd.read_csv(tmp_path / "all.csv", dtype={"grid_code": "str"}).set_index("grid_code")
    hot = table.index[table["class"].str.startswith("hot")]
    assert {"44", "45", "54", "55"} <= set(hot) <= {f"{row}{column}" for row in range(3, 7) for column in range(3, 7)}
    assert table["events"].sum() == 130
    _, out, _ = run(*given, "--by-category", "-o", tmp_path / "parts.gpkg")
    assert "litter: 100 events, hot grids 0, cold 0" in out
    parts = files.read_frame(tmp_path / "parts.gpkg")
    assert parts.groupby("category")["events"].sum().to_dict() == {"litter": 100, "noise": 30}
    run(*given, "--from", "2021-05-01", "-o", tmp_path / "may.xlsx")
    assert files.read_frame(tmp_path / "may.xlsx")["events"].sum() == 30


def test_hotspots_of_one_seed_are_the_same_file(run: Run, lattice: Path, calls: Path, tmp_path: Path) -> None:
    given = ("hotspots", calls, lattice, "--crs", "EPSG:4548", "--permutations", "99", "--seed", "5")
    for name in ("one", "two"):
        assert run(*given, "-o", tmp_path / f"{name}.csv")[0] == 0
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_hotspots_reports(run: Run, lattice: Path, calls: Path, tmp_path: Path) -> None:
    given = ("hotspots", calls, lattice, "--crs", "EPSG:4548")
    assert run(*given, "--by-category", "--permutations", "99", "-o", tmp_path / "spots.html")[0] == 0
    spots = (tmp_path / "spots.html").read_text(encoding="utf-8")
    assert "litter" in spots
    assert "calls.csv" in spots
    assert run(*given, "--method", "density", "--category", "noise", "-o", tmp_path / "density.html")[0] == 0
    density = (tmp_path / "density.html").read_text(encoding="utf-8")
    assert messages.text("cli.hotspots_of", "en", category="noise") in density
    code, _, err = run(*given, "--method", "density", "--by-category", "-o", tmp_path / "many.html")
    assert (code, len(err.splitlines())) == (2, 1)
    assert not (tmp_path / "many.html").exists()


def test_density_as_a_table_holds_every_event(run: Run, lattice: Path, calls: Path, tmp_path: Path) -> None:
    given = ("hotspots", calls, lattice, "--crs", "EPSG:4548", "--method", "density", "--bandwidth", "50", "--cell", "10")
    assert run(*given, "-o", tmp_path / "density.gpkg")[0] == 0
    table = files.read_frame(tmp_path / "density.gpkg")
    assert (table["events_per_km2"] * 10**2 / 1e6).sum() == pytest.approx(130, rel=1e-6)


def test_map_is_one_page_that_asks_for_nothing(run: Run, tiers: Path, tmp_path: Path) -> None:
    events, page = tmp_path / "events.csv", tmp_path / "map.html"
    events.write_text("x,y,category\n50,50,<script>alert(1)</script>\n", encoding="utf-8")
    assert run("map", tiers, events, "--crs", "EPSG:4548", "-o", page)[0] == 0
    html = page.read_text(encoding="utf-8")
    assert "<script>alert(1)" not in html
    assert 'src="http' not in html
    assert run("map", tiers, "--level", "1", "--value", "level", "-o", page)[0] == 0
    assert run("map", tiers, "--value", "name", "-o", page)[0] == 2


@pytest.mark.parametrize(
    ("options", "classes", "note"),
    [
        ((), ["1", "2", "30", "400"], "classed by quantiles"),
        (("--scheme", "equal_interval"), ["1", "2", "30", "400"], "classed at equal intervals"),
        (("--edges", "2，30; 50"), ["≤ 2", "3–30", "31–50", "> 50"], "classed by given limits"),
        (("--scheme", "manual", "--edges", "400"), ["≤ 400"], "classed by given limits"),
    ],
)
def test_the_map_is_classed_as_asked(run: Run, monkeypatch, tmp_path: Path, options: tuple, classes: list[str], note: str) -> None:
    from gridmap import maps

    drawn: list[maps.Layer] = []
    monkeypatch.setattr(maps, "page", lambda layers, **_: drawn.extend(layers) or "")
    boxes = gpd.GeoDataFrame(
        {"grid_code": list("abcd"), "homes": [1, 2, 30, 400]}, geometry=[shapely.box(n, 0, n + 1, 1) for n in range(4)], crs="EPSG:4548"
    )
    boxes.to_file(tmp_path / "boxes.geojson")
    assert run("map", tmp_path / "boxes.geojson", "--value", "homes", *options, "-o", tmp_path / "map.html")[0] == 0
    legend = next(layer.legend for layer in drawn if layer.role == "theme")
    assert [entry.label for entry in legend.entries] == classes
    assert legend.note == note


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scheme", "quantiles"), "go with --value"),
        (("--edges", "1"), "go with --value"),
        (("--value", "level", "--scheme", "manual"), "go together"),
        (("--value", "level", "--edges", "1", "--scheme", "quantiles"), "go together"),
        (("--value", "level", "--edges", "2,1"), "given: 2, 1"),
        (("--value", "level", "--edges", ""), "1 to 8"),
        (("--value", "level", "--scheme", "fair"), "invalid choice"),
    ],
)
def test_classes_that_make_no_sense_are_one_line(run: Run, tiers: Path, tmp_path: Path, options: tuple, said: str) -> None:
    code, _, err = run("map", tiers, *options, "-o", tmp_path / "map.html")
    assert (code, len(err.splitlines())) == (2, 1)
    assert said in err
    assert not (tmp_path / "map.html").exists()


# the demo project, and every command on it


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, int, bool]]:
    """Calls of the server in place of the server."""
    from gridmap.ui import serve

    seen: list[tuple[object, int, bool]] = []
    monkeypatch.setattr(serve, "run", lambda project, *, port, open_browser, lang: seen.append((project, port, open_browser)))
    return seen


def test_demo_builds_once_and_opens_the_app(run: Run, demo: Path, served: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_command, "build", lambda path, town: path.write_bytes(demo.read_bytes()))
    project = tmp_path / "mine.gpkg"
    code, out, err = run("demo", "--project", project, "--port", "9000", "--no-browser")
    assert (code, err) == (0, "")
    assert f"written: {project}" in out
    code, out, _ = run("demo", "--project", project)
    assert out == messages.text("cli.demo_current", "en", path=project) + "\n"
    assert served == [(project, 9000, False), (project, 8501, True)]
    monkeypatch.setattr(serve_command, "recipe", lambda: "another")
    assert "building" in run("demo", "--project", project)[1]


def test_demo_never_replaces_a_file_of_the_user(run: Run, tiers: Path, served: list) -> None:
    content = tiers.read_bytes()
    code, _, err = run("demo", "--project", tiers)
    assert (code, len(err.splitlines())) == (2, 1)
    assert tiers.read_bytes() == content
    assert served == []


def test_the_demo_stands_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert serve_command.data_folder() == tmp_path / "gridmap"


def test_app_says_what_is_wrong_with_a_project_before_it_starts(run: Run, demo: Path, served: list, tmp_path: Path) -> None:
    code, _, err = run("app", tmp_path / "none.gpkg")
    assert (code, len(err.splitlines())) == (2, 1)
    assert run("app", demo)[0] == 0
    assert run("app")[0] == 0
    assert served == [(demo, 8501, True), (None, 8501, True)]


def test_commands_on_the_demo_project_agree_with_the_library(run: Run, demo: Path, tmp_path: Path) -> None:
    project = files.read_project(demo)
    events, tier = project.events, hierarchy.tier(project.grids)
    code, out, _ = run("assign", demo, demo, "-o", tmp_path / "assigned.parquet")
    assert code == 0
    assigned = files.read_frame(tmp_path / "assigned.parquet").set_index("event_id")
    expected = assign.chain(events, project.grids)
    for column in expected.columns:
        assert assigned[column].fillna("-").tolist() == expected[column].fillna("-").tolist()
    code, out, _ = run("workload", demo, demo)
    load = workload.index(events, assign.to_grids(events, tier), tier, minutes=workload.DEFAULT_MINUTES)
    assert f"Gini {workload.balance(load).gini:.3f}" in out
    assert run("check", demo)[0] == 0


def test_hotspots_of_the_demo_on_blocks_show_a_planted_one(run: Run, demo: Path, tmp_path: Path) -> None:
    planted = towns.dongyuan().truth.hotspots.to_crs("EPSG:4548").iloc[0]
    weeks = ("--category", planted["category"], "--from", f"{planted['start']:%Y-%m-%d}", "--to", f"{planted['end']:%Y-%m-%d}")
    given = ("hotspots", demo, demo, "--layer", "units", "--permutations", "99", *weeks)
    assert run(*given, "-o", tmp_path / "spots.gpkg")[0] == 0
    spots = files.read_frame(tmp_path / "spots.gpkg").to_crs("EPSG:4548")
    hot = spots[spots["class"].str.startswith("hot")]
    assert 0 < len(hot) < 10
    assert hot.distance(planted.geometry).min() == 0


def test_the_map_of_the_demo_is_under_five_megabytes_and_says_synthetic(run: Run, demo: Path, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    assert run("map", demo, demo, "-o", page)[0] == 0
    assert page.stat().st_size < 5e6
    assert messages.text("maps.synthetic", "en") in page.read_text(encoding="utf-8")


def test_the_map_shows_dedicated_grids_in_one_layer(run: Run, demo: Path, tmp_path: Path) -> None:
    assert run("map", demo, "-o", tmp_path / "map.html")[0] == 0
    label = f'"label":"{messages.text("maps.dedicated", "en")}"'
    assert (tmp_path / "map.html").read_text(encoding="utf-8").count(label) == 1


def test_a_project_with_a_faulty_table_is_never_drawn_without_it(run: Run, tiers: Path, tmp_path: Path) -> None:
    streets = gpd.GeoDataFrame({"class": ["main"]}, geometry=[shapely.LineString([(117, 30), (117.1, 30)])], crs="EPSG:4490")
    streets.to_file(tiers, layer="streets")
    code, _, err = run("map", tiers, "-o", tmp_path / "map.html")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "streets" in err
    assert not (tmp_path / "map.html").exists()


def test_towns_of_the_parser_are_those_of_synth() -> None:
    from gridmap import maps
    from gridmap.cli.parser import METHODS, SCHEMES, TOWNS

    assert all(callable(getattr(synth, town)) for town in TOWNS)
    assert METHODS == ("gi_star", "density")
    assert (*maps.SCHEMES, maps.MANUAL) == SCHEMES
