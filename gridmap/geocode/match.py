"""One normalised address against the entries of a gazetteer."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gridmap.geocode.entries import Entries
from gridmap.geocode.parse import Parts, readings

SAME_PLACE_M = 100.0
SCORE_DOOR_UNKNOWN = 0.95
SCORES = {"building": 1.0, "number": 0.9, "compound": 0.85}
SCORE_NOT_LISTED = 0.5
REGION_UNCHECKED = 0.1


class Match(NamedTuple):
    """What one address agrees with: the row whose point stands for it (None if ambiguous), and how well."""

    level: str | None
    score: float
    candidates: int
    row: int | None = None
    spread_m: float = float("nan")


NOTHING = Match(None, 0.0, 0)


class _Named(NamedTuple):
    """Names that one reading of an address states, and the regions that its prefix agrees with (None: cannot be checked)."""

    road: str | None
    name: str | None
    regions: frozenset[str] | None
    penalty: float


def find(text: str, entries: Entries) -> Match:
    """Return the best match over all readings of a normalised address; of equal ones the first."""
    best = NOTHING
    for parts in readings(text):
        for named in _named(parts, entries):
            match = _matched(parts, named, entries)
            if match.score > best.score:
                best = match
            if best.score == SCORES["building"]:
                return best
    return best


def _named(parts: Parts, entries: Entries) -> Iterator[_Named]:
    """Give the ways to split what stands before the building into region, road and compound, all of it accounted for."""
    if parts.number is not None:
        if parts.after and parts.after not in entries.known:
            return
        for start in _ends(parts.before, entries.roads):
            yield from _with_region(parts.before[:start], parts.before[start:], parts.after or None, entries)
        return
    for start in _ends(parts.before, entries.known):
        name, rest = parts.before[start:], parts.before[:start]
        yield from _with_region(rest, None, name, entries)
        for middle in _ends(rest, entries.roads):
            yield from _with_region(rest[:middle], rest[middle:], name, entries)


def _ends(text: str, names: frozenset[str]) -> list[int]:
    """Return where a known name begins that runs to the end of `text`, the longest first."""
    return [start for start in range(len(text)) if text[start:] in names]


def _with_region(prefix: str, road: str | None, name: str | None, entries: Entries) -> Iterator[_Named]:
    if not prefix:
        yield _Named(road, name, None, 0.0)
        return
    regions = entries.regions.agreeing(prefix)
    if regions is None:
        yield _Named(road, name, None, REGION_UNCHECKED)
    elif regions:
        yield _Named(road, name, regions, 0.0)


def _matched(parts: Parts, named: _Named, entries: Entries) -> Match:
    """Match the stated parts with the rows that agree with all of them."""
    if parts.building is not None:
        keyed = (
            *entries.by_number.get((named.road, parts.number, parts.building), ()),
            *entries.by_name.get((named.name, parts.building), ()),
        )
        built = [row for row in _in_region(keyed, named, entries) if _agrees(row, parts, named, entries)]
        if built:
            return _built(built, parts.unit, named.penalty, entries)
    keyed = (*entries.by_number.get((named.road, parts.number, None), ()), *entries.by_name.get((named.name, None), ()))
    near = _in_region(keyed, named, entries)
    rows = [] if parts.building is not None else [row for row in near if _agrees(row, parts, named, entries)]
    if not rows:
        return Match(None, round(SCORE_NOT_LISTED - named.penalty, 2), len(near)) if near else NOTHING
    level = "compound" if parts.number is None else "number"
    # The row of the compound or number itself gives the point; its buildings say how far that may be from the place meant.
    own = [row for row in rows if entries.building[row] is None]
    return _settled(rows, own, level, SCORES[level] - named.penalty, entries)


def _built(rows: list[int], unit: str | None, penalty: float, entries: Entries) -> Match:
    """Match rows of the stated building, at the stated unit's door where it is listed."""
    doors = [row for row in rows if entries.unit[row] == unit] if unit is not None else []
    own = [row for row in rows if entries.unit[row] is None]
    exact = bool(doors) or len(own) == len(rows) or (unit is None and (bool(own) or len(rows) == 1))
    score = (SCORES["building"] if exact else SCORE_DOOR_UNKNOWN) - penalty
    return _settled(doors or rows, doors or own, "building", score, entries)


def _in_region(rows: tuple[int, ...], named: _Named, entries: Entries) -> list[int]:
    distinct = sorted(set(rows))
    if not named.regions:
        return distinct
    return [row for row in distinct if entries.region[row] is None or entries.region[row] in named.regions]


def _agrees(row: int, parts: Parts, named: _Named, entries: Entries) -> bool:
    """Tell whether a row contradicts no stated part; a part that the row does not state is no contradiction."""
    return (
        (named.road is None or entries.road[row] in (None, named.road))
        and (parts.number is None or entries.number[row] in (None, parts.number))
        and (named.name is None or not entries.names[row] or named.name in entries.names[row])
    )


def _settled(rows: list[int], own: list[int], level: str, score: float, entries: Entries) -> Match:
    """Give the point of one row where all that agree are one place, an ambiguous match otherwise.

    The point is that of the row in `own` (of any row if there is none) nearest their middle.
    """
    if len(rows) == 1:
        return Match(level, round(score, 2), 1, rows[0], 0.0)
    eligible = own or rows
    middle = entries.xy[eligible].mean(axis=0)
    # Rounded, so that of two rows alike far the identifiers alone decide.
    row = eligible[int(np.argmin(np.round(np.hypot(*(entries.xy[eligible] - middle).T), 3)))]
    spread = float(np.hypot(*(entries.xy[rows] - entries.xy[row]).T).max())
    same = len({(entries.compound[other], entries.building[other]) for other in eligible}) == 1
    return Match(level, round(score, 2), len(rows), row if same and spread <= SAME_PLACE_M else None, spread)
