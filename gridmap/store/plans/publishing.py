"""Drafts become boundaries in force: checked as a whole, dated, and from then on never changed."""

import datetime

from sqlalchemy import select, update

from gridmap import assign, plan
from gridmap.errors import StoreError
from gridmap.store import homes
from gridmap.store.actor import Actor
from gridmap.store.home.base import Transaction
from gridmap.store.plans import drafts, layer_in_force, planned, versions
from gridmap.store.project import Project
from gridmap.store.tables.own import PLAN_GRIDS, PLAN_RETIRED, PLANS


def publish(project: Project, plan_id: int, *, revision: int, valid_from: datetime.date | str, reason: str, actor: Actor) -> None:
    """Publish a draft: from a day on it is the plan of its scenario, and it never changes again.

    Parameters
    ----------
    revision
        The one that was looked at.
    valid_from
        First day on which it holds, not before that of the plan published last. From a day to come on, the boundaries in force change
        when `bring_into_force` is called on that day; else at once.
    reason
        Why the boundaries change; the one that the draft was begun with where it is blank.

    Raises
    ------
    StoreError
        With the key `stale_edit` as `save_edit`; if it is no draft, begins to hold before the one before it, or has codes that another
        published plan gave or retired meanwhile.
    PlanError
        If its grids are no plan; nothing is published.

    Notes
    -----
    The plan before it of its scenario holds until that day, and retires when it holds no more.
    """
    home = homes.of(project)
    with home.reading() as connection:
        planned.row(connection, plan_id)
        table = planned.grids_table(connection)
        draft = planned.load(connection, plan_id, table)
        day = planned.day(valid_from, planned.zone(connection))
    sound = plan.from_grids(draft.grids, retired=draft.retired)
    saved, index = drafts.Saved(set(sound.grids.index), versions.contents(sound.grids, table), {}), assign.Index(sound.grids)

    def work(transaction: Transaction) -> None:
        number = drafts.claimed(transaction, plan_id, revision)
        drafts.save(transaction, plan_id, number, saved, action="publish", what={"valid_from": day})
        _require_own_codes(transaction, plan_id)
        with layer_in_force.publishing(transaction):
            _end_last(transaction, plan_id, day)
            values = {"state": "published", "valid_from": day, "changed_at": transaction.at}
            transaction.run(update(PLANS).where(PLANS.c.plan_id == plan_id).values(values | ({"reason": reason} if reason.strip() else {})))
            layer_in_force.keep_index(transaction, plan_id, index)
            layer_in_force.bring(transaction, planned.today(transaction.connection))
        _retire_in_drafts(transaction)
        transaction.note("publish", PLANS.name, first=plan_id, count=1, what={"valid_from": day}, why=reason or None)

    home.write(work, actor=actor)


def _require_own_codes(transaction: Transaction, plan_id: int) -> None:
    """Raise if a code that the draft gave is one that another published plan has or had."""
    row = planned.row(transaction.connection, plan_id)
    theirs = select(PLANS.c.plan_id).where(PLANS.c.state != "draft")
    base = select(PLAN_GRIDS.c.grid_code).where(PLAN_GRIDS.c.plan_id == row.based_on)
    given = select(PLAN_GRIDS.c.grid_code).where(PLAN_GRIDS.c.plan_id == plan_id, PLAN_GRIDS.c.grid_code.not_in(base))
    again: set[str] = set()
    for table in (PLAN_GRIDS, PLAN_RETIRED):
        asked = select(table.c.grid_code).where(table.c.plan_id.in_(theirs), table.c.grid_code.in_(given))
        again |= set(transaction.connection.execute(asked).scalars())
    if again:
        raise StoreError("plan_codes_taken", rows=sorted(again))


def _end_last(transaction: Transaction, plan_id: int, day: str) -> None:
    """Let the plan published last hold until a day."""
    scenario = planned.row(transaction.connection, plan_id).scenario
    last = planned.last_published(transaction.connection, scenario)
    if last is None:
        return
    if day < last.valid_from:
        raise StoreError("plan_before_last", given=day, name=last.name, day=last.valid_from)
    transaction.run(update(PLANS).where(PLANS.c.plan_id == last.plan_id).values(valid_to=day, changed_at=transaction.at))


def _retire_in_drafts(transaction: Transaction) -> None:
    """Let no open draft give a code that is published now."""
    for draft in transaction.connection.execute(select(PLANS.c.plan_id).where(PLANS.c.state == "draft")).scalars().all():
        drafts.retire_published(transaction, draft)
        transaction.note("retire_codes", PLANS.name, first=draft, count=1)


def bring_into_force(project: Project, *, at: datetime.date | str, actor: Actor) -> int | None:
    """Let the boundaries in force be those of the plan for normal days that holds on a day, and plans that hold no more retire.

    Parameters
    ----------
    at
        The day: today, where a plan was published from a day to come on. Boundaries never go back to those of an earlier plan.

    Returns
    -------
    int or None
        The plan, None where nothing is to be changed.

    Raises
    ------
    StoreError
        If the project cannot be written.
    """
    home = homes.of(project)
    with home.reading() as connection:
        if not planned.has_plans(connection):
            return None
        day = planned.day(at, planned.zone(connection))
        if not planned.is_due(connection, day):
            return None

    def work(transaction: Transaction) -> int | None:
        with layer_in_force.publishing(transaction):
            found = layer_in_force.bring(transaction, day)
        transaction.note("in_force", PLANS.name, first=found or 0, count=int(found is not None), what={"at": day})
        return found

    return home.write(work, actor=actor)
