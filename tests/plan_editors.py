"""Two processes that edit one draft at once: `python tests/plan_editors.py PROJECT DRAFT NAME CODE ROUNDS`.

Each gives one grid another code, again and again, on whatever the draft is by then; who comes too late reads and does it again.
"""

import itertools
import subprocess
import sys
from collections.abc import Mapping

from gridmap import plan, store
from gridmap.errors import StoreError


def edit(project: str, draft: int, name: str, code: str, rounds: int) -> int:
    """Give a grid `rounds` new codes one after the other, and return how often the edit was refused as stale."""
    refused = 0
    for number in range(1, rounds + 1):
        fresh = f"{name}{number}"
        while True:
            revision = int(store.list_plans(project).loc[draft, "revision"])
            after = plan.recode(store.read_plan(project, draft, revision=revision), {code: fresh})
            try:
                store.save_edit(
                    project, draft, after, revision=revision, action="recode", what={code: fresh}, actor=store.Actor(name, "planner")
                )
            except StoreError as error:
                if error.key != "stale_edit":
                    raise
                refused += 1
            else:
                break
        code = fresh
    return refused


def race(project: str, draft: int, grids: Mapping[str, str], rounds: int) -> int:
    """Let one process for each name edit a draft, check that nothing was lost, and return how many edits were refused as stale."""
    before = store.read_plan(project, draft)
    command = [sys.executable, __file__, project, str(draft)]
    running = [subprocess.Popen([*command, name, code, str(rounds)], stdout=subprocess.PIPE, text=True) for name, code in grids.items()]
    refused = [int(process.communicate(timeout=60 + 10 * rounds)[0]) for process in running]
    listed = store.edits(project, draft)
    after = store.read_plan(project, draft)
    assert listed.index.tolist() == list(range(1, rounds * len(grids) + 1))
    for name, code in grids.items():
        steps = [code, *(f"{name}{number}" for number in range(1, rounds + 1))]
        mine = listed[listed["actor"] == name]
        assert mine["what"].tolist() == [{old: new} for old, new in itertools.pairwise(steps)]
        assert steps[-1] in after.grids.index
        assert set(steps[:-1]) <= set(after.retired.index)
        assert after.grids.geometry[steps[-1]].equals(before.grids.geometry[code])
    plan.check(after)
    return sum(refused)


if __name__ == "__main__":
    _, project, draft, name, code, rounds = sys.argv
    sys.stdout.write(str(edit(project, int(draft), name, code, int(rounds))))
    store.close()
