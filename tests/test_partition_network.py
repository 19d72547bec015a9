"""Units as the partition sees them, held against shapely and scipy."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import square

from gridmap.errors import CRSError, SchemaError
from gridmap.partition import Goal, network


def edges(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["left", "right", "length_m", "price"][: len(rows[0]) if rows else 3])


@pytest.fixture
def units() -> gpd.GeoDataFrame:
    """Four squares, not in the order of their codes.

    c d
    a b
    """
    index = pd.Index(["d", "b", "a", "c"], name="unit_id")
    shapes = [square(1, 1), square(1, 0), square(0, 0), square(0, 1)]
    return gpd.GeoDataFrame({"households": [4, 2, 1, 3]}, index=index, geometry=shapes, crs="EPSG:4548")


RING = edges(("a", "b", 100.0), ("c", "a", 100.0), ("b", "d", 100.0), ("d", "c", 100.0))


def test_units_in_the_order_of_their_codes(units: gpd.GeoDataFrame) -> None:
    before = units.copy()
    found = network.of(units, RING)
    assert list(found.index) == ["a", "b", "c", "d"]
    assert found.weights[:, 0].tolist() == [1, 2, 3, 4]
    assert found.area_m2.tolist() == [10_000.0] * 4
    assert found.perimeter_m.tolist() == [400.0] * 4
    assert [found.neighbour[found.indptr[i] : found.indptr[i + 1]].tolist() for i in range(4)] == [[1, 2], [0, 3], [0, 3], [1, 2]]
    assert found.drawn
    assert repr(found) == "Network(n=4, borders=4, quantities=['households'])"
    pd.testing.assert_frame_equal(units, before)


def test_lengths_and_prices_stand_at_both_units() -> None:
    units = pd.DataFrame({"households": [1, 1, 1], "load_min": [5.0, 0.0, 2.5]}, index=pd.Index([10, 20, 30], name="unit_id"))
    given = edges((10, 30, 7.0, 0.5), (30, 20, 3.0, np.inf), (10, 20, 0.0, 1.0))
    found = network.of(units, given, ("households", "load_min"))
    assert not found.drawn
    assert found.indptr.tolist() == [0, 1, 2, 4]
    assert found.neighbour.tolist() == [2, 2, 0, 1]
    assert found.length_m.tolist() == [7.0, 3.0, 7.0, 3.0]
    assert found.price.tolist() == [0.5, np.inf, 0.5, np.inf]
    assert found.weights.tolist() == [[1, 5], [1, 0], [1, 2.5]]
    assert network.pieces(found).tolist() == [0, 1, 0]


def test_pieces_of_an_assignment(units: gpd.GeoDataFrame) -> None:
    found = network.of(units, RING)
    assert network.pieces(found).tolist() == [0, 0, 0, 0]
    assert network.pieces(found, np.array([1, 0, 0, 1])).tolist() == [0, 1, 2, 3]
    assert network.pieces(found, np.array([5, 5, 0, 0])).tolist() == [0, 0, 1, 1]


def test_area_is_measured_where_it_is_no_column(units: gpd.GeoDataFrame) -> None:
    assert network.of(units.to_crs("EPSG:4490"), RING, ("area_m2",)).weights[:, 0] == pytest.approx(10_000, rel=0.01)
    with pytest.raises(SchemaError, match="area_m2"):
        network.of(pd.DataFrame(units.drop(columns="geometry")), RING, ("area_m2",))


def test_no_units() -> None:
    empty = pd.DataFrame({"households": []}, index=pd.Index([], name="unit_id", dtype=str))
    found = network.of(empty, edges())
    assert found.n == 0
    assert network.pieces(found).tolist() == []


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (edges(("a", "x", 1.0)), "do not exist"),
        (edges(("a", "a", 1.0)), "to itself"),
        (edges(("a", "b", 1.0), ("b", "a", 2.0)), "more than once"),
        (edges(("a", "b", -1.0)), "length_m must be"),
        (edges(("a", "b", np.nan)), "length_m must be"),
        (edges(("a", "b", np.inf)), "length_m must be"),
        (edges(("a", "b", 1.0, -0.5)), "price must be"),
        (edges(("a", "b", 1.0, np.nan)), "price must be"),
        (pd.DataFrame({"left": ["a"], "right": ["b"]}), "length_m"),
        ([("a", "b")], "not a DataFrame"),
    ],
)
def test_edges_that_are_wrong(units: gpd.GeoDataFrame, given: object, match: str) -> None:
    with pytest.raises(SchemaError, match=match):
        network.of(units, given)


@pytest.mark.parametrize("value", [-1, np.nan, np.inf, 1e308, "many"])
def test_quantities_that_are_wrong(units: gpd.GeoDataFrame, value: object) -> None:
    units["households"] = pd.Series([1, 2, value, 3], index=units.index, dtype=object)
    with pytest.raises(SchemaError, match=r"households must be numbers from 0 to 1e15.*1 rows, first: a"):
        network.of(units, RING)


def test_units_that_are_wrong(units: gpd.GeoDataFrame) -> None:
    with pytest.raises(SchemaError, match="load_min"):
        network.of(units, RING, ("load_min",))
    with pytest.raises(SchemaError, match=r"no geometry.*first: b"):
        network.of(units.set_geometry([square(0, 0), None, square(1, 0), square(2, 0)], crs=units.crs), RING)
    with pytest.raises(SchemaError, match="Point"):
        network.of(units.set_geometry([shapely.Point(0, 0)] * 4, crs=units.crs), RING)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        network.of(units.set_crs(None, allow_override=True), RING)
    with pytest.raises(SchemaError, match="duplicate identifiers"):
        network.of(units.iloc[[0, 0, 1]], RING)
    with pytest.raises(SchemaError, match="DataFrame"):
        network.of(units.households, RING)


@pytest.mark.parametrize("given", [{"border": -1}, {"balance": np.nan}, {"streets": np.inf}, {"compactness": -0.1}])
def test_weights_of_a_goal_are_finite_and_not_negative(given: dict) -> None:
    with pytest.raises(SchemaError, match="must be finite and not negative"):
        Goal(**given)


def test_a_goal_keeps_its_own_copies() -> None:
    quantities = {"load_min": 0.1}
    goal = Goal(quantities=quantities, locks="01")
    quantities["load_min"] = 0.5
    assert goal.quantities == {"load_min": 0.1}
    assert goal.locks == ("01",)
    with pytest.raises(SchemaError, match="tolerance of load_min"):
        Goal(quantities={"load_min": 0.0})
