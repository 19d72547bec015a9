"""Plans of a project: drafts that are edited, and boundaries that were, are or will be in force.

Grids are kept once by what they hold, however many plans they stand in. What is published never changes: the database itself refuses it.
"""

import datetime

import geopandas as gpd
import pandas as pd
from sqlalchemy import select

from gridmap import assign, plan
from gridmap.errors import StoreError
from gridmap.store import homes
from gridmap.store.plans import opened, planned
from gridmap.store.project import Project
from gridmap.store.tables.own import PLAN_EDITS, PLAN_INDEXES, PLANS


def list_plans(project: Project) -> pd.DataFrame:
    """List all plans, oldest first.

    Returns
    -------
    DataFrame
        Index `plan_id`. Columns `name`, `state` (draft, published, retired), `valid_from` and `valid_to` (ISO days, the latter the first
        on which it holds no more; NA where there is none), `scenario`, `author`, `reason`, `based_on`, `revision`, `created_at`,
        `changed_at` (in the project's zone). No row where the project keeps no plans.

    Raises
    ------
    StoreError
        If the project is missing or cannot be read.
    """
    with homes.of(project).reading() as connection:
        rows = connection.execute(select(PLANS).order_by(PLANS.c.plan_id)).fetchall() if planned.has_plans(connection) else []
        zone = planned.zone(connection)
    table = pd.DataFrame(rows, columns=[column.name for column in PLANS.columns]).astype(
        dict.fromkeys(("name", "state", "valid_from", "valid_to", "scenario", "author", "reason"), "str")
        | {"plan_id": "int64", "based_on": "Int64", "revision": "int64"}
    )
    return _timed(table, ("created_at", "changed_at"), zone).set_index("plan_id")


def read_plan(project: Project, plan_id: int, *, revision: int | None = None) -> plan.Plan:
    """Read a plan, corner by corner as it was saved.

    Parameters
    ----------
    revision
        Of its revisions the one after which it is read, by default the present one.

    Raises
    ------
    StoreError
        If there is no such plan or revision.

    Notes
    -----
    Its coverage is not checked: nothing but an edit that keeps it writes plans, and publication checks them as a whole.
    """
    home = homes.of(project)
    with home.reading() as connection:
        row = planned.row(connection, plan_id)
        table = planned.grids_table(connection)
        if revision is None or revision == row.revision:
            return opened.kept(home, row) or opened.keep(home, row, planned.load(connection, plan_id, table))
        if not 0 <= revision < row.revision:
            raise StoreError("no_revision", given=revision, plan=row.name, revision=row.revision)
        return planned.load_revision(connection, plan_id, table, revision)


def edits(project: Project, plan_id: int) -> pd.DataFrame:
    """List the edits of a plan, oldest first.

    Returns
    -------
    DataFrame
        Index `revision`. Columns `action`, `reverts` (revision that an undo takes back or a redo puts in again), `at` (in the project's
        zone), `actor`, `what` (what the edit was given), `added`, `changed`, `removed` (lists of codes), `stands` (whether the edit is in
        effect; of an undo and a redo False).

    Raises
    ------
    StoreError
        If there is no such plan.
    """
    with homes.of(project).reading() as connection:
        planned.row(connection, plan_id)
        asked = select(PLAN_EDITS).where(PLAN_EDITS.c.plan_id == plan_id).order_by(PLAN_EDITS.c.revision)
        rows = connection.execute(asked).fetchall()
        stand = set(planned.effective(connection, plan_id)[0])
        zone = planned.zone(connection)
    table = pd.DataFrame(
        [
            {
                "revision": row.revision,
                "action": row.action,
                "reverts": row.reverts,
                "at": row.at,
                "actor": row.actor,
                "what": row.what,
                "added": sorted(row.added.keys() - row.removed.keys()),
                "changed": sorted(row.added.keys() & row.removed.keys()),
                "removed": sorted(row.removed.keys() - row.added.keys()),
                "stands": row.revision in stand,
            }
            for row in rows
        ],
        columns=["revision", "action", "reverts", "at", "actor", "what", "added", "changed", "removed", "stands"],
    ).astype({"revision": "int64", "action": "str", "reverts": "Int64", "actor": "str", "stands": "bool"})
    return _timed(table, ("at",), zone).set_index("revision")


def in_force(project: Project, *, at: datetime.date | str, scenario: str = planned.NORMAL) -> int | None:
    """Return the plan that holds on a day, None where none does.

    Parameters
    ----------
    at
        A day, or a moment, of which the day in the project's zone counts.
    scenario
        "normal" or "emergency".

    Raises
    ------
    StoreError
        If `at` is no day.
    """
    with homes.of(project).reading() as connection:
        day = planned.day(at, planned.zone(connection))
        return planned.in_force(connection, day, scenario) if planned.has_plans(connection) else None


def grids_at(project: Project, *, at: datetime.date | str, scenario: str = planned.NORMAL) -> gpd.GeoDataFrame:
    """Return the boundaries that held, hold or will hold on a day, as a table of grids; else as `in_force`.

    Raises
    ------
    StoreError
        If no plan of the scenario holds on that day.
    """
    with homes.of(project).reading() as connection:
        day = planned.day(at, planned.zone(connection))
        plan_id = planned.in_force(connection, day, scenario) if planned.has_plans(connection) else None
        if plan_id is None:
            raise StoreError("no_plan_at", given=day)
        return planned.load(connection, plan_id, planned.grids_table(connection)).grids


def index_of(project: Project, plan_id: int) -> assign.Index:
    """Return the index of a plan's grids: of a published one that is kept beside it, of any other one made now.

    Raises
    ------
    StoreError
        If there is no such plan.
    """
    with homes.of(project).reading() as connection:
        planned.row(connection, plan_id)
        kept = connection.execute(select(PLAN_INDEXES.c.content).where(PLAN_INDEXES.c.plan_id == plan_id)).scalar()
        grids = None if kept is not None else planned.load(connection, plan_id, planned.grids_table(connection)).grids
    return assign.Index(grids) if kept is None else assign.Index.from_bytes(bytes(kept))


def _timed(table: pd.DataFrame, names: tuple[str, ...], zone: str) -> pd.DataFrame:
    return table.assign(**{name: pd.to_datetime(table[name], utc=True).astype("datetime64[us, UTC]").dt.tz_convert(zone) for name in names})
