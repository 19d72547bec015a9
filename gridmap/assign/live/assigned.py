"""Points with their grids, kept right while boundaries move."""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from gridmap.assign.exact import NOWHERE
from gridmap.assign.index import Index
from gridmap.assign.places import coordinates, places

CHANGE = pd.Index(["old", "new"])  # made once: from texts pandas takes longer than for the rest of a small frame


class Assigned:
    """Points and the grid that owns each; after a change only the points about the borders that moved are looked up again.

    Parameters
    ----------
    points
        Points, shape (n,), in the CRS of the grids. The frame is not kept: later changes do not show.
    grids
        As in `to_grids`, or an `Index` of them.

    Raises
    ------
    CRSError, SchemaError
        As `to_grids`.

    Notes
    -----
    Cost: that of `to_grids`, and the points sorted by the tiles of the index's table.

    Examples
    --------
    >>> assigned = Assigned(events, grids)  # doctest: +SKIP
    >>> assigned.update(moved)  # doctest: +SKIP
               old      new
    e00017  370101   370102
    >>> assigned.owner  # doctest: +SKIP
    """

    def __init__(self, points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | Index) -> None:
        self.index = grids if isinstance(grids, Index) else Index(grids)
        self._x, self._y = coordinates(places(points, self.index.grids))
        self._rows = points.index
        self._position = self.index.lookup(self._x, self._y)
        self._sort()

    def __repr__(self) -> str:
        return f"Assigned({len(self._rows)} points, {self.index!r})"

    @property
    def owner(self) -> pd.Series:
        """The code of the grid that owns each point, as `to_grids` gives it."""
        return pd.Series(_codes(self.index, self._position), index=self._rows, name="grid")

    def update(self, changed: gpd.GeoDataFrame, *, gone: Collection[str] = ()) -> pd.DataFrame:
        """Move boundaries, and return the points that change hands.

        Parameters
        ----------
        changed, gone
            As in `Index.update`.

        Returns
        -------
        DataFrame
            Grid codes `old` and `new` of these points, NA for none, on their index.

        Raises
        ------
        CRSError, SchemaError
            As `Index.update`; then nothing is changed.
        """
        before = self.index
        index, tiles = before._updated(changed, gone)
        rows = None if tiles is None else self._within(tiles)
        here = slice(None) if rows is None else rows
        was, now = self._position[here], index.lookup(self._x[here], self._y[here])
        same = was == now
        if tiles is None:
            to = np.append(index.codes.get_indexer(before.codes), NOWHERE)
            same = (to[was] == now) & ((was == NOWHERE) == (now == NOWHERE))
        place = np.flatnonzero(~same)
        hands = self._rows[place if rows is None else rows[place]]
        moved = pd.DataFrame({0: _codes(before, was[place]), 1: _codes(index, now[place])}, index=hands, copy=False)
        moved.columns = CHANGE
        self._position[here] = now
        self.index = index
        if tiles is None:
            self._sort()
        return moved

    def _sort(self) -> None:
        """Sort the points by tile."""
        tile = self.index.tiles(self._x, self._y)
        self._order = np.argsort(tile, kind="stable")
        self._begin = np.append(0, np.cumsum(np.bincount(tile)))

    def _within(self, tiles: np.ndarray) -> np.ndarray:
        """Return the rows of the points in some tiles."""
        tiles = tiles[tiles < len(self._begin) - 1]
        parts = [self._order[self._begin[tile] : self._begin[tile + 1]] for tile in tiles]
        return np.sort(np.concatenate(parts)) if parts else self._order[:0]


def _codes(index: Index, position: np.ndarray) -> ExtensionArray:
    return index.codes.array.take(position, allow_fill=True)
