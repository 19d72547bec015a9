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
        Streets, rivers, rails and walls with their `class`, in the CRS of `units`.

    Returns
    -------
    DataFrame
        A row per pair, ordered by code: `left`, `right` (`unit_id`, `left` the smaller), `length_m` (above 0), `kind` (class of
        the line that the border follows for the most of its length, NA where it follows none for half of it), `price` (what a metre of it
        inside a grid costs, in metres of border between grids; infinite would forbid it).

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
    found = _stretches(shapes, _ranks(units.index))
    length = np.hypot(*(found.ends[:, 1] - found.ends[:, 0]).T) * found.weight
    pairs, pair = np.unique(found.pair, return_inverse=True)
    codes = units.index[schema.code_order(units.index)]
    low, high = np.divmod(pairs, max(len(codes), 1))
    table = pd.DataFrame({"left": codes[low], "right": codes[high], "length_m": np.bincount(pair, length, len(pairs))})
    kind = pd.Series([pd.NA] * len(pairs), dtype="str") if lines is None else _kinds(lines, units, found.ends, pair, length)
    return table.assign(kind=kind, price=[0.0 if pd.isna(name) else _price(name) for name in kind])


@dataclass(frozen=True)
class _Stretches:
    """Straight stretches of borders: ends (m, 2, 2), pair as rank of left x n + rank of right, and the share of the length that counts."""

    ends: np.ndarray
    pair: np.ndarray
    weight: np.ndarray


def _shapes(units: gpd.GeoDataFrame) -> np.ndarray:
    schema.require_frame(units, "units", geometry=schema.POLYGON)
    schema.require_index(units.index, "units")
    absent = (units.geometry.isna() | units.geometry.is_empty).to_numpy()
    if absent.any():
        raise SchemaError("undrawn", what="units", rows=units.index[absent])
    return shapely.force_2d(crs.to_metric(units).geometry.to_numpy()) if len(units) else np.empty(0, dtype=object)


def _require_lines(lines: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> None:
    schema.require_frame(lines, "lines", geometry=schema.LINE)
    schema.require_columns(lines, ("class",), "lines")
    schema.require_same_crs(units, lines, "lines")


def _ranks(index: pd.Index) -> np.ndarray:
    rank = np.empty(len(index), dtype=int)
    rank[schema.code_order(index)] = np.arange(len(index))
    return rank


def _stretches(shapes: np.ndarray, rank: np.ndarray) -> _Stretches:
    every = borders.paired(shapes)

    def keys(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.minimum(rank[left], rank[right]) * len(rank) + np.maximum(rank[left], rank[right])

    alone = np.ones(len(every.owner), dtype=bool)
    alone[every.one] = alone[every.other] = False
    matched = keys(every.owner[every.one], every.owner[every.other])
    ends, left, right = _near(shapes, every.ends[alone], every.owner[alone])
    weight = np.concatenate([np.ones(len(matched)), np.full(len(left), 0.5)])
    return _Stretches(np.concatenate([every.ends[every.one], ends]), np.concatenate([matched, keys(left, right)]), weight)


def _near(shapes: np.ndarray, ends: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where edges that match no other run inside another polygon or within 1 m of it: ends, polygon, the other one."""
    owners, number = np.unique(owner, return_inverse=True)
    if not len(owners):
        return np.empty((0, 2, 2)), owners, owners
    rest = shapely.multilinestrings(shapely.linestrings(ends), indices=number)
    here = shapes[owners]
    broken = ~shapely.is_valid(here)
    here[broken] = shapely.make_valid(here[broken], method="structure", keep_collapsed=False)
    one, other = shapely.STRtree(here).query(rest, predicate="dwithin", distance=QUEEN_DISTANCE_M)
    one, other = one[one != other], other[one != other]
    wide = shapely.buffer(here, QUEEN_DISTANCE_M)
    along = shapely.intersection(rest[one], wide[other])
    length = shapely.length(along)
    both = np.minimum(one, other) * len(owners) + np.maximum(one, other)
    pair = np.unique(both, return_inverse=True)[1]
    kept = np.bincount(pair, length / 2)[pair] > CORNER_M
    parts, row = shapely.get_parts(along[kept], return_index=True)
    straight, part = shapely.get_coordinates(parts, return_index=True)
    begin = np.flatnonzero(part[1:] == part[:-1])
    row = row[part[begin]]
    return np.stack([straight[begin], straight[begin + 1]], axis=1), owners[one[kept][row]], owners[other[kept][row]]


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
    stretch, line, share = followed(ends, shapes)
    total = np.bincount(pair[stretch] * len(names) + number[line], share * length[stretch], count * len(names)).reshape(count, -1)
    follows = total.sum(axis=1) >= np.bincount(pair, length, count) / 2
    found[follows] = names[total.argmax(axis=1)[follows]]
    return found
