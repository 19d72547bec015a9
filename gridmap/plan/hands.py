"""What changes hands within one tier: ground by overlay, counts by where they lie, staff by their grid."""

import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, privacy, schema
from gridmap.errors import GridmapWarning, SchemaError
from gridmap.plan.ground import NOWHERE, Pieces, Tier
from gridmap.plan.kinship import Cells, Kin, kin
from gridmap.schema import POINT, POLYGON

PEOPLE = ("households", "residents")
ENDS = ["before", "after"]


@dataclass(frozen=True)
class Counted:
    """What is counted: points with an amount of each measure, and posts by the code of their grid.

    Parameters
    ----------
    points, amounts
        Two lists of as many: points in the CRS of the grids, and a table of amounts on the same rows.
    posts
        Posts per grid code of the old plan; None where there is no staff.
    """

    points: list[gpd.GeoDataFrame]
    amounts: list[pd.DataFrame]
    posts: pd.Series | None

    @classmethod
    def of(
        cls, grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, events: gpd.GeoDataFrame | None, staff: pd.DataFrame | None
    ) -> "Counted":
        """Check the tables beside the grids of the old plan and return what they count."""
        points, amounts = [], []
        if buildings is not None:
            schema.require_frame(buildings, "buildings", geometry=POINT | POLYGON)
            schema.require_same_crs(grids, buildings, "old, buildings")
            points.append(gpd.GeoDataFrame(geometry=shapely.point_on_surface(buildings.geometry.to_numpy()), crs=grids.crs))
            amounts.append(_amounts(buildings))
        if events is not None:
            schema.require_frame(events, "events", geometry=POINT)
            schema.require_same_crs(grids, events, "old, events")
            points.append(gpd.GeoDataFrame(geometry=events.geometry.to_numpy(), crs=grids.crs))
            amounts.append(pd.DataFrame({"events": np.ones(len(events), dtype=np.int64)}))
        return cls(points, amounts, None if staff is None else _posts(staff, grids.index))

    @property
    def measures(self) -> list[str]:
        """Names of all that is counted."""
        return [name for table in self.amounts for name in table.columns] + (["staff"] if self.posts is not None else [])


@dataclass(frozen=True)
class Hands:
    """Two versions of one tier and all that lies between them.

    Parameters
    ----------
    old, new
        The two versions.
    kin
        Who follows whom.
    pieces, cell
        Ground, and the number of the pair in `cells` that each piece belongs to.
    flows
        A row per pair of grids that share ground or counts: index `before`, `after` (positions, `NOWHERE` for none), columns `area_m2`,
        `firm_m2` (without slivers), `sliver_m2` (slivers without rounding), `cell` (number of the pair, `NOWHERE` where there are counts
        alone), `part`, `source` (as in `Kin`), `stays` (between a grid and itself), and a column per count.
    """

    old: Tier
    new: Tier
    kin: Kin
    pieces: Pieces
    cell: np.ndarray
    flows: pd.DataFrame


def hands(old: Tier, new: Tier, pieces: Pieces, counted: Counted) -> Hands:
    """Follow ground and counts from one version of a tier to the other."""
    cells, number = Cells.of(pieces)
    family = kin(cells, old.codes.to_numpy(dtype=object), new.codes.to_numpy(dtype=object))
    seen = np.bincount(number, weights=np.where(pieces.sliver & pieces.shown, pieces.area_m2, 0.0), minlength=len(cells.before))
    flows = pd.DataFrame(
        {"area_m2": cells.area_m2, "firm_m2": cells.firm_m2, "sliver_m2": seen, "part": family.part, "source": family.source},
        index=pd.MultiIndex.from_arrays([cells.before, cells.after], names=ENDS),
    ).assign(cell=np.arange(len(cells.before)))
    for points, amounts in zip(counted.points, counted.amounts, strict=True):
        flows = _joined(flows, _owner(points, old), _owner(points, new), amounts)
    if counted.posts is not None:
        place = old.codes.get_indexer(counted.posts.index)
        posts = counted.posts[place >= 0].to_frame("staff")
        place = place[place >= 0]
        flows = _joined(flows, place, _heirs(cells, family)[place], posts)
    before, after = (flows.index.get_level_values(end).to_numpy() for end in ENDS)
    stays = (before >= 0) & (after >= 0)
    stays[stays] = family.after[before[stays]] == after[stays]
    return Hands(old, new, family, pieces, number, flows.assign(stays=stays))


def _owner(points: gpd.GeoDataFrame, tier: Tier) -> np.ndarray:
    if not len(tier.codes):
        return np.full(len(points), NOWHERE)
    return tier.codes.get_indexer(assign.to_grids(points, tier.flat()))


def _joined(flows: pd.DataFrame, before: np.ndarray, after: np.ndarray, amounts: pd.DataFrame) -> pd.DataFrame:
    """Return the flows with further columns, and rows for pairs that share counts but no ground."""
    somewhere = (before >= 0) | (after >= 0)
    sums = amounts[somewhere].groupby([before[somewhere], after[somewhere]]).sum()
    sums.index.names = ENDS
    both = flows.join(sums, how="outer")
    whole = {name: dtype for frame in (flows, amounts) for name, dtype in frame.dtypes.items()}
    return both.fillna({name: NOWHERE if name == "cell" else 0 for name in both}).astype(whole).sort_index()


def _heirs(cells: Cells, family: Kin) -> np.ndarray:
    """Return for every old grid the new one that its posts are shown with: itself, or the one that takes most of its ground."""
    heir = family.after.copy()
    order = np.lexsort((cells.after, -cells.area_m2))
    order = order[(cells.before[order] >= 0) & (cells.after[order] >= 0)]
    given, first = np.unique(cells.before[order], return_index=True)
    gone = heir[given] == NOWHERE
    heir[given[gone]] = cells.after[order][first][gone]
    return heir


def _amounts(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what every row counts: whole numbers stay whole."""
    columns = {name: _numbers(buildings, name) for name in PEOPLE if name in buildings.columns}
    each = np.ones(len(buildings), dtype=np.int64)
    return pd.DataFrame(columns | {"buildings": _numbers(buildings, "buildings") if "buildings" in buildings.columns else each})


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    given = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = (given < 0) | np.isinf(given)
    if wrong.any():
        raise SchemaError("plan_count", what=name, given=given[wrong][0], rows=frame.index[wrong])
    unknown = np.isnan(given)
    if unknown.any():
        warnings.warn(GridmapWarning("plan_unknown_count", what=name, rows=frame.index[unknown]), stacklevel=6)
    known = np.where(unknown, 0.0, given)
    return known.astype(np.int64) if (known == np.rint(known)).all() else known


def _posts(staff: pd.DataFrame, codes: pd.Index) -> pd.Series:
    privacy.require_counts_only(staff, "staff")  # first: other messages show identifiers
    privacy.require_numbered(staff.index, "staff", "post_id")
    schema.require_columns(staff, ("grid_code",), "staff")
    held = staff["grid_code"].dropna().astype("str")
    lost = held.index[~held.isin(codes)]
    if len(lost):
        warnings.warn(GridmapWarning("posts_elsewhere", rows=lost), stacklevel=5)
    return held.value_counts()
