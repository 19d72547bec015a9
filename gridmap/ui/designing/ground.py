"""What is designed: the units of a project, the grids of a plan that they lie in, their borders, and the part that is drawn anew."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from gridmap import assign, hierarchy, partition, plan
from gridmap.errors import GridmapError, GridmapWarning, InfeasibleError, SearchFailed
from gridmap.plan import Plan
from gridmap.ui import state

if TYPE_CHECKING:
    from gridmap.ui.designing.runs import Tell

LEAST_M2 = 1.0  # less of a unit under a dedicated grid is the width of a line
STABILITIES = (0.0, 0.1, 0.3, 1.0)  # of the trade-off, beside that of the design
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
    grown, grown_units
        What tells households that were changed for this design from every other, "" for none; and of how many units.
    """

    units: gpd.GeoDataFrame
    edges: pd.DataFrame
    keep: pd.Series
    plan: Plan
    lines: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    grown: str = ""
    grown_units: int = 0

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

    def above(self, codes: pd.Series, level: int) -> pd.Series:
        """Return for each of some lowest grids the upper one of a level that it lies in."""
        grids = self.plan.grids
        found = codes.map(self.tier["parent"])
        for _ in range(level, self.plan.levels[-2]):
            found = found.where(found.map(grids["level"]) <= level, found.map(grids["parent"]))
        return found

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
    spares
        Whether upper grids for which there is no answer stay as they are.
    """

    units: gpd.GeoDataFrame
    edges: pd.DataFrame = field(repr=False)
    keep: pd.Series = field(repr=False)
    plan: Plan = field(repr=False)
    options: dict
    spares: bool = False

    def built(self, tell: "Tell") -> "Built":
        """Return the new grid of every unit, and how far that is what was asked."""
        part, problem = self, None
        spared: tuple[str, ...] = ()
        while True:
            try:
                found = partition.build(
                    part.units,
                    edges=part.edges,
                    keep=part.keep if part.keep.notna().any() else None,
                    on_progress=self._telling(tell),
                    **part.options,
                )
            except InfeasibleError as error:
                less = part.without(error.parents)
                if not self.spares or not 0 < len(less.units) < len(part.units):
                    raise
                part, spared = less, (*spared, *error.parents)
                if not isinstance(error.best, pd.Series):  # nothing was searched yet
                    continue
                found, off = error.best.dropna(), float(str(error.values["off"]))
                problem = SearchFailed("not_balanced", off=f"{off:.1%}") if off > 0 else None
            except SearchFailed as error:
                if not isinstance(error.best, pd.Series):
                    raise
                found, problem = error.best, error
            return Built(self.completed(found), problem, part, spared)

    def _telling(self, tell: "Tell") -> "Tell":
        """Return what tells figures of the best alone where these are of the whole, not of one upper grid after the other."""
        return tell if self.options["within"] is None else lambda share, _: tell(share, {})

    def without(self, parents: Sequence[str]) -> "Task":
        """Return what is left to be asked where the units of some upper grids stay as they are."""
        within = self.options["within"]
        rows = np.ones(len(self.units), dtype=bool) if within is None else ~within.isin(parents).to_numpy()
        units, keep = self.units[rows], self.keep[rows]
        edges = self.edges[(self.edges["left"].isin(units.index) & self.edges["right"].isin(units.index)).to_numpy()]
        goal = self.options["goal"]
        goal = replace(goal, locks=tuple(code for code in goal.locks if (keep == code).any()))
        options = {**self.options, "goal": goal, "within": None if within is None else within[rows]}
        return Task(units, edges, keep, self.plan, options, self.spares)

    def completed(self, found: pd.Series) -> pd.Series:
        """Return the grid of every unit with codes as the plan writes them; units that were not asked about keep theirs."""
        coded = plan.coded(self.plan, self.keep, found)
        return coded.reindex(self.units.index).fillna(self.keep).rename(found.name)

    def traded(self, tell: "Tell", part: "Task", known: dict[float, pd.Series], told: Callable[[pd.DataFrame], None]) -> None:
        """Work out the trade-off between evenness and households moved, telling it point by point.

        Parameters
        ----------
        tell
            Is told how far it is.
        part
            What was asked about in the end, as `built` gives it.
        known
            Designs by their stability that are there already.
        told
            Is told the table, as `partition.trade_off` gives it.
        """
        coded: dict[float, pd.Series] = dict(known)

        def complete(table: pd.DataFrame) -> None:
            for stability, found in zip(table["stability"], table["assignment"], strict=True):
                if stability not in coded:
                    coded[stability] = self.completed(found)
            told(table.assign(assignment=[coded[stability] for stability in table["stability"]]))

        options = {name: value for name, value in part.options.items() if name != "stability"}
        partition.trade_off(
            part.units,
            edges=part.edges,
            keep=part.keep,
            stabilities=sorted({*STABILITIES, self.options["stability"]}, reverse=True),
            known={stability: found[part.units.index] for stability, found in known.items()},
            on_progress=self._telling(tell),
            on_plan=complete,
            **options,
        )

    def mended(self, assignment: pd.Series, move: pd.Series) -> pd.Series:
        """Return an assignment with one piece of advice carried out; a grid that comes of it has a code as the plan writes them."""
        after = partition.apply(assignment, move)
        fresh = after.isin(set(after) - set(assignment))
        named = plan.coded(self.plan, self.keep, after[fresh], taken=set(assignment)) if fresh.any() else after[fresh]
        return after.where(~fresh, named.reindex(after.index))


@dataclass(frozen=True, eq=False)
class Built:
    """What came of a task.

    Attributes
    ----------
    assignment
        Unit -> code of its new grid.
    problem
        Why it falls short; None where it does not.
    part
        What was asked about in the end.
    spared
        Upper grids that stay as they are, as there was no answer for them.
    """

    assignment: pd.Series
    problem: GridmapError | None
    part: Task
    spared: tuple[str, ...] = ()


def of(mark: tuple[Hashable, ...], opened: state.Opened, units: gpd.GeoDataFrame, of_plan: Plan) -> Ground:
    """Return the ground of a plan; `mark` tells the plan from every other."""
    return _ground(mark, opened, len(units), units, of_plan)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=state.KEYS)
def _ground(mark: tuple, opened: state.Opened, count: int, _units: gpd.GeoDataFrame, _plan: Plan) -> Ground:  # noqa: ARG001 - the keys
    units = _units.set_axis(pd.Index([str(label) for label in _units.index], name="unit_id"))
    held = held_together(units, _plan)
    drawn = units if held.isna().all() else units.assign(compound=held)
    return Ground(drawn, _edges(opened, count, units), _lowest(units, _plan), _plan, streets(opened), opened.tables.get("buildings"))


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=state.KEYS)
def _edges(opened: state.Opened, count: int, _units: gpd.GeoDataFrame) -> pd.DataFrame:  # noqa: ARG001 - the keys
    """Return the borders of units, which every plan of a project has."""
    return partition.edges(_units, lines=streets(opened))


def streets(opened: state.Opened) -> gpd.GeoDataFrame | None:
    """Return the streets of a project, None where it has none with their class."""
    found = opened.tables.get("streets")
    return found if found is not None and "class" in found else None


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
