"""Who may ask: nobody through a foreign name, and no other site's page; and in which language the answer is."""

import re
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gridmap import messages
from gridmap.api.served import LOCAL

Handler = Callable[[Request], Awaitable[Response]]
ANY = "*"
_RANGE = re.compile(r"\s*([a-zA-Z*]+)[^;,]*(?:;\s*q=([0-9.]+))?")


def guarded(handler: Handler, hosts: Callable[[], Sequence[str]]) -> Handler:
    """Return a handler that answers for the given hosts and the server's own pages alone."""

    async def answer(request: Request) -> Response:
        if not _is_own(request, [name.lower() for name in hosts()] or LOCAL):
            return refusal(request, 403, "foreign")
        return await handler(request)

    return answer


def _is_own(request: Request, allowed: Sequence[str]) -> bool:
    host = request.headers.get("host", "")
    name = _name(f"//{host}")
    if not any(pattern in {name, ANY} or (pattern.startswith("*.") and name.endswith(pattern[1:])) for pattern in allowed):
        return False
    # Programs send no origin; a browser tells that of the page that asks.
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return False
    return request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def language(request: Request) -> str:
    """Return the language the asker prefers, "zh" where nothing is said."""
    best, weight = messages.LANGUAGES[0], 0.0
    for name, quality in _RANGE.findall(request.headers.get("accept-language", "")[:200]):
        value = _quality(quality)
        if name.lower() in messages.LANGUAGES and value > weight:
            best, weight = name.lower(), value
    return best


def _quality(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def refusal(request: Request, status: int, key: str, **values: object) -> JSONResponse:
    """Return an answer that says in one line what is wrong."""
    return said(status, messages.text(f"api.{key}", language(request), **values))


def said(status: int, message: str) -> JSONResponse:
    """Return a refusal with a message that is there already."""
    return JSONResponse({"error": message}, status_code=status)
