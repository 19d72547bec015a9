"""What a demo town is, the random stream of each theme, and the fingerprint of a frame."""

import hashlib
from dataclasses import dataclass, field
from typing import TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

BUILD_CRS = "EPSG:4548"  # CGCS2000, 3-degree zone of 117 E: towns are built in metres
DELIVERY_CRS = "EPSG:4490"  # CGCS2000 longitude and latitude: towns are delivered in degrees
Shape = TypeVar("Shape")
LATTICE_M = 0.01  # every delivered coordinate lies on this lattice in BUILD_CRS


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted and what a method is expected to find again; None where a town plants none.

    Attributes
    ----------
    plan
        Label of the truth plan's grid, indexed by unit_id.
    hotspots
        One row per planted hotspot: geometry (its centre), radius_m, category, start, end.
    points
        True point of every event, indexed by event_id (the years' events and the later ones), EPSG:4490.
    buildings
        building_id of every event at a building's door, NA elsewhere, indexed by event_id.
    areas
        Community as filed (`area`) of every level-3 grid, indexed by grid_code.
    links
        One row per broken link of `themes`, indexed by record_id: link, note (as `themes.chain` gives them), count.
    """

    plan: pd.Series | None = None
    hotspots: gpd.GeoDataFrame | None = None
    points: gpd.GeoSeries | None = None
    buildings: pd.Series | None = None
    areas: pd.Series | None = None
    links: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class Town:
    """A synthetic project: frames in EPSG:4490 as `gridmap.schema` describes them, None where a town has none.

    Attributes
    ----------
    name
        Short name of the town, as in `gridmap demo --town`.
    title
        Chinese and English title; both say that the data are synthetic.
    staff
        Posts by post_id, without geometry; held by numbers, never by names.
    themes
        Theme records by record_id, each by building or at a point; counts, never names.
    later
        The events of the 30 days after `now`, outside the year of `events`.
    now
        The moment at which the town stands still.
    """

    name: str
    title: tuple[str, str]
    now: pd.Timestamp
    boundary: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    events: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    gazetteer: gpd.GeoDataFrame | None = None
    later: gpd.GeoDataFrame | None = None
    staff: pd.DataFrame | None = None
    themes: gpd.GeoDataFrame | None = None
    truth: Truth = field(default_factory=Truth)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the town's frames by table name, those it has, `later` among them."""
        names = ("boundary", "compounds", "grids", "units", "buildings", "streets", "gazetteer", "events", "later", "staff", "themes")
        found = {name: getattr(self, name) for name in names}
        return {name: frame for name, frame in found.items() if frame is not None}


def stream(seed: int, theme: str) -> np.random.Generator:
    """Return the random stream of one theme: a theme added later changes no other."""
    digest = hashlib.sha256(f"{seed}/{theme}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def snap(geometry: Shape, *, cell_m: float = LATTICE_M) -> Shape:
    """Move coordinates to the nearest corner of a lattice.

    Parameters
    ----------
    geometry
        A geometry, an array of geometries or a float array of coordinates, in metres.
    cell_m
        Width of the lattice.

    Returns
    -------
    Shape
        The same kind of thing. Shared corners stay shared, so a valid coverage stays one where no segment is shorter than a cell.
    """

    def rounded(coordinates: np.ndarray) -> np.ndarray:
        per_metre = round(1 / cell_m)
        return np.round(coordinates * per_metre) / per_metre

    plain = isinstance(geometry, np.ndarray) and geometry.dtype.kind == "f"
    return cast(Shape, rounded(np.asarray(geometry)) if plain else shapely.transform(geometry, rounded))


def faces(lines: np.ndarray, *, cell_m: float = LATTICE_M) -> np.ndarray:
    """Cut the plane along lines: the closed faces between them, a valid coverage with every crossing noded on the lattice.

    Parameters
    ----------
    lines
        LineStrings in metres; dangling ends are legal and border no face.
    cell_m
        Width of the lattice on which crossings are placed.

    Returns
    -------
    numpy.ndarray
        Polygons, ordered by the south-west corner of their bounds, south first.
    """
    noded = shapely.union_all(np.asarray(lines, dtype=object), grid_size=cell_m)
    polygons = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), dtype=object)
    bounds = shapely.bounds(polygons)
    return polygons[np.lexsort((bounds[:, 0], bounds[:, 1]))]


def deliver(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame, built in EPSG:4548, in EPSG:4490 with its geometry column last."""
    projected = frame.set_crs(BUILD_CRS).to_crs(DELIVERY_CRS)
    columns = [name for name in projected.columns if name != "geometry"]
    return projected[[*columns, "geometry"]]


def canonical_hash(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a frame's content, whatever the order of its rows and columns and the platform.

    Parameters
    ----------
    frame
        A table or GeoDataFrame; geometries are brought to EPSG:4548 and rounded to 0.01 m, floats to six decimals, times to UTC seconds.

    Notes
    -----
    Rows are sorted by their label, columns by their name; rings are normalised, so that where a ring begins does not count.
    """
    lines = pd.Series(frame.index.astype(str), index=range(len(frame)))
    for name in sorted(map(str, frame.columns)):
        lines = lines + "\x1f" + name + "=" + pd.Series(_texts(frame[name]), index=lines.index, dtype=object)
    return hashlib.sha256("\x1e".join(sorted(lines)).encode()).hexdigest()


def _texts(column: pd.Series) -> list[str]:
    if isinstance(column, gpd.GeoSeries):
        return _shapes(column)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S").fillna("").tolist()
    if pd.api.types.is_float_dtype(column.dtype):
        # adding zero turns -0.0 into 0.0, which reads the same and is written otherwise
        return [f"{value:.6f}" for value in np.round(column.to_numpy(dtype=float, na_value=np.nan), 6) + 0.0]
    return column.astype(object).where(column.notna(), "").astype(str).tolist()


def _shapes(column: gpd.GeoSeries) -> list[str]:
    metric = column.to_numpy() if column.crs is None else column.to_crs(BUILD_CRS).to_numpy()
    plain = shapely.normalize(shapely.transform(metric, lambda coordinates: np.round(coordinates, 2) + 0.0))
    return ["" if one is None else one for one in shapely.to_wkb(plain, hex=True, byte_order=1)]
