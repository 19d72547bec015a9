"""Lines between buildings that part ways: where the nearest building changes from one group to another."""

import numpy as np
import shapely
from scipy.spatial import Voronoi
from shapely.geometry.base import BaseGeometry

SHRINK_M = 0.4  # houses in a row share a wall: the line runs between their cores
STEP_M = 0.5  # between the points that stand for a wall
SMOOTH_M = 0.5  # a corner of a line nearer to its neighbours' chord is left out
FAR = 8  # points around all, so that every line between buildings has two ends


def lines_between(footprints: np.ndarray, groups: np.ndarray) -> BaseGeometry:
    """Return where the nearest building changes its group.

    Parameters
    ----------
    footprints
        Valid polygons in a metric CRS, shape (n,).
    groups
        Whole numbers from 0, shape (n,).

    Returns
    -------
    LineString or MultiLineString
        In the same CRS; they run far beyond the buildings. Empty where there is one group.

    Notes
    -----
    The Voronoi diagram of points along the walls, `STEP_M` apart, as in Fleischmann et al. (2020), Morphological tessellation.
    Corners are left out up to `SMOOTH_M` unless a line would then cut a building.
    """
    if len(np.unique(groups)) < 2:
        return shapely.MultiLineString()
    cores = shapely.buffer(footprints, -SHRINK_M, join_style="mitre")
    cores = np.where(shapely.is_empty(cores), footprints, cores)
    places, owner = shapely.get_coordinates(shapely.segmentize(shapely.boundary(cores), STEP_M), return_index=True)
    middle = places.mean(axis=0)
    angle = 2 * np.pi * np.arange(FAR) / FAR
    around = 10 * (np.abs(places - middle).max() + 1) * np.column_stack([np.cos(angle), np.sin(angle)])
    diagram = Voronoi(np.concatenate([places - middle, around]))
    group = np.concatenate([groups[owner], np.full(FAR, -1)])[diagram.ridge_points]
    ends = np.array(diagram.ridge_vertices)
    between = (group[:, 0] != group[:, 1]) & (group >= 0).all(axis=1) & (ends >= 0).all(axis=1)
    lines = shapely.line_merge(shapely.multilinestrings(diagram.vertices[ends[between]] + middle))
    smooth = shapely.simplify(lines, SMOOTH_M)
    return lines if shapely.intersects(smooth, cores).any() else smooth
