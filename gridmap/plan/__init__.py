"""A plan: one dated version of the boundaries of every tier, and edits that cannot break its coverage or its nesting."""

from gridmap.plan.operations import add_dedicated, merge, re_parent, recode, reshape, retire_dedicated, split, transfer
from gridmap.plan.scenarios import RISKS, TOTAL, Scenarios, switch
from gridmap.plan.value import COUNTS, History, Plan, check, counted, from_grids, from_units

__all__ = [
    "COUNTS",
    "RISKS",
    "TOTAL",
    "History",
    "Plan",
    "Scenarios",
    "add_dedicated",
    "check",
    "counted",
    "from_grids",
    "from_units",
    "merge",
    "re_parent",
    "recode",
    "reshape",
    "retire_dedicated",
    "split",
    "switch",
    "transfer",
]
