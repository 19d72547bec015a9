"""Crosswalk: several departments' layers made one, an old layer against a new one, series restated on new boundaries."""

from gridmap.crosswalk.between import between
from gridmap.crosswalk.conflicts import KINDS, Conflicts, conflicts
from gridmap.crosswalk.rebase import METHODS, rebase, restated
from gridmap.crosswalk.refine import refine

__all__ = ["KINDS", "METHODS", "Conflicts", "between", "conflicts", "rebase", "refine", "restated"]
