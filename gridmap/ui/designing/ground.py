"""What is designed: the units of a project, the grids of a plan that they lie in, their borders, and the part that is drawn anew."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from gridmap import assign, hierarchy, partition, plan
from gridmap.errors import GridmapError, GridmapWarning, SearchFailed
from gridmap.plan import Plan
from gridmap.ui import state

if TYPE_CHECKING:
    from gridmap.ui.designing.runs import Tell

LEAST_M2 = 1.0  # less of a unit under a dedicated grid is the width of a line
CROSSING = 0.01  # less of a unit beyond the grids redrawn is the width of a line


@dataclass(frozen=True, eq=False)
class Ground:
    """Units and the plan that they are in.

    Attributes
    ----------
    units
        Index `unit_id` as text; in the CRS of the plan. `compound` also holds together what one dedicated grid lies over: it needs one grid
        below it.
    edges
        As `partition.edges` gives them.
    keep
        Unit -> code of the lowest grid that it lies in, NA for none.
    plan
        The plan.
    lines, buildings
        Streets with their class, and buildings, where the project has them.
    """

    units: gpd.GeoDataFrame
    edges: pd.DataFrame
    keep: pd.Series
    plan: Plan
    lines: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None

    @property
    def tier(self) -> gpd.GeoDataFrame:
        """The grids that are redrawn: the lowest base grids."""
        return hierarchy.tier(self.plan.grids)

    @property
    def upper(self) -> list[str]:
        """Codes of base grids above the lowest tier, level by level."""
        grids = self.plan.grids
        return grids.index[((grids["kind"] == "base") & (grids["level"] < self.plan.levels[-1])).to_numpy()].tolist()

    def below(self, code: str) -> list[str]:
        """Return the lowest grids in an upper one."""
        found = self.tier["parent"]
        ancestors = self.plan.grids["parent"]
        rows = found == code
        while not rows.all() and found.notna().any():
            found = found.map(ancestors)
            rows |= found == code
        return self.tier.index[rows.to_numpy(dtype=bool)].tolist()

    def parents(self, assignment: pd.Series) -> pd.Series:
        """Return the parent of every new grid, the one of most of its households, and of every upper grid."""
        above = self.keep.map(self.tier["parent"])
        weight = pd.to_numeric(self.units["households"], errors="coerce").fillna(0) + 1e-6
        table = pd.DataFrame({"code": assignment, "parent": above, "weight": weight.reindex(assignment.index)}).dropna()
        sums = table.groupby(["code", "parent"], sort=True)["weight"].sum().reset_index()
        if sums.empty:
            return pd.Series(dtype="str")
        best = sums.loc[sums.groupby("code")["weight"].idxmax()].set_index("code")["parent"]
        return pd.concat([best, self.plan.grids["parent"].loc[self.upper].dropna()])


@dataclass(frozen=True, eq=False)
class Task:
    """What `partition` is asked: the units that are assigned anew and all options.

    Attributes
    ----------
    units, edges, keep
        Of the part that is drawn anew.
    options
        Further options of `partition.build`.
    """

    units: gpd.GeoDataFrame
    edges: pd.DataFrame = field(repr=False)
    keep: pd.Series = field(repr=False)
    plan: Plan = field(repr=False)
    options: dict

    def built(self, tell: "Tell") -> tuple[pd.Series, GridmapError | None]:
        """Return the new grid of every unit, and why that falls short; None where it does not."""
        try:
            found = partition.build(self.units, edges=self.edges, keep=self._old, on_progress=tell, **self.options)
        except SearchFailed as error:
            if not isinstance(error.best, pd.Series):
                raise
            return plan.coded(self.plan, self.keep, error.best), error
        return plan.coded(self.plan, self.keep, found), None

    def traded(self, tell: "Tell") -> pd.DataFrame:
        """Return the trade-off between evenness and households moved, as `partition.trade_off` gives it."""
        options = {name: value for name, value in self.options.items() if name != "stability"}
        table = partition.trade_off(self.units, edges=self.edges, keep=self._old, on_progress=tell, **options)
        return table.assign(assignment=[plan.coded(self.plan, self.keep, found) for found in table["assignment"]])

    def mended(self, assignment: pd.Series, move: pd.Series) -> pd.Series:
        """Return an assignment with one piece of advice carried out; a grid that comes of it has a code as the plan writes them."""
        after = partition.apply(assignment, move)
        fresh = after.isin(set(after) - set(assignment))
        named = plan.coded(self.plan, self.keep, after[fresh], taken=set(assignment)) if fresh.any() else after[fresh]
        return after.where(~fresh, named.reindex(after.index))

    @property
    def _old(self) -> pd.Series | None:
        return self.keep if self.keep.notna().any() else None


def of(mark: tuple[Hashable, ...], opened: state.Opened, units: gpd.GeoDataFrame, of_plan: Plan) -> Ground:
    """Return the ground of a plan; `mark` tells the plan from every other."""
    return _ground(mark, opened, len(units), units, of_plan)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=state.KEYS)
def _ground(mark: tuple, opened: state.Opened, count: int, _units: gpd.GeoDataFrame, _plan: Plan) -> Ground:  # noqa: ARG001 - the keys
    streets = opened.tables.get("streets")
    lines = streets if streets is not None and "class" in streets else None
    units = _units.set_axis(pd.Index([str(label) for label in _units.index], name="unit_id"))
    held = held_together(units, _plan)
    drawn = units if held.isna().all() else units.assign(compound=held)
    return Ground(drawn, partition.edges(units, lines=lines), _lowest(units, _plan), _plan, lines, opened.tables.get("buildings"))


def _lowest(units: gpd.GeoDataFrame, of_plan: Plan) -> pd.Series:
    """Return the lowest grid around a point inside of every unit."""
    tier = hierarchy.tier(of_plan.grids)
    points = units[[]].set_geometry(shapely.point_on_surface(units.geometry.to_numpy()), crs=units.crs)
    return assign.to_grids(points, tier[[tier.active_geometry_name]].assign(kind="base", level=1))


def within(ground: Ground, codes: Sequence[str]) -> Ground:
    """Return the ground of some lowest grids alone: units across their outline with the part inside."""
    units = plan.units_within(ground.plan, codes, ground.units, buildings=ground.buildings)
    return replace(ground, units=units, edges=partition.edges(units, lines=ground.lines), keep=_lowest(units, ground.plan))


def held_together(units: gpd.GeoDataFrame, of_plan: Plan) -> pd.Series:
    """Return the compound of every unit, NA for none; the units under one dedicated grid, and the compounds they are of, are one."""
    found = units["compound"].astype(object) if "compound" in units else pd.Series(None, index=units.index, dtype=object)
    over = of_plan.grids[(of_plan.grids["kind"] == "dedicated").to_numpy()]
    shapes = units.geometry.to_numpy()
    grid, unit = units.sindex.query(over.geometry.to_numpy(), predicate="intersects")
    shared = shapely.intersection(over.geometry.to_numpy()[grid], shapes[unit])
    meant = shapely.area(of_plan.plane.measured(shared)) > LEAST_M2 if len(shared) else np.zeros(0, dtype=bool)
    for number, code in enumerate(over.index):
        under = units.index[unit[meant & (grid == number)]]
        if len(under) > 1:
            found[found.index.isin(under) | found.isin(found[under].dropna())] = f"{code}"
    return found


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=state.KEYS)
def blocks(opened: state.Opened) -> tuple[gpd.GeoDataFrame, list[GridmapWarning]]:
    """Return units made of the project's streets, and the warnings given on the way."""
    tables = opened.tables
    return state.noted(
        partial(
            partition.blocks,
            tables["streets"],
            boundary=tables["boundary"],
            compounds=tables.get("compounds"),
            buildings=tables.get("buildings"),
        )
    )


def crossing(ground: Ground, codes: list[str]) -> pd.Index:
    """Return the units that lie in some grids in part and outside of them in part, so that they are cut where these are redrawn alone."""
    chosen = ground.tier[ground.tier.index.isin(codes)]
    shapes = ground.units.geometry.to_numpy()
    unit, grid = chosen.sindex.query(shapes, predicate="intersects")
    inside = np.zeros(len(shapes))
    np.add.at(inside, unit, shapely.area(shapely.intersection(shapes[unit], chosen.geometry.to_numpy()[grid])))
    share = inside / np.maximum(shapely.area(shapes), 1e-300)
    return ground.units.index[(share > CROSSING) & (share < 1 - CROSSING)]
