"""A project in use: one GeoPackage file or a PostgreSQL database, read and written through the database's own driver alone.

GDAL never touches a live file in this process.
"""

from gridmap.store.actor import Actor
from gridmap.store.address import Address, Project, address, full, shown, stem
from gridmap.store.creation import create
from gridmap.store.events import append_events, read_events
from gridmap.store.home import Version
from gridmap.store.homes import close
from gridmap.store.project import appended_only, event_table, last_changes, read_project, snapshot, version, watch
from gridmap.store.table import Table

__all__ = [
    "Actor",
    "Address",
    "Project",
    "Table",
    "Version",
    "address",
    "append_events",
    "appended_only",
    "close",
    "create",
    "event_table",
    "full",
    "last_changes",
    "read_events",
    "read_project",
    "shown",
    "snapshot",
    "stem",
    "version",
    "watch",
]
