"""What large layers know of their rows and a map asks for: the cards of a few, and the places and numbers of all for a selection.

Both are kept under the hash of their content, like the tiles (`big`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import maps
from gridmap.errors import GridmapError
from gridmap.maps.geometry import PRECISION
from gridmap.maps.layer import Cell

MOST_ROWS = 2_000  # of one question: as many events as are drawn one by one
EVENT_BYTES = 400  # of a row in memory, about


class Said(Protocol):
    """What can be asked about the rows of a layer."""

    @property
    def fingerprint(self) -> str:
        """Hash of every answer."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory held, about."""

    def cards(self, rows: Sequence[int]) -> dict:
        """Return `fields` and `columns` of the cards of some rows, as in `maps.Layer`."""

    def anchors(self) -> dict:
        """Return what a selection needs of all rows."""


@dataclass(frozen=True, eq=False)
class GridRows:
    """The rows of a layer of polygons.

    Attributes
    ----------
    fields, columns
        Cards: a heading for each column, and a text for each row.
    style
        Shape (n,): number of the style of each row.
    lon, lat
        Shape (n,): a place inside each polygon, NaN for a row without one.
    totals
        Heading -> n numbers that a selection sums.
    """

    fields: tuple[str, ...]
    columns: tuple[Sequence[Cell], ...] = field(repr=False)
    style: np.ndarray = field(repr=False)
    lon: np.ndarray = field(repr=False)
    lat: np.ndarray = field(repr=False)
    totals: Mapping[str, Sequence[float | None]] = field(repr=False)

    def with_totals(self, further: Mapping[str, Sequence[float | None]]) -> "GridRows":
        """Return the same rows with further numbers."""
        return replace(self, totals={**self.totals, **further})

    @cached_property
    def fingerprint(self) -> str:
        """Hash of every answer."""
        made = sha256(json.dumps([self.fields, self.columns, self.totals]).encode())
        for array in (self.style, self.lon, self.lat):
            made.update(np.ascontiguousarray(array).data)
        return made.hexdigest()

    @property
    def nbytes(self) -> int:
        """Bytes of memory held, about."""
        return len(self.style) * (24 + 70 * len(self.columns) + 32 * len(self.totals))

    def cards(self, rows: Sequence[int]) -> dict:
        """Return the cards of rows, in their order."""
        _require_rows(rows, len(self.style))
        return {"fields": list(self.fields), "columns": [[column[row] for row in rows] for column in self.columns]}

    def anchors(self) -> dict:
        """Return the places as steps in millionths of a degree, the rows `without` one, `style` and `totals`."""
        known = np.isfinite(self.lon) & np.isfinite(self.lat)
        at = np.rint(np.where(known, np.stack([self.lon, self.lat]), 0.0).T * PRECISION).astype(np.int64)
        steps = np.diff(at, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
        without = np.flatnonzero(~known)
        return {"at": steps.ravel().tolist(), "without": without.tolist(), "style": self.style.tolist(), "totals": dict(self.totals)}


@dataclass(frozen=True, eq=False)
class EventRows:
    """The rows of a table of events.

    Attributes
    ----------
    events
        The events, as `maps.events_layer` takes them.
    drawn
        Returns the layer of some of them.
    about
        What else their cards depend on: the language.
    """

    events: gpd.GeoDataFrame = field(repr=False)
    drawn: Callable[[gpd.GeoDataFrame], maps.Layer] = field(repr=False)
    about: str

    @cached_property
    def fingerprint(self) -> str:
        """Hash of every answer."""
        told = pd.DataFrame(self.events.drop(columns=self.events.geometry.name))
        made = sha256(repr((self.about, len(told), list(told.columns))).encode())
        made.update(pd.util.hash_pandas_object(told).to_numpy().tobytes())
        made.update(np.ascontiguousarray(self.events.geometry.x.to_numpy()).data)
        made.update(np.ascontiguousarray(self.events.geometry.y.to_numpy()).data)
        return made.hexdigest()

    @property
    def nbytes(self) -> int:
        """Bytes of memory held, about."""
        return EVENT_BYTES * len(self.events)

    def cards(self, rows: Sequence[int]) -> dict:
        """Return a card for each place of the rows: the event itself, or the list of those there."""
        _require_rows(rows, len(self.events))
        data = self.drawn(self.events.iloc[list(rows)]).data
        return {"fields": data["fields"], "columns": data["columns"]}

    def anchors(self) -> dict:
        """Refuse: events are not selected by areas."""
        raise GridmapError("bad_query", what="key", given="events")


def _require_rows(rows: Sequence[int], count: int) -> None:
    """Raise GridmapError unless these are some rows of so many."""
    if not 0 < len(rows) <= MOST_ROWS or not all(0 <= row < count for row in rows):
        raise GridmapError("bad_query", what="rows", given=list(rows)[:5])
