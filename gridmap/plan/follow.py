"""A ledger of buildings applied to a plan: the borders follow the buildings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import assign, hierarchy
from gridmap.coverage.layer import repaired
from gridmap.errors import PlanError
from gridmap.plan import edit, faces
from gridmap.plan.describe import counts_of
from gridmap.plan.nearest import lines_between
from gridmap.plan.value import COUNTS, Plan, no_changes
from gridmap.schema import POLYGON, require_frame, require_index, require_same_crs

STICK_M = 0.05  # that a line between buildings reaches beyond what it cuts


def apply(plan: Plan, buildings: gpd.GeoDataFrame, assignment: pd.Series, *, units: gpd.GeoDataFrame | None = None) -> Plan:
    """Move the borders of the lowest grids so that every building lies in the grid that a ledger gives it.

    Parameters
    ----------
    buildings
        Polygons in the CRS of the plan, indexed by `building_id`; a building lies where a point on its surface lies.
    assignment
        Code of a lowest base grid of every building, on the same labels in any order; NA for buildings outside the plan.
    units
        Polygons, such as street blocks: one goes whole if all its buildings in a grid go to the same one. Other units, and ground in no
        unit, are cut half-way between the buildings that part. Without units every grid is cut so.

    Returns
    -------
    Plan
        Codes, names and parents as before; `.changes` lists what moved. Households, residents and buildings of the grids concerned are
        counted anew where they were the sums of these buildings before, and unknown (NA) otherwise.

    Raises
    ------
    SchemaError, CRSError
        If a table breaks its contract or lies in another CRS.
    PlanError
        If a building is missing in the ledger, unknown or listed twice, a code is missing or unknown, a building lies outside the plan;
        if a grid would be left without ground or in pieces, or a dedicated grid would stand out of its parent.

    Notes
    -----
    Only the end is judged, not the way there: several moves may need one another. Ground of a cut that holds no building and would be left
    apart joins the grid that it has the longest border with. Cost: that of the grids concerned, but for finding the buildings.
    """
    stock = _stock(plan, buildings, assignment)
    if not stock.moving.any():
        return replace(plan, changes=no_changes())
    codes = sorted(set(stock.held[stock.moving]) | set(stock.wanted[stock.moving]))
    ground = _Ground(plan, codes, repaired(_units_of(plan, units)), stock)
    drawn = ground.drawn()
    table = _counted(edit.table_of(plan), buildings, stock, codes)
    _move_dedicated(plan, table, drawn)
    result = edit.settled(plan, table, drawn)
    _require_there(result, stock)
    return result


@dataclass(frozen=True)
class _Stock:
    """Buildings inside the plan: labels, footprints and points in the CRS of the plan, the grid they lie in and the one wanted."""

    labels: pd.Index
    footprints: np.ndarray
    points: np.ndarray
    held: np.ndarray
    wanted: np.ndarray

    @property
    def moving(self) -> np.ndarray:
        return self.held != self.wanted


def _stock(plan: Plan, buildings: gpd.GeoDataFrame, assignment: pd.Series) -> _Stock:
    require_frame(buildings, "buildings", geometry=POLYGON)
    require_index(buildings.index, "buildings")
    require_same_crs(buildings, plan.grids, "buildings and plan")
    codes = _codes(plan, buildings.index, assignment)
    shapes = repaired(buildings.geometry.to_numpy())
    if shapely.is_empty(shapes).any():
        raise PlanError("plan_ledger_no_shape", rows=buildings.index[shapely.is_empty(shapes)])
    points = shapely.point_on_surface(shapes)
    frame = gpd.GeoDataFrame(geometry=points, index=buildings.index, crs=buildings.crs)
    held = assign.to_grids(frame, hierarchy.tier(plan.grids))
    inside = held.notna()
    for key, wrong in (("plan_ledger_outside", ~inside & codes.notna()), ("plan_ledger_no_code", inside & codes.isna())):
        if wrong.any():
            raise PlanError(key, rows=wrong.index[wrong], geometry=shapely.MultiPoint(points[wrong.to_numpy()]))
    kept = inside.to_numpy()
    return _Stock(held.index[kept], shapes[kept], points[kept], _plain(held[kept]), _plain(codes[kept]))


def _codes(plan: Plan, labels: pd.Index, assignment: pd.Series) -> pd.Series:
    """Return the wanted codes on the labels of the buildings; raises with the first rows of what is wrong."""
    given = assignment.set_axis(assignment.index.astype("str")).astype("str")
    wanted = labels.astype("str")
    twice = given.index[given.index.duplicated()].unique()
    unknown, missing = given.index.difference(wanted), wanted.difference(given.index)
    for key, rows in (("plan_ledger_twice", twice), ("plan_ledger_unknown", unknown), ("plan_ledger_missing", missing)):
        if len(rows):
            raise PlanError(key, rows=rows)
    lowest = hierarchy.tier(plan.grids).index
    strange = given[given.notna() & ~given.isin(lowest)]
    if len(strange):
        raise PlanError(
            "plan_ledger_code", rows=strange.index, given=", ".join(strange.unique()[:5]), codes=strange.nunique(), level=plan.levels[-1]
        )
    return given.reindex(wanted).set_axis(labels)


def _plain(codes: pd.Series) -> np.ndarray:
    return codes.to_numpy(dtype=object)


def _units_of(plan: Plan, units: gpd.GeoDataFrame | None) -> np.ndarray:
    if units is None:
        return np.empty(0, dtype=object)
    require_frame(units, "units", geometry=POLYGON)
    require_same_crs(units, plan.grids, "units and plan")
    return units.geometry.to_numpy()


class _Ground:
    """The grids concerned, parted into atoms: the share of a unit in a grid, and what of the grid lies in no unit."""

    def __init__(self, plan: Plan, codes: Sequence[str], units: np.ndarray, stock: _Stock) -> None:
        self.plan = plan
        self.codes = np.array(codes, dtype=object)
        self.shapes = plan.grids.geometry.loc[list(codes)].to_numpy()
        giving = self.shapes[np.isin(self.codes, stock.held[stock.moving])]
        self.units = units[np.unique(shapely.STRtree(units).query(giving, predicate="intersects")[1])] if len(units) else units
        here = np.isin(stock.held, self.codes)
        self.points, self.footprints = stock.points[here], plan.plane.measured(stock.footprints[here])
        self.home, self.target = (np.searchsorted(self.codes, names[here]) for names in (stock.held, stock.wanted))
        self.block = self._unit_at(self.points)

    def drawn(self) -> dict[str, BaseGeometry]:
        """Return the new shape of every grid concerned."""
        lines = [shapely.boundary(unit) for unit in self.units]
        pieces, owner, unit = self._arranged(lines)
        cuts = [self._cut(pieces[(owner == grid) & (unit == block)], seeds) for (grid, block), seeds in self._parting(owner, unit).items()]
        if cuts:
            pieces, owner, unit = self._arranged([*lines, *cuts])
        target, loose = self._goes_to(pieces, owner, unit)
        self._join_stranded(pieces, target, loose)
        drawn = {}
        for number, code in enumerate(self.codes):
            if not (target == number).any():
                raise PlanError("plan_all_moves", rows=[code], geometry=self.shapes[number])
            drawn[code] = shapely.coverage_union_all(pieces[target == number])
            edit.require_pieces(self.plan, {code: drawn[code]}, faces.parts_of(self.shapes[number]))
        return drawn

    def _arranged(self, lines: list[BaseGeometry]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the faces between the lines, the number of the grid and of the unit each lies in; unit -1 where in none."""
        drawn = shapely.unary_union(lines) if lines else shapely.MultiLineString()
        pieces, owner = faces.arrange(self.shapes, drawn, snap=edit.snap(self.plan), noise=edit.noise(self.plan))
        return pieces, owner, self._unit_at(shapely.point_on_surface(pieces))

    def _unit_at(self, points: np.ndarray) -> np.ndarray:
        found = np.full(len(points), -1)
        if len(self.units):
            place, unit = shapely.STRtree(self.units).query(points, predicate="intersects")
            order = np.lexsort((unit, place))[::-1]
            found[place[order]] = unit[order]
        return found

    def _seeds(self, grid: int, unit: int) -> np.ndarray:
        """Return the buildings that ground of a unit in a grid follows: its own, or all of the grid where it lies in no unit."""
        mine = self.home == grid
        return np.flatnonzero(mine if unit < 0 else mine & (self.block == unit))

    def _parting(self, owner: np.ndarray, unit: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
        """Return the buildings of every atom whose buildings go to several grids."""
        atoms = {(int(grid), int(block)) for grid, block in zip(owner, unit, strict=True)}
        seeds = {atom: self._seeds(*atom) for atom in sorted(atoms)}
        return {atom: found for atom, found in seeds.items() if len(np.unique(self.target[found])) > 1}

    def _cut(self, pieces: np.ndarray, seeds: np.ndarray) -> BaseGeometry:
        """Return the lines between buildings that part, as far as they run through an atom and a little beyond."""
        lines = lines_between(self.footprints[seeds], self.target[seeds])
        plane = self.plan.plane
        within = shapely.buffer(shapely.unary_union(pieces), plane.length(STICK_M), join_style="mitre")
        return shapely.intersection(plane.drawn_again(np.array([lines], dtype=object))[0], within)

    def _goes_to(self, pieces: np.ndarray, owner: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the grid that each face goes to, and whether it is part of an atom that is cut."""
        target, loose = owner.copy(), np.zeros(len(pieces), dtype=bool)
        middles = self.plan.plane.measured(shapely.point_on_surface(pieces))
        for grid, block in {(int(grid), int(block)) for grid, block in zip(owner, unit, strict=True)}:
            seeds = self._seeds(grid, block)
            atom = np.flatnonzero((owner == grid) & (unit == block))
            goals = np.unique(self.target[seeds])
            if len(goals) == 1:
                target[atom] = goals[0]
            elif len(goals) > 1:
                nearest = shapely.STRtree(self.footprints[seeds]).query_nearest(middles[atom], all_matches=False)[1]
                target[atom], loose[atom] = self.target[seeds[nearest]], True
        return target, loose

    def _join_stranded(self, pieces: np.ndarray, target: np.ndarray, loose: np.ndarray) -> None:
        """Give ground of a cut that holds no building and hangs on nothing to the grid with the longest border to it."""
        for number in np.unique(target):
            mine = np.flatnonzero(target == number)
            parts = shapely.get_parts(shapely.coverage_union_all(pieces[mine]))
            if len(parts) == 1:
                continue
            part = shapely.STRtree(parts).query_nearest(shapely.point_on_surface(pieces[mine]), all_matches=False)[1]
            built = set(shapely.STRtree(parts).query(self.points, predicate="intersects")[1])
            for place in set(range(len(parts))) - built - {int(shapely.area(parts).argmax())}:
                stranded = mine[part == place]
                others = np.flatnonzero(target != number)
                common = shapely.length(shapely.intersection(parts[place], pieces[others]))
                if loose[stranded].all() and common.any():
                    target[stranded] = np.bincount(target[others], weights=common).argmax()


def _counted(table: pd.DataFrame, buildings: gpd.GeoDataFrame, stock: _Stock, codes: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the figures of the grids concerned: summed anew where they were the sums of these buildings."""
    table = table.copy()
    figures = counts_of(buildings).assign(buildings=1).loc[stock.labels].reset_index(drop=True)
    for name in set(COUNTS).intersection(table):
        table[name] = table[name].astype("Int64")
        was, table.loc[list(codes), name] = table[name].reindex(codes), pd.NA
        if name in figures and figures[name].notna().all():
            before, after = (figures[name].groupby(grids).sum().reindex(codes, fill_value=0) for grids in (stock.held, stock.wanted))
            if (before == was).fillna(False).all():
                table.loc[list(codes), name] = after
    return table


def _move_dedicated(plan: Plan, table: pd.DataFrame, drawn: dict[str, BaseGeometry]) -> None:
    """Give each dedicated grid on ground that changed to the base grid, on the level of its parent, that holds most of it now."""
    over = plan.grids[(plan.grids["kind"] == "dedicated").to_numpy()]
    tier = hierarchy.tier(plan.grids)
    shapes = pd.Series(tier.geometry.to_numpy(), index=tier.index, dtype=object)
    shapes[list(drawn)] = list(drawn.values())
    tree = shapely.STRtree(shapes.to_numpy())
    changed = np.array(list(drawn.values()), dtype=object)
    for code, shape in zip(over.index, over.geometry.to_numpy(), strict=True):
        if not shapely.intersects(changed, shape).any():
            continue
        near = tree.query(shape)
        new = shapes.index[near[np.argmax(shapely.area(shapely.intersection(shapes.to_numpy()[near], shape)))]]
        while table.loc[new, "level"] > plan.grids.loc[over.loc[code, "parent"], "level"]:
            new = table.loc[new, "parent"]
        table.loc[code, "parent"] = new


def _require_there(plan: Plan, stock: _Stock) -> None:
    """Raise unless every building lies in the grid that was wanted."""
    points = gpd.GeoDataFrame(geometry=stock.points, index=stock.labels, crs=plan.grids.crs)
    found = _plain(assign.to_grids(points, hierarchy.tier(plan.grids)))
    wrong = found != stock.wanted
    if wrong.any():
        raise PlanError("plan_ledger_misplaced", rows=stock.labels[wrong], geometry=shapely.MultiPoint(stock.points[wrong]))
