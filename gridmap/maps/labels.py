"""Names of the polygons of a layer as points of its vector tiles, each from the zoom on at which its polygon is wide enough for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely

from gridmap.errors import SchemaError
from gridmap.maps import mercator
from gridmap.maps.message import block, number, zigzag

NAME = "labels"  # of the layer in the tiles
TEXT = "t"
LETTER_PX = 9  # less than a letter of 12 pixels: a name may stand over its border
MOST_LETTERS = 8  # a line of a name; longer ones are broken
WORLD_PX = 512  # side of the world at zoom 0 on the screen
POINT, MOVE = 1, 1


@dataclass(frozen=True, eq=False)
class Labels:
    """Names at their places, those of the largest polygons first.

    Attributes
    ----------
    column, line
        Shape (n,): places in the lattice of 2**bits squares a side.
    zoom
        Shape (n,): first zoom of the tiles that carry each.
    row
        Shape (n,): rows of the layer.
    texts
        n names.
    bits
        Depth of the lattice.
    """

    column: np.ndarray = field(repr=False)
    line: np.ndarray = field(repr=False)
    zoom: np.ndarray = field(repr=False)
    row: np.ndarray = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)
    bits: int

    @classmethod
    def of(cls, texts: Sequence[str | None], places: tuple[np.ndarray, np.ndarray], boxes: np.ndarray, bits: int) -> "Labels":
        """Place names.

        Parameters
        ----------
        texts
            A name for each row, None or "" for none.
        places
            Longitudes and latitudes, each of shape (rows,); NaN where a row has no place, and then no name.
        boxes
            Shape (rows, 4): least column and row, greatest column and row of each polygon in the lattice.
        bits
            The lattice has 2**bits squares a side.

        Raises
        ------
        SchemaError
            If there are not as many names as rows.
        """
        if len(texts) != len(boxes):
            raise SchemaError("tile_labels", given=len(texts), count=len(boxes))
        lengths = np.array([len(text or "") for text in texts], dtype=np.int64)
        lon, lat = places
        rows = np.flatnonzero((lengths > 0) & np.isfinite(lon) & np.isfinite(lat))
        wide, high = (np.maximum(boxes[rows, end] - boxes[rows, end - 2], 1).astype(float) for end in (2, 3))
        needed = np.minimum(lengths[rows], MOST_LETTERS) * LETTER_PX / WORLD_PX * 2.0**bits / wide
        first = np.clip(np.ceil(np.log2(needed) - 1), 0, bits).astype(np.int64)
        order = np.argsort(-wide * high, kind="stable")
        rows = rows[order]
        column, line = mercator.lattice(lon[rows], lat[rows], bits)
        return cls(column, line, first[order], rows, tuple(texts[row] or "" for row in rows.tolist()), bits)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held, about."""
        return 4 * self.column.nbytes + sum(map(len, self.texts)) * 4

    def tile(self, z: int, x: int, y: int, unit_bits: int) -> bytes:
        """Return the names of one tile, whose side has 2**unit_bits units, as a layer of the Mapbox Vector Tile Specification 2.1."""
        coarser = self.bits - z
        found = np.flatnonzero((self.zoom <= z) & (self.column >> coarser == x) & (self.line >> coarser == y))
        if not len(found):
            return b""
        shift = coarser - unit_bits
        units = [_units(values[found], part, unit_bits, shift) for values, part in ((self.column, x), (self.line, y))]
        written = [
            _feature(int(self.row[label]), place, int(across), int(down))
            for place, (label, across, down) in enumerate(zip(found, *units, strict=True))
        ]
        values = [block(4, block(1, self.texts[label].encode("utf-8", "replace"))) for label in found]
        tail = number(5 << 3) + number(1 << unit_bits) + number(15 << 3) + number(2)
        return block(3, b"".join([block(1, NAME.encode()), *written, block(3, TEXT.encode()), *values, tail]))


def inner_places(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of a place inside each polygon, NaN for a row without one."""
    shapes = layer.geometry.to_numpy()
    points = shapely.point_on_surface(shapely.force_2d(shapes))
    xy = np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1)  # NaN of empty and missing points
    known = np.isfinite(xy).all(axis=1)
    lon, lat = np.full(len(xy), np.nan), np.full(len(xy), np.nan)
    if known.any():
        lon[known], lat[known] = mercator.degrees(layer, xy[known], "grids")
    return lon, lat


def _units(values: np.ndarray, tile: int, unit_bits: int, shift: int) -> np.ndarray:
    """Return places of the lattice in units of a tile."""
    units = values >> shift if shift >= 0 else values << -shift
    return units - (tile << unit_bits)


def _feature(row: int, value: int, across: int, down: int) -> bytes:
    tags = block(2, number(0) + number(value))
    shape = block(4, number(MOVE | 1 << 3) + number(zigzag(across)) + number(zigzag(down)))
    return block(2, number(1 << 3) + number(row) + tags + number(3 << 3) + number(POINT) + shape)
