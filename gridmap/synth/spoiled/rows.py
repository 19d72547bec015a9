"""A table of events with twelve bad rows."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import SchemaError
from gridmap.synth.spoiled.kinds import Spoiled, listed
from gridmap.synth.town import BUILD_CRS, Town, stream

COUNTS = {"missing_stamp": 3, "reversed_order": 3, "future_date": 2, "duplicate_id": 2, "hotline_and_app": 2}
APART_M = (5.0, 45.0)
LATER_MIN = (5, 110)


def bad_rows(town: Town) -> Spoiled:
    """Add twelve bad rows to the events, each made from a sound one.

    Notes
    -----
    - `missing_stamp` (3): no time of report.
    - `reversed_order` (3): closed one to three days before it was reported.
    - `future_date` (2): reported after the town's `now`, 5 and 400 days.
    - `duplicate_id` (2): the identifier of another event, whose other fields differ.
    - `hotline_and_app` (2): an event known already by the hotline comes again by the app, within 50 m and 2 h, under an identifier of its
      own; `labels` names both.
    """
    total = sum(COUNTS.values())
    sound = _sound(town)
    if len(sound) < 2 * total:
        raise SchemaError("too_small_to_spoil", what="events", given=f"{len(sound)}")
    random = stream(len(town.events), "spoiled/events")
    picked = random.choice(len(sound), total + COUNTS["duplicate_id"], replace=False)
    models, taken = sound.iloc[np.sort(picked[:total])], sound.index[picked[total:]]
    kinds = np.repeat(list(COUNTS), list(COUNTS.values()))
    events, bad = town.events.copy(), models.copy()
    identifiers = np.array([f"BAD{number:03d}" for number in range(1, total + 1)], dtype=object)
    identifiers[kinds == "duplicate_id"] = taken
    bad.index = pd.Index(identifiers, name=models.index.name, dtype="str")
    if "channel" not in events:
        events["channel"] = pd.Series(pd.NA, index=events.index, dtype="str")
        bad["channel"] = pd.Series(pd.NA, index=bad.index, dtype="str")
    for kind, spoil in _SPOILERS.items():
        spoil(bad, kinds == kind, town.now, random)
    twins = kinds == "hotline_and_app"
    events.loc[models.index[twins], "channel"] = "hotline"
    labels = identifiers.copy()
    labels[twins] = [";".join(sorted(pair)) for pair in zip(models.index[twins], identifiers[twins], strict=True)]
    rows = [
        {"fault": kind, "table": "events", "labels": label, "geometry": place}
        for kind, label, place in zip(kinds, labels, bad.geometry, strict=True)
    ]
    return Spoiled({"events": gpd.GeoDataFrame(pd.concat([events, bad]))}, listed(rows, events.crs))


def _sound(town: Town) -> gpd.GeoDataFrame:
    """Return the events that are located and were closed some hours before the town's `now`."""
    placed = ~town.events.geometry.isna() & ~town.events.geometry.is_empty
    return town.events[placed & (town.events["closed_at"] < town.now - pd.Timedelta(hours=3))]


def _without_stamp(bad: gpd.GeoDataFrame, rows: np.ndarray, _now: pd.Timestamp, _random: np.random.Generator) -> None:
    bad.loc[rows, "reported_at"] = pd.NaT


def _reversed(bad: gpd.GeoDataFrame, rows: np.ndarray, _now: pd.Timestamp, random: np.random.Generator) -> None:
    bad.loc[rows, "closed_at"] = bad.loc[rows, "reported_at"] - pd.to_timedelta(random.integers(24, 72, rows.sum()), unit="h")


def _in_future(bad: gpd.GeoDataFrame, rows: np.ndarray, now: pd.Timestamp, _random: np.random.Generator) -> None:
    ahead = pd.to_timedelta(np.array([5, 400]), unit="D") + now - bad.loc[rows, "reported_at"]
    _shift(bad, rows, ahead)


def _by_app(bad: gpd.GeoDataFrame, rows: np.ndarray, _now: pd.Timestamp, random: np.random.Generator) -> None:
    count = int(rows.sum())
    _shift(bad, rows, pd.to_timedelta(random.integers(*LATER_MIN, count), unit="min"))
    bad.loc[rows, "channel"] = "app"
    bearing, away = random.uniform(0, 2 * np.pi, count), random.uniform(*APART_M, count)
    metric = bad.geometry[rows].to_crs(BUILD_CRS)
    moved = gpd.points_from_xy(metric.x + away * np.cos(bearing), metric.y + away * np.sin(bearing), crs=BUILD_CRS)
    bad.loc[rows, "geometry"] = gpd.GeoSeries(moved, index=bad.index[rows]).to_crs(bad.crs)


def _shift(bad: gpd.GeoDataFrame, rows: np.ndarray, by: pd.Series | pd.TimedeltaIndex) -> None:
    for column in ("reported_at", "due_at", "accepted_at", "closed_at"):
        if column in bad:
            bad.loc[rows, column] = bad.loc[rows, column] + by


_SPOILERS: dict[str, Callable[[gpd.GeoDataFrame, np.ndarray, pd.Timestamp, np.random.Generator], None]] = {
    "missing_stamp": _without_stamp,
    "reversed_order": _reversed,
    "future_date": _in_future,
    "hotline_and_app": _by_app,
}
