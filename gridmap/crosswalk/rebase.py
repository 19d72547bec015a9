"""A series counted on old boundaries, restated on new ones."""

import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.crosswalk.between import COLUMNS
from gridmap.errors import SchemaError

METHODS = ("events", "event_shares", "households", "residents", "buildings", "area")
SPREAD_BY = {
    "events": "event_shares",
    "households": "households",
    "residents": "residents",
    "buildings": "buildings",
    "area_m2": "area",
}  # best first


def rebase(series: pd.Series, crosswalk: pd.DataFrame, *, whole: bool = False) -> pd.Series:
    """Restate a series counted on old boundaries on new ones.

    Parameters
    ----------
    series
        Finite numbers (NA where unknown), one per grid of the old layer, indexed by code in any order.
    crosswalk
        As `between` gives it. Its columns decide what a grid's figure is spread by, for each grid the first of these of which it has any:
        `events`, `households`, `residents`, `buildings`, area.
    whole
        Give whole numbers: those of each old grid by largest remainder, ties to the smaller code. The figures must be whole and not
        negative.

    Returns
    -------
    Series
        Name of the series, one row per new grid in the order of codes; NA for a grid that draws on an unknown figure, 0 for one that
        draws on none. Where the old layer reaches beyond the new one, a last row with the index NA holds what lies outside, so that the
        total stays the same (to 1e-9, exact with `whole`).

    Raises
    ------
    SchemaError
        If the index of the series is not exactly the old grids, a figure is no number or infinite, a column of the crosswalk is missing,
        or `whole` is asked of figures that are not.

    See Also
    --------
    restated : The same with the method for every grid.
    """
    return restated(series, crosswalk, whole=whole)["value"].rename(series.name)


def restated(series: pd.Series, crosswalk: pd.DataFrame, *, whole: bool = False) -> pd.DataFrame:
    """Restate a series as `rebase` does and say how.

    Parameters
    ----------
    series, crosswalk, whole
        As in `rebase`.

    Returns
    -------
    DataFrame
        Index as `rebase`. `value`; then what of it comes by each method, one column per method, adding up to the value; `method`, those
        with a part in it joined by ";", empty where there is none:

        - `events`: recounted. The old grid's figure is the number of its events in the crosswalk, and each went where it lies.
        - `event_shares`: the figure is another number (events without a place, another period) and was spread as its events lie.
        - `households`, `residents`, `buildings`, `area`: spread by these shares.

    Raises
    ------
    SchemaError
        As `rebase`.
    """
    schema.require_columns(crosswalk, COLUMNS, "crosswalk")
    if not isinstance(series, pd.Series):
        raise SchemaError("crosswalk_series", given=type(series).__name__)
    schema.require_index(series.index, "series")
    old_codes, old = _coded(crosswalk["old_code"])
    new_codes, new = _coded(crosswalk["new_code"])
    different = series.index.symmetric_difference(old_codes)
    if len(different):
        raise SchemaError("different_index", what="series", rows=different)
    figures = _figures(series.reindex(old_codes), whole)
    from_old = old >= 0
    old, new, table = old[from_old], new[from_old], crosswalk[from_old]
    weight, method = _weights(table, old, figures)
    parts = _whole_parts(figures, weight, old) if whole else _parts(figures, weight, old)
    return _table(parts, np.where(new < 0, len(new_codes), new), method[old], new_codes, outside=bool((new < 0).any()))


def _coded(column: pd.Series) -> tuple[pd.Index, np.ndarray]:
    """Return the codes of a column in order and each row's position among them, -1 for NA."""
    codes = pd.Index(column.dropna().unique())
    codes = codes[schema.code_order(codes)]
    return codes, codes.get_indexer(column)


def _figures(series: pd.Series, whole: bool) -> np.ndarray:
    try:
        figures = series.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise SchemaError("crosswalk_series", given=series.dtype) from None
    wrong = np.isinf(figures)
    if wrong.any():
        raise SchemaError("crosswalk_series", given=figures[wrong][0], rows=series.index[wrong])
    if whole:
        broken = ~((figures >= 0) & (figures == np.rint(figures)) & (figures < 2**53))
        if broken.any():
            raise SchemaError("crosswalk_whole", given=figures[broken][0], rows=series.index[broken])
    return figures


def _weights(table: pd.DataFrame, old: np.ndarray, figures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each row and the number of the method of each old grid."""
    weight = np.ones(len(table))  # a grid that others cover altogether has no area: it goes to its rows alike
    method = np.full(len(figures), METHODS.index("area"))
    for column in reversed([name for name in SPREAD_BY if name in table.columns]):
        amount = table[column].to_numpy(dtype=float)
        total = np.bincount(old, weights=amount, minlength=len(figures))
        weight = np.where(total[old] > 0, amount, weight)
        method = np.where(total > 0, METHODS.index(SPREAD_BY[column]), method)
        if column == "events":
            method = np.where((total > 0) & (total == figures), METHODS.index("events"), method)
    return weight, method


def _parts(figures: np.ndarray, weight: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Share each old grid's figure out over its rows; a row without weight has no part in it, known or unknown."""
    total = np.bincount(old, weights=weight, minlength=len(figures))
    return np.where(weight > 0, figures[old] * weight / total[old], 0.0)


def _whole_parts(figures: np.ndarray, weight: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Share out whole numbers: whole parts first, the rest one by one to the largest remainders."""
    exact = _parts(figures, weight, old)
    parts = np.floor(exact)
    left_over = np.rint(figures - np.bincount(old, weights=parts, minlength=len(figures)))
    order = np.lexsort((np.arange(len(old)), parts - exact, old))
    rank = np.empty(len(old), dtype=np.int64)
    rank[order] = np.arange(len(old)) - np.searchsorted(old[order], old[order])
    return (parts + (rank < left_over[old])).astype(np.int64)


def _table(parts: np.ndarray, new: np.ndarray, method: np.ndarray, codes: pd.Index, *, outside: bool) -> pd.DataFrame:
    rows = len(codes) + outside
    by_method = np.zeros((rows, len(METHODS)), dtype=parts.dtype)
    np.add.at(by_method, (new, method), parts)
    index = pd.Index(pd.array(codes).take(np.append(np.arange(len(codes)), [-1] * outside).astype(int), allow_fill=True), name="grid_code")
    value = np.zeros(rows, dtype=parts.dtype)
    np.add.at(value, new, parts)
    used = np.array(["", *METHODS])
    said = [";".join(used[1:][line != 0]) for line in by_method]
    return pd.DataFrame({"value": value, **dict(zip(METHODS, by_method.T, strict=True)), "method": said}, index=index)
