"""Advice: which grids break which principle, and the moves that mend most for the fewest households moved."""

from collections import Counter
from itertools import count

import numpy as np
import pandas as pd

from gridmap.errors import SchemaError
from gridmap.partition import groups as grouping
from gridmap.partition import measures, moves
from gridmap.partition.chains import chains
from gridmap.partition.goal import DEFAULT, Goal
from gridmap.partition.measures import PRINCIPLES, Ground
from gridmap.partition.moves import NEW, Moves, State

ACTIONS = ("transfer", "exchange", "split", "merge", "chain")
COLUMNS = (
    "action", "grid_code", "other", "units", "transfers", "breach", "principle", "before", "after", "gain", "households_moved",
    "gain_per_household",
)  # fmt: skip
FIGURES = COLUMNS[COLUMNS.index("before") :]
EACH = 3  # rows at most for one principle that one grid breaks, so that the list is not one grid's alone
ALIKE = 2  # of these, of one kind
LEAST_GAIN = 1e-6


def advise(
    units: pd.DataFrame,
    assignment: pd.Series,
    *,
    edges: pd.DataFrame | None = None,
    goal: Goal = DEFAULT,
    within: pd.Series | None = None,
    households: tuple[float, float] | None = None,
    limit: int = 20,
) -> pd.DataFrame:
    """List the moves that mend most of what grids break, for the fewest households moved.

    Parameters
    ----------
    units
        As in `score`. Those of one `compound` are moved together where a grid could hold the compound.
    assignment
        Unit -> code of its grid, none missing.
    edges, households
        As in `score`.
    goal
        Its weights of balance, compactness and streets count the points, its locks name grids that stay as they are; the rest has no
        effect.
    within
        Code of the parent of every unit: no unit leaves its parent.
    limit
        Number of rows at most.

    Returns
    -------
    DataFrame
        A row per move, first those that mend a band or bring parts together, then the others, of both the most gain per household first:
        `action` (`transfer`: units of a grid come into another; `exchange`: units of both change hands; `split`: units become a new grid;
        `merge`: all units of a grid come into another; `chain`: units of a grid come into the next one, of which others go on, up to a
        last one that only takes), `grid_code`, `other` (of a chain its first and its last grid), `units` (tuple of identifiers, all that
        move), `transfers` (tuple of what goes from where to where: code, code, tuple of units), `breach` (grid that is helped),
        `principle` that it breaks, `before` and `after` (points that it loses by this principle), `gain` (points of all grids and
        principles that are no longer lost), `households_moved`, `gain_per_household` (of at least one household). `apply` applies a row.

    Raises
    ------
    SchemaError
        As `score`; if a unit is in no grid, or a lock names no grid.
    CRSError
        If units with geometry have no CRS.

    Notes
    -----
    A grid outside of its band or in several parts breaks a rule; the other principles are matters of degree, and come after. Only moves
    that help a grid in breach (`Score.broken`), gain on the whole and make no rule worse are listed, at most three for each breach and two
    of one kind; a breach without a row needs several moves, or a new plan. A chain has five grids at most; it stands where no transfer or
    exchange mends the breach with fewer households. Every row is told for the plan as it is: after one has been applied, ask again.
    A move never adds a part to a grid: what a unit would cut off goes with it. Where a move changes the number of grids, the points of
    balance, street and compactness are those of the mean grid times the number before, so that fewer grids alone gain nothing.
    Source of chains: Dijkstra (1959), Numerische Mathematik 1. Cost: linear in units at borders times units of a grid; chains are looked
    for at the 50 breaches that need least.
    """
    ground = measures.ground(units, edges, households)
    label, codes = measures.labels(assignment, ground.network.index, "assignment")
    if (label < 0).any():
        raise SchemaError("unit_without_grid", rows=ground.network.index[label < 0])
    unknown = pd.Index(goal.locks).difference(codes)
    if len(unknown):
        raise SchemaError("lock_without_grid", rows=unknown)
    if not len(codes):
        return _table([])
    compound = units["compound"].reindex(ground.network.index) if "compound" in units else None
    state = _state(ground, label, codes, compound, goal, within)
    broken = measures.broken(state.rows, state.parts, state.mean)
    found = [each for each in _moves(state, broken) if len(each)]
    return _table(_ranked(state, found, broken, codes, limit))


def apply(assignment: pd.Series, advice: pd.Series) -> pd.Series:
    """Return an assignment with one row of `advise` carried out.

    Parameters
    ----------
    assignment
        What the advice was given for.
    advice
        A row of it; `transfers` may be missing where `units`, `grid_code` and `other` say all, which they do of every action but `chain`.

    Returns
    -------
    Series
        On the index of `assignment`.

    Raises
    ------
    SchemaError
        If the units are no longer in the grids that the advice is of.
    """
    absent = [unit for unit in advice["units"] if unit not in assignment.index]
    if absent:
        raise SchemaError("advice_outdated", rows=absent)
    chosen = assignment[list(advice["units"])]
    one, other = advice["grid_code"], advice["other"]
    onward = {one: other} | ({other: one} if advice["action"] == "exchange" else {})
    told = advice["transfers"] if "transfers" in advice else [(code, onward.get(code, code), [unit]) for unit, code in chosen.items()]
    goes = {unit: (here, there) for here, there, units in told for unit in units}
    strange = [unit for unit, code in chosen.items() if goes.get(unit, (None, None))[0] != code or goes[unit][1] == code]
    taken = advice["action"] == "split" and (assignment == other).any()
    whole = advice["action"] != "merge" or (assignment == one).sum() == len(chosen)
    if strange or taken or not whole:
        raise SchemaError("advice_outdated", rows=strange or [other if taken else one])
    result = assignment.copy()
    result[chosen.index] = [goes[unit][1] for unit in chosen.index]
    return result


def _state(ground: Ground, label: np.ndarray, codes: pd.Index, compound: pd.Series | None, goal: Goal, within: pd.Series | None) -> State:
    k = len(codes)
    rows, parts = measures.sums(ground, label, k), measures.parts_of(ground.network, label, k)
    weight = np.array([1.0, goal.balance, 1.0, goal.streets, goal.compactness])
    parent = np.zeros(k, dtype=np.int64)
    if within is not None:
        of_units, _ = measures.labels(within, ground.network.index, "within")
        if (of_units < 0).any():
            raise SchemaError("without_parent", rows=ground.network.index[of_units < 0])
        parent[label] = of_units
    lost = measures.points(rows, parts, float(rows[:, measures.LOADS].mean())) * weight
    return State(ground, grouping.layout(ground, label, k, compound), label, rows, parts, lost, weight, codes.isin(goal.locks), parent)


def _moves(state: State, broken: np.ndarray) -> list[Moves]:
    """Return every move that is looked at."""
    weight = state.ground.network.weights[:, 0].tolist()
    free = np.flatnonzero(~state.locked)
    given = [(grid, each) for grid in free.tolist() for each in grouping.leaving(state.laid, grid, weight)]
    given = list(dict.fromkeys(given + _grown(state, weight)))
    group = moves.groups_of(state, [each for _, each in given], [grid for grid, _ in given])
    above = (measures.off_band(state.rows) > 0) | (measures.evenness(state.rows, state.mean) > measures.MOST_UNEVEN)
    cut = [
        (grid, (part, 1)) for grid in free[above[free] & (state.parts[free] == 1)].tolist() for part in grouping.halves(state.laid, grid)
    ]
    apart = [(grid, each) for grid, each in given if state.parts[grid] > each[1] and len(grouping.pieces(each[0], state.laid.near)) == 1]
    parted = moves.groups_of(state, [each for _, each in cut + apart], [grid for grid, _ in cut + apart])
    single = [moves.transfers(state, group), moves.exchanges(state, group, np.asarray(broken.any(axis=1)))]
    return [*single, moves.splits(state, parted), moves.merges(state), chains(state, group, broken, _cheapest(state, single))]


def _cheapest(state: State, single: list[Moves]) -> np.ndarray:
    """Return the fewest households with which one of some moves between two grids mends a breach, shape (k, 5), infinite where none does.

    A breach that is handed on to the other grid is not mended.
    """
    mended = np.zeros(len(PRINCIPLES))
    mended[PRINCIPLES.index("balance")] = measures.MOST_UNEVEN**2 * state.weight[PRINCIPLES.index("balance")]
    found = np.full((state.k, len(PRINCIPLES)), np.inf)
    for each in single:
        good = (each.gain.sum(axis=1) > LEAST_GAIN) & ~_worse(each)
        ends = np.column_stack([each.source, each.target])
        kept = each.after <= np.maximum(state.lost[ends], mended) + measures.SLACK
        for side in range(2):
            mends = (each.after[:, side] <= mended + measures.SLACK) & kept[:, 1 - side] & good[:, None]
            row, principle = np.nonzero(mends)
            np.minimum.at(found, (ends[row, side], principle), each.households[row])
    return found


def _worse(given: Moves) -> np.ndarray:
    """Mark the moves by which a rule is broken more than before."""
    return np.asarray((given.gain[:, moves.COUNTED] < -LEAST_GAIN).any(axis=1))


def _grown(state: State, weight: list[float]) -> list[tuple[int, tuple[tuple[int, ...], int]]]:
    """Return groups as large as what a grid has too much of, or its neighbour too little."""
    network, label = state.ground.network, state.label
    open_ = np.isfinite(network.price) & (label[network.unit] != label[network.neighbour])
    pairs = np.unique(np.column_stack([label[network.unit][open_], label[network.neighbour][open_]]), axis=0)
    source, target = pairs[state.may(*pairs.T) & (state.parts[pairs[:, 0]] == 1)].T
    off, households = measures.off_band(state.rows), state.rows[:, measures.HOUSEHOLDS]
    uneven = measures.evenness(state.rows, state.mean)
    asked = (off[source] > 0) | (off[target] < 0) | (uneven[source] > measures.MOST_UNEVEN) | (uneven[target] < -measures.MOST_UNEVEN)
    wanted = np.maximum(np.maximum(off[source], -off[target]), (households[source] - households[target]) / 2)
    chosen = np.flatnonzero(asked & (wanted > 0))
    return [
        (int(source[pair]), found)
        for pair in chosen
        for found in grouping.toward(state.laid, int(source[pair]), int(target[pair]), weight, float(wanted[pair]))
    ]


def _ranked(state: State, found: list[Moves], broken: np.ndarray, codes: pd.Index, limit: int) -> list[dict[str, object]]:
    """Return the rows of the best moves, so many at most for each breach."""
    candidates = []
    for number, each in enumerate(found):
        total = each.gain.sum(axis=1)
        grid, principle = _helped(state, each, broken)
        rate = total / np.maximum(each.households, 1.0)
        good = np.flatnonzero((total > LEAST_GAIN) & (principle >= 0) & ~_worse(each))
        later = ~moves.COUNTED[principle]
        candidates += [(later[row], -rate[row], -total[row], number, row, int(grid[row]), int(principle[row])) for row in good.tolist()]
    rows: list[dict[str, object]] = []
    times: Counter[tuple[int, ...]] = Counter()
    seen = set()
    for *_, number, row, helped, by in sorted(candidates):
        given = found[number]
        # The same households with more units where nobody lives are no other move.
        alike = (number, int(given.source[row]), int(given.target[row]), helped, by, float(given.households[row]))
        if len(rows) >= limit:
            break
        if alike in seen or times[helped, by] >= EACH or times[helped, by, number] >= ALIKE:
            continue
        seen.add(alike)
        times.update([(helped, by), (helped, by, number)])
        rows.append(_row(state, given, row, helped, by, codes))
    return rows


def _helped(state: State, given: Moves, broken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the grid in breach that every move helps most and the principle; -1 where there is none.

    Only a principle that both grids together win by counts: a breach that is handed on is not mended.
    """
    ends = np.column_stack([given.source, given.target])
    there = ends >= 0
    before = np.where(there[:, :, None], state.lost[ends], 0.0)
    helped = np.where(there[:, :, None] & broken[ends] & (given.gain > LEAST_GAIN)[:, None, :], before - given.after, 0.0)
    flat = helped.reshape(len(given), -1)
    best = flat.argmax(axis=1)
    side, principle = np.divmod(best, len(PRINCIPLES))
    any_ = flat[np.arange(len(given)), best] > LEAST_GAIN
    return np.where(any_, ends[np.arange(len(given)), side], -1), np.where(any_, principle, -1)


def _row(state: State, given: Moves, row: int, grid: int, principle: int, codes: pd.Index) -> dict[str, object]:
    index = state.ground.network.index
    source, target = int(given.source[row]), int(given.target[row])
    side = 0 if grid == source else 1
    gain, moved = float(given.gain[row].sum()), float(given.households[row])
    figures = {"gain": gain, "households_moved": moved, "gain_per_household": gain / max(moved, 1.0)}
    other = next_code(codes, codes[state.parent == state.parent[source]]) if target == NEW else codes[target]
    units = np.array(given.units[row], dtype=np.int64)
    return {
        "action": given.kind,
        "grid_code": codes[source],
        "other": other,
        "units": tuple(index[units]),
        "transfers": tuple(
            (codes[one], other if two == target else codes[two], tuple(index[units[state.label[units] == one]]))
            for one, two in given.onward(row).items()
        ),
        "breach": codes[grid],
        "principle": PRINCIPLES[principle],
        "before": float(state.lost[grid, principle]),
        "after": float(given.after[row, side, principle]),
        **figures,
    }


def next_code(codes: pd.Index, near: pd.Index) -> object:
    """Return a code for a new grid that is not among the codes: one more than the highest number near it, as wide as that; "01" without."""
    numbers = [code for code in near if str(code).isdecimal()]
    last = max(numbers, key=lambda code: int(str(code)), default="00")
    used = set(codes.map(str))
    number = next(each for each in count(int(str(last)) + 1) if str(each).zfill(len(str(last))) not in used)
    return type(last)(str(number).zfill(len(str(last))))


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    texts = dict.fromkeys(("action", "principle"), "str")
    numbers = dict.fromkeys(FIGURES, "float64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(texts | numbers)
