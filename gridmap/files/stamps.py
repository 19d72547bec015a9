"""Time stamps from the texts that exports write: ISO, Chinese, and the American month/day/year."""

import datetime as dt
import re

import numpy as np
import pandas as pd

COLUMNS = ("reported_at", "due_at", "accepted_at", "closed_at")

_CLOCK = r"(?:[ T]*(?P<noon>上午|下午|中午|凌晨|晚上)?\s*(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?P<part>[.,]\d+)?)?)?"
_TAIL = r"\s*(?P<half>[AaPp][Mm])?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?$"
_YEAR_FIRST = r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK + _TAIL
_MONTH_FIRST = r"^(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}|\d{2})" + _CLOCK + _TAIL
_COMPACT = (
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[ T]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
    r"(?P<offset>Z|[+-]\d{2}:?\d{2})?$"
)
_CHINESE = (
    (re.compile(r"\s*[年月]\s*"), "-"),
    (re.compile(r"\s*[日号]\s*"), " "),
    (re.compile(r"\s*[时点]\s*"), ":"),
    (re.compile(r"\s*分\s*(?=\d)"), ":"),
    (re.compile(r"\s*[分秒]"), ""),
    (re.compile(r":$"), ":00"),
    (re.compile(r"\s*星期[一二三四五六日天]\s*"), " "),
)
_AFTERNOON = ("PM", "下午", "晚上")


def parse(values: pd.Series, tz: str) -> pd.Series:
    """Read a column of stamps as times in `tz`; NaT where a text is none.

    Parameters
    ----------
    values
        Texts, dates or times. A stamp without an offset is local time in `tz`.
    tz
        Name of the time zone of the result.

    Returns
    -------
    Series
        On the index of `values`, `datetime64[us, tz]`.

    Notes
    -----
    Read: 2021-12-31 17:05:00, 2021/1/3 8:05, 20211231170500, 2021年12月31日 17时05分, 1/31/20 0:05, 1/31/2020 12:05:00 PM, each with or
    without an offset. A day before the month is never guessed. Where clocks are put back, the first of the two hours is meant.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _localised(values, tz)
    if pd.api.types.is_numeric_dtype(values.dtype):
        values = values.map(lambda number: str(int(number)), na_action="ignore")
    texts = values.map(_as_text, na_action="ignore").astype("str").str.strip().reset_index(drop=True)
    plain = _normalised(texts.dropna().drop_duplicates())
    read: list[pd.Series] = []
    for pattern in (_YEAR_FIRST, _MONTH_FIRST, _COMPACT):
        parts = plain.str.extract(pattern, flags=re.IGNORECASE)
        hit = parts["year"].notna()
        if hit.any():
            read.append(_assembled(parts[hit], tz).set_axis(texts[hit.index[hit]]))
        plain = plain[~hit]
    if not read:
        return pd.Series(pd.NaT, index=values.index, dtype=f"datetime64[us, {tz}]")
    return pd.concat(read).reindex(texts).set_axis(values.index)


def _as_text(value: object) -> str:
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)


def _normalised(texts: pd.Series) -> pd.Series:
    if not texts.str.isascii().all():
        texts = texts.str.normalize("NFKC")
    if texts.str.contains(r"[年月日号时点分秒星期]").any():
        for pattern, by in _CHINESE:
            texts = texts.str.replace(pattern, by, regex=True)
    return texts.str.strip()


def _localised(times: pd.Series, tz: str) -> pd.Series:
    if times.dt.tz is None:
        first = np.ones(len(times), dtype=bool)
        times = times.dt.tz_localize(tz, ambiguous=first, nonexistent="shift_forward")
    return times.dt.tz_convert(tz).astype(f"datetime64[us, {tz}]")


def _assembled(parts: pd.DataFrame, tz: str) -> pd.Series:
    """Build times from the named parts of a pattern; NaT where they name no day or hour of the calendar."""
    number = {name: pd.to_numeric(parts[name]).fillna(0) for name in ("year", "month", "day", "hour", "minute", "second") if name in parts}
    number["year"] = number["year"].where(number["year"] >= 100, number["year"] + 2000)
    if "noon" in parts:
        half = parts["half"].str.upper().fillna(parts["noon"])
        hour = number["hour"]
        hour = hour.mask(half.isin(_AFTERNOON) & (hour < 12), hour + 12)
        number["hour"] = hour.mask((half.isin(["AM", "上午", "凌晨"])) & (hour == 12), 0)
    times = pd.to_datetime(pd.DataFrame(number), errors="coerce").astype("datetime64[us]")
    if "hour" in number:
        times = times.mask(_beyond_the_day(number))
    if "part" in parts:
        fraction = pd.to_numeric(parts["part"].str.replace(",", ".")).fillna(0)
        times = times + pd.to_timedelta((fraction * 1e6).round(), unit="us")
    local = _localised(times, tz)
    offset = parts["offset"]
    if offset.isna().all():
        return local
    stated = (times - _offsets(offset)).dt.tz_localize("UTC").dt.tz_convert(tz).astype(local.dtype)
    return stated.where(offset.notna(), local)


def _beyond_the_day(number: dict[str, pd.Series]) -> pd.Series:
    hour, minute, second = number["hour"], number["minute"], number["second"]
    # 24:00 is the end of a day.
    return (minute > 59) | (second > 59) | (hour > 24) | ((hour == 24) & (minute + second > 0))


def _offsets(offset: pd.Series) -> pd.Series:
    digits = offset.str.replace("Z", "+0000").str.replace(":", "").fillna("+0000")
    minutes = digits.str[1:3].astype(int) * 60 + digits.str[3:5].astype(int)
    return pd.to_timedelta(minutes.where(digits.str[0] == "+", -minutes), unit="min")
