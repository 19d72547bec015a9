"""A snapshot of a project for analytics: a Parquet file for every table, written some rows at a time."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
import sqlalchemy as sa

from gridmap.errors import StoreError
from gridmap.files import vector
from gridmap.store import homes
from gridmap.store.address import Project
from gridmap.store.copies.transfer import Progress, filling
from gridmap.store.home.geopackage import GeoPackage
from gridmap.store.project import snapshot
from gridmap.store.tables import content, fingerprint, kinds
from gridmap.store.tables.content import Content
from gridmap.store.tables.own import AUDIT, PLANS, STEPS

GEOMETRY = "geometry"
OWN = (STEPS.name, PLANS.name, AUDIT.name)  # those of the store's own tables that analysts ask for


def snapshot_parquet(project: Project, folder: str | os.PathLike[str], *, on_progress: Progress | None = None) -> list[Path]:
    """Write every table of a project as it stands now to a Parquet file of its name, all of them or nothing; return their paths.

    Parameters
    ----------
    project
        Its file or URL.
    folder
        Files of the same names are replaced whole, others stay.
    on_progress
        Told how many tables are done.

    Raises
    ------
    FileError
        If nothing can be written there.
    StoreError
        If the project is missing, busy or unsound.

    Notes
    -----
    GeoParquet 1.0 where a table has geometry; moments in UTC. Rows pass through memory some at a time: ten million events take as much of
    it as twenty thousand.
    """
    home, where = homes.of(project), Path(folder)
    with filling(where) as private:
        if isinstance(home, GeoPackage):
            with snapshot(home.path) as copy, GeoPackage(copy).reading() as connection:
                _write(connection, private, on_progress, copy)
        else:
            with home.reading() as connection:
                _write(connection, private, on_progress, None)
        written = sorted(path.name for path in private.iterdir())
    if not written:
        raise StoreError("no_project", path=home.shown)
    return [where / name for name in written]


def _write(connection: sa.Connection, folder: Path, on_progress: Progress | None, copy: Path | None) -> None:
    tables = {name: each for name, each in content.tables(connection).items() if each.described is not None or name in OWN}
    for done, (name, each) in enumerate(tables.items()):
        if on_progress is not None:
            on_progress(done, len(tables))
        file = _File(folder / f"{name}.parquet", each)
        if copy is not None:
            vector.each_batch(copy, name, file.add_batch)
        else:
            for columns in content.read(connection, each):
                file.add(columns)
        file.close()
    if on_progress is not None:
        on_progress(len(tables), len(tables))


_TYPES = {
    fingerprint.WHOLE: pa.int64(),
    fingerprint.REAL: pa.float64(),
    fingerprint.MOMENT: pa.timestamp("ms", "UTC"),
    fingerprint.DAY: pa.date32(),
    fingerprint.TEXT: pa.string(),
}


class _File:
    """A Parquet file that grows."""

    def __init__(self, path: Path, each: Content) -> None:
        self._tz = each.tz
        key = each.described.key if each.described is not None else ""
        self._columns = {column.name: column for column in each.table.columns if column.name != key}
        self._places = [place for place, column in enumerate(each.table.columns) if column.name in self._columns]
        geometry = each.described.geometry if each.described is not None else ""
        names = {name: GEOMETRY if name == geometry and GEOMETRY not in self._columns else name for name in self._columns}
        described = {b"geo": json.dumps(_geo(names[geometry], each)).encode()} if geometry else None
        fields = [(names[name], _type(column.type)) for name, column in self._columns.items()]
        self._schema = pa.schema(fields, metadata=described)
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, columns: content.Columns) -> None:
        """Add rows, as columns in the shared form."""
        arrays = [_array(columns[place], field.type) for place, field in zip(self._places, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """Add rows that GDAL read."""
        arrays = [self._cast(batch.column(name), field.type) for name, field in zip(self._columns, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def _cast(self, values: pa.Array, kind: pa.DataType) -> pa.Array:
        if pa.types.is_timestamp(values.type) and values.type.tz is None:  # the project's own time
            values = pyarrow.compute.assume_timezone(values, self._tz, ambiguous="earliest", nonexistent="latest")
        return values.cast(kind)

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def _type(declared: sa.types.TypeEngine[Any]) -> pa.DataType:
    if isinstance(declared, sa.Boolean):
        return pa.bool_()
    if isinstance(declared, sa.LargeBinary | kinds.Geometry):
        return pa.binary()
    return _TYPES[fingerprint.kind_of(declared)]


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array([None if value is None else bool(value) for value in values] if pa.types.is_boolean(kind) else values, kind)


def _geo(name: str, each: Content) -> dict[str, Any]:
    """Return what GeoParquet says of the geometry. Source: GeoParquet 1.0.0, "File metadata"."""
    assert each.described is not None
    crs = None if each.described.crs is None else each.described.crs.to_json_dict()
    return {"version": "1.0.0", "primary_column": name, "columns": {name: {"encoding": "WKB", "geometry_types": [], "crs": crs}}}
