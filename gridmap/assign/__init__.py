"""Which grid a point lies in: the owner, the whole chain of tiers, and counts for every grid."""

from gridmap.assign.index import Index
from gridmap.assign.owner import chain, count, to_grids

__all__ = ["Index", "chain", "count", "to_grids"]
