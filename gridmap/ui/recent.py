"""The events of the server's project as they stand now, for all sessions: what was appended is added, and read once."""

import threading
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from gridmap import store
from gridmap.api import served

EVENTS = "events"


@dataclass
class _Kept:
    version: store.Version
    stated: dict[str, str]
    events: gpd.GeoDataFrame
    grids: tuple[object, ...] = ()
    owners: pd.DataFrame = field(default_factory=pd.DataFrame)
    unstated: int = 0


_kept: dict[store.Address, _Kept] = {}
_lock = threading.RLock()


def events(project: store.Address) -> gpd.GeoDataFrame:
    """Return every event of a project as `files.read_project` does, with the column `row_id` before the others.

    Raises
    ------
    StoreError
        If the file is missing or has no table of events.

    Notes
    -----
    Cost: what was appended since the last call. Where another program changed the table in any other way, all is read anew.
    """
    with _lock:
        return _current(project).events


def unstated(project: store.Address) -> int:
    """Return how often the file changed without saying of which table: then nothing read before can be relied on."""
    with _lock:
        return _current(project).unstated


def owners(project: store.Address) -> pd.DataFrame:
    """Return the codes of the `dedicated` and of the lowest `base` grid at each event, on the index of `events`; None for none.

    Raises
    ------
    StoreError
        As `events`.
    """
    with _lock:
        kept = _current(project)
        grids = served.grids(project)
        mark = grids.mark
        known = len(kept.owners) if kept.grids == mark else 0
        if known < len(kept.events) or kept.grids != mark:
            rest = kept.events.iloc[known:]
            dedicated, base = grids.both(rest)
            added = pd.DataFrame({"dedicated": dedicated, "base": base}, index=rest.index, dtype="object")
            kept.owners = pd.concat([kept.owners, added]) if known else added
            kept.grids = mark
        return kept.owners


def _current(project: store.Address) -> _Kept:
    version = store.version(project)
    kept = _kept.get(project)
    if kept is not None and kept.version == version:
        return kept
    stated = store.last_changes(project)
    unstated = 0 if kept is None else kept.unstated + (stated == kept.stated)
    if kept is None or not _grown(project, kept, version, stated):
        kept = _kept[project] = _Kept(version, stated, store.read_events(project), unstated=unstated)
        return kept
    added = store.read_events(project, since=_last(kept.events))
    if len(added):
        kept.events = pd.concat([kept.events, added])
    kept.version, kept.stated = version, stated
    return kept


def _grown(project: store.Address, kept: _Kept, version: store.Version, stated: dict[str, str]) -> bool:
    """Tell whether the events kept are still so: other tables changed, or rows were appended and nothing else."""
    if version.opening != kept.version.opening:
        return False
    if stated.get(EVENTS) != kept.stated.get(EVENTS):
        return store.appended_only(project, since=_last(kept.events), change=kept.stated.get(EVENTS, ""))
    return stated != kept.stated


def _last(events: gpd.GeoDataFrame) -> int:
    return int(events["row_id"].iloc[-1]) if len(events) else 0
