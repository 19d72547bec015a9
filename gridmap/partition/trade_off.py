"""Trade-off: how even a new plan is, and how many households it moves for that."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from gridmap import workload
from gridmap.errors import SchemaError, SearchFailed
from gridmap.partition import measures
from gridmap.partition.build import Progress, build
from gridmap.partition.edges import edges as measured
from gridmap.partition.goal import DEFAULT, Goal
from gridmap.partition.measures import BORDER, HOUSEHOLDS, Ground

STABILITIES = (0.0, 0.1, 0.3, 1.0)
COLUMNS = (
    "stability", "tolerance", "moved", "moved_share", "deviation", "max_over_mean", "cv", "in_band", "border_m", "within_limits",
    "efficient", "assignment",
)  # fmt: skip


def trade_off(
    units: pd.DataFrame,
    *,
    keep: pd.Series,
    edges: pd.DataFrame | None = None,
    stabilities: Iterable[float] = STABILITIES,
    grids: int | None = None,
    households: tuple[float, float] | None = None,
    tolerance: float | Iterable[float] = 0.05,
    goal: Goal = DEFAULT,
    within: pd.Series | None = None,
    seed: int = 0,
    known: Mapping[float, pd.Series] | None = None,
    on_progress: Progress | None = None,
    on_plan: Callable[[pd.DataFrame], None] | None = None,
) -> pd.DataFrame:
    """Redraw a plan several times, from anew to hardly at all, so that one can be chosen.

    Parameters
    ----------
    units, keep, edges, grids, households, goal, within, seed
        As in `build`.
    stabilities
        A plan is built for each one.
    tolerance
        As in `build`; where there are several, for each stability with each of them.
    known
        Plans by their stability that were built before: they are measured, not built again. With one tolerance.
    on_progress
        As in `build`, over all plans.
    on_plan
        Called with the table as far as it goes: at first of the plans known and the old one, then after every plan that was built.

    Returns
    -------
    DataFrame
        A row per plan, by tolerance and stability as given, and a last one for the old plan if every unit is in it: `stability` (infinite
        for the old plan), `tolerance` (NaN for it and with `households`), `moved` (households whose grid has another code; units without an
        old grid have not moved), `moved_share`; of the households per grid `deviation` (largest distance from the mean, as a share of it),
        `max_over_mean`, `cv`; `in_band` (share of grids), `border_m`, `within_limits` (whether the search succeeded; NA: not built),
        `efficient` (no other plan moves as few households, is as even, and better in one of the two), `assignment` (the Series).

    Raises
    ------
    SchemaError, CRSError, InfeasibleError
        As `build`; SchemaError if no stability or no tolerance is given.

    Notes
    -----
    Where the search fails, the row is that of the best found, not within the limits. Cost: that of `build` for each row.
    """
    tolerances = [tolerance] if isinstance(tolerance, int | float) else list(tolerance)
    asked = list(product(tolerances[:1] if households is not None else tolerances, stabilities))
    if not asked:
        raise SchemaError("no_plans_asked")
    if not isinstance(keep, pd.Series):
        raise SchemaError("not_a_series_of_units", what="keep", given=type(keep).__name__)
    edges = measured(units) if edges is None else edges
    ground = measures.ground(units, edges, households)
    redraw = partial(build, units, edges=edges, grids=grids, households=households, goal=goal, keep=keep, within=within, seed=seed)
    built = {} if known is None else dict(known)
    rows = {
        place: _row(ground, keep, *asked[place], built[asked[place][1]], None) for place in range(len(asked)) if asked[place][1] in built
    }
    if not keep.isna().any():
        rows[len(asked)] = _row(ground, keep, np.nan, np.inf, keep, None)
    left = [place for place in range(len(asked)) if place not in rows]
    for number, place in enumerate(left):
        if on_plan is not None:
            on_plan(_table(rows, grids))

        def report(share: float, best: dict[str, float], before: int = number) -> None:
            if on_progress is not None:
                on_progress((before + share) / len(left), best)

        off, stability = asked[place]
        rows[place] = _row(ground, keep, off, stability, *_built(partial(redraw, tolerance=off, stability=stability, on_progress=report)))
    table = _table(rows, grids)
    if on_plan is not None:
        on_plan(table)
    return table


def _row(ground: Ground, keep: pd.Series, off: float, stability: float, plan: pd.Series, kept: bool | None) -> dict[str, object]:
    """Return what the table says of a plan; `kept`: whether it is within its limits."""
    return {"stability": stability, "tolerance": off, "within_limits": kept, "assignment": plan} | _measured(ground, plan, keep)


def _table(rows: Mapping[int, dict[str, object]], grids: int | None) -> pd.DataFrame:
    """Return the plans in the order asked for, whatever the order in which they were built."""
    table = pd.DataFrame([rows[place] for place in sorted(rows)], columns=[name for name in COLUMNS if name != "efficient"])
    table = table.astype({"within_limits": "boolean"})
    if grids is None:
        table["tolerance"] = np.nan
    return table.assign(efficient=_efficient(table))[list(COLUMNS)]


def _built(redraw: Callable[[], pd.Series]) -> tuple[pd.Series, bool]:
    """Return what `build` does, or the best that it found, and whether it is within the limits."""
    try:
        return redraw(), True
    except SearchFailed as error:
        if not isinstance(error.best, pd.Series):
            raise
        return error.best, False


def _measured(ground: Ground, assignment: pd.Series, keep: pd.Series) -> dict[str, float]:
    label, codes = measures.labels(assignment, ground.network.index, "assignment")
    old = keep.reindex(ground.network.index)
    moved = old.notna().to_numpy() & (old.astype(str) != assignment.reindex(ground.network.index).astype(str)).to_numpy()
    weight = ground.network.weights[:, 0]
    rows = measures.sums(ground, label, len(codes))
    spread = workload.balance(pd.Series(rows[:, HOUSEHOLDS], index=codes))
    mean = rows[:, HOUSEHOLDS].mean() if len(codes) else 0.0
    return {
        "moved": float(weight[moved].sum()),
        "moved_share": float(weight[moved].sum() / weight.sum()) if weight.any() else np.nan,
        "deviation": float(np.abs(rows[:, HOUSEHOLDS] / mean - 1).max()) if mean > 0 else np.nan,
        "max_over_mean": spread.max_over_mean,
        "cv": spread.cv,
        "in_band": float((measures.off_band(rows) == 0).mean()) if len(codes) else np.nan,
        "border_m": float(rows[:, BORDER].sum() / 2),
    }


def _efficient(table: pd.DataFrame) -> np.ndarray:
    """Mark the plans that none beats: fewer households moved at no more deviation, or less deviation for no more households."""
    cost = table[["moved", "deviation"]].to_numpy(dtype=float)
    no_worse = (cost[:, None, :] <= cost[None, :, :] + 1e-12).all(axis=2)
    better = (cost[:, None, :] < cost[None, :, :] - 1e-12).any(axis=2)
    return ~(no_worse & better).any(axis=0)
