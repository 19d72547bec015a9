"""Partition: units made of streets, grids made of units, balanced, bounded by streets, nested, and redrawn with as little change as possible."""

from gridmap.partition.advise import advise, apply
from gridmap.partition.blocks import blocks
from gridmap.partition.build import build
from gridmap.partition.edges import PRICES, edges
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network
from gridmap.partition.score import Score, score

__all__ = ["PRICES", "Goal", "Network", "Score", "advise", "apply", "blocks", "build", "edges", "score"]
