"""Units for tests of the partition, and what holds of a good one, told by scipy alone."""

import geopandas as gpd
import numpy as np
import pandas as pd
from conftest import square
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay


def lattice(columns: int, rows: int, households: object = 1, side: float = 100.0) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return squares `r0c0` and on, and their borders."""
    names = {(r, c): f"r{r:02d}c{c:02d}" for r in range(rows) for c in range(columns)}
    shapes = [square(c, r, side) for r, c in names]
    index = pd.Index(list(names.values()), name="unit_id")
    units = gpd.GeoDataFrame({"households": households}, index=index, geometry=shapes, crs="EPSG:4548")
    pairs = [(names[r, c], names[r + i, c + j]) for r, c in names for i, j in ((0, 1), (1, 0)) if (r + i, c + j) in names]
    edges = pd.DataFrame(pairs, columns=["left", "right"]).assign(length_m=side, price=0.0)
    return units, edges


def triangulated(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return points without geometry, linked as Delaunay (1934) does, with uneven households."""
    chance = np.random.default_rng(seed)
    corners = Delaunay(chance.random((n, 2))).simplices
    pairs = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    names = np.array([f"u{i:03d}" for i in range(n)])
    units = pd.DataFrame({"households": chance.integers(5, 30, n)}, index=pd.Index(names, name="unit_id"))
    edges = pd.DataFrame(
        {"left": names[pairs[:, 0]], "right": names[pairs[:, 1]], "length_m": chance.uniform(10, 200, len(pairs)), "price": 0.0}
    )
    return units, edges


def split_grids(assignment: pd.Series, edges: pd.DataFrame) -> list[str]:
    """Return the codes of grids that are in several pieces."""
    place = pd.Series(np.arange(len(assignment)), index=assignment.index)
    kept = edges[np.isfinite(edges["price"]) & (edges["length_m"] > 0)]
    left, right = (place[kept[side]].to_numpy() for side in ("left", "right"))
    same = assignment.to_numpy()[left] == assignment.to_numpy()[right]
    n = len(assignment)
    piece = connected_components(coo_array((np.ones(int(same.sum())), (left[same], right[same])), shape=(n, n)), directed=False)[1]
    count = pd.Series(piece, index=assignment.index).groupby(assignment).nunique()
    return list(count.index[count > 1])


def border(assignment: pd.Series, edges: pd.DataFrame) -> float:
    """Return the length of borders between grids."""
    between = assignment[edges["left"]].to_numpy() != assignment[edges["right"]].to_numpy()
    return float(edges["length_m"][between].sum())


def deviation(assignment: pd.Series, values: pd.Series) -> float:
    """Return how far the worst grid is from the mean, as a share of it."""
    sums = values.groupby(assignment).sum()
    return float((sums / sums.mean() - 1).abs().max())


def moved(assignment: pd.Series, keep: pd.Series, values: pd.Series) -> float:
    """Return what is in another grid than before."""
    return float(values[assignment != keep].sum())
