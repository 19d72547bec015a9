"""`dask.distributed`: processes of this machine or a scheduler somewhere, files handed out, and what became of each."""

import logging
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import islice
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, TypeVar

from gridmap.errors import FileError, GridmapError
from gridmap.scale.job import Options

if TYPE_CHECKING:
    from distributed import Client, Future

Result = TypeVar("Result")
LIBRARIES = ("distributed", "cryptography")
PATIENCE_S = 15.0  # how long to wait for a scheduler to answer, and for any worker to be there
IN_FLIGHT = 4  # files per thread: a worker always has the next one, and a million files are never all planned at once
ATTEMPTS_AGAIN = 2  # after an error of the disk or the network; a worker that dies is no attempt of the file
# On this machine nothing but the work: no page about it, no statistics, no probing of graphics cards. By dask's own setting of malloc
# every large array is mapped anew, at a sixth of the processor time.
QUIET = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.diagnostics.nvml": False,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}


def require_libraries() -> None:
    """Raise GridmapError unless the libraries of the extra `scale` are installed."""
    absent = [name for name in LIBRARIES if find_spec(name) is None]
    if absent:
        raise GridmapError("extra_absent", extra="scale", given=", ".join(absent))


@contextmanager
def client(options: Options, files: int) -> "Iterator[Client]":
    """Give a client with at least one worker: of the scheduler named, else of processes of this machine that end with it.

    Raises
    ------
    GridmapError
        If the scheduler does not answer, has no worker, or no process can be started.
    """
    import dask
    import distributed  # noqa: F401 - brings its own settings, which leaving `set` would else take away with ours

    with dask.config.set({} if options.scheduler else QUIET):
        opened = _remote(options.scheduler) if options.scheduler else _local(min(options.workers or files, files))
        with opened as found:
            yield found


@contextmanager
def _remote(address: str) -> "Iterator[Client]":
    from distributed import Client

    _require_certificates(address)
    try:
        found = Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, RuntimeError) as error:
        raise FileError("no_scheduler", given=f"{address}: {_reason(error)}") from error
    with found:
        require_workers(found, address)
        yield found


def _require_certificates(address: str) -> None:
    """Raise FileError unless dask's settings suit the address: a client that fails for that would hang for a minute when it is dropped."""
    from distributed import Security

    try:
        settings = Security().get_connection_args("client")
    except (OSError, ValueError) as error:
        raise FileError("no_scheduler", given=f"{address}: {_reason(error)}") from error
    secure = address.startswith("tls://")
    if (secure and settings["ssl_context"] is None) or (settings["require_encryption"] and not secure):
        raise FileError("no_certificates", given=address)


@contextmanager
def _local(workers: int) -> "Iterator[Client]":
    """Give a client of processes that listen on this machine alone, and only to whoever holds a certificate made for this run."""
    from distributed import Client, LocalCluster, Security

    with ExitStack() as opened:
        try:
            with _uninterrupted():
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    security=Security.temporary(),
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    memory_limit=0,  # files are read in batches; a worker that dask pauses for its memory would never go on
                    silence_logs=logging.CRITICAL,
                )
                opened.enter_context(cluster)
        except (OSError, RuntimeError) as error:
            raise FileError("no_processes_started", given=_reason(error)) from error
        found = opened.enter_context(Client(cluster, set_as_default=False))
        require_workers(found, "127.0.0.1")
        yield found


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off until the end; threads and processes begun here never hear it: it is for the command alone to act on."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # begun later it would lift the block in the thread that begins the processes
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def require_workers(found: "Client", address: str) -> None:
    """Raise FileError unless there is a worker within `PATIENCE_S`."""
    try:
        found.wait_for_workers(1, timeout=PATIENCE_S)
    except (OSError, RuntimeError) as error:  # distributed's time-out is an OSError
        raise FileError("no_workers", given=address) from error


def ask_all(found: "Client", question: Callable[..., Result], *values: object) -> dict[str, Result | BaseException]:
    """Return every worker's answer, or the exception it gave."""
    answers: dict[str, Any] = found.run(question, *values, on_error="return")
    return answers


def outcomes(
    found: "Client", work: Callable[..., Result], files: Iterable[str], *values: object
) -> Generator[tuple[str, Result | BaseException], None, None]:
    """Yield each file and what `work(file, *values)` returned or raised, in the order they end.

    Raises
    ------
    FileError
        If the scheduler goes away, or every worker does and none comes back.
    """
    from concurrent.futures import CancelledError

    waiting = iter(files)
    running: dict[Future, str] = {}
    address = str(found.scheduler.address) if found.scheduler else ""
    try:
        while True:
            room = IN_FLIGHT * max(sum(found.nthreads().values()), 1) - len(running)
            for file in islice(waiting, max(room, 0)):
                running[found.submit(work, file, *values, pure=False, retries=ATTEMPTS_AGAIN)] = file
            if not running:
                return
            for future in _ended(found, list(running), address):
                yield running.pop(future), _outcome(found, future, address)
    except (OSError, CancelledError) as error:
        raise FileError("scheduler_lost", given=f"{address}: {_reason(error)}") from error


def _ended(found: "Client", running: "list[Future]", address: str) -> "list[Future]":
    """Return futures that ended, as soon as there is one."""
    from distributed import wait

    while True:
        try:
            with found.as_current():
                return list(wait(running, timeout=PATIENCE_S, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            require_workers(found, address)  # a long file is no fault


def _outcome(found: "Client", future: "Future", address: str) -> Any:  # noqa: ANN401
    """Return the result or the exception; where the worker died since it finished, the file is done once more."""
    while True:
        try:
            return future.result(timeout=PATIENCE_S)
        except Exception as error:
            if future.status == "error":
                return error
            if not isinstance(error, TimeoutError):
                raise
            require_workers(found, address)


def is_of_the_machine(error: object) -> bool:
    """Tell whether memory, disk, network or an installation is at fault, not the program."""
    if isinstance(error, OSError | MemoryError | ImportError):
        return True
    dask = sys.modules.get("distributed")  # where it was never imported it killed nobody
    return dask is not None and isinstance(error, dask.KilledWorker)


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
