"""The order of categories, which gives each its mark: the same on every page and in every file of the same events."""

import numpy as np
import pandas as pd

CATEGORY = "category"


def category_order(events: pd.DataFrame) -> tuple[str | None, ...]:
    """Return the categories of events in the order of their marks; () where the table has no such column.

    Parameters
    ----------
    events
        All events of a project or a file: of a choice of them the order would be another.

    Notes
    -----
    The order is that in which they first occur in the table, None standing for events without one. Events are appended: what a category
    looks like stays, and a new one takes the next mark. An order by frequency or by name would change with the events that come in.
    """
    return ranked(events[CATEGORY])[1] if CATEGORY in events.columns else ()


def ranked(values: pd.Series) -> tuple[np.ndarray, tuple[str | None, ...]]:
    """Return the position of each value in the order of `category_order`, shape (n,), and that order; values are taken as texts."""
    numbers, found = pd.factorize(values, use_na_sentinel=False)
    texts = [None if pd.isna(value) else str(value) for value in found]
    order = {text: rank for rank, text in enumerate(dict.fromkeys(texts))}
    return np.array([order[text] for text in texts], dtype=np.int64)[numbers], tuple(order)
