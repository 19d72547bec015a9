"""Files to frames and back: GeoPackage, GeoJSON, (Geo)Parquet, Shapefile, CSV and XLSX."""

from gridmap.files.events import read_events
from gridmap.files.paths import FORMATS, write_text
from gridmap.files.project import Project, read_project, write_project
from gridmap.files.reading import read_frame, read_grids, read_layer, read_table
from gridmap.files.upload import Limits, read_upload
from gridmap.files.writing import write, write_layers

__all__ = [
    "FORMATS",
    "Limits",
    "Project",
    "read_events",
    "read_frame",
    "read_grids",
    "read_layer",
    "read_project",
    "read_table",
    "read_upload",
    "write",
    "write_layers",
    "write_project",
    "write_text",
]
