"""Coverage: clean layers have no findings, every planted fault is found, shares add up."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from gridmap import coverage
from gridmap.errors import CRSError, GridmapWarning, SchemaError

ORIGIN = (500_000, 4_050_000)  # in EPSG:4548
CRS = st.sampled_from(["EPSG:4548", "EPSG:4490"])
SIDES = st.integers(4, 7)
SEEDS = st.integers(0, 100_000)


def frame(shapes: dict[str, shapely.Geometry | None], crs: str = "EPSG:4548") -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="grid_code", dtype=object)
    return gpd.GeoDataFrame(index=index, geometry=list(shapes.values()), crs=crs)


def area_of(outline: shapely.Geometry, crs: str = "EPSG:4548") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(index=["all"], geometry=[outline], crs=crs)


def voronoi(side: int, seed: int, crs: str = "EPSG:4548") -> gpd.GeoDataFrame:
    """Return a clean coverage of `side` x `side` grids, about 200 m wide, whose outline is their own borders."""
    rng = np.random.default_rng(seed)
    sites = (np.indices((side + 2, side + 2)).reshape(2, -1).T + rng.uniform(-0.35, 0.35, ((side + 2) ** 2, 2))) * 200 + ORIGIN
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites)))
    inner = shapely.points(sites.reshape(side + 2, side + 2, 2)[1:-1, 1:-1].reshape(-1, 2))
    cell = shapely.STRtree(cells).query(inner, predicate="intersects")[1]
    return frame({f"{number:03d}": shape for number, shape in enumerate(cells[cell])}).to_crs(crs)


def kinds(findings: gpd.GeoDataFrame) -> list[tuple[str, str, str]]:
    return list(findings[["kind", "grid_codes", "note"]].itertuples(index=False, name=None))


def replaced(grids: gpd.GeoDataFrame, code: str, shape: shapely.Geometry | None) -> gpd.GeoDataFrame:
    changed = grids.copy()
    changed.loc[[code], "geometry"] = gpd.GeoSeries([shape], index=[code], crs=grids.crs)
    return changed


def thickness(grids: gpd.GeoDataFrame) -> np.ndarray:
    shapes = grids.geometry.to_numpy()
    return 2 * shapely.area(shapes) / shapely.length(shapes)


def inner_code(grids: gpd.GeoDataFrame) -> str:
    """Return the code of the largest grid that does not touch the outline."""
    outline = shapely.boundary(shapely.union_all(grids.geometry.to_numpy()))
    inner = grids[shapely.distance(grids.geometry.to_numpy(), outline) > 0]
    return str(inner.index[shapely.area(inner.geometry.to_numpy()).argmax()])


# Clean layers


@given(SIDES, SEEDS, CRS)
@settings(max_examples=25, deadline=None)
def test_clean_coverage_has_no_findings(side, seed, crs):
    grids = voronoi(side, seed, crs)
    found = coverage.check(grids)
    assert kinds(found) == []
    assert list(found.columns) == ["kind", "grid_codes", "area_m2", "note", "geometry"]
    assert found.crs == grids.crs


@given(SIDES, SEEDS, CRS)
@settings(max_examples=25, deadline=None)
def test_clean_coverage_fills_its_own_outline(side, seed, crs):
    grids = voronoi(side, seed, crs)
    outline = area_of(shapely.union_all(grids.geometry.to_numpy()), crs)
    assert kinds(coverage.check(grids, boundary=outline)) == []
    shares = coverage.shares(grids, boundary=outline).loc["area_m2"]
    assert (shares["none"], shares["several"]) == (0, 0)
    assert shares["share_one"] == 1


def test_borders_with_different_vertices_on_one_line_are_clean():
    grids = frame({"a": shapely.box(0, 0, 10, 30), "b": shapely.box(10, 0, 20, 15), "c": shapely.box(10, 15, 20, 30)})
    assert coverage.check(grids).empty  # the corner of b and c lies on a's edge


# Planted faults


@given(SIDES, SEEDS, CRS, st.floats(2, 15))
@settings(max_examples=25, deadline=None)
def test_planted_gap(side, seed, crs, width):
    grids = voronoi(side, seed)
    code = inner_code(grids)
    whole = grids.geometry[code]
    shrunk = whole.buffer(-width, join_style="mitre")
    assume(shrunk.geom_type == "Polygon" and not shrunk.is_empty and width < thickness(grids).min() / 3)
    outline = area_of(shapely.union_all(grids.geometry.to_numpy())).to_crs(crs)
    spoiled = replaced(grids, code, shrunk).to_crs(crs)
    for boundary in (None, outline):
        found = coverage.check(spoiled, boundary=boundary)
        assert list(found["kind"]) == ["gap"]
        assert code in found["grid_codes"].iloc[0].split(";")
        assert found["area_m2"].iloc[0] == pytest.approx(whole.area - shrunk.area, rel=1e-3)


@given(SIDES, SEEDS, CRS)
@settings(max_examples=25, deadline=None)
def test_planted_overlap(side, seed, crs):
    grids = voronoi(side, seed)
    code = inner_code(grids)
    grown = grids.geometry[code].buffer(8, join_style="mitre", mitre_limit=2)
    expected = {other for other in grids.index if other != code and grids.geometry[other].intersection(grown).area > 1e-3}
    found = coverage.check(replaced(grids, code, grown).to_crs(crs))
    assert set(found["kind"]) <= {"overlap", "sliver"}
    assert {";".join(sorted([code, other])) for other in expected} == set(found["grid_codes"])
    within = grown.intersection(shapely.union_all(grids.geometry.to_numpy()))  # it may reach over the outline
    assert found["area_m2"].sum() == pytest.approx(within.area - grids.geometry[code].area, rel=1e-3)


@given(SIDES, SEEDS, CRS)
@settings(max_examples=25, deadline=None)
def test_shift_of_five_centimetres(side, seed, crs):
    grids = voronoi(side, seed)
    code = inner_code(grids)
    moved = shapely.transform(grids.geometry[code], lambda xy: xy + np.array([0.05, 0.03]))
    found = coverage.check(replaced(grids, code, moved).to_crs(crs))
    assert set(found["kind"]) == {"sliver"}
    assert set(found["note"]) == {"thin_gap", "thin_overlap"}
    assert all(code in codes.split(";") for codes in found["grid_codes"])


@given(SIDES, SEEDS, CRS)
@settings(max_examples=25, deadline=None)
def test_planted_duplicate(side, seed, crs):
    grids = voronoi(side, seed, crs)
    again = grids.iloc[[0]].set_index(pd.Index(["zzz"]))
    ring = again.geometry.iloc[0].exterior
    turned = shapely.Polygon([*ring.coords[1:], ring.coords[1]])  # the same ring from another vertex
    spoiled = pd.concat([grids, again.set_geometry(gpd.GeoSeries([turned], index=["zzz"], crs=crs))])
    assert kinds(coverage.check(spoiled)) == [("duplicate", f"{grids.index[0]};zzz", "same_polygon")]


@given(SIDES, SEEDS, CRS, st.data())
@settings(max_examples=25, deadline=None)
def test_missing_grid_against_boundary_and_parents(side, seed, crs, data):
    grids = voronoi(side, seed, crs)
    outline = area_of(shapely.union_all(grids.geometry.to_numpy()), crs)
    thick = thickness(grids.to_crs("EPSG:4548"))
    code = data.draw(st.sampled_from(sorted(grids.index[thick > thick.max() / 3])))
    area = grids.to_crs("EPSG:4548").area[code]
    parents = outline.rename(index={"all": "P"})
    for given_frames, note in (({"boundary": outline}, ""), ({"parents": parents}, "P"), ({"boundary": outline, "parents": parents}, "P")):
        found = coverage.check(grids.drop(code), **given_frames)
        assert set(found["kind"]) == {"missing"}
        assert set(found["note"]) == {note}
        assert found["area_m2"].sum() == pytest.approx(area, rel=1e-6)


def test_missing_without_a_boundary_is_a_gap_if_enclosed(three_by_three):
    assert kinds(coverage.check(three_by_three.drop("e"))) == [("gap", "a;b;c;d;f;g;h;i", "")]
    assert coverage.check(three_by_three.drop("b")).empty  # open to the south: nobody knows that it should be there


def test_missing_grids_are_named_by_their_parents(two_tiers):
    lowest = two_tiers[(two_tiers["level"] == 2) & (two_tiers["kind"] == "base")]
    parents = two_tiers[two_tiers["level"] == 1]
    found = coverage.check(lowest.drop(["A2", "B1"]), parents=parents)
    assert kinds(found) == [("missing", "A1", "A"), ("missing", "B2", "B")]
    assert found["area_m2"].tolist() == pytest.approx([10_000, 10_000])


def test_grids_that_touch_in_corners_alone_enclose_a_gap(three_by_three):
    cross = three_by_three.loc[list("bdfh")]
    assert kinds(coverage.check(cross)) == [("gap", "b;d;f;h", "")]
    found = coverage.check(cross, boundary=area_of(shapely.box(0, 0, 300, 300)))
    assert kinds(found) == [("missing", codes, "") for codes in ("b;d", "b;d;f;h", "b;f", "d;h", "f;h")]


LATTICE = 8  # squares a side
STEP = 20.0  # metres


def lattice_grid(cells: np.ndarray) -> shapely.Geometry:
    """Return the union of the squares that are True."""
    corners = np.argwhere(cells) * STEP
    return shapely.union_all(shapely.box(*corners.T, *(corners + STEP).T))


@given(st.lists(st.lists(st.tuples(*[st.integers(0, LATTICE - 1)] * 2, *[st.integers(1, 4)] * 2), min_size=1, max_size=3), max_size=6))
@settings(max_examples=60, deadline=None)
def test_areas_are_those_of_counted_squares(drawn_boxes):
    """Grids of any form on a lattice: overlaps, gaps, missing places and shares, square by square."""
    cells = np.zeros((len(drawn_boxes), LATTICE, LATTICE), dtype=bool)
    for row, boxes in enumerate(drawn_boxes):
        for x, y, width, height in boxes:
            cells[row, x : x + width, y : y + height] = True
    cells = np.unique(cells, axis=0)  # duplicates are another finding
    grids = frame({f"g{row}": lattice_grid(each) for row, each in enumerate(cells)})
    times = cells.sum(axis=0)
    free = np.pad(times == 0, 1, constant_values=True)
    region = label(free)[0]
    enclosed = free & (region != region[0, 0])

    found = coverage.check(grids)
    assert set(found["kind"]) <= {"overlap", "gap"}
    shared = {f"g{a};g{b}": (cells[a] & cells[b]).sum() * STEP**2 for a, b in combinations(range(len(cells)), 2)}
    overlaps = found[found["kind"] == "overlap"].set_index("grid_codes")["area_m2"]
    assert overlaps.to_dict() == pytest.approx({codes: area for codes, area in shared.items() if area > 0})
    gap = found[found["kind"] == "gap"]
    assert (len(gap), gap["area_m2"].sum()) == (label(enclosed)[1], pytest.approx(enclosed.sum() * STEP**2))

    outline = area_of(shapely.box(0, 0, LATTICE * STEP, LATTICE * STEP))
    against = coverage.check(grids, boundary=outline)
    places = against["kind"].isin(["gap", "missing"])
    assert against.loc[places, "area_m2"].sum() == pytest.approx((times == 0).sum() * STEP**2)
    shares = coverage.shares(grids, boundary=outline).loc["area_m2", ["none", "one", "several"]]
    assert shares.tolist() == pytest.approx([(times == 0).sum() * STEP**2, (times == 1).sum() * STEP**2, (times > 1).sum() * STEP**2])


def test_lake_outside_the_boundary_is_no_gap(three_by_three):
    around = three_by_three.drop("e")
    with_lake = area_of(shapely.union_all(around.geometry.to_numpy()))
    assert coverage.check(around, boundary=with_lake).empty


def test_small_hole_stays_a_gap_with_a_boundary(three_by_three):
    pond = shapely.box(95, 95, 105, 105)
    spoiled = three_by_three.set_geometry(three_by_three.difference(pond))
    found = coverage.check(spoiled, boundary=area_of(shapely.box(0, 0, 300, 300)))
    assert kinds(found) == [("gap", "a;b;d;e", "")]
    assert found["area_m2"].iloc[0] == pytest.approx(100)


def test_boundary_farther_out_than_the_tolerance(three_by_three):
    near, far = (area_of(shapely.box(-d, -d, 300 + d, 300 + d)) for d in (0.9, 1.1))
    assert coverage.check(three_by_three, boundary=near).empty
    assert set(coverage.check(three_by_three, boundary=far)["kind"]) == {"missing"}
    assert coverage.check(three_by_three, boundary=far, gap_width_m=2).empty


def test_thin_rim_does_not_hide_a_missing_grid(three_by_three):
    found = coverage.check(three_by_three.drop("b"), boundary=area_of(shapely.box(-0.5, -0.5, 300.5, 300.5)))
    assert kinds(found) == [("missing", "a;c;d;e;f", "")]
    assert found["area_m2"].iloc[0] == pytest.approx(10_000, rel=0.02)


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4490"])
def test_crack_that_two_corners_close_is_one_sliver(crs):
    east, north = ORIGIN
    bent = shapely.Polygon([(100, 0), (100.5, 50), (100, 100), (200, 100), (200, 0)])
    shapes = shapely.transform([shapely.box(0, 0, 100, 100), bent], lambda xy: xy + np.array(ORIGIN))
    grids = frame({"a": shapes[0], "b": shapes[1]}).to_crs(crs)
    whole = area_of(shapely.box(east, north, east + 200, north + 100)).to_crs(crs)
    for boundary in (None, whole):
        found = coverage.check(grids, boundary=boundary)
        assert kinds(found) == [("sliver", "a;b", "thin_gap")]
        assert found["area_m2"].iloc[0] == pytest.approx(25, rel=1e-3)


@pytest.mark.parametrize("width", [0.05, 0.5, 0.9])
def test_crack_open_to_the_outside(width):
    grids = frame({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100 + width, 0, 200, 100)})
    found = coverage.check(grids)
    assert kinds(found) == [("sliver", "a;b", "thin_gap")]
    assert found["area_m2"].iloc[0] == pytest.approx(100 * width)
    assert coverage.check(grids, gap_width_m=width / 2).empty


def test_notches_of_an_outline_are_no_gaps():
    saw = shapely.Polygon([(0, 100), (0, 0), *[(x, 20 * (x % 2)) for x in range(1, 60)], (60, 0), (60, 100)])
    halves = {"a": saw.intersection(shapely.box(0, -1, 30, 200)), "b": saw.intersection(shapely.box(30, -1, 90, 200))}
    found = coverage.check(frame(halves))
    assert not any(codes == "a" or codes == "b" for codes in found["grid_codes"])


def test_overlap_threshold_and_thin_overlap():
    grids = frame({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(99.5, 0, 200, 100), "c": shapely.box(0, 95, 200, 200)})
    found = coverage.check(grids)
    assert kinds(found) == [("overlap", "a;c", ""), ("overlap", "b;c", ""), ("sliver", "a;b", "thin_overlap")]
    assert found["area_m2"].tolist() == pytest.approx([500, 502.5, 50])
    assert kinds(coverage.check(grids, min_overlap_m2=500)) == [("overlap", "b;c", "")]


def test_invalid_rings_are_named_with_place():
    bow_tie = shapely.Polygon([(0, 0), (20, 20), (20, 0), (0, 20)])
    found = coverage.check(frame({"a": bow_tie, "b": None, "c": shapely.Polygon()}))
    assert kinds(found) == [("invalid", "a", "Self-intersection[10 10]"), ("invalid", "b", "no_polygon"), ("invalid", "c", "no_polygon")]
    assert found["area_m2"].tolist() == pytest.approx([200, 0, 0])
    assert found.geometry.iloc[0].equals_exact(bow_tie)


def test_wild_ring_of_400_vertices_is_answered():
    wild = shapely.Polygon(np.random.default_rng(0).uniform(0, 1000, (400, 2)))
    assert "invalid" in set(coverage.check(frame({"a": wild}))["kind"])


def test_five_thousand_invalid_rings():
    corners = np.array([(0, 0), (20, 20), (20, 0), (0, 20)])
    rings = {f"{n:04d}": shapely.Polygon(corners + np.array([n % 100 * 30, n // 100 * 30])) for n in range(5000)}
    found = coverage.check(frame(rings))
    assert (found["kind"] == "invalid").all()
    assert len(found) == 5000


def test_duplicate_codes():
    shapes = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(20, 0, 30, 10), shapely.box(20, 0, 30, 10)]
    grids = gpd.GeoDataFrame(index=["a", "a", "b", "b"], geometry=shapes, crs="EPSG:4548")
    found = coverage.check(grids)
    assert kinds(found) == [("duplicate", "a", "same_code"), ("duplicate", "b;b", "same_row")]
    assert found["area_m2"].tolist() == pytest.approx([200, 100])


def test_same_polygon_with_more_vertices():
    dense = shapely.segmentize(shapely.box(0, 0, 100, 100), 7)
    assert kinds(coverage.check(frame({"a": shapely.box(0, 0, 100, 100), "b": dense}))) == [("duplicate", "a;b", "same_polygon")]


def test_thin_part_of_a_grid(three_by_three):
    scrap = shapely.box(400, 0, 400.4, 30)
    grids = replaced(three_by_three, "a", shapely.union(three_by_three.geometry["a"], scrap))
    found = coverage.check(grids)
    assert kinds(found) == [("sliver", "a", "thin_part")]
    assert found.geometry.iloc[0].equals(scrap)


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_order_of_rows_does_not_matter(seed, random):
    rng = np.random.default_rng(seed)
    shapes = shapely.box(*(rng.uniform(0, 100, (2, 12))), *(rng.uniform(100, 200, (2, 12))))
    grids = frame({f"{n:02d}": shape for n, shape in enumerate(shapes)})
    grids = pd.concat([grids, grids.iloc[:2]])
    outline = area_of(shapely.box(0, 0, 250, 200))
    order = list(range(len(grids)))
    random.shuffle(order)
    straight, turned = (coverage.check(rows, boundary=outline) for rows in (grids, grids.iloc[order]))
    pd.testing.assert_frame_equal(straight.drop(columns="geometry"), turned.drop(columns="geometry"))
    assert shapely.equals(straight.geometry.to_numpy(), turned.geometry.to_numpy()).all()


def test_inputs_stay_as_they_are(three_by_three):
    before, outline = three_by_three.copy(deep=True), area_of(shapely.box(0, 0, 300, 400))
    coverage.check(three_by_three, boundary=outline, parents=outline)
    coverage.shares(three_by_three, boundary=outline)
    pd.testing.assert_frame_equal(three_by_three, before)


def test_nothing_in_nothing_out(three_by_three):
    none = three_by_three.iloc[:0]
    assert coverage.check(none).empty
    assert kinds(coverage.check(none, boundary=area_of(shapely.box(0, 0, 10, 10)))) == [("missing", "", "")]
    assert np.isnan(coverage.shares(none).loc["area_m2", "share_one"])


def test_calls_that_cannot_be_answered(three_by_three, two_tiers):
    with pytest.raises(SchemaError, match="mixes several levels"):
        coverage.check(two_tiers)
    with pytest.raises(SchemaError, match="gap_width_m must not be negative; given: -1"):
        coverage.check(three_by_three, gap_width_m=-1)
    with pytest.raises(CRSError, match="grids and boundary differ"):
        coverage.check(three_by_three, boundary=area_of(shapely.box(0, 0, 1, 1), "EPSG:4490"))
    with pytest.raises(SchemaError, match="boundary must have geometries of type MultiPolygon/Polygon; given: Point"):
        coverage.check(three_by_three, boundary=area_of(shapely.Point(0, 0)))
    with pytest.raises(CRSError, match="no coordinate reference system"):
        coverage.check(three_by_three.set_crs(None, allow_override=True))


def test_real_councils(shared_data):
    councils = gpd.read_file(shared_data / "la311" / "neighborhood_councils.geojson").set_index("name")
    found = coverage.check(councils)
    shared = found[(found["kind"] == "overlap") | (found["note"] == "thin_overlap")]
    assert len(shared) == 211  # pairs with any common area, counted before
    assert (shared["area_m2"] > 1).sum() == 192  # pairs over 1 m2, counted before
    assert set(found["kind"]) == {"overlap", "gap", "sliver"}


# Shares


def test_shares_of_area_by_hand():
    grids = frame({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(80, 0, 180, 100), "c": shapely.box(90, 0, 100, 100)})
    shares = coverage.shares(grids, boundary=area_of(shapely.box(0, 0, 200, 100)))
    assert shares.index.tolist() == ["area_m2"]
    assert shares.loc["area_m2"].tolist() == pytest.approx([2000, 16_000, 2000, 20_000, 0.8])
    assert coverage.shares(grids).loc["area_m2"].tolist() == pytest.approx([0, 16_000, 2000, 18_000, 8 / 9])


def test_shares_of_points_on_borders():
    grids = frame({"a": shapely.box(0, 0, 10, 10), "b": shapely.box(10, 0, 20, 10), "c": shapely.box(15, 0, 30, 10)})
    places = {
        "inside a": (5, 5),
        "border of a and b": (10, 5),
        "b and c": (17, 5),
        "edge of c in b": (15, 5),
        "outline": (0, 0),
        "outside": (40, 5),
    }
    events = frame({name: shapely.Point(xy) for name, xy in places.items()} | {"nowhere": None})
    shares = coverage.shares(grids, events=events).loc["events"]
    assert shares.tolist() == pytest.approx([1, 3, 2, 6, 0.5])


def test_shares_of_buildings_and_households(two_tiers):
    shapes = [shapely.box(90, 10, 105, 20), shapely.box(290, 90, 320, 130), shapely.box(500, 0, 510, 10)]
    buildings = gpd.GeoDataFrame({"households": [30, 20, 10]}, geometry=shapes, crs="EPSG:4548")
    shares = coverage.shares(two_tiers, buildings=buildings)
    assert shares.loc["buildings"].tolist() == pytest.approx([2, 1, 0, 3, 1 / 3])  # the second one's middle lies outside
    assert shares.loc["households"].tolist() == pytest.approx([30, 30, 0, 60, 0.5])
    assert shares.loc["area_m2", "share_one"] == 1  # upper levels and dedicated grids are no second cover
    assert list(coverage.shares(two_tiers, buildings=buildings[["geometry"]]).index) == ["area_m2", "buildings"]


def test_unknown_households_are_said(three_by_three):
    buildings = gpd.GeoDataFrame({"households": [5, None]}, geometry=[shapely.box(1, 1, 9, 9)] * 2, crs="EPSG:4548")
    with pytest.warns(GridmapWarning, match="no number of households.*1 rows, first: 1"):
        shares = coverage.shares(three_by_three, buildings=buildings)
    assert shares.loc["households", "total"] == 5


@given(SIDES, SEEDS, CRS)
@settings(max_examples=25, deadline=None)
def test_every_event_of_a_clean_coverage_lies_in_one_grid(side, seed, crs):
    grids = voronoi(side, seed, crs)
    rng = np.random.default_rng(seed)
    corners = shapely.get_coordinates(grids.geometry.to_numpy())  # on borders of two grids and more
    inside = shapely.get_coordinates(shapely.point_on_surface(grids.geometry.to_numpy()))
    events = gpd.GeoDataFrame(geometry=shapely.points(rng.permutation(np.vstack([corners, inside]))), crs=crs)
    shares = coverage.shares(grids, events=events).loc["events"]
    assert shares.tolist() == [0, len(events), 0, len(events), 1]
