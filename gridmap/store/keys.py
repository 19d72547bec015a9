"""Row ids: they only grow, so that whoever reads on from an id misses none."""

<<<<<<< HEAD
from typing import Any

from sqlalchemy import Connection, column, func, select
from sqlalchemy import table as table_of
=======
from functools import lru_cache
>>>>>>> main

from sqlalchemy import Connection, TextClause, text

<<<<<<< HEAD
_GIVEN = table_of("sqlite_sequence", column("name"), column("seq"))  # which the log has made SQLite keep
=======
from gridmap.store.table import Table, quoted

_MOST = (
    "(SELECT max({key}) FROM {table}), "
    "(SELECT first_row + row_count - 1 FROM audit WHERE table_name = :name ORDER BY first_row DESC LIMIT 1)"
)
>>>>>>> main


def next_row(connection: Connection, table: Table) -> int:
    """Return an id above every one that is or ever was in a table; to be asked by who holds the right to write."""
<<<<<<< HEAD
    last = select(AUDIT.c.first_row + AUDIT.c.row_count - 1).where(AUDIT.c.table_name == table.name)
    asked: list[Any] = [select(func.max(table.sql.c[table.key])), last.order_by(AUDIT.c.first_row.desc()).limit(1)]
    if connection.dialect.name == "sqlite":
        asked.append(select(_GIVEN.c.seq).where(_GIVEN.c.name == table.name))
    found = connection.execute(select(*(each.scalar_subquery() for each in asked))).one()
    return max(int(each or 0) for each in found) + 1
=======
    asked = _asked(quoted(table.key).replace(":", r"\:"), quoted(table.name).replace(":", r"\:"), connection.dialect.name)
    return max(number or 0 for number in connection.execute(asked, {"name": table.name}).one()) + 1


@lru_cache(maxsize=64)
def _asked(key: str, table: str, dialect: str) -> TextClause:
    given = ", (SELECT seq FROM sqlite_sequence WHERE name = :name)" if dialect == "sqlite" else ""
    return text(f"SELECT {_MOST.format(key=key, table=table)}{given}")
>>>>>>> main
