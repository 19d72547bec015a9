"""The server's own addresses beside the pages: events come in as JSON, and everyone who watches hears of them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gridmap.api.served import LOCAL, PROJECT_VARIABLE

if TYPE_CHECKING:
    from starlette.routing import Route

__all__ = ["PROJECT_VARIABLE", "routes"]

EVENTS = "/gridmap/api/events"
LIVE = "/gridmap/live"


def routes(hosts: Callable[[], Sequence[str]] = lambda: LOCAL) -> "list[Route]":
    """Return the routes of the intake and of the live feed.

    Parameters
    ----------
    hosts
        Names under which the server may be asked: any other is a foreign name that was pointed at this machine.
    """
    from starlette.routing import Route

    from gridmap.api import feed, guard, intake

    return [
        Route(EVENTS, guard.guarded(intake.respond, hosts), methods=["POST"]),
        Route(LIVE, guard.guarded(feed.respond, hosts), methods=["GET"]),
    ]
