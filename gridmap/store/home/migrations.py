"""How a project comes to the tables of this version; an older program refuses a newer project.

A step changes the tables of one version into those of the next, in the transaction that notes it. A file without a version is a plain
GeoPackage, or empty: version 0.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, inspect, select, text, update

from gridmap.errors import StoreError
from gridmap.store.tables import triggers
from gridmap.store.tables.described import EVENTS
from gridmap.store.tables.own import AUDIT, LAST_ENTRY, META, PLANS, STEPS, STORE

if TYPE_CHECKING:
    from gridmap.store.home.base import Home

VERSION = 1
KEY = "version"


def version(connection: Connection) -> int:
    """Return the version of a project's own tables, 0 where it has none."""
    if not inspect(connection).has_table(STORE.name):
        return 0
    return int(connection.execute(select(STORE.c.value).where(STORE.c.key == KEY)).scalar() or 0)


def migrate(home: "Home", connection: Connection) -> None:
    """Bring a project to this version, step by step, all or none of them.

    Raises
    ------
    StoreError
        If a newer program wrote it, or a table of another's has the name of one of ours.
    """
    with connection.begin():
        present = version(connection)
        if present > VERSION:
            raise StoreError("store_newer", path=home.shown, present=present, version=VERSION)
        for number in range(present, VERSION):
            STEPS_UP[number](connection)
            connection.execute(update(STORE).where(STORE.c.key == KEY).values(value=str(number + 1)))


def _first(connection: Connection) -> None:
    """Make every table of version 1."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT 1 FROM geometry_columns LIMIT 1"))  # without PostGIS nothing is made
    _take_over_audit(connection)
    _require_ours(connection)
    META.create_all(connection)
    connection.execute(insert(STORE), [{"key": KEY, "value": "0"}, {"key": LAST_ENTRY, "value": ""}])
    register(connection)
    triggers.create(connection)
    index_events(connection)


def register(connection: Connection) -> None:
    """Make those of our tables that a person reads known to whoever opens the file."""
    if connection.dialect.name != "sqlite":
        return
    for table in (AUDIT, PLANS, STEPS):
        connection.execute(
            text("INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier) VALUES (:name, 'attributes', :name)"),
            {"name": table.name},
        )


def index_events(connection: Connection) -> None:
    """Let an identifier of the table of events be found without reading the whole table."""
    if inspect(connection).has_table(EVENTS):
        connection.execute(text(f"CREATE INDEX IF NOT EXISTS gridmap_events_event_id ON {EVENTS} (event_id)"))


def _take_over_audit(connection: Connection) -> None:
    """Give a log that was kept before there were versions the columns it lacks; its entries stay outside the chain."""
    tables = inspect(connection)
    if not tables.has_table(AUDIT.name):
        return
    present = {column["name"] for column in tables.get_columns(AUDIT.name)}
    for name in sorted({"what", "why", "digest", "previous", "hash"} - present):
        connection.execute(text(f"ALTER TABLE {AUDIT.name} ADD COLUMN {name} TEXT"))


def _require_ours(connection: Connection) -> None:
    """Raise StoreError if a table has the name of one of ours and not its columns."""
    tables = inspect(connection)
    for table in META.tables.values():
        if not tables.has_table(table.name):
            continue
        present = {column["name"] for column in tables.get_columns(table.name)}
        if missing := {column.name for column in table.columns} - present:
            raise StoreError("table_taken", table=table.name, columns=", ".join(sorted(missing)))


STEPS_UP: list[Callable[[Connection], None]] = [_first]
