"""When two reports count as one event, and the checks that the set of open events and the batch share."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridmap.assign import dated
from gridmap.errors import SchemaError

MOST_M = 1e9  # no metric CRS has larger coordinates
MINUTE_US = 60_000_000
LONGEST_US = 10**18
NO_TIME = np.iinfo(np.int64).min


class Limits(NamedTuple):
    """How far apart two reports of one event may be, both limits included."""

    distance_m: float
    time_us: int

    @classmethod
    def checked(cls, distance_m: float, hours: float) -> "Limits":
        """Return the limits, or raise SchemaError if one is negative or not finite."""
        require_limit(distance_m, "distance_m")
        require_limit(hours, "hours")
        return cls(float(distance_m), round(min(hours * 60 * MINUTE_US, LONGEST_US)))

    def likeness(self, distance_m: np.ndarray | float, time_us: np.ndarray | int) -> np.ndarray:
        """Return 1 for the same place and moment, falling evenly with either to 0 where both are at their limit."""
        place = distance_m / (self.distance_m or 1.0)
        moment = np.abs(time_us) / (self.time_us or 1)
        return np.asarray(1 - (place + moment) / 2)


def require_limit(value: float, what: str) -> None:
    """Raise SchemaError unless `value` is a finite number that is not negative."""
    if not (_is_number(value) and 0 <= value < math.inf):
        raise SchemaError("limit_value", what=what, given=repr(value))


def require_metres(values: tuple[float, ...], what: str) -> None:
    """Raise SchemaError unless all values are finite numbers that can be metres of a CRS."""
    if not all(_is_number(value) and abs(value) <= MOST_M for value in values):
        raise SchemaError("not_metres", what=what, given=", ".join(map(repr, values)))


def require_places(xy: np.ndarray, index: pd.Index, what: str) -> None:
    """Raise SchemaError unless the coordinates (n, 2) can be metres of a CRS."""
    far = ~(np.abs(xy) <= MOST_M).all(axis=1)
    if far.any():
        raise SchemaError("not_metres", what=what, rows=index[far])


def moment_us(at: object) -> int:
    """Return a time as microseconds since 1970 in UTC, NO_TIME if it is missing.

    Raises
    ------
    SchemaError
        If it is no time, or has no time zone.
    """
    if at is None or at is pd.NaT or at is pd.NA:
        return NO_TIME
    try:
        time = pd.Timestamp(at)
    except (TypeError, ValueError) as error:
        raise SchemaError("no_time_zone", what="at", given=repr(at)) from error
    if time is pd.NaT:
        return NO_TIME
    if time.tzinfo is None:
        raise SchemaError("no_time_zone", what="at", given=repr(at))
    return int(time.tz_convert("UTC").tz_localize(None).to_datetime64().astype("datetime64[us]").astype(np.int64))


def moments_us(times: pd.Series, what: str) -> np.ndarray:
    """Return times as microseconds since 1970 in UTC, shape (n,), NO_TIME where missing.

    Raises
    ------
    SchemaError
        If the column holds no times with a time zone.
    """
    plain = dated.utc(times, what).dt.tz_localize(None).to_numpy()
    return np.asarray(plain.astype("datetime64[us]").astype(np.int64))  # NaT becomes NO_TIME


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
