"""Maps of the open tables: the context under every figure, the map on the page, and the same as a document for a file."""

from collections.abc import Mapping, Sequence
from functools import partial

import geopandas as gpd
import streamlit as st

from gridmap import maps, messages
from gridmap.ui import address, component, large, parts, state
from gridmap.ui.component import basemap

# The map belongs on the first screen, and grows with the window.
HEIGHT = "max(560px, calc(100vh - 23rem))"
TOOLS = ("box", "lasso", "brush")


def show(
    opened: state.Opened,
    layers: Sequence[large.Layer],
    *,
    screen: str,
    selection: state.Selection = state.EVERY_EVENT,
    focus: gpd.GeoDataFrame | None = None,
    highlight: Mapping[str, Sequence[str]] | None = None,
) -> component.Selection:
    """Show layers over the project's own streets, buildings and boundary; below the map its source, period and download.

    Parameters
    ----------
    layers
        Layers; of vector tiles and of counted events one each at most.
    screen
        The screen it belongs to: its name stands in the title, so that a picture or a downloaded map says what it shows.
    selection
        The events on the map, whose period the page names.
    focus
        Rows the map flies to; the view is the reader's when None.
    highlight
        Role of a layer -> ids of features to outline.

    Returns
    -------
        What the reader chose on the map.
    """
    lang = address.lang()
    source, period = parts.source_name(opened, lang), parts.period_of(opened, selection)
    tiled = large.tiles(layers)
    lit = dict(highlight or {})
    if tiled is not None and tiled.role in lit:
        lit["tiles"] = lit.pop(tiled.role)
    chosen = component.show(
        [*basemaps(lang), *context(opened, lang), *large.small(layers)],
        key=f"{screen}_map",
        title=title(opened, screen, lang),
        lang=lang,
        focus=None if focus is None or focus.empty else bounds(focus),
        highlight=lit,
        options=component.Options(
            tools=TOOLS,
            source=source,
            period=period,
            synthetic=opened.synthetic,
            height=HEIGHT,
            tiles=tiled,
            bins=large.bins(layers),
        ),
    )
    parts.source_line(opened, selection)
    st.download_button(
        parts.text("download_map"),
        partial(document, opened, layers, screen=screen, lang=lang, selection=selection),
        file_name=f"{screen}_map.html",
        mime="text/html",
        key=f"{screen}_map_html",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
    return chosen


def title(opened: state.Opened, screen: str, lang: str) -> str:
    """Return what a map shows: the project and the screen."""
    return f"{opened.title(lang)} · {messages.text(f'ui.page.{screen}', lang)}"


def document(
    opened: state.Opened, layers: Sequence[large.Layer], *, screen: str, lang: str, selection: state.Selection = state.EVERY_EVENT
) -> str:
    """Return the same map as one offline page for a file."""
    return maps.page(
        [*context(opened, lang), *large.plain(layers)],
        title=title(opened, screen, lang),
        lang=lang,
        source=parts.source_name(opened, lang),
        period=parts.period_of(opened, selection),
        synthetic=opened.synthetic,
    )


def basemaps(lang: str) -> list[maps.Layer]:
    """Return the base maps that the server's settings name, each switched off; a map for a file never has them."""
    return basemap.layers(lang, component.prefix())


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=state.KEYS)
def context(opened: state.Opened, lang: str) -> list[maps.Layer]:
    """Return the layers under every figure: streets, buildings and boundary."""
    streets, buildings, boundary = (opened.tables.get(name) for name in ("streets", "buildings", "boundary"))
    if streets is None and buildings is None and boundary is None:
        return []
    return [maps.context_layer(streets, buildings, boundary, lang=lang)]


def bounds(frame: gpd.GeoDataFrame, *, margin: float = 0.2, least_deg: float = 0.0005) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees around a frame's geometries, widened so that a sliver is seen in its surroundings."""
    west, south, east, north = frame.to_crs("EPSG:4326").total_bounds
    extra = max(margin * (east - west), margin * (north - south), least_deg)
    return (west - extra, south - extra, east + extra, north + extra)
