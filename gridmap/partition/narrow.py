"""Faces that are no blocks - space between carriageways, islands of junctions, slivers - each handed to a neighbour."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

# Twice the area over the perimeter: of a long strip its width, of a square half its side. pi times its square is the area times the
# isoperimetric quotient, whose logarithm is the face artifact index of Fleischmann & Vybornova (2024). Its distribution has two hills, road
# space and blocks, with a valley between 7.5 and 8 in the centre of Wuhan: 24 to 28 m.
NARROW_M = 25.0
COMPACT = 0.6  # isoperimetric quotient; of a square 0.79, of one twice as long as wide 0.70, of an equilateral triangle 0.60
COMPACT_NARROW_M = 16.0  # a compact face is a small block from 32 x 32 m on; where two dual carriageways cross it is smaller
LIVED_NARROW_M = 10.0  # where people live a narrow face is a row of houses rather than road space, unless it holds no house
ROAD_SPACE_M = 2 * NARROW_M  # narrow faces side by side are still road space: carriageways and the lanes beside them
LONG = 0.15  # isoperimetric quotient; of a strip 20 times as long as wide 0.14. So long without a crossing, it is road space as wide
ROUND = 0.88  # isoperimetric quotient; of a square 0.79, of a hexagon 0.91
ROUND_M2 = 10_000.0  # a round face up to this size, 113 m across, is the island of a roundabout
INTERCHANGE_M2 = 50_000.0  # what ramps enclose up to this size is an interchange: the loop of a cloverleaf has 15,000 m2
EQUAL = 0.9  # borders of so much of the longest are as good: then the side decides, the same along a road


@dataclass(frozen=True)
class Faces:
    """What tells blocks from what lies between them; arrays of shape (n,), metres.

    Parameters
    ----------
    area, perimeter
        Size.
    x, y
        Centre.
    lived
        Whether households are known to live there.
    whole
        Marks compounds and their parts: they are blocks however narrow they are.
    ramps
        Whether more than half of the border runs along ramps and motorways.
    """

    area: np.ndarray
    perimeter: np.ndarray
    x: np.ndarray
    y: np.ndarray
    lived: np.ndarray
    whole: np.ndarray
    ramps: np.ndarray


@dataclass(frozen=True)
class Borders:
    """What two faces have in common: positions, length and middle; shape (m,)."""

    left: np.ndarray
    right: np.ndarray
    length: np.ndarray
    x: np.ndarray
    y: np.ndarray


def owners(faces: Faces, borders: Borders, *, min_area_m2: float) -> np.ndarray:
    """Return for every face the one that it becomes a part of: itself for a block.

    Notes
    -----
    The smallest face that is no block goes first, to the neighbour with the longest border along it; among those with nearly as long a
    border to the one that lies most to the north-east, so that the border follows one carriageway of a road. Areas, perimeters and
    borders of what was joined add up, so no geometry is touched. What is smaller than `min_area_m2` stays only without a neighbour.
    """
    return _Merging(faces, borders, min_area_m2).run()


class _Merging:
    """The faces joined so far."""

    def __init__(self, faces: Faces, borders: Borders, min_area_m2: float) -> None:
        count = len(faces.area)
        self.owner = np.arange(count)
        self.size = np.ones(count, dtype=int)
        self.area, self.perimeter = faces.area.copy(), faces.perimeter.copy()
        self.moment = np.stack([faces.x, faces.y], axis=1) * faces.area[:, None]
        self.lived, self.whole, self.ramps = faces.lived.copy(), faces.whole, faces.ramps.copy()
        self.min_area = min_area_m2
        self.beside: list[dict[int, np.ndarray]] = [{} for _ in range(count)]
        shared = np.stack([borders.length, borders.length * borders.x, borders.length * borders.y], axis=1)
        for one, other, amounts in zip(borders.left.tolist(), borders.right.tolist(), shared, strict=True):
            total = self.beside[one].get(other, 0) + amounts
            self.beside[one][other] = self.beside[other][one] = total
        self.settled = np.array([not self.is_open(face) for face in range(count)], dtype=bool)

    def is_open(self, face: int) -> bool:
        """Tell whether a face, or several that are no blocks together, is no block."""
        area, perimeter = self.area[face], self.perimeter[face]
        if area < self.min_area:
            return True
        if self.whole[face]:
            return False
        width, roundness = 2 * area / perimeter, 4 * np.pi * area / perimeter**2
        if self.lived[face]:
            return bool(width < LIVED_NARROW_M)
        if self.ramps[face] and area < INTERCHANGE_M2:
            return True
        if roundness > ROUND:
            return bool(area < ROUND_M2)
        if self.size[face] > 1 or roundness < LONG:
            return bool(width < ROAD_SPACE_M)
        return bool(width < (COMPACT_NARROW_M if roundness > COMPACT else NARROW_M))

    def run(self) -> np.ndarray:
        queue = [(self.area[face], face) for face in np.flatnonzero(~self.settled).tolist()]
        heapify(queue)
        while queue:
            area, face = heappop(queue)
            if self.owner[face] != face or self.settled[face] or area != self.area[face] or not self.beside[face]:
                continue
            target = self.target(face)
            self.join(face, target)
            if not self.settled[target]:
                self.settled[target] = not self.is_open(target)
                heappush(queue, (self.area[target], target))
        return self.roots()

    def target(self, face: int) -> int:
        neighbours = list(self.beside[face])
        shared = np.array([self.beside[face][other] for other in neighbours])
        length = shared[:, 0]
        aside = shared[:, 1:] / length[:, None] - self.moment[face] / self.area[face]
        north_east = np.round(aside @ [0.6, 0.8], 3)
        good = np.flatnonzero(length >= EQUAL * length.max())
        return neighbours[max(good, key=lambda row: (north_east[row], length[row], -neighbours[row]))]

    def join(self, face: int, target: int) -> None:
        self.owner[face] = target
        beside = self.beside[face]
        self.perimeter[target] += self.perimeter[face] - 2 * beside[target][0]
        for name in (self.area, self.moment, self.size, self.lived, self.ramps):
            name[target] += name[face]
        del self.beside[target][face]
        for other, amounts in beside.items():
            if other == target:
                continue
            del self.beside[other][face]
            total = self.beside[target].get(other, 0) + amounts
            self.beside[target][other] = self.beside[other][target] = total
        self.beside[face] = {}

    def roots(self) -> np.ndarray:
        owner = self.owner
        while (owner[owner] != owner).any():
            owner = owner[owner]
        return owner
