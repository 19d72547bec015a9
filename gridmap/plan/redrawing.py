"""Some ground drawn anew: lowest grids made of units, all else as it was."""

from collections.abc import Collection, Mapping
from itertools import islice

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import hierarchy
from gridmap.errors import PlanError, SchemaError
from gridmap.plan import edit, numbering
from gridmap.plan.value import COUNTS, INSIDE_M2, Plan
from gridmap.schema import POLYGON, require_frame, require_index, require_same_crs


def coded(plan: Plan, old: pd.Series, assignment: pd.Series, *, taken: Collection[str] = ()) -> pd.Series:
    """Give new grids codes as the plan writes them.

    Parameters
    ----------
    plan
        What stands.
    old
        Unit -> code of its grid in the plan, NA for none.
    assignment
        Unit -> code of its new grid; one that no unit has in `old` is a name for now and is replaced.
    taken
        Further codes that are none to give.

    Returns
    -------
    Series
        On the index of `assignment`. A new code goes on after those beside the old grid that most of the new one's units come from, and is
        none that stands or ever stood.

    Raises
    ------
    SchemaError
        If no number is left in the scheme of the plan.
    """
    lowest = plan.levels[-1]
    tier = hierarchy.tier(plan.grids)
    gone = plan.retired.index[((plan.retired["level"] == lowest) & (plan.retired["kind"] == "base")).to_numpy(dtype=bool)]
    kin, used = [*tier.index, *gone, *taken], set(plan.used) | set(taken)
    codes, old = assignment.astype("str"), old.reindex(assignment.index)
    names: dict[str, str] = {}
    for code in sorted(set(codes) - set(old.dropna().astype("str"))):
        origins = old[(codes == code).to_numpy()].dropna().astype("str").value_counts()
        origin = str(origins.index[0]) if len(origins) else str(tier.index[-1])
        [names[code]] = islice(numbering.fresh(origin, kin=kin, used=used, scheme=plan.scheme), 1)
        kin.append(names[code])
        used.add(names[code])
    return codes.map(lambda code: names.get(code, code)).rename(assignment.name)


def redraw(plan: Plan, units: gpd.GeoDataFrame, assignment: pd.Series) -> Plan:
    """Draw lowest grids anew from units; the ground of these units is that of whole grids, and every other grid stays as it is.

    Parameters
    ----------
    plan
        What stands.
    units
        Polygons in the CRS of the plan, a valid coverage of the ground of the lowest grids that they lie in. Numbers in `households`,
        `residents`, `buildings` are summed, as far as the plan counts these; what units do not tell is unknown (NA) in new grids.
    assignment
        Code of the new grid of every unit, on the index of `units`; see `coded`.

    Returns
    -------
    Plan
        Grids on that ground whose code does not come back are retired. A new grid lies in the parent of most of its ground. Upper grids
        follow, and a dedicated grid belongs to the smallest base grid that holds it.

    Raises
    ------
    SchemaError, CRSError
        If a table breaks its contract, the indexes differ, or a unit has no code.
    PlanError
        If the units do not cover whole grids, a code was used before, an upper grid would be left without ground or fall into pieces, or a
        dedicated grid would lie in no base grid; `.geometry` shows where.
    """
    require_frame(units, "units", geometry=POLYGON)
    require_index(units.index, "units")
    require_same_crs(units, plan.grids, "units and plan")
    if not assignment.index.equals(units.index):
        raise SchemaError("different_index", what="assignment", rows=assignment.index.symmetric_difference(units.index))
    if assignment.isna().any():
        raise SchemaError("missing_index", what="assignment", rows=assignment.index[assignment.isna()])
    if units.empty:
        return plan
    codes = assignment.astype("str").to_numpy(dtype=object)
    tier = hierarchy.tier(plan.grids)
    home = _homes(tier, units)
    shapes = {str(code): shapely.coverage_union_all(part) for code, part in units.geometry.groupby(codes)}
    gone = _on(tier, units) | set(home)
    known = [code for code in shapes if code in plan.used and code not in gone]
    if known:
        raise PlanError("plan_code_used", rows=known, code=known[0])
    scheme = plan.scheme
    wrong = [code for code in shapes if scheme is not None and not numbering.fits(scheme, code, lowest=True)]
    if wrong:
        raise PlanError("plan_code_scheme", rows=wrong, code=wrong[0])
    table = _table(plan, units, codes, home).drop(index=sorted(gone - set(home) - set(shapes)))
    parents = {str(code): str(parent) for code, parent in table["parent"][(table["kind"] == "base").to_numpy()].dropna().items()}
    for code, held in homes_of_dedicated(plan, shapes, parents).items():
        table.loc[code, ["parent", "level"]] = [held, table["level"][held]]
    origin = {str(code): sorted(set(home[codes == code])) for code in shapes if code not in tier.index}
    return edit.settled(plan, table, shapes, origin=origin)


def _homes(tier: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> np.ndarray:
    """Return the code of the lowest grid that every unit lies in."""
    inner = shapely.point_on_surface(units.geometry.to_numpy())
    unit, grid = tier.sindex.query(inner, predicate="intersects")
    first = np.unique(unit, return_index=True)[1]
    if len(first) < len(units):
        out = np.setdiff1d(np.arange(len(units)), unit)
        raise PlanError("plan_units_outside", rows=units.index[out], geometry=shapely.union_all(units.geometry.to_numpy()[out]))
    return tier.index.to_numpy(dtype=object)[grid[first]]


def _on(tier: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> set[str]:
    """Return the codes of lowest grids on the ground of units, those too that are smaller than a unit."""
    inner = shapely.point_on_surface(tier.geometry.to_numpy())
    grid, _ = units.sindex.query(inner, predicate="intersects")
    return set(tier.index[grid])


def _table(plan: Plan, units: gpd.GeoDataFrame, codes: np.ndarray, home: np.ndarray) -> pd.DataFrame:
    """Return the rows of the new plan: a grid that stays keeps what its table says but its counts, a new one has a name of its own."""
    rows = edit.table_of(plan)
    area = edit.area_m2(plan, units.geometry.to_numpy())
    ground = pd.DataFrame({"code": codes, "home": home, "parent": plan.grids["parent"].loc[home].to_numpy(dtype=object), "area": area})
    most = ground.groupby(["code", "home"], sort=True)["area"].sum().reset_index()
    main = most.loc[most.groupby("code")["area"].idxmax()].set_index("code")["home"]
    above = ground.dropna(subset="parent").groupby(["code", "parent"], sort=True)["area"].sum().reset_index()
    parent = above.loc[above.groupby("code")["area"].idxmax()].set_index("code")["parent"]
    made = rows.loc[main.to_numpy()].set_axis(main.index)
    fresh = ~made.index.isin(rows.index)
    made.loc[~fresh] = rows.loc[made.index[~fresh]].to_numpy(dtype=object)
    made["name"] = np.where(fresh, made.index, made["name"])
    made["parent"] = parent.reindex(made.index).to_numpy(dtype=object)
    for name in [name for name in COUNTS if name in rows]:
        sums = pd.Series(pd.NA, index=made.index, dtype="Int64")
        if name in units:
            sums = pd.to_numeric(units[name]).groupby(codes).sum(min_count=1).reindex(made.index)
        made[name] = edit.nullable(sums)
        rows[name] = edit.nullable(rows[name])
    kept = rows.drop(index=list(set(home)))
    table = pd.concat([kept, made.astype({name: kept[name].dtype for name in kept if name not in COUNTS}, errors="ignore")])
    table.index = pd.Index(table.index, name="grid_code", dtype="str")
    return table


def homes_of_dedicated(plan: Plan, shapes: Mapping[str, BaseGeometry], parents: Mapping[str, str]) -> dict[str, str]:
    """Return the base grid that every dedicated grid which lies wholly on some ground comes to lie in.

    Parameters
    ----------
    plan
        What stands.
    shapes
        New lowest grids of that ground.
    parents
        Code of the parent of every base grid, as far as there is one.

    Returns
    -------
    dict
        Code of a dedicated grid -> the lowest base grid, no lower than its level was, that has all of it; where there is none, the lowest
        grid that has most of it.
    """
    over = plan.grids[(plan.grids["kind"] == "dedicated").to_numpy()]
    made, codes = np.array(list(shapes.values()), dtype=object), list(shapes)
    tree = shapely.STRtree(made)
    found = {}
    for code, shape, level in zip(over.index, over.geometry, over["level"], strict=True):
        near = tree.query(shape, predicate="intersects")
        shared = edit.area_m2(plan, shapely.intersection(made[near], shape)) if len(near) else np.zeros(0)
        if not len(near) or edit.area_m2(plan, shape)[0] - shared.sum() > INSIDE_M2:
            continue
        chains = [_ancestors(codes[place], parents)[plan.levels[::-1].index(level) :] for place in near[shared > INSIDE_M2].tolist()]
        common = [each for each in chains[0] if all(each in chain for chain in chains)] if chains else []
        found[code] = common[0] if common else codes[int(near[shared.argmax()])]
    return found


def _ancestors(code: str, parents: Mapping[str, str]) -> list[str]:
    """Return a code, its parent, the parent of that and so on."""
    chain = [code]
    while chain[-1] in parents and parents[chain[-1]] not in chain:
        chain.append(parents[chain[-1]])
    return chain
