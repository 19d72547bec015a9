"""Coverage: where a tier leaves gaps or overlaps, and how much lies in exactly one grid."""

from gridmap.coverage.check import COLUMNS, KINDS, check
from gridmap.coverage.findings import findings
from gridmap.coverage.inspection import STEPS, Inspection, inspect
from gridmap.coverage.shares import shares

__all__ = ["COLUMNS", "KINDS", "STEPS", "Inspection", "check", "findings", "inspect", "shares"]
