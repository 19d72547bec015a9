"""Plans of awkward shapes: enclaves, grids in parts, upper grids of one child, dedicated grids on borders; and a whole district."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from test_plan import across, added, apart_m2, area, lattice, made

from gridmap import hierarchy, plan
from gridmap.errors import PlanError

X, Y = 500_000.0, 4_000_000.0


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a rectangle from metres off the corner of the drawings."""
    return shapely.box(X + west, Y + south, X + east, Y + north)


def line(*places: tuple[float, float]) -> shapely.LineString:
    """Return a line through places in metres off the corner of the drawings."""
    return shapely.LineString([(X + x, Y + y) for x, y in places])


def two_tiers(shapes: dict[str, shapely.Geometry], parents: dict[str, str] | None = None) -> plan.Plan:
    """Return a plan of lowest grids with their parents, by default one that has all."""
    above = parents or dict.fromkeys(shapes, "T")
    uppers = {
        parent: shapely.union_all([shapes[code] for code in shapes if above[code] == parent]) for parent in sorted(set(above.values()))
    }
    rows = [(code, 1, None, shape) for code, shape in uppers.items()] + [(code, 2, above[code], shape) for code, shape in shapes.items()]
    frame = pd.DataFrame(rows, columns=["grid_code", "level", "parent", "geometry"]).set_index("grid_code")
    return plan.from_grids(gpd.GeoDataFrame(frame.assign(name=frame.index, kind="base"), crs="EPSG:4547"))


def enclave() -> plan.Plan:
    """Return a grid "in" of 40 m within a ring "out" of 100 m, and "east" beside the ring."""
    return two_tiers({"out": box(0, 0, 100, 100) - box(30, 30, 70, 70), "in": box(30, 30, 70, 70), "east": box(100, 0, 200, 100)})


def sizes(found: plan.Plan) -> dict[str, float]:
    """Return the areas of the lowest grids."""
    lowest = hierarchy.tier(found.grids)
    return dict(zip(lowest.index, shapely.area(lowest.geometry.to_numpy()).round(6), strict=True))


# enclaves


def test_an_enclave_is_cut_and_its_ring_gets_the_corners_alone():
    before = enclave()
    after = plan.split(before, "in", line((50, 20), (50, 80)))
    plan.check(after)
    assert set(after.changes.index) == {"in", *added(after)}
    assert sorted(sizes(after)[code] for code in added(after)) == [800, 800]
    assert apart_m2(after, after.grids.geometry["out"], before.grids.geometry["out"]) == 0


def test_a_ring_is_cut_through_its_hole_and_not_by_a_slit():
    before = enclave()
    with pytest.raises(PlanError, match="does not cut"):
        plan.split(before, "out", line((-10, 50), (50, 50)))
    after = plan.split(before, "out", line((-10, 50), (110, 50)))
    plan.check(after)
    assert sorted(sizes(after)[code] for code in added(after)) == [4200, 4200]
    assert sizes(after)["in"] == 1600


def test_an_enclave_and_its_ring_become_one_grid_without_a_hole():
    after = plan.merge(enclave(), ["in", "out"], code="whole")
    plan.check(after)
    assert after.grids.geometry["whole"].equals(box(0, 0, 100, 100))
    assert shapely.get_num_interior_rings(after.grids.geometry["whole"]) == 0


def test_an_enclave_grows_by_transfer_and_by_a_ring_drawn_around_it():
    before = enclave()
    grown = plan.transfer(before, box(20, 30, 31, 70), source="out", target="in")
    plan.check(grown)
    assert sizes(grown) == {"out": 8000, "in": 2000, "east": 10_000}
    ring = shapely.LineString(box(20, 20, 80, 80).exterior.coords)
    around = plan.reshape(before, "in", "out", ring)
    plan.check(around)
    assert sizes(around) == {"out": 6400, "in": 3600, "east": 10_000}
    with pytest.raises(PlanError, match="whole grid"):
        plan.transfer(before, box(25, 25, 75, 75), source="in", target="out")


def test_an_enclave_is_no_neighbour_of_what_lies_beyond_its_ring():
    with pytest.raises(PlanError, match="pieces"):
        plan.merge(enclave(), ["in", "east"])
    with pytest.raises(PlanError, match="pieces"):
        plan.transfer(enclave(), box(40, 40, 60, 60), source="in", target="east")


# grids in parts


def parts() -> plan.Plan:
    """Return a grid "p" on both banks of a river "r", with "e" east of it."""
    banks = shapely.MultiPolygon([box(0, 0, 100, 40), box(0, 60, 100, 100)])
    east = shapely.Polygon([(X + x, Y + y) for x, y in ((100, 0), (200, 0), (200, 100), (100, 100), (100, 60), (100, 40))])
    return two_tiers({"p": banks, "r": box(0, 40, 100, 60), "e": east})


def test_every_piece_of_a_cut_grid_in_parts_is_a_new_grid():
    after = plan.split(parts(), "p", line((50, -10), (50, 30), (150, 30)))
    plan.check(after)
    assert sorted(sizes(after)[code] for code in added(after)) == [1500, 2500, 4000]
    both = plan.split(parts(), "p", line((50, -10), (50, 110)))
    plan.check(both)
    assert [sizes(both)[code] for code in added(both)] == [2000] * 4
    assert apart_m2(both, both.grids.geometry["r"], parts().grids.geometry["r"]) == 0


def test_a_grid_in_parts_may_stay_so_and_gets_no_further_part():
    moved = plan.transfer(parts(), box(90, 0, 100, 40), source="p", target="e")
    plan.check(moved)
    assert sizes(moved) == {"p": 7600, "r": 2000, "e": 10_400}
    with pytest.raises(PlanError, match="3 pieces"):
        plan.transfer(parts(), box(40, 0, 60, 41), source="p", target="r")
    united = plan.merge(parts(), ["p", "r"], code="one")
    plan.check(united)
    assert united.grids.geometry["one"].geom_type == "Polygon"
    with_east = plan.merge(parts(), ["p", "e"], code="two")
    plan.check(with_east)
    assert sizes(with_east)["two"] == 18_000


# upper grids of one child


def lonely() -> plan.Plan:
    """Return two upper grids side by side, "A" of one child and "B" of two."""
    shapes = {"a1": box(0, 0, 100, 100), "b1": box(100, 0, 200, 100), "b2": box(200, 0, 300, 100)}
    return two_tiers(shapes, {"a1": "A", "b1": "B", "b2": "B"})


def test_an_upper_grid_of_one_child_is_cut_with_it():
    after = plan.split(lonely(), "A", line((50, -10), (50, 110)))
    plan.check(after)
    new = after.grids.loc[added(after)]
    assert new["level"].value_counts().to_dict() == {1: 2, 2: 2}
    assert new.groupby("parent").size().tolist() == [1, 1]
    below = plan.split(lonely(), "a1", line((50, -10), (50, 110)))
    plan.check(below)
    assert (below.grids["parent"] == "A").sum() == 2


def test_the_only_child_does_not_leave_and_its_parent_may_be_merged():
    with pytest.raises(PlanError, match="no children") as refused:
        plan.re_parent(lonely(), "a1", "B")
    assert refused.value.rows == ["A"]
    after = plan.merge(lonely(), ["A", "B"], code="AB")
    plan.check(after)
    assert (after.grids["parent"] == "AB").sum() == 3
    moved = plan.re_parent(lonely(), "b1", "A")
    plan.check(moved)
    assert moved.changes["change"].to_dict() == {"b1": "re_parented", "A": "reshaped", "B": "reshaped"}


# dedicated grids on borders


def test_a_dedicated_grid_across_children_of_its_parent_minds_the_parents_border_alone():
    school = box(80, 80, 120, 120)  # in the four lowest grids of Q00
    before = plan.add_dedicated(made(), school, parent="Q00", name="school", code="S")
    moved = plan.reshape(before, "Q00-001", "Q00-005", line((110, -5), (90, 105)))
    plan.check(moved)
    assert moved.grids.geometry["S"].equals(school)
    with pytest.raises(PlanError, match="stand out") as refused:
        plan.transfer(plan.add_dedicated(made(), box(150, 150, 200, 200), parent="Q00", name="x", code="D"), box(190, 150, 201, 201),
            source="Q00-006", target="Q10-010")  # fmt: skip
    assert refused.value.geometry.equals(box(190, 150, 200, 200))


@pytest.mark.parametrize("upper", ["T", "Q00"])
def test_a_dedicated_grid_follows_ground_that_moves_to_another_upper_grid(upper: str):
    school = box(150, 150, 180, 180)  # in Q00-006
    before = plan.add_dedicated(made(), school, parent=upper, name="school", code="S")
    wanted = {"T": "T", "Q00": "Q10"}[upper]
    edits = {
        "re_parent": plan.re_parent(before, "Q00-006", "Q10"),
        "transfer": plan.transfer(before, box(140, 100, 200, 200), source="Q00-006", target="Q10-010"),
        "reshape": plan.reshape(before, "Q00-006", "Q10-010", line((140, 95), (140, 205))),
    }
    for after in edits.values():
        plan.check(after)
        assert after.grids["parent"]["S"] == wanted
        assert (after.changes["change"].get("S") == "re_parented") == (wanted != upper)
    with pytest.raises(PlanError, match="stand out"):
        plan.transfer(plan.add_dedicated(made(), school, parent="Q00", name="s", code="S"), box(160, 100, 200, 200),
            source="Q00-006", target="Q10-010")  # fmt: skip


def test_a_line_along_the_border_of_a_dedicated_grid_cuts_beside_it():
    before = plan.add_dedicated(made(), box(0, 0, 50, 100), parent="Q00-001", name="half", code="D")
    after = plan.split(before, "Q00-001", line((50, -1), (50, 101)))
    plan.check(after)
    parent = after.grids["parent"]["D"]
    assert after.grids.geometry[parent].equals(after.grids.geometry["D"])
    with pytest.raises(PlanError, match="stand out"):
        plan.split(before, "Q00-001", line((49, -1), (49, 101)))


def test_a_dedicated_grid_as_large_as_its_parent_stays_with_it():
    before = plan.add_dedicated(made(), box(0, 0, 100, 100), parent="Q00-001", name="all", code="D")
    plan.check(before)
    with pytest.raises(PlanError, match="stand out"):
        plan.transfer(before, box(90, 0, 101, 100), source="Q00-001", target="Q00-005")
    larger = plan.transfer(before, box(100, 0, 110, 100), source="Q00-005", target="Q00-001")
    plan.check(larger)
    merged = plan.merge(before, ["Q00-001", "Q00-002"], code="M")
    plan.check(merged)
    assert merged.grids["parent"]["D"] == "M"
    with pytest.raises(PlanError, match="overlaps another"):
        plan.add_dedicated(before, box(90, 0, 100, 100), parent="Q00-001", name="y", code="E")
    beside = plan.add_dedicated(before, box(100, 0, 110, 100), parent="Q00-005", name="y", code="E")
    plan.check(beside)


# counts that are no whole numbers


def test_shares_of_households_stay_fractions():
    grids = lattice()
    before = plan.from_grids(grids.assign(households=2.5))
    after = plan.merge(before, ["Q00-001", "Q00-002"], code="M")
    assert after.grids["households"]["M"] == 5.0
    assert after.grids["households"]["Q00"] == 10.0
    cut = plan.split(after, "M", across(after, "M", 0.1))
    assert cut.grids["households"][["Q00", *added(cut)]].isna().all()
    assert cut.grids["households"]["Q00-005"] == 2.5


# a district


@pytest.fixture(scope="module")
def district() -> plan.Plan:
    """The demo district: three tiers of 230, 964 and 2,600 grids, and 67 dedicated ones."""
    return plan.from_grids(towns.jianyang(events=0).grids)


def test_an_edit_of_a_district_keeps_it_whole_and_touches_what_it_changes(district: plan.Plan):
    top = district.grids.index[0]
    after = plan.split(district, top, across(district, top, 0.7))
    plan.check(after)
    assert area(after) == pytest.approx(area(district), rel=1e-9)
    same = after.grids.index.intersection(district.grids.index).difference(after.changes.index)
    assert len(same) > 3700
    kept, now = (found.grids.geometry[same].to_numpy() for found in (district, after))
    touched = np.array([one is not other for one, other in zip(kept, now, strict=True)])
    assert touched.sum() < 40  # neighbours with a corner more
    assert all(apart_m2(after, one, other) <= 1e-3 for one, other in zip(kept[touched], now[touched], strict=True))
    assert set(after.retired.index) == set(after.changes.index[after.changes["change"] == "retired"])
