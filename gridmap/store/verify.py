"""Is all as it was written? The log against itself, and every row against the log."""

import struct
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd
import shapely
from sqlalchemy import Connection, inspect, select

from gridmap.errors import CRSError, GridmapError, SchemaError, StoreError
from gridmap.store import audit, homes, seals
from gridmap.store.events import state
from gridmap.store.home import migrations
from gridmap.store.plans import planned, versions
from gridmap.store.project import Project
from gridmap.store.tables import content, kinds
from gridmap.store.tables.content import Content
from gridmap.store.tables.described import EVENTS
from gridmap.store.tables.fingerprint import Fingerprint
from gridmap.store.tables.own import (
    AUDIT,
    EVENT_DAYS,
    EVENT_STATE,
    GRID_VERSIONS,
    LAST_ENTRY,
    PLAN_EDITS,
    PLAN_GRIDS,
    PLAN_INDEXES,
    PLAN_RETIRED,
    PLANS,
    STEPS,
    STORE,
)

COLUMNS = ("kind", "table", "row", "said")
WHOLE = ("put", "set", "adopt")  # actions after which a table holds what they wrote and nothing else


# What reading something that another program wrote there comes to.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, struct.error, shapely.errors.ShapelyError, SchemaError, CRSError)


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
    whole: bool


Check = Callable[[Connection], Iterator[Finding]]


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
    Rows that no entry of the log vouches for are findings only in tables that have such entries. Cost: about half a
    minute of the processor for a million events.
    """
    home = homes.of(project)
    with home.reading() as connection:
        if not inspect(connection).has_table(STORE.name):
            raise StoreError("no_project", path=home.shown)
        found = [finding for table, check in CHECKS for finding in _told(connection, table, check)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _told(connection: Connection, table: str, check: Check) -> Iterator[Finding]:
    """Yield what a check finds; that it cannot read what stands there is a finding, too."""
    try:
        yield from check(connection)
    except UNREADABLE as error:
        yield Finding("unreadable", table, 0, error.text("en") if isinstance(error, GridmapError) else str(error))


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
        if row["hash"] != audit.signed(dict(row)):
            yield Finding("entry_changed", AUDIT.name, row["id"], said)
        number, previous = row["id"], row["hash"] or ""
    known = connection.execute(select(STORE.c.value).where(STORE.c.key == LAST_ENTRY)).scalar()
    if known != previous:
        yield Finding("entry_missing", AUDIT.name, number + 1, str(known))


def _said(row: Any) -> str:  # noqa: ANN401 - a row of the log
    return f"{row['id']}: {kinds.written(row['at'])} {row['actor']} {row['action']} {row['table_name']} ({row['row_count']})"


def _state(connection: Connection) -> Iterator[Finding]:
    """Yield what the store says of itself and is not so."""
    told = select(AUDIT.c.what).where(AUDIT.c.table_name == planned.GRIDS, AUDIT.c.what.is_not(None)).order_by(AUDIT.c.id)
    shown = [str(what["plan"]) for what in connection.execute(told).scalars() if "plan" in what]
    wanted = {migrations.KEY: str(migrations.VERSION), LAST_ENTRY: audit.last(connection)[1]} | (
        {planned.SHOWN: shown[-1]} if shown else {}
    )
    present = {str(key): str(value) for key, value in connection.execute(select(STORE.c.key, STORE.c.value))}
    for key in sorted((wanted.keys() | present.keys()) - {state.GRIDS_KEY, state.EVENTS_KEY}):  # marks of what is made anew at need
        if wanted.get(key) != present.get(key):
            yield Finding("state_changed", STORE.name, 0, f"{key}: {present.get(key)} / {wanted.get(key)}")


def _plans(connection: Connection) -> Iterator[Finding]:
    """Yield plans that are not as the log says, and states of grids that are not what their hash says."""
    asked = select(AUDIT).where(AUDIT.c.table_name == PLANS.name, AUDIT.c.what.is_not(None)).order_by(AUDIT.c.id)
    listed: str | None = None
    entries: dict[int, Any] = {}
    indexes: dict[int, str] = {}
    for row in connection.execute(asked).mappings():
        listed = row["what"].get("plans", listed)
        if row["digest"]:
            entries[row["first_row"]] = row
            indexes |= {row["first_row"]: row["what"]["index"]} if "index" in row["what"] else {}
    if listed is not None and listed != seals.plans(connection):
        yield Finding("rows_changed", PLANS.name, 0, "")
    states = dict(connection.execute(select(PLANS.c.plan_id, PLANS.c.state)).fetchall())
    parts = {
        plan_id
        for table in (PLAN_GRIDS, PLAN_RETIRED, PLAN_EDITS)
        for plan_id in connection.execute(select(table.c.plan_id).distinct()).scalars()
    }
    for plan_id in sorted(entries.keys() | states.keys() | parts):
        if plan_id not in entries:
            yield Finding("rows_added", PLANS.name, plan_id, "")
        elif entries[plan_id]["digest"] != seals.plan(connection, plan_id):
            yield Finding("plan_changed", PLANS.name, plan_id, _said(entries[plan_id]))
    for plan_id in sorted(indexes.keys() | set(connection.execute(select(PLAN_INDEXES.c.plan_id)).scalars())):
        kept = seals.index(connection, plan_id)
        if kept != indexes.get(plan_id) and (kept or states.get(plan_id) == "published"):
            yield Finding("rows_changed", PLAN_INDEXES.name, plan_id, "")


def _versions(connection: Connection) -> Iterator[Finding]:
    for number, key, code, row, shape in connection.execute(select(GRID_VERSIONS).order_by(GRID_VERSIONS.c.id)):
        if versions.Content(code, row, bytes(shape)).hash != bytes(key):
            yield Finding("rows_changed", GRID_VERSIONS.name, number, str(code))


def _rows(connection: Connection) -> Iterator[Finding]:
    """Yield rows that are not as an entry of the log wrote them."""
    contents = content.tables(connection)
    vouched = _entries(connection)
    for name in vouched.keys() - contents.keys():
        yield Finding("table_missing", name, 0, vouched[name][-1].said)
    for name, each in contents.items():
        if name in vouched and (each.described is not None or name == STEPS.name):
            yield from _compared(connection, each, vouched[name])


def _entries(connection: Connection) -> dict[str, list[Entry]]:
    """Return the entries that vouch for the rows of each table as they should be now."""
    found: dict[str, list[Entry]] = {}
    for row in connection.execute(select(AUDIT).where(AUDIT.c.digest.is_not(None)).order_by(AUDIT.c.id)).mappings():
        first, count = row["first_row"], row["row_count"]
        said = {} if row["action"] == "set" else row["what"] or {}  # settings have names of their own
        begin, end = said.get("between", [first, first + count - 1])  # rows of a table that is sealed may have gaps between them
        entry = Entry(begin, end, said.get("rows", count), row["digest"], _said(row), row["action"] in WHOLE or "between" in said)
        if row["table_name"] == PLANS.name:
            continue
        if entry.whole:
            found[row["table_name"]] = []
        found.setdefault(row["table_name"], []).append(entry)
    return found


def _compared(connection: Connection, each: Content, entries: list[Entry]) -> Iterator[Finding]:
    """Yield what differs between the rows of a table and the entries that vouch for them."""
    name = each.table.name
    places = [place for place, column in enumerate(each.table.columns) if place and not (name == EVENTS and column.name in audit.MUTABLE)]
    columns = [list(each.table.columns)[place] for place in places]
    waiting = deque(sorted(entry for entry in entries if entry.rows or entry.last >= entry.first))
    known = entries[0].first if not entries[0].whole else 0  # nobody vouches for what was there before the log
    mark = Fingerprint(columns)
    for chunk in content.read(connection, each):
        numbers, begin = chunk[0], 0
        while begin < len(numbers):
            while waiting and waiting[0].last < numbers[begin]:
                yield from _judged(name, waiting.popleft(), mark)
                mark = Fingerprint(columns)
            vouched = bool(waiting) and waiting[0].first <= numbers[begin]
            limit = (waiting[0].last + 1 if vouched else waiting[0].first) if waiting else numbers[-1] + 1
            end = bisect_left(numbers, limit, begin)
            if vouched:
                mark.add([chunk[place][begin:end] for place in places])
            elif numbers[begin] >= known:
                yield Finding("rows_added", name, numbers[begin], f"{numbers[begin]} - {numbers[end - 1]}")
            begin = end
    for entry in waiting:
        yield from _judged(name, entry, mark)
        mark = Fingerprint(columns)


def _judged(name: str, entry: Entry, mark: Fingerprint) -> Iterator[Finding]:
    if mark.rows < entry.rows:
        yield Finding("rows_missing", name, entry.first, entry.said)
    elif mark.told() != entry.digest:
        yield Finding("rows_changed", name, entry.first, entry.said)


def _states(connection: Connection) -> Iterator[Finding]:
    """Yield states of events, and numbers of events, that do not follow from the events."""
    yield from (Finding("states_differ", EVENT_STATE.name, row, "") for row in state.differing(connection))
    yield from (Finding("counts_differ", EVENT_DAYS.name, 0, " ".join(cell)) for cell in state.miscounted(connection))


# What is read first, and the check.
CHECKS: tuple[tuple[str, Check], ...] = (
    (AUDIT.name, _chain),
    (STORE.name, _state),
    (AUDIT.name, _rows),
    (PLANS.name, _plans),
    (GRID_VERSIONS.name, _versions),
    (EVENT_STATE.name, _states),
)
