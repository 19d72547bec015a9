"""Getis-Ord Gi*: grids whose neighbourhood, themselves included, holds more or fewer events than chance."""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from gridmap import adjacency, schema
from gridmap.errors import SchemaError
from gridmap.hotspot.permutations import draw_others

CLASSES = ("hot_99", "hot_95", "hot_90", "none", "cold_90", "cold_95", "cold_99")
LIMITS = (0.01, 0.05, 0.10)  # of q, for 99, 95 and 90 %
ROUNDING = 1e-9  # relative; sums equal on paper differ by this in floating point


def gi_star(
    counts: pd.Series,
    grids: gpd.GeoDataFrame,
    *,
    weights: object | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Find grids whose neighbourhood holds more events than chance.

    Parameters
    ----------
    counts
        Events (or any figure) per grid, shape (n,), indexed by grid code in any order, finite, no NA.
    grids
        Grids of one tier, or units, with the same codes; their polygons matter only where `weights` is None.
    weights
        adjacency.Weights or a libpysal Graph on the same codes; neighbours within 1 m (`adjacency.queen`) when None.
    permutations
        Permutations per grid for `p_sim`; 0 leaves it NaN.
    seed
        Seed of the permutations.

    Returns
    -------
    DataFrame
        Shape (n, 5) on the index of `counts`: `z` (no unit), `p` (two-sided, normal), `p_sim` (two-sided), `q` (Benjamini-Hochberg of
        `p`), `class` by `q`: hot_99, hot_95, hot_90, none, cold_90, cold_95 or cold_99.

    Raises
    ------
    SchemaError
        If the two indexes differ, a value is missing or infinite, `permutations` is negative, or the weights do not fit.
    CRSError
        If `grids` has no CRS and neighbours must be found.

    Notes
    -----
    A grid is its own neighbour with the largest weight of its row (1 with neighbours by contact, and on an island), so that scaling a
    row of weights changes nothing. Where all counts are equal, or the neighbourhood is the whole layer, no grid can stand out: z is 0
    and every p is 1. `p_sim` keeps the grid's own count in place and draws its neighbours' from all other grids, anew for every grid;
    the smaller tail, ties in both, is doubled: 2 (1 + extreme draws) / (1 + permutations), at most 1. Results do not depend on the
    order of rows. CRS: any. Cost: permutations x links.
    Source: Ord & Getis (1995), Geographical Analysis 27(4), eq. 14; Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57(1).
    """
    schema.require_index(grids.index, "grids")
    schema.require_index(counts.index, "counts")
    different = counts.index.symmetric_difference(grids.index)
    if len(different):
        raise SchemaError("different_index", what="counts", rows=different)
    if permutations < 0:
        raise SchemaError("negative", what="permutations", given=permutations)
    known = adjacency.queen(grids) if weights is None else weights
    codes = grids.index[schema.code_order(grids.index)]  # one order, whatever the order of rows
    values = _values(counts).reindex(codes).to_numpy()
    star = _with_self(adjacency.as_weights(known, codes).matrix)
    z = _z(values, star)
    p = 2 * ndtr(-np.abs(z))
    q = false_discovery_control(p) if len(p) else p
    figures = {"z": z, "p": p, "p_sim": _p_sim(values, star, permutations, seed), "q": q, "class": _classes(z, q)}
    return pd.DataFrame(figures, index=codes).reindex(counts.index)


def _values(counts: pd.Series) -> pd.Series:
    values = pd.Series(counts.to_numpy(dtype=float, na_value=np.nan), index=counts.index)
    unusable = ~np.isfinite(values)
    if unusable.any():
        raise SchemaError("no_figure", what="counts", rows=counts.index[unusable])
    return values


def _with_self(matrix: csr_array) -> csr_array:
    largest = matrix.max(axis=1).toarray().ravel() if matrix.nnz else np.zeros(matrix.shape[0])
    return csr_array(matrix + diags_array(np.where(largest > 0, largest, 1.0)))


def _z(values: np.ndarray, star: csr_array) -> np.ndarray:
    """Return (sum w x - mean sum w) / (s sqrt((n sum w2 - (sum w)2) / (n - 1))), 0 where the divisor is 0."""
    n = len(values)
    if n < 2 or values.max() == values.min():
        return np.zeros(n)
    scaled = (values - values.mean()) / np.abs(values - values.mean()).max()
    total, squares = star.sum(axis=1), star.power(2).sum(axis=1)
    spread = (n * squares - total**2) / (n - 1)
    free = spread > ROUNDING * squares
    divisor = np.sqrt(np.where(free, spread, 1.0)) * scaled.std()
    return np.where(free, (star @ scaled - scaled.mean() * total) / divisor, 0.0)


def _p_sim(values: np.ndarray, star: csr_array, permutations: int, seed: int) -> np.ndarray:
    n = len(values)
    if permutations == 0:
        return np.full(n, np.nan)
    observed = star @ values
    slack = ROUNDING * np.abs(values).max(initial=0.0) * star.sum(axis=1)
    result = np.empty(n)
    for own in range(n):
        row = slice(star.indptr[own], star.indptr[own + 1])
        other = star.indices[row] != own
        weights = star.data[row][other]
        own_part = observed[own] - weights @ values[star.indices[row][other]]
        random = np.random.default_rng([seed, own])
        drawn = own_part + draw_others(values, own, len(weights), permutations, random) @ weights
        high = (drawn >= observed[own] - slack[own]).sum()
        low = (drawn <= observed[own] + slack[own]).sum()
        result[own] = min(1.0, 2 * (1 + min(high, low)) / (1 + permutations))
    return result


def _classes(z: np.ndarray, q: np.ndarray) -> np.ndarray:
    names = np.array(CLASSES, dtype=object)
    step = np.searchsorted(LIMITS, q, side="right")  # 0 below 0.01 ... 3 at 0.10 and above
    return names[np.where(z > 0, step, len(CLASSES) - 1 - step)]
