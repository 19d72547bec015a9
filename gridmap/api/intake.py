"""Events come in: one JSON object or a list of them, strictly checked, written all or none."""

import asyncio
import datetime
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gridmap import store
from gridmap.api import fields, guard, served
from gridmap.errors import GridmapError

MOST_BYTES = 1_000_000
MOST_EVENTS = 1_000
ACTOR = store.Actor("api", "intake")


async def respond(request: Request) -> Response:
    """Answer one report or a list of them: 201 with the identifiers, or one clear line."""
    project = served.project()
    if project is None:
        return guard.refusal(request, 404, "no_project")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return guard.refusal(request, 415, "not_json")
    body = await _body(request)
    if body is None:
        return guard.refusal(request, 413, "too_large", limit=f"{MOST_BYTES:,}")
    try:
        reports = parsed(body)
        if len(reports) > MOST_EVENTS:
            return guard.refusal(request, 413, "too_many_events", limit=f"{MOST_EVENTS:,}")
        ids, last = await asyncio.to_thread(_store, project, reports)
    except fields.Unfit as unfit:
        return guard.said(400, unfit.text(guard.language(request)))
    except GridmapError as error:
        status = {"events_present": 409, "duplicate_index": 409, "store_busy": 503, "store_refused": 503, "no_project_file": 503}
        return guard.said(status.get(error.key, 400), error.text(guard.language(request)))
    return JSONResponse({"ids": ids, "mark": last}, status_code=201)


async def _body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is too large."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > MOST_BYTES:
        return None
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MOST_BYTES:
            return None
    return bytes(received)


def parsed(body: bytes) -> list[Any]:
    """Return the reports in a body: the members of a list, or the one object.

    Raises
    ------
    Unfit
        If the body is no JSON, names a member twice, or is neither.
    """
    try:
        content = json.loads(body.decode("utf-8"), object_pairs_hook=_unambiguous, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise fields.Unfit("bad_json", reason=str(error)[:100]) from error
    if isinstance(content, dict):
        return [content]
    if not isinstance(content, list) or not content:
        raise fields.Unfit("not_events")
    return content


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice"[:100])
    return dict(pairs)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _store(project: store.Address, reports: list[Any]) -> tuple[list[str], int]:
    table = store.event_table(project)
    events = fields.frame(reports, table, now=datetime.datetime.now(datetime.UTC))
    rows = store.append_events(project, events, actor=ACTOR)
    return events.index.tolist(), rows[-1]
