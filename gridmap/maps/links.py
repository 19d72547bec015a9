"""Layer of the links between residents, households, buildings, grids and the map that are broken."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import crs, messages
from gridmap.maps import geometry, palette
from gridmap.maps.layer import Cell, Entry, Layer, Legend, Style, shapes

AROUND_M = 8.0  # radius of the circle drawn for a record that lies in no building


def links_layer(links: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None = None, *, lang: str) -> Layer:
    """Draw broken links, a colour for each link; clicking one says why and how many hang on it.

    Parameters
    ----------
    links
        What `themes.chain` returned; those that nobody knows the place of are in the legend alone.
    buildings
        Indexed by building_id, in the CRS of `links`: drawn in place of a point in them.
    lang
        "zh" or "en".
    """
    kinds = [kind for kind in palette.LINKS if (links["link"] == kind).any()]
    style = links["link"].map(kinds.index).to_numpy(dtype=int)
    styles: list[Style] = [
        {"color": palette.LINKS[kind], "weight": 2.5, "opacity": 1.0, "fillColor": palette.LINKS[kind], "fillOpacity": 0.5}
        for kind in kinds
    ]
    words = [messages.term("finding", kind, lang) for kind in kinds]
    card: dict[str, list[Cell]] = {
        messages.text("maps.link_kind", lang): [words[number] for number in style],
        messages.text("maps.link_note", lang): [messages.term("note", note, lang) for note in links["note"]],
        messages.text("maps.link_amount", lang): [*link_amounts(links, lang)],
    }
    packed = geometry.pack(link_places(links, buildings), "links")
    counts = np.bincount(style, minlength=len(kinds)).tolist()
    entries = tuple(Entry(*line) for line in zip(words, styles, counts, strict=True))
    legend = Legend(entries, "", messages.text("maps.links_counted", lang), messages.text("maps.findings_note", lang))
    data = shapes(packed, styles, style, card=card, further={"ids": [str(label) for label in links.index]})
    return Layer(messages.text("maps.links", lang), "findings", data, packed.parts, packed.bounds, legend)


def link_amounts(links: pd.DataFrame, lang: str) -> list[str]:
    """Return how many residents, households, buildings or grids hang on each broken link, in words."""
    return [messages.text(f"maps.link_on.{link}", lang, n=f"{n:,}") for link, n in zip(links["link"], links["count"], strict=True)]


def link_places(links: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None) -> gpd.GeoSeries:
    """Return what is drawn for each broken link: the building, else a circle around the point, None where no place is known."""
    known = links.geometry
    if buildings is not None:
        own = buildings.geometry.reindex(links["building_id"].where(links["building_id"].isin(buildings.index)))
        known = known.where(own.isna().to_numpy(), gpd.GeoSeries(own.to_numpy(), index=links.index, crs=links.crs))
    points = shapely.get_type_id(known.to_numpy()) == shapely.GeometryType.POINT
    circles = crs.to_metric(known[points]).buffer(AROUND_M).to_crs(links.crs) if points.any() else known[points]
    drawn = known.to_numpy().copy()
    drawn[points] = circles.to_numpy()
    return gpd.GeoSeries(drawn, index=links.index, crs=links.crs)
