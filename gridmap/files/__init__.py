"""Files to frames and back: GeoPackage, GeoJSON, (Geo)Parquet, Shapefile, CSV and XLSX."""

from gridmap.files.events import read_events
from gridmap.files.ledger import read_ledger, write_ledger
from gridmap.files.paths import FORMATS, write_bytes, write_text
from gridmap.files.project import Project, read_project, write_project
from gridmap.files.reading import read_frame, read_grids, read_layer, read_table
from gridmap.files.upload import Limits, read_upload
from gridmap.files.writing import write, write_layers, write_sheets

__all__ = [
    "FORMATS",
    "Limits",
    "Project",
    "read_events",
    "read_frame",
    "read_grids",
    "read_layer",
    "read_ledger",
    "read_project",
    "read_table",
    "read_upload",
    "write",
    "write_bytes",
    "write_layers",
    "write_ledger",
    "write_project",
    "write_sheets",
    "write_text",
]
