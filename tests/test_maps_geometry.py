"""Geometry on its way into a page."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import CRSError
from gridmap.maps import geometry


def unpacked(steps: list[int]) -> np.ndarray:
    """What the drawing script makes of a line."""
    return np.cumsum(np.array(steps).reshape(-1, 2), axis=0) / geometry.PRECISION


def features(packed: geometry.Packed) -> list:
    return [feature for key in packed.keys for feature in packed.parts[key]]


def polygons(packed: geometry.Packed) -> list:
    return [
        shapely.MultiPolygon([(unpacked(rings[0]), [unpacked(hole) for hole in rings[1:]]) for rings in one["a"]])
        for one in features(packed)
    ]


def wavy_squares(count: int, vertices: int) -> gpd.GeoDataFrame:
    """A row of squares whose shared borders wave, in degrees."""
    heights = np.linspace(0, 0.01, vertices)
    borders = [np.column_stack([0.01 * n + 0.001 * np.sin(heights * 3000 + n) / 3, heights]) for n in range(count + 1)]
    shapes = [shapely.Polygon(np.concatenate([left, right[::-1]])) for left, right in pairwise(borders)]
    return gpd.GeoDataFrame(geometry=shapes, crs=4326)


coordinate = st.tuples(st.floats(-179, 179), st.floats(-85, 85))


@settings(max_examples=60, deadline=None)
@given(st.lists(coordinate, min_size=2, max_size=30, unique=True))
def test_lines_are_kept_to_six_decimals(points):
    packed = geometry.pack(gpd.GeoSeries([shapely.LineString(points)], crs=4326), "streets")
    found = unpacked(features(packed)[0]["l"][0])
    expected = np.round(points, 6)
    expected = expected[np.r_[True, np.any(np.diff(expected, axis=0) != 0, axis=1)]]
    assert found == pytest.approx(expected, abs=1.1e-6)


def test_holes_parts_and_missing_rows_are_kept():
    ring = shapely.box(0, 0, 1, 1).difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    both = shapely.MultiPolygon([ring, shapely.box(2, 2, 3, 3)])
    packed = geometry.pack(gpd.GeoSeries([both, None, shapely.Point()], crs=4326), "grids")
    assert features(packed)[1:] == [None, None]
    assert polygons(geometry.pack(gpd.GeoSeries([both], crs=4326), "grids"))[0].equals(both)
    assert packed.bounds == (0, 0, 3, 3)


def test_of_a_mixed_collection_the_areas_are_kept():
    mixed = shapely.GeometryCollection([shapely.Point(5, 5), shapely.LineString([(0, 0), (1, 1)]), shapely.box(0, 0, 1, 1)])
    assert list(features(geometry.pack(gpd.GeoSeries([mixed], crs=4326), "findings"))[0]) == ["a"]


def test_any_crs_arrives_in_degrees():
    square = gpd.GeoSeries([shapely.box(500_000, 3_360_000, 500_100, 3_360_100)], crs="EPSG:4548")
    west, south, east, north = geometry.pack(square, "grids").bounds
    assert (west, south) == pytest.approx((117.0, 30.35), abs=0.03)
    assert east - west == pytest.approx(0.00104, rel=0.01)
    assert north - south == pytest.approx(0.0009, rel=0.01)


def test_large_layers_are_simplified_with_shared_borders_kept():
    frame = wavy_squares(20, 2000)
    before = frame.copy()
    packed = geometry.pack(frame, "grids", coverages=np.zeros(len(frame), dtype=int))
    shapes = np.array(polygons(packed))
    assert shapely.get_num_coordinates(shapes).sum() < 0.6 * shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()
    assert shapely.coverage_is_valid(shapes)
    extent = frame.total_bounds[2] - frame.total_bounds[0]
    distance = shapely.hausdorff_distance(shapes, frame.geometry.to_numpy()).max()
    assert distance < extent / 4000  # half a pixel on a screen 2,000 pixels wide
    assert frame.equals(before)


def test_invalid_rings_of_a_large_layer_are_drawn_as_they_are():
    frame = wavy_squares(20, 2000)
    bow_tie = shapely.Polygon([(1, 0), (1.01, 0.01), (1.01, 0), (1, 0.01)])
    frame.loc[20, "geometry"] = bow_tie
    packed = geometry.pack(frame, "grids", coverages=np.zeros(len(frame), dtype=int))
    assert len(features(packed)) == 21
    assert unpacked(features(packed)[20]["a"][0][0]) == pytest.approx(np.array(bow_tie.exterior.coords[:-1]))


def test_tiers_of_one_polygon_share_a_part_and_keep_their_rows():
    frame = gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1)], crs=4326)
    packed = geometry.pack(frame, "grids", coverages=np.array([0, 1]))
    assert len(packed.parts) == 1
    assert len(features(packed)) == 2


def test_coordinates_without_end_are_left_out():
    packed = geometry.pack(gpd.GeoSeries([shapely.Point(np.inf, 1), shapely.Point(2, 3)], crs=4326), "events")
    assert features(packed)[0] is None
    assert packed.bounds == (2, 3, 2, 3)
    assert geometry.pack(gpd.GeoSeries([None, shapely.Point()], crs=4326), "events").bounds is None


def test_no_crs_is_an_error():
    with pytest.raises(CRSError, match="grids has no coordinate reference system"):
        geometry.pack(gpd.GeoSeries([shapely.Point(0, 0)]), "grids")
