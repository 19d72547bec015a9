"""The page of plans: what it saves, what it refuses, what two sessions see of one another. What is drawn is tested in a browser."""

import datetime
import io
import itertools
from dataclasses import replace

import docx
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from conftest import square
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from gridmap import files, plan, store
from gridmap.errors import PlanError
from gridmap.ui import component, large, serve, state
from gridmap.ui.planning import counting, desk, drawing, handing, layers, proposals

ACTOR = store.Actor("王规划", "planner")
SETTINGS = {"title_zh": "示例社区", "title_en": "Sample", "source": "drawn", "now": "2026-03-01T08:00:00+08:00"}
TODAY = datetime.date(2026, 3, 1)
STREETS = gpd.GeoDataFrame(
    {"name": ["一路"], "class": ["road"]},
    index=pd.Index(["s1"], name="street_id"),
    geometry=[shapely.LineString([(0, 0), (400, 0)])],
    crs="EPSG:4548",
)


def buildings_at(places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    """Buildings of 4 m by 4 m, as many households as their number says."""
    index = pd.Index([f"b{number}" for number in range(len(places))], name="building_id")
    counts = {"households": np.arange(len(places)) + 1, "residents": 2, "address": list(index)}
    shapes = [shapely.box(x - 2, y - 2, x + 2, y + 2) for x, y in places]
    return gpd.GeoDataFrame(counts, index=index, geometry=shapes, crs="EPSG:4548")


@pytest.fixture
def buildings() -> gpd.GeoDataFrame:
    """One building in each half of every lowest grid of `two_tiers`."""
    return buildings_at([(100 * grid + x, 50) for grid in range(4) for x in (25, 75)])


@pytest.fixture
def grids(two_tiers, buildings) -> gpd.GeoDataFrame:
    """`two_tiers` with the counts of the buildings."""
    return plan.counted(plan.from_grids(two_tiers), buildings).grids


@pytest.fixture
def project(tmp_path, monkeypatch, grids, buildings) -> str:
    """A project that keeps plans, named to the application; its first plan is in force."""
    path = tmp_path / "project.gpkg"
    store.create(path, {"grids": grids, "buildings": buildings, "streets": STREETS}, settings=SETTINGS, actor=ACTOR)
    monkeypatch.setenv(serve.PROJECT_VARIABLE, str(path))
    yield str(path)
    store.close()


@pytest.fixture
def chosen(monkeypatch):
    """Choose and draw on the map in place of a person."""

    turns = itertools.count(1)

    def choose(*, codes: tuple[str, ...] = (), role: str = "grids", line: list | None = None, area: list | None = None) -> None:
        features = [
            {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
            for shape in [*([shapely.LineString(line)] if line else []), *([shapely.Polygon(area)] if area else [])]
        ]
        there = gpd.GeoSeries([shapely.geometry.shape(feature["geometry"]) for feature in features], crs="EPSG:4548").to_crs("EPSG:4326")
        for feature, shape in zip(features, there, strict=True):
            feature["geometry"] = shapely.geometry.mapping(shape)
        drawn = {"type": "FeatureCollection", "features": features} if features else None
        found = component.Selection(layer="-" if codes else "", role=role if codes else "", codes=codes, drawn=drawn, turn=next(turns))
        monkeypatch.setattr(component, "chosen", lambda *_: found)

    choose()
    return choose


def opened(name: str = "王规划", **address: str) -> AppTest:
    """Open the page in a session of its own; no exception may reach the user."""
    test = AppTest.from_string("from gridmap.ui import planning\nplanning.page()", default_timeout=60)
    for key, value in address.items():
        test.query_params[key] = value
    run(test)
    if name:
        run(test.text_input(key="plan_actor").set_value(name))
    return test


def run(element) -> AppTest:
    """Run a page, or the page of a widget that was changed."""
    test = element.run()
    assert not test.exception
    return test


def press(test: AppTest, key: str) -> AppTest:
    return run(test.button(key=key).click())


def address_of(test: AppTest, **changed: str) -> AppTest:
    """Open another address in the same session."""
    for key, value in changed.items():
        test.query_params[key] = value
    return run(test)


def submit(test: AppTest, form: str) -> AppTest:
    [button] = [button for button in test.button if button.form_id == form]
    return run(button.click())


def metric(test: AppTest, label: str) -> str:
    return next(metric.value for metric in test.metric if metric.label == label)


def said(test: AppTest) -> str:
    elements = [*test.markdown, *test.caption, *test.info, *test.warning, *test.error, *test.success]
    return "\n".join(element.value for element in elements).replace("\\", "")


def drafted(project: str, **options: object) -> int:
    return store.start_draft(project, name="春季调整", actor=ACTOR, **options)


ACROSS_A1 = [(35, -10), (35, 110)]  # beside the dedicated grid


# Projects without plans


def test_grids_of_a_plain_project_are_taken_over_as_plan_1(tmp_path, monkeypatch, grids):
    path = tmp_path / "plain.gpkg"
    files.write_project({"grids": grids}, path, settings=SETTINGS)
    monkeypatch.setenv(serve.PROJECT_VARIABLE, str(path))
    test = opened(name="")
    assert "还没有方案" in said(test)
    assert test.button(key="plan_adopt").disabled
    run(test.text_input(key="plan_actor").set_value("王规划"))
    press(test, "plan_adopt")
    assert store.list_plans(path)["state"].tolist() == ["published"]
    assert "还没有方案" not in said(test)


def test_grids_that_are_no_plan_are_refused_with_the_reason(tmp_path, monkeypatch, grids):
    grids.loc["A2", "geometry"] = shapely.box(110, 0, 200, 100)
    path = tmp_path / "gap.gpkg"
    files.write_project({"grids": grids}, path, settings=SETTINGS)
    monkeypatch.setenv(serve.PROJECT_VARIABLE, str(path))
    test = press(opened(), "plan_adopt")
    [error] = test.error
    assert "A" in error.value
    assert store.list_plans(path).empty


def test_own_files_and_no_project_are_one_line(monkeypatch, grids):
    monkeypatch.delenv(serve.PROJECT_VARIABLE, raising=False)
    test = AppTest.from_string("from gridmap.ui import planning\nplanning.page()", default_timeout=60)
    test.session_state[state._OWN] = {"grids": state.Own(grids, "grids.gpkg", "g")}
    run(test)
    assert [line.value for line in test.info] == ["方案管理用于服务启动时打开的项目。请先关闭自己的文件，或用 gridmap demo 打开演示项目。"]


# Versions and drafts


def test_a_draft_begins_from_the_plan_in_force_and_the_address_names_it(project):
    test = opened()
    test.text_input(key="plan_begin_name").set_value("应急方案")
    test.selectbox(key="plan_begin_scenario").set_value("emergency")
    submit(test, "plan_begin")
    row = store.list_plans(project).loc[2]
    assert row[["name", "state", "scenario", "based_on", "author"]].tolist() == ["应急方案", "draft", "emergency", 1, "王规划"]
    assert [test.query_params[name] for name in ("plan", "view")] == ["2", "map"]


def test_a_draft_without_a_name_and_work_without_an_actor_are_not_begun(project):
    test = submit(opened(), "plan_begin")
    assert "请填写方案名称" in said(test)
    nobody = opened(name="")
    assert all(button.disabled for button in nobody.button if button.form_id == "plan_begin")
    assert len(store.list_plans(project)) == 1


def test_a_draft_is_discarded(project):
    test = press(opened(plan=str(drafted(project))), "plan_discard")
    assert store.list_plans(project).index.tolist() == [1]
    assert "1 · " in test.selectbox(key="plan").format_func(test.selectbox(key="plan").value)


def test_a_published_plan_has_a_map_and_no_tools(project):
    test = opened(view="map")
    assert "不能修改" in said(test)
    assert "plan_apply" not in {button.key for button in test.button}


# Edits


def test_an_edit_is_saved_at_once_and_a_new_session_sees_it(project, chosen):
    draft = drafted(project)
    test = opened(plan=str(draft), view="map")
    assert metric(test, "最低一级网格") == "4"
    chosen(line=ACROSS_A1)
    assert "沿所画的线拆分：A1" in said(run(test))
    press(test, "plan_apply")
    assert metric(test, "最低一级网格") == "5"
    edit = store.edits(project, draft).loc[1]
    assert (edit["action"], edit["actor"], edit["removed"]) == ("split", "王规划", ["A1"])
    kept = store.read_plan(project, draft)
    assert kept.grids["households"][edit["added"]].tolist() == [1, 2]  # counted at once
    again = opened(name="", plan=str(draft), view="map")
    assert metric(again, "最低一级网格") == "5"
    assert metric(again, "已保存的修改") == "1"
    table = next(frame.value for frame in again.dataframe if "change" in frame.value)
    assert sorted(table["change"]) == ["上级调整", "停用", "新增", "新增"]  # the dedicated grid has a new parent


def test_undo_and_redo_are_edits_of_their_own(project, chosen):
    draft = drafted(project)
    test = opened(plan=str(draft), view="map")
    assert test.button(key="plan_undo").disabled
    chosen(line=ACROSS_A1)
    press(run(test), "plan_apply")
    assert metric(press(test, "plan_undo"), "最低一级网格") == "4"
    assert test.button(key="plan_undo").disabled
    assert metric(press(test, "plan_redo"), "最低一级网格") == "5"
    assert test.button(key="plan_redo").disabled
    assert store.edits(project, draft)["action"].tolist() == ["split", "undo", "redo"]


def test_merging_takes_the_grids_chosen(project, chosen):
    draft = drafted(project)
    chosen(codes=("B1", "B2"))
    test = opened(plan=str(draft), view="map", tool="merge")
    press(test, "plan_apply")
    kept = store.read_plan(project, draft)
    assert {"B1", "B2"}.isdisjoint(kept.grids.index)
    assert metric(test, "最低一级网格") == "3"


def test_ground_goes_to_the_neighbour_that_is_named(project, chosen):
    draft = drafted(project)
    chosen(area=[(180, -5), (205, -5), (205, 105), (180, 105)])
    test = opened(plan=str(draft), view="map", tool="transfer")
    assert "从A2划给B1" in said(test)
    press(test, "plan_apply")
    kept = store.read_plan(project, draft).grids
    assert kept.geometry["A2"].area == pytest.approx(8000)
    assert kept.geometry["B1"].area == pytest.approx(12000)


def test_a_border_moves_onto_the_line(project, chosen):
    draft = drafted(project)
    chosen(line=[(140, -5), (140, 105)])
    test = opened(plan=str(draft), view="map", tool="border")
    press(test, "plan_apply")
    kept = store.read_plan(project, draft).grids
    assert kept.geometry[["A1", "A2"]].area.round(6).tolist() == [14000, 6000]


def test_a_grid_goes_to_another_parent_with_undo(project, chosen):
    draft = drafted(project)
    chosen(codes=("A2",))
    test = opened(plan=str(draft), view="map", tool="re_parent")
    assert "把A2的上级由A改为B" in said(test)
    press(test, "plan_apply")
    kept = store.read_plan(project, draft).grids
    assert kept["parent"]["A2"] == "B"
    assert kept.geometry[["A", "B"]].area.tolist() == [10_000, 30_000]
    assert kept["households"][["A", "B"]].tolist() == [3, 33]
    press(test, "plan_undo")
    assert store.read_plan(project, draft).grids["parent"]["A2"] == "A"


@pytest.mark.parametrize(
    ("codes", "says"), [((), "点选一个"), (("A2", "B1"), "点选一个"), (("A1",), "没有别的上级可选"), (("D",), "点选一个")]
)
def test_another_parent_needs_one_grid_beside_those_of_another(project, chosen, codes, says):
    chosen(codes=codes)
    test = opened(plan=str(drafted(project)), view="map", tool="re_parent")
    assert says in said(test)
    assert test.button(key="plan_apply").disabled


def test_a_grid_has_another_code(project, chosen):
    draft = drafted(project)
    chosen(codes=("A2",))
    test = opened(plan=str(draft), view="map", tool="recode")
    assert test.button(key="plan_apply").disabled
    run(test.text_input(key="plan_code_A2").set_value(" A9 "))
    press(test, "plan_apply")
    kept = store.read_plan(project, draft)
    assert "A9" in kept.grids.index
    assert "A2" in kept.retired.index
    chosen(codes=("A9",))
    run(test)
    run(test.text_input(key="plan_code_A9").set_value("A2"))
    assert "A2" in said(press(test, "plan_apply"))  # a code that stood is not given again
    assert "A9" in store.read_plan(project, draft).grids.index


def test_a_dedicated_grid_is_laid_and_retired(project, chosen):
    draft = drafted(project)
    chosen(area=[(110, -5), (130, -5), (130, 20), (110, 20)])  # sticks out of the plan a little
    test = opened(plan=str(draft), view="map", tool="add_dedicated")
    assert "在A2内，0.04 公顷" in said(test)
    run(test.text_input(key="plan_dedicated_name_A2").set_value("小学"))
    run(test.text_input(key="plan_dedicated_code_A2").set_value("E"))
    press(test, "plan_apply")
    row = store.read_plan(project, draft).grids.loc["E"]
    assert row[["name", "kind", "parent", "level"]].tolist() == ["小学", "dedicated", "A2", 2]
    assert row.geometry.area == pytest.approx(400, abs=0.5)
    chosen(codes=("E",))
    address_of(test, tool="retire_dedicated")
    press(test, "plan_apply")
    kept = store.read_plan(project, draft)
    assert "E" not in kept.grids.index
    assert "E" in kept.retired.index
    assert store.edits(project, draft)["action"].tolist() == ["add_dedicated", "retire_dedicated"]


def test_a_dedicated_grid_over_two_grids_belongs_to_the_one_above_them(project, chosen):
    chosen(area=[(90, 70), (110, 70), (110, 90), (90, 90)])
    test = opened(plan=str(drafted(project)), view="map", tool="add_dedicated")
    assert "在A内，0.04 公顷" in said(test)


def test_what_an_edit_used_is_not_offered_again(project, monkeypatch):
    found = component.Selection(layer="-", role="grids", codes=("B1", "B2"), turn=7)
    monkeypatch.setattr(component, "chosen", lambda *_: found)
    test = opened(plan=str(drafted(project)), view="map", tool="merge")
    press(test, "plan_apply")
    assert test.button(key="plan_apply").disabled
    press(test, "plan_undo")
    assert test.button(key="plan_apply").disabled
    found = replace(found, turn=8)  # chosen once more
    assert not run(test).button(key="plan_apply").disabled


def test_a_refused_edit_says_why_saves_nothing_and_has_its_place(project, chosen):
    draft = drafted(project)
    chosen(line=[(120, 20), (180, 80)])
    test = press(opened(plan=str(draft), view="map"), "plan_apply")
    assert "没有把网格切开" in said(test)
    assert store.edits(project, draft).empty
    error = PlanError("plan_line_cuts_nothing", rows=["A2"], geometry=shapely.LineString([(120, 20), (180, 80)]))
    place = layers.conflict(error, store.read_plan(project, draft), "zh")
    assert place is not None
    assert place.role == "findings"
    assert place.bounds is not None
    assert layers.conflict(PlanError("plan_code_used", rows=["x"], code="x"), store.read_plan(project, draft), "zh") is None


def test_two_sessions_are_never_merged_silently(project, chosen):
    draft = drafted(project)
    chosen(line=ACROSS_A1)
    mine, theirs = (opened(name=name, plan=str(draft), view="map") for name in ("甲", "乙"))
    press(theirs, "plan_apply")
    press(mine, "plan_apply")  # drawn on what it saw before
    assert store.edits(project, draft)["actor"].tolist() == ["乙"]
    assert "乙在另一窗口修改了这份草案" in said(mine)
    assert mine.button(key="plan_apply").disabled
    assert metric(mine, "最低一级网格") == "4"
    press(mine, "plan_load_newest")
    assert metric(mine, "最低一级网格") == "5"
    assert "另一窗口" not in said(mine)


def test_without_a_name_nothing_is_changed(project, chosen):
    draft = drafted(project)
    chosen(line=ACROSS_A1)
    test = opened(name="", plan=str(draft), view="map")
    assert test.button(key="plan_apply").disabled
    assert "请先在上方填写操作人" in said(test)


def test_a_large_plan_has_a_map_too(project, chosen, monkeypatch):
    monkeypatch.setattr(large, "MOST_SHAPES", 2)
    draft = drafted(project)
    chosen(line=ACROSS_A1)
    test = press(opened(plan=str(draft), view="map"), "plan_apply")
    assert metric(test, "最低一级网格") == "5"


# Comparison, papers, publication


def edited(project: str) -> int:
    draft = drafted(project)
    found = store.read_plan(project, draft)
    after = plan.transfer(found, shapely.box(180, 0, 200, 100), source="A2", target="B1")
    store.save_edit(project, draft, after, revision=0, action="transfer", what={}, actor=ACTOR)
    return draft


def test_the_comparison_sums_what_changes_hands(project, buildings):
    test = opened(plan=str(edited(project)), view="compare")
    assert metric(test, "归属变更的面积（公顷）") == "0.20"
    assert metric(test, "归属变更的户数") == "0"
    assert metric(test, "网格数（原 → 现）") == "4 → 4"
    table = next(frame.value for frame in test.dataframe if "from_code" in frame.value)
    assert table[["from_code", "to_code"]].to_numpy().tolist() == [["A2", "B1"]]


def on(project: str, plan_id: int) -> desk.Desk:
    plans = store.list_plans(project)
    return desk.Desk(project, state.opened().ground, plans, plan_id, int(plans["revision"][plan_id]))


def test_papers_are_what_the_offices_functions_write(project):
    found = on(project, edited(project))
    book = openpyxl.load_workbook(io.BytesIO(handing.ledger(found, "zh")))
    assert [book[name].max_row for name in book.sheetnames] == [9, 8]  # a row per building and per grid, and headings
    page = docx.Document(io.BytesIO(handing.notice(found, 1, TODAY, "示例办", "zh")))
    words = "\n".join(paragraph.text for paragraph in page.paragraphs)
    assert "示例办" in words
    assert "2026年3月1日" in words
    assert "A2" in words
    opened(plan=str(found.plan_id), view="papers")


def test_a_plan_is_published_with_a_reason_and_a_day(project):
    draft = edited(project)
    test = submit(opened(plan=str(draft), view="papers"), "plan_publish")
    assert "请填写事由" in said(test)
    test.text_area(key="plan_publish_reason").set_value("新建小区入住")
    submit(test, "plan_publish")
    assert "已发布，自 2026-03-01 起生效" in said(test)
    plans = store.list_plans(project)
    assert plans["state"].tolist() == ["retired", "published"]
    assert plans.loc[draft, ["reason", "valid_from"]].tolist() == ["新建小区入住", "2026-03-01"]
    assert state.opened().grids.geometry["A2"].area == pytest.approx(8000)  # the boundaries in force, on every other page


def test_a_plan_whose_day_has_come_is_in_force(project, monkeypatch):
    draft = edited(project)
    store.publish(project, draft, revision=1, valid_from="2026-04-01", reason="x", actor=ACTOR)
    assert opened().selectbox(key="plan").value == 1
    monkeypatch.setattr(state, "today", lambda _: datetime.date(2026, 4, 1))
    assert opened().selectbox(key="plan").value == draft
    assert store.list_plans(project)["state"].tolist() == ["retired", "published"]
    assert state.opened().grids.geometry["A2"].area == pytest.approx(8000)


def test_publishing_what_another_session_changed_is_refused(project, chosen):
    draft = edited(project)
    test = opened(plan=str(draft), view="papers")
    store.undo(project, draft, revision=1, actor=store.Actor("乙", "planner"))
    run(test)
    assert "乙在另一窗口修改了这份草案" in said(test)
    assert store.list_plans(project)["state"][draft] == "draft"


@pytest.mark.parametrize("view", ["versions", "map", "compare", "papers"])
def test_every_view_speaks_english(project, view):
    test = opened(lang="en", plan=str(edited(project)), view=view, name="")
    words = said(test) + "".join(button.label for button in test.button)
    assert not any("一" <= letter <= "鿿" for letter in words.replace("春季调整", "").replace("现行边界", "").replace("王规划", ""))


# What a drawing means


def test_drawn_corners_come_onto_borders_that_are_near(two_tiers):
    found = plan.from_grids(two_tiers)
    line = gpd.GeoSeries([shapely.LineString([(100.1, 0.1), (150, 60), (200, 99.9)])], crs="EPSG:4548").to_crs("EPSG:4326")
    given = {"features": [{"geometry": shapely.geometry.mapping(line[0])}]}
    assert shapely.get_coordinates(drawing.drawn(given, "LineString", found))[[0, 2]].tolist() == [[100, 0], [200, 100]]
    assert drawing.drawn(given, "Polygon", found) is None
    assert drawing.drawn(None, "LineString", found) is None


def test_a_line_means_the_grid_in_which_most_of_it_runs_unless_one_was_chosen(two_tiers):
    tier = two_tiers[two_tiers["kind"].eq("base") & two_tiers["level"].eq(2)]
    line = shapely.LineString([(60, 50), (130, 50)])
    through = drawing.crossed(line, tier).index.tolist()
    assert through == ["A1", "A2"]
    assert drawing.prefer(through, ["A2", "B2"]) == ["A2", "A1"]
    assert drawing.crossed(shapely.LineString([(0, 0), (100, 0)]), tier).empty  # along a border: in none


def test_neighbours_have_a_border_not_a_corner(three_by_three):
    assert sorted(drawing.beside("a", three_by_three)) == ["b", "d"]
    line = shapely.LineString([(95, 95), (5, 95)])
    assert drawing.partners(line, "a", three_by_three)[0] == "d"
    assert drawing.receivers(square(0, 0).buffer(10, join_style="mitre"), "a", three_by_three)[0] in {"b", "d"}


def test_a_proposal_says_what_is_missing(two_tiers):
    found = plan.from_grids(two_tiers)
    tier = two_tiers[two_tiers["kind"].eq("base") & two_tiers["level"].eq(2)]
    far = shapely.LineString([(900, 900), (950, 950)])
    assert proposals._split(found, tier, None, ["A1"]).make is None
    assert proposals._split(found, tier, far, []).make is None
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    assert proposals._transfer(found, tier, bow, [], with_units=False).make is None
    assert proposals._transfer(found, tier, shapely.box(900, 900, 950, 950), [], with_units=False).make is None


@settings(max_examples=15, deadline=None)
@given(places=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=12))
def test_counts_after_an_edit_are_those_of_all_buildings_counted_anew(places):
    rows = [("A", 1, None, shapely.box(0, 0, 400, 100))] + [(f"A{n}", 2, "A", square(n, 0)) for n in range(4)]
    table = gpd.GeoDataFrame(rows, columns=["grid_code", "level", "parent", "geometry"], crs="EPSG:4548").set_index("grid_code")
    table = table.assign(name=table.index, kind="base")
    held = buildings_at([(10.0 * x, 10.0 * y) for x, y in places])  # many stand on borders and corners
    begun = plan.counted(plan.from_grids(table), held)
    after = plan.split(begun, "A1", shapely.LineString([(150, -5), (150, 105)]))
    ground = state.Opened({"grids": table, "buildings": held}, {}, f"{places}", own=False)
    filled, whole = counting.filled(after, begun, ground), plan.counted(after, held)
    for name in plan.COUNTS:
        assert filled.grids[name].tolist() == whole.grids[name].tolist()


def test_the_band_is_the_grids_own_where_they_have_one(grids):
    usual = counting.band(plan.from_grids(grids))
    assert (usual.low, usual.high, usual.below, usual.within) == (300, 500, 4, 0)
    own = counting.band(plan.from_grids(grids.assign(band_low=5, band_high=8)))
    assert (own.within, own.below, own.above) == (1, 1, 2)
    assert counting.band(plan.from_grids(grids.drop(columns="households"))) is None
