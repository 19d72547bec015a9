"""What runs along the borders of polygons, by side: streets, rivers, rails and walls, else the polygon or the void beyond."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely

GridAt = Callable[[np.ndarray], np.ndarray]
STEP_M = 10.0  # a border is looked at in pieces no longer than this
LEVEL_M = 15.0  # to either side of a piece over which its direction is taken, so that a notch turns no side
LEAST_SHARE = 0.1  # of a side: what is shorter is left out, but for the longest
ALONG = np.cos(np.radians(30))  # a street that meets the border at a wider angle crosses it
BEYOND_M = 1.0  # outside the border where the neighbour is looked for
SIDES = ("east", "south", "west", "north")
_TOWARDS = np.array([[1.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 1.0]])
LINE, GRID, VOID = 0, 1, 2


def along(
    shapes: np.ndarray, lines: np.ndarray, minor: np.ndarray, own: np.ndarray, grid_at: GridAt, *, tolerance_m: float
) -> pd.DataFrame:
    """List what runs along each side of each polygon.

    Parameters
    ----------
    shapes
        Polygons whose outer borders are described, shape (n,); metric CRS as all here.
    lines
        Shape (k,).
    minor
        Marks lines that others within the tolerance go before, nearer or not; shape (k,).
    own
        Position of each polygon among those that `grid_at` finds, -1 where it is none of them; shape (n,).
    grid_at
        Returns the position of the polygon at each place, -1 for none; asked beyond the border where no line runs.
    tolerance_m
        Greatest distance of a line from the border that it runs along.

    Returns
    -------
    DataFrame
        A row per polygon, side and thing: `shape` (position), `side` (0 east, 1 south, 2 west, 3 north), `what` (`LINE`, `GRID`, `VOID`),
        `which` (position in `lines` or of the polygon beyond, -1 for the void), `length_m`, `x`, `y` (middle of its pieces).
    """
    pieces = _pieces(shapes)
    line = _lines_at(pieces, lines, minor, tolerance_m)
    pieces = pieces.assign(what=LINE, which=line)
    bare = line < 0
    places = pieces.loc[bare, ["x", "y"]].to_numpy() + BEYOND_M * pieces.loc[bare, ["out_x", "out_y"]].to_numpy()
    beyond, mine = grid_at(places), own[pieces.loc[bare, "shape"]]
    pieces.loc[bare, "what"], pieces.loc[bare, "which"] = np.where(beyond >= 0, GRID, VOID), beyond
    within = np.flatnonzero(bare)[(beyond == mine) & (mine >= 0)]  # across a narrow notch the polygon sees itself
    pieces = pieces.drop(index=within).reset_index(drop=True)
    outward = pieces[["level_x", "level_y"]].to_numpy() @ _TOWARDS.T
    pieces["side"] = outward.argmax(axis=1)
    found = pd.concat([pieces, *_missing_sides(pieces, outward)])
    weighted = found.assign(x=found["x"] * found["length_m"], y=found["y"] * found["length_m"])
    sums = weighted.groupby(["shape", "side", "what", "which"], as_index=False)[["length_m", "x", "y"]].sum()
    return sums.assign(x=sums["x"] / sums["length_m"], y=sums["y"] / sums["length_m"])


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


def _pieces(shapes: np.ndarray) -> pd.DataFrame:
    """Cut outer borders into pieces: position of the polygon, middle, length, outward normal of the piece and of its surroundings."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings = shapely.segmentize(shapely.get_exterior_ring(shapely.orient_polygons(parts)), STEP_M)
    tables = [_ring(shapely.get_coordinates(ring), number) for ring, number in zip(rings, owner, strict=True) if not shapely.is_empty(ring)]
    columns = ["shape", "x", "y", "length_m", "out_x", "out_y", "level_x", "level_y"]
    table = np.concatenate(tables) if tables else np.empty((0, len(columns)))
    frame = pd.DataFrame(table, columns=columns).astype({"shape": int})
    return frame[frame["length_m"] > 0].reset_index(drop=True)


def _ring(ring: np.ndarray, number: int) -> np.ndarray:
    """Return the pieces of a ring that runs against the clock: the outside lies to the right."""
    step = np.diff(ring, axis=0)
    length = np.hypot(*step.T)
    end = np.concatenate([[0.0], length.cumsum()])
    total = end[-1]
    middle = (end[:-1] + end[1:]) / 2
    reach = min(LEVEL_M, total / 12)

    def at(distance: np.ndarray) -> np.ndarray:
        return np.column_stack([np.interp(distance % total, end, axis) for axis in ring.T])

    normals = [_outward(step), _outward(at(middle + reach) - at(middle - reach))]
    return np.column_stack([np.full(len(step), number), at(middle), length, *normals])


def _outward(step: np.ndarray) -> np.ndarray:
    """Return unit vectors to the right of steps."""
    return np.column_stack([step[:, 1], -step[:, 0]]) / np.maximum(np.hypot(*step.T), np.finfo(float).tiny)[:, None]


def _lines_at(pieces: pd.DataFrame, lines: np.ndarray, minor: np.ndarray, tolerance_m: float) -> np.ndarray:
    """Return the line that runs along each piece, the nearest one; -1 where there is none."""
    found = np.full(len(pieces), -1)
    begin, end, owner = _segments(lines)
    if not len(owner) or not len(pieces):
        return found
    stretches = shapely.linestrings(np.stack([begin, end], axis=1))
    middles = shapely.points(pieces[["x", "y"]].to_numpy())
    piece, segment = shapely.STRtree(stretches).query(middles, predicate="dwithin", distance=tolerance_m)
    course = (end - begin) / np.hypot(*(end - begin).T)[:, None]
    out = pieces[["out_x", "out_y"]].to_numpy()[piece]
    beside = np.abs(course[segment, 0] * out[:, 1] - course[segment, 1] * out[:, 0]) >= ALONG
    piece, segment = piece[beside], segment[beside]
    away = np.round(shapely.distance(middles[piece], stretches[segment]), 3)  # a millimetre is rounding: the first line wins then
    order = np.lexsort((owner[segment], away, minor[owner[segment]], piece))[::-1]
    found[piece[order]] = owner[segment[order]]
    return found


def _segments(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return begin and end of every straight stretch, and the position of its line."""
    parts, line = shapely.get_parts(lines, return_index=True)
    places, part = shapely.get_coordinates(parts, return_index=True)
    same = (part[1:] == part[:-1]) & (places[1:] != places[:-1]).any(axis=1)
    return places[:-1][same], places[1:][same], line[part[:-1][same]]


def _missing_sides(pieces: pd.DataFrame, outward: np.ndarray) -> list[pd.DataFrame]:
    """Return for polygons without a side, such as a triangle, the pieces that look there most."""
    more = []
    for side in range(len(SIDES)):
        seen = pieces["shape"][pieces["side"] == side]
        lacking = pieces["shape"].isin(set(pieces["shape"]) - set(seen)).to_numpy()
        if lacking.any():
            chosen = pd.Series(outward[lacking, side], index=pieces.index[lacking]).groupby(pieces["shape"]).idxmax()
            more.append(pieces.loc[chosen].assign(side=side))
    return more
