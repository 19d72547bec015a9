"""Coverage: where a tier leaves gaps or overlaps, how much lies in exactly one grid, and a layer repaired."""

from gridmap.coverage.check import COLUMNS, KINDS, check
from gridmap.coverage.findings import findings
from gridmap.coverage.inspection import STEPS, Inspection, inspect
from gridmap.coverage.moves import RULES
from gridmap.coverage.repair import Repair, repair
from gridmap.coverage.shares import shares

__all__ = ["COLUMNS", "KINDS", "RULES", "STEPS", "Inspection", "Repair", "check", "findings", "inspect", "repair", "shares"]
