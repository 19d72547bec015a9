"""One run over a folder: what is to be done, the lock, the workers, the names of finished files, the manifest."""

import os
import shutil
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridmap import __version__, hierarchy
from gridmap.assign import Index
from gridmap.errors import FileError, GridmapWarning, SchemaError
from gridmap.files import places
from gridmap.scale import engine, listing, manifest, threads, work
from gridmap.scale.job import Folders, Job, Options
from gridmap.scale.manifest import Entry, Fingerprint, fingerprint

if TYPE_CHECKING:
    from distributed import Client

Progress = Callable[[int, int], None]
Outcomes = Generator[tuple[str, work.Part | work.Refusal | BaseException], None, None]


class FilesRefusedError(FileError):
    """Some files could not be done; all others are."""

    def __init__(self, reasons: dict[str, work.Refusal], total: int) -> None:
        self.reasons = reasons
        super().__init__("files_refused", files=", ".join(sorted(reasons)[:5]), refused=len(reasons), total=total)

    def text(self, lang: str) -> str:
        """Return the message with the first file's reason."""
        first = self.reasons[min(self.reasons)]
        self.values["reason"] = first.zh if lang == "zh" else first.en
        return super().text(lang)


def assign(
    source: str | os.PathLike[str],
    grids: gpd.GeoDataFrame | Index,
    target: str | os.PathLike[str],
    *,
    options: Options | None = None,
    on_progress: Progress | None = None,
) -> pd.DataFrame:
    """Assign the rows of every Parquet file under a folder to grids of every level; write the same tree of files elsewhere.

    Parameters
    ----------
    source
        Folder of Parquet or GeoParquet files, sub-folders included. Names that begin with a dot or an underscore are passed over.
    grids
        As in `assign.chain`, or an `Index` of them.
    target
        Folder to write: new, empty, or that of an earlier run, which is then resumed.
    options
        How the files are read and who works on them.
    on_progress
        Called with the number of files done so far and of all, first with those of an earlier run.

    Returns
    -------
    DataFrame
        The manifest, a row per file: `file` (relative name), `resumed` (done by an earlier run), `rows`, `assigned`, `outside`, `missing`
        (without coordinates), `dedicated`, `within` (the bounds of the grids), then size, time and footer hash of input and output, and
        `output_hash` of the whole output.

    Raises
    ------
    FileError
        If a folder is unsuited, another run holds the target, or the scheduler or its workers do not answer. If files cannot be done: after
        all others are, with `.reasons` by file.
    SchemaError, CRSError
        As `assign.chain` for the grids.
    GridmapError
        If the options ask for dask and the libraries of the extra `scale` are missing.

    Warns
    -----
    GridmapWarning
        If there are files that are no Parquet, outputs whose input is gone, or no point lies within the bounds of the grids.

    Notes
    -----
    An output has every column of its input as it stands there, then `grid`, `level_1` and on, and `dedicated`, in the same order of rows.
    Workers write to files of their own; only this process, which holds the lock, gives them their names. So a worker or the whole run may
    die at any time: under a final name there is a whole file or none, and the next run does what is left. A script that asks
    for `workers` needs `if __name__ == "__main__":`, since worker processes import it. Cost: each file is read once, in batches.
    """
    options = options or Options()
    if options.distributed:
        engine.require_libraries()
    if options.crs is not None:
        places.as_crs(options.crs)
    folders = listing.folders(source, target)
    files = listing.inputs(folders.source)
    data = _index(grids).to_bytes()
    job = Job(__version__, work.hash_of(data), options.x, options.y, options.crs, options.max_distance_m)
    with _prepared(folders):
        listing.warn_of_others(folders.target, files)
        run = _Run(folders, job, files)
        if run.left:
            folders.index.write_bytes(data)
            with _outcomes(options, folders, job, run.left) as outcomes:
                run.go(outcomes, on_progress or (lambda _done, _total: None))
        elif on_progress is not None:
            on_progress(len(files), len(files))
        run.finish()
    if run.reasons:
        raise FilesRefusedError(run.reasons, len(files))
    table = manifest.table(run.entries, run.resumed)
    if table["outside"].sum() and not table["within"].sum():
        warnings.warn(GridmapWarning("far_apart"), stacklevel=2)
    return table


def _index(grids: gpd.GeoDataFrame | Index) -> Index:
    """Return the index; chains of parents that break off are warned of here, once for all workers."""
    index = grids if isinstance(grids, Index) else Index(grids)
    if index.grids.crs is None:
        raise SchemaError("no_crs", what="grids")
    hierarchy.ancestors(index.grids)
    return index


@contextmanager
def _outcomes(options: Options, folders: Folders, job: Job, left: list[str]) -> Iterator[Outcomes]:
    """Give each file and what became of it, by whom the options name; stop them at the end."""
    if options.distributed:
        with engine.client(options, len(left)) as client:
            require_fit(client, folders, job, left[0])
            yield engine.outcomes(client, work.do, left, folders, job)
        return
    work.held(folders.index, job.index)  # once: threads that find none would all unpack it
    with closing(threads.outcomes(lambda file, go_on: work.done(file, folders, job, go_on), left)) as found:
        yield found


@contextmanager
def _prepared(folders: Folders) -> Iterator[None]:
    """Hold the target's lock and give a fresh folder for unfinished work; what dead runs left in it is removed."""
    try:
        folders.state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError("not_writable", path=folders.target, reason=error.strerror) from error
    with manifest.locked(folders.state):
        try:
            shutil.rmtree(folders.work, ignore_errors=True)
            folders.work.mkdir(exist_ok=True)
        except OSError as error:
            raise FileError("not_writable", path=folders.work, reason=error.strerror) from error
        try:
            yield
        finally:
            shutil.rmtree(folders.work, ignore_errors=True)


class _Run:
    """The state of one run: which files are done, by now or before, and why others are not."""

    def __init__(self, folders: Folders, job: Job, files: list[str]) -> None:
        self.folders, self.job, self.files = folders, job, files
        self.path = folders.state / "manifest.jsonl"
        earlier = manifest.read(self.path, job)
        fitting = (earlier[file] for file in files if file in earlier)
        self.entries = {entry.file: entry for entry in fitting if entry.fits(folders.source, folders.target)}
        self.resumed = frozenset(self.entries)
        self.left = [file for file in files if file not in self.entries]
        self.reasons: dict[str, work.Refusal] = {}

    def go(self, outcomes: Outcomes, on_progress: Progress) -> None:
        """Have the files that are left done; each stands in the manifest as soon as it has its name."""
        manifest.write(self.path, self.job, self.entries.values())
        on_progress(len(self.entries), len(self.files))
        with self.path.open("a", encoding="utf-8", newline="\n") as lines:
            for file, outcome in outcomes:
                if isinstance(outcome, work.Part):
                    self.entries[file] = entry = self._named(file, outcome)
                    lines.write(manifest.line(entry))
                    lines.flush()
                elif isinstance(outcome, work.Refusal):
                    self.reasons[file] = outcome
                elif engine.is_of_the_machine(outcome):
                    self.reasons[file] = _given_up(file, outcome)
                else:
                    raise outcome
                on_progress(len(self.entries) + len(self.reasons), len(self.files))

    def _named(self, file: str, part: work.Part) -> Entry:
        """Put a worker's file in its place."""
        place = self.folders.target / file
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            part.path.replace(place)
            return Entry(file, part.counts, part.input, fingerprint(place), part.output_hash)
        except OSError as error:
            raise FileError("not_writable", path=place, reason=error.strerror) from error

    def finish(self) -> None:
        """Write the manifest anew, sorted."""
        manifest.write(self.path, self.job, (self.entries[file] for file in sorted(self.entries)))


def _given_up(file: str, error: BaseException) -> work.Refusal:
    """Return why the engine gave a file up: its worker died every time, or the disk failed every time."""
    reason = f"{type(error).__name__}: {error}"[:300]
    return work.refusal(FileError("file_given_up", path=file, reason=reason))


def sight(folders: Folders, file: str) -> tuple[str, bool, Fingerprint | None]:
    """Return what a worker is and sees: its version of gridmap, the index, and the fingerprint of a file."""
    try:
        return __version__, folders.index.is_file(), fingerprint(folders.source / file)
    except OSError:
        return __version__, folders.index.is_file(), None


def require_fit(client: "Client", folders: Folders, job: Job, file: str) -> None:
    """Raise FileError unless every worker there is now has our version and sees both folders; later ones are asked with each file."""
    own = sight(folders, file)
    for worker, answer in engine.ask_all(client, sight, folders, file).items():
        if isinstance(answer, BaseException):
            raise FileError("worker_without_us", given=f"{worker}: {type(answer).__name__}: {answer}")
        if answer[0] != job.version:
            raise FileError("worker_version", given=f"{worker}: {answer[0]} / {job.version}")
        if answer != own:
            raise FileError("worker_sees_nothing", what=str(folders.target if not answer[1] else folders.source), given=worker)
