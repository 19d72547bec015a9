"""Workload index: minutes of work per grid."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.errors import SchemaError

# An assumption, not a published table: minutes of a grid worker's time per event, from the way there to the report after the last
# look. A question is answered on the spot; a suggestion is written down and passed on; litter is looked at, cleared and looked at
# again; a hazard or a household in need takes two visits and papers; a dispute takes several talks. An office that has measured
# its own times passes them as `minutes`.
DEFAULT_MINUTES: Mapping[str, float] = {
    "我要咨询": 10.0,
    "我要建议": 15.0,
    "环境卫生": 20.0,
    "安全隐患": 45.0,
    "民生困难": 60.0,
    "矛盾纠纷": 120.0,
}


def index(events: pd.DataFrame, assignment: pd.Series, grids: gpd.GeoDataFrame, *, minutes: Mapping[str, float] | float) -> pd.Series:
    """Add up the minutes of work that each grid's events take.

    Parameters
    ----------
    events
        Events with a `category`, indexed by event_id; a number for `minutes` needs no category.
    assignment
        Grid code of each event, on the index of `events` in any order; NA where an event lies in none. For one tier take its column of
        `assign.chain`: an owner that is a dedicated grid is no grid of the tier.
    grids
        Base grids of one tier, or units.
    minutes
        Minutes per event by category, or one number for all; `DEFAULT_MINUTES` covers the categories of the demo towns.

    Returns
    -------
    Series
        `load_min` in minutes on the index of `grids`: every grid, 0 where there was no event. Events in no grid count nowhere.

    Raises
    ------
    SchemaError
        If the indexes of `events` and `assignment` differ, a category has no minutes, a figure is negative or not finite, levels are
        mixed, or an assigned code is not among `grids`.
    """
    schema.require_index(grids.index, "grids")
    schema.require_one_tier(grids)
    schema.require_index(events.index, "events")
    different = events.index.symmetric_difference(assignment.index)
    if len(different) or len(events) != len(assignment):
        raise SchemaError("assignment_index", rows=different)
    owners = assignment.reindex(events.index)
    known = owners.isin(grids.index)
    foreign = owners.notna() & ~known
    if foreign.any():
        raise SchemaError("foreign_grid", given=", ".join(map(str, owners[foreign].unique()[:5])), rows=owners.index[foreign])
    effort = pd.Series(_minutes_per_event(events, minutes), index=events.index)
    load = effort[known].groupby(owners[known].to_numpy()).sum()
    return load.reindex(grids.index, fill_value=0.0).rename("load_min")


def _minutes_per_event(events: pd.DataFrame, minutes: Mapping[str, float] | float) -> np.ndarray:
    table = minutes if isinstance(minutes, Mapping) else {"*": minutes}
    wrong = {key: value for key, value in table.items() if not (np.isfinite(value) and value >= 0)}
    if wrong:
        raise SchemaError("minutes_value", given=", ".join(f"{key}: {value}" for key, value in wrong.items()))
    if not isinstance(minutes, Mapping):
        return np.full(len(events), float(minutes))
    schema.require_columns(events, ("category",), "events")
    categories = events["category"]
    unknown = ~categories.isin(list(table))
    if unknown.any():
        names = ", ".join(sorted(map(str, categories[unknown].unique())))
        raise SchemaError("unknown_category", categories=names, known=", ".join(table), rows=events.index[unknown])
    return categories.map(dict(table)).to_numpy(dtype=float)
