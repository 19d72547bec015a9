"""Assignment against brute-force shapely, geopandas.sjoin and real requests."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from places import by_shapely
from shapely import Point, box

from gridmap import assign, hierarchy
from gridmap.errors import CRSError, GridmapWarning, SchemaError

METRIC = "EPSG:4548"


def events(*geometry: shapely.Geometry | None, crs: str = METRIC, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns or {"n": range(len(geometry))}, geometry=list(geometry), crs=crs)


def layer(polygons: dict[str, shapely.Geometry], *, dedicated: str = "", crs: str = METRIC) -> gpd.GeoDataFrame:
    """One tier of grids; codes that begin with a letter of `dedicated` are dedicated."""
    codes = pd.Index(list(polygons), name="grid_code", dtype="str")
    kinds = ["dedicated" if code[0] in dedicated else "base" for code in codes]
    frame = {"name": codes, "level": 1, "kind": kinds, "parent": None}
    return gpd.GeoDataFrame(frame, index=codes, geometry=list(polygons.values()), crs=crs)


def brute_force(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> list[str | None]:
    """Ask shapely for every pair; dedicated before base, then the smallest code."""
    owners: list[str | None] = []
    for point in points.geometry:
        covering = [] if point is None or point.is_empty else [
            (kind == "base", code) for code, kind, polygon in zip(grids.index, grids["kind"], grids.geometry, strict=True)
            if shapely.intersects(polygon, point)
        ]  # fmt: skip
        owners.append(min(covering)[1] if covering else None)
    return owners


def answers(found: pd.Series) -> list[str | None]:
    return [None if pd.isna(code) else code for code in found]


lattice = st.integers(0, 8)
corner = st.tuples(lattice, lattice)
ring = st.lists(corner, min_size=3, max_size=7).map(shapely.Polygon)  # crossing, collapsed and repeated corners included
pair = st.tuples(ring, ring).map(lambda two: shapely.MultiPolygon(list(two)))  # parts may overlap
holed = st.tuples(ring, ring).map(lambda two: shapely.Polygon(two[0].exterior, [two[1].exterior]))  # holes may lie anywhere


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.one_of(ring, pair, holed), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 32), st.integers(0, 32)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_every_answer_is_that_of_brute_force_on_any_polygons(polygons: list, places: list, random) -> None:
    """Overlaps, invalid rings, points on borders and corners; the order of the grids does not matter."""
    codes = [f"{random.choice('BD')}{n}" for n in range(len(polygons))]
    grids = layer(dict(zip(codes, polygons, strict=True)), dedicated="D").sample(frac=1, random_state=random.randint(0, 99))
    points = events(*[Point(x / 4, y / 4) for x, y in places])
    assert answers(assign.to_grids(points, grids)) == brute_force(points, grids)


def test_prepared_polygons_answer_otherwise_on_invalid_rings_and_are_not_asked() -> None:
    overlapping = shapely.MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)])
    grids, points = layer({"a": overlapping}), events(*[Point(1.5, 1.5)] * 3)
    shapely.prepare(overlapping)
    assert not shapely.intersects(overlapping, points.geometry.to_numpy()).all()  # an index counts both outlines: outside
    assert answers(assign.to_grids(points, grids)) == ["a", "a", "a"]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("prepared", [0.0, 0.5])
def test_few_points_get_the_answers_of_a_tree_of_the_polygons(seed: int, prepared: float) -> None:
    """Most rings are invalid, and somebody else has prepared some polygons; places on corners, on edges and a hair off."""
    random = np.random.default_rng(seed)
    scale, offset = ((1.0, 0.0), (0.1, 5e5), (1e6, 0.0), (1 / 3, 1e9))[seed % 4]

    def ring() -> np.ndarray:
        return random.integers(0, 7, (int(random.integers(3, 12)), 2)) * scale + offset

    def polygon() -> shapely.Polygon:
        return shapely.Polygon(ring(), [ring() for _ in range(random.integers(0, 3))])

    polygons = [polygon() if random.random() < 0.6 else shapely.MultiPolygon([polygon(), polygon()]) for _ in range(60)]
    shapely.prepare([each for each in polygons if random.random() < prepared])
    corners = np.concatenate([shapely.get_coordinates(each) for each in polygons])
    first, second = random.integers(0, len(corners), (2, 300))
    between = corners[first] + random.random((300, 1)) * (corners[second] - corners[first])
    beside = np.nextafter(corners, corners + random.integers(-1, 2, corners.shape))
    x, y = np.concatenate([corners[:80], beside[:80], between, random.integers(-1, 15, (200, 2)) * scale / 2 + offset]).T
    shares = np.array_split(np.arange(len(x)), 2)  # few points for the polygons: they are asked of a tree of these
    codes = [f"{number:02d}" for number in range(60)]
    for share in shares:
        points = events(*shapely.points(x[share], y[share]))
        truth = by_shapely(x[share], y[share], np.array(polygons))
        found = assign.to_grids(points, layer(dict(zip(codes, polygons, strict=True))))
        assert answers(found) == [codes[place] if place >= 0 else None for place in truth]


def test_a_spike_there_and_back_is_no_rectangle() -> None:
    """GEOS takes such a ring for its bounding box, unless the point is prepared."""
    spike = shapely.Polygon([(0, 0), (0, 4), (4, 4), (0, 4)])
    assert shapely.intersects(spike, Point(2, 2))
    grids = layer({"a": spike, "b": Point(9, 9).buffer(1)})
    points = events(Point(2, 2), Point(0, 2), Point(2, 4), Point(4, 4), Point(9, 9))
    assert answers(assign.to_grids(points, grids)) == [None, "a", "a", "a", "b"]


def test_border_and_corner_belong_to_the_smallest_code(three_by_three: gpd.GeoDataFrame) -> None:
    polygons = three_by_three.geometry.to_numpy()
    corners = shapely.get_coordinates(polygons)
    starts, ends = corners[:-1], corners[1:]
    places = np.concatenate([corners, (starts + ends) / 2])
    points = events(*shapely.points(places))
    found = assign.to_grids(points, three_by_three.iloc[::-1])
    assert answers(found) == brute_force(points, three_by_three)
    assert found[0] == "a"
    assert answers(assign.to_grids(events(Point(100, 100), Point(200, 150), Point(300, 300)), three_by_three)) == ["a", "e", "i"]


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 1.5), st.integers(0, 999))
def test_a_coverage_gives_every_inside_point_exactly_one_grid(turn: float, seed: int) -> None:
    """On a turned coverage, whose borders are no round numbers, no point falls between grids."""
    squares = {
        f"{n:02d}": shapely.affinity.rotate(box(n % 4, n // 4, n % 4 + 1, n // 4 + 1), turn, origin=(0, 0), use_radians=True)
        for n in range(16)
    }
    grids = layer(squares)
    edges = np.concatenate([shapely.get_coordinates(polygon) for polygon in squares.values()])
    inside = np.random.default_rng(seed).uniform(0.01, 3.99, (50, 2)) @ np.array(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    )
    points = events(*shapely.points(np.concatenate([edges, inside])))
    found = assign.to_grids(points, grids)
    assert answers(found) == brute_force(points, grids)
    assert found.notna().all()


def test_dedicated_grid_owns_and_the_chain_keeps_the_base(two_tiers: gpd.GeoDataFrame) -> None:
    points = events(Point(50, 50), Point(150, 50), Point(200, 50), Point(-1, 0)).set_index(pd.Index(["p", "q", "r", "s"], name="event_id"))
    owner = assign.to_grids(points, two_tiers)
    assert owner.name == "grid"
    assert owner.index.equals(points.index)
    assert answers(owner) == ["D", "A2", "A2", None]
    chain = assign.chain(points, two_tiers)
    assert list(chain.columns) == ["level_1", "level_2", "dedicated", "grid"]
    assert chain.index.equals(points.index)
    assert answers(chain["level_1"]) == ["A", "A", "A", None]
    assert answers(chain["level_2"]) == ["A1", "A2", "A2", None]
    assert answers(chain["dedicated"]) == ["D", None, None, None]
    assert answers(chain["grid"]) == answers(owner)


def test_upper_level_comes_from_the_parent_table_not_from_its_outline(two_tiers: gpd.GeoDataFrame) -> None:
    moved = two_tiers.copy()
    moved.loc["A", "geometry"] = box(9000, 9000, 9100, 9100)
    assert answers(assign.chain(events(Point(50, 50)), moved)["level_1"]) == ["A"]


def test_points_without_a_place_have_no_grid(three_by_three: gpd.GeoDataFrame) -> None:
    strange = events(None, Point(), Point(np.nan, np.nan), Point(np.inf, 50), Point(50, -np.inf), Point(50, 50))
    expected = [None] * 5 + ["a"]
    assert answers(assign.to_grids(strange, three_by_three)) == expected
    assert answers(assign.to_grids(strange, three_by_three, max_distance_m=1e6)) == expected
    assert assign.count(strange, three_by_three)["events"].sum() == 1


def test_missing_and_empty_grids_cover_nothing(three_by_three: gpd.GeoDataFrame) -> None:
    holed = three_by_three.copy()
    holed.loc["a", "geometry"] = None
    holed.loc["b", "geometry"] = shapely.Polygon()
    assert answers(assign.to_grids(events(Point(50, 50), Point(150, 50), Point(250, 50)), holed)) == [None, None, "c"]
    assert answers(assign.to_grids(events(Point(50, 50)), holed, max_distance_m=60)) == ["d"]


def test_a_point_outside_goes_to_the_nearest_base_grid_within_reach(two_tiers: gpd.GeoDataFrame) -> None:
    points = events(Point(-5, 50), Point(-5.01, 50), Point(200, 105), Point(50, 50), Point(400, 1000))
    assert answers(assign.to_grids(points, two_tiers)) == [None, None, None, "D", None]
    assert answers(assign.to_grids(points, two_tiers, max_distance_m=5)) == ["A1", None, "A2", "D", None]


def test_the_chain_of_a_point_outside_is_that_of_its_nearest_grid(two_tiers: gpd.GeoDataFrame) -> None:
    points = events(Point(-5, 50), Point(50, 50), Point(400, 1000), Point(350, 104))
    for grids in (two_tiers, assign.Index(two_tiers)):
        chain = assign.chain(points, grids, max_distance_m=5)
        assert answers(chain["grid"]) == answers(assign.to_grids(points, grids, max_distance_m=5)) == ["A1", "D", None, "B2"]
        assert answers(chain["level_2"]) == ["A1", "A1", None, "B2"]
        assert answers(chain["level_1"]) == ["A", "A", None, "B"]
        assert answers(chain["dedicated"]) == [None, "D", None, None]


def test_reach_is_in_metres_whatever_the_crs(two_tiers: gpd.GeoDataFrame) -> None:
    grids = two_tiers.set_geometry(two_tiers.geometry.translate(500000, 4000000)).to_crs("EPSG:4490")
    points = events(Point(499995, 4000050), Point(499990, 4000050)).to_crs("EPSG:4490")
    assert answers(assign.to_grids(points, grids, max_distance_m=6)) == ["A1", None]


def test_empty_in_is_empty_out(two_tiers: gpd.GeoDataFrame) -> None:
    none, one = events(), events(Point(50, 50))
    assert assign.to_grids(none, two_tiers).empty
    assert list(assign.chain(none, two_tiers).columns) == ["level_1", "level_2", "dedicated", "grid"]
    assert assign.count(none, two_tiers)["events"].tolist() == [0] * 7
    assert assign.count(none.assign(category=[]), two_tiers, by="category").shape == (7, 0)
    assert answers(assign.to_grids(one, two_tiers.iloc[:0])) == [None]
    assert answers(assign.to_grids(one, two_tiers.iloc[:0], max_distance_m=9)) == [None]
    assert assign.count(one, two_tiers.iloc[:0]).shape == (0, 1)


def test_dedicated_grids_alone_are_enough(two_tiers: gpd.GeoDataFrame) -> None:
    alone = hierarchy.dedicated(two_tiers)
    assert answers(assign.to_grids(events(Point(50, 50), Point(0, 0)), alone)) == ["D", None]
    assert assign.count(events(Point(50, 50), Point(0, 0)), alone)["events"].to_dict() == {"D": 1}


def test_smallest_code_is_by_value_whatever_the_type_of_the_index(three_by_three: gpd.GeoDataFrame) -> None:
    middle = events(Point(100, 100))  # a, b, d and e meet there
    reverse = three_by_three.set_axis(pd.CategoricalIndex(three_by_three.index, categories=list("ihgfedcba")))
    assert assign.to_grids(middle, reverse).tolist() == ["a"]
    assert assign.count(middle, reverse)["events"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0]
    numbers = three_by_three.set_axis(pd.Index([10, 9, 8, 7, 6, 5, 4, 3, 2]))
    assert assign.to_grids(middle, numbers).tolist() == [6]


def test_reach_without_a_drawn_grid_finds_none(three_by_three: gpd.GeoDataFrame) -> None:
    undrawn = three_by_three.set_geometry([None] * 9, crs="EPSG:4490")
    assert answers(assign.to_grids(events(Point(117, 36), crs="EPSG:4490"), undrawn, max_distance_m=9)) == [None]


def test_a_broken_chain_is_warned_of(two_tiers: gpd.GeoDataFrame) -> None:
    broken = two_tiers.copy()
    broken.loc["A2", "parent"] = "Z"
    with pytest.warns(GridmapWarning, match=r"no unbroken chain of parents.*A2"):
        chain = assign.chain(events(Point(150, 50), Point(50, 50)), broken)
    assert answers(chain["level_1"]) == [None, "A"]
    assert answers(chain["level_2"]) == ["A2", "A1"]


def test_inputs_are_left_alone(two_tiers: gpd.GeoDataFrame) -> None:
    points = events(Point(50, 50), Point(-5, 50))
    grids_before, points_before = two_tiers.copy(deep=True), points.copy(deep=True)
    assign.to_grids(points, two_tiers, max_distance_m=10)
    assign.count(points, two_tiers)
    pd.testing.assert_frame_equal(two_tiers, grids_before)
    pd.testing.assert_frame_equal(points, points_before)


def test_calls_that_cannot_be_answered(two_tiers: gpd.GeoDataFrame) -> None:
    one = events(Point(50, 50))
    with pytest.raises(CRSError, match="points, grids differ"):
        assign.to_grids(one.to_crs("EPSG:4490"), two_tiers)
    with pytest.raises(CRSError, match="points has no coordinate reference system"):
        assign.to_grids(one.set_crs(None, allow_override=True), two_tiers)
    with pytest.raises(SchemaError, match="points must have geometries of type Point; given: Polygon"):
        assign.to_grids(two_tiers, two_tiers)
    with pytest.raises(SchemaError, match="points is not a GeoDataFrame"):
        assign.to_grids(pd.DataFrame({"x": [1]}), two_tiers)
    with pytest.raises(SchemaError, match="points has no geometry; given: x"):
        assign.to_grids(gpd.GeoDataFrame({"x": [1]}), two_tiers)
    with pytest.raises(SchemaError, match=r"identifiers of grids must be one column, all texts or all numbers; given: 1, 'B', 3"):
        assign.to_grids(one, two_tiers.set_axis(pd.Index([1, "B", 3, 4, 5, 6, 7], dtype=object)))
    with pytest.raises(SchemaError, match="identifiers of grids must be one column"):
        assign.to_grids(one, two_tiers.set_index("level", append=True, drop=False))
    with pytest.raises(SchemaError, match=r"grids has duplicate identifiers.*A1"):
        assign.to_grids(one, pd.concat([two_tiers, two_tiers.loc[["A1"]]]))
    with pytest.raises(SchemaError, match="grids lacks the columns level"):
        assign.to_grids(one, two_tiers.drop(columns="level"))
    with pytest.raises(SchemaError, match="grids lacks the columns parent"):
        assign.chain(one, two_tiers.drop(columns="parent"))
    with pytest.raises(SchemaError, match="points lacks the columns category"):
        assign.count(one, two_tiers, by="category")
    for distance in (-1.0, np.nan):
        with pytest.raises(SchemaError, match="max_distance_m must not be negative"):
            assign.to_grids(one, two_tiers, max_distance_m=distance)


@pytest.fixture(scope="module")
def los_angeles(shared_data: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """10,000 requests and the 99 overlapping council areas they were filed under."""
    areas = gpd.read_file(shared_data / "la311" / "neighborhood_councils.geojson")
    areas.index = pd.Index(areas["nc_id"].astype(str).str.zfill(3), name="grid_code")
    grids = areas[["name", "geometry"]].assign(level=1, kind="base", parent=None)
    requests = pd.read_csv(shared_data / "la311" / "requests.csv")
    places = gpd.points_from_xy(requests["longitude"], requests["latitude"], crs="EPSG:4326")
    return gpd.GeoDataFrame(requests, geometry=places), grids


def test_real_requests_get_brute_force_shapely_answers(los_angeles: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    requests, grids = los_angeles
    found = assign.to_grids(requests, grids)
    ordered = grids.sort_index()
    met = np.array([shapely.intersects(polygon, requests.geometry.to_numpy()) for polygon in ordered.geometry])
    expected = np.where(met.any(axis=0), ordered.index.to_numpy(dtype=object)[met.argmax(axis=0)], None)
    assert answers(found) == expected.tolist()
    assert found.isna().sum() == 150  # 11 without coordinates among them
    assert (met.sum(axis=0) > 1).sum() == 19
    filed = requests["nc"].astype("Int64").astype(str).str.zfill(3)
    assert (filed == found).sum() == 9803  # the city's own label


def test_real_requests_get_the_answers_of_sjoin(los_angeles: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    requests, grids = los_angeles
    joined = gpd.sjoin(requests[["geometry"]], grids[["geometry"]], predicate="intersects")
    smallest = joined.groupby(level=0)["grid_code"].min().reindex(requests.index)
    assert answers(assign.to_grids(requests, grids)) == answers(smallest)


def test_hundreds_of_invalid_rings_are_legal() -> None:
    """More than are asked at a time, each a random tangle over its neighbours."""
    random = np.random.default_rng(5)
    corners = random.uniform(0, 4, (200, 12, 2)) + np.stack(np.divmod(np.arange(200), 20), axis=1)[:, None, :]
    grids = layer({f"{n:03d}": shapely.Polygon(ring) for n, ring in enumerate(corners)})
    assert (~grids.is_valid).sum() > 150
    points = events(*shapely.points(random.uniform(0, 14, (300, 2))))
    assert answers(assign.to_grids(points, grids)) == brute_force(points, grids)
