"""Sets that change one by one: events that follow their boundaries, open events, borders to snap to, and reports made twice."""

from gridmap.assign.live.assigned import Assigned
from gridmap.assign.live.borders import Borders
from gridmap.assign.live.duplicates import duplicates
from gridmap.assign.live.open_events import OpenEvents

__all__ = ["Assigned", "Borders", "OpenEvents", "duplicates"]
