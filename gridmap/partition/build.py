"""Grids made of units: balanced, connected, compact, bounded by streets, and with as much of an old plan as is asked for."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.errors import SchemaError, SearchFailed
from gridmap.partition import balance as balances
from gridmap.partition import feasible
from gridmap.partition import network as networks
from gridmap.partition.goal import DEFAULT, Goal
from gridmap.partition.network import Network
from gridmap.partition.region import Region, Way, partitioned

Progress = Callable[[float, dict[str, float]], None]
NAME = "grid_code"
NEAR = 2  # numbers of grids on either side of the first one that are tried where a band allows several


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
        Units of one `compound` stay together where a grid can hold them. `band_low` and `band_high` are a unit's own band.
    edges
        As `partition.edges` gives them; measured where they are not given.
    grids
        Number of grids: each has the mean of households, give or take the tolerance.
    households
        Band (low, high) of a grid's households instead, which is kept; evenness is aimed at within it. There are as many grids as the
        middle of the band gives, or one or two more or fewer where those do not succeed.
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
    whole = _region(units, network, goal, keep, households, tolerance)
    way = Way(goal, stability, seed)
    found = np.full(network.n, None, dtype=object)
    worst = 0.0
    regions = list(_parents(whole, within, grids))
    done = 0
    for chosen, region, count in regions:

        def inner(part: float, best: dict[str, float], before: int = done, size: int = len(chosen)) -> None:
            if on_progress is not None:
                on_progress((before + part * size) / network.n, best)

        found[chosen], off = _attempted(region, count, way, inner)
        worst = max(worst, off)
        done += len(chosen)
    result = pd.Series(found, index=network.index, name=NAME, dtype="str").reindex(units.index)
    if worst > feasible.ROUNDING:
        raise SearchFailed("not_balanced", best=result, off=f"{worst:.1%}")
    return result


def require_options(grids: int | None, households: object, tolerance: float, stability: float, seed: int) -> None:
    """Raise SchemaError if the options of `build` contradict each other or are out of range."""
    if (grids is None) == (households is None):
        raise SchemaError("grids_or_households", given=f"grids={grids}, households={households}")
    if grids is not None and not (isinstance(grids, int | np.integer) and not isinstance(grids, bool) and grids >= 1):
        raise SchemaError("grids_value", given=grids)
    if not tolerance > 0:
        raise SchemaError("goal_tolerance", what="households", given=tolerance)
    if not (stability >= 0 and math.isfinite(stability)):
        raise SchemaError("stability_value", given=stability)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise SchemaError("seed_value", given=seed)


def _region(units: pd.DataFrame, network: Network, goal: Goal, keep: pd.Series | None, households: object, tolerance: float) -> Region:
    """Return all units as one region."""
    if households is None:
        balance = balances.by_number(network.weights, goal, tolerance)
    else:
        order = schema.code_order(units.index)
        balance = balances.by_band(network.weights, goal, balances.bands(units, balances.require_band(households), order))
    none = pd.Series(None, index=range(network.n), dtype=object)
    compound = units["compound"].reindex(network.index).reset_index(drop=True) if "compound" in units else none
    codes = none if keep is None else _aligned(keep, network, "keep").astype(object)
    unknown = sorted({str(code) for code in goal.locks} - {str(code) for code in codes.dropna()})
    if unknown:
        raise SchemaError("unknown_lock", rows=unknown)
    seeds = pd.Series(goal.seeds, dtype=object)
    foreign = seeds.index.difference(network.index)
    if len(foreign):
        raise SchemaError("unknown_seed", rows=foreign)
    seeds = seeds.map(str).reindex(network.index).reset_index(drop=True) if len(seeds) else none
    return Region(network, balance, compound, codes.map(str, na_action="ignore"), seeds, tuple(map(str, goal.locks)))


def _aligned(series: object, network: Network, what: str) -> pd.Series:
    """Return a Series of units in the order of the network."""
    if not isinstance(series, pd.Series):
        raise SchemaError("not_a_series", what=what, given=type(series).__name__)
    schema.require_index(series.index, what)
    different = series.index.symmetric_difference(network.index)
    if len(different):
        raise SchemaError("different_units", what=what, rows=different)
    return series.reindex(network.index).reset_index(drop=True)


def _parents(whole: Region, within: pd.Series | None, grids: int | None) -> Iterator[tuple[np.ndarray, Region, int | None]]:
    """Yield the units of each parent by position, its region and, where it is given, its number of grids."""
    if within is None:
        yield np.arange(whole.network.n), whole, grids
        return
    parent = _aligned(within, whole.network, "within")
    if parent.isna().any():
        raise SchemaError("without_parent", rows=whole.network.index[parent.isna()])
    number, codes = pd.factorize(parent.map(str), sort=True)
    counts: list[int | None] = [None] * len(codes)
    if grids is not None:
        counts = [
            int(count) for count in by_largest_remainder(np.bincount(number, whole.balance.weights[:, 0]), np.bincount(number), grids)
        ]
    home = _homes(whole, number)
    for place, code in enumerate(codes):
        chosen = np.flatnonzero(number == place)
        region = whole.rows(chosen)
        keep = region.keep.where(region.keep.map(home, na_action="ignore") == place)
        yield chosen, Region(region.network, region.balance, region.compound, keep, region.seeds, region.locked, str(code)), counts[place]


def _homes(whole: Region, parent: np.ndarray) -> dict[str, int]:
    """Return for every old code the parent in which most of its weight lies: in others it does not stand."""
    weight = whole.balance.weights[:, 0] + 1e-9
    table = pd.DataFrame({"code": whole.keep, "parent": parent, "weight": weight}).dropna()
    sums = table.groupby(["code", "parent"], sort=True)["weight"].sum().reset_index()
    if not len(sums):
        return {}
    best = sums.loc[sums.groupby("code")["weight"].idxmax()]
    return dict(zip(best["code"], best["parent"], strict=True))


def by_largest_remainder(weight: np.ndarray, most: np.ndarray, count: int) -> np.ndarray:
    """Share out a number of grids by weight, at least one and at most `most` to each.

    Raises
    ------
    SchemaError
        If there are fewer grids than parents.
    """
    if count < len(weight):
        raise SchemaError("fewer_grids_than_parents", given=count, parents=len(weight))
    ideal = weight / weight.sum() * count if weight.sum() > 0 else np.full(len(weight), count / len(weight))
    found = np.clip(np.floor(ideal).astype(np.int64), 1, most)
    while found.sum() != count:
        step = 1 if found.sum() < count else -1
        open_ = found < most if step > 0 else found > 1
        if not open_.any():
            return found
        found[np.flatnonzero(open_)[np.argmax((step * (ideal - found))[open_])]] += step
    return found


def _attempted(region: Region, count: int | None, way: Way, report: Callable[[float, dict[str, float]], None]) -> tuple[np.ndarray, float]:
    """Return the codes of the first number of grids that succeeds, else the best."""
    counts = [count] if count is not None else list(_counts(region))
    best: tuple[np.ndarray, float] | None = None
    for number in counts:
        found = partitioned(region, number, way, report)
        if best is None or found[1] < best[1]:
            best = found
        if best[1] <= feasible.ROUNDING:
            break
    assert best is not None
    return best


def _counts(region: Region) -> Iterator[int]:
    """Yield the numbers of grids to try: that of the old plan or of the middle of the band, then its neighbours."""
    balance = region.balance
    least, most = feasible.possible(balance, networks.pieces(region.network))
    first = _middle(balance)
    if region.keep.notna().any():
        first = region.keep.nunique()
    if least > most:
        yield max(first, 1)  # which tells the cause
        return
    first = min(max(first, least), most)
    yield first
    for step in range(1, NEAR + 1):
        yield from (number for number in (first + step, first - step) if least <= number <= most)


def _middle(balance: balances.Balance) -> int:
    """Return the number of grids that the middle of the band gives."""
    total = balance.weights[:, 0].sum()
    one_band = balance.names[0] == "households"
    return round(float(total / ((balance.low[0] + balance.high[0]) / 2))) if one_band else round(float(total))
