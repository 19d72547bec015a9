"""Upper grids as the union of their children."""

import geopandas as gpd
import numpy as np
import shapely

from gridmap.coverage.faces import resolved, same
from gridmap.coverage.layer import NOISE_M, Layer, Plane, drawn, polygon_parts, prepare, thickness
from gridmap.coverage.moves import GAINED, KEPT, LOST, Move, at


def parent_rows(grids: gpd.GeoDataFrame, rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return the position in the frame of each row's parent among the given positions, the first of its code; -1 where there is none."""
    among = among[~np.asarray(grids.index[among].duplicated())]
    wanted = grids["parent"].iloc[rows]
    found = grids.index[among].get_indexer(wanted)
    found[wanted.isna().to_numpy()] = -1
    return np.where(found >= 0, among[found], -1) if len(among) else np.full(len(rows), -1)


def rebuild(grids: gpd.GeoDataFrame, upper: np.ndarray, lower: np.ndarray, shapes: np.ndarray) -> list[Move]:
    """Make the grids at positions `upper` the unions of their children at `lower`, in `shapes`, and return what moved.

    A grid that covers the union of its children already keeps its own corners where its neighbours have the same; one without children
    keeps its place, but for what those with children cover.
    """
    layer = prepare(grids.iloc[upper])
    place = upper[layer.rows]
    unions = _unions(place, parent_rows(grids, lower, upper), lower, shapes)
    has_children = ~(shapely.is_missing(unions) | shapely.is_empty(unions))
    unions = np.where(has_children, unions, layer.polygons)
    kept = ~has_children | (layer.valid & _alike(layer.polygons, unions, layer.plane))
    result = np.where(kept, layer.polygons, unions)
    moved = [*_made_unions(layer, unions, ~kept)]
    result, of_faces = resolved(result, layer.plane, codes=layer.codes, first=has_children)
    moved += [move for move in of_faces if kept[move.grid]]
    untouched = same(result, layer.polygons) & (layer.valid | ~drawn(layer.given))
    shapes[place] = np.where(untouched, layer.given, result)
    return list(at(moved, place))


def _unions(place: np.ndarray, parent: np.ndarray, lower: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    order = np.argsort(parent, kind="stable")
    bounds = np.searchsorted(parent[order], [place, place + 1])
    children = shapely.force_2d(shapes[lower])
    parts = [children[order[begin:end]] for begin, end in bounds.T]
    unions = [shapely.coverage_union_all(part) if len(part) else shapely.Polygon() for part in parts]
    return shapely.normalize(np.array(unions, dtype=object))


def _alike(given: np.ndarray, unions: np.ndarray, plane: Plane) -> np.ndarray:
    """Tell which polygons cover the same place, rounding aside."""
    result = same(given, unions)
    rest = ~result
    apart = plane.measured(shapely.symmetric_difference(given[rest], unions[rest]))
    result[rest] = shapely.area(apart) <= NOISE_M * shapely.length(plane.measured(unions[rest]))
    return result


def _made_unions(layer: Layer, unions: np.ndarray, changed: np.ndarray) -> list[Move]:
    moved = []
    for row in np.flatnonzero(changed):
        gained, lost = (
            _real(shapely.difference(one, other), layer.plane)
            for one, other in ((unions[row], layer.polygons[row]), (layer.polygons[row], unions[row]))
        )
        moved += [Move("union", int(row), -1, GAINED, place) for place in gained] + [
            Move("union", int(row), -1, LOST, place) for place in lost
        ]
        if not len(gained) and not len(lost):
            moved.append(Move("union", int(row), -1, KEPT, unions[row]))
    return moved


def _real(place: shapely.Geometry, plane: Plane) -> np.ndarray:
    parts = polygon_parts(np.array([place]))[0]
    return parts[thickness(plane.measured(parts)) > NOISE_M]
