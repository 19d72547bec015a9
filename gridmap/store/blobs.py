"""Geometry as a GeoPackage keeps it, and the five functions its R-tree triggers call. Source: OGC 12-128r18, clause 2.1.3 and annex F.3."""

import math
import sqlite3
import struct
from collections.abc import Callable

import numpy as np
import shapely

Box = tuple[float, float, float, float]

_HEADER = struct.Struct("<2sBBi")
_MAGIC = b"GP"
_LITTLE, _EMPTY = 0b0000_0001, 0b0001_0000
_DOUBLES = (0, 4, 6, 6, 8)  # of the envelope, by its kind in bits 1 to 3 of the flags
_POINT = struct.Struct("<2sBBiBIdd")


def points(x: np.ndarray, y: np.ndarray, srs_id: int) -> list[bytes | None]:
    """Return points as blobs, None where a coordinate is missing; without an envelope, as GDAL writes points."""
    present = ~(np.isnan(x) | np.isnan(y))
    pack = _POINT.pack
    pairs = zip(x.tolist(), y.tolist(), present.tolist(), strict=True)
    return [pack(_MAGIC, 0, _LITTLE, srs_id, 1, 1, east, north) if given else None for east, north, given in pairs]


def shapes(blobs: list[bytes | None]) -> np.ndarray:
    """Return the geometries of blobs, two-dimensional; None where there is none or it is empty."""
    drawn = shapely.from_wkb(np.array([None if blob is None else _wkb(blob) for blob in blobs], dtype=object))
    flat = np.asarray(shapely.force_2d(drawn), dtype=object)
    flat[shapely.is_empty(flat)] = None
    return flat


def _order(blob: bytes) -> str:
    return "<" if blob[3] & _LITTLE else ">"


def _wkb(blob: bytes) -> bytes:
    return blob[_HEADER.size + 8 * _DOUBLES[blob[3] >> 1 & 7] :]


def box(blob: bytes) -> Box | None:
    """Return x least and most, y least and most, from the envelope where there is one; None where it is empty or none of a GeoPackage's."""
    if len(blob) < _HEADER.size or blob[:2] != _MAGIC or (blob[3] >> 1 & 7) >= len(_DOUBLES):
        return None
    if blob[3] & _EMPTY:
        return None
    if blob[3] >> 1 & 7:
        west, east, south, north = struct.unpack_from(f"{_order(blob)}4d", blob, _HEADER.size)
    else:
        west, south, east, north = map(float, shapely.bounds(shapely.from_wkb(_wkb(blob), on_invalid="ignore")))
    return None if math.isnan(west) else (west, east, south, north)


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the triggers of a spatial index call."""

    def bound(position: int) -> Callable[[bytes | None], float | None]:
        def read(blob: bytes | None) -> float | None:
            found = None if blob is None else box(blob)
            return None if found is None else found[position]

        return read

    connection.create_function("ST_IsEmpty", 1, lambda blob: None if blob is None else int(box(blob) is None), deterministic=True)
    for position, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, bound(position), deterministic=True)
