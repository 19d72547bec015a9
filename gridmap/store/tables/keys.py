"""Row ids: they only grow, so that whoever reads on from an id misses none."""

from functools import lru_cache

from sqlalchemy import Connection, TextClause, text

from gridmap.store.tables.described import Table, quoted

_MOST = (
    "(SELECT max({key}) FROM {table}), "
    "(SELECT first_row + row_count - 1 FROM audit WHERE table_name = :name ORDER BY first_row DESC LIMIT 1)"
)


def next_row(connection: Connection, table: Table) -> int:
    """Return an id above every one that is or ever was in a table; to be asked by who holds the right to write."""
    asked = _asked(quoted(table.key).replace(":", r"\:"), quoted(table.name).replace(":", r"\:"), connection.dialect.name)
    return max(number or 0 for number in connection.execute(asked, {"name": table.name}).one()) + 1


@lru_cache(maxsize=64)
def _asked(key: str, table: str, dialect: str) -> TextClause:
    given = ", (SELECT seq FROM sqlite_sequence WHERE name = :name)" if dialect == "sqlite" else ""
    return text(f"SELECT {_MOST.format(key=key, table=table)}{given}")
