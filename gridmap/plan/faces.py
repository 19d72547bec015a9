"""Polygons cut by lines, and corners that stand on both sides of every border."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry


def arrange(polygons: np.ndarray, line: BaseGeometry, *, snap: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut polygons of a valid coverage by lines.

    Parameters
    ----------
    polygons
        Shape (n,), a valid coverage.
    line
        Lines in the same CRS; ends that stick out beyond the polygons, or end within one, cut nothing.
    snap
        Corners of the line this near to a corner or border are moved onto it; length in the CRS.
    noise
        Distance within which a corner lies on a border; length in the CRS.

    Returns
    -------
    faces, owner : ndarray
        Shape (m,): single polygons, together a valid coverage, and the position in `polygons` of the one each is a part of.
    """
    line = _moved_onto(line, shapely.unary_union(shapely.boundary(polygons)), snap)
    corners = shapely.get_coordinates(line)
    outlines = [shapely.boundary(with_corners(polygon, corners, noise)) for polygon in polygons]
    drawn = shapely.unary_union([*outlines, line])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(drawn)))
    inner, owner = shapely.STRtree(polygons).query(shapely.point_on_surface(faces), predicate="within")
    return faces[inner], owner


def with_corners(polygon: BaseGeometry, corners: np.ndarray, tolerance: float) -> BaseGeometry:
    """Return a polygon with further corners where they lie on its border.

    Parameters
    ----------
    polygon
        Polygon or MultiPolygon.
    corners
        Shape (k, 2); those further than `tolerance` from the border, or corners already, change nothing.
    """
    if not len(corners):
        return polygon
    parts = []
    for part in shapely.get_parts(polygon):
        rings = [_inserted(shapely.get_coordinates(ring), corners, tolerance) for ring in shapely.get_rings(part)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return parts[0] if shapely.get_type_id(polygon) == shapely.GeometryType.POLYGON else shapely.MultiPolygon(parts)


def new_corners(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the corners of polygons that those before do not have; shape (k, 2)."""
    old = shapely.get_coordinates(before).view(np.complex128).ravel()
    new = shapely.get_coordinates(after).view(np.complex128).ravel()
    return np.setdiff1d(new, old).view(np.float64).reshape(-1, 2)


def parts_of(geometry: BaseGeometry) -> int:
    """Return the number of pieces."""
    return int(shapely.get_num_geometries(geometry))


def _moved_onto(line: BaseGeometry, borders: BaseGeometry, distance: float) -> BaseGeometry:
    """Return a line whose corners near a border lie on it, on a corner where one is near."""
    line = shapely.snap(line, borders, distance)

    def nearest(places: np.ndarray) -> np.ndarray:
        points = shapely.points(places)
        away = shapely.distance(points, borders)
        near = (away > 0) & (away <= distance)
        moved = places.copy()
        moved[near] = shapely.get_coordinates(shapely.shortest_line(borders, points[near]))[::2]
        return moved

    return shapely.transform(line, nearest)


def _inserted(ring: np.ndarray, corners: np.ndarray, tolerance: float) -> np.ndarray:
    """Return a closed ring with corners inserted into the edges that they lie on."""
    begin, step = ring[:-1], np.diff(ring, axis=0)
    box = np.concatenate([ring.min(axis=0) - tolerance, ring.max(axis=0) + tolerance])
    near = corners[((corners >= box[:2]) & (corners <= box[2:])).all(axis=1)]
    if not len(near):
        return ring
    offset = near[:, None] - begin
    square = np.maximum((step**2).sum(axis=1), np.finfo(float).tiny)
    along = np.clip((offset * step).sum(axis=2) / square, 0, 1)
    away = np.hypot(*np.moveaxis(offset - along[..., None] * step, 2, 0))
    edge = away.argmin(axis=1)
    row = np.arange(len(near))
    known = (near[:, None] == begin).all(axis=2).any(axis=1)
    taken = np.flatnonzero(~known & (away[row, edge] <= tolerance))
    order = taken[np.lexsort((along[taken, edge[taken]], edge[taken]))]
    return np.insert(ring, edge[order] + 1, near[order], axis=0)
