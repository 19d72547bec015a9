"""A ledger applied to a plan: every building ends where the ledger says, or nothing changes and the reason is told."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import adjacency, assign, hierarchy, plan, synth
from gridmap.errors import CRSError, PlanError, SchemaError
from gridmap.plan.nearest import lines_between

CRS = "EPSG:4547"
EAST, NORTH = 500_000.0, 4_000_000.0


def at(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.affinity.translate(shape, EAST, NORTH)


def row_of_three() -> plan.Plan:
    """Return three squares of 120 m in a row, A, B and C; A and B under X, C under Y; 4 households in A, 8 in B, 12 in C.

    Each holds four buildings of 10 m in its corners: A1 (south-west), A2 (south-east), A3 (north-west), A4 (north-east).
    """
    squares = {code: shapely.box(120 * n, 0, 120 * n + 120, 120) for n, code in enumerate("ABC")}
    rows = [("X", 1, None, squares["A"].union(squares["B"]), 12), ("Y", 1, None, squares["C"], 12)]
    rows += [(code, 2, "Y" if code == "C" else "X", shape, 4 * n) for n, (code, shape) in enumerate(squares.items(), start=1)]
    codes, levels, parents, shapes, households = zip(*rows, strict=True)
    columns = {"name": codes, "level": levels, "kind": "base", "parent": parents, "households": households}
    grids = gpd.GeoDataFrame(columns, index=pd.Index(codes, name="grid_code"), geometry=[at(shape) for shape in shapes], crs=CRS)
    return plan.from_grids(grids)


def buildings() -> gpd.GeoDataFrame:
    spots = {f"{code}{k + 1}": (120 * n + 20 + 70 * (k % 2), 20 + 70 * (k // 2)) for n, code in enumerate("ABC") for k in range(4)}
    shapes = [at(shapely.box(x, y, x + 10, y + 10)) for x, y in spots.values()]
    households = [n for n in (1, 2, 3) for _ in range(4)]
    return gpd.GeoDataFrame(
        {"households": households, "residents": 5}, index=pd.Index(list(spots), name="building_id"), geometry=shapes, crs=CRS
    )


def halves() -> gpd.GeoDataFrame:
    """Return units: the western and the eastern half of every square, and a narrow one without buildings."""
    shapes = [at(shapely.box(60 * n, 0, 60 * n + 60, 120)) for n in range(5)] + [
        at(shapely.box(300, 0, 350, 120)),
        at(shapely.box(350, 0, 360, 120)),
    ]
    return gpd.GeoDataFrame({"households": 1}, index=[f"U{n}" for n in range(7)], geometry=shapes, crs=CRS)


def wanted(**moved: str) -> pd.Series:
    """Return the ledger of where the buildings are, but for those named."""
    codes = {label: label[0] for label in buildings().index}
    return pd.Series(codes | moved, dtype="str")


def area(found: plan.Plan, code: str) -> float:
    return float(found.grids.geometry[code].area)


def homes(found: plan.Plan, stock: gpd.GeoDataFrame) -> pd.Series:
    """Return the lowest grid of every building."""
    points = gpd.GeoDataFrame(geometry=shapely.point_on_surface(stock.geometry.to_numpy()), index=stock.index, crs=stock.crs)
    return assign.to_grids(points, hierarchy.tier(found.grids))


def test_a_unit_goes_whole_if_all_its_buildings_do():
    begun, stock, ledger, units = row_of_three(), buildings(), wanted(A2="B", A4="B"), halves()
    after = plan.apply(begun, stock, ledger, units=units)
    plan.check(after)
    assert after.grids.geometry["A"].equals(at(shapely.box(0, 0, 60, 120)))
    assert after.grids.geometry["B"].equals(at(shapely.box(60, 0, 240, 120)))
    assert after.changes["change"].to_dict() == {"A": "reshaped", "B": "reshaped"}
    assert after.grids["households"].to_dict() == {"X": 12, "Y": 12, "A": 2, "B": 10, "C": 12}
    assert begun.same(row_of_three())
    pd.testing.assert_frame_equal(stock, buildings())
    pd.testing.assert_series_equal(ledger, wanted(A2="B", A4="B"))
    pd.testing.assert_frame_equal(units, halves())


def test_a_unit_is_cut_half_way_between_its_buildings_otherwise():
    after = plan.apply(row_of_three(), buildings(), wanted(A4="B"), units=halves())
    plan.check(after)
    # A2 ends at y = 30 and A4 begins at 90: nearest to A4 is what of the unit lies north of 60
    assert after.grids.geometry["B"].symmetric_difference(at(shapely.box(60, 60, 240, 120).union(shapely.box(120, 0, 240, 120)))).area < 0.5
    assert area(after, "A") == pytest.approx(120 * 120 - 60 * 60, abs=0.5)


def test_without_units_the_grid_itself_is_cut():
    after = plan.apply(row_of_three(), buildings(), wanted(A2="B", A4="B"))
    # A1 ends at x = 30 and A2 begins at 90
    assert after.grids.geometry["A"].symmetric_difference(at(shapely.box(0, 0, 60, 120))).area < 0.5


def test_several_moves_may_need_one_another():
    """A gives to B and B to C at once; where two grids change places, neither move could stand alone."""
    moves = {"A2": "B", "A4": "B", "B2": "C", "B4": "C"}
    after = plan.apply(row_of_three(), buildings(), wanted(**moves), units=halves())
    plan.check(after)
    assert [area(after, code) for code in "ABC"] == pytest.approx([60 * 120, 120 * 120, 180 * 120])
    assert after.grids.geometry["X"].equals(at(shapely.box(0, 0, 180, 120)))
    assert after.grids["households"].to_dict() == {"X": 8, "Y": 16, "A": 2, "B": 6, "C": 16}
    swapped = plan.apply(
        row_of_three(), buildings(), wanted(**{f"A{n}": "B" for n in (1, 2, 3, 4)}, **{f"B{n}": "A" for n in (1, 2, 3, 4)})
    )
    plan.check(swapped)
    assert swapped.grids.geometry["A"].equals(at(shapely.box(120, 0, 240, 120)))


def test_ground_in_no_unit_follows_the_nearest_building():
    rest = halves().drop(index=["U1"])
    after = plan.apply(row_of_three(), buildings(), wanted(A4="B"), units=rest)
    assert area(after, "A") == pytest.approx(120 * 120 - 60 * 60, abs=0.5)


def test_ground_without_buildings_stays_with_its_grid():
    """The empty unit at the far end of C is no part of what goes; C, left with it alone, still stands."""
    every = {f"C{n}": "B" for n in (1, 2, 3, 4)}
    after = plan.apply(row_of_three(), buildings(), wanted(**every), units=halves())
    plan.check(after)
    assert after.grids.geometry["C"].equals(at(shapely.box(350, 0, 360, 120)))
    assert after.grids["households"]["C"] == 0


def test_nothing_moves_nothing_changes():
    begun = row_of_three()
    after = plan.apply(begun, buildings(), wanted().sample(frac=1, random_state=1), units=halves())
    assert after.same(begun)
    assert after.changes.empty
    assert plan.apply(begun, buildings().head(0), wanted().head(0)).same(begun)


def test_figures_that_were_no_sums_of_these_buildings_are_unknown_after():
    begun = plan.from_grids(row_of_three().grids.assign(households=100, buildings=[8, 4, 4, 4, 4]))
    after = plan.apply(begun, buildings(), wanted(A2="B", A4="B"), units=halves())
    assert after.grids["households"].isna().to_dict() == {"X": True, "Y": False, "A": True, "B": True, "C": False}
    assert after.grids["buildings"].to_dict() == {"X": 8, "Y": 4, "A": 2, "B": 6, "C": 4}


def test_counts_that_are_none_are_named():
    with pytest.raises(SchemaError, match=r"residents of buildings is no whole number from 0; given: 2\.5; 12 rows"):
        plan.apply(row_of_three(), buildings().assign(residents=2.5), wanted(A2="B", A4="B"))
    after = plan.apply(row_of_three(), buildings().drop(columns=["households", "residents"]), wanted(A2="B", A4="B"))
    assert after.grids["households"][["A", "B"]].isna().all()


def test_dedicated_grids_go_with_their_ground_or_stop_the_move():
    begun = row_of_three()
    inside = plan.add_dedicated(begun, at(shapely.box(180, 10, 235, 40)), parent="X", name="school", code="D")
    after = plan.apply(inside, buildings(), wanted(B2="C", B4="C"), units=halves())
    plan.check(after)
    assert after.grids["parent"]["D"] == "Y"
    across = plan.add_dedicated(begun, at(shapely.box(150, 50, 200, 60)), parent="B", name="market", code="D")
    with pytest.raises(PlanError, match="stand out of its parent"):
        plan.apply(across, buildings(), wanted(B2="C", B4="C"), units=halves())


REFUSED = {
    "pieces": ({"A1": "C"}, "pieces"),
    "all": ({f"A{n}": "B" for n in (1, 2, 3, 4)}, "whole grid"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_move_that_leaves_a_grid_in_pieces_or_without_ground_is_refused(name):
    moves, reason = REFUSED[name]
    with pytest.raises(PlanError, match=reason) as refused:
        plan.apply(row_of_three(), buildings(), wanted(**moves))
    assert not refused.value.geometry.is_empty
    assert refused.value.text("zh")


def faulty() -> dict[str, tuple[pd.Series, str]]:
    """Return ledgers that cannot be, with the message of each."""
    good = wanted()
    return {
        "missing": (good.drop(["A1", "C4"]), "missing in the ledger; 2 rows, first: A1, C4"),
        "unknown": (pd.concat([good, pd.Series({"Z9": "A"})]), "not known; 1 rows, first: Z9"),
        "twice": (pd.concat([good, good.loc[["B1"]]]), "twice in the ledger; 1 rows, first: B1"),
        "no code": (good.where(good.index != "B2"), "no grid code; 1 rows, first: B2"),
        "no grid": (wanted(A1="Q", A2="Q", A3="R"), "no base grid of level 2 of the plan: 2; given: Q, R; 3 rows, first: A1, A2, A3"),
        "upper": (wanted(A1="X"), "no base grid of level 2"),
        "empty": (good.head(0), "missing in the ledger; 12 rows, first: A1, A2, A3, A4, B1"),
    }


@pytest.mark.parametrize("name", faulty())
def test_a_faulty_ledger_is_one_clear_error_with_its_first_rows(name):
    ledger, message = faulty()[name]
    with pytest.raises(PlanError, match=message) as refused:
        plan.apply(row_of_three(), buildings(), ledger)
    assert refused.value.text("zh")


def test_faulty_buildings_are_named():
    begun, stock = row_of_three(), buildings()
    outside = pd.concat([stock, stock.head(1).set_axis(["Z"]).translate(0, 900).to_frame("geometry").set_crs(CRS)])
    with pytest.raises(PlanError, match="outside the plan; 1 rows, first: Z"):
        plan.apply(begun, outside, wanted(Z="A"))
    left_out = pd.concat([wanted(), pd.Series({"Z": None}, dtype="str")])
    assert plan.apply(begun, outside, left_out).same(begun)
    lost = stock.set_geometry(stock.geometry.where(stock.index != "A1", None))
    with pytest.raises(PlanError, match="no shape; 1 rows, first: A1"):
        plan.apply(begun, lost, wanted())
    with pytest.raises(SchemaError, match="buildings"):
        plan.apply(begun, stock.set_axis(["A1"] * len(stock)), wanted())
    with pytest.raises(CRSError, match="buildings and plan"):
        plan.apply(begun, stock.to_crs("EPSG:4326"), wanted())
    with pytest.raises(CRSError, match="units and plan"):
        plan.apply(begun, stock, wanted(A1="B"), units=halves().to_crs("EPSG:4326"))
    same = stock.set_geometry(stock.geometry.where(stock.index != "A4", stock.geometry["A2"]), crs=CRS)
    with pytest.raises(PlanError, match=r"overlap others.*A[24]"):
        plan.apply(begun, same, wanted(A2="B"))


def test_the_lines_between_buildings_are_half_way():
    """Two rows of houses 20 m apart and a third group: the places where the nearest group changes, by distances alone."""
    left = [shapely.box(0, 15 * n, 10, 15 * n + 12) for n in range(6)]
    right = [shapely.box(30, 15 * n, 45, 15 * n + 12) for n in range(6)]
    shapes, groups = np.array([*left, *right, shapely.box(0, 130, 45, 140)], dtype=object), np.array([0] * 6 + [1] * 6 + [2])
    lines = lines_between(shapes, groups)
    places = shapely.points(np.random.default_rng(0).uniform([-50, -50], [90, 190], (400, 2)))
    away = np.array([shapely.distance(places, shapely.union_all(shapes[groups == number])) for number in range(3)])
    near = np.sort(away, axis=0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.unary_union([lines, shapely.box(-60, -60, 100, 200).exterior]))))
    assert len(faces) == 3
    clear = near[1] - near[0] > 1.5  # cores, steps and smoothing
    face = shapely.STRtree(faces).query(places[clear], predicate="within")[1]
    nearest = away.argmin(axis=0)[clear]
    assert clear.sum() > 300
    assert len({(int(one), int(other)) for one, other in zip(face, nearest, strict=True)}) == 3
    assert lines_between(shapes, np.zeros(13, dtype=int)).is_empty


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


@pytest.fixture(scope="module")
def begun(town: synth.Town) -> plan.Plan:
    return plan.from_grids(town.grids)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_every_building_ends_in_exactly_the_grid_the_ledger_says(town, begun, data):
    """Some moves of the nearest buildings between neighbours of the demo town, with and without units."""
    tier = hierarchy.tier(begun.grids)
    links = adjacency.queen(tier).matrix
    held = homes(begun, town.buildings)
    ledger = held.copy()
    metric = town.buildings.to_crs(begun.plane.metric).geometry
    shapes = tier.to_crs(begun.plane.metric).geometry
    for _ in range(data.draw(st.integers(1, 3))):
        source = data.draw(st.integers(0, len(tier) - 1))
        target = data.draw(st.sampled_from(links[[source]].indices.tolist()))
        mine = held.index[held == tier.index[source]]
        count = data.draw(st.integers(1, min(5, len(mine))))
        ledger[metric[mine].distance(shapes.iloc[target]).sort_values(kind="stable").index[:count]] = tier.index[target]
    units = data.draw(st.sampled_from([None, town.units]))
    try:
        after = plan.apply(begun, town.buildings, ledger, units=units)
    except PlanError as refused:
        if refused.key not in {"plan_in_pieces", "plan_dedicated_out"}:
            raise
        return
    plan.check(after)
    assert homes(after, town.buildings).equals(ledger)
    changed = hierarchy.tier(after.grids)
    assert shapely.area(after.plane.measured(changed.geometry.to_numpy())).sum() == pytest.approx(
        shapely.area(begun.plane.measured(tier.geometry.to_numpy())).sum(), rel=1e-9
    )
    assert (
        after.grids["households"].groupby([after.grids["kind"], after.grids["level"]]).sum().to_dict()
        == begun.grids["households"].groupby([begun.grids["kind"], begun.grids["level"]]).sum().to_dict()
    )
    moved = ledger.index[ledger != held]
    out = shapely.difference(metric[moved].to_numpy(), changed.to_crs(begun.plane.metric).geometry[ledger[moved]].to_numpy())
    assert (shapely.area(out) < 0.5).all()  # no cut through a building
