"""A simple model of plans in memory, and random histories that a project must answer as it does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pytest
from test_plan import across, lattice

from gridmap import plan, store
from gridmap.errors import GridmapError, PlanError, StoreError
from gridmap.files import vector
from gridmap.plan import Plan

ACTOR = store.Actor("planner", "planner")
TODAY = "2026-03-01"
SETTINGS = {"timezone": "Asia/Shanghai", "now": f"{TODAY}T08:00:00+08:00"}
DAYS = ["2026-02-20", TODAY, "2026-03-02", "2026-03-05", "2026-04-01"]
ACTIONS = ("start", "edit", "edit", "edit", "undo", "redo", "stale", "publish", "discard", "bring", "ask")
Step = tuple[str, int, int]


@dataclass
class Record:
    """A plan: what stood and was retired after each revision, and which edits stand."""

    scenario: str
    base: int | None
    grids: list[Plan]
    retired: list[set[str]]
    foreign: set[str] = field(default_factory=set)  # retired because others published them
    deltas: list[int] = field(default_factory=list)  # for each revision the one whose state it has
    done: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    state: str = "draft"
    valid_from: str | None = None
    valid_to: str | None = None

    @property
    def revision(self) -> int:
        return len(self.grids) - 1

    def codes(self, revision: int = -1) -> set[str]:
        return set(self.grids[revision].grids.index)

    def gone(self, revision: int = -1) -> set[str]:
        return self.retired[revision] | self.foreign


class Model:
    """Plans in memory."""

    def __init__(self, first: Plan) -> None:
        self.plans = {1: Record("normal", None, [first], [set()], state="published", valid_from=TODAY)}
        self.shown = 1
        self.number = 1

    def published(self) -> list[Record]:
        return [record for record in self.plans.values() if record.state != "draft"]

    def in_force(self, day: str, scenario: str = "normal") -> int | None:
        found = [
            number
            for number, one in self.plans.items()
            if one.state != "draft" and one.scenario == scenario and one.valid_from <= day and (one.valid_to is None or one.valid_to > day)
        ]
        return max(found, default=None)

    def start(self, based_on: int | None, scenario: str) -> int:
        base = based_on or self.in_force(TODAY, scenario) or self.in_force(TODAY) or self.shown
        one = self.plans[base]
        self.number += 1
        made = Record(scenario, one.base if one.state == "draft" else base, [one.grids[-1]], [one.gone()])
        self.plans[self.number] = made
        self.burn(made)
        return self.number

    def burn(self, draft: Record) -> None:
        for one in self.published():
            draft.foreign |= (one.codes() | one.gone()) - draft.codes() - draft.gone()

    def draft(self, number: int, revision: int) -> Record:
        one = self.plans[number]
        if one.state != "draft":
            raise StoreError("plan_published")
        if one.revision != revision:
            raise StoreError("stale_edit", plan="", revision=0, actor="")
        return one

    def save(self, number: int, after: Plan, revision: int) -> int:
        one = self.draft(number, revision)
        one.done.append(revision + 1)
        one.undone.clear()
        one.retired.append(set(after.retired.index) - one.foreign)
        one.grids.append(after)
        return one.revision

    def step(self, number: int, revision: int, action: str) -> int:
        one = self.draft(number, revision)
        source, target = (one.done, one.undone) if action == "undo" else (one.undone, one.done)
        if not source:
            raise StoreError(f"nothing_to_{action}")
        edit = source[-1]
        state = edit - 1 if action == "undo" else edit
        if action == "redo" and (set(one.grids[edit].grids.index) - set(one.grids[edit - 1].grids.index)) & one.gone():
            raise StoreError("plan_codes_taken")
        target.append(source.pop())
        one.retired.append(one.retired[state])
        one.grids.append(one.grids[state])
        return one.revision

    def publish(self, number: int, revision: int, day: str) -> None:
        one = self.draft(number, revision)
        used = set().union(*(other.codes() | other.gone() for other in self.published()))
        if (one.codes() - self.plans[one.base].codes()) & used:
            raise StoreError("plan_codes_taken")
        last = [other for other in self.published() if other.scenario == one.scenario and other.valid_to is None]
        if last and day < last[0].valid_from:
            raise StoreError("plan_before_last", name="", day="")
        for other in last:
            other.valid_to = day
        one.grids.append(one.grids[-1])
        one.retired.append(one.retired[-1])
        one.state, one.valid_from = "published", day
        self.bring(TODAY)
        for other in self.plans.values():
            if other.state == "draft":
                self.burn(other)

    def bring(self, day: str) -> int | None:
        for one in self.plans.values():
            if one.state == "published" and one.valid_to is not None and one.valid_to <= day:
                one.state = "retired"
        found = self.in_force(day)
        if found is None or found == self.shown or self.plans[found].valid_from < self.plans[self.shown].valid_from:
            return None
        self.shown = found
        return found

    def discard(self, number: int) -> None:
        if self.plans[number].state != "draft":
            raise StoreError("plan_published")
        del self.plans[number]


def town() -> Plan:
    """Return the plan that every history begins with."""
    grids = lattice()
    return plan.from_grids(grids.assign(name=grids.index))


def compare(projects: Sequence[str], steps: Iterable[Step]) -> None:
    """Do steps in memory and in projects, and require equal answers."""
    first = town()
    model = Model(first)
    for project in projects:
        store.create(project, {"grids": first.grids}, settings=SETTINGS, actor=ACTOR)
    for step in steps:
        take(model, projects, step)
    for project in projects:
        layer = store.read_project(project).grids
        assert set(layer.index) == model.plans[model.shown].codes()
        assert layer.geometry.reindex(first.grids.index.intersection(layer.index)).is_valid.all()
        shown = model.plans[model.shown].grids[-1].grids
        assert layer.geometry.reindex(shown.index).geom_equals(shown.geometry).all()


def take(model: Model, projects: Sequence[str], step: Step) -> None:
    """Do one step everywhere."""
    action, one, other = step
    numbers = sorted(model.plans)
    drafts = [number for number in numbers if model.plans[number].state == "draft"]
    number = (drafts or numbers)[one % len(drafts or numbers)]  # mostly a draft
    if one % 7 == 0:
        number = numbers[one % len(numbers)]
    day = DAYS[other % len(DAYS)]
    calls = _calls(model, projects[0], (action, number, other))
    if calls is not None:
        in_memory, kept = calls
        expected = answer(in_memory)
        found = [answer(lambda project=project: kept(project)) for project in projects]
        assert found == [expected] * len(projects), (step, expected, found)
    for project in projects:
        ask(model, project, one, day)


Calls = tuple[Callable[[], object], Callable[[str], object]]


def _calls(model: Model, project: str, step: Step) -> Calls | None:
    """Return what a step calls in memory and of a project, None where it asks nothing of them."""
    action, number, other = step
    revision, day, who = model.plans[number].revision, DAYS[other % len(DAYS)], {"actor": ACTOR}
    if action in {"edit", "stale"}:
        after = edited(store.read_plan(project, number), other)
        seen = revision if action == "edit" else revision - 1
        said = {"revision": seen, "action": "edit", "what": {"choice": other}}
        return after and (lambda: model.save(number, after, seen), lambda home: store.save_edit(home, number, after, **said, **who))
    base, scenario = None if other % 3 == 0 else number, "emergency" if other % 4 == 0 else "normal"
    begun = {"name": "draft", "based_on": base, "scenario": scenario}
    calls: dict[str, Calls] = {
        "start": (lambda: model.start(base, scenario), lambda home: store.start_draft(home, **begun, **who)),
        "undo": (lambda: model.step(number, revision, "undo"), lambda home: store.undo(home, number, revision=revision, **who)),
        "redo": (lambda: model.step(number, revision, "redo"), lambda home: store.redo(home, number, revision=revision, **who)),
        "publish": (
            lambda: model.publish(number, revision, day),
            lambda home: store.publish(home, number, revision=revision, valid_from=day, reason="r", **who),
        ),
        "discard": (lambda: model.discard(number), lambda home: store.discard(home, number, **who)),
        "bring": (lambda: model.bring(day), lambda home: store.bring_into_force(home, at=day, **who)),
    }
    return calls.get(action)


def edited(found: Plan, choice: int) -> Plan | None:
    """Return a plan after an edit that a number chooses, None where it is refused."""
    lowest = [code for code in found.grids.index if found.grids["level"][code] == found.levels[-1]]
    code = lowest[choice % len(lowest)]
    try:
        if choice % 3 == 0:
            return plan.recode(found, {code: f"R{len(found.used)}"})
        if choice % 3 == 1:
            siblings = [one for one in lowest if found.grids["parent"][one] == found.grids["parent"][code]]
            return plan.merge(found, siblings[:2])
        return plan.split(found, code, across(found, code, angle=choice / 10))
    except PlanError:
        return None


def answer(call: Callable[[], object]) -> object:
    """Return what a call returns, or the key of what it raises."""
    try:
        return call()
    except GridmapError as error:
        return error.key


def ask(model: Model, project: str, choice: int, day: str) -> None:
    """Require that a project answers questions as the model does."""
    listed = store.list_plans(project)
    columns = ["state", "valid_from", "valid_to", "scenario", "based_on", "revision"]
    expected = pd.DataFrame(
        [[one.state, one.valid_from, one.valid_to, one.scenario, one.base, one.revision] for one in model.plans.values()],
        columns=columns,
        index=list(model.plans),
    )
    assert listed.index.tolist() == sorted(model.plans)
    pd.testing.assert_frame_equal(
        listed[columns].astype(object).where(listed[columns].notna(), None),
        expected.astype(object).where(expected.notna(), None),
        check_names=False,
        check_dtype=False,
    )
    for scenario in ("normal", "emergency"):
        held = store.in_force(project, at=day, scenario=scenario)
        assert held == model.in_force(day, scenario)
        if held is None:
            with pytest.raises(StoreError, match="no plan holds"):
                store.grids_at(project, at=day, scenario=scenario)
        else:
            assert set(store.grids_at(project, at=day, scenario=scenario).index) == model.plans[held].codes()
    number = sorted(model.plans)[choice % len(model.plans)]
    one = model.plans[number]
    for revision in {one.revision, choice % (one.revision + 1)}:
        found = store.read_plan(project, number, revision=revision)
        assert set(found.retired.index) == one.gone(revision)
        kept = plan.trusted(vector.plain_types(one.grids[revision].grids), retired=found.retired)
        assert found.same(kept)
