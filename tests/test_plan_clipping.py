"""Units cut to the ground of some grids: what is inside, under which name, with which counts; and a plan drawn anew from them."""

from itertools import pairwise

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gridmap import hierarchy, plan

CRS = "EPSG:4547"
WEST, SOUTH = 500_000, 4_000_000


def at(x: float, y: float, right: float, top: float) -> shapely.Geometry:
    return box(WEST + x, SOUTH + y, WEST + right, SOUTH + top)


def drawn(edges: tuple[float, ...] = (0, 90, 200, 310, 400)) -> plan.Plan:
    """Return four grids side by side, 200 m high."""
    codes = [f"G{n}" for n in range(len(edges) - 1)]
    columns = {"name": codes, "level": 1, "kind": "base", "parent": None}
    shapes = [at(left, 0, right, 200) for left, right in pairwise(edges)]
    return plan.from_grids(gpd.GeoDataFrame(columns, index=pd.Index(codes, name="grid_code"), geometry=shapes, crs=CRS))


def lattice(households: int = 10) -> gpd.GeoDataFrame:
    """Return units of 100 x 50 m, row by row: u0 to u3 in the south."""
    shapes = [at(x, y, x + 100, y + 50) for y in range(0, 200, 50) for x in range(0, 400, 100)]
    index = pd.Index([f"u{n}" for n in range(len(shapes))], name="unit_id")
    return gpd.GeoDataFrame({"households": households, "load_min": 5.0, "compound": "x"}, index=index, geometry=shapes, crs=CRS)


def test_a_unit_across_the_outline_is_cut_and_shared_by_area():
    """The outline of G1 runs at 90 and 200 m: a tenth of u0 lies inside, and all of u1."""
    units = lattice(households=25)
    found = plan.units_within(drawn(), ["G1"], units)
    assert found.index.tolist() == ["u0", "u1", "u4", "u5", "u8", "u9", "u12", "u13"]
    assert found.area.tolist() == pytest.approx([500, 5000] * 4)
    assert found["households"].tolist() == [3, 25] * 4  # 2.5 of 25 and 22.5 outside: together they are 25, and the first is rounded up
    assert found["load_min"].tolist() == pytest.approx([0.5, 5] * 4)
    assert found["compound"].eq("x").all()
    outside = plan.units_within(drawn(), ["G0"], units)
    assert (found["households"]["u0"] + outside["households"]["u0"], outside["households"].sum()) == (26, 4 * 23)


def test_buildings_tell_which_part_households_are_in():
    units = lattice()
    homes = gpd.GeoDataFrame(
        {"households": [4, 6]}, index=pd.Index(["a", "b"], name="building_id"), geometry=[at(5, 5, 15, 15), at(92, 5, 98, 15)], crs=CRS
    )
    found = plan.units_within(drawn(), ["G1"], units, buildings=homes)
    assert found["households"]["u0"] == 6
    assert found["households"]["u4"] == 1  # no building: by area


def test_several_parts_have_names_of_their_own_and_grids_side_by_side_are_one_ground():
    units = lattice()
    hook = at(0, 0, 400, 50).union(at(0, 0, 90, 100)).union(at(310, 0, 400, 100))
    row = units.loc[["u0", "u5", "u6"]].set_geometry([hook, at(90, 50, 200, 100), at(200, 50, 310, 100)])
    bent = pd.concat([row, units.iloc[8:]])
    found = plan.units_within(drawn(), ["G0", "G3"], bent)
    assert [name for name in found.index if name.startswith("u0")] == ["u0-1", "u0-2"]
    assert plan.units_within(drawn(), ["G1", "G2"], bent).index[:3].tolist() == ["u0", "u5", "u6"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 19), min_size=3, max_size=3, unique=True), st.integers(0, 60), st.integers(0, 2), st.integers(-3, 3))
def test_a_part_of_any_plan_is_drawn_anew_from_any_units(cuts, households, first, lean):
    """Units reach beyond the plan and lean against it by millimetres, outlines run anywhere: the grids are filled, the plan holds."""
    old = drawn((0, *(20 * cut for cut in sorted(cuts)), 400))
    shapes = [at(x, y, x + 100, y + 50) for y in range(-50, 250, 50) for x in range(-100, 500, 100)]
    moved = shapely.transform(shapes, lambda xy: xy + (xy[:, 1:] - SOUTH) * [lean * 1e-5, 0])
    index = pd.Index([f"u{n}" for n in range(len(shapes))], name="unit_id")
    units = gpd.GeoDataFrame({"households": households}, index=index, geometry=moved, crs=CRS)
    codes = hierarchy.tier(old.grids).index[first : first + 2].tolist()
    found = plan.units_within(old, codes, units)
    ground = old.grids.loc[codes].union_all()
    assert shapely.coverage_is_valid(found.geometry.to_numpy())
    assert found.index.is_unique
    assert set(found.geom_type) == {"Polygon"}
    assert shapely.area(shapely.symmetric_difference(found.union_all(), ground)) < 1e-3
    assert found["households"].sum() == pytest.approx(households * ground.area / 5000, abs=len(found))  # each is rounded
    new = plan.redraw(old, found, pd.Series("N", index=found.index))
    assert new.grids.index.tolist() == sorted([*old.grids.index.difference(codes), "N"])
    assert new.grids.area.sum() == pytest.approx(old.grids.area.sum())
