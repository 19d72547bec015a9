"""The grids as a worker holds them: the index, and every column of the output by position. Pure: arrays in, arrays out."""

import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely

from gridmap import assign, hierarchy
from gridmap.errors import GridmapWarning

NOWHERE = -1


@dataclass(frozen=True)
class Layer:
    """Grids ready for many points.

    Parameters
    ----------
    index
        Dedicated grids and the lowest base tier.
    codes
        The grid codes in order.
    above
        Column name `level_k` -> position in `codes` of the grid on that level over each grid of the lowest tier, by the latter's position;
        NOWHERE where there is none, and at the end.
    """

    index: assign.Index
    codes: pa.Array
    above: dict[str, np.ndarray]

    @property
    def names(self) -> list[str]:
        """The columns of the output beyond those of the input."""
        return ["grid", *self.above, "dedicated"]


def layer(index: assign.Index) -> Layer:
    """Return the layer of an index. A broken chain of parents is not said here: whoever plans the run says it once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridmapWarning)
        table = hierarchy.ancestors(index.grids)
    lowest = index.codes.get_indexer(table.index)
    above = {}
    for name in table.columns:
        above[str(name)] = np.full(len(index.codes) + 1, NOWHERE, dtype=np.int32)
        above[str(name)][lowest] = index.codes.get_indexer(table[name])
    return Layer(index, pa.array(index.codes.to_series()), above)


def chain(x: np.ndarray, y: np.ndarray, grids: Layer, *, max_distance_m: float = 0.0) -> dict[str, np.ndarray]:
    """Return positions in the codes for every name of `grids.names`, as `assign.chain` gives the codes; NOWHERE where there is none.

    Parameters
    ----------
    x, y
        Coordinates in the CRS of the grids, shape (n,), NaN where a row has none.
    max_distance_m
        As in `assign.to_grids`.
    """
    dedicated, base = grids.index.locate(x, y, threads=1)
    if max_distance_m > 0:
        _add_nearest(base, x, y, np.flatnonzero((dedicated == NOWHERE) & (base == NOWHERE) & np.isfinite(x)), grids, max_distance_m)
    upper = {name: above[base] for name, above in grids.above.items()}  # NOWHERE reads the last entry
    return {"grid": np.where(dedicated == NOWHERE, base, dedicated), **upper, "dedicated": dedicated}


def _add_nearest(base: np.ndarray, x: np.ndarray, y: np.ndarray, rows: np.ndarray, grids: Layer, max_distance_m: float) -> None:
    points = gpd.GeoDataFrame(geometry=shapely.points(x[rows], y[rows]), crs=grids.index.grids.crs)
    owner = assign.to_grids(points, grids.index, max_distance_m=max_distance_m)
    base[rows] = grids.index.codes.get_indexer(owner)


def coded(codes: pa.Array, position: np.ndarray) -> pa.DictionaryArray:
    """Return the codes at some positions as a dictionary of those that occur, in order, and a number per row; null at NOWHERE.

    Notes
    -----
    Cost: numbers alone; no text is made per row.
    """
    occurs = np.zeros(len(codes) + 1, dtype=bool)
    occurs[position] = True
    used = np.flatnonzero(occurs[:NOWHERE])  # NOWHERE marks the last entry
    place = np.zeros(len(codes) + 1, dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(place[position], mask=position == NOWHERE), codes.take(pa.array(used)))
