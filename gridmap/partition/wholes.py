"""Faces that belong together, and the borders between what they make up."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap import borders
from gridmap.partition.narrow import Borders


@dataclass(frozen=True)
class Wholes:
    """What faces make up, k of them.

    Parameters
    ----------
    whole
        Number of the whole that each face is a part of, from 0.
    area, perimeter
        Shape (k,), square metres and metres.
    borders
        Between wholes.
    """

    whole: np.ndarray
    area: np.ndarray
    perimeter: np.ndarray
    borders: Borders


def of(faces: np.ndarray, part: np.ndarray) -> Wholes:
    """Put faces together that border on each other and are of one part; one of part -1 stays alone.

    Parameters
    ----------
    faces
        Polygons that share their corners, metric CRS.
    part
        Number of the part of each.
    """
    edges = borders.paired(faces)
    left, right = edges.owner[edges.one], edges.owner[edges.other]
    ends = edges.ends[edges.one]
    length, middle = np.hypot(*(ends[:, 1] - ends[:, 0]).T), ends.mean(axis=1)
    together = (part[left] == part[right]) & (part[left] >= 0)
    links = coo_array((np.ones(together.sum()), (left[together], right[together])), shape=(len(faces), len(faces)))
    count, whole = connected_components(links, directed=False)
    left, right = whole[left], whole[right]
    inner, apart = left == right, left != right
    perimeter = np.bincount(whole, shapely.length(faces), count) - np.bincount(left[inner], 2 * length[inner], count)
    area = np.bincount(whole, shapely.area(faces), count)
    return Wholes(whole, area, perimeter, Borders(left[apart], right[apart], length[apart], middle[apart]))
