"""A bare server of the API alone, on a port of its own: `running(project)`."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from gridmap import api
bound = socket.socket()
bound.bind(("127.0.0.1", 0))
print(bound.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(Starlette(routes=api.routes()), log_level="error")).run([bound])
"""


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen
    port: int

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict]:
        """Return status and JSON of one answer; a body is posted as JSON unless the headers say otherwise."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named.setdefault("Content-Type", "application/json")
        connection.request("GET" if body is None else "POST", path, body, named)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    def post(self, reports: object, **headers: str) -> tuple[int, dict]:
        """Post events."""
        return self.ask("/gridmap/api/events", json.dumps(reports).encode(), **headers)

    def stop(self) -> float:
        """Stop it by SIGTERM; return how long that took in seconds."""
        begin = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.perf_counter() - begin


class Stream:
    """One watcher of the live feed."""

    def __init__(self, server: Server, query: str = "", **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        self._connection.request("GET", f"/gridmap/live{query}", headers={name.replace("_", "-"): value for name, value in headers.items()})
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        assert self._answer.headers["content-type"].startswith("text/event-stream")

    def next(self) -> dict | None:
        """Return the next message, its id checked against its mark; None at the end of the stream."""
        number = None
        while line := self._answer.readline().decode():
            if line.startswith("id: "):
                number = int(line[4:])
            if line.startswith("data: "):
                message = json.loads(line[6:])
                assert message["mark"] == number
                return message
        return None

    def events(self, count: int) -> list[dict]:
        """Return so many events, from as many messages as it takes."""
        found: list[dict] = []
        while len(found) < count:
            message = self.next()
            assert message is not None
            found += message["events"]
        return found

    def close(self) -> None:
        """Hang up."""
        self._answer.close()
        self._connection.close()


@contextmanager
def running(project: Path | str | None) -> Iterator[Server]:
    """Run a server; whatever happens, none is left behind."""
    environment = {name: value for name, value in os.environ.items() if name != "GRIDMAP_PROJECT"}
    environment |= {"GRIDMAP_PROJECT": str(project)} if project else {}
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            server = Server(process, int(process.stdout.readline()))
            for _ in range(200):
                try:
                    server.ask("/gridmap/live?project=none")
                    break
                except (OSError, ValueError):
                    time.sleep(0.05)
            yield server
        finally:
            process.kill()
