"""How each event stands under the boundaries in force, and how many there are by grid, day and category.

Both tables follow from events, steps and grids, and are kept in the transaction that writes those. What another program changes in a file
is taken in before the next write or question, as far as the file states that its table changed.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, Text, bindparam, case, cast, delete, func, insert, null, select, text, update

from gridmap.store.actor import Actor
from gridmap.store.events import boundaries
from gridmap.store.events.boundaries import Boundaries
from gridmap.store.home.base import Home, Transaction
from gridmap.store.tables import bulk
from gridmap.store.tables.described import EVENTS, Table, describe
from gridmap.store.tables.own import EVENT_DAYS, EVENT_STATE, STEPS, STORE

MAIN = ("reported", "dispatched", "handled", "verified", "evaluated", "archived")  # the six steps: each is a status
CLOSING = MAIN[-1]
KEPT_WITH = ("append", "step")  # actions on events and steps that keep the states
GRIDS_KEY, EVENTS_KEY = "state_grids", "state_events"
CHUNK = 50_000
STORE_ACTOR = Actor("gridmap", "store")

_NAMES = [column.name for column in EVENT_STATE.columns]
_ADD = text(
    "INSERT INTO event_days (day, grid_code, category, reported, open) VALUES (:d, :g, :c, :r, :o) "
    "ON CONFLICT (day, grid_code, category) "
    "DO UPDATE SET reported = event_days.reported + excluded.reported, open = event_days.open + excluded.open"
)
Tally = dict[tuple[str, str, str], list[int]]


class State(NamedTuple):
    """A row of `event_state`."""

    row: int
    x: float | None
    y: float | None
    grid_code: str | None
    base_code: str | None
    day: str | None
    category: str
    open: bool

    @property
    def cell(self) -> tuple[str, str, str]:
        """Where the event is counted: day, lowest base grid and category."""
        return self.day or "", self.base_code or "", self.category


class _Marks(NamedTuple):
    """The changes of grids and events, those at which all states were made, and what was last logged of events and steps."""

    grids: str
    events: str
    made_grids: str | None
    made_events: str | None
    kept: bool


# Searched from the end: `||` keeps the databases from gathering all entries of a table by its index.
_LAST = (
    "(SELECT value FROM store_state WHERE key = 'state_grids'), (SELECT value FROM store_state WHERE key = 'state_events'), "
    "last.id, last.at, last.action FROM (SELECT 1 AS one) AS one LEFT JOIN "
    "(SELECT id, at, action FROM audit WHERE table_name || '' IN ('events', 'steps') ORDER BY id DESC LIMIT 1) AS last ON true"
)
_ASKED = {
    "sqlite": "SELECT (SELECT last_change FROM gpkg_contents WHERE table_name = 'grids'), "
    "(SELECT last_change FROM gpkg_contents WHERE table_name = 'events'), " + _LAST,
    "postgresql": "SELECT (SELECT max(id) FROM audit WHERE table_name = 'grids'), NULL, " + _LAST,
}


def _marks(connection: Connection) -> _Marks:
    asked = _ASKED[connection.dialect.name]
    grids, stated, made_grids, made_events, number, at, action = connection.exec_driver_sql(asked).fetchall()[0]
    is_last = connection.dialect.name == "postgresql" or stated == at  # else another program wrote after us
    events = str(number or "") if connection.dialect.name == "postgresql" else stated or ""
    return _Marks(str(grids or ""), events, made_grids, made_events, action in KEPT_WITH and is_last)


def are_current(connection: Connection) -> bool:
    """Tell whether the states are those of the events and the boundaries that a connection sees."""
    if not connection.dialect.has_table(connection, STORE.name):
        return False
    return _are_current(_marks(connection))


def _are_current(marks: _Marks) -> bool:
    return marks.made_grids == marks.grids and (marks.made_events == marks.events or marks.kept)


@contextmanager
def current(home: Home) -> Iterator[Connection]:
    """Give a connection for questions that sees states as they should be; they are brought up to date in a write of its own if need be."""

    def work(transaction: Transaction) -> None:
        ensure(transaction)
        transaction.note("adopt", EVENT_STATE.name)

    while True:
        with home.reading() as connection:
            if are_current(connection):
                yield connection
                return
        home.write(work, actor=STORE_ACTOR)


def ensure(transaction: Transaction) -> Boundaries:
    """Bring the states up to date inside a write, before it changes events or steps; return the boundaries in force."""
    marks = _marks(transaction.connection)
    if not _are_current(marks):
        _renew(transaction, marks)
    return boundaries.in_force(transaction, marks.grids)


def refresh(transaction: Transaction) -> None:
    """Assign all events anew after the boundaries in force have changed.

    Parameters
    ----------
    transaction
        The one that changed the table of grids, after it noted that.

    Notes
    -----
    Only rows that change are written. Events outside what moved are not looked at if `ensure` was called before the change, too.
    """
    ensure(transaction)


def adopt(transaction: Transaction) -> None:
    """Make the states of all events anew; some twenty seconds of processor for a million."""
    marks = _marks(transaction.connection)
    _renew(transaction, marks._replace(made_events=None, kept=False))


def _renew(transaction: Transaction, marks: _Marks) -> None:
    table = describe(transaction.connection, EVENTS)
    old = None if marks.made_grids is None else boundaries.kept(transaction, marks.made_grids)
    grids = boundaries.in_force(transaction, marks.grids)
    if marks.made_grids is not None and (marks.made_events == marks.events or marks.kept):
        if table is not None:
            _reassign(transaction, table, grids, None if old is None else boundaries.moved(old, grids))
    else:
        transaction.run(delete(EVENT_STATE))
        transaction.run(delete(EVENT_DAYS))
        if table is not None and "event_id" in table.types:
            for columns in _chunks(transaction.connection, table):
                bulk.insert(transaction.connection, EVENT_STATE, _NAMES, _states(table, grids, columns))
            _recount(transaction)
            if transaction.connection.dialect.name == "postgresql":
                transaction.run(text("ANALYZE event_state, event_days"))  # a question that comes at once is planned with them
    transaction.run(delete(STORE).where(STORE.c.key.in_([GRIDS_KEY, EVENTS_KEY])))
    made = {GRIDS_KEY: marks.grids, EVENTS_KEY: marks.events}
    transaction.run(insert(STORE), [{"key": key, "value": value} for key, value in made.items()])


def _chunks(connection: Connection, table: Table) -> Iterable[Mapping[str, Sequence[Any]]]:
    """Yield what the states of events follow from, column by column; `status` is the last of the six steps where there are any."""
    events = table.sql
    wanted = [table.key, *(name for name in ("category", "reported_at", "closed_at") if name in table.types)]
    last = select(STEPS.c.step).where(STEPS.c.event_id == events.c.event_id, STEPS.c.step.in_(MAIN))
    step = last.order_by(STEPS.c.seq.desc()).limit(1).scalar_subquery()
    status = func.coalesce(step, cast(events.c.status, Text)) if "status" in table.types else step
    columns = [*(events.c[name] for name in wanted), status.label("status")]
    columns += [events.c[table.geometry].label("place") if table.geometry else null().label("place")]
    key, after = events.c[table.key], None
    while True:
        asked = select(*columns).order_by(key).limit(CHUNK)
        found = connection.execute(asked if after is None else asked.where(key > after)).fetchall()
        if not found:
            return
        after = found[-1][0]
        yield dict(zip([*("row", *wanted[1:]), "status", "place"], zip(*found, strict=True), strict=True))


def add(transaction: Transaction, grids: Boundaries, table: Table, first: int, columns: Mapping[str, Sequence[Any]]) -> None:
    """Add the states of events that were appended from row `first` on.

    Parameters
    ----------
    columns
        Values of the columns as they were written, by name; some may be missing.
    """
    count = len(columns["event_id"])
    states = list(
        _states(table, grids, {**columns, "row": range(first, first + count), "place": columns.get(table.geometry, [None] * count)})
    )
    bulk.insert(transaction.connection, EVENT_STATE, _NAMES, states)
    tally = _tally()
    for state in states:
        _count(tally, state, 1)
    _add(transaction, tally)


def _states(table: Table, grids: Boundaries, columns: Mapping[str, Sequence[Any]]) -> Iterable[State]:
    rows = columns["row"]
    nothing: Sequence[Any] = [None] * len(rows)
    x, y = _coordinates(columns["place"])
    owners, bases = grids.locate(x, y, table.crs)
    zone = ZoneInfo(table.tz)
    given = (columns.get(name, nothing) for name in ("reported_at", "category", "status", "closed_at"))
    for row, east, north, owner, base, at, category, status, closed in zip(
        rows, x.tolist(), y.tolist(), owners, bases, *given, strict=True
    ):
        placed = east == east and north == north  # no NaN
        is_open = status != CLOSING if status is not None else closed is None
        yield State(
            row,
            east if placed else None,
            north if placed else None,
            owner,
            base,
            day_of(at, zone),
            "" if category is None else str(category),
            is_open,
        )


def _coordinates(places: Sequence[bytes | None]) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of points in WKB, NaN where there is no point."""
    drawn = np.asarray(shapely.from_wkb(np.array(places, dtype=object)), dtype=object)
    drawn[(shapely.get_type_id(drawn) != shapely.GeometryType.POINT) | shapely.is_empty(drawn)] = None
    return shapely.get_x(drawn), shapely.get_y(drawn)


def day_of(at: str | datetime.datetime | None, zone: ZoneInfo) -> str | None:
    """Return the day of a moment as a driver gives it; a text without a zone is the project's own time."""
    try:
        moment = datetime.datetime.fromisoformat(at) if isinstance(at, str) else at
        local = moment if moment is None or moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):  # a foreign file may hold anything
        return None
    return None if local is None else local.date().isoformat()


def set_open(transaction: Transaction, wanted: Mapping[int, bool]) -> list[int]:
    """Open and close events, by row; return the rows of those that were otherwise."""
    tally = _tally()
    changed = [state for state in _of_rows(transaction.connection, list(wanted)) if state.open != wanted[state.row]]
    for state in changed:
        tally[state.cell][1] += 1 if wanted[state.row] else -1
    if changed:
        statement = update(EVENT_STATE).where(EVENT_STATE.c.row == bindparam("number")).values(open=bindparam("now"))
        transaction.run(statement, [{"number": state.row, "now": wanted[state.row]} for state in changed])
        _add(transaction, tally)
    return [state.row for state in changed]


def _of_rows(connection: Connection, numbers: Sequence[int]) -> list[State]:
    """Return the states of some rows of events."""
    found: list[State] = []
    for start in range(0, len(numbers), 500):
        asked = select(EVENT_STATE).where(EVENT_STATE.c.row.in_(numbers[start : start + 500]))
        found += [State._make(row) for row in connection.execute(asked)]
    return found


def _reassign(transaction: Transaction, table: Table, grids: Boundaries, box: Sequence[float] | None) -> None:
    """Give events the grids in which they lie now; only those in a box in the CRS of the table, if any."""
    asked = select(EVENT_STATE).order_by(EVENT_STATE.c.row).limit(CHUNK)
    if box is not None:
        asked = asked.where(*_within(box))
    statement = update(EVENT_STATE).where(EVENT_STATE.c.row == bindparam("number"))
    statement = statement.values(grid_code=bindparam("owner"), base_code=bindparam("base"))
    after = None
    while found := transaction.run(asked if after is None else asked.where(EVENT_STATE.c.row > after)).fetchall():
        states = [State._make(row) for row in found]
        after = states[-1].row
        x, y = (np.array([getattr(state, name) for state in states], dtype="float64") for name in ("x", "y"))
        tally, changed = _tally(), list[dict[str, Any]]()
        for state, owner, base in zip(states, *grids.locate(x, y, table.crs), strict=True):
            if (owner, base) != (state.grid_code, state.base_code):
                changed.append({"number": state.row, "owner": owner, "base": base})
                _count(tally, state, -1)
                _count(tally, state._replace(base_code=base), 1)
        if changed:
            transaction.run(statement, changed)
            _add(transaction, tally)
    transaction.run(delete(EVENT_DAYS).where(EVENT_DAYS.c.reported == 0))


def _within(box: Sequence[float]) -> list[ColumnElement[bool]]:
    west, south, east, north = map(float, box)
    return [EVENT_STATE.c.x.between(west, east), EVENT_STATE.c.y.between(south, north)]


def _tally() -> Tally:
    return defaultdict(lambda: [0, 0])


def _count(tally: Tally, state: State, sign: int) -> None:
    counts = tally[state.cell]
    counts[0] += sign
    counts[1] += sign * state.open


def _add(transaction: Transaction, tally: Tally) -> None:
    """Add to the numbers of events by day, grid and category."""
    added = [dict(zip("dgcro", (*cell, *counts), strict=True)) for cell, counts in sorted(tally.items()) if any(counts)]
    if added:
        transaction.run(_ADD, added)


def _recount(transaction: Transaction) -> None:
    state = EVENT_STATE.c
    cell = (func.coalesce(cast(state.day, Text), ""), func.coalesce(state.base_code, ""), state.category)
    counts = (func.count(), func.sum(case((state.open, 1), else_=0)))
    names = ["day", "grid_code", "category", "reported", "open"]
    # In the order of their key: a question is about rows that lie together then.
    transaction.run(insert(EVENT_DAYS).from_select(names, select(*cell, *counts).group_by(*cell).order_by(*cell)))


def differing(connection: Connection) -> Iterator[int]:
    """Yield rows of events whose kept state is not what the events, their steps and the boundaries in force say, and rows kept of no event.

    Nothing where the states will be made anew before anyone is told of them.
    """
    table = describe(connection, EVENTS)
    if table is None or "event_id" not in table.types or not are_current(connection):
        return
    grids = boundaries.read(connection, "")
    asked = select(EVENT_STATE).order_by(EVENT_STATE.c.row)
    known: set[int] = set()
    for columns in _chunks(connection, table):
        wanted = list(_states(table, grids, columns))
        first, last = wanted[0].row, wanted[-1].row
        present = {row.row: State._make(row) for row in connection.execute(asked.where(EVENT_STATE.c.row.between(first, last)))}
        yield from (each.row for each in wanted if present.get(each.row) != each)
        yield from sorted(present.keys() - {each.row for each in wanted})
        known |= {first, last}
    outside = asked.where(~EVENT_STATE.c.row.between(min(known, default=0), max(known, default=-1)))
    yield from (row.row for row in connection.execute(outside))


def miscounted(connection: Connection) -> list[tuple[str, str, str]]:
    """Return the days, grids and categories whose numbers of events are not those of the states."""
    state, cell = EVENT_STATE.c, EVENT_DAYS.c
    names = (func.coalesce(cast(state.day, Text), ""), func.coalesce(state.base_code, ""), state.category)
    asked = select(*names, func.count(), func.sum(case((state.open, 1), else_=0))).group_by(*names)
    wanted = {tuple(row[:3]): (int(row[3]), int(row[4])) for row in connection.execute(asked)}
    kept = select(cell.day, cell.grid_code, cell.category, cell.reported, cell.open).where(cell.reported != 0)
    present = {tuple(row[:3]): (int(row[3]), int(row[4])) for row in connection.execute(kept)}
    return sorted(key for key in wanted.keys() | present.keys() if wanted.get(key) != present.get(key))
