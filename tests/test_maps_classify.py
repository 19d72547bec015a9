"""Classes of a choropleth."""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import SchemaError
from gridmap.maps import classify
from gridmap.maps.classify import NO_DATA, SCHEMES, natural_breaks

numbers = st.lists(st.one_of(st.integers(0, 60), st.floats(-1e4, 1e4, allow_nan=False), st.just(None)), max_size=60)


def series(values: list) -> pd.Series:
    return pd.Series(values, dtype="Float64", index=[f"g{n}" for n in range(len(values))])


def within_deviation(values: np.ndarray, uppers: np.ndarray) -> float:
    """Squared deviation from the class means, straight from the definition."""
    codes = np.searchsorted(uppers, values)
    return sum(float(((values[codes == code] - values[codes == code].mean()) ** 2).sum()) for code in range(len(uppers)))


def test_quantiles_and_equal_intervals_are_those_of_mapclassify():
    import mapclassify  # seconds, which no other worker has to wait for

    values = series(np.random.default_rng(1).lognormal(size=300).tolist())
    for scheme, other in (("quantiles", mapclassify.Quantiles), ("equal_interval", mapclassify.EqualInterval)):
        expected = other(values.to_numpy(float), k=5)
        found = classify(values, scheme=scheme, k=5)
        assert found.edges[1:] == pytest.approx(expected.bins)
        assert found.counts.tolist() == expected.counts.tolist()


def test_natural_breaks_match_the_published_fisher_jenks_example():
    from mapclassify.datasets import calemp

    # mapclassify's documentation of FisherJenks: calemp, k=5, bins and counts.
    values = pd.Series(calemp.load())
    found = classify(values, scheme="natural_breaks", k=5)
    assert found.edges[1:] == pytest.approx([75.29, 192.05, 370.5, 722.85, 4111.45])
    assert found.counts.tolist() == [49, 3, 4, 1, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-30, 30), min_size=4, max_size=14), st.integers(2, 4))
def test_natural_breaks_are_the_best_of_all_partitions(drawn, k):
    values = np.array(drawn, dtype=float)
    distinct = np.unique(values)
    if len(distinct) < k:
        return
    every = (np.array([*chosen, distinct[-1]]) for chosen in combinations(distinct[:-1], k - 1))
    assert within_deviation(values, natural_breaks(values, k)) == pytest.approx(min(within_deviation(values, uppers) for uppers in every))


@settings(max_examples=100, deadline=None)
@given(numbers, st.sampled_from(SCHEMES), st.integers(1, 9))
def test_every_value_has_one_class_and_every_class_a_value(drawn, scheme, k):
    values = series(drawn)
    found = classify(values, scheme=scheme, k=k)
    known = values.dropna().astype(float)
    assert len(found.labels) == len(found.colours) == len(found.counts) <= k
    assert found.counts.sum() + found.no_data == len(values)
    assert (found.counts > 0).all()
    assert (found.codes[values.isna()] == NO_DATA).all()
    codes = found.codes[known.index]
    assert codes.sort_values().index.map(known).is_monotonic_increasing or known.groupby(codes).max().is_monotonic_increasing
    for code, held in known.groupby(codes):
        assert held.max() <= found.edges[code + 1]
        assert held.min() >= found.edges[code]


@settings(max_examples=40, deadline=None)
@given(numbers, st.sampled_from(SCHEMES), st.randoms())
def test_row_order_does_not_matter(drawn, scheme, random):
    values = series(drawn)
    order = list(values.index)
    random.shuffle(order)
    pd.testing.assert_series_equal(
        classify(values.loc[order], scheme=scheme).codes.loc[values.index], classify(values, scheme=scheme).codes
    )


@settings(max_examples=100, deadline=None)
@given(numbers, st.lists(st.one_of(st.integers(-5, 60), st.floats(-1e4, 1e4)), min_size=1, max_size=8, unique=True).map(sorted))
def test_given_edges_class_as_those_of_mapclassify(drawn, edges):
    import mapclassify

    values = series(drawn)
    found = classify(values, scheme="manual", edges=edges)
    known = values.dropna().to_numpy(float)
    assert len(found.labels) == len(found.colours) == len(found.counts) == len(found.edges) - 1
    assert found.counts.sum() + found.no_data == len(values)
    assert found.edges[1 : len(edges) + 1].tolist() == [float(edge) for edge in edges]
    if len(known) == 0:
        assert found.counts.tolist() == [0] * len(edges)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = mapclassify.UserDefined(known, bins=list(map(float, edges)))
    assert found.codes[values.notna()].tolist() == expected.yb.tolist()
    assert found.edges[1:] == pytest.approx(expected.bins)
    assert found.counts.tolist() == expected.counts.tolist()


def test_given_edges_keep_empty_classes_and_colours_whatever_the_values():
    inside = classify(pd.Series([5, 30, None, 31]), scheme="manual", edges=[30, 60, 120])
    beyond = classify(pd.Series([5, 500]), scheme="manual", edges=[30, 60, 120])
    assert inside.labels == ("≤ 30", "31–60", "61–120")
    assert inside.counts.tolist() == [2, 1, 0]
    assert inside.no_data == 1
    assert beyond.labels == ("≤ 30", "31–60", "61–120", "> 120")
    assert beyond.counts.tolist() == [1, 0, 0, 1]
    assert beyond.colours[:3] == inside.colours
    assert inside.edges.tolist() == [5, 30, 60, 120]
    assert beyond.edges.tolist() == [5, 30, 60, 120, 500]


def test_given_edges_are_written_as_given():
    assert classify(pd.Series([0.2, 9.0]), scheme="manual", edges=[0.5, 1.25, 1000]).labels == ("≤ 0.50", "0.50–1.25", "1.25–1,000.00")
    assert classify(pd.Series([1, 2, 3]), scheme="manual", edges=[1, 2]).labels == ("≤ 1", "2", "> 2")


@pytest.mark.parametrize("edges", [[], [1, 1], [2, 1], [1, np.nan], [1, np.inf], ["a"], "1, b", [None], list(range(9))])
def test_edges_that_make_no_classes(edges):
    with pytest.raises(SchemaError, match="1 to 8 numbers"):
        classify(pd.Series([1.0]), scheme="manual", edges=edges)


def test_few_distinct_values_are_classes_of_their_own():
    found = classify(pd.Series([3, 0, 3, 7]), k=5)
    assert found.labels == ("0", "3", "7")
    assert found.counts.tolist() == [1, 2, 1]


def test_all_zeros_are_one_class():
    for scheme in SCHEMES:
        found = classify(pd.Series([0, 0, 0]), scheme=scheme)
        assert (found.labels, found.counts.tolist()) == (("0",), [3])


def test_nothing_to_class():
    assert classify(pd.Series([], dtype=float)).labels == ()
    assert classify(pd.Series([None, None], dtype="Float64")).no_data == 2


def test_whole_numbers_are_labelled_by_the_values_held():
    found = classify(pd.Series(range(1, 11)), k=2)
    assert found.labels == ("1–5", "6–10")


def test_labels_of_fractions_keep_neighbouring_edges_apart():
    found = classify(pd.Series([0.0012, 0.0013, 0.0014, 0.0015, 0.0016, 0.0017]), scheme="equal_interval", k=2)
    assert found.labels == ("0.00120–0.00145", "0.00145–0.00170")


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (pd.Series([1.0, np.inf]), {}, "infinite"),
        (pd.Series(["a", "b"]), {}, "no numbers"),
        (pd.Series([1.0]), {"scheme": "jenks"}, "no such way"),
        (pd.Series([1.0]), {"scheme": "manual"}, "go together"),
        (pd.Series([1.0]), {"edges": [1]}, "go together"),
        (pd.Series([1.0]), {"k": 0}, "1 to 9"),
        (pd.Series([1.0]), {"k": 10}, "1 to 9"),
    ],
)
def test_values_that_cannot_be_classed(values, options, message):
    with pytest.raises(SchemaError, match=message):
        classify(values, **options)
