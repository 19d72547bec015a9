"""One picture from a tile service: the only place where the application asks another machine, and only if a base map is set."""

import http.client
import time
import urllib.error
import urllib.request
from typing import IO
from urllib.parse import urlsplit

from gridmap import __version__

PATIENCE_S = 8.0  # of one wait for the service, and of the whole answer
MOST_BYTES = 1_000_000
TYPES = ("image/png", "image/jpeg", "image/webp")
PIECE = 65_536


class NoTile(Exception):  # noqa: N818 - an answer, not a fault of the program
    """No picture came. It carries the status to answer with and nothing else: an address may hold a key."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def fetch(address: str) -> tuple[bytes, str]:
    """Return a picture and its media type.

    Parameters
    ----------
    address
        Complete address, http or https.

    Raises
    ------
    NoTile
        504 where the service does not answer in time, 404 where it has no such tile, 502 for anything else that is no picture: an error, a
        redirect to another host, another media type, more than `MOST_BYTES`.

    Notes
    -----
    Errors of the library name the address, so none of them is chained, shown or logged.
    """
    try:
        return _fetched(address)
    except urllib.error.HTTPError as error:
        status = 404 if error.code == 404 else 502
        error.close()
    except urllib.error.URLError as error:
        status = 504 if isinstance(error.reason, TimeoutError) else 502
    except TimeoutError:
        status = 504
    except (OSError, http.client.HTTPException, ValueError):
        status = 502
    raise NoTile(status)


def _fetched(address: str) -> tuple[bytes, str]:
    until = time.monotonic() + PATIENCE_S
    request = urllib.request.Request(address, headers={"User-Agent": f"gridmap/{__version__}", "Accept": ", ".join(TYPES)})  # noqa: S310
    with _opener().open(request, timeout=PATIENCE_S) as answer:
        if answer.status != 200 or answer.headers.get_content_type() not in TYPES:
            raise NoTile(404 if answer.status == 204 else 502)
        content = bytearray()
        # A service that sends byte by byte would keep within the time limit of every single read.
        while piece := answer.read1(PIECE):
            content += piece
            if len(content) > MOST_BYTES:
                raise NoTile(502)
            if time.monotonic() > until:
                raise NoTile(504)
    return bytes(content), signed(content)


def signed(content: bytes | bytearray) -> str:
    """Return the media type that the first bytes say, whatever the service says.

    Raises
    ------
    NoTile
        If they belong to no picture.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    raise NoTile(502)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect on the service's own host and port; any other is an error."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Return the next request, None to end with the redirect as an error."""
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens http and https alone: the usual one opens files and other things too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),  # as the machine's environment says
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.UnknownHandler(),  # any other kind of address is an error
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        _SameHost(),
    ):
        opener.add_handler(handler)
    return opener
