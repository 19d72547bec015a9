"""An index as bytes: a mark, a hash, a head in JSON, the grids as Parquet, the arrays one after the other."""

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import fields

import geopandas as gpd
import numpy as np

from gridmap.assign.cells.table import Table, steps
from gridmap.errors import SchemaError

MARK = b"gridmap index 2\n"
HASH = hashlib.blake2b
DIGEST = HASH().digest_size
HEAD = 8  # bytes that give the length of the head
NAMES = tuple(field.name for field in fields(Table))
TYPES = dict(zip(NAMES, ("f8", "i8", "i4", "i4", "i4", "f8", "i4", "i8", "f8"), strict=True))
SHAPES = {"frame": (6,), "shape": (2,), "edges": (-1, 4), "faces": (-1, 2), "tolerance": (1,)}  # -1 for any; the others have one dimension


def pack(grids: gpd.GeoDataFrame, table: Table, reasons: Mapping[str, str]) -> bytes:
    """Return grids, their table and why a kind has none as bytes."""
    buffer = io.BytesIO()
    grids.to_parquet(buffer)
    arrays = [np.ascontiguousarray(getattr(table, name)) for name in NAMES]
    head = {"grids": len(buffer.getvalue()), "reasons": reasons, "arrays": [[array.dtype.str, array.shape] for array in arrays]}
    said = json.dumps(head).encode()
    content = b"".join([len(said).to_bytes(HEAD, "little"), said, buffer.getvalue(), *(array.tobytes() for array in arrays)])
    return MARK + HASH(content).digest() + content


def unpack(data: bytes) -> tuple[gpd.GeoDataFrame, Table, dict[str, str]]:
    """Return what `pack` was given.

    Raises
    ------
    SchemaError
        If these are no bytes, the mark or the hash is another, or the arrays do not fit each other.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise SchemaError("index_bytes", given=type(data).__name__)
    begin = len(MARK) + DIGEST
    content = memoryview(data)[begin:]
    if data[: len(MARK)] != MARK or HASH(content).digest() != data[len(MARK) : begin]:
        raise SchemaError("index_bytes", given=f"{len(data)} B")
    try:
        grids, table, reasons = _read(content)
        sound = set(reasons) == {"dedicated", "base"} and _is_sound(table, len(grids))
    except (ValueError, TypeError, KeyError, OSError) as error:  # the hash is right: written by something else
        raise SchemaError("index_bytes", given=f"{len(data)} B") from error
    if not sound:
        raise SchemaError("index_bytes", given=f"{len(data)} B")
    return grids, table, reasons


def _read(content: memoryview) -> tuple[gpd.GeoDataFrame, Table, dict[str, str]]:
    """Return grids, table and reasons as they stand in the bytes."""
    place = HEAD + int.from_bytes(content[:HEAD], "little")
    head = json.loads(bytes(content[HEAD:place]))
    grids = gpd.read_parquet(io.BytesIO(content[place : place + head["grids"]]))
    place += head["grids"]
    arrays = []
    for dtype, shape in head["arrays"]:
        count = math.prod(shape)
        arrays.append(np.frombuffer(content, dtype=dtype, count=count, offset=place).reshape(shape).copy())
        place += count * np.dtype(dtype).itemsize
    return grids, Table(*arrays), head["reasons"]


def _is_sound(table: Table, grids: int) -> bool:
    """Tell whether no number in the table points beyond an array: compiled loops do not look."""
    from gridmap.assign.cells.compiled.raster import CELLS
    from gridmap.assign.cells.compiled.records import are_sound

    if not all(_has_form(name, getattr(table, name)) for name in NAMES):
        return False
    columns, rows = (int(number) for number in table.shape)
    kept, beyond = divmod(len(table.cells), CELLS)
    return (
        min(columns, rows) > 0
        and len(table.top) == columns * rows + 1
        and min(kept, len(table.records)) > 0
        and not beyond
        and _within(table.top, -2 - kept + 1, grids)
        and _within(table.cells, -2 - len(table.records) + 1, grids)
        and len(table.edges) == len(table.faces) == len(table.step)
        and _within(table.faces, 0, grids + 1)
        and bool((table.step == steps(table.faces)).all())
        and are_sound(table.cells, table.records, len(table.edges), grids)
    )


def _has_form(name: str, array: np.ndarray) -> bool:
    """Tell whether an array has the type and the dimensions that the loops take."""
    shape = SHAPES.get(name, (-1,))
    return array.dtype == TYPES[name] and array.ndim == len(shape) and all(k in (-1, n) for k, n in zip(shape, array.shape, strict=True))


def _within(numbers: np.ndarray, low: int, end: int) -> bool:
    return not len(numbers) or bool(numbers.min() >= low and numbers.max() < end)
