"""What every edit ends with: neighbours get new corners, parents follow, and nothing broken comes out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.coverage.layer import NOISE_M
from gridmap.errors import PlanError
from gridmap.plan import faces
from gridmap.plan.value import COUNTS, INSIDE_M2, NEST_M2, Plan, inside_m2, no_changes, ordered

SNAP_M = 0.01  # what a hand draws this near to a border is meant to be on it
LEAST_M2 = 1.0  # a smaller piece is a slip of the hand
CONSERVED = 1e-9  # of the area


def settled(
    plan: Plan, table: pd.DataFrame, shapes: Mapping[str, BaseGeometry], *, origin: Mapping[str, Iterable[str]] | None = None
) -> Plan:
    """Return the plan after an edit.

    Parameters
    ----------
    plan
        What stood before.
    table
        All rows of the new plan but their geometry.
    shapes
        Polygons that are new or changed: of the lowest tier and dedicated ones.
    origin
        Codes that each new code comes from.

    Raises
    ------
    PlanError
        If coverage, nesting or the place of dedicated grids would not hold.
    """
    before, was, now = _by_code(plan.grids), _Rows.of(plan.grids), _Rows.of(table)
    lowest = plan.levels[-1]
    drawn = {code: shape for code, shape in shapes.items() if now.is_base(code, lowest)}
    gone = sorted(code for code in was.kind if code not in now.kind)
    replaced = [code for code in [*gone, *drawn] if was.is_base(code, lowest)]
    noded = _with_neighbours(plan, drawn, replaced)
    after = before | dict(shapes) | noded
    moved = was.parents_of(replaced) | now.parents_of(noded) | _moved(was, now)
    _unite(now, after, moved, plan.levels)
    _require_kept(before, noded, replaced)
    codes = list(now.kind)
    grids = gpd.GeoDataFrame(_counts(plan, table, now, moved), geometry=[after[code] for code in codes], crs=plan.grids.crs)
    retired = plan.grids.loc[gone, ["name", "level", "kind"]]
    result = replace(plan, grids=ordered(grids), retired=pd.concat([plan.retired, retired]) if len(gone) else plan.retired)
    _require_dedicated(result, (was, now), set(shapes) | moved | set(noded) | {code for code in codes if code not in was.kind})
    return replace(result, changes=_changes(plan, (was, now), before, after, origin or {}))


class _Rows:
    """Kind, level, parent and children by code: a thousand looks at a frame of texts take longer than the geometry of an edit."""

    def __init__(self, codes: list[str], kind: list[str], level: list[int], parent: list[object]) -> None:
        self.kind = dict(zip(codes, kind, strict=True))
        self.level = dict(zip(codes, level, strict=True))
        self.parent = {code: above if isinstance(above, str) else None for code, above in zip(codes, parent, strict=True)}
        self.children: dict[str, list[str]] = {}  # base grids alone
        for code, above in self.parent.items():
            if above is not None and self.kind[code] == "base":
                self.children.setdefault(above, []).append(code)

    @classmethod
    def of(cls, table: pd.DataFrame) -> "_Rows":
        """Return the rows of a table of grids."""
        kind, parent = (table[name].to_numpy(dtype=object).tolist() for name in ("kind", "parent"))
        return cls(table.index.to_numpy(dtype=object).tolist(), kind, table["level"].tolist(), parent)

    def is_base(self, code: str, level: int | None = None) -> bool:
        """Tell whether there is a base grid of this code, and on this level."""
        return self.kind.get(code) == "base" and (level is None or self.level[code] == level)

    def parents_of(self, codes: Iterable[str]) -> set[str]:
        """Return the parents of base grids."""
        return {above for code in codes if self.is_base(code) and (above := self.parent[code]) is not None}


def table_of(plan: Plan) -> pd.DataFrame:
    """Return the rows of a plan but their geometry, to be edited."""
    return pd.DataFrame(plan.grids.drop(columns=plan.grids.active_geometry_name))


def nullable(counts: pd.Series) -> pd.Series:
    """Return counts in a type that can say unknown."""
    return counts.astype("Float64" if (counts.dropna() % 1 != 0).any() else "Int64")


def snap(plan: Plan) -> float:
    """Return `SNAP_M` in units of the plan's CRS."""
    return plan.plane.length(SNAP_M)


def noise(plan: Plan) -> float:
    """Return how far rounding moves a corner, in units of the plan's CRS."""
    return plan.plane.length(NOISE_M)


def area_m2(plan: Plan, shapes: object) -> np.ndarray:
    """Return areas."""
    return shapely.area(plan.plane.measured(np.array(shapes, dtype=object, ndmin=1)))


def require_pieces(plan: Plan, given: Mapping[str, BaseGeometry], pieces: int = 1) -> None:
    """Raise unless each polygon is whole and no slip of the hand; one that was in pieces before may stay so."""
    sizes = area_m2(plan, list(given.values()))
    for (code, shape), size in zip(given.items(), sizes, strict=True):
        if shapely.is_empty(shape) or size < LEAST_M2:
            raise PlanError("plan_too_small", rows=[code], geometry=shape, least=LEAST_M2)
        if faces.parts_of(shape) > pieces:
            raise PlanError("plan_in_pieces", rows=[code], geometry=shape, count=faces.parts_of(shape))


def _with_neighbours(plan: Plan, drawn: Mapping[str, BaseGeometry], replaced: list[str]) -> dict[str, BaseGeometry]:
    """Return the drawn polygons, and every neighbour that gets a corner of theirs; raises unless the coverage holds around them."""
    if not drawn:
        return {}
    old = np.array([plan.grids.geometry[code] for code in replaced], dtype=object)
    new = np.array(list(drawn.values()), dtype=object)
    tier = plan.grids[((plan.grids["kind"] == "base") & (plan.grids["level"] == plan.levels[-1])).to_numpy()]
    shapes = tier.geometry.to_numpy()
    touched = np.unique(shapely.STRtree(shapes).query(shapely.box(*shapely.total_bounds(np.concatenate([old, new])))))
    around = [place for place in touched if tier.index[place] not in set(replaced)]
    corners = faces.new_corners(old, new)
    beside: dict[str, BaseGeometry] = {}
    changed: dict[str, BaseGeometry] = {}
    for place in around:
        code, shape = tier.index[place], shapes[place]
        with_more = faces.with_corners(shape, corners, noise(plan))
        beside[code] = with_more
        if with_more is not shape and shapely.get_num_coordinates(with_more) != shapely.get_num_coordinates(shape):
            changed[code] = with_more
    near = np.array([*new, *beside.values()], dtype=object)
    if not shapely.is_valid(near).all() or not shapely.coverage_is_valid(near):
        raise PlanError("plan_edit_breaks", rows=list(drawn), geometry=shapely.unary_union(shapely.coverage_invalid_edges(near)))
    return dict(drawn) | changed


def _unite(now: _Rows, after: dict[str, BaseGeometry], moved: set[str], levels: list[int]) -> None:
    """Make every upper grid that is concerned the union of its children, from below."""
    for level in reversed(levels[:-1]):
        for code in sorted(code for code in moved if now.is_base(code, level)):
            if code not in now.children:
                raise PlanError("plan_no_children", rows=[code], geometry=after.get(code))
            united = shapely.coverage_union_all([after[child] for child in now.children[code]])
            was = faces.parts_of(after[code]) if code in after else 1
            if faces.parts_of(united) > was:
                raise PlanError("plan_in_pieces", rows=[code], geometry=united, count=faces.parts_of(united))
            after[code] = united
            moved |= now.parents_of([code])


def _moved(was: _Rows, now: _Rows) -> set[str]:
    """Return the parents, old and new, of base grids whose parent is another one now or that come or go, and new upper grids."""
    come = {code for code in now.kind if now.is_base(code) and code not in was.kind}
    gone = {code for code in was.kind if was.is_base(code) and code not in now.kind}
    other = {code for code in now.kind if code in was.kind and was.is_base(code) and was.parent[code] != now.parent[code]}
    return come | now.parents_of(come | other) | was.parents_of(gone | other)


def _by_code(grids: gpd.GeoDataFrame) -> dict[str, BaseGeometry]:
    return dict(zip(grids.index.to_numpy(dtype=object), grids.geometry.to_numpy(), strict=True))


def _require_kept(before: Mapping[str, BaseGeometry], noded: Mapping[str, BaseGeometry], replaced: list[str]) -> None:
    """Raise unless the same ground is covered as before."""
    old = np.array([before[code] for code in {*replaced, *noded} if code in before], dtype=object)
    new = np.array(list(noded.values()), dtype=object)
    # In the CRS of the plan: a border straight there is bent in metres, and a corner more would seem to move it.
    if abs(shapely.area(new).sum() - shapely.area(old).sum()) > CONSERVED * shapely.area(old).sum():
        raise PlanError("plan_area_lost", rows=list(noded), geometry=shapely.symmetric_difference(*map(shapely.union_all, (old, new))))


def _require_dedicated(plan: Plan, rows: tuple[_Rows, _Rows], touched: set[str]) -> None:
    """Raise unless every dedicated grid whose own shape, parent or parent's shape changed lies inside its parent and beside the others."""
    was, now = rows
    over = [code for code, kind in now.kind.items() if kind == "dedicated"]
    concerned = [code for code in over if code in touched or now.parent[code] in touched]
    if not concerned:
        return
    shapes = plan.grids.geometry
    parents = [now.parent[code] or "" for code in concerned]
    lost = [code for code, parent in zip(concerned, parents, strict=True) if not now.is_base(parent)]
    if lost:
        raise PlanError("plan_no_parent", rows=lost, geometry=shapes[lost[0]])
    out, area = inside_m2(plan, shapes.loc[concerned].to_numpy(), shapes.loc[parents].to_numpy())
    if (area > INSIDE_M2).any():
        worst = int(area.argmax())
        outside = np.array(concerned, dtype=object)[area > INSIDE_M2]
        raise PlanError("plan_dedicated_out", rows=outside, geometry=out[worst], given=f"{area[worst]:.3f} m2")
    _require_beside(plan, over, [code for code in concerned if code not in was.kind])


def _require_beside(plan: Plan, over: list[str], come: list[str]) -> None:
    """Raise unless dedicated grids that are new lie beside all others."""
    if not come:
        return
    theirs, mine = (plan.grids.geometry.loc[codes].to_numpy() for codes in (over, come))
    new, other = shapely.STRtree(theirs).query(mine)
    apart = np.array(come, dtype=object)[new] != np.array(over, dtype=object)[other]
    common = shapely.intersection(mine[new[apart]], theirs[other[apart]])
    overlap = area_m2(plan, common) if len(common) else np.zeros(0)
    if (overlap > NEST_M2).any():
        raise PlanError(
            "plan_dedicated_overlap",
            rows=np.array(over, dtype=object)[other[apart]][overlap > NEST_M2],
            geometry=common[overlap.argmax()],
        )


def _counts(plan: Plan, table: pd.DataFrame, now: _Rows, moved: set[str]) -> pd.DataFrame:
    """Return the rows with the sums of upper grids made anew; what was cut is unknown until it is counted."""
    names = [name for name in COUNTS if name in table]
    if not names:
        return table
    sums: dict[str, pd.Series] = {}
    for name in names:
        column = nullable(table[name])
        held = dict(zip(now.kind, column.to_numpy(dtype=object), strict=True))
        for level in reversed(plan.levels[:-1]):
            for code in [code for code in moved if now.is_base(code, level)]:
                held[code] = sum(held[child] for child in now.children[code])  # unknown where one of them is
        sums[name] = pd.Series(list(held.values()), index=table.index, dtype=column.dtype)
    return table.assign(**sums)


def _changes(
    plan: Plan,
    rows: tuple[_Rows, _Rows],
    before: Mapping[str, BaseGeometry],
    after: Mapping[str, BaseGeometry],
    origin: Mapping[str, Iterable[str]],
) -> pd.DataFrame:
    """Return a row per grid that came, went, has another shape or parent; a corner more on the same border is no change."""
    was, now = rows
    both = sorted(code for code in now.kind if code in was.kind)
    shaped = [code for code in both if after[code] is not before[code] and not _same(before[code], after[code], noise(plan))]
    moved = [code for code in both if was.parent[code] != now.parent[code]]
    what = dict.fromkeys(sorted(code for code in was.kind if code not in now.kind), "retired")
    what |= dict.fromkeys(sorted(code for code in now.kind if code not in was.kind), "added")
    what |= dict.fromkeys(moved, "re_parented") | dict.fromkeys(shaped, "reshaped")
    if not what:
        return no_changes()
    none = shapely.Polygon()
    held = {code: now if code in now.kind else was for code in what}
    return pd.DataFrame(
        {
            "change": list(what.values()),
            "level": [rows.level[code] for code, rows in held.items()],
            "kind": [rows.kind[code] for code, rows in held.items()],
            "origin": [";".join(sorted(origin.get(code, ()))) for code in what],
            "area_before_m2": _sizes(plan, [before.get(code, none) for code in what]),
            "area_after_m2": _sizes(plan, [after[code] if code in now.kind else none for code in what]),
        },
        index=pd.Index(what, name="grid_code", dtype="str"),
    )


def _sizes(plan: Plan, shapes: list[BaseGeometry]) -> np.ndarray:
    """Return areas, NaN where there is nothing."""
    sizes = area_m2(plan, shapes)
    return np.where(shapely.is_empty(shapes), np.nan, sizes)


def _same(before: BaseGeometry, after: BaseGeometry, noise: float) -> bool:
    """Tell whether two polygons differ in corners on their borders alone."""
    return bool(shapely.area(shapely.symmetric_difference(before, after)) <= noise * shapely.length(before))
