"""Score: the five principles as numbers, for every grid and for the plan as a whole."""

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist

from gridmap import coverage, crs, schema, workload
from gridmap.partition import measures
from gridmap.partition.measures import NOWHERE, PRINCIPLES, Ground


@dataclass(frozen=True, eq=False, repr=False)
class Score:
    """How far a partition keeps the five principles.

    Attributes
    ----------
    grids
        A row per grid, by code: `units`, `households`, `band_low`, `band_high`, `off_band` (households above the band, negative below it),
        `in_band`; `load`, `deviation` (of the load from the mean, as a share of it); `area_m2`, `perimeter_m`, `border_m` (with other
        grids), `street_m` (of that, along a line), `street_share`; `compactness` (Polsby-Popper), `span_m` (largest distance between two
        points of it); `parts` (1 where contiguous); `moved` (households that were in another grid of `keep`).
    total
        Of the whole, by measure: `grids`, `units`, `households`, `outside` (households of units in no grid), `in_band` (share of grids),
        `off_band` (households above and below, added up); `cv`, `gini`, `max_over_mean` of the load; `border_m` (each once),
        `street_share` of it; `compactness` and `span_m` (mean of the grids); `contiguous` (share of grids); `area_one`, `buildings_one`,
        `households_one` (shares that lie in exactly one grid); `moved` (households whose code changed), `moved_share`, `regrouped`
        (households moved if the new grids took the old codes that leave most in place), `regrouped_share`.
    points
        The points lost, a row per grid and a column per principle: `band`, `balance`, `contiguity`, `street`, `compactness`. 0 is perfect;
        see Notes of `score`.
    broken
        The principles that grids break, as `points`.
    load
        The column that the load is: `load_min` or `households`.
    """

    grids: pd.DataFrame
    total: pd.Series
    points: pd.DataFrame
    broken: pd.DataFrame
    load: str

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.broken.sum().items() if count)
        return f"Score({len(self.grids)} grids, {self.points.to_numpy().sum():.2f} points; broken: {counts or 'none'})"


def score(
    units: pd.DataFrame,
    assignment: pd.Series,
    *,
    edges: pd.DataFrame | None = None,
    boundary: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    keep: pd.Series | None = None,
    households: tuple[float, float] | None = None,
) -> Score:
    """Measure how far a partition keeps the five principles.

    Parameters
    ----------
    units
        Indexed by unit_id, with `households`, perhaps `load_min`, and `band_low` and `band_high`, the band of a unit's area; any CRS.
        Geometry may be absent where `edges` are given.
    assignment
        Unit -> code of its grid, NA for a unit in no grid; in any order.
    edges
        As `partition.edges` gives them, which is asked where they are not given: it then looks at no lines. Their column `kind` says that
        lines were looked at; a border with NA there follows none.
    boundary, buildings
        What should be covered, in the CRS of `units`.
    keep
        Unit -> code of its grid in the old plan; units that it does not have are new and not moved.
    households
        Band (low, high) of a grid's households, as in `build`: for units whose area has none of its own. 300 to 500 by default.

    Returns
    -------
    Score
        Every measure that needs what is not there is NaN: shape and size without geometry, `street_share` where edges have no column
        `kind` (where they have one and no border follows a line it is 0) or there is no border, coverage without `boundary` and
        `buildings`, what moved without `keep`.

    Raises
    ------
    SchemaError
        As `partition.build` for units, edges and `households`; if a unit is missing in the assignment or unknown; if geometry is missing
        that `boundary` or `buildings` are laid over.
    CRSError
        If there is no CRS, or they differ.

    Notes
    -----
    The band of a grid is the harmonic mean of its units' bands, weighted by households: it is full where the shares that its units take of
    what their areas allow add up to one. Border is what separates two grids; the outline of the whole is given and counts in the
    perimeter alone. Lengths and areas in the metric CRS.

    Points that a grid loses: `band` 1 outside of it and 1 more for every mid of the band that it is off; `balance` the square of its
    `deviation` (their mean is the square of `cv`); `contiguity` 1 for every part but one; `street` 1 - `street_share`; `compactness` 1 -
    Polsby-Popper. A grid breaks `balance` where its load is more than a quarter off the mean, `street` where less than half of its border
    follows a line, `compactness` below 0.25 (a perimeter twice that of a circle).

    Source: Polsby & Popper (1991), Yale Law & Policy Review 9(2); `workload.balance` for Gini and CV. Cost: one pass over the borders and
    a convex hull per grid; `boundary` and `buildings` cost what `coverage.shares` does.
    """
    ground = measures.ground(units, edges, households)
    label, codes = measures.labels(assignment, ground.network.index, "assignment")
    k = len(codes)
    rows = measures.sums(ground, label, k)
    parts = measures.parts_of(ground.network, label, k)
    mean = float(rows[:, measures.LOADS].mean()) if k else 0.0
    shapes = _shapes(units, ground, label, k)
    grids = _grids(rows, parts, mean, codes).assign(span_m=_spans(shapes))
    shares = _covered(units, shapes, codes, boundary, buildings)
    grids["moved"], moved = _moved(ground, label, codes, keep)
    total = _total(ground, grids, label) | shares | moved
    lost = pd.DataFrame(measures.points(rows, parts, mean), index=codes, columns=list(PRINCIPLES))
    broken = pd.DataFrame(measures.broken(rows, parts, mean), index=codes, columns=list(PRINCIPLES))
    return Score(grids, pd.Series(total, dtype=float, name="total").rename_axis("measure"), lost, broken, ground.load)


def _grids(rows: np.ndarray, parts: np.ndarray, mean: float, codes: pd.Index) -> pd.DataFrame:
    low, high = measures.limits(rows)
    off = measures.off_band(rows)
    columns = {
        "units": rows[:, measures.UNITS].astype(int),
        "households": rows[:, measures.HOUSEHOLDS],
        "band_low": low,
        "band_high": high,
        "off_band": off,
        "in_band": off == 0,
        "load": rows[:, measures.LOADS],
        "deviation": measures.evenness(rows, mean),
        "area_m2": rows[:, measures.AREA],
        "perimeter_m": rows[:, measures.PERIMETER],
        "border_m": rows[:, measures.BORDER],
        "street_m": rows[:, measures.STREET],
        "street_share": measures.street_share(rows),
        "compactness": measures.compactness(rows),
        "parts": parts,
    }
    return pd.DataFrame(columns, index=codes)


def _total(ground: Ground, grids: pd.DataFrame, label: np.ndarray) -> dict[str, float]:
    network, spread = ground.network, workload.balance(grids["load"])
    one, other = label[network.unit], label[network.neighbour]
    between = (one >= 0) & (other >= 0) & (one < other)
    border, street = (float(length[between].sum()) for length in (network.length_m, ground.street_m))
    return {
        "grids": len(grids),
        "units": network.n,
        "households": network.weights[:, 0].sum(),
        "outside": network.weights[label == NOWHERE, 0].sum(),
        "in_band": grids["in_band"].mean(),
        "off_band": grids["off_band"].abs().sum(),
        "cv": spread.cv,
        "gini": spread.gini,
        "max_over_mean": spread.max_over_mean,
        "border_m": border,
        "street_share": street / border if border else np.nan,
        "compactness": grids["compactness"].mean(),
        "span_m": grids["span_m"].mean(),
        "contiguous": (grids["parts"] == 1).mean(),
    }


def _shapes(units: pd.DataFrame, ground: Ground, label: np.ndarray, k: int) -> list[np.ndarray] | None:
    """Return the shapes of the units of every grid in the metric CRS, None where they have none."""
    network = ground.network
    if not (network.drawn and isinstance(units, gpd.GeoDataFrame)):
        return None
    drawn = crs.to_metric(units.geometry).to_numpy()[units.index.get_indexer(network.index)]
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], np.arange(k + 1))
    return [drawn[order[begin:end]] for begin, end in pairwise(ends)]


def _spans(shapes: list[np.ndarray] | None) -> np.ndarray | float:
    """Return the largest distance between two points of every grid: between two corners of its hull."""
    if shapes is None:
        return np.nan
    hulls = [shapely.convex_hull(shapely.geometrycollections(each)) for each in shapes]
    return np.array([pdist(shapely.get_coordinates(hull)).max(initial=0.0) for hull in hulls])


def _covered(
    units: pd.DataFrame,
    shapes: list[np.ndarray] | None,
    codes: pd.Index,
    boundary: gpd.GeoDataFrame | None,
    buildings: gpd.GeoDataFrame | None,
) -> dict[str, float]:
    """Return the shares of area, buildings and households that lie in exactly one grid."""
    found = dict.fromkeys(("area_one", "buildings_one", "households_one"), np.nan)
    if boundary is None and buildings is None:
        return found
    schema.require_frame(units, "units", geometry=schema.POLYGON)
    for frame, what in ((boundary, "units and boundary"), (buildings, "units and buildings")):
        if frame is not None:
            schema.require_same_crs(units, frame, what)
    drawn = [shapely.union_all(each) for each in shapes or ()]
    grids = gpd.GeoDataFrame(index=codes, geometry=drawn, crs=crs.to_metric(units.geometry).crs)
    laid = {name: None if frame is None else frame.to_crs(grids.crs) for name, frame in (("boundary", boundary), ("buildings", buildings))}
    shares = coverage.shares(grids, **laid)["share_one"]
    if boundary is None:
        shares = shares.drop("area_m2")  # of the grids themselves
    return found | {f"{name.removesuffix('_m2')}_one": float(share) for name, share in shares.items()}


def _moved(ground: Ground, label: np.ndarray, codes: pd.Index, keep: pd.Series | None) -> tuple[np.ndarray | float, dict[str, float]]:
    """Return the households that came into every grid, and all that moved: by the codes, and by what most of them are in."""
    names = ("moved", "moved_share", "regrouped", "regrouped_share")
    if keep is None:
        return np.nan, dict.fromkeys(names, np.nan)
    old, old_codes = measures.labels(keep, ground.network.index, "keep", partly=True)
    households = ground.network.weights[:, 0]
    known = (old >= 0) & (label >= 0)
    left = known.copy()
    left[known] = codes.map(str).to_numpy()[label[known]] != old_codes.map(str).to_numpy()[old[known]]
    shared = np.zeros((len(codes), len(old_codes)))
    np.add.at(shared, (label[known], old[known]), households[known])
    stays = shared[linear_sum_assignment(-shared)].sum()
    whole = households[known].sum()
    moved, regrouped = float(households[left].sum()), float(whole - stays)
    shares = (moved / whole, regrouped / whole) if whole else (np.nan, np.nan)
    of_grids = np.bincount(label[left], households[left], len(codes))
    return of_grids, dict(zip(names, (moved, shares[0], regrouped, shares[1]), strict=True))
