"""What a GeoPackage states of its tables, and the spatial index that its triggers keep.

Source: OGC 12-128r18, tables 4 to 6, annex F.3.
"""

import re

import numpy as np
import shapely
from pyproj import CRS
from sqlalchemy import Connection, text

from gridmap.store.tables.described import Table, quoted

_BOX = "ST_MinX(NEW.{g}), ST_MaxX(NEW.{g}), ST_MinY(NEW.{g}), ST_MaxY(NEW.{g})"
_FULL, _VOID = "NEW.{g} NOT NULL AND NOT ST_IsEmpty(NEW.{g})", "(NEW.{g} ISNULL OR ST_IsEmpty(NEW.{g}))"
_PUT = f"INSERT OR REPLACE INTO {{r}} VALUES (NEW.{{k}}, {_BOX});"
_DROP = "DELETE FROM {r} WHERE id = OLD.{k};"
_TRIGGERS = {
    "insert": f"AFTER INSERT ON {{t}} WHEN {_FULL} BEGIN {_PUT} END",
    "update6": (
        f"AFTER UPDATE OF {{g}} ON {{t}} WHEN OLD.{{k}} = NEW.{{k}} AND {_FULL} AND (OLD.{{g}} NOT NULL AND NOT ST_IsEmpty(OLD.{{g}})) "
        "BEGIN UPDATE {r} SET minx = ST_MinX(NEW.{g}), maxx = ST_MaxX(NEW.{g}), miny = ST_MinY(NEW.{g}), maxy = ST_MaxY(NEW.{g}) "
        "WHERE id = NEW.{k}; END"
    ),
    "update7": (
        f"AFTER UPDATE OF {{g}} ON {{t}} WHEN OLD.{{k}} = NEW.{{k}} AND {_FULL} AND (OLD.{{g}} ISNULL OR ST_IsEmpty(OLD.{{g}})) "
        "BEGIN INSERT INTO {r} VALUES (NEW.{k}, ST_MinX(NEW.{g}), ST_MaxX(NEW.{g}), ST_MinY(NEW.{g}), ST_MaxY(NEW.{g})); END"
    ),
    "update2": f"AFTER UPDATE OF {{g}} ON {{t}} WHEN OLD.{{k}} = NEW.{{k}} AND {_VOID} BEGIN {_DROP} END",
    "update5": f"AFTER UPDATE ON {{t}} WHEN OLD.{{k}} != NEW.{{k}} AND {_FULL} BEGIN {_DROP} {_PUT} END",
    "update4": (
        f"AFTER UPDATE ON {{t}} WHEN OLD.{{k}} != NEW.{{k}} AND {_VOID} BEGIN DELETE FROM {{r}} WHERE id IN (OLD.{{k}}, NEW.{{k}}); END"
    ),
    "delete": f"AFTER DELETE ON {{t}} WHEN OLD.{{g}} NOT NULL BEGIN {_DROP} END",
}


def register(connection: Connection, table: Table) -> None:
    """Make a new table known to whoever opens the file, with a spatial index where it has geometry, empty until `fill` or `follow`."""
    spatial = bool(table.geometry)
    connection.execute(
        text("INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (:name, :kind, :name, :srs)"),
        {"name": table.name, "kind": "features" if spatial else "attributes", "srs": table.srs_id if spatial else None},
    )
    if not spatial:
        return
    connection.execute(
        text("INSERT INTO gpkg_geometry_columns VALUES (:name, :geometry, :kind, :srs, 0, 0)"),
        {"name": table.name, "geometry": table.geometry, "kind": table.kind.upper(), "srs": table.srs_id},
    )
    connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
            "definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
        )
    )
    connection.execute(
        text(
            "INSERT INTO gpkg_extensions VALUES (:name, :geometry, 'gpkg_rtree_index', "
            "'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')"
        ),
        {"name": table.name, "geometry": table.geometry},
    )
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {quoted(_index(table))} USING rtree(id, minx, maxx, miny, maxy)")


def fill(connection: Connection, table: Table, numbers: list[int], shapes: list[bytes | None]) -> np.ndarray:
    """Put rows into the spatial index at once, by their numbers and WKB; return their bounds: west, south, east, north, NaN for none."""
    boxes: np.ndarray = shapely.bounds(shapely.from_wkb(np.array(shapes, dtype=object)))
    placed = ~np.isnan(boxes[:, 0])
    rows = zip(np.array(numbers)[placed].tolist(), *boxes[placed][:, [0, 2, 1, 3]].T.tolist(), strict=True)
    connection.connection.cursor().executemany(f"INSERT INTO {quoted(_index(table))} VALUES (?, ?, ?, ?, ?)", list(rows))
    return shapely.total_bounds(shapely.box(*boxes[placed].T)) if placed.any() else np.full(4, np.nan)


def state_extent(connection: Connection, name: str, bounds: list[np.ndarray]) -> None:
    """State how far a table reaches, by the bounds of its parts."""
    known = np.array(bounds)[~np.isnan(np.array(bounds)[:, 0])]
    if not len(known):
        return
    extent = dict(zip(("west", "south", "east", "north"), [*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0)], strict=True))
    connection.execute(
        text("UPDATE gpkg_contents SET min_x = :west, min_y = :south, max_x = :east, max_y = :north WHERE table_name = :name"),
        {"name": name} | {side: float(value) for side, value in extent.items()},
    )


def _index(table: Table) -> str:
    return f"rtree_{table.name}_{table.geometry}"


def follow(connection: Connection, table: Table) -> None:
    """Let triggers keep the spatial index from now on."""
    if not table.geometry:
        return
    index = _index(table)
    names = {"t": quoted(table.name), "g": quoted(table.geometry), "k": quoted(table.key), "r": quoted(index)}
    for label, body in _TRIGGERS.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {quoted(f'{index}_{label}')} {body.format(**names)}")


def widen(connection: Connection, table: Table) -> None:
    """Let a table of polygons hold multipolygons too.

    SQLite has no statement that changes the declared type of a column; its text may be changed where what is on the disk stays as it is.
    Source: SQLite, "ALTER TABLE", section 8.
    """
    asked = text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    declared = str(connection.execute(asked, {"name": table.name}).scalar_one())
    column = re.escape(table.geometry)
    wider, found = re.subn(rf'((?:"{column}"|\b{column})\s+)POLYGON\b', r"\g<1>GEOMETRY", declared, count=1, flags=re.IGNORECASE)
    version = int(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        change = text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name")
        connection.execute(change, {"sql": wider, "name": table.name})
        connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")  # whoever has the file open reads it anew
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if found:
        state = text("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY' WHERE table_name = :name")
        connection.execute(state, {"name": table.name})


def srs_id(connection: Connection, crs: CRS, epsg: int | None) -> int:
    """Return the number under which the file keeps a coordinate reference system; it is made known where it is not."""
    definition = crs.to_wkt("WKT1_GDAL") or crs.to_wkt()
    if epsg is not None:
        asked = "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE upper(organization) = 'EPSG' AND organization_coordsys_id = :code"
        known = connection.execute(text(asked), {"code": epsg}).scalar()
    else:
        known = connection.execute(
            text("SELECT srs_id FROM gpkg_spatial_ref_sys WHERE definition = :definition"), {"definition": definition}
        ).scalar()
    if known is not None:
        return int(known)
    most = int(connection.execute(text("SELECT max(max(srs_id), 100000) FROM gpkg_spatial_ref_sys")).scalar_one())
    number = epsg if epsg is not None else most + 1
    connection.execute(
        text(
            "INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition) "
            "VALUES (:label, :number, :authority, :number, :definition)"
        ),
        {"label": crs.name, "number": number, "authority": "EPSG" if epsg is not None else "NONE", "definition": definition},
    )
    return number
