"""Drafts of plans: each edit is a revision that keeps what it took away and put in; whoever edits an older one is refused."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Row, bindparam, delete, func, insert, literal, select, update

from gridmap import plan, schema
from gridmap.errors import StoreError
from gridmap.store import homes
from gridmap.store.actor import Actor
from gridmap.store.home.base import Transaction
from gridmap.store.plans import first_plan, opened, planned, versions
from gridmap.store.plans.planned import Versions
from gridmap.store.plans.versions import Codes
from gridmap.store.project import Project
from gridmap.store.tables.own import PLAN_EDITS, PLAN_GRIDS, PLAN_INDEXES, PLAN_RETIRED, PLANS


def start_draft(
    project: Project, *, name: str, actor: Actor, based_on: int | None = None, scenario: str = planned.NORMAL, reason: str = ""
) -> int:
    """Begin a draft with the boundaries of another plan, and return its number.

    Parameters
    ----------
    name
        For people.
    based_on
        Plan to begin with, by default the one in force; of an emergency the one for normal days where none is published. A draft is
        copied as it stands.
    scenario
        "normal" or "emergency".
    reason
        Why; may be told at publication.

    Raises
    ------
    StoreError
        If there is no such plan, the name is blank, the scenario unknown, or the project keeps no plans because its grids are none: the
        line says what is wrong with them.

    Notes
    -----
    Codes that stand or stood in any published plan and not in this one are retired in the draft: they are not given again.
    """
    if scenario not in planned.SCENARIOS:
        raise StoreError("plan_scenario", given=scenario, scenarios=", ".join(planned.SCENARIOS))
    if not name.strip():
        raise StoreError("plan_name")

    def work(transaction: Transaction) -> int:
        first_plan.require(transaction)
        base = planned.row(transaction.connection, based_on if based_on is not None else _base(transaction, scenario))
        row = {
            "name": name.strip(),
            "state": "draft",
            "scenario": scenario,
            "author": transaction.actor.name,
            "reason": reason or None,
            "based_on": base.based_on if base.state == "draft" else base.plan_id,
            "revision": 0,
            "created_at": transaction.at,
            "changed_at": transaction.at,
        }
        plan_id = added(transaction, row)
        for table in (PLAN_GRIDS, PLAN_RETIRED):
            others = [column for column in table.columns if column.name != "plan_id"]
            rows = select(literal(plan_id), *others).where(table.c.plan_id == base.plan_id)
            transaction.run(insert(table).from_select(["plan_id", *(column.name for column in others)], rows))
        retire_published(transaction, plan_id)
        transaction.note(
            "draft", PLANS.name, first=plan_id, count=1, what={"name": row["name"], "based_on": base.plan_id}, why=reason or None
        )
        return plan_id

    return homes.of(project).write(work, actor=actor)


def _base(transaction: Transaction, scenario: str) -> int:
    """Return the plan that a draft of a scenario begins with."""
    connection = transaction.connection
    found = planned.in_force(connection, planned.today(connection), scenario)
    if found is None and scenario != planned.NORMAL:
        found = planned.in_force(connection, planned.today(connection), planned.NORMAL)
    return found or planned.shown(connection) or 0


def added(transaction: Transaction, row: Mapping[str, Any]) -> int:
    """Put in the row of a new plan and return its number."""
    key = transaction.run(insert(PLANS), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def retire_published(transaction: Transaction, plan_id: int) -> None:
    """Retire in a draft every code that stands or stood in a published plan, and does not stand in it."""
    connection = transaction.connection
    mine = [select(table.c.grid_code).where(table.c.plan_id == plan_id) for table in (PLAN_GRIDS, PLAN_RETIRED)]
    theirs = select(PLANS.c.plan_id).where(PLANS.c.state != "draft")
    stood = select(func.max(PLAN_GRIDS.c.version)).where(
        PLAN_GRIDS.c.plan_id.in_(theirs), *(PLAN_GRIDS.c.grid_code.not_in(codes) for codes in mine)
    )
    gone = select(PLAN_RETIRED).where(PLAN_RETIRED.c.plan_id.in_(theirs), *(PLAN_RETIRED.c.grid_code.not_in(codes) for codes in mine))
    codes: Codes = {row.grid_code: (row.name, row.level, row.kind) for row in connection.execute(gone)}
    last = connection.execute(stood.group_by(PLAN_GRIDS.c.grid_code)).scalars().all()
    codes |= {content.code: of_row(content.row) for content in versions.read(connection, last)}
    retire(transaction, plan_id, codes)
    if codes:  # whoever keeps the plan reads it anew
        transaction.run(update(PLANS).where(PLANS.c.plan_id == plan_id).values(changed_at=transaction.at))


def of_row(row: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Return what is kept of a grid whose code is retired."""
    return row.get("name"), row.get("level"), row.get("kind")


def retire(transaction: Transaction, plan_id: int, codes: Codes) -> None:
    """Put codes among those that are not given again in a draft."""
    if codes:
        transaction.run(
            insert(PLAN_RETIRED),
            [
                {"plan_id": plan_id, "grid_code": code, "name": name, "level": level, "kind": kind}
                for code, (name, level, kind) in codes.items()
            ],
        )


def save_edit(
    project: Project, plan_id: int, after: plan.Plan, *, revision: int, action: str, what: Mapping[str, Any], actor: Actor
) -> int:
    """Save what an edit made of a draft, and return its new revision.

    Parameters
    ----------
    after
        What the edit returned. Only grids that differ from those kept are written.
    revision
        The one that was edited.
    action
        Name of the edit: split, merge ...; not undo or redo, which are asked for by functions of their own.
    what
        What it was given, as JSON may hold it.

    Raises
    ------
    StoreError
        With the key `stale_edit` if `revision` is not the present one, which is told with who made it; if the plan is published, or a
        code that is retired would be given again.
    CRSError, SchemaError
        If the grids do not fit the table of the boundaries in force.
    """
    if action in {"undo", "redo"}:
        raise StoreError("plan_action", given=action)
    home = homes.of(project)
    with home.reading() as connection:
        row = planned.row(connection, plan_id)
        table = planned.grids_table(connection)
    schema.require_index(after.grids.index, "grids")
    before = opened.baseline(home, row) if row.revision == revision else None
    saved = Saved(
        set(after.grids.index), versions.contents(after.grids[opened.suspects(before, after.grids)], table), versions.codes(after.retired)
    )

    def work(transaction: Transaction) -> Row[Any]:
        number = claimed(transaction, plan_id, revision)
        save(transaction, plan_id, number, saved, action=action, what=what)
        return planned.row(transaction.connection, plan_id)

    written = home.write(work, actor=actor)
    opened.saved(home, written, after)
    return int(written.revision)


def claimed(transaction: Transaction, plan_id: int, revision: int) -> int:
    """Take the next revision of a draft, and return it; refused unless `revision` is the present one."""
    mine = (PLANS.c.plan_id == plan_id, PLANS.c.revision == revision, PLANS.c.state == "draft")
    if transaction.run(update(PLANS).where(*mine).values(revision=revision + 1, changed_at=transaction.at)).rowcount:
        return revision + 1
    raise _refusal(transaction, plan_id, revision)


def _refusal(transaction: Transaction, plan_id: int, revision: int) -> StoreError:
    row = planned.row(transaction.connection, plan_id)
    if row.state != "draft":
        return StoreError("plan_published", given=plan_id)
    asked = select(PLAN_EDITS.c.actor).where(PLAN_EDITS.c.plan_id == plan_id, PLAN_EDITS.c.revision == row.revision)
    by = transaction.connection.execute(asked).scalar() or row.author
    return StoreError("stale_edit", given=revision, plan=row.name, revision=row.revision, actor=by)


class Saved(NamedTuple):
    """What a draft is to be: the codes that stand, what grids hold that may have changed, and the codes that are retired."""

    standing: set[str]
    found: Sequence[versions.Content]
    gone: Codes


def save(transaction: Transaction, plan_id: int, revision: int, saved: Saved, *, action: str, what: Mapping[str, Any]) -> None:
    """Write the grids of a draft that differ from those kept, as a revision that is claimed."""
    connection = transaction.connection
    before, retired = planned.present(connection, plan_id), planned.retired(connection, plan_id)
    again = sorted(saved.standing & (retired.keys() | saved.gone.keys()))
    if again:
        raise StoreError("plan_codes_taken", rows=again)
    lost = before.keys() - saved.standing
    codes = {code: saved.gone[code] for code in saved.gone.keys() - retired.keys()}
    unsaid = [before[code] for code in lost - saved.gone.keys()]
    codes |= {content.code: of_row(content.row) for content in versions.read(connection, unsaid)}
    put_in = {code: version for code, version in versions.keep(transaction, saved.found).items() if before.get(code) != version}
    removed = {code: before[code] for code in lost | (put_in.keys() & before.keys())}
    write(transaction, plan_id, revision, (removed, put_in, codes), action=action, what=what)


def write(
    transaction: Transaction,
    plan_id: int,
    revision: int,
    delta: tuple[Versions, Versions, Codes],
    *,
    action: str,
    what: Mapping[str, Any],
    reverts: int | None = None,
) -> None:
    """Take grids out of a draft, put others in, and keep that as a revision."""
    removed, put_in, codes = delta
    code: BindParameter[str] = bindparam("code")
    version: BindParameter[int] = bindparam("held")
    mine = (PLAN_GRIDS.c.plan_id == plan_id, PLAN_GRIDS.c.grid_code == code)
    for statement, wanted in (
        (delete(PLAN_GRIDS).where(*mine), removed.keys() - put_in.keys()),
        (update(PLAN_GRIDS).where(*mine).values(version=version), removed.keys() & put_in.keys()),
        (insert(PLAN_GRIDS).values(plan_id=plan_id, grid_code=code, version=version), put_in.keys() - removed.keys()),
    ):
        if wanted:
            transaction.run(statement, [{"code": each, "held": put_in.get(each)} for each in sorted(wanted)])
    if action == "undo":
        if codes:
            transaction.run(
                delete(PLAN_RETIRED).where(PLAN_RETIRED.c.plan_id == plan_id, PLAN_RETIRED.c.grid_code == code),
                [{"code": each} for each in codes],
            )
    else:
        retire(transaction, plan_id, codes)
    row = {
        "plan_id": plan_id,
        "revision": revision,
        "action": action,
        "reverts": reverts,
        "at": transaction.at,
        "actor": transaction.actor.name,
        "what": dict(what),
        "removed": removed,
        "added": put_in,
        "retired": {each: list(values) for each, values in codes.items()},
    }
    transaction.run(insert(PLAN_EDITS), row)
    transaction.note("edit", PLANS.name, first=plan_id, count=1, what={"revision": revision, "action": action, "reverts": reverts})


def undo(project: Project, plan_id: int, *, revision: int, actor: Actor) -> int:
    """Take the last edit of a draft back, codes included, as a revision of its own; return that.

    Raises
    ------
    StoreError
        As `save_edit`; if there is no edit to take back.
    """
    return _step(project, plan_id, revision, actor, "undo")


def redo(project: Project, plan_id: int, *, revision: int, actor: Actor) -> int:
    """Put in again what the last `undo` took back; return the new revision. Raises as `undo`."""
    return _step(project, plan_id, revision, actor, "redo")


def _step(project: Project, plan_id: int, revision: int, actor: Actor, action: str) -> int:
    def work(transaction: Transaction) -> int:
        connection = transaction.connection
        planned.row(connection, plan_id)
        number = claimed(transaction, plan_id, revision)
        done, undone = planned.effective(connection, plan_id)
        candidates = done if action == "undo" else undone
        if not candidates:
            raise StoreError(f"nothing_to_{action}")
        target = candidates[-1]
        edit = connection.execute(select(PLAN_EDITS).where(PLAN_EDITS.c.plan_id == plan_id, PLAN_EDITS.c.revision == target)).one()
        delta = (edit.added, edit.removed) if action == "undo" else (edit.removed, edit.added)
        codes: Codes = {code: tuple(values) for code, values in edit.retired.items()}
        retired = planned.retired(connection, plan_id)
        again = sorted(edit.added.keys() & retired.keys()) if action == "redo" else []
        if again:  # another plan was published meanwhile
            raise StoreError("plan_codes_taken", rows=again)
        if action == "redo":
            codes = {code: values for code, values in codes.items() if code not in retired}
        write(transaction, plan_id, number, (*delta, codes), action=action, what={"action": edit.action}, reverts=target)
        return number

    return homes.of(project).write(work, actor=actor)


def discard(project: Project, plan_id: int, *, actor: Actor) -> None:
    """Throw a draft away with its edits.

    Raises
    ------
    StoreError
        If there is no such plan, or it is published.
    """

    def work(transaction: Transaction) -> None:
        row = planned.row(transaction.connection, plan_id)
        if row.state != "draft":
            raise StoreError("plan_published", given=plan_id)
        for table in (PLAN_INDEXES, PLAN_EDITS, PLAN_RETIRED, PLAN_GRIDS, PLANS):
            transaction.run(delete(table).where(table.c.plan_id == plan_id))
        transaction.note("discard", PLANS.name, first=plan_id, count=1, what={"name": row.name, "revision": row.revision})

    homes.of(project).write(work, actor=actor)
