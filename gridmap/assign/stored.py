"""An index as bytes: a mark, a hash, a head in JSON, the grids as Parquet, the arrays one after the other."""

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import fields

import geopandas as gpd
import numpy as np

from gridmap.assign.table import Table
from gridmap.errors import SchemaError

MARK = b"gridmap index 1\n"
HASH = hashlib.blake2b
DIGEST = HASH().digest_size
HEAD = 8  # bytes that give the length of the head
NAMES = tuple(field.name for field in fields(Table))


def pack(grids: gpd.GeoDataFrame, tables: Mapping[str, Table | str]) -> bytes:
    """Return grids and their tables as bytes."""
    buffer = io.BytesIO()
    grids.to_parquet(buffer)
    blobs = [buffer.getvalue()]
    head: dict[str, object] = {"grids": len(blobs[0])}
    for kind, table in tables.items():
        if isinstance(table, str):
            head[kind] = table
            continue
        arrays = [np.ascontiguousarray(getattr(table, name)) for name in NAMES]
        head[kind] = [[array.dtype.str, array.shape] for array in arrays]
        blobs.extend(array.tobytes() for array in arrays)
    said = json.dumps(head).encode()
    content = b"".join([len(said).to_bytes(HEAD, "little"), said, *blobs])
    return MARK + HASH(content).digest() + content


def unpack(data: bytes) -> tuple[gpd.GeoDataFrame, dict[str, Table | str]]:
    """Return the grids and tables of `pack`.

    Raises
    ------
    SchemaError
        If the mark or the hash is another, or the arrays do not fit each other.
    """
    begin = len(MARK) + DIGEST
    content = memoryview(data)[begin:]
    if data[: len(MARK)] != MARK or HASH(content).digest() != data[len(MARK) : begin]:
        raise SchemaError("index_bytes", given=f"{len(data)} B")
    place = HEAD + int.from_bytes(content[:HEAD], "little")
    head = json.loads(bytes(content[HEAD:place]))
    size = head.pop("grids")
    grids = gpd.read_parquet(io.BytesIO(content[place : place + size]))
    place += size
    tables: dict[str, Table | str] = {}
    for kind, said in head.items():
        if isinstance(said, str):
            tables[kind] = said
            continue
        arrays = []
        for dtype, shape in said:
            count = math.prod(shape)
            arrays.append(np.frombuffer(content, dtype=dtype, count=count, offset=place).reshape(shape).copy())
            place += count * np.dtype(dtype).itemsize
        tables[kind] = _checked(Table(*arrays), len(grids), len(data))
    return grids, tables


def _checked(table: Table, grids: int, size: int) -> Table:
    """Return the table if no number in it points beyond an array: compiled loops do not look."""
    width, height = (int(number) for number in table.shape)
    border = len(table.held)
    sound = (
        len(table.table) == width * height + 1
        and len(table.offset) == border + 1
        and _within(table.table, -2 - border + 1, grids)
        and _within(np.diff(table.offset), 0, len(table.items) + 1)
        and _within(table.offset, 0, len(table.items) + 1)
        and len(table.rows) == len(table.change) == len(table.items)
        and _within(table.items[: int(table.offset[-1])], 0, len(table.edges))
        and len(table.edges) == len(table.faces) == len(table.step)
        and _within(table.faces, 0, grids + 1)
    )
    if not sound:
        raise SchemaError("index_bytes", given=f"{size} B")
    return table


def _within(numbers: np.ndarray, low: int, end: int) -> bool:
    return not len(numbers) or bool(numbers.min() >= low and numbers.max() < end)
