"""Faces that are no blocks - space between carriageways, islands of junctions, slivers - each handed to a neighbour."""

import math
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
SCRAP = 0.1  # of a face's area: what is smaller beside it makes it no carriageway of several, it is a line drawn twice
LONG = 0.15  # isoperimetric quotient; of a strip 20 times as long as wide 0.14. So long without a crossing, it is road space as wide
ROUND = 0.88  # isoperimetric quotient; of a square 0.79, of a hexagon 0.91
ROUND_M2 = 10_000.0  # a round face up to this size, 113 m across, is the island of a roundabout
INTERCHANGE_M2 = 50_000.0  # what ramps enclose up to this size is an interchange: the loop of a cloverleaf has 15,000 m2
NORTH_EAST = np.array([0.6, 0.8])  # no street grid runs just so
EQUAL = 0.9  # borders of so much of the longest are as good: then the side decides, the same along a road


@dataclass(frozen=True)
class Faces:
    """What tells blocks from what lies between them; arrays of shape (n,).

    Parameters
    ----------
    area, perimeter
        Square metres and metres.
    lived
        Whether households are known to live there.
    whole
        Marks compounds and their parts: they are blocks however narrow they are.
    ramps
        Whether more than half of the border runs along ramps and motorways.
    """

    area: np.ndarray
    perimeter: np.ndarray
    lived: np.ndarray
    whole: np.ndarray
    ramps: np.ndarray


@dataclass(frozen=True)
class Borders:
    """What two faces have in common: their positions, length in metres, and middle, shape (m, 2); a pair may have several."""

    left: np.ndarray
    right: np.ndarray
    length: np.ndarray
    middle: np.ndarray


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
    """The faces joined so far; of lists, as they are looked at one by one."""

    def __init__(self, faces: Faces, borders: Borders, min_area_m2: float) -> None:
        self.owner = list(range(len(faces.area)))
        self.size = [1] * len(faces.area)
        self.area, self.perimeter = faces.area.tolist(), faces.perimeter.tolist()
        self.lived, self.whole, self.ramps = faces.lived.tolist(), faces.whole.tolist(), faces.ramps.tolist()
        self.min_area = min_area_m2
        # Of each neighbour the length of the border, and that times how far its middle lies to the north-east.
        self.beside: list[dict[int, tuple[float, float]]] = [{} for _ in faces.area]
        moment = borders.length * (borders.middle @ NORTH_EAST)
        for one, other, length, aside in zip(
            *(each.tolist() for each in (borders.left, borders.right, borders.length, moment)), strict=True
        ):
            self.add(one, other, (length, aside))
        self.settled = [not self.is_open(face) for face in self.owner]

    def add(self, one: int, other: int, border: tuple[float, float]) -> None:
        """Add to the border of two faces."""
        length, aside = self.beside[one].get(other, (0.0, 0.0))
        self.beside[one][other] = self.beside[other][one] = (length + border[0], aside + border[1])

    def is_open(self, face: int) -> bool:
        """Tell whether a face, or several that are no blocks together, is no block."""
        area, perimeter = self.area[face], self.perimeter[face]
        if area < self.min_area:
            return True
        if self.whole[face]:
            return False
        width, roundness = 2 * area / perimeter, 4 * math.pi * area / perimeter**2
        if self.lived[face]:
            return width < LIVED_NARROW_M
        if self.ramps[face] and area < INTERCHANGE_M2:
            return True
        if roundness > ROUND:
            return area < ROUND_M2
        if self.size[face] > 1 or roundness < LONG:
            return width < ROAD_SPACE_M
        return width < (COMPACT_NARROW_M if roundness > COMPACT else NARROW_M)

    def run(self) -> np.ndarray:
        """Join until every face that has a neighbour is a block."""
        queue = [(area, face) for face, area in enumerate(self.area) if not self.settled[face]]
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
        owner = np.array(self.owner, dtype=int)
        while (owner[owner] != owner).any():
            owner = owner[owner]
        return owner

    def target(self, face: int) -> int:
        """Return the neighbour that a face goes to."""
        beside = self.beside[face]
        enough = EQUAL * max(length for length, _ in beside.values())
        good = [(round(aside / length, 3), length, -other) for other, (length, aside) in beside.items() if length >= enough]
        return -max(good)[2]

    def join(self, face: int, target: int) -> None:
        """Make a face a part of its neighbour."""
        self.owner[face] = target
        self.perimeter[target] += self.perimeter[face] - 2 * self.beside[face][target][0]
        self.size[target] += self.size[face] if self.area[face] >= SCRAP * self.area[target] else 0
        self.area[target] += self.area[face]
        self.lived[target] |= self.lived[face]
        self.ramps[target] |= self.ramps[face]
        for other, border in self.beside[face].items():
            del self.beside[other][face]
            if other != target:
                self.add(target, other, border)
        self.beside[face] = {}
