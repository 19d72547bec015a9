"""The project the server was started with, and the grid of each of its events."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gridmap import assign, crs, store
from gridmap.errors import CRSError, FileError

PROJECT_VARIABLE = "GRIDMAP_PROJECT"
LOCAL = ("localhost", "127.0.0.1")


def project() -> Path | None:
    """Return the project file, or None where the server was started without."""
    path = os.environ.get(PROJECT_VARIABLE)
    return Path(path) if path else None


@dataclass(frozen=True)
class _Kept:
    mark: tuple[object, ...]
    crs: object
    index: assign.Index | None


class Grids:
    """The grids of a project, made ready once for every change of their table."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    def of(self, events: gpd.GeoDataFrame) -> list[str | None]:
        """Return the code of each event's grid, a dedicated one before the lowest base grid; None outside every grid or without a place."""
        kept = self._current()
        if kept.index is None or events.empty:
            return [None] * len(events)
        shapes = crs.transform(events.geometry, kept.crs).to_numpy()  # type: ignore[arg-type]
        found = kept.index.lookup(shapely.get_x(shapes), shapely.get_y(shapes))
        codes = kept.index.codes.to_numpy(dtype=object)
        return [None if position < 0 else str(codes[position]) for position in found]

    def _current(self) -> _Kept:
        with self._lock:
            mark = (store.version(self._path).opening, store.last_change(self._path, "grids"))
            if self._kept is None or self._kept.mark != mark:
                grids = self._read() if mark[1] else None
                if grids is None or grids.empty:
                    self._kept = _Kept(mark, None, None)
                else:
                    self._kept = _Kept(mark, grids.crs, assign.Index(grids))
            return self._kept

    def _read(self) -> gpd.GeoDataFrame | None:
        try:
            return store.read_project(self._path).grids
        except (FileError, CRSError):
            return None  # events are told all the same


def degrees(events: gpd.GeoDataFrame) -> np.ndarray:
    """Return longitude and latitude of each event to seven decimals (a centimetre), NaN where there is no place."""
    shapes = crs.transform(events.geometry, "EPSG:4326").to_numpy()
    return np.round(np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)]), 7)
