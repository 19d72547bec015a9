"""Backup and restore: `PYTHONPATH=. python benchmarks/store_backup.py [--events N] [--folder F]`.

The project is the demo town Dongyuan with so many events. Measured: a backup of its file, its restore into a new file, the
whole project held against its log, and a Parquet snapshot; seconds on the clock and of the processor. Goal at a million events: ten seconds
for the first two, hashes equal.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from gridmap import store, synth

R = TypeVar("R")
ACTOR = store.Actor("benchmark", "test")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--folder")
    options = parser.parse_args()
    tables, settings = synth.project(synth.dongyuan())
    places = [number % len(tables["events"]) for number in range(options.events)]
    labels = pd.Index([f"e{number}" for number in range(options.events)], name="event_id", dtype="str")
    events = tables["events"].iloc[places].set_axis(labels)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path, kept, again = (Path(folder) / name for name in ("town.gpkg", "backup.gpkg", "again.gpkg"))
        timed("made", lambda: store.create(path, tables | {"events": events}, settings=settings, actor=ACTOR))
        say(f"{options.events:,} events, {path.stat().st_size / 1e6:,.0f} MB")
        before = timed("backup", lambda: store.backup(path, kept, actor=ACTOR))
        after = timed("restore", lambda: store.restore(kept, again, actor=ACTOR))
        say(f"hashes equal: {before.equals(after)}")
        say(f"findings: {len(timed('verify', lambda: store.verify(again)))}")
        timed("snapshot to Parquet", lambda: store.snapshot_parquet(again, Path(folder) / "snapshot"))
        store.close()


def timed(label: str, call: Callable[[], R]) -> R:
    """Print the seconds that a call takes, and return its answer."""
    clock, processor = time.perf_counter(), time.process_time()
    found = call()
    say(f"{label}: {time.perf_counter() - clock:.1f} s on the clock, {time.process_time() - processor:.1f} s of the processor")
    return found


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
