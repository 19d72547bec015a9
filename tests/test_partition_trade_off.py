"""Trade-off: plans between anew and as it is, measured as the score measures them."""

import numpy as np
import pandas as pd
import pytest
from partition_lattice import drawn, lattice, lattice_edges
from partition_towns import lattice as lattice_of

from gridmap import partition
from gridmap.errors import SchemaError

EDGES = lattice_edges(8, 6)


@pytest.fixture(scope="module")
def town() -> pd.DataFrame:
    """Six rows of eight squares with 50 households each, in the south-west 150."""
    units = lattice(8, 6, households=50)
    units.loc[[f"u{number:02d}" for number in (1, 2, 3, 9, 10, 11)], "households"] = 150
    return units


@pytest.fixture(scope="module")
def old(town: pd.DataFrame) -> pd.Series:
    return drawn(town, *["01 01 01 01 02 02 02 02"] * 3, *["03 03 03 03 04 04 04 04"] * 3)


@pytest.fixture(scope="module")
def found(town: pd.DataFrame, old: pd.Series) -> pd.DataFrame:
    return partition.trade_off(town, keep=old, edges=EDGES, stabilities=(0, 1), grids=4, tolerance=(0.08, 0.25))


def test_every_row_is_what_the_score_says(town: pd.DataFrame, old: pd.Series, found: pd.DataFrame) -> None:
    assert found["stability"].tolist() == [0, 1, 0, 1, np.inf]
    assert found["tolerance"].tolist()[:4] == [0.08, 0.08, 0.25, 0.25]
    assert found["within_limits"].tolist() == [True] * 4 + [pd.NA]
    for _, row in found.iterrows():
        score = partition.score(town, row["assignment"], edges=EDGES, keep=old)
        assert row[["moved", "moved_share"]].tolist() == score.total[["moved", "moved_share"]].tolist()
        assert row[["cv", "max_over_mean", "in_band"]].tolist() == pytest.approx(score.total[["cv", "max_over_mean", "in_band"]].tolist())
        assert row["deviation"] == pytest.approx(score.grids["deviation"].abs().max())
        assert row["border_m"] == score.total["border_m"]
        assert score.total["contiguous"] == 1


def test_stability_moves_less_and_the_old_plan_nothing(found: pd.DataFrame) -> None:
    assert found["moved"].iloc[1] < found["moved"].iloc[0]
    assert found["moved"].iloc[3] <= found["moved"].iloc[1]
    assert found["moved"].iloc[4] == 0
    assert found["deviation"].iloc[:2].max() <= 0.08 + 1e-9
    assert found["deviation"].iloc[4] == pytest.approx(1200 / 750 - 1)


def test_only_plans_that_none_beats_are_efficient(found: pd.DataFrame) -> None:
    for _, row in found.iterrows():
        no_worse = found[(found["moved"] <= row["moved"]) & (found["deviation"] <= row["deviation"] + 1e-12)]
        beaten = ((no_worse["moved"] < row["moved"]) | (no_worse["deviation"] < row["deviation"] - 1e-12)).any()
        assert row["efficient"] == (not beaten)
    assert found["efficient"].iloc[4]


def test_plans_come_one_by_one_and_those_known_are_not_built_again(town: pd.DataFrame, old: pd.Series, found: pd.DataFrame) -> None:
    seen: list[pd.DataFrame] = []
    known = {0: found.loc[0, "assignment"]}
    again = partition.trade_off(
        town, keep=old, edges=EDGES, grids=4, tolerance=0.08, stabilities=(1, 0, 0.3), known=known, on_plan=seen.append
    )
    assert [table["stability"].tolist() for table in seen] == [[0, np.inf], [1, 0, np.inf], [1, 0, 0.3, np.inf]]
    pd.testing.assert_frame_equal(seen[-1], again)
    assert again.loc[1, "assignment"] is known[0]
    assert again["within_limits"].tolist() == [True, pd.NA, True, pd.NA]
    columns = ["moved", "deviation", "cv", "border_m"]
    assert again.loc[[1, 0], columns].to_numpy().tolist() == found.loc[[0, 1], columns].to_numpy().tolist()


def test_units_without_an_old_grid_have_not_moved(town: pd.DataFrame, old: pd.Series) -> None:
    shares: list[float] = []
    band = (500, 900)
    found = partition.trade_off(
        town, keep=old.mask(old == "04"), edges=EDGES, stabilities=[1], households=band, on_progress=lambda share, _: shares.append(share)
    )
    assert len(found) == 1  # the old plan is none without all units
    assert found.loc[0, "in_band"] == 1  # of the band that was asked for
    assert found.loc[0, "moved"] <= town.loc[old != "04", "households"].sum()
    assert np.isnan(found.loc[0, "tolerance"])
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_a_search_that_fails_shows_its_best_as_such() -> None:
    ring = [10 if {x, y} <= {0, 4} else 5 if {x, y} & {0, 4} else 0 for y in range(5) for x in range(5)]
    units, edges = lattice_of(5, 5, ring)  # each five is in a grid of ten, but not all at once
    inside = units.index[units["households"] == 0]
    units, edges = units.drop(index=inside), edges[~edges[["left", "right"]].isin(inside).any(axis=1)]
    plan = pd.Series(list("0112345566778990")[: len(units)], index=units.index)
    found = partition.trade_off(units, keep=plan, edges=edges, stabilities=[1], grids=10)
    assert found["within_limits"].tolist() == [False, pd.NA]
    assert found.loc[0, "deviation"] > 0.05


def test_what_is_raised_in_progress_comes_through(town: pd.DataFrame, old: pd.Series) -> None:
    def stop(share: float, best: dict[str, float]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        partition.trade_off(town, keep=old, edges=EDGES, grids=4, on_progress=stop)


def test_input_that_is_wrong(town: pd.DataFrame, old: pd.Series) -> None:
    with pytest.raises(SchemaError, match="no stability or no tolerance"):
        partition.trade_off(town, keep=old, edges=EDGES, stabilities=(), grids=4)
    with pytest.raises(SchemaError, match="one of grids and households"):
        partition.trade_off(town, keep=old, edges=EDGES)
    with pytest.raises(SchemaError, match="keep must be a Series"):
        partition.trade_off(town, keep=list(old), edges=EDGES, grids=4)
    with pytest.raises(SchemaError, match="finite and not negative"):
        partition.trade_off(town, keep=old, edges=EDGES, grids=4, stabilities=[-1])
