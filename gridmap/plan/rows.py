"""The tables of a difference: a row per grid, per move, per tier."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from gridmap import messages
from gridmap.plan.ground import NOWHERE
from gridmap.plan.hands import ENDS, Hands

CHANGES = ("added", "retired", "split", "merged", "changed", "recoded", "re_parented", "unchanged")
TURNED = ("split", "merged")  # of these, some grids become others
MOVES = ("split", "merged", "transferred", "gained", "lost", "sliver")


def grids(tiers: Sequence[Hands], measures: Sequence[str], *, with_parents: bool) -> pd.DataFrame:
    """Return a row per grid of all tiers; one that goes on is one row."""
    table = pd.concat([_grids(between, measures) for between in tiers])
    both = (table["code_before"].notna() & table["code_after"].notna()).to_numpy()
    recoded = both & (table["code_before"].fillna("") != table["code_after"].fillna("")).to_numpy()
    re_parented = both & _other_parent(table) if with_parents else np.zeros(len(table), dtype=bool)
    moved = (table["gained_m2"] + table["lost_m2"] > 0).to_numpy()
    told = np.select([moved, recoded, re_parented], ["changed", "recoded", "re_parented"], "unchanged")
    table["change"] = pd.array(np.where(table["change"] == "", told, table["change"]), dtype="str")
    table.insert(list(table).index("from_codes"), "recoded", recoded)
    table.insert(list(table).index("from_codes"), "re_parented", re_parented)
    return table


def moves(tiers: Sequence[Hands], places: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return a row per pair of grids between which something changes hands; `places` has the kind and level of every tier."""
    parts = [_moves(between, measures) for between in tiers]
    number = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return places.iloc[number].reset_index(drop=True).join(pd.concat(parts, ignore_index=True))


def totals(tiers: Sequence[Hands], places: pd.DataFrame, table: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return a row per tier: grids by what became of them, area and counts that change hands."""
    counted = []
    for kind, level in places.itertuples(index=False):
        here = (table["kind"] == kind) & (True if pd.isna(level) else table["level"] == level)
        counted.append(table["change"][here].value_counts().reindex(list(CHANGES), fill_value=0).to_dict())
    sizes = [
        {"grids_before": len(between.old.codes), "grids_after": len(between.new.codes)}
        | _ends("split", between.flows[between.flows["part"].to_numpy()])
        | _ends("merged", between.flows[between.flows["source"].to_numpy()])
        for between in tiers
    ]
    figures = [_figures(between, measures) for between in tiers]
    return places.join(pd.DataFrame([size | words | sums for size, words, sums in zip(sizes, counted, figures, strict=True)]))


def in_words(tier: pd.Series, lang: str) -> str:
    """Say a row of the totals: every change that there is, with the number of grids, and of those that came of it."""
    shown = [
        messages.text(
            "plan.turned" if word in TURNED else "plan.counted", lang, word=messages.term("change", word, lang), **counted(tier, word)
        )
        for word in CHANGES
        if tier[word]
    ]
    return messages.text("plan.between", lang).join(shown)


def counted(tier: pd.Series, word: str) -> dict[str, str]:
    """Return the number of grids with a change as text: `before` and `after` where some become others, else `count`."""
    names = {end: f"{word}_{end}" for end in ENDS} if word in TURNED else {"count": word}
    return {name: f"{int(tier[column]):,}" for name, column in names.items()}


def _ends(word: str, flows: pd.DataFrame) -> dict[str, int]:
    """Return how many old grids a change concerns, and how many new ones."""
    return {f"{word}_{end}": flows.index.get_level_values(end).nunique() for end in ENDS}


def _other_parent(table: pd.DataFrame) -> np.ndarray:
    """Tell which grids have another parent; one that goes on under another code is the same, and so is one that stands in no table."""
    base = table[((table["kind"] == "base") & table["code_before"].notna()).to_numpy()]
    follows = dict(zip(base["code_before"], base["code_after"].fillna(""), strict=True))
    expected = [follows.get(parent, parent) for parent in table["parent_before"].fillna("")]
    return np.array(expected, dtype=object) != table["parent_after"].fillna("").to_numpy(dtype=object)


def _grids(between: Hands, measures: Sequence[str]) -> pd.DataFrame:
    """Return a row per grid of one tier: what is gone, then what stands; parents are told later, for all tiers together."""
    old, new, kin = between.old, between.new, between.kin
    gone = np.flatnonzero(kin.after == NOWHERE)
    before = np.concatenate([gone, kin.before])
    after = np.concatenate([np.full(len(gone), NOWHERE), np.arange(len(new.codes))])
    code_before, code_after = _taken(old.codes, before), _taken(new.codes, after)
    columns: dict[str, object] = {
        "change": np.concatenate([kin.word_before[gone], kin.word_after]),
        "kind": pd.array(_either(old.rows["kind"], new.rows["kind"], before, after), dtype="str"),
        "level": _either(old.rows["level"], new.rows["level"], before, after).astype(int),
        "code_before": code_before,
        "code_after": code_after,
        "name": pd.array(_either(_column(old.rows, "name"), _column(new.rows, "name"), before, after), dtype="str"),
        "parent_before": _taken(_column(old.rows, "parent"), before),
        "parent_after": _taken(_column(new.rows, "parent"), after),
    }
    firm = between.flows[(between.flows["firm_m2"] > 0).to_numpy()]
    columns["from_codes"] = _partners(firm, old.codes, "before", "after", after)
    columns["to_codes"] = _partners(firm, new.codes, "after", "before", before)
    goes = between.flows[~between.flows["stays"].to_numpy()]
    whole = {name: _at_both(between.flows, name, before, after) for name in ("area_m2", *measures)}
    turned = {name: _at_both(goes, name, before, after) for name in ("area_m2", "firm_m2", *measures)}
    columns |= {"area_before_m2": whole["area_m2"][0], "area_after_m2": whole["area_m2"][1]}
    columns |= {"gained_m2": turned["firm_m2"][1], "lost_m2": turned["firm_m2"][0]}
    slivers = [turned["area_m2"][end] - turned["firm_m2"][end] for end in (0, 1)]
    columns["slivers_m2"] = slivers[1] - slivers[0]
    for name in measures:
        columns |= {f"{name}_before": whole[name][0], f"{name}_after": whole[name][1]}
        columns |= {f"{name}_gained": turned[name][1], f"{name}_lost": turned[name][0]}
    index = pd.Index(np.where(after == NOWHERE, code_before, code_after), name="grid_code", dtype="str")
    table = pd.DataFrame(columns, index=index)
    return table.iloc[np.lexsort((before, index.to_numpy(dtype=object).astype(str), table["level"]))]


def _moves(between: Hands, measures: Sequence[str]) -> pd.DataFrame:
    """Return a row per pair of grids of one tier between which something changes hands."""
    flows = between.flows
    any_count = (flows[list(measures)] != 0).any(axis=1)
    rows = flows[~flows["stays"] & ((flows["firm_m2"] > 0) | (flows["sliver_m2"] > 0) | any_count)]
    before, after = (rows.index.get_level_values(end).to_numpy() for end in ENDS)
    rules = {
        "sliver": rows["firm_m2"] == 0,
        "gained": before == NOWHERE,
        "lost": after == NOWHERE,
        "split": rows["part"],
        "merged": rows["source"],
    }
    columns = {
        "from_code": _taken(between.old.codes, before),
        "to_code": _taken(between.new.codes, after),
        "move": np.select([np.asarray(rule, dtype=bool) for rule in rules.values()], list(rules), "transferred"),
        "area_m2": rows["firm_m2"].to_numpy(),
        "sliver_m2": rows["sliver_m2"].to_numpy(),
    }
    columns |= {name: rows[name].to_numpy() for name in measures}
    return pd.DataFrame(columns | {"geometry": _places(between, rows)})


def _places(between: Hands, rows: pd.DataFrame) -> np.ndarray:
    """Return the ground of each row without slivers, or the slivers where there is nothing else."""
    pieces = between.pieces
    row_of = np.full(int(between.cell.max(initial=NOWHERE)) + 1, NOWHERE)
    cell = rows["cell"].to_numpy()
    row_of[cell[cell >= 0]] = np.flatnonzero(cell >= 0)
    row = row_of[between.cell]
    drawn = np.flatnonzero(row >= 0)
    firm = rows["firm_m2"].to_numpy()[row[drawn]] > 0
    drawn = drawn[np.where(firm, ~pieces.sliver[drawn], pieces.shown[drawn])]
    drawn = drawn[np.argsort(row[drawn], kind="stable")]
    places = np.full(len(rows), None, dtype=object)
    if len(drawn):
        filled, number = np.unique(row[drawn], return_inverse=True)
        places[filled] = shapely.multipolygons(pieces.geometry[drawn], indices=number)
    return places


def _figures(between: Hands, measures: Sequence[str]) -> dict[str, object]:
    """Return area and counts of one tier: before, after, moved between two grids, gained from none, lost to none."""
    before, after = (between.flows.index.get_level_values(end).to_numpy() >= 0 for end in ENDS)
    goes = ~between.flows["stays"].to_numpy() & before & after
    found: dict[str, object] = {}
    for name, all_, firm in [("area", "area_m2", "firm_m2"), *((name, name, name) for name in measures)]:
        unit = "_m2" if name == "area" else ""
        whole, turned = between.flows[all_].to_numpy(), between.flows[firm].to_numpy()
        parts = {"before": whole[before], "after": whole[after], "moved": turned[goes], "gained": turned[~before], "lost": turned[~after]}
        found |= {f"{name}_{part}{unit}": values.sum() for part, values in parts.items()}
    return found | {"slivers_m2": between.flows["sliver_m2"].to_numpy()[~between.flows["stays"]].sum()}


def _at_both(flows: pd.DataFrame, name: str, before: np.ndarray, after: np.ndarray) -> list[np.ndarray]:
    """Return the sums of a column over the flows of each old grid, and over those of each new one; 0 for no grid."""
    sums = []
    for end, wanted in zip(ENDS, (before, after), strict=True):
        position, values = flows.index.get_level_values(end).to_numpy(), flows[name].to_numpy()
        held = np.zeros(max(position.max(initial=0), wanted.max(initial=0)) + 2, dtype=values.dtype)
        np.add.at(held, position, values)
        held[NOWHERE] = 0
        sums.append(held[wanted])
    return sums


def _partners(firm: pd.DataFrame, codes: pd.Index, end: str, other: str, wanted: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Return the codes at one end of the flows of each grid at the other end, joined."""
    position, place = (firm.index.get_level_values(name).to_numpy() for name in (end, other))
    there = (position >= 0) & (place >= 0)
    named: dict[int, str] = {}
    for grid, partner in zip(place[there].tolist(), codes.to_numpy(dtype=object)[position[there]], strict=True):
        named[grid] = f"{named[grid]};{partner}" if grid in named else partner
    return pd.array([named.get(grid, "") for grid in wanted.tolist()], dtype="str")


def _taken(values: pd.Index | pd.Series, positions: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Return texts at some positions, NA at `NOWHERE`."""
    return pd.array(values, dtype="str").take(positions, allow_fill=True)


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name] if name in table.columns else pd.Series(np.nan, index=table.index)


def _either(old: pd.Series, new: pd.Series, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the value of the new grid, of the old one where there is no new one."""
    values = np.empty(len(after), dtype=object)
    stands = after != NOWHERE
    values[stands] = new.to_numpy(dtype=object)[after[stands]]
    values[~stands] = old.to_numpy(dtype=object)[before[~stands]]
    return values
