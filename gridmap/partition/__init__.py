"""Partition: units made grids, balanced, bounded by streets, nested, and redrawn with as little change as possible."""

from gridmap.partition.advise import advise, apply
from gridmap.partition.build import build
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network
from gridmap.partition.score import Score, score

__all__ = ["Goal", "Network", "Score", "advise", "apply", "build", "score"]
