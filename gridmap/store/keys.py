"""Row ids: they only grow, so that whoever reads on from an id misses none."""

from typing import Any

from sqlalchemy import Connection, column, func, select
from sqlalchemy import table as table_of

from gridmap.store.table import Table
from gridmap.store.tables import AUDIT

_GIVEN = table_of("sqlite_sequence", column("name"), column("seq"))  # which the log has made SQLite keep


def next_row(connection: Connection, table: Table) -> int:
    """Return an id above every one that is or ever was in a table; to be asked by who holds the right to write."""
    last = select(AUDIT.c.first_row + AUDIT.c.row_count - 1).where(AUDIT.c.table_name == table.name)
    asked: list[Any] = [select(func.max(table.sql.c[table.key])), last.order_by(AUDIT.c.first_row.desc()).limit(1)]
    if connection.dialect.name == "sqlite":
        asked.append(select(_GIVEN.c.seq).where(_GIVEN.c.name == table.name))
    found = connection.execute(select(*(each.scalar_subquery() for each in asked))).one()
    return max(int(each or 0) for each in found) + 1
