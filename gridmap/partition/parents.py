"""Units by their parents: what is asked of each parent's units, and the grids of all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.errors import InfeasibleError, SchemaError
from gridmap.partition import balance as balances
from gridmap.partition import feasible, small, unfit
from gridmap.partition import network as networks
from gridmap.partition.goal import Goal
from gridmap.partition.network import Network
from gridmap.partition.region import Region, Way, partitioned

Report = Callable[[float, dict[str, float]], None]
OF_ITS_NUMBER = ("no_partition", "seeds_no_partition", "more_grids_than_units")  # another number of grids may have an answer
NEAR = 2  # numbers of grids on either side of the first one that are tried where a band allows several


@dataclass(frozen=True, eq=False)
class Asked:
    """What `build` is asked for; `overall`: the limits are those of the mean of all grids, not of each parent's; `effort`: see `Way`."""

    grids: int | None
    households: tuple[float, float] | None
    tolerance: float
    goal: Goal
    keep: pd.Series | None
    stability: float
    within: pd.Series | None
    seed: int
    overall: bool = False
    effort: float = 1.0


def made(units: pd.DataFrame, network: Network, asked: Asked, report: Report) -> tuple[np.ndarray, float]:
    """Return the code of every unit's grid, in the order of the network, and how far the worst one is outside of its limits."""
    whole = _region(units, network, asked)
    way = Way(asked.goal, asked.stability, asked.seed, asked.effort)
    found = np.full(network.n, None, dtype=object)
    worst, done = 0.0, 0
    used = set(whole.keep.dropna()) | set(whole.seeds.dropna())
    parts = list(_parents(whole, asked))
    none: dict[str, InfeasibleError] = {}
    for chosen, region, count in parts:

        def inner(part: float, best: dict[str, float], before: int = done, size: int = len(chosen)) -> None:
            report((before + part * size) / network.n, best)

        done += len(chosen)
        try:
            found[chosen], off = _attempted(region, count, way, used, inner)
        except InfeasibleError as error:
            none[region.prefix] = error
            continue
        used |= set(found[chosen])
        worst = max(worst, off)
    unfit.require_none(none, len(parts), pd.Series(found, index=network.index, dtype="str"), worst)
    return found, worst


def _region(units: pd.DataFrame, network: Network, asked: Asked) -> Region:
    """Return all units as one region."""
    goal = asked.goal
    if asked.households is None:
        balance = balances.by_number(network.weights, goal, asked.tolerance)
    else:
        order = schema.code_order(units.index)
        balance = balances.by_band(network.weights, goal, balances.bands(units, balances.require_band(asked.households), order))
    if asked.overall and asked.grids is not None:
        balance = balance.fixed(asked.grids)
    none = pd.Series(None, index=range(network.n), dtype=object)
    compound = units["compound"].reindex(network.index).reset_index(drop=True) if "compound" in units else none
    codes = none if asked.keep is None else _aligned(asked.keep, network, "keep").astype(object)
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
        raise SchemaError("not_a_series_of_units", what=what, given=type(series).__name__)
    schema.require_index(series.index, what)
    different = series.index.symmetric_difference(network.index)
    if len(different):
        raise SchemaError("different_units", what=what, rows=different)
    return series.reindex(network.index).reset_index(drop=True)


def _parents(whole: Region, asked: Asked) -> Iterator[tuple[np.ndarray, Region, int | None]]:
    """Yield the units of each parent by position, its region and, where it is given, its number of grids."""
    if asked.within is None:
        yield np.arange(whole.network.n), whole, asked.grids
        return
    parent = _aligned(asked.within, whole.network, "within")
    if parent.isna().any():
        raise SchemaError("without_parent", rows=whole.network.index[parent.isna()])
    number, codes = pd.factorize(parent.map(str), sort=True)
    counts: list[int | None] = [None] * len(codes)
    if asked.grids is not None:
        weight = np.bincount(number, weights=whole.balance.weights[:, 0])
        counts = [int(count) for count in by_largest_remainder(weight, np.bincount(number), asked.grids)]
    elif len(codes) > 1:
        unfit.require_whole_grids(whole, number, codes)
    at_home = whole.keep.where(whole.keep.map(_homes(whole, number), na_action="ignore") == number)
    whole = replace(whole, keep=at_home)
    for place, code in enumerate(codes):
        chosen = np.flatnonzero(number == place)
        yield chosen, replace(whole.rows(chosen), prefix=str(code)), counts[place]


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


def _attempted(region: Region, count: int | None, way: Way, used: set[str], report: Report) -> tuple[np.ndarray, float]:
    """Return the codes of the first number of grids that succeeds, else the best."""
    counts = [count] if count is not None else list(_counts(region))
    best: tuple[np.ndarray, float] | None = None
    none: InfeasibleError | None = None
    told: dict[str, float] = {}
    for place, number in enumerate(counts):

        def inner(part: float, figures: dict[str, float], before: float = 1 - 0.5**place) -> None:  # each has half of what is left
            told.update(figures)
            report(before + part * (1 - before) / (1 if len(counts) == 1 else 2), figures)

        try:
            found = partitioned(region, number, way, used, inner)
        except InfeasibleError as error:
            if error.key not in OF_ITS_NUMBER:
                raise
            none = none or error
            continue
        if best is None or found[1] < best[1]:
            best = found
        if best[1] == 0:
            break
    if best is None:
        assert none is not None
        raise none
    report(1.0, told)
    return best


def _counts(region: Region) -> Iterator[int]:
    """Yield the numbers of grids to try: that of the old plan where the band allows it, else that of the middle, then its neighbours."""
    stays = region.keep.isin(list(region.locked))
    rest = region.rows(np.flatnonzero(~stays))
    locked = region.keep[stays].nunique()
    least, most = (locked + number for number in feasible.possible(rest.balance, networks.pieces(rest.network)))
    first = _middle(region.balance)
    if least <= region.keep.nunique() <= most:
        first = region.keep.nunique()
    if least > most:
        yield max(first, 1)  # which tells the cause
        return
    first = min(max(first, least), most)
    yield first
    for step in range(1, (region.network.n if region.network.n <= small.UNITS else NEAR) + 1):
        yield from (number for number in (first + step, first - step) if least <= number <= most)


def _middle(balance: balances.Balance) -> int:
    """Return the number of grids that the middle of the band gives."""
    total = balance.weights[:, 0].sum()
    one_band = balance.names[0] == "households"
    return round(float(total / ((balance.low[0] + balance.high[0]) / 2))) if one_band else round(float(total))
