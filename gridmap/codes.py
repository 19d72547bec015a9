"""Code schemes of grids: what a code is made of, findings about given codes, and numbering by position."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import SchemaError
from gridmap.schema import POLYGON, require_frame

FINDING_COLUMNS = ("kind", "grid_code", "parent")


@dataclass(frozen=True)
class Segment:
    """One part of a code: its name, how many characters it has, and which characters (a regular expression for one)."""

    name: str
    width: int
    character: str = "[0-9]"


@dataclass(frozen=True)
class Scheme:
    """A code made of segments of fixed width, the last of which is the running number of the grid.

    Parameters
    ----------
    segments
        From left to right; the last one must consist of digits.
    place
        Names of the segments that together name the administrative place; all but the last when empty.
    alone
        Running number of a grid that has its prefix to itself.
    """

    segments: tuple[Segment, ...]
    place: tuple[str, ...] = ()
    alone: int = 1
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [segment.name for segment in self.segments]
        named = bool(names) and len(set(names)) == len(names) and all(name.isidentifier() for name in names)
        try:
            text = "".join(f"(?P<{segment.name}>(?:{segment.character}){{{segment.width}}})" for segment in self.segments if named)
            pattern = re.compile(text, re.ASCII)
            counted = named and re.fullmatch(self.segments[-1].character, "0") is not None
        except re.error:
            counted = False
        if not counted or not set(self.place) <= set(names) or any(segment.width < 1 for segment in self.segments):
            raise SchemaError("unsound_scheme", given=", ".join(f"{segment.name} {segment.width}" for segment in self.segments))
        object.__setattr__(self, "pattern", pattern)
        object.__setattr__(self, "place", self.place or tuple(names[:-1]))

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    @property
    def length(self) -> int:
        """Characters in a code."""
        return sum(segment.width for segment in self.segments)

    @property
    def capacity(self) -> int:
        """Largest running number."""
        return int(10 ** self.segments[-1].width - 1)

    @property
    def prefix_length(self) -> int:
        """Characters before the running number."""
        return self.length - self.segments[-1].width


UNIT_SEGMENTS = (Segment("division", 6), Segment("street", 3), Segment("community", 3), Segment("number", 3))
COMMUNITY_SEGMENTS = (
    Segment("object", 6), Segment("division", 6), Segment("street", 3), Segment("community", 3), Segment("number", 2),
)  # fmt: skip


@dataclass(frozen=True)
class UnitGridScheme(Scheme):
    """Unit grid of city management, 15 digits: county division 6, street or town 3, community 3, number in the community 3.

    Notes
    -----
    Source: CJ/T 213 (successor GB/T 30428.1), section on unit grid codes; divisions by GB/T 2260, streets by GB/T 10114. Numbers run
    within one community from west to east and from north to south, from 001.
    """

    segments: tuple[Segment, ...] = UNIT_SEGMENTS


@dataclass(frozen=True)
class CommunityGridScheme(Scheme):
    """Community service grid, 20 digits: managed object 6, county division 6, street or town 3, community 3, number 2.

    Notes
    -----
    Source: CJ/T 349-2010, section 5: digits 1-6 are the managed or served object by CJ/T 348 (digits 5 and 6 are 00 for a whole class),
    7-12 the division by GB/T 2260, 13-15 the street or town by GB/T 10114, 16-18 the community (from 601 where communities were joined),
    19-20 the number from west to east and north to south; 00 where the community is one undivided grid.
    """

    segments: tuple[Segment, ...] = COMMUNITY_SEGMENTS
    place: tuple[str, ...] = ("division", "street", "community")
    alone: int = 0


UNIT_GRID = UnitGridScheme()
COMMUNITY_GRID = CommunityGridScheme()


def parse(code: str, *, scheme: Scheme = UNIT_GRID) -> dict[str, str]:
    """Return the segments of one code by name, as text with their leading zeros.

    Raises
    ------
    SchemaError
        If `code` is not text, has another length, or a character that its segment does not allow.
    """
    if not isinstance(code, str):
        raise SchemaError("code_not_text", given=f"{code!r} ({type(code).__name__})")
    if len(code) != scheme.length:
        raise SchemaError("code_length", expected=scheme.length, given=f"{code!r} ({len(code)})")
    match = scheme.pattern.fullmatch(code)
    if match is None:
        raise SchemaError("code_characters", given=repr(code))
    return match.groupdict()


def check(codes: pd.Series, *, scheme: Scheme = UNIT_GRID, parents: pd.Series | None = None) -> pd.DataFrame:
    """List what is wrong with codes.

    Parameters
    ----------
    codes
        Codes, shape (n,), any index. For grids: `grids.index.to_series()`.
    scheme
        What the codes should be made of.
    parents
        Parent of each code, aligned by position: a place code (such as the 12 digits of a community), or a code of the same scheme.

    Returns
    -------
    DataFrame
        One row per finding: `kind`, `grid_code`, `parent`; the index holds the label in `codes`. Kinds: `missing_code`, `code_not_text`
        (leading zeros may be lost), `wrong_length`, `wrong_characters`, `duplicate_code` (every row but the first), `wrong_prefix` (the
        code's place does not begin with its parent's).

    Raises
    ------
    SchemaError
        If `parents` has another length than `codes`.
    """
    if parents is not None and len(parents) != len(codes):
        raise SchemaError("different_index", what="parents", given=f"{len(parents)} / {len(codes)}")
    missing = codes.isna().to_numpy() | (codes == "").to_numpy(dtype=bool, na_value=False)
    text = np.array([isinstance(code, str) for code in codes], dtype=bool)
    sized = np.array([isinstance(code, str) and len(code) == scheme.length for code in codes], dtype=bool)
    sound = np.array([isinstance(code, str) and scheme.pattern.fullmatch(code) is not None for code in codes], dtype=bool)
    above = [None] * len(codes) if parents is None else [parent if isinstance(parent, str) else None for parent in parents]
    strayed = np.array(
        [fine and _strayed(code, parent, scheme) for code, parent, fine in zip(codes, above, sound, strict=True)], dtype=bool
    )
    masks = {
        "missing_code": missing,
        "code_not_text": ~missing & ~text,
        "wrong_length": ~missing & text & ~sized,
        "wrong_characters": sized & ~sound,
        "duplicate_code": ~missing & codes.duplicated().to_numpy(),
        "wrong_prefix": strayed,
    }
    frame = pd.DataFrame({"grid_code": codes.to_numpy(), "parent": pd.Series(above, dtype=object).to_numpy()}, index=codes.index)
    found = [frame[mask].assign(kind=kind) for kind, mask in masks.items()]
    return pd.concat(found)[list(FINDING_COLUMNS)]


def number(grids: gpd.GeoDataFrame, prefix: str | pd.Series, *, scheme: Scheme = UNIT_GRID) -> pd.Series:
    """Give grids codes by position: rows from north to south, each row from west to east.

    Parameters
    ----------
    grids
        Polygons, shape (n,), in any CRS: positions are compared in its x (east) and y (north) as they stand.
    prefix
        What stands before the number (12 digits in a unit grid code): one for all, or a Series on the index of `grids`; numbers then
        start anew for every prefix.
    scheme
        What the codes are made of.

    Returns
    -------
    Series
        Codes as text, shape (n,), name "grid_code", on the index of `grids`. They depend on positions alone, not on the order of the
        rows, unless two grids share a centroid.

    Raises
    ------
    SchemaError
        If a prefix does not fit the scheme, a geometry is missing or empty, or a prefix has more grids than its numbers can tell apart.

    Notes
    -----
    The row rule: a grid stands where its centroid is. The northernmost grid without a number opens a row; every grid whose centroid lies
    less than half the median grid height south of it belongs to that row. Numbers run from 1 (or are `scheme.alone` for a single grid).
    """
    require_frame(grids, "grids", geometry=POLYGON)
    geometry = grids.geometry.to_numpy()
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if absent.any():
        raise SchemaError("without_geometry", what="grids", rows=grids.index[absent])
    prefixes = _prefixes(grids, prefix)
    wrong = [code for code in sorted(set(prefixes)) if not _fits(code, scheme)]
    if wrong:
        raise SchemaError("wrong_prefix", expected=scheme.prefix_length, given=", ".join(map(repr, wrong[:5])))
    width = scheme.segments[-1].width
    texts = np.empty(len(grids), dtype=object)
    for begin, rows in pd.Series(np.arange(len(grids))).groupby(prefixes, sort=True):
        if len(rows) > scheme.capacity:
            raise SchemaError("numbers_exhausted", prefix=begin, capacity=scheme.capacity, given=f"{len(rows)}")
        order = rows.to_numpy()[_reading_order(geometry[rows.to_numpy()])]
        numbers = range(1, len(order) + 1) if len(order) > 1 else (scheme.alone,)
        texts[order] = [f"{begin}{running:0{width}d}" for running in numbers]
    return pd.Series(texts, index=grids.index, dtype="str", name="grid_code")


def _strayed(code: str, parent: str | None, scheme: Scheme) -> bool:
    """Tell whether the code's place does not begin with its parent's."""
    if not parent:
        return False
    place = _place(code, scheme)
    above = _place(parent, scheme) if scheme.pattern.fullmatch(parent) else parent
    return not place.startswith(above)


def _place(code: str, scheme: Scheme) -> str:
    match = scheme.pattern.fullmatch(code)
    assert match is not None
    return "".join(match[name] for name in scheme.place)


def _prefixes(grids: gpd.GeoDataFrame, prefix: str | pd.Series) -> np.ndarray:
    if not isinstance(prefix, pd.Series):
        return np.full(len(grids), prefix, dtype=object)
    if not prefix.index.equals(grids.index):
        raise SchemaError("different_index", what="prefix", rows=prefix.index.symmetric_difference(grids.index))
    return prefix.to_numpy(dtype=object)


def _fits(prefix: object, scheme: Scheme) -> bool:
    """Tell whether `prefix` and a running number make a code of the scheme."""
    return isinstance(prefix, str) and scheme.pattern.fullmatch(prefix + "0" * scheme.segments[-1].width) is not None


def _reading_order(polygons: np.ndarray) -> np.ndarray:
    """Return positions from the north-west to the south-east, row by row."""
    centres = shapely.get_coordinates(shapely.centroid(polygons))
    bounds = shapely.bounds(polygons)
    half = np.median(bounds[:, 3] - bounds[:, 1]) / 2
    from_north = np.lexsort((centres[:, 0], -centres[:, 1]))
    row, opened = np.empty(len(polygons), dtype=int), np.inf
    current = -1
    for position in from_north:
        if opened - centres[position, 1] >= half:
            current, opened = current + 1, centres[position, 1]
        row[position] = current
    return np.lexsort((-centres[:, 1], centres[:, 0], row))
