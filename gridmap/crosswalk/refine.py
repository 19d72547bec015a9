"""The common refinement of several departments' layers: pieces of ground that lie in one grid of each."""

from collections.abc import Mapping
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap import borders
from gridmap.coverage.layer import narrow
from gridmap.crosswalk.layer import Layer, prepare
from gridmap.errors import SchemaError

OWN_COLUMNS = ("unit_id", "area_m2", "geometry")
LATTICE = 64  # roundings of a coordinate, at least: far below a millimetre


class Edges(NamedTuple):
    """Edges of polygons: where in `corners` each begins, and a key that is the same for those with the same two ends."""

    corners: np.ndarray
    begin: np.ndarray
    key: np.ndarray


class Borders(NamedTuple):
    """Borders between faces: the two faces and the length in metres, one row per common edge."""

    left: np.ndarray
    right: np.ndarray
    length_m: np.ndarray


def refine(layers: Mapping[str, gpd.GeoDataFrame], *, sliver_width_m: float = 5.0) -> gpd.GeoDataFrame:
    """Cut the ground along the lines of all departments, slivers aside: a proposal for one net that serves them all.

    Parameters
    ----------
    layers
        Base grids of one tier for every department, by its name; as in `conflicts`.
    sliver_width_m
        A piece narrower than this everywhere is merged into the neighbour with which it has the longest border; 0 keeps all.

    Returns
    -------
    GeoDataFrame
        A valid coverage of all that the layers cover, in their CRS: one row per piece, numbered in the order of its codes (index
        `unit_id`). One column per department with the code of its grid, NA where it has none; `area_m2`; `geometry` (Polygon). Pieces
        that were merged have the codes of the one they went to.

    Raises
    ------
    SchemaError
        As `between`, naming the department; if there is no layer, a department is called like a column of the result, or the width is
        negative.
    CRSError
        If there is no CRS, or they differ.

    Warns
    -----
    GridmapWarning
        Where grids of one layer overlap: such a place belongs to the smallest code.

    Notes
    -----
    A sliver with slivers alone around it stays as it is. Gaps that no layer covers stay open: `coverage.check` lists them. Cost: all lines
    are noded once.
    """
    if not isinstance(layers, Mapping) or not layers:
        raise SchemaError("crosswalk_layers", given=len(layers) if isinstance(layers, Mapping) else type(layers).__name__)
    taken = [name for name in layers if name in OWN_COLUMNS]
    if taken:
        raise SchemaError("crosswalk_name", given=taken[0])
    if not sliver_width_m >= 0:
        raise SchemaError("negative", what="sliver_width_m", given=sliver_width_m)
    ready = dict(zip(layers, prepare(dict(layers)), strict=True))
    faces, codes = _faces(list(ready.values()))
    metric = next(iter(ready.values())).measure.plane.measured(faces)
    shared = _borders(metric)
    alike = (codes[shared.left] == codes[shared.right]).all(axis=1)
    first, group = _joined(len(faces), shared, alike)
    shapes, codes = borders.together(faces, group), codes[first]
    slim = narrow(borders.together(metric, group), sliver_width_m)
    target = _merged(slim, Borders(group[shared.left], group[shared.right], shared.length_m))
    roots, group = np.unique(target, return_inverse=True)
    return _table(borders.together(shapes, group), codes[roots], ready)


def _faces(layers: list[Layer]) -> tuple[np.ndarray, np.ndarray]:
    """Return the faces between all lines and the position of the grid of every layer that holds each, -1 for none."""
    # On a lattice lines are noded for certain; in full precision two that nearly coincide may cross again where they were cut.
    step = 10 ** np.ceil(np.log10(LATTICE * layers[0].measure.resolution)) if layers[0].measure.resolution else None
    polygons = shapely.get_parts(np.concatenate([layer.polygons for layer in layers]))
    noded = shapely.union_all(_lines(polygons), grid_size=step)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    points = shapely.point_on_surface(faces)
    codes = np.full((len(faces), len(layers)), -1)
    for number, layer in enumerate(layers):
        face, grid = shapely.STRtree(layer.polygons).query(points, predicate="intersects")
        codes[face[::-1], number] = grid[::-1]
    inside = (codes >= 0).any(axis=1)
    return faces[inside], codes[inside]


def _lines(polygons: np.ndarray) -> np.ndarray:
    """Return the outlines of polygons, each edge once: what lies twice would make every corner of it a node."""
    edges = _edges(polygons)
    kept = np.sort(np.unique(edges.key, return_index=True)[1])
    first = np.diff(edges.begin[kept], prepend=-2) > 1  # the others go on where the one before them ends
    line = np.cumsum(first) - 1
    corner = np.concatenate([edges.begin[kept[first]], edges.begin[kept] + 1])
    line = np.concatenate([line[first], line])
    order = np.lexsort((corner, line))
    return shapely.linestrings(edges.corners[corner[order]], indices=line[order])


def _borders(metric: np.ndarray) -> Borders:
    """Find the edges that two faces have in common; as lines are noded they have them corner by corner."""
    edges = borders.paired(metric)
    ends = edges.ends[edges.one]
    return Borders(edges.owner[edges.one], edges.owner[edges.other], np.hypot(*(ends[:, 1] - ends[:, 0]).T))


def _edges(polygons: np.ndarray) -> Edges:
    """Return the edges of polygons, ring by ring."""
    corners, ring = shapely.get_coordinates(shapely.get_rings(polygons), return_index=True)
    begin = np.flatnonzero(ring[1:] == ring[:-1])
    number = np.unique(corners[:, 0] + 1j * corners[:, 1], return_inverse=True)[1]
    ends = number[begin], number[begin + 1]
    return Edges(corners, begin, np.minimum(*ends) * len(number) + np.maximum(*ends))


def _joined(count: int, borders: Borders, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join faces across the borders that are wanted; return a face of each group and the group of each face."""
    links = (borders.left[wanted], borders.right[wanted])
    group = connected_components(coo_array((np.ones(len(links[0])), links), shape=(count, count)), directed=False)[1]
    return np.unique(group, return_index=True)[1], group


def _merged(slim: np.ndarray, borders: Borders) -> np.ndarray:
    """Return for every piece the one it goes to: itself, or for a sliver the neighbour, no sliver, along which it runs the longest."""
    target = np.arange(len(slim))
    while True:
        ends = np.concatenate([target[borders.left], target[borders.right]]), np.concatenate([target[borders.right], target[borders.left]])
        open_ends = slim[ends[0]] & ~slim[ends[1]]
        if not open_ends.any():
            return target
        lengths = pd.Series(np.tile(borders.length_m, 2)[open_ends]).groupby([ends[0][open_ends], ends[1][open_ends]]).sum()
        sliver, beside = (level.to_numpy() for level in (lengths.index.get_level_values(0), lengths.index.get_level_values(1)))
        order = np.lexsort((beside, -lengths.to_numpy(), sliver))
        first = np.unique(sliver[order], return_index=True)[1]
        target[sliver[order][first]] = beside[order][first]


def _table(pieces: np.ndarray, codes: np.ndarray, layers: dict[str, Layer]) -> gpd.GeoDataFrame:
    measure = next(iter(layers.values())).measure
    last = np.where(codes < 0, np.iinfo(codes.dtype).max, codes)
    order = np.lexsort((*shapely.bounds(pieces).reshape(-1, 4).T[::-1], *last.T[::-1]))
    pieces, codes = shapely.normalize(pieces[order]), codes[order]
    columns = {name: layer.labels(codes[:, number]) for number, (name, layer) in enumerate(layers.items())}
    columns["area_m2"] = measure.areas(measure.edges(shapely.orient_polygons(pieces)))
    index = pd.Index([f"{number:0{len(str(len(pieces)))}d}" for number in range(1, len(pieces) + 1)], name="unit_id", dtype="str")
    return gpd.GeoDataFrame(columns, index=index, geometry=pieces, crs=measure.plane.drawn)
