"""Few units: the best partition against every assignment there is, against the search, and proofs that there is none."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from partition_lattice import drawn, lattice, lattice_edges

from gridmap import partition
from gridmap.errors import InfeasibleError
from gridmap.partition import balance as balances
from gridmap.partition import network as networks
from gridmap.partition import problem as problems
from gridmap.partition import search, small, solve
from gridmap.partition.compiled import state
from gridmap.partition.goal import Goal
from gridmap.partition.problem import Problem
from gridmap.partition.solve import STABLE, Piece


def piece_of(units: gpd.GeoDataFrame, edges: pd.DataFrame, k: int, tolerance: float, **given: np.ndarray | None) -> Piece:
    network = networks.of(units, edges, ("households",))
    balance = balances.by_number(network.weights, Goal(), tolerance).fixed(k)
    return Piece(network, balance, k, **{"core": np.full(network.n, -1), "old": None, **given})


def cost_of(problem: Problem, grid: np.ndarray, old: np.ndarray | None = None, stable: float = 0.0) -> tuple[float, float]:
    """Return what is outside of the limits and what a partition costs: as the search counts, with evenness, moves under the best names."""
    found = state.partition(problem.ground, grid, problem.k)
    cost = search.cost(problem, found, 0.0) + float((((found.load - 1) ** 2) @ problem.asked.even).sum())
    if old is not None:
        hold = np.where(old >= 0, problem.ground.units["hold"], 0.0)
        names = range(-problem.k, int(old.max()) + 1)  # a grid may take no name
        cost += stable * min(hold[np.array(each)[grid] != old].sum() for each in itertools.permutations(names, problem.k))
    return round(state.missed(problem.asked, found.load), 9), cost


def every_way(problem: Problem) -> list[np.ndarray]:
    """Return all partitions into as many connected grids, from all vectors of labels."""
    ways = []
    for labels in itertools.product(range(problem.k), repeat=problem.n):
        grid = np.array(labels)
        first = [labels.index(g) if g in labels else -1 for g in range(problem.k)]
        if -1 not in first and first == sorted(first):
            parts = networks.pieces(problem.network, grid)
            if parts.max() + 1 == problem.k:
                ways.append(grid)
    return ways


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_best_of_all_vectors_of_labels_is_found(data):
    """Lattices of 6 to 8 squares, some borders closed, with seeds or an old plan or neither."""
    columns, rows = data.draw(st.sampled_from([(3, 2), (7, 1), (4, 2)]))
    n, k = columns * rows, data.draw(st.integers(2, 3))
    units = lattice(columns, rows, households=data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n).filter(any)))
    edges = lattice_edges(columns, rows)
    edges = edges.assign(price=data.draw(st.lists(st.sampled_from([0.0, 0.0, 0.5, np.inf]), min_size=len(edges), max_size=len(edges))))
    old = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))) if data.draw(st.booleans()) else None
    core = np.array(data.draw(st.lists(st.sampled_from([-1, -1, -1, 0, 1]), min_size=n, max_size=n)))
    stability = data.draw(st.sampled_from([0.0, 0.05, 1.0])) if old is not None and (old >= 0).any() else 0.0
    piece = piece_of(units, edges, k, data.draw(st.sampled_from([0.1, 0.5, 0.9])), core=core, old=old)
    problem = problems.of(piece.network, piece.balance, k, Goal())
    moves = (old, STABLE * stability) if stability else (None, 0.0)
    ways = []
    for grid in every_way(problem):
        names = {(int(c), int(g)) for c, g in zip(core, grid, strict=True) if c >= 0}
        if len({c for c, _ in names}) == len(names) == len({g for _, g in names}):
            missed, cost = cost_of(problem, grid, *moves)
            ways += [cost] if missed == 0 else []
    if not ways:
        with pytest.raises(InfeasibleError, match="no answer"):
            small.best(piece, Goal(), stability)
        return
    missed, cost = cost_of(problem, small.best(piece, Goal(), stability), *moves)
    assert missed == 0
    assert cost == pytest.approx(min(ways), abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_search_is_never_better(seed):
    """12 squares with uneven households: what the search anneals costs as much or more."""
    chance = np.random.default_rng(seed)
    piece = piece_of(lattice(4, 3, households=chance.integers(1, 30, 12)), lattice_edges(4, 3), 3, 0.3)
    problem = problems.of(piece.network, piece.balance, 3, Goal())
    annealed = solve.solved(piece, Goal(), 0.0, seed, 1.0, lambda share, best: None)
    assert cost_of(problem, small.best(piece, Goal(), 0.0)) <= cost_of(problem, annealed)


def test_what_has_too_many_ways_is_left_to_the_search():
    assert small.best(piece_of(lattice(5, 3, households=1), lattice_edges(5, 3), 3, 0.5), Goal(), 0.0) is None  # 15 units
    wide = pd.DataFrame(list(itertools.combinations(lattice(7, 2, households=1).index, 2)), columns=["left", "right"]).assign(length_m=1.0)
    assert small.best(piece_of(lattice(7, 2, households=1), wide, 6, 0.99), Goal(), 0.0) is None  # every set hangs together


def test_a_ring_whose_pairs_do_not_add_up_has_no_answer():
    """Each five is in a pair of ten, but three in a row are not in pairs all at once."""
    units = lattice(3, 3, households=[10, 5, 5, 5, 0, 5, 5, 5, 10]).drop(index="u5")
    edges = lattice_edges(3, 3)
    edges = edges[~edges[["left", "right"]].eq("u5").any(axis=1)]
    with pytest.raises(InfeasibleError, match=r"make no 5 connected grids.*8 rows"):
        partition.build(units, edges=edges, grids=5)


def test_another_number_of_grids_is_tried_where_the_first_has_no_answer():
    """Heavy units in a row: 100 households in a band of 20 to 50 are three grids by its middle, but only two can be made."""
    units = lattice(4, 1, households=[1, 49, 49, 1])
    found = partition.build(units, edges=lattice_edges(4, 1), households=(20, 50))
    assert found.tolist() == drawn(units, "01 01 02 02").tolist()


def test_all_parents_that_make_no_grids_are_named():
    """Rings as above in two parents of three, side by side: both are told, with what was found for the third."""
    units = lattice(9, 3, households=[10, 5, 5, 10, 5, 5, 5, 5, 5, 5, 0, 5, 5, 0, 5, 5, 10, 5, 5, 5, 10, 5, 5, 10, 5, 5, 5])
    parent = pd.Series([f"P{n % 9 // 3}" for n in range(27)], index=units.index)
    edges = lattice_edges(9, 3)
    middles = ["u11", "u14"]
    edges = edges[~edges[["left", "right"]].isin(middles).any(axis=1)]
    units, parent = units.drop(index=middles), parent.drop(middles)
    with pytest.raises(InfeasibleError, match=r"2 of 3 upper grids cannot be divided.*P0, P1") as caught:
        partition.build(units, edges=edges, households=(9.5, 10.5), within=parent)
    assert caught.value.best.notna().sum() == 9


def test_seeds_are_named_where_they_alone_are_in_the_way():
    row = lattice(5, 1, households=1)
    with pytest.raises(InfeasibleError, match=r"without these seeds there are 2 grids.*3 rows, first: u1, u3, u5"):
        partition.build(row, edges=lattice_edges(5, 1), grids=2, goal=Goal(seeds={"u1": "x", "u3": "y", "u5": "x"}), tolerance=0.9)


def test_the_order_of_rows_makes_no_difference():
    units, edges = lattice(4, 3, households=range(12)), lattice_edges(4, 3)
    one = partition.build(units, edges=edges, grids=3, tolerance=0.3)
    other = partition.build(units.sample(frac=1, random_state=1), edges=edges.sample(frac=1, random_state=2), grids=3, tolerance=0.3)
    pd.testing.assert_series_equal(one, other.reindex(one.index))
