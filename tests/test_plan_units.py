"""Units that follow the edits of a plan: their grids, the parts of those that are cut, and what is counted in them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import VORONOI, edited, made

from gridmap import assign, hierarchy, plan
from gridmap.errors import CRSError, PlanError, SchemaError

WEST, SOUTH = 500_000, 4_000_000


def blocks() -> gpd.GeoDataFrame:
    """Return four blocks of 50 x 50 m in each of the sixteen grids of the lattice, with ten households in one building each."""
    shapes = [shapely.box(WEST + x, SOUTH + y, WEST + x + 50, SOUTH + y + 50) for x in range(0, 400, 50) for y in range(0, 400, 50)]
    index = pd.Index([f"U{number:02d}" for number in range(len(shapes))], name="unit_id")
    columns = {"households": 10, "residents": 25, "buildings": 1, "compound": "x"}
    units = gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs="EPSG:4547")
    return units.assign(grid_code=assign.to_grids(units.set_geometry(units.centroid), hierarchy.tier(made().grids)).astype("str"))


def houses(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a building of ten households in the west of every block."""
    corner = shapely.get_coordinates(shapely.envelope(units.geometry.to_numpy())).reshape(-1, 5, 2).min(axis=1)
    shapes = shapely.box(corner[:, 0] + 5, corner[:, 1] + 5, corner[:, 0] + 15, corner[:, 1] + 15)
    index = pd.Index([f"b{unit}" for unit in units.index], name="building_id")
    return gpd.GeoDataFrame({"households": 10, "residents": 25}, index=index, geometry=shapes, crs=units.crs)


def test_a_cut_block_becomes_parts_counted_by_their_buildings_and_the_rest_follows():
    units = blocks()
    line = shapely.LineString([(WEST + 30, SOUTH - 5), (WEST + 30, SOUTH + 105)])
    after = plan.split(made(), "Q00-001", line, codes=["L", "R"])
    found = plan.units_after(after, units, buildings=houses(units))
    assert list(found.index[:5]) == ["U00-1", "U00-2", "U01-1", "U01-2", "U02"]
    assert found.loc[["U00-1", "U00-2", "U08"], "grid_code"].tolist() == ["L", "R", "R"]
    assert found.loc[["U00-1", "U00-2"], ["households", "residents", "buildings"]].to_numpy().tolist() == [[10, 25, 1], [0, 0, 0]]
    assert shapely.area(found.loc[["U00-1", "U00-2"]].geometry.to_numpy()).tolist() == pytest.approx([1500, 1000])
    assert found["households"].sum() == units["households"].sum()
    assert found["households"].dtype == units["households"].dtype
    assert found["compound"].eq("x").all()
    far = found.index.intersection(units.index).difference(["U02", "U08", "U09", "U10"])
    pd.testing.assert_frame_equal(found.loc[far], units.loc[far])
    assert shapely.coverage_is_valid(found.geometry.to_numpy())


def test_counts_are_unknown_without_buildings_or_where_the_unit_was_counted_otherwise():
    units = blocks()
    units.loc["U01", "households"] = 11  # from another register
    line = shapely.LineString([(WEST + 30, SOUTH - 5), (WEST + 30, SOUTH + 105)])
    after = plan.split(made(), "Q00-001", line)
    bare = plan.units_after(after, units)
    assert bare.loc[["U00-1", "U00-2"], "households"].isna().all()
    assert bare.loc["U02", "households"] == 10
    some = plan.units_after(after, units, buildings=houses(units))
    assert some.loc[["U00-1", "U01-1"], "households"].fillna(-1).tolist() == [10, -1]
    assert some.loc[["U01-1", "U01-2"], "residents"].tolist() == [25, 0]


def test_grids_that_are_merged_recoded_or_given_a_parent():
    units = blocks()
    merged = plan.units_after(plan.merge(made(), ["Q00-001", "Q00-002"], code="M"), units)
    assert merged["grid_code"].eq("M").sum() == 8
    assert merged.geometry.equals(units.geometry)
    recoded = plan.units_after(plan.recode(made(), {"Q00-001": "N"}), units)
    assert set(recoded.index[recoded["grid_code"] == "N"]) == set(units.index[units["grid_code"] == "Q00-001"])
    pd.testing.assert_frame_equal(plan.units_after(plan.re_parent(made(), "Q00-002", "Q01"), units), units)


def test_a_part_has_a_name_of_its_own_and_may_be_cut_again():
    units = blocks().rename(index={"U63": "U00-1"})
    first = plan.split(made(), "Q00-001", shapely.LineString([(WEST + 30, SOUTH - 5), (WEST + 30, SOUTH + 105)]), codes=["L", "R"])
    found = plan.units_after(first, units)
    assert [label for label in found.index if label.startswith("U00")] == ["U00-2", "U00-3", "U00-1"]
    again = plan.units_after(plan.split(first, "L", shapely.LineString([(WEST - 5, SOUTH + 20), (WEST + 35, SOUTH + 20)])), found)
    assert {"U00-2-1", "U00-2-2"} < set(again.index)
    assert shapely.coverage_is_valid(again.geometry.to_numpy())


def test_what_is_wrong_is_said():
    with pytest.raises(SchemaError, match="grid_code"):
        plan.units_after(made(), blocks().drop(columns="grid_code"))
    with pytest.raises(CRSError):
        plan.units_after(made(), blocks().to_crs("EPSG:4490"))
    after = plan.recode(made(), {"Q00-001": "N"})
    assert plan.units_after(after, blocks().iloc[:0]).empty


def test_scraps_and_crossed_outlines_are_borne():
    after = plan.split(made(), "Q00-001", shapely.LineString([(WEST + 30, SOUTH - 5), (WEST + 30, SOUTH + 105)]), codes=["L", "R"])
    bow = shapely.Polygon([(WEST + 20, SOUTH), (WEST + 40, SOUTH + 20), (WEST + 40, SOUTH), (WEST + 20, SOUTH + 20)])
    scrap = shapely.box(WEST + 29.8, SOUTH + 50, WEST + 30.2, SOUTH + 51)  # less than 1 m2, half of it in either grid
    out = shapely.box(WEST - 50, SOUTH + 60, WEST + 60, SOUTH + 80)  # in two grids and beyond the plan
    far = shapely.box(WEST - 50, SOUTH, WEST - 10, SOUTH + 10)
    index = pd.Index(["bow", "scrap", "out", "far"], name="unit_id")
    units = gpd.GeoDataFrame({"grid_code": "Q00-001"}, index=index, geometry=[bow, scrap, out, far], crs="EPSG:4547")
    found = plan.units_after(after, units)
    assert found["grid_code"].to_dict() == {
        "bow-1": "L", "bow-2": "R", "scrap": "L", "out-1": "L", "out-2": "R", "far": "Q00-001",
    }  # fmt: skip
    assert found.area["out-1"] == pytest.approx(1600)  # with what lies beyond
    assert found.area.sum() == pytest.approx(shapely.make_valid(bow).area + scrap.area + out.area + far.area)


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(sorted(VORONOI)),
    st.tuples(
        st.sampled_from(["split", "merge", "transfer", "reshape", "recode", "upper"]),
        st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0, 3.14), st.floats(-0.2, 0.2),
    ),
)  # fmt: skip
def test_every_unit_lies_in_its_grid_and_the_ground_stays(seed, step):
    normal = VORONOI[seed]
    tier = hierarchy.tier(normal.grids)
    # Units smaller than grids: a second Voronoi net cut by the grids.
    west, south, east, north = tier.total_bounds
    random = np.random.default_rng(step[1])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(random.uniform((west, south), (east, north), (40, 2)))))
    net = gpd.overlay(gpd.GeoDataFrame(geometry=cells, crs=tier.crs), tier.reset_index()[["grid_code", "geometry"]], keep_geom_type=True)
    units = net[net.area > 5].rename(index=lambda number: f"U{number}").rename_axis("unit_id")
    try:
        after = edited(normal, *step)
    except PlanError:
        return
    found = plan.units_after(after, units.assign(households=1))
    assert found.index.is_unique
    assert found.area.sum() == pytest.approx(units.area.sum(), rel=1e-9)
    inside = found.geometry.intersection(after.grids.geometry.loc[found["grid_code"]].set_axis(found.index)).area
    assert (found.area - inside).max() <= 3  # scraps of less than 1 m2 stay with the largest part
