"""Posts of the demo towns: the published numbers, placed by rule; nobody has a name."""

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import hierarchy

# Of the district, beyond one post per grid: full-time managers 254 and dedicated-grid workers 69; assistants.
MORE_MANAGERS, MORE_DEDICATED, ASSISTANTS = 24, 2, 760


def basic(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the posts that every town has: a chief for each upper grid, a worker for each lowest, one more for each dedicated grid."""
    base, lowest = grids["kind"] == "base", hierarchy.lowest_level(grids)
    parts = {
        "chief": grids.index[base & (grids["level"] < lowest)],
        "worker": grids.index[base & (grids["level"] == lowest)],
        "dedicated": grids.index[~base],
    }
    return table(list(parts.items()))


def district(grids: gpd.GeoDataFrame, *, share: float) -> pd.DataFrame:
    """Return the posts of the district.

    Parameters
    ----------
    grids
        Grids of three levels with `households`, codes unique.
    share
        Its size in terms of the published one.

    Returns
    -------
    DataFrame
        As `schema.TABLES["staff"]`, every post held. Published are the totals: 230 + 964 chiefs, 2,600 workers, 1,194
        instructors, 230 police, 254 full-time managers, 69 at the 67 dedicated grids, 760 assistants. Where they stand is a rule of ours:
        an instructor beside every chief, police and a manager for every level-1 grid, the other managers in the level-1 grids with the most
        households, the assistants in such level-3 grids, the two more dedicated workers in the first dedicated grids by code.
    """
    first, second, third = (hierarchy.tier(grids, level).index for level in (1, 2, 3))
    dedicated = hierarchy.dedicated(grids).index.sort_values()
    largest = grids["households"].sort_values(ascending=False, kind="stable").index
    managers, assistants = round(MORE_MANAGERS * share), round(ASSISTANTS * share)
    more = np.resize(dedicated, round(MORE_DEDICATED * share))
    return table(
        [
            ("chief", first.append(second)),
            ("worker", third),
            ("instructor", first.append(second)),
            ("police", first),
            ("manager", first.append(pd.Index(np.resize(largest[largest.isin(first)], managers)))),
            ("assistant", pd.Index(np.resize(largest[largest.isin(third)], assistants))),
            ("dedicated", dedicated.append(pd.Index(more))),
        ]
    )


def table(parts: list[tuple[str, pd.Index]]) -> pd.DataFrame:
    """Return posts numbered by role in the order of their grids, each held by a number of its own."""
    rows = [(role, code, f"{role}-{number:05d}") for role, codes in parts for number, code in enumerate(codes, 1)]
    index = pd.Index([post for _, _, post in rows], name="post_id", dtype="str")
    holders = [f"P{number:06d}" for number in range(1, len(rows) + 1)]
    columns = {"grid_code": [code for _, code, _ in rows], "role": [role for role, _, _ in rows], "holder": holders}
    return pd.DataFrame(columns, index=index, dtype="str")
