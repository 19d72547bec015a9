"""Plans made of grids or of units, the checks that make them plans, and their counts."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import assign, crs, hierarchy
from gridmap.codes import Scheme
from gridmap.coverage.layer import Plane
from gridmap.errors import PlanError, SchemaError
from gridmap.plan import numbering
from gridmap.plan.value import COUNTS, INSIDE_M2, NEST_M2, Plan, inside_m2, no_changes, ordered
from gridmap.schema import POLYGON, require_columns, require_frame, require_index, require_same_crs


def from_grids(grids: gpd.GeoDataFrame, *, retired: pd.DataFrame | None = None, scheme: Scheme | None = None) -> Plan:
    """Make a plan of a table of grids.

    Parameters
    ----------
    grids
        Table of grids of any number of levels, each upper grid within a square metre of the union of its children: it becomes that union.
    retired
        Codes that must not be given again, as `Plan.retired`.
    scheme
        What codes of the lowest tier are made of, and those of upper tiers or the first segments of theirs; None where they are free.

    Raises
    ------
    SchemaError
        If the table breaks its contract.
    PlanError
        If the lowest tier is no valid coverage, a grid has no parent on the level above, an upper grid is not the union of its children,
        a dedicated grid stands out of its parent, or a code is retired; `.geometry` shows where.
    """
    require_frame(grids, "grids", geometry=POLYGON)
    require_columns(grids, ("name", "level", "kind", "parent"), "grids")
    require_index(grids.index, "grids")
    table = grids.set_axis(pd.Index([str(code) for code in grids.index], name="grid_code", dtype="str"))
    table = table.assign(parent=table["parent"].astype("str").where(table["parent"].notna()))
    levels = hierarchy.levels(table)
    if not levels:
        raise SchemaError("no_base_grids", given=f"{len(grids)}")
    hierarchy.levels_of(table["level"], np.ones(len(table), dtype=bool))  # of dedicated grids too
    table = table.assign(level=table["level"].astype(int))
    gone = _no_codes() if retired is None else retired
    plan = Plan(ordered(table), gone, scheme, no_changes(), Plane(grids.crs, crs.metric_crs(grids)))
    _require_codes(plan)
    _require_coverage(plan)
    _require_parents(plan)
    nested = _nested(plan)
    _require_dedicated(nested)
    return nested


def trusted(grids: gpd.GeoDataFrame, *, retired: pd.DataFrame, scheme: Scheme | None = None) -> Plan:
    """Make a plan of grids that were those of a plan before: nothing is checked, which takes most of the time of `from_grids`.

    Parameters
    ----------
    grids
        Table of grids in any order, codes and parents as text, levels as integers.
    retired, scheme
        As in `from_grids`.
    """
    return Plan(ordered(grids), retired, scheme, no_changes(), Plane(grids.crs, crs.metric_crs(grids)))


def from_units(
    units: gpd.GeoDataFrame,
    assignment: pd.Series,
    *,
    parents: pd.Series | None = None,
    keep: Plan | None = None,
    scheme: Scheme | None = None,
) -> Plan:
    """Make a plan of units and the grid that each belongs to.

    Parameters
    ----------
    units
        Polygons, a valid coverage; numbers in `households`, `residents`, `buildings` are summed.
    assignment
        Grid code of every unit, on the index of `units`.
    parents
        Parent code of every grid, and of every parent that has one, by code. Without it the plan has one level.
    keep
        An older plan: its names, dedicated grids and retired codes stay; codes of its that do not come back are retired.
    scheme
        What base codes are made of; None: as in `keep`.

    Raises
    ------
    SchemaError, CRSError
        If a table breaks its contract, the indexes differ, or a unit has no code.
    PlanError
        As `from_grids`.
    """
    require_coverage(units)
    if keep is not None:
        require_same_crs(units, keep.grids, "units and keep")
    if not assignment.index.equals(units.index):
        raise SchemaError("different_index", what="assignment", rows=assignment.index.symmetric_difference(units.index))
    if assignment.isna().any():
        raise SchemaError("missing_index", what="assignment", rows=assignment.index[assignment.isna()])
    codes = assignment.astype("str")
    counts = [name for name in COUNTS if name in units]
    lowest = units[counts].groupby(codes.to_numpy()).sum(min_count=1)
    shapes = {code: shapely.coverage_union_all(part) for code, part in units.geometry.groupby(codes.to_numpy())}
    chain = {str(code): str(parent) for code, parent in (parents if parents is not None else pd.Series(dtype="str")).dropna().items()}
    table = _tiers(lowest, shapes, chain, units)
    if keep is None:
        return from_grids(table, scheme=scheme)
    names = keep.grids["name"].reindex(table.index)
    table["name"] = names.where(names.notna(), table["name"])
    kept = keep.grids[keep.grids["kind"] == "dedicated"]
    gone = pd.concat([keep.retired, keep.grids.loc[keep.grids.index.difference([*table.index, *kept.index]), ["name", "level", "kind"]]])
    columns = list(dict.fromkeys([*table.columns, *kept.columns]))
    both = gpd.GeoDataFrame(pd.concat([table, kept]).reindex(columns=columns), crs=units.crs)
    return from_grids(both, retired=gone, scheme=scheme or keep.scheme)


def require_coverage(units: gpd.GeoDataFrame) -> None:
    """Raise unless units are polygons that fit together, so that a plan can be made of them.

    Parameters
    ----------
    units
        Indexed by `unit_id`; any CRS.

    Raises
    ------
    SchemaError
        If an identifier or a geometry is missing, or stands twice.
    PlanError
        If a polygon is invalid, or two leave a gap or overlap; the rows are the units, `.geometry` shows where.
    """
    require_frame(units, "units", geometry=POLYGON)
    require_index(units.index, "units")
    _require_fitting(units, "units_invalid_polygon", "units_no_coverage")


def check(plan: Plan) -> None:
    """Raise PlanError unless coverage, nesting, dedicated grids and codes of a plan hold; what edits keep, looked at once more."""
    _require_codes(plan)
    _require_coverage(plan)
    _require_parents(plan)
    nested = _nested(plan)
    differing = ~shapely.equals(nested.grids.geometry.to_numpy(), plan.grids.geometry.to_numpy())
    if differing.any():
        raise PlanError("plan_not_nested", rows=plan.grids.index[differing])
    _require_dedicated(plan)


def counted(plan: Plan, buildings: gpd.GeoDataFrame) -> Plan:
    """Return a plan whose grids have the counts of the buildings in them.

    Parameters
    ----------
    buildings
        Table of buildings; each belongs to the grid its centre lies in.

    Raises
    ------
    SchemaError, CRSError
        If the buildings break their contract or lie in another CRS.
    """
    points = buildings.set_geometry(shapely.point_on_surface(buildings.geometry.to_numpy()), crs=buildings.crs)
    base = plan.grids[plan.grids["kind"] == "base"]
    sums = _sums(points, assign.to_grids(points, hierarchy.tier(base)))
    lowest = sums.reindex(hierarchy.tier(base).index, fill_value=0)
    grids = plan.grids.copy()
    held = assign.to_grids(points, plan.grids)
    over = _sums(points, held).reindex(grids.index[grids["kind"] == "dedicated"], fill_value=0)
    for name in lowest:
        figures = pd.concat([hierarchy.roll_up(lowest[name], base), over[name]])
        grids[name] = figures.reindex(grids.index).astype("Int64")
    return replace(plan, grids=grids, changes=no_changes())


def _sums(buildings: gpd.GeoDataFrame, codes: pd.Series) -> pd.DataFrame:
    figures = buildings[["households", "residents"]].assign(buildings=1)
    return figures.groupby(codes).sum()


def _no_codes() -> pd.DataFrame:
    return pd.DataFrame({"name": [], "level": [], "kind": []}, index=pd.Index([], name="grid_code", dtype="str"))


def _tiers(lowest: pd.DataFrame, shapes: dict[str, object], chain: dict[str, str], units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table of grids of every level from the lowest ones and the parent of each."""
    tiers = [lowest.assign(parent=[chain.get(code) for code in lowest.index])]
    while tiers[-1]["parent"].notna().all():
        below = tiers[-1]
        if len(tiers) > len(chain) + 1:
            raise SchemaError("plan_parents_circle", rows=list(below.index))
        above = below.drop(columns="parent").groupby(below["parent"].to_numpy()).sum(min_count=1)
        for code, children in below.groupby("parent").groups.items():
            shapes[code] = shapely.coverage_union_all([shapes[child] for child in children])
        tiers.append(above.assign(parent=[chain.get(code) for code in above.index]))
    if tiers[-1]["parent"].notna().any():
        raise SchemaError("plan_parents_uneven", rows=list(tiers[-1].index[tiers[-1]["parent"].isna()]))
    table = pd.concat([tier.assign(level=len(tiers) - depth, kind="base") for depth, tier in enumerate(tiers)])
    table.index = pd.Index(table.index, name="grid_code", dtype="str")
    table["parent"] = table["parent"].astype("str")
    return gpd.GeoDataFrame(table.assign(name=table.index), geometry=[shapes[code] for code in table.index], crs=units.crs)


def _require_codes(plan: Plan) -> None:
    again = plan.grids.index.intersection(plan.retired.index)
    if len(again):
        raise PlanError("plan_code_retired", rows=again, code=again[0])
    if plan.scheme is not None:
        base = plan.grids["level"][(plan.grids["kind"] == "base").to_numpy()]
        wrong = [code for code, level in base.items() if not numbering.fits(plan.scheme, code, lowest=level == plan.levels[-1])]
        if wrong:
            raise PlanError("plan_code_scheme", rows=wrong, code=wrong[0])


def _require_coverage(plan: Plan) -> None:
    _require_fitting(hierarchy.tier(plan.grids), "plan_invalid_polygon", "plan_no_coverage")


def _require_fitting(table: gpd.GeoDataFrame, invalid: str, apart: str) -> None:
    """Raise PlanError of one of two keys unless polygons are valid and a coverage."""
    shapes = table.geometry.to_numpy()
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    broken = gone | ~shapely.is_valid(shapes)
    if broken.any():
        raise PlanError(invalid, rows=table.index[broken], geometry=shapely.GeometryCollection(list(shapes[broken & ~gone])))
    if not shapely.coverage_is_valid(shapes):
        edges = shapely.coverage_invalid_edges(shapes)
        faulty = ~shapely.is_empty(edges)
        raise PlanError(apart, rows=table.index[faulty], geometry=shapely.unary_union(edges[faulty]))


def _require_parents(plan: Plan) -> None:
    """Raise unless every base grid below the top has a parent on the next level up, and every dedicated grid has a base grid."""
    base = plan.grids[plan.grids["kind"] == "base"]
    above = dict(zip(plan.levels[1:], plan.levels, strict=False))
    wanted = plan.grids["level"].map(above)
    found = base["level"].reindex(plan.grids["parent"].to_numpy()).to_numpy()
    is_base = (plan.grids["kind"] == "base").to_numpy()
    top = is_base & (plan.grids["level"] == plan.levels[0]).to_numpy()
    wrong = np.where(is_base, found != wanted.to_numpy(), np.isnan(found.astype(float)))
    wrong = np.where(top, plan.grids["parent"].notna().to_numpy(), wrong).astype(bool)
    if wrong.any():
        raise PlanError("plan_no_parent", rows=plan.grids.index[wrong], geometry=plan.grids.geometry[wrong].iloc[0])
    childless = base.index[(base["level"] != plan.levels[-1]).to_numpy() & ~base.index.isin(base["parent"])]
    if len(childless):
        raise PlanError("plan_no_children", rows=childless, geometry=plan.grids.geometry[childless[0]])


def _nested(plan: Plan) -> Plan:
    """Return the plan with every upper grid the union of its children; raises where it was not within `NEST_M2`."""
    grids = plan.grids
    shapes = dict(zip(grids.index, grids.geometry.to_numpy(), strict=True))
    base = grids[grids["kind"] == "base"]
    for level in reversed(plan.levels[1:]):
        tier = base[base["level"] == level]
        for parent, children in tier.groupby("parent").groups.items():
            shapes[parent] = shapely.coverage_union_all([shapes[child] for child in children])
    united = np.array([shapes[code] for code in grids.index], dtype=object)
    changed = ~shapely.equals_exact(shapely.normalize(united), shapely.normalize(grids.geometry.to_numpy()))
    apart = shapely.symmetric_difference(united[changed], grids.geometry.to_numpy()[changed])
    far = shapely.area(plan.plane.measured(apart)) > NEST_M2
    if far.any():
        raise PlanError("plan_not_nested", rows=grids.index[changed][far], geometry=apart[far][0])
    united[~changed] = grids.geometry.to_numpy()[~changed]  # what is right already begins at the corner it began at
    return replace(plan, grids=grids.set_geometry(gpd.GeoSeries(united, index=grids.index, crs=grids.crs)))


def _require_dedicated(plan: Plan) -> None:
    over = plan.grids[plan.grids["kind"] == "dedicated"]
    shapes = over.geometry.to_numpy()
    broken = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if broken.any():
        raise PlanError("plan_invalid_polygon", rows=over.index[broken])
    parents = plan.grids.geometry.loc[over["parent"]].to_numpy()
    out, area = inside_m2(plan, shapes, parents)
    if (area > INSIDE_M2).any():
        worst = int(area.argmax())
        raise PlanError("plan_dedicated_out", rows=over.index[area > INSIDE_M2], geometry=out[worst], given=f"{area[worst]:.3f} m2")
