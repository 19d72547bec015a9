"""What events are counted by: each key as numbers over a complete axis of its values."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError

DAY = "datetime64[D]"


@dataclass(frozen=True, eq=False)
class Axis:
    """The values of one key and the place of every event's value among them.

    Parameters
    ----------
    name
        Of the key.
    place
        Shape (n,), from 0.
    size
        How many values there are; the last stands for events without one, if there are such events.
    values
        Makes the values: an axis too long to be held is refused before.
    """

    name: Hashable
    place: np.ndarray
    size: int
    values: Callable[[], pd.Index]


@dataclass(frozen=True, eq=False)
class Values:
    """All values of an axis but the missing one, and the place among them of those that occur."""

    place: np.ndarray
    size: int
    make: Callable[[], pd.Index]


def aligned(values: pd.Series, index: pd.Index, what: str) -> pd.Series:
    """Return `values` in the order of `index`.

    Raises
    ------
    SchemaError
        If it is no Series, its labels are others, or stand twice in another order.
    """
    if not isinstance(values, pd.Series):
        raise SchemaError("not_a_series", what=what, given=type(values).__name__)
    if values.index.equals(index):
        return values
    differing = values.index[~values.index.isin(index)].append(index[~index.isin(values.index)])
    if len(differing) or not index.is_unique or len(values) != len(index):
        raise SchemaError("other_index", what=what, rows=differing)
    return values.reindex(index)


def axis(key: pd.Series) -> Axis:
    """Return the axis of a key.

    Parameters
    ----------
    key
        One value per event, shape (n,).

    Returns
    -------
    Axis
        Of a categorical all categories, in their order. Of periods, dates, and datetimes that all lie at midnight: each from the first to
        the last. Of anything else the values that occur, sorted. Missing ones come last.

    Raises
    ------
    SchemaError
        If values cannot be told apart, such as lists.
    """
    if isinstance(key.dtype, pd.CategoricalDtype):
        categories = key.cat.categories
        return _axis(key.name, key.cat.codes.to_numpy(), Values(np.arange(len(categories)), len(categories), lambda: categories))
    try:
        code, occurring = pd.factorize(key)
    except TypeError as error:
        raise SchemaError("key_values", what=str(key.name), given=", ".join(sorted({type(value).__name__ for value in key}))) from error
    found = pd.Index(occurring)
    return _axis(key.name, code, _steps(found) or _sorted(found))


def _axis(name: Hashable, code: np.ndarray, values: Values) -> Axis:
    """Return the axis of events whose values are numbered by `code`, -1 for none."""
    place = np.append(values.place, values.size)[code]  # -1 reads the last
    if (code < 0).any():
        return Axis(name, place, values.size + 1, lambda: _with_missing(values.make()))
    return Axis(name, place, values.size, values.make)


def _with_missing(values: pd.Index) -> pd.Index:
    plain = values.astype(object) if values.dtype.kind in "iub" else values  # numbers would become 2021.0
    return plain.insert(len(plain), np.nan)


def _steps(found: pd.Index) -> Values | None:
    """Return all periods or days from the first to the last, None if the values are no such steps."""
    if not len(found):
        return None
    if isinstance(found, pd.PeriodIndex):
        if found.freq.n != 1:
            return None
        first, last = found.min(), found.max()
        number = found.asi8
        return Values(number - first.ordinal, last.ordinal - first.ordinal + 1, lambda: pd.period_range(first, last))
    if isinstance(found, pd.DatetimeIndex):
        local = found.tz_localize(None)
        if not (local == local.normalize()).all():
            return None
        return _days(local.to_numpy().astype(DAY), lambda days: _midnights(days, found))
    if found.inferred_type == "date":
        return _days(np.array(list(found), dtype=DAY), lambda days: pd.Index(days.astype(object)))
    return None


def _days(found: np.ndarray, label: Callable[[np.ndarray], pd.Index]) -> Values:
    number = found.astype(np.int64)
    first, last = int(number.min()), int(number.max())
    return Values(number - first, last - first + 1, lambda: label(np.arange(first, last + 1).astype(DAY)))


def _midnights(days: np.ndarray, like: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the beginning of each day in the time zone of `like`, also where a change of the clock leaves none or two."""
    plain = pd.DatetimeIndex(days).as_unit(like.unit)
    return plain.tz_localize(like.tz, ambiguous=np.ones(len(plain), dtype=bool), nonexistent="shift_forward")


def _sorted(found: pd.Index) -> Values:
    """Return the values that occur in order; those that have none, by type and text."""
    try:
        order = found.argsort()
    except TypeError:
        order = np.array(sorted(range(len(found)), key=lambda row: (type(found[row]).__name__, str(found[row]))))
    place = np.empty(len(found), dtype=np.int64)
    place[order] = np.arange(len(found))
    return Values(place, len(found), lambda: found.take(order))
