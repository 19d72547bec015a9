"""A project in use: one GeoPackage file or a PostgreSQL database, read and written through the database's own driver alone.

GDAL never touches a live file in this process.
"""

from gridmap.store.actor import Actor
from gridmap.store.address import Address, Project, address, full, shown, stem
from gridmap.store.creation import create
from gridmap.store.events import append_events, read_events
from gridmap.store.figures import counts, open_events
from gridmap.store.home import Version
from gridmap.store.homes import close
from gridmap.store.project import appended_only, event_table, last_changes, read_project, snapshot, version, watch
from gridmap.store.steps import append_steps, read_steps
from gridmap.store.table import Table

__all__ = [
    "Actor",
    "Address",
    "Project",
    "Table",
    "Version",
    "address",
    "append_events",
    "append_steps",
    "appended_only",
    "close",
    "counts",
    "create",
    "event_table",
    "full",
    "last_changes",
    "open_events",
    "read_events",
    "read_project",
    "read_steps",
    "shown",
    "snapshot",
    "stem",
    "version",
    "watch",
]
