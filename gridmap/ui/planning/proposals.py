"""What a person means by what was chosen and drawn: an edit of borders, told before it is made."""

from functools import partial

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import hierarchy, plan
from gridmap.plan import Plan
from gridmap.ui import component
from gridmap.ui.planning import drawing, naming
from gridmap.ui.planning.desk import Desk, text
from gridmap.ui.planning.tools import BORDER, MERGE, SPLIT, TRANSFER, UNDRAWN, Proposal, named, offered


def propose(desk: Desk, tool: str, level: int, chosen: component.Selection, units: gpd.GeoDataFrame | None) -> Proposal:
    """Return the edit that what was chosen and drawn amounts to."""
    tier = hierarchy.tier(desk.plan.grids, level)
    codes = [code for code in chosen.ids("grids") if code in tier.index]
    if tool in UNDRAWN:
        return naming.propose(desk.plan, tool, tier, chosen)
    if tool == MERGE:
        return _merge(desk.plan, codes)
    if tool == SPLIT:
        return _split(desk.plan, tier, drawing.drawn(chosen.drawn, "LineString", desk.plan), codes)
    if tool == BORDER:
        return _border(desk.plan, tier, drawing.drawn(chosen.drawn, "LineString", desk.plan), codes)
    area = drawing.drawn(chosen.drawn, "Polygon", desk.plan) if units is None else _united(units, chosen)
    return _transfer(desk.plan, tier, area, codes if units is None else [], with_units=units is not None)


def _split(of: Plan, tier: gpd.GeoDataFrame, line: BaseGeometry | None, codes: list[str]) -> Proposal:
    if line is None:
        return Proposal(SPLIT, tuple(codes[:1]), text("how.split"))
    through = drawing.prefer(drawing.crossed(line, tier).index.tolist(), codes)
    if not through:
        return Proposal(SPLIT, (), text("line_nowhere"))
    code = through[0]
    return Proposal(SPLIT, (code,), text("will.split", grid=named(of.grids, code)), partial(plan.split, code=code, line=line))


def _merge(of: Plan, codes: list[str]) -> Proposal:
    if len(codes) < 2:
        return Proposal(MERGE, tuple(codes), text("how.merge"))
    listed = text("between").join(named(of.grids, code) for code in codes[:5]) + (text("and_more") if len(codes) > 5 else "")
    return Proposal(MERGE, tuple(codes), text("will.merge", count=len(codes), grids=listed), partial(plan.merge, codes=codes))


def _transfer(of: Plan, tier: gpd.GeoDataFrame, area: BaseGeometry | None, codes: list[str], *, with_units: bool) -> Proposal:
    if area is None:
        return Proposal(TRANSFER, tuple(codes[:2]), text("how.transfer_units" if with_units else "how.transfer"))
    if not shapely.is_valid(area):
        return Proposal(TRANSFER, (), text("area_crosses_itself"))
    under = drawing.covered(area, tier).index.tolist()
    if not under:
        return Proposal(TRANSFER, (), text("area_nowhere"))
    source = offered("source", under, of)
    near = drawing.receivers(area, source, tier)
    if not near:
        return Proposal(TRANSFER, (source,), text("no_neighbour", grid=named(of.grids, source)))
    target = offered("target", near, of)
    sentence = text("will.transfer", source=named(of.grids, source), target=named(of.grids, target))
    return Proposal(TRANSFER, (source, target), sentence, partial(plan.transfer, area=area, source=source, target=target))


def _border(of: Plan, tier: gpd.GeoDataFrame, line: BaseGeometry | None, codes: list[str]) -> Proposal:
    if line is None:
        return Proposal(BORDER, tuple(codes[:2]), text("how.border"))
    through = drawing.prefer(drawing.crossed(line, tier).index.tolist(), codes)
    if not through:
        return Proposal(BORDER, (), text("line_nowhere"))
    left = offered("left", through, of)
    near = drawing.prefer(drawing.partners(line, left, tier), [code for code in codes if code != left])
    if not near:
        return Proposal(BORDER, (left,), text("no_neighbour", grid=named(of.grids, left)))
    right = offered("right", near, of)
    sentence = text("will.border", left=named(of.grids, left), right=named(of.grids, right))
    return Proposal(BORDER, (left, right), sentence, partial(plan.reshape, left=left, right=right, line=line))


def _united(units: gpd.GeoDataFrame, chosen: component.Selection) -> BaseGeometry | None:
    """Return the ground of the units chosen on the map."""
    rows = units[units.index.astype(str).isin(chosen.ids("theme"))]
    return None if rows.empty else shapely.union_all(rows.geometry.to_numpy())
