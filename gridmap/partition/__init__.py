"""Designing grids: street-bounded units and their borders."""

from gridmap.partition.blocks import blocks
from gridmap.partition.edges import PRICES, edges

__all__ = ["PRICES", "blocks", "edges"]
