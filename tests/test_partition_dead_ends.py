"""Units that one other unit leads to alone: told apart as networkx has them, and joined before a search."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import partition
from gridmap.errors import InfeasibleError
from gridmap.partition import dead_ends
from gridmap.partition import network as networks


def network_of(pairs, households):
    index = pd.Index([f"u{number:02d}" for number in range(len(households))], name="unit_id")
    units = pd.DataFrame({"households": households}, index=index)
    edges = pd.DataFrame({"left": [index[one] for one, _ in pairs], "right": [index[other] for _, other in pairs], "length_m": 1.0})
    return units, edges


@st.composite
def graphs(draw):
    n = draw(st.integers(3, 14))
    tree = [(draw(st.integers(0, node - 1)), node) for node in range(1, n)]
    more = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=6))
    pairs = sorted({tuple(sorted(pair)) for pair in [*tree, *more] if pair[0] != pair[1]})
    return pairs, draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), draw(st.integers(1, 30))


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_dead_ends_are_the_parts_that_a_unit_leaves(case):
    pairs, households, low = case
    found = dead_ends.joined(networks.of(*network_of(pairs, households)), np.array([float(low)]))
    graph = nx.Graph(pairs)
    together = nx.utils.UnionFind(range(len(households)))
    for cut in graph:
        for part in nx.connected_components(graph.subgraph(set(graph) - {cut})):
            if sum(households[node] for node in part) < low:
                together.union(cut, *part)
    expected = pd.factorize(pd.Series([together[node] for node in range(len(households))]))[0]
    assert pd.factorize(pd.Series(found))[0].tolist() == expected.tolist()


def test_a_pocket_goes_with_the_unit_around_it():
    pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4)]  # 3 and 4 hang at 2
    units, edges = network_of(pairs, [9, 9, 7, 1, 1])
    found = partition.build(units, edges=edges, grids=3, tolerance=0.05)
    assert found.groupby(found).size().tolist() == [1, 1, 3]


def test_a_pocket_that_fits_nowhere_is_told():
    pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4)]
    units, edges = network_of(pairs, [9, 9, 9, 2, 1])
    with pytest.raises(InfeasibleError) as refused:
        partition.build(units, edges=edges, households=(8, 11))
    assert refused.value.key == "dead_end_above_cap"
    assert list(refused.value.rows) == ["u02", "u03", "u04"]


def test_a_pocket_with_two_seeds_is_told():
    pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4)]
    units, edges = network_of(pairs, [9, 9, 7, 1, 1])
    with pytest.raises(InfeasibleError) as refused:
        partition.build(units, edges=edges, grids=3, goal=partition.Goal(seeds={"u02": "a", "u04": "b"}))
    assert refused.value.key == "dead_end_seeds"


def test_a_barrier_makes_a_dead_end():
    pairs = [(0, 1), (1, 2), (2, 3), (0, 3)]  # a ring, which a river cuts
    units, edges = network_of(pairs, [9, 9, 8, 1])
    river = (edges["left"] == "u00") & (edges["right"] == "u03")
    found = partition.build(units, edges=edges.assign(price=np.where(river, np.inf, 0.0)), grids=3, tolerance=0.05)
    assert found["u02"] == found["u03"]
