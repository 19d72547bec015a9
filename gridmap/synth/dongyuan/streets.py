"""Streets: every road, lane, river, rail and compound wall of the plan, with exactly the vertices of the units along it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synth.dongyuan import layout
from gridmap.synth.dongyuan.faces import Faces
from gridmap.synth.town import BUILD_CRS


def make(faces: Faces) -> gpd.GeoDataFrame:
    """Return the streets, index street_id; a road in several parts has one row per part, all of one name."""
    middles = shapely.line_interpolate_point(faces.plan_arcs, 0.5, normalized=True)
    rows = [(road.name, road.kind, _along(shapely.LineString(part), faces, middles), part) for road in layout.ROADS for part in road.parts]
    rows += [(_owner(wall), "wall", _along(shapely.LineString(wall), faces, middles), wall) for wall in layout.WALLS]
    lines = [_merged(arcs, shapely.LineString(part), faces) for _, _, arcs, part in rows]
    index = pd.Index([f"S{number:03d}" for number in range(1, len(rows) + 1)], name="street_id", dtype="str")
    columns = {"name": [row[0] for row in rows], "class": [row[1] for row in rows]}
    return gpd.GeoDataFrame(columns, index=index, geometry=lines, crs=BUILD_CRS)


def _along(line: shapely.LineString, faces: Faces, middles: np.ndarray) -> np.ndarray:
    on_line = shapely.distance(middles, line) < 1e-3
    return faces.arcs[on_line]


def _merged(arcs: np.ndarray, line: shapely.LineString, faces: Faces) -> shapely.Geometry:
    """Join a road's arcs, and what of it lies beyond the outline, in the direction in which the road is drawn."""
    beyond = shapely.get_parts(line.difference(shapely.Polygon(layout.OUTLINE)))
    outside = [faces.ground.bend(part) for part in beyond if part.length > 1.0]
    within = np.concatenate([arcs, np.array(outside, dtype=object)]) if line.length and _crosses(line) else arcs
    merged = shapely.line_merge(shapely.union_all(within))
    start = faces.ground.bend(shapely.Point(line.coords[0]))
    if merged.geom_type == "LineString" and shapely.Point(merged.coords[0]).distance(start) > shapely.Point(merged.coords[-1]).distance(
        start
    ):
        return merged.reverse()
    return merged


def _crosses(line: shapely.LineString) -> bool:
    """Tell whether the road leads out of the town by more than a lane's loose end."""
    west, _, east, _ = line.bounds
    return west < -100.0 or east > 2000.0


def _owner(wall: tuple[layout.Corner, ...]) -> str:
    middle = shapely.LineString(wall).interpolate(0.5, normalized=True)
    touching = [compound.name for compound in layout.COMPOUNDS if shapely.box(*compound.box).distance(middle) < 1.0]
    return touching[0] + "围墙"
