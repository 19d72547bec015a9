"""Which grid a point lies in: the owner, the whole chain of tiers, and counts for every grid; and sets that change one by one."""

from gridmap.assign.assigned import Assigned
from gridmap.assign.borders import Borders
from gridmap.assign.counts import count
from gridmap.assign.duplicates import duplicates
from gridmap.assign.index import Index
from gridmap.assign.open_events import OpenEvents
from gridmap.assign.owner import chain, to_grids, under

__all__ = ["Assigned", "Borders", "Index", "OpenEvents", "chain", "count", "duplicates", "to_grids", "under"]
