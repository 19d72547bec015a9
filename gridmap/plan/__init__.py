"""A plan: one dated version of the boundaries of every tier, and edits that cannot break its coverage or its nesting."""

from gridmap.plan.difference import Difference, compare, difference
from gridmap.plan.operations import add_dedicated, merge, re_parent, recode, reshape, retire_dedicated, split, transfer
from gridmap.plan.rows import CHANGES, MOVES
from gridmap.plan.value import History, Plan, check, counted, from_grids, from_units

__all__ = [
    "CHANGES",
    "MOVES",
    "Difference",
    "History",
    "Plan",
    "add_dedicated",
    "check",
    "compare",
    "counted",
    "difference",
    "from_grids",
    "from_units",
    "merge",
    "re_parent",
    "recode",
    "reshape",
    "retire_dedicated",
    "split",
    "transfer",
]
