"""The hotspot report: where events gather, in one offline file that says how it was found."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import maps
from gridmap.errors import SchemaError
from gridmap.maps import palette
from gridmap.report.counts import Tally, tables, tally
from gridmap.report.document import About, Texts, box, data_notes, facts, rendered

SHOWN_PER_CATEGORY = 10
FEW_GRIDS = 30
ALONE_FROM = 0.10
SPARSE = 1.0  # events per grid: below, counts are far from a normal distribution


@dataclass(frozen=True)
class GridRow:
    """One significant grid as the table prints it."""

    code: str
    name: str
    n: int
    z: str
    p_sim: str
    q: str
    meaning: str
    colour: str
    box: str


@dataclass(frozen=True)
class Section:
    """One category's part of the report."""

    name: str
    summary: str
    rows: list[GridRow]
    more: int


def hotspots(
    result: pd.DataFrame,
    grids: gpd.GeoDataFrame,
    events: gpd.GeoDataFrame,
    assignment: pd.Series,
    *,
    about: About,
    categories: Mapping[str, pd.DataFrame] | None = None,
    permutations: int = 999,
) -> str:
    """Write the report of Gi*: map, table of significant grids in words, counts, method and data notes.

    Parameters
    ----------
    result
        What `hotspot.gi_star` returned for these events, on the index of `grids`.
    grids
        The grids or units it was computed on, one tier.
    events
        The selected events, with or without coordinates; `category` and `reported_at` are counted where present.
    assignment
        Grid of each event on the index of `events`, NA where none.
    about
        Language, title, source, layers beneath.
    categories
        Results per category: each gets a section and a layer of the map.
    permutations
        How many `result` was computed with; 0 where its `p_sim` is empty.

    Returns
    -------
    str
        One self-contained HTML document; nothing is fetched when it is opened.

    Raises
    ------
    SchemaError
        If `result` or the codes in `assignment` do not fit the grids, or `assignment` the events.
    """
    _require_fit(result, grids, events, assignment)
    t, lang = about.texts, about.lang
    counts = _counts(assignment, grids)
    sums = tally(events, lang)
    outside = sums.total - sums.unlocated - int(counts.sum())
    title = about.title or t("hotspots_title")
    rows = _rows(result, grids, counts, t)
    return rendered(
        "hotspots.html",
        about,
        title=title,
        facts=facts(about, sums.period),
        lead=_lead(result, t),
        figures=_figures(result, counts, sums, outside, t),
        embedded=maps.embed(_layers(result, grids, counts, about, categories or {}), lang=lang),
        rows=rows,
        named="name" in grids.columns and bool((grids["name"].fillna("") != "").any()),
        grids_n=f"{len(result):,}",
        sections=[_section(name, part, grids, events, assignment, t) for name, part in (categories or {}).items()],
        method=_method(counts, permutations, len(categories or {}), t),
        data=data_notes(about, sums.total, sums.unlocated, outside),
        **tables(sums),
    )


def _require_fit(result: pd.DataFrame, grids: gpd.GeoDataFrame, events: gpd.GeoDataFrame, assignment: pd.Series) -> None:
    """Raise unless the four belong together: a code of another tier would be counted as outside every grid."""
    different = result.index.symmetric_difference(grids.index)
    if len(different):
        raise SchemaError("different_index", what="result", rows=different)
    if not assignment.index.equals(events.index):
        raise SchemaError("assignment_events", given=f"{len(assignment)} / {len(events)}")
    strangers = assignment.dropna()
    strangers = strangers[~strangers.isin(grids.index)]
    if len(strangers):
        raise SchemaError("different_index", what="assignment", rows=strangers.unique())


def _counts(assignment: pd.Series, grids: gpd.GeoDataFrame) -> pd.Series:
    """Return the events of every grid, zero where none."""
    return assignment.dropna().value_counts().reindex(grids.index, fill_value=0).astype(int)


def _lead(result: pd.DataFrame, t: Texts) -> str:
    """Say the finding in one sentence."""
    held = result["class"].value_counts()
    numbers = {name: f"{held.get(name, 0):,}" for name in ("hot_99", "hot_95", "hot_90")}
    hot, cold = _found(result)
    rest = len(result) - hot - cold
    return t(
        "lead" if hot or cold else "lead_none", grids=f"{len(result):,}", hot=f"{hot:,}", cold=f"{cold:,}", rest=f"{rest:,}", **numbers
    )


def _found(result: pd.DataFrame) -> tuple[int, int]:
    """Return how many grids are hot and how many cold."""
    return int(result["class"].str.startswith("hot_").sum()), int(result["class"].str.startswith("cold_").sum())


def _figures(result: pd.DataFrame, counts: pd.Series, sums: Tally, outside: int, t: Texts) -> list[tuple[str, str]]:
    hot, cold = _found(result)
    return [
        (t("events"), f"{sums.total:,}"),
        (t("in_grids"), f"{int(counts.sum()):,}"),
        (t("outside"), f"{outside:,}"),
        (t("unlocated"), f"{sums.unlocated:,}"),
        (t("hot_grids"), f"{hot:,}"),
        (t("cold_grids"), f"{cold:,}"),
    ]


def _layers(
    result: pd.DataFrame, grids: gpd.GeoDataFrame, counts: pd.Series, about: About, categories: Mapping[str, pd.DataFrame]
) -> list[maps.Layer]:
    """Return the map's layers: the classes on, counts and categories a click away."""
    t, lang = about.texts, about.lang
    layers = [_classes(part, grids, lang, title=t("category_layer", category=name)).hidden() for name, part in categories.items()]
    layers.append(maps.choropleth(counts, grids, title=t("counts_layer"), unit=t("events_unit"), lang=lang).hidden())
    return [*about.context, *layers, _classes(result, grids, lang, title=t("classes_layer_all" if categories else "classes_layer"))]


def _classes(result: pd.DataFrame, grids: gpd.GeoDataFrame, lang: str, *, title: str) -> maps.Layer:
    shown = {"z": result["z"].round(2), "q": result["q"].map("{:.3g}".format)}
    return maps.classes_layer(result["class"], grids, lang=lang, title=title, details=shown)


def _rows(result: pd.DataFrame, grids: gpd.GeoDataFrame, counts: pd.Series, t: Texts) -> list[GridRow]:
    """Return the significant grids, the hottest first."""
    chosen = result[result["class"] != "none"].sort_values("z", ascending=False, kind="stable")
    boxes = grids.geometry.to_crs(4326).bounds
    names = grids["name"].fillna("") if "name" in grids.columns else pd.Series("", index=grids.index)
    return [
        GridRow(
            code=str(code),
            name=str(names[code]),
            n=int(counts[code]),
            z=f"{row.z:+.2f}",
            p_sim="–" if np.isnan(row.p_sim) else f"{row.p_sim:.3f}",
            q="<0.001" if row.q < 0.001 else f"{row.q:.3f}",
            meaning=_meaning(row.grid_class, row.p_sim, t),
            colour=palette.GI_STAR[row.grid_class],
            box=box(boxes.loc[code].to_numpy()),
        )
        for code, row in zip(chosen.index, chosen.rename(columns={"class": "grid_class"}).itertuples(index=False), strict=True)
    ]


def _meaning(grid_class: str, p_sim: float, t: Texts) -> str:
    """Say in words what a class means, and whether the grid stands out alone."""
    meaning = t(f"meaning.{grid_class}")
    # Permutation keeps the grid's own count: where its p is large, the neighbours do not stand out.
    return meaning + t("meaning.alone") if p_sim >= ALONE_FROM else meaning


def _section(
    name: str, result: pd.DataFrame, grids: gpd.GeoDataFrame, events: gpd.GeoDataFrame, assignment: pd.Series, t: Texts
) -> Section:
    """Return one category's part: its hot spots, the first ten."""
    chosen = (events["category"] == name).to_numpy()
    counts = _counts(assignment[chosen], grids)
    hot = result[result["class"].str.startswith("hot_")]
    rows = _rows(hot, grids, counts, t)
    key = "category_summary" if len(hot) else "category_none"
    summary = t(key, n=f"{int(chosen.sum()):,}", placed=f"{int(counts.sum()):,}", hot=f"{len(hot):,}")
    if len(hot) and counts.sum() < SPARSE * len(grids):
        summary += t("sparse")
    return Section(name, summary, rows[:SHOWN_PER_CATEGORY], max(0, len(rows) - SHOWN_PER_CATEGORY))


def _method(counts: pd.Series, permutations: int, categories: int, t: Texts) -> list[str]:
    permuted = t("method_permutations", permutations=f"{permutations:,}") if permutations else t("method_unpermuted")
    lines = [t("method_formula"), t("method_neighbours"), permuted, t("method_fdr")]
    lines += [t("method_categories", count=categories)] if categories else []
    lines.append(t("method_counts"))
    lines += [t("method_sparse")] if categories or counts.sum() < SPARSE * len(counts) else []
    return lines + ([t("method_few", grids=len(counts))] if len(counts) < FEW_GRIDS else [])
