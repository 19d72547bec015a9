"""Grids as plans keep them: each state of a grid once, by what it holds, however many plans it stands in."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection, insert, select

from gridmap.errors import CRSError
from gridmap.files import vector
from gridmap.store.home.base import Transaction
from gridmap.store.tables import kinds, rows
from gridmap.store.tables.described import Table
from gridmap.store.tables.own import GRID_VERSIONS

CODE = "grid_code"
Codes = dict[str, tuple[Any, Any, Any]]  # retired grid code -> name, level, kind
ASKED = 500  # values in one question


class Content(NamedTuple):
    """What a grid holds: its code, its other columns as the store has them (those with a value), and its polygon as WKB."""

    code: str
    row: dict[str, Any]
    shape: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 over code, row as canonical JSON, and shape."""
        return hashlib.sha256(b"\0".join((self.code.encode(), kinds.canonical(self.row).encode(), self.shape))).digest()


def contents(grids: gpd.GeoDataFrame, table: Table) -> list[Content]:
    """Return what the grids of a plan hold, by the columns of the table of the boundaries in force.

    Raises
    ------
    CRSError
        If they lie in another CRS than the table: its corners must stay what they are.
    SchemaError
        As `rows.encode`.
    """
    if table.crs is None or not table.crs.equals(grids.crs, ignore_axis_order=True):
        raise CRSError("different_crs", what="plan, grids", given=f"{grids.crs.to_string()} / {table.crs}")
    encoded = rows.encode(grids.rename_axis(CODE), table)
    code, *names, shape = encoded.names
    found = (dict(zip(encoded.names, row, strict=True)) for row in encoded.values)  # noqa: PD011 - no frame
    return [Content(row[code], {name: row[name] for name in names if row[name] is not None}, row[shape]) for row in found]


def keep(transaction: Transaction, found: Collection[Content]) -> dict[str, int]:
    """Keep contents that are not there yet, and return the version of each by code."""
    hashed = {content.code: content.hash for content in found}
    present = _versions(transaction.connection, hashed.values())
    fresh = [content for content in found if hashed[content.code] not in present]
    if fresh:
        transaction.run(
            insert(GRID_VERSIONS), [{"hash": hashed[code], CODE: code, "row": row, "shape": shape} for code, row, shape in fresh]
        )
        present |= _versions(transaction.connection, [hashed[content.code] for content in fresh])
    return {code: present[key] for code, key in hashed.items()}


def _versions(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for part in parts(list(hashes)):
        asked = select(GRID_VERSIONS.c.hash, GRID_VERSIONS.c.id).where(GRID_VERSIONS.c.hash.in_(part))
        found |= {bytes(key): version for key, version in connection.execute(asked)}
    return found


def read(connection: Connection, versions: Iterable[int]) -> list[Content]:
    """Return what some versions hold."""
    found: list[Content] = []
    for part in parts(list(versions)):
        asked = select(GRID_VERSIONS.c.grid_code, GRID_VERSIONS.c.row, GRID_VERSIONS.c.shape).where(GRID_VERSIONS.c.id.in_(part))
        found += [Content(code, row, bytes(shape)) for code, row, shape in connection.execute(asked)]
    return found


def frame(found: Iterable[tuple[str, Mapping[str, Any], bytes]], table: Table) -> gpd.GeoDataFrame:
    """Return contents as a table of grids by its contract."""
    names = list(table.types)
    place = names.index(CODE)
    values = []
    for code, row, shape in found:
        columns = [0, *map(row.get, names), shape]
        columns[place + 1] = code
        values.append(columns)
    decoded = rows.decode(values, table, numbered=False)
    assert isinstance(decoded, gpd.GeoDataFrame)
    return decoded


def retired_frame(found: Codes) -> pd.DataFrame:
    """Return retired codes -> name, level, kind as a plan has them."""
    codes = sorted(found)
    name, level, kind = zip(*(found[code] for code in codes), strict=True) if codes else ((), (), ())
    columns = {"name": pd.array(name, dtype="str"), "level": pd.array(level, dtype="Int64"), "kind": pd.array(kind, dtype="str")}
    return vector.plain_types(pd.DataFrame(columns, index=pd.Index(codes, name=CODE, dtype="str")))


def codes(retired: pd.DataFrame) -> Codes:
    """Return the retired codes of a plan as the tables have them."""
    columns = [[None if pd.isna(value) else value for value in retired[name].tolist()] for name in ("name", "level", "kind")]
    return dict(zip(retired.index.tolist(), zip(*columns, strict=True), strict=True))


def parts(values: list[Any]) -> Iterable[list[Any]]:
    """Yield values in parts that one question can hold."""
    for start in range(0, len(values), ASKED):
        yield values[start : start + ASKED]
