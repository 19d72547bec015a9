"""Every tier of grids at once, each nested in the one above."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError, SearchFailed
from gridmap.partition import network as networks
from gridmap.partition.build import Progress, require_options, silent
from gridmap.partition.goal import DEFAULT, Goal

EFFORT = 0.3  # of that of one tier alone


def tiers(
    units: pd.DataFrame,
    grids: Sequence[int],
    *,
    edges: pd.DataFrame | None = None,
    tolerance: float = 0.1,
    goal: Goal = DEFAULT,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> pd.DataFrame:
    """Make the grids of several tiers, each inside one grid of the tier above.

    Parameters
    ----------
    units, edges, seed, on_progress
        As for `build`.
    grids
        Number of grids of every tier from the top, none smaller than the one before: `(5, 20, 80)`.
    tolerance
        Share of its tier's mean that a grid may be off.
    goal
        As for `build`, without locks and seeds.

    Returns
    -------
    DataFrame
        `level_1` and on, on the index of `units`. A code begins with that of its parent.

    Raises
    ------
    SchemaError, CRSError, InfeasibleError, SearchFailed
        As `build`; `.best` holds the tiers so far, the last one as near as it came.

    Notes
    -----
    From the top: upper tiers are kept to a part of the tolerance, a third and two thirds of it above the lowest of three, which leaves room
    for those below. Where a tier has no whole number of grids per parent, parents get numbers by their weight, and the tolerance there is
    that of the parent's mean.
    """
    counts = _require_counts(grids)
    if goal.locks or goal.seeds:
        raise SchemaError("tiers_goal")
    require_options(counts[0], None, tolerance, 0.0, seed)
    network = networks.of(units, edges, ("households", *goal.quantities))
    result = pd.DataFrame(index=units.index)
    if not network.n:
        return result.assign(**{f"level_{level}": pd.Series(dtype="str") for level in range(1, len(counts) + 1)})
    from gridmap.partition.parents import Asked, made

    report = on_progress or silent
    within: pd.Series | None = None
    for level, count in enumerate(counts, start=1):
        even = level == 1 or count % counts[level - 2] == 0
        asked = Asked(count, None, tolerance * level / len(counts), goal, None, 0.0, within, seed, overall=even, effort=EFFORT)

        def inner(share: float, best: dict[str, float], before: int = level - 1) -> None:
            report((before + share) / len(counts), best)

        found, off = made(units, network, asked, inner)
        within = pd.Series(found, index=network.index, dtype="str")
        result[f"level_{level}"] = within.reindex(units.index)
        if off > 0:
            raise SearchFailed("not_balanced", best=result, off=f"{off:.1%}")
    return result


def _require_counts(grids: Sequence[int]) -> list[int]:
    """Return the numbers of grids per tier."""
    counts = list(grids) if isinstance(grids, Sequence | np.ndarray) and not isinstance(grids, str) else []
    whole = all(isinstance(count, int | np.integer) and not isinstance(count, bool) and count >= 1 for count in counts)
    if not counts or not whole or counts != sorted(counts):
        raise SchemaError("tiers_value", given=grids)
    return [int(count) for count in counts]
