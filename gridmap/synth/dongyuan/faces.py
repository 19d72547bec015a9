"""Faces of the town plan on the ground: noded once, so that units, tiers, streets and the outline share every vertex."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridmap.synth.dongyuan import ground, layout


@dataclass(frozen=True)
class Faces:
    """The smallest pieces of the town.

    Attributes
    ----------
    table
        One row per face, numbered from the north-west: compound (NA elsewhere), part (0-based from the north, -1 elsewhere),
        quarter (key of `layout.QUARTERS`), place (name of the place that fills it, NA elsewhere), polygon (EPSG:4548),
        plan (the same polygon on the plan).
    plan_arcs
        The noded lines on the plan.
    arcs
        The same lines on the ground.
    ground
        The map from the plan to EPSG:4548.
    """

    ground: ground.Ground
    table: pd.DataFrame
    plan_arcs: np.ndarray
    arcs: np.ndarray


def make(seed: int) -> Faces:
    """Return the faces of the plan on the ground of a seed."""
    plan_arcs = shapely.get_parts(shapely.union_all(_lines(shapely.Polygon(layout.OUTLINE)), grid_size=1e-6))
    pieces = shapely.get_parts(shapely.polygonize(plan_arcs))
    earth = ground.make(seed, shapely.coverage_union_all(pieces))
    arcs = earth.bend(plan_arcs)
    polygons = shapely.get_parts(shapely.polygonize(arcs))
    found = shapely.STRtree(polygons).query(earth.bend(shapely.point_on_surface(pieces)), predicate="intersects")
    order = np.empty(len(pieces), dtype=int)
    order[found[0]] = found[1]
    table = pd.DataFrame([_describe(piece) for piece in pieces])
    table["polygon"] = polygons[order]
    table["plan"] = pieces
    rank = _reading_order(shapely.centroid(pieces))
    return Faces(earth, table.iloc[rank].reset_index(drop=True), plan_arcs, arcs)


def outline(faces: Faces) -> shapely.Polygon:
    """Return the town's outline with every vertex of the faces along it."""
    return shapely.coverage_union_all(faces.table["polygon"].to_numpy())


def _lines(outline: shapely.Polygon) -> list[shapely.Geometry]:
    roads = [shapely.LineString(part) for road in layout.ROADS for part in road.parts]
    walls = [shapely.LineString(wall) for wall in layout.WALLS]
    cuts = [cut for compound in layout.COMPOUNDS for cut in _cuts(compound)]
    inside = shapely.intersection(np.array([*roads, *walls, *cuts], dtype=object), outline)
    lines = [part for part in shapely.get_parts(inside) if part.geom_type == "LineString"]
    return [*lines, outline.exterior]


def rows_of(compound: layout.Compound) -> list[layout.Box]:
    """Return the box of each row of buildings, from the north."""
    west, south, east, north = compound.box
    height = (north - south) / len(compound.rows)
    return [(west, north - (row + 1) * height, east, north - row * height) for row in range(len(compound.rows))]


def _cuts(compound: layout.Compound) -> list[shapely.LineString]:
    if len(compound.units) == 1:
        return []
    rows_per_unit = len(compound.rows) // len(compound.units)
    boxes = rows_of(compound)[rows_per_unit - 1 : -1 : rows_per_unit]
    return [shapely.LineString([(west, south), (east, south)]) for west, south, east, _ in boxes]


def _describe(piece: shapely.Polygon) -> dict[str, object]:
    centre = piece.point_on_surface()
    entry: dict[str, object] = {"compound": None, "part": -1, "place": None, "quarter": None}
    for compound in layout.COMPOUNDS:
        _, south, _, north = compound.box
        if shapely.box(*compound.box).contains(centre):
            share = (north - centre.y) / (north - south)
            entry |= {"compound": compound.name, "part": int(share * len(compound.units))}
    for place in layout.PLACES:
        if piece.contains(shapely.Point(place.inside)):
            entry["place"] = place.name
    for key, (_, box) in layout.QUARTERS.items():
        if shapely.box(*box).contains(centre):
            entry["quarter"] = key
    return entry


def _reading_order(centres: np.ndarray) -> np.ndarray:
    """Return positions from west to east in bands from north to south."""
    bands = -np.floor(shapely.get_y(centres) / 100.0)
    return np.lexsort((shapely.get_x(centres), bands))
