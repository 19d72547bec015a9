"""The page where grids are designed: what it asks, builds, mends and saves. What is drawn is tested in a browser."""

import itertools
import sys
import threading
import time
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import square
from streamlit.testing.v1 import AppTest

from gridmap import files, partition, plan, store
from gridmap.errors import InfeasibleError, SearchFailed
from gridmap.ui import component, parts, serve, state
from gridmap.ui.designing import accepting, asking, ground, growing, remedies, runs

ACTOR = store.Actor("王规划", "planner")
SETTINGS = {"title_zh": "示例社区", "title_en": "Sample", "source": "drawn", "now": "2026-03-01T08:00:00+08:00"}
CRS = "EPSG:4548"
COLUMNS, ROWS = 8, 4


def town() -> dict[str, gpd.GeoDataFrame]:
    """8 x 4 units of 100 m and 50 households; four grids of 8 units, two in each of two upper ones; the first too full, the last too empty.

    +------A------+------B------+
    | A1  | A2    | B1   | B2   |
    +-----+-------+------+------+
    """
    index = pd.Index([f"u{number:02d}" for number in range(COLUMNS * ROWS)], name="unit_id")
    column = np.arange(COLUMNS * ROWS) % COLUMNS
    shapes = [square(int(number % COLUMNS), int(number // COLUMNS)) for number in range(COLUMNS * ROWS)]
    households = np.where(column < 2, 70, np.where(column >= 6, 30, 50))
    units = gpd.GeoDataFrame({"households": households, "residents": households * 3}, index=index, geometry=shapes, crs=CRS)
    code = pd.Series(np.array(["A1", "A2", "B1", "B2"])[column // 2], index=index)
    rows = [(name, 1, "base", None, shapely.box(x, 0, x + 400, 400)) for name, x in (("A", 0), ("B", 400))]
    rows += [
        (name, 2, "base", name[0], shapely.coverage_union_all(units.geometry[code == name].to_numpy())) for name in ("A1", "A2", "B1", "B2")
    ]
    rows.append(("D", 2, "dedicated", "B2", shapely.box(720, 20, 740, 40)))
    grids = gpd.GeoDataFrame(rows, columns=["grid_code", "level", "kind", "parent", "geometry"], crs=CRS)
    grids.insert(1, "name", grids["grid_code"])
    grids = grids.set_index("grid_code").assign(band_low=pd.NA, band_high=pd.NA)
    sums = units.groupby(code)["households"].sum()
    grids["households"] = sums.reindex(grids.index).astype("Int64")
    grids.loc[["A", "B"], "households"] = [int(sums[["A1", "A2"]].sum()), int(sums[["B1", "B2"]].sum())]
    streets = gpd.GeoDataFrame(
        {"name": ["一路"], "class": ["primary"]},
        index=pd.Index(["s1"], name="street_id"),
        geometry=[shapely.LineString([(400, 0), (400, 400)])],
        crs=CRS,
    )
    return {"grids": grids.drop(columns=["band_low", "band_high"]), "units": units, "streets": streets}


@pytest.fixture
def project(tmp_path, monkeypatch) -> str:
    """A project that keeps plans, named to the application; its first plan is in force."""
    return made(tmp_path, monkeypatch, town())


def made(tmp_path, monkeypatch, tables: dict[str, gpd.GeoDataFrame]) -> str:
    path = tmp_path / "project.gpkg"
    store.create(path, tables, settings=SETTINGS, actor=ACTOR)
    monkeypatch.setenv(serve.PROJECT_VARIABLE, str(path))
    return str(path)


@pytest.fixture(autouse=True)
def closed():
    yield
    store.close()


@pytest.fixture
def chosen(monkeypatch):
    """Choose on the map in place of a person."""
    turns = itertools.count(1)

    def choose(*codes: str, role: str = "grids") -> None:
        found = component.Selection(layer="-" if codes else "", role=role if codes else "", codes=codes, turn=next(turns))
        monkeypatch.setattr(component, "show", lambda *_, **__: found)

    choose()
    return choose


def opened(name: str = "王规划", **address: str) -> AppTest:
    """Open the page in a session of its own; no exception may reach the user."""
    test = AppTest.from_string("from gridmap.ui import designing\ndesigning.page()", default_timeout=60)
    for key, value in address.items():
        test.query_params[key] = value
    run(test)
    if name and "plan_actor" in {line.key for line in test.text_input}:
        run(test.text_input(key="plan_actor").set_value(name))
    return test


def run(element) -> AppTest:
    test = element.run()
    assert not test.exception
    return test


def press(test: AppTest, key: str) -> AppTest:
    return run(test.button(key=key).click())


def keys(test: AppTest) -> set[str]:
    return {button.key for button in test.button}


def design(test: AppTest) -> AppTest:
    """Press the button, and wait until the work has ended."""
    press(test, "design_run")
    ended(design_of(test).work)
    return run(test)


def design_of(test: AppTest) -> runs.Run:
    """Return the design that the address names."""
    value = test.query_params["run"]
    found = runs.get(value if isinstance(value, str) else value[0])
    assert found is not None
    return found


def ended(work: runs.Work) -> None:
    for _ in range(600):
        if work.done:
            return
        time.sleep(0.05)
    pytest.fail("the work does not end")


def pane(test: AppTest, name: str) -> AppTest:
    test.query_params["pane"] = name
    return run(test)


def submit(test: AppTest, form: str) -> AppTest:
    [button] = [button for button in test.button if button.form_id == form]
    return run(button.click())


def said(test: AppTest) -> str:
    elements = [*test.markdown, *test.caption, *test.info, *test.warning, *test.error, *test.success]
    return "\n".join(element.value for element in elements).replace("\\", "")


def row(test: AppTest, measure: str) -> list[str]:
    table = next(frame.value for frame in test.dataframe if "measure" in frame.value)
    return table.set_index("measure").loc[measure, ["old", "new"]].tolist()


# From what is asked to a draft


def test_a_design_within_the_band_becomes_a_draft(project):
    test = design(opened())
    assert test.session_state["pane"] == "score"
    assert row(test, "在户数区间内的网格") == ["50.0%", "100.0%"]
    pane(test, "accept")
    test.text_input(key="design_name").set_value("均衡方案")
    submit(test, "design_accept")
    assert "已存为草案 2“均衡方案”" in said(test)
    line = store.list_plans(project).loc[2]
    assert line[["name", "state", "author", "based_on", "revision"]].tolist() == ["均衡方案", "draft", "王规划", 1, 1]
    edit = store.edits(project, 2).loc[1]
    assert (edit["action"], edit["actor"]) == ("design", "王规划")
    grids = store.read_plan(project, 2).grids
    lowest = grids[(grids["level"] == 2) & (grids["kind"] == "base")]
    assert lowest["households"].between(300, 500).all()
    assert lowest["households"].sum() == 1600
    assert grids["households"][["A", "B"]].tolist() == [960, 640]  # upper grids stay as they are
    assert grids.geometry[["A", "B"]].area.tolist() == pytest.approx([160_000] * 2)
    again = opened(name="", run=design_of(test).key, pane="accept")  # a session that has only the address
    assert "已存为草案 2" in said(again)


def test_upper_grids_may_follow(project):
    test = design(opened(nested="no", by="number", grids="4", off="5"))
    assert row(test, "最大 / 平均工作量")[1] in {"1.00", "1.02", "1.05"}
    pane(test, "accept")
    test.text_input(key="design_name").set_value("全区均衡")
    submit(test, "design_accept")
    assert not test.error
    grids = store.read_plan(project, 2).grids
    lowest = grids[(grids["level"] == 2) & (grids["kind"] == "base")]
    assert lowest["households"].between(380, 420).all()
    assert grids["households"][["A", "B"]].sum() == 1600
    assert grids["parent"]["D"] in lowest.index


def test_only_the_grids_picked_are_drawn_anew(project, chosen):
    chosen("A1", "u03", role="grids")  # what is no grid is left out
    test = opened()
    press(test, "design_pick")
    assert test.session_state["picked"] == ["A1"]
    chosen("u02", role="theme")  # a unit stands for its grid
    assert "design_lock" not in keys(run(test))  # A2 is not drawn anew
    chosen("u01", role="theme")
    press(run(test), "design_lock")
    assert test.session_state["locks"] == ["A1"]
    test.multiselect(key="locks").set_value([])
    test.multiselect(key="picked").set_value(["A1", "A2"])
    design(run(test))
    assert row(test, "网格个数") == ["2", "2"]
    pane(test, "accept")
    test.text_input(key="design_name").set_value("只动 A")
    submit(test, "design_accept")
    assert not test.error
    before, after = (store.read_plan(project, plan_id).grids for plan_id in (1, 2))
    rest = ["B", "B1", "B2"]
    tables = (pd.DataFrame(grids.loc[rest].drop(columns="geometry")) for grids in (before, after))
    pd.testing.assert_frame_equal(*tables, check_dtype=False)
    assert shapely.equals_exact(after.geometry[["B1", "B2", "D"]], before.geometry[["B1", "B2", "D"]]).all()
    assert after["households"][["A1", "A2"]].between(300, 500).all()


def test_an_upper_grid_is_an_area_and_a_lock_holds(project):
    [error] = design(opened(area="A", locks="A2")).error  # A1 has 560 households: too many for one grid, too few for two
    assert "无解" in error.value
    test = design(opened(area="A", locks="A2", by="number", grids="3", off="50"))
    assert row(test, "网格个数") == ["2", "3"]
    found = design_of(test).work.result.result().assignment
    assert found.index[found == "A2"].tolist() == design_of(test).ground.keep.index[design_of(test).ground.keep == "A2"].tolist()


def test_a_point_of_the_curve_is_shown_and_advice_is_applied_and_taken_back(project):
    test = pane(design(opened(low="200", high="600", stability="1.0")), "curve")
    press(test, "design_curve_run")
    found = design_of(test)
    ended(found.curve)
    run(test)
    points = found.points.set_index("stability")
    assert points.index.tolist() == [1.0, 0.3, 0.1, 0.0, np.inf]
    assert points["assignment"][1.0].equals(found.work.result.result().assignment)  # it was there already
    run(test.selectbox(key="shown").set_value("s0.3"))
    pane(test, "score")
    assert row(test, "换网格的户数")[1] == f"{points['moved'][0.3]:,.0f}"
    run(test.selectbox(key="shown").set_value("old"))  # as it is: A1 is too full
    pane(test, "advice")
    before = len([key for key in keys(test) if str(key).startswith("design_apply_")])
    assert before
    options = {name: found.task.options[name] for name in ("within", "households")}
    moves = partition.advise(found.task.units, points["assignment"][np.inf], edges=found.task.edges, **options)
    press(test, "design_where_0")
    press(test, "design_apply_0")
    [mended] = found.steps["old"]
    expected = partition.apply(points["assignment"][np.inf], moves.iloc[0])
    assert (pd.factorize(mended)[0] == pd.factorize(expected)[0]).all()  # a new grid has a code as the plan writes them
    assert set(mended) <= {"A1", "A2", "A3", "B1", "B2", "B3"}
    press(test, "design_undo")
    assert found.steps["old"] == []


def test_points_of_the_curve_appear_one_by_one_and_stay_when_it_is_cancelled(project, monkeypatch):
    test = pane(design(opened(low="200", high="600")), "curve")
    found, gate, real = design_of(test), threading.Event(), partition.build
    built: list[float] = []

    def build(units: pd.DataFrame, *, on_progress, stability: float, **options: object) -> pd.Series:
        while len(built) and not gate.wait(0.01):
            on_progress(0.5, {})
        built.append(stability)
        return real(units, on_progress=on_progress, stability=stability, **options)

    monkeypatch.setattr(sys.modules["gridmap.partition.trade_off"], "build", build)
    press(test, "design_curve_run")
    for _ in range(600):
        if found.points is not None and len(found.points) == 3:
            break
        time.sleep(0.02)
    run(test)
    assert [word.split("：")[0] for word in test.selectbox(key="shown").options] == ["本次设计", "稳定 1", "现状"]
    run(test.selectbox(key="shown").set_value("s1"))
    press(test, "design_curve_cancel")
    ended(found.curve)
    assert "已取消" in said(run(test))
    assert len(found.points) == 3
    gate.set()
    press(test, "design_curve_run")
    ended(found.curve)
    assert found.points["stability"].tolist() == [1.0, 0.5, 0.3, 0.1, 0.0, np.inf]
    assert built == [1.0, 0.3, 0.1, 0.0]  # none twice
    assert "design_curve_run" not in keys(run(test))


def test_a_chain_of_grids_is_told_and_applied_by_one_click(project):
    test = pane(design(opened(low="230", high="420", stability="1.0", nested="no")), "curve")
    press(test, "design_curve_run")
    found = design_of(test)
    ended(found.curve)
    run(test)
    run(test.selectbox(key="shown").set_value("old"))  # as it is: 560, 400, 400 and 240 households in a row
    pane(test, "advice")
    told = [element.value for element in test.markdown if "逐格传递" in element.value]
    assert "A1 → A2 → B1 → B2（共 8 个单元）：A1 给 A2：" in told[0]
    number = [element.value for element in test.markdown if element.value.startswith(("把", "逐格", "A"))].index(told[0])
    press(test, f"design_where_{number}")
    assert {"A1 → A2", "A2 → B1", "B1 → B2"} == set(test.session_state["design_advice_shown"][1].values())
    press(test, f"design_apply_{number}")
    [mended] = found.steps["old"]
    assert found.task.units["households"].groupby(mended).sum().between(230, 420).all()
    assert (mended != found.points["assignment"].iloc[-1]).sum() == 8
    press(test, "design_undo")
    english = opened(name="", lang="en", run=found.key, shown="old", pane="advice")
    assert any("pass on A1 → A2 → B1 → B2 (units: 8 in all): A1 gives to A2:" in element.value for element in english.markdown)


# What cannot be, and what is cancelled


def test_what_cannot_be_is_said_with_the_units_and_nothing_is_shown(project):
    test = design(opened(low="10", high="60"))
    [error] = test.error
    assert "无解" in error.value
    assert "u00" in error.value
    assert test.session_state["pane"] == "ask"
    english = opened(name="", lang="en", run=design_of(test).key)
    assert "no answer" in english.error[0].value


def test_upper_grids_that_cannot_be_divided_are_told_with_remedies_of_one_click(project):
    """A has 960 households, B 640: of 350 to 500 A makes two grids, B none."""
    test = design(opened(low="350", high="500"))
    [error] = test.error
    assert "2 个上级网格中，有 1 个" in error.value
    assert test.button(key="design_remedy_band").label == "区间放宽到 320–500 户"
    table = next(frame.value for frame in test.dataframe if "misfit" in frame.value)
    assert table[["grid_code", "households", "grids", "misfit"]].to_numpy().tolist() == [["B", 640, 2, "1 个超出 140 户，2 个差 60 户"]]
    press(test, "design_remedy_spare")
    ended(design_of(test).work)
    run(test)
    assert test.query_params["unfit"] == "no"
    assert "1 个上级网格在限制之内划不成，其中的 2 个网格保持现状" in said(test)
    found = design_of(test)
    built, keep = found.work.result.result(), found.ground.keep
    assert built.assignment[keep.isin(["B1", "B2"])].equals(keep[keep.isin(["B1", "B2"])].rename("grid_code"))
    sums = found.task.units["households"].groupby(built.assignment).sum()
    assert sums[["A1", "A2"]].between(350, 500).all()
    press(pane(test, "curve"), "design_curve_run")
    ended(found.curve)
    assert all(plan[built.assignment.index].notna().all() for plan in found.points["assignment"])


@pytest.mark.parametrize(("remedy", "address"), [("follow", {"nested": "no"}), ("band", {"low": "320"})])
def test_a_remedy_changes_what_is_asked(project, remedy, address):
    test = design(opened(low="350", high="500"))
    press(test, f"design_remedy_{remedy}")
    ended(design_of(test).work)
    run(test)
    assert test.session_state["pane"] == "score"
    assert row(test, "在户数区间内的网格")[1] == "100.0%"
    assert {name: test.query_params[name] for name in address} == address


def test_that_there_is_no_answer_is_said_once():
    cause = InfeasibleError("unit_above_cap", what="households", most=500, rows=["u01"])
    assert cause.text("zh").startswith("无解：")
    told = remedies.told(InfeasibleError("parents_unfit", count=1, of=4, cause=cause))
    assert told["cause"].startswith("单个单元")


def test_a_level_in_between_may_follow_while_the_top_stays():
    tables = town()
    grids = pd.concat([tables["grids"].assign(level=tables["grids"]["level"] + 1), tables["grids"].loc[["A"]].rename({"A": "T"})])
    grids.loc["T", ["name", "households", "geometry"]] = ["T", 1600, shapely.box(0, 0, 800, 400)]
    grids.loc[["A", "B"], "parent"] = "T"
    on = ground.Ground(tables["units"], None, pd.Series("A1", index=tables["units"].index), plan.from_grids(grids))
    codes = pd.Series(["A1", "B2", None])
    assert on.above(codes, 2).tolist()[:2] == ["A", "B"]
    assert on.above(codes, 1).tolist()[:2] == ["T", "T"]
    assert on.above(codes, 1).isna().tolist() == [False, False, True]


def test_a_search_that_fails_shows_the_best_found_and_why(project, monkeypatch):
    def build(units: pd.DataFrame, *, keep: pd.Series, **_: object) -> pd.Series:
        raise SearchFailed("not_balanced", best=keep.rename("grid_code"), off="12.0%")

    monkeypatch.setattr(partition, "build", build)
    test = design(opened())
    assert "12.0%" in said(test)
    assert row(test, "换网格的户数")[1] == "0"


def test_work_is_cancelled_and_begun_again(project, monkeypatch):
    begun, going = threading.Event(), threading.Event()
    real = partition.build

    def build(units: pd.DataFrame, *, on_progress, **options: object) -> pd.Series:
        begun.set()
        for step in range(2_000):
            on_progress(step / 2_000, {"border_m": 1234.0, "off": 0.25})
            if going.wait(0.01):
                break
        return real(units, on_progress=on_progress, **options)

    monkeypatch.setattr(partition, "build", build)
    test = press(opened(), "design_run")
    assert begun.wait(10)
    time.sleep(0.1)
    run(test)
    assert "design_run" not in keys(test)
    assert run(test.slider(key="stability").set_value(0.2)).session_state["stability"] == 0.2  # the page answers meanwhile
    press(test, "design_cancel")
    ended(design_of(test).work)
    assert "已取消" in said(run(test))
    going.set()
    design(test)
    assert test.session_state["pane"] == "score"


def test_a_fault_of_the_program_is_raised_where_it_is_seen():
    def broken(_: object) -> None:
        raise ZeroDivisionError

    work = runs.Work(broken)
    ended(work)
    assert isinstance(work.error, ZeroDivisionError)


def test_two_works_at_once_and_the_third_waits_and_can_be_cancelled():
    gate = threading.Event()

    def wait(tell) -> int:
        while not gate.wait(0.01):
            tell(0.5, {})
        return 1

    works = [runs.Work(wait) for _ in range(runs.AT_ONCE + 1)]
    for _ in range(200):
        if sum(work.share == 0.5 for work in works) == runs.AT_ONCE:
            break
        time.sleep(0.02)
    [waiting] = [work for work in works if work.share == 0]
    waiting.cancel()
    ended(waiting)
    assert isinstance(waiting.error, runs.Cancelled)
    gate.set()
    for work in works:
        ended(work)
    assert sorted(isinstance(work.error, runs.Cancelled) for work in works) == [False] * runs.AT_ONCE + [True]


def test_a_plan_that_went_on_is_not_written_over(project):
    draft = store.start_draft(project, name="底版", actor=ACTOR)
    test = pane(design(opened(plan=str(draft))), "accept")
    before = store.read_plan(project, draft)
    merged = plan.merge(before, ["B1", "B2"])
    store.save_edit(project, draft, merged, revision=0, action="merge", what={}, actor=ACTOR)
    run(test)
    assert "又有修改" in said(test)
    assert [button.disabled for button in test.button if button.form_id == "design_accept"] == [True]


def test_where_nothing_had_to_change_that_is_said(project):
    assert "没有需要改动的" in said(design(opened(low="100", high="600", stability="1.0")))


def test_the_second_of_two_clicks_makes_no_second_draft(project):
    test = pane(design(opened(low="150", high="600")), "accept")
    test.text_input(key="design_name").set_value("新网格")
    submit(test, "design_accept")
    submit(test, "design_accept")
    assert len(store.list_plans(project)) == 2
    test.text_input(key="design_name").set_value("再存一份")
    submit(test, "design_accept")
    assert store.list_plans(project)["name"].tolist()[1:] == ["新网格", "再存一份"]


def test_no_name_no_draft(project):
    test = pane(design(opened()), "accept")
    submit(test, "design_accept")
    assert "请填写草案名称" in said(test)
    nobody = opened(name="", run=design_of(test).key, pane="accept")
    assert [button.disabled for button in nobody.button if button.form_id == "design_accept"] == [True]
    assert len(store.list_plans(project)) == 1


# Households as they will be


def test_households_that_grow_are_designed_for_and_old_and_new_stand_side_by_side(project, chosen):
    chosen("B2")
    test = opened(low="200", high="600", stability="1.0")
    test.number_input(key="design_growth").set_value(300)
    press(test, "design_grow")
    assert "**8** 个单元：合计 1,600 → 2,320 户" in said(test)  # 8 units of 30
    design(test)
    assert "户数已改 8 个单元" in said(test)
    assert row(test, "在户数区间内的网格") == ["75.0%", "100.0%"]
    found = design_of(test)
    moved = found.work.result.result().assignment != found.task.keep
    assert moved.any()
    assert set(found.task.keep[moved]) == {"B2"}
    beside = pane(opened(name="", run=found.key, maps="two"), "score")
    assert {"现状", "新方案"} <= {line.value.strip("*") for line in beside.markdown}
    pane(test, "accept")
    test.text_input(key="design_name").set_value("新楼盘")
    submit(test, "design_accept")
    grids = store.read_plan(project, 2).grids
    assert grids["households"][["A1", "A2"]].tolist() == [560, 400]
    assert grids["households"][(grids["parent"] == "B") & (grids["kind"] == "base")].sum() == 1360
    assert "户数已改" in store.list_plans(project)["reason"][2]


def test_each_unit_by_a_number_and_all_undone(project, chosen):
    chosen("u07", role="theme")
    test = opened()
    test.number_input(key="design_growth").set_value(-100)
    test.button_group(key="design_growth_by").set_value("households")
    press(test, "design_grow")
    assert "合计 1,600 → 1,570 户" in said(test)  # none below nought
    press(test, "design_growth_undo")
    assert "grown" not in test.query_params
    assert "合计" not in said(test)
    assert "已不在服务器上" in said(opened(grown="0123456789ab"))


def test_the_table_offered_is_one_that_can_be_loaded(tmp_path):
    before = ground.Ground(town()["units"], None, None, None)
    for suffix in (".csv", ".xlsx"):
        path = tmp_path / f"units{suffix}"
        path.write_bytes(parts.exported(pd.DataFrame({"households": before.units["households"]}), suffix).getvalue())
        assert growing.read(files.read_frame(path), before).tolist() == before.units["households"].tolist()


def test_why_a_table_is_refused_stands_until_another_comes(project, monkeypatch):
    test = opened()
    test.file_uploader(key="design_growth_file").set_value(("new.csv", b"unit,households\nu01,5\n", "text/csv"))
    for _ in range(2):
        assert "缺少列 unit_id" in said(run(test))  # the map has the page run again
    test.file_uploader(key="design_growth_file").set_value(
        ("new.csv", "unit_id,households,备注\nu01,500,新楼盘\n".encode("gbk"), "text/csv")
    )
    run(test)
    assert "缺少列 unit_id" not in said(test)
    assert "**1** 个单元" in said(test)


def test_new_households_come_out_of_a_table_or_are_refused_in_words():
    tables = town()
    before = ground.Ground(tables["units"], None, None, None)
    held = growing.read(pd.DataFrame({"unit_id": ["u01", "u02 "], "households": ["7", 8]}), before)
    assert held[["u00", "u01", "u02"]].tolist() == [70, 7, 8]
    below = growing.read(pd.DataFrame({"unit_id": ["u01", None], "households": [7, None]}), before)
    assert below["u01"] == 7
    for table, words in (
        ({"unit": ["u01"], "households": [1]}, "缺少列 unit_id"),
        ({"unit_id": [], "households": []}, "没有数据行"),
        ({"unit_id": [None], "households": [1]}, "（未填编号）"),
        ({"unit_id": ["x" * 99], "households": [1]}, "x{40}$"),
        ({"unit_id": ["u01"], "households": [1e12]}, "1 行的户数不是 0 至 10 亿的数"),
        ({"unit_id": ["u01", "x"], "households": [1, 2]}, "1 行的单元不在项目中，如 x"),
        ({"unit_id": ["u01", "u01"], "households": [1, 2]}, "1 行的单元重复，如 u01"),
        ({"unit_id": ["u01", "u02", "u03"], "households": [-1, None, "inf"]}, "3 行的户数不是 0 至 10 亿的数，如单元 u01"),
    ):
        with pytest.raises(ValueError, match=words):
            growing.read(pd.DataFrame(table), before)


# Units


def test_without_units_they_are_made_of_streets(tmp_path, monkeypatch):
    tables = town()
    units = tables.pop("units")
    cross = [shapely.LineString([(x, -10), (x, 410)]) for x in range(100, 800, 100)]
    cross += [shapely.LineString([(-10, y), (810, y)]) for y in (100, 200, 300)]
    tables["streets"] = gpd.GeoDataFrame(
        {"name": "路", "class": "residential"},
        index=pd.Index([f"s{n}" for n in range(len(cross))], name="street_id"),
        geometry=cross,
        crs=CRS,
    )
    tables["boundary"] = gpd.GeoDataFrame(
        {"kind": ["b"]}, index=pd.Index(["示例"], name="name"), geometry=[shapely.box(0, 0, 800, 400)], crs=CRS
    )
    houses = units.geometry.centroid.buffer(5)
    counts = {"households": units["households"], "residents": units["residents"]}
    tables["buildings"] = gpd.GeoDataFrame(counts, geometry=houses, crs=CRS).rename_axis("building_id")
    made(tmp_path, monkeypatch, tables)
    test = opened()
    assert "没有单元表" in said(test)
    press(test, "design_blocks")
    assert test.query_params["blocks"] in ("yes", ["yes"])
    design(test)
    assert row(test, "在户数区间内的网格")[1] == "100.0%"


def test_without_streets_or_households_the_page_says_what_is_missing(tmp_path, monkeypatch):
    tables = town()
    del tables["units"], tables["streets"]
    made(tmp_path, monkeypatch, tables)
    assert "街巷" in said(opened())


def test_units_without_households_are_refused_in_words(tmp_path, monkeypatch):
    tables = town()
    tables["units"] = tables["units"].drop(columns="households")
    made(tmp_path, monkeypatch, tables)
    assert "没有户数" in said(opened())


def test_units_across_the_outline_of_what_is_picked_are_cut_along_it(tmp_path, monkeypatch):
    tables = town()
    units = tables["units"]
    units.loc["u01", "geometry"] = shapely.box(100, 0, 250, 100)
    units.loc["u02", "geometry"] = shapely.box(250, 0, 300, 100)
    made(tmp_path, monkeypatch, tables)
    test = opened(area="picked", picked="A1", by="number", grids="1", nested="no", stability="0.0")
    assert "u01" in said(test)
    assert not opened(area="A").info
    design(test)
    found = design_of(test)
    assert found.task.units.index.tolist() == ["u00", "u01", "u08", "u09", "u16", "u17", "u24", "u25"]
    assert found.task.units.geometry["u01"].bounds == (100, 0, 200, 100)
    assert found.task.units["households"]["u01"] == round(70 * 2 / 3)
    drawn = accepting.drawn(found, found.ground.plan, found.work.result.result().assignment)
    assert drawn.grids.geometry["A2"].equals(tables["grids"].geometry["A2"])


def test_own_files_are_one_line(monkeypatch):
    monkeypatch.delenv(serve.PROJECT_VARIABLE, raising=False)
    test = AppTest.from_string("from gridmap.ui import designing\ndesigning.page()", default_timeout=60)
    grids = town()["grids"]
    test.session_state[state._OWN] = {"grids": state.Own(grids, "grids.gpkg", "g")}
    run(test)
    assert "启动时打开的项目" in said(test)


# The address


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ({"low": "-5", "high": "nan"}, {"low": 300, "high": 500}),
        ({"stability": "inf"}, {"stability": 0.5}),
        ({"seed": "3", "weight_border": "2.5"}, {"seed": 3, "weight_border": 2.5}),
        ({"area": "nowhere"}, {"area": "all"}),
        ({"area": "picked", "picked": "A1;no;A1;B2"}, {"picked": ["A1", "B2"]}),
        ({"run": "x" * 500}, {"area": "all"}),
    ],
)
def test_an_address_is_believed_as_far_as_it_is_sound(project, address, holds):
    test = opened(**address)
    assert {name: test.session_state[name] for name in holds} == holds


def test_an_unknown_design_is_told(project):
    assert "已不在服务器上" in said(opened(run="0123456789ab"))


def test_what_is_asked_reaches_the_search(project):
    tables = town()
    found = ground.Ground(tables["units"], partition.edges(tables["units"]), pd.Series("A1", index=tables["units"].index), None)
    asked = asking.Asked("all", ("A1",), (10, 20), None, 0.05, (0.0, 2.0, 3.0, 4.0), False, False, 0.25, ("A1",), 0, False, 9)
    task = asking.task(found, asked)
    goal = task.options.pop("goal")
    assert (goal.balance, goal.border, goal.compactness, goal.streets, goal.locks) == (0.0, 2.0, 3.0, 4.0, ("A1",))
    expected = {"grids": None, "households": (10, 20), "tolerance": 0.05, "stability": 0.25, "within": None, "seed": 9}
    assert task.options == expected
    assert not {"band_low", "band_high"} & set(task.units)
    own = replace(asked, own_bands=True)
    assert asking.task(replace(found, units=found.units.assign(band_low=1, band_high=9)), own).units["band_high"].eq(9).all()
    assert "band_high" not in asking.task(replace(found, units=found.units.assign(band_low=1, band_high=9)), asked).units
    with pytest.raises(InfeasibleError):
        partition.build(task.units, edges=task.edges, households=asked.band)


def test_what_a_dedicated_grid_lies_over_stays_together():
    tables = town()
    grids, units = tables["grids"], tables["units"].assign(compound=None)
    grids.loc["D", "geometry"] = shapely.box(720, 20, 740, 140)  # over u07 and u15
    units.loc[["u15", "u16"], "compound"] = "小区"
    held = ground.held_together(units, plan.from_grids(grids))
    assert held.dropna().to_dict() == {"u07": "D", "u15": "D", "u16": "D"}
    assert ground.held_together(tables["units"], plan.from_grids(town()["grids"])).isna().all()  # one unit alone


def test_a_code_that_stood_in_another_plan_is_not_given_again(project):
    emergency = store.start_draft(project, name="应急", actor=ACTOR, scenario="emergency")
    other = plan.recode(store.read_plan(project, emergency), {"A2": "A3", "B2": "B3"})
    revision = store.save_edit(project, emergency, other, revision=0, action="recode", what={}, actor=ACTOR)
    store.publish(project, emergency, revision=revision, valid_from="2026-03-01", reason="演练", actor=ACTOR)
    test = design(opened(plan="1", by="number", grids="6", off="30", nested="no"))
    assert {"A3", "B3"} & set(design_of(test).work.result.result().assignment)
    pane(test, "accept")
    test.text_input(key="design_name").set_value("六个网格")
    submit(test, "design_accept")
    assert not test.error
    grids = store.read_plan(project, 3).grids
    lowest = grids[(grids["level"] == 2) & (grids["kind"] == "base")]
    assert len(lowest) == 6
    assert {"A3", "B3"}.isdisjoint(lowest.index)
