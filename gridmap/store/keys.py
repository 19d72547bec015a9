"""Row ids: they only grow, so that whoever reads on from an id misses none."""

from sqlalchemy import Connection, func, select, text

from gridmap.store.table import Table
from gridmap.store.tables import AUDIT


def next_row(connection: Connection, table: Table) -> int:
    """Return an id above every one that is or ever was in a table; to be asked by who holds the right to write."""
    most = connection.execute(select(func.max(table.sql.c[table.key]))).scalar() or 0
    entries = select(AUDIT.c.first_row + AUDIT.c.row_count - 1).where(AUDIT.c.table_name == table.name)
    most = max(most, connection.execute(entries.order_by(AUDIT.c.first_row.desc()).limit(1)).scalar() or 0)
    if (
        connection.dialect.name == "sqlite"
        and connection.execute(text("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'")).scalar()
    ):
        given = connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}).scalar()
        most = max(most, given or 0)
    return int(most) + 1
