"""Who writes when a command does."""

import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.store import Actor


def actor() -> "Actor":
    """Return the user of the system, in the role of who runs commands."""
    from gridmap.store import Actor

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user that the system has no name for
        name = "-"
    return Actor(name, "command")
