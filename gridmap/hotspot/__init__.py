"""Hotspots: grids whose neighbourhood holds more events than chance, and the density of points."""

from gridmap.hotspot.density import Density, density
from gridmap.hotspot.gi_star import CLASSES, gi_star

__all__ = ["CLASSES", "Density", "density", "gi_star"]
