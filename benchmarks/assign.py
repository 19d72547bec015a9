"""Points to grids, every peer in the same run: `python benchmarks/assign.py --help`.

Each way is first held to shapely's answers, then timed in turn with all others. What a tool reads is in memory in its own form before
the clock starts. The record (JSON) goes to the file of `-o`; the page made of it is printed, and `--page FILE.json` prints that of an
earlier record.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import page
from fresh import cold, installed, memory
from layers import jianyang, lattice
from machine import machine, versions
from measure import Record, borders, compare
from own import OWN
from peers import PEERS
from updates import updates
from ways import Way

PARTS = ("town", "lattice", "borders", "cold", "installed", "memory", "updates")
LATTICE_POINTS, BORDER_POINTS, UPDATE_POINTS = 1_000_000, 20_000, 1_000_000


def options() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--points", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000], help="points over the town; memory: the most of them"
    )
    made.add_argument("--repeats", type=int, default=5)
    made.add_argument(
        "--peers", nargs="*", metavar="WORD", help="only peers with one of these words in their name (default: all installed)"
    )
    made.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    made.add_argument("--side", type=int, default=316, help="the lattice has side x side grids")
    made.add_argument("--cold-points", type=int, default=10_000)
    made.add_argument("--moves", type=int, default=15, help="of a border, one after the other")
    made.add_argument("-o", "--output", type=Path, metavar="FILE.json")
    made.add_argument("--page", type=Path, metavar="FILE.json", help="measure nothing, print the page of this record")
    return made


def measured(given: argparse.Namespace, ways: list[Way], record: Record) -> Iterator[None]:
    """Fill the record, one part after the other."""
    if "town" in given.parts:
        for count in given.points:
            compare("town", jianyang(count), ways, given.repeats, record)
            yield
    if "lattice" in given.parts:
        compare("lattice", lattice(min(LATTICE_POINTS, max(given.points)), side=given.side), ways, given.repeats, record)
        yield
    if "borders" in given.parts:
        borders(jianyang(BORDER_POINTS), ways, record)
        yield
    if "cold" in given.parts:
        cold(jianyang(given.cold_points), given.repeats, record)
        yield
    if "installed" in given.parts:
        installed(jianyang(given.cold_points), record)
        yield
    if "memory" in given.parts:
        memory(jianyang(max(given.points)), ways, record)
        yield
    if "updates" in given.parts:
        updates(jianyang(min(UPDATE_POINTS, max(given.points))), given.moves, record)
        yield


def full(given: argparse.Namespace, chosen: list[Way], record: Record) -> dict[str, object]:
    """Return the record with what it was made on, and which peers it lacks."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "command": shlex.join(["python", "benchmarks/assign.py", *sys.argv[1:]]),
        "repeats": given.repeats,
        "machine": machine(),
        "versions": versions(),
        "missing": [peer.name for peer in chosen if not peer.installed],
        "left_out": [peer.name for peer in PEERS if peer not in chosen],
        **asdict(record),
    }


def main() -> int:
    """Run, or print the page of a record; 1 if a way failed or answered wrongly."""
    given = options().parse_args()
    if given.page:
        sys.stdout.write(page.written(json.loads(given.page.read_text(encoding="utf-8"))))
        return 0
    if min(*given.points, given.repeats, given.side, given.cold_points, given.moves) < 1:
        options().error("every number must be at least 1")
    chosen = [peer for peer in PEERS if given.peers is None or any(word.lower() in peer.name.lower() for word in given.peers)]
    record = Record()
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
    for _ in measured(given, [way for way in (*chosen, *OWN) if way.installed], record):
        if given.output:  # after each part: what is measured is not lost if a later one ends the run
            given.output.write_text(json.dumps(full(given, chosen, record), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(page.written(full(given, chosen, record)))
    if not given.output:
        sys.stdout.write(f"\n```json\n{json.dumps(full(given, chosen, record), indent=1)}\n```\n")
    return 1 if record.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
