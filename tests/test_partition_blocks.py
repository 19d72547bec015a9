"""Units out of streets: areas by hand, coverage as a property, compounds, bad input, a real city."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridmap import assign, crs, partition
from gridmap.errors import CRSError, GridmapWarning, SchemaError
from gridmap.partition.arrangement import closings

METRIC = "EPSG:4548"


def lines(*places: list[tuple[float, float]], crs: str = METRIC) -> gpd.GeoDataFrame:
    with np.errstate(invalid="ignore"):  # undefined coordinates are meant
        return gpd.GeoDataFrame(geometry=[LineString(place) for place in places], crs=crs)


def area(*shapes: shapely.Geometry, crs: str = METRIC) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), index=pd.Index([f"n{i}" for i in range(len(shapes))], name="name"), crs=crs)


def undefined() -> gpd.GeoDataFrame:
    with np.errstate(invalid="ignore"):
        return area(Polygon([(0, 0), (9, 0), (float("nan"), 9)]))


def lattice(side: float, count: int) -> gpd.GeoDataFrame:
    """Return streets that cross without a node, `side` apart, drawn a little beyond the square they fill."""
    ends = (-20, side * count + 20)
    at = [side * number for number in range(1, count)]
    return lines(*[[(x, y) for y in ends] for x in at], *[[(x, y) for x in ends] for y in at])


def require_units(units: gpd.GeoDataFrame, boundary: shapely.Geometry, least: float) -> None:
    shapes = np.asarray(units.geometry)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()
    assert set(units.geom_type) <= {"Polygon"}
    assert units.area.sum() == pytest.approx(boundary.area, abs=0.02 * boundary.length)  # corners move by 1 cm at most
    assert shapely.symmetric_difference(shapely.union_all(shapes), boundary).area <= 0.02 * boundary.length
    smaller = units.area < least
    assert not smaller.any() or len(units) == 1
    assert units.index.is_unique
    assert units.index.name == "unit_id"


def test_a_lattice_of_streets_has_the_blocks_it_encloses():
    units = partition.blocks(lattice(100, 4), boundary=area(box(0, 0, 400, 400)))
    assert len(units) == 16
    assert units.area.to_numpy() == pytest.approx(np.full(16, 10_000.0))
    assert units.index[0] == "U001"
    assert units.geometry.iloc[0].bounds == (0, 300, 100, 400)  # numbered from the north-west
    assert units["households"].isna().all()
    assert list(units.columns) == ["households", "compound", "geometry"]  # the band that compounds are cut by is that of no area
    require_units(units, box(0, 0, 400, 400), 500)


def test_the_strip_between_two_carriageways_is_no_unit():
    """A road of two carriageways 20 m apart crosses another one: 4 blocks, not 9 faces; the square where they cross goes as well."""
    across = [[(x, 0), (x, 400)] for x in (190, 210)] + [[(0, y), (400, y)] for y in (190, 210)]
    units = partition.blocks(lines(*across), boundary=area(box(0, 0, 400, 400)))
    assert len(units) == 4
    # the strips, 20 m wide, go to one side all along: 190 or 210 m on each side of the two roads
    assert sorted(units.area.round()) == [190 * 190, 190 * 210, 190 * 210, 210 * 210]
    require_units(units, box(0, 0, 400, 400), 500)


def test_three_strips_side_by_side_are_road_space_however_wide_together():
    units = partition.blocks(lines(*[[(x, 0), (x, 600)] for x in (180, 195, 210, 225)]), boundary=area(box(0, 0, 400, 600)))
    assert len(units) == 2


def test_the_island_of_a_roundabout_is_no_unit():
    ring = list(Point(200, 200).buffer(30).exterior.coords)
    arms = [[(0, 200), (170, 200)], [(230, 200), (400, 200)], [(200, 0), (200, 170)], [(200, 230), (200, 400)]]
    units = partition.blocks(lines(ring, *arms), boundary=area(box(0, 0, 400, 400)))
    assert len(units) == 4


def test_what_ramps_enclose_is_an_interchange():
    """The loop of a ramp, 100 m across, between two roads: a block for all that its shape tells."""
    loop = [(200, 200), (300, 200), (300, 300), (200, 300), (200, 200)]
    roads = [[(200, 0), (200, 400)], [(0, 200), (400, 200)]]
    streets = lines(*roads, loop[1:4])
    assert len(partition.blocks(streets, boundary=area(box(0, 0, 400, 400)))) == 5
    classed = streets.assign(**{"class": ["trunk", "trunk", "trunk_link"]})
    assert len(partition.blocks(classed, boundary=area(box(0, 0, 400, 400)))) == 5  # half of its border
    loop_alone = lines(*roads, [(230, 200), (230, 330), (330, 330), (330, 230), (200, 230)]).assign(
        **{"class": ["trunk", None, "trunk_link"]}
    )
    units = partition.blocks(loop_alone, boundary=area(box(0, 0, 400, 400)))
    assert len(units) == 4
    require_units(units, box(0, 0, 400, 400), 500)


def test_narrow_houses_are_a_unit_where_people_live():
    """A row of houses 20 m deep between two lanes: road space for all that streets tell."""
    streets = lines([(0, 200), (400, 200)], [(0, 220), (400, 220)])
    homes = gpd.GeoDataFrame({"households": [3, 0]}, geometry=[box(190, 205, 200, 215), box(10, 10, 20, 20)], crs=METRIC)
    assert len(partition.blocks(streets, boundary=area(box(0, 0, 400, 400)))) == 2
    assert len(partition.blocks(streets, boundary=area(box(0, 0, 400, 400)), buildings=homes)) == 3
    assert len(partition.blocks(streets, boundary=area(box(0, 0, 400, 400)), buildings=homes, min_area_m2=8001)) == 2


def test_dead_ends_split_nothing_and_near_misses_are_closed():
    boundary = area(box(0, 0, 400, 400))
    assert len(partition.blocks(lines([(0, 200), (300, 200)]), boundary=boundary)) == 1
    assert len(partition.blocks(lines([(0, 200), (396, 200)]), boundary=boundary)) == 2
    assert len(partition.blocks(lines([(0, 200), (400, 200)], [(200, 400), (200, 204)]), boundary=boundary)) == 3
    assert len(partition.blocks(lines([(0, 200), (400, 200)], [(200, 400), (200, 206)]), boundary=boundary)) == 2
    assert len(partition.blocks(lines([(0, 200), (198, 200)], [(202, 200), (400, 200)]), boundary=boundary)) == 2  # a gap in a street


@pytest.mark.parametrize("gap", [0.3, 1.0, 2.0])
def test_streets_that_all_end_short_of_a_crossing_meet_there(gap):
    """Each street of a lattice in pieces from crossing to crossing, short at both ends: four loose ends at each, no line to reach."""
    at = [100.0, 200.0, 300.0]
    pieces = [[(x, y + gap), (x, y + 100 - gap)] for x in at for y in (0, 100, 200, 300)]
    streets = lines(*pieces, *[[place[::-1] for place in piece] for piece in pieces])
    units = partition.blocks(streets, boundary=area(box(0, 0, 400, 400)))
    assert len(units) == 16
    assert units.area.to_numpy() == pytest.approx(np.full(16, 10_000.0), abs=400 * gap)


def test_dead_ends_drawn_twice_make_their_block_no_road_space():
    """Two dead ends in a block of 80 x 64 m, each twice, 30 cm apart: two hairs that leave the block a width of 19 m, 36 m without."""
    hairs = [[(x, 0), (x, 60), (x + 0.3, 60), (x + 0.3, 0)] for x in (25, 55)]
    units = partition.blocks(lines([(80, 0), (80, 64)], [(0, 64), (400, 64)], *hairs), boundary=area(box(0, 0, 400, 400)))
    assert sorted(units.area.round()) == [80 * 64, 320 * 64, 400 * 336]


def test_streets_of_a_datum_without_a_way_to_ours_do_alone():
    streets = lattice(100, 4).set_crs("EPSG:5221", allow_override=True)  # S-JTSK (Ferro), as momepy's own test data
    outline = gpd.GeoSeries([box(0, 0, 400, 400)], crs=streets.crs)
    there = [frame.translate(-600_000, -1_140_000) for frame in (streets, outline)]
    assert len(partition.blocks(there[0].to_frame("geometry"), boundary=there[1].to_frame("geometry"))) == 16


def test_a_short_spur_is_not_closed_onto_its_own_street():
    chains = np.array([LineString([(0, 0), (100, 0)]), LineString([(100, 0), (200, 0)]), LineString([(100, 0), (100, 3)])])
    boundary = np.array([shapely.box(-50, -50, 250, 50).exterior])
    assert len(closings(chains, boundary)) == 0


def test_streets_drawn_twice_and_the_other_way_make_no_difference():
    once = lattice(100, 3)
    twice = pd.concat([once, once, once.set_geometry(once.geometry.reverse())], ignore_index=True)
    boundary = area(box(0, 0, 300, 300))
    pd.testing.assert_frame_equal(partition.blocks(twice, boundary=boundary), partition.blocks(once, boundary=boundary))


def test_row_order_makes_no_difference():
    town = towns.dongyuan()
    given = {"boundary": town.boundary, "compounds": town.compounds, "buildings": town.buildings}
    mixed = {name: frame.sample(frac=1, random_state=3) for name, frame in given.items()}
    one, other = partition.blocks(town.streets, **given), partition.blocks(town.streets.sample(frac=1, random_state=4), **mixed)
    pd.testing.assert_frame_equal(one, other)


def test_a_block_inside_another_is_a_unit_and_leaves_a_hole():
    ring = [(150, 150), (250, 150), (250, 250), (150, 250), (150, 150)]
    units = partition.blocks(lines(ring), boundary=area(box(0, 0, 400, 400)))
    assert sorted(units.area) == pytest.approx([100 * 100, 400 * 400 - 100 * 100])
    small = [(190, 190), (210, 190), (210, 210), (190, 210), (190, 190)]
    assert len(partition.blocks(lines(small), boundary=area(box(0, 0, 400, 400)))) == 1


def test_a_boundary_in_parts_and_with_holes_is_filled_as_it_is():
    holed = Polygon([(0, 0), (400, 0), (400, 400), (0, 400)], [[(150, 150), (250, 150), (250, 250), (150, 250)]])
    whole = MultiPolygon([holed, box(500, 0, 510, 10)])
    units = partition.blocks(lines([(200, -10), (200, 410)]), boundary=area(whole))
    assert sorted(units.area.round(6)) == [100, 75_000, 75_000]  # the small part stays: it has no neighbour
    assert shapely.coverage_is_valid(np.asarray(units.geometry))


def test_an_area_cuts_off_what_lies_across_its_outline():
    """A compound and a building across the outline, which runs through the middle of blocks."""
    compounds = area(box(250, 0, 400, 100))
    homes = gpd.GeoDataFrame({"households": [3, 5]}, geometry=[box(290, 40, 320, 60), box(340, 40, 350, 60)], crs=METRIC)
    outline = box(0, 0, 310, 150)
    with pytest.warns(GridmapWarning, match=r"outside the boundary.*1 rows, first: 1"):
        units = partition.blocks(lattice(100, 4), boundary=area(outline), compounds=compounds, buildings=homes)
    require_units(units, outline, 500)
    assert units.set_index("compound").geometry["n0"].bounds == (250, 0, 310, 100)
    assert units["households"].sum() == 3


def test_without_streets_the_boundary_is_the_unit():
    with pytest.warns(GridmapWarning, match="no street crosses the boundary"):
        units = partition.blocks(lines(), boundary=area(box(0, 0, 10, 10)))
    assert units.area.tolist() == [100]
    with pytest.warns(GridmapWarning, match="no street crosses"):
        assert len(partition.blocks(lattice(100, 4), boundary=area(box(9000, 0, 9400, 400)))) == 1


def test_streets_inside_a_compound_are_no_borders_and_its_wall_is_one():
    compounds = area(box(120, 120, 280, 280)).set_axis(pd.Index(["桃李园"], name="name"))
    units = partition.blocks(lattice(100, 4), boundary=area(box(0, 0, 400, 400)), compounds=compounds)
    inside = units[units["compound"] == "桃李园"]
    assert len(inside) == 1
    assert shapely.covers(inside.geometry.iloc[0].buffer(0.02), box(120, 120, 280, 280))  # strips along its wall belong to it or to others
    require_units(units, box(0, 0, 400, 400), 500)


def test_a_compound_that_is_no_unit_gives_none_its_name():
    compounds = area(box(10, 10, 20, 20), box(100, 100, 200, 200))
    units = partition.blocks(lattice(200, 2), boundary=area(box(0, 0, 400, 400)), compounds=compounds)
    assert units["compound"].dropna().tolist() == ["n1"]
    assert len(units) == 5


def rows_of_homes(counts: list[list[int]]) -> gpd.GeoDataFrame:
    """Return buildings of 40 x 12 m in rows 30 m apart; a list per row from the south."""
    homes = [
        (households, box(10 + 50 * column, 9 + 30 * row, 50 + 50 * column, 21 + 30 * row))
        for row, each in enumerate(counts)
        for column, households in enumerate(each)
    ]
    frame = gpd.GeoDataFrame(homes, columns=["households", "geometry"], crs=METRIC)
    return frame.assign(residents=3 * frame["households"])


def test_a_compound_above_the_band_is_cut_between_its_rows():
    """Six rows of 150 households: 900 is two times 450, so the cut runs after the third row, 90 m from the south."""
    homes = rows_of_homes([[50, 50, 50]] * 6)
    boundary = area(box(0, 0, 160, 180))
    units = partition.blocks(lines([(0, 90.5), (160, 90.5)]), boundary=boundary, compounds=boundary, buildings=homes)
    assert units["households"].tolist() == [450, 450]
    assert units["residents"].tolist() == [1350, 1350]
    assert units["buildings"].tolist() == [9, 9]
    assert units.area.tolist() == pytest.approx([160 * 90, 160 * 90])
    require_units(units, box(0, 0, 160, 180), 500)


def test_a_compound_is_cut_across_where_rows_do_not_do():
    """One row of four buildings of 200 households each: no line between rows, so one between columns."""
    homes = rows_of_homes([[200, 200, 200, 200]])
    boundary = area(box(0, 0, 210, 30))
    units = partition.blocks(lines([(0, 15), (210, 15)]), boundary=boundary, compounds=boundary, buildings=homes)
    assert units["households"].tolist() == [400, 400]


def test_a_compound_is_halved_first_where_neither_rows_nor_columns_do():
    """Five rows of 260 and two columns of 650: single rows would all be below the band; halved, two parts are within it."""
    homes = rows_of_homes([[130, 130]] * 5)
    boundary = area(box(0, 0, 110, 150))
    units = partition.blocks(lines([(0, 15), (110, 15)]), boundary=boundary, compounds=boundary, buildings=homes)
    assert sorted(units["households"]) == [260, 260, 390, 390]


def test_a_building_above_the_band_stays_whole():
    homes = rows_of_homes([[700], [100], [100]])
    boundary = area(box(0, 0, 60, 90))
    for compounds in (boundary, None):
        with pytest.warns(GridmapWarning, match="more than 500 households and cannot be cut.*1 rows, first: U002"):
            units = partition.blocks(lines([(0, 45), (9, 45)]), boundary=boundary, compounds=compounds, buildings=homes)
        assert units["households"].tolist() == [200, 700]


def test_a_cut_goes_around_buildings_where_no_straight_line_passes():
    """Round towers of 24 m packed like oranges, 26 m apart: rows are 22.5 m apart, so every straight line meets one."""
    places = np.array([(26 * x + 13 * (y % 2), 26 * y * np.sqrt(3) / 2) for x in range(8) for y in range(8)])
    towers = shapely.buffer(shapely.points(places), 12.0)
    homes = gpd.GeoDataFrame({"households": [30] * 64}, geometry=towers, crs=METRIC)
    boundary = area(box(-20, -20, 230, 230))
    units = partition.blocks(lines([(-20, 100), (-19, 100)]), boundary=boundary, compounds=boundary, buildings=homes)
    assert units["households"].sum() == 64 * 30
    assert units["households"].between(300, 500).all()
    walls = shapely.union_all(shapely.boundary(np.asarray(units.geometry)))
    assert shapely.length(shapely.intersection(walls, towers)).max() < 0.05
    require_units(units, box(-20, -20, 230, 230), 500)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 250), st.integers(0, 3)), min_size=1, max_size=40),
    st.booleans(),
)
def test_any_compound_is_cut_into_parts_that_fill_it(drawn, as_points):
    """Buildings of several shapes, some on top of each other or built together, in a compound with a notch."""
    compound = Polygon([(0, 0), (300, 0), (300, 180), (180, 180), (180, 120), (120, 120), (120, 300), (0, 300)])
    shapes = [box(0, 0, 20 - 4 * kind, 8 + 6 * kind) for *_, kind in drawn]
    shapes = [
        shapely.transform(shape, lambda xy, at=(x, y): xy + np.array(at) * 28 + 3) for shape, (x, y, *_) in zip(shapes, drawn, strict=True)
    ]
    inside = [n for n, shape in enumerate(shapes) if compound.contains(shape)]
    homes = gpd.GeoDataFrame({"households": [drawn[n][2] for n in inside]}, geometry=[shapes[n] for n in inside], crs=METRIC)
    if as_points:
        homes = homes.set_geometry(homes.representative_point())
    boundary = area(compound)
    with warnings.catch_warnings(action="ignore"):  # some are above the band where buildings stand on each other
        units = partition.blocks(lines([(0, 100), (50, 100)]), boundary=boundary, compounds=boundary, buildings=homes)
    require_units(units, compound, 500)
    assert units["households"].sum() == homes["households"].sum()
    assert units["buildings"].sum() == len(homes)
    assert (units["compound"] == "n0").all()
    if homes["households"].sum() <= 500:
        assert len(units) == 1
    walls = shapely.union_all(shapely.boundary(np.asarray(units.geometry)))
    assert shapely.length(shapely.intersection(walls, np.asarray(homes.geometry))).max(initial=0) < 0.05


def test_a_street_block_above_the_band_is_cut_and_its_neighbours_get_the_corners():
    """Two blocks side by side, six rows of 150 households in one, one row in the other: two parts of 450 beside one unit of 150."""
    west, east = rows_of_homes([[50, 50, 50]] * 6), rows_of_homes([[50, 50, 50]])
    homes = pd.concat([west, east.set_geometry(east.translate(160, 0))], ignore_index=True)
    boundary = area(box(0, 0, 320, 180))
    street, dead_end = [(160, 0), (160, 180)], [(160, 50), (60, 50)]
    units = partition.blocks(lines(street, dead_end), boundary=boundary, buildings=homes)
    assert sorted(units["households"]) == [150, 450, 450]
    assert units["compound"].isna().all()
    assert sorted(units.area) == pytest.approx([160 * 90, 160 * 90, 160 * 180])
    require_units(units, box(0, 0, 320, 180), 500)
    assert len(partition.blocks(lines(street, dead_end), boundary=boundary, buildings=homes, band=(300, 900))) == 2


def test_a_large_block_is_halved_before_it_is_cut_into_rows():
    """20 rows of 12 buildings of 20 households, 600 x 600 m: in rows alone, parts would be strips of 600 x 60 m."""
    homes = rows_of_homes([[20] * 12] * 20)
    whole = box(0, 0, 610, 610)
    with pytest.warns(GridmapWarning, match="no street"):
        units = partition.blocks(lines(), boundary=area(whole), buildings=homes)
    assert units["households"].between(300, 500).all()
    assert units["households"].sum() == 4800
    require_units(units, whole, 500)
    assert (4 * np.pi * units.area / units.length**2).min() > 0.5  # a strip of 600 x 60 m has 0.26


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 400)), min_size=3, max_size=60),
    st.lists(st.tuples(st.integers(-20, 320), st.integers(-20, 320)), min_size=2, max_size=4, unique=True),
)
def test_any_block_is_cut_into_parts_that_fill_it(drawn, road):
    """Points, footprints, some on top of each other, on both sides of a road that runs anyhow."""
    shapes = [box(0, 0, 16, 8) if (x + y) % 3 else Point(0, 0) for x, y, _ in drawn]
    shapes = [
        shapely.transform(shape, lambda xy, at=(x, y): xy + np.array(at) * 29 + 5) for shape, (x, y, _) in zip(shapes, drawn, strict=True)
    ]
    homes = gpd.GeoDataFrame({"households": [count for *_, count in drawn]}, geometry=shapes, crs=METRIC)
    outline = Polygon([(0, 0), (300, 0), (310, 300), (150, 290), (0, 300)])
    streets = lines([(150, -10), (160, 310)], road)
    with warnings.catch_warnings(action="ignore"):  # some are above the band where buildings stand on each other
        units = partition.blocks(streets, boundary=area(outline), buildings=homes)
        whole = partition.blocks(streets, boundary=area(outline), buildings=homes, band=(300, 10**6))
    require_units(units, outline, 500)
    assert units["households"].sum() == homes["households"].sum()
    assert units["buildings"].sum() == len(homes)
    for shape, households in zip(whole.geometry, whole["households"], strict=True):  # a cut never crosses a street
        parts = units[shapely.area(shapely.intersection(np.asarray(units.geometry), shape)) > 0.02 * shape.length]
        assert shapely.area(parts.union_all().symmetric_difference(shape)) < 0.02 * shape.length
        assert households > 500 or len(parts) == 1


def test_an_l_shaped_compound_falls_into_connected_parts():
    shape = shapely.union_all([box(0, 0, 160, 90), box(0, 0, 50, 240)])
    homes = pd.concat([rows_of_homes([[100, 100, 100]] * 3), rows_of_homes([[]] * 3 + [[100]] * 5)], ignore_index=True)
    units = partition.blocks(lines([(0, 5), (1, 5)]), boundary=area(shape), compounds=area(shape), buildings=homes)
    assert units["households"].sum() == 1400
    assert units["households"].between(300, 500).all()
    require_units(units, shape, 500)


def test_the_demo_community():
    """Six compounds stand above the band; each is cut into parts, the others and all blocks stay as the town's own units have them."""
    town = towns.dongyuan()
    units = partition.blocks(town.streets, boundary=town.boundary, compounds=town.compounds, buildings=town.buildings)
    metric, footprints = crs.to_metric(units), crs.to_metric(town.buildings)
    require_units(metric, crs.to_metric(town.boundary).union_all(), 500)
    assert shapely.coverage_is_valid(np.asarray(units.geometry))
    assert units["households"].sum() == town.buildings["households"].sum()
    assert units["residents"].sum() == town.buildings["residents"].sum()
    assert units["buildings"].sum() == len(town.buildings)
    assert units["households"].max() <= 500
    own = town.units[town.units["households"] > 0].groupby("compound")["households"].sum()
    pd.testing.assert_series_equal(units.groupby("compound")["households"].sum(), own, check_dtype=False)
    cut = units.groupby("compound").size()
    assert set(cut.index[cut > 1]) == set(own.index[own > 500])
    assert len(units[units["compound"].isna()]) == len(town.units[town.units["compound"].isna()])
    walls = shapely.union_all(shapely.boundary(np.asarray(metric.geometry)))
    assert shapely.length(shapely.intersection(walls, np.asarray(footprints.geometry))).max() == 0  # no cut through a building
    doors = town.buildings.set_geometry(town.buildings.representative_point())
    owner = assign.to_grids(doors, units.assign(level=1, kind="base"))
    assert town.buildings["households"].groupby(owner).sum().reindex(units.index, fill_value=0).tolist() == units["households"].tolist()


def test_inputs_are_left_alone():
    town = towns.dongyuan()
    given = [town.streets, town.boundary, town.compounds, town.buildings]
    before = [frame.copy(deep=True) for frame in given]
    partition.blocks(given[0], boundary=given[1], compounds=given[2], buildings=given[3])
    for one, other in zip(before, given, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


def test_buildings_outside_are_told_and_on_a_border_counted_once():
    homes = gpd.GeoDataFrame({"households": [1, 2, 4]}, geometry=[Point(200, 100), Point(900, 900), Point(10, 10)], crs=METRIC)
    with pytest.warns(GridmapWarning, match=r"outside the boundary.*1 rows, first: 1"):
        units = partition.blocks(lines([(200, -5), (200, 405)]), boundary=area(box(0, 0, 400, 400)), buildings=homes)
    assert units["households"].tolist() == [5, 0]  # the border's point belongs to the smaller code
    assert units["buildings"].tolist() == [2, 0]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"boundary": area(box(0, 0, 9, 9), crs="EPSG:4547")}, "boundary.*different|differ"),
        ({"boundary": area()}, "boundary has no rows"),
        ({"boundary": undefined()}, "boundary has infinite or undefined"),
        ({"streets": gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=METRIC)}, "streets must have geometries of type Line"),
        ({"streets": lines([(0, 0), (float("nan"), 1), (9, 9)])}, "streets has infinite or undefined"),
        ({"streets": lines([(0, 0), (9, 9)]).set_crs(None, allow_override=True)}, "streets has no"),
        ({"compounds": area(box(0, 0, 1, 1), box(2, 2, 3, 3)).set_axis(["a", "a"])}, "compounds"),
        ({"buildings": area(box(0, 0, 1, 1))}, "buildings lacks the columns households"),
        ({"buildings": area(box(0, 0, 1, 1)).assign(households=-1)}, "households of buildings must be whole numbers"),
        ({"buildings": area(box(0, 0, 1, 1)).assign(households=float("nan"))}, "households of buildings must be whole numbers"),
        ({"band": (500, 300)}, "the band of households"),
        ({"band": ("300", "500")}, "the band of households"),
        ({"band": (300,)}, "the band of households"),
        ({"boundary": area(box(0, 0, 1e-3, 1e-3))}, "boundary has no rows"),
        ({"min_area_m2": float("nan")}, "min_area_m2 must be a finite number"),
    ],
)
def test_bad_input_is_one_clear_error(broken, said):
    given = {"streets": lines([(0, 0), (9, 9)]), "boundary": area(box(0, 0, 9, 9)), **broken}
    with pytest.raises((SchemaError, CRSError), match=said):
        partition.blocks(given.pop("streets"), **given)


def test_missing_and_empty_rows_are_passed_over():
    streets = pd.concat([lattice(100, 2), gpd.GeoDataFrame(geometry=[None, LineString()], crs=METRIC)], ignore_index=True)
    assert len(partition.blocks(streets, boundary=area(box(0, 0, 200, 200), None))) == 4


coordinate = st.integers(-20, 320)
street = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=4).filter(lambda places: len(set(places)) > 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(street, min_size=1, max_size=14), st.sampled_from([0.0, 500.0, 3000.0]), st.booleans())
def test_any_streets_make_a_valid_coverage(places, least, with_compound):
    outline = Polygon([(0, 0), (300, 20), (280, 300), (20, 270)])
    compounds = area(box(100, 100, 180, 170)) if with_compound else None
    streets = lines([(150, -10), (150, 310)], *places)
    units = partition.blocks(streets, boundary=area(outline), compounds=compounds, min_area_m2=least)
    require_units(units, outline, least)
    if with_compound:
        assert (units["compound"] == "n0").sum() == 1


def test_a_real_city(shared_data):
    """The dense centre of Wuhan: 16 km square, about 6,500 faces between the raw streets."""
    streets = gpd.read_parquet(shared_data / "wuhan" / "streets.parquet")
    square = box(239_440 - 8000, 3_384_627 - 8000, 239_440 + 8000, 3_384_627 + 8000)
    units = partition.blocks(streets, boundary=area(square, crs=streets.crs))
    require_units(units, square, 500)
    assert 2000 < len(units) < 3000
    width = 2 * units.area / units.length
    compactness = 4 * np.pi * units.area / units.length**2
    assert not ((width < 25) & (compactness < 0.55)).any()  # nothing long and thin is left


def test_a_real_quarter_with_compounds_and_buildings(shared_data):
    """Lujiazui and the Bund: streets cut at the edges of tiles, compounds that overlap them, buildings as areas and as points."""
    with warnings.catch_warnings(action="ignore"):  # identifiers stand twice in the file
        layers = [
            gpd.read_file(shared_data / "shanghai_osm" / f"shanghai_osm_{name}.geojson") for name in ("roads", "landuse", "buildings")
        ]
    roads, landuse, buildings = (layer.to_crs("EPSG:32651") for layer in layers)
    streets = roads[roads["kind"].isin(["highway", "major_road", "minor_road"])]
    homes = landuse[(landuse["kind"] == "residential") & landuse.geom_type.isin(["Polygon", "MultiPolygon"])].explode()
    compounds = homes.set_index(pd.Index([f"c{number}" for number in range(len(homes))], name="name"))[["geometry"]]
    buildings = buildings.assign(households=(buildings.area / 50).astype(int)).reset_index(drop=True)
    square = shapely.box(*roads.total_bounds)
    inside = buildings[buildings.representative_point().within(square)]
    with pytest.warns(GridmapWarning, match="one building is above the band, or no line runs between several"):
        units = partition.blocks(streets, boundary=area(square, crs=roads.crs), compounds=compounds, buildings=inside)
    require_units(units, square, 500)
    for shape in units.geometry[units["households"] > 500]:
        homes = inside[inside.representative_point().within(shape)]
        built_together = shapely.get_parts(homes.buffer(0.5).union_all())
        assert max(homes["households"][homes.intersects(each)].sum() for each in built_together) > 500
    assert units["households"].sum() == inside["households"].sum()
    assert units["buildings"].sum() == len(inside)
    for name, shape in compounds.geometry.items():
        if shape.area >= 500:
            own = shapely.union_all(np.asarray(units.geometry[units["compound"] == name]))
            others = compounds.geometry[compounds.index != name]
            rest = shape.difference(own).difference(shapely.union_all(np.asarray(others[others.intersects(shape)])))
            assert rest.area < 0.02 * shape.length  # whole, but for what a smaller compound has of it
