"""Reports: one offline HTML file a stranger can read, print and check."""

from gridmap.report.comparison import comparison
from gridmap.report.conflicts import conflicts
from gridmap.report.density import density
from gridmap.report.document import About
from gridmap.report.hotspots import hotspots
from gridmap.report.notice import notice
from gridmap.report.scores import Scores, scores
from gridmap.report.switch import switch
from gridmap.report.themes import themes

__all__ = ["About", "Scores", "comparison", "conflicts", "density", "hotspots", "notice", "scores", "switch", "themes"]
