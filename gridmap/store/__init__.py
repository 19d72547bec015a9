"""The project file while it is in use: appended to and read through SQLite alone, so that GDAL never touches it in this process."""

from gridmap.store.actor import Actor
from gridmap.store.events import append_events, read_events
from gridmap.store.project import appended_only, event_table, last_changes, read_project, snapshot
from gridmap.store.table import Table
from gridmap.store.version import Version, version
from gridmap.store.writer import close, watch

__all__ = [
    "Actor",
    "Table",
    "Version",
    "append_events",
    "appended_only",
    "close",
    "event_table",
    "last_changes",
    "read_events",
    "read_project",
    "snapshot",
    "version",
    "watch",
]
