"""Everything that is wrong with a layer of grids: cover and codes of one tier, nesting of all."""

import geopandas as gpd
import pandas as pd

from gridmap import codes, hierarchy
from gridmap.coverage.check import check

SCHEMES = (codes.UNIT_GRID, codes.COMMUNITY_GRID)


def findings(
    grids: gpd.GeoDataFrame,
    *,
    level: int | None = None,
    boundary: gpd.GeoDataFrame | None = None,
    gap_width_m: float = 1.0,
    min_overlap_m2: float = 0.0,
) -> gpd.GeoDataFrame:
    """List what is wrong with a layer of grids of any levels and kinds.

    Parameters
    ----------
    grids
        Grids with `level`, `kind` and `parent`; codes may stand twice, polygons may be invalid.
    level
        Level whose cover and codes are looked at; the lowest base level when None. Nesting is looked at on all levels.
    boundary, gap_width_m, min_overlap_m2
        As in `check`; the tier above the chosen one is its parents.

    Returns
    -------
    GeoDataFrame
        Columns and CRS as `check` returns them, a fresh index: first the findings of `check`, then those of `codes.check`, by the scheme
        that most codes of the tier follow, if one, then those of `hierarchy.check`. A finding on codes or nesting shows the grid's own
        polygon, its note is the parent's code.

    Raises
    ------
    SchemaError, CRSError
        As `check`, `hierarchy.tier` and `hierarchy.check`.
    """
    tier = hierarchy.tier(grids, level)
    parents = above(grids, tier)
    of_cover = check(tier, boundary=boundary, parents=parents, gap_width_m=gap_width_m, min_overlap_m2=min_overlap_m2)
    return together(of_cover, tier, grids)


def above(grids: gpd.GeoDataFrame, tier: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the tier above one of these grids, None where there is none."""
    upper = [level for level in hierarchy.levels(grids) if len(tier) and level < int(tier["level"].iloc[0])]
    return hierarchy.tier(grids, upper[-1]) if upper else None


def together(of_cover: gpd.GeoDataFrame, tier: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what was found on the cover of a tier, then what is wrong with its codes and with the nesting of all."""
    of_nesting = _placed(hierarchy.check(grids), grids)
    # A code that stands twice on this tier is a finding on its cover already.
    twice = (of_nesting["kind"] == "duplicate_code") & of_nesting["grid_codes"].isin(tier.index[tier.index.duplicated()])
    parts = [part for part in (of_cover, _placed(_of_codes(tier), grids), of_nesting[~twice]) if len(part)]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=grids.crs) if parts else of_cover


def _of_codes(tier: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what is wrong with codes by the scheme that most of them follow; nothing where they follow none."""
    given = tier.index.to_series().astype("str")
    for scheme in SCHEMES:
        if given.str.fullmatch(scheme.pattern).mean() > 0.5:
            found = codes.check(given, scheme=scheme, parents=tier["parent"])
            return found[found["kind"] != "duplicate_code"]
    return codes.check(given.iloc[:0])


def _placed(found: pd.DataFrame, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return findings on grids with the columns of those on cover."""
    first = grids.geometry[~grids.index.duplicated()]
    columns = {
        "kind": found["kind"],
        "grid_codes": found["grid_code"],
        "area_m2": found["area_m2"] if "area_m2" in found else float("nan"),
        "note": found["parent"].fillna(""),
    }
    return gpd.GeoDataFrame(columns, geometry=first.reindex(found["grid_code"]).to_numpy(), crs=grids.crs)
