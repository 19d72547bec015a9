"""Parents whose units cannot be divided into whole grids: all of them are told at once, with the band that would do."""

import math

import numpy as np
import pandas as pd

from gridmap.errors import InfeasibleError
from gridmap.partition import feasible
from gridmap.partition import network as networks
from gridmap.partition.region import Region


def require_whole_grids(whole: Region, parent: np.ndarray, codes: pd.Index) -> None:
    """Raise InfeasibleError if households of parents cannot be divided into whole grids within a band, before anything is searched.

    Parameters
    ----------
    whole
        All units.
    parent
        Shape (n,), the position of each unit's parent in `codes`.
    codes
        Of the parents.
    """
    if whole.balance.names[0] != "households":  # of several bands each parent tells its own limits
        return
    free = np.flatnonzero(~whole.keep.isin(list(whole.locked)))
    rest = whole.rows(free)
    piece = networks.pieces(rest.network, parent[free])
    sums = np.bincount(piece, weights=rest.balance.weights[:, 0])
    low, high = float(rest.balance.low[0]), float(rest.balance.high[0])
    least, most = feasible.whole_grids(sums[:, None], np.bincount(piece), np.array([low]), np.array([high]))
    wrong = np.flatnonzero(least > most)
    if not len(wrong):
        return
    first = np.unique(piece, return_index=True)[1]
    given = pd.Series(sums[wrong]).groupby(codes[parent[free][first[wrong]]].astype("str")).min()
    fit_low, fit_high = _fitting(sums[wrong], low, high)
    raise InfeasibleError(
        "parents_not_whole",
        rows=[f"{code} ({total:g})" for code, total in given.items()],
        parents=given.index,
        count=len(given),
        of=len(codes),
        small=int((given < low).sum()),
        between=int((given >= low).sum()),
        low=low,
        high=high,
        fit_low=fit_low,
        fit_high=fit_high,
    )


def require_none(unfit: dict[str, InfeasibleError], of: int, best: pd.Series, off: float) -> None:
    """Raise InfeasibleError if there is no answer for some parents, with the cause of the first; an only parent's is raised itself.

    Parameters
    ----------
    unfit
        Parent -> why.
    of
        Number of parents.
    best, off
        What was found for the others, and how far the worst grid of it is outside of its limits.
    """
    if not unfit:
        return
    cause = next(iter(unfit.values()))
    if of == 1:
        raise cause
    raise InfeasibleError("parents_unfit", rows=list(unfit), parents=list(unfit), best=best, count=len(unfit), of=of, cause=cause, off=off)


def _fitting(sums: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """Return the band nearest to (low, high) that divides all sums: with a lower low, or with a higher high where that is less."""
    least = float(math.floor(min(sums / np.maximum(np.ceil(sums / high), 1))))
    if (sums < low).any():
        return least, high
    most = float(math.ceil(max(sums / np.floor(sums / low))))
    return (low, most) if most / high <= low / max(least, 1.0) else (least, high)
