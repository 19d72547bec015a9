"""The project the server was started with, and the grid of each of its events."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import shapely

from gridmap import assign, crs, store
from gridmap.errors import CRSError, FileError

PROJECT_VARIABLE = "GRIDMAP_PROJECT"
LOCAL = ("localhost", "127.0.0.1")
OPEN = "open"
CLOSED = frozenset({"archived"})  # what is not open


def project() -> store.Address | None:
    """Return the server's project, or None where it was started without."""
    named = os.environ.get(PROJECT_VARIABLE)
    return store.address(named) if named else None


@dataclass(frozen=True)
class _Kept:
    mark: tuple[object, ...]
    crs: object
    index: assign.Index | None
    names: dict[str, str]


class Grids:
    """The grids of a project, made ready once for every change of their table."""

    def __init__(self, project: store.Address) -> None:
        self._project = project
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    def of(self, events: gpd.GeoDataFrame) -> list[str | None]:
        """Return the code of each event's grid, a dedicated one before the lowest base grid; None outside every grid or without a place."""
        dedicated, base = self.both(events)
        return [own or under for own, under in zip(dedicated, base, strict=True)]

    def both(self, events: gpd.GeoDataFrame) -> tuple[list[str | None], list[str | None]]:
        """Return the codes of the dedicated and of the lowest base grid at each event, None where there is none."""
        kept = self._current()
        if kept.index is None or events.empty:
            return [None] * len(events), [None] * len(events)
        shapes = crs.transform(events.geometry, kept.crs).to_numpy()  # type: ignore[arg-type]
        found = kept.index.locate(shapely.get_x(shapes), shapely.get_y(shapes))
        codes = kept.index.codes.to_numpy(dtype=object)
        dedicated, base = ([None if position < 0 else str(codes[position]) for position in positions] for positions in found)
        return dedicated, base

    def names(self, codes: Sequence[str | None]) -> list[str | None]:
        """Return the name of each grid, None where it has none."""
        known = self._current().names
        return [None if code is None else known.get(code) for code in codes]

    @property
    def mark(self) -> tuple[object, ...]:
        """What changes with the table of grids."""
        return (store.version(self._project).opening, store.last_changes(self._project).get("grids", ""))

    def _current(self) -> _Kept:
        with self._lock:
            mark = self.mark
            if self._kept is None or self._kept.mark != mark:
                grids = self._read() if mark[1] else None
                if grids is None or grids.empty:
                    self._kept = _Kept(mark, None, None, {})
                else:
                    self._kept = _Kept(mark, grids.crs, assign.Index(grids), _names(grids))
            return self._kept

    def _read(self) -> gpd.GeoDataFrame | None:
        try:
            return store.read_project(self._project, without_rows=("events",)).grids
        except (FileError, CRSError):
            return None  # events are told all the same


def _names(grids: gpd.GeoDataFrame) -> dict[str, str]:
    named = grids["name"].dropna() if "name" in grids else grids.iloc[:0].index.to_series()
    return {str(code): str(name) for code, name in zip(named.index, named, strict=True)}


@cache
def grids(project: store.Address) -> Grids:
    """Return the grids of a project, the same for all who ask."""
    return Grids(project)


def degrees(events: gpd.GeoDataFrame) -> np.ndarray:
    """Return longitude and latitude of each event to seven decimals (a centimetre), NaN where there is no place."""
    shapes = crs.transform(events.geometry, "EPSG:4326").to_numpy()
    return np.round(np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)]), 7)
