"""The rows and shapes of a plan while an edit changes them."""

from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import PlanError
from gridmap.plan import edit, numbering
from gridmap.plan.value import COUNTS, INSIDE_M2, Plan, inside_m2


class Draft:
    """The rows and shapes of a plan while an edit changes them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.shapes: dict[str, BaseGeometry] = {}
        self.origin: dict[str, list[str]] = {}
        self.used = set(plan.used)
        self._before = self._rows = edit.table_of(plan)
        self._gone: list[str] = []
        self._fresh: list[pd.DataFrame] = []
        self._kin: dict[int, list[str]] = {}

    @property
    def table(self) -> pd.DataFrame:
        """All rows but their geometry; what was replaced is put in when it is asked for, for many grids at once."""
        if self._fresh:
            self._rows = pd.concat([self._rows.drop(index=self._gone), *self._fresh])
            self._gone, self._fresh = [], []
        return self._rows

    @table.setter
    def table(self, rows: pd.DataFrame) -> None:
        self._rows = rows

    def settled(self) -> Plan:
        """Return the plan that comes of it; raises as `edit.settled`."""
        self.table.index.name = "grid_code"
        return edit.settled(self.plan, self.table, self.shapes, origin=self.origin)

    def require_free(self, codes: Sequence[str], *, levels: Sequence[int] = ()) -> None:
        """Raise PlanError if a code was used, stands twice or is empty, or breaks the scheme on its level where that is given."""
        again = [code for code in codes if code in self.used] + [code for code in set(codes) if list(codes).count(code) > 1]
        if again:
            raise PlanError("plan_code_used", rows=again, code=again[0])
        wrong: list[str] = [code for code in codes if not code.strip()]
        scheme, lowest = self.plan.scheme, self.plan.levels[-1]
        if scheme is not None:
            wrong += [code for code, level in zip(codes, levels, strict=False) if not numbering.fits(scheme, code, lowest=level == lowest)]
        if wrong:
            raise PlanError("plan_code_scheme", rows=wrong, code=wrong[0])

    def replace(self, old: Sequence[str], shapes: Sequence[BaseGeometry | None], *, codes: Sequence[str] | None = None) -> list[str]:
        """Put new base grids in the place of old ones and return their codes; the rows are those of the first, counts unknown."""
        place = self._before.index.get_loc(old[0])
        level = int(self._before["level"].iloc[place])
        if codes is None:
            scheme = None if self.plan.scheme is None else numbering.leading(self.plan.scheme, old[0])
            fresh = numbering.fresh(old[0], kin=self._kin_of(level), used=self.used, scheme=scheme)
            codes = list(islice(fresh, len(shapes)))
        elif len(codes) != len(shapes):
            raise PlanError("plan_codes_count", rows=list(codes), geometry=self.plan.grids.geometry[old[0]], count=len(shapes))
        self.require_free(codes, levels=[level] * len(codes))
        self.used.update(codes)
        self._kin_of(level).extend(codes)
        rows = self._before.iloc[[place] * len(codes)]
        rows = rows.set_axis(pd.Index(codes, name="grid_code", dtype="str"))
        if len(codes) > 1:
            rows["name"] = [f"{name}-{number}" for number, name in enumerate(rows["name"], 1)]
        for name in COUNTS:
            if name in rows:
                rows[name] = pd.array([pd.NA] * len(rows), dtype="Int64")
        self._gone += old
        self._fresh.append(rows)
        self.shapes |= {code: shape for code, shape in zip(codes, shapes, strict=True) if shape is not None}
        self.origin |= {code: list(old) for code in codes}
        return list(codes)

    def _kin_of(self, level: int) -> list[str]:
        """Return the codes of all base grids of a level that stand, stood or come."""
        if level not in self._kin:
            tables = (self.plan.retired, self.plan.grids)
            self._kin[level] = [
                code
                for table in tables
                for code in table.index[((table["kind"] == "base") & (table["level"] == level)).to_numpy()].tolist()
            ]
        return self._kin[level]

    def reshape(self, drawn: Mapping[str, BaseGeometry]) -> None:
        """Give lowest grids other shapes; their counts are unknown."""
        self.shapes |= drawn
        for name in COUNTS:
            if name in self.table:
                self.table[name] = edit.nullable(self.table[name])
                self.table.loc[list(drawn), name] = pd.NA

    def move_children(self, old: Sequence[str], new: str) -> None:
        """Give the base grids below some grids to another parent."""
        below = (self.table["kind"] == "base") & self.table["parent"].isin(list(old))
        self.table.loc[below, "parent"] = new

    def move_dedicated(self, homes: Mapping[str, Sequence[str]]) -> None:
        """Give dedicated grids whose parent is a key to the one of its homes that holds most of them."""
        over = self.table.index[((self.table["kind"] == "dedicated") & self.table["parent"].isin(list(homes))).to_numpy()]
        for code in over:
            options = homes[self.table.loc[code, "parent"]]
            shape = self.plan.grids.geometry[code]
            held = [shapely.area(shapely.intersection(shape, self.shape(one))) if len(options) > 1 else 1.0 for one in options]
            self.table.loc[code, "parent"] = options[int(np.argmax(held))]

    def follow(self, ground: BaseGeometry, old: Sequence[str], new: Sequence[str]) -> None:
        """Give dedicated grids of `old` parents that lie wholly on ground that moves to its `new` parents."""
        homes = {before: after for before, after in zip(old, new, strict=True) if before != after}
        over = self.table["parent"][((self.table["kind"] == "dedicated") & self.table["parent"].isin(list(homes))).to_numpy()]
        if over.empty or shapely.is_empty(ground):
            return
        _, out_m2 = inside_m2(self.plan, self.plan.grids.geometry[over.index].to_numpy(), np.full(len(over), ground))
        moves = over[out_m2 <= INSIDE_M2]
        self.table.loc[moves.index, "parent"] = moves.map(homes)

    def shape(self, code: str) -> BaseGeometry:
        """Return the shape of a grid, of an upper one the union of its children."""
        if code in self.shapes:
            return self.shapes[code]
        if code in self.plan.grids.index:
            return self.plan.grids.geometry[code]
        children = self.table.index[((self.table["kind"] == "base") & (self.table["parent"] == code)).to_numpy()]
        return shapely.coverage_union_all([self.shape(child) for child in children])
