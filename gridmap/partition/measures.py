"""What grids measure that are made of units: sums over their units and borders, and the points that they lose by them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.errors import SchemaError
from gridmap.partition import network as networks
from gridmap.partition.balance import bands, require_band
from gridmap.partition.network import Network

BAND = (300.0, 500.0)  # households of a grid, where units have no band of their own
PRINCIPLES = ("band", "balance", "contiguity", "street", "compactness")
LOAD = "load_min"
NOWHERE = -1

# Beyond these a grid breaks a principle: a quarter off the mean load, as 300 and 500 are off 400; less than half of its border along
# lines; a perimeter more than twice that of a circle of its area.
MOST_UNEVEN = 0.25
LEAST_STREET = 0.5
LEAST_COMPACT = 0.25

# Columns of what is added up per grid; the first ones over units, then lengths of borders.
HOUSEHOLDS, LOADS, LEAST, MOST, LOW, HIGH, UNITS, AREA, PERIMETER, BORDER, STREET = range(11)
OF_UNITS = 8
SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Ground:
    """Units ready to be measured.

    Attributes
    ----------
    network
        Its quantities are households, then the load.
    load
        Name of the column that the load is: `load_min` where units have it, else `households`.
    amounts
        Shape (n, 8), what units add to a grid: the first columns.
    along
        Of every border of the network: whether it follows a line; None where no lines were looked at.
    """

    network: Network
    load: str
    amounts: np.ndarray
    along: np.ndarray | None

    @property
    def street_m(self) -> np.ndarray:
        """Length of every border that follows a line."""
        return self.network.length_m * (np.nan if self.along is None else self.along)


def ground(units: pd.DataFrame, edges: pd.DataFrame | None, band: tuple[float, float] | None = None) -> Ground:
    """Return units ready to be measured, those without a band of their own with the one given, or `BAND`; raises as `network.of`."""
    load = LOAD if isinstance(units, pd.DataFrame) and LOAD in units.columns else "households"
    found = networks.of(units, edges, ("households", load))
    households, carried = found.weights[:, 0], found.weights[:, -1]
    low, high = bands(units, BAND if band is None else require_band(band), schema.code_order(units.index)).T
    least = np.where(low > 0, households / np.where(low > 0, low, 1.0), 1.0)  # nothing is asked where the band begins at nothing
    amounts = np.column_stack([households, carried, least, households / high, low, high, np.ones(found.n), found.area_m2])
    return Ground(found, load, amounts, _along(edges, found))


def labels(assignment: pd.Series, index: pd.Index, what: str, *, partly: bool = False) -> tuple[np.ndarray, pd.Index]:
    """Return the number of the grid that every unit is in, and the codes of the grids in ascending order.

    Parameters
    ----------
    assignment
        Unit -> code; NA for units of no grid, whose number is -1.
    index
        Units in the order of the result.
    what
        Word for the assignment in messages.
    partly
        Whether units may be absent from it, and it from them.

    Raises
    ------
    SchemaError
        If it is no Series, a unit stands in it twice, or (unless `partly`) its units are others.
    """
    if not isinstance(assignment, pd.Series):
        raise SchemaError("not_a_series_of_units", what=what, given=type(assignment).__name__)
    schema.require_index(assignment.index, what)
    if not partly:
        strange = index.symmetric_difference(assignment.index)
        if len(strange):
            raise SchemaError("different_units", what=what, rows=strange)
    placed = assignment.reindex(index)
    codes = pd.Index(placed.dropna().unique(), name="grid_code")
    schema.require_orderable(codes, what)
    codes = codes[schema.code_order(codes)]
    return codes.get_indexer(placed), codes


def sums(ground: Ground, label: np.ndarray, k: int) -> np.ndarray:
    """Return what every grid adds up to, shape (k, 11); units with the number -1 are left out, but borders with them count."""
    network = ground.network
    inside = label >= 0
    columns = [np.bincount(label[inside], amount[inside], k) for amount in ground.amounts.T]
    one, other = label[network.unit], label[network.neighbour]
    placed = one >= 0
    within = placed & (one == other)
    outlines = np.bincount(label[inside], network.perimeter_m[inside], k) - np.bincount(one[within], network.length_m[within], k)
    between = placed & ~within
    borders = [np.bincount(one[between], length[between], k) for length in (network.length_m, ground.street_m)]
    return np.column_stack([*columns, outlines, *borders])


def borders_of(network: Network, member: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all borders of some units: the place of each one's unit among them, and that of the border in the network."""
    count = np.diff(network.indptr)[member]
    begin = np.concatenate([[0], np.cumsum(count)])[:-1]
    place = np.repeat(np.arange(len(member)), count)
    return place, (network.indptr[member] - begin)[place] + np.arange(len(place))


def sums_of(ground: Ground, grids: Sequence[Sequence[int]]) -> np.ndarray:
    """Return what grids made of some units would add up to, shape (m, 11), as `sums` does."""
    network, m = ground.network, len(grids)
    member = np.array([unit for units in grids for unit in units], dtype=np.int64)
    grid = np.repeat(np.arange(m), [len(units) for units in grids])
    place, entry = borders_of(network, member)
    order = np.argsort(member)
    at = np.minimum(np.searchsorted(member[order], network.neighbour[entry]), len(member) - 1)
    known = member[order][at] == network.neighbour[entry]
    inside = known & (grid[order][at] == grid[place])
    one, length = grid[place], network.length_m[entry]
    added = [np.bincount(grid, column[member], m) for column in (*ground.amounts.T, network.perimeter_m)]
    added[OF_UNITS] -= np.bincount(one[inside], length[inside], m)
    borders = [np.bincount(one[~inside], each[~inside], m) for each in (length, ground.street_m[entry])]
    return np.column_stack([*added, *borders])


def limits(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the band of every grid, the harmonic mean of its units' bands by households; the plain mean where nobody lives."""
    households = rows[:, HOUSEHOLDS]
    count = np.maximum(rows[:, UNITS], 1)
    bounds = []
    for filled, plain in ((LEAST, LOW), (MOST, HIGH)):
        lived = (households > 0) & (rows[:, filled] > 0)
        mean = np.where(lived, households / np.where(lived, rows[:, filled], 1.0), rows[:, plain] / count)
        bounds.append(np.round(mean, 6))  # of units of one band it is that band
    return bounds[0], bounds[1]


def off_band(rows: np.ndarray) -> np.ndarray:
    """Return how many households every grid is above its band, or below it (negative)."""
    low, high = limits(rows)
    households = rows[:, HOUSEHOLDS]
    above, below = households - high, households - low
    return np.where(above > SLACK * high, above, np.where(below < -SLACK * high, below, 0.0))


def street_share(rows: np.ndarray) -> np.ndarray:
    """Return the share of every grid's border with other grids that follows a line, NaN where it has none or no lines were looked at."""
    return rows[:, STREET] / np.where(rows[:, BORDER] > 0, rows[:, BORDER], np.nan)


def compactness(rows: np.ndarray) -> np.ndarray:
    """Return the area of every grid over that of a circle of its perimeter (Polsby & Popper), NaN without geometry."""
    return 4 * np.pi * rows[:, AREA] / np.where(rows[:, PERIMETER] > 0, rows[:, PERIMETER], np.nan) ** 2


def evenness(rows: np.ndarray, mean: float) -> np.ndarray:
    """Return how far the load of every grid is off the mean, as a share of it; 0 where there is no load at all."""
    return rows[:, LOADS] / mean - 1 if mean > 0 else np.zeros(len(rows))


def points(rows: np.ndarray, parts: np.ndarray, mean: float) -> np.ndarray:
    """Return the points that grids lose by every principle, shape (m, 5); what is not known loses none.

    Parameters
    ----------
    rows
        As `sums` returns them.
    parts
        Number of connected parts of every grid.
    mean
        Load of the mean grid.
    """
    off, (low, high) = off_band(rows), limits(rows)
    band = np.where(off != 0, 1 + np.abs(off) / ((low + high) / 2), 0.0)
    found = [band, evenness(rows, mean) ** 2, np.maximum(parts - 1.0, 0.0), 1 - street_share(rows), 1 - compactness(rows)]
    return np.nan_to_num(np.column_stack(found))


def broken(rows: np.ndarray, parts: np.ndarray, mean: float) -> np.ndarray:
    """Mark the principles that grids break, shape (m, 5)."""
    found = [
        off_band(rows) != 0,
        np.abs(evenness(rows, mean)) > MOST_UNEVEN + SLACK,
        parts > 1,
        street_share(rows) < LEAST_STREET - SLACK,
        compactness(rows) < LEAST_COMPACT - SLACK,
    ]
    return np.column_stack(found)


def parts_of(network: Network, label: np.ndarray, k: int) -> np.ndarray:
    """Return the number of connected parts of every grid."""
    piece = networks.pieces(network, label)
    first = np.unique(piece, return_index=True)[1]
    owner = label[first]
    return np.bincount(owner[owner >= 0], minlength=k)


def _along(edges: pd.DataFrame | None, network: Network) -> np.ndarray | None:
    """Mark the borders that follow a line; None where no lines were looked at, of which edges have no `kind`."""
    if edges is None or "kind" not in edges:
        return None
    followed = edges[edges["kind"].notna().to_numpy() & (pd.to_numeric(edges["length_m"]) > 0).to_numpy()]
    left, right = (network.index.get_indexer(pd.Index(followed[side])) for side in ("left", "right"))
    pair = np.minimum(left, right) * network.n + np.maximum(left, right)
    return np.isin(np.minimum(network.unit, network.neighbour) * network.n + np.maximum(network.unit, network.neighbour), pair)
