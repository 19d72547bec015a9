"""Which lines run along borders."""

import numpy as np
import shapely

FOLLOW_M = 10.0  # half the width of a road of two lanes and its pavements
ALONG = np.cos(np.radians(30))  # a line that meets the border at a wider angle crosses it
STEP_M = 25.0  # a border is looked at in pieces no longer than this


def followed(ends: np.ndarray, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the line that runs along each stretch of a border.

    Parameters
    ----------
    ends
        Straight stretches, shape (m, 2, 2), metric CRS.
    lines
        Shape (k,), none missing.

    Returns
    -------
    tuple of ndarray
        Position of the stretch, position of the line, and the share of the stretch that the line runs along; nothing where there is none.

    Notes
    -----
    A stretch is looked at in the middle of pieces of at most `STEP_M`. The nearest line within `FOLLOW_M` that does not cross it counts, of
    those equally near to a millimetre the first.
    """
    way = ends[:, 1] - ends[:, 0]
    length = np.hypot(*way.T)
    count = np.maximum(np.ceil(length / STEP_M), 1).astype(int)
    stretch = np.repeat(np.arange(len(ends)), count)
    place = np.arange(len(stretch)) - np.repeat(np.cumsum(count) - count, count)
    middle = ends[stretch, 0] + way[stretch] * ((place + 0.5) / count[stretch])[:, None]
    begin, end, owner = _edges(lines)
    straight = shapely.linestrings(np.stack([begin, end], axis=1))
    points = shapely.points(middle)
    piece, edge = shapely.STRtree(straight).query(points, predicate="dwithin", distance=FOLLOW_M)
    course, border = (end - begin)[edge], way[stretch[piece]]
    cosine = np.abs((course * border).sum(axis=1)) / (np.hypot(*course.T) * np.maximum(length[stretch[piece]], np.finfo(float).tiny))
    piece, edge = piece[cosine >= ALONG], edge[cosine >= ALONG]
    away = np.round(shapely.distance(points[piece], straight[edge]), 3)
    order = np.lexsort((owner[edge], away, piece))
    nearest = order[np.unique(piece[order], return_index=True)[1]]
    piece = piece[nearest]
    return stretch[piece], owner[edge[nearest]], 1 / count[stretch[piece]]


def _edges(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return start and end of every edge that has a length, and the position of its line."""
    parts, line = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    begin = np.flatnonzero((part[1:] == part[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    return xy[begin], xy[begin + 1], line[part[begin]]
