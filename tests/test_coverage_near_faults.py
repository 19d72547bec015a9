"""The repair looks at edges first and at polygons near faults alone: it finds what a look at the whole layer finds."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_coverage import SEEDS, frame, voronoi
from test_coverage_repair import FAULTS, identical, repair, shapes, soup, spoil, union_m2

from gridmap import borders
from gridmap.coverage.faces import _breaking

KINDS = st.sampled_from(["random", "lattice", "turned", "trembling", "spoiled", "clean"])


def layer(kind: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if kind == "clean":
        made = shapes(voronoi(4, seed))
    elif kind == "spoiled":
        made = shapes(spoil(voronoi(4, seed), ["corner", "duplicate", "hole", "shift"], rng)[0])
    else:
        made = soup(kind, rng)
    return shapely.normalize(shapely.make_valid(made, method="structure", keep_collapsed=False))


@given(KINDS, SEEDS)
@settings(max_examples=30, deadline=None)
def test_open_edges_are_those_without_just_one_opposite(kind, seed):
    polygons = layer(kind, seed)
    drawn = []
    for position, polygon in enumerate(polygons):
        for part in shapely.get_parts(polygon):
            for ring in (part.exterior, *part.interiors):
                corners = list(ring.coords)
                drawn += [(position, *edge) for edge in pairwise(corners)]
    times = Counter((start, end) for _, start, end in drawn)
    expected = [edge for edge in drawn if edge[1] == edge[2] or (times[edge[1], edge[2]], times[edge[2], edge[1]]) != (1, 1)]
    edges, owner = borders.open_edges(polygons)
    found = [(position, *map(tuple, ends)) for position, ends in zip(owner.tolist(), edges.tolist(), strict=True)]
    assert found == expected


def test_no_polygons_have_no_open_edges():
    for polygons in (np.empty(0, dtype=object), np.array([None, shapely.Polygon()])):
        edges, owner = borders.open_edges(polygons)
        assert (edges.shape, len(owner)) == ((0, 2, 2), 0)


@given(KINDS, SEEDS)
@settings(max_examples=30, deadline=None)
def test_polygons_that_break_a_coverage_are_those_that_geos_finds(kind, seed):
    polygons = layer(kind, seed)
    edges = shapely.coverage_invalid_edges(polygons)
    expected = np.flatnonzero(~(shapely.is_missing(edges) | shapely.is_empty(edges)))
    found = _breaking(polygons, np.unique(borders.open_edges(polygons)[1]))
    np.testing.assert_array_equal(found, expected)


@given(SEEDS, FAULTS)
@settings(max_examples=5, deadline=None)
def test_a_fault_far_away_changes_nothing_here(seed, faults):
    near, _, _ = spoil(voronoi(4, seed), faults, np.random.default_rng(seed))
    far, _, _ = spoil(voronoi(3, seed + 1), faults, np.random.default_rng(seed + 1))
    far = far.set_geometry(far.geometry.translate(1e4, 0)).set_axis([f"~{code}" for code in far.index])
    together = repair(pd.concat([near[["geometry"]], far[["geometry"]]]))
    assert identical(together.grids.loc[near.index], repair(near).grids)


@pytest.mark.parametrize("moved", [(0.0, 0.0), (37.0, 21.0), (400.0, 0.0)])
def test_a_town_over_another_town_is_taken_apart_all_over(moved):
    """Inside of either, all borders are shared corner by corner: only the outer ones tell."""
    one, other = voronoi(7, 1), voronoi(6, 2)
    other = other.set_geometry(other.geometry.translate(*moved)).set_axis([f"z{code}" for code in other.index])
    grids = pd.concat([one[["geometry"]], other[["geometry"]]])
    done = repair(grids)
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert shapely.area(shapes(done.grids)).sum() == pytest.approx(union_m2(done.grids))
    assert union_m2(done.grids) == pytest.approx(union_m2(grids) + done.changes.query("rule == 'gap'")["gained_m2"].sum())


def test_a_hair_beside_a_fault_is_closed_on_both_sides():
    """A corner that becomes one with another near it belongs to a third grid, too, which nothing else is wrong with."""
    hair = 4e-7
    grids = frame({
        "a": shapely.box(0, 0, 10, 10),
        "b": shapely.Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 5 + hair), (10, 5)]),
        "c": shapely.Polygon([(0, 10), (10, 10), (20, 10), (20, 20), (0, 20)]),
        "d": shapely.box(-5, -5, 2, 2),
    })  # fmt: skip
    done = repair(grids)
    assert shapely.coverage_is_valid(shapes(done.grids))
    assert repair(done.grids).changes.empty
