"""A project in use: one GeoPackage file or a PostgreSQL database, read and written through the database's own driver alone.

GDAL never touches a live file in this process.
"""

from gridmap.store.actor import Actor
from gridmap.store.address import Address, Project, address, full, shown, stem
from gridmap.store.adoption import adopt_project as adopt
from gridmap.store.copies.analytics import snapshot_parquet
from gridmap.store.copies.backup import backup, restore
from gridmap.store.copies.transfer import export_files, import_files
from gridmap.store.creation import create
from gridmap.store.events.appended import append_events, read_events
from gridmap.store.events.figures import counts, open_events
from gridmap.store.events.steps import append_steps, read_steps
from gridmap.store.health import health
from gridmap.store.home.base import Version
from gridmap.store.homes import close
from gridmap.store.plans.asked import edits, grids_at, in_force, index_of, list_plans, read_plan
from gridmap.store.plans.drafts import discard, redo, save_edit, start_draft, undo
from gridmap.store.plans.planned import day_of
from gridmap.store.plans.publishing import bring_into_force, publish
from gridmap.store.project import appended_only, event_table, last_changes, read_project, snapshot, version, watch
from gridmap.store.tables.described import Table
from gridmap.store.verify import verify

__all__ = [
    "Actor",
    "Address",
    "Project",
    "Table",
    "Version",
    "address",
    "adopt",
    "append_events",
    "append_steps",
    "appended_only",
    "backup",
    "bring_into_force",
    "close",
    "counts",
    "create",
    "day_of",
    "discard",
    "edits",
    "event_table",
    "export_files",
    "full",
    "grids_at",
    "health",
    "import_files",
    "in_force",
    "index_of",
    "last_changes",
    "list_plans",
    "open_events",
    "publish",
    "read_events",
    "read_plan",
    "read_project",
    "read_steps",
    "redo",
    "restore",
    "save_edit",
    "shown",
    "snapshot",
    "snapshot_parquet",
    "start_draft",
    "stem",
    "undo",
    "verify",
    "version",
    "watch",
]
