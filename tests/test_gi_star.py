"""Gi*: the textbook formula, other programs' figures, permutations, planted hot spots."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import hypergeom, norm

from gridmap import adjacency, hotspot
from gridmap.errors import SchemaError
from gridmap.hotspot.permutations import draw_others

REFERENCE = json.loads((Path(__file__).parent / "reference" / "gi_star_nc_sids.json").read_text(encoding="utf-8"))


def lattice(side: int) -> gpd.GeoDataFrame:
    shapes = [shapely.box(n % side, n // side, n % side + 1, n // side + 1) for n in range(side**2)]
    index = pd.Index([f"{n:04d}" for n in range(side**2)], name="grid_code")
    return gpd.GeoDataFrame(index=index, geometry=shapely.transform(shapes, lambda xy: xy * 100), crs="EPSG:4548")


def textbook_z(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return z as Ord & Getis (1995) print it; `w` dense, with the grids themselves."""
    n, mean = len(x), x.mean()
    s = np.sqrt((x**2).mean() - mean**2)
    return np.array([(w[i] @ x - mean * w[i].sum()) / (s * np.sqrt((n * (w[i] ** 2).sum() - w[i].sum() ** 2) / (n - 1))) for i in range(n)])


@pytest.fixture
def counties() -> tuple[pd.Series, gpd.GeoDataFrame, adjacency.Weights]:
    codes = pd.Index([f"{n:03d}" for n in range(len(REFERENCE["y"]))])
    row = np.repeat(np.arange(len(codes)), [len(near) for near in REFERENCE["neighbours"]])
    column = np.concatenate(REFERENCE["neighbours"]).astype(int)
    weights = adjacency.Weights(codes, csr_array((np.ones(len(row)), (row, column)), shape=(len(codes), len(codes))))
    return pd.Series(REFERENCE["y"], index=codes), gpd.GeoDataFrame(index=codes, geometry=[None] * len(codes)), weights


@given(st.lists(st.integers(0, 50), min_size=25, max_size=25).filter(lambda x: len(set(x)) > 1))
@settings(max_examples=30, deadline=None)
def test_z_is_the_textbook_formula(values):
    grids = lattice(5)
    counts = pd.Series(values, index=grids.index)
    dense = adjacency.queen(grids).matrix.toarray() + np.eye(25)
    found = hotspot.gi_star(counts, grids, permutations=0)
    assert found["z"].to_numpy() == pytest.approx(textbook_z(counts.to_numpy(float), dense), abs=1e-9)
    assert found["p"].to_numpy() == pytest.approx(2 * norm.sf(np.abs(found["z"])), abs=1e-12)
    assert found["p_sim"].isna().all()


def test_z_agrees_with_spdep(counties):
    counts, grids, weights = counties
    found = hotspot.gi_star(counts, grids, weights=weights, permutations=0)
    assert found["z"].to_numpy() == pytest.approx(REFERENCE["z"], abs=1e-10)


@pytest.mark.filterwarnings("ignore")  # of the other libraries
def test_z_and_p_sim_agree_with_esda(counties):
    graph, esda = pytest.importorskip("libpysal.graph"), pytest.importorskip("esda")
    counts, grids, weights = counties
    left, right = weights.matrix.nonzero()
    theirs = graph.Graph.from_arrays(weights.index[left], weights.index[right], np.ones(len(left)))
    found = hotspot.gi_star(counts, grids, weights=theirs, permutations=9999)
    local = esda.G_Local(counts.to_numpy(), theirs, star=True, transform="B", permutations=9999, seed=1, n_jobs=1)
    assert found["z"].to_numpy() == pytest.approx(local.Zs, abs=1e-9)
    # Twice their one-tailed p is the two-sided one; both vary by chance.
    assert np.abs(found["p_sim"] - np.minimum(1, 2 * local.p_sim)).max() < 0.05


def test_scaling_rows_of_weights_changes_nothing(counties):
    counts, grids, weights = counties
    rows = np.diff(weights.matrix.indptr)
    standardised = adjacency.Weights(weights.index, csr_array(weights.matrix.multiply(1 / rows[:, None])))
    one = hotspot.gi_star(counts, grids, weights=weights, permutations=99)
    other = hotspot.gi_star(counts, grids, weights=standardised, permutations=99)
    pd.testing.assert_frame_equal(one, other)


def test_graph_with_self_links_is_the_same(three_by_three):
    graph = pytest.importorskip("libpysal.graph")
    counts = pd.Series(range(9), index=three_by_three.index)
    theirs = graph.Graph.build_contiguity(three_by_three, rook=False)
    plain = hotspot.gi_star(counts, three_by_three, permutations=9)
    for given_graph in (theirs, theirs.assign_self_weight(), theirs.assign_self_weight().transform("R")):
        pd.testing.assert_frame_equal(hotspot.gi_star(counts, three_by_three, weights=given_graph, permutations=9), plain)


def test_columns_classes_and_q():
    grids = lattice(10)
    rng = np.random.default_rng(1)
    counts = pd.Series(rng.poisson(5, 100), index=grids.index)
    hot = [f"{row * 10 + column:04d}" for row in (6, 7, 8) for column in (6, 7, 8)]
    cold = [f"{row * 10 + column:04d}" for row in (0, 1, 2, 3) for column in (0, 1, 2, 3)]
    counts[hot], counts[cold] = 25, 0
    found = hotspot.gi_star(counts, grids)
    assert list(found.columns) == ["z", "p", "p_sim", "q", "class"]
    assert found.index.equals(counts.index)
    assert found.loc["0077", "class"] == "hot_99"
    assert found.loc["0011", "class"].startswith("cold")
    assert set(found["class"]) <= set(hotspot.CLASSES)
    by_hand = np.minimum.accumulate((found["p"].sort_values() * 100 / np.arange(1, 101))[::-1])[::-1]
    assert found["q"].reindex(by_hand.index).to_numpy() == pytest.approx(np.minimum(by_hand, 1))
    limit = {"99": (0, 0.01), "95": (0.01, 0.05), "90": (0.05, 0.10), "none": (0.10, 1.01)}
    for name, group in found.groupby("class"):
        low, high = limit[name.split("_")[-1]]
        assert group["q"].between(low, high, inclusive="left").all()
        assert name == "none" or (group["z"] > 0).all() == name.startswith("hot")


@given(st.permutations(range(16)), st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_order_of_rows_does_not_matter(order, seed):
    grids = lattice(4)
    counts = pd.Series(np.random.default_rng(0).poisson(3, 16), index=grids.index)
    straight = hotspot.gi_star(counts, grids, permutations=49, seed=seed)
    turned = hotspot.gi_star(counts.iloc[list(order)], grids.iloc[list(order)[::-1]], permutations=49, seed=seed)
    assert turned.index.equals(counts.index[list(order)])
    pd.testing.assert_frame_equal(turned.reindex(straight.index), straight)


def test_seed_decides_the_permutations():
    grids = lattice(6)
    counts = pd.Series(np.random.default_rng(0).poisson(3, 36), index=grids.index)
    one, same, other = (hotspot.gi_star(counts, grids, permutations=99, seed=seed)["p_sim"] for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)


def test_p_sim_is_exact_for_zeros_and_ones():
    # One event in every marked grid: the sum over k drawn neighbours is hypergeometric.
    grids = lattice(8)
    marked = np.random.default_rng(3).random(64) < 0.3
    counts = pd.Series(marked.astype(int), index=grids.index)
    found = hotspot.gi_star(counts, grids, permutations=19_999)["p_sim"]
    matrix = adjacency.queen(grids).matrix
    for own in range(64):
        law = hypergeom(63, marked.sum() - marked[own], matrix[[own]].nnz)
        seen = marked[matrix[[own]].nonzero()[1]].sum()
        exact = min(1.0, 2 * min(law.sf(seen - 1), law.cdf(seen)))
        assert found.iloc[own] == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("k", [2, 3, 5])  # few out of many, and whole permutations
def test_every_ordered_draw_is_equally_likely(k):
    drawn = draw_others(np.arange(6.0), 4, k, 60_000, np.random.default_rng(5))
    assert drawn.shape == (60_000, k)
    assert 4 not in drawn
    orders, seen = np.unique(drawn, axis=0, return_counts=True)
    assert all(len(set(order)) == k for order in orders)
    expected = 60_000 / np.prod(np.arange(5, 5 - k, -1))
    assert len(orders) == np.prod(np.arange(5, 5 - k, -1))
    assert np.abs(seen - expected).max() < 6 * np.sqrt(expected)


def test_null_rejects_no_more_than_its_level():
    # Counts without any pattern: p_sim <= .05 in at most about 5 % of grids (ties make it fewer).
    grids = lattice(30)
    counts = pd.Series(np.random.default_rng(11).normal(size=900), index=grids.index)
    found = hotspot.gi_star(counts, grids, permutations=199)
    assert (found["p_sim"] <= 0.05).mean() == pytest.approx(0.05, abs=0.03)
    assert (found["class"] == "none").all()


@pytest.mark.parametrize("values", [[0] * 9, [0.1] * 9, [7.3e5] * 9])
def test_equal_counts_have_no_hot_spot(three_by_three, values):
    found = hotspot.gi_star(pd.Series(values, index=three_by_three.index), three_by_three)
    assert (found["z"] == 0).all()
    assert (found[["p", "p_sim", "q"]] == 1).all(axis=None)
    assert (found["class"] == "none").all()


def test_grid_that_touches_all_others_cannot_stand_out(three_by_three):
    counts = pd.Series([0, 0, 0, 0, 90, 0, 0, 0, 1], index=three_by_three.index)
    centre = hotspot.gi_star(counts, three_by_three).loc["e"]
    assert (centre["z"], centre["p"], centre["p_sim"]) == (0, 1, 1)


def test_islands_are_their_own_neighbourhood(three_by_three):
    alone = adjacency.Weights(three_by_three.index, csr_array((9, 9)))
    counts = pd.Series([0, 1, 2, 3, 4, 5, 6, 7, 80], index=three_by_three.index)
    found = hotspot.gi_star(counts, three_by_three, weights=alone)
    assert found["z"].to_numpy() == pytest.approx(textbook_z(counts.to_numpy(float), np.eye(9)))
    assert (found["p_sim"] == 1).all()  # nothing to draw


def test_none_and_one(three_by_three):
    empty = three_by_three.iloc[:0]
    assert hotspot.gi_star(pd.Series(dtype=float, index=empty.index), empty).shape == (0, 5)
    single = three_by_three.loc[["a"]]
    assert hotspot.gi_star(pd.Series([3], index=single.index), single).loc["a", "class"] == "none"


def test_calls_that_cannot_be_answered(three_by_three):
    counts = pd.Series(1.0, index=three_by_three.index)
    with pytest.raises(SchemaError, match="counts and the grids have different identifiers; 1 rows, first: i"):
        hotspot.gi_star(counts.drop("i"), three_by_three)
    with pytest.raises(SchemaError, match="missing or infinite values; 2 rows, first: a, b"):
        hotspot.gi_star(counts.mask(counts.index == "a").where(counts.index != "b", np.inf), three_by_three)
    with pytest.raises(SchemaError, match="permutations must not be negative; given: -1"):
        hotspot.gi_star(counts, three_by_three, permutations=-1)
    with pytest.raises(SchemaError, match="weights and the grids have different identifiers"):
        hotspot.gi_star(counts, three_by_three, weights=adjacency.queen(three_by_three.drop("i")))
