"""Normal and emergency (平急结合): lowest grids of a plan grouped into risk zones, and whom the switch to them concerns."""

import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap import hierarchy, privacy
from gridmap.errors import GridmapWarning, PlanError, SchemaError
from gridmap.plan.value import COUNTS, INSIDE_M2, Plan, inside_m2
from gridmap.schema import require_columns, require_index

RISKS = ("high", "medium", "low")
TOTAL = "total"  # label of the last row of `switch`


@dataclass(frozen=True, eq=False, repr=False)
class Scenarios:
    """A plan for normal days and the risk zones that its grids form in an emergency.

    Parameters
    ----------
    normal
        The plan that stands on normal days.
    zones
        Zone name by code of a base grid; an upper grid stands for all lowest grids below it. Grids in no zone are left out, or NA.
    risk
        "high", "medium" or "low" by zone name, for every zone.

    Attributes
    ----------
    zones
        Series `zone` on `grid_code`: the lowest grids in zones, in the order of the plan.
    risk
        Series `risk` on `zone`: high before medium before low, then by name.

    Raises
    ------
    PlanError
        If a code is no base grid, a grid would be in two zones, a zone does not hang together, or has a name that a grid has or had.
    SchemaError
        If a code stands twice, or `risk` is not given for exactly these zones.
    """

    normal: Plan
    zones: pd.Series
    risk: pd.Series

    def __post_init__(self) -> None:
        require_index(self.zones.index, "zones")
        object.__setattr__(self, "zones", _of_lowest(self.normal, self.zones.astype("str").dropna()))
        object.__setattr__(self, "risk", _risks(self.risk.astype("str"), set(self.zones)))
        _require_names(self.normal, self.risk.index)
        for zone, codes in self.zones.groupby(self.zones).groups.items():
            _require_whole(str(zone), self.normal.grids.geometry[codes].to_numpy())

    def __repr__(self) -> str:
        shown = ", ".join(f"{zone} {risk}" for zone, risk in self.risk.items())
        return f"Scenarios({self.normal!r}; {len(self.zones)} grids in zones: {shown or 'none'})"

    @property
    def emergency(self) -> gpd.GeoDataFrame:
        """The grids of an emergency: a row per zone, which is the union of its grids, every other lowest grid as it is, dedicated grids.

        A table of grids of one level whose base grids cover the same ground as the lowest tier. Index `grid_code`: names of zones in the
        order of `risk`, then codes. Columns `name`, `level` (1), `kind`, `parent` (NA), `risk` (NA outside zones), `grids` (how many of the
        lowest), and the counts that the plan has, NA where that of one of the grids is unknown. Dedicated grids lie over it as they do on
        normal days, with their own counts, which are of those of the base grids: `parent` is the grid of this table that each lies in,
        `risk` that of this grid, both NA where the border of a zone runs through it; `grids` is NA.
        """
        base = self._base()
        over = _of_kind(self.normal.grids, "dedicated")
        if over.empty:
            return base
        held = _held(self.normal, over, base)
        rows = over.assign(geometry=over.geometry, level=1, parent=held, risk=base["risk"].reindex(held.to_numpy()).to_numpy(), grids=pd.NA)
        both = pd.concat([pd.DataFrame(base), pd.DataFrame(rows)])[list(base)]
        return gpd.GeoDataFrame(both.astype({"grids": "Int64", "risk": "str"}), crs=base.crs)

    def _base(self) -> gpd.GeoDataFrame:
        """Return the base grids of an emergency."""
        lowest = hierarchy.tier(self.normal.grids)
        zone = self.zones.reindex(lowest.index)
        codes = np.where(zone.isna(), lowest.index, zone)
        united = {code: shapely.coverage_union_all(shapes) for code, shapes in lowest.geometry.groupby(codes)}
        order = [*self.risk.index, *lowest.index[zone.isna()]]
        table = pd.DataFrame(
            {
                "name": [*self.risk.index, *lowest["name"][zone.isna()]],
                "level": 1,
                "kind": "base",
                "parent": pd.Series(pd.NA, index=order, dtype="str"),
                "risk": self.risk.reindex(order),
                "grids": pd.Series(codes).value_counts().reindex(order).astype("Int64"),
            },
            index=pd.Index(order, name="grid_code", dtype="str"),
        )
        for name in COUNTS:
            if name in lowest:
                table[name] = _sums(lowest[name], pd.Series(codes, index=lowest.index), order)
        return gpd.GeoDataFrame(table, geometry=[united[code] for code in order], crs=lowest.crs)

    def then(self, edited: Plan) -> "Scenarios":
        """Follow one edit of the plan: pieces stay in the zone of the grid they come from, and what is merged must be of one zone.

        Parameters
        ----------
        edited
            What an edit of `normal` returned.

        Raises
        ------
        PlanError
            If grids of different zones, or grids in a zone and others, were merged; if a zone would be left in pieces; or if more than
            one edit lies between: follow them one by one.
        """
        lowest = hierarchy.tier(edited.grids).index
        before = hierarchy.tier(self.normal.grids).index
        came = lowest.difference(before)
        listed = edited.changes["origin"].reindex(came)
        origins = {code: [] if pd.isna(codes) else [one for one in codes.split(";") if one] for code, codes in listed.items()}
        strangers = [code for code, codes in origins.items() if not codes or not set(codes) <= set(before)]
        if strangers or not set(before.difference(lowest)) <= {one for codes in origins.values() for one in codes}:
            raise PlanError("plan_zone_edits", rows=strangers or before.difference(lowest))
        inherited = {}
        for code, codes in origins.items():
            held = self.zones.reindex(codes)
            if len(set(held.fillna(""))) > 1:
                raise PlanError("plan_zone_merged", rows=codes, geometry=edited.grids.geometry[code])
            inherited[code] = held.iloc[0]
        kept = self.zones[self.zones.index.isin(lowest)]
        return Scenarios(edited, pd.concat([kept, pd.Series(inherited, dtype="str")]), self.risk)


def switch(scenarios: Scenarios, *, staff: pd.DataFrame | None = None) -> pd.DataFrame:
    """Tell whom the switch to the emergency concerns, by zone and in total.

    Parameters
    ----------
    staff
        Posts on `post_id` with `grid_code`; `holder`, where the column is there, is NA for a post that is vacant.

    Returns
    -------
    DataFrame
        A row per zone in the order of `scenarios.risk`, and the row `TOTAL`. Columns `risk` (NA in total), `grids`, `area_m2`,
        `households` and the other counts that the plan has, NA where one of the grids has none, `uncounted` (grids in which one of
        these is unknown), `dedicated` (dedicated grids with ground in it; their figures are of those of the base grids and are not added).
        With `staff`: `posts` of the lowest grids of the zone and of dedicated grids with ground in it, `vacant` of
        these, and `posts_above`: of the upper grids that hand a part of theirs, or all, to the zone. A post that two zones concern
        counts once in total.

    Raises
    ------
    SchemaError
        If `staff` lacks `grid_code`, a post stands twice or has no digit, or people are named.

    Warns
    -----
    GridmapWarning
        If posts belong to grids that the plan does not have: they are counted nowhere.
    """
    zones, order = scenarios.zones, [*scenarios.risk.index, TOTAL]
    grids = scenarios.normal.grids.loc[zones.index]
    names = [name for name in COUNTS if name == "households" or name in grids]
    counts = pd.DataFrame(grids).reindex(columns=names).astype("Int64")
    twice = pd.concat([zones, pd.Series(TOTAL, index=zones.index)])  # every grid counts in its zone and in total
    area = pd.Series(shapely.area(scenarios.normal.plane.measured(grids.geometry.to_numpy())), index=grids.index, dtype=float)
    table = pd.DataFrame(
        {
            "risk": scenarios.risk.reindex(order),
            "grids": twice.value_counts().reindex(order, fill_value=0),
            "area_m2": area[twice.index].groupby(twice.to_numpy()).sum().reindex(order, fill_value=0.0),
        },
        index=pd.Index(order, name="zone", dtype="str"),
    )
    for name in names:
        table[name] = _sums(counts.loc[twice.index, name], twice, order)
    unknown = counts.isna().any(axis=1)[twice.index]
    table["uncounted"] = unknown.groupby(twice.to_numpy()).sum().reindex(order, fill_value=0).astype(int)
    over = _dedicated(scenarios)
    table["dedicated"] = over.groupby("zone").size().reindex(order, fill_value=0)
    table.loc[TOTAL, "dedicated"] = over["grid_code"].nunique()
    return table if staff is None else table.join(_posts(scenarios, staff, over, order))


def _posts(scenarios: Scenarios, staff: pd.DataFrame, over: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Return how many posts each zone concerns."""
    privacy.require_counts_only(staff, "staff")  # first: other messages show identifiers
    privacy.require_numbered(staff.index, "staff", "post_id")
    require_columns(staff, ("grid_code",), "staff")
    require_index(staff.index, "staff")
    code = staff["grid_code"].astype("str")
    unknown = code.notna() & ~code.isin(scenarios.normal.grids.index)
    if unknown.any():
        warnings.warn(GridmapWarning("plan_zone_posts", rows=staff.index[unknown]), stacklevel=3)
    inside = pd.concat([_pairs(scenarios.zones.index, scenarios.zones), over])
    above = _above(scenarios)
    vacant = staff["holder"].isna() if "holder" in staff else pd.Series(False, index=staff.index)
    counted = {"posts": (inside, code), "vacant": (inside, code[vacant]), "posts_above": (above, code)}
    return pd.DataFrame({name: _concerned(pairs, posts, order) for name, (pairs, posts) in counted.items()})


def _concerned(pairs: pd.DataFrame, posts: pd.Series, order: list[str]) -> pd.Series:
    """Count the posts of grids, each once per zone and once in total."""
    found = pairs.drop_duplicates().merge(posts.rename("grid_code").rename_axis("post_id").reset_index(), on="grid_code")
    counts = found.groupby("zone")["post_id"].nunique().reindex(order, fill_value=0)
    counts[TOTAL] = found["post_id"].nunique()
    return counts


def _pairs(codes: pd.Index | np.ndarray, zones: pd.Series | np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"grid_code": np.asarray(codes, dtype=object), "zone": np.asarray(zones, dtype=object)}).astype("str")


def _dedicated(scenarios: Scenarios) -> pd.DataFrame:
    """Return the dedicated grids that have ground in a zone, with the zone."""
    grids = scenarios.normal.grids
    over = _of_kind(grids, "dedicated")
    below = grids.loc[scenarios.zones.index]
    left, right = shapely.STRtree(below.geometry.to_numpy()).query(over.geometry.to_numpy(), predicate="intersects")
    common = shapely.intersection(over.geometry.to_numpy()[left], below.geometry.to_numpy()[right])
    shared = shapely.area(scenarios.normal.plane.measured(common)) > INSIDE_M2
    return _pairs(over.index[left[shared]], scenarios.zones.to_numpy()[right[shared]]).drop_duplicates()


def _of_kind(grids: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    return grids[(grids["kind"] == kind).to_numpy()]


def _held(plan: Plan, over: gpd.GeoDataFrame, base: gpd.GeoDataFrame) -> pd.Series:
    """Return the base grid that each dedicated grid lies in, NA where it lies in several."""
    shapes, bases = over.geometry.to_numpy(), base.geometry.to_numpy()
    left, right = shapely.STRtree(bases).query(shapes, predicate="intersects")
    _, out = inside_m2(plan, shapes[left], bases[right])
    inside = out <= INSIDE_M2
    held = pd.Series(base.index[right[inside]], index=over.index[left[inside]], dtype="str")
    return held[~held.index.duplicated()].reindex(over.index)


def _above(scenarios: Scenarios) -> pd.DataFrame:
    """Return the upper grids that have lowest grids in a zone, with the zone."""
    parent = scenarios.normal.grids["parent"]
    found, code = [_pairs([], [])], pd.Series(scenarios.zones.index, index=scenarios.zones.index)
    for _ in scenarios.normal.levels[1:]:
        code = code.map(parent)
        found.append(_pairs(code, scenarios.zones))
    return pd.concat(found)


def _of_lowest(plan: Plan, zones: pd.Series) -> pd.Series:
    """Return the zone of each lowest grid that is in one."""
    base = _of_kind(plan.grids, "base")
    given = zones.set_axis(zones.index.astype("str"))
    strangers = given.index.difference(base.index)
    if len(strangers):
        raise PlanError("plan_zone_no_grid", rows=strangers)
    lowest = hierarchy.tier(base).index
    code = pd.Series(lowest, index=lowest, dtype="str")
    found = given.reindex(lowest)
    for _ in plan.levels[1:]:
        code = code.map(base["parent"])
        above = pd.Series(given.reindex(code.to_numpy()).to_numpy(), index=lowest, dtype="str")
        clash = lowest[(found.notna() & above.notna() & (found != above)).to_numpy()]
        if len(clash):
            raise PlanError("plan_zone_twice", rows=clash, geometry=plan.grids.geometry[clash[0]])
        found = found.where(found.notna(), above)
    return found.dropna().rename("zone").rename_axis("grid_code").astype("str")


def _risks(risk: pd.Series, zones: set[str]) -> pd.Series:
    """Return the risk of every zone, high first."""
    require_index(risk.index, "risk")
    if set(risk.index) != zones:
        raise SchemaError("plan_zone_risks", rows=sorted(set(map(str, risk.index)) ^ zones))
    wrong = ~risk.isin(RISKS)
    if wrong.any():
        raise SchemaError("plan_zone_risk", given=", ".join(map(str, risk[wrong].unique())), rows=risk.index[wrong], risks=", ".join(RISKS))
    order = sorted(risk.index, key=lambda zone: (RISKS.index(risk[zone]), zone))
    return risk.reindex(pd.Index(order, name="zone", dtype="str")).rename("risk")


def _require_names(plan: Plan, zones: pd.Index) -> None:
    """Raise if a name of a zone is blank, or stands for something else."""
    wrong = [zone for zone in zones if not zone.strip() or zone == TOTAL or zone in plan.used]
    if wrong:
        raise PlanError("plan_zone_name", rows=wrong, given=wrong[0])


def _require_whole(zone: str, shapes: np.ndarray) -> None:
    """Raise unless the grids of a zone hang together by common borders; the parts of one grid belong together anyway."""
    united = shapely.get_parts(shapely.coverage_union_all(shapes))
    parts, grid = shapely.get_parts(shapes, return_index=True)
    inner, piece = shapely.STRtree(united).query(shapely.point_on_surface(parts), predicate="within")
    size = len(united) + len(shapes)
    links = coo_array((np.ones(len(inner)), (grid[inner] + len(united), piece)), shape=(size, size))
    count, _ = connected_components(links, directed=False)
    if count > 1:
        raise PlanError("plan_zone_pieces", rows=[zone], geometry=shapely.MultiPolygon(list(united)), count=count)


def _sums(values: pd.Series, groups: pd.Series, order: list[str]) -> pd.Series:
    """Return the sum of each group, 0 of none, NA where a value is unknown."""
    by = groups.to_numpy()
    sums = values.astype("Int64").groupby(by).sum(min_count=0)
    known = values.notna().groupby(by).all()
    return sums.where(known).reindex(order, fill_value=0).astype("Int64").set_axis(order)
