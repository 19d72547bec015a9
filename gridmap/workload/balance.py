"""How evenly a load is spread over grids."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError


@dataclass(frozen=True, eq=False)
class Balance:
    """How evenly a load is spread over the grids.

    Parameters
    ----------
    gini
        Gini coefficient, 0 (all equal) to (n - 1) / n (all in one grid).
    cv
        Coefficient of variation: population standard deviation / mean.
    max_over_mean
        Largest load / mean load.
    lorenz
        Shape (n + 1, 2), from (0, 0) to (1, 1): share of the grids, least loaded first, and the share of the load they carry.

    Notes
    -----
    Where nothing is to be shared out (no grid, or a total of zero) evenness has no meaning: the three figures are NaN, and so are the
    load shares in `lorenz` after its first point.
    """

    gini: float
    cv: float
    max_over_mean: float
    lorenz: np.ndarray


def balance(load: pd.Series) -> Balance:
    """Measure how evenly `load` is spread.

    Parameters
    ----------
    load
        Load per grid, shape (n,), not negative, no NA; any unit.

    Returns
    -------
    Balance
        Gini, coefficient of variation, max / mean and the Lorenz curve.

    Raises
    ------
    SchemaError
        If a value is negative, missing or infinite.

    Notes
    -----
    All four are free of the unit. Gini is that of the whole population (no small-sample factor n / (n - 1)), twice the area between the
    Lorenz curve and the diagonal. Cost: one sort.
    """
    values = np.asarray(load.to_numpy(dtype=float, na_value=np.nan))
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise SchemaError("not_a_load", rows=load.index[wrong])
    n, largest = len(values), values.max(initial=0.0)
    shares = np.column_stack([np.linspace(0.0, 1.0, n + 1), np.zeros(n + 1)])
    if n == 0 or largest == 0:
        shares[1:, 1] = np.nan
        return Balance(np.nan, np.nan, np.nan, shares)
    scaled = np.sort(values / largest)  # loads near the limits of floating point would overflow
    total = scaled.sum()
    shares[1:, 1] = np.cumsum(scaled) / total
    shares[-1, 1] = 1.0
    rank = np.arange(1, n + 1)
    gini = max(0.0, float(((2 * rank - n - 1) * scaled).sum() / (n * total)))
    return Balance(gini, float(scaled.std() / scaled.mean()), float(1.0 / scaled.mean()), shares)
