"""Grids made of units: balanced, connected, compact, bounded by streets, and with as much of an old plan as is asked for."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError, SearchFailed
from gridmap.partition import network as networks
from gridmap.partition.balance import require_band
from gridmap.partition.goal import DEFAULT, Goal

Progress = Callable[[float, dict[str, float]], None]
NAME = "grid_code"


def build(
    units: pd.DataFrame,
    *,
    edges: pd.DataFrame | None = None,
    grids: int | None = None,
    households: tuple[float, float] | None = None,
    tolerance: float = 0.05,
    goal: Goal = DEFAULT,
    keep: pd.Series | None = None,
    stability: float = 0.0,
    within: pd.Series | None = None,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> pd.Series:
    """Make grids of units, each connected and within its limits.

    Parameters
    ----------
    units
        Indexed by unit_id, with `households` and the quantities of the goal; any CRS. Geometry may be absent where `edges` are given.
        Units of one `compound` stay together where a grid can hold them. `band_low` and `band_high` are the band of a unit's area, NA
        where that has none of its own.
    edges
        As `partition.edges` gives them; measured where they are not given.
    grids
        Number of grids: each has the mean of households, give or take the tolerance.
    households
        Band (low, high) of a grid's households instead, which is kept; evenness is aimed at within it. The band of a unit's area comes
        first: drop the columns to have one band everywhere. There are as many grids as the middle of the band gives, or one or two
        more or fewer where those do not succeed.
    tolerance
        Share of the mean; with `grids` alone.
    goal
        What counts how much, further quantities, seeds and locks.
    keep
        Code of the old grid of every unit, NA for none; grids have the codes of the old ones that they keep most of.
    stability
        How dear it is that weight moves to another grid than its old one: 0 begins anew, at 1 only what must move does.
    within
        Code of the parent of every unit: every grid lies in one parent, and its new code begins with the parent's. With `grids`, parents
        get numbers by their households, and the mean is that of the parent.
    seed
        Stream of chance: the same answer for the same seed.
    on_progress
        Called with the share done and figures of the best so far (`border_m`, `off`) of the part under way. What it raises ends the work.

    Returns
    -------
    Series
        `grid_code` of every unit, on the index of `units`. Codes are numbers from "01" in the order of the first units.

    Raises
    ------
    SchemaError
        If not one of `grids` and `households` is given, an option is out of range, or a table breaks its contract.
    CRSError
        If units with geometry have no CRS.
    InfeasibleError
        If there is no answer: a unit above what a grid may have, a connected piece that cannot be made of whole grids, locks or seeds
        that contradict each other. The rows are the cause.
    SearchFailed
        If none was found; `.best` is the Series that comes nearest, the rows its grids outside of their limits.

    Notes
    -----
    Units, edges and bands are looked at in the order of their codes, so that the order of rows does not matter. Source: simulated
    annealing (Kirkpatrick, Gelatt & Vecchi, 1983) of units at borders, from a start by recursive growth.
    """
    require_options(grids, households, tolerance, stability, seed)
    network = networks.of(units, edges, ("households", *goal.quantities))
    if not network.n:
        return pd.Series([], index=units.index, name=NAME, dtype="str")
    from gridmap.partition.parents import Asked, made

    asked = Asked(grids, households, tolerance, goal, keep, stability, within, seed)
    found, off = made(units, network, asked, on_progress or silent)
    result = pd.Series(found, index=network.index, name=NAME, dtype="str").reindex(units.index)
    if off > 0:
        raise SearchFailed("not_balanced", best=result, off=f"{off:.1%}")
    return result


def silent(share: float, best: dict[str, float]) -> None:
    """Tell nobody."""


def require_options(grids: int | None, households: object, tolerance: float, stability: float, seed: int) -> None:
    """Raise SchemaError if the options of `build` contradict each other or are out of range."""
    if (grids is None) == (households is None):
        raise SchemaError("grids_or_households", given=f"grids={grids}, households={households}")
    if grids is not None and not (isinstance(grids, int | np.integer) and not isinstance(grids, bool) and grids >= 1):
        raise SchemaError("grids_value", given=grids)
    if not 0 < tolerance < math.inf:
        raise SchemaError("goal_tolerance", what="households", given=tolerance)
    if not (stability >= 0 and math.isfinite(stability)):
        raise SchemaError("stability_value", given=stability)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise SchemaError("seed_value", given=seed)
    if households is not None:
        require_band(households)
