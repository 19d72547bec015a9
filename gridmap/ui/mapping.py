"""Map documents of the open tables: the context under every figure, and the page around the layers."""

from collections.abc import Sequence

import geopandas as gpd
import streamlit as st

from gridmap import maps, messages
from gridmap.ui import parts, state


def document(
    opened: state.Opened,
    layers: Sequence[maps.Layer],
    *,
    screen: str,
    lang: str,
    selection: state.Selection = state.EVERY_EVENT,
    focus: gpd.GeoDataFrame | None = None,
) -> str:
    """Return the map of some layers over the project's own streets, buildings and boundary.

    Parameters
    ----------
    screen
        The screen it belongs to: its name stands in the title, so that a downloaded map says what it shows.
    selection
        The events on the map, whose period the page names.
    focus
        Rows the map opens on; everything when None.
    """
    return maps.page(
        [*context(opened, lang), *layers],
        title=f"{opened.title(lang)} · {messages.text(f'ui.page.{screen}', lang)}",
        lang=lang,
        focus=None if focus is None or focus.empty else bounds(focus),
        source=parts.source_name(opened, lang),
        period=parts.period_of(opened, selection),
        synthetic=opened.synthetic,
    )


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
