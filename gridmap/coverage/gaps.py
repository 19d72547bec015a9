"""Places that lie in no grid: enclosed by grids, between two of them, or in the boundary."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.coverage.layer import NOISE_M, Layer, Plane, members, polygon_parts, repaired, thickness
from gridmap.hierarchy import union_all

BESIDE_M = 0.01  # a grid this near to a gap borders it
GRID_LIKE = 1 / 3  # of the thinnest grid around a hole: as thick, it is a grid that is missing
CRACK_M = 1e-3  # widening and narrowing moves an outline by up to a hundredth of the width: nothing thinner is told from it
LINED_M = 1e-4  # nearer than this to the grids, an edge of a crack is theirs
LINED_SHARE = 0.6  # of a crack's border; one edge of a notch filled in is open, so that half of its border is
MITRE_LIMIT = 50.0  # corners down to 2 degrees come back as they were


@dataclass(frozen=True)
class Holes:
    """Places in no grid, as single polygons in the drawn CRS, with their area, thickness and whether grids enclose them."""

    parts: np.ndarray
    area_m2: np.ndarray
    thickness_m: np.ndarray
    enclosed: np.ndarray


def covered(polygons: np.ndarray) -> np.ndarray:
    """Return the single polygons of the union of valid polygons."""
    return polygon_parts(np.array([union_all(polygons)]))[0]


def uncovered(union: np.ndarray, reference: np.ndarray | None, plane: Plane) -> Holes:
    """Return the places in no grid.

    Parameters
    ----------
    union
        Parts of the union of the grids, as `covered` gives them.
    reference
        Polygons that the grids should fill; None asks for the places enclosed by grids alone.
    plane
        Where they are compared and measured.
    """
    inner = _enclosed(union)
    if reference is None:
        parts, enclosed = inner, np.ones(len(inner), dtype=bool)
    else:
        rest = shapely.difference(union_all(reference), shapely.union_all(union))
        parts = polygon_parts(np.array([rest]))[0]
        enclosed = np.zeros(len(parts), dtype=bool)
        enclosed[shapely.STRtree(inner).query(shapely.point_on_surface(parts), predicate="within")[0]] = True
    metric = plane.measured(parts)
    thick = thickness(metric)
    real = thick > NOISE_M
    return Holes(parts[real], shapely.area(metric)[real], thick[real], enclosed[real])


def cracks(union: np.ndarray, layer: Layer, width_m: float, *, of_gaps: bool = False) -> np.ndarray:
    """Return gaps narrower than `width_m` between two grids that open to the outside, in the drawn CRS; `of_gaps`: to an enclosed gap, too.

    The union is widened by half the width and narrowed again; what stays filled is a crack if it is at least twice as long as
    the width, has grids on both sides, and two of them line it for at least the width each. An outline's own notches are none.
    """
    solids = _clusters(union if of_gaps else covered(np.concatenate([union, _enclosed(union)])), layer, width_m)
    closed = repaired(_offset(_offset(solids, width_m / 2), -width_m / 2))  # far corners may cross others
    parts, owner = polygon_parts(shapely.difference(closed, solids))
    thick = thickness(parts)
    long = (thick > CRACK_M) & (thick < width_m) & (shapely.length(parts) / 2 >= 2 * width_m)
    parts, owner = parts[long], owner[long]
    return layer.plane.drawn_again(parts[_between_two(parts, shapely.boundary(solids)[owner], layer, width_m)])


def wide_parts(parts: np.ndarray, plane: Plane, width_m: float) -> np.ndarray:
    """Return what a square of side `width_m` can reach in the parts, as single polygons."""
    half = max(width_m, NOISE_M) / 2
    metric = plane.measured(parts)
    wide = shapely.intersection(_offset(_offset(metric, -half), half), metric)
    pieces = polygon_parts(wide)[0]
    return plane.drawn_again(pieces[thickness(pieces) > NOISE_M])


def grid_like(holes: Holes, layer: Layer) -> np.ndarray:
    """Tell which holes are at least a third as thick as the thinnest grid around them."""
    thick = thickness(layer.plane.measured(layer.polygons))
    thinnest = [thick[grids].min(initial=np.inf) for grids in beside(holes.parts, layer)]
    return holes.thickness_m >= GRID_LIKE * np.array(thinnest)


def beside(places: np.ndarray, layer: Layer) -> list[np.ndarray]:
    """Return the positions of the grids that border each place."""
    near = layer.plane.length(BESIDE_M)
    place, grid = layer.tree.query(places, predicate="dwithin", distance=near)
    order = np.lexsort((grid, place))
    return np.split(grid[order], np.searchsorted(place[order], np.arange(1, len(places)))) if len(places) else []


def _offset(geometry: np.ndarray, distance: float) -> np.ndarray:
    return shapely.buffer(geometry, distance, join_style="mitre", mitre_limit=MITRE_LIMIT)


def _clusters(solids: np.ndarray, layer: Layer, width_m: float) -> np.ndarray:
    """Return parts of the union in the metric CRS, those within `width_m` of each other as one; lone grids are left out."""
    filled = layer.plane.measured(solids)
    filled = shapely.make_valid(filled, method="structure", keep_collapsed=False)
    links = shapely.STRtree(filled).query(filled, predicate="dwithin", distance=width_m)
    graph = coo_array((np.ones(links.shape[1]), tuple(links)), shape=(len(filled), len(filled)))
    cluster = connected_components(graph, directed=False)[1]
    part = layer.tree.query(solids, predicate="intersects")[0]  # what is asked with is prepared: the few large ones
    grids = np.bincount(cluster[part], minlength=cluster.max(initial=-1) + 1)
    return np.array([shapely.union_all(filled[own]) for own, count in zip(members(cluster), grids, strict=True) if count > 1], dtype=object)


def _between_two(parts: np.ndarray, outlines: np.ndarray, layer: Layer, length_m: float) -> np.ndarray:
    """Tell which parts (metric CRS) lie along their outlines, on two grids or more for `length_m` each."""
    points, part = shapely.get_coordinates(shapely.get_exterior_ring(parts), return_index=True)
    inside = part[1:] == part[:-1]
    part, start, end = part[1:][inside], points[:-1][inside], points[1:][inside]
    lengths, middles = np.hypot(*(end - start).T), shapely.points((start + end) / 2)
    shapely.prepare(outlines)
    lengths = lengths * shapely.dwithin(outlines[part], middles, LINED_M)
    segment, grid = layer.tree.query_nearest(layer.plane.drawn_again(middles), all_matches=False)
    lined = coo_array((lengths[segment], (part[segment], grid)), shape=(len(parts), len(layer.codes))).tocsr()
    lined.sum_duplicates()
    sides = np.bincount(lined.nonzero()[0], weights=lined.data[lined.data > 0] >= length_m, minlength=len(parts))
    return (sides > 1) & (lined.sum(axis=1) > LINED_SHARE * shapely.length(parts))


def _enclosed(union: np.ndarray) -> np.ndarray:
    """Return the places that the grids enclose, be it by touching in corners alone: all but what reaches beyond their extent."""
    if not len(union):
        return np.empty(0, dtype=object)
    west, south, east, north = shapely.total_bounds(union)
    around = shapely.box(west - 1, south - 1, east + 1, north + 1)
    rest = polygon_parts(np.array([shapely.difference(around, shapely.union_all(union))]))[0]
    return rest[shapely.bounds(rest)[:, 0] >= west]
