"""What runs along the borders of polygons, by side: streets, rivers, rails and walls, else the polygon or the void beyond."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely

from gridmap.plan.borders import Borders, cut, edges

GridsAt = Callable[[np.ndarray], np.ndarray]
LEAST_SHARE = 0.1  # of a side: what is shorter is left out, but for the longest
ALONG = np.cos(np.radians(30))  # a street that meets the border at a wider angle crosses it
BEYOND_M = 1.0  # outside the border where the neighbour is looked for
SIDES = ("east", "south", "west", "north")
LINE, GRID, VOID = 0, 1, 2


def along(
    shapes: np.ndarray, tier: np.ndarray, lines: np.ndarray, minor: np.ndarray, grids_at: GridsAt, *, tolerance_m: float
) -> pd.DataFrame:
    """List what runs along each side of each polygon.

    Parameters
    ----------
    shapes
        Polygons whose outer borders are described, shape (n,); metric CRS as all here.
    tier
        Column of `grids_at` in which the neighbours of each polygon stand, shape (n,).
    lines
        Shape (k,).
    minor
        Marks lines that others within the tolerance go before, nearer or not; shape (k,).
    grids_at
        Returns the position in `shapes` of the polygon of each tier at each place, -1 for none, shape (places, tiers); asked beyond the
        border where no line runs.
    tolerance_m
        Greatest distance of a line from the border that it runs along.

    Returns
    -------
    DataFrame
        A row per polygon, side and thing: `shape` (position), `side` (0 east, 1 south, 2 west, 3 north), `what` (`LINE`, `GRID`, `VOID`),
        `which` (position in `lines` or of the polygon beyond, -1 for the void), `length_m`, `x`, `y` (middle of its pieces).
    """
    borders = cut(shapes)
    which = _lines_at(borders, lines, minor, tolerance_m)[borders.piece]
    what = np.full(len(which), LINE)
    bare = np.flatnonzero(which < 0)
    beyond = _beyond(borders, bare, tier, grids_at)
    what[bare], which[bare] = np.where(beyond >= 0, GRID, VOID), beyond
    kept = np.delete(np.arange(len(which)), bare[beyond == borders.shape[bare]])  # across a narrow notch the polygon sees itself
    row, side = _sides(borders.shape[kept], borders.level[kept])
    row = kept[row]
    return _summed(borders, row, {"shape": borders.shape[row], "side": side, "what": what[row], "which": which[row]})


def main_ones(found: pd.DataFrame) -> pd.DataFrame:
    """Return what is long enough to be named, in order along each side: from north to south, and from west to east.

    Parameters
    ----------
    found
        Columns `shape`, `side`, `length_m`, `x`, `y`, and what tells things apart.
    """
    whole = found.groupby(["shape", "side"])["length_m"]
    kept = found[(found["length_m"] >= LEAST_SHARE * whole.transform("sum")) | (found["length_m"] == whole.transform("max"))]
    place = np.where(kept["side"] % 2 == 0, -kept["y"], kept["x"])
    return kept.assign(place=place).sort_values(["shape", "side", "place"], kind="stable").drop(columns="place")


def _summed(borders: Borders, passages: np.ndarray, keys: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return length and middle of the passages of each combination of keys, which are whole numbers from -1."""
    sizes = [key.max(initial=-1) + 2 for key in keys.values()]
    number, thing = pd.factorize(np.ravel_multi_index([key + 1 for key in keys.values()], sizes), sort=True)
    piece = borders.piece[passages]
    length = borders.length_m[piece]
    sums = [np.bincount(number, weights, len(thing)) for weights in (length, *borders.middle.take(piece, axis=0).T * length)]
    table = pd.DataFrame(dict(zip(keys, np.array(np.unravel_index(thing, sizes)) - 1, strict=True)))
    return table.assign(length_m=sums[0], x=sums[1] / sums[0], y=sums[2] / sums[0])


def _lines_at(borders: Borders, lines: np.ndarray, minor: np.ndarray, tolerance_m: float) -> np.ndarray:
    """Return the line that runs along each piece, the nearest one; -1 where there is none."""
    found = np.full(len(borders.middle), -1)
    begin, end, owner = edges(lines)
    if not len(owner) or not len(found):
        return found
    stretches = shapely.linestrings(np.stack([begin, end], axis=1))
    middles = shapely.points(borders.middle)
    piece, stretch = shapely.STRtree(stretches).query(middles, predicate="dwithin", distance=tolerance_m)
    course = (end - begin) / np.hypot(*(end - begin).T)[:, None]
    right = borders.right.take(piece, axis=0)
    beside = np.abs(course[stretch, 0] * right[:, 1] - course[stretch, 1] * right[:, 0]) >= ALONG
    piece, stretch = piece[beside], stretch[beside]
    away = np.round(shapely.distance(middles[piece], stretches[stretch]), 3)  # a millimetre is rounding: the first line wins then
    order = np.lexsort((owner[stretch], away, minor[owner[stretch]], piece))[::-1]
    found[piece[order]] = owner[stretch[order]]
    return found


def _beyond(borders: Borders, passages: np.ndarray, tier: np.ndarray, grids_at: GridsAt) -> np.ndarray:
    """Return the polygon of its tier beyond each passage, -1 for none; each side of a piece is asked once for all tiers."""
    flank = 2 * borders.piece[passages] + borders.turned[passages]
    asked = np.zeros(2 * len(borders.middle), dtype=bool)
    asked[flank] = True
    piece, left = np.divmod(np.flatnonzero(asked), 2)
    outward = np.where(left, -BEYOND_M, BEYOND_M)[:, None] * borders.right.take(piece, axis=0)
    found = grids_at(borders.middle.take(piece, axis=0) + outward)
    return found[asked.cumsum()[flank] - 1, tier[borders.shape[passages]]]


def _sides(shape: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and the side each looks to; for a polygon without a side, such as a triangle, its row that looks there most again."""
    right, up = np.round(level, 9).T  # rounding decides no corner of 45 degrees
    outward = np.array([right, -up, -right, up])
    rows, sides = [np.arange(len(shape))], [outward.argmax(axis=0)]
    seen = np.zeros((shape.max(initial=-1) + 1, len(SIDES)), dtype=bool)
    seen[shape, sides[0]] = True
    for side in range(len(SIDES)):
        lacking = np.flatnonzero(~seen[shape, side])
        best = lacking[np.lexsort((-outward[side, lacking], shape[lacking]))]
        rows.append(best[np.unique(shape[best], return_index=True)[1]])
        sides.append(np.full(len(rows[-1]), side))
    return np.concatenate(rows), np.concatenate(sides)
