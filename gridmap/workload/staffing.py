"""Posts of every grid and tier, and grids without a holder or with two."""

import warnings
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import hierarchy, privacy, schema
from gridmap.errors import GridmapWarning

SINGLE = ("chief", "worker")  # one person answers for a grid
KINDS = ("no_post", "vacant", "two_holders", "two_posts", "wrong_grid", "unknown_grid")
COLUMNS = ("kind", "grid_code", "role", "post_ids")


def posts(staff: pd.DataFrame, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the posts of every grid by role.

    Parameters
    ----------
    staff
        Posts indexed by post_id, with `grid_code` and `role` (one of `schema.ROLES`). `holder`, where the column is there, is the number of
        whoever holds the post, NA where it is vacant; without the column every post is held. Neither is ever a person's name: both need a
        digit.
    grids
        Grids of all levels and kinds, indexed by code, with `level` and `kind`.

    Returns
    -------
    DataFrame
        Shape (n, roles) on the index of `grids`: one column per role of `schema.ROLES`, int64, 0 where there is none. A post counts at its
        own grid alone, not at those above.

    Raises
    ------
    SchemaError
        If a column is missing, an identifier stands twice, a role or kind is unknown, or the table looks as if it named people.

    Warns
    -----
    GridmapWarning
        If posts belong to no grid of `grids`: they are counted nowhere.

    Notes
    -----
    CRS: any, none needed. Cost: one pass over the posts.
    """
    _require(staff, grids)
    known = _known(staff, grids)
    table = pd.crosstab(known["grid_code"].to_numpy(), known["role"].to_numpy()) if len(known) else pd.DataFrame()
    return table.reindex(index=grids.index, columns=pd.Index(schema.ROLES, name="role"), fill_value=0).astype("int64")


def totals(staff: pd.DataFrame, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add up posts by level, kind of grid and role.

    Parameters
    ----------
    staff, grids
        As in `posts`.

    Returns
    -------
    DataFrame
        A row for every level and kind present, with every role: index `level`, `kind`, `role`; columns `grids` (how many there are of that
        level and kind), `staffed` (of these, grids with a held post of the role), `posts` and `held` (posts with a holder). Dedicated grids
        have rows of their own, so each post counts once.

    Raises
    ------
    SchemaError
        As `posts`.

    Warns
    -----
    GridmapWarning
        As `posts`.
    """
    _require(staff, grids)
    known = _known(staff, grids)
    place = pd.DataFrame({"level": grids["level"].astype(int), "kind": grids["kind"].astype("str")})
    tiers = place.groupby(["level", "kind"]).size()
    rows = [(level, kind, role) for level, kind in tiers.index for role in schema.ROLES]
    index = pd.MultiIndex.from_tuples(rows, names=["level", "kind", "role"])
    if not rows:
        return pd.DataFrame(0, index=index, columns=["grids", "staffed", "posts", "held"], dtype="int64")
    known = known.join(place, on="grid_code")
    keys = ["level", "kind", "role"]
    held = known[known["held"]]
    table = {
        "grids": tiers.reindex(index.droplevel("role")).to_numpy(),
        "staffed": held.groupby(keys)["grid_code"].nunique().reindex(index, fill_value=0),
        "posts": known.groupby(keys).size().reindex(index, fill_value=0),
        "held": held.groupby(keys).size().reindex(index, fill_value=0),
    }
    return pd.DataFrame(table, index=index).astype("int64")


def check(staff: pd.DataFrame, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """List grids that nobody or two people answer for, and posts that stand at no grid or the wrong one.

    Parameters
    ----------
    staff, grids
        As in `posts`.

    Returns
    -------
    DataFrame
        A row per finding, ordered by kind, grid and role; empty where all is well. `grid_code` and `role`; `post_ids`: the posts concerned,
        sorted, joined by ";". `kind`:

        - `no_post`: the grid has no post of the role it needs: `worker` on the lowest base level, `chief` on every base level above,
          `dedicated` for a dedicated grid.
        - `vacant`: it has such posts, and none of them is held.
        - `two_holders`: several holders of a role that only one may have in a grid (`chief`, `worker`).
        - `two_posts`: several posts of such a role, held by one or none.
        - `wrong_grid`: a post of the role `dedicated` at a base grid.
        - `unknown_grid`: the post's grid code is missing or none of `grids`.

    Raises
    ------
    SchemaError
        As `posts`, or if a level is no whole number.
    """
    _require(staff, grids)
    table = pd.DataFrame({"grid_code": staff["grid_code"], "role": staff["role"], "holder": _holders(staff)})
    known = table["grid_code"].isin(grids.index)
    at_base = table["grid_code"].isin(grids.index[schema.of_kind(grids, "base")])
    found = [
        *_unanswered(table[known], _needed(grids)),
        *_doubled(table[known]),
        *_one_by_one("wrong_grid", table[at_base & (table["role"] == "dedicated")]),
        *_one_by_one("unknown_grid", table[~known]),
    ]
    frame = pd.DataFrame(found, columns=list(COLUMNS)).astype({"kind": "str", "role": "str", "post_ids": "str"})
    order = sorted(range(len(frame)), key=lambda row: (KINDS.index(found[row][0]), str(found[row][1]), found[row][2], found[row][3]))
    return frame.iloc[order].reset_index(drop=True)


def _require(staff: pd.DataFrame, grids: gpd.GeoDataFrame) -> None:
    privacy.require_counts_only(staff, "staff")  # first: other errors show identifiers
    privacy.require_numbered(staff.index, "staff", "post_id")
    schema.require_table(staff, "staff")
    if "holder" in staff:
        privacy.require_numbered(_holders(staff), "staff", "holder")
    schema.require_coded(staff["role"], schema.ROLES, "staff")
    schema.require_columns(grids, ("level", "kind"), "grids")
    schema.require_index(grids.index, "grids")
    hierarchy.levels(grids)
    hierarchy.levels_of(grids["level"], np.ones(len(grids), dtype=bool))  # of dedicated grids, too


def _known(staff: pd.DataFrame, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return grid code, role and whether it is held of the posts at grids that there are; warn of the others."""
    table = pd.DataFrame({"grid_code": staff["grid_code"], "role": staff["role"], "held": _holders(staff).notna()})
    known = table["grid_code"].isin(grids.index)
    if not known.all():
        warnings.warn(GridmapWarning("posts_elsewhere", rows=staff.index[~known]), stacklevel=3)
    return table[known]


def _holders(staff: pd.DataFrame) -> pd.Series:
    """Return who holds each post, NA where nobody does; without a column of holders each post is its own."""
    if "holder" not in staff:
        return staff.index.to_series().astype("object")
    numbers = staff["holder"].astype("object").map(str, na_action="ignore").str.strip()
    return numbers.where(numbers.notna() & (numbers != ""), None)


def _needed(grids: gpd.GeoDataFrame) -> pd.Series:
    """Return the role without which nobody answers for a grid."""
    base = schema.of_kind(grids, "base")
    lowest = max(hierarchy.levels(grids), default=0)
    upper = base & (grids["level"] != lowest).to_numpy(dtype=bool, na_value=True)
    return pd.Series(np.select([~base, upper], ["dedicated", "chief"], "worker"), index=grids.index)


def _unanswered(known: pd.DataFrame, needed: pd.Series) -> Iterator[tuple[str, object, str, str]]:
    own = known[known["role"].to_numpy() == needed.reindex(known["grid_code"]).to_numpy()]
    for code, role in needed[~needed.index.isin(own["grid_code"])].items():
        yield "no_post", code, role, ""
    vacant = own[~own["grid_code"].isin(own.loc[own["holder"].notna(), "grid_code"])]
    for code, together in vacant.assign(post=vacant.index).groupby("grid_code", observed=True)["post"].agg(_joined).items():
        yield "vacant", code, needed[code], together


def _doubled(known: pd.DataFrame) -> Iterator[tuple[str, object, str, str]]:
    single = known[known["role"].isin(SINGLE)]
    several = single[single.duplicated(["grid_code", "role"], keep=False)]
    groups = several.assign(post=several.index).groupby(["grid_code", "role"], observed=True)
    found = pd.DataFrame({"holders": groups["holder"].nunique(), "post_ids": groups["post"].agg(_joined)})
    for (code, role), holders, together in found.itertuples():
        yield "two_holders" if holders > 1 else "two_posts", code, role, together


def _one_by_one(kind: str, table: pd.DataFrame) -> Iterator[tuple[str, object, str, str]]:
    for post, code, role in zip(table.index, table["grid_code"], table["role"], strict=True):
        yield kind, code, role, str(post)


def _joined(identifiers: pd.Series) -> str:
    return ";".join(sorted(map(str, identifiers)))
