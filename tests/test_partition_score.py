"""The score of a partition, held against hand formulas on a lattice, against shapely, and against what the other rooms say."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from conftest import square
from hypothesis import given, settings
from hypothesis import strategies as st
from partition_lattice import drawn, lattice, lattice_edges

from gridmap import crs, partition, workload
from gridmap.errors import CRSError, SchemaError


@pytest.fixture
def town() -> gpd.GeoDataFrame:
    """Twelve squares of 100 m in three rows of four, 100 households in each."""
    return lattice(4, 3, households=100)


def test_a_lattice_by_hand(town: gpd.GeoDataFrame) -> None:
    edges = lattice_edges(4, 3)
    edges["kind"] = np.where(edges["left"].str[1:].astype(int) + 1 == edges["right"].str[1:].astype(int), "primary", None)
    found = partition.score(town, drawn(town, "a a b b", "a a b b", "c c c c"), edges=edges)
    grids, total = found.grids, found.total
    assert grids.index.tolist() == ["a", "b", "c"]
    assert grids["units"].tolist() == [4, 4, 4]
    assert grids["households"].tolist() == [400, 400, 400]
    assert grids["in_band"].all()
    assert grids["area_m2"].tolist() == [40_000] * 3
    assert grids["perimeter_m"].tolist() == [800, 800, 1000]
    assert grids["border_m"].tolist() == [400, 400, 400]
    assert grids["street_share"].tolist() == [0.5, 0.5, 0.0]  # the border of a and b runs between west and east
    assert grids["compactness"].tolist() == pytest.approx([np.pi / 4, np.pi / 4, 4 * np.pi * 40_000 / 1000**2])
    assert grids["span_m"].tolist() == pytest.approx([200 * 2**0.5, 200 * 2**0.5, 17**0.5 * 100])
    assert grids["parts"].tolist() == [1, 1, 1]
    assert total["border_m"] == 600
    assert total["street_share"] == pytest.approx(1 / 3)
    assert total[["cv", "gini", "off_band", "outside"]].tolist() == [0, 0, 0, 0]
    assert total[["max_over_mean", "in_band", "contiguous"]].tolist() == [1, 1, 1]
    assert total[["area_one", "households_one", "moved", "regrouped_share"]].isna().all()
    assert found.points.loc["c"].tolist() == pytest.approx([0, 0, 0, 1, 1 - 0.16 * np.pi])
    assert found.broken.stack().loc[lambda marks: marks].index.tolist() == [("c", "street")]
    assert repr(found).startswith("Score(3 grids, ")
    assert repr(found).endswith("broken: street 1)")


def test_sizes_and_loads_by_hand(town: gpd.GeoDataFrame) -> None:
    town["load_min"] = 10.0
    found = partition.score(town, drawn(town, "a a a a", "a a b b", "c . b a"), edges=lattice_edges(4, 3))
    assert found.load == "load_min"
    assert found.grids["households"].tolist() == [700, 300, 100]
    assert found.grids["off_band"].tolist() == [200, 0, -200]
    assert found.grids["load"].tolist() == [70, 30, 10]
    assert found.grids["deviation"].tolist() == pytest.approx([10 / 11, -2 / 11, -8 / 11])
    assert found.grids["parts"].tolist() == [2, 1, 1]
    mean, spread = np.mean([70, 30, 10]), np.std([70, 30, 10])
    assert found.total["cv"] == pytest.approx(spread / mean)
    assert found.total["gini"] == pytest.approx(2 * 120 / (2 * 9 * mean))  # |70-30| + |70-10| + |30-10| over every ordered pair
    assert found.total[["outside", "off_band", "in_band", "contiguous"]].tolist() == pytest.approx([100, 400, 1 / 3, 2 / 3])
    assert found.points["band"].tolist() == [1.5, 0, 1.5]
    assert found.points["balance"].mean() == pytest.approx(found.total["cv"] ** 2)
    assert found.points["contiguity"].tolist() == [1, 0, 0]


def test_a_band_of_several_areas_is_full_where_shares_add_up_to_one(town: gpd.GeoDataFrame) -> None:
    town["band_low"] = [100.0] * 6 + [np.nan] * 6
    town["band_high"] = [200.0] * 6 + [np.nan] * 6
    found = partition.score(town, drawn(town, "a a b b", "a a b b", "b b b b"), edges=lattice_edges(4, 3)).grids
    # Half of a lies where a grid has 100 to 200 households, half where it has 300 to 500; of b too.
    assert found["band_high"].tolist() == pytest.approx([400 / (200 / 200 + 200 / 500), 800 / (400 / 200 + 400 / 500)])
    assert found["band_low"].tolist() == pytest.approx([400 / (200 / 100 + 200 / 300), 800 / (400 / 100 + 400 / 300)])


def test_a_grid_where_nobody_lives_has_the_mean_band_of_its_units(town: gpd.GeoDataFrame) -> None:
    town["households"] = [0] * 4 + [100] * 8
    found = partition.score(town, drawn(town, "a a a a", "a a a a", "b b b b"), edges=lattice_edges(4, 3)).grids
    assert found.loc["b", ["band_low", "band_high", "off_band"]].tolist() == [300, 500, -300]


def test_without_geometry_only_what_needs_it_is_missing(town: gpd.GeoDataFrame) -> None:
    shown = partition.score(town, drawn(town, "a a b b", "a a b b", "c c c c"), edges=lattice_edges(4, 3))
    bare = partition.score(pd.DataFrame(town[["households"]]), drawn(town, "a a b b", "a a b b", "c c c c"), edges=lattice_edges(4, 3))
    shaped = ["area_m2", "perimeter_m", "compactness", "span_m"]
    assert bare.grids[shaped].isna().all(axis=None)
    assert bare.total[["compactness", "span_m", "area_one"]].isna().all()
    pd.testing.assert_frame_equal(bare.grids.drop(columns=shaped), shown.grids.drop(columns=shaped))
    assert (bare.points["compactness"] == 0).all()


def test_what_moved_by_code_and_by_grid(town: gpd.GeoDataFrame) -> None:
    old = drawn(town, "a a b b", "a a b b", "c c c c")
    new = drawn(town, "b b a a", "b b a c", "c c c c")
    found = partition.score(town, new, edges=lattice_edges(4, 3), keep=old)
    assert found.total[["moved", "moved_share"]].tolist() == pytest.approx([800, 2 / 3])
    assert found.total[["regrouped", "regrouped_share"]].tolist() == pytest.approx([100, 1 / 12])  # but for the names one unit moved
    assert found.grids["moved"].tolist() == [300, 400, 100]
    found = partition.score(town, new, edges=lattice_edges(4, 3), keep=old.iloc[:4].map({"c": "01"}))
    assert found.total[["moved", "regrouped"]].tolist() == [400, 0]  # units that were in no grid did not move


def test_coverage_is_what_the_room_of_coverage_says(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "a a b b", "a a b b", "c c c .")
    outline = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 400, 300)], crs=town.crs)
    houses = gpd.GeoDataFrame(
        {"households": [10, 20, 70]},
        geometry=[shapely.box(*each) for each in ((10, 110, 20, 120), (90, 110, 108, 120), (310, 10, 320, 20))],
        crs=town.crs,
    )
    total = partition.score(town, assignment, edges=lattice_edges(4, 3), boundary=outline, buildings=houses).total
    assert total[["area_one", "buildings_one", "households_one"]].tolist() == pytest.approx([11 / 12, 2 / 3, 0.3])
    assert np.isnan(partition.score(town, assignment, edges=lattice_edges(4, 3), buildings=houses).total["area_one"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=20, max_size=20), st.randoms(use_true_random=False))
def test_grids_measure_what_their_union_does(letters: list[str], chance: object) -> None:
    units = lattice(5, 4, households=100)
    assignment = pd.Series(letters, index=units.index)
    found = partition.score(units, assignment, edges=lattice_edges(5, 4))
    for code, shape in units.dissolve(assignment).geometry.items():
        row = found.grids.loc[code]
        assert row["area_m2"] == pytest.approx(shape.area)
        assert row["perimeter_m"] == pytest.approx(shape.length)
        assert row["compactness"] == pytest.approx(4 * np.pi * shape.area / shape.length**2)
        corners = shapely.get_coordinates(shape)
        assert row["span_m"] == pytest.approx(max(np.hypot(*(corners - corner).T).max() for corner in corners))
    order = list(units.index)
    chance.shuffle(order)  # type: ignore[attr-defined]
    turned = partition.score(units.loc[order], assignment.sample(frac=1, random_state=1), edges=lattice_edges(5, 4).iloc[::-1])
    pd.testing.assert_frame_equal(turned.grids, found.grids)
    pd.testing.assert_series_equal(turned.total, found.total)


def test_a_town_measures_what_other_libraries_say() -> None:
    from esda import shape

    town = towns.dongyuan()
    edges = partition.edges(town.units, lines=town.streets)
    found = partition.score(town.units, town.units["grid_code"], edges=edges, boundary=town.boundary, buildings=town.buildings)
    dissolved = crs.to_metric(town.units).dissolve("grid_code")
    assert found.grids["compactness"].to_numpy() == pytest.approx(shape.isoperimetric_quotient(dissolved), rel=1e-6)
    corners = dissolved.minimum_bounding_radius() * 2
    assert (found.grids["span_m"] <= corners + 1e-6).all()  # the smallest circle around a grid is at least as wide, and not much wider
    assert (found.grids["span_m"] >= corners * 3**0.5 / 2 - 1e-6).all()  # Jung (1901)
    border = dissolved.length.sum() - shapely.union_all(dissolved.geometry.to_numpy()).length
    assert found.total["border_m"] == pytest.approx(border / 2, rel=1e-6)
    assert found.total[["area_one", "buildings_one", "households_one"]].tolist() == pytest.approx([1, 1, 1])
    load = pd.Series(found.grids["households"])
    assert found.total["gini"] == pytest.approx(workload.balance(load).gini)
    # Every line is within 10 m of a street for the length that counts as along one; all borders of the plan that are not lie off them.
    streets = shapely.union_all(crs.to_metric(town.streets).buffer(10.5).to_numpy())
    between = shapely.union_all(dissolved.boundary.to_numpy()).difference(
        shapely.union_all(dissolved.geometry.to_numpy()).boundary.buffer(0.01)
    )
    assert found.total["street_share"] == pytest.approx(between.intersection(streets).length / between.length, abs=0.05)


def test_nothing_in_nothing_out(town: gpd.GeoDataFrame) -> None:
    none = partition.score(town.iloc[:0], pd.Series([], index=town.index[:0], dtype=str), edges=lattice_edges(4, 3).iloc[:0])
    assert none.grids.empty
    assert none.total["households"] == 0
    assert none.total[["cv", "in_band", "compactness"]].isna().all()
    nobody = partition.score(town, drawn(town, *[". . . ."] * 3), edges=lattice_edges(4, 3))
    assert nobody.grids.empty
    assert nobody.total["outside"] == 1200


def test_input_that_is_wrong(town: gpd.GeoDataFrame) -> None:
    edges, good = lattice_edges(4, 3), drawn(town, "a a b b", "a a b b", "c c c c")
    outline = gpd.GeoDataFrame(geometry=[square(0, 0)], crs="EPSG:4490")
    with pytest.raises(SchemaError, match=r"assignment and units have different.*first: u01"):
        partition.score(town, good.iloc[1:], edges=edges)
    with pytest.raises(SchemaError, match=r"first: x"):
        partition.score(town, pd.concat([good, pd.Series({"x": "a"})]), edges=edges)
    with pytest.raises(SchemaError, match=r"assignment .*Series"):
        partition.score(town, list(good), edges=edges)
    with pytest.raises(SchemaError, match="keep has duplicate"):
        partition.score(town, good, edges=edges, keep=good.iloc[[0, 0]])
    with pytest.raises(SchemaError, match=r"band_high of units.*given: 300, 200"):
        partition.score(town.assign(band_high=200), good, edges=edges)
    with pytest.raises(CRSError, match="EPSG:4490"):
        partition.score(town, good, edges=edges, boundary=outline)
    with pytest.raises(SchemaError, match="not a GeoDataFrame"):
        partition.score(pd.DataFrame(town[["households"]]), good, edges=edges, boundary=outline)


def test_the_band_asked_for_is_that_of_units_without_one(town: gpd.GeoDataFrame) -> None:
    edges, plan = lattice_edges(4, 3), drawn(town, "a a b b", "a a b b", "c c c c")
    found = partition.score(town, plan, edges=edges, households=(100, 350))
    assert found.grids["off_band"].tolist() == [50, 50, 50]
    own = town.assign(band_low=np.where(town.index <= "u04", 400, np.nan), band_high=np.where(town.index <= "u04", 600, np.nan))
    found = partition.score(own, plan, edges=edges, households=(100, 350)).grids
    assert found["band_low"].tolist() == [100, 100, 400]
    assert found["off_band"].tolist() == [50, 50, 0]
    with pytest.raises(SchemaError, match="band of households"):
        partition.score(town, plan, edges=edges, households=(5, 1))


def test_borders_that_follow_no_line_are_not_borders_of_which_that_is_unknown(town: gpd.GeoDataFrame) -> None:
    plan, far = drawn(town, "a a b b", "a a b b", "c c c c"), gpd.GeoDataFrame(
        {"class": ["primary"]}, geometry=[shapely.LineString([(0, 9000), (100, 9000)])], crs=town.crs
    )  # fmt: skip
    unknown, none = (partition.score(town, plan, edges=partition.edges(town, lines=lines)) for lines in (None, far))
    assert unknown.grids["street_share"].isna().all()
    assert np.isnan(unknown.total["street_share"])
    assert not unknown.broken["street"].any()
    assert none.grids["street_share"].tolist() == [0, 0, 0]
    assert none.total["street_share"] == 0
    assert none.broken["street"].all()
    assert none.points["street"].tolist() == [1, 1, 1]
