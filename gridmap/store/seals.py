"""Digests of what is changed row by row, made anew with every entry of the log that tells of a change."""

import hashlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, func, select

from gridmap.store import audit
from gridmap.store.tables import content
from gridmap.store.tables.content import Content
from gridmap.store.tables.described import EVENTS
from gridmap.store.tables.fingerprint import Fingerprint
from gridmap.store.tables.own import GRID_VERSIONS, PLAN_EDITS, PLAN_GRIDS, PLAN_INDEXES, PLAN_RETIRED, PLANS

GRIDS = "grids"
Seal = tuple[str | None, dict[str, Any]]  # the digest of an entry, and what else it says


def of(connection: Connection, table: str, first: int) -> Seal:
    """Return what an entry says of a table whose rows change one by one: of a plan and of the boundaries in force."""
    if table == PLANS.name:
        said: dict[str, Any] = {"plans": plans(connection)}
        kept = index(connection, first)
        return (plan(connection, first) if first else None), said | ({"index": kept} if kept else {})
    if table == GRIDS and (found := content.tables(connection).get(GRIDS)):
        return whole(connection, found)
    return None, {}


def whole(connection: Connection, each: Content) -> Seal:
    """Return the digest of a table as it stands, with the number of its rows and between which numbers they lie."""
    columns = list(each.table.columns)
    places = [place for place, column in enumerate(columns) if place and not (each.table.name == EVENTS and column.name in audit.MUTABLE)]
    mark = Fingerprint([columns[place] for place in places])
    for values in content.read(connection, each):
        mark.add([values[place] for place in places])
    key = each.table.c[each.key[0]]
    first, last = connection.execute(select(func.min(key), func.max(key))).one()
    return mark.told(), {"rows": mark.rows, "between": [first or 0, last or 0]}


def plans(connection: Connection) -> str:
    """Return the digest of the list of plans."""
    return _digest(connection, list(PLANS.columns), select(PLANS).order_by(PLANS.c.plan_id))


def plan(connection: Connection, plan_id: int) -> str:
    """Return the digest of what a plan is made of: its grids by what they hold, its retired codes and its edits."""
    hashes = [PLAN_GRIDS.c.grid_code, GRID_VERSIONS.c.hash]
    held = select(*hashes).join(GRID_VERSIONS, GRID_VERSIONS.c.id == PLAN_GRIDS.c.version).where(PLAN_GRIDS.c.plan_id == plan_id)
    parts = [_digest(connection, hashes, held)]
    parts += [
        _digest(connection, list(table.columns), select(table).where(table.c.plan_id == plan_id)) for table in (PLAN_RETIRED, PLAN_EDITS)
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def index(connection: Connection, plan_id: int) -> str | None:
    """Return the hash of the index that is kept beside a plan."""
    found = connection.execute(select(PLAN_INDEXES.c.content).where(PLAN_INDEXES.c.plan_id == plan_id)).scalar()
    return None if found is None else hashlib.sha256(found).hexdigest()


def _digest(connection: Connection, columns: list[sa.Column[Any]], asked: sa.Select[Any]) -> str:
    rows: Iterable[Any] = sorted(connection.execute(asked).fetchall(), key=lambda row: row[:2])
    mark = Fingerprint(columns)
    mark.add(content.shared(columns, [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]))
    return mark.told()
