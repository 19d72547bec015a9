"""Which grid a point lies in: the owner, the whole chain of tiers, and counts for every grid; and sets that change one by one."""

from gridmap.assign.counts import count
from gridmap.assign.index import Index
from gridmap.assign.live import Assigned, Borders, OpenEvents, duplicates
from gridmap.assign.owner import chain, to_grids, under

__all__ = ["Assigned", "Borders", "Index", "OpenEvents", "chain", "count", "duplicates", "to_grids", "under"]
