"""What is balanced between grids: the quantities of units, and the limits and aim of each for a number of grids."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError
from gridmap.partition.goal import Goal

WITHIN_BAND = 30.0  # what evenness counts where it is the objective, in mean borders per squared relative deviation
WITHIN_TOLERANCE = 5.0


@dataclass(frozen=True, eq=False)
class Balance:
    """Quantities of units, shape (n, q), and what a grid may have of each.

    Attributes
    ----------
    names
        Of the quantities, as messages name them.
    weights
        The first one is that by which moves are measured.
    low, high
        Shape (q,): absolute limits, or NaN where the tolerance gives them.
    tolerance
        Shape (q,): share of the mean that a grid may be off, NaN where the limits are absolute.
    even
        Shape (q,): how much evenness within the limits counts.
    """

    names: tuple[str, ...]
    weights: np.ndarray
    low: np.ndarray
    high: np.ndarray
    tolerance: np.ndarray
    even: np.ndarray

    def mean(self, k: int) -> np.ndarray:
        """Return the mean of every quantity over `k` grids."""
        return self.weights.sum(axis=0) / k

    def limits(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the most that one of `k` grids may have of every quantity."""
        mean, off = self.mean(k), np.nan_to_num(self.tolerance)
        relative = ~np.isnan(self.tolerance)
        low = np.where(relative, mean * (1 - off), self.low)
        high = np.where(relative, mean * (1 + off), self.high)
        return low, high

    def fixed(self, k: int) -> "Balance":
        """Return it with the limits of `k` grids, whichever units it is asked for."""
        low, high = self.limits(k)
        return Balance(self.names, self.weights, low, high, np.full(len(low), np.nan), self.even)

    def of(self, label: np.ndarray, count: int) -> "Balance":
        """Return it for units joined by `label`."""
        sums = [np.bincount(label, weights=column, minlength=count) for column in self.weights.T]
        weights = np.column_stack(sums) if sums else np.zeros((count, 0))
        return Balance(self.names, weights, self.low, self.high, self.tolerance, self.even)

    def rows(self, chosen: np.ndarray) -> "Balance":
        """Return it for some units."""
        return Balance(self.names, self.weights[chosen], self.low, self.high, self.tolerance, self.even)


def require_band(band: object) -> tuple[float, float]:
    """Return the two limits of a household band.

    Raises
    ------
    SchemaError
        If they are not two finite numbers, 0 <= low <= high, high above 0.
    """
    try:
        low, high = (float(value) for value in band)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise SchemaError("band_value", given=band) from None
    if not (0 <= low <= high < math.inf and high > 0):
        raise SchemaError("band_value", given=band)
    return low, high


def by_number(weights: np.ndarray, goal: Goal, tolerance: float) -> Balance:
    """Return the balance of grids that are all within a tolerance of the mean.

    Parameters
    ----------
    weights
        Households first, then the quantities of the goal.
    goal, tolerance
        As in `build`.
    """
    names = ("households", *goal.quantities)
    off = np.array([tolerance, *goal.quantities.values()])
    none = np.full(len(names), np.nan)
    return Balance(names, weights, none, none, off, np.full(len(names), WITHIN_TOLERANCE * goal.balance))


def by_band(weights: np.ndarray, goal: Goal, band: np.ndarray) -> Balance:
    """Return the balance of grids whose households lie in a band.

    Parameters
    ----------
    weights
        Households first, then the quantities of the goal.
    goal
        As in `build`.
    band
        Shape (n, 2), the band of every unit's area.

    Notes
    -----
    A grid of units of one area has that area's limits. One of several areas is full where the shares that its units take of what their
    areas allow add up to one: 100 of at most 500 households and 200 of at most 250 do. Its limits are so the harmonic means of theirs,
    weighted by households.
    """
    households, others = weights[:, 0], weights[:, 1:]
    low, high = band[:, 0], band[:, 1]
    off = np.array(list(goal.quantities.values()))
    nan, even = np.full(len(off), np.nan), np.full(len(off), WITHIN_TOLERANCE * goal.balance)
    names = tuple(goal.quantities)
    first_even = WITHIN_BAND * goal.balance
    if len(np.unique(band, axis=0)) <= 1:
        one = band[0] if len(band) else np.array([0.0, 1.0])
        return Balance(
            ("households", *names),
            weights,
            np.append(one[0], nan),
            np.append(one[1], nan),
            np.append(np.nan, off),
            np.append(first_even, even),
        )
    aimed = households / ((low + high) / 2)
    filled = np.where(low > 0, households / np.where(low > 0, low, 1.0), 1.0)  # nothing is asked where the band begins at nothing
    return Balance(
        ("households / mid of the band", "households / most", "households / least", *names),
        np.column_stack([aimed, households / high, filled, others]),
        np.concatenate([[0.0, 0.0, 1.0], nan]),
        np.concatenate([[np.inf, 1.0, np.inf], nan]),
        np.concatenate([[np.nan] * 3, off]),
        np.concatenate([[first_even, 0.0, 0.0], even]),
    )


def bands(units: pd.DataFrame, band: tuple[float, float], order: np.ndarray) -> np.ndarray:
    """Return the band of every unit, in the order given: its own where it has one."""
    columns = []
    for name, default in zip(("band_low", "band_high"), band, strict=True):
        given = units[name] if name in units else pd.Series(np.nan, index=units.index)
        numbers = pd.to_numeric(given, errors="coerce")
        text = (numbers.isna() & given.notna()).to_numpy()
        if text.any():
            raise SchemaError("band_of_unit", given=given[text].iloc[0], rows=units.index[text])
        columns.append(numbers.to_numpy(dtype=float, na_value=np.nan)[order])
        columns[-1] = np.where(np.isnan(columns[-1]), default, columns[-1])
    found = np.column_stack(columns)
    wrong = ~((found[:, 0] >= 0) & (found[:, 0] <= found[:, 1]) & (found[:, 1] > 0) & np.isfinite(found[:, 1]))
    if wrong.any():
        raise SchemaError("band_of_unit", given=f"{found[wrong][0, 0]:g}, {found[wrong][0, 1]:g}", rows=units.index[order][wrong])
    return found
