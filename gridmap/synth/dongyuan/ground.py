"""The ground under the plan: bends the squared paper into a town, to the square metre."""

from dataclasses import dataclass, replace
from itertools import count
from typing import cast

import numpy as np
import shapely

from gridmap.synth.dongyuan import layout
from gridmap.synth.town import Shape, snap, stream

ORIGIN = (539_000.0, 4_000_000.0)  # where the plan's middle lies in EPSG:4548: open country, chosen for no reason
MIDDLE = (945.0, 592.0)
STEP_M = 25.0  # distance of the vertices of a bent line
RIVER_REACH_M = 240.0  # how far north the river's meanders pull the ground


@dataclass(frozen=True)
class Ground:
    """A smooth map from the plan to EPSG:4548.

    Attributes
    ----------
    waves
        Shape (n, 5): east and north part of the wave's direction (unit vector), length_m, phase (turns), height_m.
    bends
        Shape (m, 3) of the river: length_m, phase (turns), height_m.
    turn
        Cosine and sine of the town's rotation.
    """

    waves: np.ndarray
    bends: np.ndarray
    turn: tuple[float, float]
    scale: float = 1.0

    def metric(self, coordinates: np.ndarray) -> np.ndarray:
        """Return coordinates, shape (n, 2) in metres of the plan, in EPSG:4548, not yet on the lattice."""
        bent = coordinates.astype(float).copy()
        reach = np.clip(1.0 - coordinates[:, 1] / RIVER_REACH_M, 0.0, 1.5) ** 2
        bent[:, 1] -= reach * (28.0 + _swing(coordinates[:, 0], self.bends))
        for east, north, length, phase, height in self.waves:
            along = (coordinates[:, 0] * east + coordinates[:, 1] * north) / length
            push = height * np.sin(2.0 * np.pi * (along + phase))
            # across the wave's own direction: the ground shears a little and is never squeezed
            bent += np.column_stack([-north * push, east * push])
        cosine, sine = self.turn
        centred = (bent - MIDDLE) * self.scale
        turned = np.column_stack([centred[:, 0] * cosine - centred[:, 1] * sine, centred[:, 0] * sine + centred[:, 1] * cosine])
        return turned + ORIGIN

    def bend(self, geometry: Shape) -> Shape:
        """Return geometry of the plan on the ground, its vertices on the 0.01 m lattice and never over 25 m apart."""
        return cast(Shape, snap(shapely.transform(shapely.segmentize(geometry, STEP_M), self.metric)))


def _swing(east: np.ndarray, bends: np.ndarray) -> np.ndarray:
    return sum(height * np.sin(2.0 * np.pi * (east / length + phase)) for length, phase, height in bends)


def make(seed: int, outline: shapely.Polygon) -> Ground:
    """Return the ground of a seed, scaled so that the plan's outline, with a vertex at every crossing, holds 2,240,000 m2 within 0.5 m2."""
    random = stream(seed, "dongyuan/ground")
    waves = np.vstack([_waves(random, 3, (900.0, 1500.0), 15.0), _waves(random, 2, (350.0, 520.0), 2.5)])
    bends = np.column_stack([[900.0, 380.0], random.random(2), [20.0, 8.0]])
    angle = np.radians(random.uniform(-6.0, 6.0))
    ground = Ground(waves, bends, (float(np.cos(angle)), float(np.sin(angle))))
    fit = float(np.sqrt(layout.AREA_M2 / shapely.area(ground.bend(outline))))
    # snapping moves the area by a square metre or so: search on both sides, each step being a fresh rounding and 0.1 m2 further
    for step in count():
        ground = replace(ground, scale=fit * (1.0 + (-1) ** step * ((step + 1) // 2) * 2.5e-8))
        if abs(shapely.area(ground.bend(outline)) - layout.AREA_M2) < 0.5:
            break
    return ground


def _waves(random: np.random.Generator, number: int, lengths: tuple[float, float], height: float) -> np.ndarray:
    direction = random.uniform(0.0, 2.0 * np.pi, number)
    return np.column_stack(
        [
            np.cos(direction),
            np.sin(direction),
            random.uniform(*lengths, number),
            random.random(number),
            random.uniform(0.6, 1.0, number) * height,
        ]
    )
