"""One file, from its Parquet to an unfinished Parquet beside the index: what a worker does. Only the run gives it its name."""

import base64
import functools
import hashlib
import json
import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gridmap import __version__, assign
from gridmap.errors import CRSError, FileError, GridmapError, GridmapWarning
from gridmap.files import tables
from gridmap.scale import points
from gridmap.scale.job import Folders, Job
from gridmap.scale.layer import Layer, chain, coded, layer
from gridmap.scale.manifest import Counts, Fingerprint, content_hash, fingerprint

BATCH_BYTES = 1 << 26  # of a batch in memory, about
READ_BYTES = 1 << 20  # of a column at a time: else a row group, perhaps the whole file, would be held
FEWEST_ROWS, MOST_ROWS = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Part:
    """An unfinished output and what the manifest will say of it."""

    path: Path
    counts: Counts
    input: Fingerprint
    output_hash: str


@dataclass(frozen=True)
class Refusal:
    """Why a file was not done, in both languages: errors of ours do not travel between processes."""

    zh: str
    en: str


def do(file: str, folders: Folders, job: Job) -> Part | Refusal:
    """Do as `done` in a process of its own, which says no warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridmapWarning)
        return done(file, folders, job)


def done(file: str, folders: Folders, job: Job, go_on: Callable[[], None] = lambda: None) -> Part | Refusal:
    """Assign the rows of one file; a refusal if the file is at fault.

    Parameters
    ----------
    go_on
        Called before each batch; what it raises ends the work and leaves nothing behind.

    Raises
    ------
    OSError
        If a disk or a network is at fault: another attempt may go well.
    """
    try:
        if job.version != __version__:
            raise FileError("worker_version", given=f"{__version__} / {job.version}")
        return _finished(file, folders, job, held(folders.index, job.index), go_on)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        return refusal(FileError("not_readable", path=error.filename or file, reason=error.strerror))
    except GridmapError as error:
        return refusal(error)


def refusal(error: GridmapError) -> Refusal:
    """Return an error of ours in both languages."""
    return Refusal(error.text("zh"), error.text("en"))


@functools.lru_cache(maxsize=1)
def held(path: Path, digest: str) -> Layer:
    """Return the layer of this hash; a worker unpacks it once.

    Raises
    ------
    FileError
        If the bytes have another hash.
    """
    data = path.read_bytes()
    if hash_of(data) != digest:
        raise FileError("unreadable", path=path, reason="hash")
    return layer(assign.Index.from_bytes(data))


def hash_of(data: bytes) -> str:
    """Return the hash of an index as bytes."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def _finished(file: str, folders: Folders, job: Job, grids: Layer, go_on: Callable[[], None]) -> Part:
    source, part = folders.source / file, folders.work / f"{uuid.uuid4().hex}.part"
    before = fingerprint(source)
    try:
        counts = _convert(source, part, _Reader(job, grids, file, go_on))
        if fingerprint(source) != before:
            raise FileError("changed_meanwhile", path=file)
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
        return Part(part, counts, before, content_hash(part))
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _convert(source: Path, part: Path, reader: "_Reader") -> Counts:
    try:
        with pq.ParquetFile(source, buffer_size=READ_BYTES, pre_buffer=False) as opened:
            found = points.columns(opened.schema_arrow, reader.job, reader.shown)
            schema = widened(opened.schema_arrow, reader.grids)
            written = _coded(schema, reader.grids)
            given = [opened.schema.column(n).path for n in range(len(opened.schema))]  # bounds of ours would cost more than writing them
            with pq.ParquetWriter(part, written, write_statistics=given, store_schema=False) as writer:
                # Readers of Arrow take the types from here, and so find texts as all others do.
                stored = base64.b64encode(schema.serialize().to_pybytes())
                writer.add_key_value_metadata({**(schema.metadata or {}), b"ARROW:schema": stored})
                return _convert_batches(_batches(opened), writer.write_table, written, reader, found)
    except pa.ArrowException as error:
        raise FileError("unreadable", path=reader.shown, reason=_reason(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise FileError("unreadable", path=reader.shown, reason=_reason(error)) from error  # so pyarrow says that content is damaged


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _batches(opened: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """Yield the rows in order, as many at a time as fit `BATCH_BYTES`: a file is never in memory whole."""
    groups = [opened.metadata.row_group(n) for n in range(opened.metadata.num_row_groups)]
    per_row = sum(group.total_byte_size for group in groups) / max(opened.metadata.num_rows, 1)
    rows = int(min(max(BATCH_BYTES / max(per_row, 1.0), FEWEST_ROWS), MOST_ROWS))
    return opened.iter_batches(batch_size=rows, use_threads=False)


def widened(schema: pa.Schema, grids: Layer) -> pa.Schema:
    """Return the schema of the output: every input column, those named like ours moved aside, then `grid`, levels, `dedicated`."""
    aside = tables.names_aside(schema.names, grids.names)
    metadata = dict(schema.metadata or {})
    if aside:
        metadata.pop(b"pandas", None)  # it speaks of the old names
        if b"geo" in metadata:
            metadata[b"geo"] = _renamed(metadata[b"geo"], aside)
    kept = [field.with_name(aside.get(field.name, field.name)) for field in schema]
    return pa.schema([*kept, *(pa.field(name, grids.codes.type) for name in grids.names)], metadata=metadata)


def _coded(schema: pa.Schema, grids: Layer) -> pa.Schema:
    """Return the schema as it is written: our columns from dictionaries."""
    given = list(schema)[: -len(grids.names)]
    return pa.schema([*given, *(pa.field(name, pa.dictionary(pa.int32(), grids.codes.type)) for name in grids.names)])


def _renamed(said: bytes, aside: dict[str, str]) -> bytes:
    described = json.loads(said)
    primary = described["primary_column"]
    names = {aside.get(name, name): column for name, column in described["columns"].items()}
    return json.dumps(described | {"primary_column": aside.get(primary, primary), "columns": names}).encode()


@dataclass(frozen=True)
class _Reader:
    """What turns the batches of a file into positions."""

    job: Job
    grids: Layer
    shown: str
    go_on: Callable[[], None]

    def place(self, batch: pa.RecordBatch, found: points.Columns, begin: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the coordinates in the CRS of the grids."""
        self.go_on()
        x, y = points.read(batch, found, self.shown, begin)
        return points.moved(x, y, found.crs, self.grids.index.grids.crs, self.shown, begin)


def _convert_batches(
    batches: Iterator[pa.RecordBatch], write: Callable[[pa.Table], None], schema: pa.Schema, reader: _Reader, found: points.Columns
) -> Counts:
    total, exchanged = Counts(), 0
    bounds = reader.grids.index.grids.total_bounds
    for batch in batches:
        x, y = reader.place(batch, found, total.rows)
        positions = chain(x, y, reader.grids, max_distance_m=reader.job.max_distance_m)
        added = [coded(reader.grids.codes, positions[name]) for name in reader.grids.names]
        write(pa.Table.from_arrays([*batch.columns, *added], schema=schema))
        total = _sum(total, _counted(x, y, positions, bounds))
        exchanged += _within(y, x, bounds)
    present = total.rows - total.missing
    if not total.within and exchanged and exchanged * 2 >= present:  # the rule of `crs.swapped`, for the whole file
        raise CRSError("swapped", what=reader.shown)
    return total


def _counted(x: np.ndarray, y: np.ndarray, positions: dict[str, np.ndarray], bounds: np.ndarray) -> Counts:
    inside = positions["grid"] >= 0
    missing = np.isnan(x)
    dedicated = int((positions["dedicated"] >= 0).sum())
    return Counts(len(x), int(inside.sum()), int((~inside & ~missing).sum()), int(missing.sum()), dedicated, _within(x, y, bounds))


def _within(x: np.ndarray, y: np.ndarray, bounds: np.ndarray) -> int:
    west, south, east, north = bounds
    return int(((x >= west) & (x <= east) & (y >= south) & (y <= north)).sum())


def _sum(left: Counts, right: Counts) -> Counts:
    return replace(left, **{name: value + getattr(right, name) for name, value in vars(left).items()})
