"""Borders between units: lengths by hand and by shapely, kinds, prices, layers that do not fit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from shapely import LineString, Point, box

from gridmap import adjacency, crs, partition
from gridmap.errors import CRSError, SchemaError

METRIC = "EPSG:4548"


def units(*shapes, names="abcdefgh", crs=METRIC) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), index=pd.Index(list(names[: len(shapes)]), name="unit_id"), crs=crs)


def by_pair(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    return dict(zip(zip(table["left"], table["right"], strict=True), table["length_m"], strict=True))


def test_a_square_of_four_has_four_borders_and_no_diagonal():
    square = units(box(0, 0, 100, 50), box(100, 0, 180, 50), box(0, 50, 100, 80), box(100, 50, 180, 80))
    found = partition.edges(square.iloc[::-1])
    assert by_pair(found) == {("a", "b"): 50, ("a", "c"): 100, ("b", "d"): 80, ("c", "d"): 30}
    assert list(found.columns) == ["left", "right", "length_m", "price"]  # no kind: no lines were looked at
    assert (found["price"] == 0).all()


def test_lengths_are_those_of_shapely_on_the_demo_community():
    town = towns.dongyuan()
    found = partition.edges(town.units)
    shapes = crs.to_metric(town.units).geometry
    shared = shapely.length(shapely.intersection(np.asarray(shapes[found["left"]]), np.asarray(shapes[found["right"]])))
    assert found["length_m"].to_numpy() == pytest.approx(shared)
    one, other = np.triu_indices(len(shapes), 1)
    every = shapely.length(shapely.intersection(np.asarray(shapes)[one], np.asarray(shapes)[other]))
    assert len(found) == (every > 1e-6).sum()


def test_kind_and_price_of_the_line_along_most_of_the_border():
    square = units(box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100), box(300, 0, 400, 100), box(400, 0, 500, 100))
    lines = gpd.GeoDataFrame(
        {"class": ["river", "primary", "residential", "secondary_link", "rail", None]},
        geometry=[
            LineString([(104, 0), (96, 100)]),  # 4 m off and turned a little
            LineString([(200, 0), (200, 25)]),  # less than half of the border
            LineString([(300, 0), (300, 30)]),
            LineString([(300, 30), (300, 100)]),  # the longer part
            LineString([(390, 50), (410, 50)]),  # crosses the border
            LineString([(400, 0), (400, 100)]),  # of no class
        ],
        crs=METRIC,
    )
    found = partition.edges(square, lines=lines).set_index(["left", "right"])
    assert found["kind"].fillna("-").tolist() == ["river", "-", "secondary_link", "-"]
    assert found["price"].tolist() == [partition.PRICES["river"], 0, partition.PRICES["secondary"], 0]


def test_borders_of_the_demo_community_follow_its_streets():
    town = towns.dongyuan()
    made = partition.blocks(town.streets, boundary=town.boundary, compounds=town.compounds, buildings=town.buildings)
    found = partition.edges(made, lines=town.streets)
    cuts = found["kind"].isna()
    compound = made["compound"]
    inner = [compound[one] == compound[other] for one, other in zip(found["left"], found["right"], strict=True)]
    assert (cuts.to_numpy() == np.array(inner)).all()  # all borders but the cuts through compounds


def test_borders_without_shared_corners_are_found_and_measured():
    """A border of 100 m against two of 60 and 40 m whose corner the other side lacks."""
    found = by_pair(partition.edges(units(box(0, 0, 100, 100), box(100, 0, 200, 60), box(100, 60, 200, 100))))
    assert found.keys() == {("a", "b"), ("a", "c"), ("b", "c")}
    assert found["a", "b"] == pytest.approx(60, abs=2)
    assert found["a", "c"] == pytest.approx(40, abs=2)
    assert found["b", "c"] == pytest.approx(100)


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.9])
def test_narrow_gaps_and_overlaps_have_a_border(shift):
    found = by_pair(partition.edges(units(box(0, 0, 100, 100), box(100 + shift, 0, 200, 100))))
    assert found["a", "b"] == pytest.approx(100, abs=3)


def test_of_a_wide_overlap_half_the_outline_counts():
    found = by_pair(partition.edges(units(box(0, 0, 100, 100), box(70, 20, 200, 80))))
    assert found["a", "b"] == pytest.approx(30 + 60, abs=3)


def test_the_outer_border_of_a_pointed_unit_adds_nothing():
    """The right one tapers off along the left one, so that its outer border runs within 1 m of it for 15 m."""
    tapering = shapely.Polygon([(100, 0), (160, 0), (100.8, 85), (100, 100)])
    assert by_pair(partition.edges(units(box(0, 0, 100, 100), tapering))) == {("a", "b"): pytest.approx(100)}


def test_wider_gaps_and_corners_have_none():
    assert partition.edges(units(box(0, 0, 100, 100), box(101.5, 0, 200, 100))).empty
    assert partition.edges(units(box(0, 0, 100, 100), box(100, 100, 200, 200))).empty
    assert partition.edges(units(box(0, 0, 100, 100), box(100.2, 100.2, 200, 200))).empty


def test_a_unit_inside_another_has_its_outline_as_border():
    ring = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    assert by_pair(partition.edges(units(ring, box(40, 40, 60, 60)))) == {("a", "b"): pytest.approx(80)}


def test_degrees_are_measured_in_metres():
    drawn = units(box(0, 0, 100, 50), box(100, 0, 180, 50)).set_geometry(
        [box(500_000, 4_000_000, 500_100, 4_000_050), box(500_100, 4_000_000, 500_180, 4_000_050)], crs=METRIC
    )
    found = partition.edges(drawn.to_crs("EPSG:4490"))
    assert found["length_m"].to_numpy() == pytest.approx([50], rel=1e-4)


def test_empty_and_bad_input():
    assert list(partition.edges(units()).columns) == ["left", "right", "length_m", "price"]
    one = units(box(0, 0, 1, 1))
    none = partition.edges(one, lines=gpd.GeoDataFrame({"class": []}, geometry=[], crs=METRIC))
    assert list(none.columns) == ["left", "right", "length_m", "kind", "price"]
    assert none.empty
    with pytest.raises(SchemaError, match="units have rows without a geometry"):
        partition.edges(units(box(0, 0, 1, 1), None))
    with pytest.raises(SchemaError, match="lines lacks the columns class"):
        partition.edges(one, lines=gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs=METRIC))
    with pytest.raises(CRSError, match="lines"):
        partition.edges(one, lines=gpd.GeoDataFrame({"class": ["river"]}, geometry=[LineString([(0, 0), (1, 1)])], crs="EPSG:4547"))
    with np.errstate(invalid="ignore"):
        undefined = shapely.Polygon([(0, 0), (9, 0), (float("nan"), 9)])
    with pytest.raises(SchemaError, match="units has infinite or undefined coordinates"):
        partition.edges(units(undefined))
    with pytest.raises(SchemaError, match="units must have geometries"):
        partition.edges(units(Point(0, 0)))


def test_precincts_with_gaps_and_overlaps(shared_data):
    """Every border is a pair of neighbours as queen has them; what queen has beyond are corners."""
    precincts = gpd.read_file(shared_data / "redistricting" / "CT_precincts.zip")
    found = partition.edges(precincts)
    links = adjacency.queen(precincts).matrix.tocoo()
    near = {(one, other) for one, other in zip(links.row, links.col, strict=True) if one < other}
    pairs = by_pair(found)
    assert pairs.keys() <= near
    assert len(near - pairs.keys()) < 0.05 * len(near)
    shapes = shapely.make_valid(np.asarray(crs.to_metric(precincts).geometry))
    outer = shapely.union_all(shapely.buffer(shapes, 1.0)).length
    # each border counts on both sides, but for the outer one
    assert 2 * sum(pairs.values()) + outer == pytest.approx(shapely.length(shapes).sum(), rel=0.02)
