"""Density: against the direct sum, scipy's estimate, and the number of events."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde

from gridmap import hotspot
from gridmap.errors import CRSError, SchemaError

places = st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 5000)), min_size=1, max_size=30)


def points(xy: list[tuple[float, float]], crs: str = "EPSG:4548") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=shapely.points(np.array(xy, dtype=float).reshape(-1, 2)), crs=crs)


def centres(found: hotspot.Density) -> tuple[np.ndarray, np.ndarray]:
    side, _, west, _, minus_side, north = found.transform
    rows, columns = found.values.shape
    return np.meshgrid(west + side * (np.arange(columns) + 0.5), north + minus_side * (np.arange(rows) + 0.5))


def events(found: hotspot.Density) -> float:
    return found.values.sum() * found.transform[0] ** 2 / 1e6


def direct_sum(found: hotspot.Density, xy: list[tuple[float, float]], bandwidth: float) -> np.ndarray:
    x, y = centres(found)
    squares = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * bandwidth**2)) for px, py in xy)
    return squares / (2 * np.pi * bandwidth**2) * 1e6


@given(places, st.floats(2, 8))
@settings(max_examples=40, deadline=None)
def test_every_event_is_whole(xy, cells_per_bandwidth):
    found = hotspot.density(points(xy), bandwidth_m=300, cell_m=300 / cells_per_bandwidth)
    assert events(found) == pytest.approx(len(xy), rel=1e-9)
    assert (found.values >= 0).all()


@given(places, st.floats(2, 8))
@settings(max_examples=40, deadline=None)
def test_lattice_error_is_within_its_bound(xy, cells_per_bandwidth):
    found = hotspot.density(points(xy), bandwidth_m=300, cell_m=300 / cells_per_bandwidth)
    peak = 1e6 / (2 * np.pi * 300**2)
    bound = len(xy) * peak * (1 / (4 * cells_per_bandwidth**2) + 0.001)  # and the kernel's end
    assert np.abs(found.values - direct_sum(found, xy, 300)).max() <= bound


def test_agrees_with_scipy():
    raw = np.random.default_rng(2).normal(size=(500, 2))
    round_cloud = np.linalg.solve(np.linalg.cholesky(np.cov(raw.T)), raw.T).T  # its covariance is the unit matrix
    xy = 2000 + 400 * round_cloud
    found = hotspot.density(points(xy), bandwidth_m=200, cell_m=20)
    kernel = gaussian_kde(xy.T, bw_method=0.5)  # half the cloud's own 400 m
    x, y = centres(found)
    theirs = kernel(np.vstack([x.ravel(), y.ravel()])).reshape(x.shape) * 500 * 1e6
    assert found.values == pytest.approx(theirs, abs=0.005 * theirs.max())


def test_north_is_up_and_the_peak_is_where_the_events_are():
    found = hotspot.density(points([(1000, 4000)] * 5 + [(3000, 1000)]), bandwidth_m=100, cell_m=25)
    x, y = centres(found)
    top = np.unravel_index(found.values.argmax(), found.values.shape)
    assert (x[top], y[top]) == pytest.approx((1000, 4000), abs=25)
    assert top[0] < found.values.shape[0] / 2


def test_bounds_cut_the_lattice_and_keep_the_reach_of_events_outside():
    xy = [(1000, 1000), (2100, 1500), (9000, 9000)]
    cut = hotspot.density(points(xy), bandwidth_m=200, cell_m=50, bounds=(500, 500, 2000, 2500))
    assert cut.values.shape == (40, 30)
    assert cut.transform == (50, 0, 500, 0, -50, 2500)
    peak = 1e6 / (2 * np.pi * 200**2)
    assert np.abs(cut.values - direct_sum(cut, xy, 200)).max() < 0.02 * peak
    assert cut.values[20, -1] > 0.5 * peak  # of the event 100 m beyond the eastern edge


def test_degrees_are_brought_to_metres():
    metres = points([(500_000, 4_000_000), (500_400, 4_000_300)])
    degrees = metres.to_crs("EPSG:4490")
    found = hotspot.density(degrees, bandwidth_m=100, cell_m=25, bounds=(116.99, 36.12, 117.02, 36.15))
    assert found.crs.axis_info[0].unit_name == "metre"
    assert events(found) == pytest.approx(2, rel=1e-6)
    x, y = centres(found)
    top = np.unravel_index(found.values.argmax(), found.values.shape)
    assert np.hypot(x[top] - 500_000, y[top] - 4_000_000) < 30 or np.hypot(x[top] - 500_400, y[top] - 4_000_300) < 30


def test_rows_without_a_place_do_not_count():
    some = points([(0, 0), (100, 100)])
    some.loc[1, "geometry"] = None
    assert events(hotspot.density(some, bandwidth_m=100, cell_m=25)) == pytest.approx(1)


def test_nothing_in_nothing_out():
    none = points([])
    assert hotspot.density(none, bandwidth_m=100, cell_m=25).values.shape == (0, 0)
    empty = hotspot.density(none, bandwidth_m=100, cell_m=25, bounds=(0, 0, 1000, 500))
    assert empty.values.shape == (20, 40)
    assert empty.values.sum() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bandwidth_m": 100, "cell_m": 51}, r"cell_m must not exceed half the bandwidth \(50.0 m\); given: 51"),
        ({"bandwidth_m": 0, "cell_m": 1}, "bandwidth_m must be above 0; given: 0"),
        ({"bandwidth_m": 100, "cell_m": -1}, "cell_m must be above 0; given: -1"),
        ({"bandwidth_m": 1, "cell_m": 0.1}, "more than 25000000 squares; given: .* x .*Hint: raise cell_m"),
        ({"bandwidth_m": 100, "cell_m": 25, "bounds": (0, 0, 0, 9)}, "bounds must be"),
        ({"bandwidth_m": 100, "cell_m": 25, "bounds": (0, 0, np.nan, 9)}, "bounds must be"),
    ],
)
def test_calls_that_cannot_be_answered(options, message):
    with pytest.raises(SchemaError, match=message):
        hotspot.density(points([(0, 0), (90_000, 90_000)]), **options)


def test_points_alone_with_a_crs():
    with pytest.raises(SchemaError, match="must have geometries of type Point; given: Polygon"):
        hotspot.density(points([(0, 0)]).buffer(5).to_frame("geometry"), bandwidth_m=100, cell_m=25)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        hotspot.density(points([(0, 0)]).set_crs(None, allow_override=True), bandwidth_m=100, cell_m=25)
