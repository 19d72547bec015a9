"""A PostgreSQL server with PostGIS of the tests' own: through a socket alone, in a folder that goes away with it."""

import functools
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from conftest import missing

NAMES = itertools.count()


@functools.cache
def programs() -> Path | None:
    """Return the folder of the newest server that has PostGIS, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    with_postgis = [path for path in found if Path(f"/usr/share/postgresql/{path.parts[-3]}/extension/postgis.control").exists()]
    return with_postgis[-1].parent if with_postgis else None


class Server:
    """A server that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = programs()

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs: as the user postgres where we are root, which it refuses to run as."""
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        done = subprocess.run(
            [*user, str(self._programs / program), *arguments], capture_output=True, text=True, check=False, timeout=60, cwd=self.folder
        )
        if done.returncode:
            raise AssertionError(f"{program}: {done.stdout}{done.stderr}")

    def make(self) -> None:
        """Make the cluster."""
        self.run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")

    def start(self) -> None:
        """Start it, listening at a socket in its folder alone."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c timezone=UTC -c max_connections=60"
        options += " -c fsync=off"  # a killed server loses nothing by it, the machine alone could; nobody waits for the disk
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop it."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """Kill every process of it at once, as a crash would."""
        number = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["pgrep", "-P", str(number)], capture_output=True, text=True, check=False).stdout.split()
        for each in [number, *map(int, children)]:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        time.sleep(0.3)

    def revive(self) -> None:
        """Start it after it was killed."""
        for attempt in range(20):
            try:
                self.start()
            except AssertionError:  # a process of the old one is still going
                if attempt == 19:
                    raise
                time.sleep(0.3)
            else:
                return

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def ask(self, sql: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(sql)

    def database(self) -> str:
        """Make a database with PostGIS and return its name."""
        name = f"town_{next(NAMES)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE pattern")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.ask(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server() -> Iterator[Server]:
    """Give a server; skip, or fail where every test must run, without PostgreSQL and PostGIS."""
    if programs() is None:
        missing("no PostgreSQL with PostGIS on this machine: run tools/system-parts.sh")
    folder = Path(tempfile.mkdtemp(prefix="gridmap-postgres-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    folder.chmod(0o755)
    found = Server(folder)
    try:
        found.make()
        found.start()
        found.ask("CREATE DATABASE pattern")
        found.ask("CREATE EXTENSION postgis", "pattern")
        yield found
    finally:
        with suppress(AssertionError, subprocess.TimeoutExpired):
            found.stop()
        shutil.rmtree(folder, ignore_errors=True)
