"""Edits that move no border of a base grid: another parent, another code, a dedicated grid laid over the others or taken away."""

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import hierarchy, plan
from gridmap.plan import Plan
from gridmap.ui import component
from gridmap.ui.planning import drawing
from gridmap.ui.planning.desk import text
from gridmap.ui.planning.tools import LAY, LIFT, PARENT, RECODE, Proposal, named, offered, written

M2_PER_HA = 1e4
ENOUGH = 0.95  # of a drawn area; the rest is the hand's


def propose(of: Plan, tool: str, tier: gpd.GeoDataFrame, chosen: component.Selection) -> Proposal:
    """Return the edit that what was chosen and drawn amounts to."""
    if tool == LAY:
        return _lay(of, tier, drawing.drawn(chosen.drawn, "Polygon", of))
    codes = [code for code in chosen.ids("grids", "dedicated") if code in of.grids.index]
    over = hierarchy.dedicated(of.grids).index
    if tool == PARENT:
        return _parent(of, tier, [code for code in codes if code in tier.index])
    if tool == LIFT:
        return _lift(of, [code for code in codes if code in over])
    return _recode(of, [code for code in codes if code in tier.index or code in over])


def _parent(of: Plan, tier: gpd.GeoDataFrame, codes: list[str]) -> Proposal:
    if len(of.levels) < 2:
        return Proposal(PARENT, (), text("one_tier"))
    if len(codes) != 1:
        return Proposal(PARENT, tuple(codes), text("how.re_parent"))
    [code] = codes
    present = tier["parent"][code]
    others = [above for above in dict.fromkeys(tier["parent"][drawing.beside(code, tier)]) if above != present]
    if not others:
        return Proposal(PARENT, (code,), text("no_other_parent", grid=named(of.grids, code), parent=named(of.grids, present)))
    parent = offered("parent", others, of)
    sentence = text("will.re_parent", grid=named(of.grids, code), old=named(of.grids, present), new=named(of.grids, parent))
    return Proposal(PARENT, (code, parent), sentence, partial(plan.re_parent, code=code, parent=parent))


def _recode(of: Plan, codes: list[str]) -> Proposal:
    if len(codes) != 1:
        return Proposal(RECODE, tuple(codes), text("how.recode"))
    [code] = codes
    new = written("code", code, example=code)
    if new in ("", code):
        return Proposal(RECODE, (code,), text("code_missing", grid=named(of.grids, code)))
    return Proposal(RECODE, (code,), text("will.recode", grid=named(of.grids, code), new=new), partial(plan.recode, codes={code: new}))


def _lay(of: Plan, tier: gpd.GeoDataFrame, area: BaseGeometry | None) -> Proposal:
    if area is None:
        return Proposal(LAY, (), text("how.add_dedicated"))
    if not shapely.is_valid(area):
        return Proposal(LAY, (), text("area_crosses_itself"))
    under = drawing.covered(area, tier)
    if under.empty:
        return Proposal(LAY, (), text("area_nowhere"))
    parent = offered("over", _above(of, under), of)
    shape = shapely.intersection(area, of.grids.geometry[parent])  # what sticks out is the hand's
    area_ha = float(shapely.area(of.plane.measured(np.array([shape]))).sum()) / M2_PER_HA
    name = written("dedicated_name", parent)
    code = written("dedicated_code", parent, example=_example(of))
    if not name or not code:
        return Proposal(LAY, (parent,), text("dedicated_missing", parent=named(of.grids, parent), area=f"{area_ha:,.2f}"))
    sentence = text("will.add_dedicated", parent=named(of.grids, parent), name=name, code=code, area=f"{area_ha:,.2f}")
    return Proposal(LAY, (parent,), sentence, partial(plan.add_dedicated, shape=shape, parent=parent, name=name, code=code))


def _lift(of: Plan, codes: list[str]) -> Proposal:
    if len(codes) != 1:
        return Proposal(LIFT, tuple(codes), text("how.retire_dedicated"))
    sentence = text("will.retire_dedicated", grid=named(of.grids, codes[0]))
    return Proposal(LIFT, tuple(codes), sentence, partial(plan.retire_dedicated, code=codes[0]))


def _above(of: Plan, under: pd.Series) -> list[str]:
    """Return the base grids that may be the parent of an area, the likeliest first: the lowest that holds nearly all of it.

    Parameters
    ----------
    under
        How much of the area lies in each lowest grid, the most first.
    """
    parent = of.grids["parent"]
    homes: dict[str, bool] = {}
    code, held = str(under.index[0]), under
    while True:
        homes[code] = bool(held[code] >= ENOUGH * under.sum())
        if not isinstance(parent[code], str):
            break
        held = held.groupby(parent[held.index].to_numpy()).sum()
        code = parent[code]
    return [*sorted(homes, key=lambda home: not homes[home]), *map(str, under.index[1:])]


def _example(of: Plan) -> str:
    """Return the largest code of a dedicated grid, after which a new one may be made; "" where there is none."""
    codes = hierarchy.dedicated(of.grids).index
    return str(codes.max()) if len(codes) else ""
