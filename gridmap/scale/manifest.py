"""What was done: a line per finished file, and the lock that keeps a second run out."""

import hashlib
import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO

import pandas as pd

from gridmap.errors import FileError
from gridmap.files import paths
from gridmap.scale.job import Job

MAGIC, TAIL = b"PAR1", 8  # a Parquet file ends in the length of its footer and its mark


@dataclass(frozen=True)
class Fingerprint:
    """What tells whether a file is still the one it was.

    Parameters
    ----------
    size, mtime_ns
        Bytes; time of the last change.
    footer
        Hash of the Parquet footer, which holds the place, size and bounds of every column chunk.
    """

    size: int
    mtime_ns: int
    footer: str


def fingerprint(path: Path) -> Fingerprint:
    """Return the fingerprint of a file; of one that is no Parquet the hash is that of its last bytes.

    Notes
    -----
    Cost: two small reads, whatever the file's size.
    """
    with path.open("rb") as handle:
        stated = os.fstat(handle.fileno())
        handle.seek(max(stated.st_size - TAIL, 0))
        tail = handle.read(TAIL)
        length = int.from_bytes(tail[:4], "little") if tail.endswith(MAGIC) else 0
        if 0 < length <= stated.st_size - TAIL:
            handle.seek(stated.st_size - TAIL - length)
            tail = handle.read(length)
    return Fingerprint(stated.st_size, stated.st_mtime_ns, hashlib.blake2b(tail, digest_size=16).hexdigest())


def content_hash(path: Path) -> str:
    """Return the hash of a file's whole content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


@dataclass(frozen=True)
class Counts:
    """Rows of a file: all, in a grid, outside every grid, without coordinates, in a dedicated grid, within the grids' bounds."""

    rows: int = 0
    assigned: int = 0
    outside: int = 0
    missing: int = 0
    dedicated: int = 0
    within: int = 0


@dataclass(frozen=True)
class Entry:
    """A finished file."""

    file: str
    counts: Counts
    input: Fingerprint
    output: Fingerprint
    output_hash: str

    def fits(self, source: Path, target: Path) -> bool:
        """Tell whether input and output are still those of the entry."""
        try:
            return fingerprint(source / self.file) == self.input and fingerprint(target / self.file) == self.output
        except OSError:
            return False  # what is wrong with it is said when the file is done


def read(path: Path, job: Job) -> dict[str, Entry]:
    """Return the entries of a manifest by file; none if it is of another job. Lines that a dying run left broken are passed over."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileError("not_readable", path=path, reason=error.strerror) from error
    if not lines or _parsed(lines[0]) != asdict(job):
        return {}
    found = (_entry(_parsed(line)) for line in lines[1:])
    return {entry.file: entry for entry in found if entry is not None}


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _entry(said: object) -> Entry | None:
    try:
        given = dict(said)  # type: ignore[call-overload]
        counts, source, output = Counts(**given["counts"]), Fingerprint(**given["input"]), Fingerprint(**given["output"])
        return Entry(given["file"], counts, source, output, given["output_hash"])
    except (TypeError, ValueError, KeyError):
        return None


def write(path: Path, job: Job, entries: Iterable[Entry]) -> None:
    """Write a manifest in place of the old one, whole or not at all.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    with paths.replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(json.dumps(asdict(job)) + "\n")
        handle.writelines(line(entry) for entry in entries)


def line(entry: Entry) -> str:
    """Return an entry as a line of JSON."""
    return json.dumps(asdict(entry)) + "\n"


def table(entries: Mapping[str, Entry], resumed: Iterable[str]) -> pd.DataFrame:
    """Return a row per file, sorted: `file`, `resumed`, the counts, and size, time and hashes of input and output."""
    earlier = set(resumed)
    rows = [
        {
            "file": entry.file,
            "resumed": entry.file in earlier,
            **asdict(entry.counts),
            **{f"input_{name}": value for name, value in asdict(entry.input).items()},
            **{f"output_{name}": value for name, value in asdict(entry.output).items()},
            "output_hash": entry.output_hash,
        }
        for _, entry in sorted(entries.items())
    ]
    marks = [field.name for field in fields(Fingerprint)]
    counts = [field.name for field in fields(Counts)]
    columns = ["file", "resumed", *counts, *(f"input_{name}" for name in marks), *(f"output_{name}" for name in marks), "output_hash"]
    return pd.DataFrame(rows, columns=columns)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the system gives it back when the process ends, however that happens.

    Raises
    ------
    FileError
        If another process holds it, or the folder cannot be written to.
    """
    path = folder / "lock"
    try:
        handle = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise FileError("not_writable", path=folder, reason=error.strerror) from error
    with handle:
        try:
            _lock(handle)
        except (BlockingIOError, PermissionError) as error:
            raise FileError("run_in_progress", path=folder.parent, given=_holder(handle)) from error
        except OSError as error:
            raise FileError("not_writable", path=path, reason=error.strerror) from error
        handle.truncate(0)
        handle.write(f"{socket.gethostname()} {os.getpid()}\n")
        handle.flush()
        yield


def _holder(handle: IO[str]) -> str | None:
    try:
        handle.seek(0)
        return handle.read(200).strip() or None
    except OSError:
        return None


def _lock(handle: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
