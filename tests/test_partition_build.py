"""Grids made of units: connected, balanced, as good as can be proven on small cases, and told where there is no answer."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from partition_towns import border, deviation, lattice, split_grids, triangulated

from gridmap import partition
from gridmap.errors import InfeasibleError, SchemaError, SearchFailed
from gridmap.partition import Goal


@pytest.mark.parametrize(
    ("columns", "rows", "grids", "shortest"),
    [
        (4, 4, 4, 8),  # four squares of 2 x 2
        (6, 6, 4, 12),  # of 3 x 3
        (8, 2, 4, 6),  # four of 2 x 2 in a row
        (9, 1, 3, 2),  # a street cut twice
    ],
)
def test_shortest_borders_of_lattices(columns: int, rows: int, grids: int, shortest: int) -> None:
    units, edges = lattice(columns, rows)
    found = partition.build(units, edges=edges, grids=grids)
    assert border(found, edges) == shortest * 100
    assert found.value_counts().tolist() == [columns * rows // grids] * grids
    assert split_grids(found, edges) == []


def test_the_result_is_a_series_of_codes_on_the_index_of_units() -> None:
    units, edges = lattice(4, 4)
    before, edges_before = units.copy(), edges.copy()
    shuffled = units.iloc[np.random.default_rng(3).permutation(16)]
    found = partition.build(shuffled, edges=edges, grids=4)
    assert found.index.equals(shuffled.index)
    assert found.name == "grid_code"
    assert found.dtype == "str"
    assert sorted(found.unique()) == ["01", "02", "03", "04"]
    assert found["r00c00"] == "01"  # in the order of first units
    again = partition.build(units, edges=edges.sample(frac=1, random_state=5), grids=4)
    pd.testing.assert_series_equal(found.sort_index(), again.sort_index())
    pd.testing.assert_frame_equal(units, before)
    pd.testing.assert_frame_equal(edges, edges_before)


def test_no_units_and_one_grid() -> None:
    units, edges = lattice(2, 2)
    empty = partition.build(units.iloc[:0], edges=edges.iloc[:0], grids=3)
    assert empty.tolist() == []
    assert empty.name == "grid_code"
    assert partition.build(units, edges=edges, grids=1).tolist() == ["01"] * 4
    assert sorted(partition.build(units, edges=edges, grids=4)) == ["01", "02", "03", "04"]


@settings(max_examples=12, deadline=None)
@given(n=st.integers(30, 120), grids=st.integers(2, 7), seed=st.integers(0, 10_000))
def test_grids_of_any_town_are_connected_and_within_the_tolerance(n: int, grids: int, seed: int) -> None:
    units, edges = triangulated(n, seed)
    try:
        found = partition.build(units, edges=edges, grids=grids, tolerance=0.1, seed=seed)
    except SearchFailed as failure:
        found = failure.best
        assert deviation(found, units["households"]) > 0.1
    else:
        assert deviation(found, units["households"]) <= 0.1 + 1e-9
    assert found.nunique() == grids
    assert split_grids(found, edges) == []


def test_the_same_seed_gives_the_same_answer() -> None:
    units, edges = triangulated(200, 1)
    one, other = (partition.build(units, edges=edges, grids=8, seed=4) for _ in range(2))
    pd.testing.assert_series_equal(one, other)


def test_several_quantities_at_once() -> None:
    units, edges = triangulated(300, 2)
    units["load_min"] = np.random.default_rng(0).uniform(0, 10, 300)
    found = partition.build(units, edges=edges, grids=6, goal=Goal(quantities={"load_min": 0.06}))
    assert deviation(found, units["households"]) <= 0.05
    assert deviation(found, units["load_min"]) <= 0.06
    assert split_grids(found, edges) == []
    plain, edges = lattice(6, 4, np.arange(24) % 5 + 1)
    found = partition.build(plain, edges=edges, grids=4, tolerance=0.2, goal=Goal(quantities={"area_m2": 0.2}))
    assert found.value_counts().between(5, 7).all()


def test_a_river_is_not_crossed_and_a_main_road_seldom() -> None:
    units, edges = lattice(8, 4)
    over = edges["left"].str.endswith("c03") & edges["right"].str.endswith("c04")
    river = edges.assign(price=np.where(over & (edges["left"] != "r00c03"), np.inf, 0.0))
    found = partition.build(units, edges=river, grids=4)
    assert split_grids(found, river) == []
    dear = edges.assign(price=np.where(over, 5.0, 0.0))
    across = found[edges["left"][over]].to_numpy() == found[edges["right"][over]].to_numpy()
    found = partition.build(units, edges=dear, grids=4)
    across = found[edges["left"][over]].to_numpy() == found[edges["right"][over]].to_numpy()
    assert not across.any()
    odd, edges = lattice(7, 3)
    middle = edges["left"].str.endswith("c02") & edges["right"].str.endswith("c03")
    priced = edges.assign(price=np.where(middle, 3.0, 0.0))
    cheap, dear = (partition.build(odd, edges=priced, grids=3, tolerance=0.4, goal=Goal(streets=streets)) for streets in (0.0, 1.0))
    assert _crossing(dear, edges[middle]) <= _crossing(cheap, edges[middle])
    assert _crossing(dear, edges[middle]) == 0


def _crossing(found: pd.Series, edges: pd.DataFrame) -> int:
    return int((found[edges["left"]].to_numpy() == found[edges["right"]].to_numpy()).sum())


def test_compounds_stay_whole_where_a_grid_can_hold_them() -> None:
    units, edges = lattice(8, 8)
    units["compound"] = None
    units.loc[[f"r{r:02d}c{c:02d}" for r in range(2) for c in range(5)], "compound"] = "long"  # 10 units
    units.loc[[f"r{r:02d}c{c:02d}" for r in range(4, 8) for c in range(6)], "compound"] = "vast"  # 24, more than a grid
    found = partition.build(units, edges=edges, grids=4, tolerance=0.15)
    assert found[units["compound"] == "long"].nunique() == 1
    assert found[units["compound"] == "vast"].nunique() > 1
    assert deviation(found, units["households"]) <= 0.15


def test_households_in_a_band() -> None:
    units, edges = triangulated(200, 7)
    total = units["households"].sum()
    found = partition.build(units, edges=edges, households=(300, 500))
    sums = units["households"].groupby(found).sum()
    assert sums.between(300, 500).all()
    assert len(sums) == round(total / 400)
    assert split_grids(found, edges) == []


def test_every_area_has_a_band_of_its_own() -> None:
    units, edges = lattice(12, 4, 10)
    east = units.index.str[-2:].astype(int) >= 6
    units["band_low"] = np.where(east, 30.0, np.nan)
    units["band_high"] = np.where(east, 50.0, np.nan)
    walled = edges.assign(price=np.where(edges["left"].str.endswith("c05") & edges["right"].str.endswith("c06"), np.inf, 0.0))
    found = partition.build(units, edges=walled, households=(60, 120))
    sums = units["households"].groupby(found).sum()
    ours = pd.Series(east, index=units.index).groupby(found).first()
    assert sums[ours].between(30, 50).all()
    assert sums[~ours].between(60, 120).all()
    mixed = partition.build(units, edges=edges, households=(60, 120))  # a grid of both areas: shares of what each allows
    shares = (units["households"] / np.where(east, 50, 120)).groupby(mixed).sum()
    assert (shares <= 1 + 1e-9).all()
    assert ((units["households"] / np.where(east, 30, 60)).groupby(mixed).sum() >= 1 - 1e-9).all()


def test_progress_is_told_and_what_it_raises_ends_the_work() -> None:
    units, edges = triangulated(150, 3)
    told: list[tuple[float, dict]] = []
    partition.build(units, edges=edges, grids=5, on_progress=lambda share, best: told.append((share, best)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert {"border_m", "off"} <= set(told[-1][1])

    class CancelledError(Exception):
        pass

    def cancel(share: float, best: dict) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        partition.build(units, edges=edges, grids=5, on_progress=cancel)


def test_causes_without_an_answer_are_named() -> None:
    units, edges = lattice(4, 4, [50] + [10] * 15)
    with pytest.raises(InfeasibleError, match=r"households than a grid may have \(52\.5\).*given: 60.*r03c03"):
        partition.build(units.assign(households=[10] * 12 + [5, 5, 10, 60]), edges=edges, grids=4)
    with pytest.raises(InfeasibleError, match=r"17 grids of 16 units"):
        partition.build(units, edges=edges, grids=17)
    cut = edges.assign(price=np.where(edges["left"].str[:3].eq("r00") & edges["right"].str[:3].eq("r01"), np.inf, 0.0))
    even = units.assign(households=10)
    with pytest.raises(InfeasibleError, match=r"whole grids of 50\.6.*4 rows, first: r00c00"):
        partition.build(even, edges=cut, grids=3)
    assert split_grids(partition.build(even, edges=cut, grids=4), cut) == []
    long, along = lattice(2, 15)
    with pytest.raises(InfeasibleError, match="make 4 to 4 grids in all, not 3"):  # 1.4 and 1.6 of what a grid has
        partition.build(long, edges=along.assign(price=_wall(along, "r06", "r07")), grids=3, tolerance=0.3)
    with pytest.raises(InfeasibleError, match=r"households than a grid may have \(20\)"):
        partition.build(units, edges=edges, households=(10, 20))
    with pytest.raises(InfeasibleError, match="whole grids of 300 to 500"):
        partition.build(units, edges=edges, households=(300, 500))


def test_a_unit_whose_only_neighbour_is_too_heavy_for_both() -> None:
    units, edges = lattice(4, 2, [7, 5, 3, 5, 1, 4, 3, 2])
    walled = edges.assign(price=np.where((edges["left"] == "r00c00") & (edges["right"] == "r01c00"), np.inf, 0.0))
    with pytest.raises(InfeasibleError, match=r"too few for a grid without it.*2 rows, first: r00c00, r00c01"):
        partition.build(units, edges=walled, grids=3)
    assert deviation(partition.build(units, edges=edges, grids=3, tolerance=0.21), units["households"]) <= 0.21


def _wall(edges: pd.DataFrame, south: str, north: str) -> np.ndarray:
    return np.where(edges["left"].str.startswith(south) & edges["right"].str.startswith(north), np.inf, 0.0)


def test_units_that_fit_with_none_beside_them_are_named() -> None:
    units, edges = lattice(2, 2, [10, 10, 10, 10])
    with pytest.raises(InfeasibleError, match=r"in no grid within the limits.*4 rows"):
        partition.build(units, edges=edges, grids=3)


def test_a_search_without_success_brings_its_best() -> None:
    units, edges = lattice(5, 5)
    inside = [unit for unit in units.index if not set(unit) & {"4"} and not unit.startswith("r00") and not unit.endswith("c00")]
    units = units.drop(index=inside).assign(households=5)  # each five of the ring is in a grid of ten, but not all at once
    units.loc[["r00c00", "r00c04", "r04c00", "r04c04"], "households"] = 10
    edges = edges[~edges[["left", "right"]].isin(inside).any(axis=1)]
    with pytest.raises(SearchFailed, match=r"outside of them.*Hint") as caught:
        partition.build(units, edges=edges, grids=10)
    best = caught.value.best
    assert best.nunique() == 10
    assert split_grids(best, edges) == []


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({}, "one of grids and households"),
        ({"grids": 2, "households": (1, 2)}, "one of grids and households"),
        ({"grids": 0}, "whole number above 0"),
        ({"grids": 2.5}, "whole number above 0"),
        ({"grids": True}, "whole number above 0"),
        ({"grids": 2, "tolerance": 0}, "tolerance of households"),
        ({"grids": 2, "tolerance": np.nan}, "tolerance of households"),
        ({"grids": 2, "stability": -1}, "stability"),
        ({"grids": 2, "seed": 0.5}, "seed must be a whole number"),
        ({"households": (5, 3)}, "band of households"),
        ({"households": (0, 0)}, "band of households"),
        ({"households": 400}, "band of households"),
        ({"households": (np.nan, 3)}, "band of households"),
        ({"grids": 2, "keep": ["01"] * 4}, "keep must be a Series"),
        ({"grids": 2, "within": pd.Series({"r00c00": "1"})}, "different identifiers"),
        ({"grids": 2, "goal": Goal(locks="07")}, "not in keep"),
        ({"grids": 2, "goal": Goal(seeds={"nowhere": "07"})}, r"do not exist.*nowhere"),
    ],
)
def test_options_out_of_range(given: dict, match: str) -> None:
    units, edges = lattice(2, 2)
    with pytest.raises(SchemaError, match=match):
        partition.build(units, edges=edges, **given)
