"""A page with one map, for the tests of the map component: which one, and what it holds, stand in the address."""

import json
import time

import categories
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st
import towns
from map_events import many
from payloads import PAYLOADS

from gridmap import hierarchy, maps
from gridmap.maps.bins import EventBins
from gridmap.maps.tiles import Tiles
from gridmap.ui import component
from gridmap.ui.component import big

CLOCK_MS = int(pd.Timestamp("2021-05-01T09:00:00+08:00").timestamp() * 1000)  # where the clock stands in a map "with=clock"

st.set_page_config(layout="wide")


@st.cache_resource(show_spinner=False)
def town(name: str) -> list[maps.Layer]:
    """Return grids, events and what lies around them."""
    made = towns.dongyuan() if name == "dongyuan" else towns.jianyang()
    located = made.events[made.events.geometry.notna()]
    context = maps.context_layer(made.streets, made.buildings if name == "dongyuan" else None, made.boundary, lang="zh")
    return [context, maps.grids_layer(made.grids, lang="zh"), maps.events_layer(located, lang="zh")]


@st.cache_resource(show_spinner=False)
def hostile() -> list[maps.Layer]:
    """Return layers in which every text is an attack."""
    squares = [shapely.box(n % 10, n // 10, n % 10 + 1, n // 10 + 1) for n in range(len(PAYLOADS))]
    squares = [shapely.transform(square, lambda at: at * 100) for square in squares]
    codes = pd.Index([f"{n:02}{text}" for n, text in enumerate(PAYLOADS)], name="grid_code")
    columns = {"name": PAYLOADS, "level": 1, "kind": "base", "parent": PAYLOADS, "households": range(len(PAYLOADS))}
    grids = gpd.GeoDataFrame(columns, index=codes, geometry=squares, crs="EPSG:4548")
    events = gpd.GeoDataFrame(
        {"category": PAYLOADS, "address": PAYLOADS, "status": PAYLOADS}, index=codes, geometry=grids.centroid, crs=grids.crs
    )
    found = gpd.GeoDataFrame(
        {"kind": PAYLOADS, "grid_codes": PAYLOADS, "area_m2": 1.0}, index=codes, geometry=grids.buffer(-30), crs=grids.crs
    )
    theme = maps.choropleth(pd.Series(range(len(codes)), index=codes), grids, title=PAYLOADS[0], unit=PAYLOADS[1], lang="en")
    return [
        theme,
        maps.grids_layer(grids, lang="en", name=PAYLOADS[4]),
        maps.events_layer(events, lang="en", name=PAYLOADS[5]),
        maps.findings_layer(found, lang="en", name=PAYLOADS[6]).hidden(),
    ]


@st.cache_resource(show_spinner=False)
def marked() -> list[maps.Layer]:
    """Return events of every category and nothing else."""
    return [maps.events_layer(categories.one_of_each(), lang="zh")]


@st.cache_resource(show_spinner=False)
def large() -> tuple[EventBins, Tiles, list[str]]:
    """Return the events and grids of a town as if they were too many for the page."""
    made = towns.dongyuan()
    tier = hierarchy.tier(made.grids)
    events = made.events[made.events.geometry.notna()]
    return EventBins.of(events, category="category", time="reported_at"), Tiles.of(tier, style=np.arange(len(tier)) % 2), list(tier.index)


@st.cache_resource(show_spinner=False)
def million() -> EventBins:
    """Return a million events."""
    return EventBins.of(many(), category="category")


def further(name: str) -> dict:
    """Return the options named; "aging" and "clock" are live events of a day, by the server's clock and by one that stands still."""
    if name == "live":
        return {"live": component.Live("/gridmap/live", (("环境卫生", "环境卫生"),), (("reported", "已上报"),), 0)}
    if name in ("aging", "clock"):
        ages = ((60, "1 小时内"), (24 * 60, "24 小时内"))
        return {"live": component.Live("/gridmap/live", since_minutes=24 * 60, ages=ages, clock_ms=CLOCK_MS if name == "clock" else None)}
    if name == "time":
        return {"time": component.Time(*minutes(), window=60 * 24 * 30)}
    if name == "million":
        bins = million()
        return {"bins": component.Bins(big.publish_bins(bins), "事件计数", tuple(map(str, bins.names)), bounds=bins.bounds)}
    if name not in ("bins", "tiles"):
        return {}
    bins, tiles, codes = large()
    if name == "bins":
        return {
            "bins": component.Bins(big.publish_bins(bins), "事件计数", tuple(map(str, bins.names)), codes=[f"e{n}" for n in range(10_000)])
        }
    styles = tuple({"color": "#333333", "weight": 1.0, "fillColor": colour, "fillOpacity": 0.7} for colour in ("#0072b2", "#e69f00"))
    return {"tiles": component.Tiles(big.publish_tiles(tiles), "大图层", codes, styles)}


def minutes() -> tuple[int, int]:
    """Return the first and the last minute of the events shown."""
    found = [minute for dot in town("dongyuan")[2].data["minutes"] for minute in dot]
    return min(found), max(found)


def given(shapes: str) -> dict | None:
    """Return the shapes to begin with: a triangle and a point for "triangle", a line for "line"."""
    if shapes not in ("triangle", "line"):
        return None
    ring = [[117.428, 36.128], [117.434, 36.128], [117.431, 36.132], [117.428, 36.128]]
    found = [("LineString", ring[:2])] if shapes == "line" else [("Polygon", [ring]), ("Point", [117.425, 36.13])]
    features = [{"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": places}} for kind, places in found]
    return {"type": "FeatureCollection", "features": features}


name, with_ = st.query_params.get("map", "dongyuan"), st.query_params.get("with", "")
st.button("again")
if with_ == "triangle" and st.checkbox("other"):
    with_ = "line"
layers = hostile() if name == "hostile" else marked() if name == "marks" else town(name)
if with_ in ("bins", "tiles", "million"):
    layers = layers[:1]
title, source = (PAYLOADS[2], PAYLOADS[3]) if name == "hostile" else ("测试地图", "合成")
about = {"source": source, "period": source, "synthetic": True, "height": 640, "snap": "网格", "drawn": given(with_), **further(with_)}
chosen = component.show(
    layers,
    key="map",
    title=title,
    lang="en" if name == "hostile" else "zh",
    options=component.Options(tools=component.TOOLS, **about),
)
told = {"codes": chosen.codes, "clicked": chosen.clicked and chosen.clicked.ids, "drawn": chosen.drawn, "turn": chosen.turn}
if name != "hostile":
    # Not st.code, for which the browser would load a highlighter and run it at every turn.
    st.text(json.dumps(told | {"runs": st.session_state.get("runs", 0), "at": time.time() * 1000}))
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
