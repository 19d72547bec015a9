"""Workload index per grid, and how evenly it is spread."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class Balance:
    """How evenly a load is spread over the grids.

    Parameters
    ----------
    gini
        Gini coefficient, 0 (all equal) to (n - 1) / n (all in one grid).
    cv
        Coefficient of variation: population standard deviation / mean.
    max_over_mean
        Largest load / mean load.
    lorenz
        Shape (n + 1, 2), from (0, 0) to (1, 1): share of the grids, least loaded first, and the share of the load they carry.

    Notes
    -----
    Where nothing is to be shared out (no grid, or a total of zero) evenness has no meaning: the three figures are NaN, and so are the
    load shares in `lorenz` after its first point.
    """

    gini: float
    cv: float
    max_over_mean: float
    lorenz: np.ndarray


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


def balance(load: pd.Series) -> Balance:
    """Measure how evenly `load` is spread.

    Parameters
    ----------
    load
        Load per grid, shape (n,), not negative, no NA; any unit.

    Returns
    -------
    Balance
        Gini, coefficient of variation, max / mean and the Lorenz curve.

    Raises
    ------
    SchemaError
        If a value is negative, missing or infinite.

    Notes
    -----
    All four are free of the unit. Gini is that of the whole population (no small-sample factor n / (n - 1)), twice the area between the
    Lorenz curve and the diagonal. Cost: one sort.
    """
    values = np.asarray(load.to_numpy(dtype=float, na_value=np.nan))
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise SchemaError("not_a_load", rows=load.index[wrong])
    n, largest = len(values), values.max(initial=0.0)
    shares = np.column_stack([np.linspace(0.0, 1.0, n + 1), np.zeros(n + 1)])
    if n == 0 or largest == 0:
        shares[1:, 1] = np.nan
        return Balance(np.nan, np.nan, np.nan, shares)
    scaled = np.sort(values / largest)  # loads near the limits of floating point would overflow
    total = scaled.sum()
    shares[1:, 1] = np.cumsum(scaled) / total
    shares[-1, 1] = 1.0
    rank = np.arange(1, n + 1)
    gini = max(0.0, float(((2 * rank - n - 1) * scaled).sum() / (n * total)))
    return Balance(gini, float(scaled.std() / scaled.mean()), float(1.0 / scaled.mean()), shares)


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
