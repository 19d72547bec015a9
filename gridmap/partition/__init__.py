"""Partition: units made of streets, grids made of units: balanced, street-bounded, nested, redrawn with as little change as possible."""

from gridmap.partition.advise import advise, apply
from gridmap.partition.blocks import blocks
from gridmap.partition.build import build
from gridmap.partition.edges import PRICES, edges
from gridmap.partition.goal import WEIGHTS, Goal
from gridmap.partition.network import Network
from gridmap.partition.score import Score, score
from gridmap.partition.tiers import tiers
from gridmap.partition.trade_off import trade_off

__all__ = [
    "PRICES",
    "WEIGHTS",
    "Goal",
    "Network",
    "Score",
    "advise",
    "apply",
    "blocks",
    "build",
    "edges",
    "score",
    "tiers",
    "trade_off",
]
