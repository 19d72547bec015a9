"""One year of the district's events: where, when, until when, and the ten that are still open."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synth.jianyang import lattice
from gridmap.synth.town import DELIVERY_CRS, stream

YEAR_START = pd.Timestamp("2022-01-01", tz="Asia/Shanghai")
NOW = pd.Timestamp("2022-12-31 17:00", tz="Asia/Shanghai")
OPEN = 10
ON_BORDERS = 0.25  # the other events lie within a unit
# share of the events and limit in hours
CATEGORIES = {
    "环境卫生": (0.46, 24), "安全隐患": (0.20, 12), "我要咨询": (0.11, 24),
    "民生困难": (0.10, 72), "我要建议": (0.08, 120), "矛盾纠纷": (0.05, 360),
}  # fmt: skip
# weight of each hour of the day and each day of the week
HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 10, 16, 18, 17, 14, 10, 11, 15, 16, 15, 13, 11, 10, 8, 5, 2, 1], dtype=float)
WEEKDAYS = np.array([1.15, 1.12, 1.08, 1.08, 1.06, 0.80, 0.71])


def events(
    diagram: lattice.Cells, weights: np.ndarray, areas: np.ndarray, *, count: int, placing: tuple[np.ndarray, float], seed: int
) -> gpd.GeoDataFrame:
    """Return `count` events in EPSG:4490, ordered by time of report.

    Parameters
    ----------
    diagram
        Cells of the units in metres before `placing` (centre and scale) brings them to EPSG:4548.
    weights
        Share of each unit in the events, shape (u,).
    areas
        Town's name of each unit, shape (u,).

    Notes
    -----
    `min(count, 10)` are open at `NOW`, all past their limit; every other one was closed by then, and every limit of the year has expired.
    Cost: about 250 bytes per event.
    """
    reported, due, closed, category = _times(count, seed)
    places, unit = _places(diagram, weights, count, placing, seed)
    labels = pd.Series(np.arange(1, count + 1)).astype("str").str.zfill(8)
    is_open = np.isnat(closed)
    frame = {
        "category": pd.array(list(CATEGORIES), dtype="str").take(category),
        "reported_at": _stamps(reported),
        "due_at": _stamps(due),
        "closed_at": _stamps(closed),
        "status": pd.array(["archived", "dispatched"], dtype="str").take(is_open.astype(int)),
        "area": pd.array(areas, dtype="str").take(unit),
    }
    index = pd.Index("JY2022" + labels, name="event_id", dtype="str")
    return gpd.GeoDataFrame(frame, index=index, geometry=shapely.points(lattice.degrees(places)), crs=DELIVERY_CRS)


def _stamps(times: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times).as_unit("us").tz_localize("UTC").tz_convert("Asia/Shanghai")


def _times(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return reported, due and closed times (UTC seconds, NaT where open) and the category's position, ordered by reported time."""
    random = stream(seed, "jianyang/times")
    shares = np.array([share for share, _ in CATEGORIES.values()])
    limit = np.array([hours for _, hours in CATEGORIES.values()]) * 3600
    category = random.choice(len(shares), count, p=shares)
    start, now = int(YEAR_START.timestamp()), int(NOW.timestamp())
    days = np.arange(365)
    # the year began on a Saturday
    weight = WEEKDAYS[(days + 5) % 7]
    day = random.choice(len(days), count, p=weight / weight.sum())
    hour = random.choice(24, count, p=HOURS / HOURS.sum())
    reported = start + day * 86400 + hour * 3600 + random.integers(0, 3600, count)
    # every limit ends by now: what would end later was reported some weeks earlier
    late = np.ceil((reported + limit[category] - now) / (7 * 86400)).astype(int)
    reported -= np.maximum(late, 0) * 7 * 86400
    order = np.argsort(reported, kind="stable")
    reported, category = reported[order], category[order]
    due = reported + limit[category]
    took = np.maximum(np.round(limit[category] * 0.31 * np.exp(random.normal(0, 0.83, count))).astype(int), 60)
    # what would take until after `NOW` was closed between its limit and then
    closed = np.where(reported + took > now, due + ((now - due) * random.random(count)).astype(int), reported + took)
    closed[random.choice(count, min(OPEN, count), replace=False)] = np.iinfo(np.int64).min
    return reported.astype("datetime64[s]"), due.astype("datetime64[s]"), closed.astype("datetime64[s]"), category


def _places(
    diagram: lattice.Cells, weights: np.ndarray, count: int, placing: tuple[np.ndarray, float], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates in EPSG:4548 (count, 2) and unit of each event: three in four well within it, others beside a shared border."""
    random = stream(seed, "jianyang/event places")
    fan, owner = _fans(diagram)
    area = np.bincount(owner, _area(diagram, fan), len(weights))
    share = (weights / area)[owner] * _area(diagram, fan)
    triangle = random.choice(len(fan), count, p=share / share.sum())
    border, unit = fan[triangle], owner[triangle]
    along = random.random(count)
    # distance from the site, 1 = on the straight border; borders bend by SWING at most
    away = np.sqrt(random.random(count)) * (0.95 - lattice.SWING)
    beside = (random.random(count) < ON_BORDERS) & (diagram.right[border] != lattice.OUTSIDE)
    along = np.where(beside, 0.1 + 0.8 * along, along)
    away = np.where(beside, 0.9 + 0.1 * random.random(count), away)
    first, last, site = diagram.corners[diagram.start[border]], diagram.corners[diagram.finish[border]], diagram.sites[unit]
    places = site + away[:, None] * (first + along[:, None] * (last - first) - site)
    centre, scale = placing
    return np.round(places * scale + centre, 2), unit


def _fans(diagram: lattice.Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return border and unit of every triangle between a border and a site beside it."""
    inner = np.flatnonzero(diagram.right != lattice.OUTSIDE)
    return np.concatenate([np.arange(len(diagram.left)), inner]), np.concatenate([diagram.left, diagram.right[inner]])


def _area(diagram: lattice.Cells, fan: np.ndarray) -> np.ndarray:
    return (diagram.length * diagram.half_gap / 2)[fan]
