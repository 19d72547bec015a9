"""Hotspots: where more events lie than chance would put there, by Gi* on polygons or as a density of points."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from gridmap import adjacency, assign, crs, hierarchy, hotspot, maps, messages, report
from gridmap.errors import GridmapWarning
from gridmap.ui import address, large, mapping, parts, state
from gridmap.ui.parts import text

METHODS = ("gi_star", "density")
PERMUTATIONS = 999
MOST_PERMUTED = 10_000  # polygons; beyond them 999 permutations of each take most of a minute, for a column of the exported table
SEED = 0
# With fewer polygons the correction for many tests leaves hardly anything significant; 16 find nothing at all.
FEW = 30
BANDWIDTHS_M = (50, 100, 150, 200, 300, 500, 1000)
MOST_CATEGORIES = 12
# A lattice of more squares than this per side says nothing more on a screen.
SQUARES = 400
REACH = 3  # bandwidths: little of an event's weight lies farther out
M2_PER_KM2 = 1e6


@dataclass(frozen=True)
class View:
    """What the page shows: the method, its polygons or its bandwidth, and the events."""

    method: str
    places: str
    bandwidth_m: int
    selection: state.Selection


def page() -> None:
    """Show the screen."""
    opened = parts.require_open(text("page.hotspots"))
    parts.needs(opened, "grids", "events")
    view = choose(opened)
    events = view.selection.of(opened)
    located = len(state.with_place(events))
    counted = 0
    if not located:
        st.info(text("no_events_left"))
    elif view.method == "gi_star":
        counted = show_gi_star(opened, view)
    else:
        counted = show_density(opened, view)
    parts.not_located(events, outside=located - counted)
    parts.could_add(opened, ("units",))


def choose(opened: state.Opened) -> View:
    """Show method and filters, and return what they say."""
    places, bandwidth_m = "", 0
    with parts.choices():
        method = address.choice("method", METHODS, label=text("method"), word=lambda name: text(f"method.{name}"), buttons=True)
        if method == "gi_star":
            offered = [name for name in ("units", "grids") if opened.tables.get(name) is not None]
            places = address.choice("places", offered, label=text("places"), word=lambda name: text(f"table.{name}"), buttons=True)
        else:
            bandwidth_m = address.choice("bandwidth", BANDWIDTHS_M, label=text("bandwidth"), word=lambda m: f"{m} m", default=150)
        category = parts.category_filter(opened)
        period = parts.period_filter(opened)
    return View(method, places, bandwidth_m, state.Selection(category, period))


def polygons(opened: state.Opened, places: str) -> gpd.GeoDataFrame:
    """Return the polygons that Gi* compares: the units, or the lowest tier of the grids, as base grids of one level."""
    if places == "grids":
        return hierarchy.tier(opened.tables["grids"])
    units = opened.tables["units"]
    columns = {"name": units.index.astype(str), "level": 1, "kind": "base", "parent": None}
    return gpd.GeoDataFrame(columns, index=units.index, geometry=units.geometry, crs=units.crs)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=state.KEYS)
def neighbours(ground: state.Opened, places: str) -> adjacency.Weights:
    """Return which polygons touch: the same whatever events lie in them."""
    return adjacency.queen(polygons(ground, places))


def permuted(places: pd.DataFrame) -> int:
    """Return the number of permutations that Gi* of so many polygons is given; 0 for none."""
    return PERMUTATIONS if len(places) <= MOST_PERMUTED else 0


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=state.KEYS)
def measure(opened: state.Opened, view: View) -> tuple[pd.DataFrame, list[GridmapWarning]]:
    """Return name, events and Gi* of every polygon, the most significant first, and the warnings given on the way."""
    return state.noted(lambda: _gi_star(opened, view))


def _gi_star(opened: state.Opened, view: View) -> pd.DataFrame:
    places = polygons(opened, view.places)
    weights = neighbours(opened.ground, view.places)
    counts = assign.count(state.with_place(view.selection.of(opened)), places)["events"]
    result = hotspot.gi_star(counts, places, weights=weights, permutations=permuted(places), seed=SEED)
    result.insert(0, "name", places["name"])
    result.insert(1, "events", counts)
    nearby = pd.Series(weights.matrix @ counts.reindex(weights.index).to_numpy(), index=weights.index)
    result.insert(2, "with_neighbours", (counts + nearby.reindex(counts.index)).astype(int))
    if view.places == "units":
        grids = opened.tables["grids"]
        inside = places.set_geometry(places.representative_point())
        lowest = assign.chain(inside, grids).filter(like="level_").iloc[:, -1]
        result.insert(1, "grid", lowest)
        result.insert(2, "grid_name", lowest.map(grids["name"]))
    return result.sort_values(["q", "z"], ascending=[True, False], kind="stable")


def show_gi_star(opened: state.Opened, view: View) -> int:
    """Show the classes on the map, the significant places in words, and what the method did; return the number of events it counted."""
    with parts.working():
        result, warnings = measure(opened, view)
    parts.show_warnings(warnings)
    if len(result) < FEW:
        more = text("use_units") if opened.tables.get("units") is not None else text("give_units")
        st.warning(text("too_few", n=len(result), few=FEW, more=more), icon=":material/info:")
    significant = result[result["class"] != "none"]
    left, right = parts.map_and_table()
    with right:
        chosen = significant_table(significant)
        st.caption(text("all_places", n=f"{len(result):,}"))
        parts.downloads(result, "hotspots")
    with left:
        places = polygons(opened, view.places)
        codes = [] if chosen is None else [significant.index[chosen]]
        picked = mapping.show(
            opened,
            gi_star_layers(opened, view, address.lang()),
            screen="hotspots",
            selection=view.selection,
            focus=places.loc[codes],
            highlight={"theme": [str(code) for code in codes]},
        )
    with right:
        category_hints(opened, view)
        notes(result)
        report_button(opened, view)
        parts.chosen_rows(result.assign(meaning=result["class"]), place_columns(result), picked.ids("theme"), words={"meaning": "meaning"})
    return int(result["events"].sum())


def notes(result: pd.DataFrame) -> None:
    """Say what the method did with how much."""
    st.caption(text("mean_per_place", mean=f"{result['events'].mean():.1f}", n=f"{len(result):,}"))
    method = text("gi_star_notes", n=f"{len(result):,}", events=f"{result['events'].sum():,}")
    permutations = permuted(result)
    tested = text("fdr_notes", permutations=permutations, seed=SEED) if permutations else text("fdr_alone", most=f"{MOST_PERMUTED:,}")
    st.caption(f"{method} {tested}")


def category_hints(opened: state.Opened, view: View) -> None:
    """Where all categories are mixed, name those that have significant places of their own, each a click away."""
    if view.selection.category is not None:
        return
    found = {name: count for name, count in per_category(opened, view).items() if count}
    if not found:
        return
    st.caption(text("by_category"))
    lang = address.lang()
    with st.container(horizontal=True, gap="xsmall"):
        for name, count in found.items():
            label = text("category_places", category=messages.term("category", name, lang), count=count)
            st.button(label, key=f"category_{name}", on_click=address.choose, args=("category", name))


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def per_category(opened: state.Opened, view: View) -> dict[str, int]:
    """Return the number of significant places of each category, the most frequent category first."""
    places = polygons(opened, view.places)
    weights = neighbours(opened.ground, view.places)
    events = state.with_place(view.selection.of(opened))
    common = events["category"].value_counts().index[:MOST_CATEGORIES]
    table = assign.count(events[events["category"].isin(common)], places, by="category")
    found: dict[str, int] = {}
    for name in common:
        result = hotspot.gi_star(table[name], places, weights=weights, permutations=0)
        found[str(name)] = int((result["class"] != "none").sum())
    return found


def significant_table(significant: pd.DataFrame) -> int | None:
    """Show the places that are no chance, each with its meaning, and return the position of the one chosen."""
    if significant.empty:
        st.info(text("nothing_significant"))
        return None
    st.markdown(f"**{text('significant', count=len(significant))}**")
    st.caption(text("click_to_zoom"))
    table = significant.assign(meaning=significant["class"])
    words = {"meaning": "meaning"}
    return parts.choose_row(table, place_columns(table), name="hotspots", words=words, height=parts.MAP_HEIGHT - 160)


def place_columns(table: pd.DataFrame) -> dict[str, parts.Heading]:
    """Return the columns of compared places that are shown, as far as the table has them."""
    columns: dict[str, parts.Heading] = {
        str(table.index.name): text("column.code"),
        "meaning": text("column.meaning"),
        "with_neighbours": st.column_config.NumberColumn(text("column.nearby"), help=text("nearby_help"), width=76),
        "events": st.column_config.NumberColumn(text("column.events"), width=54),
        "grid_name": text("column.in_grid"),
        "q": st.column_config.NumberColumn("q", format="%.4f", help=text("q_help"), width=66),
    }
    return {name: heading for name, heading in columns.items() if name in (*table, table.index.name, "meaning")}


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=state.KEYS)
def gi_star_layers(opened: state.Opened, view: View, lang: str) -> list[large.Layer]:
    """Return the layer of the classes."""
    result, _ = measure(opened, view)
    places = polygons(opened, view.places)
    title = messages.text("ui.method.gi_star", lang)
    layer = large.classes_layer(result["class"].reindex(places.index), places, title=title, lang=lang)
    return [large.with_totals(layer, messages.text("maps.events", lang), result["events"])]


def show_density(opened: state.Opened, view: View) -> int:
    """Show the density of events, and events per km2 of every lowest grid; return the number of events in these."""
    with parts.working():
        table, warnings = per_area(opened, view)
    parts.show_warnings(warnings)
    left, right = parts.map_and_table()
    with left:
        picked = mapping.show(opened, density_layers(opened, view, address.lang()), screen="hotspots", selection=view.selection)
    with right:
        columns: dict[str, parts.Heading] = {
            "name": st.column_config.TextColumn(text("column.name"), width=120),
            "per_km2": st.column_config.NumberColumn(text("column.per_km2"), format="%.0f"),
            "events": st.column_config.NumberColumn(text("column.events"), width=54),
            "grid_code": text("column.grid_code"),
        }
        parts.chosen_rows(table, columns, picked.ids("grids"))
        st.markdown(f"**{text('density_by_grid')}**")
        parts.table(table, columns, name="density", height=parts.MAP_HEIGHT - 100)
        method = text("density_notes", bandwidth=view.bandwidth_m, events=f"{table['events'].sum():,}")
        st.caption(f"{method} {text('density_caution')}")
        report_button(opened, view)
    return int(table["events"].sum())


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def per_area(opened: state.Opened, view: View) -> tuple[pd.DataFrame, list[GridmapWarning]]:
    """Return events and events per km2 of every lowest grid, the densest first, and the warnings given on the way."""
    return state.noted(lambda: _per_area(opened, view))


def _per_area(opened: state.Opened, view: View) -> pd.DataFrame:
    tier = hierarchy.tier(opened.tables["grids"])
    events = assign.count(state.with_place(view.selection.of(opened)), tier)["events"]
    area_km2 = crs.to_metric(tier).area / M2_PER_KM2
    table = pd.DataFrame({"name": tier["name"], "events": events, "per_km2": events / area_km2}, index=tier.index)
    return table.sort_values("per_km2", ascending=False, kind="stable")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def surface(opened: state.Opened, view: View) -> hotspot.Density:
    """Return the density over the extent of the grids, and as far around as events inside reach."""
    grids = opened.tables["grids"]
    metric = crs.to_metric(grids)
    west, south, east, north = metric.total_bounds
    fine, coarse = view.bandwidth_m / 5, max(east - west, north - south) / SQUARES
    cell_m = min(max(fine, coarse), view.bandwidth_m / 2)
    points = state.with_place(view.selection.of(opened))
    around = gpd.GeoSeries([shapely.box(west, south, east, north).buffer(REACH * view.bandwidth_m)], crs=metric.crs)
    bounds = tuple(crs.transform(around, grids.crs).total_bounds)
    return hotspot.density(points, bandwidth_m=view.bandwidth_m, cell_m=cell_m, bounds=bounds)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=state.KEYS)
def density_layers(opened: state.Opened, view: View, lang: str) -> list[large.Layer]:
    """Return the density, and over it the outlines of the lowest grids."""
    return [maps.heat(surface(opened, view), lang=lang), large.grids_layer(hierarchy.tier(opened.tables["grids"]), lang=lang)]


def report_button(opened: state.Opened, view: View) -> None:
    """Offer the report of this view; it is written only when asked for."""
    lang = address.lang()
    st.download_button(
        text("report"),
        lambda: written_report(opened, view, lang),
        file_name=f"hotspots_{view.method}.html",
        mime="text/html",
        key="report_html",
        on_click="ignore",
        icon=":material/summarize:",
    )


def written_report(opened: state.Opened, view: View, lang: str) -> str:
    """Return the report of this view as one offline HTML document."""
    about = report.About(
        lang=lang,
        title=f"{messages.text('ui.page.hotspots', lang)} · {opened.title(lang)}",
        source=parts.source_name(opened, lang),
        synthetic=opened.synthetic,
        context=mapping.context(opened, lang),
    )
    events = view.selection.of(opened)
    if view.method == "density":
        tier = hierarchy.tier(opened.tables["grids"])
        order = maps.category_order(opened.tables["events"])
        return report.density(surface(opened, view), events, tier, about=about, bandwidth_m=view.bandwidth_m, categories=order)
    places = polygons(opened, view.places)
    result, _ = measure(opened, view)
    assignment = assign.to_grids(events, places)
    return report.hotspots(result.reindex(places.index), places, events, assignment, about=about, permutations=permuted(places))
