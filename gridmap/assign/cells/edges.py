"""The borders of a layer: each edge once, with the grid on either side."""

import numpy as np
import shapely

from gridmap.assign.threads import spread

SMALLEST, LARGEST = 1e-100, 1e100  # of coordinates other than zero; as in compiled.orientation
PARTS = 2  # whatever the processors: the order of the edges follows from it
MANY = 1 << 15  # corners from which on threads pay
Edges = tuple[np.ndarray, np.ndarray]
NO_EDGES: Edges = (np.empty((0, 4)), np.empty((0, 2), dtype=np.int32))


def edges_of(polygons: np.ndarray, positions: np.ndarray) -> Edges | str:
    """Return the edges of grids and what lies on their two sides, or the reason why they cannot be told.

    Parameters
    ----------
    polygons
        Shape (n,). Missing and empty ones are passed over. Their rings are taken to be valid.
    positions
        Of each polygon in the sorted codes.

    Returns
    -------
    tuple
        Each edge once, from its lower to its upper end, shape (e, 4); the numbers of the grids left and right of it, that is their
        positions counted from 1, 0 for none, shape (e, 2).
    str
        "coordinates" if exact arithmetic would overflow or underflow, "overlap" if two grids claim one side of an edge.
    """
    from gridmap.assign.cells.compiled.pairing import CONFLICT, pair

    drawn = ~(shapely.is_missing(polygons) | shapely.is_empty(polygons))
    corners, start, outer, grid = _rings(polygons[drawn], positions[drawn])
    if not _is_plain(corners):
        return "coordinates"
    number, parts = (grid + 1).astype(np.int32), PARTS if len(corners) > MANY else 1
    edges, faces = np.empty((parts, len(corners), 4)), np.empty((parts, len(corners), 2), dtype=np.int32)
    counts = spread(lambda part, _: pair(corners, start, number, outer, edges[part], faces[part], part, parts), parts, most=1)
    if CONFLICT in counts:
        return "overlap"
    if parts == 1:
        return edges[0, : counts[0]], faces[0, : counts[0]]
    return _together(edges, counts), _together(faces, counts)


def _together(parts: np.ndarray, counts: list[int]) -> np.ndarray:
    """Return the first rows of each part, so many as `counts` says."""
    return np.concatenate([part[:count] for part, count in zip(parts, counts, strict=True)])


def _rings(polygons: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the corners of all rings, where each ring begins, whether it is an outer one, and its grid's position."""
    if (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON).all() and not shapely.get_num_interior_rings(polygons).any():
        rings, outer, grid = polygons, np.ones(len(polygons), dtype=bool), positions  # spares an object per ring
    else:
        parts, of_polygon = shapely.get_parts(polygons, return_index=True)
        rings, of_part = shapely.get_rings(parts, return_index=True)
        outer, grid = np.diff(of_part, prepend=-1) != 0, positions[of_polygon[of_part]]
    corners = shapely.get_coordinates(rings)
    corners += 0.0  # no negative zero
    return corners, np.append(0, np.cumsum(shapely.get_num_coordinates(rings))), outer, grid


def _is_plain(corners: np.ndarray) -> bool:
    """Tell whether exact arithmetic on the coordinates neither overflows nor underflows."""
    size = np.abs(corners)
    if not len(size) or (size.min() >= SMALLEST and size.max() <= LARGEST):
        return True
    return bool((size <= LARGEST).all() and ((size >= SMALLEST) | (size == 0.0)).all())
