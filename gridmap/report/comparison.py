"""The report of a difference between two plans: map, totals by tier, largest moves, grids that differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import hierarchy, maps, messages
from gridmap.maps import palette
from gridmap.plan import CHANGES, Difference
from gridmap.plan.rows import counted, in_words
from gridmap.report.document import About, Texts, around, box, facts, rendered
from gridmap.report.scores import Scores, section

SHOWN_MOVES = 30
SHOWN_GRIDS = 100
COUNTS = ("households", "residents", "buildings", "events", "staff")


@dataclass(frozen=True)
class MoveRow:
    """One move as the table prints it."""

    origin: str
    target: str
    how: str
    colour: str
    amounts: list[str]
    box: str


@dataclass(frozen=True)
class GridRow:
    """One grid that differs as the table prints it."""

    code: str
    word: str
    origin: str
    target: str
    gained: str
    lost: str
    box: str


def comparison(
    found: Difference,
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    *,
    about: About,
    level: int | None = None,
    sliver_width_m: float = 1.0,
    scored: Scores | None = None,
) -> str:
    """Write the report of a difference.

    Parameters
    ----------
    found
        What `plan.compare` returned for these grids.
    old, new
        The two tables of grids.
    about
        Language, title, source, layers beneath.
    level
        Base tier of the map and the lists, the lowest by default; dedicated grids are always shown.
    sliver_width_m
        What `found` was computed with.
    scored
        Both plans scored, to be shown side by side.

    Returns
    -------
    str
        One self-contained HTML document; nothing is fetched when it is opened.
    """
    t, lang = about.texts, about.lang
    level = max(hierarchy.levels(old) + hierarchy.levels(new)) if level is None else level
    moves, table = (frame[_shown(frame, level)] for frame in (found.moves, found.grids))
    differing = table[table["change"] != "unchanged"]
    differing = differing.iloc[np.argsort(-(differing["gained_m2"] + differing["lost_m2"]), kind="stable")]
    measures = [name for name in COUNTS if name in moves.columns]
    listed = moves[((moves["area_m2"] > 0) | (moves[measures] != 0).any(axis=1)).to_numpy()]
    listed = listed.sort_values("area_m2", ascending=False, kind="stable")
    shown = None if scored is None else section(scored, moves[(moves["kind"] == "base").to_numpy()], t, lang)
    return rendered(
        "comparison.html",
        about,
        title=about.title,
        facts=facts(about, ""),
        lead=_lead(found.totals, level, t, lang),
        figures=_figures(found.totals, len(differing), level, measures, t, lang),
        embedded=maps.embed(_layers(moves, table, old, new, about, level), lang=lang),
        totals=_totals(found.totals, measures, t, lang),
        measures=[messages.term("amount", name, lang) for name in ("area_m2", *measures)],
        moves=_moves(listed.head(SHOWN_MOVES), measures, lang),
        moves_note=t("compare_moves_note", count=f"{len(listed):,}", shown=f"{min(len(listed), SHOWN_MOVES):,}"),
        grids=_grids(differing.head(SHOWN_GRIDS), old, new, lang),
        grids_note=t("compare_grids_note", count=f"{len(differing):,}", shown=f"{min(len(differing), SHOWN_GRIDS):,}"),
        scored=shown,
        method=[
            t("compare_method_ground"),
            t("compare_method_slivers", width=f"{sliver_width_m:g}"),
            t("compare_method_sums"),
            *(() if shown is None else shown.method),
        ],
        data=([t("data_source", source=about.source)] if about.source else []) + ([t("data_synthetic")] if about.synthetic else []),
    )


def _shown(frame: pd.DataFrame, level: int) -> np.ndarray:
    return ((frame["kind"] == "dedicated") | (frame["level"] == level).fillna(value=False)).to_numpy(dtype=bool)


def _of_tier(totals: pd.DataFrame, level: int) -> pd.Series:
    return totals[((totals["kind"] == "base") & (totals["level"] == level)).to_numpy(dtype=bool)].iloc[0]


def _lead(totals: pd.DataFrame, level: int, t: Texts, lang: str) -> str:
    tier = _of_tier(totals, level)
    values = {"level": level, "before": f"{tier['grids_before']:,}", "after": f"{tier['grids_after']:,}"}
    if tier["unchanged"] == tier["grids_before"] == tier["grids_after"]:
        return t("compare_same", **values)
    area = _hectares(tier)
    share = area * 1e4 / max(tier["area_before_m2"], tier["area_after_m2"])
    return t("compare_lead", **values, words=in_words(tier, lang), area=f"{area:,.1f}", share=f"{share:.2%}")


def _figures(totals: pd.DataFrame, differing: int, level: int, measures: Sequence[str], t: Texts, lang: str) -> list[tuple[str, str]]:
    tier = _of_tier(totals, level)
    counts = [(t("compare_figure", word=messages.term("amount", name, lang)), f"{tier[f'{name}_moved']:,.0f}") for name in measures]
    return [(t("compare_changed"), f"{differing:,}"), (t("compare_hectares"), f"{_hectares(tier):,.1f}"), *counts]


def _hectares(tier: pd.Series) -> float:
    return float(tier[["area_moved_m2", "area_gained_m2", "area_lost_m2"]].sum()) / 1e4


def _layers(
    moves: gpd.GeoDataFrame, table: pd.DataFrame, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, about: About, level: int
) -> list[maps.Layer]:
    """Return the map's layers: what changes hands over the new borders, old ones where they are gone; the rest a click away."""
    lang = about.lang
    stands = table[table["code_after"].notna() & (table["kind"] == "base")]
    other = table[table["change"].isin(["changed", "split", "merged", "retired"]) & (table["kind"] == "base")]
    tier_old, tier_new = (grids[_shown(grids, level)] for grids in (old, new))
    base_old, base_new = (grids[(grids["kind"] == "base").to_numpy()] for grids in (tier_old, tier_new))
    gone = base_old[base_old.index.isin(other["code_before"].dropna())]
    return [
        *about.context,
        maps.grids_layer(tier_old, lang=lang, name=messages.text("maps.old_grids", lang)).hidden(),
        maps.grids_layer(tier_new, lang=lang, name=messages.text("maps.new_grids", lang)),
        maps.gone_borders_layer(gone, base_new, lang=lang),
        maps.moves_layer(moves, lang=lang),
        maps.changes_layer(stands["change"], base_new, lang=lang).hidden(),
    ]


def _totals(totals: pd.DataFrame, measures: Sequence[str], t: Texts, lang: str) -> list[list[str]]:
    """Return the lines of the table of totals, a column per tier, the heading first."""
    named = [messages.text("plan.dedicated", lang) if pd.isna(level) else t("compare_level", level=level) for level in totals["level"]]
    lines = [["", *named]]
    for word, heading in [("grids_before", t("compare_before")), ("grids_after", t("compare_after"))]:
        lines.append([heading, *(f"{count:,}" for count in totals[word])])
    lines += [
        [messages.term("change", word, lang), *(_counted(tier, word, lang) for _, tier in totals.iterrows())]
        for word in CHANGES
        if totals[word].any()
    ]
    for name, unit in [("area", "_m2"), *((each, "") for each in measures)]:
        pairs = zip(totals[f"{name}_moved{unit}"], totals[f"{name}_before{unit}"], strict=True)
        heading = t("compare_figure", word=messages.term("amount", f"{name}{unit}", lang))
        lines.append([heading, *(t("compare_of", moved=f"{moved:,.0f}", total=f"{total:,.0f}") for moved, total in pairs)])
    for side in ("gained", "lost"):
        if totals[f"area_{side}_m2"].any():
            lines.append([t(f"compare_{side}_outside"), *(f"{area:,.0f}" for area in totals[f"area_{side}_m2"])])
    return lines


def _counted(tier: pd.Series, word: str, lang: str) -> str:
    """Return the number of grids with a change, and of those that came of it."""
    amounts = counted(tier, word)
    return amounts["count"] if "count" in amounts else messages.text("plan.turned_cell", lang, **amounts) if tier[word] else "0"


def _moves(moves: gpd.GeoDataFrame, measures: Sequence[str], lang: str) -> list[MoveRow]:
    boxes = around(moves.geometry)
    nowhere = messages.text("plan.no_grid", lang)
    origin, target = (moves[end].fillna(nowhere).tolist() for end in ("from_code", "to_code"))
    return [
        MoveRow(
            origin=origin[number],
            target=target[number],
            how=messages.term("move", row["move"], lang),
            colour=palette.MOVES[row["move"]],
            amounts=[f"{row[name]:,.0f}" for name in ("area_m2", *measures)],
            box=box(boxes[number]),
        )
        for number, (_, row) in enumerate(moves.iterrows())
    ]


def _grids(table: pd.DataFrame, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, lang: str) -> list[GridRow]:
    stands = table["code_after"].notna()
    places = gpd.GeoSeries(
        [new.geometry[code] if there else old.geometry[code] for code, there in zip(table.index, stands, strict=True)], crs=new.crs
    )
    boxes = around(places)
    return [
        GridRow(
            code=str(code),
            word=messages.term("change", row["change"], lang),
            origin=_spaced(row["from_codes"]),
            target=_spaced(row["to_codes"]),
            gained=f"{row['gained_m2']:,.0f}",
            lost=f"{row['lost_m2']:,.0f}",
            box=box(boxes[number]),
        )
        for number, (code, row) in enumerate(table.iterrows())
    ]


def _spaced(codes: str) -> str:
    return codes.replace(";", "; ")
