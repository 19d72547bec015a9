"""Who writes into the store."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Name and role of whoever writes; both are kept with every write."""

    name: str
    role: str
