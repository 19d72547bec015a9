"""Plans that are kept: `PYTHONPATH=.:tests python benchmarks/store_plans.py [--scale S] [--repeats N] [--versions N] [--seed N]`.

The project is the demo town Jianyang without events, at scale 1 of 230, 964 and 2,600 base grids and 67 dedicated ones, in a file and,
where PostgreSQL with PostGIS is installed, in a database of a server of its own. Printed are medians of the seconds by the clock and of the
processor time of this process: of one edit (the draft is opened, a lowest grid cut, which validates it, and the outcome saved) and of its
parts, of taking one back, of a publication, of boundaries as of a day and of the index of a plan; and what `--versions` published plans,
each a few edits from the one before, take on the disk beside one.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import postgres
import shapely

from gridmap import hierarchy, plan, store, synth
from gridmap.errors import PlanError

R = TypeVar("R")

ACTOR = store.Actor("benchmark", "planner")
GOAL_S = 0.3
GOAL_TIMES = 3
BEGIN = np.datetime64("2030-01-01")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.repeats < 1 or options.versions < 1 or options.scale <= 0:
        parser.error("every number must be above 0")
    grids = synth.jianyang(scale=options.scale, events=0).grids
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.gpkg"
        measured(str(path), grids, options, "file")
        store.close()
        disk(Path(folder) / "versions.gpkg", grids, options)
    if postgres.programs() is None:
        say("no PostgreSQL with PostGIS on this machine")
        return
    with postgres.server() as server:
        measured(server.url(server.database()), grids, options, "database")
        store.close()


class Clock:
    """Seconds by the clock and of the processor, by what was done."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[tuple[float, float]]] = {}

    def time(self, what: str, call: Callable[[], R]) -> R:
        """Return what a call returns, and keep how long it took."""
        begin, worked = time.perf_counter(), time.process_time()
        found = call()
        self.keep(what, begin, worked)
        return found

    def keep(self, what: str, begin: float, worked: float) -> None:
        """Keep how long something took."""
        self.seconds.setdefault(what, []).append((time.perf_counter() - begin, time.process_time() - worked))

    def say(self, where: str) -> None:
        """Print medians, those of an edit first."""
        parts = [self.seconds[name] for name in ("open", "edit", "save")]
        self.seconds = {"open, edit, save": [tuple(map(sum, zip(*turn, strict=True))) for turn in zip(*parts, strict=True)]} | self.seconds
        for what, turns in self.seconds.items():
            clock, processor = (statistics.median(values) for values in zip(*turns, strict=True))
            goal = (
                f"{GOAL_S} s, {'reached' if clock <= GOAL_S else f'missed by {clock - GOAL_S:.3f} s'}" if what.startswith("open,") else ""
            )
            say(f"| {where} | {what} | {clock:.3f} | {processor:.3f} | {goal} |")


def measured(project: str, grids: gpd.GeoDataFrame, options: argparse.Namespace, where: str) -> None:
    """Print how long the steps of planning take in one home."""
    say(f"| {where} | | median s | processor, median s | goal |\n|---|---|---|---|---|")
    clock, random = Clock(), np.random.default_rng(options.seed)
    clock.time("create", lambda: store.create(project, {"grids": grids}, settings={}, actor=ACTOR))
    draft = clock.time("start a draft", lambda: store.start_draft(project, name="draft", actor=ACTOR))
    revision = 0
    for _ in range(options.repeats):
        revision = turn(project, draft, revision, clock, random)
    for _ in range(options.repeats):
        revision = clock.time("undo", lambda seen=revision: store.undo(project, draft, revision=seen, actor=ACTOR))
        revision = clock.time("redo", lambda seen=revision: store.redo(project, draft, revision=seen, actor=ACTOR))
        clock.time("open an older revision", lambda: store.read_plan(project, draft, revision=1))
    clock.time("publish", lambda: store.publish(project, draft, revision=revision, valid_from=str(BEGIN), reason="", actor=ACTOR))
    clock.time("bring into force", lambda: store.bring_into_force(project, at=str(BEGIN), actor=ACTOR))
    for _ in range(options.repeats):
        clock.time("grids as of a day", lambda: store.grids_at(project, at=str(BEGIN)))
        clock.time("index of a plan", lambda: store.index_of(project, draft))
    clock.say(where)


def turn(project: str, draft: int, revision: int, clock: Clock, random: np.random.Generator) -> int:
    """Open a draft, cut a grid drawn at random, save it and return the new revision."""
    found = clock.time("open", lambda: store.read_plan(project, draft))
    code, after = cut(found, clock, random)
    said = {"revision": revision, "action": "split", "what": {"grid": code}}
    return clock.time("save", lambda: store.save_edit(project, draft, after, actor=ACTOR, **said))


def cut(found: plan.Plan, clock: Clock, random: np.random.Generator) -> tuple[str, plan.Plan]:
    """Cut a lowest grid; a line that is refused, as one that leaves a grid in pieces, is drawn again and not counted."""
    while True:
        code = str(random.choice(hierarchy.tier(found.grids).index))
        line = across(found.grids.geometry[code], random)
        begin, worked = time.perf_counter(), time.process_time()
        with contextlib.suppress(PlanError):
            after = plan.split(found, code, line)
            clock.keep("edit", begin, worked)
            return code, after


def across(shape: shapely.Geometry, random: np.random.Generator) -> shapely.LineString:
    """Return a straight line through a grid that sticks out on both sides."""
    west, south, east, north = shape.bounds
    place = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    angle = random.uniform(0, np.pi)
    step = 2 * max(east - west, north - south) * np.array([np.cos(angle), np.sin(angle)])
    return shapely.LineString([place - step, place + step])


def disk(path: Path, grids: gpd.GeoDataFrame, options: argparse.Namespace) -> None:
    """Print the size of a file with many published plans beside that of one with the first."""
    store.create(path, {"grids": grids}, settings={}, actor=ACTOR)
    store.close()
    one = path.stat().st_size
    random, clock = np.random.default_rng(options.seed), Clock()
    for number in range(1, options.versions):
        draft = store.start_draft(path, name=f"plan {number + 1}", actor=ACTOR)
        revision = 0
        for _ in range(3):
            revision = turn(str(path), draft, revision, clock, random)
        day = str(BEGIN + number)
        store.publish(path, draft, revision=revision, valid_from=day, reason="", actor=ACTOR)
        store.bring_into_force(path, at=day, actor=ACTOR)
    store.close()
    many = path.stat().st_size
    verdict = "reached" if many < GOAL_TIMES * one else "missed"
    say(f"\none plan: {one / 1e6:.1f} MB; {options.versions}: {many / 1e6:.1f} MB, {many / one:.2f} times (goal {GOAL_TIMES}, {verdict})\n")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
