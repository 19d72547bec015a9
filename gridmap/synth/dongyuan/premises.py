"""Buildings where nobody lives: school, hospital, sheds and halls of the dedicated grids, shops and offices along the streets."""

from itertools import pairwise

import numpy as np
import pandas as pd
import shapely

from gridmap.synth.dongyuan import layout
from gridmap.synth.dongyuan.buildings import block
from gridmap.synth.dongyuan.faces import Faces
from gridmap.synth.town import snap

# per use of a place: middle as share of the face's width and height from its south-west, length_m, depth_m, floors
HALLS: dict[str, tuple[tuple[float, float, float, float, int], ...]] = {
    "school": ((0.28, 0.78, 62, 14, 4), (0.28, 0.55, 62, 14, 4), (0.28, 0.32, 62, 14, 4), (0.72, 0.80, 46, 24, 2)),
    "hospital": ((0.5, 0.80, 78, 22, 9), (0.5, 0.52, 84, 18, 6), (0.32, 0.24, 40, 20, 3), (0.72, 0.24, 34, 16, 2)),
    "mall": ((0.48, 0.52, 98, 84, 5),),
    "market": ((0.5, 0.62, 72, 32, 2), (0.5, 0.24, 72, 14, 1)),
    "industrial": (
        (0.36, 0.20, 84, 30, 1), (0.76, 0.20, 70, 30, 1), (0.36, 0.44, 84, 30, 1), (0.76, 0.44, 70, 30, 1), (0.42, 0.68, 66, 26, 1),
        (0.76, 0.70, 60, 16, 4),
    ),
    "park": ((0.35, 0.62, 16, 16, 1), (0.68, 0.35, 22, 12, 1)),
    "station": ((0.5, 0.70, 76, 22, 2), (0.28, 0.30, 30, 14, 1)),
    "office": ((0.5, 0.74, 66, 16, 6), (0.26, 0.36, 44, 14, 4), (0.74, 0.36, 44, 14, 4)),
}  # fmt: skip
USES = (("shop", 0.58, (1, 3)), ("office", 0.2, (3, 6)), ("workshop", 0.22, (1, 2)))
SETBACK_M = 11.0  # from the middle of the street to a front
LANE_M = 5.0
CLEAR_M = 6.0  # between two premises


def premises(town: Faces, random: np.random.Generator) -> pd.DataFrame:
    """Return the buildings without residents: use, place (name, NA elsewhere), floors, polygon (EPSG:4548)."""
    use = {place.name: place.use for place in layout.PLACES}
    lanes = shapely.buffer(shapely.union_all(town.arcs), LANE_M)
    rows: list[dict[str, object]] = []
    for face in town.table.itertuples():
        if face.place in use:
            rows += _halls(face.plan, face.place, use[face.place], town)
        elif face.part < 0:
            rows += _fronts(face.polygon, lanes, random)
    return pd.DataFrame(rows)


def _halls(plan: shapely.Polygon, name: str, use: str, town: Faces) -> list[dict[str, object]]:
    west, south, east, north = plan.bounds
    level = (south + north) / 2
    start, end = town.ground.metric(np.array([[west, level], [east, level]]))
    turn = tuple((end - start) / np.hypot(*(end - start)))
    rows = []
    for along, across, length, depth, floors in HALLS[use]:
        middle = town.ground.metric(np.array([[west + along * (east - west), south + across * (north - south)]]))[0]
        rows.append({"use": use, "place": name, "floors": floors, "polygon": block(middle, length, depth, turn)})
    return rows


def _fronts(polygon: shapely.Polygon, lanes: shapely.Geometry, random: np.random.Generator) -> list[dict[str, object]]:
    """Walk round a face and set houses behind its edge, leaving gaps."""
    ring = shapely.simplify(polygon, 4.0).exterior
    # a lane that ends inside the face is kept clear, too
    yard = shapely.buffer(polygon, 1.0 - SETBACK_M, join_style="mitre").difference(lanes)
    uses, odds = [use for use, _, _ in USES], [share for _, share, _ in USES]
    rows: list[dict[str, object]] = []
    taken: list[shapely.Polygon] = []
    corners = np.array(ring.normalize().coords)
    for begin, end in pairwise(corners):
        side = float(np.hypot(*(end - begin)))
        turn = (end - begin) / side
        inward = _inward(begin, end, turn, polygon)
        reach = SETBACK_M + random.uniform(2.0, 14.0)
        while reach < side - SETBACK_M - 16.0:
            length, depth = random.uniform(18.0, 42.0), random.uniform(10.0, 17.0)
            skip = random.random() < 0.3
            use = int(random.choice(len(uses), p=odds))
            floors = int(random.integers(*USES[use][2], endpoint=True))
            middle = begin + turn * (reach + length / 2) + inward * (SETBACK_M + depth / 2)
            house = block(middle, length, depth, (float(turn[0]), float(turn[1])))
            if not skip and yard.contains(house) and (not taken or shapely.distance(taken, house).min() > CLEAR_M):
                rows.append({"use": uses[use], "place": None, "floors": floors, "polygon": house})
                taken.append(house)
            reach += length + random.uniform(7.0, 22.0)
    return rows


def _inward(begin: np.ndarray, end: np.ndarray, turn: np.ndarray, polygon: shapely.Polygon) -> np.ndarray:
    left = np.array([-turn[1], turn[0]])
    return left if polygon.contains(shapely.Point((begin + end) / 2 + left * SETBACK_M)) else -left


def front(polygon: shapely.Polygon, street: shapely.Geometry) -> shapely.Point:
    """Return the door of a building: 1.5 m outside the middle of the wall nearest to the street."""
    corners = np.array(polygon.exterior.coords)
    middles = (corners[1:] + corners[:-1]) / 2
    nearest = int(np.argmin(shapely.distance(shapely.points(middles), street)))
    outward = middles[nearest] - np.array(polygon.centroid.coords[0])
    return snap(shapely.Point(middles[nearest] + outward / np.hypot(*outward) * 1.5))
