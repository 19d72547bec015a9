"""What units are cut from, in one metric CRS, and the compounds among it, those with too many households in parts."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap import crs
from gridmap.partition import rows
from gridmap.partition.arrangement import LATTICE_M
from gridmap.partition.homes import Homes
from gridmap.partition.tunnels import underground

COUNTS = ("households", "residents")
STRAIGHT_M = 500.0  # of an edge in degrees: over so much it leaves the straight line in metres by less than 1 cm


@dataclass(frozen=True)
class Ground:
    """Valid geometries, none missing or empty.

    Parameters
    ----------
    crs
        Metric; all are in it.
    streets
        Lines that reach the boundary's inside or border and are not underground, shape (n,).
    ramps
        Marks those that lead to and from other roads, and motorways; none where streets have no `class`.
    boundary
        Polygon or multipolygon.
    compounds, names
        Polygons or multipolygons, and their names.
    buildings, households
        Footprints or points, and whole numbers.
    """

    crs: CRS
    streets: np.ndarray
    ramps: np.ndarray
    boundary: shapely.Geometry
    compounds: np.ndarray
    names: np.ndarray
    buildings: np.ndarray
    households: np.ndarray

    @classmethod
    def of(
        cls,
        streets: gpd.GeoDataFrame,
        boundary: gpd.GeoDataFrame,
        compounds: gpd.GeoDataFrame | None,
        buildings: gpd.GeoDataFrame | None,
    ) -> "Ground":
        """Return the frames' geometries, valid and in the metric CRS of the boundary."""
        metric = crs.metric_crs(boundary)
        lots, homes = _drawn(compounds, boundary), _drawn(buildings, boundary)
        outline = boundary.geometry if metric == boundary.crs else _straightened(boundary.geometry, metric)
        whole = shapely.union_all(_valid(_measured(outline.dropna(), metric)), grid_size=LATTICE_M)
        shapely.prepare(whole)
        lines = crs.transform(streets.geometry, metric).to_numpy()
        inside = shapely.intersects(whole, lines)
        inside[inside] = ~underground(streets[inside], shapely.force_2d(lines[inside]))
        return cls(
            crs=metric,
            streets=shapely.force_2d(lines[inside]),
            ramps=_ramps(streets[inside]),
            boundary=whole,
            compounds=_valid(_measured(lots.geometry, metric)),
            names=lots.index.to_numpy(dtype=object),
            buildings=_valid(_measured(homes.geometry, metric)),
            households=homes["households"].to_numpy(dtype=int),
        )


@dataclass(frozen=True)
class Lots:
    """Polygons, and the pieces of those that were cut; shape (n,).

    Parameters
    ----------
    shapes
        Polygons.
    part
        Pieces of one number stay together.
    of
        Position of the polygon that each is or is a piece of.
    """

    shapes: np.ndarray
    part: np.ndarray
    of: np.ndarray


def lots(shapes: np.ndarray, ground: Ground, band: tuple[int, int]) -> Lots:
    """Return polygons, those with more households than `band` allows cut along the rows of their buildings."""
    doors = shapely.point_on_surface(ground.buildings)
    door, lot = shapely.STRtree(shapes).query(doors, predicate="within") if len(doors) else np.empty((2, 0), dtype=int)
    door, lot = door[np.argsort(lot, kind="stable")], np.sort(lot)
    small = np.bincount(lot, ground.households[door], len(shapes)) <= band[1]
    pieces, numbers, owners = [shapes[small]], [np.arange(small.sum())], [np.flatnonzero(small)]
    count = len(numbers[0])
    for large in np.flatnonzero(~small):
        inside = door[slice(*np.searchsorted(lot, [large, large + 1]))]
        cut, part = rows.parts(shapes[large], Homes.of(ground.buildings[inside], ground.households[inside]), band)
        pieces.append(cut)
        numbers.append(part + count)
        owners.append(np.full(len(cut), large))
        count += len(cut)
    return Lots(np.concatenate(pieces), np.concatenate(numbers), np.concatenate(owners))


def _drawn(frame: gpd.GeoDataFrame | None, boundary: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows with a geometry; of a frame that was not given none."""
    empty = gpd.GeoDataFrame({"households": pd.Series(dtype="int64")}, geometry=[], crs=boundary.crs)
    return empty if frame is None else frame[~(frame.geometry.isna() | frame.geometry.is_empty)]


def _ramps(streets: gpd.GeoDataFrame) -> np.ndarray:
    """Mark streets whose class ends in `_link`, and motorways."""
    if "class" not in streets.columns:
        return np.zeros(len(streets), dtype=bool)
    name = streets["class"].astype("str")
    return (name.str.endswith("_link") | (name == "motorway")).to_numpy(dtype=bool, na_value=False)


def _measured(geometries: gpd.GeoSeries, metric: CRS) -> np.ndarray:
    return shapely.force_2d(crs.transform(geometries, metric).to_numpy())


def _straightened(outlines: gpd.GeoSeries, metric: CRS) -> gpd.GeoSeries:
    """Return outlines with further corners along their edges: straight in degrees is not straight in metres."""
    in_metres, as_drawn = (shapely.length(each.to_numpy()).sum() for each in (crs.transform(outlines, metric), outlines))
    return outlines.segmentize(STRAIGHT_M * as_drawn / in_metres)


def _valid(shapes: np.ndarray) -> np.ndarray:
    broken = ~shapely.is_valid(shapes)
    made = shapes.copy()
    made[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return made
