"""One file, from its Parquet to an unfinished Parquet beside the index: what a worker does. Only the run gives it its name."""

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
    """Assign the rows of one file; a refusal if the file is at fault.

    Raises
    ------
    OSError
        If a disk or a network is at fault: another attempt may go well.
    """
    try:
        if job.version != __version__:
            raise FileError("worker_version", given=f"{__version__} / {job.version}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GridmapWarning)
            return _done(file, folders, job, held(folders.index, job.index))
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


def _done(file: str, folders: Folders, job: Job, grids: Layer) -> Part:
    source, part = folders.source / file, folders.work / f"{uuid.uuid4().hex}.part"
    before = fingerprint(source)
    try:
        counts = _convert(source, part, job, grids, file)
        if fingerprint(source) != before:
            raise FileError("changed_meanwhile", path=file)
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
        return Part(part, counts, before, content_hash(part))
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _convert(source: Path, part: Path, job: Job, grids: Layer, shown: str) -> Counts:
    try:
        with pq.ParquetFile(source, buffer_size=READ_BYTES, pre_buffer=False) as opened:
            found = points.columns(opened.schema_arrow, job, shown)
            schema = widened(opened.schema_arrow, grids)
            with pq.ParquetWriter(part, schema) as writer:
                return _convert_batches(_batches(opened), writer.write_table, schema, _Reader(found, job, grids, shown))
    except pa.ArrowException as error:
        raise FileError("unreadable", path=shown, reason=_reason(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise FileError("unreadable", path=shown, reason=_reason(error)) from error  # so pyarrow says that content is damaged


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


def _renamed(said: bytes, aside: dict[str, str]) -> bytes:
    described = json.loads(said)
    primary = described["primary_column"]
    names = {aside.get(name, name): column for name, column in described["columns"].items()}
    return json.dumps(described | {"primary_column": aside.get(primary, primary), "columns": names}).encode()


@dataclass(frozen=True)
class _Reader:
    """What turns a batch into positions: where its coordinates are, and the grids."""

    found: points.Columns
    job: Job
    grids: Layer
    shown: str

    def place(self, batch: pa.RecordBatch, begin: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = points.read(batch, self.found, self.shown, begin)
        return points.moved(x, y, self.found.crs, self.grids.index.grids.crs, self.shown, begin)


def _convert_batches(batches: Iterator[pa.RecordBatch], write: Callable[[pa.Table], None], schema: pa.Schema, reader: _Reader) -> Counts:
    total, exchanged = Counts(), 0
    bounds = reader.grids.index.grids.total_bounds
    for batch in batches:
        x, y = reader.place(batch, total.rows)
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
