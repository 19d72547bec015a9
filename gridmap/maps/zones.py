"""The layer of risk zones: a colour for each risk."""

import geopandas as gpd
import numpy as np

from gridmap import messages
from gridmap.maps import geometry, palette
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, shapes, written

_FIGURES = ("households", "residents", "buildings")
_EDGE: Style = {"color": "#333333", "weight": 1.6, "opacity": 0.9}


def zones_layer(zones: gpd.GeoDataFrame, *, lang: str) -> Layer:
    """Colour risk zones by their risk; pointing at one shows its name, risk, grids and figures.

    Parameters
    ----------
    zones
        Indexed by name: `risk` (high, medium, low), `grids`, counts as far as there are any, and geometry.
    lang
        "zh" or "en".
    """
    order = list(palette.RISKS)
    styles: list[Style] = [{**_EDGE, "fillColor": colour, "fillOpacity": 0.7} for colour in palette.RISKS.values()]
    style = np.array([order.index(risk) for risk in zones["risk"]], dtype=int)
    counts = np.bincount(style, minlength=len(order)).tolist()
    entries = tuple(
        Entry(messages.term("risk", risk, lang), fill, count) for risk, fill, count in zip(order, styles, counts, strict=True) if count
    )
    card: dict[str, list[Cell]] = {
        messages.text("zones.zone", lang): [str(name) for name in zones.index],
        messages.text("zones.risk", lang): [messages.term("risk", risk, lang) for risk in zones["risk"]],
        messages.text("zones.grids", lang): written(zones["grids"]),
    }
    card |= {messages.term("measure", name, lang): written(zones[name]) for name in _FIGURES if name in zones}
    packed = geometry.pack(zones, "grids", coverages=np.zeros(len(zones), dtype=int))
    legend = Legend(entries, "", messages.text("maps.zones_counted", lang))
    return Layer(messages.text("maps.zones", lang), "theme", shapes(packed, styles, style, card=card), packed.parts, packed.bounds, legend)
