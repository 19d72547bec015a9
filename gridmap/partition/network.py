"""Units as everything in this room sees them: who borders on whom, how long, at what price, and what each one weighs."""

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gridmap import crs, schema
from gridmap.errors import SchemaError

AREA = "area_m2"  # a quantity that is measured where it is no column
EDGE_COLUMNS = ("left", "right", "length_m")
MOST = 1e15  # of anything: the Earth has 5e14 m2; sums and squares of more would leave the range of numbers


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """Units and the borders between them, as arrays in the order of their codes.

    Attributes
    ----------
    index
        Identifiers of the units in ascending order, whatever the order of rows was.
    indptr, neighbour
        The neighbours of unit i are `neighbour[indptr[i]:indptr[i + 1]]`, ascending; every border stands at both of its units.
    length_m, price
        Of every border; price is what a metre of it costs inside a grid, infinite where the two are not connected across it.
    area_m2, perimeter_m
        Of every unit, NaN without geometry.
    weights
        Shape (n, q), the quantities to be balanced.
    quantities
        Their names.
    """

    index: pd.Index
    indptr: np.ndarray
    neighbour: np.ndarray
    length_m: np.ndarray
    price: np.ndarray
    area_m2: np.ndarray
    perimeter_m: np.ndarray
    weights: np.ndarray
    quantities: tuple[str, ...]

    def __post_init__(self) -> None:
        for values in (self.indptr, self.neighbour, self.length_m, self.price, self.area_m2, self.perimeter_m, self.weights):
            values.setflags(write=False)

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.index)

    @property
    def drawn(self) -> bool:
        """Whether units have geometry."""
        return bool(np.isfinite(self.area_m2).all())

    @property
    def unit(self) -> np.ndarray:
        """Position of the unit of every entry of `neighbour`."""
        return np.repeat(np.arange(self.n), np.diff(self.indptr))

    def __repr__(self) -> str:
        return f"Network(n={self.n}, borders={len(self.neighbour) // 2}, quantities={list(self.quantities)})"


def of(units: pd.DataFrame, edges: pd.DataFrame | None = None, quantities: Iterable[str] = ("households",)) -> Network:
    """Return the network of some units.

    Parameters
    ----------
    units
        Indexed by unit_id, with a column for every quantity (`area_m2` is measured if need be); any CRS; geometry may be absent where
        `edges` are given.
    edges
        As `partition.edges` gives them, which is asked where they are not given: `left`, `right`, `length_m` and perhaps `price`. A border
        of no length (a corner) connects nothing.
    quantities
        Names of the columns to be balanced.

    Returns
    -------
    Network
        In ascending order of unit_id.

    Raises
    ------
    SchemaError
        If an identifier is missing or stands twice, an edge names an unknown unit, one unit twice or a pair that another edge names, a
        length, price or quantity is negative, no number or above 1e15, a quantity is no column or an empty one, or geometry is missing
        that is needed.
    CRSError
        If units with geometry have no CRS.
    """
    if not isinstance(units, pd.DataFrame):
        raise SchemaError("not_a_table", what="units", given=type(units).__name__)
    schema.require_index(units.index, "units")
    order = schema.code_order(units.index)
    area, perimeter = _shape(units, needed=edges is None)
    names = tuple(dict.fromkeys(quantities))
    weights = np.column_stack([_quantity(units, name, area) for name in names]) if names else np.zeros((len(units), 0))
    if edges is None:
        from gridmap.partition.edges import edges as measured

        edges = measured(units)
    index = units.index[order]
    indptr, neighbour, length, price = _borders(edges, index)
    return Network(index, indptr, neighbour, length, price, area[order], perimeter[order], weights[order], names)


def pieces(network: Network, assignment: np.ndarray | None = None) -> np.ndarray:
    """Return the number of the connected piece that every unit lies in.

    Parameters
    ----------
    network
        Its forbidden borders connect nothing.
    assignment
        Shape (n,), whole numbers: only units of one number are connected; all by default.

    Returns
    -------
    ndarray
        Shape (n,), from 0, in the order of their first units.
    """
    unit = network.unit
    open_ = np.isfinite(network.price)
    if assignment is not None:
        open_ &= assignment[unit] == assignment[network.neighbour]
    links = csr_array((np.ones(int(open_.sum())), (unit[open_], network.neighbour[open_])), shape=(network.n, network.n))
    return connected_components(links, directed=False)[1]


def _shape(units: pd.DataFrame, *, needed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return areas and perimeters, NaN where there is no geometry at all."""
    if not needed and not (isinstance(units, gpd.GeoDataFrame) and units.active_geometry_name is not None):
        return np.full(len(units), np.nan), np.full(len(units), np.nan)
    schema.require_frame(units, "units", geometry=schema.POLYGON)
    empty = units.geometry.isna() | units.geometry.is_empty
    if empty.any():
        raise SchemaError("unit_without_geometry", rows=units.index[empty])
    drawn = crs.to_metric(units.geometry).to_numpy()
    return shapely.area(drawn), shapely.length(drawn)


def _quantity(units: pd.DataFrame, name: str, area: np.ndarray) -> np.ndarray:
    """Return a quantity of every unit."""
    if name == AREA and name not in units.columns and np.isfinite(area).all():
        return area
    if name not in units.columns or (len(units) and units[name].isna().all()):
        raise SchemaError("unit_quantity_absent", what=name, given=", ".join(map(str, units.columns)))
    return _measured(units[name], name, units.index)


def _measured(values: pd.Series, name: str, rows: pd.Index, *, infinite: bool = False) -> np.ndarray:
    """Return numbers, of which none is missing, negative or beyond all measure."""
    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(found >= 0) | ((found > MOST) & ~(np.isinf(found) & infinite))
    if wrong.any():
        raise SchemaError("unit_quantity", what=name, given=values.to_numpy(dtype=object)[wrong][0], rows=rows[wrong])
    return found


def _borders(edges: pd.DataFrame, index: pd.Index) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return every border at both of its units: where those of a unit begin, the neighbours, lengths and prices."""
    if not isinstance(edges, pd.DataFrame):
        raise SchemaError("not_a_table", what="edges", given=type(edges).__name__)
    schema.require_columns(edges, EDGE_COLUMNS, "edges")
    length = _measured(edges["length_m"], "length_m", edges.index)
    price = _measured(edges["price"], "price", edges.index, infinite=True) if "price" in edges else np.zeros(len(edges))
    left, right = (index.get_indexer(pd.Index(edges[side])) for side in ("left", "right"))
    for side, found in (("left", left), ("right", right)):
        if (found < 0).any():
            raise SchemaError("edge_unknown_unit", rows=pd.Index(edges[side])[found < 0].unique())
    if (left == right).any():
        raise SchemaError("edge_to_itself", rows=index[left[left == right]])
    n = len(index)
    pair = np.minimum(left, right) * np.int64(n) + np.maximum(left, right)
    twice = pd.Series(pair).duplicated().to_numpy()
    if twice.any():
        pairs = zip(index[left[twice]], index[right[twice]], strict=True)
        raise SchemaError("edge_twice", rows=[f"{one} - {other}" for one, other in pairs])
    kept = length > 0
    left, right, length, price = left[kept], right[kept], length[kept], price[kept]
    row, column = np.concatenate([left, right]), np.concatenate([right, left])
    order = coo_array((np.arange(1, len(row) + 1), (row, column)), shape=(n, n)).tocsr()
    order.sort_indices()
    place = (order.data - 1) % max(len(left), 1)
    return order.indptr.astype(np.int64), order.indices.astype(np.int64), length[place], price[place]
