"""The density report: where events are dense, in one offline file."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from scipy.ndimage import maximum_filter

from gridmap import assign, maps
from gridmap import hotspot as measures
from gridmap.report.counts import tables, tally
from gridmap.report.document import About, box, data_notes, facts, rendered

SHOWN_PEAKS = 10
LEAST_PEAK = 0.25  # of the highest
AROUND_DEG = 0.002  # what a click on a peak shows


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


def density(
    surface: measures.Density,
    events: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame | None = None,
    *,
    about: About,
    bandwidth_m: float,
    categories: Sequence[str | None] | None = None,
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
    categories
        As in `maps.events_layer`.

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
        facts=facts(about, sums.period),
        lead=t("density_lead", n=f"{len(located):,}", peaks=len(rows)),
        figures=figures,
        embedded=maps.embed([*layers, maps.events_layer(located, lang=lang, categories=categories).hidden()], lang=lang),
        rows=rows,
        radius=f"{bandwidth_m:,.10g}",
        method=[t("method_density", metres=f"{bandwidth_m:,.10g}"), t("method_density_caution")],
        data=data_notes(about, sums.total, sums.unlocated, None),
        **tables(sums),
    )


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
            box=box(np.array([point.x, point.y, point.x, point.y]) + AROUND_DEG * np.array([-1, -1, 1, 1])),
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
