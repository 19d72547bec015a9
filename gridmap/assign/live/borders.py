"""The borders of grids that a planner is redrawing, so that what is drawn begins and ends where they do."""

from collections.abc import Iterable
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs
from gridmap.assign.live.likeness import require_limit, require_metres, require_places
from gridmap.assign.live.tree import Box, Tree, around, distances
from gridmap.errors import SchemaError
from gridmap.schema import LINE, POLYGON, require_frame, require_index, require_same_crs

RUN = 32  # edges in one entry of the tree: changing a grid costs some entries, not one per edge
# Columns of an edge: its two ends as in the grids, the lesser first, and the same in metres.
A, B, A_M, B_M = slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 8)


class Snapped(NamedTuple):
    """A place, moved or not; `what` is "corner", "border", or "free" where nothing was near enough."""

    x: float
    y: float
    what: str


class Borders:
    """Corners and edges of grids that change grid by grid.

    Parameters
    ----------
    grids
        Polygons indexed by `grid_code`, of one level or several. A row without a polygon has no border.

    Raises
    ------
    SchemaError
        If a grid code stands twice or a geometry is no polygon or not finite.
    CRSError
        If there is no CRS, or none in metres can be chosen.

    Notes
    -----
    Places are given and returned in the CRS of `grids`; distances are measured in the CRS that `crs.to_metric` chooses for them. A
    corner is returned exactly as it stands in the grids, so a border drawn to it meets it in one and the same place; a place on an edge
    is only as near to the edge as floating point allows, so give it to the neighbours as a corner, too.
    Cost: a question takes time proportional to the logarithm of the number of edges, and to those near; a change to the edges of the
    grids that are changed. Not safe for threads: let one thread at a time use it.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> borders = Borders(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], index=["g1"], crs="EPSG:4548"))
    >>> borders.snap(98, 101, 5)
    Snapped(x=100.0, y=100.0, what='corner')
    >>> borders.snap(60, 3, 5)
    Snapped(x=60.0, y=0.0, what='border')
    """

    def __init__(self, grids: gpd.GeoDataFrame) -> None:
        self._require(grids, "grids")
        self.crs, self._metric = grids.crs, crs.metric_crs(grids)
        self._polygons: dict[object, shapely.Geometry | None] = {}
        self._numbers: dict[object, range] = {}  # which runs are a grid's
        self._runs: dict[int, np.ndarray] = {}  # edges (m, 8) under the number they have in the tree
        self._next = 0
        for code, polygon, edges in self._drawn(grids):
            self._keep(code, polygon, edges)
        self._load()

    def __len__(self) -> int:
        return len(self._polygons)

    def __contains__(self, grid_code: object) -> bool:
        return grid_code in self._polygons

    def __repr__(self) -> str:
        return f"Borders({len(self)} grids, {sum(map(len, self._runs.values()))} edges, {self.crs.to_string()})"

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_tree"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._polygons, self._numbers, self._runs = dict(self._polygons), dict(self._numbers), dict(self._runs)
        self._load()

    def replace(self, changed: gpd.GeoDataFrame, *, gone: Iterable[object] = ()) -> None:
        """Take over the polygons of grids that were changed or added, and forget those that are gone; all of it or nothing.

        Parameters
        ----------
        changed
            Polygons indexed by `grid_code`, in the CRS of the grids. Those that are as they were stay, so a whole layer may be given.
        gone
            Grid codes that are no more.

        Raises
        ------
        SchemaError
            As the class; also if a code of `gone` is unknown or stands in `changed`.
        CRSError
            If `changed` has another CRS.
        """
        self._require(changed, "changed")
        require_same_crs(changed, gpd.GeoSeries([], crs=self.crs), "changed, Borders")
        codes = [gone] if isinstance(gone, str) else list(dict.fromkeys(gone))
        unknown = [code for code in codes if code not in self._polygons or code in changed.index]
        if unknown:
            raise SchemaError("not_gone", rows=unknown)
        polygons = zip(changed.index, changed.geometry.to_numpy(), strict=True)
        differs = [code not in self._polygons or not _is_same(polygon, self._polygons[code]) for code, polygon in polygons]
        drawn = self._drawn(changed[np.array(differs, dtype=bool)])
        for code in [*codes, *(code for code, _, _ in drawn)]:
            self._forget(code)
        for code, polygon, edges in drawn:
            for number in self._keep(code, polygon, edges):
                self._tree.insert(number, _box(self._runs[number]))

    def snap(self, x: float, y: float, distance_m: float) -> Snapped:
        """Return the nearest corner within a distance, else the nearest place on a border, else the place itself.

        Parameters
        ----------
        x, y
            A place in the CRS of the grids.
        distance_m
            How far it may be moved, this far included, in metres.

        Returns
        -------
        Snapped
            x, y and what it is now. Of equally near ones that with the smaller x, then y.

        Raises
        ------
        SchemaError
            If x or y has no place in metres, or `distance_m` is negative or not finite.
        """
        require_metres((x, y), "x, y")
        require_limit(distance_m, "distance_m")
        place, what = self._snap(np.array([[x, y]], dtype=float), distance_m)
        return Snapped(float(place[0, 0]), float(place[0, 1]), str(what[0]))

    def snap_line(self, drawn: shapely.Geometry, distance_m: float) -> shapely.Geometry:
        """Snap every corner of a drawn line or polygon.

        Parameters
        ----------
        drawn
            A LineString or Polygon, or several of them in one geometry, in the CRS of the grids. It is not changed.
        distance_m
            As in `snap`.

        Returns
        -------
        Geometry
            Of the same type, in two dimensions, valid; a line that did not cross itself does not now. Corners that fell together are one.
            Between its corners it runs straight: to follow a bent border, draw a corner near each of its corners.

        Raises
        ------
        SchemaError
            If `drawn` is of another type, empty, not finite or not valid, or if snapping would make it so; `given` says where.
        """
        require_limit(distance_m, "distance_m")
        _require_drawn(drawn)
        moved, _ = self._snap(shapely.get_coordinates(drawn), distance_m)
        snapped = shapely.transform(drawn, lambda _: moved)
        reason = _fault(snapped)
        if not reason and shapely.is_simple(drawn) and not shapely.is_simple(snapped):
            reason = "Self-crossing line"
        if reason:
            raise SchemaError("snap_breaks", distance_m=distance_m, given=reason)
        return shapely.remove_repeated_points(snapped)  # fails on a ring fallen to a point, so only now

    def _snap(self, places: np.ndarray, distance_m: float) -> tuple[np.ndarray, np.ndarray]:
        """Return where the places (n, 2) go, and what they are then."""
        metres = self._in_metres(places)
        require_places(metres, pd.RangeIndex(len(metres)), "x, y")
        row, edges = self._near(metres, distance_m)
        moved, what = places.copy(), np.full(len(places), "free", dtype=object)
        ends = np.concatenate([edges[:, A], edges[:, B]]), np.concatenate([edges[:, A_M], edges[:, B_M]])
        twice = np.concatenate([row, row])
        to_ends = ends[0], distances(*(ends[1] - metres[twice]).T)
        for name, rows, (own, apart) in (("border", row, _feet(metres[row], edges)), ("corner", twice, to_ends)):
            best = _best(rows, apart, own, distance_m)
            moved[rows[best]], what[rows[best]] = own[best], name
        return moved, what

    def _near(self, metres: np.ndarray, distance_m: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the edges near each place, as pairs (row of the place, edge), with some that are farther."""
        rows, runs = [np.empty(0, dtype=np.int64)], [np.empty((0, 8))]
        for row, (x, y) in enumerate(metres.tolist()):
            found = [self._runs[number] for number in self._tree.meeting(around(x, y, distance_m)).tolist()]
            rows.append(np.full(sum(map(len, found)), row))
            runs += found
        return np.concatenate(rows), np.concatenate(runs)

    def _in_metres(self, places: np.ndarray) -> np.ndarray:
        if self.crs.equals(self._metric, ignore_axis_order=True):
            return places
        return np.column_stack(crs.transformer(self.crs, self._metric).transform(*places.T))

    def _drawn(self, grids: gpd.GeoDataFrame) -> list[tuple[object, shapely.Geometry | None, np.ndarray]]:
        """Return code, polygon and edges (m, 8) of each grid, without edges of no length."""
        polygons = grids.geometry.to_numpy()
        parts, part_of = shapely.get_parts(polygons, return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        metres = self._in_metres(xy)
        require_places(metres, grids.index[part_of[ring_of[ring]]], "grids")
        begin = np.flatnonzero(ring[1:] == ring[:-1])
        turned = (xy[begin, 0] > xy[begin + 1, 0]) | ((xy[begin, 0] == xy[begin + 1, 0]) & (xy[begin, 1] > xy[begin + 1, 1]))
        low, high = np.where(turned, begin + 1, begin), np.where(turned, begin, begin + 1)
        edges = np.concatenate([xy[low], xy[high], metres[low], metres[high]], axis=1)
        long = ((edges[:, B_M] - edges[:, A_M]) ** 2).sum(axis=1) > 0
        owner = part_of[ring_of[ring[begin]]][long]
        bounds = np.searchsorted(owner, np.arange(len(grids) + 1))
        split = np.split(edges[long], bounds[1:-1]) if len(grids) else []
        return list(zip(grids.index, polygons, split, strict=True))

    def _keep(self, code: object, polygon: shapely.Geometry | None, edges: np.ndarray) -> range:
        """Take over a grid, without the tree, and return the numbers of its runs."""
        numbers = range(self._next, self._next + -(-len(edges) // RUN))
        for number, begin in zip(numbers, range(0, len(edges), RUN), strict=True):
            self._runs[number] = edges[begin : begin + RUN]
        self._polygons[code], self._numbers[code], self._next = polygon, numbers, numbers.stop
        return numbers

    def _forget(self, code: object) -> None:
        for number in self._numbers.pop(code, ()):
            self._tree.delete(number, _box(self._runs.pop(number)))
        self._polygons.pop(code, None)

    def _load(self) -> None:
        self._tree = Tree((number, _box(edges)) for number, edges in self._runs.items())

    @staticmethod
    def _require(grids: gpd.GeoDataFrame, what: str) -> None:
        require_frame(grids, what, geometry=POLYGON)
        require_index(grids.index, what)


def _box(edges: np.ndarray) -> Box:
    """Return the bounds of edges in metres: the same numbers each time, as the tree demands."""
    west, south = np.minimum(edges[:, A_M], edges[:, B_M]).min(axis=0).tolist()
    east, north = np.maximum(edges[:, A_M], edges[:, B_M]).max(axis=0).tolist()
    return west, south, east, north


def _feet(metres: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the foot of the perpendicular from each place on its edge (n, 2), and its length, infinite where it falls beyond the ends.

    The length is computed across the edge, as GEOS does, and not from the rounded foot: on an edge along an axis it is exact.
    """
    along, away = edges[:, B_M] - edges[:, A_M], metres - edges[:, A_M]
    squared = (along * along).sum(axis=1)
    share = (away * along).sum(axis=1) / squared
    apart = np.abs(along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0]) / np.sqrt(squared)
    beside = (share > 0) & (share < 1)
    return edges[:, A] + share[:, None] * (edges[:, B] - edges[:, A]), np.where(beside, apart, np.inf)


def _best(rows: np.ndarray, apart: np.ndarray, places: np.ndarray, distance_m: float) -> np.ndarray:
    """Return for each row, if it has one, the position of its nearest place within reach; of equally near ones the smaller x, then y."""
    near = np.flatnonzero(apart <= distance_m)
    order = near[np.lexsort((places[near, 1], places[near, 0], apart[near], rows[near]))]
    return order[np.unique(rows[order], return_index=True)[1]]


def _is_same(left: shapely.Geometry | None, right: shapely.Geometry | None) -> bool:
    if left is None or right is None:
        return left is right
    return bool(shapely.equals_identical(left, right))


def _require_drawn(drawn: shapely.Geometry) -> None:
    """Raise SchemaError unless `drawn` is a finite, valid line or polygon."""
    name = getattr(drawn, "geom_type", type(drawn).__name__)
    if name not in LINE | POLYGON:
        raise SchemaError("mixed_geometry", what="drawn", expected="/".join(sorted(LINE | POLYGON)), given=name)
    reason = "Not finite" if not np.isfinite(shapely.get_coordinates(drawn)).all() else _fault(drawn)
    if reason:
        raise SchemaError("drawn_badly", given=reason)


def _fault(drawn: shapely.Geometry) -> str:
    """Return why a geometry is empty or invalid, in the words of GEOS; "" if it is neither."""
    if drawn.is_empty:
        return "Empty"
    return "" if drawn.is_valid else str(shapely.is_valid_reason(drawn))
