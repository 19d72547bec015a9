"""Street blocks with more households than a grid may have, cut between the rows of their buildings as compounds are."""

import numpy as np
import shapely

from gridmap import borders
from gridmap.partition import narrow, wholes
from gridmap.partition.arrangement import between
from gridmap.partition.ground import Ground, lots


def divided(
    units: np.ndarray, whole: np.ndarray, ground: Ground, band: tuple[int, int], min_area_m2: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cut units with more households than a band allows.

    Parameters
    ----------
    units
        Polygons that fill the ground and share their corners.
    whole
        Marks those that stay as they are.
    ground
        Has the buildings; each counts where a point inside of it lies.
    band
        Fewest and most households of a part.
    min_area_m2
        A smaller part joins the one of its unit along which it runs longest.

    Returns
    -------
    tuple of ndarray
        Polygons that fill the ground and share their corners, and the position in `units` of the one that each is or is a part of.

    Notes
    -----
    `rows.parts` says where cuts run. Borders are noded anew where there is a cut, so that neighbours get its corners.
    """
    looked_at = np.flatnonzero(~whole)
    cut = lots(units[looked_at], ground, band)
    if len(cut.shapes) == len(looked_at):
        return units, np.arange(len(units))
    pieces = np.concatenate([cut.shapes, units[whole]])
    part = np.concatenate([cut.part, cut.part.max() + 1 + np.arange(whole.sum())])
    origin = np.concatenate([looked_at[cut.of], np.flatnonzero(whole)])
    found = between(shapely.boundary(np.concatenate([units, pieces])), ground.boundary)
    piece = shapely.STRtree(pieces).query_nearest(shapely.point_on_surface(found), all_matches=False)[1]
    joined = _joined(found, part[piece], origin[piece], min_area_m2)
    first = np.unique(joined, return_index=True)[1]
    return borders.together(found, joined), origin[piece][first]


def _joined(found: np.ndarray, part: np.ndarray, origin: np.ndarray, min_area_m2: float) -> np.ndarray:
    """Return for every face the number of the part that it belongs to, from 0: what is too small joins a part of the same unit."""
    apart = wholes.of(found, part)
    count = len(apart.area)
    unit = np.empty(count, dtype=int)
    unit[apart.whole] = origin
    kin = unit[apart.borders.left] == unit[apart.borders.right]
    shared = narrow.Borders(*(each[kin] for each in (apart.borders.left, apart.borders.right, apart.borders.length, apart.borders.middle)))
    no = np.zeros(count, dtype=bool)
    blocks = narrow.Faces(area=apart.area, perimeter=apart.perimeter, lived=no, whole=~no, ramps=no)
    return np.unique(narrow.owners(blocks, shared, min_area_m2=min_area_m2)[apart.whole], return_inverse=True)[1]
