"""Units out of streets: the blocks that streets, rivers, rails and walls bound, with the households in each."""

import warnings
from numbers import Real

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, borders, crs, schema
from gridmap.errors import GridmapWarning, SchemaError
from gridmap.partition import narrow, wholes
from gridmap.partition.arrangement import LATTICE_M, faces
from gridmap.partition.dividing import divided
from gridmap.partition.ground import COUNTS, Ground, lots

BEYOND_M = 1.0  # a building so near the boundary counts as inside
ROW_M = 500.0  # units are numbered from west to east in rows of this height, from north to south


def blocks(
    streets: gpd.GeoDataFrame,
    *,
    boundary: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    band: tuple[int, int] = (300, 500),
    min_area_m2: float = 500.0,
) -> gpd.GeoDataFrame:
    """Cut a boundary into units: street blocks, compounds, and parts of either.

    Parameters
    ----------
    streets
        Lines that are borders: streets, rivers, rails, walls. They may cross without a node, end a few metres short of each other, stand
        twice or leave the boundary. Missing and empty ones are passed over. Two of their columns are looked at, if they are there: what
        ramps and motorways (`class`) enclose is an interchange, and lines in a tunnel (`tunnel`: yes, true, 1) of more than 100 m are no
        borders. A road on a bridge is one.
    boundary
        Polygons to be filled, in the CRS of `streets` as are all frames; in several parts, or with holes, as they are.
    compounds
        Polygons of compounds (小区), indexed by name. Each is kept whole: its wall is a border and streets inside are none. Where two
        overlap the place belongs to the smaller one.
    buildings
        Footprints or points with `households` and, if known, `residents`. Each counts where its representative point lies.
    band
        Fewest and most households of a grid. A compound or street block above it is cut between the rows of its buildings into parts
        within it where that can be done. It is no band of an area: units have no `band_low` and `band_high` of it.
    min_area_m2
        No unit is smaller, but for a part of the boundary that is smaller itself.

    Returns
    -------
    GeoDataFrame
        Units, index `unit_id`, numbered from west to east in rows from north to south: `households`, `residents` (where buildings have
        them), `buildings` (without buildings there is neither, and `households` is NA), `compound` (its name, or NA), `geometry`
        (polygons in the CRS of `streets`). A valid coverage of the boundary: neighbours share their corners,
        nothing is left out.

    Raises
    ------
    SchemaError
        If a geometry has another type or an undefined coordinate, a name stands twice, the boundary is empty, the band is none, a
        count is missing or negative, or the area is negative.
    CRSError
        If there is no CRS, or they differ.

    Warns
    -----
    GridmapWarning
        Where no street crosses the boundary, buildings lie outside of it and are not counted, or units are above the band that nothing
        parts: one building, or several that no line runs between.

    Notes
    -----
    Faces between two carriageways, islands of junctions and slivers go to the neighbour with the longest border along them
    (`gridmap.partition.narrow` has the thresholds). Dead ends split nothing. Blocks enclosed by another one stay units of their own; that
    one has a hole then. Corners lie on a lattice of 1 cm. Cost: one noding of all lines, one pass over the faces.
    """
    _require(streets, boundary, compounds, buildings, band, min_area_m2)
    ground = Ground.of(streets, boundary, compounds, buildings)
    if not len(ground.streets):
        warnings.warn(GridmapWarning("blocks_streets_apart"), stacklevel=2)
    shapes, of = shapely.get_parts(ground.compounds, return_index=True)
    walls = lots(shapes, ground, band)
    found = faces(ground.streets, shapely.boundary(walls.shapes), ground.boundary)
    if not len(found):  # the boundary is smaller than the lattice
        raise SchemaError("empty", what="boundary")
    lot = _smallest(walls.shapes, shapely.point_on_surface(found))
    group = _groups(found, np.append(walls.part, -1)[lot], ground, min_area_m2)
    compound = _named(np.append(of[walls.of], -1)[lot], shapely.area(found), group, min_area_m2)
    drawn, unit = divided(borders.together(found, group), compound >= 0, ground, band, min_area_m2)
    units = _numbered(drawn, compound[unit], ground)
    units = _counted(crs.transform(units, streets.crs), buildings)
    above = (units["households"] > band[1]).to_numpy(dtype=bool, na_value=False)
    if above.any():
        warnings.warn(GridmapWarning("blocks_above_band", rows=units.index[above], most=band[1]), stacklevel=2)
    return units[[*units.columns.drop("geometry"), "geometry"]]


def _require(
    streets: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame | None,
    buildings: gpd.GeoDataFrame | None,
    band: tuple[int, int],
    min_area_m2: float,
) -> None:
    frames = {"streets": (streets, schema.LINE), "boundary": (boundary, schema.POLYGON)}
    if compounds is not None:
        frames["compounds"] = (compounds, schema.POLYGON)
    if buildings is not None:
        frames["buildings"] = (buildings, schema.POLYGON | schema.POINT)
    for what, (frame, geometry) in frames.items():
        schema.require_frame(frame, what, geometry=geometry)
        schema.require_defined(frame, what)
        schema.require_same_crs(streets, frame, what)
    if (boundary.geometry.isna() | boundary.geometry.is_empty).all():
        raise SchemaError("empty", what="boundary")
    if compounds is not None:
        schema.require_index(compounds.index, "compounds")
    if buildings is not None:
        _require_counts(buildings)
    limits = [limit for limit in band if isinstance(limit, Real)]
    if len(limits) != 2 or len(band) != 2 or not 0 <= limits[0] <= limits[1] < np.inf or limits[1] == 0:
        raise SchemaError("blocks_band", given=band)
    if not 0 <= min_area_m2 < np.inf:
        raise SchemaError("limit_value", what="min_area_m2", given=min_area_m2)


def _require_counts(buildings: gpd.GeoDataFrame) -> None:
    schema.require_columns(buildings, ("households",), "buildings")
    schema.require_index(buildings.index, "buildings")
    for name in COUNTS:
        if name in buildings.columns:
            values = pd.to_numeric(buildings[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
            wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))
            if wrong.any():
                raise SchemaError("blocks_count", column=name, given=buildings[name][wrong].iloc[0], rows=buildings.index[wrong])


def _smallest(shapes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the position of the smallest of the polygons that each place lies in, -1 for none."""
    place, shape = shapely.STRtree(shapes).query(places, predicate="within") if len(shapes) else np.empty((2, 0), dtype=int)
    order = np.lexsort((-shape, -shapely.area(shapes)[shape]))
    result = np.full(len(places), -1)
    result[place[order]] = shape[order]
    return result


def _groups(found: np.ndarray, part: np.ndarray, ground: Ground, min_area_m2: float) -> np.ndarray:
    """Return for every face the number of its unit, from 0."""
    apart = wholes.of(found, part)
    whole, count = apart.whole, len(apart.area)
    along = _on(apart.borders.middle, ground.streets[ground.ramps])
    sides, length = np.concatenate([apart.borders.left, apart.borders.right]), np.tile(apart.borders.length * along, 2)
    joined = narrow.Faces(
        area=apart.area,
        perimeter=apart.perimeter,
        lived=np.bincount(whole, _lived(found, ground), count) > 0,
        whole=np.bincount(whole, part >= 0, count) > 0,
        ramps=np.bincount(sides, length, count) > apart.perimeter / 2,
    )
    return np.unique(narrow.owners(joined, apart.borders, min_area_m2=min_area_m2)[whole], return_inverse=True)[1]


def _lived(found: np.ndarray, ground: Ground) -> np.ndarray:
    homes = ground.buildings[ground.households > 0]
    face = shapely.STRtree(found).query(shapely.point_on_surface(homes), predicate="intersects")[1] if len(homes) else []
    return np.isin(np.arange(len(found)), face)


def _on(places: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Tell which places lie on a line, as far as the lattice moved them."""
    points = shapely.points(places)
    found = shapely.STRtree(lines).query(points, predicate="dwithin", distance=2 * LATTICE_M)[0] if len(lines) else []
    return np.isin(np.arange(len(places)), found)


def _named(compound: np.ndarray, area: np.ndarray, group: np.ndarray, least: float) -> np.ndarray:
    """Return the compound in each group, -1 for none: the largest one, as what is too small for a unit has joined another."""
    sums = pd.Series(area).groupby([group, compound]).sum()
    sums = sums[(sums >= least).to_numpy() & (sums.index.get_level_values(1) >= 0)].sort_values(kind="stable")
    result = np.full(group.max(initial=-1) + 1, -1)
    result[sums.index.get_level_values(0)] = sums.index.get_level_values(1)
    return result


def _numbered(shapes: np.ndarray, compound: np.ndarray, ground: Ground) -> gpd.GeoDataFrame:
    names = pd.Series(ground.names, dtype="str").reindex(compound)  # NA at -1
    x, y = shapely.get_coordinates(shapely.point_on_surface(shapes)).reshape(-1, 2).T
    order = np.lexsort((-y, x, -np.floor(y / ROW_M)))
    digits = max(len(str(len(shapes))), 3)
    index = pd.Index([f"U{number:0{digits}d}" for number in range(1, len(shapes) + 1)], name="unit_id", dtype="str")
    return gpd.GeoDataFrame({"compound": names.array[order]}, index=index, geometry=shapes[order], crs=ground.crs)


def _counted(units: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return units with the counts of their buildings before the other columns."""
    if buildings is None:
        return units.assign(households=pd.array([pd.NA] * len(units), dtype="Int64"))[["households", "compound", "geometry"]]
    placed = buildings[~(buildings.geometry.isna() | buildings.geometry.is_empty)]
    doors = placed.set_geometry(placed.representative_point())
    owner = assign.to_grids(doors, units.assign(level=1, kind="base"), max_distance_m=BEYOND_M)
    if owner.isna().any():
        warnings.warn(GridmapWarning("blocks_buildings_outside", rows=owner.index[owner.isna()]), stacklevel=3)
    names = [name for name in COUNTS if name in buildings.columns]
    counts = doors[names].astype("int64").assign(buildings=1).groupby(owner).sum()
    return units.join(counts.reindex(units.index, fill_value=0))[[*names, "buildings", "compound", "geometry"]]
