"""Long runs of plans that are kept: `PYTHONPATH=.:tests python benchmarks/endure_plans.py [--rounds N] [--steps N] [--histories N]`.

In a file and, where PostgreSQL with PostGIS is installed, in a database of a server of its own (`--home` takes one of the two): two
processes edit one draft at once, `--rounds` edits each, of which none may be lost; and `--histories` random histories of `--steps` steps
(drafts, edits, undo, redo, edits of an older revision, publications, questions as of a day; `--seed` chooses them) are answered as a simple
model in memory answers them. Ends with an error at the first difference.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import plan_editors
import plan_model
import postgres

from gridmap import store

Address = Callable[[], str]  # a new project each time
EDITORS = {"a": "Q00-001", "b": "Q11-016"}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--histories", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", choices=("file", "database", "both"), default="both")
    options = parser.parse_args()
    if min(options.rounds, options.steps, options.histories) < 1:
        parser.error("every number must be above 0")
    with homes(options.home) as addresses:
        for address in addresses.values():
            race(address(), options.rounds)
        for seed in range(options.seed, options.seed + options.histories):
            begin = time.perf_counter()
            plan_model.compare([address() for address in addresses.values()], steps(seed, options.steps))
            store.close()
            seconds = time.perf_counter() - begin
            say(f"history {seed}: {options.steps} steps alike in memory and in {' and '.join(addresses)}, {seconds:.0f} s")


@contextmanager
def homes(wanted: str) -> Iterator[dict[str, Address]]:
    """Give what makes new projects, by the kind of home."""
    with tempfile.TemporaryDirectory() as folder:
        names = (str(Path(folder) / f"town{number}.gpkg") for number in range(sys.maxsize))
        addresses: dict[str, Address] = {} if wanted == "database" else {"file": lambda: next(names)}
        if wanted == "file" or postgres.programs() is None:
            yield addresses
            return
        with postgres.server() as server:
            yield addresses | {"database": lambda: server.url(server.database())}


def race(project: str, rounds: int) -> None:
    """Let two processes edit one draft."""
    begin = time.perf_counter()
    store.create(project, {"grids": plan_model.town().grids}, settings=plan_model.SETTINGS, actor=plan_model.ACTOR)
    draft = store.start_draft(project, name="draft", actor=plan_model.ACTOR)
    refused = plan_editors.race(project, draft, EDITORS, rounds)
    store.close()
    seconds = time.perf_counter() - begin
    say(f"{len(EDITORS)} processes, {rounds} edits each: none lost, {refused} refused as stale and done again, {seconds:.0f} s")


def steps(seed: int, count: int) -> list[plan_model.Step]:
    """Return a random history."""
    chosen = random.Random(seed)
    return [(chosen.choice(plan_model.ACTIONS), chosen.randrange(100), chosen.randrange(100)) for _ in range(count)]


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
