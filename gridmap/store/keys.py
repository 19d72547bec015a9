"""Row ids: they only grow, so that whoever reads on from an id misses none."""

from sqlalchemy import Connection, func, select, text

from gridmap.store.table import Table
from gridmap.store.tables import AUDIT

_GIVEN = text("SELECT seq FROM sqlite_sequence WHERE name = :name")  # which the log has made SQLite keep


def next_row(connection: Connection, table: Table) -> int:
    """Return an id above every one that is or ever was in a table; to be asked by who holds the right to write."""
    most = connection.execute(select(func.max(table.sql.c[table.key]))).scalar() or 0
    entries = select(AUDIT.c.first_row + AUDIT.c.row_count - 1).where(AUDIT.c.table_name == table.name)
    most = max(most, connection.execute(entries.order_by(AUDIT.c.first_row.desc()).limit(1)).scalar() or 0)
    if connection.dialect.name == "sqlite":
        given = connection.execute(_GIVEN, {"name": table.name}).scalar()
        most = max(most, given or 0)
    return int(most) + 1
