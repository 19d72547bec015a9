"""The open events, which come, move and go one by one: those near a place, those in a box, and those that a new report repeats."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pandas.api.types import is_scalar

from gridmap import crs as crs_room
from gridmap.assign.live.likeness import MINUTE_US, NO_TIME, Limits, moment_us, moments_us, require_limit, require_metres, require_places
from gridmap.assign.live.tree import Box, Tree, around, distances
from gridmap.errors import CRSError, GridmapWarning, SchemaError
from gridmap.schema import POINT, require_columns, require_crs, require_frame, require_index

LOAD_FROM = 10  # a tree is loaded anew where at least one event in so many is new: loading is that much faster than adding one by one


class Near(NamedTuple):
    """An open event and how far it is."""

    event_id: str
    distance_m: float


class Duplicate(NamedTuple):
    """An open event that a report may repeat; `minutes` is below 0 if the open one was reported later."""

    event_id: str
    distance_m: float
    minutes: float
    likeness: float


class _Entry(NamedTuple):
    number: int
    x: float
    y: float
    at: int
    kind: tuple[object, ...]

    @property
    def box(self) -> Box:
        return self.x, self.y, self.x, self.y


class OpenEvents:
    """Events with a place in metres, and perhaps a time, that can be added, moved and removed one by one.

    Parameters
    ----------
    crs
        A projected CRS in metres, fit for measuring; every x and y is in it.
    same
        Names of the values that two reports of one event have in common; each event is added with them.

    Raises
    ------
    CRSError
        If `crs` is not fit for measuring in metres.

    Notes
    -----
    Answers are exact and in one order: by distance, then event_id; limits and borders are included. A call that raises changes nothing.
    Cost: a change or a question takes time proportional to the logarithm of the number of events, and to the events near; a question about
    duplicates looks at the events near whatever their time. Measured, one change and one question take as long as a plain scan of a few
    100,000 events by numpy: below that the set is a convenience, above it pays. Not safe for threads: let one thread at a time use it.

    Examples
    --------
    >>> events = OpenEvents("EPSG:4548")
    >>> events.add("E1", 500000, 4000000, at="2026-05-04 09:00+08:00", category="litter")
    >>> events.add("E2", 500300, 4000400, category="litter")
    >>> events.within(500000, 4000000, 500)
    [Near(event_id='E1', distance_m=0.0), Near(event_id='E2', distance_m=500.0)]
    >>> events.duplicates(500030, 4000040, at="2026-05-04 10:00+08:00", category="litter")
    [Duplicate(event_id='E1', distance_m=50.0, minutes=60.0, likeness=0.25)]
    """

    def __init__(self, crs: pyproj.CRS | str, *, same: str | Sequence[str] = ("category",)) -> None:
        self.crs = _metric(crs)
        self.same = (same,) if isinstance(same, str) else tuple(same)
        self._entries: dict[str, _Entry] = {}
        self._keys: dict[int, str] = {}  # event_id under the number it has in the tree
        self._next = 0
        self._tree = Tree()

    @classmethod
    def from_events(
        cls, events: gpd.GeoDataFrame, *, same: str | Sequence[str] = ("category",), crs: pyproj.CRS | str | None = None
    ) -> "OpenEvents":
        """Return the set of all events of a table.

        Parameters
        ----------
        events
            Points indexed by `event_id` (text), with the columns of `same` and perhaps `reported_at`. Any CRS.
        same
            As in the class.
        crs
            The CRS of the set; by default what `crs.to_metric` chooses, which needs at least one place.

        Raises
        ------
        SchemaError, CRSError
            As `add_events` and `crs.to_metric`.

        Warns
        -----
        GridmapWarning
            If events have no place; they are left out.
        """
        require_frame(events, "events", geometry=POINT)
        made = cls(crs_room.metric_crs(events) if crs is None else crs, same=same)
        made.add_events(crs_room.transform(events, made.crs))
        return made

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the event_ids in the order in which they were added."""
        return iter(self._entries)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._entries

    def __repr__(self) -> str:
        return f"OpenEvents({len(self)} events, {self.crs.to_string()}, same={self.same})"

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_tree"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._entries, self._keys = dict(self._entries), dict(self._keys)
        self._load()

    def place(self, event_id: str) -> tuple[float, float]:
        """Return x and y of an event.

        Raises
        ------
        SchemaError
            If there is no such event.
        """
        entry = self._entry(event_id)
        return entry.x, entry.y

    def add(self, event_id: str, x: float, y: float, *, at: object = None, **values: object) -> None:
        """Add one event.

        Parameters
        ----------
        event_id
            Text that no event of the set has.
        x, y
            Metres in the CRS of the set.
        at
            When it was reported, with a time zone; without it the event is nobody's duplicate.
        values
            The value of every column in `same`; a missing one (None) equals no other.

        Raises
        ------
        SchemaError
            If the event_id is no text or is there already, or a place, time or value is not as above.
        """
        require_metres((x, y), "x, y")
        self._require_new(pd.Index([event_id], dtype=object))
        entry = _Entry(self._next, float(x), float(y), moment_us(at), self._kind(values))
        self._tree.insert(entry.number, entry.box)
        self._keep(event_id, entry)

    def add_events(self, events: gpd.GeoDataFrame) -> None:
        """Add all events of a table in the CRS of the set, or none of them.

        Raises
        ------
        CRSError
            If the table has another CRS.
        SchemaError
            If a column is missing, times have no zone, an event_id is no text, stands twice or is there already, or a place is not finite.

        Warns
        -----
        GridmapWarning
            If events have no place; they are left out.
        """
        require_frame(events, "events", geometry=POINT)
        require_crs(events, "events")
        if not events.crs.equals(self.crs, ignore_axis_order=True):
            raise CRSError("different_crs", what="events, OpenEvents", given=f"{events.crs.to_string()} / {self.crs.to_string()}")
        require_columns(events, self.same, "events")
        require_index(events.index, "events")
        self._require_new(events.index)
        at = moments_us(events["reported_at"], "reported_at") if "reported_at" in events else np.full(len(events), NO_TIME)
        placed = ~(events.geometry.isna() | events.geometry.is_empty).to_numpy()
        kept = events[placed]
        xy = shapely.get_coordinates(kept.geometry.to_numpy())
        require_places(xy, kept.index, "events")
        kinds = list(zip(*(kept[name].tolist() for name in self.same), strict=True)) if self.same else [()] * len(kept)
        entries = []
        for event_id, (x, y), moment, kind in zip(kept.index, xy.tolist(), at[placed].tolist(), kinds, strict=True):
            entries.append(_Entry(self._next, x, y, moment, _plain(kind)))
            self._keep(event_id, entries[-1])
        if len(entries) * LOAD_FROM > len(self):
            self._load()
        else:
            for entry in entries:
                self._tree.insert(entry.number, entry.box)
        if not placed.all():
            warnings.warn(GridmapWarning("unplaced_events", rows=events.index[~placed]), stacklevel=2)

    def move(self, event_id: str, x: float, y: float) -> None:
        """Give an event another place.

        Raises
        ------
        SchemaError
            If there is no such event, or x and y are not finite metres.
        """
        require_metres((x, y), "x, y")
        old = self._entry(event_id)
        new = old._replace(x=float(x), y=float(y))
        self._tree.delete(old.number, old.box)
        self._tree.insert(new.number, new.box)
        self._entries[event_id] = new

    def remove(self, event_id: str) -> None:
        """Take an event out.

        Raises
        ------
        SchemaError
            If there is no such event.
        """
        entry = self._entry(event_id)
        self._tree.delete(entry.number, entry.box)
        del self._entries[event_id], self._keys[entry.number]

    def in_box(self, west: float, south: float, east: float, north: float) -> list[str]:
        """Return the events in a box, its border included, by event_id.

        Raises
        ------
        SchemaError
            If a side is not finite or west exceeds east or south north.
        """
        box = (west, south, east, north)
        require_metres(box, "box")
        if west > east or south > north:
            raise SchemaError("bad_bounds", given=", ".join(map(str, box)))
        return sorted(self._keys[number] for number in self._tree.meeting(box).tolist())

    def within(self, x: float, y: float, distance_m: float) -> list[Near]:
        """Return the events at most `distance_m` from a place, the nearest first, of equally near ones the smaller event_id.

        Raises
        ------
        SchemaError
            If x or y is not finite, or `distance_m` is negative or not finite.
        """
        require_metres((x, y), "x, y")
        require_limit(distance_m, "distance_m")
        return self._within(x, y, distance_m)

    def nearest(self, x: float, y: float, k: int = 1) -> list[Near]:
        """Return the k nearest events, or all if there are fewer; of equally near ones those with the smaller event_id.

        Raises
        ------
        SchemaError
            If x or y is not finite, or k is no whole number above 0.
        """
        require_metres((x, y), "x, y")
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise SchemaError("whole_number", what="k", given=repr(k))
        if not self._entries:
            return []
        wanted = min(int(k), len(self))
        # among equally near ones the tree chooses as it likes: its answer only says how far to look
        reach = self._distances(self._tree.nearest(x, y, wanted).tolist(), x, y)
        return self._within(x, y, np.partition(reach, wanted - 1)[wanted - 1])[:wanted]

    def duplicates(
        self, x: float, y: float, *, at: object, distance_m: float = 50.0, hours: float = 2.0, **values: object
    ) -> list[Duplicate]:
        """Return the open events that a new report probably repeats, the likeliest first.

        Parameters
        ----------
        x, y, at, values
            The report, as in `add`; ask before adding it.
        distance_m, hours
            How far apart the two may be, both limits included; the time to the microsecond, in either direction.

        Returns
        -------
        list of Duplicate
            By likeness (1 for the same place and moment, 0 where both limits are reached), then event_id. None if the report has no time
            or lacks a value, and none of the events that do.

        Raises
        ------
        SchemaError
            If x or y is not finite, a time has no zone, a limit is negative or not finite, or `values` are not the columns of `same`.

        Notes
        -----
        `assign.duplicates` gives the same pairs for a whole table.
        """
        require_metres((x, y), "x, y")
        limits = Limits.checked(distance_m, hours)
        moment, kind = moment_us(at), self._kind(values)
        if moment == NO_TIME or None in kind:
            return []
        found = []
        for event_id, apart in self._within(x, y, limits.distance_m):
            entry = self._entries[event_id]
            later = moment - entry.at
            if entry.at != NO_TIME and abs(later) <= limits.time_us and entry.kind == kind:
                found.append(Duplicate(event_id, apart, later / MINUTE_US, float(limits.likeness(apart, later))))
        return sorted(found, key=lambda one: (-one.likeness, one.event_id))

    def _within(self, x: float, y: float, distance_m: float) -> list[Near]:
        numbers = self._tree.meeting(around(x, y, distance_m)).tolist()
        apart = self._distances(numbers, x, y).tolist()
        near = (Near(self._keys[number], far) for number, far in zip(numbers, apart, strict=True) if far <= distance_m)
        return sorted(near, key=lambda one: (one.distance_m, one.event_id))

    def _distances(self, numbers: list[int], x: float, y: float) -> np.ndarray:
        entries = [self._entries[self._keys[number]] for number in numbers]
        return distances(np.array([entry.x for entry in entries]) - x, np.array([entry.y for entry in entries]) - y)

    def _entry(self, event_id: str) -> _Entry:
        if not isinstance(event_id, str) or event_id not in self._entries:
            raise SchemaError("unknown_event", given=repr(event_id))
        return self._entries[event_id]

    def _require_new(self, event_ids: pd.Index) -> None:
        no_text = [repr(one) for one in event_ids if not isinstance(one, str)]
        if no_text:
            raise SchemaError("id_not_text", rows=no_text)
        known = [one for one in event_ids if one in self._entries]
        if known:
            raise SchemaError("known_event", rows=known)

    def _kind(self, values: dict[str, object]) -> tuple[object, ...]:
        if values.keys() != set(self.same):
            raise SchemaError("other_values", names=", ".join(self.same) or "-", given=", ".join(values) or "-")
        return _plain(values[name] for name in self.same)

    def _keep(self, event_id: str, entry: _Entry) -> None:
        self._entries[event_id] = entry
        self._keys[entry.number] = event_id
        self._next = entry.number + 1

    def _load(self) -> None:
        self._tree = Tree((entry.number, entry.box) for entry in self._entries.values())


def _metric(crs: pyproj.CRS | str) -> pyproj.CRS:
    """Return `crs`, or raise CRSError unless it is fit for measuring in metres."""
    try:
        return crs_room.metric_crs(gpd.GeoSeries([], crs=pyproj.CRS.from_user_input(crs)))
    except (CRSError, pyproj.exceptions.CRSError) as error:
        raise CRSError("not_metric", given=str(crs)) from error


def _plain(values: Iterable[object]) -> tuple[object, ...]:
    """Return the values with None for every missing one: NA cannot be compared."""
    return tuple(None if is_scalar(value) and pd.isna(value) else value for value in values)
