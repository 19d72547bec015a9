"""Which rows of grids are asked for a place and which stand above them, for any rows that are in force together."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import hierarchy
from gridmap.assign.dated import Stretch
from gridmap.assign.exact import NOWHERE
from gridmap.errors import GridmapWarning
from gridmap.schema import of_kind, require_columns


@dataclass(frozen=True, eq=False)
class Tiers:
    """Grids in the order of their codes, made ready to pick rows; a code may stand in several rows.

    Parameters
    ----------
    frame
        The grids as they were given; few of its columns are read, since putting all of them in order takes longer than finding some points.
    order
        The position in `frame` of each row.

    Raises
    ------
    SchemaError
        If a level or a kind breaks the contract, or `parent` is asked for and missing.
    """

    frame: gpd.GeoDataFrame
    order: np.ndarray

    def __len__(self) -> int:
        return len(self.order)

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        """The grids with all columns."""
        return self.frame.iloc[self.order]

    @cached_property
    def codes(self) -> pd.Index:
        """The code of each row."""
        return self.frame.index[self.order]

    @cached_property
    def levels(self) -> list[int]:
        """The levels of the base grids, top first."""
        return hierarchy.levels_of(self.frame["level"], self._is_base)

    @cached_property
    def depth(self) -> np.ndarray:
        """The place of each row's level among the levels, -1 for a dedicated grid."""
        base = self._is_base
        depth = np.full(len(self), -1)
        depth[base] = np.searchsorted(self.levels, self.frame["level"].to_numpy()[base].astype(int))
        return depth[self.order]

    @cached_property
    def _is_base(self) -> np.ndarray:
        """Mark the base grids among the rows of the frame."""
        require_columns(self.frame, ("level", "kind"), "grids")
        return of_kind(self.frame, "base")

    @cached_property
    def polygons(self) -> np.ndarray:
        """The polygon of each row."""
        return self.frame.geometry.to_numpy()[self.order]

    @cached_property
    def numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """The number of each row's code and of its parent's, -1 where the parent is no code."""
        require_columns(self.frame, ("parent",), "grids")
        codes = self.codes.unique()
        return codes.get_indexer(self.codes), codes.get_indexer(self.frame["parent"])[self.order]

    def layers(self, rows: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the polygons of the dedicated and of the lowest base grids of some rows, and their positions in `rows`."""
        depth = self.depth[rows]
        parts = {"dedicated": np.flatnonzero(depth == -1), "base": np.flatnonzero(depth == depth.max(initial=0))}
        return {kind: (self.polygons[rows[part]], part) for kind, part in parts.items()}

    def above(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the lowest base grids of some rows, the row above each on every level, and those whose chain breaks off.

        Shapes (k,), (k, levels) with NOWHERE where there is none, and (broken,). Each code stands once in `rows`.
        """
        rows = rows[self.depth[rows] >= 0]
        code, parent = self.numbers
        place = np.full(len(self) + 1, NOWHERE)  # of each code in `rows`; the last for no code
        place[code[rows]] = np.arange(len(rows))
        depth = self.depth[rows]
        start = np.flatnonzero(depth == depth.max(initial=0))
        table = hierarchy.climb(place[parent[rows]], depth, start, len(self.levels))
        broken = (table[:, np.unique(depth)] < 0).any(axis=1)
        return rows[start], picked(rows, table), rows[start[broken]]


def picked(table: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Return what stands at each position, NOWHERE for NOWHERE."""
    return np.append(table, NOWHERE)[position]  # NOWHERE reads the last entry


def lines(tiers: Tiers, stretches: Iterable[Stretch], base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each point's line of grids, NOWHERE if none, and the lines: a row of the grids per base level, top first.

    Parameters
    ----------
    base
        The row of each point's lowest base grid, shape (n,).

    Warns
    -----
    GridmapWarning
        Where a chain of parents breaks off: what is summed over that level lacks those grids.

    Notes
    -----
    A line is a lowest base grid and those above it. Without periods there is one per lowest grid; with them, another one wherever a row
    above is replaced. Shapes (n,) and (lines, levels).
    """
    count = len(tiers)
    latest = np.full((count, len(tiers.levels)), NOWHERE)  # the line last seen of each row
    number = np.full(count, NOWHERE)
    line = np.full(len(base), NOWHERE, dtype=np.int32)
    broken = np.zeros(count, dtype=bool)
    found = [latest[:0]]
    made = 0
    for stretch in stretches:
        own, above, cut = tiers.above(stretch.rows)
        broken[cut] = True
        new = np.flatnonzero((number[own] == NOWHERE) | (latest[own] != above).any(axis=1))
        latest[own[new]] = above[new]
        number[own[new]] = made + np.arange(len(new))
        found.append(above[new])
        made += len(new)
        line[stretch.points] = picked(number, base[stretch.points])
    if broken.any():
        warnings.warn(GridmapWarning("broken_chain", rows=tiers.codes[broken].unique()), stacklevel=3)
    return line, np.concatenate(found)
