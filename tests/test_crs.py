"""The metric CRS against the EPSG registry, the ellipsoid, and PROJ's own scale factors."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Proj

from gridmap import crs
from gridmap.errors import CRSError, GridmapWarning

ZONES = range(4534, 4555)


def points(*places: tuple[float, float], at: str = "EPSG:4326") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"n": range(len(places))}, geometry=gpd.points_from_xy(*np.array(places).reshape(-1, 2).T), crs=at)


@pytest.mark.parametrize("code", ZONES)
def test_zone_is_the_one_the_epsg_registry_lays_over_that_longitude(code: int) -> None:
    zone = CRS.from_epsg(code)
    origin = {parameter.name: parameter.value for parameter in zone.coordinate_operation.params}["Longitude of natural origin"]
    assert crs.cgcs2000_zone(origin).to_epsg() == code
    west, _, east, _ = zone.area_of_use.bounds  # two decimals: neighbours overlap by 0.01
    for lon in np.linspace(west + 0.02, east - 0.02, 7):
        assert crs.cgcs2000_zone(lon).to_epsg() == code


@settings(max_examples=60, deadline=None)
@given(st.floats(73.5, 136), st.floats(3, 54))
def test_length_is_true_within_four_in_ten_thousand_inside_a_zone(lon: float, lat: float) -> None:
    factors = Proj(crs.cgcs2000_zone(lon)).get_factors(lon, lat)
    assert 1 - 1e-6 < factors.tissot_semiminor <= factors.tissot_semimajor < 1.0004


def test_zone_border_belongs_to_the_eastern_zone_and_the_far_west_to_the_first() -> None:
    assert crs.cgcs2000_zone(118.5).to_epsg() == 4549
    assert crs.cgcs2000_zone(73.0).to_epsg() == 4534
    assert crs.cgcs2000_zone(136.0).to_epsg() == 4554


def test_zone_outside_china_is_refused() -> None:
    with pytest.raises(CRSError, match="outside China"):
        crs.cgcs2000_zone(-118.2)


@pytest.mark.parametrize(
    ("own", "place"),
    [
        ("EPSG:4548", (500000, 4000000)),  # CGCS2000 3-degree
        ("EPSG:4527", (39500000, 4000000)),  # the same zone with its number before the easting
        ("EPSG:4508", (500000, 4000000)),  # CGCS2000 6-degree
        ("EPSG:2384", (500000, 4000000)),  # Xian 1980: measured on its own datum
        ("EPSG:32650", (500000, 4000000)),
        ("EPSG:2154", (650000, 6860000)),  # France
        ("EPSG:27700", (530000, 180000)),  # Great Britain
        ("EPSG:3006", (670000, 6580000)),  # Sweden
    ],
)
def test_metric_crs_fit_for_the_place_is_kept(own: str, place: tuple[float, float]) -> None:
    assert crs.metric_crs(points(place, at=own)) == CRS(own)


@pytest.mark.parametrize(
    ("own", "place", "chosen"),
    [
        ("EPSG:4326", (117.03, 36.05), 4548),
        ("EPSG:4490", (121.49, 31.24), 4549),
        ("OGC:CRS84", (104.55, 30.41), 4544),
        ("EPSG:4326", (-118.24, 34.05), 32611),
        ("EPSG:4326", (18.42, -33.92), 32734),
        ("EPSG:4326", (180.0, 0.0), 32660),
        ("EPSG:3857", (13027840, 4309000), 4548),  # Web Mercator stretches by 1 / cos(latitude)
        ("EPSG:3395", (13027840, 4284000), 4548),
        ("EPSG:4087", (13027840, 4013000), 4548),
        ("EPSG:2229", (6480000, 1840000), 32611),  # feet
        ("EPSG:4548", (2000000, 4000000), 4553),  # 16 degrees outside its zone
    ],
)
def test_other_crs_is_replaced_by_the_zone_of_the_centre(own: str, place: tuple[float, float], chosen: int) -> None:
    assert crs.metric_crs(points(place, at=own)).to_epsg() == chosen


def test_one_stray_point_does_not_move_the_centre() -> None:
    frame = points((117.0, 36.0), (117.1, 36.1), (0.0, 0.0), (117.05, 36.0), (-70.0, 40.0))
    assert crs.metric_crs(frame).to_epsg() == 4548


@settings(max_examples=40, deadline=None)
@given(st.floats(74, 135), st.floats(4, 53))
def test_area_and_distance_agree_with_the_ellipsoid(lon: float, lat: float) -> None:
    box = gpd.GeoDataFrame(geometry=[shapely.box(lon, lat, lon + 0.01, lat + 0.01)], crs="EPSG:4490")
    geodesic, perimeter = Geod(ellps="GRS80").geometry_area_perimeter(box.geometry.iloc[0])
    metric = crs.to_metric(box).geometry
    assert metric.area.iloc[0] == pytest.approx(abs(geodesic), rel=1e-3)
    assert metric.length.iloc[0] == pytest.approx(perimeter, rel=5e-4)


def test_to_metric_keeps_columns_index_and_its_input() -> None:
    frame = points((117.0, 36.0), (117.1, 36.1)).rename_geometry("place").set_index(pd.Index(["b", "a"]))
    before = frame.copy()
    metric = crs.to_metric(frame)
    assert metric.geometry.name == "place"
    assert metric.index.equals(frame.index)
    assert list(metric.columns) == list(frame.columns)
    assert metric.crs.to_epsg() == 4548
    assert frame.crs == before.crs
    assert frame.geometry.geom_equals(before.geometry).all()
    kept = crs.to_metric(metric)
    assert kept is not metric
    assert kept.geometry.geom_equals(metric.geometry).all()


def test_missing_and_empty_geometries_stay_as_they_are() -> None:
    frame = gpd.GeoSeries([shapely.Point(117, 36), None, shapely.Point()], crs="EPSG:4326", name="spot")
    metric = crs.to_metric(frame)
    assert metric.name == "spot"
    assert metric.isna().tolist() == [False, True, False]
    assert metric.is_empty.tolist() == [False, False, True]


def test_without_crs_or_place_no_metric_crs_can_be_chosen() -> None:
    with pytest.raises(CRSError, match="no coordinate reference system"):
        crs.metric_crs(points((117, 36), at="EPSG:4326").set_crs(None, allow_override=True))
    with pytest.raises(CRSError, match="no geometry says where"):
        crs.to_metric(points(at="EPSG:4326"))
    assert len(crs.to_metric(points(at="EPSG:4548"))) == 0


@pytest.mark.parametrize("datum", ["EPSG:4610", "EPSG:4214", "+proj=longlat +ellps=krass +type=crs"])
def test_unknown_change_of_datum_is_refused(datum: str) -> None:
    """Xian 1980, Beijing 1954 and a bare ellipsoid: PROJ alone would shift by zero and say nothing."""
    with pytest.raises(CRSError, match="no transformation of datum is known"):
        crs.to_metric(points((117, 36), at=datum))
    silent = points((117, 36), at=datum).to_crs("EPSG:4490").geometry.iloc[0]
    assert silent.distance(shapely.Point(117, 36)) < 1e-3


def test_known_change_of_datum_passes() -> None:
    shifted = "+proj=longlat +ellps=krass +towgs84=15.8,-154.4,-82.3 +type=crs"  # parameters stated by the user
    moved = crs.transform(points((117, 36), at=shifted), "EPSG:4326").geometry.iloc[0]
    assert 1e-4 < moved.distance(shapely.Point(117, 36)) < 1e-2
    assert crs.metric_crs(points((-118.2, 34.0), at="EPSG:4269")).to_epsg() == 32611
    assert len(crs.to_metric(points((-118.2, 34.0), at="EPSG:4269"))) == 1


def test_wgs84_and_cgcs2000_are_one_place() -> None:
    place = points((117.0312345678, 36.12345678))
    assert crs.transform(place, "EPSG:4490").geometry.iloc[0].equals(place.geometry.iloc[0])
    there = crs.transform(place, "EPSG:4548")
    assert crs.transform(there, "EPSG:4326").geometry.iloc[0].distance(place.geometry.iloc[0]) < 1e-11


def test_coordinates_without_a_place_in_the_target_are_named() -> None:
    frame = points((500000, 4000000), (1e15, 1e15), at="EPSG:4548").set_index(pd.Index(["near", "far"]))
    with pytest.raises(CRSError, match=r"no place in WGS 84.*first: far"):
        crs.transform(frame, "EPSG:4326")


def test_exchanged_longitude_and_latitude_are_named_and_out_of_range_too() -> None:
    with pytest.raises(CRSError, match="events have longitude and latitude exchanged; 2 rows, first: 0, 1"):
        crs.require_plausible(points((36.05, 117.03), (36.1, 117.1)), "events")
    with pytest.raises(CRSError, match=r"longitudes beyond 180.*metres"):
        crs.require_plausible(points((500000, 4000000)), "events")
    with pytest.raises(CRSError, match="exchanged"):
        crs.to_metric(points((34.05, -118.24)))
    with pytest.raises(CRSError, match="exchanged") as caught:
        crs.require_plausible(points((36.05, 117.03)), "events")
    assert "互换" in caught.value.text("zh")


def test_plausible_coordinates_pass() -> None:
    crs.require_plausible(points((180, 90), (-180, -90)), "events")
    crs.require_plausible(points((5e5, 4e6), at="EPSG:4548"), "events")
    crs.require_plausible(gpd.GeoSeries([None, shapely.Point()], crs="EPSG:4326"), "events")


def test_points_that_meet_the_grids_only_when_exchanged_are_found() -> None:
    grids = gpd.GeoDataFrame(geometry=[shapely.box(30.0, 60.0, 31.0, 61.0)], crs="EPSG:4326")
    right, wrong = points((30.5, 60.5), (0, 0)), points((60.5, 30.5), (60.6, 30.6), (0, 0))
    elsewhere = points((10, 10))
    assert not crs.swapped(right, grids)
    assert crs.swapped(wrong, grids)
    assert not crs.swapped(elsewhere, grids)
    assert not crs.swapped(points(at="EPSG:4326"), grids)
    crs.require_not_swapped(right, grids, "events")
    with pytest.raises(CRSError, match=r"events have longitude and latitude exchanged.*Hint"):
        crs.require_not_swapped(wrong, grids, "events")
    with pytest.raises(CRSError, match="differ in their coordinate"):
        crs.swapped(points((5e5, 4e6), at="EPSG:4548"), grids)


def test_coordinates_of_two_decimals_are_marked() -> None:
    frame = points((117.03, 36.05), (117.031, 36.05), (-118.3, 34.0), (117.030001, 36.05))
    assert crs.rounded(frame).tolist() == [True, False, True, False]
    assert not crs.rounded(points((500000.0, 4000000.0), at="EPSG:4548")).any()
    assert crs.rounded(gpd.GeoSeries([None, shapely.Point()], crs="EPSG:4326")).tolist() == [False, False]
    assert crs.rounded(points(at="EPSG:4326")).empty


def test_mostly_rounded_points_are_warned_of_once() -> None:
    with pytest.warns(GridmapWarning, match="two decimals"):
        crs.warn_rounded(points((117.03, 36.05), (117.031, 36.05)), "events")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        crs.warn_rounded(points((117.031, 36.05), (117.032, 36.05), (117.03, 36.05)), "events")
        crs.warn_rounded(points(at="EPSG:4326"), "events")


@settings(max_examples=60, deadline=None)
@given(st.integers(-18000, 18000), st.integers(-9000, 9000))
def test_every_value_of_two_decimals_is_marked(x: int, y: int) -> None:
    assert crs.rounded(points((x / 100, y / 100))).all()
