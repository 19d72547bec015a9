"""A plan: one dated version of all boundaries, whose coverage and nesting hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import hierarchy
from gridmap.codes import Scheme
from gridmap.coverage.layer import Plane
from gridmap.errors import PlanError

COUNTS = ("households", "residents", "buildings")
CHANGE_COLUMNS = ("change", "level", "kind", "origin", "area_before_m2", "area_after_m2")
NEST_M2 = 1.0  # two outlines that differ by less are the same
INSIDE_M2 = 1e-3  # of a dedicated grid that may stand out of its parent: rounding


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """One version of all boundaries; made by `from_grids`, `from_units` and the edits of this room alone.

    Attributes
    ----------
    grids
        Table of grids, base grids by level and code, then dedicated ones. The lowest tier is a valid coverage, every upper grid is the
        union of its children, every dedicated grid lies inside its parent.
    retired
        Codes that stood once and are not given again: index `grid_code`, columns `name`, `level`, `kind`.
    scheme
        What codes are made of; None where they are free.
    changes
        What the last edit changed: index `grid_code`, columns `change` (added, retired, reshaped, re_parented), `level`, `kind`,
        `origin` (the codes it came from, joined by semicolons), `area_before_m2`, `area_after_m2`.
    """

    grids: gpd.GeoDataFrame
    retired: pd.DataFrame
    scheme: Scheme | None
    changes: pd.DataFrame
    plane: Plane = field(repr=False)

    def __repr__(self) -> str:
        sizes = self.grids.groupby(["kind", "level"]).size()
        shown = ", ".join(f"{kind} {level}: {count}" for (kind, level), count in sizes.items())
        return f"Plan({shown}; {len(self.retired)} retired)"

    @cached_property
    def levels(self) -> list[int]:
        """Levels of the base grids, 1 = top."""
        return hierarchy.levels(self.grids)

    @cached_property
    def used(self) -> frozenset[str]:
        """Every code that stands or ever stood."""
        return frozenset(self.grids.index) | frozenset(self.retired.index)

    def row(self, code: str) -> pd.Series:
        """Return one grid.

        Raises
        ------
        PlanError
            If there is none of this code.
        """
        if code not in self.grids.index:
            raise PlanError("plan_no_grid", rows=[code], code=code)
        return self.grids.loc[code]

    def same(self, other: "Plan") -> bool:
        """Tell whether two plans have the same grids with the same corners, and the same retired codes."""
        mine, theirs = self.grids, other.grids
        if not mine.index.equals(theirs.index) or not self.retired.index.sort_values().equals(other.retired.index.sort_values()):
            return False
        columns = [name for name in mine.columns if name != mine.active_geometry_name]
        return mine[columns].equals(theirs[columns]) and bool(shapely.equals_exact(mine.geometry, theirs.geometry).all())


@dataclass(frozen=True)
class History:
    """A plan with what stood before it and what was taken back; a value like the plans in it."""

    past: tuple[Plan, ...]
    future: tuple[Plan, ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> "History":
        """Begin with a plan."""
        return cls((plan,))

    @property
    def plan(self) -> Plan:
        """The plan that stands."""
        return self.past[-1]

    def __iter__(self) -> Iterator[Plan]:
        """All plans from the first to the one that stands."""
        return iter(self.past)

    def then(self, plan: Plan) -> "History":
        """Go on with an edited plan; what was taken back is gone."""
        return History((*self.past, plan))

    def undo(self) -> "History":
        """Return to the plan before, codes included; the first one stays."""
        return self if len(self.past) == 1 else History(self.past[:-1], (self.plan, *self.future))

    def redo(self) -> "History":
        """Take the last `undo` back."""
        return History((*self.past, self.future[0]), self.future[1:]) if self.future else self


def ordered(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return grids in the order of a plan."""
    position = np.lexsort(
        (table.index.to_numpy(dtype=object).astype(str), table["level"].to_numpy(), table["kind"].to_numpy(dtype=object).astype(str))
    )
    return table.iloc[position]


def no_changes() -> pd.DataFrame:
    """Return a table of changes without a row."""
    return pd.DataFrame({name: [] for name in CHANGE_COLUMNS}, index=pd.Index([], name="grid_code", dtype="str"))


def inside_m2(plan: Plan, shapes: np.ndarray, parents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what of each shape stands out of its parent, and its area."""
    out = shapely.difference(shapes, parents)
    return out, shapely.area(plan.plane.measured(out))
