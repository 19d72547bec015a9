"""Advice: what every row promises is what the score says once it has been applied."""

import geopandas as gpd
import networkx
import numpy as np
import pandas as pd
import pytest
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from partition_lattice import drawn, lattice, lattice_edges

from gridmap import partition
from gridmap.errors import SchemaError
from gridmap.partition import Goal, measures
from gridmap.partition.advise import COLUMNS

EDGES = lattice_edges(4, 3)


@pytest.fixture
def town() -> gpd.GeoDataFrame:
    """Twelve squares of 100 m in three rows of four, 100 households in each."""
    return lattice(4, 3, households=100)


def only(advice: pd.DataFrame, action: str) -> pd.Series:
    return advice[advice["action"] == action].iloc[0]


def lost(score: partition.Score, count: int) -> float:
    """Return the points of a plan: those of band and contiguity added up, of the others the mean times a number of grids."""
    counted = ["band", "contiguity"]
    return score.points[counted].to_numpy().sum() + count * score.points.drop(columns=counted).sum(axis=1).mean()


def test_a_block_too_many_goes_to_the_neighbour(town: gpd.GeoDataFrame) -> None:
    advice = partition.advise(town.assign(households=51), drawn(town, "a a a a", "a a a a", "a a b b"), edges=EDGES)
    assert list(advice.columns) == list(COLUMNS)
    best = advice[advice["units"].map(len) == 1].iloc[0]  # a has 510, 10 too many
    assert best[["action", "grid_code", "other", "units", "breach", "principle"]].tolist() == ["transfer", "a", "b", ("u02",), "a", "band"]
    assert best[["before", "after", "households_moved"]].tolist() == pytest.approx([1.025, 0, 51])  # of at most 500, mid 400
    assert best["gain_per_household"] == pytest.approx(best["gain"] / 51)


def test_as_many_units_go_as_are_too_many() -> None:
    units, edges = lattice(8, 4, households=30), lattice_edges(8, 4)
    assignment = drawn(units, *["a a a a a b b b"] * 4)  # 600 and 360
    best = partition.advise(units, assignment, edges=edges).iloc[0]
    assert best[["action", "grid_code", "other", "principle", "after"]].tolist() == ["transfer", "a", "b", "band", 0]
    assert best["households_moved"] == 120
    assert partition.score(units, partition.apply(assignment, best), edges=edges).grids["compactness"].min() > 0.7


def test_what_would_be_cut_off_goes_along(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "b b b b", "b b b b", "a a a b")
    advice = partition.advise(town, assignment, edges=EDGES, limit=100)
    moved = advice[(advice["action"] == "transfer") & (advice["grid_code"] == "b")]["units"]
    assert ("u04",) in set(moved)
    assert all(
        partition.score(town, partition.apply(assignment, row), edges=EDGES).grids["parts"].max() == 1 for _, row in advice.iterrows()
    )


def test_pieces_that_lie_apart_come_home(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "a b b a", "a b b b", "a a a b")
    best = partition.advise(town.assign(band_low=0, band_high=1000), assignment, edges=EDGES).iloc[0]
    assert best[["action", "grid_code", "other", "units", "principle"]].tolist() == ["transfer", "a", "b", ("u12",), "contiguity"]
    assert best[["before", "after"]].tolist() == [1, 0]
    mended = partition.apply(assignment, best)
    assert mended.tolist() == drawn(town, "a b b b", "a b b b", "a a a b").tolist()
    assert assignment["u12"] == "a"


def test_small_grids_are_merged_and_large_ones_split(town: gpd.GeoDataFrame) -> None:
    small = drawn(town, "a a b b", "c c c d", "c c d d")
    assert only(partition.advise(town, small, edges=EDGES), "merge")[["grid_code", "other", "households_moved"]].tolist() == ["b", "a", 200]
    large = drawn(town, "01 01 01 01", "01 01 01 01", "02 02 02 02")
    row = only(partition.advise(town, large, edges=EDGES), "split")
    assert row["other"] == "03"
    assert row["households_moved"] == 300  # the least that is a grid
    assert partition.score(town, partition.apply(large, row), edges=EDGES).grids["in_band"].all()


def test_compounds_are_never_cut(town: gpd.GeoDataFrame) -> None:
    town["compound"] = None
    town.loc[["u02", "u03", "u06"], "compound"] = "东苑小区"
    town.loc[["u09", "u10", "u11", "u12"], "compound"] = "长街小区"
    town["households"] = [30, 100, 100, 150, 40, 100, 60, 60, 200, 200, 200, 200]
    assignment = drawn(town, "d d d c", "b a c c", "b a a c")
    advice = partition.advise(town, assignment, edges=EDGES, limit=500)
    assert len(advice)
    together = {"u02", "u03", "u06"}
    for units in advice["units"]:
        assert together.isdisjoint(units) or together <= set(units)
    # A compound of more than a grid's households may be divided.
    assert any(0 < len({"u09", "u10", "u11"} & set(units)) < 3 for units in advice["units"])


def test_locks_and_parents_hold(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "a a b b", "a a b c", "a a b c")
    free = partition.advise(town, assignment, edges=EDGES, limit=100)
    assert {"a", "b"} <= set(free["grid_code"])
    locked = partition.advise(town, assignment, edges=EDGES, limit=100, goal=Goal(locks=["a"]))
    assert len(locked)
    assert "a" not in {*locked["grid_code"], *locked["other"]}
    parents = assignment.map({"a": "P", "b": "Q", "c": "Q"})
    within = partition.advise(town, assignment, edges=EDGES, limit=100, within=parents)
    crossing = within[within["action"] != "split"]
    assert len(crossing)
    assert not (crossing["grid_code"].eq("a") | crossing["other"].eq("a")).any()


def test_a_new_grid_has_the_next_code_of_its_parent(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "0101 0101 0201 0202", "0101 0101 0201 0202", "0101 0101 0201 0202")
    within = assignment.str[:2]
    assert only(partition.advise(town, assignment, edges=EDGES, within=within), "split")["other"] == "0102"
    assert only(partition.advise(town, assignment, edges=EDGES), "split")["other"] == "0203"
    lettered = drawn(town, "a a b 01", "a a b 01", "a a b 01")
    assert only(partition.advise(town, lettered.replace("01", "c"), edges=EDGES), "split")["other"] == "01"
    assert only(partition.advise(town, lettered, edges=EDGES), "split")["other"] == "02"


def test_a_forbidden_border_is_not_crossed(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "a a a b", "a a a b", "a a a b")
    town["households"] = 60
    rows = partition.advise(town, assignment, edges=EDGES, limit=100)
    assert (rows["other"] == "b").any()
    west, east = ["u03", "u07", "u11"], ["u04", "u08", "u12"]
    closed = EDGES.assign(price=np.where(EDGES["left"].isin(west) & EDGES["right"].isin(east), np.inf, 0.0))
    assert not (partition.advise(town, assignment, edges=closed, limit=100)["other"] == "b").any()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_every_row_keeps_its_word(seed: int, bare: bool) -> None:
    chance = np.random.default_rng(seed)
    units = lattice(6, 5, households=chance.integers(0, 200, 30) * chance.integers(0, 2, 30)).assign(load_min=chance.integers(1, 9, 30))
    units.loc[units.index[:4], "compound"] = "小区"
    edges = lattice_edges(6, 5).assign(kind=lambda table: np.where(table.index % 3 == 0, "primary", None))
    edges["price"] = np.where(edges.index % 11 == 0, np.inf, 0.0)
    given_ = pd.DataFrame(units.drop(columns="geometry")) if bare else units
    stripes = np.arange(30) % 6 // 2
    assignment = pd.Series(np.array(list("abcd"))[np.where(chance.random(30) < 0.15, 3, stripes)], index=units.index)
    before = partition.score(given_, assignment, edges=edges)
    advice = partition.advise(given_, assignment, edges=edges, limit=25)
    rules = advice["principle"].isin(["band", "contiguity"])
    assert rules.is_monotonic_decreasing  # first what breaks a rule
    assert all(rows["gain_per_household"].is_monotonic_decreasing for _, rows in advice.groupby(rules))
    for _, row in advice.iterrows():
        applied = partition.apply(assignment, row)
        after = partition.score(given_, applied, edges=edges, keep=assignment)
        assert before.broken.loc[row["breach"], row["principle"]]
        assert before.points.loc[row["breach"], row["principle"]] == pytest.approx(row["before"])
        if row["breach"] in after.points.index:
            assert after.points.loc[row["breach"], row["principle"]] == pytest.approx(row["after"], abs=1e-9)
        assert lost(before, len(before.grids)) - lost(after, len(before.grids)) == pytest.approx(row["gain"])
        assert after.total["moved"] == row["households_moved"]
        assert (after.grids["parts"] - 1).sum() <= (before.grids["parts"] - 1).sum()


def test_advice_taken_again_and_again_ends_in_a_better_plan(town: gpd.GeoDataFrame) -> None:
    units = lattice(12, 10, households=50)
    edges = lattice_edges(12, 10)
    assignment = pd.Series([f"{n % 12 // 5 + 1:02d}" for n in range(120)], index=units.index)
    points = []
    for _ in range(40):
        found = partition.score(units, assignment, edges=edges)
        points.append(lost(found, 3))
        advice = partition.advise(units, assignment, edges=edges, limit=1)
        if advice.empty:
            break
        assignment = partition.apply(assignment, advice.iloc[0])
    assert np.all(np.diff(points) < 0)
    assert found.grids["in_band"].all()
    assert found.grids["parts"].eq(1).all()


def test_a_town_comes_into_its_band_with_few_households_moved() -> None:
    town = towns.dongyuan()
    edges = partition.edges(town.units, lines=town.streets)
    old = assignment = town.units["grid_code"]
    before = partition.score(town.units, old, edges=edges)
    assert not before.grids["in_band"].all()
    for _ in range(5):
        advice = partition.advise(town.units, assignment, edges=edges)
        mending = advice[(advice["principle"] == "band") & (advice["after"] == 0)]
        if mending.empty:
            break
        assignment = partition.apply(assignment, mending.iloc[0])
    after = partition.score(town.units, assignment, edges=edges, keep=old)
    assert after.grids["in_band"].all()
    assert after.total["moved"] <= 2 * before.total["off_band"]
    assert after.total["cv"] < before.total["cv"]
    parts = town.units["compound"].groupby([town.units["compound"], assignment]).size().groupby(level=0).size()
    assert parts.equals(town.units["compound"].groupby([town.units["compound"], old]).size().groupby(level=0).size())


def row_of_grids(*widths: int) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.Series]:
    """Return grids in a row, so many columns wide each and five rows high, of units of 20 households; a border is 500 m."""
    units = lattice(sum(widths), 5, households=20)
    codes = np.repeat([chr(ord("a") + number) for number in range(len(widths))], widths)
    return units, lattice_edges(sum(widths), 5), pd.Series(np.tile(codes, 5), index=units.index)


def test_where_only_a_chain_helps_it_is_given_with_every_hand_over() -> None:
    units, edges, assignment = row_of_grids(6, 5, 5, 4)  # 600, 500, 500 and 400 households: room for 100 at the other end alone
    [chain] = [row for _, row in partition.advise(units, assignment, edges=edges).iterrows()]
    assert chain[["action", "grid_code", "other", "breach", "principle", "after"]].tolist() == ["chain", "a", "d", "a", "band", 0]
    assert chain["households_moved"] == 300
    assert [(one, other, len(given)) for one, other, given in chain["transfers"]] == [("a", "b", 5), ("b", "c", 5), ("c", "d", 5)]
    assert sorted(unit for *_, given in chain["transfers"] for unit in given) == list(chain["units"])
    applied = partition.apply(assignment, chain)
    assert applied.map(units["households"].groupby(applied).sum()).eq(500).all()
    after = partition.score(units, applied, edges=edges, keep=assignment)
    assert after.total["moved"] == 300
    assert after.grids["parts"].eq(1).all()
    assert lost(partition.score(units, assignment, edges=edges), 4) - lost(after, 4) == pytest.approx(chain["gain"])


def test_where_nobody_lives_no_chain_is_looked_for() -> None:
    units, edges, assignment = row_of_grids(6, 5, 4)
    for table in (units.assign(households=0), units.assign(load_min=0.0), units.assign(households=0, load_min=1.0)):
        assert "chain" not in set(partition.advise(table, assignment, edges=edges, goal=Goal(locks=["c"]))["action"])


def test_advice_written_by_hand_needs_no_transfers_but_for_a_chain() -> None:
    units, edges, assignment = row_of_grids(6, 5, 4)
    chain = partition.advise(units, assignment, edges=edges).iloc[0]
    given = chain[["action", "grid_code", "other", "units"]]
    with pytest.raises(SchemaError, match="assignment has changed"):
        partition.apply(assignment, given)
    swapped = partition.apply(assignment, pd.Series({"action": "exchange", "grid_code": "a", "other": "b", "units": ("u06", "u07")}))
    assert swapped[["u06", "u07"]].tolist() == ["b", "a"]


def test_what_other_grids_are_made_of_adds_up_as_all_grids_do() -> None:
    units, edges, assignment = row_of_grids(6, 5, 4)
    edges["kind"] = np.where(edges.index % 3 == 0, "primary", None)
    ground = measures.ground(units, edges)
    label, codes = measures.labels(assignment, ground.network.index, "assignment")
    whole = measures.sums(ground, label, len(codes))
    some = [np.flatnonzero(label == grid).tolist() for grid in (2, 0)]
    assert measures.sums_of(ground, some) == pytest.approx(whole[[2, 0]])


def test_a_chain_takes_from_afar_for_a_grid_too_small() -> None:
    units, edges, assignment = row_of_grids(4, 5, 5, 6)
    best = partition.advise(units, assignment, edges=edges, households=(500, 600)).iloc[0]
    assert best[["action", "grid_code", "other", "breach", "after", "households_moved"]].tolist() == ["chain", "d", "a", "a", 0, 300]
    assert [each[:2] for each in best["transfers"]] == [("d", "c"), ("c", "b"), ("b", "a")]


def test_chains_keep_to_parents_and_go_round_locked_grids() -> None:
    units, edges, assignment = row_of_grids(6, 5, 4)
    advice = partition.advise(units, assignment, edges=edges)
    assert advice["action"].tolist() == ["chain"]
    assert partition.advise(units, assignment, edges=edges, goal=Goal(locks=["b"])).empty
    parents = assignment.map({"a": "P", "b": "P", "c": "Q"})
    assert partition.advise(units, assignment, edges=edges, within=parents).empty
    closed = edges.assign(price=0.0)
    across = assignment[edges["left"]].to_numpy() != assignment[edges["right"]].to_numpy()
    closed.loc[across & (assignment[edges["right"]] == "c").to_numpy(), "price"] = np.inf
    assert partition.advise(units, assignment, edges=closed).empty


def test_a_chain_gives_in_part_where_there_is_room_for_no_more() -> None:
    units, edges, assignment = row_of_grids(7, 5, 4)  # 700, 500, 400: room for one of two columns
    chain = only(partition.advise(units, assignment, edges=edges), "chain")
    assert (chain["households_moved"], chain["before"], chain["after"]) == (200, 1.5, 1.25)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([4, 5]), min_size=2, max_size=5), st.integers(0, 4))
def test_a_chain_moves_what_the_cheapest_flow_between_grids_does(others: list[int], place: int) -> None:
    """Held to the network simplex of networkx: each grid of 400 has room for 100, the one of 600 has 100 too many."""
    widths = [*others[:place], 6, *others[place:]]
    units, edges, assignment = row_of_grids(*widths)
    graph = networkx.DiGraph()
    for grid, width in enumerate(widths):
        graph.add_node(grid, demand=-100 if width == 6 else 0)
        graph.add_edge(grid, "room", weight=0, capacity=100 * (width == 4))
    graph.add_node("room", demand=100)
    for one in range(len(widths) - 1):
        graph.add_edge(one, one + 1, weight=1)
        graph.add_edge(one + 1, one, weight=1)
    advice = partition.advise(units, assignment, edges=edges)
    mending = advice[(advice["principle"] == "band") & (advice["after"] == 0) & advice["action"].isin(["chain", "transfer"])]
    try:
        least = networkx.min_cost_flow_cost(graph)
    except networkx.NetworkXUnfeasible:
        assert mending.empty
        return
    if least <= 100 * 4:  # five grids
        assert mending["households_moved"].min() == least
        assert (mending["action"] == "chain").any() == (least > 100)
    else:
        assert mending.empty


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_chains_of_uneven_grids_promise_what_they_keep(seed: int) -> None:
    chance = np.random.default_rng(seed)
    units, edges, assignment = row_of_grids(*chance.permutation([6, 5, 5, 5, 4]))
    units["households"] += chance.integers(-2, 3, len(units))
    units = units.assign(load_min=chance.integers(1, 9, len(units)))
    edges["kind"] = np.where(edges.index % 3 == 0, "primary", None)
    band = (350, 515)  # of grids of about 500 none can keep what it is given
    before = partition.score(units, assignment, edges=edges, households=band)
    advice = partition.advise(units, assignment, edges=edges, households=band, limit=100)
    for _, row in advice[advice["action"] == "chain"].iterrows():
        applied = partition.apply(assignment, row)
        after = partition.score(units, applied, edges=edges, keep=assignment, households=band)
        assert lost(before, 5) - lost(after, 5) == pytest.approx(row["gain"])
        assert after.points.loc[row["breach"], row["principle"]] == pytest.approx(row["after"], abs=1e-9)
        assert after.total["moved"] == row["households_moved"]
        assert after.grids["parts"].eq(1).all()
        assert (after.points["band"] <= before.points["band"] + 1e-9).all()  # none is worse off by a rule
        with pytest.raises(SchemaError, match="assignment has changed"):
            partition.apply(applied, row)  # it is not done twice


def test_a_plan_that_breaks_nothing_needs_no_advice(town: gpd.GeoDataFrame) -> None:
    edges = EDGES.assign(kind="primary")
    assignment = drawn(town, "a a b b", "a a b b", "c c c c")
    assert partition.advise(town, assignment, edges=edges).empty
    none = partition.advise(town.iloc[:0], assignment.iloc[:0], edges=edges.iloc[:0])
    assert none.empty
    assert list(none.columns) == list(COLUMNS)


def test_order_of_rows_does_not_matter(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "a a b b", "a a b c", "a a b c")
    straight = partition.advise(town, assignment, edges=EDGES)
    turned = partition.advise(town.iloc[::-1], assignment.sample(frac=1, random_state=3), edges=EDGES.iloc[::-1])
    pd.testing.assert_frame_equal(straight, turned)


def test_input_that_is_wrong(town: gpd.GeoDataFrame) -> None:
    assignment = drawn(town, "a a b b", "a a b c", "a a b c")
    with pytest.raises(SchemaError, match=r"in no grid.*first: u12"):
        partition.advise(town, assignment.mask(assignment.index == "u12"), edges=EDGES)
    with pytest.raises(SchemaError, match=r"locks name grids.*first: x"):
        partition.advise(town, assignment, edges=EDGES, goal=Goal(locks=["x"]))
    with pytest.raises(SchemaError, match=r"have no parent.*first: u01"):
        partition.advise(town, assignment, edges=EDGES, within=assignment.mask(assignment.index == "u01"))
    advice = partition.advise(town, assignment, edges=EDGES, limit=100)
    with pytest.raises(SchemaError, match="assignment has changed"):
        partition.apply(partition.apply(assignment, only(advice, "transfer")), only(advice, "transfer"))
    with pytest.raises(SchemaError, match=r"assignment has changed.*first: 01"):
        partition.apply(assignment.replace("c", "01"), only(advice, "split"))
    with pytest.raises(SchemaError, match=r"assignment has changed.*first: u"):
        partition.apply(assignment.iloc[:0], advice.iloc[0])
