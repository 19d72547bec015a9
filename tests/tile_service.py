"""A tile service on this machine, with every way to go wrong, for the tests of base maps."""

import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

COLOUR = (12, 200, 90)


def picture(side: int = 256, colour: tuple[int, int, int] = COLOUR) -> bytes:
    """Return a PNG of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes(colour) * side) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURE = picture()


class Service(ThreadingHTTPServer):
    """Answers `/{way}/{z}/{x}/{y}?tk=KEY`; `asked` has the addresses in order, `foreign` is a host to redirect to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []
        self.foreign = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def keys(self) -> list[str]:
        """Return the keys that were sent."""
        return [key for asked in self.asked for key in parse_qs(urlsplit(asked).query).get("tk", [])]


class _Answer(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        way = self.path.split("/")[1]
        getattr(self, f"_{way}", self._nothing)()

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, content: bytes, kind: str = "image/png", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _good(self) -> None:
        self._send(PICTURE)

    def _jpeg(self) -> None:
        self._send(b"\xff\xd8\xff\xe0rest", "image/jpeg")

    def _webp(self) -> None:
        self._send(b"RIFF\0\0\0\0WEBPVP8 ", "image/webp")

    def _page(self) -> None:
        self._send(b"<html><script>alert(1)</script>", "text/html")

    def _disguised(self) -> None:
        self._send(b"<svg onload='alert(1)'/>", "image/png")

    def _drawing(self) -> None:
        self._send(b"<svg/>", "image/svg+xml")

    def _large(self) -> None:
        self._send(PICTURE + bytes(1_000_001))

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        try:
            while True:
                self.wfile.write(PICTURE)
        except OSError:
            pass

    def _away(self) -> None:
        self._send(b"", status=302, Location=f"{self.server.foreign}{self.path.replace('away', 'good')}")

    def _aside(self) -> None:
        self._send(b"", status=302, Location=self.path.replace("aside", "good"))

    def _file(self) -> None:
        self._send(b"", status=302, Location="file:///etc/hostname")

    def _round(self) -> None:
        self._send(b"", status=302, Location=self.path)

    def _refused(self) -> None:
        self._send(b"no", "text/plain", status=403)

    def _nothing(self) -> None:
        self._send(b"no", "text/plain", status=404)

    def _torn(self) -> None:
        self.wfile.write(b"no http at all\r\n\r\n")

    def _silent(self) -> None:
        time.sleep(2)

    def _slow(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        try:
            for byte in PICTURE[:40]:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass


@contextmanager
def serving() -> Iterator[Service]:
    """Run a service until the end of the block."""
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()
