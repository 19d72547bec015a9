"""Causes for which there is no answer, told before anything is searched."""

import math

import numpy as np
import pandas as pd

from gridmap.errors import InfeasibleError
from gridmap.partition.balance import Balance
from gridmap.partition.network import Network, pieces

ROUNDING = 1e-9
MOST_SETS = 20_000


def require_units(network: Network, balance: Balance, k: int) -> None:
    """Raise InfeasibleError if there are fewer units than grids, or one unit is more than a grid may have."""
    if k > network.n:
        raise InfeasibleError("more_grids_than_units", grids=k, units=network.n)
    high = balance.limits(k)[1]
    for j, name in enumerate(balance.names):
        above = balance.weights[:, j] > high[j] * (1 + ROUNDING)
        if above.any():
            largest = balance.weights[above, j].max()
            raise InfeasibleError("unit_above_cap", what=name, most=_figure(high[j]), given=_figure(largest), rows=network.index[above])


def grids_of(network: Network, balance: Balance, piece: np.ndarray, k: int) -> np.ndarray:
    """Return how many of `k` grids each connected piece becomes.

    Parameters
    ----------
    network, balance
        Units, and what is balanced.
    piece
        Shape (n,), the piece of every unit, from 0.
    k
        Number of grids in all.

    Returns
    -------
    ndarray
        Shape (pieces,), at least 1 each, adding up to `k`.

    Raises
    ------
    InfeasibleError
        If a piece has no whole number of grids within the limits, or they cannot add up to `k`.
    """
    count = int(piece.max(initial=-1)) + 1
    sums = balance.of(piece, count).weights
    size = np.bincount(piece, minlength=count)
    least, most = whole_grids(sums, size, *balance.limits(k))
    for p in np.flatnonzero(least > most):
        rows = network.index[piece == p]
        shown = ", ".join(f"{name} {_figure(value)}" for name, value in zip(balance.names, sums[p], strict=True))
        low, high = balance.limits(k)
        raise InfeasibleError("piece_does_not_fit", given=shown, low=_figure(low[0]), high=_figure(high[0]), rows=rows)
    if not least.sum() <= k <= most.sum():
        first = network.index[np.unique(piece, return_index=True)[1]] if count > 1 else ()
        raise InfeasibleError("pieces_do_not_add_up", grids=k, least=int(least.sum()), most=int(most.sum()), rows=first)
    return _shared_out(sums[:, 0], least, most, k)


def locked(network: Network, balance: Balance, keep: pd.Series, seeds: pd.Series, stays: np.ndarray, k: int) -> int:
    """Return how many grids are locked, or raise InfeasibleError if they cannot stay as they are.

    Parameters
    ----------
    network, balance
        Of n units, with the limits of a grid.
    keep, seeds
        Shape (n,), the code that a unit had and the one that it must have, NA for none.
    stays
        Marks the units of locked grids.
    k
        Number of grids in all.
    """
    if not stays.any():
        return 0
    number, codes = pd.factorize(keep[stays], sort=True)
    chosen = np.flatnonzero(stays)
    sums = balance.rows(chosen).of(number, len(codes)).weights
    off = ((sums > balance.high * (1 + ROUNDING)) | (sums < balance.low * (1 - ROUNDING))).any(axis=1)
    if off.any():
        raise InfeasibleError("locked_off", low=_figure(balance.low[0]), high=_figure(balance.high[0]), rows=codes[off])
    label = np.full(network.n, -1)
    label[chosen] = number
    piece = pieces(network, label)
    apart = [code for i, code in enumerate(codes) if len(np.unique(piece[label == i])) > 1]
    if apart:
        raise InfeasibleError("locked_apart", rows=apart)
    wrong = seeds.notna() & (stays | seeds.isin(list(codes))) & (seeds != keep.where(stays))
    if wrong.any():
        raise InfeasibleError("locked_seeds", rows=network.index[wrong.to_numpy()])
    if len(codes) > k or (len(codes) == k and not stays.all()):
        raise InfeasibleError("locked_all", grids=k, locked=len(codes), rows=network.index[~stays])
    return len(codes)


def require_seeds(network: Network, balance: Balance, seeds: pd.Series, piece: np.ndarray, shares: np.ndarray) -> None:
    """Raise InfeasibleError if seeds of one code lie in several pieces or are more than a grid may have, or a piece has too many codes."""
    core, codes = pd.factorize(seeds, sort=True)
    for number, code in enumerate(codes):
        rows = network.index[core == number]
        if len(np.unique(piece[core == number])) > 1:
            raise InfeasibleError("seeds_apart", rows=rows)
        if (balance.weights[core == number].sum(axis=0) > balance.high * (1 + ROUNDING)).any():
            raise InfeasibleError("seeds_above_cap", code=code, most=_figure(balance.high[0]), rows=rows)
    for number, share in enumerate(shares):
        found = np.unique(core[(piece == number) & (core >= 0)])
        if len(found) > share:
            raise InfeasibleError("more_seeds_than_grids", grids=int(share), codes=len(found), rows=codes[found])


def require_dead_ends(network: Network, balance: Balance, seeds: pd.Series, label: np.ndarray) -> None:
    """Raise InfeasibleError if units that are in one grid in every answer are more than it may have, or have seeds of several codes."""
    count = int(label.max()) + 1
    size = np.bincount(label, minlength=count)
    sums = balance.of(label, count).weights
    above = (size > 1) & (sums > balance.high * (1 + ROUNDING)).any(axis=1)
    if above.any():
        rows = network.index[label == np.argmax(above)]
        raise InfeasibleError("dead_end_above_cap", most=_figure(balance.high[0]), given=_figure(sums[np.argmax(above), 0]), rows=rows)
    if seeds.isna().all():
        return
    codes = pd.DataFrame({"label": label, "code": seeds.to_numpy()}).dropna().groupby("label")["code"].nunique()
    if (codes > 1).any():
        raise InfeasibleError("dead_end_seeds", rows=network.index[(label == codes.idxmax()) & seeds.notna().to_numpy()])


def stuck(network: Network, balance: Balance, unit: int) -> bool:
    """Tell whether it is proven that no connected set of units with this one is within the limits.

    Parameters
    ----------
    network, balance
        Of n units, with absolute limits.
    unit
        Position.

    Notes
    -----
    All connected sets that are not too heavy are gone through, up to `MOST_SETS` of them; beyond that nothing is proven.
    """
    low, high = balance.low * (1 - ROUNDING), balance.high * (1 + ROUNDING)
    sums = balance.weights[unit]
    if (sums > high).any():
        return True
    open_: list[tuple[frozenset[int], np.ndarray, frozenset[int]]] = [(frozenset([unit]), sums, frozenset())]
    seen = 0
    while open_:
        chosen, sums, left = open_.pop()
        if (sums >= low).all():
            return False
        seen += 1
        if seen > MOST_SETS:
            return False
        beside = sorted({int(v) for u in chosen for v in _beside(network, u)} - chosen - left)
        for number, v in enumerate(beside):  # each set once: with v, and without those before it
            more = sums + balance.weights[v]
            if (more <= high).all():
                open_.append((chosen | {v}, more, left | set(beside[:number])))
    return True


def _beside(network: Network, unit: int) -> np.ndarray:
    """Return the units that a unit is connected to."""
    places = slice(network.indptr[unit], network.indptr[unit + 1])
    return network.neighbour[places][np.isfinite(network.price[places])]


def possible(balance: Balance, piece: np.ndarray) -> tuple[int, int]:
    """Return the least and the largest number of grids that absolute limits allow, piece by piece."""
    count = int(piece.max(initial=-1)) + 1
    sums = balance.of(piece, count).weights
    low, high = np.nan_to_num(balance.low), np.where(np.isnan(balance.high), np.inf, balance.high)
    least, most = whole_grids(sums, np.bincount(piece, minlength=count), low, high)
    return int(least.sum()), int(most.sum())


def whole_grids(sums: np.ndarray, size: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how few and how many grids each piece can become."""
    least, most = np.ones(len(sums), dtype=np.int64), size.astype(np.int64)
    for j in range(sums.shape[1]):
        if high[j] > 0 and math.isfinite(high[j]):
            least = np.maximum(least, np.ceil(sums[:, j] / high[j] * (1 - ROUNDING)).astype(np.int64))
        if low[j] > 0:
            most = np.minimum(most, np.floor(sums[:, j] / low[j] * (1 + ROUNDING)).astype(np.int64))
    return least, most


def _shared_out(totals: np.ndarray, least: np.ndarray, most: np.ndarray, k: int) -> np.ndarray:
    """Share out `k` grids by weight, each piece within its own range."""
    found = least.copy()
    ideal = totals / totals.sum() * k if totals.sum() > 0 else np.full(len(totals), k / len(totals))
    for _ in range(k - int(found.sum())):
        open_ = found < most
        found[np.flatnonzero(open_)[np.argmax((ideal - found)[open_])]] += 1
    return found


def _figure(value: float) -> str:
    return f"{value:.6g}"
