"""The short way for grids that fit together corner by corner: it is taken where they do, and finds what the long one finds."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import borders, coverage, hierarchy

ORIGIN = np.array([500_000.0, 4_050_000.0])  # in EPSG:4548
SIDE = 6
FAULTS = ("none", "moved corner", "shrunk", "grown", "gone", "twice", "turned", "crossed", "corner on a border", "hole", "filled", "parent")


def tiers(seed: int) -> gpd.GeoDataFrame:
    """Return 36 grids of four corners each, none straight, in 4 of the level above, in one."""
    rng = np.random.default_rng(seed)
    corners = ORIGIN + (np.indices((SIDE + 1, SIDE + 1)).reshape(2, -1).T + rng.uniform(-0.3, 0.3, ((SIDE + 1) ** 2, 2))) * 100
    corner = corners.reshape(SIDE + 1, SIDE + 1, 2)
    rows, shapes = [], []
    for i, j in np.ndindex(SIDE, SIDE):
        shapes.append(shapely.Polygon([corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]]))
        block = f"A{i // 3}{j // 3}"
        rows.append((f"{block}{i % 3}{j % 3}", 3, block))
    blocks = pd.Series(shapes).groupby([parent for _, _, parent in rows]).agg(shapely.coverage_union_all)
    rows += [(code, 2, "A") for code in blocks.index] + [("A", 1, None)]
    shapes += [*blocks, shapely.coverage_union_all(blocks.to_numpy())]
    table = pd.DataFrame(rows, columns=["grid_code", "level", "parent"]).set_index("grid_code").assign(kind="base")
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4548")


def spoiled(grids: gpd.GeoDataFrame, fault: str, row: int) -> gpd.GeoDataFrame:
    """Return the grids with one fault."""
    shapes = grids.geometry.to_numpy().copy()
    ring = shapely.get_coordinates(shapes[row])
    changed: dict[str, Callable[[], shapely.Geometry]] = {
        "moved corner": lambda: shapely.Polygon([ring[0] + 3, *ring[1:-1]]),
        "shrunk": lambda: shapes[row].buffer(-2, join_style="mitre"),
        "grown": lambda: shapes[row].buffer(2, join_style="mitre"),
        "twice": lambda: shapes[(row + 1) % SIDE**2],
        "turned": lambda: shapely.reverse(shapes[row]),
        "crossed": lambda: shapely.Polygon(ring[[0, 2, 1, 3]]),
        "corner on a border": lambda: shapely.segmentize(shapes[row], 30),
        "hole": lambda: shapely.Polygon(ring, [shapely.get_coordinates(shapes[row].centroid.buffer(5))]),
        "filled": lambda: shapely.Polygon(ring, [shapely.get_coordinates(shapes[row].centroid.buffer(5))]),
    }
    if fault == "gone":
        return grids.drop(grids.index[row])
    if fault == "parent":
        return grids.assign(parent=grids["parent"].where(grids.index != grids.index[row], "A11"))
    if fault in changed:
        hole = shapes[row].centroid.buffer(5)
        shapes[row] = changed[fault]()
        if fault == "filled":  # by a grid of its own
            grids = grids.set_geometry(shapes, crs=grids.crs)
            columns = {"level": [3], "parent": [grids["parent"].iloc[row]], "kind": ["base"]}
            island = gpd.GeoDataFrame(columns, index=pd.Index(["island"], name="grid_code"), geometry=[hole], crs=grids.crs)
            return pd.concat([grids, island])
    return grids.set_geometry(shapes, crs=grids.crs)


def same(found: gpd.GeoDataFrame, expected: gpd.GeoDataFrame) -> None:
    """Hold two tables of findings against each other; a place may begin at another corner."""
    columns = ["kind", "grid_codes", "note"]
    pd.testing.assert_frame_equal(found[columns], expected[columns])
    np.testing.assert_allclose(found["area_m2"].astype(float), expected["area_m2"].astype(float), atol=1e-5)
    shapes, others = (shapely.make_valid(table.geometry.to_numpy(), method="structure") for table in (found, expected))
    apart = shapely.area(shapely.symmetric_difference(shapes, others))
    assert np.nanmax(apart, initial=0) < 1e-5


def both_ways(call: Callable[[], object]) -> tuple[object, object]:
    """Return what a call returns by the short way, and by overlays alone."""
    short = call()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(borders, "union", lambda _: None)
        patch.setattr(hierarchy, "_filled", lambda polygons, _: np.zeros(len(polygons), dtype=bool))
        return short, call()


@given(st.integers(0, 10_000), st.sampled_from(FAULTS), st.sampled_from(FAULTS), st.data())
@settings(max_examples=40, deadline=None)
def test_the_short_way_finds_what_the_long_one_finds(seed, first, second, data):
    grids = tiers(seed)
    boundary = gpd.GeoDataFrame(geometry=[grids.geometry["A"].buffer(data.draw(st.sampled_from([0, -20, 20])))], crs=grids.crs)
    for fault in (first, second):
        grids = spoiled(grids, fault, data.draw(st.integers(0, SIDE**2 - 2)))
    grids = grids.to_crs(data.draw(st.sampled_from(["EPSG:4548", "EPSG:4490"])))
    boundary = data.draw(st.sampled_from([None, boundary.to_crs(grids.crs)]))
    points = np.random.default_rng(seed).uniform(ORIGIN - 50, ORIGIN + 650, (200, 2))
    events = gpd.GeoDataFrame(geometry=shapely.points(points), crs="EPSG:4548").to_crs(grids.crs)
    short, long = both_ways(lambda: coverage.inspect(grids, boundary=boundary, events=events))
    same(short.findings, long.findings)
    pd.testing.assert_frame_equal(short.shares, long.shares, rtol=1e-9, atol=1e-5)
    same(short.findings, coverage.findings(grids, boundary=boundary))
    pd.testing.assert_frame_equal(short.shares, coverage.shares(grids, boundary=boundary, events=events))


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_taken_where_all_fit_and_nowhere_else(fault):
    grids = spoiled(tiers(3), fault, 8)
    lowest = grids.geometry[grids["level"] == 3].to_numpy()
    assert (borders.union(lowest) is not None) == (shapely.is_valid(lowest).all() and shapely.coverage_is_valid(lowest))


@given(st.integers(0, 10_000), st.integers(1, 36))
@settings(max_examples=25, deadline=None)
def test_borders_cancel_between_any_grids_that_fit(seed, count):
    shapes = np.random.default_rng(seed).permutation(tiers(seed).geometry.to_numpy()[: SIDE**2])[:count]
    whole = shapely.union_all(shapes)
    own = borders.fingerprints(shapes)
    assert own.sum(dtype=np.uint64) == borders.fingerprints(np.array([shapely.coverage_union_all(shapes)]))[0]
    assert borders.union(shapes).equals(whole)
    assert len(set(own)) == count


def test_a_border_has_one_number_however_it_is_written():
    ring, hole = [(0, 0), (9, 0), (9, 9), (0, 9)], [(3, 3), (3, 6), (6, 6), (6, 3)]
    written = [
        shapely.Polygon(ring, [hole]),
        shapely.Polygon(ring[::-1], [hole]),
        shapely.Polygon(ring[2:] + ring[:2], [hole[::-1]]),
        shapely.MultiPolygon([shapely.Polygon([(-0.0, 0), *ring[1:]], [hole])]),
        shapely.force_3d(shapely.Polygon(ring, [hole]), 5),
    ]
    other = [shapely.Polygon(ring), shapely.Polygon(hole), shapely.Polygon(ring, [hole[:3]])]
    numbers = borders.fingerprints(np.array(written + other, dtype=object))
    assert len(set(numbers[: len(written)])) == 1
    assert len(set(numbers)) == 1 + len(other)


def test_of_nothing_the_number_is_zero():
    assert borders.fingerprints(np.array([None, shapely.Polygon()], dtype=object)).tolist() == [0, 0]
    assert borders.fingerprints(np.empty(0, dtype=object)).shape == (0,)


def test_long_rings_are_worked_on_in_blocks(monkeypatch):
    shapes = tiers(1).geometry.to_numpy()
    expected = borders.fingerprints(shapes)
    monkeypatch.setattr(borders, "_BLOCK", 7)
    assert borders.fingerprints(shapes).tolist() == expected.tolist()


def test_corners_that_touch_a_border_between_its_corners_do_not_fit():
    """Two grids enclose a pocket and touch where one has no corner: their union's ring would cross itself."""
    left = shapely.Polygon([(0, 0), (10, 0), (10, 2), (4, 2), (4, 6), (10, 6), (10, 10), (0, 10)])
    right = shapely.Polygon([(10, 2), (12, 2), (12, 8), (10, 6)])
    assert borders.union(np.array([left, right])) is None or borders.union(np.array([left, right])).equals(left.union(right))


def test_each_step_is_named_as_it_begins():
    steps: list[str] = []
    found = coverage.inspect(tiers(0), on_step=steps.append)
    assert steps == list(coverage.STEPS)
    assert found.findings.empty
    assert found.shares.loc["area_m2", "share_one"] == 1
