"""Plans: every edit keeps coverage, nesting, codes and area, or is refused with the place of the conflict."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import codes, hierarchy, plan
from gridmap.errors import PlanError, SchemaError

RELATIVE = 1e-9


def lattice(across: int = 4, *, crs: str = "EPSG:4547", side: float = 100.0) -> gpd.GeoDataFrame:
    """Return squares of three levels: one on top, its four quarters, and across x across below."""
    rows = [("T", "top", 1, "base", None, shapely.box(0, 0, across * side, across * side))]
    half = across // 2
    for column in range(2):
        for row in range(2):
            size = half * side
            rows.append((f"Q{column}{row}", f"quarter {column}{row}", 2, "base", "T", shapely.box(0, 0, size, size)))
            rows[-1] = (*rows[-1][:5], shapely.affinity.translate(rows[-1][5], column * size, row * size))
    for column in range(across):
        for row in range(across):
            square = shapely.box(column * side, row * side, (column + 1) * side, (row + 1) * side)
            parent = f"Q{column // half}{row // half}"
            rows.append((f"{parent}-{column * across + row + 1:03d}", "", 3, "base", parent, square))
    frame = pd.DataFrame(rows, columns=["grid_code", "name", "level", "kind", "parent", "geometry"]).set_index("grid_code")
    shift = {"EPSG:4547": (500_000.0, 4_000_000.0), "EPSG:4490": (117.0, 36.0)}[crs]
    moved = [shapely.affinity.translate(shape, *shift) for shape in frame["geometry"]]
    return gpd.GeoDataFrame(frame.drop(columns="geometry").assign(households=10), geometry=moved, crs=crs)


def made(across: int = 4, **options: object) -> plan.Plan:
    """Return the lattice as a plan, upper counts summed."""
    grids = lattice(across, **options)
    sums = hierarchy.roll_up(hierarchy.tier(grids)["households"], grids)
    return plan.from_grids(grids.assign(households=sums))


def across(found: plan.Plan, code: str, angle: float = 0.3, offset: float = 0.0) -> shapely.LineString:
    """Return a straight line through a grid that sticks out on both sides."""
    shape = found.grids.geometry[code]
    place, bounds = shapely.point_on_surface(shape), shape.bounds
    reach = 2 * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    step = np.array([np.cos(angle), np.sin(angle)]) * reach
    middle = np.array([place.x, place.y]) + offset * np.array([-step[1], step[0]])
    return shapely.LineString([middle - step, middle + step])


def area(found: plan.Plan) -> float:
    """Return the area of the lowest tier."""
    return float(shapely.area(found.plane.measured(hierarchy.tier(found.grids).geometry.to_numpy())).sum())


def added(found: plan.Plan) -> list[str]:
    """Return the codes that came with the last edit."""
    return list(found.changes.index[found.changes["change"] == "added"])


def apart_m2(found: plan.Plan, one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return the area that two shapes do not share."""
    return float(shapely.area(found.plane.measured(np.array([shapely.symmetric_difference(one, other)], dtype=object)))[0])


def test_split_gives_new_codes_and_retires_the_old_one():
    before = made()
    after = plan.split(before, "Q00-001", across(before, "Q00-001"))
    assert after.changes["change"].to_dict() == {"Q00-001": "retired", "Q00-007": "added", "Q00-008": "added"}
    assert list(after.retired.index) == ["Q00-001"]
    assert after.changes.loc["Q00-007", "origin"] == "Q00-001"
    assert after.changes["area_after_m2"].sum() == pytest.approx(10_000, rel=RELATIVE)
    assert after.grids["parent"][["Q00-007", "Q00-008"]].tolist() == ["Q00", "Q00"]
    plan.check(after)
    assert "Q00-001" in before.grids.index  # the plan before is as it was
    assert pd.isna(after.grids["households"]["Q00-007"])
    assert pd.isna(after.grids["households"]["Q00"])
    assert after.grids["households"]["Q01"] == 40


def test_split_then_merge_is_the_same_ground_under_a_new_code():
    before = made()
    pieces = plan.split(before, "Q11-016", across(before, "Q11-016", 1.1))
    after = plan.merge(pieces, added(pieces))
    [code] = added(after)
    assert code not in before.used
    assert apart_m2(after, after.grids.geometry[code], before.grids.geometry["Q11-016"]) <= 1e-3
    assert set(after.retired.index) == {"Q11-016", *added(pieces)}
    plan.check(after)


def test_split_of_an_upper_grid_cuts_what_the_line_crosses_and_nothing_else():
    before = made()
    shape = before.grids.geometry["Q00"]
    west, south, _, north = shape.bounds
    line = shapely.LineString([(west + 50, south - 5), (west + 50, north + 5)])
    after = plan.split(before, "Q00", line)
    plan.check(after)
    new = after.changes[after.changes["change"] == "added"]
    assert sorted(new["level"]) == [2, 2, 3, 3, 3, 3]
    uppers = sorted(new.index[new["level"] == 2], key=lambda code: after.grids.geometry[code].centroid.x)
    assert shapely.area(after.grids.geometry[uppers]).tolist() == pytest.approx([10_000, 30_000])
    assert {"Q00-005", "Q00-006"} <= set(after.grids.index)
    assert after.grids["parent"]["Q00-005"] == uppers[1]


def test_split_along_existing_borders_cuts_no_lower_grid():
    before = made()
    west, south, _, north = before.grids.geometry["Q00"].bounds
    after = plan.split(before, "Q00", shapely.LineString([(west + 100.004, south - 1), (west + 100.004, north + 1)]))
    assert sorted(after.changes["change"].value_counts().items()) == [("added", 2), ("re_parented", 4), ("retired", 1)]
    plan.check(after)


def test_merge_sums_counts_and_takes_children_along():
    before = made()
    after = plan.merge(before, ["Q00", "Q10"], code="West", name="west")
    plan.check(after)
    assert after.grids["households"]["West"] == 80
    assert (after.grids["parent"] == "West").sum() == 8
    assert after.grids["name"]["West"] == "west"


def test_transfer_of_a_drawn_area_keeps_codes_and_moves_both_parents():
    before = made()
    source, target = "Q00-002", "Q01-003"  # one above the other, of two parents
    west, _, east, north = before.grids.geometry[source].bounds
    after = plan.transfer(before, shapely.box(west - 20, north - 30, east + 20, north + 40), source=source, target=target)
    plan.check(after)
    shown = after.changes
    assert set(shown.index) == {source, target, "Q00", "Q01"}
    assert (shown["area_after_m2"] - shown["area_before_m2"]).round(6).to_dict() == {source: -3000, target: 3000, "Q00": -3000, "Q01": 3000}


def test_reshape_moves_the_common_border():
    before = made()
    left, right = "Q00-001", "Q00-005"
    west, south, east, north = before.grids.geometry[left].bounds
    line = shapely.LineString([(east + 30, south - 9), (east - 10, north + 9)])
    after = plan.reshape(before, left, right, line)
    plan.check(after)
    assert set(after.changes.index) == {left, right}
    assert after.grids.geometry[left].covers(shapely.Point(west + 1, south + 1))
    assert area(after) == pytest.approx(area(before), rel=RELATIVE)


def test_re_parent_moves_a_grid_to_the_parent_beside_it():
    before = made()
    after = plan.re_parent(before, "Q00-002", "Q01")
    plan.check(after)
    assert after.changes["change"].to_dict() == {"Q00-002": "re_parented", "Q00": "reshaped", "Q01": "reshaped"}
    assert after.grids["households"][["Q00", "Q01"]].tolist() == [30, 50]


def test_dedicated_grids_stay_inside_and_follow_their_ground():
    before = made()
    west, south, _, _ = before.grids.geometry["Q00-001"].bounds
    school = shapely.box(west + 10, south + 10, west + 30, south + 30)
    with_school = plan.add_dedicated(before, school, parent="Q00-001", name="school", code="Q00-901")
    plan.check(with_school)
    cut = plan.split(with_school, "Q00-001", shapely.LineString([(west + 50, south - 1), (west + 50, south + 101)]))
    plan.check(cut)
    assert cut.grids.geometry[cut.grids["parent"]["Q00-901"]].covers(school)
    with pytest.raises(PlanError, match="stand out of its parent") as refused:
        plan.split(with_school, "Q00-001", shapely.LineString([(west + 20, south - 1), (west + 20, south + 101)]))
    assert refused.value.geometry.intersects(school)
    gone = plan.retire_dedicated(with_school, "Q00-901")
    with pytest.raises(PlanError, match="was used before"):
        plan.add_dedicated(gone, school, parent="Q00-001", name="school", code="Q00-901")


def test_recode_retires_the_old_code_and_children_follow():
    before = made()
    after = plan.recode(before, {"Q00": "N1"})
    plan.check(after)
    assert (after.grids["parent"] == "N1").sum() == 4
    assert "Q00" in after.retired.index
    with pytest.raises(PlanError, match="was used before"):
        plan.recode(after, {"N1": "Q00"})


def refusals(found: plan.Plan):
    """Return edits that cannot be, with a part of the reason."""
    west, south, east, north = found.grids.geometry["Q00-001"].bounds
    line = shapely.LineString
    return {
        "short line": (lambda: plan.split(found, "Q00-001", line([(west + 10, south + 10), (west + 20, south + 20)])), "does not cut"),
        "far line": (lambda: plan.split(found, "Q00-001", line([(west + 300, south), (west + 300, north)])), "does not cut"),
        "sliver": (lambda: plan.split(found, "Q00-001", line([(west, south + 0.002), (west + 0.5, south)])), "less than|does not cut"),
        "no line": (lambda: plan.split(found, "Q00-001", shapely.Point(0, 0)), "not a line"),
        "endless line": (lambda: plan.split(found, "Q00-001", line([(west, south), (np.inf, north)])), "not a line"),
        "no grid": (lambda: plan.split(found, "nobody", line([(0, 0), (1, 1)])), "no grid"),
        "corner": (lambda: plan.merge(found, ["Q00-001", "Q00-006"]), "pieces"),
        "one": (lambda: plan.merge(found, ["Q00-001", "Q00-001"]), "two grids"),
        "parents": (lambda: plan.merge(found, ["Q00-002", "Q01-003"]), "one parent"),
        "far transfer": (
            lambda: plan.transfer(found, shapely.box(west, south, west + 20, north), source="Q00-001", target="Q11-016"), "pieces"),
        "ring": (
            lambda: plan.transfer(found, shapely.box(west + 40, south + 40, west + 60, south + 60), source="Q00-001", target="Q00-002"),
            "pieces"),
        "all": (lambda: plan.transfer(found, shapely.box(west, south, east, north), source="Q00-001", target="Q00-002"), "whole grid"),
        "none": (lambda: plan.transfer(found, shapely.box(0, 0, 1, 1), source="Q00-001", target="Q00-002"), "does not meet"),
        "upper": (lambda: plan.transfer(found, shapely.box(0, 0, 1, 1), source="Q00", target="Q01"), "level 3"),
        "far parent": (lambda: plan.re_parent(found, "Q00-001", "Q11"), "pieces"),
        "own level": (lambda: plan.re_parent(found, "Q00-001", "Q00-002"), "next level up"),
        "bow tie": (
            lambda: plan.add_dedicated(found, shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), parent="T", name="x", code="x"),
            "not a valid area"),
    }  # fmt: skip


REFUSED = sorted(refusals(made()))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_with_the_reason(name):
    before = made()
    edit, reason = refusals(before)[name]
    with pytest.raises(PlanError, match=reason) as refused:
        edit()
    assert refused.value.text("zh")
    plan.check(before)


def test_codes_follow_a_scheme_and_run_out():
    grids = lattice(2)
    named = {old: f"9901010010010{number:02d}" for number, old in enumerate(grids.index)}
    table = grids.rename(index=named).assign(parent=grids["parent"].map(named).to_numpy())
    begun = plan.from_grids(table, scheme=codes.UNIT_GRID)
    code = hierarchy.tier(begun.grids).index[0]
    after = plan.split(begun, code, across(begun, code))
    assert all(codes.parse(one) for one in added(after))
    with pytest.raises(PlanError, match="does not fit the scheme"):
        plan.recode(begun, {code: "short"})
    narrow = codes.Scheme((codes.Segment("place", 14), codes.Segment("number", 1)))
    tight = plan.from_grids(table, scheme=narrow)
    taken = pd.DataFrame(
        {"name": "", "level": 3, "kind": "base"}, index=[f"{code[:14]}{n}" for n in range(10) if f"{code[:14]}{n}" not in table.index]
    )
    with pytest.raises(SchemaError, match="number"):
        plan.split(plan.from_grids(tight.grids, retired=taken, scheme=narrow), code, across(begun, code))


def test_from_units_unites_and_keeps_what_an_older_plan_knew():
    old = made()
    units = hierarchy.tier(old.grids)[["households", "geometry"]].rename_axis("unit_id")
    assignment = pd.Series(["A", "A", "B", "B", "A", "A", "B", "B"] + ["C"] * 8, index=units.index)
    parents = pd.Series({"A": "W", "B": "W", "C": "E", "W": "T", "E": "T"})
    new = plan.from_units(units, assignment, parents=parents, keep=old)
    plan.check(new)
    assert new.levels == [1, 2, 3]
    assert new.grids["households"].to_dict() == {"T": 160, "E": 80, "W": 80, "A": 40, "B": 40, "C": 80}
    assert new.grids["name"]["T"] == "top"
    assert set(new.retired.index) == set(old.grids.index) - {"T"}
    with pytest.raises(SchemaError, match="parent"):
        plan.from_units(units, assignment, parents=pd.Series({"A": "B", "B": "A", "C": "A"}))
    with pytest.raises(PlanError, match="overlap"):
        plan.from_units(units.assign(geometry=units.geometry.buffer(1)), assignment)


def test_what_is_no_plan_is_refused_with_its_place():
    grids = lattice()
    shapes = grids.geometry.copy()
    shapes["Q00-001"] = shapes["Q00-001"].buffer(1, join_style="mitre")
    with pytest.raises(PlanError, match="gaps or overlap") as refused:
        plan.from_grids(grids.set_geometry(shapes))
    assert not refused.value.geometry.is_empty
    with pytest.raises(PlanError, match="no parent"):
        plan.from_grids(grids.assign(parent=grids["parent"].replace("Q00", "Q99")))
    with pytest.raises(PlanError, match="not the union"):
        plan.from_grids(grids.assign(parent=grids["parent"].where(grids.index != "Q00-002", "Q01")))
    with pytest.raises(PlanError, match="retired"):
        plan.from_grids(grids, retired=pd.DataFrame({"name": "", "level": 3, "kind": "base"}, index=["Q00-001"]))


def test_counts_come_from_buildings():
    before = made()
    places = [shapely.point_on_surface(shape).buffer(2) for shape in hierarchy.tier(before.grids).geometry]
    buildings = gpd.GeoDataFrame(geometry=places, crs=before.grids.crs).assign(households=3, residents=7)
    cut = plan.split(before, "Q00-001", across(before, "Q00-001", 0.0, 0.1))
    after = plan.counted(cut, buildings)
    assert after.grids["households"][["T", "Q00"]].tolist() == [48, 12]
    assert after.grids["buildings"][added(cut)].sum() == 1


def test_history_takes_back_everything_codes_included():
    begun = plan.History.of(made())
    once = begun.then(plan.split(begun.plan, "Q00-001", across(begun.plan, "Q00-001")))
    twice = once.then(plan.merge(once.plan, added(once.plan)))
    back = twice.undo().undo()
    assert back.plan.same(begun.plan)
    assert back.undo().plan.same(begun.plan)
    assert not back.plan.retired.index.size
    assert back.redo().redo().plan.same(twice.plan)
    assert not back.then(plan.recode(back.plan, {"Q00": "N"})).future


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[str, int, int, float, float]]:
    """Draw a few edits: what, which grids, and where the line runs."""
    kinds = st.sampled_from(["split", "merge", "transfer", "reshape", "re_parent", "recode", "upper"])
    number = st.integers(0, 10_000)
    return draw(st.lists(st.tuples(kinds, number, number, st.floats(0, 3.14), st.floats(-0.2, 0.2)), min_size=1, max_size=6))


def edited(found: plan.Plan, kind: str, one: int, other: int, angle: float, offset: float) -> plan.Plan:
    """Return a plan after one edit."""
    lowest = hierarchy.tier(found.grids)
    code = lowest.index[one % len(lowest)]
    beside = lowest.index[(lowest.index != code) & lowest.geometry.touches(lowest.geometry[code]).to_numpy()]
    neighbour = beside[other % len(beside)]
    line = across(found, code, angle, offset)
    if kind == "split":
        return plan.split(found, code, line)
    if kind == "merge":
        return plan.merge(found, [code, neighbour])
    if kind == "transfer":
        return plan.transfer(found, line.buffer(lowest.geometry[code].length / 12), source=code, target=neighbour)
    if kind == "reshape":
        return plan.reshape(found, code, neighbour, line)
    if kind == "re_parent":
        return plan.re_parent(found, code, lowest["parent"][neighbour])
    uppers = found.grids.index[found.grids["level"] == 2]
    upper = uppers[one % len(uppers)]
    return (
        plan.split(found, upper, across(found, upper, angle, offset)) if kind == "upper" else plan.recode(found, {upper: f"N{one}-{other}"})
    )


def voronoi(seed: int) -> plan.Plan:
    """Return a plan of irregular grids of two levels."""
    random = np.random.default_rng(seed)
    frame = shapely.box(500_000, 4_000_000, 501_000, 4_001_000)
    places = shapely.MultiPoint(random.uniform(0, 1000, (24, 2)) + np.array([500_000, 4_000_000]))
    cells = shapely.get_parts(shapely.voronoi_polygons(places, extend_to=frame))
    shapes = shapely.coverage_clean(shapely.intersection(cells, frame))
    units = gpd.GeoDataFrame({"households": 5}, index=[f"u{n}" for n in range(len(shapes))], geometry=shapes, crs="EPSG:4547")
    names = [f"{'W' if shape.centroid.x < 500_500 else 'E'}{number:03d}" for number, shape in enumerate(shapes)]
    assignment = pd.Series(names, index=units.index)
    parents = pd.Series({name: name[0] for name in names} | {"W": "T", "E": "T"})
    return plan.from_units(units, assignment, parents=parents)


VORONOI = {seed: voronoi(seed) for seed in range(4)}


@settings(max_examples=40, deadline=None)
@given(edits(), st.sampled_from(sorted(VORONOI)))
def test_any_edits_keep_coverage_nesting_codes_and_area(steps, seed):
    history = plan.History.of(VORONOI[seed])
    whole = area(history.plan)
    for step in steps:
        try:
            after = edited(history.plan, *step)
        except PlanError:
            continue
        plan.check(after)
        assert area(after) == pytest.approx(whole, rel=RELATIVE)
        assert history.plan.used <= after.used
        assert not set(after.retired.index) & set(after.grids.index)
        changed = after.grids.index[~after.grids.index.isin(after.changes.index)]
        kept = history.plan.grids.geometry[changed]
        assert shapely.equals(after.grids.geometry[changed].to_numpy(), kept.to_numpy()).all() or apart_max(after, changed, kept) <= 1e-6
        history = history.then(after)
    plans = list(history)
    for number in range(len(plans) - 1, 0, -1):
        history = history.undo()
        assert history.plan.same(plans[number - 1])


def apart_max(found: plan.Plan, codes: pd.Index, kept: gpd.GeoSeries) -> float:
    """Return the largest area that grids share not with their shapes before."""
    return max((apart_m2(found, found.grids.geometry[code], kept[code]) for code in codes), default=0.0)


def test_the_town_is_a_plan_and_edits_touch_what_they_change_alone():
    town = towns.dongyuan()
    before = plan.from_grids(town.grids)
    code = hierarchy.tier(before.grids).index[5]
    after = plan.split(before, code, across(before, code))
    plan.check(after)
    assert area(after) == pytest.approx(area(before), rel=RELATIVE)
    assert set(after.changes.index) == {code, *added(after)}


def test_an_upper_grid_may_be_named_by_the_place_that_codes_below_it_begin_with():
    place = {"T": "990101001", "Q00": "990101001001", "Q01": "990101001002", "Q10": "990101001003", "Q11": "990101001004"}
    table = lattice()
    named = place | {old: f"{place[old[:3]]}{old[-3:]}" for old in table.index if old not in place}
    table = table.rename(index=named).assign(parent=table["parent"].map(named).to_numpy())
    begun = plan.from_grids(table, scheme=codes.UNIT_GRID)
    after = plan.split(begun, "990101001001", across(begun, "990101001001", 0.4))
    assert {len(code) for code in added(after)} == {12, 15}
    assert {"990101001005", "990101001006"} < set(added(after))
    plan.check(after)
    with pytest.raises(PlanError, match="does not fit the scheme"):
        plan.recode(begun, {"990101001001": "99010100100"})  # no whole part
    with pytest.raises(PlanError, match="does not fit the scheme"):
        plan.recode(begun, {"990101001001001": "990101001009"})  # a place is no code of a lowest grid
    with pytest.raises(PlanError, match="does not fit the scheme"):
        plan.from_grids(lattice(), scheme=codes.UNIT_GRID)
