"""The tools of the page of plans, what is done on the map with each, and what they all ask for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import geopandas as gpd
import pandas as pd
import streamlit as st

from gridmap.plan import Plan
from gridmap.ui import memory
from gridmap.ui.planning.desk import text

TOOLS = ("split", "merge", "transfer", "border", "re_parent", "recode", "add_dedicated", "retire_dedicated")
SPLIT, MERGE, TRANSFER, BORDER, PARENT, RECODE, LAY, LIFT = TOOLS
UNDRAWN = (PARENT, RECODE, LAY, LIFT)  # no border of a base grid moves
ON_LOWEST = (TRANSFER, BORDER, LAY, LIFT)  # dedicated grids are shown over the lowest tier
# What is drawn for each, on the map's toolbar.
ON_MAP = {
    SPLIT: ("line", "edit", "measure"),
    MERGE: ("box", "lasso", "brush"),
    TRANSFER: ("polygon", "edit", "measure"),
    BORDER: ("line", "edit", "measure"),
    PARENT: ("measure",),
    RECODE: ("measure",),
    LAY: ("polygon", "edit", "measure"),
    LIFT: ("measure",),
}
WITH_UNITS = ("box", "lasso", "brush")
MOST_OFFERED = 12


@dataclass(frozen=True)
class Proposal:
    """An edit that could be made.

    Attributes
    ----------
    action
        One of `TOOLS`.
    codes
        The grids concerned.
    sentence
        What would be done; what is still missing where `make` is None.
    make
        Makes the edit; raises PlanError.
    """

    action: str
    codes: tuple[str, ...] = ()
    sentence: str = ""
    make: Callable[[Plan], Plan] | None = field(default=None, repr=False)


def named(grids: gpd.GeoDataFrame, code: str) -> str:
    """Return name and code of a grid."""
    name = grids["name"].get(code)
    return code if name is None or pd.isna(name) or str(name).strip() in ("", code) else text("named", name=name, code=code)


def offered(name: str, codes: list[str], of: Plan) -> str:
    """Let a person choose one of some grids, the likeliest first, and return it."""
    codes = codes[:MOST_OFFERED]
    key = f"plan_{name}_{codes[0]}"
    memory.recall(key, codes.__contains__)
    return str(st.selectbox(text(f"which.{name}"), codes, format_func=partial(named, of.grids), key=key))


def written(name: str, about: str, *, example: str = "") -> str:
    """Let a person write a word about a grid or a place, and return it."""
    key = f"plan_{name}_{about}"
    memory.recall(key, memory.is_text)
    return st.text_input(text(f"write.{name}"), key=key, max_chars=60, placeholder=example).strip()
