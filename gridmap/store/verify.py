"""Is all as it was written? The log against itself, and every row against the log."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Connection, inspect, select

from gridmap.errors import StoreError
from gridmap.store import audit, content, homes, kinds, migrations
from gridmap.store.content import Content
from gridmap.store.fingerprint import Fingerprint
from gridmap.store.project import Project
from gridmap.store.tables import AUDIT, LAST_ENTRY, STORE

COLUMNS = ("kind", "table", "row", "said")
WHOLE = ("put", "set", "adopt")  # actions after which a table holds what they wrote and nothing else


class Finding(NamedTuple):
    """Something that is not as it was written.

    `row` is the row, the first one where the log knows several together, or the number of an entry; `said` what the log says of it.
    """

    kind: str
    table: str
    row: int
    said: str


class Entry(NamedTuple):
    """Rows of a table that the log vouches for."""

    first: int
    last: int
    rows: int
    digest: str
    said: str


def verify(project: Project) -> pd.DataFrame:
    """Hold a project against its log.

    Parameters
    ----------
    project
        Its file or URL.

    Returns
    -------
    DataFrame
        A row per finding: `kind` (a term of the catalogue), `table`, `row`, `said`; none where all is as it was written.

    Raises
    ------
    StoreError
        If the project is missing, busy or unsound.

    Notes
    -----
    Whoever can write the whole file can also write another log: keep the hash of the last entry, which every backup holds, elsewhere.
    Rows that no entry of the log vouches for are findings only in tables that have such entries. Cost: about ten seconds per million rows.
    """
    home = homes.of(project)
    with home.reading() as connection:
        if not inspect(connection).has_table(STORE.name):
            raise StoreError("no_project", path=home.shown)
        found = [finding for check in CHECKS for finding in check(connection)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def last_entry(connection: Connection) -> str:
    """Return the hash of the log's last entry: whoever keeps it can tell later that nothing was cut off."""
    return audit.last(connection)[1]


def _chain(connection: Connection) -> Iterator[Finding]:
    """Yield entries that were changed, moved or taken out, from the first signed one on."""
    number, previous, chained = 0, "", False
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.id)).mappings():
        said = _said(row)
        if not chained and row["hash"] is None:
            number = row["id"]
            continue
        chained = True
        if row["id"] != number + 1:
            yield Finding("entry_missing", AUDIT.name, number + 1, said)
        if row["previous"] != previous:
            yield Finding("link_broken", AUDIT.name, row["id"], said)
        if row["hash"] != audit.signed(row):
            yield Finding("entry_changed", AUDIT.name, row["id"], said)
        number, previous = row["id"], row["hash"] or ""
    known = connection.execute(select(STORE.c.value).where(STORE.c.key == LAST_ENTRY)).scalar()
    if known != previous:
        yield Finding("entry_missing", AUDIT.name, number + 1, str(known))


def _said(row: Any) -> str:  # noqa: ANN401 - a row of the log
    return f"{row['id']}: {kinds.written(row['at'])} {row['actor']} {row['action']} {row['table_name']} ({row['row_count']})"


def _state(connection: Connection) -> Iterator[Finding]:
    """Yield what the store says of itself and is not so."""
    for key, value in connection.execute(select(STORE.c.key, STORE.c.value)):
        if (key == migrations.KEY and value != str(migrations.VERSION)) or key not in {migrations.KEY, LAST_ENTRY}:
            yield Finding("state_changed", STORE.name, 0, f"{key} = {value}")


def _rows(connection: Connection) -> Iterator[Finding]:
    """Yield rows that are not as an entry of the log wrote them."""
    contents = content.tables(connection)
    vouched = _entries(connection)
    for name in vouched.keys() - contents.keys():
        yield Finding("table_missing", name, 0, vouched[name][-1].said)
    for name, each in contents.items():
        if name in vouched:
            yield from _compared(connection, each, vouched[name])


def _entries(connection: Connection) -> dict[str, list[Entry]]:
    """Return the entries that vouch for the rows of each table as they should be now."""
    found: dict[str, list[Entry]] = {}
    for row in connection.execute(select(AUDIT).where(AUDIT.c.digest.is_not(None)).order_by(AUDIT.c.id)).mappings():
        first, count = row["first_row"], row["row_count"]
        rows = (row["what"] or {}).get("rows", count)  # adopted ones may have numbers between them that no row has
        entry = Entry(first, first + count - 1, rows, row["digest"], _said(row))
        if row["action"] in WHOLE:
            found[row["table_name"]] = []
        found.setdefault(row["table_name"], []).append(entry)
    return found


def _compared(connection: Connection, each: Content, entries: list[Entry]) -> Iterator[Finding]:
    """Yield what differs between the rows of a table and the entries that vouch for them."""
    name, columns = each.table.name, list(each.table.columns)[1:]
    waiting = iter(sorted(entry for entry in entries if entry.rows or entry.last >= entry.first))
    entry, mark = next(waiting, None), Fingerprint(columns)
    for chunk in content.read(connection, each):
        numbers, begin = chunk[0], 0
        while begin < len(numbers):
            while entry is not None and entry.last < numbers[begin]:
                yield from _judged(name, entry, mark)
                entry, mark = next(waiting, None), Fingerprint(columns)
            vouched = entry is not None and entry.first <= numbers[begin]
            limit = entry.last + 1 if vouched else entry.first if entry is not None else None
            end = len(numbers) if limit is None else bisect_left(numbers, limit, begin)
            if vouched:
                mark.add([values[begin:end] for values in chunk[1:]])
            else:
                yield Finding("rows_added", name, int(numbers[begin]), f"{numbers[begin]} - {numbers[end - 1]}")
            begin = end
    while entry is not None:
        yield from _judged(name, entry, mark)
        entry, mark = next(waiting, None), Fingerprint(columns)


def _judged(name: str, entry: Entry, mark: Fingerprint) -> Iterator[Finding]:
    if mark.rows < entry.rows:
        yield Finding("rows_missing", name, entry.first, entry.said)
    elif mark.told() != entry.digest:
        yield Finding("rows_changed", name, entry.first, entry.said)


CHECKS: tuple[Callable[[Connection], Iterator[Finding]], ...] = (_chain, _state, _rows)
