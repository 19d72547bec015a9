"""Events by square: every count held to one made event by event."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import CRSError, GridmapError, SchemaError
from gridmap.maps import mercator
from gridmap.maps.bins import BITS, MOST_SQUARES, EventBins, Places, Squares, minutes

WORLD = (-180.0, -90.0, 180.0, 90.0)


def frame(lon: list[float], lat: list[float], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def square_of(lon: float, lat: float, depth: int) -> tuple[int, int]:
    """Column and row by the published formula, with the standard library's functions."""
    size = 2**depth
    column = math.floor((lon + 180) / 360 * size)
    row = math.floor((1 - math.log(math.tan(math.radians(lat)) + 1 / math.cos(math.radians(lat))) / math.pi) / 2 * size)
    return min(max(column, 0), size - 1), min(max(row, 0), size - 1)


def held_to_brute_force(bins: EventBins, events: pd.DataFrame, found: Squares, box: tuple[float, float, float, float]) -> None:
    """`events`: lon, lat and kind of those that pass the filters."""
    west, south, east, north = box
    inside = events[(events["lon"] >= west) & (events["lat"] >= south) & (events["lon"] <= east) & (events["lat"] <= north)]
    assert found.total == len(inside)
    if not len(found.count):
        assert inside.empty
        return
    columns, rows = mercator.lattice(events["lon"].to_numpy(), events["lat"].to_numpy(), BITS)
    shift = BITS - found.depth
    at = pd.Series((columns >> shift << 32) | (rows >> shift), index=events.index)
    centres = [square_of(lon, lat, found.depth) for lon, lat in zip(found.lon, found.lat, strict=True)]
    keys = [column << 32 | row for column, row in centres]
    assert len(set(keys)) == len(keys)
    assert set(at[inside.index]) <= set(keys)
    table = pd.crosstab(at, events["kind"]).reindex(keys, fill_value=0)
    assert found.count.tolist() == table.sum(axis=1).tolist()
    assert found.most.tolist() == table.max(axis=1).tolist()
    assert found.category.tolist() == table.idxmax(axis=1).tolist()  # the first of several
    left, top = square_of(west, north, found.depth)
    right, bottom = square_of(east, south, found.depth)
    slack = 1  # a square that comes within 0.6 m of the bounds
    assert all(left - slack <= column <= right + slack and top - slack <= row <= bottom + slack for column, row in centres)


# Few different places near Shenzhen, many of them on the borders of squares, so that events coincide.
steps = st.integers(0, 64)
zooms = st.integers(8, 24)


@st.composite
def questions(draw: st.DrawFn) -> tuple[pd.DataFrame, int, tuple[float, float, float, float]]:
    zoom = draw(zooms)
    bits = min(zoom + 6, 28)  # halves of the squares of 16 pixels, so that half the events are on a border
    column, row = 0.8166 * 2**bits // 1, 0.4365 * 2**bits // 1
    places = draw(st.lists(st.tuples(steps, steps, st.integers(0, 3), st.integers(0, 9)), max_size=60))
    lon, lat = mercator.places(np.array([column + x for x, *_ in places]), np.array([row + y for _, y, *_ in places]), bits)
    corners = [draw(st.integers(-4, 68)) + draw(st.sampled_from([0.0, 0.25])) for _ in range(4)]
    (west, east), (north, south) = sorted(corners[:2]), sorted(corners[2:])
    (west, east), (north, south) = mercator.places(np.array([column + west, column + east]), np.array([row + north, row + south]), bits)
    events = pd.DataFrame({"lon": lon, "lat": lat, "category": [str(kind) for *_, kind, _ in places], "day": [day for *_, day in places]})
    return events, zoom, (west, south, east, north)


@settings(max_examples=60, deadline=None)
@given(questions(), st.none() | st.sets(st.integers(0, 3)), st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_views_hold_what_a_count_event_by_event_holds(question: tuple, wanted: set[int] | None, days: tuple[int, int] | None) -> None:
    events, zoom, box = question
    times = pd.Timestamp("2024-05-01", tz="Asia/Shanghai") + pd.to_timedelta(events["day"], unit="D")
    bins = EventBins.of(frame(events["lon"], events["lat"], category=events["category"], at=times), category="category", time="at")
    kinds = {name: number for number, name in enumerate(bins.names)}
    events["kind"] = events["category"].map(kinds).astype(int)
    chosen = None if wanted is None else sorted(kinds[str(kind)] for kind in wanted if str(kind) in kinds)
    first = int(pd.Timestamp("2024-04-30T16:00Z").timestamp()) // 60
    period = None if days is None else (first + days[0] * 1440, first + days[1] * 1440)
    kept = events if chosen is None else events[events["kind"].isin(chosen)]
    kept = kept if days is None else kept[(kept["day"] >= days[0]) & (kept["day"] < days[1])]
    found = bins.view(zoom, box, categories=chosen, period=period, most_points=-1)
    assert isinstance(found, Squares)
    held_to_brute_force(bins, kept, found, box)
    points = bins.view(zoom, box, categories=chosen, period=period)
    assert isinstance(points, Places)
    assert points.total == found.total == len(points.row)
    inside = kept[(kept["lon"] >= box[0]) & (kept["lat"] >= box[1]) & (kept["lon"] <= box[2]) & (kept["lat"] <= box[3])]
    assert points.row.tolist() == inside.index.tolist()
    assert points.lon.tolist() == inside["lon"].tolist()
    assert points.lat.tolist() == inside["lat"].tolist()
    assert points.category.tolist() == inside["kind"].tolist()


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    random = np.random.default_rng(3)
    kind = random.choice(5, 30_000, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    return pd.DataFrame({"lon": random.normal(114.06, 0.05, 30_000), "lat": random.normal(22.54, 0.04, 30_000), "kind": kind})


@pytest.mark.parametrize("zoom", [0, 5, 9, 10, 11.9, 12, 13])
@pytest.mark.parametrize("bin_px", [8, 16, 64])
def test_many_events_are_counted_in_every_zoom(many: pd.DataFrame, zoom: float, bin_px: int) -> None:
    bins = EventBins.of(frame(many["lon"], many["lat"], category=many["kind"]), category="category")
    assert bins.names == tuple(map(str, many["kind"].unique()))
    many = many.assign(kind=many["kind"].astype(str).map(bins.names.index))
    box = (114.031, 22.517, 114.122, 22.563)
    found = bins.view(zoom, box, bin_px=bin_px, most_points=100)
    assert isinstance(found, Squares)
    assert found.depth == int(zoom) + {8: 6, 16: 5, 64: 3}[bin_px]
    held_to_brute_force(bins, many, found, box)


def test_the_whole_of_a_view_of_everything_is_the_table(many: pd.DataFrame) -> None:
    bins = EventBins.of(frame(many["lon"], many["lat"]))
    found = bins.view(11, WORLD)
    assert found.total == found.count.sum() == len(many) == len(bins)


def test_bounds_include_their_border_and_points_keep_their_rows() -> None:
    bins = EventBins.of(frame([114.0, 114.1, 114.2], [22.0, 22.1, 22.2]))
    found = bins.view(12, (114.0, 22.0, 114.1, 22.1))
    assert isinstance(found, Places)
    assert found.row.tolist() == [0, 1]
    assert bins.view(12, (114.1, 22.1, 114.1, 22.1)).row.tolist() == [1]


def test_points_are_given_up_to_the_most_and_squares_beyond() -> None:
    bins = EventBins.of(frame([114.0] * 5, [22.0] * 5))
    box = (113.9, 21.9, 114.1, 22.1)
    assert isinstance(bins.view(12, box, most_points=5), Places)
    found = bins.view(12, box, most_points=4)
    assert isinstance(found, Squares)
    assert found.count.tolist() == [5]


def test_rows_without_a_place_are_counted_and_in_no_view() -> None:
    events = frame([114.0, 114.1, 114.2, 114.3], [22.0, 22.1, 22.2, 22.3], category=["a", "b", None, "b"])
    events.loc[1, "geometry"] = None
    events.loc[0, "geometry"] = shapely.Point()
    bins = EventBins.of(events, category="category")
    assert bins.placeless == 2
    assert bins.names == ("a", "b", None)
    found = bins.view(12, WORLD)
    assert found.row.tolist() == [2, 3]
    assert found.category.tolist() == [2, 1]


def test_no_events_at_all() -> None:
    bins = EventBins.of(frame([], [], category=[], at=pd.Series([], dtype="datetime64[ns]")), category="category", time="at")
    assert bins.bounds is None
    assert bins.names == ()
    assert bins.view(3, WORLD, period=(0, 1)).total == 0
    found = bins.view(3, WORLD, most_points=-1)
    assert isinstance(found, Squares)
    assert len(found.count) == 0


def test_events_in_metres_lie_where_their_degrees_do() -> None:
    events = frame([114.01, 114.02], [22.51, 22.52])
    moved = EventBins.of(events.to_crs(4547)).view(15, WORLD)
    assert np.abs(moved.lon - [114.01, 114.02]).max() < 1e-9
    assert np.abs(moved.lat - [22.51, 22.52]).max() < 1e-9


def test_a_view_of_the_world_in_fine_squares_is_given_in_larger_ones_and_stays_whole() -> None:
    random = np.random.default_rng(5)
    bins = EventBins.of(frame(random.uniform(-170, 170, 5000), random.uniform(-80, 80, 5000)))
    found = bins.view(24, WORLD)
    assert isinstance(found, Squares)
    assert found.count.sum() == 5000
    assert 4**found.depth <= 4 * MOST_SQUARES


def test_times_are_instants_in_whole_minutes() -> None:
    zoned = pd.Series(pd.to_datetime(["2024-05-01 08:00:59", None, "1969-12-31 08:00:01"])).dt.tz_localize("Asia/Shanghai")
    least = np.iinfo(np.int64).min
    assert minutes(zoned).tolist() == [int(pd.Timestamp("2024-05-01T00:00Z").timestamp()) // 60, least, -1440]
    assert minutes(zoned.dt.tz_localize(None))[0] == minutes(zoned)[0] + 480


def test_events_without_a_time_are_in_no_period() -> None:
    events = frame([114.0, 114.0], [22.0, 22.0], at=pd.to_datetime(["2024-05-01", None]))
    bins = EventBins.of(events, time="at")
    assert bins.view(10, WORLD).total == 2
    assert bins.view(10, WORLD, period=(-(10**12), 10**12)).row.tolist() == [0]


def test_the_fingerprint_is_that_of_the_content() -> None:
    one, two = (EventBins.of(frame([114.0, 114.1], [22.0, lat])) for lat in (22.1, 22.2))
    assert one.fingerprint == EventBins.of(frame([114.0, 114.1], [22.0, 22.1])).fingerprint != two.fingerprint


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"zoom": 25}, "the zoom must lie between 0 and 24"),
        ({"zoom": math.nan}, "the zoom must lie"),
        ({"zoom": -1}, "the zoom must lie"),
        ({"bounds": (1, 0, 0, 1)}, "finite degrees"),
        ({"bounds": (0, 1, 1, 0)}, "finite degrees"),
        ({"bounds": (0, 0, math.inf, 1)}, "finite degrees"),
        ({"bounds": (0, 0, math.nan, 1)}, "finite degrees"),
        ({"categories": [1]}, "no such category"),
        ({"categories": [-1]}, "no such category"),
        ({"period": (0, 1)}, "no times"),
    ],
)
def test_a_view_that_makes_no_sense_is_refused(asked: dict, message: str) -> None:
    bins = EventBins.of(frame([114.0], [22.0]))
    with pytest.raises(GridmapError, match=message):
        bins.view(**{"zoom": 3, "bounds": WORLD} | asked)


def test_what_are_no_events_is_refused() -> None:
    with pytest.raises(SchemaError, match="type Point"):
        EventBins.of(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326))
    with pytest.raises(SchemaError, match="lacks the columns kind"):
        EventBins.of(frame([1.0], [1.0]), category="kind")
    with pytest.raises(CRSError, match="longitude and latitude exchanged"):
        EventBins.of(frame([22.5, 22.6], [114.0, 114.1]))
    with pytest.raises(CRSError, match="no coordinate reference system"):
        EventBins.of(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]))
