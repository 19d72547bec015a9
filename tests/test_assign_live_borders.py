"""Snapping to borders that change grid by grid: as shapely measures, bit for bit on corners, and never a stale border."""

import copy
import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from conftest import square
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import hierarchy
from gridmap.assign import Borders
from gridmap.assign.live import borders
from gridmap.errors import CRSError, SchemaError

METRIC = "EPSG:4548"


def layer(polygons: dict[str, shapely.Geometry | None], crs: str = METRIC) -> gpd.GeoDataFrame:
    index = pd.Index(list(polygons), name="grid_code")
    return gpd.GeoDataFrame(index=index, geometry=gpd.GeoSeries(list(polygons.values()), index=index, crs=crs))


def by_shapely(polygons: list[shapely.Geometry], x: float, y: float, distance_m: float) -> tuple[str, float]:
    """What there is to snap to, and how far it is."""
    here = shapely.Point(x, y)
    corners = shapely.multipoints(shapely.get_coordinates(polygons))
    for what, target in (("corner", corners), ("border", shapely.union_all(shapely.boundary(polygons)))):
        apart = float(shapely.distance(here, target))
        if apart <= distance_m:
            return what, apart
    return "free", 0.0


def assert_snaps(made: Borders, polygons: list[shapely.Geometry], x: float, y: float, distance_m: float) -> None:
    got = made.snap(x, y, distance_m)
    what, apart = by_shapely(polygons, x, y, distance_m)
    assert got.what == what
    assert np.hypot(got.x - x, got.y - y) == pytest.approx(apart, abs=1e-6)
    if what == "corner":
        assert (got.x, got.y) in set(map(tuple, shapely.get_coordinates(polygons)))
    elif what == "border":
        assert shapely.distance(shapely.Point(got.x, got.y), shapely.union_all(shapely.boundary(polygons))) < 1e-6
    else:
        assert (got.x, got.y) == (x, y)


MILLIMETRES = st.integers(-50_000, 350_000).map(lambda n: n / 1000)
RING = shapely.Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(30, 30), (30, 60), (60, 60), (60, 30)]])
TWO_PARTS = shapely.MultiPolygon([shapely.box(200, 0, 260, 60), shapely.box(300, 0, 340, 40)])
SHAPES = st.sampled_from(
    [RING, TWO_PARTS, square(0, 0), square(1, 0), square(2, 1), shapely.Point(50, 50).buffer(40, quad_segs=25), None, shapely.Polygon()]
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdef"), SHAPES, max_size=5),
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from("abcdef"), SHAPES, max_size=3), st.sets(st.sampled_from("abcdef"), max_size=2)),
        max_size=4,
    ),
    st.lists(st.tuples(MILLIMETRES, MILLIMETRES, st.sampled_from([0.0, 3.0, 20.0, 100.0])), min_size=1, max_size=8),
)
def test_after_any_changes_it_answers_as_shapely_on_the_polygons_there_are(first, changes, places):
    polygons = dict(first)
    made = Borders(layer(polygons))
    for changed, gone in changes:
        gone = {code for code in gone if code in polygons and code not in changed}
        made.replace(layer(changed), gone=gone)
        polygons = {code: polygon for code, polygon in (polygons | changed).items() if code not in gone}
    assert len(made) == len(polygons)
    drawn = [polygon for polygon in polygons.values() if polygon is not None and not polygon.is_empty]
    for x, y, distance_m in places:
        if drawn:
            assert_snaps(made, drawn, x, y, distance_m)
        assert made.snap(x, y, distance_m) == Borders(layer(polygons).iloc[::-1]).snap(x, y, distance_m)


@pytest.mark.parametrize("run", [1, 32])
def test_a_town_as_shapely_measures_it(run, monkeypatch):
    monkeypatch.setattr(borders, "RUN", run)
    grids = hierarchy.tier(towns.jianyang(0.02, events=1).grids).to_crs(METRIC)
    made = Borders(grids)
    polygons = grids.geometry.to_numpy()
    corners = shapely.multipoints(shapely.get_coordinates(polygons))
    edges = shapely.union_all(shapely.boundary(polygons))
    random = np.random.default_rng(3)
    counted = dict.fromkeys(("corner", "border", "free"), 0)
    for x, y in random.choice(shapely.get_coordinates(corners), 300) + random.normal(0, 20, (300, 2)):
        got = made.snap(x, y, 15.0)
        here = shapely.Point(x, y)
        to_corner, to_edge = shapely.distance(here, corners), shapely.distance(here, edges)
        assert got.what == ("corner" if to_corner <= 15 else "border" if to_edge <= 15 else "free")
        expected = {"corner": to_corner, "border": to_edge, "free": 0.0}[got.what]
        assert np.hypot(got.x - x, got.y - y) == pytest.approx(expected, abs=1e-6)
        counted[got.what] += 1
    assert min(counted.values()) > 20


def test_corners_are_returned_bit_by_bit_also_in_degrees():
    grids = hierarchy.tier(towns.dongyuan().grids)
    assert grids.crs.is_geographic
    made = Borders(grids)
    for x, y in shapely.get_coordinates(grids.geometry.to_numpy())[::50]:
        got = made.snap(x + 3e-6, y - 2e-6, 1.0)
        assert got == (x, y, "corner")
    west, south, _, _ = grids.total_bounds
    assert made.snap(west - 1, south - 1, 1000.0).what == "free"


def test_a_place_on_a_border_of_degrees_lies_on_it():
    made = Borders(layer({"a": shapely.box(117.0, 36.0, 117.01, 36.01)}, "EPSG:4490"))
    got = made.snap(117.004, 36.00001, 2.0)
    assert got.what == "border"
    assert (got.x, got.y) == (pytest.approx(117.004, abs=1e-6), 36.0)


def test_ties_go_to_the_smaller_place_whatever_the_order():
    polygons = {"a": square(0, 0), "b": square(1, 0)}
    for grids in (layer(polygons), layer(polygons).iloc[::-1]):
        made = Borders(grids)
        assert made.snap(100, 50, 50) == (100.0, 0.0, "corner")
        assert made.snap(50, 0, 50) == (0.0, 0.0, "corner")
        assert made.snap(50, 50, 50) == (0.0, 50.0, "border")
        assert made.snap(50, 50, np.nextafter(50, 0)) == (50.0, 50.0, "free")


def test_only_changed_grids_are_touched(three_by_three):
    made = Borders(three_by_three)
    before = dict(made._numbers)
    changed = three_by_three.copy()
    changed.loc["e", "geometry"] = shapely.box(110, 110, 190, 190)
    made.replace(changed)
    assert {code for code in before if made._numbers[code] != before[code]} == {"e"}
    assert made.snap(109, 111, 5) == (110.0, 110.0, "corner")
    assert made.snap(99, 101, 5) == (100.0, 100.0, "corner")  # still a corner of its neighbours
    made.replace(changed.iloc[:0], gone=["e", "a", "b", "d"])
    assert made.snap(99, 101, 5).what == "free"
    assert len(made) == 5
    assert "e" not in made


def test_a_drawn_line_ends_in_existing_corners(three_by_three):
    made = Borders(three_by_three)
    drawn = shapely.LineString([(98, 3), (150, 52), (151, 53), (203, 99)])
    got = made.snap_line(drawn, 5.0)
    again = made.snap_line(shapely.LineString([*drawn.coords, (204, 101)]), 5.0)  # two ends at one corner become one
    assert got.equals(shapely.LineString([(100, 0), (150, 52), (151, 53), (200, 100)]))
    # only its corners are moved, so shapely's own snapping to the corners says the same
    corners = shapely.multipoints(shapely.get_coordinates(three_by_three.geometry.to_numpy()))
    assert shapely.snap(drawn, corners, 5.0).equals_exact(got, 0)
    assert again.equals_exact(got, 0)


def test_a_drawn_polygon_fits_its_neighbours(three_by_three):
    made = Borders(three_by_three)
    drawn = shapely.Polygon([(101, 99), (199, 102), (201, 198), (150, 199), (98, 203)], [[(120, 120), (130, 120), (130, 130)]])
    got = made.snap_line(drawn, 5.0)
    assert got.is_valid
    assert shapely.Polygon(got.exterior).equals_exact(shapely.Polygon([(100, 100), (200, 100), (200, 200), (150, 200), (100, 200)]), 0)
    assert shapely.relate(shapely.Polygon(got.exterior), three_by_three.geometry["d"])[0] == "F"  # no inside in common
    several = made.snap_line(shapely.MultiLineString([[(1, 1), (50, 50)], [(99, 99), (60, 60)]]), 5.0)
    assert several.equals(shapely.MultiLineString([[(0, 0), (50, 50)], [(100, 100), (60, 60)]]))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-20, 320), st.floats(-20, 320)), min_size=2, max_size=7),
    st.sampled_from([shapely.LineString, shapely.Polygon]),
    st.sampled_from([0.0, 5.0, 60.0]),
)
def test_what_was_valid_stays_valid_or_the_reason_is_given(places, shape, distance_m):
    made = Borders(layer({str(n): square(n % 3, n // 3) for n in range(9)}))
    if shape is shapely.Polygon and len(places) < 3:
        return
    drawn = shape(places)
    try:
        got = made.snap_line(drawn, distance_m)
    except SchemaError as error:
        assert error.key in ({"drawn_badly", "snap_breaks"} if drawn.is_valid is False else {"snap_breaks"})  # noqa: PT017
        assert error.given  # noqa: PT017
        return
    assert got.is_valid
    assert not got.is_empty
    assert got.geom_type == drawn.geom_type
    assert got.is_simple or not drawn.is_simple
    expected = [made.snap(x, y, distance_m)[:2] for x, y in shapely.get_coordinates(drawn)]
    kept = [xy for n, xy in enumerate(expected) if n == 0 or xy != expected[n - 1]]
    assert shapely.get_coordinates(got).tolist() == list(map(list, kept))


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        (shapely.LineString([(98, 98), (103, 103)]), "Too few points"),
        (shapely.box(97, 97, 103, 103), "Too few points"),
        (shapely.Polygon([(0, 0), (300, 0), (300, 300), (0, 300)], [[(99, 99), (101, 99), (101, 101)]]), "Too few points"),
        (shapely.LineString([(60, 60), (140, 136), (140, 60), (101, 97), (110, 60)]), "Self-crossing"),
    ],
)
def test_what_snapping_would_break_is_refused_with_the_reason(three_by_three, drawn, reason):
    with pytest.raises(SchemaError, match=f"snapping by 5.0 m would make what was drawn invalid; given: .*({reason})"):
        Borders(three_by_three).snap_line(drawn, 5.0)


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        (shapely.Point(1, 2), "must have geometries of type .*given: Point"),
        ("LINESTRING (0 0, 1 1)", "given: str"),
        (None, "given: NoneType"),
        (shapely.LineString(), "not valid; given: Empty"),
        (shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), "not valid; given: Self-intersection"),
        (shapely.LineString([(0, 0), (np.inf, 1)]), "not valid; given: Not finite"),
        (shapely.LineString([(0, 0), (1e300, 1)]), "finite coordinates in metres"),
    ],
)
def test_what_cannot_be_snapped_is_refused(three_by_three, drawn, message):
    with pytest.raises(SchemaError, match=message):
        Borders(three_by_three).snap_line(drawn, 5.0)


def test_a_refused_change_changes_nothing(three_by_three):
    made = Borders(three_by_three)
    other = layer({"a": shapely.box(1, 1, 50, 50), "b": shapely.box(0, 0, np.inf, 1)})
    calls = {
        "infinite or undefined": lambda: made.replace(other),
        "finite coordinates in metres; 2 rows, first: z, z|finite coordinates in metres": lambda: made.replace(
            layer({"a": shapely.box(1, 1, 50, 50), "z": shapely.box(0, 0, 1e300, 1)})
        ),
        "gone are unknown": lambda: made.replace(other.iloc[:1], gone=["nowhere"]),
        "or changed at the same time": lambda: made.replace(other.iloc[:1], gone=["a"]),
        "geometries of type": lambda: made.replace(layer({"a": shapely.Point(1, 1)})),
        "duplicate identifiers": lambda: made.replace(pd.concat([other.iloc[:1]] * 2)),
    }
    for message, call in calls.items():
        with pytest.raises(SchemaError, match=message):
            call()
    with pytest.raises(CRSError, match="differ"):
        made.replace(layer({"a": shapely.box(1, 1, 50, 50)}, "EPSG:4549"))
    assert len(made) == 9
    assert made.snap(2, 2, 1.5).what == "free"
    assert made.snap(1, 1, 1.5) == (0.0, 0.0, "corner")


def test_wrong_places_and_distances_are_refused(three_by_three):
    made = Borders(three_by_three)
    for x in (np.nan, np.inf, None, "5", 1e300):
        with pytest.raises(SchemaError, match="finite coordinates in metres"):
            made.snap(x, 0.0, 5.0)
    for distance_m in (-1, np.nan, np.inf, None):
        with pytest.raises(SchemaError, match="distance_m must be a finite number"):
            made.snap(0.0, 0.0, distance_m)
    with pytest.raises(SchemaError, match="finite coordinates in metres"):
        Borders(three_by_three.to_crs("EPSG:4490")).snap(117.0, 95.0, 5.0)


def test_copies_and_layers_without_a_border():
    made = Borders(layer({"a": square(0, 0), "b": None}))
    for other in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        other.replace(layer({"a": None}))
        assert other.snap(0, 0, 5).what == "free"
        assert len(other) == 2
    assert made.snap(1, 1, 5).what == "corner"
    assert repr(made) == "Borders(2 grids, 4 edges, EPSG:4548)"
    none = Borders(layer({}))
    assert none.snap(0, 0, 5) == (0.0, 0.0, "free")
    none.replace(layer({"a": square(0, 0)}))
    assert none.snap(0, 1, 5).what == "corner"
