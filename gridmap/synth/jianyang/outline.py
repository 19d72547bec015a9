"""The outline of the district: a closed curve of waves around its centre."""

from dataclasses import dataclass

import numpy as np

from gridmap.synth.town import stream

AREA_M2 = 3_385_000_000.0


@dataclass(frozen=True)
class Outline:
    """A closed curve around the origin, in metres: its distance from the origin is a sum of waves of the bearing."""

    mean_m: float
    heights: np.ndarray
    phases: np.ndarray

    def radius(self, bearing: np.ndarray) -> np.ndarray:
        """Return the distance in metres from the origin to the curve at each bearing (radians)."""
        waves = np.arange(2, 2 + len(self.heights))
        return self.mean_m * (1.0 + np.cos(np.multiply.outer(bearing, waves) + self.phases) @ self.heights)

    def depth(self, places: np.ndarray) -> np.ndarray:
        """Return how far inside the curve each place (n, 2) lies along its bearing, in metres; negative outside."""
        return self.radius(np.arctan2(places[:, 1], places[:, 0])) - np.hypot(places[:, 0], places[:, 1])


def draw(seed: int) -> Outline:
    """Return the outline of a seed; it encloses the district's area."""
    random = stream(seed, "jianyang/outline")
    heights = np.array([0.11, 0.09, 0.06, 0.04, 0.03, 0.025, 0.02, 0.015]) * random.uniform(0.5, 1.0, 8)
    phases = random.uniform(0, 2 * np.pi, 8)
    bearing = np.linspace(0, 2 * np.pi, 3600, endpoint=False)
    mean_square = np.mean(Outline(1.0, heights, phases).radius(bearing) ** 2)
    return Outline(float(np.sqrt(AREA_M2 / (np.pi * mean_square))), heights, phases)
