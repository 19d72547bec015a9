"""Events of a view, counted exactly: squares of a fixed lattice with the number of events in each, or the events themselves where few."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from math import floor, log2

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import GridmapError
from gridmap.maps import mercator
from gridmap.maps.categories import ranked
from gridmap.maps.geometry import Bounds
from gridmap.schema import POINT, require_columns, require_frame

BITS = 26  # squares of 0.6 m at the equator
MOST_ZOOM = 24
MOST_SQUARES = 1 << 17  # of a view; beyond them it is drawn in larger squares
WORLD_PX = 512  # side of the world at zoom 0 on the screen
NONE = np.array([0, 0, -1, -1])
ALWAYS = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)


@dataclass(frozen=True, eq=False)
class Squares:
    """Events of a view by square.

    Attributes
    ----------
    total
        How many events lie within the bounds asked for.
    depth
        The world has 2**depth squares a side.
    lon, lat
        Shape (n,): centres of the squares with events that meet the view. Squares reach beyond its border, so that the sum of `count` may
        be more than `total`.
    count
        Shape (n,): events in each square.
    category, most
        Shape (n,): the most frequent category of each square, as a position in `EventBins.names`, and how many events it has.
    """

    total: int
    depth: int
    lon: np.ndarray
    lat: np.ndarray
    count: np.ndarray
    category: np.ndarray
    most: np.ndarray


@dataclass(frozen=True, eq=False)
class Places:
    """The events of a view one by one, in the order of their rows.

    Attributes
    ----------
    total
        How many events lie within the bounds asked for: n.
    lon, lat
        Shape (n,): their places in degrees.
    category
        Shape (n,): positions in `EventBins.names`.
    row
        Shape (n,): their rows in the frame the bins were made of.
    """

    total: int
    lon: np.ndarray
    lat: np.ndarray
    category: np.ndarray
    row: np.ndarray


@dataclass(frozen=True, eq=False)
class EventBins:
    """Events sorted along a space-filling curve, ready to be counted in any view.

    Attributes
    ----------
    codes
        Shape (n,), ascending: Morton codes in the lattice of 2**26 squares a side.
    lon, lat
        Shape (n,): places in degrees (EPSG:4326).
    category
        Shape (n,): positions in `names`.
    minute
        Shape (n,): whole minutes since 1970 (UTC), the least integer where no time is known; shape (0,) for events without times.
    row
        Shape (n,): rows in the frame.
    names
        Categories in the order of their marks, see `maps.category_order`; None stands for events without one. One nameless category
        where none were asked for.
    placeless
        Rows of the frame without a place, which are in no view.
    """

    codes: np.ndarray = field(repr=False)
    lon: np.ndarray = field(repr=False)
    lat: np.ndarray = field(repr=False)
    category: np.ndarray = field(repr=False)
    minute: np.ndarray = field(repr=False)
    row: np.ndarray = field(repr=False)
    names: tuple[str | None, ...]
    placeless: int

    @classmethod
    def of(cls, events: gpd.GeoDataFrame, *, category: str | None = None, time: str | None = None) -> "EventBins":
        """Sort the events of a frame.

        Parameters
        ----------
        events
            Points in any CRS, missing and empty ones allowed.
        category
            Column whose values are counted apart.
        time
            Column of datetimes; without a zone they are taken for UTC.

        Raises
        ------
        SchemaError
            If it is no frame of points, a coordinate is infinite, or a column is missing.
        CRSError
            If there is no CRS, its datum has no published transformation to WGS 84, or a latitude or longitude is out of range.

        Notes
        -----
        One million events take half a second and 44 MB.
        """
        from gridmap.maps.compiled.morton import encoded

        require_frame(events, "events", geometry=POINT)
        require_columns(events, [name for name in (category, time) if name is not None], "events")
        xy, rows = shapely.get_coordinates(events.geometry.to_numpy(), return_index=True)
        lon, lat = mercator.degrees(events, xy, "events")
        known = np.isfinite(lon) & np.isfinite(lat)
        if not known.all():
            lon, lat, rows = lon[known], lat[known], rows[known]
        codes = encoded(*mercator.lattice(lon, lat, BITS))
        order = np.argsort(codes, kind="stable")
        rows = rows[order]
        kinds, names = _categories(events, category)
        minute = minutes(events[time])[rows] if time is not None else np.empty(0, dtype=np.int64)
        rows = rows.astype(np.int32)
        return cls(codes[order], lon[order], lat[order], kinds[rows], minute, rows, names, len(events) - len(rows))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return sum(array.nbytes for array in self._arrays)

    @cached_property
    def bounds(self) -> Bounds | None:
        """West, south, east, north in degrees, None without events."""
        if not len(self):
            return None
        return float(self.lon.min()), float(self.lat.min()), float(self.lon.max()), float(self.lat.max())

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that a view can show."""
        made = sha256(repr((self.names, self.placeless, len(self), len(self.minute))).encode())
        for array in self._arrays:
            made.update(np.ascontiguousarray(array).data)
        return made.hexdigest()

    def view(
        self,
        zoom: float,
        bounds: Bounds,
        *,
        categories: Sequence[int] | None = None,
        period: tuple[int, int] | None = None,
        bin_px: float = 16,
        most_points: int = 2000,
    ) -> Squares | Places:
        """Count the events of a view.

        Parameters
        ----------
        zoom
            Of the map, 0 to 24, where the world is 512 pixels wide at zoom 0; fractions are cut.
        bounds
            West, south, east, north in degrees, borders included.
        categories
            Count only these positions in `names`.
        period
            Count only events from the first to before the second whole minute since 1970 (UTC); those without a time are left out.
        bin_px
            Side of a square on the screen at a whole zoom, a power of two; others are rounded to one.
        most_points
            Up to so many events within the bounds are given one by one.

        Returns
        -------
        Squares or Places
            Nothing is left out: `Squares.count` sums to the events inside those squares, and `total` counts those within the bounds.

        Raises
        ------
        GridmapError
            If zoom, bounds or categories make no sense, or a period is asked of events without times.

        Notes
        -----
        The squares are those the bounds meet, or come within 0.6 m of. Cost: a few binary searches for each square on the rim of the view,
        and one pass over the events inside. A view of over 2**17 squares is given in larger ones.
        """
        from gridmap.maps.compiled import bins, morton

        box, allowed = self._asked(zoom, bounds, categories, period)
        depth, rectangle, inner = self._rectangle(zoom, box, bin_px)
        parts = bins.runs(self.codes, BITS, depth, rectangle)
        filters = (self.category, self.minute, allowed, ALWAYS if period is None else period)
        every, room = bool(period is None and allowed.all()), min(int(np.prod(rectangle[2:] - rectangle[:2] + 1)), len(self))
        codes, held, total = bins.squares(parts, self.codes, 2 * (BITS - depth), self.lon, self.lat, box, inner, *filters, every, room)
        if total <= most_points:
            found = bins.listed(parts, self.lon, self.lat, box, *filters, total)
            found = found[np.argsort(self.row[found])]
            return Places(total, self.lon[found], self.lat[found], self.category[found], self.row[found])
        column, row = morton.decoded(codes)
        lon, lat = mercator.places(column + 0.5, row + 0.5, depth)
        return Squares(total, depth, lon, lat, *held.T)

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.codes, self.lon, self.lat, self.category, self.minute, self.row

    @cached_property
    def _extent(self) -> tuple[int, int, int, int]:
        """First column and row, last column and row with events in the lattice."""
        from gridmap.maps.compiled import morton

        if not len(self):
            return 0, 0, 0, 0
        column, row = morton.decoded(self.codes)
        return int(column.min()), int(row.min()), int(column.max()), int(row.max())

    def _asked(
        self, zoom: float, bounds: Bounds, categories: Sequence[int] | None, period: tuple[int, int] | None
    ) -> tuple[Bounds, np.ndarray]:
        """Check what is asked for; return the box and which categories are counted."""
        if not 0 <= zoom <= MOST_ZOOM:  # NaN is not, either
            raise GridmapError("view_zoom", given=zoom, most=MOST_ZOOM)
        west, south, east, north = map(float, bounds)
        if not (np.isfinite([west, south, east, north]).all() and west <= east and south <= north):
            raise GridmapError("view_bounds", given=bounds)
        allowed = np.full(len(self.names), categories is None)
        if categories is not None:
            if not all(0 <= number < len(self.names) for number in categories):
                raise GridmapError("view_categories", given=list(categories)[:5], count=len(self.names))
            allowed[list(categories)] = True
        if period is not None and not len(self.minute) and len(self):
            raise GridmapError("view_period")
        return (west, south, east, north), allowed

    def _rectangle(self, zoom: float, box: Bounds, bin_px: float) -> tuple[int, np.ndarray, np.ndarray]:
        """Return the depth of the squares, and first column and row, last column and row: of those that meet the box, of those in it."""
        west, south, east, north = box
        columns, rows = mercator.lattice(np.array([west, east]), np.array([north, south]), BITS)
        edge = np.array([columns[0], rows[0], columns[1], rows[1]])
        # A step beyond on each side: rounding moves no event of the box out of the squares, and none into those wholly in it.
        grown = edge + np.array([-1, -1, 1, 1])
        meeting = np.array([*np.maximum(grown[:2], self._extent[:2]), *np.minimum(grown[2:], self._extent[2:])])
        depth = min(max(floor(zoom) + round(log2(WORLD_PX / bin_px)), 0), BITS)
        if (meeting[:2] > meeting[2:]).any():
            return depth, NONE, NONE
        while np.prod((meeting[2:] >> (BITS - depth)) - (meeting[:2] >> (BITS - depth)) + 1) > MOST_SQUARES:
            depth -= 1
        shift = BITS - depth
        inner = np.array([*(-(-(edge[:2] + 2) >> shift)), *(((edge[2:] - 1) >> shift) - 1)])
        return depth, meeting >> shift, inner


def minutes(times: pd.Series) -> np.ndarray:
    """Return datetimes as whole minutes since 1970 (UTC), the least integer where missing."""
    instants = times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz is not None else times
    return instants.to_numpy(dtype="datetime64[m]").astype(np.int64)


def _categories(events: gpd.GeoDataFrame, column: str | None) -> tuple[np.ndarray, tuple[str | None, ...]]:
    """Return the position of each row's category in the names, and these."""
    if column is None:
        return np.zeros(len(events), dtype=np.uint32), (None,)
    ranks, names = ranked(events[column])
    return ranks.astype(np.uint32), names
