"""A layer of grids made ready for many points."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy
from gridmap.assign import update
from gridmap.assign.cells import stored, table
from gridmap.assign.cells.room import Room
from gridmap.assign.exact import NOWHERE, smallest
from gridmap.assign.grids import Grids
from gridmap.assign.threads import spread
from gridmap.assign.tiers import Tiers
from gridmap.errors import SchemaError
from gridmap.schema import POLYGON, code_order, require_columns, require_frame, require_index

WASTE = 2  # times the records of a new table: so many may be out of use
MOST_WORDS = 1 << 30  # of records, before a change adds more: places in them are 32-bit numbers
CHUNK, ASKED = 1 << 16, 1 << 20  # points a thread takes at a time; of shapely, which prepares every polygon each time
Read = Callable[[slice], tuple[np.ndarray, np.ndarray]]
_NO_ROOM = np.empty(0, dtype=np.int32)


@dataclass(frozen=True)
class Part:
    """The dedicated grids or the lowest base tier, and the reason why shapely answers for them; empty where the table does.

    Parameters
    ----------
    geometry
        The polygons of all grids; those of this kind are picked when shapely is asked, which a small change need not wait for.
    positions
        Those of the grids of this kind, ascending.
    """

    geometry: np.ndarray
    positions: np.ndarray
    reason: str

    def by_shapely(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the position of each point's grid in the sorted codes, NOWHERE if none."""
        return smallest(shapely.points(x, y), self.geometry[self.positions], self.positions)


class Index:
    """Dedicated grids and the lowest base tier in one table of cells; a kind whose grids overlap is asked of shapely.

    Parameters
    ----------
    grids
        As in `to_grids`; with `parent` if `chain` or `count` are to use the index. The frame is not kept: later changes do not show.

    Raises
    ------
    CRSError
        If `grids` has no CRS.
    SchemaError
        If a column is missing, a grid code stands twice, or a geometry is of another type.

    Notes
    -----
    Either way every answer is that of shapely's `intersects`, the smallest grid code first. Cost: proportional to the corners of the grids.
    The first index after an installation without `make env` also compiles the loops, which takes some ten seconds.
    """

    def __init__(self, grids: gpd.GeoDataFrame) -> None:
        require_grids(grids)
        ordered = grids.iloc[code_order(grids.index)]
        self._grids = Grids.of(ordered)
        split = layers(ordered)
        self._table, reasons = table.build(split)
        self._parts = {kind: Part(self._grids.geometry, place, reasons.get(kind, "")) for kind, (_, place) in split.items()}
        self._room, self._fresh = Room(), len(self._table.records)

    def __repr__(self) -> str:
        said = ", ".join(f"{kind}: {len(part.positions)} by {self.path.loc[kind, 'path']}" for kind, part in self._parts.items())
        return f"Index({said})"

    @property
    def codes(self) -> pd.Index:
        """The grid codes in order."""
        return self._grids.codes

    @property
    def grids(self) -> gpd.GeoDataFrame:
        """The grids in the order of their codes, with `level`, `kind` and, if it was there, `parent`."""
        return self._grids.frame.copy(deep=False)  # what is written into it does not show here

    @property
    def path(self) -> pd.DataFrame:
        """How each kind is looked up: `path` ("cell table" or "shapely") and the `reason` for the latter.

        The reason is "invalid" (a ring is), "overlap" or "crossing" (two grids may share more than a border), "coordinates"
        (too coarse, small or large for exact arithmetic), "crowded" (too many edges in few cells), or "" for a cell table.
        """
        reasons = [part.reason for part in self._parts.values()]
        paths = ["shapely" if reason else "cell table" for reason in reasons]
        return pd.DataFrame({"path": paths, "reason": reasons}, index=pd.Index(list(self._parts), name="kind"))

    def lookup(self, x: np.ndarray, y: np.ndarray, *, threads: int | None = None) -> np.ndarray:
        """Return the grid that owns each place, a dedicated grid before the lowest base grid.

        Parameters
        ----------
        x, y
            Coordinates in the CRS of the grids, shape (n,). A place that is not finite is in no grid.
        threads
            How many threads share the work; all processors by default.

        Returns
        -------
        ndarray
            Positions in `codes`, shape (n,), int32; -1 where there is no grid.

        Raises
        ------
        SchemaError
            If x and y are not of one length, or not of one dimension.
        """
        x, y = _numbers(x, y)
        return self.owners(lambda here: (x[here], y[here]), len(x), threads=threads)

    def locate(self, x: np.ndarray, y: np.ndarray, *, threads: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions in `codes` of the dedicated and of the lowest base grid at each place, -1 for none; else as `lookup`."""
        x, y = _numbers(x, y)
        return self.both(lambda here: (x[here], y[here]), len(x), threads=threads)

    def owners(self, read: Read, count: int, *, threads: int | None = None) -> np.ndarray:
        """Return what `lookup` does for `count` places; `read` gives the coordinates of some of them."""
        if any(part.reason for part in self._parts.values()):
            dedicated, base = self.both(read, count, threads=threads)
            return np.where(dedicated == NOWHERE, base, dedicated)
        found = np.empty(count, dtype=np.int32)

        def fill(begin: int, end: int) -> None:
            here = slice(begin, end)
            x, y = read(here)
            if self._table.locate(x, y, found[here], _NO_ROOM):
                rows = np.flatnonzero(found[here] < NOWHERE)
                dedicated, base = (part.by_shapely(x[rows], y[rows]) for part in self._parts.values())
                found[here][rows] = np.where(dedicated == NOWHERE, base, dedicated)

        spread(fill, count, least=CHUNK, most=CHUNK, threads=threads)
        return found

    def both(self, read: Read, count: int, *, threads: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return what `locate` does for `count` places; `read` gives the coordinates of some of them."""
        found = {kind: np.empty(count, dtype=np.int32) for kind in self._parts}

        def fill(begin: int, end: int) -> None:
            here = slice(begin, end)
            x, y = read(here)
            undecided = self._table.locate(x, y, found["base"][here], found["dedicated"][here])
            for kind, part in self._parts.items():
                if undecided or part.reason:
                    rows = np.arange(len(x)) if part.reason else np.flatnonzero(found[kind][here] < NOWHERE)
                    found[kind][here][rows] = part.by_shapely(x[rows], y[rows])

        chunk = ASKED if any(part.reason for part in self._parts.values()) else CHUNK
        spread(fill, count, least=chunk, most=chunk, threads=threads)
        return found["dedicated"], found["base"]

    def tiles(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the tile of the table in which each place lies, int32; all that lie outside have one of their own."""
        return self._table.tiles(*_numbers(x, y))

    def update(self, changed: gpd.GeoDataFrame, *, gone: Collection[str] = ()) -> "Index":
        """Return the index after some grids have changed; this one stays as it is.

        Parameters
        ----------
        changed
            Grids with a new polygon, or new ones, with the columns of the index's grids, in their CRS.
        gone
            Codes of grids that are no longer there.

        Raises
        ------
        CRSError, SchemaError
            As for `Index`; SchemaError also if a code of `gone` is no grid, or stands in `changed`, too.

        Notes
        -----
        Cost: proportional to the cells about the grids that move; where codes come or go also to the table. The index is built anew where
        shapely answers for a kind before or after, and where grids reach beyond the table or change their kind or level.
        """
        return self._updated(changed, gone)[0]

    def _updated(self, changed: gpd.GeoDataFrame, gone: Collection[str]) -> tuple["Index", np.ndarray | None]:
        """Return the index after a change and the tiles in which answers may differ, None for all."""
        require_grids(changed, "changed")
        edit = update.edited(self._grids, changed, gone)
        roomy = len(self._table.records) <= min(WASTE * self._fresh, MOST_WORDS)
        fits = roomy and not any(part.reason for part in self._parts.values())
        if not fits or _reordered(self._grids, edit):
            return Index(edit.grids.frame), None
        before = {kind: part.positions for kind, part in self._parts.items()}
        after = before if edit.to is None else {kind: positions for kind, (_, positions) in layers(edit.grids.frame).items()}
        geometry = self._grids.geometry, edit.grids.geometry
        found = update.updated(self._table, before, after, geometry, edit, self._room.extended)
        if found is None:
            return Index(edit.grids.frame), None
        made = Index.__new__(Index)
        made._grids, made._room, made._fresh = edit.grids, self._room, self._fresh
        made._table, tiles = found
        made._parts = {kind: Part(geometry[1], positions, "") for kind, positions in after.items()}
        return made, tiles

    def to_bytes(self) -> bytes:
        """Return the index as bytes that begin with a hash of their content."""
        return stored.pack(self.grids, self._table, {kind: part.reason for kind, part in self._parts.items()})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Index":
        """Return the index that `to_bytes` wrote.

        Raises
        ------
        SchemaError
            If the bytes are no index, or were changed.
        """
        made = cls.__new__(cls)
        grids, made._table, reasons = stored.unpack(data)
        made._grids = Grids.of(grids)
        made._parts = {kind: Part(made._grids.geometry, place, reasons[kind]) for kind, (_, place) in layers(grids).items()}
        made._room, made._fresh = Room(), len(made._table.records)
        return made


def _reordered(old: Grids, edit: update.Edit) -> bool:
    """Tell whether the lowest level is another, or a grid changed its level or kind."""
    if not edit.rewritten.isdisjoint({"level", "kind"}):
        return True
    return edit.to is not None and hierarchy.levels(old.frame)[-1:] != hierarchy.levels(edit.grids.frame)[-1:]


def _numbers(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates as the compiled loops take them: for arrays that are not writable numba would compile them once more."""
    x, y = (np.require(values, dtype=np.float64, requirements=("C", "W")) for values in (x, y))
    if x.ndim != 1 or x.shape != y.shape:  # compiled loops do not look
        raise SchemaError("unlike_coordinates", what="x, y", given=f"{x.shape} / {y.shape}")
    return x, y


def require_grids(grids: gpd.GeoDataFrame, what: str = "grids") -> None:
    """Raise unless points can be looked up in `grids`."""
    require_frame(grids, what, geometry=POLYGON)
    require_columns(grids, ("level", "kind"), what)
    require_index(grids.index, what)


def lowest(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the lowest base tier; none where every grid is dedicated."""
    return hierarchy.tier(grids) if hierarchy.levels(grids) else grids.iloc[:0]


def layers(ordered: gpd.GeoDataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the polygons of the dedicated and of the lowest base grids, and their positions in `ordered`."""
    return Tiers(ordered, np.arange(len(ordered))).layers(np.arange(len(ordered)))
