"""Geometry as a GeoPackage keeps it, and the five functions its R-tree triggers call. Source: OGC 12-128r18, clause 2.1.3 and annex F.3."""

import math
import sqlite3
import struct
from collections.abc import Callable

import shapely

Box = tuple[float, float, float, float]

_HEADER = struct.Struct("<2sBBi")
MAGIC = b"GP"
HEADER_BYTES = _HEADER.size
_LITTLE, _EMPTY = 0b0000_0001, 0b0001_0000
_POINT, _XY = b"\x01\x01\x00\x00\x00", struct.Struct("<2d")
_DOUBLES = (0, 4, 6, 6, 8)  # of the envelope, by its kind in bits 1 to 3 of the flags


def _order(blob: bytes) -> str:
    return "<" if blob[3] & _LITTLE else ">"


def wkb(blob: bytes) -> bytes:
    """Return the WKB in a blob."""
    return blob[_HEADER.size + 8 * _DOUBLES[blob[3] >> 1 & 7] :]


def blob(drawn: bytes, srs_id: int) -> bytes:
    """Return WKB as a blob; with an envelope unless it is a point or empty, as GDAL writes them."""
    (kind,) = struct.unpack_from("<I" if drawn[0] else ">I", drawn, 1)
    if kind == 1 and not math.isnan(struct.unpack_from("<d" if drawn[0] else ">d", drawn, 5)[0]):
        return _HEADER.pack(MAGIC, 0, _LITTLE, srs_id) + drawn
    west, south, east, north = map(float, shapely.bounds(shapely.from_wkb(drawn)))
    if math.isnan(west):
        return _HEADER.pack(MAGIC, 0, _LITTLE | _EMPTY, srs_id) + drawn
    return _HEADER.pack(MAGIC, 0, _LITTLE | 1 << 1, srs_id) + struct.pack("<4d", west, east, south, north) + drawn


def box(blob: bytes) -> Box | None:
    """Return x least and most, y least and most, from the envelope where there is one; None where it is empty or none of a GeoPackage's."""
    if len(blob) < _HEADER.size or blob[:2] != MAGIC or (blob[3] >> 1 & 7) >= len(_DOUBLES):
        return None
    if blob[3] & _EMPTY:
        return None
    if blob[3] == _LITTLE and blob[8:13] == _POINT:  # nearly every one; asked five times for each event
        x, y = _XY.unpack_from(blob, 13)
        return None if x != x else (x, x, y, y)
    if blob[3] >> 1 & 7:
        west, east, south, north = struct.unpack_from(f"{_order(blob)}4d", blob, _HEADER.size)
    else:
        west, south, east, north = map(float, shapely.bounds(shapely.from_wkb(wkb(blob), on_invalid="ignore")))
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
