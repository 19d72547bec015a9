"""Power cuts on a project file, simulated: `PYTHONPATH=.:tests python tests/power.py FOLDER [--runs N] [--cuts N] [--synchronous FULL]`.

The store itself runs, statement by statement and pragma by pragma, on a SQLite (that of apsw) whose file system is ours: it notes every
write, truncation, sync and deletion, and when a call of the store returned. A cut at any moment then gives the files as a disk may hold
them: all that was synced before, and of what was not a random part, in whole sectors. Each is opened with the sqlite3 of Python.

It runs in a process of its own: two SQLites in one process would undo each other's locks.
"""

import argparse
import itertools
import json
import random
import shutil
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import faults

from gridmap import store
from gridmap.store.home import connection as store_connection

SECTOR = 512
WRITES, MOST_EVENTS = 80, 150  # in a run and in a write: enough for several checkpoints


class Op(NamedTuple):
    """What happened to a file: written, truncated, synced, deleted; the folder: synced; or told: a call of the store returned."""

    kind: str
    name: str
    at: int = 0
    data: bytes = b""


LOG: list[Op] = []


class LossyFile(apsw.VFSFile):
    """A file that notes what is done to it."""

    def __init__(self, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._new = bool(flags[0] & apsw.SQLITE_OPEN_CREATE)
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - as SQLite has it
        super().xWrite(data, offset)
        LOG.append(Op("write", self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        LOG.append(Op("truncate", self._name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        LOG.append(Op("sync", self._name))  # the real disk is not asked: nothing here survives the run
        if self._new:  # of a journal SQLite syncs the folder too, once
            LOG.append(Op("folder", ""))
            self._new = False


class LossyDisk(apsw.VFS):
    """The usual file system of SQLite, with every change noted."""

    def __init__(self) -> None:
        super().__init__("lossy", "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return LossyFile(name, flags) if name else apsw.VFSFile("", name, flags)  # what has no name is gone with its connection

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        super().xDelete(name, sync_folder)
        LOG.append(Op("delete", Path(name).name))
        if sync_folder:
            LOG.append(Op("folder", ""))


# apsw as the module sqlite3 has it, as far as the store and SQLAlchemy ask


class Cursor:
    """A cursor of apsw; all rows are fetched at once."""

    arraysize, rowcount, lastrowid = 1, -1, None

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection, self._cursor = connection, connection.cursor()
        self.description: Any = None
        self._cursor.exec_trace = self._described
        self._rows: Iterator[Any] = iter(())

    def _described(self, cursor: apsw.Cursor, *_: object) -> bool:
        self.description = [(name, *[None] * 6) for name, _ in cursor.get_description()] or None
        return True

    def execute(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> "Cursor":
        self._rows = iter(list(self._cursor.execute(SWAPPED.get(sql, sql), values)))
        self.rowcount, self.lastrowid = self._connection.changes(), self._connection.last_insert_rowid()
        return self

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> "Cursor":
        for row in rows:
            self.execute(sql, row)
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def fetchmany(self, size: int = 1) -> list[Any]:
        return list(itertools.islice(self._rows, size))

    def close(self) -> None:
        self._cursor.close()


class Connection:
    """A connection of apsw."""

    isolation_level = None

    def __init__(self, address: str, **options: Any) -> None:
        self._connection = apsw.Connection(address, flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI, vfs="lossy")
        self._connection.set_busy_timeout(int(options["timeout"] * 1000))

    def cursor(self, *_: object) -> Cursor:
        return Cursor(self._connection)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        return self.cursor().execute(sql, values)

    def create_function(self, name: str, arguments: int, function: Any, *, deterministic: bool = False) -> None:
        self._connection.create_scalar_function(name, function, arguments, deterministic=deterministic)

    def commit(self) -> None:
        if self._connection.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


SWAPPED: dict[str, str] = {}  # statements of the store that a control runs in another form
FULL = "PRAGMA synchronous = FULL"


def run(path: Path, seed: int) -> None:
    """Let the store write events, steps and plans, and tell each in the log after the call returned; now and then it is closed."""
    drawn = random.Random(seed)
    edits, reports = faults.edits(path), faults.reports(path, f"s{seed}", drawn)
    for number in range(drawn.randint(WRITES // 2, WRITES)):
        if drawn.random() < 0.1:
            LOG.append(Op("told", next(edits)))
        elif drawn.random() < 0.7:
            LOG.append(Op("told", next(reports)))
        else:  # a large one
            name, size = f"s{seed}-large-{number}", drawn.randint(50, MOST_EVENTS)
            store.append_events(path, faults.batch(name, size), actor=faults.ACTOR)
            LOG.append(Op("told", f"{name}/{size}"))
        if drawn.random() < 0.05:
            store.close()
    store.close()


# Cuts


@dataclass
class Disk:
    """The files at one moment: what is surely there, and what was done since to each."""

    synced: dict[str, bytearray]
    waiting: dict[str, list[Op]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def do(self, op: Op) -> None:
        if op.kind == "told":
            self.told.add(op.name)
        elif op.kind == "sync":
            self._settle(op.name, len(self.waiting.get(op.name, [])))
        elif op.kind == "folder":
            for name, ops in self.waiting.items():
                self._settle(name, max((number for number, each in enumerate(ops, 1) if each.kind == "delete"), default=0))
        else:
            self.waiting.setdefault(op.name, []).append(op)

    def _settle(self, name: str, count: int) -> None:
        """Take the first of what waits as done."""
        ops = self.waiting.get(name, [])
        for op in ops[:count]:
            if op.kind == "delete":
                self.synced.pop(name, None)
            else:
                put(self.synced.setdefault(name, bytearray()), op)
        del ops[:count]

    def cut(self, drawn: random.Random) -> dict[str, bytearray]:
        """Return the files as a power cut may leave them."""
        files = {name: bytearray(content) for name, content in self.synced.items()}
        for name, ops in self.waiting.items():
            share = drawn.choice([0.0, 0.5, drawn.random(), 1.0])
            for op in ops:
                if op.kind == "delete":
                    if drawn.random() >= share:
                        break  # the folder still names the old file; what follows was done to a new one
                    files.pop(name, None)
                elif drawn.random() < share:
                    for part in torn(op, drawn):
                        put(files.setdefault(name, bytearray()), part)
        return files


def put(content: bytearray, op: Op) -> None:
    """Do a write or a truncation."""
    if op.kind == "truncate":
        del content[op.at :]
        return
    content.extend(bytes(max(op.at + len(op.data) - len(content), 0)))
    content[op.at : op.at + len(op.data)] = op.data


def torn(op: Op, drawn: random.Random) -> Iterator[Op]:
    """Yield a write whole, or in one case of four some of its sectors."""
    if op.kind != "write" or drawn.random() < 0.75:
        yield op
        return
    begin = op.at
    while begin < op.at + len(op.data):
        end = min(begin - begin % SECTOR + SECTOR, op.at + len(op.data))
        if drawn.random() < 0.5:
            yield op._replace(at=begin, data=op.data[begin - op.at : end - op.at])
        begin = end


def moments(log: Sequence[Op], count: int, drawn: random.Random) -> list[int]:
    """Return moments of a run: half of them anywhere, half of them while the file itself is written, which is a checkpoint."""
    checkpoints = [number for number, op in enumerate(log, 1) if op.name == NAME] or [len(log)]
    return sorted(drawn.randint(1, len(log)) if turn % 2 else drawn.choice(checkpoints) for turn in range(count))


NAME = "town.gpkg"


def cut_often(before: bytes, log: Sequence[Op], count: int, folder: Path, drawn: random.Random) -> Iterator[list[str]]:
    """Yield for each cut what is wrong afterwards."""
    disk, done = Disk({NAME: bytearray(before)}), 0
    for moment in moments(log, count, drawn):
        for op in log[done:moment]:
            disk.do(op)
        done = moment
        place = folder / f"cut-{done}"
        place.mkdir(exist_ok=True)
        for name, content in disk.cut(drawn).items():
            (place / name).write_bytes(content)
        yield faults.unsound(place / NAME, disk.told)
        shutil.rmtree(place)


def main() -> int:
    """Run, and print figures as JSON: cuts, writes told, and cuts after which any was lost or the file unsound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--cuts", type=int, default=10, help="of each run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--synchronous", choices=["FULL", "NORMAL", "OFF"], default="FULL", help="others than FULL are controls: they must fail"
    )
    given = parser.parse_args()
    faults.project(given.folder / NAME)
    before = (given.folder / NAME).read_bytes()
    disk = LossyDisk()
    store_connection.sqlite3 = types.SimpleNamespace(connect=Connection, Error=apsw.Error)
    SWAPPED[FULL] = FULL.replace("FULL", given.synchronous)
    total = {"synchronous": given.synchronous, "cuts": 0, "told": 0, "lost": 0, "unsound": 0, "first": []}
    for seed in range(given.seed, given.seed + given.runs):
        folder = given.folder / f"run-{seed}"
        folder.mkdir()
        (folder / NAME).write_bytes(before)
        LOG.clear()
        run(folder / NAME, seed)
        total["told"] += sum(op.kind == "told" for op in LOG)
        for wrong in cut_often(before, list(LOG), given.cuts, given.folder, random.Random(seed)):
            lost = [each for each in wrong if each.startswith("lost")]
            total["cuts"] += 1
            total["lost"] += bool(lost)
            total["unsound"] += len(wrong) > len(lost)
            total["first"] = [*total["first"], *wrong][:5]
        shutil.rmtree(folder)
    sys.stdout.write(json.dumps(total) + "\n")
    del disk
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
