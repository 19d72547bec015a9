"""Vector tiles of a layer of polygons (Mapbox Vector Tile 2.1): every grid in every tile it meets, at every zoom."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256

import geopandas as gpd
import numpy as np
import shapely

from gridmap.errors import CRSError, GridmapError, SchemaError
from gridmap.maps import mercator
from gridmap.maps.geometry import Bounds
from gridmap.maps.labels import Labels
from gridmap.maps.message import block, number
from gridmap.schema import POLYGON, require_frame

EXTENT = 4096  # units of a tile a side, eight to a pixel of the screen
BUFFER = 64  # units drawn beyond the tile: lines of its border are not seen
MOST_ZOOM = 24
BITS = 32  # squares of the layer's lattice: 1 cm at the equator
UNIT_BITS = 12  # EXTENT
TOLERANCE = 2.0  # units that a border may move: a quarter of a pixel
STYLE = "style"


@dataclass(frozen=True, eq=False)
class Tiles:
    """A layer of polygons, ready to be cut into tiles.

    Attributes
    ----------
    x, y
        Shape (n,), uint32: corners in the lattice of 2**32 squares a side, rings not closed.
    zoom
        Shape (n,), uint8: from which zoom on each corner is drawn, the same in every ring.
    rings, polygons, rows
        Where each ring begins among the corners, each polygon among the rings and each row among the polygons; each with its end.
    boxes
        Shape (m, 4): least column and row, greatest column and row; for a row without geometry the least is the greater.
    style
        Shape (m,): number of the style of each row, or shape (0,).
    name
        Name of the layer in the tiles.
    labels
        Names that the tiles carry, too, in a layer of points; None for none.
    """

    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    zoom: np.ndarray = field(repr=False)
    rings: np.ndarray = field(repr=False)
    polygons: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)
    boxes: np.ndarray = field(repr=False)
    style: np.ndarray = field(repr=False)
    name: str
    labels: Labels | None = field(default=None, repr=False)

    @classmethod
    def of(cls, layer: gpd.GeoDataFrame | gpd.GeoSeries, *, style: np.ndarray | None = None, name: str = "grids") -> "Tiles":
        """Prepare the polygons of a layer.

        Parameters
        ----------
        layer
            Polygons in any CRS; rows without a geometry are in no tile.
        style
            Whole numbers from 0 on, one a row; they become the attribute `style` of each feature.
        name
            Name of the layer in the tiles.

        Raises
        ------
        SchemaError
            If there are other geometries than polygons or infinite coordinates, or the styles do not fit the rows.
        CRSError
            If there is no CRS, its datum has no published transformation to WGS 84, or a coordinate has no place on earth.

        Notes
        -----
        100,000 grids of 48 corners take two seconds and 60 MB; nothing is kept for each zoom.
        """
        from gridmap.maps.compiled.outline import zooms

        frame = gpd.GeoDataFrame(geometry=layer.geometry)
        require_frame(frame, name, geometry=POLYGON)
        xy, rings, polygons, rows = _ragged(frame.geometry.to_numpy())
        lon, lat = mercator.degrees(frame, xy, name)
        if not (np.isfinite(lon) & np.isfinite(lat)).all():
            raise CRSError("no_place_in_crs", target="WGS 84", given=name)
        column, row = mercator.lattice(lon, lat, BITS)
        x, y, rings = _open(column.astype(np.uint32), row.astype(np.uint32), rings)
        squares = np.array([(TOLERANCE * 2.0 ** (BITS - UNIT_BITS - zoom)) ** 2 for zoom in range(MOST_ZOOM + 1)])
        corners = rings[polygons[rows]]
        made = cls(x, y, zooms(x, y, rings, squares), rings, polygons, rows, _boxes(x, y, corners), np.empty(0, dtype=np.int64), name)
        return made if style is None else made.styled(style)

    def styled(self, style: np.ndarray) -> "Tiles":
        """Return the same polygons with other styles; they share the geometry."""
        given = np.asarray(style)
        if given.shape != (len(self),) or (len(given) and (given.dtype.kind not in "iu" or given.min() < 0)):
            raise SchemaError("tile_styles", given=f"{given.shape} {given.dtype}", count=len(self))
        return replace(self, style=given.astype(np.int64))

    def labelled(self, texts: Sequence[str | None], places: tuple[np.ndarray, np.ndarray]) -> "Tiles":
        """Return the same polygons with a name each, at longitudes and latitudes; parameters as in `Labels.of`."""
        return replace(self, labels=Labels.of(texts, places, self.boxes, BITS))

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return sum(array.nbytes for array in self._arrays) + (0 if self.labels is None else self.labels.nbytes)

    @cached_property
    def bounds(self) -> Bounds | None:
        """West, south, east, north in degrees, None without any geometry."""
        if not len(self.x):
            return None
        column, row = np.array([self.x.min(), self.x.max()], dtype=float), np.array([self.y.max(), self.y.min()], dtype=float)
        (west, east), (south, north) = mercator.places(column, row, BITS)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that a tile can show."""
        made = sha256(repr((self.name, len(self), len(self.style))).encode())
        for array in self._arrays:
            made.update(np.ascontiguousarray(array).data)
        if self.labels is not None:
            made.update(repr(self.labels.texts).encode())
            for array in (self.labels.column, self.labels.line, self.labels.zoom, self.labels.row):
                made.update(np.ascontiguousarray(array).data)
        return made.hexdigest()

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return one tile, without bytes if nothing meets it.

        Parameters
        ----------
        z, x, y
            Zoom from 0 to 24, column from the west, row from the north.

        Raises
        ------
        GridmapError
            If there is no such tile.

        Notes
        -----
        A feature's number is its row. Grids that are too small to be seen are squares of one unit, so that none is missing. A feature is
        in the tile if its simplified polygon meets the square of the tile with its buffer. Cost: one look at each row, and one at each
        corner of those within, while other threads run.
        """
        from gridmap.maps.compiled.encode import features

        if not (0 <= z <= MOST_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
            raise GridmapError("no_tile", given=f"{z}/{x}/{y}", most=MOST_ZOOM)
        frame = (z, BITS - UNIT_BITS - z, x << UNIT_BITS, y << UNIT_BITS)
        square = (-BUFFER, EXTENT + BUFFER)
        ranks, values = self._styles
        layer = (self.x, self.y, self.zoom, self.rings, self.polygons, self.rows, self.boxes)
        found, order = features(*layer, ranks, len(values), frame, square, self._room)
        written = _tile(self.name, found, values[order].tolist())
        return written if self.labels is None else written + self.labels.tile(z, x, y, UNIT_BITS)

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.x, self.y, self.zoom, self.rings, self.polygons, self.rows, self.boxes, self.style

    @cached_property
    def _styles(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the rank of each row's style, and the styles."""
        values, ranks = np.unique(self.style, return_inverse=True)
        return ranks, values

    @cached_property
    def _room(self) -> tuple[int, int]:
        """Return the corners of the longest ring, and the bytes of the largest feature: clipping makes six corners of one at most."""
        longest = int(np.diff(self.rings).max(initial=0))
        corners = int(np.diff(self.rings[self.polygons[self.rows]]).max(initial=0))
        rings = int(np.diff(self.polygons[self.rows]).max(initial=0))
        return longest, 4 * 6 * corners + (4 * 16 + 8) * rings + 64


def _ragged(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return all coordinates (n, 2), and where each ring begins among them, each polygon among the rings, each row among the polygons."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, owner = parts[filled], owner[filled]
    rows = np.searchsorted(owner, np.arange(len(shapes) + 1))
    if not len(parts):
        return np.empty((0, 2)), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), rows
    _, xy, (rings, polygons) = shapely.to_ragged_array(parts, include_z=False)
    return xy, rings.astype(np.int64), polygons.astype(np.int64), rows.astype(np.int64)


def _open(x: np.ndarray, y: np.ndarray, rings: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leave out every corner at the same place as the one before it in its ring, first of all the one that closes it."""
    kept = np.ones(len(x), dtype=bool)
    kept[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    kept[rings[:-1]] = False  # it stands once more at the end
    return x[kept], y[kept], np.concatenate([[0], np.cumsum(kept)])[rings]


def _boxes(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return the box around the corners of each row."""
    boxes = np.tile(np.array([1, 1, 0, 0], dtype=np.int64), (len(corners) - 1, 1))
    filled = corners[:-1] < corners[1:]
    if filled.any():
        begins = corners[:-1][filled]
        reduced = [function.reduceat(values, begins) for function, values in zip(_REDUCED, (x, y, x, y), strict=True)]
        boxes[filled] = np.stack(reduced, axis=1)
    return boxes


_REDUCED = (np.minimum, np.minimum, np.maximum, np.maximum)


def _tile(name: str, features: np.ndarray, styles: list[int]) -> bytes:
    """Return the message of a tile of one layer, version 2."""
    if not len(features):
        return b""
    head = block(1, name.encode()) + (block(3, STYLE.encode()) if styles else b"")
    values = b"".join(block(4, b"\x28" + number(style)) for style in styles)
    tail = b"\x28" + number(EXTENT) + b"\x78\x02"
    length = len(head) + len(features) + len(values) + len(tail)
    return b"".join([b"\x1a", number(length), head, features.tobytes(), values, tail])
