"""The cell table against shapely: the same answers at every place, and no table where grids overlap."""

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from places import METRIC, by_shapely, layer, places, table_places, with_cells

from gridmap import assign, hierarchy
from gridmap.assign import owner
from gridmap.assign.cells import stored
from gridmap.assign.threads import spread
from gridmap.errors import SchemaError

PLAIN = gpd.GeoDataFrame({"level": [1], "kind": ["base"]}, geometry=[shapely.box(0, 0, 1, 1)], index=["a"], crs=METRIC)


def assert_exact(polygons: np.ndarray, count: int, *, cells: int | None = None) -> None:
    """Hold the table of a layer against shapely at all hard places."""
    random = np.random.default_rng(11)
    index = with_cells(layer(polygons), cells)
    assert index.path.loc["base", "path"] == "cell table"
    for name, (x, y) in (places(polygons, count, random) | table_places(index._table, count, random)).items():
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        assert (index.lookup(x, y) != by_shapely(x, y, polygons)).sum() == 0, name


@pytest.fixture(scope="module")
def town() -> gpd.GeoDataFrame:
    return towns.jianyang(0.1, events=1).grids


@pytest.mark.parametrize("cells", [None, 2000, 1 << 18])
def test_every_hard_place_of_a_town_gets_the_answer_of_shapely(town: gpd.GeoDataFrame, cells: int | None) -> None:
    assert_exact(hierarchy.tier(town).geometry.to_numpy(), 20_000, cells=cells)


@pytest.mark.parametrize("cells", [None, 144, 576, 2304, 1000])
@pytest.mark.parametrize("origin", [0.0, -3.0, 4e5])
def test_lattices_commensurate_with_the_cells(cells: int | None, origin: float) -> None:
    squares = np.array([shapely.box(a, b, a + 1, b + 1) for b in range(12) for a in range(12)])
    assert_exact(shapely.transform(squares, lambda corners: corners + origin), 5_000, cells=cells)


def test_index_gives_dedicated_before_base_in_the_order_of_the_codes(two_tiers: gpd.GeoDataFrame) -> None:
    index = assign.Index(two_tiers)
    assert index.codes.tolist() == ["A", "A1", "A2", "B", "B1", "B2", "D"]
    assert index.lookup(np.array([50.0, 10.0, 200.0, 400.0, 401.0]), np.full(5, 50.0)).tolist() == [6, 1, 2, 5, -1]
    assert index.path["path"].to_dict() == {"dedicated": "cell table", "base": "cell table"}
    assert repr(index) == "Index(dedicated: 1 by cell table, base: 4 by cell table)"


def test_places_without_finite_coordinates_are_in_no_grid() -> None:
    strange = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300, 0.5])
    x, y = (part.ravel() for part in np.meshgrid(strange, strange))
    expected = np.full(36, -1)
    expected[-1] = 0
    assert assign.Index(PLAIN).lookup(x, y).tolist() == expected.tolist()


@pytest.mark.parametrize("ring", [[(0, 0), (0, 0), (0, 1)], [(0, 0), (1, 0), (2, 0)], [(1, 1)] * 3])
def test_rings_without_an_area_get_the_answer_of_shapely(ring: list) -> None:
    grids = layer([shapely.Polygon(ring)])
    x, y = np.array([0.0, 0.0, 1.0, 2.0, 5.0]), np.array([0.0, 0.5, 1.0, 0.0, 0.0])
    met = shapely.intersects(shapely.points(x, y), grids.geometry.iloc[0])
    for index in (assign.Index(grids), assign.Index(layer([shapely.box(0, 0, 1, 1)])).update(grids)):
        assert index.path.loc["base", "reason"] == "invalid"
        assert index.lookup(x, y).tolist() == np.where(met, 0, -1).tolist()


OVERLAPPING = {
    "overlap": [shapely.box(0, 0, 4, 4), shapely.box(1, 1, 2, 2)],
    "overlap twice": [shapely.box(0, 0, 4, 4), shapely.box(0, 0, 4, 4)],
    "overlap on a diagonal": [shapely.box(0, 0, 4, 4), shapely.Polygon([(0, 0), (4, 0), (4, 4)])],
    "overlap through corners": [shapely.box(0, 0, 4, 4), shapely.Polygon([(0, 2), (2, 0), (2, 2)])],
    "overlap along a side": [shapely.box(0, 0, 4, 4), shapely.box(1, 0, 2, 2)],
    "overlap around": [shapely.Polygon(shapely.box(0, 0, 8, 8).exterior, [shapely.box(2, 2, 6, 6).exterior]), shapely.box(1, 1, 7, 7)],
    "crossing": [shapely.box(0, 0, 4, 4), shapely.box(3, 3, 5, 5)],
    "crossing by a hair": [shapely.box(0, 0, 4, 4), shapely.box(4 - 1e-12, 1, 8, 3)],
    "invalid": [shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])],
    "coordinates": [shapely.box(1e15, 1e15, 1e15 + 8, 1e15 + 8)],
    "coordinates tiny": [shapely.box(0, 0, 1e-150, 1)],
}


@pytest.mark.parametrize("case", OVERLAPPING)
@pytest.mark.parametrize("crowd", [0, 400])
def test_grids_that_share_more_than_a_border_get_no_table(case: str, crowd: int) -> None:
    """Among many other grids, too, so that the cells are small."""
    beside = [shapely.box(10 + n % 20, n // 20, 11 + n % 20, 1 + n // 20) for n in range(crowd)]
    grids = layer([*OVERLAPPING[case], *beside])
    index = assign.Index(grids)
    assert index.path.loc["base", "path"] == "shapely"
    assert crowd or case.startswith(("crossing", "overlap")) or index.path.loc["base", "reason"] == case.split()[0]
    x, y = (part.ravel() / 4 for part in np.meshgrid(np.arange(40.0), np.arange(40.0)))
    met = np.array([shapely.intersects(shapely.points(x, y), polygon) for polygon in grids.geometry])
    assert index.lookup(x, y).tolist() == np.where(met.any(axis=0), met.argmax(axis=0), -1).tolist()


TOUCHING = {
    "T-junctions": [shapely.box(0, 0, 4, 4), shapely.box(4, 0, 8, 2), shapely.box(4, 2, 8, 4), shapely.box(1, 4, 7, 8)],
    "hole filled": [shapely.Polygon(shapely.box(0, 0, 8, 8).exterior, [shapely.box(2, 2, 6, 6).exterior]), shapely.box(2, 2, 6, 6)],
    "hole empty": [shapely.Polygon(shapely.box(0, 0, 8, 8).exterior, [shapely.box(2, 2, 6, 6).exterior])],
    "islands": [shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(6, 6, 8, 8)]), shapely.box(2, 2, 6, 6)],
    "hole at a corner": [shapely.Polygon([(0, 0), (8, 0), (8, 8), (0, 8)], [[(0, 0), (3, 1), (1, 3)]])],
    "triangle in a notch": [shapely.Polygon([(0, 0), (8, 0), (8, 8), (4, 1), (0, 8)]), shapely.Polygon([(0, 8), (4, 1), (8, 8)])],
    "missing": [None, shapely.Polygon(), shapely.box(0, 0, 1, 1)],
    "nothing": [],
}


@pytest.mark.parametrize("case", TOUCHING)
@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_grids_that_only_touch_get_a_table(case: str, turn: float) -> None:
    """Turned, T-junctions meet only within rounding: shapely may have to answer, but the answer is the same."""
    turned = [shape and shapely.affinity.rotate(shape, turn, origin=(0, 0), use_radians=True) for shape in TOUCHING[case]]
    grids = layer(turned)
    index = assign.Index(grids)
    if turn == 0.0:
        assert index.path.loc["base", "path"] == "cell table"
    random = np.random.default_rng(2)
    corners = shapely.get_coordinates(grids.geometry.to_numpy())
    x, y = (np.append(corners[:, k], random.uniform(-9, 12, 2000)) for k in (0, 1))
    assert index.lookup(x, y).tolist() == by_shapely(x, y, grids.geometry.to_numpy()).tolist()


corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
segment = st.lists(corner, min_size=2, max_size=2, unique=True).map(shapely.LineString)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(segment, max_size=7),
    st.lists(st.integers(0, 5), min_size=40, max_size=40),
    st.floats(0, 1),
    st.integers(1, 64),
    st.booleans(),
)
def test_nasty_coverages_get_brute_force_answers(cuts: list, owners: list, turn: float, cells: int, keep_nodes: bool) -> None:
    """A square cut by lines, its pieces dealt out: grids with holes, islands, slivers, gaps and T-junctions."""
    pieces = shapely.get_parts(shapely.polygonize([shapely.union_all([shapely.box(0, 0, 6, 6).exterior, *cuts])]))
    dealt = [[piece for piece, own in zip(pieces, owners, strict=False) if own == n] for n in range(5)]
    unions = [shapely.union_all(group) for group in dealt]
    if not keep_nodes:
        unions = [union.simplify(0) for union in unions]
    polygons = np.array([shapely.affinity.rotate(union, turn, origin=(1, 2), use_radians=True) for union in unions], dtype=object)
    corners = shapely.get_coordinates(polygons)
    random = np.random.default_rng(3)
    x, y = np.append(corners[:, 0], random.uniform(-3, 9, 300)), np.append(corners[:, 1], random.uniform(-3, 9, 300))
    x, y = np.append(x, (x[:-1] + x[1:]) / 2), np.append(y, (y[:-1] + y[1:]) / 2)
    found = np.array([np.append(np.flatnonzero(shapely.intersects(polygons, point)), -1)[0] for point in shapely.points(x, y)])
    assert with_cells(layer(polygons), cells).lookup(x, y).tolist() == found.tolist()


drawn = st.one_of(
    st.lists(corner, min_size=3, max_size=5, unique=True).map(shapely.Polygon),
    st.tuples(corner, corner)
    .filter(lambda ends: ends[0][0] < ends[1][0] and ends[0][1] < ends[1][1])
    .map(lambda ends: shapely.box(*ends[0], *ends[1])),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=6), st.integers(1, 64))
def test_polygons_that_meet_in_any_way_get_brute_force_answers(given_polygons: list, cells: int) -> None:
    """Polygons on few corners: they overlap, lie in each other, and run along, touch and cross each other at corners and within edges."""
    polygons = np.array(given_polygons, dtype=object)
    half = np.arange(-1.0, 7.5, 0.5)
    x, y = (values.ravel() for values in np.meshgrid(half, half))
    found = np.array([np.append(np.flatnonzero(shapely.intersects(polygons, point)), -1)[0] for point in shapely.points(x, y)])
    index = with_cells(layer(polygons), cells)
    assert index.lookup(x, y).tolist() == found.tolist()
    if index.path.loc["base", "path"] == "cell table":
        assert shapely.area(shapely.union_all(polygons)) == pytest.approx(shapely.area(polygons).sum(), abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.lists(corner, min_size=3, max_size=8), st.lists(corner, min_size=3, max_size=3), st.integers(1, 300))
def test_invalid_rings_are_told_as_shapely_tells_them(ring: list, hole: list, cells: int) -> None:
    """Rings that cross, touch or run along themselves, go back the way they came, or have a hole anywhere."""
    for polygon in (shapely.Polygon(ring), shapely.Polygon(ring, [hole])):
        path = with_cells(layer([polygon, shapely.box(20, 0, 26, 6)]), cells).path.loc["base"]
        assert (path["reason"] == "invalid") == (not shapely.is_valid(polygon))
        assert (path["path"] == "cell table") == shapely.is_valid(polygon)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(corner, st.integers(1, 3), st.floats(0, 1)), max_size=3), st.floats(0, 1), st.integers(1, 2000))
def test_dedicated_grids_lie_over_any_base_grids(squares: list, turn: float, cells: int) -> None:
    """Dedicated squares across the borders of turned base squares; some overlap, so that one kind may have a table and the other none."""
    base = [
        shapely.affinity.rotate(shapely.box(a, b, a + 2, b + 2), turn, origin=(3, 3), use_radians=True)
        for a in (0, 2, 4)
        for b in (0, 2, 4)
    ]
    over = [shapely.affinity.rotate(shapely.box(a, b, a + side, b + side), angle, use_radians=True) for (a, b), side, angle in squares]
    grids = layer([*base, *over])
    grids.loc[grids.index[9:], "kind"] = "dedicated"
    index = with_cells(grids, cells)
    random = np.random.default_rng(3)
    corners = shapely.get_coordinates(grids.geometry.to_numpy())
    x, y = (np.append(corners[:, k], random.uniform(-1, 8, 400)) for k in (0, 1))
    expected_base = by_shapely(x, y, np.array(base))
    expected_over = by_shapely(x, y, np.array(over, dtype=object)) if over else np.full(len(x), -1)
    expected_over = np.where(expected_over < 0, -1, expected_over + 9)
    dedicated, lowest = index.locate(x, y)
    assert dedicated.tolist() == expected_over.tolist()
    assert lowest.tolist() == expected_base.tolist()
    assert index.lookup(x, y).tolist() == np.where(expected_over < 0, expected_base, expected_over).tolist()


def test_overlapping_councils_of_a_real_city_are_asked_of_shapely(shared_data: Path) -> None:
    areas = gpd.read_file(shared_data / "la311" / "neighborhood_councils.geojson")
    grids = layer(areas.geometry.to_numpy()).set_crs(areas.crs, allow_override=True)
    index = assign.Index(grids)
    assert index.path.loc["base", "path"] == "shapely"
    for name, (x, y) in places(grids.geometry.to_numpy(), 2_000, np.random.default_rng(1)).items():
        assert (index.lookup(x, y) == by_shapely(x, y, grids.geometry.to_numpy())).all(), name


def test_an_index_gives_the_answers_of_its_grids(town: gpd.GeoDataFrame) -> None:
    left, bottom, right, top = town.total_bounds
    random = np.random.default_rng(0)
    x, y = random.uniform(left, right, 3000), random.uniform(bottom, top, 3000)
    points = gpd.GeoDataFrame({"category": random.choice(list("abc"), 3000)}, geometry=gpd.points_from_xy(x, y), crs=town.crs)
    points.loc[[5, 9], "geometry"] = [None, shapely.Point()]
    index = assign.Index(town)
    for options in ({}, {"max_distance_m": 500.0}):
        pd.testing.assert_series_equal(assign.to_grids(points, index, **options), assign.to_grids(points, town, **options))
    pd.testing.assert_frame_equal(assign.chain(points, index), assign.chain(points, town))
    counts = assign.count(points, index, by="category")
    pd.testing.assert_frame_equal(counts.reindex(town.index), assign.count(points, town, by="category"))


def test_many_points_take_the_table_and_few_do_not(town: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    points = gpd.GeoDataFrame(geometry=town.representative_point().to_numpy(), crs=town.crs)
    answers = assign.to_grids(points, town)
    built = []
    made = assign.Index.both
    monkeypatch.setattr(assign.Index, "both", lambda self, read, count: built.append(count) or made(self, read, count))
    pd.testing.assert_series_equal(assign.to_grids(points, town), answers)
    assert not built
    monkeypatch.setattr(owner, "BY_SHAPELY", 1e3)
    pd.testing.assert_series_equal(assign.to_grids(points, town), answers)
    assert built == [len(points)]


def test_places_that_doubles_cannot_tell_are_asked_of_shapely() -> None:
    """A coordinate so near zero that its difference from a corner's is rounded."""
    polygons = np.array([shapely.Polygon([(-1, -1), (3, -1), (2, 7 / 3)]), shapely.Polygon([(-1, -1), (2, 7 / 3), (-3, 1)])])
    index = assign.Index(layer(polygons))
    random = np.random.default_rng(1)
    x = random.choice([1.0, -1.0], 999) * 10.0 ** random.integers(-320, -15, 999)
    y = (x + 1) / 3 * 10 / 3 - 1 + random.integers(-2, 3, 999) * 2e-17
    out = np.empty(999, dtype=np.int32)
    assert index._table.locate(x, y, out, out[:0]) == (out == -2).sum() > 500
    assert (index.lookup(x, y) == by_shapely(x, y, polygons)).all()


def test_tiny_coordinates_get_the_answer_of_geometries_that_are_not_prepared() -> None:
    """Beside the upper corner GEOS says yes as soon as the point is prepared, and no otherwise."""
    top = 0.6719948779563594
    polygon = shapely.Polygon([(0, 0.2), (0.2, 0.09), (0.05, 0.4), (0.8, 0.23), (0.5803323859868507, 0.2986961328189226), (0, top)])
    x, y = np.repeat([5e-324, 1e-323, -5e-324, 1e-120], 4), np.tile([top, 0.2, 0.3, 0.5], 4)
    met = shapely.intersects(shapely.points(x, y), polygon)
    assert met[0] != bool(len(shapely.STRtree([polygon]).query(shapely.Point(5e-324, top), predicate="intersects")))
    grids = layer([polygon])
    assert assign.Index(grids).lookup(x, y).tolist() == np.where(met, 0, -1).tolist()
    points = gpd.GeoDataFrame(geometry=shapely.points(x, y), crs=METRIC)
    for some in (points, points.iloc[:4]):  # many are asked otherwise than few
        assert assign.to_grids(some, grids).notna().tolist() == met[: len(some)].tolist()


def test_places_may_be_of_any_kind_of_array() -> None:
    index = assign.Index(PLAIN)
    for values in ([0, 2], (0.5, 3), np.array([1, 2], dtype=np.int8), pd.Series([0.5, 2.0]), np.array([[1.0, 9.0], [2.0, 9.0]])[:, 0]):
        assert index.lookup(values, values).tolist() == [0, -1]
    fixed = np.array([0.5, 2.0])
    fixed.flags.writeable = False
    assert index.lookup(fixed, fixed).tolist() == [0, -1]
    assert index.lookup([], []).tolist() == []


@pytest.mark.parametrize(("x", "y"), [([1.0, 2.0], [1.0]), ([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]]), (1.0, 1.0)])
def test_coordinates_that_do_not_fit_each_other_are_refused(x: object, y: object) -> None:
    index = assign.Index(PLAIN)
    for ask in (index.lookup, index.locate, index.tiles):
        with pytest.raises(SchemaError, match="x, y must be arrays of one dimension and one length"):
            ask(x, y)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_what_a_thread_raises_comes_out_and_ends_the_work(threads: int) -> None:
    done, never = [], threading.Event()

    def work(begin: int, end: int) -> None:
        if begin == 0:
            raise ValueError("no such part")
        never.wait(0.001)
        done.append(begin)

    with pytest.raises(ValueError, match="no such part"):
        spread(work, 1000, most=1, threads=threads)
    assert len(done) < 100
    assert spread(lambda begin, end: end - begin, 1000, most=1, threads=threads) == [1] * 1000


def test_what_is_written_into_the_grids_of_an_index_does_not_show(town: gpd.GeoDataFrame) -> None:
    index = assign.Index(town)
    before = index.grids
    seen = index.grids
    seen["level"], seen.loc[seen.index[:3], "kind"] = 1, "dedicated"
    seen.loc[seen.index[:3], "geometry"] = shapely.box(0, 0, 1, 1)
    assert_geodataframe_equal(index.grids, before)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda index: pickle.loads(pickle.dumps(index))])
def test_a_copy_answers_and_follows_changes_by_itself(copied: Callable) -> None:
    squares = layer([shapely.box(0, 0, 4, 4), shapely.box(4, 0, 8, 4)])
    index = assign.Index(squares).update(layer([shapely.box(0, 0, 3, 4)]))
    again = copied(index)
    x, y = (part.ravel() for part in np.meshgrid(np.arange(9.0), np.arange(5.0)))
    moved = [layer([shapely.box(0, 0, side, 4)]) for side in (1, 2)]
    one, other = index.update(moved[0]), again.update(moved[1])
    for made, first in ((index, 3), (again, 3), (one, 1), (other, 2)):
        expected = by_shapely(x, y, np.array([shapely.box(0, 0, first, 4), squares.geometry.iloc[1]]))
        assert made.lookup(x, y).tolist() == expected.tolist()


def test_threads_give_the_answers_of_one(town: gpd.GeoDataFrame) -> None:
    left, bottom, right, top = town.total_bounds
    random = np.random.default_rng(4)
    x, y = random.uniform(left, right, 300_000), random.uniform(bottom, top, 300_000)
    index = assign.Index(town)
    alone = index.lookup(x, y, threads=1)
    for threads in (2, 5):
        assert (index.lookup(x, y, threads=threads) == alone).all()


def test_bytes_give_the_index_back(town: gpd.GeoDataFrame) -> None:
    crossed = layer([shapely.box(0, 0, 4, 4), shapely.box(3, 3, 5, 5)])
    for grids in (town, crossed, PLAIN, town.iloc[:0]):
        index = assign.Index(grids)
        again = assign.Index.from_bytes(index.to_bytes())
        left, bottom, right, top = np.nan_to_num(grids.total_bounds)
        random = np.random.default_rng(0)
        x, y = random.uniform(left, right, 5000), random.uniform(bottom, top, 5000)
        assert (again.lookup(x, y) == index.lookup(x, y)).all()
        assert again.codes.equals(index.codes)
        assert again.path.equals(index.path)
        assert again.grids.crs == index.grids.crs
        assert again.to_bytes() == index.to_bytes()


def test_bytes_that_were_changed_are_refused() -> None:
    data = assign.Index(PLAIN).to_bytes()
    for place in range(0, len(data), 97):
        spoiled = bytearray(data)
        spoiled[place] ^= 1
        with pytest.raises(SchemaError, match="no index of grids, or were changed"):
            assign.Index.from_bytes(bytes(spoiled))
    for wrong in (b"", data[:-1], data + b" ", b"PK"):
        with pytest.raises(SchemaError, match=rf"no index of grids.*given: {len(wrong)} B"):
            assign.Index.from_bytes(wrong)


def rehashed(data: bytes, old: bytes, new: bytes) -> bytes:
    """The bytes of an index of which a part was replaced by one of the same length, with the hash of what they are now."""
    content = data[len(stored.MARK) + stored.DIGEST :]
    assert len(old) == len(new)
    assert content.count(old) == 1
    content = content.replace(old, new)
    return stored.MARK + stored.HASH(content).digest() + content


def test_bytes_with_a_right_hash_that_are_no_index_are_refused() -> None:
    made = assign.Index(PLAIN)
    data, numbers = made.to_bytes(), made._table
    wrong: list[object] = [
        rehashed(data, b'"dedicated"', b'"dedicatee"'),
        rehashed(data, b'"reasons"', b'"seasons"'),
        rehashed(data, b'["<i8", [2]]', b'["<f8", [2]]'),
        rehashed(data, b'["<i8", [2]]', b'["<i8",[-2]]'),
        rehashed(data, b'["<f8", [6]]', b'["<f8",[99]]'),
        rehashed(data, b'"grids": ', b'"grid5": '),
        rehashed(data, numbers.faces.tobytes() + numbers.step.tobytes(), numbers.faces.tobytes() + bytes(numbers.step.nbytes)),
        rehashed(data, numbers.shape.tobytes() + numbers.top.tobytes(), (-numbers.shape).tobytes() + numbers.top.tobytes()),
        None,
        data.decode("latin-1"),
    ]
    for spoiled in wrong:
        with pytest.raises(SchemaError, match="no index of grids, or were changed"):
            assign.Index.from_bytes(spoiled)  # type: ignore[arg-type]
    assert assign.Index.from_bytes(bytearray(data)).codes.equals(made.codes)


def test_an_index_does_not_follow_its_frame(two_tiers: gpd.GeoDataFrame) -> None:
    index = assign.Index(two_tiers)
    before = index.lookup(np.array([50.0]), np.array([50.0])).tolist()
    two_tiers.loc[:, "geometry"] = shapely.box(900, 900, 901, 901)
    assert index.lookup(np.array([50.0]), np.array([50.0])).tolist() == before
    assert assign.Index.from_bytes(index.to_bytes()).lookup(np.array([50.0]), np.array([50.0])).tolist() == before
