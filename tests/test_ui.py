"""The application's logic: what is open, what an address means, what each screen says. What is drawn is tested in a browser."""

import csv
import datetime
import io
import re
import socket
import string
import tomllib
from pathlib import Path
from threading import Event

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from conftest import square
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit import config, net_util
from streamlit.testing.v1 import AppTest

from gridmap import files, maps, messages, ui
from gridmap.errors import GridmapError, SchemaError
from gridmap.messages import ui as texts
from gridmap.ui import component, coverage, hotspots, large, parts, serve, state, upload, workload

ROOT = Path(__file__).parents[1]
DAYS = pd.date_range("2021-03-01 12:00", periods=6, freq="D", tz="Asia/Shanghai")


@pytest.fixture
def events() -> gpd.GeoDataFrame:
    """Six events: three in A1 (one of them in D), one in A2, one in B1, one nowhere known."""
    places = [(10, 10), (50, 50), (90, 90), (150, 50), (250, 50), None]
    points = [None if place is None else shapely.Point(place) for place in places]
    columns = {"category": ["litter", "litter", "hazard", "litter", "hazard", "litter"], "reported_at": DAYS}
    return gpd.GeoDataFrame(columns, index=pd.Index(list("uvwxyz"), name="event_id"), geometry=points, crs="EPSG:4548")


@pytest.fixture
def opened(two_tiers, events) -> state.Opened:
    return state.Opened({"grids": two_tiers, "events": events}, {"title_zh": "示例", "title_en": "Sample"}, "two tiers", own=False)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write tables as a project file, name it to the application, and return its path."""

    def write(**tables: gpd.GeoDataFrame) -> Path:
        path = tmp_path / "project.gpkg"
        about = {"title_zh": "示例社区", "title_en": "Sample community", "source": "drawn", "synthetic": "true"}
        files.write_project(tables, path, settings=about)
        monkeypatch.setenv(serve.PROJECT_VARIABLE, str(path))
        return path

    return write


def shown(screen: str, **address: str) -> AppTest:
    """Run one screen under an address and return what it shows; no exception may reach the user."""
    test = AppTest.from_string(f"from gridmap.ui import {screen}\n{screen}.page()", default_timeout=60)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def said(test: AppTest) -> str:
    """Return every text on the page."""
    elements = [*test.markdown, *test.caption, *test.info, *test.warning, *test.error, *test.success, *test.subheader]
    return "\n".join(element.value for element in elements)


def metrics(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


# The way in


def test_app_is_the_three_lines_that_find_the_routes():
    lines = [line for line in (ROOT / "app.py").read_text(encoding="utf-8").splitlines() if line and not line.startswith('"""')]
    assert lines == ["from streamlit import App", "from gridmap import ui", "app = App(ui.SCRIPT, routes=ui.routes())"]
    assert ui.SCRIPT.is_file()


def test_the_server_never_asks_for_its_own_address(monkeypatch):
    monkeypatch.setattr(net_util, "get_external_ip", lambda: pytest.fail("asked a host outside"))
    monkeypatch.setattr(net_util, "get_internal_ip", lambda: pytest.fail("opened a socket"))
    ui.routes()
    assert net_util.get_external_ip() is None
    assert net_util.get_internal_ip() is None


def test_streamlit_run_has_the_settings_of_the_command():
    written = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    flat = {f"{section}.{name}": value for section, options in written.items() for name, value in options.items()}
    assert flat == serve.SETTINGS


def test_every_setting_is_one_that_streamlit_knows():
    assert set(serve.SETTINGS) | set(serve.QUIET) <= set(config._config_options_template)


def test_a_taken_port_is_one_clear_error():
    with socket.socket() as taken:
        taken.bind((serve.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(GridmapError, match=f"port {port} is not free"):
            serve.run(None, port=port, open_browser=False)


def test_an_impossible_port_is_one_clear_error():
    with pytest.raises(GridmapError, match="port 99999 is not free"):
        serve.run(None, port=99_999, open_browser=False)


# Addresses


def test_every_route_of_ours_has_one_beginning():
    paths = [route.path for route in ui.routes()]
    assert all(path.startswith("/gridmap/") for path in paths)
    assert len(paths) == len(set(paths))


# What is open


def test_nothing_open_says_what_to_do(monkeypatch):
    monkeypatch.delenv(serve.PROJECT_VARIABLE, raising=False)
    for screen in ("data", "coverage", "workload", "hotspots", "themes"):
        assert "gridmap demo" in said(shown(screen))


def test_an_unreadable_project_is_one_line_on_every_screen(tmp_path, monkeypatch):
    path = tmp_path / "broken.gpkg"
    path.write_bytes(b"no database")
    monkeypatch.setenv(serve.PROJECT_VARIABLE, str(path))
    test = AppTest.from_file(str(ui.SCRIPT), default_timeout=60).run()
    assert not test.exception
    assert len(test.error) == 1
    assert "\n" not in test.error[0].value


def test_a_changed_project_is_read_again(project, three_by_three, two_tiers):
    path = project(grids=three_by_three)
    assert metrics(shown("data"))["最低一级网格"] == "9"
    path.unlink()
    project(grids=two_tiers)
    assert metrics(shown("data"))["最低一级网格"] == "4"


def test_tables_come_in_the_crs_of_the_grids(three_by_three, events):
    own = {
        "grids": state.Own(three_by_three, "grids.gpkg", "g"),
        "events": state.Own(events.to_crs("EPSG:4490"), "events.csv", "e"),
    }
    joined = state.join(own)
    assert joined.tables["events"].crs == three_by_three.crs
    assert joined.tables["events"].geometry.iloc[0].distance(events.geometry.iloc[0]) < 0.001
    assert joined.title("zh") == "grids.gpkg, events.csv"


def test_own_tables_that_do_not_go_together_raise(three_by_three, events):
    exchanged = gpd.GeoDataFrame({"category": ["a"]}, geometry=[shapely.Point(30, 117)], crs="EPSG:4326")
    grids = three_by_three.set_geometry(three_by_three.translate(500_000, 3_320_000)).to_crs("EPSG:4326")
    own = {"grids": state.Own(grids, "g", "north"), "events": state.Own(exchanged, "e", "exchanged")}
    with pytest.raises(GridmapError, match="exchanged"):
        state.join(own)


def test_one_content_under_two_names_is_two_files():
    assert upload.File("a.csv", b"x").digest != upload.File("b.csv", b"x").digest
    assert upload.File("a.csv", b"x").digest == upload.File("a.csv", b"x").digest


def test_events_of_points_alone_get_a_category_and_no_time(three_by_three):
    points = gpd.GeoDataFrame(geometry=[shapely.Point(5, 5)], crs="EPSG:4548")
    own = {"grids": state.Own(three_by_three, "g", "grids"), "events": state.Own(points, "e", "points")}
    events = state.join(own).tables["events"]
    assert events["category"].tolist() == [state.UNCATEGORISED]
    assert state.days(events) is None


def test_a_period_includes_both_its_days(opened):
    selection = state.Selection(period=(datetime.date(2021, 3, 2), datetime.date(2021, 3, 4)))
    assert selection.of(opened).index.tolist() == ["v", "w", "x"]
    assert selection.text(opened) == "2021-03-02 – 2021-03-04"


def test_a_category_and_no_period_is_named_by_all_days(opened):
    selection = state.Selection(category="hazard")
    assert selection.of(opened).index.tolist() == ["w", "y"]
    assert selection.text(opened) == "2021-03-01 – 2021-03-06"


def test_warnings_are_kept_with_the_result(opened):
    import warnings

    from gridmap.errors import GridmapWarning

    def call() -> int:
        warnings.warn(GridmapWarning("rounded", what="x", present=3), stacklevel=1)
        return 7

    result, given_warnings = state.noted(call)
    assert result == 7
    assert [warning.key for warning in given_warnings] == ["rounded"]


# The address of a view

CHOICE = """
import streamlit as st
from gridmap.ui import address
address.choice("level", [1, 2, 3], label="level", default=3, buttons=True)
address.choice("category", ["all", "环境卫生"], label="category")
"""


def choices(**parameters: str) -> AppTest:
    test = AppTest.from_string(CHOICE, default_timeout=30)
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()


def test_an_address_sets_the_choices():
    test = choices(level="2", category="环境卫生")
    assert test.session_state["level"] == 2
    assert test.selectbox[0].value == "环境卫生"


def test_an_invalid_address_means_the_usual_choices():
    test = choices(level="9", category="' OR 1=1")
    assert test.session_state["level"] == 3
    assert test.selectbox[0].value == "all"
    assert test.query_params == {}


def test_a_choice_enters_the_address_and_the_usual_one_leaves_it():
    test = choices()
    test.selectbox[0].select("环境卫生").run()
    assert test.query_params["category"] == "环境卫生"
    test.selectbox[0].select("all").run()
    assert "category" not in test.query_params


def test_every_run_tells_the_browser_what_is_chosen():
    """Else one that missed the run in which a choice was made (it was broken off) says the first option, and that is then chosen."""
    test = choices(level="2", category="环境卫生").run()
    told = [test.main[0].proto, test.selectbox[0].proto]
    assert [part.set_value for part in told] == [True, True]
    assert test.query_params == {"level": "2", "category": "环境卫生"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-02..2021-03-03", ("2021-03-02", "2021-03-03")),
        ("1999-01-01..2021-03-03", ("2021-03-01", "2021-03-03")),
        ("2021-03-05..2021-03-02", ("2021-03-01", "2021-03-06")),
        ("yesterday", ("2021-03-01", "2021-03-06")),
    ],
)
def test_a_period_in_the_address_is_held_within_the_events(project, two_tiers, events, text, expected):
    project(grids=two_tiers, events=events)
    test = shown("workload", period=text)
    assert tuple(map(str, test.date_input[0].value)) == expected


def test_english_is_one_parameter_away(project, two_tiers, events):
    project(grids=two_tiers, events=events)
    test = shown("coverage", lang="en")
    assert "Coverage" in test.subheader[0].value
    assert "Sample community" in test.subheader[0].value
    assert not re.search(r"[\u4e00-\u9fff]", said(test))


def test_every_text_has_the_same_fields_in_both_languages():
    fields = {
        key: [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in pair] for key, pair in texts.TEXTS.items()
    }
    assert [key for key, (zh, en) in fields.items() if zh != en] == []


# Coverage


def test_coverage_counts_what_lies_in_exactly_one_grid(project, two_tiers, events):
    grids = two_tiers.copy()
    grids.loc["A2", "geometry"] = shapely.box(100, 0, 200, 50)
    boundary = gpd.GeoDataFrame(index=pd.Index(["all"], name="name"), geometry=[shapely.box(0, 0, 400, 100)], crs=grids.crs)
    project(grids=grids, events=events, boundary=boundary)
    test = shown("coverage")
    # 5,000 of 40,000 m2 lie in no grid; all five located events lie in one.
    assert metrics(test) == {"面积恰在一个网格": "87.50%", "事件恰在一个网格": "100.00%"}
    assert "35,000 / 40,000 m²" in said(test)
    kinds = test.dataframe[0].value["kind"].tolist()
    assert "缺失" in kinds
    assert "合成数据" in said(test)


def test_a_grid_layer_alone_is_checked_and_the_rest_is_offered(project, three_by_three):
    project(grids=three_by_three)
    test = shown("coverage")
    assert list(metrics(test)) == ["面积恰在一个网格"]
    assert len(test.success) == 1
    for table in ("辖区边界", "楼栋", "事件"):
        assert f"**{table}**" in said(test)


def test_findings_come_gravest_and_largest_first(three_by_three):
    grids = three_by_three.copy()
    first, second, third = grids.index[:3]
    for code, reach in ((first, 10), (second, 20), (third, -30)):
        west, south, east, north = grids.geometry[code].bounds
        grids.loc[code, "geometry"] = shapely.box(west, south, east, north + reach)
    (shares, findings), _ = coverage.check(state.Opened({"grids": grids}, {}, "gravest", own=False))
    order = [coverage.KINDS.index(kind) for kind in findings["kind"]]
    assert order == sorted(order)
    overlaps = findings.loc[findings["kind"] == "overlap", "area_m2"]
    assert len(overlaps) > 1
    assert overlaps.is_monotonic_decreasing
    assert shares.loc["area_m2", "several"] == pytest.approx(overlaps.sum())


def test_a_code_on_two_grids_is_one_finding(three_by_three):
    twice = three_by_three.rename(index={"b": "a"})
    opened = state.Opened({"grids": twice}, {}, "a twice", own=True)
    (_, findings), _ = coverage.check(opened)
    assert findings["kind"].tolist() == ["duplicate"]


def test_codes_are_checked_by_the_scheme_they_follow(three_by_three):
    numbered = [f"990101001001{number:03}" for number in range(1, 10)]
    grids = three_by_three.assign(parent=["990101001001"] * 8 + ["990101001002"])
    grids.index = pd.Index([*numbered[:7], "9901010010", numbered[8]], name="grid_code")
    opened = state.Opened({"grids": grids}, {}, "numbered", own=True)
    (_, findings), _ = coverage.check(opened)
    of_codes = findings[findings["kind"].isin(["wrong_length", "wrong_prefix"])]
    assert of_codes[["kind", "grid_codes"]].to_numpy().tolist() == [["wrong_length", "9901010010"], ["wrong_prefix", numbered[8]]]


def test_a_finding_without_a_polygon_leaves_the_map_whole(three_by_three):
    absent = three_by_three.copy()
    absent.loc["e", "geometry"] = None
    opened = state.Opened({"grids": absent}, {}, "e is absent", own=True)
    (_, findings), _ = coverage.check(opened)
    position = int((findings["kind"] == "invalid").argmax())
    assert findings.geometry.isna().iloc[position]
    assert coverage.focus(findings, position).empty
    assert coverage.focus(findings, None) is None
    assert [layer.role for layer in coverage.layers(opened, "zh")] == ["grids", "findings"]


def test_a_large_layer_is_on_the_map_before_it_is_checked(project, two_tiers, monkeypatch):
    monkeypatch.setattr(large, "MOST_SHAPES", 1)
    gate, shows, steps, inspect = Event(), [], [], coverage.coverage.inspect

    def held(*tables, on_step, **others):
        assert gate.wait(30)
        return inspect(*tables, on_step=lambda step: (steps.append(step), on_step(step)), **others)

    def show(opened, layers, **_):
        roles = [layer.shown.role if isinstance(layer, large.Tiled) else layer.role for layer in layers]
        shows.append((roles, coverage.started(opened).result.done()))
        gate.set()
        return component.Selection()

    monkeypatch.setattr(coverage.coverage, "inspect", held)
    monkeypatch.setattr(coverage.mapping, "show", show)
    project(grids=two_tiers.drop("B2"))
    test = shown("coverage")
    assert shows == [(["grids"], False), (["grids", "findings"], True)]
    assert list(metrics(test)) == ["面积恰在一个网格"]
    assert "缺失" in test.dataframe[0].value["kind"].tolist()
    assert steps == list(coverage.coverage.STEPS)


def test_a_check_that_fails_fails_where_it_is_asked_for(three_by_three, monkeypatch):
    monkeypatch.setattr(large, "MOST_SHAPES", 1)
    grids = three_by_three.set_geometry(three_by_three.centroid)
    with pytest.raises(SchemaError, match="olygon"):
        coverage.check(state.Opened({"grids": grids}, {}, "points", own=True))


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("step", coverage.coverage.STEPS)
def test_every_step_of_a_check_has_words(step, lang):
    assert messages.text(f"ui.checking.{step}", lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_of_finding_has_a_word_and_a_meaning(lang):
    for kind in coverage.KINDS:
        assert f"terms.finding.{kind}" in messages.CATALOGUE
        assert messages.text(f"findings.{kind}", lang)


# Workload


def test_workload_by_hand(opened):
    load, _ = workload.measure(opened, state.EVERY_EVENT, 2, {"litter": 10.0, "hazard": 30.0})
    # A1: two of litter, one hazard; A2: one of litter; B1: one hazard.
    assert load.table["minutes"].to_dict() == {"A1": 50.0, "B1": 30.0, "A2": 10.0, "B2": 0.0}
    assert load.table["rank"].tolist() == [1, 2, 3, 4]
    assert load.table["share"].tolist() == [0.556, 0.333, 0.111, 0.0]
    assert load.table.loc["A1", ["events", "dedicated"]].tolist() == [3, 1]
    assert load.balance.max_over_mean == pytest.approx(50 / 22.5)


def test_an_upper_level_is_the_sum_of_the_lower(opened):
    minutes = {"litter": 10.0, "hazard": 30.0}
    upper, _ = workload.measure(opened, state.EVERY_EVENT, 1, minutes)
    assert upper.table["minutes"].to_dict() == {"A": 60.0, "B": 30.0}
    assert upper.table["events"].sum() == 5


def test_the_level_and_the_events_without_a_place_are_said(project, two_tiers, events):
    project(grids=two_tiers, events=events)
    test = shown("workload", level="1")
    assert len(test.dataframe[-1].value) == 2
    assert "事件共 6 件，其中 1 件没有位置" in said(test)
    assert "2021-03-01 – 2021-03-06" in said(test)


def classed(classing: workload.Classing, opened: state.Opened) -> tuple[list[tuple[str, int | None]], str]:
    """Return classes, counts and remark of the map's legend: 50, 10, 30 and 0 minutes."""
    (layer,) = workload.layers(opened, state.EVERY_EVENT, 2, {"litter": 10.0, "hazard": 30.0}, classing, "en")
    return [(entry.label, entry.n) for entry in layer.legend.entries], layer.legend.note


def test_the_map_is_classed_as_chosen(opened):
    assert classed(workload.Classing(), opened)[1] == "classed by quantiles"
    assert classed(workload.Classing("natural_breaks"), opened)[1] == "classed by natural breaks"
    entries, note = classed(workload.Classing("manual", (20.0, 40.0)), opened)
    assert entries == [("≤ 20", 2), ("21–40", 1), ("> 40", 1)]
    assert note == "classed by given limits"


@pytest.fixture
def classings(monkeypatch) -> list[workload.Classing]:
    """How the page's map was classed, run by run."""
    found = []
    known = workload.layers
    monkeypatch.setattr(workload, "layers", lambda *given: found.append(given[4]) or known(*given))
    return found


def test_the_way_of_classing_stands_in_the_address(project, two_tiers, events, classings):
    project(grids=two_tiers, events=events)
    test = shown("workload")
    assert classings[-1] == workload.Classing("quantiles")
    assert "scheme" not in test.query_params
    test.selectbox(key="scheme").set_value("manual").run()
    assert "填写各级上限之前" in said(test)
    assert classings[-1] == workload.Classing("quantiles")
    test.text_input(key="edges").set_value("20，40; 60").run()
    assert not test.exception
    assert not test.error
    assert classings[-1] == workload.Classing("manual", (20.0, 40.0, 60.0))
    assert (test.query_params["scheme"], test.query_params["edges"]) == ("manual", "20，40; 60")
    # The same address opens the same map.
    shown("workload", scheme="manual", edges="20，40; 60")
    assert classings[-1] == workload.Classing("manual", (20.0, 40.0, 60.0))
    shown("workload", scheme="equal_interval", edges="20")
    assert classings[-1] == workload.Classing("equal_interval")


@pytest.mark.parametrize("edges", ["40, 20", "twenty", "1 " * 99, "1e999", "<b>*x*</b>", "1,2,3,4,5,6,7,8,9"])
def test_edges_that_make_no_classes_are_said_and_the_map_stays(project, two_tiers, events, classings, edges):
    project(grids=two_tiers, events=events)
    test = shown("workload", lang="en", scheme="manual", edges=edges)
    assert "1 to 8 numbers" in test.error[0].value
    assert classings[-1] == workload.Classing("quantiles")
    assert metrics(test)["Gini coefficient"]


def test_an_unknown_way_of_classing_in_the_address_is_the_usual_one(project, two_tiers, events, classings):
    project(grids=two_tiers, events=events)
    shown("workload", scheme="jenks")
    assert classings[-1] == workload.Classing("quantiles")


def test_workload_without_events_says_what_they_would_unlock(project, three_by_three):
    project(grids=three_by_three)
    test = shown("workload")
    assert "本页需要事件" in said(test)
    assert not test.metric


def test_no_event_in_a_period_gives_no_figure_and_no_fault(project, two_tiers, events):
    far = events.set_geometry(events.geometry.translate(90_000, 0))
    project(grids=two_tiers, events=far)
    assert metrics(shown("workload"))["基尼系数"] == "—"


# Hotspots


def test_gi_star_on_few_polygons_says_so(project, two_tiers, events):
    project(grids=two_tiers, events=events)
    test = shown("hotspots")
    assert len(test.warning) == 1
    assert "只有 4 个面" in test.warning[0].value
    assert "没有显著的热点" in said(test)


def test_a_planted_hotspot_is_named_with_its_grid(opened):
    # Twenty columns and five rows of 20 m squares over the four grids; u047 is the eighth of the third row, in A2.
    units = gpd.GeoDataFrame(
        index=pd.Index([f"u{n:03}" for n in range(100)], name="unit_id"),
        geometry=[square(n % 20, n // 20, 20) for n in range(100)],
        crs="EPSG:4548",
    )
    centre = units.geometry["u047"].centroid
    points = [shapely.Point(centre.x + dx, centre.y + dy) for dx in range(-25, 26, 5) for dy in range(-25, 26, 5)]
    events = gpd.GeoDataFrame({"category": "litter", "reported_at": DAYS[0]}, geometry=points, crs="EPSG:4548", index=range(len(points)))
    planted = state.Opened({**opened.tables, "units": units, "events": events}, {}, "planted", own=False)
    view = hotspots.View("gi_star", "units", 0, state.EVERY_EVENT)
    result, _ = hotspots.measure(planted, view)
    assert result.index[0] == "u047"
    assert result.iloc[0][["class", "grid"]].tolist() == ["hot_99", "A2"]
    assert result["events"].sum() == len(points)
    # All points lie within the nine units around the centre.
    assert result["with_neighbours"].iloc[0] == len(points)
    assert hotspots.per_category(planted, view)["litter"] == (result["class"] != "none").sum()


def test_density_counts_by_area(opened):
    table, _ = hotspots.per_area(opened, hotspots.View("density", "", 50, state.EVERY_EVENT))
    # Three events on a hectare are 300 per km2.
    assert table["per_km2"].to_dict() == pytest.approx({"A1": 300.0, "A2": 100.0, "B1": 100.0, "B2": 0.0})


@pytest.mark.parametrize("method", ["gi_star", "density"])
@pytest.mark.parametrize(("lang", "title"), [("zh", "事件热点 · 示例"), ("en", "Hotspots · Sample")])
def test_the_report_is_of_this_view(opened, method, lang, title):
    view = hotspots.View(method, "grids", 50, state.Selection(category="hazard"))
    html = hotspots.written_report(opened, view, lang)
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in html
    assert f"<title>{title}</title>" in html
    assert "litter" not in html


def test_the_report_says_that_nothing_was_permuted(opened, monkeypatch):
    view = hotspots.View("gi_star", "grids", 50, state.Selection(category="litter"))
    assert "999 random permutations" in hotspots.written_report(opened, view, "en")
    monkeypatch.setattr(hotspots, "MOST_PERMUTED", 3)
    hotspots.measure.clear()
    html = hotspots.written_report(opened, view, "en")
    hotspots.measure.clear()
    assert "Nothing was permuted" in html
    assert "random permutations" not in html


def test_a_category_alone_in_a_report_looks_as_it_does_among_all(opened, monkeypatch):
    drawn, embed = [], maps.embed
    monkeypatch.setattr(maps, "embed", lambda layers, **given: drawn.extend(layers) or embed(layers, **given))
    hotspots.written_report(opened, hotspots.View("density", "grids", 50, state.Selection(category="hazard")), "en")
    (alone,) = next(layer for layer in drawn if layer.role == "events").legend.entries
    among = {entry.label: entry.style for entry in maps.events_layer(opened.events, lang="en").legend.entries}
    assert list(among) == ["litter", "hazard"]
    assert (alone.style["fillColor"], alone.style["shape"]) == (among["hazard"]["fillColor"], among["hazard"]["shape"])


# Tables out


def test_exports_keep_codes_as_text_and_defuse_formulas():
    codes = pd.Index(["001", "002"], name="grid_code")
    table = pd.DataFrame({"name": ["=1+1", "河东"], "events": [1, 2]}, index=codes)
    content = parts.exported(table, ".csv").getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows == [["grid_code", "name", "events"], ["001", "'=1+1", "1"], ["002", "河东", "2"]]
    sheet = openpyxl.load_workbook(parts.exported(table, ".xlsx")).active
    assert [sheet["A2"].value, sheet["A2"].data_type] == ["001", "s"]
    assert sheet["B2"].data_type == "s"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=string.punctuation + "a1 网\n", max_size=20))
def test_a_name_out_of_a_file_is_no_markup(name):
    bare = re.sub(r"\\([!-/:-@\[-`{-~])", "", parts.plain(name))
    assert not set(bare) & set("\\`*_{}[]()<>#+-.!|~$:&")
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", parts.plain(name)) == name


def test_the_folder_that_streamlit_puts_first_hides_no_package() -> None:
    assert sorted(path.name for path in ui.SCRIPT.parent.glob("*.py")) == ["__init__.py", "script.py"]
