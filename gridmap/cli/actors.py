"""Who writes when a command does."""

import getpass

from gridmap.store import Actor


def actor() -> Actor:
    """Return the user of the system, in the role of who runs commands."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user that the system has no name for
        name = "-"
    return Actor(name, "command")
