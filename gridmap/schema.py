"""Column contracts of every table, and checks that raise one clear error."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
from pyarrow import compute

from gridmap.errors import CRSError, SchemaError

POINT = frozenset({"Point"})
LINE = frozenset({"LineString", "MultiLineString"})
POLYGON = frozenset({"Polygon", "MultiPolygon"})


@dataclass(frozen=True)
class Table:
    """One table's contract: its index, the columns it must have, those it may have, and its geometry types (none: it needs no geometry)."""

    index: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    geometry: frozenset[str] = frozenset()


TABLES: dict[str, Table] = {
    "grids": Table(
        "grid_code",
        ("name", "level", "kind", "parent"),
        ("households", "residents", "buildings", "band_low", "band_high", "valid_from", "valid_to"),
        POLYGON,
    ),
    "units": Table(
        "unit_id",
        ("households",),
        ("residents", "buildings", "compound", "load_min", "grid_code", "band_low", "band_high"),
        POLYGON,
    ),
    "buildings": Table(
        "building_id",
        ("households", "residents"),
        ("use", "compound", "address", "floors", "count_basis", "counted_on"),
        POLYGON,
    ),
    "streets": Table("street_id", ("name", "class"), (), LINE),
    "gazetteer": Table("address_id", ("road", "number", "compound", "building", "unit", "alias"), ("region",), POINT),
    "events": Table(
        "event_id",
        ("category", "reported_at"),
        (
            "address", "area", "source", "source_no", "subcategory", "channel", "severity", "text", "photo_url",
            "department", "due_at", "accepted_at", "closed_at", "resolved", "satisfaction", "status",
        ),
        POINT,
    ),
    "boundary": Table("name", (), ("kind",), POLYGON),
    "compounds": Table("name", (), ("kind",), POLYGON),
    "staff": Table("post_id", ("grid_code", "role"), ("holder",)),
    "themes": Table("record_id", ("theme", "kind", "count"), ("building_id", "counted_on", "basis")),
    "retired": Table("grid_code", ("name", "level", "kind")),
    "zones": Table("grid_code", ("zone", "risk")),
}  # fmt: skip

KINDS = ("base", "dedicated")
ROLES = ("chief", "worker", "instructor", "police", "manager", "assistant", "dedicated")
# 房屋, 住户, 人口, 特殊群体, 管理对象, 企事业单位, 事件, 服务, 党建, 防控
THEMES = ("housing", "households", "population", "special_groups", "managed", "organisations", "events", "services", "party", "security")


class Placed(Protocol):
    """A frame, a Series or an array of geometries."""

    @property
    def crs(self) -> pyproj.CRS | None:
        """Their CRS."""


def require_frame(frame: object, what: str, *, geometry: frozenset[str]) -> None:
    """Raise unless `frame` is a GeoDataFrame with a CRS whose geometries are of the given types and finite.

    Missing and empty geometries pass: whether a row needs one is the caller's rule.

    Raises
    ------
    SchemaError
        If it is no GeoDataFrame with a geometry column, holds another geometry type, or an infinite coordinate.
    CRSError
        If it has no CRS.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SchemaError("not_a_frame", what=what, given=type(frame).__name__)
    if frame.active_geometry_name is None:
        raise SchemaError("no_geometry", what=what, given=", ".join(map(str, frame.columns)))
    column = geometries(frame)
    require_crs(column, what)
    drawn = np.asarray(column)
    bounds = np.isfinite(shapely.bounds(drawn))  # neither missing nor empty ones have any
    if bounds.all() and _are_of(drawn, geometry):
        return
    types = frame.geom_type
    wrong = types.notna() & ~types.isin(list(geometry)) & ~frame.geometry.is_empty
    if wrong.any():
        expected = "/".join(sorted(geometry))
        given = ", ".join(sorted(types[wrong].unique()))
        raise SchemaError("mixed_geometry", what=what, expected=expected, given=given, rows=frame.index[wrong])
    infinite = ~bounds.all(axis=1) & ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    if infinite.any():
        raise SchemaError("not_finite", what=what, rows=frame.index[infinite])


def geometries(frame: gpd.GeoDataFrame) -> gpd.array.GeometryArray:
    """Return the geometries of a frame that has some, and their CRS; `frame.geometry` and `frame.crs` make a GeoSeries each time."""
    return frame[frame.active_geometry_name].array


def _are_of(drawn: np.ndarray, geometry: frozenset[str]) -> bool:
    """Tell whether all geometries, of which none is missing, are of the given types."""
    return bool(_marks(geometry)[shapely.get_type_id(drawn)].all())


@cache
def _marks(geometry: frozenset[str]) -> np.ndarray:
    """Mark the numbers that shapely has for some geometry types."""
    wanted = np.zeros(len(shapely.GeometryType), dtype=bool)
    wanted[[shapely.GeometryType[name.upper()] for name in geometry]] = True
    return wanted


def require_crs(frame: Placed, what: str) -> None:
    """Raise CRSError if `frame` has no CRS."""
    if frame.crs is None:
        raise CRSError("no_crs", what=what)


def require_same_crs(left: Placed, right: Placed, what: str) -> None:
    """Raise CRSError unless both have one and the same CRS (axis order aside)."""
    one, other = left.crs, right.crs  # each look takes as long as finding some points
    if one is None or other is None:
        raise CRSError("no_crs", what=what)
    if one is not other and not one.equals(other, ignore_axis_order=True):
        raise CRSError("different_crs", what=what, given=f"{one.to_string()} / {other.to_string()}")


def require_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise SchemaError if `frame` lacks one of `columns`."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise SchemaError("missing_columns", what=what, columns=", ".join(map(str, missing)), given=", ".join(map(str, frame.columns)))


def require_index(index: pd.Index, what: str) -> None:
    """Raise SchemaError if an identifier is missing or stands twice, or if they cannot be put in order."""
    require_orderable(index, what)
    if index.hasnans:
        raise SchemaError("missing_index", what=what, rows=np.flatnonzero(index.isna()))
    if not _is_unique(index):
        raise SchemaError("duplicate_index", what=what, rows=index[index.duplicated()].unique())


def require_orderable(index: pd.Index, what: str) -> None:
    """Raise SchemaError if identifiers are made of several columns, or texts and whole numbers stand mixed."""
    if index.nlevels > 1 or index.inferred_type == "mixed-integer":
        raise SchemaError("identifier_type", what=what, given=", ".join(repr(label) for label in index[:5]))


def code_order(index: pd.Index) -> np.ndarray:
    """Return the positions of identifiers in ascending order; of a categorical index by value, not by the order of its categories."""
    texts = _texts(index)
    if texts is None:
        return np.argsort(index.to_numpy(dtype=object), kind="stable")
    return compute.array_sort_indices(texts).to_numpy().astype(np.int64)  # stable; as UTF-8 sorts, so do the texts in Python


def _is_unique(index: pd.Index) -> bool:
    """Tell whether no identifier stands twice."""
    texts = _texts(index)
    return index.is_unique if texts is None else len(compute.unique(texts)) == len(texts)


def _texts(index: pd.Index) -> pa.Array | None:
    """Return identifiers as Arrow keeps them, None unless they are texts and all present; pandas would make an object of each."""
    if not isinstance(index.dtype, pd.StringDtype) or index.dtype.storage != "pyarrow" or index.hasnans:
        return None
    kept = pa.array(index.array)
    return kept.combine_chunks() if isinstance(kept, pa.ChunkedArray) else kept


def require_table(frame: object, table: str) -> None:
    """Raise unless `frame` keeps the contract of `TABLES[table]`: geometry and CRS where it has any, columns, unique index."""
    contract = TABLES[table]
    if contract.geometry:
        require_frame(frame, table, geometry=contract.geometry)
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError("not_a_table", what=table, given=type(frame).__name__)
    require_columns(frame, contract.required, table)
    if not frame.columns.is_unique:
        doubled = frame.columns[frame.columns.duplicated()].intersection([*contract.required, *contract.optional])
        if len(doubled):
            raise SchemaError("doubled_columns", what=table, columns=", ".join(doubled))
    require_index(frame.index, table)


def require_kinds(grids: pd.DataFrame, what: str = "grids") -> None:
    """Raise SchemaError if a grid's `kind` is neither base nor dedicated: it would be passed over in silence."""
    of_kind(grids, "base", what)


def of_kind(grids: pd.DataFrame, kind: str, what: str = "grids") -> np.ndarray:
    """Mark the grids of a kind; raises as `require_kinds`."""
    number, kinds = grids["kind"].array.factorize()  # one look at each value where comparisons need two; -1 for a missing one
    unknown = np.array([each not in KINDS for each in kinds] + [True])[number]
    if unknown.any():
        given = ", ".join(map(str, grids.loc[unknown, "kind"].unique()[:5]))
        raise SchemaError("unknown_kind", what=what, given=given, rows=grids.index[unknown])
    return np.array([each == kind for each in kinds] + [False])[number]


def require_one_tier(grids: gpd.GeoDataFrame, what: str = "grids") -> None:
    """Raise SchemaError unless all rows are base grids of one level; a frame without `kind` and `level` (units, bare polygons) passes."""
    if not {"kind", "level"} <= set(grids.columns):
        return
    require_kinds(grids, what)
    tiers = grids.loc[:, ["kind", "level"]].drop_duplicates()
    if len(tiers) > 1 or (tiers["kind"] == "dedicated").any():
        given = ", ".join(f"{kind} {level}" for kind, level in tiers.itertuples(index=False))
        raise SchemaError("mixed_levels", what=what, given=given)


def require_coded(values: pd.Series, known: Iterable[str], what: str) -> None:
    """Raise SchemaError unless every value is one of the codes that the contract has for it."""
    codes = list(known)
    wrong = ~values.isin(codes)
    if wrong.any():
        given = ", ".join(map(str, values[wrong].unique()[:5]))
        raise SchemaError("unknown_code", what=what, column=values.name, known=", ".join(codes), given=given, rows=values.index[wrong])


def require_defined(frame: gpd.GeoDataFrame, what: str) -> None:
    """Raise SchemaError if one coordinate of a geometry is undefined: the bounds, at which `require_frame` looks, do not show it."""
    xy, row = shapely.get_coordinates(np.asarray(geometries(frame)), return_index=True)
    undefined = np.unique(row[~np.isfinite(xy).all(axis=1)])
    if len(undefined):
        raise SchemaError("not_finite", what=what, rows=frame.index[undefined])
