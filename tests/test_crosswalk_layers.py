"""Several departments' layers: slivers told from true conflicts, and one net that serves them all."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import square
from hypothesis import given, settings
from hypothesis import strategies as st
from test_crosswalk import CRS, METRIC, SEEDS, frame, metric_area, points, voronoi

from gridmap import coverage, crosswalk
from gridmap.errors import CRSError, GridmapWarning, SchemaError

SIDES = st.integers(3, 6)


def redrawn(layer: gpd.GeoDataFrame, seed: int, by_m: float) -> gpd.GeoDataFrame:
    """Return a layer in METRIC drawn again: every corner up to `by_m` away in x and in y, those that are near one another alike."""
    a, b, c, d = np.random.default_rng(seed).uniform(0, 2 * np.pi, 4)

    def moved(places: np.ndarray) -> np.ndarray:
        x, y = places.T
        return places + by_m * np.column_stack([np.sin(x / 37 + a) * np.cos(y / 53 + b), np.sin(y / 41 + c) * np.cos(x / 47 + d)])

    return layer.set_geometry(shapely.transform(layer.geometry.to_numpy(), moved), crs=layer.crs)


def squares(codes: str, side: float = 100.0) -> gpd.GeoDataFrame:
    return frame({code: square(n % 3, n // 3, side) for n, code in enumerate(codes)})


# Conflicts


@given(SIDES, SEEDS, CRS)
@settings(max_examples=10, deadline=None)
def test_lines_drawn_twice_are_slivers(side, seed, crs):
    layer = voronoi(side, seed)
    found = crosswalk.conflicts({"police": layer.to_crs(crs), "works": redrawn(layer, seed, 1.0).to_crs(crs)}, sliver_width_m=4.0)
    assert set(found.places["kind"]) == {"sliver"}
    assert found.places["width_m"].max() < 4
    assert (found.pairs[["conflict_m2", "one_sided_m2"]] == 0).all(axis=None)


@given(SIDES, SEEDS, CRS)
@settings(max_examples=10, deadline=None)
def test_a_block_that_two_departments_give_to_different_grids_is_the_conflict(side, seed, crs):
    """A square of 30 m on the middle of a border goes to one grid in one department; all lines are drawn twice besides."""
    layer = voronoi(side, seed)
    shapes = layer.geometry.to_numpy()
    common = shapely.intersection(shapes[:, None], shapes[None, :])
    longest = np.triu(shapely.length(common), 1)
    taker, giver = np.unravel_index(longest.argmax(), longest.shape)
    middle = shapely.line_interpolate_point(common[taker, giver], 0.5, normalized=True)
    block = shapely.box(middle.x - 15, middle.y - 15, middle.x + 15, middle.y + 15)
    changed = shapely.difference(shapes, block)
    changed[taker] = shapely.union(shapes[taker], block)
    layers = {"police": redrawn(layer, seed, 0.5).to_crs(crs), "works": layer.set_geometry(changed, crs=METRIC).to_crs(crs)}
    places = crosswalk.conflicts(layers, sliver_width_m=4.0).places
    true = places[places["kind"] == "conflict"]
    assert true[["left_code", "right_code"]].to_numpy().tolist() == [[layer.index[giver], layer.index[taker]]]
    area = shapely.intersection(shapes[giver], block).area
    strip = shapely.length(common[taker, giver])  # along which the lines are half a metre apart: what lies beside the block is one with it
    assert true["area_m2"].iloc[0] == pytest.approx(area, abs=strip)
    assert "one_sided" not in set(places["kind"])


def test_kinds_codes_shares_and_order_by_hand():
    """Right: the border of a and b 20 m, that of b and c 1 m to the east, and the row below is missing but for d."""
    left = frame({code: shapely.box(100 * k, 0, 100 * k + 100, 100) for k, code in enumerate("abc")} | {"d": shapely.box(0, -50, 300, 0)})
    edges = [0, 120, 201, 300]
    right = frame({code: shapely.box(edges[k], 0, edges[k + 1], 100) for k, code in enumerate("ABC")})
    homes = gpd.GeoDataFrame(
        {"households": [5, 9, 2]}, geometry=[shapely.Point(x, y) for x, y in ((110, 50), (150, -25), (50, 50))], crs=METRIC
    )
    found = crosswalk.conflicts({"police": left, "works": right}, weights=homes)
    table = found.places.drop(columns="geometry").astype(object).fillna("-")
    assert table[["kind", "left", "right", "left_code", "right_code"]].to_numpy().tolist() == [
        ["conflict", "police", "works", "b", "A"],
        ["one_sided", "police", "works", "d", "-"],
        ["sliver", "police", "works", "c", "B"],
    ]
    assert table["area_m2"].tolist() == pytest.approx([2_000, 15_000, 100])
    assert table["width_m"].tolist() == pytest.approx([4_000 / 240, 30_000 / 700, 200 / 202])
    assert table["share_left"].tolist() == pytest.approx([0.2, 1, 0.01])
    assert table["share_right"].replace("-", -1.0).tolist() == pytest.approx([2_000 / 12_000, -1, 100 / 8_100])
    assert table["households"].tolist() == [5, 9, 0]
    assert table["buildings"].tolist() == [1, 1, 0]
    (pair,) = found.pairs.reset_index().to_dict("records")
    assert pair == pytest.approx(
        {
            "left": "police",
            "right": "works",
            "agreed_m2": 27_900,
            "conflict_m2": 2_000,
            "one_sided_m2": 15_000,
            "sliver_m2": 100,
            "share_agreed": 27_900 / 45_000,
            "share_conflict": 2_000 / 45_000,
        }
    )
    grids = found.grids
    assert grids.index.get_level_values("grid_code").tolist() == ["b", "d", "a", "c", "A", "B", "C"]
    assert grids.loc[("police", "works", "b")].tolist() == pytest.approx([10_000, 8_000, 2_000, 0, 0, 0.2, 0, 0])
    assert grids.loc[("works", "police", "B")].tolist() == pytest.approx([8_100, 8_000, 0, 0, 100, 0, 0, 100 / 8_100])


def test_a_finer_net_within_a_coarser_one_agrees(three_by_three):
    rows = frame({name: shapely.box(0, 100 * k, 300, 100 * k + 100) for k, name in enumerate("XYZ")})
    found = crosswalk.conflicts({"fine": three_by_three, "coarse": rows})
    assert found.places.empty
    assert found.pairs["share_agreed"].tolist() == [1]


@pytest.mark.parametrize("codes", ["AB", "ab", "ba"])  # also where they are numbered otherwise: the same code then has too little in common
def test_a_line_that_cuts_through_is_a_conflict(codes):
    left = frame({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100, 0, 200, 100)})
    right = frame({codes[0]: shapely.box(0, 0, 140, 100), codes[1]: shapely.box(140, 0, 200, 100)})
    places = crosswalk.conflicts({"police": left, "works": right}).places
    assert places[["left_code", "right_code"]].to_numpy().tolist() == [["b", codes[0]]]
    assert places["area_m2"].tolist() == pytest.approx([4_000])


@pytest.mark.parametrize(("moved", "conflict"), [(40, 40), (60, 60)])
def test_the_same_code_tells_which_half_moved(moved, conflict):
    """`a` gives a strip to `b`: that strip is the conflict even where it is most of `a`, as what is left is still called so."""
    left = frame({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100, 0, 400, 100)})
    right = frame({"a": shapely.box(0, 0, 100 - moved, 100), "b": shapely.box(100 - moved, 0, 400, 100)})
    places = crosswalk.conflicts({"police": left, "works": right}).places
    assert places[["left_code", "right_code"]].to_numpy().tolist() == [["a", "b"]]
    assert places["area_m2"].tolist() == pytest.approx([conflict * 100])


@given(SIDES, SIDES, SEEDS, CRS)
@settings(max_examples=8, deadline=None)
def test_areas_of_conflicts_add_up(side, other, seed, crs):
    layers = {"a": voronoi(side, seed, crs), "b": voronoi(other, seed + 1, crs), "c": voronoi(side, seed + 2, crs)}
    found = crosswalk.conflicts(layers, weights=points(40, seed, crs, households=3))
    assert set(found.pairs.index) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert found.pairs["conflict_m2"].is_monotonic_decreasing
    for left, right in found.pairs.index:
        union = shapely.union_all(np.concatenate([layers[left].geometry, layers[right].geometry]))
        of_pair = found.pairs.loc[(left, right)]
        assert of_pair[["agreed_m2", "conflict_m2", "one_sided_m2", "sliver_m2"]].sum() == pytest.approx(
            metric_area(union, crs)[0], rel=1e-6
        )
    four = found.grids[["agreed_m2", "conflict_m2", "one_sided_m2", "sliver_m2"]].sum(axis=1)
    assert four.to_numpy() == pytest.approx(found.grids["area_m2"].to_numpy(), rel=1e-6)
    areas = metric_area(found.places.geometry.to_numpy(), crs)
    assert found.places["area_m2"].to_numpy() == pytest.approx(areas, rel=1e-5, abs=1e-3)
    assert found.places.geometry.is_valid.all()


def test_every_place_says_what_it_is_in_both_languages():
    left, right = squares("abc"), frame({"A": shapely.box(0, 0, 130, 100), "B": shapely.box(130, 0, 200, 100)})
    found = crosswalk.conflicts({"公安": left, "城管": right})
    chinese, english = found.for_map("zh"), found.for_map("en")
    assert list(chinese.columns) == ["kind", "text", "geometry"]
    assert chinese.crs == left.crs
    assert chinese["text"].tolist() == [
        "划分不一致：公安划入 b，城管划入 A；3,000 平方米，平均宽 23.1 米",
        "只有一方划入网格：公安为 c，城管为 无网格；10,000 平方米",
    ]
    assert english["text"].tolist()[1] == "in a grid of one department alone: 公安 c, 城管 no grid; 10,000 m2"


# Refinement


@given(SIDES, SIDES, SEEDS, CRS, st.sampled_from([0.0, 8.0]))
@settings(max_examples=12, deadline=None)
def test_a_refinement_is_a_coverage_of_the_union_with_the_codes_of_every_layer(side, other, seed, crs, width):
    layers = {"police": voronoi(side, seed, crs), "works": voronoi(other, seed + 1, crs)}
    pieces = crosswalk.refine(layers, sliver_width_m=width)
    shapes = pieces.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert (pieces.geom_type == "Polygon").all()
    union = shapely.union_all(np.concatenate([layer.geometry for layer in layers.values()]))
    assert metric_area(shapely.symmetric_difference(shapely.union_all(shapes), union), crs).sum() < 1e-3
    assert pieces["area_m2"].sum() == pytest.approx(metric_area(union, crs)[0], rel=1e-7)
    for name, layer in layers.items():
        coded = pieces[name].notna().to_numpy()
        outside = shapely.area(shapely.difference(shapes[coded], layer.geometry.loc[pieces[name][coded]].to_numpy())).sum()
        assert outside <= (0.02 if width else 1e-8) * shapely.area(union)  # slivers take the codes of their neighbour
    if not width:  # pieces with the same codes lie apart
        together = pieces.dissolve(["police", "works"], dropna=False).geometry.to_numpy()
        assert len(shapely.get_parts(together)) == len(pieces)


@given(SIDES, SEEDS, CRS)
@settings(max_examples=10, deadline=None)
def test_layers_drawn_twice_refine_to_either(side, seed, crs):
    layer = voronoi(side, seed)
    pieces = crosswalk.refine({"police": layer.to_crs(crs), "works": redrawn(layer, seed, 0.5).to_crs(crs)}, sliver_width_m=3.0)
    assert pieces["police"].tolist() == pieces["works"].tolist() == sorted(layer.index)
    assert pieces["area_m2"].to_numpy() == pytest.approx(layer.area.to_numpy(), rel=0.02)
    assert coverage.check(pieces.set_index("police")[["geometry"]]).empty


def test_a_sliver_goes_to_the_neighbour_with_the_longest_border():
    """Up to 60 m works draws the border of a and b 2 m to the west: the sliver has 60 m with b, and 62 m with a, above it besides."""
    left = frame({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100, 0, 200, 100)})
    notch = shapely.box(98, 0, 100, 60)
    right = frame({"A": left.geometry["a"] - notch, "B": left.geometry["b"] | notch})
    pieces = crosswalk.refine({"police": left, "works": right})
    assert pieces[["police", "works"]].to_numpy().tolist() == [["a", "A"], ["b", "B"]]
    assert pieces["area_m2"].tolist() == pytest.approx([10_000, 10_000])
    whole = crosswalk.refine({"police": left, "works": right}, sliver_width_m=0)
    assert whole[["police", "works"]].to_numpy().tolist() == [["a", "A"], ["a", "B"], ["b", "B"]]
    assert whole.index.tolist() == ["1", "2", "3"]
    assert whole.index.name == "unit_id"


def test_grids_in_parts_and_grids_with_holes_are_cut_along_all_their_rings():
    """police: a in two parts left and right of b, which has a hole with c in it. works: one line through all of it."""
    hole = shapely.box(120, 40, 160, 60)
    police = {"a": shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100)])}
    police |= {"b": shapely.box(100, 0, 200, 100) - hole, "c": hole}
    works = {"A": shapely.box(0, 0, 300, 50), "B": shapely.box(0, 50, 300, 100)}
    pieces = crosswalk.refine({"police": frame(police), "works": frame(works)})
    assert shapely.coverage_is_valid(pieces.geometry.to_numpy())
    areas = pieces.groupby(["police", "works"])["area_m2"].agg(["size", "sum"])
    assert areas["size"].to_dict() == {(one, other): 2 if one == "a" else 1 for one in police for other in works}
    expected = {(one, other): (police[one] & works[other]).area for one in police for other in works}
    assert areas["sum"].to_dict() == pytest.approx(expected)


def test_one_layer_refines_to_itself(three_by_three):
    pieces = crosswalk.refine({"police": three_by_three})
    assert pieces["police"].tolist() == list("abcdefghi")
    assert pieces.set_index("police").geometry.geom_equals(three_by_three.geometry).all()


# Hostile input


def test_layers_that_cannot_be_compared_are_named(three_by_three):
    with pytest.raises(SchemaError, match=r"layers must map departments' names to grids.*given: 1"):
        crosswalk.conflicts({"police": three_by_three})
    with pytest.raises(SchemaError, match=r"layers must map departments' names to grids.*given: list"):
        crosswalk.refine([three_by_three])
    with pytest.raises(SchemaError, match="sliver_width_m must not be negative; given: -1"):
        crosswalk.refine({"police": three_by_three}, sliver_width_m=-1)
    with pytest.raises(SchemaError, match="sliver_width_m must not be negative; given: nan"):
        crosswalk.conflicts({"police": three_by_three, "works": three_by_three}, sliver_width_m=np.nan)
    with pytest.raises(SchemaError, match="a department has the name of a column of the result; given: geometry"):
        crosswalk.refine({"geometry": three_by_three})
    with pytest.raises(CRSError, match="police, works differ"):
        crosswalk.refine({"police": three_by_three, "works": three_by_three.to_crs("EPSG:4490")})
    bowtie = frame({"x": shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])})
    with pytest.raises(SchemaError, match=r"works has invalid polygons.*repair the layer first"):
        crosswalk.conflicts({"police": three_by_three, "works": bowtie})


def test_empty_layers_and_layers_far_apart(three_by_three):
    none = three_by_three.iloc[:0]
    empty = crosswalk.conflicts({"police": none, "works": none}, weights=points(3, 1))
    assert (len(empty.places), len(empty.grids), len(empty.for_map("zh"))) == (0, 0, 0)
    assert len(crosswalk.refine({"police": none, "works": none})) == 0
    one_sided = crosswalk.conflicts({"police": three_by_three, "works": none})
    assert one_sided.places["kind"].tolist() == ["one_sided"] * 9
    pieces = crosswalk.refine({"police": three_by_three, "works": frame({"far": shapely.box(5000, 5000, 5100, 5100)})})
    assert pieces["works"].isna().tolist() == [False] + [True] * 9 or pieces["works"].isna().sum() == 9


def test_overlaps_within_a_layer_are_told_and_given_to_the_smallest_code():
    layer = frame({"b": shapely.box(50, 0, 150, 100), "a": shapely.box(0, 0, 100, 100), "c": shapely.box(60, 20, 90, 80)})
    with pytest.warns(GridmapWarning, match="grids of police overlap.*2 rows, first: b, c"):
        pieces = crosswalk.refine({"police": layer})
    assert pieces["police"].tolist() == ["a", "b"]
    assert pieces["area_m2"].tolist() == pytest.approx([10_000, 5_000])


# Real layers


@pytest.mark.filterwarnings("ignore::gridmap.errors.GridmapWarning")
def test_councils_of_los_angeles_against_a_lattice(shared_data):
    councils = gpd.read_file(shared_data / "la311" / "neighborhood_councils.geojson").set_index("nc_id").to_crs("EPSG:32611")[["geometry"]]
    west, south, east, north = councils.total_bounds
    lattice = frame(
        {f"{x:.0f} {y:.0f}": shapely.box(x, y, x + 4e3, y + 4e3) for x in np.arange(west, east, 4e3) for y in np.arange(south, north, 4e3)},
        "EPSG:32611",
    )
    table = crosswalk.between(councils, lattice)
    union = shapely.union_all(councils.geometry.to_numpy())
    assert table.loc[table["old_code"].notna(), "area_m2"].sum() == pytest.approx(union.area, rel=1e-9)
    assert table["new_code"].notna().all()
    for code, area in table[table["old_code"].notna()].groupby("new_code")["area_m2"].sum().items():
        assert area == pytest.approx(shapely.intersection(lattice.geometry[code], union).area, rel=1e-9, abs=1e-3)
    series = pd.Series(100, index=councils.index)
    assert crosswalk.rebase(series, table).sum() == pytest.approx(9_900, rel=1e-9)
    pieces = crosswalk.refine({"councils": councils, "lattice": lattice})
    assert shapely.coverage_is_valid(pieces.geometry.to_numpy())
    assert pieces.loc[pieces["councils"].notna(), "area_m2"].sum() == pytest.approx(union.area, rel=1e-3)
