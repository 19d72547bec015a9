"""Voronoi cells on a lattice: borders made once, dense and shared, and polygons assembled from them."""

from dataclasses import dataclass

import numpy as np
import pyproj
import scipy.spatial
import shapely

from gridmap.crs import transformer
from gridmap.synth.jianyang.outline import Outline
from gridmap.synth.town import BUILD_CRS, DELIVERY_CRS

OUTSIDE = -1
SWING = 0.38  # a border keeps to this share of the way to the sites on both sides


@dataclass(frozen=True)
class Cells:
    """The Voronoi diagram of n sites within a curve, one row per straight border.

    Attributes
    ----------
    left, right
        Cells on both sides, shape (m,); `right` is OUTSIDE on the outline. Rows are ordered by the two.
    start, finish
        Numbers of the end corners, shape (m,), so that `left` lies to the left of the way.
    corners
        Coordinates of the corners, shape (c, 2), metres.
    sites
        Shape (n, 2), metres.
    half_gap
        Distance from the border's line to the site on either side, shape (m,), metres.
    """

    left: np.ndarray
    right: np.ndarray
    start: np.ndarray
    finish: np.ndarray
    corners: np.ndarray
    sites: np.ndarray
    half_gap: np.ndarray

    @property
    def length(self) -> np.ndarray:
        """Length of each straight border in metres, shape (m,)."""
        way = self.corners[self.finish] - self.corners[self.start]
        return np.hypot(way[:, 0], way[:, 1])


@dataclass(frozen=True)
class Borders:
    """The borders of `Cells` as polylines on the lattice: points of border i are `points[offsets[i]:offsets[i + 1]]`."""

    points: np.ndarray
    offsets: np.ndarray


def cells(sites: np.ndarray, curve: Outline) -> Cells:
    """Return the Voronoi cells of sites within a curve.

    Notes
    -----
    Sites are mirrored along their bearing at the curve, so that the outermost borders fall on it and no cell needs clipping: each is
    convex, and the two sites of a border are mirror images of each other.
    """
    bearing = np.arctan2(sites[:, 1], sites[:, 0])
    distance = np.hypot(sites[:, 0], sites[:, 1])
    edge = curve.radius(bearing)
    near = edge - distance < 6.0 * np.sqrt(np.pi * curve.mean_m**2 / len(sites)) + 0.1 * curve.mean_m
    mirrored = sites[near] * (2 * edge[near] / np.maximum(distance[near], 1.0) - 1.0)[:, None]
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    far = 4.0 * curve.mean_m * np.stack([np.cos(around), np.sin(around)], axis=1)
    diagram = scipy.spatial.Voronoi(np.vstack([sites, mirrored, far]))
    pairs = np.sort(diagram.ridge_points, axis=1)
    ends = np.asarray(diagram.ridge_vertices)
    inside = pairs[:, 0] < len(sites)
    pairs, ends = pairs[inside], ends[inside]
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return _oriented(pairs[order], ends[order], diagram, sites)


def _oriented(pairs: np.ndarray, ends: np.ndarray, diagram: scipy.spatial.Voronoi, sites: np.ndarray) -> Cells:
    corners, points = diagram.vertices, diagram.points
    way = corners[ends[:, 1]] - corners[ends[:, 0]]
    towards = sites[pairs[:, 0]] - corners[ends[:, 0]]
    wrong = way[:, 0] * towards[:, 1] - way[:, 1] * towards[:, 0] < 0
    ends = np.where(wrong[:, None], ends[:, ::-1], ends)
    apart = points[pairs[:, 0]] - points[pairs[:, 1]]
    right = np.where(pairs[:, 1] < len(sites), pairs[:, 1], OUTSIDE)
    return Cells(pairs[:, 0], right, ends[:, 0], ends[:, 1], corners, sites, np.hypot(apart[:, 0], apart[:, 1]) / 2)


def areas(diagram: Cells, count: int) -> np.ndarray:
    """Return the area of each straight cell in m2, shape (count,)."""
    fan = diagram.length * diagram.half_gap / 2
    inner = diagram.right != OUTSIDE
    return np.bincount(diagram.left, fan, count) + np.bincount(diagram.right[inner], fan[inner], count)


def wander(diagram: Cells, *, points_per_side: float, straightness: np.ndarray, random: np.random.Generator) -> Borders:
    """Bend every border into a dense line that starts and ends in the same corners and crosses no other.

    Parameters
    ----------
    points_per_side
        Segments on a border as long as the side of a square of its cells' mean area.
    straightness
        Shape (m,), 0 to 1: how much of the permitted swing stays unused.

    Notes
    -----
    A border stays in the kite between its corners and its two sites. The kites of a diagram do not overlap, so no two borders cross.
    """
    count = len(diagram.sites)
    size = np.sqrt(areas(diagram, count))
    beside = np.where(diagram.right == OUTSIDE, size[diagram.left], (size[diagram.left] + size[diagram.right]) / 2)
    segments = np.clip(np.round(points_per_side * diagram.length / beside), 1, 4 * points_per_side).astype(int)
    border = np.repeat(np.arange(len(segments)), segments - 1)
    step = np.arange(len(border)) - np.repeat(np.cumsum(segments - 1) - (segments - 1), segments - 1) + 1
    along = (step + random.uniform(-0.25, 0.25, len(step))) / segments[border]
    swing = _swing(diagram, border, along, random) * (1.0 - straightness[border])
    begin, way = diagram.corners[diagram.start], diagram.corners[diagram.finish] - diagram.corners[diagram.start]
    unit = way / np.maximum(diagram.length, 1e-9)[:, None]
    middle = begin[border] + along[:, None] * way[border] + swing[:, None] * np.stack([-unit[border, 1], unit[border, 0]], axis=1)
    offsets = np.concatenate([[0], np.cumsum(segments + 1)])
    points = np.empty((offsets[-1], 2))
    points[offsets[:-1]] = begin
    points[offsets[1:] - 1] = diagram.corners[diagram.finish]
    points[offsets[border] + step] = middle
    return Borders(points, offsets)


def _swing(diagram: Cells, border: np.ndarray, along: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return how far each inner point leaves the straight border, in metres, positive to the left."""
    begin, way = diagram.corners[diagram.start], diagram.corners[diagram.finish] - diagram.corners[diagram.start]
    towards = diagram.sites[diagram.left] - begin
    foot = ((towards * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-9))[border]
    rising = np.where(foot > 0, along / np.where(foot > 0, foot, 1.0), np.inf)
    falling = np.where(foot < 1, (1 - along) / np.where(foot < 1, 1 - foot, 1.0), np.inf)
    permitted = SWING * diagram.half_gap[border] * np.minimum(rising, falling)
    permitted = np.minimum(permitted, 0.16 * diagram.length[border])
    waves = np.arange(1, 5)
    heights = random.uniform(-1, 1, (len(diagram.left), len(waves))) / waves**0.7
    noise = (heights[border] * np.sin(np.pi * np.multiply.outer(along, waves))).sum(axis=1)
    return permitted * np.clip(noise + random.uniform(-0.25, 0.25, len(border)), -1, 1)


def settle(borders: Borders, *, centre: np.ndarray, scale: float, lattice_m: float) -> Borders:
    """Scale and move borders, put their points on the lattice and drop points that fall on their predecessor."""
    per_metre = round(1 / lattice_m)
    points = np.round((borders.points * scale + centre) * per_metre) / per_metre
    first = np.zeros(len(points), dtype=bool)
    first[borders.offsets[:-1]] = True
    fresh = np.ones(len(points), dtype=bool)
    fresh[1:] = (points[1:] != points[:-1]).any(axis=1)
    kept = first | fresh
    counts = np.add.reduceat(kept, borders.offsets[:-1])
    return Borders(points[kept], np.concatenate([[0], np.cumsum(counts)]))


def enclosed_m2(diagram: Cells, borders: Borders) -> float:
    """Return the area within the outermost borders, in square metres."""
    last = np.zeros(len(borders.points), dtype=bool)
    last[borders.offsets[1:] - 1] = True
    outer = np.repeat(diagram.right == OUTSIDE, np.diff(borders.offsets))
    take = np.flatnonzero(outer & ~last)
    here, there = borders.points[take], borders.points[take + 1]
    return float((here[:, 0] * there[:, 1] - there[:, 0] * here[:, 1]).sum() / 2)


def polygons(diagram: Cells, borders: Borders, points: np.ndarray) -> np.ndarray:
    """Assemble the cells' polygons, ordered as the sites; `points` stand in for those of `borders`, in any CRS."""
    inner = np.flatnonzero(diagram.right != OUTSIDE)
    cell = np.concatenate([diagram.left, diagram.right[inner]])
    border = np.concatenate([np.arange(len(diagram.left)), inner])
    forward = np.concatenate([np.ones(len(diagram.left), dtype=bool), np.zeros(len(inner), dtype=bool)])
    middle = (diagram.corners[diagram.start[border]] + diagram.corners[diagram.finish[border]]) / 2 - diagram.sites[cell]
    order = np.lexsort((np.arctan2(middle[:, 1], middle[:, 0]), cell))
    cell, border, forward = cell[order], border[order], forward[order]
    # the last point of each border is the first of the next one
    steps = np.diff(borders.offsets)[border] - 1
    begin = np.where(forward, borders.offsets[border], borders.offsets[border + 1] - 1)
    rank = np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps)
    take = np.repeat(begin, steps) + rank * np.repeat(np.where(forward, 1, -1), steps)
    return shapely.polygons(shapely.linearrings(points[take], indices=np.repeat(cell, steps)))


def lines(borders: Borders, points: np.ndarray) -> np.ndarray:
    """Return each border as a LineString, None where it has shrunk to one point."""
    counts = np.diff(borders.offsets)
    whole = counts > 1
    found = np.full(len(counts), None, dtype=object)
    number = np.repeat(np.cumsum(whole) - 1, counts)
    keep = np.repeat(whole, counts)
    if whole.any():
        found[whole] = shapely.linestrings(points[keep], indices=number[keep])
    return found


def degrees(points: np.ndarray) -> np.ndarray:
    """Return points (n, 2) of EPSG:4548 in EPSG:4490, rounded to a tenth of a millimetre: what is shared stays shared on any platform."""
    lon, lat = transformer(pyproj.CRS(BUILD_CRS), pyproj.CRS(DELIVERY_CRS)).transform(points[:, 0], points[:, 1])
    return np.round(np.stack([lon, lat], axis=1), 9)
