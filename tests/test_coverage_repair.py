"""Repair: a valid coverage out of any fault, nothing else touched, every change listed, twice is as once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from test_coverage import CRS, ORIGIN, SEEDS, SIDES, area_of, frame, replaced, voronoi

from gridmap import coverage, hierarchy, synth
from gridmap.coverage import RULES, repair
from gridmap.crs import to_metric
from gridmap.errors import CRSError, SchemaError
from gridmap.synth.spoiled import MAKERS

FAULTS = st.lists(st.sampled_from(["corner", "shift", "shrink", "grow", "bow tie", "duplicate", "hole"]), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def town() -> synth.Town:
    return towns.dongyuan()


def shapes(grids: gpd.GeoDataFrame) -> np.ndarray:
    return grids.geometry.to_numpy()


def union_m2(grids: gpd.GeoDataFrame) -> float:
    made = shapely.make_valid(shapes(to_metric(grids)), method="structure", keep_collapsed=False)
    return float(shapely.union_all(made).area)


def identical(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> bool:
    """Tell whether all polygons have the same corners in the same order."""
    missing = shapely.is_missing(shapes(one)) & shapely.is_missing(shapes(other))
    return bool((missing | shapely.equals_exact(shapes(one), shapes(other), 0.0)).all())


def listed(done: coverage.Repair) -> list[tuple[str, str, str, float, float]]:
    columns = done.changes.drop(columns="geometry").round(3)
    return list(columns.itertuples(index=False, name=None))


def left(done: coverage.Repair) -> list[tuple[str, str, str]]:
    return list(done.left[["kind", "grid_codes", "note"]].itertuples(index=False, name=None))


def spoil(grids: gpd.GeoDataFrame, faults: list[str], rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, set[str], float]:
    """Return a coverage with faults, the codes of the grids drawn anew, and a bound for the area each fault puts in doubt (m2)."""
    doubt = 0.0
    touched = set()
    for number, fault in enumerate(faults):
        code = str(rng.choice([code for code in grids.index if not code.startswith("z")]))
        shape = grids.geometry[code]
        if shape.geom_type != "Polygon" or not shape.is_valid:
            continue
        ring = np.array(shape.exterior.coords)[:-1]
        if fault == "corner":
            ring[rng.integers(len(ring))] += rng.uniform(-0.05, 0.05, 2)
            new, doubt = shapely.Polygon(ring, shape.interiors), doubt + 0.1 * shape.length
        elif fault == "shift":
            new, doubt = shapely.transform(shape, lambda xy: xy + rng.uniform(-0.05, 0.05, 2)), doubt + 0.2 * shape.length
        elif fault in ("shrink", "grow"):
            width = rng.uniform(0.1, 0.9)
            new = shape.buffer(-width if fault == "shrink" else width, join_style="mitre", mitre_limit=2)
            doubt += 4 * width * shape.length
        elif fault == "hole":
            new = shape.difference(shape.representative_point().buffer(0.5, quad_segs=4))
            doubt += 1
        elif fault == "bow tie":
            ring[[0, 1]] = ring[[1, 0]]
            new, doubt = shapely.Polygon(ring, shape.interiors), doubt + 2 * shape.minimum_rotated_rectangle.area
        else:
            grids = pd.concat([grids, frame({f"z{number}": shape}, grids.crs)])
            touched.add(f"z{number}")
            doubt += shape.area
            continue
        grids = replaced(grids, code, new)
        touched.add(code)
    return grids, touched, doubt


@given(SIDES, SEEDS, CRS)
@settings(max_examples=10, deadline=None)
def test_a_clean_coverage_comes_back_as_it_was(side, seed, crs):
    grids = voronoi(side, seed, crs)
    done = repair(grids, boundary=area_of(shapely.union_all(shapes(grids)), crs))
    pd.testing.assert_frame_equal(pd.DataFrame(done.grids), pd.DataFrame(grids))
    assert identical(done.grids, grids)
    assert done.grids.crs == grids.crs
    assert (len(done.changes), len(done.left)) == (0, 0)


@given(SIDES, SEEDS, FAULTS, st.booleans())
@settings(max_examples=25, deadline=None)
def test_broken_coverages_become_valid_and_nothing_else_moves(side, seed, faults, degrees):
    clean = voronoi(side, seed)
    spoiled, touched, doubt = spoil(clean, faults, np.random.default_rng(seed))
    if degrees:
        clean, spoiled = clean.to_crs("EPSG:4490"), spoiled.to_crs("EPSG:4490")
    done = repair(spoiled)
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert shapely.is_valid(shapes(done.grids)).all()
    places = np.concatenate([shapes(grids[grids.index.isin(touched)]) for grids in (clean, spoiled)])
    near = touched | {code for code in clean.index if shapely.intersects(places, clean.geometry[code]).any()}
    changed = {code for code in spoiled.index if not shapely.equals_exact(done.grids.geometry[code], spoiled.geometry[code], 0.0)}
    assert changed == set(done.changes["grid_code"])
    if degrees:  # borders straight in one CRS are not in the other: corners on them open hair-thin gaps in both
        changed = set(done.changes.loc[done.changes[["gained_m2", "lost_m2"]].max(axis=1) > 1e-3, "grid_code"])
    assert changed <= near
    assert (done.changes[["gained_m2", "lost_m2"]].sum() <= doubt + 0.1).all()
    filled = done.changes.loc[done.changes["rule"] == "gap", "gained_m2"].sum()
    assert union_m2(done.grids) == pytest.approx(union_m2(spoiled) + filled, abs=1.0 if degrees else 1e-3)
    assert shapely.area(shapes(to_metric(done.grids))).sum() == pytest.approx(union_m2(done.grids), abs=1.0 if degrees else 1e-3)
    emptied = set(spoiled.index[shapely.is_empty(shapes(done.grids))])
    assert emptied <= set(done.changes["grid_code"])
    assert {("invalid", code, "no_polygon") for code in emptied} <= set(left(done))
    again = repair(done.grids)
    assert identical(again.grids, done.grids)
    assert again.changes.empty
    assert left(again) == left(done)


def soup(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return polygons that no one would draw."""
    corners = [int(rng.integers(3, 9)) for _ in range(12)]
    if kind == "random":
        return np.array([shapely.Polygon(rng.uniform(0, 200, (count, 2)) + ORIGIN) for count in corners])
    if kind == "lattice":
        return np.array([shapely.Polygon(rng.integers(0, 12, (count, 2)) * 10.0 + ORIGIN) for count in corners])
    if kind == "turned":
        squares = [shapely.affinity.rotate(shapely.box(0, 0, 100, 100), rng.uniform(0, 1e-3)) for _ in corners]
        return np.array([shapely.affinity.translate(each, *(rng.integers(0, 3, 2) * 100 + ORIGIN)) for each in squares])
    rings = [shapely.get_coordinates(shape)[:-1] for shape in voronoi(4, int(rng.integers(1000))).geometry]
    width = 10.0 ** rng.uniform(-9, -1)  # from below rounding to centimetres
    return np.array([shapely.Polygon(ring + rng.uniform(-width, width, ring.shape)) for ring in rings])


@given(st.sampled_from(["random", "lattice", "turned", "trembling"]), SEEDS)
@settings(max_examples=20, deadline=None)
def test_every_place_of_any_soup_lies_in_one_polygon(kind, seed):
    grids = frame({f"{number:02d}": shape for number, shape in enumerate(soup(kind, np.random.default_rng(seed)))})
    done = repair(grids)
    assert shapely.is_valid(shapes(done.grids)).all()
    assert shapely.area(shapes(done.grids)).sum() == pytest.approx(union_m2(done.grids), abs=1e-3)
    filled = done.changes.loc[done.changes["rule"] == "gap", "gained_m2"].sum()
    assert union_m2(done.grids) == pytest.approx(union_m2(grids) + filled, abs=0.05)  # 1 micrometre along the borders
    assert repair(done.grids).changes.empty


def test_a_false_alarm_of_geos_is_no_failure():
    touched = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 10), (0, 10)], [[(5, 10), (7, 5), (3, 5)]])
    grids = frame({"a": touched, "b": shapely.Polygon([(5, 10), (3, 13), (7, 13)]), "c": shapely.Polygon([(5, 10), (7, 5), (3, 5)])})
    assert not shapely.coverage_is_valid(shapes(grids))
    done = repair(grids)
    assert identical(done.grids, grids)
    assert done.changes.empty


@given(SEEDS, FAULTS, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_rows_does_not_matter(seed, faults, random):
    spoiled, _, _ = spoil(voronoi(4, seed), faults, np.random.default_rng(seed))
    order = list(range(len(spoiled)))
    random.shuffle(order)
    done, shuffled = repair(spoiled), repair(spoiled.iloc[order])
    assert list(shuffled.grids.index) == list(spoiled.index[order])
    assert identical(shuffled.grids.loc[spoiled.index], done.grids)
    assert listed(shuffled) == listed(done)
    assert left(shuffled) == left(done)


# One fault each


def test_an_overlap_stays_with_the_smaller_grid(three_by_three):
    spoiled = replaced(three_by_three, "e", shapely.box(90, 100, 200, 200))  # e is larger than d now
    done = repair(spoiled)
    assert listed(done) == [("e", "overlap", "d", 0.0, 1000.0)]
    assert done.grids.geometry["e"].equals(three_by_three.geometry["e"])
    assert identical(done.grids.drop("e"), three_by_three.drop("e"))


def test_an_overlap_of_equal_grids_stays_with_the_smaller_code():
    grids = frame({"b": shapely.box(0, 0, 100, 100), "a": shapely.box(90, 0, 190, 100)})
    done = repair(grids)
    assert listed(done) == [("b", "overlap", "a", 0.0, 1000.0)]
    assert done.grids.geometry["b"].equals(shapely.box(0, 0, 90, 100))


def test_an_island_drawn_on_a_grid_keeps_its_place():
    grids = frame({"a": shapely.box(0, 0, 100, 100), "b": shapely.box(40, 40, 60, 60)})
    done = repair(grids)
    assert done.grids.geometry["a"].equals(shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60))
    assert listed(done) == [("a", "overlap", "b", 0.0, 400.0)]


def test_a_polygon_over_everything_gives_way_and_is_listed(three_by_three):
    whole = frame({"0": shapely.box(0, 0, 300, 300)})
    done = repair(pd.concat([three_by_three[["geometry"]], whole]))
    assert identical(done.grids.loc[three_by_three.index], three_by_three)
    assert done.grids.geometry["0"].is_empty
    assert left(done) == [("invalid", "0", "no_polygon")]
    assert done.changes.query("grid_code == '0'")["lost_m2"].sum() == pytest.approx(90_000)


def test_a_narrow_gap_goes_to_the_longest_border_and_a_wide_one_stays():
    narrow = {"a": shapely.box(0, 0, 100, 100), "b": shapely.box(0, 100, 100, 200), "c": shapely.box(0, 200, 100, 300)}
    narrow["a"] -= shapely.Polygon([(40, 101), (40, 98.5), (50, 98.5), (50, 101)])  # open to b over 10 m, to a over 13 m
    done = repair(frame(narrow))
    assert listed(done) == [("a", "gap", "", 15.0, 0.0), ("b", "node", "", 0.0, 0.0)]
    assert done.grids.geometry["a"].equals(shapely.box(0, 0, 100, 100))
    wide = narrow | {"a": shapely.box(0, 0, 100, 100) - shapely.box(40, 90, 50, 100)}
    done = repair(frame(wide))
    assert [row[1] for row in listed(done)] == ["node"]
    assert left(done) == [("gap", "a;b", "")]
    filled = repair(frame(wide), gap_width_m=10)
    assert listed(filled)[0] == ("a", "gap", "", 100.0, 0.0)
    assert left(filled) == []


def test_a_gap_of_equal_borders_goes_to_the_smaller_code():
    lens = [(100, 20), (100.5, 50), (100, 80)]
    grids = frame({
        "b": shapely.Polygon([(0, 0), (100, 0), (100, 20), (99.5, 50), (100, 80), (100, 100), (0, 100)]),
        "a": shapely.Polygon([(100, 0), *lens, (100, 100), (200, 100), (200, 0)]),
    })  # fmt: skip
    assert listed(repair(grids)) == [("a", "gap", "", 30.0, 0.0)]


def test_a_long_gap_is_shared_out_among_the_grids_along_it():
    south = {f"s{n}": shapely.box(100 * n, 0, 100 * n + 100, 100) for n in range(6)}
    north = {f"n{n}": shapely.box(100 * n + 50, 100.05, 100 * n + 150, 200) for n in range(5)}
    ends = {"w": shapely.box(-100, 0, 0, 200).union(shapely.box(0, 100.05, 50, 200)), "x": shapely.box(550, 100.05, 700, 200)}
    ends["x"] = ends["x"].union(shapely.box(600, 0, 700, 200))
    done = repair(frame(south | north | ends))
    assert done.changes["gained_m2"].sum() == pytest.approx(600 * 0.05)
    assert done.changes["gained_m2"].max() < 8  # nobody gets a strip along many others
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert left(done) == []


def test_a_grid_drawn_too_small_gets_its_rim_back(three_by_three):
    done = repair(replaced(three_by_three, "e", shapely.box(100.5, 100.5, 199.5, 199.5)))
    assert listed(done) == [("e", "gap", "", 199.0, 0.0)]
    assert done.grids.geometry["e"].equals(three_by_three.geometry["e"])
    assert identical(done.grids.drop("e"), three_by_three.drop("e"))


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4490"])
def test_a_crack_that_opens_to_the_outside_is_filled(crs):
    east = shapely.Polygon([(100.3, 10), (100.2, 50), (100.3, 90), (200, 90), (200, 10)])  # its border is the longer one
    placed = shapely.transform([shapely.box(0, 0, 100, 100), east], lambda xy: xy + ORIGIN)
    grids = frame({"a": placed[0], "b": placed[1]}).to_crs(crs)
    done = repair(grids)
    assert [row[:3] for row in listed(done)] == [("a", "node", ""), ("b", "gap", "")]
    assert done.changes["gained_m2"].sum() == pytest.approx(20, rel=1e-3)
    assert left(done) == []
    assert len(done.changes.geometry.iloc[0].geoms) == 2  # a corner at either end of the crack
    assert repair(done.grids).changes.empty
    assert listed(repair(grids, gap_width_m=0.2)) == []


def test_a_crack_along_a_slanted_border_goes_to_a_grid_along_a_whole_side():
    west = shapely.Polygon([(7.3, 7.4), (100.37, -5.14), (98.44, 111.38), (3.66, 93.63)])
    east = shapely.Polygon([(106.37, -0.14), (195.31, 2.2), (209.3, 113.4), (104.4, 116.4)])
    north = shapely.Polygon([(98.44, 111.38), (104.4, 116.4), (209.3, 113.4), (204, 209), (109, 189)])
    done = repair(frame({"w": west, "e": east, "n": north}), gap_width_m=12)
    gained = done.changes[done.changes["rule"] == "gap"].groupby("grid_code")["gained_m2"].sum()
    assert set(gained[gained > 5].index) <= {"w", "e"}
    assert repair(done.grids, gap_width_m=12).changes.empty


def test_the_narrow_arm_of_a_wide_gap_is_filled():
    lake = shapely.box(40, 40, 60, 60).union(shapely.box(60, 49.8, 90, 50.2))
    halves = {"s": shapely.box(0, 0, 100, 50), "n": shapely.box(0, 50, 100, 100)}
    done = repair(frame({code: half - lake for code, half in halves.items()}))
    assert done.changes["gained_m2"].sum() == pytest.approx(30 * 0.4)
    assert left(done) == [("gap", "n;s", "")]
    assert done.left["area_m2"].iloc[0] == pytest.approx(400)


def test_corners_on_a_neighbours_border_are_added_to_it():
    grids = frame({"a": shapely.box(0, 0, 10, 30), "b": shapely.box(10, 0, 20, 15), "c": shapely.box(10, 15, 20, 30)})
    done = repair(grids)
    assert listed(done) == [("a", "node", "", 0.0, 0.0)]
    assert done.changes.geometry.iloc[0] == shapely.MultiPoint([(10, 15)])
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert identical(done.grids.loc[["b", "c"]], grids.loc[["b", "c"]])


def test_duplicates_are_listed_and_the_smallest_code_keeps_the_polygon(three_by_three):
    again = frame({"a2": three_by_three.geometry["a"], "0": three_by_three.geometry["a"]})
    done = repair(pd.concat([three_by_three[["geometry"]], again]))
    assert listed(done) == [("a", "duplicate", "0", 0.0, 10_000.0), ("a2", "duplicate", "0", 0.0, 10_000.0)]
    assert left(done) == [("invalid", "a", "no_polygon"), ("invalid", "a2", "no_polygon")]
    assert done.grids.geometry["0"].equals(three_by_three.geometry["a"])


def test_a_bow_tie_and_a_collapsed_ring(three_by_three):
    bow_tie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    flat = shapely.Polygon([(100, 0), (200, 0), (150, 0)])
    done = repair(replaced(replaced(three_by_three, "a", bow_tie), "b", flat))
    assert {row[:2] for row in listed(done)} == {("a", "invalid"), ("b", "invalid")}
    assert done.grids.geometry["a"].area == pytest.approx(5000)
    assert done.grids.geometry["b"].is_empty
    assert {row[:2] for row in left(done)} == {("invalid", "b"), ("gap", "a;d;e")}


def test_missing_grids_are_listed_and_not_filled(three_by_three):
    whole = area_of(shapely.box(0, 0, 300, 300))
    spoiled = three_by_three.drop("e")
    done = repair(spoiled, boundary=whole)
    assert identical(done.grids, spoiled)
    assert left(done) == [("missing", "a;b;c;d;f;g;h;i", "")]


def test_a_lake_outside_the_boundary_is_no_gap(three_by_three):
    pond = shapely.box(149.5, 149.5, 150.5, 150.5)
    spoiled = replaced(three_by_three, "e", three_by_three.geometry["e"] - pond)
    done = repair(spoiled, boundary=area_of(shapely.box(0, 0, 300, 300) - pond))
    assert (len(done.changes), len(done.left)) == (0, 0)
    assert listed(repair(spoiled)) == [("e", "gap", "", 1.0, 0.0)]


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4490"])
def test_a_narrow_rim_is_filled_and_a_wide_one_is_missing(crs):
    wanted = shapely.transform(shapely.box(-0.5, -0.5, 340, 300.5), lambda xy: xy + ORIGIN)  # narrow on three sides, wide in the east
    squares = shapely.transform([shapely.box(x, y, x + 100, y + 100) for y in (0, 100, 200) for x in (0, 100, 200)], lambda xy: xy + ORIGIN)
    grids = frame(dict(zip("abcdefghi", squares, strict=True))).to_crs(crs)
    boundary = area_of(wanted).to_crs(crs)
    done = repair(grids, boundary=boundary)
    rim = done.changes[done.changes["rule"] == "rim"]
    assert rim["grid_code"].tolist() == list("abcdghi")
    assert rim["gained_m2"].sum() == pytest.approx(300 * 0.5 * 3 + 2 * 0.25, rel=1e-3)
    assert rim["gained_m2"].max() < 101  # every grid what lies along it
    assert left(done) == [("missing", "c;f;i", "")]
    assert done.left["area_m2"].iloc[0] == pytest.approx(40 * 301, rel=1e-3)
    assert shapely.coverage_is_valid(shapes(done.grids))
    again = repair(done.grids, boundary=boundary)
    assert again.changes.empty
    assert identical(again.grids, done.grids)
    assert "rim" not in set(repair(grids).changes["rule"])
    assert identical(repair(grids, boundary=boundary, gap_width_m=0.4).grids, grids)


def test_a_boundary_that_runs_in_and_out_of_the_grids_is_reached_where_it_is_near(three_by_three):
    wavy = [(x, 300 + 0.8 * np.cos(x / 20)) for x in range(300, -1, -10)]
    boundary = area_of(shapely.Polygon([(0, 0), (300, 0), *wavy]))
    done = repair(three_by_three, boundary=boundary)
    assert set(done.changes["rule"]) <= {"rim", "node"}
    assert shapely.difference(boundary.geometry.iloc[0], shapely.union_all(shapes(done.grids))).area < 1e-6
    assert union_m2(done.grids) == pytest.approx(90_000 + done.changes["gained_m2"].sum())
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert left(done) == []
    assert repair(done.grids, boundary=boundary).changes.empty


def test_a_boundary_around_nothing_and_one_far_away(three_by_three):
    far = area_of(shapely.box(1000, 1000, 1100, 1100))
    assert listed(repair(three_by_three, boundary=far)) == []
    assert listed(repair(three_by_three.iloc[:0], boundary=far)) == []
    assert listed(repair(frame({"a": None}), boundary=far)) == []
    assert listed(repair(three_by_three, boundary=far.iloc[:0])) == []


def test_a_narrow_part_goes_to_the_longest_border(three_by_three):
    strip = shapely.box(120, 100, 160, 101)
    spoiled = replaced(three_by_three, "e", three_by_three.geometry["e"] - strip)
    spoiled = replaced(spoiled, "g", three_by_three.geometry["g"].union(strip))
    done = repair(spoiled)
    assert listed(done)[:2] == [("b", "node", "", 0.0, 0.0), ("e", "sliver", "g", 40.0, 0.0)]
    assert ("g", "sliver", "e", 0.0, 40.0) in listed(done)
    assert done.grids.geometry["g"].equals(three_by_three.geometry["g"])


# Tiers


def test_parents_are_rebuilt_and_dedicated_grids_stay(two_tiers):
    spoiled = replaced(two_tiers, "A2", shapely.box(100, 0, 210, 100))
    done = repair(spoiled)
    base = done.grids[done.grids["kind"] == "base"]
    for level in (1, 2):
        assert shapely.coverage_is_valid(shapes(hierarchy.tier(base, level)))
    assert hierarchy.check(done.grids).empty
    assert done.grids.geometry["D"].equals_exact(spoiled.geometry["D"], 0.0)
    pd.testing.assert_frame_equal(pd.DataFrame(done.grids).drop(columns="geometry"), pd.DataFrame(spoiled).drop(columns="geometry"))
    assert listed(done)[0] == ("A2", "overlap", "B1", 0.0, 1000.0)


def test_a_clean_layer_of_tiers_comes_back_as_it_was(two_tiers):
    done = repair(two_tiers)
    assert identical(done.grids, two_tiers)
    assert (len(done.changes), len(done.left)) == (0, 0)


def test_a_parent_becomes_the_union_of_its_children(two_tiers):
    spoiled = replaced(two_tiers, "A", shapely.box(0, 0, 180, 110))
    done = repair(spoiled)
    assert listed(done) == [("A", "union", "", 0.0, 1800.0), ("A", "union", "", 2000.0, 0.0)]
    assert done.grids.geometry["A"].equals(two_tiers.geometry["A"])
    assert repair(done.grids).changes.empty


@pytest.mark.parametrize(("parent", "kind"), [(None, "orphan"), ("Z", "orphan"), ("A1", "wrong_parent")])
def test_a_grid_that_no_parent_takes_is_listed(two_tiers, parent, kind):
    two_tiers.loc["A2", "parent"] = parent
    done = repair(two_tiers)
    assert left(done) == [(kind, "A2", parent or "")]
    assert listed(done) == [("A", "union", "", 0.0, 10_000.0)]


def test_a_missing_child_is_listed_by_its_parent(two_tiers):
    done = repair(two_tiers.drop("A2"))
    assert left(done) == [("missing", "A1;B1", "A")]
    assert done.grids.geometry["A"].equals(two_tiers.geometry["A1"])


def test_a_parent_without_children_keeps_its_place_below_the_others(two_tiers):
    childless = two_tiers.drop(["B1", "B2"])
    childless = replaced(childless, "B", shapely.box(190, 0, 400, 100))
    done = repair(childless)
    assert listed(done) == [("B", "overlap", "A", 0.0, 1000.0)]
    assert done.grids.geometry["B"].equals(shapely.box(200, 0, 400, 100))
    assert done.grids.geometry["A"].equals_exact(two_tiers.geometry["A"], 0.0)


def test_a_dedicated_grid_outside_its_parent_is_listed(two_tiers):
    tie = shapely.Polygon([(90, 10), (120, 40), (120, 10), (90, 40)])
    done = repair(replaced(two_tiers, "D", tie))
    assert listed(done) == [("D", "invalid", "", 0.0, 0.0)]
    assert left(done) == [("outside_parent", "D", "A1")]
    assert done.left["area_m2"].iloc[0] == pytest.approx(250)


@pytest.mark.parametrize("fault", ["gap", "overlap", "sliver", "wrong_parent", "duplicate_code", "duplicate_polygon", "missing_grid"])
def test_faults_planted_in_a_town_are_repaired_or_left(town, fault):
    grids = MAKERS[fault](town).frames["grids"]
    done = repair(grids, boundary=town.boundary)
    base = done.grids[done.grids["kind"] == "base"]
    for level in hierarchy.levels(base):
        assert shapely.coverage_is_valid(shapes(hierarchy.tier(base, level)))
    assert shapely.is_valid(shapes(done.grids)).all()
    assert not (hierarchy.check(done.grids)["kind"] == "parent_not_union").any()
    assert {"overlap", "sliver"} & {row[0] for row in left(done)} == set()
    expected = {"wrong_parent": "wrong_parent", "duplicate_polygon": "invalid", "duplicate_code": "duplicate", "missing_grid": "missing"}
    if fault in expected:
        assert expected[fault] in {row[0] for row in left(done)}
    assert repair(done.grids, boundary=town.boundary).changes.empty


# Hostile input


@pytest.mark.parametrize("ends", [["2021-01-01", None], [pd.Timestamp("2021-01-01", tz="UTC"), pd.NaT]])
def test_rows_of_different_times_are_refused(three_by_three, ends):
    again = three_by_three.assign(valid_from=[ends[1]] * 9, valid_to=[ends[0]] * 9)
    later = three_by_three.assign(valid_from=[ends[0]] * 9, valid_to=[ends[1]] * 9)
    with pytest.raises(SchemaError, match="rows that end before others begin"):
        repair(pd.concat([again, later]))
    assert identical(repair(later).grids, three_by_three)


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4490"])
def test_nothing_in_nothing_out(three_by_three, two_tiers, crs):
    for grids in (three_by_three.iloc[:0].to_crs(crs), frame({}, crs), two_tiers.iloc[:0].to_crs(crs)):
        done = repair(grids)
        assert (len(done.grids), len(done.changes), len(done.left)) == (0, 0, 0)
        assert list(done.changes.columns) == ["grid_code", "rule", "other", "gained_m2", "lost_m2", "geometry"]


def test_grids_without_polygons_are_left(three_by_three):
    grids = frame({"a": None, "b": shapely.Polygon(), "c": None})
    done = repair(grids)
    assert identical(done.grids, grids)
    assert left(done) == [("invalid", code, "no_polygon") for code in "abc"]


def test_one_polygon_and_many_times_the_same():
    one = frame({"a": shapely.box(0, 0, 10, 10)})
    assert identical(repair(one).grids, one)
    many = frame({f"{n:03d}": shapely.box(0, 0, 10, 10) for n in range(50)})
    done = repair(many)
    assert shapely.is_empty(shapes(done.grids)).sum() == 49
    assert done.changes["other"].unique().tolist() == ["000"]


def test_calls_that_cannot_be_answered(three_by_three, two_tiers):
    with pytest.raises(SchemaError, match="gap_width_m must be a finite number"):
        repair(three_by_three, gap_width_m=-1)
    with pytest.raises(SchemaError, match="gap_width_m must be a finite number"):
        repair(three_by_three, gap_width_m=np.nan)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        repair(three_by_three.set_crs(None, allow_override=True))
    with pytest.raises(CRSError, match="grids and boundary differ"):
        repair(three_by_three, boundary=area_of(shapely.box(0, 0, 1, 1), "EPSG:4490"))
    with pytest.raises(SchemaError, match="type MultiPolygon/Polygon"):
        repair(replaced(three_by_three, "a", shapely.Point(0, 0)))
    with pytest.raises(SchemaError, match="lacks the columns parent"):
        repair(two_tiers.drop(columns="parent"))
    with np.errstate(invalid="ignore"):
        holed = shapely.Polygon([(0, 0), (100, 0), (np.nan, 50), (100, 100), (0, 100)])
    with pytest.raises(SchemaError, match=r"infinite or undefined coordinates.*first: a"):
        repair(replaced(three_by_three, "a", holed))


def test_the_input_stays_as_it_was(two_tiers):
    spoiled = replaced(two_tiers, "A2", shapely.box(100, 0, 210, 100))
    before = spoiled.copy()
    repair(spoiled, boundary=area_of(shapely.box(0, 0, 400, 100)))
    pd.testing.assert_frame_equal(pd.DataFrame(spoiled), pd.DataFrame(before))


def test_a_code_on_two_rows_and_other_names_of_the_geometry(three_by_three):
    twice = three_by_three.rename(index={"b": "a"}).rename_geometry("area")
    done = repair(twice)
    assert done.grids.active_geometry_name == "area"
    assert identical(done.grids, twice)
    assert left(done) == [("duplicate", "a", "same_code")]


def test_a_wild_ring_of_400_corners_over_a_coverage():
    grids = voronoi(6, 1)
    west, south, east, north = grids.total_bounds
    wild = np.random.default_rng(0).uniform((west, south), (east, north), (400, 2))
    done = repair(pd.concat([grids, frame({"wild": shapely.Polygon(wild)})]))
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert done.changes.query("rule == 'invalid'")["grid_code"].tolist() == ["wild"]


def test_every_rule_has_words_in_both_languages():
    from gridmap import messages

    for rule in RULES:
        assert {messages.term("rule", rule, lang) for lang in messages.LANGUAGES} & {rule} == set()


# Real layers


def test_the_councils_of_los_angeles_become_a_valid_coverage(shared_data):
    grids = gpd.read_file(shared_data / "la311" / "neighborhood_councils.geojson")
    done = repair(grids)
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert shapely.is_valid(shapes(done.grids)).all()
    assert not shapely.is_empty(shapes(done.grids)).any()
    overlaps = done.changes[done.changes["rule"] == "overlap"]
    assert (len(overlaps), overlaps["lost_m2"].sum()) == (211, pytest.approx(25_597_322.56))  # pairs that overlap: 211
    again = repair(done.grids)
    assert again.changes.empty
    assert identical(again.grids, done.grids)


def test_the_precincts_of_connecticut_become_a_valid_coverage(shared_data):
    grids = gpd.read_file(shared_data / "redistricting" / "CT_precincts.zip")
    done = repair(grids)
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert shapely.is_valid(shapes(done.grids)).all()
    assert not shapely.is_empty(shapes(done.grids)).any()
    assert done.changes.query("rule == 'overlap'")["lost_m2"].sum() == pytest.approx(11_756.10)


def test_the_counties_of_shanghai_come_back_as_they_were(shared_data):
    grids = gpd.read_file(shared_data / "gbk" / "shanghai_qx.shp", encoding="gbk")
    done = repair(grids)
    assert identical(done.grids, grids)
    assert done.changes.empty
