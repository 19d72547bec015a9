"""What the tables of plans hold, asked on one connection."""

import datetime
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, inspect, or_, select

from gridmap import plan
from gridmap.errors import StoreError
from gridmap.store.plans import versions
from gridmap.store.plans.versions import Codes
from gridmap.store.tables import kinds
from gridmap.store.tables.described import DEFAULT_TZ, Table, describe, settings
from gridmap.store.tables.own import GRID_VERSIONS, PLAN_EDITS, PLAN_GRIDS, PLAN_RETIRED, PLANS, STORE

GRIDS = "grids"
NORMAL = "normal"
SCENARIOS = (NORMAL, "emergency")
SHOWN = "grids_plan"  # key in the store's state: the plan that the table of the boundaries in force shows
Versions = dict[str, int]  # grid code -> version


def has_plans(connection: Connection) -> bool:
    """Tell whether a project keeps plans."""
    return inspect(connection).has_table(PLANS.name) and connection.execute(select(PLANS.c.plan_id).limit(1)).scalar() is not None


def row(connection: Connection, plan_id: int) -> Row[Any]:
    """Return the row of a plan.

    Raises
    ------
    StoreError
        If there is none of this number.
    """
    found = connection.execute(select(PLANS).where(PLANS.c.plan_id == plan_id)).fetchone() if has_plans(connection) else None
    if found is None:
        raise StoreError("no_plan", given=plan_id)
    return found


def grids_table(connection: Connection) -> Table:
    """Return the description of the table of the boundaries in force."""
    found = describe(connection, GRIDS)
    if found is None or not found.geometry or versions.CODE not in found.types:
        raise StoreError("no_grids_table")
    return found


def present(connection: Connection, plan_id: int) -> Versions:
    """Return the grids of a plan as it stands."""
    asked = select(PLAN_GRIDS.c.grid_code, PLAN_GRIDS.c.version).where(PLAN_GRIDS.c.plan_id == plan_id)
    return {row.grid_code: row.version for row in connection.execute(asked)}


def retired(connection: Connection, plan_id: int) -> Codes:
    """Return the codes that must not be given again in a plan as it stands."""
    asked = select(PLAN_RETIRED.c.grid_code, PLAN_RETIRED.c.name, PLAN_RETIRED.c.level, PLAN_RETIRED.c.kind)
    return {code: tuple(values) for code, *values in connection.execute(asked.where(PLAN_RETIRED.c.plan_id == plan_id))}


def load(connection: Connection, plan_id: int, table: Table) -> plan.Plan:
    """Return a plan as it stands."""
    asked = select(PLAN_GRIDS.c.grid_code, GRID_VERSIONS.c.row, GRID_VERSIONS.c.shape)
    asked = asked.join(GRID_VERSIONS, GRID_VERSIONS.c.id == PLAN_GRIDS.c.version).where(PLAN_GRIDS.c.plan_id == plan_id)
    found = connection.execute(asked).fetchall()
    return plan.trusted(versions.frame(found, table), retired=versions.retired_frame(retired(connection, plan_id)))


def load_revision(connection: Connection, plan_id: int, table: Table, revision: int) -> plan.Plan:
    """Return a plan as it stood after one of its revisions."""
    grids, codes = present(connection, plan_id), retired(connection, plan_id)
    asked = select(PLAN_EDITS).where(PLAN_EDITS.c.plan_id == plan_id, PLAN_EDITS.c.revision > revision)
    for edit in connection.execute(asked.order_by(PLAN_EDITS.c.revision.desc())):
        for code in edit.added:
            del grids[code]
        grids |= edit.removed
        if edit.action == "undo":
            codes |= {code: tuple(values) for code, values in edit.retired.items()}
        else:
            codes = {code: values for code, values in codes.items() if code not in edit.retired}
    return plan.trusted(versions.frame(versions.read(connection, grids.values()), table), retired=versions.retired_frame(codes))


def effective(connection: Connection, plan_id: int) -> tuple[list[int], list[int]]:
    """Return the revisions whose edits stand, oldest first, and those that are taken back, the next to be put in again last."""
    done: list[int] = []
    undone: list[int] = []
    asked = select(PLAN_EDITS.c.revision, PLAN_EDITS.c.action).where(PLAN_EDITS.c.plan_id == plan_id)
    for revision, action in connection.execute(asked.order_by(PLAN_EDITS.c.revision)):
        if action == "undo":
            undone.append(done.pop())
        elif action == "redo":
            done.append(undone.pop())
        else:
            done.append(revision)
            undone.clear()
    return done, undone


def in_force(connection: Connection, at: str, scenario: str) -> int | None:
    """Return the plan that holds on a day, None where none does."""
    holds = (PLANS.c.state != "draft", PLANS.c.scenario == scenario, PLANS.c.valid_from <= at)
    until = or_(PLANS.c.valid_to.is_(None), PLANS.c.valid_to > at)
    found: int | None = connection.execute(select(PLANS.c.plan_id).where(*holds, until).order_by(PLANS.c.plan_id.desc())).scalar()
    return found


def last_published(connection: Connection, scenario: str) -> Row[Any] | None:
    """Return the row of the plan that will hold last of all, None where none is published."""
    asked = select(PLANS).where(PLANS.c.state != "draft", PLANS.c.scenario == scenario, PLANS.c.valid_to.is_(None))
    return connection.execute(asked.order_by(PLANS.c.valid_from.desc(), PLANS.c.plan_id.desc())).fetchone()


def is_due(connection: Connection, at: str) -> bool:
    """Tell whether a plan that is published holds no more on a day."""
    over = (PLANS.c.state == "published", PLANS.c.valid_to <= at)
    return connection.execute(select(PLANS.c.plan_id).where(*over).limit(1)).scalar() is not None


def shown(connection: Connection) -> int | None:
    """Return the plan that the table of the boundaries in force shows."""
    found = connection.execute(select(STORE.c.value).where(STORE.c.key == SHOWN)).scalar()
    return None if found is None else int(found)


def day(given: datetime.date | str, tz: str) -> str:
    """Return the ISO text of a day; of a moment with a zone, its day in the project's."""
    try:
        moment = datetime.datetime.fromisoformat(given) if isinstance(given, str) else given
        if isinstance(moment, datetime.datetime):
            moment = (moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(tz))).date()
        return moment.isoformat()
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError("no_day", given=given) from error


def zone(connection: Connection) -> str:
    """Return the time zone of a project."""
    return settings(connection).get("timezone", DEFAULT_TZ)


def today(connection: Connection) -> str:
    """Return the day on which a project stands."""
    return day_of(settings(connection))


def day_of(about: Mapping[str, str]) -> str:
    """Return the ISO text of the day on which a project with some settings stands, in its zone: that of `now`, else the present one."""
    return day(about.get("now") or kinds.now(), about.get("timezone", DEFAULT_TZ))
