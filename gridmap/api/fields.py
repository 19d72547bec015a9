"""One report's members: which there are, what each may hold, and the table of events they make."""

import datetime
import math
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap import crs, messages, store
from gridmap.files import places
from gridmap.store.tables.described import REAL, WHOLE

LONGEST = 2_000  # letters of a text
LONGEST_NAME = 100
DEGREES = "EPSG:4326"
EARLIEST, LATEST = 1900, 2200
REPORTED = "reported"
_PLACE = ("lon", "lat", "x", "y", "crs")
_CODE = re.compile(r"EPSG:\d{4,6}", re.IGNORECASE | re.ASCII)


class Unfit(Exception):  # noqa: N818 - never leaves the intake
    """A report that cannot be taken: a key of the catalogue and its fields."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values

    def text(self, lang: str) -> str:
        """Return the message in one line."""
        return messages.text(f"api.{self.key}", lang, **self.values)


def frame(reports: Sequence[Any], table: store.Table, *, now: datetime.datetime) -> gpd.GeoDataFrame:
    """Return reports as events in the table's CRS.

    Parameters
    ----------
    now
        From which identifiers are made where a report brings none.

    Raises
    ------
    Unfit
        If a member is missing, unknown, or holds what it may not; the report is counted from 1.
    CRSError
        If coordinates have no place in the table's CRS.
    """
    rows = [_row(report, number, table) for number, report in enumerate(reports, start=1)]
    labels = [row.pop("event_id") or _made(now) for row in rows]
    points, systems = [row.pop("point") for row in rows], [row.pop("crs") for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column([row.get(name) for row in rows], table.types.get(name, "TEXT")) for name in names}
    geometry = _places(points, systems, table)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=table.crs).set_axis(pd.Index(labels, name="event_id", dtype="str"))


def _made(now: datetime.datetime) -> str:
    return f"R{now:%Y%m%d%H%M%S}{secrets.token_hex(6)}"


def _row(report: Any, number: int, table: store.Table) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(report, dict):
        raise Unfit("not_an_event", number=number)
    known = {*_PLACE, *table.types}
    for name in report:
        if name not in known:
            raise Unfit("unknown_member", number=number, name=name[:40], known=", ".join(sorted(known)))
    given = {name: value for name, value in report.items() if value is not None}
    for name in ("category", "reported_at"):
        if name not in given:
            raise Unfit("missing_member", number=number, name=name)
    kept = {name: value for name, value in given.items() if name in table.types and name != "event_id"}
    row = {name: _value(value, name, number, table.types[name]) for name, value in kept.items()}
    if "status" in table.types:
        row.setdefault("status", REPORTED)
    point, system = _place(given, number)
    if point is None and "address" not in row:
        raise Unfit("no_place", number=number)
    identifier = _value(given["event_id"], "event_id", number, "TEXT(100)") if "event_id" in given else None
    return {**row, "event_id": identifier, "point": point, "crs": system}


def _value(value: Any, name: str, number: int, declared: str) -> Any:  # noqa: ANN401 - by the column's type
    kind, _, size = declared.partition("(")
    read = {"DATETIME": _instant, "TIMESTAMP": _instant, "BOOLEAN": _truth, "DATE": _day}
    whole, real = dict.fromkeys(WHOLE, _whole), dict.fromkeys(REAL, _number)
    limit = min(int(size.rstrip(")")) if size else LONGEST, LONGEST_NAME if name in {"event_id", "category", "status"} else LONGEST)
    readers: Mapping[str, Callable[[Any], Any]] = {**read, **whole, **real, "TEXT": lambda text: _text(text, limit, lines=name == "text")}
    found = readers[kind](value) if kind in readers else None
    if found is None:
        raise Unfit(
            "bad_time" if kind in {"DATETIME", "TIMESTAMP"} else "bad_value", number=number, name=name, type=kind.lower(), limit=limit
        )
    return found


def _text(value: object, limit: int, *, lines: bool) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        return None
    allowed = value.replace("\n", "").replace("\t", "") if lines else value
    return value.strip() if allowed.isprintable() else None


def _instant(value: object) -> pd.Timestamp | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        time = datetime.datetime.fromisoformat(value)
    except ValueError:
        return None
    if time.utcoffset() is None or not EARLIEST <= time.year <= LATEST:
        return None
    return pd.Timestamp(time.astimezone(datetime.UTC))


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: object) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15 or not math.isfinite(value):
        return None
    return float(value)


def _place(given: Mapping[str, Any], number: int) -> tuple[tuple[float, float] | None, str | None]:
    """Return a report's coordinates and their system, None twice where it gives none."""
    here = {name for name in _PLACE if name in given}
    if not here:
        return None, None
    if here == {"lon", "lat"}:
        lon, lat = _number(given["lon"]), _number(given["lat"])
        if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
            raise Unfit("bad_degrees", number=number)
        return (lon, lat), DEGREES
    if here == {"x", "y", "crs"}:
        x, y, system = _number(given["x"]), _number(given["y"]), given["crs"]
        if x is None or y is None or not isinstance(system, str) or not _CODE.fullmatch(system):
            raise Unfit("bad_xy", number=number)
        return (x, y), system.upper()
    raise Unfit("half_a_place", number=number)


def _places(points: Sequence[tuple[float, float] | None], systems: Sequence[str | None], table: store.Table) -> gpd.GeoSeries:
    """Return points in the table's CRS, in the order given, None where there is none."""
    assert table.crs is not None  # a table of events has one
    placed = pd.Series([None] * len(points), dtype="object")
    for system in {system for system in systems if system is not None}:
        rows = [row for row, other in enumerate(systems) if other == system]
        here = gpd.GeoSeries(
            [shapely.Point(*point) for row in rows if (point := points[row]) is not None], index=rows, crs=places.as_crs(system)
        )
        crs.require_plausible(here, "events")
        placed.loc[rows] = crs.transform(here, table.crs).to_numpy()
    return gpd.GeoSeries(placed.to_numpy(), crs=table.crs)


def _column(values: list[Any], declared: str) -> pd.Series:
    kind = declared.partition("(")[0]
    if kind in {"DATETIME", "TIMESTAMP"}:
        return pd.to_datetime(pd.Series(values, dtype="object"), utc=True).astype("datetime64[us, UTC]")
    if kind == "TEXT":
        return pd.Series(values, dtype="str")
    if kind == "BOOLEAN":
        return pd.Series(values, dtype="boolean")
    if kind in WHOLE:
        return pd.Series(values, dtype="Int64")
    return pd.Series(values)
