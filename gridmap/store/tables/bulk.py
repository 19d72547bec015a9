"""Many rows into a table at once, without a mapping for each."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

MOST_ROWS = 20_000  # in one go
MOST_SENT = 50  # into a database row by row; more are copied


def insert(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of values in the order of `names` into a table; into a database by COPY where they are many."""
    binds = [(place, bind) for place, name in enumerate(names) if (bind := table.c[name].type.bind_processor(connection.dialect))]
    put(connection, table.name, names, (_bound(row, binds) for row in rows))


def put(connection: Connection, name: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of values as the driver takes them; else as `insert`."""
    quote = connection.dialect.identifier_preparer.quote
    into = f"{quote(name)} ({', '.join(map(quote, names))})"
    database = connection.dialect.name == "postgresql"
    stored = iter(rows)
    while part := list(islice(stored, MOST_ROWS)):
        if database and len(part) > MOST_SENT:
            _copy(connection, f"COPY {into} FROM STDIN", part)
            continue
        marks = ", ".join(["%s" if database else "?"] * len(names))
        connection.exec_driver_sql(f"INSERT INTO {into.replace('%', '%%') if database else into} VALUES ({marks})", part)


def _copy(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    driver = connection.dialect.loaded_dbapi
    try:
        with connection.connection.cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:  # as every other statement refuses
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error


def _bound(row: Sequence[Any], binds: Sequence[tuple[int, Any]]) -> tuple[Any, ...]:
    values = list(row)
    for place, bind in binds:
        values[place] = bind(values[place])
    return tuple(values)
