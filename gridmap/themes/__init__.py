"""The ten themes of grid governance (GI 分析) as counts: records, counts per grid, and the chain from residents to the map."""

from gridmap.themes.chain import LINKS, chain
from gridmap.themes.counts import bases, count
from gridmap.themes.records import from_buildings, require

__all__ = ["LINKS", "bases", "chain", "count", "from_buildings", "require"]
