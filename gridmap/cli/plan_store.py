"""`gridmap plan list|show|publish|diff` on a project that keeps plans."""

import argparse
import datetime
from pathlib import Path

import pandas as pd

from gridmap import messages, plan, schema
from gridmap.cli import actors, compare, extras, inputs, outputs
from gridmap.cli.plan_files import PlanFile
from gridmap.errors import StoreError

TABLES = (".xlsx", ".csv", ".gpkg")


def run_plan(arguments: argparse.Namespace) -> int:
    """Do one of the actions."""
    extras.require("server")
    ACTIONS[arguments.action](arguments)
    return 0


def keeps(project: str) -> bool:
    """Tell whether a text names a project that keeps plans, and no other file of grids."""
    from gridmap import store

    if "://" in project:
        return True
    if Path(project).suffix.lower() != ".gpkg" or not Path(project).is_file():
        return False
    try:
        return len(store.list_plans(project)) > 0
    except StoreError:
        return False  # no database: whoever reads it as a file says so


def read(arguments: argparse.Namespace) -> PlanFile:
    """Read the plan in force or, with `--plan`, that of the number, and say which one it is."""
    from gridmap import store

    listed = store.list_plans(arguments.plan)
    number = arguments.plan_id or store.in_force(arguments.plan, at=datetime.datetime.now(datetime.UTC).isoformat())
    if number is None:
        raise StoreError("no_plan_at", given=datetime.date.today().isoformat())  # noqa: DTZ011 - the day that is meant is here
    found = store.read_plan(arguments.plan, number)
    print(_line(number, listed.loc[number], arguments.lang))
    return PlanFile(found, {}, {}, "grids", "grid_code")


def _list(arguments: argparse.Namespace) -> None:
    """Print a line for each plan, oldest first."""
    from gridmap import store

    listed = store.list_plans(arguments.project)
    if listed.empty:
        print(messages.text("cli.plan_none", arguments.lang))
    for number, row in listed.iterrows():
        print(_line(number, row, arguments.lang))


def _line(number: object, row: pd.Series, lang: str) -> str:
    said = {name: outputs.printable(row[name]) if pd.notna(row[name]) else "-" for name in ("name", "valid_from", "valid_to", "author")}
    words = {name: messages.term(f"plan_{name}", row[name], lang) for name in ("state", "scenario")}
    reason = messages.text("cli.plan_listed_reason", lang, reason=outputs.printable(row["reason"])) if pd.notna(row["reason"]) else ""
    return messages.text("cli.plan_listed", lang, number=number, revision=row["revision"], reason=reason, **said, **words)


def _publish(arguments: argparse.Namespace) -> None:
    """Publish a draft; it is the present revision unless one is named."""
    from gridmap import store

    listed = store.list_plans(arguments.project)
    if arguments.plan_id not in listed.index:
        raise StoreError("no_plan", given=arguments.plan_id)
    revision = int(listed.loc[arguments.plan_id, "revision"]) if arguments.revision is None else arguments.revision
    day = inputs.day(arguments.valid_from)
    assert day is not None
    store.publish(
        arguments.project, arguments.plan_id, revision=revision, valid_from=day.date(), reason=arguments.reason, actor=actors.actor()
    )
    print(_line(arguments.plan_id, store.list_plans(arguments.project).loc[arguments.plan_id], arguments.lang))


def _diff(arguments: argparse.Namespace) -> None:
    """Print what two plans differ in, by the buildings of the project; without the second one, the plan in force is the old one."""
    from gridmap import store

    outputs.require_output(arguments.output, TABLES, inputs=(arguments.project,))
    old, new = arguments.old, arguments.new
    if new is None:
        old, new = store.in_force(arguments.project, at=datetime.datetime.now(datetime.UTC).isoformat()), old
        if old is None:
            raise StoreError("no_plan_at", given=datetime.date.today().isoformat())  # noqa: DTZ011
    before, after = (store.read_plan(arguments.project, number).grids for number in (old, new))
    others = {*schema.TABLES, "later", "steps"} - {"buildings"}
    buildings = store.read_project(arguments.project, without_rows=others).buildings
    found = plan.compare(before, after, buildings=buildings if buildings is not None and len(buildings) else None)
    compare.print_difference(found, arguments.lang)
    if arguments.output is not None:
        compare.write_tables(found, before, after, arguments.output)
        print(messages.text("cli.written", arguments.lang, path=arguments.output))


ACTIONS = {"list": _list, "publish": _publish, "diff": _diff}
