"""Classes of a choropleth: where the edges lie, how each class is written, how many grids are in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError
from gridmap.maps import palette

SCHEMES = ("quantiles", "natural_breaks", "equal_interval")
MANUAL = "manual"
NO_DATA = -1
MAX_CLASSES = 9


@dataclass(frozen=True)
class Classes:
    """Values put into classes.

    Attributes
    ----------
    edges
        Shape (c + 1,): the smallest value, then the upper edge of each class (an edge belongs to the class below it).
    labels
        One text per class, such as "4–10"; a number alone where the class holds one value.
    colours
        One "#rrggbb" per class, light to dark, readable by colour-blind eyes and in grey print.
    codes
        Class of each value on the values' index, `NO_DATA` (-1) where there is none.
    counts
        Shape (c,): how many values each class holds.
    """

    edges: np.ndarray
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    codes: pd.Series
    counts: np.ndarray

    @property
    def no_data(self) -> int:
        """How many values are missing."""
        return int((self.codes == NO_DATA).sum())


def classify(values: pd.Series, *, scheme: str = "quantiles", k: int = 5, edges: Sequence[float] | None = None) -> Classes:
    """Put numbers into at most `k` classes, or into classes whose edges are given.

    With `k` or fewer distinct values every value is a class of its own; classes that would be empty are left out. Classes of given edges
    stay as given, empty ones too, each with its own colour whatever the values: so two maps can be compared.

    Parameters
    ----------
    values
        Numbers, any index; NA means no data.
    scheme
        "quantiles" (equal counts), "natural_breaks" (least variance within classes), "equal_interval" or "manual" (by `edges`).
    k
        Largest number of classes, 1 to 9; of no account with given edges.
    edges
        For "manual": the upper edge of each class, 1 to 8 rising numbers. The first class takes everything up to its edge; values above
        the last edge make one class more, which is there only if it holds any.

    Raises
    ------
    SchemaError
        If the values are no numbers or infinite, if scheme or `k` is unknown, or if edges are missing, not finite, not rising or given to
        another scheme.

    Notes
    -----
    Given edges class as mapclassify's `UserDefined` does, but colours do not depend on the values. Quantiles and equal
    intervals are computed as mapclassify does. Natural breaks are the exact optimum (Fisher 1958) by dynamic programming over the
    distinct values, in O(k m log m): mapclassify's own draws at random, so one map would change its colours from run to run.
    """
    if scheme not in (*SCHEMES, MANUAL):
        raise SchemaError("unknown_scheme", schemes=", ".join((*SCHEMES, MANUAL)), given=scheme)
    if (scheme == MANUAL) != (edges is not None):
        raise SchemaError("edges_and_scheme")
    if not 1 <= k <= MAX_CLASSES:
        raise SchemaError("class_number", most=MAX_CLASSES, given=k)
    numbers = _numbers(values)
    known = numbers[~np.isnan(numbers)]
    given = None if edges is None else class_edges(edges)
    uppers = _uppers(known, scheme, k) if given is None else _covering(given, known)
    codes = np.full(len(numbers), NO_DATA, dtype=np.int64)
    codes[~np.isnan(numbers)] = np.searchsorted(uppers, known, side="left")
    lowest = np.concatenate([known, uppers[:1]]).min(keepdims=True) if len(uppers) else np.empty(0)
    return Classes(
        edges=np.concatenate([lowest, uppers]),
        labels=_labels(known, uppers) if given is None else _edge_labels(known, given)[: len(uppers)],
        # The colour above the last edge is set aside even where no value is: the others must not change from map to map.
        colours=palette.sequential(len(uppers) if given is None else len(given) + 1)[: len(uppers)],
        codes=pd.Series(codes, index=values.index, name="class"),
        counts=np.bincount(codes[codes >= 0], minlength=len(uppers)),
    )


def class_edges(edges: Sequence[float] | str) -> np.ndarray:
    """Return upper edges of classes as numbers; they may stand on a line, with commas of any kind, semicolons or blanks between them.

    Raises
    ------
    SchemaError
        If they are not 1 to 8 finite numbers, each larger than the one before.
    """
    parts: list[float | str] = [part for part in re.split(r"[,，、;；\s]+", edges) if part] if isinstance(edges, str) else list(edges)
    try:
        found = np.array([float(part) for part in parts])
    except (ValueError, TypeError):
        found = np.empty(0)
    if not 1 <= len(found) < MAX_CLASSES or not np.isfinite(found).all() or not (np.diff(found) > 0).all():
        raise SchemaError("class_edges", most=MAX_CLASSES - 1, given=", ".join(map(str, parts)))
    return found


def _covering(given: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the edges with one more, the largest value, where values lie above the last."""
    most = known.max(initial=-np.inf)
    return np.append(given, most) if most > given[-1] else given


def _numbers(values: pd.Series) -> np.ndarray:
    """Return the values as floats with NaN for no data."""
    try:
        numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise SchemaError("values_not_numbers", given=str(values.dtype)) from error
    infinite = np.isinf(numbers)
    if infinite.any():
        raise SchemaError("values_infinite", rows=values.index[infinite])
    return numbers


def _uppers(known: np.ndarray, scheme: str, k: int) -> np.ndarray:
    """Return the upper edges of the classes that hold a value, rising."""
    distinct = np.unique(known)
    if len(distinct) <= k:
        return distinct
    if k == 1:
        return distinct[-1:]
    if scheme == "natural_breaks":
        return natural_breaks(known, k)
    bins = _quantiles(known, k) if scheme == "quantiles" else _equal_intervals(known, k)
    uppers = np.unique(np.append(bins[:-1], distinct[-1]))
    held = np.bincount(np.searchsorted(uppers, known, side="left"), minlength=len(uppers)) > 0
    return uppers[held]


def _quantiles(known: np.ndarray, k: int) -> np.ndarray:
    """Return the quantiles as mapclassify has them: importing it compiles for five seconds."""
    from scipy.stats import scoreatpercentile

    step = 100.0 / k
    shares = np.minimum(np.arange(step, 100 + step, step), 100.0)
    return np.unique([scoreatpercentile(known, share) for share in shares])


def _equal_intervals(known: np.ndarray, k: int) -> np.ndarray:
    """Return the upper edges of equally wide classes as mapclassify has them."""
    least, most = known.min(), known.max()
    width = (most - least) * 1.0 / k
    return np.arange(least + width, most + width, width)[:k]


def natural_breaks(known: np.ndarray, k: int) -> np.ndarray:
    """Return the upper edges of the `k` classes with the least squared deviation from their means.

    Parameters
    ----------
    known
        Numbers without NaN, at least `k` distinct ones.
    k
        Number of classes.
    """
    distinct, weights = np.unique(known, return_counts=True)
    centred = distinct - distinct.mean()
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(np.column_stack([weights, weights * centred, weights * centred**2]), axis=0)])
    best = _deviation(sums, np.zeros(len(distinct), dtype=np.int64), np.arange(1, len(distinct) + 1))
    starts = np.zeros((k, len(distinct)), dtype=np.int64)
    for size in range(1, k):
        best, starts[size] = _one_more_class(sums, best, size)
    uppers, last = [], len(distinct) - 1
    for size in range(k - 1, -1, -1):
        uppers.append(distinct[last])
        last = starts[size, last] - 1
    return np.array(uppers[::-1])


def _deviation(sums: np.ndarray, first: np.ndarray, end: np.ndarray | int) -> np.ndarray:
    """Return the squared deviation of the distinct values first..end-1 from their mean."""
    weight, total, square = (sums[end] - sums[first]).T
    return square - total**2 / weight


def _one_more_class(sums: np.ndarray, best: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the least deviation with one class more, and where that last class starts, for every end.

    The best start never falls as the end rises, so halving the ends halves the starts to try.
    """
    count = len(best)
    least = np.full(count, np.inf)
    start = np.zeros(count, dtype=np.int64)
    pending = [(size, count - 1, size, count - 1)]
    while pending:
        low, high, first, last = pending.pop()
        middle = (low + high) // 2
        tries = np.arange(first, min(middle, last) + 1)
        costs = best[tries - 1] + _deviation(sums, tries, middle + 1)
        chosen = int(np.argmin(costs))
        least[middle], start[middle] = costs[chosen], tries[chosen]
        if low < middle:
            pending.append((low, middle - 1, first, start[middle]))
        if middle < high:
            pending.append((middle + 1, high, start[middle], last))
    return least, start


def _labels(known: np.ndarray, uppers: np.ndarray) -> tuple[str, ...]:
    """Write each class by the values it may hold: whole numbers as "4–10", others as "0.5–1.2"."""
    if not len(uppers):
        return ()
    whole = bool(np.all(known == np.round(known)))
    positions = np.searchsorted(uppers, known, side="left")
    least = np.array([known[positions == code].min() for code in range(len(uppers))])
    most = np.array([known[positions == code].max() for code in range(len(uppers))])
    if whole:
        return tuple(_span(f"{low:,.0f}", f"{high:,.0f}") for low, high in zip(least, most, strict=True))
    lows = np.concatenate([known.min(keepdims=True), uppers[:-1]])
    lows = np.where(least == most, least, lows)
    highs = np.where(least == most, most, uppers)
    digits = _decimals(np.unique(np.concatenate([lows, highs])))
    return tuple(_span(f"{low:,.{digits}f}", f"{high:,.{digits}f}") for low, high in zip(lows, highs, strict=True))


def _edge_labels(known: np.ndarray, given: np.ndarray) -> tuple[str, ...]:
    """Write classes of given edges: "≤ 10", "10–20", "> 20"; among whole numbers "11–20"."""
    whole = bool(np.all(known == np.round(known)) and np.all(given == np.round(given)))
    digits = 0 if whole else _fewest_decimals(given)
    written = [f"{edge:,.{digits}f}" for edge in given]
    lows = [f"{edge + 1:,.0f}" for edge in given[:-1]] if whole else written[:-1]
    between = [_span(low, high) for low, high in zip(lows, written[1:], strict=True)]
    return (f"≤ {written[0]}", *between, f"> {written[-1]}")


def _fewest_decimals(given: np.ndarray) -> int:
    """Return the fewest decimals that write every edge as it was given, nine at most."""
    return next((digits for digits in range(9) if np.allclose(np.round(given, digits), given, rtol=1e-12, atol=0)), 9)


def _span(low: str, high: str) -> str:
    """Write a range, or one number where both ends read the same."""
    return low if low == high else f"{low}–{high}"


def _decimals(marks: np.ndarray) -> int:
    """Return the fewest decimals (at least enough for three figures) that keep neighbouring edges apart."""
    for digits in range(9):
        spread = np.abs(marks).max() * 10.0**digits >= 100
        if spread and len(np.unique(np.round(marks, digits))) == len(marks):
            return digits
    return 9
