"""The table of the boundaries in force: it shows one published plan, and a publication alone changes it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from gridmap import assign
from gridmap.store import layers
from gridmap.store.events import state
from gridmap.store.home.base import Transaction
from gridmap.store.plans import planned, versions
from gridmap.store.tables import keys, rtree
from gridmap.store.tables.described import Table, quoted
from gridmap.store.tables.own import PLAN_INDEXES, PLANS, STORE

PUBLISHING = "publishing"


@contextmanager
def publishing(transaction: Transaction) -> Iterator[None]:
    """Let a transaction change what is published."""
    transaction.run(insert(STORE), {"key": PUBLISHING, "value": transaction.actor.name})
    yield
    transaction.run(delete(STORE).where(STORE.c.key == PUBLISHING))


def keep_index(transaction: Transaction, plan_id: int, index: assign.Index) -> None:
    """Keep the index of a plan beside it, until it retires."""
    transaction.run(insert(PLAN_INDEXES), {"plan_id": plan_id, "content": index.to_bytes()})


def bring(transaction: Transaction, at: str) -> int | None:
    """Let the plans that hold no more retire, and the boundaries in force follow the plan for normal days; return it if they changed."""
    connection = transaction.connection
    over = (PLANS.c.state == "published", PLANS.c.valid_to <= at)
    gone = connection.execute(select(PLANS.c.plan_id).where(*over)).scalars().all()
    if gone:
        transaction.run(update(PLANS).where(PLANS.c.plan_id.in_(gone)).values(state="retired", changed_at=transaction.at))
        transaction.run(delete(PLAN_INDEXES).where(PLAN_INDEXES.c.plan_id.in_(gone)))
    old, new = planned.shown(connection), planned.in_force(connection, at, planned.NORMAL)
    if old is None or new is None or old == new or planned.row(connection, new).valid_from < planned.row(connection, old).valid_from:
        return None
    state.ensure(transaction)  # knows the boundaries before, so that only events where something moves are looked at
    _follow(transaction, old, new)
    show(transaction, new)
    codes = versions.retired_frame(planned.retired(connection, new))
    if len(codes) or planned.describe(connection, "retired"):
        layers.put(transaction, "retired", codes)
    return new


def show(transaction: Transaction, plan_id: int) -> None:
    """Note which plan the boundaries in force show."""
    transaction.run(delete(STORE).where(STORE.c.key == planned.SHOWN))
    transaction.run(insert(STORE), {"key": planned.SHOWN, "value": str(plan_id)})


def _follow(transaction: Transaction, old: int, new: int) -> None:
    """Change the rows of the table in which two plans differ."""
    connection = transaction.connection
    before, after = planned.present(connection, old), planned.present(connection, new)
    contents = versions.read(connection, [version for code, version in after.items() if before.get(code) != version])
    table = planned.grids_table(connection)
    gone = sorted(before.keys() - after.keys())
    if gone:
        named = table.sql.c[versions.CODE] == bindparam("code")
        transaction.run(delete(table.sql).where(named), [{"code": each} for each in gone])
    first = put(transaction, table, contents, standing=before.keys())
    fresh = sum(content.code not in before for content in contents)
    bounds = shapely.total_bounds(shapely.from_wkb([content.shape for content in contents])).tolist() if contents else None
    what = {"plan": new, "before": old, "changed": len(contents) - fresh, "removed": len(gone)}
    transaction.note("publish", planned.GRIDS, first=first, count=fresh, what=what, bounds=bounds)


def put(transaction: Transaction, table: Table, contents: Sequence[versions.Content], *, standing: Collection[str]) -> int:
    """Write grids into the table, in the place of those that stand in it; return the first row id of the others."""
    connection = transaction.connection
    table = _fitting(connection, table, contents)
    rows = {content.code: _row(content, table) for content in sorted(contents)}
    columns = [*(name for name in table.types if name != versions.CODE), table.geometry]
    changed = [
        {"code": code} | {f"new_{place}": row[name] for place, name in enumerate(columns)} for code, row in rows.items() if code in standing
    ]
    if changed:
        named = table.sql.c[versions.CODE] == bindparam("code")
        transaction.run(
            update(table.sql).where(named).values({name: bindparam(f"new_{place}") for place, name in enumerate(columns)}), changed
        )
    first = keys.next_row(connection, table)
    fresh = [row for code, row in rows.items() if code not in standing]
    if fresh:
        transaction.run(insert(table.sql), [{table.key: number} | row for number, row in enumerate(fresh, first)])
    return first


def _row(content: versions.Content, table: Table) -> dict[str, Any]:
    """Return a content as a row of the table, in the geometry type of the table."""
    shape = content.shape
    if table.kind == "MULTIPOLYGON":
        drawn = shapely.from_wkb(shape)
        if drawn.geom_type == "Polygon":
            shape = shapely.to_wkb(shapely.MultiPolygon([drawn]), byte_order=1)
    return {name: content.row.get(name) for name in table.types} | {versions.CODE: content.code, table.geometry: shape}


def _fitting(connection: Connection, table: Table, contents: Sequence[versions.Content]) -> Table:
    """Return the table, its geometry type widened where it says one polygon and a grid is of several."""
    kinds = shapely.get_type_id(shapely.from_wkb(np.array([content.shape for content in contents], dtype=object)))
    if table.kind != "POLYGON" or not (kinds == shapely.GeometryType.MULTIPOLYGON).any():
        return table
    if connection.dialect.name == "sqlite":
        rtree.widen(connection, table)
    else:
        kind = f"geometry(Geometry, {table.srs_id})"
        connection.execute(text(f"ALTER TABLE {quoted(table.name)} ALTER COLUMN {quoted(table.geometry)} TYPE {kind}"))
    return planned.grids_table(connection)
