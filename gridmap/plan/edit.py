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
    levels, lowest = plan.levels, plan.levels[-1]
    before = _by_code(plan.grids)
    is_lowest = (table["kind"] == "base") & (table["level"] == lowest)
    drawn = {code: shape for code, shape in shapes.items() if code in table.index and is_lowest[code]}
    gone = list(plan.grids.index.difference(table.index))
    replaced = [code for code in [*gone, *drawn] if code in before and _is_lowest(plan, code)]
    noded = _with_neighbours(plan, drawn, replaced)
    after = before | dict(shapes) | noded
    moved = _parents_of(plan.grids, replaced) | _parents_of(table, noded) | _moved(plan.grids, table)
    _unite(table, after, moved, levels)
    _require_kept(before, noded, replaced)
    grids = gpd.GeoDataFrame(_counts(plan, table, moved), geometry=[after[code] for code in table.index], crs=plan.grids.crs)
    retired = plan.grids.loc[gone, ["name", "level", "kind"]]
    result = replace(plan, grids=ordered(grids), retired=pd.concat([plan.retired, retired]) if len(gone) else plan.retired)
    _require_dedicated(result, set(shapes) | moved | set(noded) | set(table.index.difference(plan.grids.index)), plan)
    return replace(result, changes=_changes(plan, result, before, after, origin or {}))


def table_of(plan: Plan) -> pd.DataFrame:
    """Return the rows of a plan but their geometry, to be edited."""
    return pd.DataFrame(plan.grids.drop(columns=plan.grids.active_geometry_name))


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
    for code, shape in given.items():
        if shapely.is_empty(shape) or area_m2(plan, [shape])[0] < LEAST_M2:
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


def _unite(table: pd.DataFrame, after: dict[str, BaseGeometry], moved: set[str], levels: list[int]) -> None:
    """Make every upper grid that is concerned the union of its children, from below."""
    base = table[(table["kind"] == "base").to_numpy()]
    for level in reversed(levels[:-1]):
        here = [code for code in base.index[(base["level"] == level).to_numpy()] if code in moved]
        children = base.index[base["parent"].isin(here).to_numpy()].groupby(base["parent"][base["parent"].isin(here).to_numpy()])
        for code in here:
            if code not in children:
                raise PlanError("plan_no_children", rows=[code], geometry=after.get(code))
            united = shapely.coverage_union_all([after[child] for child in children[code]])
            was = faces.parts_of(after[code]) if code in after else 1
            if faces.parts_of(united) > was:
                raise PlanError("plan_in_pieces", rows=[code], geometry=united, count=faces.parts_of(united))
            after[code] = united
            above = base["parent"][code]
            if isinstance(above, str):
                moved.add(above)


def _parents_of(table: pd.DataFrame, codes: Iterable[str]) -> set[str]:
    """Return the parents of base grids."""
    found = table["parent"].reindex(list(codes))
    kinds = table["kind"].reindex(found.index)
    return set(found[(kinds == "base").to_numpy()].dropna())


def _moved(before: pd.DataFrame, table: pd.DataFrame) -> set[str]:
    """Return the parents, old and new, of base grids whose parent is another one now or that come or go, and new upper grids."""
    old = before["parent"][(before["kind"] == "base").to_numpy()]
    new = table["parent"][(table["kind"] == "base").to_numpy()]
    both = old.index.intersection(new.index)
    other = both[(old[both].fillna("") != new[both].fillna("")).to_numpy()]
    come, gone = new.index.difference(old.index), old.index.difference(new.index)
    return (set(old[other]) | set(new[other]) | set(new[come]) | set(old[gone]) | set(come)) - {None, np.nan, pd.NA}


def _is_lowest(plan: Plan, code: str) -> bool:
    return bool(plan.grids["kind"][code] == "base" and plan.grids["level"][code] == plan.levels[-1])


def _by_code(grids: gpd.GeoDataFrame) -> dict[str, BaseGeometry]:
    return dict(zip(grids.index, grids.geometry.to_numpy(), strict=True))


def _require_kept(before: Mapping[str, BaseGeometry], noded: Mapping[str, BaseGeometry], replaced: list[str]) -> None:
    """Raise unless the same ground is covered as before."""
    old = np.array([before[code] for code in {*replaced, *noded} if code in before], dtype=object)
    new = np.array(list(noded.values()), dtype=object)
    # In the CRS of the plan: a border straight there is bent in metres, and a corner more would seem to move it.
    if abs(shapely.area(new).sum() - shapely.area(old).sum()) > CONSERVED * shapely.area(old).sum():
        raise PlanError("plan_area_lost", rows=list(noded), geometry=shapely.symmetric_difference(*map(shapely.union_all, (old, new))))


def _require_dedicated(plan: Plan, touched: set[str], before: Plan) -> None:
    """Raise unless every dedicated grid whose own shape, parent or parent's shape changed lies inside its parent and beside the others."""
    grids = plan.grids
    over = grids[(grids["kind"] == "dedicated").to_numpy()]
    concerned = over[(over.index.isin(touched) | over["parent"].isin(touched)).to_numpy()]
    if concerned.empty:
        return
    lost = concerned.index[~concerned["parent"].isin(grids.index[(grids["kind"] == "base").to_numpy()]).to_numpy()]
    if len(lost):
        raise PlanError("plan_no_parent", rows=lost, geometry=grids.geometry[lost[0]])
    out, area = inside_m2(plan, concerned.geometry.to_numpy(), grids.geometry.loc[concerned["parent"]].to_numpy())
    if (area > INSIDE_M2).any():
        worst = int(area.argmax())
        raise PlanError("plan_dedicated_out", rows=concerned.index[area > INSIDE_M2], geometry=out[worst], given=f"{area[worst]:.3f} m2")
    drawn = concerned[~concerned.index.isin(before.grids.index)]
    if drawn.empty:
        return
    mine, theirs = shapely.STRtree(over.geometry.to_numpy()).query(drawn.geometry.to_numpy())
    apart = drawn.index[mine] != over.index[theirs]
    common = shapely.intersection(drawn.geometry.to_numpy()[mine[apart]], over.geometry.to_numpy()[theirs[apart]])
    overlap = area_m2(plan, common) if len(common) else np.zeros(0)
    if (overlap > NEST_M2).any():
        raise PlanError("plan_dedicated_overlap", rows=over.index[theirs[apart]][overlap > NEST_M2], geometry=common[overlap.argmax()])


def _counts(plan: Plan, table: pd.DataFrame, moved: set[str]) -> pd.DataFrame:
    """Return the rows with the sums of upper grids made anew; what was cut is unknown until it is counted."""
    names = [name for name in COUNTS if name in table]
    if not names:
        return table
    table = table.copy()
    base = (table["kind"] == "base").to_numpy()
    for level in reversed(plan.levels[:-1]):
        here = table.index[base & (table["level"] == level).to_numpy() & table.index.isin(moved)]
        children = table[base & table["parent"].isin(here).to_numpy()]
        for name in names:
            sums = children.groupby("parent")[name].agg(lambda column: column.sum() if column.notna().all() else pd.NA)
            table[name] = table[name].astype("Int64")
            table.loc[here, name] = sums.reindex(here).astype("Int64")
    return table


def _changes(
    plan: Plan, result: Plan, before: Mapping[str, BaseGeometry], after: Mapping[str, BaseGeometry], origin: Mapping[str, Iterable[str]]
) -> pd.DataFrame:
    """Return a row per grid that came, went, has another shape or parent; a corner more on the same border is no change."""
    old, new = plan.grids, result.grids
    both = new.index.intersection(old.index)
    shaped = [code for code in both if after[code] is not before[code] and not _same(before[code], after[code], noise(plan))]
    moved = both[(old["parent"].reindex(both).fillna("") != new["parent"].reindex(both).fillna("")).to_numpy()]
    what = dict.fromkeys(old.index.difference(new.index), "retired") | dict.fromkeys(new.index.difference(old.index), "added")
    what |= dict.fromkeys(moved, "re_parented") | dict.fromkeys(shaped, "reshaped")
    if not what:
        return no_changes()
    rows = pd.concat([new, old[~old.index.isin(new.index)]]).loc[list(what), ["level", "kind"]]
    none = shapely.Polygon()
    return pd.DataFrame(
        {
            "change": list(what.values()),
            "level": rows["level"],
            "kind": rows["kind"],
            "origin": [";".join(sorted(origin.get(code, ()))) for code in what],
            "area_before_m2": _sizes(plan, [before.get(code, none) for code in what]),
            "area_after_m2": _sizes(plan, [after[code] if code in new.index else none for code in what]),
        },
        index=rows.index,
    )


def _sizes(plan: Plan, shapes: list[BaseGeometry]) -> np.ndarray:
    """Return areas, NaN where there is nothing."""
    sizes = area_m2(plan, shapes)
    return np.where(shapely.is_empty(shapes), np.nan, sizes)


def _same(before: BaseGeometry, after: BaseGeometry, noise: float) -> bool:
    """Tell whether two polygons differ in corners on their borders alone."""
    return bool(shapely.area(shapely.symmetric_difference(before, after)) <= noise * shapely.length(before))
