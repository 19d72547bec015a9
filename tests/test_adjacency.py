"""Neighbours by contact, by count and by distance, and weights made elsewhere."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gridmap import adjacency
from gridmap.errors import CRSError, SchemaError


def neighbours(weights: adjacency.Weights) -> dict[str, str]:
    """Return each grid's neighbours as one text."""
    dense = weights.matrix.toarray()
    return {code: "".join(sorted(weights.index[row > 0])) for code, row in zip(weights.index, dense, strict=True)}


def squares(places: list[tuple[float, float]], side: float = 1.0) -> gpd.GeoDataFrame:
    shapes = [shapely.box(x, y, x + side, y + side) for x, y in places]
    return gpd.GeoDataFrame(index=[f"{n:03d}" for n in range(len(shapes))], geometry=shapes, crs="EPSG:4548")


def test_queen_links_sides_and_corners(three_by_three):
    found = neighbours(adjacency.queen(three_by_three))
    assert found == {
        "g": "deh", "h": "defgi", "i": "efh",
        "d": "abegh", "e": "abcdfghi", "f": "bcehi",
        "a": "bde", "b": "acdef", "c": "bef",
    }  # fmt: skip


def test_queen_reaches_over_a_metre_and_no_farther():
    row = squares([(0, 0), (1.9, 0), (4.0, 0)])
    assert neighbours(adjacency.queen(row)) == {"000": "001", "001": "000", "002": ""}
    assert list(adjacency.queen(row).islands) == ["002"]


def test_queen_measures_metres_in_degrees(three_by_three):
    degrees = three_by_three.set_geometry(three_by_three.translate(500_000, 4_000_000)).to_crs("EPSG:4490")
    assert neighbours(adjacency.queen(degrees)) == neighbours(adjacency.queen(three_by_three))


def test_queen_takes_overlaps_and_invalid_rings():
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    shapes = [bow_tie, shapely.box(0.2, 0.8, 0.4, 1.2), shapely.box(1, 0, 9, 9)]
    grids = gpd.GeoDataFrame(index=list("abc"), geometry=shapes, crs="EPSG:4548")
    assert neighbours(adjacency.queen(grids)) == {"a": "bc", "b": "ac", "c": "ab"}


def test_queen_equals_libpysal_on_a_clean_coverage(three_by_three):
    graph = pytest.importorskip("libpysal.graph")
    theirs = graph.Graph.build_contiguity(three_by_three, rook=False)
    ours = adjacency.queen(three_by_three)
    assert np.array_equal(adjacency.as_weights(theirs, ours.index).matrix.toarray(), ours.matrix.toarray())


def test_real_councils(shared_data):
    councils = gpd.read_file(shared_data / "la311" / "neighborhood_councils.geojson").set_index("name")
    weights = adjacency.queen(councils)
    touching = shapely.STRtree(councils.geometry).query(councils.geometry, predicate="intersects")
    pairs = {tuple(sorted(pair)) for pair in touching.T.tolist() if pair[0] != pair[1]}
    linked = {tuple(sorted(pair)) for pair in zip(*weights.matrix.nonzero(), strict=True)}
    assert len(pairs) == 225  # intersecting pairs, counted before
    assert pairs < linked
    assert len(weights.islands) == 0


def test_knn_prefers_the_smaller_code_among_equals(three_by_three):
    weights = adjacency.knn(three_by_three, 2)
    assert neighbours(weights)["e"] == "bd"  # b, d, f and h are equally far
    assert neighbours(weights)["a"] == "bd"


@given(st.permutations(range(16)), st.integers(1, 15))
@settings(max_examples=25, deadline=None)
def test_knn_does_not_depend_on_the_order_of_rows(order, k):
    lattice = squares([(n % 4, n // 4) for n in range(16)])
    shuffled = adjacency.knn(lattice.iloc[list(order)], k)
    assert neighbours(shuffled) == neighbours(adjacency.knn(lattice, k))
    assert (np.diff(shuffled.matrix.indptr) == k).all()


def test_knn_of_grids_on_one_place():
    twins = squares([(0, 0), (0, 0), (0, 0), (5, 0)])
    assert neighbours(adjacency.knn(twins, 1)) == {"000": "001", "001": "000", "002": "000", "003": "000"}


def test_band_includes_its_distance(three_by_three):
    assert neighbours(adjacency.band(three_by_three, 100.0))["e"] == "bdfh"
    assert neighbours(adjacency.band(three_by_three, 99.9))["e"] == ""


def test_nothing_in_nothing_out(three_by_three):
    none = three_by_three.iloc[:0]
    for weights in (adjacency.queen(none), adjacency.knn(none, 3), adjacency.band(none, 5.0)):
        assert repr(weights) == "Weights(n=0, links=0, islands=0)"


def test_weights_say_what_they_are(three_by_three):
    assert repr(adjacency.queen(three_by_three)) == "Weights(n=9, links=40, islands=0)"


def test_weights_cannot_change(three_by_three):
    weights = adjacency.queen(three_by_three)
    with pytest.raises(ValueError, match="read-only"):
        weights.matrix.data[0] = 5


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((2, 3)), "matrix of weights does not fit 2 identifiers; given: 2 x 3"),
        (np.array([[0, -1.0], [0, 0]]), r"finite and not negative; given: -1.0; 1 rows, first: a"),
        (np.array([[0, np.inf], [0, 0]]), "finite and not negative; given: inf"),
        (np.array([[0, 0], [1.0, 1.0]]), "link grids to themselves; 1 rows, first: b"),
    ],
)
def test_weights_refuse(matrix, message):
    with pytest.raises(SchemaError, match=message):
        adjacency.Weights(pd.Index(["a", "b"]), csr_array(matrix))


def test_as_weights_follows_the_index(three_by_three):
    weights = adjacency.queen(three_by_three)
    turned = adjacency.as_weights(weights, weights.index[::-1])
    assert list(turned.index) == list("ihgfedcba")
    assert neighbours(turned) == neighbours(weights)
    assert adjacency.as_weights(weights, weights.index) is weights


def test_as_weights_takes_a_graph_and_leaves_out_its_self_links(three_by_three):
    graph = pytest.importorskip("libpysal.graph")
    theirs = graph.Graph.build_contiguity(three_by_three, rook=False).assign_self_weight()
    found = adjacency.as_weights(theirs, three_by_three.index)
    assert neighbours(found) == neighbours(adjacency.queen(three_by_three))


def test_as_weights_refuses_other_labels(three_by_three):
    weights = adjacency.queen(three_by_three)
    with pytest.raises(SchemaError, match="weights and the grids have different identifiers; 2 rows, first: a, z"):
        adjacency.as_weights(weights, pd.Index(list("zbcdefghi")))
    with pytest.raises(SchemaError, match=r"not weights; given: dict.*libpysal Graph"):
        adjacency.as_weights({"a": ["b"]}, weights.index)


def test_grids_that_cannot_be_linked(three_by_three, two_tiers):
    with pytest.raises(SchemaError, match="mixes several levels"):
        adjacency.queen(two_tiers)
    with pytest.raises(SchemaError, match="k must lie between 1 and 8; given: 9"):
        adjacency.knn(three_by_three, 9)
    with pytest.raises(SchemaError, match="distance_m must be above 0; given: 0"):
        adjacency.band(three_by_three, 0)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        adjacency.queen(three_by_three.set_crs(None, allow_override=True))
    holed = three_by_three.copy()
    holed.loc[["b", "c"], "geometry"] = [None, shapely.Polygon()]
    with pytest.raises(SchemaError, match="without a geometry; 2 rows, first: b, c"):
        adjacency.queen(holed)
    with pytest.raises(SchemaError, match="duplicate identifiers"):
        adjacency.queen(three_by_three.rename(index={"a": "b"}))
