"""Partition: units made grids, balanced, bounded by streets, nested, and redrawn with as little change as possible."""

from gridmap.partition.build import build
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network

__all__ = ["Goal", "Network", "build"]
