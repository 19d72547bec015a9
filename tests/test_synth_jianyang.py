"""The large district: published totals, exact tiers, valid coverages, and the same bytes for the same seed."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import codes, hierarchy, schema
from gridmap.errors import SchemaError
from gridmap.synth.jianyang import AREA_M2, AREA_TOLERANCE_M2, frames, jianyang, lattice, layout, outline, tiers
from gridmap.synth.town import BUILD_CRS, Town, canonical_hash, stream

GOLDEN = {
    "boundary": "63b5446d4e536acb",
    "grids": "a3258a8763f6e09f",
    "units": "eac58fb450ff90e2",
    "streets": "bd357bd915225b15",
    "events": "f89e2eab14ea32ed",
    "staff": "0687d07a2f572c56",
    "themes": "ea68412c29257df4",
}


@pytest.fixture(scope="module")
def town() -> Town:
    return towns.jianyang()


@pytest.fixture(scope="module")
def metric(town: Town) -> gpd.GeoDataFrame:
    return town.grids.to_crs(BUILD_CRS)


def base(grids: gpd.GeoDataFrame, level: int) -> gpd.GeoDataFrame:
    return grids[(grids["kind"] == "base") & (grids["level"] == level)]


def test_the_published_counts_hold(town):
    counts = town.grids.groupby(["kind", "level"]).size()
    assert counts["base"].to_dict() == {1: 230, 2: 964, 3: 2600}
    assert counts["dedicated"].sum() == 67
    assert len({code[6:9] for code in town.grids.index}) == 16
    assert len(town.units) == 8000
    assert town.buildings is None


def test_every_table_keeps_its_contract(town):
    for name, frame in town.frames().items():
        schema.require_table(frame, name)
        assert name == "staff" or frame.crs.to_epsg() == 4490
        assert frame.index.name == schema.TABLES[name].index


def test_the_outline_holds_3385_km2(town, metric):
    area = town.boundary.to_crs(BUILD_CRS).area.sum()
    assert area == pytest.approx(3_385_000_000, abs=AREA_TOLERANCE_M2)
    assert base(metric, 1).area.sum() == pytest.approx(area, abs=1)
    west, _, east, _ = town.boundary.total_bounds
    assert 115.5 < west < east < 118.5  # the zone of EPSG:4548


def test_sixty_percent_of_the_grids_stand_on_five_percent_of_the_area(metric):
    areas = np.sort(base(metric, 3).area.to_numpy())
    assert areas[: round(0.6 * len(areas))].sum() / areas.sum() == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_tier_is_a_valid_coverage_in_both_systems(town, metric, level):
    for grids in (town.grids, metric):
        polygons = base(grids, level).geometry.to_numpy()
        assert shapely.is_valid(polygons).all()
        assert (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON).all()
        assert shapely.coverage_is_valid(polygons)
    assert shapely.coverage_is_valid(town.units.geometry.to_numpy())


@pytest.mark.parametrize("level", [1, 2])
def test_a_parent_is_exactly_the_union_of_its_children(town, level):
    parents, children = base(town.grids, level), base(town.grids, level + 1)
    unions = {code: shapely.coverage_union_all(part.to_numpy()) for code, part in children.geometry.groupby(children["parent"])}
    together = np.array([unions[code] for code in parents.index])
    assert shapely.equals_exact(shapely.normalize(together), shapely.normalize(parents.geometry.to_numpy())).all()


def test_a_grid_is_the_union_of_two_to_four_units(town):
    sizes = town.units.groupby("grid_code").size()
    third = base(town.grids, 3)
    assert sizes.between(2, 4).all()
    assert sizes.index.equals(third.index)
    unions = [shapely.coverage_union_all(part.to_numpy()) for _, part in town.units.geometry.groupby(town.units["grid_code"])]
    assert shapely.equals_exact(shapely.normalize(unions), shapely.normalize(third.geometry.to_numpy())).all()
    assert town.units["households"].groupby(town.units["grid_code"]).sum().equals(third["households"])


def test_households_add_up_at_every_level(town):
    third = base(town.grids, 3)
    rolled = hierarchy.roll_up(third["households"], town.grids)
    assert rolled.equals(town.grids.loc[rolled.index, "households"])


def test_nesting_and_codes_leave_no_finding(town):
    assert hierarchy.check(town.grids).empty
    assert codes.check(town.grids.index.to_series(), parents=town.grids["parent"]).empty


def test_a_code_names_its_parents_and_its_kind(town):
    grids = town.grids
    number = grids.index.str[-3:].astype(int)
    assert (number[(grids["level"] == 1) & (grids["kind"] == "base")] == 0).all()
    assert number[(grids["level"] == 2) & (grids["kind"] == "base")].isin(range(801, 900)).all()
    assert number[(grids["level"] == 3) & (grids["kind"] == "base")].isin(range(1, 800)).all()
    assert number[grids["kind"] == "dedicated"].isin(range(901, 1000)).all()
    lower = grids[grids["parent"].notna()]
    assert (lower.index.str[:12] == lower["parent"].str[:12]).all()


def test_shared_borders_are_dense(town):
    corners = shapely.get_num_coordinates(base(town.grids, 3).geometry.to_numpy())
    assert corners.min() >= 40
    assert corners.max() <= 200


def test_every_dedicated_grid_lies_inside_its_parent(town, metric):
    dedicated = town.grids[town.grids["kind"] == "dedicated"]
    parents = town.grids.loc[dedicated["parent"]]
    assert (parents["kind"] == "base").all()
    assert shapely.covers(parents.geometry.to_numpy(), dedicated.geometry.to_numpy()).all()
    assert set(parents["level"]) == {2, 3}
    shapes = metric.geometry[dedicated.index].to_numpy()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum())


def test_streets_follow_borders_between_lowest_grids(town):
    third = base(town.grids, 3).geometry
    segments = {
        frozenset(pair)
        for ring in shapely.get_exterior_ring(third.to_numpy())
        for pair in itertools.pairwise(map(tuple, shapely.get_coordinates(ring).tolist()))
    }
    lines = shapely.get_parts(town.streets.geometry.to_numpy())
    used = [frozenset(pair) for line in lines for pair in itertools.pairwise(map(tuple, shapely.get_coordinates(line).tolist()))]
    assert set(used) <= segments
    assert len(used) == len(set(used))
    assert set(town.streets["class"]) == {"primary", "secondary", "residential", "river"}
    outer = shapely.get_exterior_ring(town.boundary.geometry.iloc[0])
    assert shapely.length(shapely.intersection(shapely.union_all(lines), outer)) == 0


def test_ten_of_5632_events_are_open_and_late(town):
    events, now = town.events, town.now
    still = events["closed_at"].isna()
    assert len(events) == 5632
    assert int(still.sum()) == 10
    assert f"{(~still).mean():.2%}" == "99.82%"
    assert (events.loc[still, "due_at"] < now).all()
    assert (events["status"] == "archived").equals(~still)
    # the published rate counts events whose limit has run out
    assert (events["due_at"] <= now).all()
    assert (events["closed_at"].dropna() <= now).all()
    assert (events["closed_at"] >= events["reported_at"])[~still].all()
    assert events["reported_at"].min() >= pd.Timestamp("2022-01-01", tz="Asia/Shanghai")
    assert events["reported_at"].is_monotonic_increasing
    assert 0.90 < (events["closed_at"] <= events["due_at"]).mean() < 0.94


def test_every_event_lies_in_the_district_and_in_the_town_it_names(town):
    first = base(town.grids, 1)
    position, grid = shapely.STRtree(first.geometry.to_numpy()).query(town.events.geometry.to_numpy(), predicate="within")
    assert np.array_equal(position, np.arange(len(town.events)))
    names = first["name"].str[:2].to_numpy()[grid]
    # an event beside a border may be filed with the neighbour
    assert (names == town.events["area"].str[:2].to_numpy()).mean() > 0.97
    assert town.truth.points.equals(town.events.geometry)


def test_the_same_seed_gives_the_same_frames(town):
    assert {name: canonical_hash(frame)[:16] for name, frame in town.frames().items()} == GOLDEN


def test_another_number_of_events_changes_no_other_table():
    few, many = jianyang(0.02, events=5), jianyang(0.02, events=500)
    for name in ("boundary", "grids", "units", "streets", "themes"):
        assert canonical_hash(few.frames()[name]) == canonical_hash(many.frames()[name])
    assert [len(few.events), len(many.events)] == [5, 500]
    assert few.events["closed_at"].isna().all()
    assert many.events["closed_at"].isna().sum() == 10


@pytest.mark.parametrize(("scale", "seed"), [(0.0004, 1), (0.002, 2), (0.02, 1), (0.02, 2), (0.1, 5), (0.3, 2)])
def test_other_sizes_and_seeds_are_as_sound(scale, seed):
    town = jianyang(scale, seed=seed)
    third = round(2600 * scale)
    expected = {1: max(1, round(230 * third / 2600)), 2: max(1, round(964 * third / 2600)), 3: third}
    assert base_counts(town) == expected
    assert (town.grids["kind"] == "dedicated").sum() == max(1, round(67 * third / 2600))
    assert hierarchy.check(town.grids).empty
    for level in expected:
        polygons = base(town.grids, level).geometry.to_numpy()
        assert shapely.coverage_is_valid(polygons)
        assert (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON).all()
    assert town.boundary.to_crs(BUILD_CRS).area.sum() == pytest.approx(AREA_M2, abs=AREA_TOLERANCE_M2)


def base_counts(town: Town) -> dict[int, int]:
    return town.grids[town.grids["kind"] == "base"].groupby("level").size().to_dict()


@pytest.mark.parametrize("scale", [0, -1, 0.0001, 39, float("nan"), float("inf")])
def test_a_scale_out_of_range_is_refused(scale):
    with pytest.raises(SchemaError, match="1 to 100,000 level-3 grids"):
        jianyang(scale)


@pytest.mark.parametrize("events", [-1, 10_000_001])
def test_a_number_of_events_out_of_range_is_refused(events):
    with pytest.raises(SchemaError, match="between 0 and 10,000,000"):
        jianyang(0.02, events=events)


def test_no_event_at_all_is_an_empty_table():
    town = jianyang(0.02, events=0)
    assert town.events.empty
    schema.require_table(town.events, "events")


@given(st.integers(0, 500), st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_largest_remainder_is_exact_and_fair(total, weights):
    shares = layout.apportion(total, np.array(weights))
    exact = total * np.array(weights) / np.sum(weights)
    assert shares.sum() == total
    assert (np.abs(shares - exact) < 1 + 1e-6).all()


def test_largest_remainder_by_hand():
    # quotas 9.99, 9.06, 7.18, 5.26, 3.32, 1.19: the example of Balinski & Young, Fair Representation (1982), under Hamilton's method
    votes = np.array([27744, 25178, 19951, 14610, 9225, 3292])
    assert layout.apportion(36, votes).tolist() == [10, 9, 7, 5, 4, 1]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.data())
def test_children_are_connected_and_their_number_is_exact(seed, count, data):
    shape = outline.draw(seed)
    random = stream(seed, "test")
    sites = random.uniform(-0.5, 0.5, (count, 2)) * shape.mean_m
    diagram = lattice.cells(sites, shape)
    inner = diagram.right != lattice.OUTSIDE
    pairs = np.stack([diagram.left, diagram.right], axis=1)[inner]
    graph = tiers.Graph(pairs, np.hypot(*(sites[pairs[:, 0]] - sites[pairs[:, 1]]).T), sites)
    total = data.draw(st.integers(1, count))
    group = tiers.divide(graph, np.zeros(count, dtype=int), total)
    assert np.array_equal(np.unique(group), np.arange(total))
    for number in range(total):
        members = set(np.flatnonzero(group == number).tolist())
        reached, edge = set(), [min(members)]
        while edge:
            reached.add(edge[-1])
            here = edge.pop()
            beside = {int(b if a == here else a) for a, b in pairs if here in (a, b)}
            edge += list((beside & members) - reached)
        assert reached == members


def test_cells_fill_the_outline_and_borders_do_not_cross():
    shape = outline.draw(3)
    sites = stream(3, "test").uniform(-0.5, 0.5, (80, 2)) * shape.mean_m
    diagram = lattice.cells(sites, shape)
    borders = lattice.wander(diagram, points_per_side=20, straightness=np.zeros(len(diagram.left)), random=stream(3, "borders"))
    polygons = lattice.polygons(diagram, borders, borders.points)
    assert shapely.coverage_is_valid(polygons)
    assert shapely.area(polygons).sum() == pytest.approx(lattice.enclosed_m2(diagram, borders))
    assert shapely.contains_xy(polygons, sites[:, 0], sites[:, 1]).all()


def test_towns_beyond_999_level_1_grids_get_wider_codes():
    many = 1200
    tree = frames.Tiers(np.arange(many), np.zeros(many, dtype=int), np.arange(many), np.arange(many))
    assert frames.scheme(tree).length == 16
    assert frames.scheme(frames.Tiers(np.arange(9), np.zeros(9, dtype=int), np.arange(9), np.arange(9))).length == 15
