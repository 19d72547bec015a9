"""Counts that every report of events prints: by category, by month or week, and how many could be placed."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap import messages
from gridmap.report.document import Row, counted

_STEPS = ((21, "day", "D"), (120, "week", "W-SUN"))  # up to so many days: the step, and its name in pandas; by month beyond


@dataclass(frozen=True)
class Tally:
    """Counts of one selection of events.

    Attributes
    ----------
    total, unlocated
        Events, and those without coordinates.
    by_category, by_period
        Rows of the two tables, empty where the events carry no such column.
    step
        What a period is: "day", "week" (named by its Monday) or "month".
    untimed
        Events without a time of report.
    period
        First and last day, empty where no time is known.
    """

    total: int
    unlocated: int
    by_category: list[Row]
    by_period: list[Row]
    step: str
    untimed: int
    period: str


def tally(events: gpd.GeoDataFrame, lang: str) -> Tally:
    """Count events by category and by period; the days are those of the events' own time zone."""
    unlocated = int((events.geometry.isna() | events.geometry.is_empty).sum())
    days = _days(events)
    known = days.dropna()
    span = (known.max() - known.min()).days if len(known) else 0
    step, frequency = next(((step, name) for most, step, name in _STEPS if span <= most), ("month", "M"))
    return Tally(
        total=len(events),
        unlocated=unlocated,
        by_category=_by_category(events, lang),
        by_period=_by_period(known, frequency),
        step=step,
        untimed=int(days.isna().sum()),
        period=f"{known.min():%Y-%m-%d} – {known.max():%Y-%m-%d}" if len(known) else "",
    )


def tables(sums: Tally) -> dict[str, object]:
    """Return what the two tables of counts in the template need."""
    return {
        "by_category": sums.by_category,
        "by_period": sums.by_period,
        "step": sums.step,
        "events_n": sums.total,
        "timed_n": sums.total - sums.untimed,
        "untimed_n": sums.untimed,
    }


def _days(events: gpd.GeoDataFrame) -> pd.Series:
    """Return the local day of report, NaT where unknown."""
    if "reported_at" not in events.columns:
        return pd.Series(pd.NaT, index=events.index, dtype="datetime64[ns]")
    times = pd.to_datetime(events["reported_at"])
    return times.dt.tz_localize(None) if times.dt.tz is not None else times


def _by_category(events: gpd.GeoDataFrame, lang: str) -> list[Row]:
    """Return categories from the most frequent down, ties in alphabetical order."""
    if "category" not in events.columns:
        return []
    filed = events["category"].astype(object).where(events["category"].notna(), messages.text("report.uncategorised", lang)).astype(str)
    frequency = filed.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return counted(list(zip(frequency.index.tolist(), frequency.tolist(), strict=True)))


def _by_period(known: pd.Series, frequency: str) -> list[Row]:
    """Return every period between the first and the last, those without events too."""
    if not len(known):
        return []
    periods = known.dt.to_period(frequency)
    every = pd.period_range(periods.min(), periods.max(), freq=frequency)
    amounts = periods.value_counts().reindex(every, fill_value=0)
    pattern = "%Y-%m" if frequency == "M" else "%Y-%m-%d"
    return counted([(period.start_time.strftime(pattern), int(n)) for period, n in zip(every, amounts.tolist(), strict=True)])
