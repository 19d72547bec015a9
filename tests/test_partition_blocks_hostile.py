"""Units of street networks as nobody would draw them: a valid coverage without slivers, whatever the order of rows."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, Polygon, box

from gridmap import crs, partition

METRIC = "EPSG:4548"
AT = np.arange(200.0, 2000.0, 200.0)
LATTICE = [LineString([(a, -10), (a, 2010)]) for a in AT] + [LineString([(-10, a), (2010, a)]) for a in AT]
SQUARE = [box(0, 0, 2000, 2000)]


def dual(gap: float) -> list[LineString]:
    return [shapely.affinity.translate(line, side, side) for line in LATTICE for side in (-gap / 2, gap / 2)]


def roundabouts() -> list[shapely.Geometry]:
    islands = shapely.union_all([Point(x, y).buffer(25) for x in AT for y in AT])
    return [*shapely.get_parts(shapely.boundary(islands)), *[line.difference(islands) for line in LATTICE]]


def short_of_crossings(gap: float) -> list[shapely.Geometry]:
    crossings = shapely.union_all([box(x - gap / 2, y - gap / 2, x + gap / 2, y + gap / 2) for x in AT for y in AT])
    return [line.difference(crossings) for line in LATTICE]


def dead_ends() -> list[LineString]:
    chance = np.random.default_rng(0)
    begin = chance.uniform(0, 2000, (3000, 2))
    ends = begin + chance.normal(0, 30, (3000, 2))
    return LATTICE + [LineString(each) for each in zip(begin, ends, strict=True)]


def spiral() -> list[LineString]:
    turn = np.linspace(0, 20 * np.pi, 4000)
    return [LineString(np.column_stack([1000 + 15 * turn * np.cos(turn), 1000 + 15 * turn * np.sin(turn)]))]


def require(units: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> None:
    assert shapely.coverage_is_valid(np.asarray(units.geometry))
    metric = crs.to_metric(units)
    whole = shapely.union_all(shapely.make_valid(crs.to_metric(boundary).geometry.dropna().to_numpy()))
    assert shapely.union_all(np.asarray(metric.geometry)).intersection(whole).area / whole.area >= 0.999
    assert metric.area.min() >= 500
    width, roundness = 2 * metric.area / metric.length, 4 * np.pi * metric.area / metric.length**2
    assert not ((width < 25) & (roundness < 0.5)).any()


@pytest.mark.parametrize(
    ("drawn", "count"),
    [
        (lambda: dual(10), 100),
        (lambda: dual(20), 100),
        (lambda: LATTICE + dual(2), 100),  # a line drawn three times
        (roundabouts, 100),
        (lambda: short_of_crossings(0.2), 100),
        (lambda: short_of_crossings(4.9), 100),
        (spiral, 1),
        (dead_ends, None),
        (lambda: [*(shapely.force_3d(LATTICE, 5.0)), MultiLineString([[(50, 0), (50, 2000)], [(0, 50), (2000, 50)]])], 121),
    ],
)
def test_networks_that_nobody_would_draw(drawn: Callable[[], list[shapely.Geometry]], count: int | None):
    streets, boundary = gpd.GeoDataFrame(geometry=list(drawn()), crs=METRIC), gpd.GeoDataFrame(geometry=SQUARE, crs=METRIC)
    units = partition.blocks(streets, boundary=boundary)
    require(units, boundary)
    assert count is None or len(units) == count
    pd.testing.assert_frame_equal(units, partition.blocks(streets.sample(frac=1, random_state=1), boundary=boundary))


@pytest.mark.parametrize(("longitude", "latitude"), [(179.995, -17), (-179.98, 66), (20, 78.2), (0, 0)])
def test_degrees_at_the_ends_of_the_map(longitude: float, latitude: float):
    high = 1000 / 111_000
    wide = high / np.cos(np.radians(latitude))
    at = (-0.3, -0.1, 0.1, 0.3)
    along = [LineString([(longitude + part * wide, latitude - high), (longitude + part * wide, latitude + high)]) for part in at]
    across = [LineString([(longitude - wide, latitude + part * high), (longitude + wide, latitude + part * high)]) for part in at]
    boundary = gpd.GeoDataFrame(
        geometry=[box(longitude - wide / 2, latitude - high / 2, longitude + 0.4 * wide, latitude + high / 2)], crs="EPSG:4326"
    )
    units = partition.blocks(gpd.GeoDataFrame(geometry=along + across, crs="EPSG:4326"), boundary=boundary)
    require(units, boundary)
    assert len(units) == 25


def test_a_boundary_of_pieces_holes_and_nothing():
    holed = Polygon([(0, 0, 1), (1500, 0, 1), (1500, 1500, 1), (0, 1500, 1)], [[(300, 300, 1), (700, 310, 1), (650, 800, 1)]])
    rows = [Polygon(), None, holed, box(450, 400, 500, 450), Polygon([(1600, 1600), (2000, 2000), (2000, 1600), (1600, 2000)])]
    boundary = gpd.GeoDataFrame(geometry=rows, crs=METRIC)
    units = partition.blocks(gpd.GeoDataFrame(geometry=LATTICE, crs=METRIC), boundary=boundary)
    require(units, boundary)
    assert shapely.area(np.asarray(units.geometry)).sum() == pytest.approx(holed.area + 2500 + 80_000, rel=1e-5)
