"""The hotspot report: where events gather, in one offline file that says how it was found."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter

from gridmap import assign, maps
from gridmap import hotspot as measures
from gridmap.maps import palette
from gridmap.report.counts import Tally, tally
from gridmap.report.document import About, Texts, rendered

SHOWN_PER_CATEGORY = 10
FEW_GRIDS = 30
ALONE_FROM = 0.10
SHOWN_PEAKS = 10
LEAST_PEAK = 0.25  # of the highest


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
class PeakRow:
    """One peak of the density as the table prints it."""

    rank: int
    density: str
    n: int
    code: str
    name: str
    place: str
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
        How many `result` was computed with.

    Returns
    -------
    str
        One self-contained HTML document; nothing is fetched when it is opened.
    """
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
        facts=_facts(about, sums),
        lead=_lead(result, t),
        figures=_figures(result, counts, sums, outside, t),
        embedded=maps.embed(_layers(result, grids, counts, about, categories or {}), lang=lang),
        rows=rows,
        grids_n=f"{len(result):,}",
        sections=[_section(name, part, grids, events, assignment, t) for name, part in (categories or {}).items()],
        method=_method(len(grids), permutations, len(categories or {}), t),
        data=_data(sums, outside, about, t),
        **_tables(sums),
    )


def density(
    surface: measures.Density,
    events: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame | None = None,
    *,
    about: About,
    bandwidth_m: float,
) -> str:
    """Write the report of a density: map, table of peaks, counts, method and data notes.

    Parameters
    ----------
    surface
        What `hotspot.density` returned for these events.
    events
        As in `hotspots`.
    grids
        Grids to name the peaks by; outlines on the map.
    about
        Language, title, source, layers beneath.
    bandwidth_m
        What `surface` was computed with.

    Returns
    -------
    str
        One self-contained HTML document; nothing is fetched when it is opened.
    """
    t, lang = about.texts, about.lang
    sums = tally(events, lang)
    located = events[(events.geometry.notna() & ~events.geometry.is_empty).to_numpy()]
    rows = _peaks(surface, located, grids, bandwidth_m)
    peak = float(np.nanmax(surface.values, initial=0.0))
    layers = [*about.context, maps.heat(surface, lang=lang)]
    layers += [] if grids is None else [maps.grids_layer(grids, lang=lang)]
    figures = [
        (t("events"), f"{sums.total:,}"),
        (t("located"), f"{len(located):,}"),
        (t("highest"), f"{peak:,.3g}" if peak < 1000 else f"{peak:,.0f}"),
        (t("bandwidth"), f"{bandwidth_m:,.10g} m"),
    ]
    return rendered(
        "density.html",
        about,
        title=about.title or t("density_title"),
        facts=_facts(about, sums),
        lead=t("density_lead", n=f"{len(located):,}", peaks=len(rows)),
        figures=figures,
        embedded=maps.embed([*layers, maps.events_layer(located, lang=lang).hidden()], lang=lang),
        rows=rows,
        radius=f"{bandwidth_m:,.10g}",
        method=[t("method_density", metres=f"{bandwidth_m:,.10g}"), t("method_density_caution")],
        data=_data(sums, None, about, t),
        **_tables(sums),
    )


def _counts(assignment: pd.Series, grids: gpd.GeoDataFrame) -> pd.Series:
    """Return the events of every grid, zero where none."""
    return assignment.dropna().value_counts().reindex(grids.index, fill_value=0).astype(int)


def _facts(about: About, sums: Tally) -> str:
    t = about.texts
    parts = [t("period", period=sums.period)] if sums.period else []
    parts += [t("source", source=about.source)] if about.source else []
    return " · ".join(parts)


def _tables(sums: Tally) -> dict[str, object]:
    """Return what the two tables of counts need."""
    return {
        "by_category": sums.by_category,
        "by_period": sums.by_period,
        "step": sums.step,
        "events_n": sums.total,
        "timed_n": sums.total - sums.untimed,
        "untimed_n": sums.untimed,
    }


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
    return [*about.context, *layers, _classes(result, grids, lang, title=t("classes_layer"))]


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
            box=_box(boxes.loc[code].to_numpy()),
        )
        for code, row in zip(chosen.index, chosen.rename(columns={"class": "grid_class"}).itertuples(index=False), strict=True)
    ]


def _meaning(grid_class: str, p_sim: float, t: Texts) -> str:
    """Say in words what a class means, and whether the grid stands out alone."""
    meaning = t(f"meaning.{grid_class}")
    # Permutation keeps the grid's own count: where its p is large, the neighbours do not stand out.
    return meaning + t("meaning.alone") if p_sim >= ALONE_FROM else meaning


def _box(bounds: np.ndarray) -> str:
    """Write bounds for the button that zooms to them; nothing where the grid has no geometry."""
    return "" if np.isnan(bounds).any() else ",".join(f"{value:.6f}" for value in bounds)


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
    return Section(name, summary, rows[:SHOWN_PER_CATEGORY], max(0, len(rows) - SHOWN_PER_CATEGORY))


def _method(count: int, permutations: int, categories: int, t: Texts) -> list[str]:
    lines = [t("method_formula"), t("method_neighbours"), t("method_permutations", permutations=f"{permutations:,}"), t("method_fdr")]
    lines += [t("method_categories", count=categories)] if categories else []
    lines.append(t("method_counts"))
    return lines + ([t("method_few", grids=count)] if count < FEW_GRIDS else [])


def _data(sums: Tally, outside: int | None, about: About, t: Texts) -> list[str]:
    lines = [t("data_events", n=f"{sums.total:,}", unlocated=f"{sums.unlocated:,}")]
    lines += [] if outside is None else [t("data_outside", outside=f"{outside:,}")]
    lines.append(t("data_reported"))
    lines += [t("data_source", source=about.source)] if about.source else []
    return lines + ([t("data_synthetic")] if about.synthetic else [])


def _peaks(surface: measures.Density, located: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | None, bandwidth_m: float) -> list[PeakRow]:
    """Return the highest local maxima, at least a bandwidth apart."""
    a, b, c, d, e, f = surface.transform
    values = np.nan_to_num(surface.values)
    if not values.size or not values.max() > 0:
        return []
    reach = 2 * max(1, round(bandwidth_m / abs(a))) + 1
    found = np.argwhere((values == maximum_filter(values, size=reach)) & (values >= LEAST_PEAK * values.max()))
    found = found[np.argsort(-values[tuple(found.T)], kind="stable")][:SHOWN_PEAKS]
    row, column = found.T + 0.5
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(a * column + b * row + c, d * column + e * row + f), crs=surface.crs)
    near = located.to_crs(surface.crs).sindex.query(places.geometry, predicate="dwithin", distance=bandwidth_m)[0]
    counts = np.bincount(near, minlength=len(places))
    codes, names = _owners(places, grids)
    degrees = places.to_crs(4326).geometry
    return [
        PeakRow(
            rank=rank + 1,
            density=f"{values[tuple(found[rank])]:,.0f}",
            n=int(counts[rank]),
            code=codes[rank],
            name=names[rank],
            place=f"{point.x:.5f}, {point.y:.5f}",
            box=_box(np.array([point.x - 0.002, point.y - 0.002, point.x + 0.002, point.y + 0.002])),
        )
        for rank, point in enumerate(degrees)
    ]


def _owners(places: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | None) -> tuple[list[str], list[str]]:
    """Return code and name of the grid around each place, empty where none."""
    if grids is None:
        return [""] * len(places), [""] * len(places)
    owners = assign.to_grids(places.to_crs(grids.crs), grids)
    names = owners.map(grids["name"]) if "name" in grids.columns else owners
    return owners.fillna("").astype(str).tolist(), names.fillna("").astype(str).tolist()
