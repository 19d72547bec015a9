"""Which grids are neighbours: a sparse matrix of weights with one row and one column per grid."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree

from gridmap import crs, schema
from gridmap.errors import SchemaError

QUEEN_DISTANCE_M = 1.0  # grids nearer than this touch: digitised borders rarely share their vertices
SAME_DISTANCE = 1e-9  # relative; equal distances differ by rounding


@dataclass(frozen=True, eq=False, repr=False)
class Weights:
    """How strongly each grid is linked to others: one row and one column per label of `index`.

    Parameters
    ----------
    index
        Labels of the grids (or units), unique, none missing.
    matrix
        Shape (n, n), rows and columns in the order of `index`; finite, not negative, no link from a grid to itself. A copy is
        kept, without explicit zeros, sorted by column and read-only.

    Raises
    ------
    SchemaError
        If a rule above is broken; the message ends in what was given.
    """

    index: pd.Index
    matrix: csr_array

    def __post_init__(self) -> None:
        schema.require_index(self.index, "weights")
        matrix = csr_array(self.matrix, dtype=float, copy=True)
        n = len(self.index)
        if matrix.shape != (n, n):
            raise SchemaError("weights_shape", n=n, given=" x ".join(map(str, matrix.shape)))
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        wrong = ~np.isfinite(matrix.data) | (matrix.data < 0)
        if wrong.any():
            raise SchemaError("weights_value", given=matrix.data[wrong][0], rows=self.index[np.unique(_row_numbers(matrix)[wrong])])
        linked = matrix.diagonal() != 0
        if linked.any():
            raise SchemaError("weights_self", rows=self.index[linked])
        for part in (matrix.data, matrix.indices, matrix.indptr):
            part.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)

    @property
    def n(self) -> int:
        """Number of grids."""
        return len(self.index)

    @property
    def links(self) -> int:
        """Number of directed links: two neighbours that name each other count twice."""
        return int(self.matrix.nnz)

    @property
    def islands(self) -> pd.Index:
        """Labels of the grids that name no neighbour."""
        return self.index[np.diff(self.matrix.indptr) == 0]

    def __repr__(self) -> str:
        return f"Weights(n={self.n}, links={self.links}, islands={len(self.islands)})"


def queen(grids: gpd.GeoDataFrame) -> Weights:
    """Link grids whose polygons come within 1 m of each other.

    Parameters
    ----------
    grids
        Polygons of one tier, or units; shape (n,), any CRS. Invalid rings and overlaps are legal.

    Returns
    -------
    Weights
        Symmetric, every link 1, on the index of `grids`.

    Raises
    ------
    SchemaError
        If levels are mixed, an identifier stands twice, or a geometry is missing, empty or not a polygon.
    CRSError
        If there is no CRS.

    Notes
    -----
    Distances in the metric CRS. Overlapping and nested polygons are neighbours. Cost: one bulk query of the tree.
    """
    polygons = _polygons(grids)
    left, right = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=QUEEN_DISTANCE_M)
    return _linked(grids.index, left, right)


def knn(grids: gpd.GeoDataFrame, k: int) -> Weights:
    """Link every grid to the `k` grids whose centroids are nearest.

    Parameters
    ----------
    grids
        As for `queen`.
    k
        Neighbours per grid, from 1 to n - 1.

    Returns
    -------
    Weights
        `k` links of 1 in every row, on the index of `grids`; a neighbour need not name the grid in turn.

    Raises
    ------
    SchemaError
        As `queen`, and if `k` is out of range.
    CRSError
        If there is no CRS.

    Notes
    -----
    Planar distance between centroids in the metric CRS; among equal distances the smaller code wins, whatever the order of rows.
    """
    places = _centroids(grids)
    n = len(places)
    if n == 0:
        return _linked(grids.index, np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp))
    if not 1 <= k < n:
        raise SchemaError("k_out_of_range", most=n - 1, given=k)
    tree = cKDTree(places)
    reach = tree.query(places, k=[k + 1])[0][:, 0] * (1 + SAME_DISTANCE)
    found = tree.query_ball_point(places, reach)
    left = np.repeat(np.arange(n), [len(row) for row in found])
    right = np.concatenate([np.asarray(row, dtype=np.intp) for row in found])
    left, right = left[left != right], right[left != right]
    distance = np.hypot(*(places[left] - places[right]).T)
    rank = np.empty(n, dtype=np.intp)
    rank[schema.code_order(grids.index)] = np.arange(n)
    # Rounded to the tree's own slack, so that a grid at equal distance on either side is a tie.
    steps = np.round(distance / np.maximum(reach[left] * SAME_DISTANCE, np.finfo(float).tiny))
    order = np.lexsort((rank[right], steps, left))
    left, right = left[order], right[order]
    first = np.searchsorted(left, np.arange(n))
    nearest = np.arange(len(left)) - first[left] < k
    return _linked(grids.index, left[nearest], right[nearest])


def band(grids: gpd.GeoDataFrame, distance_m: float) -> Weights:
    """Link grids whose centroids lie within `distance_m` of each other.

    Parameters
    ----------
    grids
        As for `queen`.
    distance_m
        Greatest distance in metres, itself included; above 0.

    Returns
    -------
    Weights
        Symmetric, every link 1, on the index of `grids`; grids farther than this from all others are islands.

    Raises
    ------
    SchemaError
        As `queen`, and if `distance_m` is not above 0.
    CRSError
        If there is no CRS.
    """
    if not distance_m > 0:
        raise SchemaError("not_positive", what="distance_m", given=distance_m)
    pairs = cKDTree(_centroids(grids)).query_pairs(distance_m, output_type="ndarray")
    return _linked(grids.index, np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]]))


def as_weights(weights: object, index: pd.Index) -> Weights:
    """Return `weights` as Weights in the order of `index`.

    Parameters
    ----------
    weights
        Weights, or a libpysal Graph (anything with its `sparse` and `unique_ids`).
    index
        Labels that the rows of the result follow.

    Returns
    -------
    Weights
        The same links on `index`. Links of a grid to itself in a Graph are left out: a statistic that counts a grid among its own
        neighbours adds the link itself.

    Raises
    ------
    SchemaError
        If it is neither, or its labels are not those of `index`.
    """
    if isinstance(weights, Weights):
        labels, matrix = weights.index, weights.matrix
    elif hasattr(weights, "sparse") and hasattr(weights, "unique_ids"):
        labels, matrix = pd.Index(weights.unique_ids), _without_self(weights.sparse)
    else:
        raise SchemaError("not_weights", given=type(weights).__name__)
    schema.require_index(index, "grids")
    if labels.equals(index):
        return weights if isinstance(weights, Weights) else Weights(index, matrix)
    different = labels.symmetric_difference(index)
    if len(different):
        raise SchemaError("different_index", what="weights", rows=different)
    positions = labels.get_indexer(index)
    return Weights(index, csr_array(matrix)[positions][:, positions])


def _without_self(matrix: object) -> csr_array:
    links = coo_array(matrix)
    others = links.row != links.col
    return csr_array((links.data[others], (links.row[others], links.col[others])), shape=links.shape)


def _linked(index: pd.Index, left: np.ndarray, right: np.ndarray) -> Weights:
    others = left != right
    n = len(index)
    return Weights(index, csr_array((np.ones(int(others.sum())), (left[others], right[others])), shape=(n, n)))


def _row_numbers(matrix: csr_array) -> np.ndarray:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _polygons(grids: gpd.GeoDataFrame) -> np.ndarray:
    schema.require_frame(grids, "grids", geometry=schema.POLYGON)
    schema.require_index(grids.index, "grids")
    schema.require_one_tier(grids)
    geometries = grids.geometry.to_numpy()
    absent = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if absent.any():
        raise SchemaError("undrawn", what="grids", rows=grids.index[absent])
    if grids.empty:
        return np.empty(0, dtype=object)
    return crs.to_metric(grids).geometry.to_numpy()


def _centroids(grids: gpd.GeoDataFrame) -> np.ndarray:
    return shapely.get_coordinates(shapely.centroid(_polygons(grids))).reshape(-1, 2)
