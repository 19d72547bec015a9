"""Borders between units: how long each is, which line it follows, and what it costs to have both sides in one grid."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import borders, crs, schema
from gridmap.adjacency import QUEEN_DISTANCE_M
from gridmap.errors import SchemaError
from gridmap.partition.following import followed
from gridmap.partition.tunnels import underground

# What a metre of a border inside a grid costs, in metres of border between grids, by the class of the line along it: above 1 a border
# between grids would rather run there. A class that ends in `_link` counts as the road it leads to; other classes cost nothing. None is
# forbidden (infinite) of itself: a river that cuts off a corner would leave no plan.
PRICES = {
    "river": 4.0,
    "rail": 4.0,
    "motorway": 4.0,
    "trunk": 3.0,
    "primary": 2.0,
    "secondary": 1.0,
    "tertiary": 0.5,
    "wall": 0.5,
}
CORNER_M = 3.0  # where borders do not match: two polygons that meet in a corner run within 1 m of each other for so long


def edges(units: gpd.GeoDataFrame, *, lines: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """List the pairs of units that have a border in common.

    Parameters
    ----------
    units
        Polygons indexed by `unit_id`, shape (n,), any CRS. A valid coverage, or one with gaps and overlaps.
    lines
        Streets, rivers, rails and walls with their `class`, in the CRS of `units`; those that a column `tunnel` tells to be underground are
        passed over, as in `blocks`.

    Returns
    -------
    DataFrame
        A row per pair, ordered by code: `left`, `right` (`unit_id`, `left` the smaller), `length_m` (above 0), `kind` (class of
        the line that the border follows for the most of its length, NA where it follows none for half of it), `price` (what a metre of it
        inside a grid costs, in metres of border between grids; infinite would forbid it). Without `lines` there is no column `kind`:
        that is how a table of edges says whether lines were looked at.

    Raises
    ------
    SchemaError
        If an identifier stands twice, a geometry is missing, empty or not a polygon, or `lines` lack their `class`.
    CRSError
        If there is no CRS, or they differ.

    Notes
    -----
    Lengths in the metric CRS. Where units share their corners, as those of `blocks` do, a border is what they share, edge by edge. What
    is left over is measured between polygons within 1 m of each other, as `adjacency.queen` has it: the mean of how far the border of
    each runs inside the other or within 1 m of it, which is up to 3 m too long; 3 m or less is a corner and no border. The border follows
    a line that is within 10 m and turned by less than 30 degrees (of several the nearest one), looked at every 25 m. Prices stand in
    `PRICES`; write others, or infinity, over the column.
    """
    shapes = _shapes(units)
    if lines is not None:
        _require_lines(lines, units)
    order = schema.code_order(units.index)
    found = _stretches(shapes[order])
    length = np.hypot(*(found.ends[:, 1] - found.ends[:, 0]).T) * found.weight
    pairs, pair = np.unique(found.pair, return_inverse=True)
    codes = units.index[order]
    low, high = np.divmod(pairs, max(len(codes), 1))
    table = pd.DataFrame({"left": codes[low], "right": codes[high], "length_m": np.bincount(pair, length, len(pairs))})
    if lines is None:
        return table.assign(price=0.0)
    kind = _kinds(lines, units, found.ends, pair, length)
    return table.assign(kind=kind, price=[0.0 if pd.isna(name) else _price(name) for name in kind])


@dataclass(frozen=True)
class _Stretches:
    """Straight stretches of borders: ends (m, 2, 2), pair of polygons, and the share of the length that counts."""

    ends: np.ndarray
    pair: np.ndarray
    weight: np.ndarray


def _shapes(units: gpd.GeoDataFrame) -> np.ndarray:
    schema.require_frame(units, "units", geometry=schema.POLYGON)
    schema.require_defined(units, "units")
    schema.require_index(units.index, "units")
    absent = (units.geometry.isna() | units.geometry.is_empty).to_numpy()
    if absent.any():
        raise SchemaError("undrawn", what="units", rows=units.index[absent])
    return shapely.force_2d(crs.to_metric(units).geometry.to_numpy()) if len(units) else np.empty(0, dtype=object)


def _require_lines(lines: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> None:
    schema.require_frame(lines, "lines", geometry=schema.LINE)
    schema.require_defined(lines, "lines")
    schema.require_columns(lines, ("class",), "lines")
    schema.require_same_crs(units, lines, "lines")


def _stretches(shapes: np.ndarray) -> _Stretches:
    every = borders.paired(shapes)
    alone = np.ones(len(every.owner), dtype=bool)
    alone[every.one] = alone[every.other] = False
    pair = _pairs(every.owner[every.one], every.owner[every.other], len(shapes))
    ends, near = _near(shapes, every.ends[alone], every.owner[alone], pair)
    weight = np.concatenate([np.ones(len(pair)), np.full(len(near), 0.5)])
    return _Stretches(np.concatenate([every.ends[every.one], ends]), np.concatenate([pair, near]), weight)


def _pairs(one: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """Return a number for each pair of positions, whichever of them comes first."""
    return np.minimum(one, other) * count + np.maximum(one, other)


def _near(shapes: np.ndarray, ends: np.ndarray, owner: np.ndarray, matched: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where edges that match no other run inside another polygon or within 1 m of it, and that pair; `matched` ones share edges."""
    owners, number = np.unique(owner, return_inverse=True)
    if not len(owners):
        return np.empty((0, 2, 2)), owners
    rest = shapely.multilinestrings(shapely.linestrings(ends), indices=number)
    here = shapes[owners]
    broken = ~shapely.is_valid(here)
    here[broken] = shapely.make_valid(here[broken], method="structure", keep_collapsed=False)
    one, other = shapely.STRtree(here).query(rest, predicate="dwithin", distance=QUEEN_DISTANCE_M)
    one, other = one[one != other], other[one != other]
    along = shapely.intersection(rest[one], shapely.buffer(here, QUEEN_DISTANCE_M)[other])
    pairs, pair = np.unique(_pairs(owners[one], owners[other], len(shapes)), return_inverse=True)
    sides = np.bincount(2 * pair + (one < other), shapely.length(along), 2 * len(pairs)).reshape(-1, 2)
    # Where an edge is shared, the outer borders beside it may run near each other at an acute angle: on one side alone.
    is_border = (sides.mean(axis=1) > CORNER_M) & ((sides.min(axis=1) > CORNER_M) | ~np.isin(pairs, matched))
    parts, row = shapely.get_parts(along[is_border[pair]], return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    begin = np.flatnonzero(part[1:] == part[:-1])
    return np.stack([xy[begin], xy[begin + 1]], axis=1), pairs[pair[is_border[pair]][row[part[begin]]]]


def _price(name: str) -> float:
    return PRICES.get(name.removesuffix("_link"), 0.0)


def _kinds(lines: gpd.GeoDataFrame, units: gpd.GeoDataFrame, ends: np.ndarray, pair: np.ndarray, length: np.ndarray) -> pd.Series:
    """Return the class of the lines that run along each pair's border."""
    drawn = lines[~(lines.geometry.isna() | lines.geometry.is_empty | lines["class"].isna())]
    names = pd.Index(sorted(drawn["class"].astype("str").unique(), key=lambda name: (-_price(name), name)))  # of equal lengths the dearer
    number = names.get_indexer(drawn["class"].astype("str"))
    count = pair.max(initial=-1) + 1
    found = pd.Series([pd.NA] * count, dtype="str")
    if not len(drawn) or not count:
        return found
    shapes = shapely.force_2d(crs.transform(drawn.geometry, crs.metric_crs(units)).to_numpy())
    seen = ~underground(drawn, shapes)
    shapes, number = shapes[seen], number[seen]
    stretch, line, share = followed(ends, shapes)
    total = np.bincount(pair[stretch] * len(names) + number[line], share * length[stretch], count * len(names)).reshape(count, -1)
    follows = total.sum(axis=1) >= np.bincount(pair, length, count) / 2
    found[follows] = names[total.argmax(axis=1)[follows]]
    return found
