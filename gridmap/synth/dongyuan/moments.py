"""When events are reported, when they fall due on the working calendar, and which are closed by a moment.

Working calendar of the demo: Monday to Friday, 09:00 to 17:00, eight working hours a day; public holidays are working days like others.
Times are whole seconds of local time since 1970-01-01 in int64 arrays.
"""

import numpy as np
import pandas as pd

from gridmap.synth.dongyuan import filing

ZONE = "Asia/Shanghai"
DAY_S = 86_400
OPENS_S, WORK_S = 9 * 3600, 8 * 3600
FIRST_MONDAY = 4  # 1970-01-05
LIMIT_HOURS = {"安全隐患": 4, "环境卫生": 8, "我要咨询": 8, "民生困难": 24, "我要建议": 40, "矛盾纠纷": 120}
STEPS = ("reported", "dispatched", "handled", "verified", "evaluated")
IN_PROGRESS, NOT_DUE, LATE_SHARE = 40, 28, 0.08
LATEST_S = 3 * WORK_S  # nothing closed later than three working days after its limit


def reported(rows: pd.DataFrame, first: str, days: int, until_hour: int, random: np.random.Generator) -> np.ndarray:
    """Return the time of report of every row: by month of its subcategory, weekdays above weekends, 07 to 22 h.

    Parameters
    ----------
    rows
        As `filing.year` returns them; those of a hotspot fall into its weeks.
    first
        First day, ISO text.
    days
        Number of days; the last one ends at `until_hour`.
    """
    start = np.datetime64(first, "D").astype("int64")
    number = start + np.arange(days)
    month = (np.datetime64(first, "D") + np.arange(days)).astype("datetime64[M]").astype("int64") % 12
    base = np.array(filing.WEEKDAYS)[(number - FIRST_MONDAY) % 7]
    weights = {name: base * np.array(months)[month] for choices in filing.SUBCATEGORIES.values() for name, (_, months) in choices.items()}
    table = np.vstack([weights[name] for name in rows["subcategory"]])
    for position, spot in enumerate(filing.PLANTED):
        begin, end = (int(np.datetime64(day, "D").astype("int64")) for day in (spot.start, spot.end))
        table[(rows["hotspot"] == position).to_numpy()] = base * ((number >= begin) & (number < end))
    bounds = np.cumsum(table, axis=1)
    draw = random.random(len(rows)) * bounds[:, -1]
    day = (bounds <= draw[:, None]).sum(axis=1)
    hours = np.cumsum(filing.HOURS)
    # the last day ends early
    top = np.where(day == days - 1, hours[until_hour - filing.FIRST_HOUR - 1], hours[-1])
    hour = filing.FIRST_HOUR + np.searchsorted(hours, random.random(len(rows)) * top, side="right")
    return (start + day) * DAY_S + hour * 3600 + random.integers(0, 3600, len(rows))


def worked(times: np.ndarray) -> np.ndarray:
    """Return the working seconds from the first Monday to each time."""
    day = times // DAY_S - FIRST_MONDAY
    week, weekday = day // 7, day % 7
    today = np.clip(times % DAY_S - OPENS_S, 0, WORK_S)
    return (week * 5 + np.minimum(weekday, 5)) * WORK_S + np.where(weekday < 5, today, 0)


def at(seconds: np.ndarray) -> np.ndarray:
    """Return the first time at which so many working seconds have passed: the inverse of `worked`."""
    day = -(-seconds // WORK_S) - 1
    rest = seconds - day * WORK_S
    return (day // 5 * 7 + day % 5 + FIRST_MONDAY) * DAY_S + OPENS_S + rest


def due(times: np.ndarray, category: pd.Series) -> np.ndarray:
    """Return when the limit of each event's category ends."""
    limit = category.map(LIMIT_HOURS).to_numpy("int64") * 3600
    return at(worked(times) + limit)


def progress(times: np.ndarray, limits: np.ndarray, now: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return when each event was closed (-1 while in progress) and its step at `now`.

    Parameters
    ----------
    times
        Times of report, shape (n,).
    limits
        Times at which the limits end, shape (n,).

    Notes
    -----
    Exactly 40 are in progress: the latest of those whose limit has not ended, at most 28, and overdue ones of the last thirty days. Of the
    others 92 % were closed within their limit, the rest at most three working days after it.
    """
    waiting = np.flatnonzero(limits > now)
    waiting = waiting[np.argsort(-times[waiting], kind="stable")][:NOT_DUE]
    recent = np.flatnonzero((limits <= now) & (times > now - 30 * DAY_S))
    overdue = random.choice(recent, IN_PROGRESS - len(waiting), replace=False)
    is_open = np.zeros(len(times), dtype=bool)
    is_open[np.concatenate([waiting, overdue])] = True
    start, end = worked(times), worked(limits)
    span = np.minimum(end, worked(np.array([now]))[0]) - start
    closed = at(start + 1 + (random.beta(1.6, 2.2, len(times)) * (span - 1)).astype("int64"))
    can_be_late = np.flatnonzero(~is_open & (at(end + LATEST_S) <= now))
    late = random.choice(can_be_late, round(LATE_SHARE * int((~is_open).sum())), replace=False)
    closed[late] = at(end[late] + 60 + (random.random(len(late)) ** 2 * (LATEST_S - 60)).astype("int64"))
    steps = np.full(len(times), "archived", dtype=object)
    steps[is_open] = [STEPS[turn % len(STEPS)] for turn in range(IN_PROGRESS)]
    return np.where(is_open, -1, np.maximum(closed, times + 60)), steps


def stamps(times: np.ndarray) -> pd.DatetimeIndex:
    """Return times as time-zone aware stamps, NaT where negative."""
    index = pd.DatetimeIndex(np.where(times < 0, np.iinfo("int64").min, times).astype("datetime64[s]"))
    return index.as_unit("us").tz_localize(ZONE)


def seconds(moment: pd.Timestamp) -> int:
    """Return a moment as seconds of local time."""
    return int(moment.tz_convert(ZONE).tz_localize(None).timestamp())
