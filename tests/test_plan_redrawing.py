"""Some ground drawn anew: codes, what stays, what is refused."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap import plan
from gridmap.errors import PlanError, SchemaError


@pytest.fixture
def stands(two_tiers) -> plan.Plan:
    """`two_tiers` with households: 10 in each lowest grid."""
    grids = two_tiers.copy()
    grids["households"] = pd.array([20 if level == grids["level"].min() else 10 for level in grids["level"]], dtype="Int64")
    return plan.from_grids(grids)


def halves(stands: plan.Plan, codes: tuple[str, ...]) -> gpd.GeoDataFrame:
    """West and east half of some grids of 100 m by 100 m, of 4 and 6 households."""
    boxes, names = [], []
    for code in codes:
        west, south, east, north = stands.grids.geometry[code].bounds
        middle = (west + east) / 2
        boxes += [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
        names += [f"{code}w", f"{code}e"]
    index = pd.Index(names, name="unit_id", dtype="str")
    return gpd.GeoDataFrame({"households": [4, 6] * len(codes)}, index=index, geometry=boxes, crs=stands.grids.crs)


def test_ground_moves_between_two_grids_and_all_else_stays(stands):
    units = halves(stands, ("A1", "A2"))
    codes = pd.Series(["A1", "A2", "A2", "A2"], index=units.index)
    after = plan.redraw(stands, units, codes)
    assert after.grids["households"][["A1", "A2"]].tolist() == [4, 16]
    assert after.grids.geometry["A2"].area == pytest.approx(15_000)
    others = ["A", "B", "B1", "B2", "D"]
    same = shapely.equals(after.grids.geometry[others].to_numpy(), stands.grids.geometry[others].to_numpy())
    assert same.all()
    assert after.grids["parent"].to_dict() | {"D": "A1"} == stands.grids["parent"].to_dict()
    assert after.retired.empty
    plan.check(after)


def test_a_code_that_does_not_come_back_is_retired_and_a_new_one_goes_on(stands):
    units = halves(stands, ("A1", "A2"))
    old = pd.Series(["A1", "A1", "A2", "A2"], index=units.index)
    asked = plan.coded(stands, old, pd.Series(["01", "01", "01", "A2"], index=units.index))
    assert asked.tolist() == ["A3", "A3", "A3", "A2"]
    after = plan.redraw(stands, units, asked)
    assert after.retired.index.tolist() == ["A1"]
    assert after.grids["households"][["A2", "A3"]].tolist() == [6, 14]
    assert after.grids["parent"]["A3"] == stands.grids["parent"]["A1"]
    assert after.changes["change"][["A1", "A3"]].tolist() == ["retired", "added"]
    plan.check(after)
    later = plan.coded(after, old.replace("A1", "A3"), pd.Series("01", index=units.index))
    assert set(later) == {"A4"}  # not A1, which stood once
    assert set(plan.coded(after, old.replace("A1", "A3"), pd.Series("01", index=units.index), taken=["A4"])) == {"A5"}


def test_a_grid_across_two_parents_lies_in_the_one_of_most_ground_and_upper_grids_follow(stands):
    units = halves(stands, ("A2", "B1"))
    after = plan.redraw(stands, units, pd.Series(["A2", "A2", "A2", "B1"], index=units.index))
    above = stands.grids["parent"]["A2"]
    assert after.grids["parent"]["A2"] == above
    assert after.grids.geometry[above].area == pytest.approx(stands.grids.geometry[above].area + 5_000)
    plan.check(after)


def test_a_dedicated_grid_comes_to_the_lowest_grid_that_holds_it(stands):
    units = halves(stands, ("A1", "A2"))  # D lies across the halves of A1
    whole = plan.redraw(stands, units, pd.Series("A2", index=units.index))
    assert whole.grids.loc["D", ["parent", "level"]].tolist() == ["A2", 2]
    cut = plan.redraw(stands, units, pd.Series(["A1", "A2", "A2", "A2"], index=units.index))
    assert cut.grids.loc["D", ["parent", "level"]].tolist() == ["A", 1]
    shapes = dict(zip(units.index, units.geometry, strict=True))
    assert plan.homes_of_dedicated(stands, shapes, {"A1w": "A", "A1e": "A"}) == {"D": "A"}
    assert plan.homes_of_dedicated(stands, {"A1w": shapes["A1w"]}, {}) == {}  # a part of it lies elsewhere


def test_what_does_not_fit_is_refused_with_its_place(stands):
    units = halves(stands, ("A1",))
    with pytest.raises(PlanError, match="used before"):
        plan.redraw(stands, units, pd.Series(["A1", "A2"], index=units.index))
    part = halves(stands, ("B2",)).iloc[:1]
    with pytest.raises(PlanError) as error:
        plan.redraw(stands, part, pd.Series(["B2"], index=part.index))
    assert error.value.key == "plan_area_lost"
    away = units.set_geometry(units.translate(xoff=5_000))
    with pytest.raises(PlanError) as error:
        plan.redraw(stands, away, pd.Series("A1", index=away.index))
    assert error.value.key == "plan_units_outside"
    assert error.value.rows == ["A1w", "A1e"]
    with pytest.raises(SchemaError):
        plan.redraw(stands, units, pd.Series(["A1", None], index=units.index))
    nothing = units.iloc[:0]
    assert plan.redraw(stands, nothing, pd.Series([], index=nothing.index, dtype="str")) is stands
