"""Steps of events: appended in the order of their numbers, never changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, bindparam, func, select, update

from gridmap.errors import SchemaError, StoreError
from gridmap.schema import require_columns
from gridmap.store import homes
from gridmap.store.actor import Actor
from gridmap.store.address import Project
from gridmap.store.events import state
from gridmap.store.events.appended import ASKED
from gridmap.store.events.state import CLOSING, MAIN
from gridmap.store.home.base import Transaction
from gridmap.store.tables import bulk, fingerprint, rows
from gridmap.store.tables.described import DEFAULT_TZ, Table, events_table, settings
from gridmap.store.tables.own import STEPS

ACCEPTED = "accepted"  # 签收
NAMES = [column.name for column in STEPS.columns][1:]
REQUIRED = ("event_id", "seq", "step", "at", "actor_role", "actor")
_TYPES = dict.fromkeys(NAMES, "TEXT") | {"seq": "INTEGER", "at": "DATETIME", "score": "DOUBLE"}


def append_steps(project: Project, steps: pd.DataFrame, *, actor: Actor) -> range:
    """Append steps to events, all or none of them, and return once they are on the disk.

    Parameters
    ----------
    project
        A project with a table of events: its file or its URL.
    steps
        Columns (or index) event_id, seq; step, at (with a time zone), actor_role, actor, [note, score]. `seq` counts the steps of each
        event from 1 on; several steps of an event stand in their order.
    actor
        Who writes; kept in the log of the project.

    Returns
    -------
    range
        The row ids of the steps, in their order.

    Raises
    ------
    SchemaError
        If a column is missing or unknown, or a value is missing or does not fit.
    StoreError
        If an event is not there, or a `seq` is not the next one of its event: another step came before (key `stale_step`).

    Notes
    -----
    The last of the six steps of the loop becomes the `status` of its event where the table has that column; `archived` closes the event,
    at the time of the step in `closed_at`; `accepted` stands in `accepted_at`. Other steps are kept and change nothing else. Which step
    may follow which is not asked here.
    """
    home = homes.of(project)
    values = _encoded(steps)
    return home.write(lambda transaction: _append(transaction, values), actor=actor) if values else range(0)


def _encoded(steps: pd.DataFrame) -> list[dict[str, Any]]:
    if not isinstance(steps, pd.DataFrame):
        raise SchemaError("not_a_table", what=STEPS.name, given=type(steps).__name__)
    frame = steps.reset_index([name for name in steps.index.names if name in REQUIRED and name not in steps.columns])
    require_columns(frame, REQUIRED, STEPS.name)
    unknown = [str(name) for name in frame.columns if name not in NAMES]
    if unknown:
        raise SchemaError("unknown_columns", what=STEPS.name, columns=", ".join(unknown), given=", ".join(NAMES))
    columns = {}
    for name in NAMES:
        given = frame[name] if name in frame.columns else pd.Series(None, index=frame.index, dtype="object")
        columns[name] = rows.stored(given, name, _TYPES[name], STEPS.name)
        empty = [label for label, value in zip(frame.index, columns[name], strict=True) if name in REQUIRED and value in (None, "")]
        if empty:
            raise SchemaError("missing_values", what=STEPS.name, column=name, rows=empty)
    return [dict(zip(NAMES, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _append(transaction: Transaction, steps: Sequence[dict[str, Any]]) -> range:
    table = events_table(transaction.connection, transaction.home.shown)
    numbers = _events(transaction.connection, table, list(dict.fromkeys(step["event_id"] for step in steps)))
    unknown = [step["event_id"] for step in steps if step["event_id"] not in numbers]
    if unknown:
        raise StoreError("step_of_no_event", rows=dict.fromkeys(unknown))
    _require_next(transaction.connection, steps)
    state.ensure(transaction)
    first = (transaction.run(select(func.max(STEPS.c.fid))).scalar() or 0) + 1
    values = [tuple(step.values()) for step in steps]
    bulk.insert(transaction.connection, STEPS, ["fid", *NAMES], [(first + place, *row) for place, row in enumerate(values)])
    transaction.note(
        "step", STEPS.name, first=first, count=len(steps), digest=fingerprint.digest([STEPS.c[name] for name in NAMES], values)
    )
    _follow(transaction, table, numbers, steps)
    return range(first, first + len(steps))


def _events(connection: Connection, table: Table, identifiers: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    event_id, key = table.sql.c.event_id, table.sql.c[table.key]
    for start in range(0, len(identifiers), ASKED):
        asked = select(event_id, key).where(event_id.in_(identifiers[start : start + ASKED]))
        found |= {str(label): int(number) for label, number in connection.execute(asked)}
    return found


def _require_next(connection: Connection, steps: Sequence[Mapping[str, Any]]) -> None:
    identifiers = list(dict.fromkeys(step["event_id"] for step in steps))
    last = dict.fromkeys(identifiers, 0)
    for start in range(0, len(identifiers), ASKED):
        asked = select(STEPS.c.event_id, func.max(STEPS.c.seq)).where(STEPS.c.event_id.in_(identifiers[start : start + ASKED]))
        last |= {str(label): int(seq) for label, seq in connection.execute(asked.group_by(STEPS.c.event_id))}
    stale = []
    for step in steps:
        last[step["event_id"]] += 1
        if step["seq"] != last[step["event_id"]]:
            stale.append(step["event_id"])
    if stale:
        raise StoreError("stale_step", rows=dict.fromkeys(stale))


def _follow(transaction: Transaction, table: Table, numbers: Mapping[str, int], steps: Sequence[Mapping[str, Any]]) -> None:
    """Let the events stand as their steps say."""
    accepted = {numbers[step["event_id"]]: step["at"] for step in steps if step["step"] == ACCEPTED}
    reached = {numbers[step["event_id"]]: step for step in steps if step["step"] in MAIN}
    is_open = {row: step["step"] != CLOSING for row, step in reached.items()}
    opened = {row for row in state.set_open(transaction, is_open) if is_open[row]}
    closed = {row: None if is_open[row] else step["at"] for row, step in reached.items() if row in opened or not is_open[row]}
    changes = {"status": {row: step["step"] for row, step in reached.items()}, "closed_at": closed, "accepted_at": accepted}
    kinds = {"status": "TEXT", "closed_at": "DATETIME", "accepted_at": "DATETIME"}
    for name, values in changes.items():
        if values and table.types.get(name, "").partition("(")[0] == kinds[name]:
            statement = update(table.sql).where(table.sql.c[table.key] == bindparam("number")).values({name: bindparam("now")})
            transaction.run(statement, [{"number": row, "now": value} for row, value in values.items()])
    transaction.home.state(transaction.connection, table.name, transaction.at, None)


def read_steps(project: Project, event_ids: Collection[str] | None = None) -> pd.DataFrame:
    """Read the steps of some events, or of all.

    Returns
    -------
    DataFrame
        Indexed by `event_id` and `seq`, in their order: step, at (in the project's zone), actor_role, actor, note, score.

    Raises
    ------
    StoreError
        If the project is missing.
    """
    home = homes.of(project)
    wanted = None if event_ids is None else list(dict.fromkeys(event_ids))
    columns = [STEPS.c[name] for name in NAMES]
    found: list[Sequence[Any]] = []
    with home.reading() as connection:
        tz = settings(connection).get("timezone", DEFAULT_TZ)
        if connection.dialect.has_table(connection, STEPS.name):
            if wanted is None:
                found += connection.execute(select(*columns)).fetchall()
            for start in range(0, len(wanted or ()), ASKED):
                found += connection.execute(select(*columns).where(STEPS.c.event_id.in_((wanted or [])[start : start + ASKED]))).fetchall()
    values = list(zip(*found, strict=True)) if found else [()] * len(NAMES)
    frame = pd.DataFrame({name: rows.column_of(list(column), _TYPES[name]) for name, column in zip(NAMES, values, strict=True)})
    frame["seq"] = frame["seq"].astype("int64")
    at = frame["at"]
    frame["at"] = (at.dt.tz_localize("UTC") if at.dt.tz is None else at).dt.tz_convert(tz)
    return frame.set_index(["event_id", "seq"]).sort_index()
