"""What two plans differ in: grids split, merged, changed, recoded, and the ground and people that change hands."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import crs, hierarchy, schema
from gridmap.coverage.layer import Plane
from gridmap.errors import SchemaError
from gridmap.plan import ground, rows
from gridmap.plan.ground import Tier
from gridmap.plan.hands import Counted, hands
from gridmap.plan.rows import CHANGES
from gridmap.plan.value import Plan
from gridmap.schema import POLYGON

SLIVER_M = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class Difference:
    """What two plans differ in, tier by tier.

    Attributes
    ----------
    grids
        A row per grid, those that go on once; see `difference`.
    moves
        A row per pair of an old and a new grid between which ground, slivers or counts change hands, one of them NA for ground of no grid.
        Columns `kind`, `level`, `from_code`, `to_code`, `move` (split, merged, transferred, gained, lost; sliver where there is no more
        than slivers or counts), `area_m2` without slivers, `sliver_m2`, a column per count, `geometry` (MultiPolygon without slivers, of
        slivers where there is nothing else, None where counts alone change hands).
    totals
        A row per tier: `kind`, `level` (NA for dedicated grids, which are one tier), `grids_before`, `grids_after`, the number of grids for
        each word of `change` (a split counts its rows: what was split and what came of it), `split_before` grids that became `split_after`
        and `merged_before` that became `merged_after`, then for the area and every count `_before`, `_after`, `_moved` between two grids,
        `_gained` from no grid, `_lost` to no grid; `slivers_m2`, the area of all slivers.
    """

    grids: pd.DataFrame
    moves: gpd.GeoDataFrame
    totals: pd.DataFrame

    def __repr__(self) -> str:
        held = self.grids["change"].value_counts()
        shown = ", ".join(f"{word} {held[word]}" for word in CHANGES if word in held)
        return f"Difference({shown or 'no grids'})"

    def __bool__(self) -> bool:
        """Tell whether anything differs but slivers."""
        return bool((self.grids["change"] != "unchanged").any())


def difference(
    old: Plan | gpd.GeoDataFrame,
    new: Plan | gpd.GeoDataFrame,
    *,
    buildings: gpd.GeoDataFrame | None = None,
    events: gpd.GeoDataFrame | None = None,
    staff: pd.DataFrame | None = None,
    sliver_width_m: float = SLIVER_M,
) -> pd.DataFrame:
    """Tell for every grid what became of it, and what changes hands with it.

    Parameters
    ----------
    old, new
        Plans, or tables of grids with `level` and `kind`, in one CRS. `parent` and `name` are told where both have them.
    buildings
        Points or polygons with `households`, `residents` or neither; each belongs to the grid a point on its surface lies in. Units will
        do: a column `buildings` says how many there are in each.
    events
        Points.
    staff
        Table of staff: `grid_code` of the old plan. A post stays with its grid; where that does not go on, it is shown with the
        grid that takes most of its ground: a proposal.
    sliver_width_m
        Ground that changes hands in a piece narrower than this everywhere, or smaller than 1 m2, is a sliver of digitising: it makes no
        grid a changed one and stands in columns of its own. Counts are not held back: who stands on a sliver has another grid.

    Returns
    -------
    DataFrame
        Index `grid_code` (the new code where the grid stands, else the old one), base grids by level and code, then dedicated ones. A grid
        that goes on is one row; a code given to other ground stands twice. `change` is the first that holds of

        - `added`, `retired`: in one plan alone;
        - `split`: at least two new grids lie for the most part in one old grid; both sides of it have this word;
        - `merged`: at least two old grids lie for the most part in one new grid; as above;
        - `changed`: it gained or lost ground;
        - `recoded`: same ground, another code;
        - `re_parented`: same ground and code, another parent;
        - `unchanged`.

        Columns `kind`, `level`, `code_before`, `code_after`, `name`, `parent_before`, `parent_after`, `recoded` and `re_parented` (beside
        whatever else changed; a parent that has but another code is the same), `from_codes` and `to_codes` (grids sharing ground with it,
        slivers aside, joined by semicolons), `area_before_m2`, `area_after_m2`, `gained_m2`, `lost_m2`, `slivers_m2` (gained less lost),
        and `_before`, `_after`, `_gained`, `_lost` of `households`, `residents`, `buildings`, `events` and `staff` as far as given.
        `area_after_m2 = area_before_m2 + gained_m2 - lost_m2 + slivers_m2`, and so for counts.

    Raises
    ------
    SchemaError, CRSError
        If a table breaks its contract, the CRS differ, a count is negative, or the width is.
    PlanError
        If a polygon is missing, empty or invalid.

    Warns
    -----
    GridmapWarning
        If grids of a tier overlap (the place belongs to the smallest code), a count is missing (it is 0), or a post names a code that the
        old plan does not have (it is left out).

    See Also
    --------
    compare : The same with every move on the map, and totals.

    Notes
    -----
    Ground decides before codes. An old and a new grid are the same if most of either lies in the other; where ground is divided, the
    code they share decides. Areas are sums of pieces, compared as drawn and measured in a metric CRS, so that they add up; where the CRS
    is in degrees they differ from those of whole polygons by what is straight in one and not in the other (about one in a million).
    """
    return compare(old, new, buildings=buildings, events=events, staff=staff, sliver_width_m=sliver_width_m).grids


def compare(
    old: Plan | gpd.GeoDataFrame,
    new: Plan | gpd.GeoDataFrame,
    *,
    buildings: gpd.GeoDataFrame | None = None,
    events: gpd.GeoDataFrame | None = None,
    staff: pd.DataFrame | None = None,
    sliver_width_m: float = SLIVER_M,
) -> Difference:
    """Tell what two plans differ in: per grid, per move, in total; parameters, errors and warnings as in `difference`."""
    if not sliver_width_m >= 0:
        raise SchemaError("negative", what="sliver_width_m", given=sliver_width_m)
    tables = {"old": _table(old, "old"), "new": _table(new, "new")}
    schema.require_same_crs(tables["old"], tables["new"], "old, new")
    counted = Counted.of(tables["old"], buildings, events, staff)
    plane = _plane(*tables.values())
    tiers = _tiers(*tables.values())
    was, now = (
        _versions([_of(table, *place) for place in tiers], plane, what, sound=isinstance(given, Plan))
        for given, (what, table) in zip((old, new), tables.items(), strict=True)
    )
    found = [hands(*both, ground.overlay(*both, plane, sliver_width_m=sliver_width_m), counted) for both in zip(was, now, strict=True)]
    with_parents = all("parent" in table.columns for table in tables.values())
    grids = rows.grids(found, counted.measures, with_parents=with_parents)
    places = pd.DataFrame(tiers, columns=["kind", "level"]).astype({"kind": "str", "level": "Int64"})
    return Difference(
        grids,
        gpd.GeoDataFrame(rows.moves(found, places, counted.measures), crs=plane.drawn),
        rows.totals(found, places, grids, counted.measures),
    )


def _table(given: Plan | gpd.GeoDataFrame, what: str) -> gpd.GeoDataFrame:
    """Return a table of grids whose codes are text."""
    if isinstance(given, Plan):
        return given.grids
    schema.require_frame(given, what, geometry=POLYGON)
    schema.require_columns(given, ("level", "kind"), what)
    schema.require_index(given.index, what)
    schema.require_kinds(given, what)
    hierarchy.levels_of(given["level"], np.ones(len(given), dtype=bool))  # of dedicated grids, too
    return given.set_axis(pd.Index([str(code) for code in given.index], name="grid_code", dtype="str"))


def _versions(parts: list[gpd.GeoDataFrame], plane: Plane, what: str, *, sound: bool) -> list[Tier]:
    """Return one version of every tier, no place in two grids; those of a plan are `sound`, dedicated grids aside."""
    found = [ground.tier(part) for part in parts]
    known = [sound and (part["kind"] == "base").all() for part in parts]
    looked_at = iter(ground.coverages([each for each, is_known in zip(found, known, strict=True) if not is_known]))
    return [
        each if is_known or next(looked_at) else ground.disjoint(each, plane, what) for each, is_known in zip(found, known, strict=True)
    ]


def _plane(*tables: gpd.GeoDataFrame) -> Plane:
    for table in tables:
        if len(table):
            return Plane(table.crs, crs.metric_crs(table))
    return Plane(tables[0].crs, tables[0].crs)  # nothing to measure


def _tiers(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> list[tuple[str, int | None]]:
    """Return the tiers of either table: base levels from the top, then all dedicated grids; one empty tier of two empty tables."""
    base = sorted({*hierarchy.levels(old), *hierarchy.levels(new)})
    over = any(schema.of_kind(table, "dedicated").any() for table in (old, new))
    found: list[tuple[str, int | None]] = [("base", level) for level in base]
    return [*found, ("dedicated", None)] if over else found or [("base", 1)]


def _of(table: gpd.GeoDataFrame, kind: str, level: int | None) -> gpd.GeoDataFrame:
    chosen = schema.of_kind(table, kind)
    return table[chosen if level is None else chosen & (table["level"] == level).to_numpy()]
