"""Risk zones over a plan: the tier of an emergency, whom the switch concerns, and edits that zones follow."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import VORONOI, across, added, edited, made

from gridmap import coverage, hierarchy, plan
from gridmap.errors import GridmapWarning, PlanError, SchemaError
from gridmap.plan import TOTAL, Scenarios, switch

# The lattice of four by four: columns from west to east, rows from south to north.
#   Q01-004 Q01-008 | Q11-012 Q11-016
#   Q01-003 Q01-007 | Q11-011 Q11-015
#   ----------------+----------------
#   Q00-002 Q00-006 | Q10-010 Q10-014
#   Q00-001 Q00-005 | Q10-009 Q10-013
ZONES = pd.Series({"Q00": "south", "Q10-009": "south", "Q11-015": "mill", "Q11-016": "mill"})
RISK = pd.Series({"mill": "high", "south": "low"})


def begun() -> Scenarios:
    """Return the lattice with five grids in the zone south, across two parents, and two in the zone mill."""
    return Scenarios(made(), ZONES, RISK)


def test_an_upper_grid_stands_for_all_below_it_and_risk_orders_the_zones():
    found = begun()
    assert found.zones.to_dict() == {
        "Q00-001": "south", "Q00-002": "south", "Q00-005": "south", "Q00-006": "south", "Q10-009": "south",
        "Q11-015": "mill", "Q11-016": "mill",
    }  # fmt: skip
    assert list(found.risk.index) == ["mill", "south"]
    assert "7 grids in zones: mill high, south low" in repr(found)
    levels = pd.Series({"c": "low", "b": "high", "a": "medium", "d": "high"})
    alone = Scenarios(made(), pd.Series({"Q00-001": "a", "Q00-002": "b", "Q01-003": "c", "Q01-004": "d"}), levels)
    assert list(alone.risk.index) == ["b", "d", "a", "c"]


def test_the_emergency_covers_the_same_ground_with_zones_in_the_place_of_their_grids():
    found = begun()
    table = found.emergency
    assert list(table.index[:2]) == ["mill", "south"]
    assert list(table.index[2:]) == [code for code in hierarchy.tier(found.normal.grids).index if code not in found.zones.index]
    assert table["grids"].tolist() == [2, 5, *[1] * 9]
    assert table["households"].tolist() == [20, 50, *[10] * 9]
    assert table["risk"].iloc[:2].tolist() == ["high", "low"]
    assert table["risk"].iloc[2:].isna().all()
    assert table.geometry["mill"].equals(shapely.box(500_300, 4_000_200, 500_400, 4_000_400))
    assert coverage.check(table, boundary=found.normal.grids.loc[["T"]].set_index("name")).empty
    assert table.geometry["Q01-003"].equals(found.normal.grids.geometry["Q01-003"])
    assert found.normal.same(made())  # the plan of normal days is as it was


def test_a_switch_tells_households_and_says_where_they_are_unknown():
    table = switch(begun())
    assert table[["grids", "area_m2", "households", "uncounted"]].T.to_dict("list") == {
        "mill": [2, 20_000, 20, 0],
        "south": [5, 50_000, 50, 0],
        TOTAL: [7, 70_000, 70, 0],
    }
    assert "posts" not in table
    cut = plan.split(begun().normal, "Q10-009", across(begun().normal, "Q10-009"))
    after = switch(begun().then(cut))
    assert after["households"].isna().tolist() == [False, True, True]
    assert after["uncounted"].tolist() == [0, 2, 2]
    assert after["grids"].tolist() == [2, 6, 8]
    bare = made()
    without = plan.from_grids(bare.grids.drop(columns="households"))
    assert switch(Scenarios(without, ZONES, RISK))["uncounted"].tolist() == [2, 5, 7]


def test_a_switch_counts_posts_in_zones_of_dedicated_grids_and_of_upper_ones():
    west, south = 500_000, 4_000_000
    school = shapely.box(west + 180, south + 20, west + 230, south + 40)  # in Q00-005 and Q10-009, both of the zone south
    market = shapely.box(west + 280, south + 250, west + 320, south + 260)  # in Q11-011, of no zone, and Q11-015
    normal = plan.add_dedicated(made(), school, parent="T", name="school", code="D1")
    normal = plan.add_dedicated(normal, market, parent="Q11", name="market", code="D2")
    held = {
        "p1": ("Q00-001", "w1"), "p2": ("Q00-001", None), "p3": ("Q11-016", "w3"), "p4": ("Q01-003", "w4"), "p5": ("Q00", "c1"),
        "p6": ("Q10", "c2"), "p7": ("Q11", "c3"), "p8": ("T", "c4"), "p9": ("D1", "d1"), "p10": ("D2", None), "p11": (None, "x"),
    }  # fmt: skip
    staff = pd.DataFrame.from_dict(held, orient="index", columns=["grid_code", "holder"]).rename_axis("post_id")
    table = switch(Scenarios(normal, ZONES, RISK), staff=staff)
    assert table[["posts", "vacant", "posts_above"]].T.to_dict("list") == {
        "mill": [2, 1, 2],  # p3 and p10; p7 and p8 hand over
        "south": [3, 1, 3],  # p1, p2, p9; p5, p6, p8
        TOTAL: [5, 2, 4],  # p8 once
    }
    assert switch(Scenarios(normal, ZONES, RISK), staff=staff.drop(columns="holder"))["vacant"].tolist() == [0, 0, 0]
    with pytest.warns(GridmapWarning, match="counted nowhere"):
        switch(begun(), staff=staff)  # D1 and D2 are not in this plan
    with pytest.raises(SchemaError, match="grid_code"):
        switch(begun(), staff=staff[["holder"]])
    with pytest.raises(SchemaError, match="duplicate"):
        switch(begun(), staff=pd.concat([staff, staff]))
    with pytest.raises(SchemaError, match="姓名"):
        switch(begun(), staff=staff.assign(姓名="x"))


def test_no_zones_concern_nobody():
    none = Scenarios(made(), pd.Series(dtype="str"), pd.Series(dtype="str"))
    assert list(none.emergency.index) == list(hierarchy.tier(made().grids).index)
    staff = pd.DataFrame({"grid_code": ["T", "Q00-001"]}, index=["a1", "b2"])
    table = switch(none, staff=staff)
    assert list(table.index) == [TOTAL]
    assert table.loc[TOTAL, ["grids", "area_m2", "households", "uncounted", "posts", "posts_above"]].tolist() == [0, 0, 0, 0, 0, 0]
    everything = Scenarios(made(), pd.Series({"T": "all of it"}), pd.Series({"all of it": "medium"}))
    assert everything.emergency["households"].to_dict() == {"all of it": 160}


def test_rows_without_a_zone_are_in_none():
    column = pd.Series({"Q00-001": "a", "Q00-002": None, "T": np.nan}, dtype="str")
    assert Scenarios(made(), column, pd.Series({"a": "low"})).zones.to_dict() == {"Q00-001": "a"}


@pytest.mark.parametrize(
    ("zones", "risk", "reason"),
    [
        ({"Q00-001": "a", "Q00-006": "a"}, {"a": "low"}, "falls into 2 pieces"),  # a corner is no border
        ({"Q00-001": "a", "Q11-016": "a", "Q11-015": "b"}, {"a": "low", "b": "low"}, "falls into 2 pieces"),
        ({"Q00": "a", "Q00-001": "b"}, {"a": "low", "b": "low"}, "two zones"),
        ({"Q99": "a"}, {"a": "low"}, "no base grids"),
        ({"Q00": "a"}, {"a": "extreme"}, "no such risk"),
        ({"Q00": "a"}, {"a": None}, "no such risk"),
        ({"Q00": "a"}, {}, "exactly these zones"),
        ({"Q00": "a"}, {"a": "low", "b": "low"}, "exactly these zones"),
        ({"Q00": "Q11"}, {"Q11": "low"}, "name of a zone"),
        ({"Q00": TOTAL}, {TOTAL: "low"}, "name of a zone"),
        ({"Q00": " "}, {" ": "low"}, "name of a zone"),
    ],
)
def test_what_is_no_zone_is_refused(zones, risk, reason):
    with pytest.raises((PlanError, SchemaError), match=reason) as refused:
        Scenarios(made(), pd.Series(zones, dtype="str"), pd.Series(risk, dtype="str"))
    assert refused.value.text("zh")


def test_a_dedicated_grid_and_a_retired_name_are_no_zone():
    normal = plan.recode(made(), {"Q01": "N"})
    normal = plan.add_dedicated(normal, shapely.box(500_010, 4_000_010, 500_020, 4_000_020), parent="Q00-001", name="x", code="D")
    with pytest.raises(PlanError, match="no base grids"):
        Scenarios(normal, pd.Series({"D": "a"}), pd.Series({"a": "low"}))
    with pytest.raises(PlanError, match="name of a zone"):
        Scenarios(normal, pd.Series({"N": "Q01"}), pd.Series({"Q01": "low"}))
    with pytest.raises(SchemaError, match="duplicate"):
        Scenarios(normal, pd.Series(["a", "b"], index=["N", "N"]), pd.Series({"a": "low", "b": "low"}))


def test_the_parts_of_one_grid_hang_together():
    # One grid of two parts around a river: the zone is the grid, and with its neighbour on one side it is whole too.
    shapes = [shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(120, 0, 220, 100)]), shapely.box(100, 0, 120, 100),
              shapely.box(220, 0, 300, 100), shapely.box(300, 0, 400, 100)]  # fmt: skip
    frame = {"name": list("abcd"), "level": 1, "kind": "base", "parent": None}
    grids = gpd.GeoDataFrame(frame, index=pd.Index(list("abcd"), name="grid_code"), geometry=shapes, crs="EPSG:4547")
    normal = plan.from_grids(grids)
    assert len(Scenarios(normal, pd.Series({"a": "z", "c": "z"}), pd.Series({"z": "low"})).emergency) == 3
    with pytest.raises(PlanError, match="pieces"):
        Scenarios(normal, pd.Series({"b": "z", "c": "z"}), pd.Series({"z": "low"}))


def test_pieces_inherit_and_merging_needs_one_zone():
    found = begun()
    cut = plan.split(found.normal, "Q11-016", across(found.normal, "Q11-016"))
    after = found.then(cut)
    assert set(after.zones[added(cut)]) == {"mill"}
    assert after.emergency.geometry["mill"].equals(found.emergency.geometry["mill"])
    again = plan.merge(cut, added(cut))
    assert after.then(again).zones[added(again)].tolist() == ["mill"]
    upper = plan.split(found.normal, "Q00", across(found.normal, "Q00", 1.3))
    assert (found.then(upper).zones == "south").sum() == 5 + len([code for code in added(upper) if upper.grids["level"][code] == 3]) // 2
    with pytest.raises(PlanError, match="not in one zone") as refused:
        found.then(plan.merge(found.normal, ["Q11-011", "Q11-015"]))  # one in no zone
    assert refused.value.rows == ["Q11-011", "Q11-015"]
    assert not refused.value.geometry.is_empty
    other = Scenarios(made(), pd.Series({"Q00-001": "a", "Q00-002": "b"}), pd.Series({"a": "low", "b": "low"}))
    with pytest.raises(PlanError, match="not in one zone"):
        other.then(plan.merge(other.normal, ["Q00-001", "Q00-002"]))


def test_recoded_grids_keep_their_zone_and_two_edits_at_once_are_refused():
    found = begun()
    recoded = plan.recode(found.normal, {"Q11-016": "N"})
    assert found.then(recoded).zones["N"] == "mill"
    twice = plan.recode(recoded, {"N": "M"})
    with pytest.raises(PlanError, match="one edit away") as refused:
        found.then(twice)
    assert refused.value.rows == ["M"]
    assert found.then(recoded).then(twice).zones["M"] == "mill"
    gone = plan.merge(plan.merge(found.normal, ["Q01-003", "Q01-004"]), ["Q01-007", "Q01-008"])
    with pytest.raises(PlanError, match="one edit away"):
        found.then(gone)


def test_a_transfer_that_parts_a_zone_is_refused():
    found = Scenarios(made(), pd.Series({"Q00-001": "a", "Q00-002": "a"}), pd.Series({"a": "low"}))
    west, south, east, _ = found.normal.grids.geometry["Q00-002"].bounds
    strip = shapely.box(west - 1, south, east + 1, south + 20)
    # The strip between the two goes to the neighbour in the east, of no zone.
    moved = plan.transfer(found.normal, strip, source="Q00-002", target="Q00-006")
    with pytest.raises(PlanError, match="falls into 2 pieces"):
        found.then(moved)


def grown(found: plan.Plan, seeds: list[int], size: int) -> pd.Series:
    """Return zones that grow from lowest grids over common borders."""
    lowest = hierarchy.tier(found.grids)
    zones: dict[str, str] = {}
    for number, seed in enumerate(seeds):
        front = [lowest.index[seed % len(lowest)]]
        while front and sum(zone == f"z{number}" for zone in zones.values()) < size:
            code = front.pop(0)
            if code in zones:
                continue
            zones[code] = f"z{number}"
            shape = lowest.geometry[code]
            common = shapely.length(shapely.intersection(lowest.geometry.to_numpy(), shape))
            front += [one for one in lowest.index[common > 1e-3] if one != code]
    return pd.Series(zones, dtype="str")


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(sorted(VORONOI)),
    st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True),
    st.lists(
        st.tuples(
            st.sampled_from(["split", "merge", "transfer", "reshape", "re_parent", "recode", "upper"]),
            st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0, 3.14), st.floats(-0.2, 0.2),
        ), min_size=1, max_size=4),
)  # fmt: skip
def test_any_edits_keep_zones_whole_and_on_their_ground(seed, seeds, steps):
    normal = VORONOI[seed]
    zones = grown(normal, seeds, 4)
    found = Scenarios(normal, zones, pd.Series("medium", index=sorted(set(zones))))
    whole = shapely.area(hierarchy.tier(normal.grids).geometry.to_numpy()).sum()
    for step in steps:
        try:
            after = found.then(edited(found.normal, *step))
        except PlanError:
            continue
        table = after.emergency
        assert shapely.coverage_is_valid(table.geometry.to_numpy())
        assert shapely.area(table.geometry.to_numpy()).sum() == pytest.approx(whole, rel=1e-9)
        if step[0] not in ("transfer", "reshape"):
            apart = shapely.symmetric_difference(table.geometry[after.risk.index].to_numpy(), found.emergency.geometry[after.risk.index])
            assert shapely.area(apart).max() <= 1e-3
        counts = switch(after)
        assert counts["grids"].iloc[:-1].sum() == counts["grids"][TOTAL] == len(after.zones)
        assert counts["area_m2"].iloc[:-1].sum() == pytest.approx(counts["area_m2"][TOTAL])
        assert counts["area_m2"].iloc[:-1].to_numpy() == pytest.approx(shapely.area(table.geometry[after.risk.index].to_numpy()))
        found = after


def test_dedicated_grids_stay_over_the_emergency_and_are_added_to_nothing():
    west, south = 500_000, 4_000_000
    school = shapely.box(west + 180, south + 20, west + 230, south + 40)  # in Q00-005 and Q10-009, both of the zone south
    market = shapely.box(west + 280, south + 250, west + 320, south + 260)  # in Q11-011, of no zone, and Q11-015, of mill
    park = shapely.box(west + 10, south + 210, west + 20, south + 220)  # in Q01-003, of no zone
    normal = plan.add_dedicated(made(), school, parent="T", name="school", code="D1")
    normal = plan.add_dedicated(normal, market, parent="Q11", name="market", code="D2")
    normal = plan.add_dedicated(normal, park, parent="Q01", name="park", code="D3")
    bare, table = begun().emergency, Scenarios(normal, ZONES, RISK).emergency
    base, over = (table[table["kind"] == kind] for kind in ("base", "dedicated"))
    pd.testing.assert_frame_equal(base, bare)  # figures of dedicated grids are of those of the base
    assert over["parent"].fillna("-").to_dict() == {"D1": "south", "D2": "-", "D3": "Q01-003"}
    assert over["risk"].fillna("-").to_dict() == {"D1": "low", "D2": "-", "D3": "-"}
    assert over["name"].tolist() == ["school", "market", "park"]
    assert over["grids"].isna().all()
    assert over["level"].eq(1).all()
    assert shapely.equals(over.geometry.to_numpy(), [school, market, park]).all()
    flat = table[table.index != "D2"]
    assert plan.from_grids(flat.drop(columns=["risk", "grids"])).grids["parent"]["D1"] == "south"
    assert switch(Scenarios(normal, ZONES, RISK))["dedicated"].to_dict() == {"mill": 1, "south": 1, TOTAL: 2}
