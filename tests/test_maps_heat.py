"""The picture of a density."""

from base64 import b64decode
from io import BytesIO

import geopandas as gpd
import matplotlib.image
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from gridmap import hotspot, maps
from gridmap.hotspot import Density
from gridmap.maps.heat import cropped, nice_steps, png, to_page

ZONE = CRS.from_epsg(4548)


def one_hot_cell(row: int, column: int) -> Density:
    values = np.zeros((40, 60))
    values[row, column] = 100.0
    return Density(values, (50.0, 0.0, 480_000.0, 0.0, -50.0, 3_370_000.0), ZONE)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (5, 50), (39, 59), (20, 30)])
def test_a_cell_lies_where_the_projection_puts_it(row, column):
    sampled, (west, south, east, north) = to_page(one_hot_cell(row, column))
    found_row, found_column = np.argwhere(sampled >= 0.97 * sampled.max()).mean(axis=0) + 0.5
    mercator = Transformer.from_crs(4326, 3857, always_xy=True)
    left, bottom = mercator.transform(west, south)
    right, top = mercator.transform(east, north)
    x = left + found_column / sampled.shape[1] * (right - left)
    y = top - found_row / sampled.shape[0] * (top - bottom)
    centre = 480_000 + 50 * (column + 0.5), 3_370_000 - 50 * (row + 0.5)
    expected = Transformer.from_crs(ZONE, 3857, always_xy=True).transform(*centre)
    assert (x, y) == pytest.approx(expected, abs=15)  # a third of a cell


def test_cropping_keeps_every_coloured_pixel_where_it_was():
    classes = np.zeros((50, 80), dtype=int)
    classes[10:20, 30:70] = 1
    part, (west, south, east, north) = cropped(classes, (116.0, 30.0, 116.8, 30.5))
    assert part.shape == (10, 40)
    assert (part == 1).all()
    assert (west, east) == pytest.approx((116.3, 116.7))
    to_metres = Transformer.from_crs(4326, 3857, always_xy=True)
    bottom, top = (to_metres.transform(116, latitude)[1] for latitude in (30.0, 30.5))
    expected = [to_metres.transform(116, latitude)[1] for latitude in (south, north)]
    assert expected == pytest.approx([top - 0.4 * (top - bottom), top - 0.2 * (top - bottom)])


def test_the_picture_reads_back_with_clear_ground():
    classes = np.array([[0, 1], [2, 0], [1, 2]])
    read = matplotlib.image.imread(BytesIO(png(classes, ("#ff0000", "#0000ff"))))
    assert read.shape == (3, 2, 4)
    assert read[0, 0, 3] == 0
    assert read[0, 1].tolist() == [1, 0, 0, 1]
    assert read[1, 0].tolist() == [0, 0, 1, 1]


@settings(max_examples=100, deadline=None)
@given(st.floats(1e-6, 1e9))
def test_steps_are_few_even_and_below_the_peak(peak):
    steps = nice_steps(peak)
    assert 2 <= len(steps) <= 7
    assert 0 < steps[0] <= steps[-1] < peak
    assert np.diff(steps) == pytest.approx(np.full(len(steps) - 1, steps[0]))


def test_no_event_no_picture():
    empty = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=ZONE))
    for surface in (hotspot.density(empty, bandwidth_m=100, cell_m=20), Density(np.zeros((3, 3)), one_hot_cell(0, 0).transform, ZONE)):
        layer = maps.heat(surface, lang="en")
        assert layer.bounds is None
        assert layer.legend.entries == ()


def test_legend_names_the_unit_and_picture_is_a_data_address():
    points = gpd.GeoDataFrame(geometry=[shapely.Point(480_000 + n, 3_370_000) for n in range(50)], crs=ZONE)
    layer = maps.heat(hotspot.density(points, bandwidth_m=100, cell_m=20), lang="en")
    assert layer.legend.unit == "Unit: events per km²"
    assert layer.legend.entries[0].label.startswith("over ")
    head, body = layer.data["image"]["url"].split(",")
    assert head == "data:image/png;base64"
    assert b64decode(body).startswith(b"\x89PNG")
