"""What one run is about: the options, and the job that every worker is given with each file."""

import re
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import SchemaError

ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:\d{1,5}")
STATE = "_gridmap"  # readers of Parquet folders pass over names that begin with an underscore


@dataclass(frozen=True)
class Options:
    """How the files are read and who works on them.

    Parameters
    ----------
    x, y
        Columns of the coordinates; without them a GeoParquet file's geometry, else a pair of customary names such as lon, lat.
    crs
        Their coordinate reference system, where a file states none.
    max_distance_m
        A point outside every grid goes to the nearest lowest base grid within this many metres.
    scheduler
        Address of a running scheduler, `tcp://host:port` or `tls://host:port`, whose workers do the work.
    workers
        Number of processes of this machine, by dask, that do the work. Without either the calling process does, a thread per processor.

    Raises
    ------
    SchemaError
        If only one of `x` and `y` is given, a number is out of range, or the address is of another form.
    """

    x: str | None = None
    y: str | None = None
    crs: str | None = None
    max_distance_m: float = 0.0
    scheduler: str | None = None
    workers: int | None = None

    @property
    def distributed(self) -> bool:
        """Whether dask hands out the files."""
        return self.scheduler is not None or self.workers is not None

    def __post_init__(self) -> None:
        if (self.x is None) != (self.y is None):
            raise SchemaError("one_coordinate", what="options", given=self.x or self.y)
        if not self.max_distance_m >= 0:
            raise SchemaError("negative_distance", what="max_distance_m", given=self.max_distance_m)
        if self.workers is not None and self.workers < 1:
            raise SchemaError("no_processes", given=self.workers)
        if self.scheduler is not None and self.workers is not None:
            raise SchemaError("workers_of_scheduler", given=f"{self.scheduler}, {self.workers}")
        if self.scheduler is not None and not ADDRESS.fullmatch(self.scheduler):
            raise SchemaError("scheduler_address", given=self.scheduler)


@dataclass(frozen=True)
class Job:
    """All that decides what is written: with another job every file is done again.

    Parameters
    ----------
    version
        Of gridmap.
    index
        Hash of the index as bytes.
    x, y, crs, max_distance_m
        As in `Options`.
    """

    version: str
    index: str
    x: str | None
    y: str | None
    crs: str | None
    max_distance_m: float


@dataclass(frozen=True)
class Folders:
    """Where a run reads and writes, the same paths on every machine."""

    source: Path
    target: Path

    @property
    def state(self) -> Path:
        """What a run leaves beside its output: the manifest and the lock."""
        return self.target / STATE

    @property
    def work(self) -> Path:
        """Index and unfinished files; removed when a run begins and when it ends."""
        return self.state / "work"

    @property
    def index(self) -> Path:
        """The index as bytes."""
        return self.work / "index"
