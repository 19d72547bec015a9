"""Edits of a plan: each returns a new plan whose coverage, nesting and codes hold, or raises with the place of the conflict."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import PlanError
from gridmap.plan import edit, faces
from gridmap.plan.draft import Draft
from gridmap.plan.value import COUNTS, Plan


def split(plan: Plan, code: str, line: BaseGeometry, *, codes: Sequence[str] | None = None) -> Plan:
    """Cut a base grid by a line; every piece is a new grid, and the old code is retired.

    Parameters
    ----------
    code
        A base grid of any level; the grids below it that the line crosses are cut too.
    line
        LineString or MultiLineString in the CRS of the plan, across the grid from border to border. Its ends may stick out.
    codes
        Codes of the pieces, from the west to the east; the next free ones by default. On the lowest tier alone.

    Raises
    ------
    PlanError
        If the line does not cut the grid, a piece is smaller than a square metre, a dedicated grid is cut, or a code was used.

    Notes
    -----
    Households, residents and buildings of what was cut are unknown until `counted`.
    """
    row = _base_row(plan, code)
    _require_line(line)
    below = _lowest_below(plan, code)
    shapes = plan.grids.geometry.loc[below].to_numpy()
    pieces, owner = faces.arrange(shapes, line, snap=edit.snap(plan), noise=edit.noise(plan))
    side = _sides(plan, row.geometry, line, pieces)
    if len(set(side.tolist())) < 2:
        raise PlanError("plan_line_cuts_nothing", rows=[code], geometry=line)
    draft = Draft(plan)
    part: dict[str, dict[int, list[str]]] = {}
    cut: dict[str, BaseGeometry] = {}
    for place, lower in enumerate(below):
        mine = np.flatnonzero(owner == place)
        if len(set(side[mine].tolist())) == 1:
            part[lower] = {int(side[mine[0]]): [lower]}
            continue
        order = mine[np.argsort(shapely.get_x(shapely.centroid(pieces[mine])), kind="stable")]
        cut |= {f"{lower} ({number + 1})": pieces[at] for number, at in enumerate(order)}
        fresh = draft.replace([lower], list(pieces[order]), codes=codes if lower == code else None)
        part[lower] = {}
        for name, at in zip(fresh, order, strict=True):
            part[lower].setdefault(int(side[at]), []).append(name)
    edit.require_pieces(plan, cut)
    _split_above(plan, draft, code, part)
    return draft.settled()


def merge(plan: Plan, codes: Sequence[str], *, code: str | None = None, name: str | None = None) -> Plan:
    """Make one grid of neighbouring base grids of one parent; their codes are retired.

    Parameters
    ----------
    codes
        Two or more base grids of one level and one parent that hang together.
    code, name
        Of the new grid; by default the next free code and the name of the first.

    Raises
    ------
    PlanError
        If they are not of one level and parent, do not hang together, or the code was used.
    """
    chosen = list(dict.fromkeys(codes))
    rows = [_base_row(plan, one) for one in chosen]
    if len(chosen) < 2:
        raise PlanError("plan_merge_one", rows=chosen)
    if len({row["level"] for row in rows}) > 1 or len({row["parent"] for row in rows if pd.notna(row["parent"])}) > 1:
        raise PlanError("plan_merge_parents", rows=chosen, geometry=rows[-1].geometry)
    united = shapely.coverage_union_all([row.geometry for row in rows])
    edit.require_pieces(plan, {"+".join(chosen): united}, max(faces.parts_of(row.geometry) for row in rows))
    draft = Draft(plan)
    [new] = draft.replace(chosen, [united], codes=None if code is None else [code])
    draft.table.loc[new, "name"] = rows[0]["name"] if name is None else name
    for count in COUNTS:
        if count in plan.grids:
            draft.table.loc[new, count] = plan.grids.loc[chosen, count].sum(skipna=False)
    draft.move_children(chosen, new)
    draft.move_dedicated({one: [new] for one in chosen})
    return draft.settled()


def transfer(plan: Plan, area: BaseGeometry, *, source: str, target: str) -> Plan:
    """Give a part of a lowest grid to a neighbour; both keep their codes.

    Parameters
    ----------
    area
        Polygon in the CRS of the plan: a drawn area, or the union of units; what of it lies outside `source` stays as it is.
    source, target
        Two lowest base grids with a common border; their parents may differ.

    Raises
    ------
    PlanError
        If nothing or everything would move, the target does not touch what moves, or a grid would be left in pieces.
    """
    for code in (source, target):
        _require_lowest(plan, code)
    if source == target:
        raise PlanError("plan_same_grid", rows=[source])
    _require_area(area)
    shapes = plan.grids.geometry.loc[[source, target]].to_numpy()
    pieces, owner = faces.arrange(shapes, shapely.boundary(area), snap=edit.snap(plan), noise=edit.noise(plan))
    within = shapely.within(shapely.point_on_surface(pieces), area)
    moves = (owner == 0) & within
    if not moves.any():
        raise PlanError("plan_nothing_moves", rows=[source], geometry=area)
    if not ((owner == 0) & ~within).any():
        raise PlanError("plan_all_moves", rows=[source], geometry=shapes[0])
    drawn = {
        source: shapely.coverage_union_all(pieces[(owner == 0) & ~within]),
        target: shapely.coverage_union_all(pieces[(owner == 1) | moves]),
    }
    edit.require_pieces(plan, {"+": shapely.coverage_union_all(pieces[moves])}, len(pieces))
    for code, before in zip((source, target), shapes, strict=True):
        edit.require_pieces(plan, {code: drawn[code]}, faces.parts_of(before))
    draft = Draft(plan)
    draft.reshape(drawn)
    draft.move_dedicated({source: [source, target]})
    draft.follow(shapely.coverage_union_all(pieces[moves]), _parents(plan, source), _parents(plan, target))
    return draft.settled()


def reshape(plan: Plan, left: str, right: str, line: BaseGeometry) -> Plan:
    """Move the common border of two lowest grids onto a line; both follow, and keep their codes.

    Parameters
    ----------
    left, right
        Two lowest base grids with a common border.
    line
        The new border, across the two from border to border. Its ends may stick out.

    Raises
    ------
    PlanError
        If the line does not cut the two into exactly two pieces, or each piece does not belong to one of them.
    """
    for code in (left, right):
        _require_lowest(plan, code)
    if left == right:
        raise PlanError("plan_same_grid", rows=[left])
    _require_line(line)
    shapes = plan.grids.geometry.loc[[left, right]].to_numpy()
    pieces, owner = faces.arrange(shapes, line, snap=edit.snap(plan), noise=edit.noise(plan))
    united = shapely.coverage_union_all(pieces)
    side = _sides(plan, united, line, pieces)
    kept = np.array([[shapely.area(pieces[(side == number) & (owner == one)]).sum() for one in (0, 1)] for number in range(side.max() + 1)])
    if len(kept) != 2:
        raise PlanError("plan_border_pieces", rows=[left, right], geometry=line, count=len(kept))
    first = int(kept[0, 0] + kept[1, 1] < kept[1, 0] + kept[0, 1])
    drawn = {code: shapely.coverage_union_all(pieces[side == number]) for code, number in ((left, first), (right, 1 - first))}
    for code, before in zip((left, right), shapes, strict=True):
        edit.require_pieces(plan, {code: drawn[code]}, faces.parts_of(before))
    draft = Draft(plan)
    draft.reshape(drawn)
    draft.move_dedicated({left: [left, right], right: [left, right]})
    for one, other, number in ((0, 1, 1 - first), (1, 0, first)):
        gone = shapely.coverage_union_all(pieces[(owner == one) & (side == number)])
        draft.follow(gone, _parents(plan, (left, right)[one]), _parents(plan, (left, right)[other]))
    return draft.settled()


def re_parent(plan: Plan, code: str, parent: str) -> Plan:
    """Give a base grid, with all below it, to another parent on the same level.

    Raises
    ------
    PlanError
        If the parent is not on the next level up, or either parent would be left empty or in pieces.
    """
    row, above = _base_row(plan, code), _base_row(plan, parent)
    if plan.levels.index(above["level"]) != plan.levels.index(row["level"]) - 1:
        raise PlanError("plan_parent_level", rows=[code, parent], geometry=above.geometry)
    draft = Draft(plan)
    draft.table.loc[code, "parent"] = parent
    draft.follow(row.geometry, _parents(plan, code), [parent, *_parents(plan, parent)])
    return draft.settled()


def add_dedicated(plan: Plan, shape: BaseGeometry, *, parent: str, name: str, code: str) -> Plan:
    """Lay a dedicated grid over the base grid that it lies in.

    Raises
    ------
    PlanError
        If it stands out of its parent, lies over another dedicated grid, is no valid polygon, or its code was used.
    """
    above = _base_row(plan, parent)
    _require_area(shape)
    edit.require_pieces(plan, {code: shape}, faces.parts_of(shape))
    draft = Draft(plan)
    draft.require_free([code])
    index = pd.Index([code], name="grid_code", dtype="str")
    row = pd.DataFrame({"name": name, "level": above["level"], "kind": "dedicated", "parent": parent}, index=index)
    draft.table = pd.concat([draft.table, row])
    draft.shapes[code] = shape
    return draft.settled()


def retire_dedicated(plan: Plan, code: str) -> Plan:
    """Take a dedicated grid away; its code is retired.

    Raises
    ------
    PlanError
        If there is no dedicated grid of this code.
    """
    if plan.row(code)["kind"] != "dedicated":
        raise PlanError("plan_not_dedicated", rows=[code], geometry=plan.row(code).geometry)
    draft = Draft(plan)
    draft.table = draft.table.drop(index=code)
    return draft.settled()


def recode(plan: Plan, codes: Mapping[str, str]) -> Plan:
    """Give grids other codes; the old ones are retired.

    Parameters
    ----------
    codes
        New code by old one.

    Raises
    ------
    PlanError
        If an old code does not stand, or a new one was used, stands twice or breaks the scheme.
    """
    for code in codes:
        plan.row(code)
    draft = Draft(plan)
    draft.require_free(list(codes.values()))
    base = [code for code in codes if plan.row(code)["kind"] == "base"]
    draft.require_free([codes[code] for code in base], levels=[int(plan.row(code)["level"]) for code in base])
    draft.table = draft.table.rename(index=dict(codes))
    draft.table["parent"] = draft.table["parent"].replace(dict(codes))
    draft.shapes |= {new: plan.grids.geometry[old] for old, new in codes.items()}
    draft.origin |= {new: [old] for old, new in codes.items()}
    return draft.settled()


def _split_above(plan: Plan, draft: Draft, code: str, part: dict[str, dict[int, list[str]]]) -> None:
    """Cut the grids from the lowest tier up to `code` along the sides of their children; `part` says what became of each child."""
    draft.move_dedicated({old: [name for names in new.values() for name in names] for old, new in part.items() if _was_cut(old, new)})
    below = part
    top = plan.levels.index(plan.grids["level"][code])
    for _ in plan.levels[top:-1]:
        parents = plan.grids["parent"].reindex(list(below))
        above: dict[str, dict[int, list[str]]] = {}
        homes: dict[str, str] = {}
        for old in sorted(set(parents)):
            children = [below[child] for child in parents.index[(parents == old).to_numpy()]]
            sides = sorted({side for child in children for side in child})
            if len(sides) == 1:
                above[old] = {sides[0]: [old]}
                continue
            names = draft.replace([old], [None] * len(sides))
            for name, side in zip(names, sides, strict=True):
                homes |= {one: name for child in children for one in child.get(side, [])}
            above[old] = {side: [name] for side, name in zip(sides, names, strict=True)}
        draft.table.loc[list(homes), "parent"] = list(homes.values())
        draft.move_dedicated({old: [name for names in new.values() for name in names] for old, new in above.items() if _was_cut(old, new)})
        below = above


def _was_cut(old: str, new: Mapping[int, list[str]]) -> bool:
    return [name for names in new.values() for name in names] != [old]


def _sides(plan: Plan, whole: BaseGeometry, line: BaseGeometry, pieces: np.ndarray) -> np.ndarray:
    """Return for each piece the number of the face of `whole`, cut by the line, that it is a part of; from the west to the east."""
    cut, _ = faces.arrange(np.array([whole], dtype=object), line, snap=edit.snap(plan), noise=edit.noise(plan))
    cut = cut[edit.area_m2(plan, cut) >= edit.LEAST_M2] if len(cut) > 2 else cut
    cut = cut[np.argsort(shapely.get_x(shapely.centroid(cut)), kind="stable")]
    return shapely.STRtree(cut).query_nearest(shapely.point_on_surface(pieces), all_matches=False)[1]


def _parents(plan: Plan, code: str) -> list[str]:
    """Return the grids above a base grid, from below."""
    found: list[str] = []
    while isinstance(above := plan.grids["parent"][found[-1] if found else code], str):
        found.append(above)
    return found


def _lowest_below(plan: Plan, code: str) -> list[str]:
    """Return the lowest grids of a grid, itself if it is one."""
    found = [code]
    start = plan.levels.index(plan.grids["level"][code])
    base = plan.grids[(plan.grids["kind"] == "base").to_numpy()]
    for _ in plan.levels[start + 1 :]:
        found = list(base.index[base["parent"].isin(found).to_numpy()])
    return found


def _base_row(plan: Plan, code: str) -> pd.Series:
    row = plan.row(code)
    if row["kind"] != "base":
        raise PlanError("plan_not_base", rows=[code], geometry=row.geometry)
    return row


def _require_lowest(plan: Plan, code: str) -> None:
    row = _base_row(plan, code)
    if row["level"] != plan.levels[-1]:
        raise PlanError("plan_not_lowest", rows=[code], geometry=row.geometry, level=plan.levels[-1])


def _require_line(line: BaseGeometry) -> None:
    if shapely.get_dimensions(line) != 1 or shapely.is_empty(line) or not np.isfinite(shapely.get_coordinates(line)).all():
        raise PlanError("plan_no_line", given=getattr(line, "geom_type", line))


def _require_area(area: BaseGeometry) -> None:
    finite = np.isfinite(shapely.get_coordinates(area)).all()
    if shapely.get_dimensions(area) != 2 or shapely.is_empty(area) or not finite or not shapely.is_valid(area):
        raise PlanError("plan_no_area", geometry=area if finite else None)
