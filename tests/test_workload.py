"""Workload per grid and its balance."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import workload
from gridmap.errors import SchemaError

REFERENCE = json.loads((Path(__file__).parent / "reference" / "gini.json").read_text(encoding="utf-8"))
loads = st.lists(st.floats(0, 1e6), min_size=1, max_size=40).filter(lambda values: sum(values) > 1e-6)


@pytest.fixture
def events() -> pd.DataFrame:
    index = pd.Index(["e1", "e2", "e3", "e4", "e5"], name="event_id")
    return pd.DataFrame({"category": ["环境卫生", "环境卫生", "矛盾纠纷", "我要咨询", "环境卫生"]}, index=index)


@pytest.fixture
def assignment(events) -> pd.Series:
    return pd.Series(["a", "b", "b", None, "a"], index=events.index, name="grid")


def gini_by_hand(values: list[float]) -> float:
    """Return half the mean difference of all pairs over the mean (Gini 1912)."""
    return sum(abs(one - other) for one in values for other in values) / (2 * len(values) ** 2 * np.mean(values))


def test_minutes_are_added_up_and_every_grid_is_there(events, assignment, three_by_three):
    load = workload.index(events, assignment, three_by_three, minutes={"环境卫生": 20, "矛盾纠纷": 120, "我要咨询": 10})
    assert load.name == "load_min"
    assert load.index.equals(three_by_three.index)
    assert load.to_dict() == {"a": 40, "b": 140, **dict.fromkeys("cdefghi", 0)}


def test_one_number_for_all_needs_no_category(events, assignment, three_by_three):
    load = workload.index(events[[]], assignment, three_by_three, minutes=1.0)
    assert load[load > 0].to_dict() == {"a": 2, "b": 2}


def test_assignment_is_matched_by_event(events, assignment, three_by_three):
    straight = workload.index(events, assignment, three_by_three, minutes=workload.DEFAULT_MINUTES)
    turned = workload.index(events, assignment.iloc[::-1], three_by_three, minutes=workload.DEFAULT_MINUTES)
    pd.testing.assert_series_equal(straight, turned)


def test_no_events_no_load(events, assignment, three_by_three):
    load = workload.index(events.iloc[:0], assignment.iloc[:0], three_by_three, minutes=workload.DEFAULT_MINUTES)
    assert load.sum() == 0
    assert len(load) == 9
    assert workload.index(events, assignment.mask(assignment.notna()), three_by_three.iloc[:0], minutes=1.0).empty


def test_default_minutes_cover_the_demo():
    assert set(workload.DEFAULT_MINUTES) == {"我要咨询", "我要建议", "民生困难", "环境卫生", "矛盾纠纷", "安全隐患"}


def test_unknown_categories_are_named(events, assignment, three_by_three):
    with pytest.raises(SchemaError, match="for the categories 我要咨询, 矛盾纠纷; known: 环境卫生; 2 rows, first: e3, e4"):
        workload.index(events, assignment, three_by_three, minutes={"环境卫生": 20})


def test_calls_that_cannot_be_answered(events, assignment, three_by_three, two_tiers):
    minutes = workload.DEFAULT_MINUTES
    with pytest.raises(SchemaError, match="mixes several levels"):
        workload.index(events, assignment, two_tiers, minutes=minutes)
    with pytest.raises(SchemaError, match="given: D; 1 rows, first: e1"):
        workload.index(events, assignment.where(events.index != "e1", "D"), three_by_three, minutes=minutes)
    with pytest.raises(SchemaError, match="assignment and events have different identifiers; 1 rows, first: e5"):
        workload.index(events, assignment.drop("e5"), three_by_three, minutes=minutes)
    with pytest.raises(SchemaError, match="not negative; given: 环境卫生: -1"):
        workload.index(events, assignment, three_by_three, minutes=dict(minutes) | {"环境卫生": -1})
    with pytest.raises(SchemaError, match="lacks the columns category"):
        workload.index(events[[]], assignment, three_by_three, minutes=minutes)


@pytest.mark.parametrize("example", REFERENCE["examples"], ids=lambda example: example["package"])
def test_gini_as_published(example):
    assert workload.balance(pd.Series(example["values"])).gini == pytest.approx(example["gini"], abs=5e-8)


@given(loads)
@settings(max_examples=100, deadline=None)
def test_balance_equals_the_textbook(values):
    found = workload.balance(pd.Series(values))
    assert found.gini == pytest.approx(gini_by_hand(values), abs=1e-9)
    assert found.cv == pytest.approx(np.std(values) / np.mean(values), abs=1e-9)
    assert found.max_over_mean == pytest.approx(max(values) / np.mean(values))
    area = np.trapezoid(found.lorenz[:, 1], found.lorenz[:, 0])
    assert found.gini == pytest.approx(1 - 2 * area, abs=1e-9)


@given(loads, st.floats(1e-3, 1e3))
@settings(max_examples=50, deadline=None)
def test_balance_is_free_of_the_unit_and_of_order(values, unit):
    plain, scaled = workload.balance(pd.Series(values)), workload.balance(pd.Series(values[::-1]) * unit)
    for figure in ("gini", "cv", "max_over_mean"):
        assert getattr(scaled, figure) == pytest.approx(getattr(plain, figure), abs=1e-9)
    assert scaled.lorenz == pytest.approx(plain.lorenz, abs=1e-9)


@given(loads)
@settings(max_examples=50, deadline=None)
def test_bounds(values):
    n, found = len(values), workload.balance(pd.Series(values))
    assert 0 <= found.gini <= (n - 1) / n + 1e-12
    assert 0 <= found.cv <= np.sqrt(n - 1) + 1e-9
    assert 1 - 1e-9 <= found.max_over_mean <= n + 1e-9
    assert found.lorenz[0].tolist() == [0, 0]
    assert found.lorenz[-1].tolist() == [1, 1]
    assert (np.diff(found.lorenz[:, 1]) >= -1e-12).all()
    assert (found.lorenz[:, 1] <= found.lorenz[:, 0] + 1e-12).all()


def test_all_equal_and_all_in_one():
    equal = workload.balance(pd.Series([3.0] * 4))
    assert (equal.gini, equal.cv, equal.max_over_mean) == (0, 0, 1)
    one = workload.balance(pd.Series([0, 0, 0, 8]))
    assert (one.gini, one.cv, one.max_over_mean) == pytest.approx((0.75, np.sqrt(3), 4))


@pytest.mark.parametrize("values", [[], [0.0, 0.0]])
def test_nothing_to_share_out_has_no_balance(values):
    found = workload.balance(pd.Series(values, dtype=float))
    assert np.isnan([found.gini, found.cv, found.max_over_mean]).all()
    assert found.lorenz.shape == (len(values) + 1, 2)
    assert found.lorenz[0].tolist() == [0, 0]
    assert np.isnan(found.lorenz[1:, 1]).all()


def test_balance_refuses_what_is_no_load():
    with pytest.raises(SchemaError, match="2 rows, first: b, c"):
        workload.balance(pd.Series([1.0, -1.0, np.nan], index=list("abc")))
