"""A plan: one dated version of the boundaries of every tier, and edits that cannot break its coverage or its nesting."""

from gridmap.plan.clipping import units_within
from gridmap.plan.describe import describe, ledger
from gridmap.plan.difference import Difference, compare, difference
from gridmap.plan.follow import apply
from gridmap.plan.making import check, counted, from_grids, from_units, require_coverage, trusted
from gridmap.plan.operations import add_dedicated, merge, re_parent, recode, reshape, retire_dedicated, split, transfer
from gridmap.plan.redrawing import coded, homes_of_dedicated, redraw
from gridmap.plan.rows import CHANGES, MOVES
from gridmap.plan.scenarios import RISKS, TOTAL, Scenarios, switch
from gridmap.plan.units import units_after
from gridmap.plan.value import COUNTS, History, Plan

__all__ = [
    "CHANGES",
    "COUNTS",
    "MOVES",
    "RISKS",
    "TOTAL",
    "Difference",
    "History",
    "Plan",
    "Scenarios",
    "add_dedicated",
    "apply",
    "check",
    "coded",
    "compare",
    "counted",
    "describe",
    "difference",
    "from_grids",
    "from_units",
    "homes_of_dedicated",
    "ledger",
    "merge",
    "re_parent",
    "recode",
    "redraw",
    "require_coverage",
    "reshape",
    "retire_dedicated",
    "split",
    "switch",
    "transfer",
    "trusted",
    "units_after",
    "units_within",
]
